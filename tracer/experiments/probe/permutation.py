"""Is a probe better than chance? A permutation test that respects how the photos belong together.

Labels are shuffled against the fixed predictions. Where scenes hold several labels (one scene, several cameras), they are
shuffled inside each scene: what the scene gives away stays as it is. Where a label goes with the whole group (an owner's one
camera), whole groups change labels; shuffling single photos would take thousands of photos of a few owners for thousands of
trials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats

DRAWS = 2000
FEWEST_DRAWS = 500
_WORK = 4e7
"""Labels shuffled in all; large sets get fewer draws, and need no more."""


def against_chance(
    predictions: NDArray[np.int64], truth: NDArray[np.int64], clusters: NDArray[Any], seed: int
) -> dict[str, Any]:
    """The p-value, the draws, and what was shuffled, as an entry of the details.

    Args:
        predictions: (repeats, n) codes. truth: (n,) codes. clusters: (n,) scene or owner.
    """
    group = np.unique(clusters, return_inverse=True)[1]
    n, groups = len(truth), int(group.max()) + 1
    classes = int(max(truth.max(), predictions.max())) + 1
    mixed, main = _labels_of_groups(group, truth, classes)
    alone = groups == n
    if not alone and mixed[group].mean() < 0.5:
        labels, within, shuffled = main, None, "whole scenes or owners"
        agreement = _votes_for(predictions, group, classes)
    else:
        labels, (within, shuffled) = truth, (None, "photos") if alone else (group, "photos within scenes or owners")

        def agreement(label: NDArray[np.int64], row: NDArray[np.int64]) -> float:
            return float((predictions[:, row] == label).sum() / len(predictions))

    draws = int(np.clip(_WORK / len(labels), FEWEST_DRAWS, DRAWS))
    p = stats.permutation_test(
        labels, np.arange(len(labels)), within=within, draws=draws, seed=seed, statistic=agreement
    )
    return {"p_value": p, "permutations": draws, "shuffled": shuffled}


def _labels_of_groups(
    group: NDArray[np.int64], truth: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """For each group whether its photos have several labels, and the commonest of them (the lowest of equally common ones)."""
    held, photos = np.unique(group * classes + truth, return_counts=True)
    of, label = np.divmod(held, classes)
    order = np.lexsort((label, -photos, of))
    first = np.unique(of[order], return_index=True)[1]
    return np.bincount(of) > 1, label[order][first]


def _votes_for(
    predictions: NDArray[np.int64], group: NDArray[np.int64], classes: int
) -> Callable[[NDArray[np.int64], NDArray[np.int64]], float]:
    """A function of (a label for each of some groups, the groups): how many of their photos were given it, by the repeats' mean.

    Only the labels that a group was given are held: a table of groups × classes would be large and mostly empty.
    """
    keys, count = np.unique(group * classes + predictions, return_counts=True)

    def votes(label: NDArray[np.int64], row: NDArray[np.int64]) -> float:
        wanted = row * classes + label
        at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        return float(count[at][keys[at] == wanted].sum() / len(predictions))

    return votes
