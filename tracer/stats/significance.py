"""Significance tests with exact or sampled p-values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mcnemar_exact(a: ArrayLike, b: ArrayLike) -> float:
    """Return the p-value of the two-sided exact McNemar test of two methods on the same items.

    The test uses only the items on which exactly one method is right. Under the null hypothesis each method is right on half of
    them.

    Args:
        a: (n,) booleans: whether the first method is right.
        b: (n,) booleans: whether the second method is right.

    Returns:
        The p-value; 1.0 where the methods never differ.

    Raises:
        ValueError: `a` and `b` differ in length.

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
    """Return the one-sided p-value of a permutation test that predictions agree with the labels more than by chance.

    The labels are shuffled; the predictions stay.

    Args:
        labels: (n,).
        predictions: (n,).
        within: (n,) groups (a scene shot by several cameras); labels are shuffled only inside each group.
        draws: number of shuffles.
        seed: of the shuffles.
        statistic: a function of (labels, predictions), larger = better agreement; by default the share of agreements.

    Returns:
        (1 + shuffles that agree at least as well) / (1 + shuffles); never 0.

    Raises:
        ValueError: `labels` and `predictions` differ in length or are empty.

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
    # lexsort by (group, noise) permutes inside all groups at once. The tolerance treats sums that differ by rounding as equal.
    better = sum(
        agree(truth[np.lexsort((rng.random(truth.size), group))], guess) >= observed - 1e-12 for _ in range(draws)
    )
    return (1 + better) / (1 + draws)
