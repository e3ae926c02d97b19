"""Which photos are copies of each other, judged by their hashes, their pixels and what they say of themselves.

A perceptual hash finds what may be a copy; it is blind to much, and two shots of one scene often have nearly the same. So
two photos are copies only where nothing that they say of themselves stands against it (another camera, another second) and
their small pictures agree.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.duplicates.hashes import CANDIDATE_BITS, NEAR_BITS, Hashes, near_pairs, parse_hash
from curate.duplicates.pictures import same_picture, small_picture
from curate.photos.previews import open_preview

if TYPE_CHECKING:
    from scipy.cluster.hierarchy import DisjointSet

Row = dict[str, Any]


class Rows(Protocol):
    """Rows that are looked up one at a time: a list of them, or a table."""

    def __getitem__(self, position: int, /) -> Row: ...


def may_be_copies(a: Row, b: Row) -> bool:
    """Whether nothing that two photos say of themselves stands against their being copies of one shot.

    A copy can lose what its file said, but it does not come from another camera, nor from another second (fractions count
    where both have them, so that the shots of a burst are told apart).
    """
    if a.get("Model") and b.get("Model") and _camera(a) != _camera(b):
        return False
    if a.get("taken_precision") == "second" == b.get("taken_precision"):
        one, two = str(a["taken_at"]), str(b["taken_at"])
        length = min(len(one), len(two))
        return one[:length] == two[:length]
    return True


def _camera(row: Row) -> tuple[str, str]:
    return str(row.get("make_normalized") or row.get("Make") or ""), str(row["Model"]).casefold()


def alike_by_hash(a: Row, b: Row) -> bool:
    """Whether two photos are copies as far as their hashes and what they say of themselves can tell."""
    one, two = parse_hash(a.get("phash")), parse_hash(b.get("phash"))
    return one is not None and two is not None and (one ^ two).bit_count() <= NEAR_BITS and may_be_copies(a, b)


def alike_by_pixels(preview: Callable[[str], Path]) -> Callable[[Row, Row], bool]:
    """Return a judge of two photos that looks at their previews.

    Args:
        preview: where the preview of a photo lies, by its sha256. Where one is missing, the hashes decide.
    """

    def alike(a: Row, b: Row) -> bool:
        if not may_be_copies(a, b):
            return False
        one, two = _small_picture(preview(a["sha256"])), _small_picture(preview(b["sha256"]))
        return alike_by_hash(a, b) if one is None or two is None else same_picture(one, two)

    return alike


@lru_cache(maxsize=4096)
def _small_picture(path: Path) -> NDArray[np.uint8] | None:
    image = open_preview(path)
    return None if image is None else small_picture(image)  # a cache: what is missing or damaged says nothing


def join_alike(sets: DisjointSet, texts: Iterable[str | None], rows: Rows, alike: Callable[[Row, Row], bool]) -> None:
    """Join the rows whose hashes are candidates of each other (`CANDIDATE_BITS`) and that a judge calls alike.

    Of rows with one hash that are not alike, each stands for those that are like it. Rows of two different seconds are no
    copies (`may_be_copies`) and never come before the judge: a time-lapse has thousands of photos with one hash.

    Args:
        sets: of the rows' numbers, as far as they are joined; a row that is alone is not in it.
        texts: the rows' hashes.
        rows: the rows by their numbers.
        alike: the judge.
    """
    hashes = Hashes(texts)
    members = hashes.members()

    def join(i: int, j: int) -> None:
        sets.add(i)
        sets.add(j)
        sets.merge(i, j)

    def are_joined(i: int, j: int) -> bool:
        return i in sets and j in sets and bool(sets.connected(i, j))

    @cache
    def faces(number: int) -> _Faces:
        found = _Faces()
        for i in members(number):
            row = rows[i]
            second = _second(row)
            like = next((j for j in found.of(second) if alike(rows[j], row)), None)
            if like is None:
                found.add(i, second)
            else:
                join(like, i)
        return found

    # the others are looked at where they have a neighbour
    for number in np.flatnonzero(np.bincount(hashes.number[hashes.number >= 0]) > 1).tolist():
        faces(number)
    for a, b in near_pairs(hashes.values, CANDIDATE_BITS):
        for x, y in zip(a.tolist(), b.tolist(), strict=True):
            for i, j in faces(x).pairs(faces(y)):
                if not are_joined(i, j) and alike(rows[i], rows[j]):
                    join(i, j)


def _second(row: Row) -> str | None:
    """The second in which a photo was taken, as far as `may_be_copies` goes by it; None where it could be any."""
    taken = str(row["taken_at"]) if row.get("taken_precision") == "second" else ""
    return taken[:19] if len(taken) >= 19 else None


class _Faces:
    """Numbers of rows with one hash of which none is like another, by the second in which they were taken."""

    __slots__ = ("_all", "_by_second")

    def __init__(self) -> None:
        self._all: list[int] = []
        self._by_second: dict[str | None, list[int]] = {}

    def add(self, number: int, second: str | None) -> None:
        """Take a row in; numbers come in ascending order."""
        self._all.append(number)
        self._by_second.setdefault(second, []).append(number)

    def of(self, second: str | None) -> Iterable[int]:
        """Those that may have been taken in a second, in ascending order."""
        if second is None:
            return self._all
        here, anywhen = self._by_second.get(second, ()), self._by_second.get(None, ())
        return heapq.merge(here, anywhen) if here and anywhen else here or anywhen

    def pairs(self, others: _Faces) -> Iterator[tuple[int, int]]:
        """Pairs of one of these and one of others that may have been taken in one second."""
        mine, theirs = self._by_second, others._by_second
        for second in mine.keys() & theirs.keys():
            yield from itertools.product(mine[second], theirs[second])
        for second in (mine.keys() - {None}) if None in theirs else ():
            yield from itertools.product(mine[second], theirs[None])
        for second in (theirs.keys() - {None}) if None in mine else ():
            yield from itertools.product(mine[None], theirs[second])
