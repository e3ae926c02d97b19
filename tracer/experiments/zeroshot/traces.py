"""SPD_a of names: does the camera change what a picture is called, the content being equal?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.base.text import counted
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.folds import left_out_in_words
from tracer.experiments.probe.unseen_folds import CameraPhotos, camera_photos
from tracer.experiments.shared.cameras import UNSEEN, models_needed
from tracer.experiments.zeroshot.differences import Difference, of_cameras, of_scenes
from tracer.experiments.zeroshot.effects import Codes, Fit, Floats, compared, linked
from tracer.experiments.zeroshot.naming import MIN_PHOTOS, NAME, Called, Shown, Words, call


def compare_label(
    source: Source,
    photos: LabelledPhotos,
    cameras: NDArray[Any] | None,
    words: Words,
    seed: int,
) -> Work[Outcome]:
    """SPD_a for one label: how far the rate of right names differs between its values, among photos of the same class.

    The rates are those of a least-squares fit on class and value (`tracer.experiments.zeroshot.effects`). With two values SPD_a
    is the size of their difference. With more it is the root of the mean squared difference of two photos that differ in the
    label, of which the mean under shuffled labels was taken off: 0 where the values differ as much as shuffled ones do.

    A first row (no setting) speaks of the cameras of the set: scenes and owners are what is drawn. A label that goes with the
    camera has a second one (`unseen-cameras`), for which camera models are drawn too, each counts the same, and the test deals
    them out to the values anew. The details say where a set cannot tell: where fewer than two values have two models there is no
    second row, and where no relabelling could reach p < .05 it stands without a verdict.

    Args:
        photos: with their classes.
        cameras: (N,) the camera model of each photo, None where unknown; None altogether where the label does not go with it.
        words: what the classes are called by.
        seed: of the shuffles.

    Yields:
        Progress, in prompts and comparisons.

    Raises:
        TooFew: fewer than `MIN_PHOTOS` photos of classes whose photos have several values.
        EmbeddingsError, EncoderError: as `call`.
    """
    classes = np.full(len(photos.labels), None, dtype=object) if photos.classes is None else photos.classes
    called = yield from call(Shown(photos.vectors, classes, photos.clusters), words)
    yield Progress("comparisons made", 0, 2)
    attribute = photos.attribute
    known = np.array([label is not None for label in photos.labels[called.rows]], dtype=bool)
    kept = np.flatnonzero(known)
    names, label = np.unique(photos.labels[called.rows[kept]].astype(str), return_inverse=True)
    truth = called.truth[kept]
    link = linked(label.astype(np.int64), truth) if len(kept) else known[:0]
    kept, truth, names, label = kept[link], _codes(truth[link]), *_among(names, label[link])
    use = compared(label, truth) if len(kept) else link[:0]
    if int(use.sum()) < MIN_PHOTOS:
        raise TooFew(
            f"Names by {attribute} need {MIN_PHOTOS} photos of classes that were photographed with several values of it",
            f"there are {int(use.sum())}",
        )
    clusters = _codes(photos.clusters[called.rows[kept]])
    scenes = None if photos.scenes is None else photos.scenes[called.rows[kept]]
    found = of_scenes(called.right[kept], label, truth, clusters, seed, scenes)
    yield Progress("comparisons made", 1, 2)
    outcome = _of_set(source, attribute, called, (kept, label, truth, clusters), (names, found, use), seed)
    if without := int((~link).sum()):
        outcome.warnings.append(
            f"{counted(without, 'photo')} of values of {attribute} that share no class with the others are left out."
        )
    if cameras is not None:
        outcome.add(_of_models(source, photos, called, cameras, seed))
    yield Progress("comparisons made", 2, 2)
    return outcome


def _codes(values: NDArray[Any]) -> Codes:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _among(names: NDArray[Any], label: NDArray[np.int64]) -> tuple[NDArray[Any], Codes]:
    """The values that are still there, and the codes among them."""
    held, code = np.unique(label, return_inverse=True)
    return names[held], code.astype(np.int64)


def _of_set(
    source: Source,
    attribute: str,
    called: Called,
    photos: tuple[NDArray[np.int64], Codes, Codes, Codes],
    given: tuple[NDArray[Any], Difference, NDArray[np.bool_]],
    seed: int,
) -> Outcome:
    """The row that speaks of the cameras of the set, its details, and the photos' parts in it."""
    (kept, label, truth, clusters), (names, found, use) = photos, given
    fit = Fit.of(called.right[kept], label, truth, np.ones(len(kept)))
    n, groups = int(use.sum()), len(np.unique(clusters[use]))
    row = source.row(NAME, attribute, "", "spd_a", Estimate(found.value, found.interval, 0.0, n), seed)
    outcome = Outcome(rows=[row])
    if found.signed is not None:
        parts = found.signed + n * fit.influence_on_difference()[use]
        outcome.per_photo = [source.per_photo(row, called.rows[kept][use], clusters[use], parts)]
    outcome.details = [
        source.detail(
            NAME,
            attribute,
            "",
            **_facts(found),
            rates=_rates(names, fit.rates(), label),
            classes=len(np.unique(truth[use])),
            clusters=groups,
        )
    ]
    if groups < stats.FEW_CLUSTERS:
        outcome.warnings.append(
            f"The interval of names by {attribute} rests on {groups} scenes or owners; below {stats.FEW_CLUSTERS} it is too "
            "short."
        )
    return outcome


