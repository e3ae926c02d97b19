"""Chance levels: what random guessing achieves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def uniform_chance(n_classes: int) -> float:
    """Return 1 / classes: the expected balanced accuracy of any guess that does not depend on the photo.

    >>> uniform_chance(4)
    0.25
    """
    if n_classes < 1:
        raise ValueError("at least one class is needed")
    return 1.0 / n_classes


def majority_share(labels: ArrayLike) -> float:
    """Return the share of the most frequent label: the accuracy of always guessing it.

    >>> majority_share(["Canon", "Canon", "Nikon", "Canon"])
    0.75
    """
    values = np.asarray(labels)
    if values.size == 0:
        raise ValueError("at least one label is needed")
    return float(np.unique(values, return_counts=True)[1].max() / values.size)


def recall_chance(k: int, positives: int, negatives: int) -> float:
    """Return the expected recall@k of a random order: the probability that a positive is among the first `k` candidates.

    Raises:
        ValueError: there is no positive, or the number of negatives is negative.

    >>> round(recall_chance(5, positives=1, negatives=19), 6)
    0.25
    """
    from scipy.stats import hypergeom

    total = positives + negatives
    if positives < 1 or negatives < 0:
        raise ValueError("at least one positive is needed, and no negative number of negatives")
    return float(hypergeom.sf(0, total, positives, min(k, total)))


def reciprocal_rank_chance(candidates: int) -> float:
    """Return the expected reciprocal rank of one positive among n candidates in a random order.

    It is H(n) / n, where H(n) is the n-th harmonic number, and equals the expected average precision.

    >>> reciprocal_rank_chance(2)
    0.75
    """
    if candidates < 1:
        raise ValueError("at least one candidate is needed")
    return float(np.sum(1.0 / np.arange(1, candidates + 1)) / candidates)
