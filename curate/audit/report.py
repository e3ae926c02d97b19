"""The audit of any set or split: leaks between its sides, and confounds of its camera classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.audit import confounds
from curate.audit.sides import FoundSet, PhotoKey, Split, found_set, keys_of, split_file
from curate.catalog.phototable import PhotoTable, joined
from curate.errors import UsageError
from curate.splits.groups import GROUP_BY, GROUP_COLUMNS, GroupBy, groups
from tracer.base.text import printable_path, visible_text

_EXAMPLES = 5
_COLUMNS = {
    "photo": ("photo_id",),
    "group": ("group",),
    "owner": ("owner",),
    "scene": ("subject_idx", "scene_idx"),
    "duplicate": ("sha256",),
}


_COMPARED = ("file_name", *GROUP_COLUMNS)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that two sides of a split share.

    Attributes:
        a: the first side.
        b: the second side.
        kind: `photo` (the same photo), `owner`, `scene`, `duplicate` (the same picture under another name), or `group`
            (joined through photos that are on neither side).
        count: how many photos, owners, scenes, duplicates or groups are shared.
        examples: for photos, their files; for others, the shared value and one file from each side.
        file: the split.
    """

    a: str
    b: str
    kind: str
    count: int
    examples: tuple[Any, ...]
    file: str


def audit(places: Sequence[Path], group_by: Sequence[str] | None = None) -> dict[str, Any]:
    """Audit sets and split files; the photos of the sets decide which photos form a group in all given splits.

    Several sets are also compared with each other like the sides of one split: a test set must not hold training photos.

    Args:
        places: folders of sets, and JSON files of splits.
        group_by: what must not be shared (`owner`, `scene`, `duplicate`); None for what the set says, else all three.

    Returns:
        `leaks`; `compared`, the number of compared pairs of sides and of sets; the keys of `confounds.report`; `kept_apart`;
        `audited`, the photos and splits of each place; `unused`, the number of values that could not be compared.

    Raises:
        UsageError: a place is neither a set nor a split file, or a grouping is unknown.
    """
    for word in group_by or ():
        if word not in GROUP_BY:
            raise UsageError("that grouping is unknown", word, f"Groupings are {', '.join(GROUP_BY)}.")
    sets = [found_set(place) for place in places if place.is_dir()]
    splits = [split_file(place) for place in places if not place.is_dir()]
    said = next((found.group_by for found in sets if found.group_by is not None), None)
    by = tuple(word for word in GROUP_BY if word in (group_by if group_by is not None else said or GROUP_BY))
    all_splits = [*(split for found in sets for split in found.splits), *splits]
    compared = _Compared.of(sets, by)
    leaks = [leak for split in all_splits for leak in compared.sides(split)]
    leaks += compared.sets(sets)
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
            *({"place": str(s.place), "photos": len(s.photos), "splits": len(s.splits)} for s in sets),
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
        told = confounds.report(found.photos)
        answer["confounds"] += [entry | {"set": str(found.place)} for entry in told["confounds"]]
        if told["confounds_together"] is not None:
            answer["confounds_together"].append(told["confounds_together"] | {"set": str(found.place)})
        answer["confounds_in_words"] += told["confounds_in_words"]
    return answer


