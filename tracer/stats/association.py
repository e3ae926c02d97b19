"""The association of two labels: Cramér's V."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.bootstrap import bootstrap_cells
from tracer.stats.intervals import Interval, percentile_interval


def contingency(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """Return the contingency table of two parallel lists of labels: counts, int64 (values of a, values of b).

    Raises:
        ValueError: the lists differ in length or are empty.

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
    """The m non-empty cells of a contingency table (r × c), which are few where labels have many values.

    Attributes:
        row: (m,) code of each cell's value of a.
        column: (m,) code of each cell's value of b.
        of: (n,) the cell of each item, from 0 to m − 1.
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
        """Return the bias-corrected φ² of counts (m,), which may be negative, and its largest possible value. Bergsma 2013."""
        row, column = np.bincount(self.row, weights=counts), np.bincount(self.column, weights=counts)
        n, r, c = counts.sum(), np.count_nonzero(row), np.count_nonzero(column)  # without values that a draw lacks
        held = counts > 0
        phi2 = np.sum(counts[held] / row[self.row[held]] * counts[held] / column[self.column[held]]) - 1  # = χ² / n
        limit = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
        return float(phi2 - (r - 1) * (c - 1) / (n - 1)), float(limit)


def cramers_v(a: ArrayLike, b: ArrayLike) -> float:
    """Return the bias-corrected Cramér's V of two lists of labels: 0 = independent, 1 = one determines the other.

    Without the correction, independent labels with many values seem associated in a small set. Bergsma 2013, "A bias-correction
    for Cramér's V and Tschuprow's T".

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
    """Return the bootstrap interval of `cramers_v` over resampled clusters.

    Resampling adds noise to a table, which makes its φ² too large on average, by b. The observed φ² is too large by about as
    much, since sampling added the same noise to it. The draws are therefore shifted so that their mean is φ² − b.

    The draws also vary too much: n φ² approximately has a non-central χ² distribution, whose variance is (3 b + 2 e) / (b + 2 e)
    times as large around a noisy table as around the true value e. Dividing the deviations by the root of that would ignore that
    e is an estimate. Half of that reduction is applied, which covers 92 to 97 % in simulations (benchmarks/coverage.py).
    """
    cells = _Cells.between(a, b)
    resampled = bootstrap_cells(cells.of, np.ones(len(cells.of)), clusters, draws, seed)
    phi2 = np.array([cells.phi_squared(counts)[0] for counts in resampled])
    estimate, scale = cells.phi_squared(np.bincount(cells.of).astype(np.float64))
    correction = cells.row.max() * cells.column.max() / (len(cells.of) - 1)  # Bergsma's, for independent photos
    centre, plain = float(np.mean(phi2)), estimate + correction
    excess = max(centre + correction - plain, 0.0)
    unbiased = max(plain - excess, 0.0)
    together = math.sqrt((excess + 2 * unbiased) / (3 * excess + 2 * unbiased)) if excess > 0 else 1.0
    shifted = unbiased + (1 + together) / 2 * (phi2 - centre)
    # All draws are divided by the estimate's scale, which keeps them comparable.
    low, high = percentile_interval(np.sqrt(np.clip(shifted, 0.0, None) / max(scale, 1e-12)), confidence)
    return Interval(min(low, 1.0), min(high, 1.0))
