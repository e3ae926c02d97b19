"""The paper's keys beside the embeddings in a file (PAPER §7), as far as a set's columns allow, and which files a set gets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracer.dataset import PhotoSet, phone_or_not
from tracer.embeddings import store

if TYPE_CHECKING:
    import pandas as pd

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One file that an embedding is written to.

    Attributes:
        dataset: the folder below `embeddings/`. split: `train` or `val` where the set is written as a file for each,
            else None.
        ids: int64, the photos in the file's order.
        columns: `subject`, `model`, `label`, parallel to `ids`, those that the set has.
        classes: the semantic classes; the index is the `label`.
    """

    dataset: str
    split: str | None
    ids: Column
    columns: dict[str, Column]
    classes: tuple[str, ...]

    def digest(self) -> str:
        """One hash over ids, their order, and all columns."""
        joined = hashlib.sha256(repr((self.dataset, self.split, self.classes)).encode())
        for name, values in [("ids", self.ids), *sorted(self.columns.items())]:
            joined.update(name.encode() + np.ascontiguousarray(values, dtype="<i8").tobytes())
        return joined.hexdigest()


def parts_of(photo_set: PhotoSet) -> list[Part]:
    """The files of a set.

    One file with all photos; or, as the paper has it for ImageNet, a file for train and one for val where every photo
    has a semantic class and lies in one of the two. In these `subject`, `model` and `label` are −1 where a photo has
    none. A set with pairs also gets `<name>-pairs` with nothing but whole pairs: the paper's retrieval script takes no
    file with anything else in it.
    """
    table = photo_set.table
    columns, classes = _columns(table)
    ids = table["photo_id"].to_numpy(dtype=np.int64)

    def part(dataset: str, split: str | None, rows: NDArray[np.bool_]) -> Part:
        return Part(dataset, split, ids[rows], {name: values[rows] for name, values in columns.items()}, classes)

    if _as_imagenet(table, columns):
        splits = table["split"].to_numpy(dtype=object)
        parts = [part(photo_set.name, split, splits == split) for split in store.SPLITS]
    else:
        parts = [part(photo_set.name, None, np.ones(len(ids), dtype=bool))]
    paired = whole_pairs(columns, np.ones(len(ids), dtype=bool))
    if paired.any():
        parts.append(part(pairs_name(photo_set.name), None, paired))
    return parts


def pairs_name(dataset: str) -> str:
    """The name under which a set's pairs alone are filed."""
    return f"{dataset}-pairs"


def _columns(table: pd.DataFrame) -> tuple[dict[str, Column], tuple[str, ...]]:
    columns: dict[str, Column] = {}
    classes: tuple[str, ...] = ()
    if "subject_idx" in table and table["subject_idx"].notna().any():
        columns["subject"] = table["subject_idx"].fillna(-1).to_numpy(dtype=np.int64)
    kind = phone_or_not(table)
    if (kind >= 0).any():
        columns["model"] = kind
    if "semantic_label" in table and table["semantic_label"].notna().any():
        labels = table["semantic_label"]
        classes = tuple(sorted(set(labels.dropna().astype(str))))
        index = {name: number for number, name in enumerate(classes)}
        columns["label"] = np.array([index.get(str(value), -1) for value in labels], dtype=np.int64)
    return columns, classes


def _as_imagenet(table: pd.DataFrame, columns: dict[str, Column]) -> bool:
    return (
        "label" in columns
        and bool((columns["label"] >= 0).all())
        and "split" in table
        and set(table["split"].tolist()) == set(store.SPLITS)
    )


def whole_pairs(columns: dict[str, Column], among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows, among those given, of subjects that have exactly one phone photo and one other there."""
    if "subject" not in columns or "model" not in columns:
        return np.zeros(len(among), dtype=bool)
    subject, kind = columns["subject"], columns["model"]
    candidate = among & (subject >= 0) & (kind >= 0)
    values, inverse = np.unique(subject, return_inverse=True)
    phones = np.bincount(inverse, weights=candidate & (kind == 1), minlength=len(values))
    others = np.bincount(inverse, weights=candidate & (kind == 0), minlength=len(values))
    return np.asarray(candidate & ((phones == 1) & (others == 1))[inverse], dtype=bool)
