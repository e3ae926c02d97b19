"""Which pairs are worth comparing: a shortlist for each photo from whatever signals there are.

Pairs are only ever of a phone and another camera, never of two photos with the same camera string.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from curate.pairing.clocks import ClockOffset
from curate.pairing.photo import PairingPhoto

EARTH_M = 6_371_000.0
NEAR_M = 150.0
LIKE_BITS = 12
"""Perceptual hashes this near are compared, whatever else is known."""

_CELLS = 4_000_000


def best_cells(blocks: Iterable[tuple[int, NDArray[np.float32]]], count: int) -> set[tuple[int, int]]:
    """The `count` best positive cells of each row and of each column of a matrix given in blocks of rows.

    Args:
        blocks: (first row, (rows, columns) float32).

    Returns:
        (row, column) pairs. Equal values are taken in order of their index, so the result does not depend on the
        blocks.
    """
    kept: list[NDArray[np.int64]] = []
    columnwise: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    for first, block in blocks:
        row, column = np.nonzero(block > 0)
        value = block[row, column]
        row = row + first
        best = _leading(row, column, value, count)
        kept.append(np.column_stack([row[best], column[best]]))
        best = _leading(column, row, value, count)
        columnwise.append((row[best], column[best], value[best]))
    if not kept:
        return set()
    row, column, value = (np.concatenate(parts) for parts in zip(*columnwise, strict=True))
    best = _leading(column, row, value, count)
    kept.append(np.column_stack([row[best], column[best]]))
    return {(int(i), int(j)) for i, j in np.concatenate(kept)}


def _leading(
    group: NDArray[np.int64], tie: NDArray[np.int64], value: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    """Positions of the `count` largest values of each group; of equal values the smaller `tie` comes first."""
    order = np.lexsort((tie, -value, group))
    ordered = group[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    return np.asarray(order[np.arange(len(order)) - starts < count], np.int64)


def by_hash(phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], count: int = 4) -> set[tuple[int, int]]:
    """Ids of pairs whose perceptual hashes are near, the nearest few of each photo."""
    ours = [p for p in phones if p.hash_value is not None]
    theirs = [p for p in others if p.hash_value is not None]
    a = np.array([p.hash_value for p in ours], np.uint64)
    b = np.array([p.hash_value for p in theirs], np.uint64)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        step = max(1, _CELLS // max(1, len(b)))
        for k in range(0, len(a), step):
            near = LIKE_BITS + 1 - np.bitwise_count(a[k : k + step, None] ^ b[None]).astype(np.float32)
            yield k, np.maximum(near, 0)

    return _ids(best_cells(blocks(), count), ours, theirs)


def by_place(phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], count: int = 8) -> set[tuple[int, int]]:
    """Ids of pairs taken within `NEAR_M` metres of each other, the nearest few of each photo."""
    ours, theirs = ([p for p in side if p.place is not None] for side in (phones, others))
    a, b = _directions(ours), _directions(theirs)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        step = max(1, _CELLS // max(1, len(b)))
        for k in range(0, len(a), step):
            chord = np.sqrt(np.maximum(2 - 2 * (a[k : k + step] @ b.T), 0))
            yield k, np.maximum(NEAR_M - EARTH_M * chord, 0).astype(np.float32)

    return _ids(best_cells(blocks(), count), ours, theirs)


def by_time(
    phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], offsets: Sequence[ClockOffset], count: int = 4
) -> set[tuple[int, int]]:
    """Ids of pairs of cameras with a known offset, taken near each other: the nearest few of each photo and camera.

    Near is two minutes, or three times the cameras' usual spread where that is more.
    """
    ours, theirs = _timed(phones), _timed(others)
    found: set[tuple[int, int]] = set()
    for offset in offsets:
        a, b = ours.get(offset.camera_a, []), theirs.get(offset.camera_b, [])
        if not a or not b:
            continue
        reach = max(120.0, 3 * offset.spread)
        for here, there, shift in ((a, b, offset.seconds), (b, a, -offset.seconds)):
            clocks = np.array([clock for clock, _ in there])
            for clock, identity in here:
                low, high = np.searchsorted(clocks, [clock + shift - reach, clock + shift + reach])
                nearest = np.argsort(np.abs(clocks[low:high] - clock - shift), kind="stable")[:count] + low
                for k in nearest:
                    partner = there[int(k)][1]
                    found.add((identity, partner) if here is a else (partner, identity))
    return found


def distance_m(a: PairingPhoto, b: PairingPhoto) -> float | None:
    """Metres between two photos by GPS (great circle), or None where either place is unknown."""
    if a.place is None or b.place is None:
        return None
    chord = float(np.linalg.norm(_directions([a])[0] - _directions([b])[0]))
    return 2 * EARTH_M * float(np.arcsin(min(1.0, chord / 2)))


def hash_distance(a: PairingPhoto, b: PairingPhoto) -> int | None:
    """Differing bits of two perceptual hashes, 0 to 64, or None where either is missing."""
    one, two = a.hash_value, b.hash_value
    return None if one is None or two is None else (one ^ two).bit_count()


def corrected_gap(
    a: PairingPhoto, b: PairingPhoto, offsets: Mapping[tuple[str, str], Sequence[ClockOffset]]
) -> tuple[float, float] | None:
    """Seconds from the phone's photo to the other, clocks corrected, and the usual spread of such gaps.

    Of several offsets of the two cameras (a clock was set in the meantime) the one that brings the photos nearest counts.
    None unless both times and an offset are known.
    """
    if a.clock is None or b.clock is None:
        return None
    gaps = [(b.clock - a.clock - offset.seconds, offset.spread) for offset in offsets.get((a.camera, b.camera), ())]
    return min(gaps, key=lambda gap: abs(gap[0]), default=None)


def allowed(pairs: Iterable[tuple[int, int]], photos: Mapping[int, PairingPhoto]) -> list[tuple[int, int]]:
    """Pairs of two different cameras, sorted."""
    return sorted((a, b) for a, b in set(pairs) if photos[a].camera != photos[b].camera)


def _timed(photos: Sequence[PairingPhoto]) -> dict[str, list[tuple[float, int]]]:
    table: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for photo in photos:
        if photo.clock is not None:
            table[photo.camera].append((photo.clock, photo.id))
    return {camera: sorted(rows) for camera, rows in table.items()}


def _ids(
    cells: Iterable[tuple[int, int]], ours: Sequence[PairingPhoto], theirs: Sequence[PairingPhoto]
) -> set[tuple[int, int]]:
    return {(ours[i].id, theirs[j].id) for i, j in cells}


def _directions(photos: Sequence[PairingPhoto]) -> NDArray[np.float64]:
    """(n, 3) float64 unit vectors from the Earth's centre."""
    places = np.radians(np.array([photo.place for photo in photos], np.float64).reshape(-1, 2))
    latitude, longitude = places[:, 0], places[:, 1]
    return np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
