"""The probe on camera models that it never saw: does it know the kind of camera, or only these cameras?"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work, finish
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.folds import MIN_CLUSTERS, MIN_PHOTOS, SCENES, left_out_in_words
from tracer.experiments.probe.protocols import Fitting, fit_probe
from tracer.experiments.probe.relabelling import relabelling_test
from tracer.experiments.probe.unseen_folds import (
    MODEL_FOLDS,
    CameraFold,
    CameraPhotos,
    camera_folds,
    camera_photos,
    scene_parts,
)
from tracer.experiments.shared.cameras import UNSEEN, models_needed
from tracer.experiments.shared.thinning import thinned
from tracer.experiments.shared.threads import fits_at_once, one_core_each
from tracer.results.photo_scores import SampledModels, parts_of_mean

INTERVAL: Final = "t over camera models, widened for scenes and for the training draw, on the logit"
MOST_PHOTOS: Final = 3000
OF_SEVERAL: Final = "photos of each class by several owners, and of several scenes,"


def probe_unseen_cameras(
    source: Source, photos: LabelledPhotos, cameras: NDArray[Any], how: Fitting = Fitting()
) -> Work[Outcome]:
    """Score photos by probes that saw neither their camera model nor their scene or owner.

    The figure is the mean over classes of the mean over models of the share named right. Where the set cannot tell, the details
    say so: there is no row where fewer than two classes have two models, and the row stands without a verdict where no
    relabelling could reach p < .05.

    Args:
        photos: with a label that goes with the camera.
        cameras: (N,) the camera model of each photo, None where unknown.

    Yields:
        Progress, in fitted probes.

    Raises:
        TooFew: fewer than `MIN_PHOTOS` photos or `MIN_CLUSTERS` scenes or owners.
    """
    given = _counted_models(photos, cameras)
    found = _thinned(camera_photos(photos, cameras, how.seed), how.seed)
    if len(found.kinds) < 2:
        return _untold(source, photos.attribute, given, found)
    scenes = len(np.unique(found.scene))
    if len(found.rows) < MIN_PHOTOS or scenes < MIN_CLUSTERS:
        raise TooFew(
            f"A probe of {photos.attribute} on unseen cameras takes at least {MIN_PHOTOS} photos of {MIN_CLUSTERS} {SCENES}",
            f"there are {len(found.rows)} of {scenes}",
            "Add photos.",
        )
    parts = scene_parts(found, how.seed)
    folds = camera_folds(found, parts, how.seed)
    vectors = np.ascontiguousarray(photos.vectors[found.rows], dtype=np.float32)
    right, times = yield from _tested(vectors, found, folds, how)
    kept = times > 0
    if len(np.unique(found.labels[kept])) < len(found.kinds):
        return _untold(source, photos.attribute, given, found)
    return _outcome(source, photos.attribute, vectors, found, parts, (right, times, folds), how)


def _tested(
    vectors: NDArray[np.float32], photos: CameraPhotos, folds: list[CameraFold], how: Fitting
) -> Work[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """How often each photo (n,) was named right, and by how many probes it was tested."""
    y, kinds = photos.labels, len(photos.kinds)

    def one(job: tuple[int, CameraFold]) -> NDArray[np.bool_]:
        number, fold = job
        this = replace(how, seed=how.seed + number, workers=1)
        fit = finish(fit_probe(vectors[fold.train], y[fold.train], vectors[fold.val], y[fold.val], kinds, this))
        return np.asarray(fit.predict(vectors[fold.test]) == y[fold.test])

    right, times = np.zeros(len(y)), np.zeros(len(y), dtype=np.int64)
    with one_core_each(fits_at_once(len(y), how.device, how.workers)) as pool:
        for done, (fold, hit) in enumerate(zip(folds, pool.map(one, enumerate(folds)), strict=True), start=1):
            right[fold.test] += hit
            times[fold.test] += 1
            yield Progress("probes fitted", done, len(folds))
    return right, times


def _outcome(
    source: Source,
    attribute: str,
    vectors: NDArray[np.float32],
    photos: CameraPhotos,
    parts: NDArray[np.int64],
    tested: tuple[NDArray[np.float64], NDArray[np.int64], list[CameraFold]],
    how: Fitting,
) -> Outcome:
    right, times, folds = tested
    kept = times > 0
    share = right[kept] / times[kept]
    code, model = np.unique(photos.model[kept], return_inverse=True)
    classes, scene = photos.classes[code], photos.scene[kept]
    figures = stats.of_models(share, model)
    value, counts = stats.mean_of_classes(figures, classes), np.bincount(classes).tolist()
    interval = stats.unseen_interval(share, model, classes, scene) if min(counts) > 1 else None
    row = source.row(
        "probe", attribute, UNSEEN, "balanced_accuracy",
        Estimate(value, interval, stats.uniform_chance(len(counts)), int(kept.sum())), how.seed,
    )  # fmt: skip
    test = relabelling_test(vectors, photos.model, photos.classes, parts, how.seed)
    told, left = stats.can_reach(counts), dict(photos.left_out)
    if untested := int((~kept).sum()):
        left["no probe could be trained without their camera and scenes"] = untested
    of_class = np.bincount(classes)[classes[model]]
    parts_in = parts_of_mean(share, 1.0 / (len(counts) * of_class * np.bincount(model)[model]), classes[model])
    outcome = Outcome(
        rows=[row], per_photo=[source.per_photo(row, photos.rows[kept], scene, parts_in, SampledModels(model, classes))]
    )
    outcome.details = [
        source.detail(
            "probe", attribute, UNSEEN,
            protocol=str(how.protocol),
            classes=list(photos.kinds),
            models=dict(zip(photos.kinds, counts, strict=True)),
            model_figures=_figures(photos, code, figures, model),
            scenes=len(np.unique(scene)),
            scene_parts=int(parts.max()) + 1,
            folds=len(folds),
            settings_chosen_on="unseen camera models" if all(fold.by_models for fold in folds) else SCENES,
            left_out=left,
            intervals=f"of unseen cameras: {INTERVAL}",
            chance_test=test,
            told=told,
            relabellings=stats.relabellings(counts),
            needed="" if told else models_needed(counts),
            layout=asdict(stats.layout_of(model, classes, scene)),
            components=asdict(stats.crossed_components(share, model, classes, scene)),
        )
    ]  # fmt: skip
    outcome.warnings = _warnings(attribute, counts, told, left)
    return outcome


def _figures(
    photos: CameraPhotos, code: NDArray[np.int64], figures: NDArray[np.float64], model: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Each model's own figure, by class."""
    number = np.bincount(model)
    order = np.lexsort((code, photos.classes[code]))
    return [
        {
            "model": photos.names[code[at]],
            "class": photos.kinds[photos.classes[code[at]]],
            "photos": int(number[at]),
            "value": float(figures[at]),
        }
        for at in order
    ]


