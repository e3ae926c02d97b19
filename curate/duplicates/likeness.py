"""Decide which photos are copies of each other, by their hashes, their metadata and their pixels.

A perceptual hash finds candidates. It ignores detail, and two shots of one scene often have nearly the same hash. So two
photos are copies only where their metadata do not contradict it (another camera, another second) and their pixels agree.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.duplicates.hashes import CANDIDATE_BITS, NEAR_BITS, Hashes, near_pairs, parse_hash
from curate.photos.previews import open_preview

if TYPE_CHECKING:
    from scipy.cluster.hierarchy import DisjointSet

SAME = 0.98
"""From this correlation on, two small pictures are copies. A copy that was recompressed, reduced, brightened or made grey has at
least 0.988; two shots of a distant view by two cameras on one tripod have up to 0.963."""

ALIGNED = 0.992
"""The same threshold after alignment, for copies that were cropped a little. It is higher, because alignment makes two shots of
one view more similar too (up to 0.991)."""

_SIDE = 96
_MOVED = 0.15
"""Largest change of a matrix element, and of the shift as a share of the side, that an alignment may have."""

Row = dict[str, Any]


def may_be_copies(a: Row, b: Row) -> bool:
    """Return whether the metadata of two photos allow that they are copies of one shot.

    A copy can lose metadata, but it does not name another camera or another second. Fractions of a second count where both
    photos have them, which tells the shots of a burst apart.
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
    """Return whether two photos are copies by their hashes (`NEAR_BITS`) and metadata."""
    one, two = parse_hash(a.get("phash")), parse_hash(b.get("phash"))
    return one is not None and two is not None and (one ^ two).bit_count() <= NEAR_BITS and may_be_copies(a, b)


def alike_by_pixels(preview: Callable[[str], Path]) -> Callable[[Row, Row], bool]:
    """Return a function that decides by their previews whether two photos are copies.

    Args:
        preview: gives the path of a photo's preview by its sha256. Where a preview is missing, the hashes decide.
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
    return None if image is None else small_picture(image)  # previews are a cache and may be missing or damaged


def join_alike(
    sets: DisjointSet, texts: Iterable[str | None], row_of: Callable[[int], Row], alike: Callable[[Row, Row], bool]
) -> None:
    """Join the rows that have similar hashes (`CANDIDATE_BITS`) and are copies by `alike`.

    Of rows with the same hash, only one of each group of copies is compared further. Rows of two different seconds are not
    copies (`may_be_copies`), and `alike` is not called for them: a time-lapse has thousands of photos with one hash.

    Args:
        sets: the joined rows by their numbers; rows that are not joined to others are not in it. It is changed.
        texts: the rows' hashes.
        row_of: gives a row by its number.
        alike: decides whether two rows are copies.
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
    def representatives(number: int) -> _Representatives:
        found = _Representatives()
        for i in members(number):
            row = row_of(i)
            second = _second(row)
            like = next((j for j in found.of(second) if alike(row_of(j), row)), None)
            if like is None:
                found.add(i, second)
            else:
                join(like, i)
        return found

    # hashes of one photo only are looked at below, where they have a neighbour
    for number in np.flatnonzero(np.bincount(hashes.number[hashes.number >= 0]) > 1).tolist():
        representatives(number)
    for a, b in near_pairs(hashes.values, CANDIDATE_BITS):
        for x, y in zip(a.tolist(), b.tolist(), strict=True):
            for i, j in representatives(x).pairs(representatives(y)):
                if not are_joined(i, j) and alike(row_of(i), row_of(j)):
                    join(i, j)


def _second(row: Row) -> str | None:
    """Return the second in which a photo was taken, as `may_be_copies` uses it; None where it is not known."""
    taken = str(row["taken_at"]) if row.get("taken_precision") == "second" else ""
    return taken[:19] if len(taken) >= 19 else None


class _Representatives:
    """Rows with one hash, one of each group of copies, by the second in which they were taken."""

    __slots__ = ("_all", "_by_second")

    def __init__(self) -> None:
        self._all: list[int] = []
        self._by_second: dict[str | None, list[int]] = {}

    def add(self, number: int, second: str | None) -> None:
        """Add a row; numbers come in ascending order."""
        self._all.append(number)
        self._by_second.setdefault(second, []).append(number)

    def of(self, second: str | None) -> Iterable[int]:
        """Return the rows that may have been taken in a second, in ascending order."""
        if second is None:
            return self._all
        here, undated = self._by_second.get(second, ()), self._by_second.get(None, ())
        return heapq.merge(here, undated) if here and undated else here or undated

    def pairs(self, others: _Representatives) -> Iterator[tuple[int, int]]:
        """Yield pairs of one of these rows and one of the others that may have been taken in the same second."""
        mine, theirs = self._by_second, others._by_second
        for second in mine.keys() & theirs.keys():
            yield from itertools.product(mine[second], theirs[second])
        for second in (mine.keys() - {None}) if None in theirs else ():
            yield from itertools.product(mine[second], theirs[None])
        for second in (theirs.keys() - {None}) if None in mine else ():
            yield from itertools.product(mine[None], theirs[second])


# --- the pixels


def small_picture(image: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture as grey values, (96, 96) uint8, whatever its aspect ratio."""
    from PIL.Image import Resampling

    image.draft("L", (2 * _SIDE, 2 * _SIDE))
    return np.asarray(image.convert("L").resize((_SIDE, _SIDE), Resampling.BOX), dtype=np.uint8)


def same_picture(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Return whether two small pictures show the same pixels, as they are or cropped a little differently.

    Args:
        a: (96, 96) uint8, from `small_picture`.
        b: (96, 96) uint8, from `small_picture`.
    """
    return _correlation(a, b) >= SAME or _aligned_correlation(a, b) >= ALIGNED


def _correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    one, two = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float((one * two).sum()) / spread if spread else float(np.array_equal(a, b))


def _aligned_correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the correlation after the best affine alignment (ECC, Evangelidis and Psarakis 2008); 0 where it moves too far."""
    import cv2

    one, two = (cv2.GaussianBlur(picture.astype(np.float32), (3, 3), 0) for picture in (a, b))
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        value, change = cv2.findTransformECC(one, two, start, cv2.MOTION_AFFINE, stop, np.empty(0, np.uint8), 3)
    except cv2.error:  # the alignment did not converge, so the pictures differ
        return 0.0
    moved = max(float(np.abs(change[:, :2] - np.eye(2)).max()), float(np.abs(change[:, 2]).max()) / _SIDE)
    return float(value) if moved <= _MOVED else 0.0
