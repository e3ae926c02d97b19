"""The shortlist: which pairs are worth comparing, by each signal that the photos have.

A pair is always a phone's photo and another camera's photo, never two photos with the same camera string.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.catalog.clocks import ClockOffset
from curate.catalog.sides import PairingPhoto

EARTH_M = 6_371_000.0
"""Mean radius of the Earth, metres."""

NEAR_M = 150.0
"""Photos at most this many metres apart by GPS are compared."""

LIKE_BITS = 12
"""Photos whose perceptual hashes differ in at most this many bits of 64 are compared."""

_CELLS = 4_000_000

Sides = Literal["both", "phones", "others"]
"""The side whose photos each get their nearest few candidates."""

_NUMBERED = re.compile(r"[a-z_\- ]{0,6}\d{3,6}")
"""File names that cameras give (`IMG_0042`, `DSC01234`); two that are equal are equal by chance."""

_SAME_NAME = 4
_FOR_MEAN = 20


def best_cells(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], count: int, sides: Sides = "both"
) -> set[tuple[int, int]]:
    """Return the `count` largest positive cells of each row and of each column of a matrix that comes in blocks of rows.

    Args:
        blocks: (first row, (rows, columns) float32).
        count: cells of each row and of each column.
        sides: `phones` selects by row only, `others` by column only.

    Returns:
        (row, column) pairs. Ties go to the smaller index, so the result does not depend on how the rows are divided.
    """
    kept: list[NDArray[np.int64]] = []
    columnwise: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    for first, block in blocks:
        row, column = np.nonzero(block > 0)
        value = block[row, column]
        row = row + first
        if sides != "others":
            best = _leading(row, column, value, count)
            kept.append(np.column_stack([row[best], column[best]]))
        if sides != "phones":
            best = _leading(column, row, value, count)
            columnwise.append((row[best], column[best], value[best]))
    if columnwise:
        row, column, value = (np.concatenate(parts) for parts in zip(*columnwise, strict=True))
        best = _leading(column, row, value, count)
        kept.append(np.column_stack([row[best], column[best]]))
    if not kept:
        return set()
    return {(int(i), int(j)) for i, j in np.concatenate(kept)}


def _leading(
    group: NDArray[np.int64], tie: NDArray[np.int64], value: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    """Return the positions of the `count` largest values of each group; ties go to the smaller `tie`."""
    order = np.lexsort((tie, -value, group))
    ordered = group[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    return np.asarray(order[np.arange(len(order)) - starts < count], np.int64)


def by_hash(
    phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], count: int = 4, sides: Sides = "both"
) -> set[tuple[int, int]]:
    """Return ids of pairs whose perceptual hashes differ in at most `LIKE_BITS` bits: the `count` nearest of each photo."""
    ours = [p for p in phones if p.hash_value is not None]
    theirs = [p for p in others if p.hash_value is not None]
    a = np.array([p.hash_value for p in ours], np.uint64)
    b = np.array([p.hash_value for p in theirs], np.uint64)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        step = max(1, _CELLS // max(1, len(b)))
        for k in range(0, len(a), step):
            near = LIKE_BITS + 1 - np.bitwise_count(a[k : k + step, None] ^ b[None]).astype(np.float32)
            yield k, np.maximum(near, 0)

    return _ids(best_cells(blocks(), count, sides), ours, theirs)


def by_place(
    phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], count: int = 8, sides: Sides = "both"
) -> set[tuple[int, int]]:
    """Return ids of pairs taken within `NEAR_M` metres of each other: the `count` nearest of each photo.

    A k-d tree finds them, so that the time per photo hardly grows with the collection.
    """
    from scipy.spatial import cKDTree

    ours, theirs = ([p for p in side if p.place is not None] for side in (phones, others))
    if not ours or not theirs:
        return set()
    found: set[tuple[int, int]] = set()
    a, b = _unit_vectors(ours), _unit_vectors(theirs)
    for here, there, turned in ((a, b, False), (b, a, True)):
        if sides == ("phones" if turned else "others"):
            continue
        _, nearest = cKDTree(there).query(here, k=min(count, len(there)), distance_upper_bound=NEAR_M / EARTH_M)
        for k, row in enumerate(np.reshape(nearest, (len(here), -1)).tolist()):
            found |= {
                (ours[m].id, theirs[k].id) if turned else (ours[k].id, theirs[m].id) for m in row if m < len(there)
            }
    return found


def by_name(phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto]) -> set[tuple[int, int]]:
    """Return ids of pairs whose files have the same name given by a person, or lie in the same folder.

    Ignored are names that cameras give (a few letters and a number), and names and folders that more than four photos of
    one side share.
    """
    found: set[tuple[int, int]] = set()
    for key in (given_name, lambda photo: photo.album):
        ours: dict[str, list[int]] = defaultdict(list)
        theirs: dict[str, list[int]] = defaultdict(list)
        for side, table in ((phones, ours), (others, theirs)):
            for photo in side:
                if (word := key(photo)) is not None:
                    table[word].append(photo.id)
        for word, ids in ours.items():
            if len(ids) <= _SAME_NAME and 0 < len(theirs.get(word, ())) <= _SAME_NAME:
                found |= {(a, b) for a in ids for b in theirs[word]}
    return found


def given_name(photo: PairingPhoto) -> str | None:
    """Return a file's name without its extension, in lower case; None for a name that a camera gave (`IMG_0042`)."""
    stem = PurePath(photo.name).stem.casefold().strip()
    return None if not stem or _NUMBERED.fullmatch(stem) else stem


