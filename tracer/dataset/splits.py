"""Split files in the paper's format: the photos for training, validation and test of one attribute's classifier."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from tracer.base.reading import read_json
from tracer.base.text import clean_text, quoted_path
from tracer.dataset.links import refuse_link_out
from tracer.errors import DataSetError, why

Part = Literal["train", "val", "test"]
PARTS: Final[tuple[Part, ...]] = ("train", "val", "test")
_LARGEST: Final = 2**63 - 1
_NAME: Final = re.compile(r"split_data_target_attribute=(?P<attribute>.+)\.json")


@dataclass(frozen=True, slots=True, eq=False)
class SplitFile:
    """One attribute's split.

    Attributes:
        attribute: the label column (`Make`).
        classes: the label strings; `labels` holds indices into them.
        ids: photo ids, int64, of train, val and test, in the file's order.
        labels: class indices, int64, parallel to `ids`.
        path: the file.
    """

    attribute: str
    classes: tuple[str, ...]
    ids: dict[Part, NDArray[np.int64]]
    labels: dict[Part, NDArray[np.int64]]
    path: Path = field(compare=False)

    def shared(self) -> dict[tuple[Part, Part], int]:
        """Return how many ids each two parts share (leaks), without the zeros. The paper's published Model split has some.

        >>> ids = {"train": np.array([1, 2]), "val": np.array([3]), "test": np.array([2, 4])}
        >>> SplitFile("Make", ("Canon",), ids, {}, Path("split.json")).shared()
        {('train', 'test'): 1}
        """
        pairs = ((a, b, len(np.intersect1d(self.ids[a], self.ids[b]))) for a, b in combinations(PARTS, 2))
        return {(a, b): count for a, b, count in pairs if count}


def read_split(path: Path) -> SplitFile:
    """Read `split_data_target_attribute=<Attribute>.json`.

    Raises:
        DataSetError: the file is unreadable, a key is missing, an id is not an integer, or the labels do not fit the ids or
            classes.
    """
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise DataSetError(
            f"The split file {quoted_path(path)} cannot be read",
            why(error),
            "Write the set again, or take the file out of it.",
        ) from error
    if not isinstance(content, dict):
        raise _bad(path, "it is not a JSON object")
    attribute = content.get("target_attribute")
    if not isinstance(attribute, str) or not attribute:
        raise _bad(path, "target_attribute is missing")
    named = _NAME.fullmatch(path.name)
    if named and named["attribute"] != attribute:
        raise _bad(path, f"its name says {named['attribute']}, its target_attribute {attribute}")
    classes = content.get("label_encoder_classes")
    if not isinstance(classes, list) or not classes:
        raise _bad(path, "label_encoder_classes is missing")
    if not all(isinstance(name, str | int | float) for name in classes):
        raise _bad(path, "label_encoder_classes holds something that is not a name")
    ids: dict[Part, NDArray[np.int64]] = {}
    labels: dict[Part, NDArray[np.int64]] = {}
    for part in PARTS:
        ids[part] = _integers(path, content, f"{part}_ids")
        labels[part] = _integers(path, content, f"encoded_{part}_labels")
        if len(ids[part]) != len(labels[part]):
            raise _bad(path, f"{len(ids[part])} {part}_ids have {len(labels[part])} labels")
        if len(labels[part]) and not 0 <= labels[part].min() <= labels[part].max() < len(classes):
            raise _bad(path, f"a label of {part} is not one of the {len(classes)} classes")
    return SplitFile(
        clean_text(attribute) or "", tuple(clean_text(str(name)) or "" for name in classes), ids, labels, path
    )


def find_splits(root: Path) -> dict[str, SplitFile]:
    """Return the split files of a set by attribute, from its root and its folder `splits/`.

    Raises:
        DataSetError: as `read_split`, or a file is a link out of the set.
    """
    found: dict[str, SplitFile] = {}
    for folder in (root, root / "splits"):
        for path in sorted(folder.glob("split_data_target_attribute=*.json")):
            refuse_link_out(root, path)
            split = read_split(path)
            found[split.attribute] = split
    return found


def _integers(path: Path, content: dict[str, Any], key: str) -> NDArray[np.int64]:
    values = content.get(key)
    if not isinstance(values, list):
        raise _bad(path, f"{key} is missing")
    if not all(type(value) is int and abs(value) <= _LARGEST for value in values):
        raise _bad(path, f"{key} holds something that is not an integer of 64 bits")
    return np.asarray(values, dtype=np.int64)


def _bad(path: Path, why: str) -> DataSetError:
    return DataSetError(
        f"{quoted_path(path.name)} is not a split file",
        why,
        "A split file has the keys target_attribute, label_encoder_classes, "
        "{train,val,test}_ids and encoded_{train,val,test}_labels.",
    )
