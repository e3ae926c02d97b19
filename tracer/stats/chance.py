"""Levels that guessing reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def uniform_chance(n_classes: int) -> float:
    """Expected balanced accuracy of any guess that does not look at the photo: 1 / classes.

    >>> uniform_chance(4)
    0.25
    """
    if n_classes < 1:
        raise ValueError("at least one class is needed")
    return 1.0 / n_classes


def majority_share(labels: ArrayLike) -> float:
    """Share of the commonest label: the accuracy of always answering it, and so the level that an accuracy has to beat.

    >>> majority_share(["Canon", "Canon", "Nikon", "Canon"])
    0.75
    """
    values = np.asarray(labels)
    if values.size == 0:
        raise ValueError("at least one label is needed")
    return float(np.unique(values, return_counts=True)[1].max() / values.size)


def recall_chance(k: int, positives: int, negatives: int) -> float:
    """Probability that a random order has one of `positives` among its first `k` of all candidates.

    >>> round(recall_chance(5, positives=1, negatives=19), 6)
    0.25
    """
    from scipy.stats import hypergeom

    total = positives + negatives
    if positives < 1 or negatives < 0:
        raise ValueError("at least one positive is needed, and no negative number of negatives")
    return float(hypergeom.sf(0, total, positives, min(k, total)))


def reciprocal_rank_chance(candidates: int) -> float:
    """Expected average precision of a random order with one positive among `candidates`: H(n) / n, H the harmonic numbers.

    >>> reciprocal_rank_chance(2)
    0.75
    """
    if candidates < 1:
        raise ValueError("at least one candidate is needed")
    return float(np.sum(1.0 / np.arange(1, candidates + 1)) / candidates)
