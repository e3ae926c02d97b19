"""What is wrong with a split file: its form, its balance, and what its sides share."""

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
    """Something that two sides share.

    Attributes:
        a, b: the sides. kind: `photo` (the same ID) or `group` (two photos of one group).
        count: how many photos, or groups. examples: the first IDs or group numbers.
    """

    a: str
    b: str
    kind: str
    count: int
    examples: tuple[int, ...]


def leaks(content: Mapping[str, Any], photo_ids: NDArray[np.int64], groups: NDArray[np.intp]) -> list[Leak]:
    """Return what the sides of a split share.

    Args:
        content: a split file's object.
        photo_ids: the photos whose group is known, sorted, (n,); any other photo is a group of its own.
        groups: the group number of each of them, (n,).
    """
    ids = {side: np.unique(np.array(content[f"{side}_ids"], np.int64)) for side in SIDES}
    held = {side: np.unique(groups[np.isin(photo_ids, ids[side])]) for side in SIDES}
    found = []
    for a, b in combinations(SIDES, 2):
        shared = {"photo": np.intersect1d(ids[a], ids[b]), "group": np.intersect1d(held[a], held[b])}
        found += [Leak(a, b, kind, len(s), tuple(s[:_EXAMPLES].tolist())) for kind, s in shared.items() if len(s)]
    return found


def defects(content: object, attribute: str) -> list[str]:
    """Return what is wrong with the form of a split file's object, as sentences; none where it keeps the format."""
    if not isinstance(content, dict):
        return ["the file holds no JSON object"]
    wrong = []
    if content.get("target_attribute") != attribute:
        wrong.append(f"target_attribute is {content.get('target_attribute')!r}, and the file name says {attribute!r}")
    classes = content.get("label_encoder_classes")
    if not isinstance(classes, list) or len(classes) < 2 or not all(isinstance(name, str) for name in classes):
        return [*wrong, "label_encoder_classes is no list of two or more strings"]
    if len(set(classes)) != len(classes):
        wrong.append("label_encoder_classes names a class twice")
    for side in SIDES:
        ids, encoded = content.get(f"{side}_ids"), content.get(f"encoded_{side}_labels")
        if not _integers(ids) or not _integers(encoded):
            wrong.append(f"{side}_ids or encoded_{side}_labels is no list of integers")
            continue
        if len(ids) != len(encoded):
            wrong.append(f"{side}: {len(ids)} IDs and {len(encoded)} labels")
        if len(set(ids)) != len(ids):
            wrong.append(f"{side}: an ID is there twice")
        numbers = Counter(encoded)
        if set(numbers) != set(range(len(classes))):
            wrong.append(f"{side}: the labels are not 0 to {len(classes) - 1}, each at least once")
        elif len(set(numbers.values())) != 1:
            wrong.append(
                f"{side}: the classes are not balanced, {min(numbers.values())} to {max(numbers.values())} photos"
            )
    return wrong


def _integers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int for item in value)
