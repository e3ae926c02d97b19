"""Find similar perceptual hashes in a whole library."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.base.machine import cores

HASH_BITS = 64

NEAR_BITS = 4
"""Two photos whose pixels cannot be compared count as copies where their hashes differ in at most this many bits. A copy that was
resized or recompressed differs in 0 to 4 bits; two different scenes in about 32."""

CANDIDATE_BITS = 8
"""The pixels of two photos are compared where their hashes differ in at most this many bits. Most copies cropped by 2 % at each
side do."""

FLAT_BITS = 8
"""A hash with fewer bits set, or fewer unset, is that of a plain picture (a lens cap, a blank page) and is ignored."""

_BLOCK = 1024
_FEW = 512


def parse_hash(text: str | None) -> int | None:
    """Return a perceptual hash (16 hex digits) as a number; None where it is absent or flat (`FLAT_BITS`)."""
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
    """Return the connected component of each of the numbers 0 to n - 1, (n,), numbered from 0 by first appearance.

    Args:
        n: number of nodes.
        pairs: edges, as pairs of arrays of equal length.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [*pairs, (np.empty(0, np.intp), np.empty(0, np.intp))]
    a, b = (np.concatenate(side) for side in zip(*ends, strict=True))
    labels = connected_components(coo_array((np.ones(len(a), np.bool_), (a, b)), shape=(n, n)), directed=False)[1]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def equal_pairs(codes: NDArray[np.integer[Any]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of positions that connect all positions of equal code; negative codes are not connected."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    same = codes[order[1:]] == codes[order[:-1]]
    return order[:-1][same], order[1:][same]


def near_pairs(
    hashes: NDArray[np.uint64], bits: int = NEAR_BITS
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield index pairs whose hashes differ in at most `bits` bits, in blocks, each pair once, the smaller index first.

    Two hashes that differ in k bits are equal in at least m of k + m bands, so only hashes that share m bands are compared. m
    grows with the number of hashes, so that few hashes share that many bits by chance. Memory is O(n). Equal hashes should be
    merged before, since every pair of them is yielded.

    Args:
        hashes: (n,) uint64.
        bits: maximum number of differing bits, 0 to 60.
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
            # a pair that shares more than m bands is yielded for the first m of them only
            first = ((hashes[a] ^ hashes[b])[:, None] & earlier).all(1)
            if first.any():
                parts.append((np.minimum(a, b)[first], np.maximum(a, b)[first]))
        return parts

    # numpy releases the interpreter lock; the order of the pairs does not depend on the number of threads
    with ThreadPoolExecutor(cores()) as pool:
        yield from itertools.chain.from_iterable(pool.map(found, itertools.combinations(range(len(masks)), together)))


def _pairs_that_share(
    hashes: NDArray[np.uint64], shared: Sequence[tuple[int, int]], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield near pairs among the hashes that are equal in some bands; `shared` holds (lowest bit, number of bits) of each."""
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
    """Return the order of hashes sorted by the bits of some bands, and these bits in that order."""
    key, width = np.zeros_like(hashes), 0
    for low, length in shared:
        part = (hashes >> np.uint64(low)) & np.uint64((1 << length) - 1)
        key |= part << np.uint64(width) if width else part
        width += length
    room = np.uint64(max(1, len(hashes) - 1).bit_length())
    if width + int(room) > HASH_BITS:
        order = np.argsort(key)
        return order, key[order]
    # the bits and the position packed into one number: sorting numbers is several times as fast as argsort
    both = np.sort((key << room) | np.arange(len(hashes), dtype=np.uint64))
    return (both & ((np.uint64(1) << room) - np.uint64(1))).astype(np.intp), both >> room


def _pairs_at_steps(
    hashes: NDArray[np.uint64], order: NDArray[np.intp], ends: NDArray[np.intp], few: NDArray[np.bool_], bits: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield near pairs within all small groups at once: each hash is compared with the one `step` positions later.

    Args:
        hashes: (n,) uint64, sorted by group.
        order: (n,) original positions of the hashes.
        ends: (n,) end of each hash's group.
        few: (n,) bool, whether each hash's group is small.
        bits: maximum number of differing bits.
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
    """Yield pairs of positions that connect all positions with near perceptual hashes. Absent and flat hashes are ignored."""
    hashes = Hashes(texts)
    yield equal_pairs(hashes.number)
    for a, b in near_pairs(hashes.values, bits):
        yield hashes.first[a], hashes.first[b]


class Hashes:
    """The distinct hashes of many photos, in the order of first appearance.

    Attributes:
        values: (m,) uint64, the distinct hashes.
        first: (m,) position of the first photo with each hash.
        number: (n,) index into `values` of each photo, -1 where its hash is absent or flat.
    """

    def __init__(self, texts: Iterable[str | None]) -> None:
        parsed = np.fromiter((parse_hash(text) or 0 for text in texts), np.uint64)  # 0: absent or flat
        places = np.flatnonzero(parsed)
        hashes = parsed[places]
        distinct, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        self.values, self.first = distinct[order], places[first[order]]
        self.number = np.full(len(parsed), -1, np.intp)
        self.number[places] = np.argsort(order)[inverse]

    def members(self) -> Callable[[int], list[int]]:
        """Return a function that gives the photos with a hash, by its number, in ascending order."""
        order = np.argsort(self.number, kind="stable")
        edges = np.searchsorted(self.number[order], np.arange(len(self.values) + 1))
        return lambda number: order[edges[number] : edges[number + 1]].tolist()
