"""Is a probe better than chance? A permutation test that respects how the photos belong together.

Labels are shuffled against the fixed predictions. Where scenes hold several labels (one scene, several cameras), they are
shuffled inside each scene: what the scene gives away stays as it is. Where a label goes with the whole group (an owner's one
camera), whole groups change labels; shuffling single photos would take thousands of photos of a few owners for thousands of
trials.
"""

from __future__ import annotations

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
    classes = int(max(truth.max(), predictions.max())) + 1
    votes = np.stack([(predictions == code).mean(axis=0) for code in range(classes)], axis=1)  # (n, C)
    group = np.unique(clusters, return_inverse=True)[1]
    n, groups = len(truth), int(group.max()) + 1
    held = np.zeros((groups, classes), dtype=bool)
    held[group, truth] = True
    mixed = (held.sum(axis=1) > 1)[group]
    alone = groups == n
    if not alone and mixed.mean() < 0.5:
        main = np.array([np.bincount(truth[group == g], minlength=classes).argmax() for g in range(groups)])
        table = np.zeros((groups, classes))
        np.add.at(table, group, votes)
        labels, within, shuffled = main, None, "whole scenes or owners"
    else:
        labels, table = truth, votes
        within, shuffled = (None, "photos") if alone else (group, "photos within scenes or owners")
    draws = int(np.clip(_WORK / len(labels), FEWEST_DRAWS, DRAWS))
    p = stats.permutation_test(
        labels, np.arange(len(labels)), within=within, draws=draws, seed=seed,
        statistic=lambda label, row: float(table[row, label].sum()),
    )  # fmt: skip
    return {"p_value": p, "permutations": draws, "shuffled": shuffled}
