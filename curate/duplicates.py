"""Exact and near duplicates, and which photo of a group to keep.

Exact duplicates have the same bytes (sha256). Near duplicates look alike: their 64-bit perceptual hashes differ in few
bits. Likeness chains (A like B, B like C), so a group is a connected component; a burst may become one group.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import LabelRow

HASH_BITS = 64

NEAR_BITS = 4
"""Bits by which two perceptual hashes may differ and still be called near. A copy that was resized or recompressed
differs in 0 to 4 bits; two different scenes in about 32."""

FLAT_BITS = 8
"""A hash with fewer bits set, or fewer unset, is that of a flat picture (a lens cap, a blank page): it says nothing."""

_BLOCK = 1024
_PREFERRED_FORMATS = (
    {"DNG", "CR2", "CR3", "CRW", "NEF", "ARW", "ORF", "RW2", "RAF", "PEF", "MRW"},
    {"HEIF", "AVIF"},
    {"JPEG", "MPO", "TIFF"},
)


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that are the same, or look it.

    Attributes:
        keeper: path of the photo to keep (see `keeper_rank`).
        others: paths of the rest, in the order in which they would be kept.
        bits: the largest number of hash bits between the keeper and another; 0 for exact copies.
    """

    keeper: str
    others: tuple[str, ...]
    bits: int = 0


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Groups of exact copies, and of near duplicates with different bytes; each in the order of its keepers' paths.

    A near group names one file for each set of exact copies: their keeper.
    """

    exact: tuple[Group, ...]
    near: tuple[Group, ...]


class Components:
    """Connected components of the numbers 0 to n - 1 (union by smaller number, paths halved)."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, a: int) -> int:
        """Return the smallest number of a's component."""
        parent = self._parent
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    def join(self, a: int, b: int) -> None:
        """Put a and b into one component."""
        a, b = self.root(a), self.root(b)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def join_equal(self, keys: Iterable[object]) -> None:
        """Join the numbers whose keys are equal; a None joins nobody. Keys are given in the order of the numbers."""
        first: dict[object, int] = {}
        for i, key in enumerate(keys):
            if key is not None:
                self.join(first.setdefault(key, i), i)

    def labels(self) -> list[int]:
        """Return each number's component, numbered from 0 by first appearance."""
        number: dict[int, int] = {}
        return [number.setdefault(self.root(i), len(number)) for i in range(len(self._parent))]


def parse_hash(text: str | None) -> int | None:
    """Return a perceptual hash (16 hex digits) as a number; None where it is absent or says nothing (`FLAT_BITS`)."""
    if not text:
        return None
    try:
        value = int(text, 16)
    except ValueError:
        return None
    if value >> HASH_BITS or not FLAT_BITS <= value.bit_count() <= HASH_BITS - FLAT_BITS:
        return None
    return value


def near_pairs(
    hashes: NDArray[np.uint64], bits: int = NEAR_BITS
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield index pairs whose hashes differ in at most `bits` bits, in blocks; a pair may come more than once.

    Two hashes that differ in k bits agree wholly in at least one of k + 1 bands, so only hashes that share a band are
    compared. Memory is O(n); equal hashes should be collapsed before, since every pair of them is yielded.

    Args:
        hashes: uint64 (n,).
        bits: the limit, 0 to 63.
    """
    if not len(hashes):
        return
    edges = [HASH_BITS * i // (bits + 1) for i in range(bits + 2)]
    for low, high in itertools.pairwise(edges):
        mask = np.uint64((1 << (high - low)) - 1)
        band = (hashes >> np.uint64(low)) & mask
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(band[order]) != 0])
        for start, stop in zip(starts, np.r_[starts[1:], len(order)], strict=True):
            yield from _pairs_within(hashes, order[start:stop], bits)


def _pairs_within(
    hashes: NDArray[np.uint64], members: NDArray[np.intp], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for i in range(0, len(members) if len(members) > 1 else 0, _BLOCK):
        a = members[i : i + _BLOCK]
        for j in range(i, len(members), _BLOCK):
            b = members[j : j + _BLOCK]
            near = np.bitwise_count(hashes[a][:, None] ^ hashes[b][None, :]) <= bits
            rows, columns = np.nonzero(near)
            apart = a[rows] != b[columns]
            if apart.any():
                yield a[rows][apart], b[columns][apart]


def join_near(components: Components, texts: Sequence[str | None], bits: int = NEAR_BITS) -> None:
    """Join the numbers whose perceptual hashes are near. Absent and flat hashes join nobody."""
    members: dict[int, int] = {}
    for i, text in enumerate(texts):
        value = parse_hash(text)
        if value is not None:
            components.join(members.setdefault(value, i), i)
    values = np.fromiter(members, dtype=np.uint64, count=len(members))
    index = np.fromiter(members.values(), dtype=np.intp, count=len(members))
    for a, b in near_pairs(values, bits):
        for x, y in zip(index[a].tolist(), index[b].tolist(), strict=True):
            components.join(x, y)


def keeper_rank(row: LabelRow) -> tuple[Any, ...]:
    """Return the key by which a group's keeper is chosen: the smallest is kept.

    In this order: an original over a derived file (`edited` false, unknown, true), raw or HEIC over JPEG over the rest,
    more pixels, the earlier time (an unknown one comes last), and then the path, so that the answer is always the same.
    """
    formats = [i for i, names in enumerate(_PREFERRED_FORMATS) if row.get("format") in names]
    edited = {False: 0, None: 1, True: 2}[row.get("edited")]
    pixels = (row.get("width") or 0) * (row.get("height") or 0)
    taken = row.get("taken_at")
    return edited, formats[0] if formats else 9, -pixels, taken is None, taken or "", row.get("path") or ""


def find_duplicates(rows: Sequence[LabelRow], bits: int = NEAR_BITS) -> DuplicateReport:
    """Return the groups of exact copies and of near duplicates among label rows.

    Args:
        rows: label rows with `path`, `sha256` and, for near duplicates, `phash` (16 hex digits). A row without a sha256
            is no part of any group.
        bits: the largest number of differing hash bits of two near duplicates.
    """
    copies: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        if row.get("sha256"):
            copies[row["sha256"]].append(row)
    for members in copies.values():
        members.sort(key=keeper_rank)
    exact = [_group(members, 0) for members in copies.values() if len(members) > 1]

    distinct = sorted((members[0] for members in copies.values()), key=keeper_rank)
    components = Components(len(distinct))
    join_near(components, [row.get("phash") for row in distinct], bits)
    alike: dict[int, list[LabelRow]] = defaultdict(list)
    for label, row in zip(components.labels(), distinct, strict=True):
        alike[label].append(row)
    near = [_group(members, _spread(members)) for members in alike.values() if len(members) > 1]

    return DuplicateReport(_by_keeper(exact), _by_keeper(near))


def _group(members: Sequence[LabelRow], bits: int) -> Group:
    return Group(members[0]["path"], tuple(row["path"] for row in members[1:]), bits)


def _spread(members: Sequence[LabelRow]) -> int:
    keeper = int(members[0]["phash"], 16)
    return max((keeper ^ int(row["phash"], 16)).bit_count() for row in members)


def _by_keeper(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: group.keeper))


def report_json(rows: Sequence[LabelRow]) -> dict[str, list[dict[str, Any]]]:
    """Return the duplicates of label rows as `curate duplicates --json` prints them."""
    report = find_duplicates(rows)
    return {
        kind: [
            {"keeper": group.keeper, "others": list(group.others), "photos": 1 + len(group.others), "bits": group.bits}
            for group in found
        ]
        for kind, found in (("exact", report.exact), ("near", report.near))
    }
