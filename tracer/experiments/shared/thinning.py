"""Fewer photos of a set too large for an experiment whose time grows with the square: whole scenes and owners, at random."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats


def thinned(rows: NDArray[np.int64], clusters: NDArray[Any], limit: int, seed: int) -> NDArray[np.int64]:
    """At most `limit` of the rows, ascending; all of them where they are no more.

    Clusters come in a drawn order, and one that no longer fits is passed over. One that is larger than its fair share gives
    photos drawn from it: whole, it would fill the set by itself, or never fit; and a mean over a set that one owner fills says
    little of other owners. What is kept depends on rows, clusters and seed alone, so two embeddings of the same photos keep the
    same ones.

    Args:
        rows: (m,) of a set. clusters: (N,) scene or owner of the set's rows.
    """
    if len(rows) <= limit:
        return rows
    code, sizes = np.unique(clusters[rows], return_inverse=True, return_counts=True)[1:]
    most = fair_share(len(sizes), limit)
    members = np.split(rows[np.argsort(code, kind="stable")], np.cumsum(sizes)[:-1])
    rng = np.random.default_rng(seed)
    kept, left = [], limit
    for at in rng.permutation(len(sizes)):
        count = min(int(sizes[at]), most)
        if count <= left:
            kept.append(members[at] if count == sizes[at] else rng.choice(members[at], count, replace=False))
            left -= count
    return np.sort(np.concatenate(kept))


def fair_share(clusters: int, limit: int) -> int:
    """The most photos that one of so many clusters gives to `limit` photos.

    As many as each gives where all give the same. With many clusters it is a part of `limit` that leaves room for enough of them
    in each of two halves (`stats.FEW_CLUSTERS`), so that those of common size stay whole.
    """
    return max(limit // clusters, limit // (2 * stats.FEW_CLUSTERS), 1)
