"""Tests: exact and sampled p-values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mcnemar_exact(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sided exact McNemar test of two methods that were right or wrong on the same items.

    Only the items on which they differ count; under the null each of the two is right on half of them.

    Args:
        a, b: (n,) booleans.

    Returns:
        The p-value; 1.0 where they never differ.

    >>> round(mcnemar_exact([1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]), 5)
    0.03125
    """
    from scipy.stats import binomtest

    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError("both need the same items")
    only_a, only_b = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def permutation_test(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    within: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    statistic: Callable[[NDArray[Any], NDArray[Any]], float] | None = None,
) -> float:
    """One-sided p-value that predictions agree with the labels by more than chance.

    Labels are shuffled against the fixed predictions, by default counting agreements.

    Args:
        labels, predictions: (n,).
        within: (n,) shuffle inside these groups only (a scene shot by several cameras), which keeps what the group shares.
        statistic: of (labels, predictions), larger = better agreement.

    Returns:
        (1 + shuffles at least as good) / (1 + shuffles); never 0.

    >>> permutation_test(["a"] * 20 + ["b"] * 20, ["a"] * 20 + ["b"] * 20, draws=999)
    0.001
    """
    truth, guess = np.asarray(labels), np.asarray(predictions)
    if truth.shape != guess.shape or truth.size == 0:
        raise ValueError("labels and predictions must be equally many, and at least one")
    agree = statistic or (lambda t, g: float(np.mean(t == g)))
    group = np.zeros(truth.size, dtype=np.int64) if within is None else np.unique(within, return_inverse=True)[1]
    home = np.argsort(group, kind="stable")
    truth, guess, group = truth[home], guess[home], group[home]
    rng = np.random.default_rng(seed)
    observed = agree(truth, guess)
    # lexsort by (group, noise) permutes inside each group at once; the small slack lets equal sums of floats count as equal.
    better = sum(
        agree(truth[np.lexsort((rng.random(truth.size), group))], guess) >= observed - 1e-12 for _ in range(draws)
    )
    return (1 + better) / (1 + draws)
