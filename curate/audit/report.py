"""The audit of any set or split: what its sides share, and what besides the camera tells its classes apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from curate.audit import confounds
from curate.audit.sides import FoundSet, PhotoKey, Split, found_set, key_of, split_file
from curate.catalog.labels import LabelRow
from curate.errors import UsageError
from curate.splits.groups import GROUP_BY, groups
from tracer.base.text import printable_path, visible_text

_EXAMPLES = 5
_COLUMNS = {
    "photo": ("photo_id",),
    "group": (),
    "owner": ("owner",),
    "scene": ("subject_idx", "scene_idx"),
    "duplicate": ("sha256",),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that two sides of a split share.

    Attributes:
        a, b: the sides. kind: `photo` (the same one), `owner`, `scene`, `duplicate` (the same picture under another name), or
            `group` (joined through photos that are on neither side).
        count: how many. examples: the files of photos; of what else is shared, its value and a file of each side. file: which
            split.
    """

    a: str
    b: str
    kind: str
    count: int
    examples: tuple[Any, ...]
    file: str


def audit(places: Sequence[Path], group_by: Sequence[str] | None = None) -> dict[str, Any]:
    """Audit sets and split files; a set's photos say who belongs together in all splits given.

    Several sets are also compared with each other, as the sides of one split: a test set must not hold training photos.

    Args:
        places: folders of sets, and JSON files of splits.
        group_by: what must not be shared (`owner`, `scene`, `duplicate`); as the set says, else all three, where None.

    Returns:
        `leaks`, `compared` (how many pairs of sides and of sets were), `confounds` and their companions
        (`confounds.report`), `audited`: photos and splits of each place, `unused`: values of foreign tables and lists that
        could not be compared, by `place` and `what`.

    Raises:
        UsageError: a place is neither a set nor a split file, or a grouping is unknown.
    """
    for word in group_by or ():
        if word not in GROUP_BY:
            raise UsageError("that grouping is unknown", word, f"Groupings are {', '.join(GROUP_BY)}.")
    sets = [found_set(place) for place in places if place.is_dir()]
    splits = [split_file(place) for place in places if not place.is_dir()]
    rows = {key: row for found in sets for row in found.rows if (key := key_of(row)) is not None}
    said = next((found.group_by for found in sets if found.group_by is not None), None)
    by = tuple(word for word in GROUP_BY if word in (group_by if group_by is not None else said or GROUP_BY))
    all_splits = [*(split for found in sets for split in found.splits), *splits]
    leaks = [leak for split in all_splits for leak in _leaks(split, rows, by)]
    leaks += list(_between(sets, by))
    read: list[FoundSet | Split] = [*sets, *all_splits]
    answer: dict[str, Any] = {
        "leaks": [_as_json(leak) for leak in leaks],
        "compared": sum(len(split.sides) * (len(split.sides) - 1) // 2 for split in all_splits)
        + len(sets) * (len(sets) - 1) // 2,
        "confounds": [],
        "confounds_together": [],
        "confounds_in_words": [],
        "kept_apart": list(by),
        "audited": [
            *({"place": str(s.place), "photos": len(s.rows), "splits": len(s.splits)} for s in sets),
            *(
                {"place": str(s.place), "photos": len({i for ids in s.sides.values() for i in ids}), "splits": 1}
                for s in splits
            ),
        ],
        "unused": [
            {"place": printable_path(one.place), "what": visible_text(what), "values": count}
            for one in read
            for what, count in one.unused.items()
            if count
        ],
    }
    for found in sets:
        told = confounds.report(found.rows)
        answer["confounds"] += [entry | {"set": str(found.place)} for entry in told["confounds"]]
        if told["confounds_together"] is not None:
            answer["confounds_together"].append(told["confounds_together"] | {"set": str(found.place)})
        answer["confounds_in_words"] += told["confounds_in_words"]
    return answer


def _leaks(split: Split, rows: dict[PhotoKey, LabelRow], by: Sequence[str]) -> Iterator[Leak]:
    """What the sides of one split share, each thing once: a photo on both sides is not told again as its own duplicate."""
    group_of: dict[PhotoKey, int] = dict(zip(rows, groups(list(rows.values()), by), strict=True))  # type: ignore[arg-type]
    for (a, ids_a), (b, ids_b) in combinations(split.sides.items(), 2):
        both = set(ids_a) & set(ids_b)
        found = {"photo": sorted(both, key=str)}
        sides = [[key for key in dict.fromkeys(ids) if key not in both] for ids in (ids_a, ids_b)]
        for kind in by:
            here, there = ({v for key in side for v in _values(rows.get(key), kind)} for side in sides)
            found[kind] = sorted(here & there, key=str)
        if not any(found[kind] for kind in by):
            here_g, there_g = ({group_of[key] for key in side if key in group_of} for side in sides)
            found["group"] = sorted(here_g & there_g)
        here_rows, there_rows = ([rows[key] for key in side if key in rows] for side in sides)
        for kind, shared in found.items():
            if kind == "photo":
                examples = [rows.get(key, {}).get("file_name") or key for key in shared[:_EXAMPLES]]
            else:
                examples = [_example(kind, value, here_rows, there_rows) for value in shared[:_EXAMPLES]]
            if shared:
                yield Leak(a, b, kind, len(shared), tuple(examples), str(split.place))


def _between(sets: Sequence[FoundSet], by: Sequence[str]) -> Iterator[Leak]:
    """What two sets share: photos by name or content, and what must not be shared."""
    for one, two in combinations(sets, 2):
        kinds: dict[str, list[set[Any]]] = defaultdict(list)
        for found in (one, two):
            kinds["photo"].append({row["photo_id"] for row in found.rows if row.get("photo_id") is not None})
            for kind in by:
                if kind != "scene":  # numbers of scenes mean nothing in another set
                    kinds[kind].append({v for row in found.rows for v in _values(row, kind)})
        for kind, (here, there) in kinds.items():
            shared = sorted(here & there, key=str)
            if shared:
                examples = tuple(_example(kind, value, one.rows, two.rows) for value in shared[:_EXAMPLES])
                yield Leak(str(one.place), str(two.place), kind, len(shared), examples, "")


def _example(kind: str, value: Any, one: Iterable[LabelRow], two: Iterable[LabelRow]) -> Any:
    """What is shared, with the file of a photo of each side, where a set names it."""
    files = [
        next((row.get("file_name") or row.get("photo_id") for row in side if value in _values(row, kind)), None)
        for side in (one, two)
    ]
    if None in files:
        return value
    if kind == "photo" and files[0] == files[1]:
        return files[0]
    return " = ".join(map(str, files)) if kind in ("photo", "duplicate") else f"{value}: {files[0]}, {files[1]}"


def _values(row: LabelRow | None, kind: str) -> set[Any]:
    """What a photo shares with its kin; a scene's two numbers are of two kinds."""
    values = {(column, row.get(column)) for column in _COLUMNS[kind]} if row is not None else set()
    return {value if len(_COLUMNS[kind]) == 1 else f"{column} {value}" for column, value in values if value is not None}


def _as_json(leak: Leak) -> dict[str, Any]:
    """A leak as it is told. Strangers' names are compared as they are, lest two become one; here they are made harmless."""
    return {
        "a": visible_text(leak.a),
        "b": visible_text(leak.b),
        "kind": leak.kind,
        "count": leak.count,
        "examples": [visible_text(one) if isinstance(one, str) else one for one in leak.examples],
        "file": printable_path(leak.file),
    }
