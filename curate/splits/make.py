"""Class-balanced, leak-free splits, in the format of the paper's public files.

Each side (train, val, test) holds the same number of photos of every class, and no two photos of one group (the same
photographer, scene or picture; `groups.py`) stand on different sides. Both are had by giving whole groups to sides
(`assign.py`) and then leaving out what is over the balance. The result depends on the photos, the options and the seed,
never on the order of the rows. The format: one JSON object a target attribute, with lists of integer photo IDs and of
encoded labels; see `Split`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from curate.catalog.labels import ATTRIBUTES, LabelRow
from curate.errors import UsageError
from curate.splits.assign import Problem, assign, chosen, count, supply
from curate.splits.groups import GROUP_BY, GroupBy, groups

Side = Literal["train", "val", "test"]
SIDES: tuple[Side, ...] = get_args(Side)

FRACTIONS = (0.7, 0.1, 0.2)
"""Train, val, test."""

MIN_PHOTOS = 10
"""The smallest class that is split by default: 7, 1 and 2 photos."""

_TOO_SMALL = "the class is in too few groups, or too small beside the others, which would shrink to its size"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Photos that are in no side, and why. `photos` are IDs, sorted."""

    reason: str
    photos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The split of one attribute.

    Attributes:
        attribute: the target, a label column.
        content: the split file's object, or None where no balanced split can be made. Keys: `target_attribute` (str),
            `train_ids`, `val_ids`, `test_ids` (photo IDs, int), `encoded_train_labels`, … (int, parallel to the IDs),
            `label_encoder_classes` (str; the index is the label). Rows are grouped by class.
        left_out: photos that have no place in it.
    """

    attribute: str
    content: dict[str, Any] | None
    left_out: tuple[LeftOut, ...]

    @property
    def file_name(self) -> str:
        """The split file's name; spaces stay."""
        return split_file_name(self.attribute)

    @property
    def per_class(self) -> dict[str, int]:
        """Photos of each class in each side."""
        if self.content is None:
            return {}
        return {side: len(self.content[f"{side}_ids"]) // len(self.content["label_encoder_classes"]) for side in SIDES}


@dataclass(frozen=True, slots=True)
class JointSplit:
    """Splits of several attributes that share their sides.

    Attributes:
        sides: photo ID -> side, for every photo that can be used; disjoint across all attributes.
        splits: attribute -> its balanced split, drawn inside those sides.
        group_by: what was kept together.
        groups: photo ID -> group number.
    """

    sides: dict[int, Side]
    splits: dict[str, Split]
    group_by: tuple[GroupBy, ...]
    groups: dict[int, int] = field(repr=False)


def split_file_name(attribute: str) -> str:
    """Return the name of an attribute's split file."""
    return f"split_data_target_attribute={attribute}.json"


def make_split(
    rows: Iterable[LabelRow],
    attribute: str,
    group_by: Sequence[GroupBy] = GROUP_BY,
    seed: int = 42,
    fractions: tuple[float, float, float] = FRACTIONS,
    min_photos: int = MIN_PHOTOS,
) -> Split:
    """Return the balanced, leak-free split of one attribute; arguments and errors as in `joint_split`."""
    return joint_split(rows, [attribute], group_by, seed, fractions, min_photos).splits[attribute]


def joint_split(
    rows: Iterable[LabelRow],
    attributes: Sequence[str],
    group_by: Sequence[GroupBy] = GROUP_BY,
    seed: int = 42,
    fractions: tuple[float, float, float] = FRACTIONS,
    min_photos: int = MIN_PHOTOS,
) -> JointSplit:
    """Give groups of photos to sides once, and draw a balanced split for each attribute inside the sides.

    A class is left out if it has fewer than `min_photos` photos, if its photos are in fewer than three groups (they
    cannot be on three sides), or if it would drag all other classes down to its own size (`assign.chosen`).

    Args:
        rows: label rows. Rows with another status than `ok`, or without a photo ID, are passed over. Copies (the same
            photo ID) are one photo.
        attributes: target columns.
        group_by: what must not be shared between sides.
        seed: of the draw. fractions: of train, val and test. min_photos: the smallest class.

    Raises:
        UsageError: an attribute is no label column, or the fractions do not fit.
    """
    _check(attributes, fractions)
    usable = [row for row in rows if row.get("status", "ok") == "ok" and row.get("photo_id") is not None]
    usable.sort(key=lambda row: row["photo_id"])
    photos = _merged(usable)
    ids = [row["photo_id"] for row in photos]
    group_of = dict(zip((row["photo_id"] for row in usable), groups(usable, group_by), strict=True))
    labels = list(group_of.values())
    members: dict[int, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        members[label].append(i)

    names: list[tuple[str, str]] = []
    eligible: dict[str, dict[str, int]] = {}
    left: dict[str, dict[str, list[int]]] = {attribute: defaultdict(list) for attribute in attributes}
    values = {attribute: _values(photos, attribute) for attribute in attributes}
    for attribute in attributes:
        eligible[attribute] = {}
        for name, reason, ids_of_class in _classes(values[attribute], ids, labels, min_photos):
            if reason:
                left[attribute][reason] += ids_of_class
            else:
                eligible[attribute][name] = len(names)
                names.append((attribute, name))
        left[attribute][f"no {attribute}"] += [i for i, v in zip(ids, values[attribute], strict=True) if v is None]

    every_photo = len(names)  # one more class, so that photos without a label are spread as well
    vectors = []
    for group in members.values():
        vector: Counter[int] = Counter({every_photo: len(group)})
        for attribute in attributes:
            vector.update(eligible[attribute][v] for i in group if (v := values[attribute][i]) in eligible[attribute])
        vectors.append(vector)
    totals = [0] * (every_photo + 1)
    for vector in vectors:
        for class_, n in vector.items():
            totals[class_] += n

    problem = Problem(vectors, totals, fractions, [list(eligible[attribute].values()) for attribute in attributes])
    kept = _kept(problem, assign(problem, seed))
    problem = Problem(vectors, totals, fractions, kept)
    sides = assign(problem, seed, improve=True)
    kept = _kept(problem, sides)

    side_of: dict[int, Side] = {}
    for group, side in zip(members.values(), sides, strict=True):
        side_of.update((ids[i], SIDES[side]) for i in group)
    splits = {}
    for attribute, classes in zip(attributes, kept, strict=True):
        keep = {names[c][1] for c in classes}
        for name in eligible[attribute].keys() - keep:
            photos_of = [i for i, v in zip(ids, values[attribute], strict=True) if v == name]
            left[attribute][_TOO_SMALL] += photos_of
        pool = {i: v for i, v in zip(ids, values[attribute], strict=True) if v in keep}
        splits[attribute] = _draw(attribute, pool, side_of, seed, left[attribute])
    return JointSplit(dict(sorted(side_of.items())), splits, tuple(group_by), group_of)


def label_text(value: object) -> str | None:
    """Return a label as the split files write it: `True`, `False`, or the string itself; None where it is absent."""
    return None if value is None else str(value)


def class_order(attribute: str, names: Iterable[str]) -> list[str]:
    """Return class names in label order: sorted as strings, except that `Flash` begins with `without flash`."""
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
            way_out="Give three positive shares, for train, val and test, that sum to 1.",
        )


def _merged(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """Return one row a photo ID, in the order of the IDs.

    Where copies of one photo disagree (other folders, other sidecars), nothing can be said of that photo.
    """
    copies: dict[int, list[LabelRow]] = defaultdict(list)
    for row in rows:
        copies[row["photo_id"]].append(row)
    photos = []
    for same in copies.values():
        merged = dict(same[0])
        for column in ATTRIBUTES if len(same) > 1 else ():
            said = {row.get(column) for row in same} - {None}
            merged[column] = said.pop() if len(said) == 1 else None
        photos.append(merged)
    return photos


def _values(photos: Sequence[LabelRow], attribute: str) -> list[str | None]:
    return [label_text(row.get(attribute)) for row in photos]


def _classes(
    values: Sequence[str | None], ids: Sequence[int], labels: Sequence[int], min_photos: int
) -> Iterable[tuple[str, str, list[int]]]:
    """Yield each class, the reason why it cannot be split (or nothing), and its photos."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, value in enumerate(values):
        if value is not None:
            members[value].append(i)
    for name in sorted(members):
        held = {labels[i] for i in members[name]}
        reason = ""
        if len(members[name]) < min_photos:
            reason = f"the class has fewer than {min_photos} photos"
        elif len(held) < len(SIDES):
            reason = "all photos of the class are in one or two groups, and three sides need three"
        yield name, reason, [ids[i] for i in members[name]]


def _kept(problem: Problem, sides: Sequence[int]) -> list[list[int]]:
    counts = count(problem, sides)
    return [
        chosen({c: supply(counts, problem.fractions, c) for c in classes if min(counts[c]) > 0})
        for classes in problem.attributes
    ]


def _draw(
    attribute: str, pool: Mapping[int, str], side_of: Mapping[int, Side], seed: int, left: dict[str, list[int]]
) -> Split:
    """Take the same number of every class in each side, in the order of a seeded hash of the IDs."""
    classes = class_order(attribute, set(pool.values()))
    if not classes:
        return Split(attribute, None, _left_out(left))
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for photo_id, value in pool.items():
        cells[side_of[photo_id], value].append(photo_id)
    content: dict[str, Any] = {"target_attribute": attribute}
    over: list[int] = []
    encoded = {}
    for side in SIDES:
        n = min(len(cells[side, name]) for name in classes)
        taken: list[int] = []
        for name in classes:
            drawn = sorted(cells[side, name], key=lambda photo_id: _draw_key(seed, photo_id))
            taken += sorted(drawn[:n])
            over += drawn[n:]
        content[f"{side}_ids"] = taken
        encoded[f"encoded_{side}_labels"] = [label for label in range(len(classes)) for _ in range(n)]
    content |= encoded
    content["label_encoder_classes"] = classes
    left["over the balance: the smallest class of each side decides how many are taken"] += over
    return Split(attribute, content, _left_out(left))


def _draw_key(seed: int, photo_id: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{photo_id}".encode(), digest_size=8).digest()


def _left_out(left: Mapping[str, Iterable[int]]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(reason, tuple(sorted(ids))) for reason, ids in sorted(left.items()) if ids)
