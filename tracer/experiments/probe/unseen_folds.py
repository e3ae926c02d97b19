"""Folds that leave out whole camera models, and the scenes or owners of the tested photos with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.text import counted
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.folds import group_folds

MODEL_FOLDS: Final = 6
SCENE_PARTS: Final = 3
SHARED_FROM: Final = 0.2
"""From this share of photos in scenes that several models share on, scenes are left out by parts, so that enough are left."""
MODELS_TO_CHOOSE_BY: Final = 3
"""Models of each class that a training part must hold so that some of them choose the settings."""
MOST_TIMES: Final = 10
MOST_MODELS: Final = 120


@dataclass(frozen=True, slots=True)
class CameraPhotos:
    """Photos of camera models whose class is known.

    Attributes:
        rows: (n,) which of the given photos take part.
        model: (n,) codes. scene: (n,) codes of the scene or owner.
        names: of the models. classes: (models,) codes of each model's class.
        kinds: names of the classes.
        left_out: photos that take no part, by reason.
    """

    rows: NDArray[np.int64]
    model: NDArray[np.int64]
    scene: NDArray[np.int64]
    names: tuple[str, ...]
    classes: NDArray[np.int64]
    kinds: tuple[str, ...]
    left_out: dict[str, int]

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) the class of each photo's model."""
        return self.classes[self.model]

    @property
    def models(self) -> list[int]:
        """Models of each class."""
        return [int(count) for count in np.bincount(self.classes, minlength=len(self.kinds))]

    def only(self, keep: NDArray[np.bool_], why: str) -> CameraPhotos:
        """Some of the models, as a mask (models,); the photos of the others are counted under a reason."""
        held = keep[self.model]
        if held.all():
            return self
        number = np.cumsum(keep) - 1
        left = {**self.left_out, why: int((~held).sum())}
        names = tuple(name for name, kept in zip(self.names, keep, strict=True) if kept)
        kinds, classes = np.unique(self.classes[keep], return_inverse=True)
        called = tuple(self.kinds[code] for code in kinds)
        rows, model, scene = self.rows[held], number[self.model[held]], self.scene[held]
        return CameraPhotos(rows, model, scene, names, classes.astype(np.int64), called, left)


def camera_photos(photos: LabelledPhotos, cameras: NDArray[Any], seed: int) -> CameraPhotos:
    """The photos that an unseen-cameras figure can rest on.

    A model's class is the commonest value of its photos. Photos of another value, without label or without model are left out,
    and so are classes of fewer than two models. Of very many models some are drawn, as many of each class.

    Args:
        cameras: (N,) the camera model of each photo, None where unknown.
    """
    labelled = np.array([label is not None for label in photos.labels], dtype=bool)
    known = np.array([camera is not None for camera in cameras], dtype=bool)
    left = {"no label": int((~labelled).sum()), "camera model unknown": int((labelled & ~known).sum())}
    rows = np.flatnonzero(labelled & known)
    kinds, value = np.unique(photos.labels[rows].astype(str), return_inverse=True)
    names, model = np.unique(cameras[rows].astype(str), return_inverse=True)
    table = np.zeros((len(names), len(kinds)), dtype=np.int64)
    np.add.at(table, (model, value), 1)
    classes = table.argmax(axis=1) if table.size else np.empty(0, dtype=np.int64)
    agrees = value == classes[model]
    left["another value than most photos of the model"] = int((~agrees).sum())
    rows, model = rows[agrees], model[agrees].astype(np.int64)
    scene = np.unique(photos.clusters[rows], return_inverse=True)[1].astype(np.int64)
    found = CameraPhotos(
        rows, model, scene, tuple(map(str, names)), classes.astype(np.int64), tuple(map(str, kinds)),
        {why: count for why, count in left.items() if count},
    )  # fmt: skip
    for kind, count in zip(found.kinds, found.models, strict=True):
        if count < 2:
            found = _without(found, kind, f"{kind}: of {counted(count, 'camera model')}, and it takes two")
    return _fewer_models(found, seed)


def _without(found: CameraPhotos, kind: str, why: str) -> CameraPhotos:
    if kind not in found.kinds:
        return found
    return found.only(found.classes != found.kinds.index(kind), why)


