"""Folds that keep clusters whole, and the probe that is cross-validated over them.

A scene, or an owner, that stands on both sides of a split lets the probe recognise content instead of the camera, so photos
of one cluster are always on one side: of the test folds and of the inner validation part alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work, finish
from tracer.base.text import counted
from tracer.errors import TooFew
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import Fitting, Protocol, fit_probe
from tracer.experiments.shared.threads import fits_at_once, one_core_each

FOLDS = 5
REPEATS = 3
"""Draws of the folds."""
MIN_PHOTOS = 30
MIN_CLUSTERS = 10
"""With less than this a cross-validated figure would be noise; it is refused instead."""
SCENE: Final = "scene or owner"
SCENES: Final = "scenes or owners"
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Predictions of photos by probes that saw no photo of their cluster.

    Attributes:
        classes: names, in label order.
        rows: (n,) which of the given photos took part.
        labels: (n,) codes. clusters: (n,) codes.
        predictions: (repeats, n) codes, one row a draw of the folds.
        left_out: photos that took no part, by reason; nothing is left out otherwise.
        protocol: of the probes.
    """

    classes: tuple[str, ...]
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    clusters: NDArray[np.int64]
    predictions: NDArray[np.int64]
    left_out: dict[str, int]
    protocol: Protocol

    @property
    def correct(self) -> NDArray[np.float64]:
        """(n,) share of the repeats in which each photo was named right."""
        return np.asarray((self.predictions == self.labels).mean(axis=0))


def group_folds(
    labels: NDArray[np.int64], clusters: NDArray[np.int64], folds: int, seed: int
) -> list[NDArray[np.bool_]]:
    """Test masks (n,) of `folds` parts; clusters whole, class shares as even as that allows. Seeded."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    alone = len(np.unique(clusters)) == len(clusters)  # then groups say nothing, and there is a far faster way
    maker = StratifiedKFold if alone else StratifiedGroupKFold
    masks = []
    for _, test in maker(folds, shuffle=True, random_state=seed).split(labels, labels, None if alone else clusters):
        mask = np.zeros(len(labels), dtype=bool)
        mask[test] = True
        masks.append(mask)
    return masks


def usable_classes(labels: NDArray[Any], clusters: NDArray[Any], need: int) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Rows whose class stands in at least `need` clusters, and the counts of those left out, by reason.

    `labels` are strings, None where a photo has none.
    """
    known = np.array([label is not None for label in labels], dtype=bool)
    left_out = {"no label": int((~known).sum())} if not known.all() else {}
    code, sizes = _clusters_of(labels, clusters)
    photos = np.bincount(code[known], minlength=len(sizes))
    for (name, found), count in zip(sizes.items(), photos.tolist(), strict=True):
        if found < need:
            left_out[f"{name}: in {counted(found, SCENE, SCENES)}, and it takes {need}"] = count
    enough = np.array([found >= need for found in sizes.values()] + [False], dtype=bool)
    return np.flatnonzero(enough[code]), left_out


def _clusters_of(labels: NDArray[Any], clusters: NDArray[Any]) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Each photo's class code in the order of the names, −1 without a label; and of each class in how many clusters it stands."""
    names = [None if label is None else str(label) for label in labels]
    number = {name: code for code, name in enumerate(sorted({name for name in names if name is not None}))}
    code = np.array([-1 if name is None else number[name] for name in names], dtype=np.int64)
    held = np.unique(clusters, return_inverse=True)[1] * (len(number) + 1) + code + 1
    found = np.bincount(np.unique(held) % (len(number) + 1), minlength=len(number) + 1)[1:]
    return code, dict(zip(number, found.tolist(), strict=True))


def left_out_in_words(left_out: Mapping[str, int]) -> str:
    """What was left out, by reason, for a sentence: the first few in full, and the number of the others."""
    named = [f"{counted(count, 'photo')} ({reason})" for reason, count in list(left_out.items())[:_NAMED]]
    more = len(left_out) - _NAMED
    others = sum(list(left_out.values())[_NAMED:])
    rest = [f"{counted(others, 'photo')} of {counted(more, 'other class', 'other classes')}"] if more > 0 else []
    return "; ".join([*named, *rest])