def _untold(source: Source, attribute: str, given: dict[str, int], found: CameraPhotos) -> Outcome:
    """What is said where no figure can be made."""
    counts = list(given.values())
    # Where the models would do, it is their scenes or owners: those of the tested photos leave a class without training photos.
    needed = OF_SEVERAL if stats.can_reach(counts) else models_needed(counts)
    detail = source.detail(
        "probe",
        attribute,
        UNSEEN,
        classes=list(given),
        models=given,
        left_out=found.left_out,
        told=False,
        needed=needed,
    )
    return Outcome(details=[detail], warnings=[_cannot(attribute, counts, needed)])


def _counted_models(photos: LabelledPhotos, cameras: NDArray[Any]) -> dict[str, int]:
    """Camera models of each class; 0 where none of its photos has one."""
    pairs = zip(photos.labels, cameras, strict=True)
    held = {(str(label), camera) for label, camera in pairs if label is not None}
    kinds = sorted({kind for kind, _ in held})
    return {kind: sum(camera is not None for other, camera in held if other == kind) for kind in kinds}


def _thinned(found: CameraPhotos, seed: int) -> CameraPhotos:
    """At most `MOST_PHOTOS` photos: whole scenes and owners at random."""
    kept = thinned(np.arange(len(found.rows)), found.scene, MOST_PHOTOS, seed)
    if len(kept) == len(found.rows):
        return found
    code, model = np.unique(found.model[kept], return_inverse=True)
    left = {**found.left_out, "of scenes and owners that were not drawn": len(found.rows) - len(kept)}
    fewer = CameraPhotos(
        found.rows[kept], model.astype(np.int64), found.scene[kept], tuple(found.names[at] for at in code),
        found.classes[code], found.kinds, left,
    )  # fmt: skip
    alone = [kind for kind, count in enumerate(fewer.models) if count < 2]
    return fewer.only(~np.isin(fewer.classes, alone), "of classes of which fewer than two models were drawn")


def _cannot(attribute: str, counts: list[int], needed: str) -> str:
    have = " and ".join(str(count) for count in counts)
    return (
        f"Whether {attribute} is known of cameras that were never seen cannot be told from this set: its classes have {have} "
        f"camera models. {needed[:1].upper()}{needed[1:]} would do."
    )


def _warnings(attribute: str, counts: list[int], told: bool, left: dict[str, int]) -> list[str]:
    said = []
    if not told:
        said.append(_cannot(attribute, counts, models_needed(counts)))
    elif min(counts) < stats.FEW_MODELS:
        said.append(
            f"The interval for {attribute} on unseen cameras rests on {min(counts)} camera models in a class; below "
            f"{stats.FEW_MODELS} it is not known to hold."
        )
    if left:
        said.append(f"Left out of the probe of {attribute} on unseen cameras: {left_out_in_words(left)}.")
    return said


def in_words() -> str:
    """How the folds are made, for the report."""
    return (
        f"up to {MODEL_FOLDS} folds leave out whole camera models of every class, and the scenes or owners of the tested photos; "
        "each model counts the same"
    )
