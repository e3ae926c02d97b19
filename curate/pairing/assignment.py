"""Assign one partner to each photo: the one-to-one choice with the largest expected number of right pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

ASSIGNED = 0.2
"""Pairs with a lower probability are never part of the one-to-one choice."""


def assign(pairs: Iterable[tuple[int, int, float]], min_score: float = 0.0) -> set[tuple[int, int]]:
    """Choose pairs so that no photo is used twice and the sum of scores is as large as possible.

    Each connected component of the graph of pairs is solved separately with the Hungarian method
    (`scipy.optimize.linear_sum_assignment`). The choice does not depend on the order of `pairs`.

    Args:
        pairs: (phone id, other id, score ≥ 0). Where a pair is given twice, the larger score counts.
        min_score: pairs with a lower score are never chosen.

    Returns:
        The chosen (phone id, other id).

    Two pairs of 0.6 have a larger sum than one of 0.9 and one of 0.1:

    >>> sorted(assign([(1, 10, 0.9), (1, 11, 0.6), (2, 10, 0.6), (2, 11, 0.1)]))
    [(1, 11), (2, 10)]
    >>> sorted(assign([(1, 10, 0.9), (1, 11, 0.6), (2, 10, 0.6), (2, 11, 0.1)], min_score=0.7))
    [(1, 10)]
    """
    from scipy.optimize import linear_sum_assignment

    scores: dict[tuple[int, int], float] = {}
    for phone, other, score in pairs:
        if score >= min_score and score > 0:
            scores[phone, other] = max(score, scores.get((phone, other), 0.0))
    chosen: set[tuple[int, int]] = set()
    for block in _blocks(scores):
        rows = {phone: k for k, phone in enumerate(sorted({phone for phone, _ in block}))}
        columns = {other: k for k, other in enumerate(sorted({other for _, other in block}))}
        table = np.zeros((len(rows), len(columns)))
        for phone, other in block:
            table[rows[phone], columns[other]] = scores[phone, other]
        left, right = list(rows), list(columns)
        for i, j in zip(*linear_sum_assignment(table, maximize=True), strict=True):
            if (left[i], right[j]) in scores:
                chosen.add((left[i], right[j]))
    return chosen


def ranks(pairs: Sequence[tuple[int, int]], scores: Sequence[float]) -> list[tuple[int, int]]:
    """Return the rank of each pair among those of its phone photo and among those of its other photo; 1 is the best.

    Of pairs with equal scores, the one with the smaller ids is the better.
    """
    seen: Counter[tuple[str, int]] = Counter()
    found = [(0, 0)] * len(pairs)
    for k in sorted(range(len(pairs)), key=lambda k: (-scores[k], pairs[k])):
        mine, theirs = ("phone", pairs[k][0]), ("other", pairs[k][1])
        seen.update((mine, theirs))
        found[k] = seen[mine], seen[theirs]
    return found


def _blocks(scores: dict[tuple[int, int], float]) -> list[list[tuple[int, int]]]:
    """Return the connected components of the graph whose edges are the pairs, each sorted, in order of their first pair."""
    from scipy.cluster.hierarchy import DisjointSet

    sets = DisjointSet()
    for phone, other in scores:
        sets.add(("phone", phone))
        sets.add(("other", other))
        sets.merge(("phone", phone), ("other", other))
    members: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for phone, other in sorted(scores):
        members[sets["phone", phone]].append((phone, other))
    return list(members.values())