@dataclass(frozen=True, slots=True)
class _Compared:
    """The photos of all sets, coded for comparison.

    Attributes:
        photos: the photos of all sets, concatenated.
        codes: column, or `group` -> integer codes (n,), equal for equal values and negative for absent ones.
        place_of: photo ID or file name -> row index.
        by: what must not be shared.
    """

    photos: PhotoTable
    codes: Mapping[str, NDArray[np.integer[Any]]]
    place_of: Mapping[PhotoKey, int]
    by: Sequence[str]

    @classmethod
    def of(cls, sets: Sequence[FoundSet], by: Sequence[GroupBy]) -> _Compared:
        """Concatenate the photos of sets; if two have the same ID or name, that name refers to the later one."""
        photos = joined([found.photos for found in sets], _COMPARED)
        codes = {column: photos.codes(column) for word in ("photo", *by) for column in _COLUMNS[word]}
        place_of = {key: place for place, key in enumerate(keys_of(photos)) if key is not None}
        named = np.fromiter(place_of.values(), np.intp, len(place_of))
        codes["group"] = np.full(len(photos), -1, np.int32)
        codes["group"][named] = groups(photos.take(named), by)
        return cls(photos, codes, place_of, by)

    def sides(self, split: Split) -> Iterator[Leak]:
        """Yield what the sides of one split share, each thing once: a photo on both sides is not also its own duplicate."""
        for (a, ids_a), (b, ids_b) in combinations(split.sides.items(), 2):
            both = set(ids_a) & set(ids_b)
            if both:
                shared = sorted(both, key=str)
                examples = tuple(self._file(self.place_of.get(key)) or key for key in shared[:_EXAMPLES])
                yield Leak(a, b, "photo", len(shared), examples, str(split.place))
            here, there = (
                np.array(
                    [self.place_of[key] for key in dict.fromkeys(ids) if key in self.place_of and key not in both],
                    np.intp,
                )
                for ids in (ids_a, ids_b)
            )
            found = [leak for kind in self.by for leak in self._shared(kind, a, here, b, there, str(split.place))]
            yield from found or self._shared("group", a, here, b, there, str(split.place))

    def sets(self, sets: Sequence[FoundSet]) -> Iterator[Leak]:
        """Yield what each two sets share: photos with the same name, and whatever must not be shared."""
        edges = pairwise(np.cumsum([0, *(len(found.photos) for found in sets)]).tolist())
        places = [(str(found.place), np.arange(*edge)) for found, edge in zip(sets, edges, strict=True)]
        for one, two in combinations(places, 2):
            for kind in ("photo", *self.by):
                if kind != "scene":  # scene numbers are not comparable between sets
                    yield from self._shared(kind, *one, *two, "")

    def _shared(
        self, kind: str, a: str, here: NDArray[np.intp], b: str, there: NDArray[np.intp], file: str
    ) -> Iterator[Leak]:
        """Yield the leak of one kind between the photos at two arrays of row indices, if there is one."""
        columns = _COLUMNS[kind]
        found: list[tuple[Any, int, int]] = []
        for column in columns:
            (ours, first), (theirs, second) = (
                np.unique(self.codes[column][places], return_index=True) for places in (here, there)
            )
            both, k, m = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
            k, m = here[first[k[both >= 0]]], there[second[m[both >= 0]]]
            values = both[both >= 0].tolist() if kind == "group" else self.photos.select(columns).take(k).values(column)
            named = values if len(columns) == 1 else [f"{column} {value}" for value in values]
            found += zip(named, k.tolist(), m.tolist(), strict=True)
        if found:
            found.sort(key=lambda item: item[0] if kind == "group" else str(item[0]))
            examples = tuple(self._example(kind, *item) for item in found[:_EXAMPLES])
            yield Leak(a, b, kind, len(found), examples, file)

    def _example(self, kind: str, value: Any, one: int, two: int) -> Any:
        """Return the shared value with one file from each side, if the sets give file names."""
        files = [None if kind == "group" else self._file(place) or self._id(place) for place in (one, two)]
        if None in files:
            return value
        if kind == "photo" and files[0] == files[1]:
            return files[0]
        return " = ".join(map(str, files)) if kind in ("photo", "duplicate") else f"{value}: {files[0]}, {files[1]}"

    def _file(self, place: int | None) -> Any:
        return None if place is None else self.photos.select(("file_name",))[place].get("file_name")

    def _id(self, place: int) -> Any:
        return self.photos.select(("photo_id",))[place].get("photo_id")


def _as_json(leak: Leak) -> dict[str, Any]:
    """Return a leak for JSON. Control characters in foreign names are escaped here, after the unchanged names were compared."""
    return {
        "a": visible_text(leak.a),
        "b": visible_text(leak.b),
        "kind": leak.kind,
        "count": leak.count,
        "examples": [visible_text(one) if isinstance(one, str) else one for one in leak.examples],
        "file": printable_path(leak.file),
    }