def by_embedding(
    phones: Sequence[PairingPhoto],
    others: Sequence[PairingPhoto],
    embeddings: Mapping[str, NDArray[np.float32]],
    count: int,
    sides: Sides = "both",
) -> set[tuple[int, int]]:
    """Return ids of pairs with the most similar embeddings: the `count` nearest of each photo.

    Each camera's mean is subtracted first, because what the photos of one camera have in common describes the camera and
    not the scene.

    Args:
        phones: photos of the phones' side.
        others: photos of the other side.
        embeddings: sha256 -> float32 vector, all of one length; photos without one are left out.
        count: neighbours of each photo.
        sides: whose photos get neighbours.
    """
    ours, theirs = ([p for p in side if p.sha256 in embeddings] for side in (phones, others))
    if not ours or not theirs:
        return set()
    a, b = centred(ours, embeddings), centred(theirs, embeddings)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        step = max(1, _CELLS // len(b))
        for k in range(0, len(a), step):
            # `best_cells` takes positive values alone: shifted so, every cosine counts and only the order decides.
            yield k, a[k : k + step] @ b.T + 1.001

    return _ids(best_cells(blocks(), count, sides), ours, theirs)


def centred(photos: Sequence[PairingPhoto], embeddings: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return embeddings of unit length, (n, d) float32, after subtracting the mean of each camera with at least 20 photos."""
    rows = np.stack([embeddings[photo.sha256] for photo in photos]).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    cameras = np.unique([photo.camera for photo in photos], return_inverse=True)[1]
    for camera in range(int(cameras.max()) + 1):
        inside = cameras == camera
        if inside.sum() >= _FOR_MEAN:
            rows[inside] -= rows[inside].mean(0)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows, np.float32)


def reach(spread: float) -> float:
    """Return how many seconds apart photos of one scene may be by corrected clocks: two minutes, or three times the spread.

    >>> reach(10.0), reach(90.0)
    (120.0, 270.0)
    """
    return max(120.0, 3 * spread)


def by_time(
    phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], offsets: Sequence[ClockOffset], count: int = 4
) -> set[tuple[int, int]]:
    """Return ids of pairs taken within `reach` of each other by corrected clocks: the `count` nearest of each photo in each
    camera of the other side whose offset is known."""
    ours, theirs = _timed(phones), _timed(others)
    found: set[tuple[int, int]] = set()
    for offset in offsets:
        a = [row for row in ours.get(offset.camera_a, []) if offset.holds(row[0])]
        b = theirs.get(offset.camera_b, [])
        if not a or not b:
            continue
        # The reading of the second camera's clock when the first camera took the photo.
        expected = np.array([clock + offset.seconds_at(clock) for clock, _ in a])
        order = np.argsort(expected, kind="stable")
        expected, a = expected[order], [a[k] for k in order]
        clocks = np.array([clock for clock, _ in b])
        for here, there, turned in ((expected, clocks, False), (clocks, expected, True)):
            lows = np.searchsorted(there, here - reach(offset.spread), side="left")
            highs = np.searchsorted(there, here + reach(offset.spread), side="right")
            for k in np.flatnonzero(highs > lows).tolist():
                low, high = int(lows[k]), int(highs[k])
                nearest = np.argsort(np.abs(there[low:high] - here[k]), kind="stable")[:count] + low
                found |= {(a[m][1], b[k][1]) if turned else (a[k][1], b[m][1]) for m in nearest.tolist()}
    return found


def distance_m(a: PairingPhoto, b: PairingPhoto) -> float | None:
    """Return the metres between two photos by GPS (great circle), or None where a position is missing."""
    if a.place is None or b.place is None:
        return None
    chord = float(np.linalg.norm(_unit_vectors([a])[0] - _unit_vectors([b])[0]))
    return 2 * EARTH_M * float(np.arcsin(min(1.0, chord / 2)))


def hash_distance(a: PairingPhoto, b: PairingPhoto) -> int | None:
    """Return the number of differing bits of two perceptual hashes, 0 to 64, or None where a hash is missing."""
    one, two = a.hash_value, b.hash_value
    return None if one is None or two is None else (one ^ two).bit_count()


def corrected_gap(
    a: PairingPhoto, b: PairingPhoto, offsets: Mapping[tuple[str, str], Sequence[ClockOffset]]
) -> tuple[float, float] | None:
    """Return the seconds from the phone's photo to the other by corrected clocks, and the usual spread of such gaps.

    Two cameras have several offsets where a clock was set in between. Of those valid at the photo's time, the one with the
    smallest gap counts. None where a time or the offset is unknown.
    """
    if a.clock is None or b.clock is None:
        return None
    reading = a.clock
    gaps = [
        (b.clock - reading - offset.seconds_at(reading), offset.spread)
        for offset in offsets.get((a.camera, b.camera), ())
        if offset.holds(reading)
    ]
    return min(gaps, key=lambda gap: abs(gap[0]), default=None)


def allowed(pairs: Iterable[tuple[int, int]], photos: Mapping[int, PairingPhoto]) -> list[tuple[int, int]]:
    """Return the pairs of two different cameras, sorted."""
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


def _unit_vectors(photos: Sequence[PairingPhoto]) -> NDArray[np.float64]:
    """Return (n, 3) float64 unit vectors from the Earth's centre to the photos' positions."""
    places = np.radians(np.array([photo.place for photo in photos], np.float64).reshape(-1, 2))
    latitude, longitude = places[:, 0], places[:, 1]
    return np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
