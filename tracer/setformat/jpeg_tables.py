"""The quality and the chroma subsampling of a JPEG, by its quantisation tables and its components' sampling factors.

Encoders built on libjpeg scale the example tables of ITU T.81 annex K by a "quality" from 1 to 100; such tables name
their quality exactly. Makers often have tables of their own; then the quality is that of the nearest scaled ones: an
estimate that puts files in the right order, but is not a setting of the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

# ITU T.81, tables K.1 and K.2, row by row.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}

Table = tuple[int, ...]
"""64 values, row by row."""


def subsampling_of(factors: Sequence[tuple[int, int]]) -> str | None:
    """Name the layout of the components' sampling factors (across, down); None for unusual ones."""
    if len(factors) == 1:
        return "4:0:0"
    across, down = [f[0] for f in factors], [f[1] for f in factors]
    if len(factors) < 3 or 0 in across or 0 in down or len({*zip(across[1:3], down[1:3], strict=True)}) > 1:
        return None
    if across[0] % across[1] or down[0] % down[1]:
        return None
    return _SUBSAMPLING.get((across[0] // across[1], down[0] // down[1]))


@cache
def _scaled() -> tuple[tuple[Table, Table], ...]:
    """libjpeg's (luminance, chrominance) tables at quality 1 to 100."""
    scales = [5000 // q if q < 50 else 200 - 2 * q for q in range(1, 101)]
    return tuple(
        (
            tuple(min(255, max(1, (v * s + 50) // 100)) for v in _LUMINANCE),
            tuple(min(255, max(1, (v * s + 50) // 100)) for v in _CHROMINANCE),
        )
        for s in scales
    )


def quality_of(tables: Sequence[Table]) -> tuple[int | None, bool | None]:
    """Return the quality whose tables are these, or are nearest (sum of absolute differences), and whether it is exact."""
    if not tables:
        return None, None
    return _nearest(tuple(tables[:2]))


@lru_cache(maxsize=512)  # a folder holds few distinct tables
def _nearest(tables: tuple[Table, ...]) -> tuple[int, bool]:
    distances = [
        sum(abs(a - b) for table, own in zip(tables, pair, strict=False) for a, b in zip(table, own, strict=True))
        for pair in _scaled()
    ]
    best = min(range(100), key=distances.__getitem__)
    return best + 1, distances[best] == 0
