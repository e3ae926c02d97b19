"""Which photos look alike: perceptual hashes of a whole library against each other, then the pixels of two.

A perceptual hash finds what may be a copy; it is blind to much, and two shots of one scene often have nearly the same. So
two photos are copies only where nothing that they say of themselves stands against it (another camera, another second) and
their small pictures agree.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.photos.previews import open_preview
from tracer.base.machine import cores

HASH_BITS = 64

NEAR_BITS = 4
"""Bits by which two perceptual hashes may differ and still be called near where the pixels cannot be asked. A copy that was
resized or recompressed differs in 0 to 4 bits; two different scenes in about 32."""

CANDIDATE_BITS = 8
"""Bits by which the hashes of two photos may differ that are then compared by their pixels: a copy cut by 2 % at each side
is mostly within."""

FLAT_BITS = 8
"""A hash with fewer bits set, or fewer unset, is that of a flat picture (a lens cap, a blank page): it says nothing."""

SAME = 0.98
"""Correlation of two small pictures from which they are one: a copy that was recompressed, made small, brighter or grey has
at least 0.988; two shots of one distant view by two cameras on one tripod have up to 0.963."""

ALIGNED = 0.992
"""The same after laying one over the other, for copies that were cut a little. Laying over makes two shots alike too (up to
0.991), so it asks for more."""

_SIDE = 96
_MOVED = 0.15
_BLOCK = 1024
_FEW = 512

Row = dict[str, Any]


class Rows(Protocol):
    """Rows that are looked up one at a time: a list of them, or a table."""

    def __getitem__(self, position: int, /) -> Row: ...


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


def connected(n: int, pairs: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]) -> NDArray[np.intp]:
    """Return the connected component of each of the numbers 0 to n - 1, numbered from 0 by first appearance, (n,).

    Args:
        n: how many numbers. pairs: what joins: pairs of numbers, as two arrays of equal length each.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [*pairs, (np.empty(0, np.intp), np.empty(0, np.intp))]
    a, b = (np.concatenate(side) for side in zip(*ends, strict=True))
    labels = connected_components(coo_array((np.ones(len(a), np.bool_), (a, b)), shape=(n, n)), directed=False)[1]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def equal_pairs(codes: NDArray[np.integer[Any]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of places that join all places of equal code; a negative code joins nobody."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    same = codes[order[1:]] == codes[order[:-1]]
    return order[:-1][same], order[1:][same]


def near_pairs(
    hashes: NDArray[np.uint64], bits: int = NEAR_BITS
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield index pairs whose hashes differ in at most `bits` bits, in blocks, each pair once, the smaller index first.

    Two hashes that differ in k bits agree wholly in at least m of k + m bands, so only hashes that share m bands are
    compared. The more hashes there are, the larger m is, so that few share that many bits by chance. Memory is O(n); equal
    hashes should be collapsed before, since every pair of them is yielded.

    Args:
        hashes: uint64 (n,).
        bits: the limit, 0 to 60.
    """
    if not len(hashes):
        return
    enough = math.log2(len(hashes)) - 3
    together = next((m for m in range(2, 5) if HASH_BITS * m / (bits + m) >= enough), 4)
    edges = [HASH_BITS * i // (bits + together) for i in range(bits + together + 1)]
    masks = [(1 << high) - (1 << low) for low, high in itertools.pairwise(edges)]

    def found(bands: tuple[int, ...]) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        earlier = np.array([mask for k, mask in enumerate(masks[: bands[-1]]) if k not in bands], dtype=np.uint64)
        shared = [(edges[k], edges[k + 1] - edges[k]) for k in bands]
        parts = []
        for a, b in _pairs_that_share(hashes, shared, bits):
            # a pair that shares more bands comes with the first of them alone
            first = ((hashes[a] ^ hashes[b])[:, None] & earlier).all(1)
            if first.any():
                parts.append((np.minimum(a, b)[first], np.maximum(a, b)[first]))
        return parts

    # numpy lets other threads work meanwhile; the order of the pairs is the same with any number of them
    with ThreadPoolExecutor(cores()) as pool:
        yield from itertools.chain.from_iterable(pool.map(found, itertools.combinations(range(len(masks)), together)))


def _pairs_that_share(
    hashes: NDArray[np.uint64], shared: Sequence[tuple[int, int]], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Near pairs among those hashes that agree in some of their bits; `shared` holds (lowest bit, how many) of each part."""
    order, key = _ordered(hashes, shared)
    edge = np.flatnonzero(np.r_[True, np.diff(key) != 0, True])
    size = np.diff(edge)
    yield from _pairs_at_steps(hashes[order], order, np.repeat(edge[1:], size), size.repeat(size) <= _FEW, bits)
    many = np.flatnonzero(size > _FEW)
    for start, stop in zip(edge[many].tolist(), edge[many + 1].tolist(), strict=True):
        yield from _pairs_within(hashes, order[start:stop], bits)


def _ordered(
    hashes: NDArray[np.uint64], shared: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """The order of hashes by the bits of some parts, and those bits in that order."""
    key, width = np.zeros_like(hashes), 0
    for low, length in shared:
        part = (hashes >> np.uint64(low)) & np.uint64((1 << length) - 1)
        key |= part << np.uint64(width) if width else part
        width += length
    room = np.uint64(max(1, len(hashes) - 1).bit_length())
    if width + int(room) > HASH_BITS:
        order = np.argsort(key)
        return order, key[order]
    # the places beside the bits in one number: numbers are sorted several times as fast as places by numbers
    both = np.sort((key << room) | np.arange(len(hashes), dtype=np.uint64))
    return (both & ((np.uint64(1) << room) - np.uint64(1))).astype(np.intp), both >> room


def _pairs_at_steps(
    hashes: NDArray[np.uint64], order: NDArray[np.intp], ends: NDArray[np.intp], few: NDArray[np.bool_], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Near pairs within small groups, all groups at once: each place of the order with the one `step` places on.

    Args:
        hashes: in that order. order: their places, (n,). ends: where each place's group ends, (n,).
        few: whether its group is a small one, (n,).
    """
    places = np.flatnonzero(few)
    for step in range(1, _FEW):
        places = places[places + step < ends[places]]
        if not len(places):
            return
        near = places[np.bitwise_count(hashes[places] ^ hashes[places + step]) <= bits]
        if len(near):
            yield order[near], order[near + step]


def _pairs_within(
    hashes: NDArray[np.uint64], members: NDArray[np.intp], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for i in range(0, len(members), _BLOCK):
        a = members[i : i + _BLOCK]
        for j in range(i, len(members), _BLOCK):
            b = members[j : j + _BLOCK]
            near = np.bitwise_count(hashes[a][:, None] ^ hashes[b][None, :]) <= bits
            rows, columns = np.nonzero(np.triu(near, 1) if i == j else near)
            if len(rows):
                yield a[rows], b[columns]


def near_texts(
    texts: Iterable[str | None], bits: int = NEAR_BITS
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield pairs of places that join all places whose perceptual hashes are near. Absent and flat hashes join nobody."""
    hashes = _Hashes(texts)
    yield equal_pairs(hashes.number)
    for a, b in near_pairs(hashes.values, bits):
        yield hashes.first[a], hashes.first[b]


class _Hashes:
    """The distinct hashes of many photos, in the order in which they appear.

    Attributes:
        values: uint64 (m,). first: the place of the first photo with each, (m,). number: of each photo's hash, -1 where it
            has none that says anything, (n,).
    """

    def __init__(self, texts: Iterable[str | None]) -> None:
        parsed = np.fromiter((parse_hash(text) or 0 for text in texts), np.uint64)  # 0 says nothing
        places = np.flatnonzero(parsed)
        hashes = parsed[places]
        distinct, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        self.values, self.first = distinct[order], places[first[order]]
        self.number = np.full(len(parsed), -1, np.intp)
        self.number[places] = np.argsort(order)[inverse]

    def members(self) -> Callable[[int], list[int]]:
        """Return what tells the photos with a hash, by its number, in ascending order."""
        order = np.argsort(self.number, kind="stable")
        edges = np.searchsorted(self.number[order], np.arange(len(self.values) + 1))
        return lambda number: order[edges[number] : edges[number + 1]].tolist()


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


def small_picture(image: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture as grey values, uint8 (96, 96), whatever its shape was."""
    from PIL.Image import Resampling

    image.draft("L", (2 * _SIDE, 2 * _SIDE))
    return np.asarray(image.convert("L").resize((_SIDE, _SIDE), Resampling.BOX), dtype=np.uint8)


def same_picture(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Whether two small pictures show the same pixels: as they are, or cut a little differently.

    Args:
        a, b: `small_picture`s.
    """
    return _correlation(a, b) >= SAME or _aligned_correlation(a, b) >= ALIGNED


def _correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    one, two = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float((one * two).sum()) / spread if spread else float(np.array_equal(a, b))


def _aligned_correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The correlation after the best affine change that moves nothing far (ECC, Evangelidis and Psarakis 2008)."""
    import cv2

    one, two = (cv2.GaussianBlur(picture.astype(np.float32), (3, 3), 0) for picture in (a, b))
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        value, change = cv2.findTransformECC(one, two, start, cv2.MOTION_AFFINE, stop, np.empty(0, np.uint8), 3)
    except cv2.error:  # it did not converge: they are not alike
        return 0.0
    moved = max(float(np.abs(change[:, :2] - np.eye(2)).max()), float(np.abs(change[:, 2]).max()) / _SIDE)
    return float(value) if moved <= _MOVED else 0.0


def join_alike(
    components: Components, texts: Iterable[str | None], rows: Rows, alike: Callable[[Row, Row], bool]
) -> None:
    """Join the rows whose hashes are candidates of each other (`CANDIDATE_BITS`) and that a judge calls alike.

    Of rows with one hash that are not alike, each stands for those that are like it. Rows of two different seconds are no
    copies (`may_be_copies`) and never come before the judge: a time-lapse has thousands of photos with one hash.

    Args:
        components: of the rows' numbers. texts: the rows' hashes. rows: the rows by their numbers. alike: the judge.
    """
    hashes = _Hashes(texts)
    members = hashes.members()

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
                components.join(like, i)
        return found

    # the others are looked at where they have a neighbour
    for number in np.flatnonzero(np.bincount(hashes.number[hashes.number >= 0]) > 1).tolist():
        faces(number)
    for a, b in near_pairs(hashes.values, CANDIDATE_BITS):
        for x, y in zip(a.tolist(), b.tolist(), strict=True):
            for i, j in faces(x).pairs(faces(y)):
                if components.root(i) != components.root(j) and alike(rows[i], rows[j]):
                    components.join(i, j)


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
