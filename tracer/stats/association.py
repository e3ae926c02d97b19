"""How strongly two labels go together: Cramér's V."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.bootstrap import bootstrap_cells
from tracer.stats.intervals import Interval, percentile_interval


def contingency(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """Counts (values of a, values of b) of two parallel label lists.

    >>> contingency(["x", "x", "y"], ["cat", "dog", "dog"])
    array([[1, 1],
           [0, 1]])
    """
    first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    if first.shape != second.shape or first.size == 0:
        raise ValueError("both label lists must be equally long, and not empty")
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a table that hold anything: m of r × c, which are few where labels have many values.

    Attributes:
        row, column: (m,) codes. of: (n,) each item's cell, from 0 to m − 1.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def between(cls, a: ArrayLike, b: ArrayLike) -> _Cells:
        first, second = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
        if first.shape != second.shape or first.size == 0:
            raise ValueError("both label lists must be equally long, and not empty")
        columns = int(second.max()) + 1
        cells, of = np.unique(first * columns + second, return_inverse=True)
        return cls(*np.divmod(cells, columns), of)

    def phi_squared(self, counts: NDArray[np.floating[Any]]) -> tuple[float, float]:
        """Bias-corrected φ² (before the floor at 0) and its largest possible value, of counts (m,). Bergsma 2013."""
        row, column = np.bincount(self.row, weights=counts), np.bincount(self.column, weights=counts)
        n, r, c = counts.sum(), np.count_nonzero(row), np.count_nonzero(column)  # values that a draw lost do not count
        held = counts > 0
        phi2 = np.sum(counts[held] / row[self.row[held]] * counts[held] / column[self.column[held]]) - 1  # = χ² / n
        limit = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
        return float(phi2 - (r - 1) * (c - 1) / (n - 1)), float(limit)


def cramers_v(a: ArrayLike, b: ArrayLike) -> float:
    """Bias-corrected Cramér's V of two label lists: 0 = independent, 1 = one tells the other.

    Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T". Without the correction, two independent labels with
    many values look associated in a small set.

    Raises:
        ValueError: a label has fewer than two values, or there are fewer than two items.

    >>> round(cramers_v(["phone", "camera"] * 50, ["indoors", "outdoors"] * 50), 2)
    1.0
    """
    cells = _Cells.between(a, b)
    if min(cells.row.max(), cells.column.max()) < 1:
        raise ValueError("each label needs at least two values")
    phi2, limit = cells.phi_squared(np.bincount(cells.of).astype(np.float64))
    return float(np.sqrt(max(phi2, 0.0) / limit)) if limit > 0 else 0.0


def cramers_v_interval(
    a: ArrayLike, b: ArrayLike, clusters: ArrayLike, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Bootstrap interval of `cramers_v` over resampled clusters.

    A resampled table is noisier than the table it comes from: its φ² is too large on average, by b. That is also how much the
    table's own φ² is too large, with as many photos as the clusters are worth, so the draws are shifted to φ² − b. They vary
    more, too: n φ² is about non-central χ², whose variance is (3 b + 2 e) / (b + 2 e) times as large around a noisy table as
    around the truth e. Drawn together by the root of that, the draws forget that e is an estimate; half way is what covers
    92 to 97 % in simulations (benchmarks/coverage.py).
    """
    cells = _Cells.between(a, b)
    resampled = bootstrap_cells(cells.of, np.ones(len(cells.of)), clusters, draws, seed)
    phi2 = np.array([cells.phi_squared(counts)[0] for counts in resampled])
    estimate, scale = cells.phi_squared(np.bincount(cells.of).astype(np.float64))
    correction = cells.row.max() * cells.column.max() / (len(cells.of) - 1)  # Bergsma's: every photo is independent
    centre, plain = float(np.mean(phi2)), estimate + correction
    excess = max(centre + correction - plain, 0.0)
    unbiased = max(plain - excess, 0.0)
    together = math.sqrt((excess + 2 * unbiased) / (3 * excess + 2 * unbiased)) if excess > 0 else 1.0
    shifted = unbiased + (1 + together) / 2 * (phi2 - centre)
    # The estimate's own scale, not each draw's, keeps the draws comparable.
    low, high = percentile_interval(np.sqrt(np.clip(shifted, 0.0, None) / max(scale, 1e-12)), confidence)
    return Interval(min(low, 1.0), min(high, 1.0))
