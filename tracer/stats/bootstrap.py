"""Cluster bootstrap: whole clusters are drawn with replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracer.stats.intervals import Difference, Interval, difference_interval, percentile_interval

FEW_CLUSTERS = 20
"""With fewer clusters a bootstrap interval is too short to be trusted; callers warn about it."""

CHUNK = 4_000_000  # counts of drawn clusters held at once: 32 MB
BY_NUMBER = 50_000
"""From this many clusters on, cluster numbers are drawn one by one, which is ten times as fast as a multinomial draw."""


def bootstrap_sums(values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """Return the column sums of `values` in each resampling of whole clusters.

    Args:
        values: (n,) or (n, m).
        clusters: (n,) labels; items with equal labels are drawn together.
        draws: number of resamplings.
        seed: of the random draws.

    Returns:
        (draws, m) float64. It does not depend on the order of the items, except for rounding.

    Raises:
        ValueError: `values` and `clusters` differ in length or are empty.

    >>> bootstrap_sums([1, 1, 5, 5], ["Rome", "Rome", "Oslo", "Oslo"], draws=1000).shape
    (1000, 1)
    """
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    ids = np.asarray(clusters)
    if len(table) == 0 or len(ids) != len(table):
        raise ValueError(f"{len(table)} values and {len(ids)} clusters do not fit")
    _, code = np.unique(ids, return_inverse=True)
    n_clusters = int(code.max()) + 1
    sums = np.stack([np.bincount(code, weights=column, minlength=n_clusters) for column in table.T], axis=1)
    return np.concatenate([times @ sums for times in drawn_clusters(n_clusters, draws, seed)])


def drawn_clusters(n_clusters: int, draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield how often each cluster is drawn: blocks (some draws, n_clusters), `draws` rows in all. A row sums to n_clusters."""
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // n_clusters)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        if n_clusters < BY_NUMBER:
            yield rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=size)
        else:
            numbers = (rng.integers(n_clusters, size=n_clusters) for _ in range(size))
            yield np.stack([np.bincount(drawn, minlength=n_clusters) for drawn in numbers])


def bootstrap_cells(
    cells: ArrayLike, values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0
) -> Iterator[NDArray[np.float64]]:
    """Yield the sums of `values` by cell, one resampling of whole clusters at a time.

    The draws are the same as those of `bootstrap_sums` with a column for each cell. Values are added up once by cluster and cell,
    and each draw weights these sums, so that time and memory grow only with the number of items. A table of items × cells would
    not fit into memory.

    Args:
        cells: (n,) codes from 0.
        values: (n,).
        clusters: (n,) labels; items with equal labels are drawn together.
        draws: number of resamplings.
        seed: of the random draws.

    Yields:
        `draws` arrays (m,) float64, where m is the largest code + 1.
    """
    cell, table = np.asarray(cells, dtype=np.int64), np.asarray(values, dtype=np.float64)
    _, code = np.unique(clusters, return_inverse=True)
    m = int(cell.max()) + 1
    together, place = np.unique(code * m + cell, return_inverse=True)
    sums = np.bincount(place, weights=table)
    cluster, cell = np.divmod(together, m)
    weighed = np.empty(len(sums))  # allocated once: allocating it for each draw would take longer than the sum
    for block in drawn_clusters(int(code.max()) + 1, draws, seed):
        for times in block.astype(np.float64):
            np.take(times, cluster, out=weighed, mode="clip")
            np.multiply(weighed, sums, out=weighed)
            yield np.asarray(np.bincount(cell, weights=weighed, minlength=m), dtype=np.float64)


def bootstrap_means(values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """Return the column means of `values`, (n,) or (n, m), in each resampling of whole clusters: (draws, m) float64."""
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    sums = bootstrap_sums(np.column_stack([table, np.ones(len(table))]), clusters, draws, seed)
    return np.asarray(sums[:, :-1] / sums[:, -1:])


def cluster_bootstrap(
    values: ArrayLike, clusters: ArrayLike, draws: int = 2000, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Return the percentile interval of the mean of `values` (n,) over resampled clusters.

    Photos of one cluster carry less information than as many independent ones, so the interval is wider than for single photos:

    >>> right, scene = np.repeat([0, 1] * 20, 5), np.repeat(np.arange(40), 5)
    >>> by_scene, by_photo = cluster_bootstrap(right, scene), cluster_bootstrap(right, np.arange(200))
    >>> by_scene.high - by_scene.low > 2 * (by_photo.high - by_photo.low)
    True
    """
    return percentile_interval(bootstrap_means(values, clusters, draws, seed)[:, 0], confidence)


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    clusters: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Difference:
    """Return mean(a) − mean(b) with its interval over resampled clusters.

    Args:
        a: (n,) shares, from 0 to 1.
        b: (n,) shares of the same photos.
        clusters: (n,) labels; by default each photo is a cluster.
        draws: number of resamplings.
        seed: of the random draws.
        confidence: of the interval. Where all draws are equal, it is that of `difference_interval`.

    >>> difference = paired_bootstrap([1, 1, 0, 1] * 50, [1, 0, 0, 0] * 50)
    >>> difference.value, difference.low > 0
    (0.5, True)
    """
    delta = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    ids = np.arange(len(delta)) if clusters is None else clusters
    value = float(delta.mean())
    resampled = bootstrap_means(delta, ids, draws, seed)[:, 0]
    interval = difference_interval(value, resampled, len(np.unique(ids)), confidence)
    return Difference(value, interval.low, interval.high)