def _facts(found: Difference) -> dict[str, Any]:
    """The test, and the difference with its sign where there are two values."""
    facts: dict[str, Any] = {
        "p_value": found.p_value,
        "permutations": found.permutations,
        "shuffled": found.shuffled,
    }
    if found.signed is not None and found.signed_interval is not None:
        facts |= {"difference": found.signed, "difference_ci": list(found.signed_interval)}
    if found.of_shuffles is not None:
        facts["of_shuffles"] = found.of_shuffles
    return facts


def _rates(names: NDArray[Any], rates: Floats, label: Codes) -> list[dict[str, Any]]:
    """Each value with the rate that it would have if its photos showed what all of them show."""
    photos = np.bincount(label, minlength=len(names))
    return [
        {"value": str(name), "rate": float(rate), "photos": int(count)}
        for name, rate, count in zip(names, rates, photos, strict=True)
    ]


# --- camera models


def _of_models(source: Source, photos: LabelledPhotos, called: Called, cameras: NDArray[Any], seed: int) -> Outcome:
    """The row that speaks of cameras like those of the set, or why there is none."""
    attribute, rows = photos.attribute, called.rows
    of_called = LabelledPhotos(photos.vectors[rows], photos.labels[rows], photos.clusters[rows], attribute)
    found = camera_photos(of_called, cameras[rows], seed)
    truth = _codes(called.truth[found.rows])
    link = linked(found.labels, truth) if len(found.kinds) > 1 else np.zeros(len(truth), dtype=bool)
    keep = np.bincount(found.model, weights=link, minlength=len(found.names)) > 0
    if link.any() and not keep.all():
        found = found.only(keep, "of values that share no class with the others")
        truth = _codes(called.truth[found.rows])
    counts = found.models if len(found.kinds) > 1 and link.any() else []
    if not counts:
        return _untold(source, photos, called, cameras, found)
    right = called.right[found.rows]
    difference = of_cameras(right, found.labels, truth, found.model, found.scene, seed)
    use = compared(found.labels, truth)
    row = source.row(
        NAME, attribute, UNSEEN, "spd_a",
        Estimate(difference.value, difference.interval, 0.0, int(use.sum())), seed,
    )  # fmt: skip
    told, outcome = stats.can_reach(counts), Outcome(rows=[row])
    fit = Fit.of(right, found.labels, truth, 1.0 / np.bincount(found.model)[found.model])
    outcome.details = [
        source.detail(
            NAME, attribute, UNSEEN,
            **_facts(difference),
            rates=_rates(np.array(found.kinds), fit.rates(), found.labels),
            classes=len(np.unique(truth[use])),
            models=dict(zip(found.kinds, counts, strict=True)),
            model_figures=_figures(found, fit, right),
            scenes=len(np.unique(found.scene[use])),
            left_out=found.left_out,
            told=told,
            relabellings=stats.relabellings(counts),
            needed="" if told else _needed(counts),
        )
    ]  # fmt: skip
    outcome.warnings = _warnings(attribute, counts, told, found.left_out)
    return outcome


def _figures(found: CameraPhotos, fit: Fit, right: Floats) -> list[dict[str, Any]]:
    """Each model's own rate, as it would be if its photos showed what all of them show; by value."""
    photos = np.bincount(found.model)
    rate = np.bincount(found.model, weights=right - fit.level[fit.classes]) / photos
    mean = float(np.average(fit.level[fit.classes], weights=fit.weight))
    order = np.lexsort((np.arange(len(photos)), found.classes))
    return [
        {
            "model": found.names[at],
            "value": found.kinds[found.classes[at]],
            "photos": int(photos[at]),
            "rate": float(mean + rate[at]),
        }
        for at in order
    ]


def _untold(
    source: Source, photos: LabelledPhotos, called: Called, cameras: NDArray[Any], found: CameraPhotos
) -> Outcome:
    """What is said where fewer than two values have two models whose photos can be compared."""
    pairs = {
        (str(label), camera)
        for label, camera in zip(photos.labels[called.rows], cameras[called.rows], strict=True)
        if label is not None and camera is not None
    }
    models = {kind: sum(one == kind for one, _ in pairs) for kind in sorted({kind for kind, _ in pairs})}
    needed = _needed(list(models.values()))
    detail = source.detail(
        NAME, photos.attribute, UNSEEN, models=models, left_out=found.left_out, told=False, needed=needed
    )
    return Outcome(details=[detail], warnings=[_cannot(photos.attribute, list(models.values()), needed)])


def _needed(counts: list[int]) -> str:
    return f"{models_needed(counts, ('value', 'values'))}, with photos of the same classes"


def _cannot(attribute: str, counts: list[int], needed: str) -> str:
    have = " and ".join(map(str, counts)) or "no"
    return (
        f"Whether names differ by {attribute} for cameras beyond those of this set cannot be told from it: its values have "
        f"{have} camera models. {needed[:1].upper()}{needed[1:]} would do."
    )


def _warnings(attribute: str, counts: list[int], told: bool, left: dict[str, int]) -> list[str]:
    said = []
    if not told:
        said.append(_cannot(attribute, counts, _needed(counts)))
    elif min(counts) < stats.FEW_MODELS:
        said.append(
            f"The interval of names by {attribute} on unseen cameras rests on {min(counts)} camera models of a value; below "
            f"{stats.FEW_MODELS} it is not known to hold."
        )
    if left:
        said.append(f"Left out of names by {attribute} on unseen cameras: {left_out_in_words(left)}.")
    return said