def cross_validate(
    photos: LabelledPhotos,
    how: Fitting = Fitting(),
    *,
    repeats: int = REPEATS,
    folds: int = FOLDS,
) -> Work[CrossValidation]:
    """Predict each photo's label by probes fitted on other clusters, over `repeats` draws of the folds.

    Classes that stand in fewer clusters than there are folds are left out and counted. Within each training part, one fifth
    (by cluster) chooses the settings.

    Yields:
        Progress, in fitted probes.

    Raises:
        TooFew: fewer than two usable classes, `MIN_PHOTOS` photos or `MIN_CLUSTERS` clusters.
    """
    labels, clusters = photos.labels, photos.clusters
    rows, left_out = usable_classes(labels, clusters, folds)
    classes = tuple(sorted({str(label) for label in labels[rows]}))
    _enough(photos, rows, folds)
    y = np.searchsorted(np.array(classes), labels[rows].astype(str)).astype(np.int64)
    group = np.unique(clusters[rows], return_inverse=True)[1].astype(np.int64)
    vectors = np.ascontiguousarray(photos.vectors[rows], dtype=np.float32)
    seeds = np.random.SeedSequence(how.seed).generate_state(repeats)
    jobs = [
        (repeat, fold, mask)
        for repeat in range(repeats)
        for fold, mask in enumerate(group_folds(y, group, folds, int(seeds[repeat])))
    ]

    def one(job: tuple[int, int, NDArray[np.bool_]]) -> NDArray[np.int64]:
        repeat, fold, test = job
        train, val = _inner(y, group, ~test, int(seeds[repeat]) ^ fold)
        this = replace(how, seed=how.seed + folds * repeat + fold, workers=1)
        fit = finish(fit_probe(vectors[train], y[train], vectors[val], y[val], len(classes), this))
        return fit.predict(vectors[test])

    predictions = np.full((repeats, len(y)), -1, dtype=np.int64)
    with one_core_each(fits_at_once(len(y), how.device, how.workers)) as pool:
        for done, ((repeat, _, test), guess) in enumerate(zip(jobs, pool.map(one, jobs), strict=True), start=1):
            predictions[repeat, test] = guess
            yield Progress("probes fitted", done, len(jobs))
    return CrossValidation(classes, rows, y, group, predictions, left_out, how.protocol)


def _inner(
    y: NDArray[np.int64], clusters: NDArray[np.int64], rest: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows to choose on, both from `rest`."""
    at = np.flatnonzero(rest)
    smallest = int(np.unique(y[at], return_counts=True)[1].min())
    parts = min(max(min(smallest, len(np.unique(clusters[at]))), 2), FOLDS)
    val = group_folds(y[at], clusters[at], parts, seed)[0]
    return at[~val], at[val]


def _enough(given: LabelledPhotos, rows: NDArray[np.int64], folds: int) -> None:
    """Refuse what is too little for a cross-validated figure; `rows` are the photos of the classes that are large enough."""
    attribute, labels, clusters = given.attribute, given.labels, given.clusters
    known = np.array([label is not None for label in labels], dtype=bool)
    sizes = _clusters_of(labels, clusters)[1]
    enough = [name for name, size in sizes.items() if size >= folds]
    alone = len(np.unique(clusters[known])) == int(known.sum())  # each photo is a scene of its own
    unit = "photos" if alone else SCENES
    need = max(folds, math.ceil(MIN_PHOTOS / max(len(sizes), 2)))
    way_out = f"{need} photos of each class would do" + ("." if alone else f", from {need} {SCENES}.")
    if len(sizes) < 2:
        raise TooFew(
            f"A probe of {attribute} takes two classes or more", f"there is {'one' if sizes else 'none'}",
            f"Add photos of other classes: {way_out}",
        )  # fmt: skip
    if len(enough) < 2:
        largest = max(size for name, size in sizes.items() if name not in enough)
        raise TooFew(
            f"A probe of {attribute} takes two classes or more with at least {folds} {unit} each",
            f"of the {len(sizes)} classes "
            + (f"only {enough[0]} has so many, and the next has {largest}" if enough else f"the largest has {largest}"),
            f"Add photos: {way_out}",
        )
    photos, found = len(rows), len(np.unique(clusters[rows]))
    if photos < MIN_PHOTOS or found < MIN_CLUSTERS:
        raise TooFew(
            f"A probe of {attribute} takes at least {MIN_PHOTOS} photos"
            + ("" if alone else f" of {MIN_CLUSTERS} {SCENES}"),
            f"the {len(enough)} classes that are large enough have {photos}" + ("" if alone else f" of {found}"),
            f"Add photos: {way_out}",
        )
