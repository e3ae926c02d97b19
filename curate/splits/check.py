"""Checks a split file: its format, its balance, and whether its sides share photos or groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from curate.splits.make import SIDES

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Leak:
    """Photos or groups that two sides share.

    Attributes:
        a: the first side.
        b: the second side.
        kind: `photo` (the same ID) or `group` (two photos of one group).
        count: the number of shared photos or groups.
        examples: the first IDs or group numbers.
    """

    a: str
    b: str
    kind: str
    count: int
    examples: tuple[int, ...]


def leaks(content: Mapping[str, Any], photo_ids: NDArray[np.int64], groups: NDArray[np.intp]) -> list[Leak]:
    """Return the photos and groups that sides of a split share.

    Args:
        content: a split file's object.
        photo_ids: the photos whose group is known, sorted, (n,); any other photo is a group of its own.
        groups: the group number of each of these photos, (n,).

    >>> split = {"train_ids": [1, 2], "val_ids": [3], "test_ids": [2]}
    >>> leaks(split, np.array([1, 2, 3]), np.array([0, 1, 0]))  # doctest: +NORMALIZE_WHITESPACE
    [Leak(a='train', b='val', kind='group', count=1, examples=(0,)),
     Leak(a='train', b='test', kind='photo', count=1, examples=(2,)),
     Leak(a='train', b='test', kind='group', count=1, examples=(1,))]
    """
    ids = {side: np.unique(np.array(content[f"{side}_ids"], np.int64)) for side in SIDES}
    held = {side: np.unique(groups[np.isin(photo_ids, ids[side])]) for side in SIDES}
    found = []
    for a, b in combinations(SIDES, 2):
        shared = {"photo": np.intersect1d(ids[a], ids[b]), "group": np.intersect1d(held[a], held[b])}
        found += [Leak(a, b, kind, len(s), tuple(s[:_EXAMPLES].tolist())) for kind, s in shared.items() if len(s)]
    return found


def defects(content: object, attribute: str) -> list[str]:
    """Return the ways in which a split file's object breaks the format, one sentence each; an empty list if it is valid.

    >>> defects({"target_attribute": "Make", "label_encoder_classes": ["Canon"]}, "Make")
    ['label_encoder_classes is not a list of two or more strings']
    """
    if not isinstance(content, dict):
        return ["the file does not hold a JSON object"]
    wrong = []
    if content.get("target_attribute") != attribute:
        wrong.append(f"target_attribute is {content.get('target_attribute')!r}, but the file name says {attribute!r}")
    classes = content.get("label_encoder_classes")
    if not isinstance(classes, list) or len(classes) < 2 or not all(isinstance(name, str) for name in classes):
        return [*wrong, "label_encoder_classes is not a list of two or more strings"]
    if len(set(classes)) != len(classes):
        wrong.append("label_encoder_classes names a class twice")
    for side in SIDES:
        ids, encoded = content.get(f"{side}_ids"), content.get(f"encoded_{side}_labels")
        if not _integers(ids) or not _integers(encoded):
            wrong.append(f"{side}_ids or encoded_{side}_labels is not a list of integers")
            continue
        if len(ids) != len(encoded):
            wrong.append(f"{side}: {len(ids)} IDs and {len(encoded)} labels")
        if len(set(ids)) != len(ids):
            wrong.append(f"{side}: an ID occurs twice")
        numbers = Counter(encoded)
        if set(numbers) != set(range(len(classes))):
            wrong.append(f"{side}: the labels are not 0 to {len(classes) - 1} with each at least once")
        elif len(set(numbers.values())) != 1:
            wrong.append(
                f"{side}: the classes are not balanced, {min(numbers.values())} to {max(numbers.values())} photos"
            )
    return wrong


def _integers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int for item in value)
