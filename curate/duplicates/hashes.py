"""Perceptual hashes of a whole library against each other: which are near, and what they join."""

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
"""Bits by which two perceptual hashes may differ and still be called near where the pixels cannot be asked. A copy that was
resized or recompressed differs in 0 to 4 bits; two different scenes in about 32."""

CANDIDATE_BITS = 8
"""Bits by which the hashes of two photos may differ that are then compared by their pixels: a copy cut by 2 % at each side
is mostly within."""

FLAT_BITS = 8
"""A hash with fewer bits set, or fewer unset, is that of a flat picture (a lens cap, a blank page): it says nothing."""

_BLOCK = 1024
_FEW = 512


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
    hashes = Hashes(texts)
    yield equal_pairs(hashes.number)
    for a, b in near_pairs(hashes.values, bits):
        yield hashes.first[a], hashes.first[b]


class Hashes:
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
