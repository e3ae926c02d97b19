"""Class-balanced, leak-free splits, in the format of the paper's public files.

Each side (train, val, test) holds the same number of photos of every class, and photos of one group (the same photographer,
scene or picture; `groups.py`) never stand on different sides. To reach both, whole groups are assigned to sides
(`assign.py`), and then surplus photos of the larger classes are left out. The result depends on the photos, the options and
the seed, never on the order of the rows. The format is one JSON object per target attribute, with lists of integer photo IDs
and of encoded labels; see `Split`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import ATTRIBUTES, LabelRow
from curate.catalog.phototable import PhotoTable
from curate.errors import UsageError
from curate.splits.assign import ClassCounts, Problem, assign, chosen, count, supply
from curate.splits.groups import GROUP_BY, GROUP_COLUMNS, GroupBy, groups

Side = Literal["train", "val", "test"]
SIDES: tuple[Side, ...] = get_args(Side)

FRACTIONS = (0.7, 0.1, 0.2)
"""The shares of train, val and test."""

MIN_PHOTOS = 10
"""The smallest class that is split by default; it gives 7, 1 and 2 photos."""

_TOO_SMALL = "the class is in too few groups, or so small that keeping it would reduce all other classes to its size"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Photos that are on no side.

    Attributes:
        reason: why they were left out.
        photos: their IDs, sorted.
    """

    reason: str
    photos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The split of one attribute.

    Attributes:
        attribute: the target, a label column.
        content: the split file's object, or None if no balanced split can be made. Keys: `target_attribute` (str),
            `train_ids`, `val_ids`, `test_ids` (photo IDs, int), `encoded_train_labels`, … (int, parallel to the IDs),
            `label_encoder_classes` (str; the index is the label). Rows are grouped by class.
        left_out: the photos that are not in the split.
    """

    attribute: str
    content: dict[str, Any] | None
    left_out: tuple[LeftOut, ...]

    @property
    def file_name(self) -> str:
        """The split file's name; spaces in the attribute are kept."""
        return split_file_name(self.attribute)

    @property
    def per_class(self) -> dict[str, int]:
        """Side -> the number of photos of each class in it."""
        if self.content is None:
            return {}
        return {side: len(self.content[f"{side}_ids"]) // len(self.content["label_encoder_classes"]) for side in SIDES}


@dataclass(frozen=True, slots=True)
class JointSplit:
    """Splits of several attributes that share their sides.

    Attributes:
        splits: attribute -> its balanced split, drawn inside the sides.
        group_by: the groupings; photos of one group are on one side.
        photo_ids: every usable photo, sorted, (n,).
        groups: the group number of each photo, (n,).
        side_of: the side of each photo as an index into `SIDES`, (n,); the same for all attributes.
    """

    splits: dict[str, Split]
    group_by: tuple[GroupBy, ...]
    photo_ids: NDArray[np.int64] = field(repr=False)
    groups: NDArray[np.intp] = field(repr=False)
    side_of: NDArray[np.intp] = field(repr=False)

    @property
    def sides(self) -> dict[int, Side]:
        """Photo ID -> side."""
        return dict(zip(self.photo_ids.tolist(), (SIDES[side] for side in self.side_of.tolist()), strict=True))

    def sides_of(self, photo_ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the sides of photos as indices into `SIDES`, (m,); -1 for a photo that is not usable."""
        if not len(self.photo_ids):
            return np.full(len(photo_ids), -1, np.intp)
        at = np.searchsorted(self.photo_ids, photo_ids).clip(max=len(self.photo_ids) - 1)
        return np.where(self.photo_ids[at] == photo_ids, self.side_of[at], -1)


def split_file_name(attribute: str) -> str:
    """Return the name of an attribute's split file.

    >>> split_file_name("Is Smartphone")
    'split_data_target_attribute=Is Smartphone.json'
    """
    return f"split_data_target_attribute={attribute}.json"


def joint_split(
    rows: PhotoTable | Iterable[LabelRow],
    attributes: Sequence[str],
    group_by: Sequence[GroupBy] = GROUP_BY,
    seed: int = 42,
    fractions: tuple[float, float, float] = FRACTIONS,
    min_photos: int = MIN_PHOTOS,
) -> JointSplit:
    """Assign groups of photos to sides once, and draw a balanced split for each attribute inside the sides.

    A class is left out if it has fewer than `min_photos` photos, if its photos are in fewer than three groups (they
    cannot be on three sides), or if keeping it would reduce all other classes to its size (`assign.chosen`).

    Args:
        rows: label rows. Rows with a status other than `ok`, or without a photo ID, are ignored. Rows with the same photo ID
            are one photo.
        attributes: the target columns.
        group_by: the groupings; photos of one group are on one side.
        seed: the seed of the draw.
        fractions: the shares of train, val and test.
        min_photos: the size of the smallest class that is split.

    Raises:
        UsageError: an attribute is not a label column, or the fractions are not three positive shares that sum to 1.

    >>> rows = [{"photo_id": i, "status": "ok", "Make": ["Canon", "Apple"][i % 2]} for i in range(40)]
    >>> split = joint_split(rows, ["Make"]).splits["Make"]
    >>> split.per_class
    {'train': 14, 'val': 2, 'test': 4}
    >>> split.content["label_encoder_classes"]
    ['Apple', 'Canon']
    """
    _check(attributes, fractions)
    photos = _usable(PhotoTable.of(rows), attributes)
    del rows  # frees a large table if the caller keeps no reference to it
    ids, first = np.unique(photos.integers("photo_id", -1), return_index=True)
    labels = groups(photos, group_by)[first]
    targets = [_target(photos, attribute, first, labels, min_photos) for attribute in dict.fromkeys(attributes)]
    problem = _problem(targets, labels, fractions)
    problem = replace(problem, attributes=_kept(problem, assign(problem, seed)))
    sides = assign(problem, seed, improve=True)
    side_of = np.array(sides, np.intp)[labels] if len(labels) else labels
    keys = _draw_keys(seed, ids)
    names = [name for target in targets for name in target.names]
    splits = {
        target.attribute: _draw(target, [names[class_] for class_ in kept], ids, side_of, keys)
        for target, kept in zip(targets, _kept(problem, sides), strict=True)
    }
    return JointSplit(splits, tuple(group_by), ids, labels, side_of)


def label_text(value: object) -> str | None:
    """Return a label as the split files write it: `True`, `False`, or the string itself; None if it is absent.

    >>> label_text(True)
    'True'
    """
    return None if value is None else str(value)


def class_order(attribute: str, names: Iterable[str]) -> list[str]:
    """Return class names in label order: sorted as strings, except that `Flash` begins with `without flash`.

    >>> class_order("Make", ["SONY", "Apple"])
    ['Apple', 'SONY']
    >>> class_order("Flash", ["with flash", "without flash"])
    ['without flash', 'with flash']
    """
    return sorted(names, reverse=attribute == "Flash")


def _check(attributes: Sequence[str], fractions: Sequence[float]) -> None:
    for attribute in attributes:
        if attribute not in ATTRIBUTES:
            raise UsageError(
                f"no split can be made by {attribute!r}", way_out=f"Attributes are {', '.join(ATTRIBUTES)}."
            )
    if len(fractions) != len(SIDES) or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise UsageError(
            f"the fractions {fractions} do not fit",
            way_out="Give three positive shares for train, val and test that sum to 1.",
        )


def _usable(photos: PhotoTable, attributes: Sequence[str]) -> PhotoTable:
    """Return the photos that can be split, sorted by ID, with only the columns that a split needs."""
    status, kinds = photos.coded("status")
    usable = np.array([*(kind == "ok" for kind in kinds), True])[status] & photos.present("photo_id")
    places = np.flatnonzero(usable)
    order = np.argsort(photos.integers("photo_id", -1)[places], kind="stable")
    return photos.select((*GROUP_COLUMNS, *attributes)).take(places[order])


@dataclass(frozen=True, slots=True)
class _Target:
    """The classes of one attribute.

    Attributes:
        attribute: the label column.
        names: the class names, sorted.
        reasons: for each class why it cannot be split; empty if it can.
        codes: each photo's class as an index into `names`, -1 if it has none, (n,).
    """

    attribute: str
    names: list[str]
    reasons: list[str]
    codes: NDArray[np.intp]


def _problem(targets: Sequence[_Target], labels: NDArray[np.intp], fractions: Sequence[float]) -> Problem:
    """Return the assignment problem; the classes of all attributes are numbered consecutively.

    One more class holds every photo, so that photos without a label are spread as well.
    """
    starts = np.cumsum([0, *(len(target.names) for target in targets)]).tolist()
    eligible = [
        [start + k for k, reason in enumerate(target.reasons) if not reason]
        for start, target in zip(starts[:-1], targets, strict=True)
    ]
    classes = [
        np.where(np.isin(target.codes + start, own), target.codes + start, -1)
        for start, target, own in zip(starts[:-1], targets, eligible, strict=True)
    ]
    every = np.concatenate([labels[:0], *classes])
    totals = np.bincount(every[every >= 0], minlength=starts[-1]).tolist()
    vectors = _vectors(labels, classes, every_photo=starts[-1])
    return Problem(vectors, [*totals, len(labels)], fractions, eligible)


def _target(
    photos: PhotoTable, attribute: str, first: NDArray[np.intp], labels: NDArray[np.intp], min_photos: int
) -> _Target:
    """Return the classes of an attribute, and the class of each photo.

    If the rows of one photo disagree (copies in other folders, other sidecars), the photo has no class.

    Args:
        photos: rows, sorted by photo ID.
        attribute: the label column.
        first: the index of the first row of each photo, (n,).
        labels: the group number of each photo, (n,).
        min_photos: the size of the smallest class that is split.
    """
    own, kinds = photos.coded(attribute)
    texts = [str(label_text(kind)) for kind in kinds]
    names = sorted(set(texts))
    rank = {name: number for number, name in enumerate(names)}
    said = np.array([*(rank[text] for text in texts), -1], np.intp)[own]
    if len(first):
        most = np.maximum.reduceat(said, first)
        said = np.where(np.minimum.reduceat(np.where(said < 0, len(names), said), first) == most, most, -1)
    used, said = np.unique(np.append(said, -1), return_inverse=True)  # drops classes without photos
    codes, names = said[:-1] - 1, [names[number] for number in used[1:].tolist()]
    photos_of = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
    pairs = np.unique(np.stack([codes, labels])[:, codes >= 0], axis=1)[0]
    groups_of = np.bincount(pairs, minlength=len(names)).tolist()
    reasons = [_why_not(n, held, min_photos) for n, held in zip(photos_of, groups_of, strict=True)]
    return _Target(attribute, names, reasons, codes)


def _why_not(photos: int, held: int, min_photos: int) -> str:
    """Return why a class with so many photos in so many groups cannot be split; empty if it can."""
    if photos < min_photos:
        return f"the class has fewer than {min_photos} photos"
    if held < len(SIDES):
        return "all photos of the class are in one or two groups; three sides need at least three"
    return ""


def _vectors(labels: NDArray[np.intp], classes: Sequence[NDArray[np.intp]], every_photo: int) -> list[ClassCounts]:
    """Count the photos of each class in each group: first all photos, then each attribute's classes by first appearance.

    Groups with equal counts share one dictionary, because there may be as many groups as photos.
    """
    order = np.argsort(labels, kind="stable")
    parts = [np.stack([*np.unique(labels, return_counts=True), np.full(labels.max(initial=-1) + 1, every_photo)])]
    for codes in classes:
        held = order[codes[order] >= 0]
        cell, first, n = np.unique(
            labels[held] * (every_photo + 1) + codes[held], return_index=True, return_counts=True
        )
        part = np.stack([cell // (every_photo + 1), n, cell % (every_photo + 1)])
        parts.append(part[:, np.argsort(first)])
    group, n, class_ = np.concatenate(parts, axis=1)
    order = np.argsort(group, kind="stable")
    edges = np.cumsum(np.bincount(group)).tolist()
    pairs = list(zip(class_[order].tolist(), n[order].tolist(), strict=True))
    one_of: dict[tuple[tuple[int, int], ...], ClassCounts] = {}
    return [
        one_of.setdefault(key, dict(key)) for key in (tuple(pairs[start:stop]) for start, stop in pairwise([0, *edges]))
    ]


def _kept(problem: Problem, sides: Sequence[int]) -> list[list[int]]:
    counts = count(problem, sides)
    return [
        chosen({c: supply(counts, problem.fractions, c) for c in classes if min(counts[c]) > 0})
        for classes in problem.attributes
    ]


def _draw(
    target: _Target,
    kept: Collection[str],
    ids: NDArray[np.int64],
    side_of: NDArray[np.intp],
    keys: NDArray[np.uint64],
) -> Split:
    """Take the same number of photos of every kept class in each side, in the order of a seeded hash of the IDs (`keys`)."""
    left: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    left[f"no {target.attribute}"].append(ids[target.codes < 0])
    for class_, (name, reason) in enumerate(zip(target.names, target.reasons, strict=True)):
        if name not in kept:
            left[reason or _TOO_SMALL].append(ids[target.codes == class_])
    classes = class_order(target.attribute, kept)
    if not classes:
        return Split(target.attribute, None, _left_out(left))
    content: dict[str, Any] = {"target_attribute": target.attribute}
    encoded = {}
    for number, side in enumerate(SIDES):
        cells = [np.flatnonzero((side_of == number) & (target.codes == target.names.index(name))) for name in classes]
        n = min(map(len, cells))
        drawn = [cell[np.argsort(keys[cell], kind="stable")] for cell in cells]
        content[f"{side}_ids"] = np.concatenate([np.sort(ids[cell[:n]]) for cell in drawn]).tolist()
        encoded[f"encoded_{side}_labels"] = [label for label in range(len(classes)) for _ in range(n)]
        left["surplus: the smallest class of each side decides how many photos of every class are taken"] += [
            ids[cell[n:]] for cell in drawn
        ]
    content |= encoded
    content["label_encoder_classes"] = classes
    return Split(target.attribute, content, _left_out(left))


def _draw_keys(seed: int, ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    digests = (hashlib.blake2b(f"{seed}:{photo_id}".encode(), digest_size=8).digest() for photo_id in ids.tolist())
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def _left_out(left: Mapping[str, Sequence[NDArray[np.int64]]]) -> tuple[LeftOut, ...]:
    found = ((reason, np.sort(np.concatenate(ids))) for reason, ids in sorted(left.items()) if ids)
    return tuple(LeftOut(reason, tuple(ids.tolist())) for reason, ids in found if len(ids))
