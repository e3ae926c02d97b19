"""The parts of a set whose photos lie in folders `train`, `val` or `test`, as ImageNet's do.

Probes learn from the training folder, and neighbours are looked for in it; the photos of the other folder are tested. So the
paper does it, and no folds are drawn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracer.dataset.files import split_of
from tracer.dataset.splits import Part, SplitFile
from tracer.experiments.labels import LabelledSet


@dataclass(frozen=True, slots=True, eq=False)
class FolderParts:
    """Which photos of a set lie in which folder.

    Attributes:
        train, val, test: (N,) bool, parallel to the set's table; `val` or `test` may have no photo, but not both.
    """

    train: NDArray[np.bool_]
    val: NDArray[np.bool_]
    test: NDArray[np.bool_]

    @property
    def asked(self) -> NDArray[np.bool_]:
        """The photos that are tested, or are queries: the folder `val`, as in the paper, or `test` where there is no `val`."""
        return self.val if self.val.any() else self.test


def folder_parts(labelled: LabelledSet) -> FolderParts | None:
    """The parts of a set; None unless each photo lies in such a folder, and there is one to learn from and one to test."""
    table = labelled.photos.table
    folders = np.array([split_of(str(name).partition("/")[0]) for name in table["file_name"]], dtype=object)
    parts = FolderParts(*(folders == part for part in ("train", "val", "test")))
    return parts if all(folders) and parts.train.any() and parts.asked.any() else None


def split_by_folders(labelled: LabelledSet, attribute: str, seed: int) -> SplitFile | None:
    """The split of one label that the set's folders make; None where it has none.

    Where there are only two folders, a fifth of each class of the training folder chooses the settings. Classes without two
    photos in the training folder, which could not be both learnt and chosen on, are left out.

    Args:
        labelled: the set.
        attribute: the label.
        seed: of that fifth.
    """
    parts = folder_parts(labelled)
    if parts is None:
        return None
    values = labelled.labels[attribute]
    known = np.array([value is not None for value in values], dtype=bool)
    names, counts = np.unique(values[parts.train & known].astype(str), return_counts=True)
    classes = names[counts > 1]
    code = {name: at for at, name in enumerate(classes.tolist())}
    codes = np.array([-1 if value is None else code.get(str(value), -1) for value in values], dtype=np.int64)
    train, val, test = (np.flatnonzero(part & (codes >= 0)) for part in (parts.train, parts.val, parts.test))
    if not (parts.val.any() and parts.test.any()):
        test = np.concatenate([val, test])
        train, val = (train[part] for part in stratified(codes[train], seed))
    rows: dict[Part, NDArray[np.int64]] = {"train": train, "val": val, "test": test}
    ids = {part: labelled.ids[at] for part, at in rows.items()}
    return SplitFile(attribute, tuple(code), ids, {part: codes[at] for part, at in rows.items()}, labelled.photos.root)


def stratified(labels: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part photos into those to learn from and those to choose a probe's settings on: a fifth of each label's, at least one.

    The rows of each part stand label by label, each label's in a random order. The standard library's generator shuffles them,
    so that a seed gives the parts, in the order, that it gives in the published script.

    Args:
        labels: (N,) codes.
        seed: of the shuffling.

    Returns:
        Rows to learn from, and rows to choose on.
    """
    shuffled, learnt, chosen_on = random.Random(seed), [], []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label).tolist()
        shuffled.shuffle(rows)
        cut = len(rows) - max(1, len(rows) // 5)
        learnt += rows[:cut]
        chosen_on += rows[cut:]
    return np.array(learnt, dtype=np.int64), np.array(chosen_on, dtype=np.int64)