def _fewer_models(found: CameraPhotos, seed: int) -> CameraPhotos:
    each = max(MOST_MODELS // max(len(found.kinds), 1), 2)
    if len(found.names) <= MOST_MODELS:
        return found
    keep, rng = np.zeros(len(found.names), dtype=bool), np.random.default_rng(seed)
    for code in range(len(found.kinds)):
        members = np.flatnonzero(found.classes == code)
        keep[rng.permutation(members)[:each]] = True
    return found.only(keep, f"of other models than the {int(keep.sum())} drawn")


@dataclass(frozen=True, slots=True)
class CameraFold:
    """Rows of one fold; those to train on and to choose by repeat photos of smaller classes, so that classes weigh the same.

    Attributes:
        by_models: whether the settings are chosen on models that are not trained on; otherwise on scenes.
    """

    train: NDArray[np.int64]
    val: NDArray[np.int64]
    test: NDArray[np.int64]
    by_models: bool


def scene_parts(photos: CameraPhotos, seed: int) -> NDArray[np.int64]:
    """(n,) the part that each photo's scene belongs to. One part where hardly any scene holds photos of several models.

    It does not depend on the classes.
    """
    held = np.unique(photos.scene * len(photos.names) + photos.model) // len(photos.names)
    shared = (np.bincount(held) > 1)[photos.scene].mean()
    size = np.bincount(photos.scene)
    if shared < SHARED_FROM or len(size) < SCENE_PARTS:
        return np.zeros(len(photos.model), dtype=np.int64)
    drawn = np.random.default_rng(seed).permutation(len(size))
    part = np.empty(len(size), dtype=np.int64)
    part[drawn[np.argsort(-size[drawn], kind="stable")]] = np.arange(len(size)) % SCENE_PARTS
    return part[photos.scene]


def camera_folds(photos: CameraPhotos, parts: NDArray[np.int64], seed: int) -> list[CameraFold]:
    """Folds in which the models and the scenes of the tested photos are not trained on.

    Each fold tests as many models of each class as there are for it: one or more, and where a class has fewer models than there
    are folds, one of its models again. So every probe is tested on all classes. Folds without anything to train on are left out.
    """
    rng, most = np.random.default_rng(seed), max(photos.models)
    count = min(MODEL_FOLDS, most)
    dealt: list[list[NDArray[np.int64]]] = []
    for code in range(len(photos.kinds)):
        members = rng.permutation(np.flatnonzero(photos.classes == code))
        dealt.append(
            np.array_split(members, count) if len(members) >= count
            else [members[at % len(members) : at % len(members) + 1] for at in range(count)]
        )  # fmt: skip
    folds: list[CameraFold] = []
    for at in range(count):
        out = np.isin(photos.model, np.concatenate([groups[at] for groups in dealt]))
        for part in range(int(parts.max()) + 1):
            test = out & (parts == part)
            rest = np.flatnonzero(~out & ~np.isin(photos.scene, photos.scene[test]))
            if test.any() and len(np.unique(photos.labels[rest])) == len(photos.kinds):
                fold = _with_inner(photos, rest, np.flatnonzero(test), seed + len(folds))
                folds += [fold] if fold is not None else []
    return folds


def _with_inner(photos: CameraPhotos, rest: NDArray[np.int64], test: NDArray[np.int64], seed: int) -> CameraFold | None:
    """A fold with the rows that choose the settings taken from `rest`; None where a class would be missing in training."""
    labels, rng = photos.labels, np.random.default_rng(seed)
    held = [np.unique(photos.model[rest[labels[rest] == code]]) for code in range(len(photos.kinds))]
    by_models = min(len(models) for models in held) >= MODELS_TO_CHOOSE_BY
    if by_models:
        chosen = [rng.permutation(models)[: max(1, round(len(models) / 5))] for models in held]
        val = np.isin(photos.model[rest], np.concatenate(chosen))
    else:
        smallest = int(np.bincount(labels[rest], minlength=len(photos.kinds)).min())
        parts = min(smallest, len(np.unique(photos.scene[rest])), 5)
        if parts < 2:
            return None
        val = group_folds(labels[rest], photos.scene[rest], parts, seed)[0]
    if len(np.unique(labels[rest[~val]])) < len(photos.kinds) or not val.any():
        return None
    return CameraFold(_evened(rest[~val], labels), _evened(rest[val], labels), test, by_models)


def _evened(rows: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows, those of smaller classes repeated a whole number of times."""
    code = np.unique(labels[rows], return_inverse=True)[1]
    count = np.bincount(code)
    times = np.clip(np.round(count.max() / count), 1, MOST_TIMES).astype(np.int64)
    return np.repeat(rows, times[code])
