"""Assigns groups of photos to the sides of a split.

Every class should be spread over the sides in the requested fractions; the scarcest class in a side limits how many photos
a balanced split can hold. Finding the best assignment is a bin-packing problem, so this is a heuristic. It assigns greedily
(largest groups first, each to the side where the chi-square distance from the requested fractions grows least), starts from
several orders, and then moves single groups into the side that lacks the most photos.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ClassCounts = Mapping[int, int]
"""Class number -> number of photos of that class in one group."""

_ORDERS = 16
_MANY_GROUPS = 3000
_EVALUATIONS = 20_000


@dataclass(frozen=True, slots=True)
class Problem:
    """The groups to assign, and the fractions to reach.

    Attributes:
        groups: the class counts of each group, in a canonical order.
        totals: the number of photos in each class.
        fractions: the requested share of each side; they sum to 1.
        attributes: for each attribute that is balanced, the numbers of its classes. A class that belongs to no attribute
            is spread over the sides but not balanced.
    """

    groups: Sequence[ClassCounts]
    totals: Sequence[int]
    fractions: Sequence[float]
    attributes: Sequence[Sequence[int]]


def assign(problem: Problem, seed: int, improve: bool = False) -> list[int]:
    """Return the side of each group. The result depends only on the problem and the seed.

    Args:
        problem: the groups to assign.
        seed: the seed of the orders that are tried.
        improve: also improve each greedy assignment by moving single groups (`refine`).

    >>> two_classes = [{0: 1}, {1: 1}] * 10
    >>> problem = Problem(two_classes, totals=[10, 10], fractions=(0.7, 0.1, 0.2), attributes=[[0, 1]])
    >>> sides = assign(problem, seed=42)
    >>> count(problem, sides)
    [[7, 1, 2], [7, 1, 2]]
    """
    rng = random.Random(seed)
    attempts = 1 if len(problem.groups) > _MANY_GROUPS else _ORDERS
    best: list[int] = []
    best_value = (-1.0, 0.0)
    for attempt in range(attempts):
        sides = _greedy(problem, rng, jitter=0.0 if attempt < 2 else 1.0, scarce_first=attempt % 2 == 1)
        if improve:
            sides = refine(problem, sides, _EVALUATIONS // attempts)
        counts = count(problem, sides)
        value = (_bits(problem, counts), -_distance(problem, counts))
        if value > best_value or not best:
            best, best_value = sides, value
    return best


def supply(counts: Sequence[Sequence[int]], fractions: Sequence[float], class_: int) -> float:
    """Return how many photos of a class a split in these fractions can hold, given its counts in each side.

    >>> supply([[14, 1, 4]], (0.7, 0.1, 0.2), 0)
    10.0
    """
    return min(n / f for n, f in zip(counts[class_], fractions, strict=True))


def chosen(supplies: Mapping[int, float]) -> list[int]:
    """Return the classes to keep, best supplied first: those with which the balanced set's labels carry the most bits.

    k classes with n photos each carry k·n·log2 k bits. Keeping a class with few photos reduces all others to its size;
    dropping a class lowers k. Ties keep more classes.

    Args:
        supplies: class number -> photos that it can supply (`supply`).

    >>> chosen({0: 100.0, 1: 90.0, 2: 3.0})
    [0, 1]
    """
    order = sorted(supplies, key=lambda class_: (-supplies[class_], class_))
    best, most = 0, 0.0
    for k in range(2, len(order) + 1):
        bits = k * math.floor(supplies[order[k - 1]] + 1e-9) * math.log2(k)
        if bits > 0 and bits >= most:
            best, most = k, bits
    return order[:best]


def refine(problem: Problem, sides: list[int], evaluations: int = _EVALUATIONS) -> list[int]:
    """Move single groups to other sides while that makes the balanced sets larger, and return the new sides.

    Args:
        problem: the groups that were assigned.
        sides: the side of each group.
        evaluations: the largest number of moves that are tried.
    """
    sides = list(sides)
    score = _Score(problem, count(problem, sides))
    counts = score.counts
    holders: dict[int, list[int]] = {}
    for g, group in enumerate(problem.groups):
        for class_ in group:
            holders.setdefault(class_, []).append(g)
    left = evaluations
    value = score.value
    improved = True
    while improved and left > 0:
        improved = False
        for classes in problem.attributes:
            if not classes:
                continue
            class_, side = min(
                ((c, s) for c in classes for s in range(len(problem.fractions))),
                key=lambda cell: (counts[cell[0]][cell[1]] / problem.fractions[cell[1]], cell),
            )
            for g in holders[class_]:
                if sides[g] == side or left <= 0:
                    continue
                left -= 1
                old = sides[g]
                new = score.move(problem.groups[g], old, side)
                if new[0] > value[0] + 1e-9 or (new[0] > value[0] - 1e-9 and new[1] > value[1] + 1e-9):
                    sides[g], value, improved = side, new, True
                    break
                score.move(problem.groups[g], side, old)
                score.value = value
    return sides


class _Score:
    """The value of an assignment (`_bits`, `-_distance`), kept up to date move by move: a move changes few classes.

    Attributes:
        counts: the number of photos of each class in each side.
        value: the value; it may be set to a value from before, when a move is taken back.
    """

    def __init__(self, problem: Problem, counts: list[list[int]]) -> None:
        self._problem, self.counts = problem, counts
        self._supplies = [supply(counts, problem.fractions, class_) for class_ in range(len(problem.totals))]
        self._balanced = [classes for classes in problem.attributes if len(classes) > 1]
        self._attribute = {class_: at for at, classes in enumerate(self._balanced) for class_ in classes}
        self._least = [min(self._supplies[class_] for class_ in classes) for classes in self._balanced]
        self._weights = [len(classes) * math.log2(len(classes)) for classes in self._balanced]
        self.value = _bits(problem, counts), -_distance(problem, counts)

    def move(self, group: ClassCounts, old: int, new: int) -> tuple[float, float]:
        """Move a group from one side to another, and return the new value."""
        problem, distance = self._problem, -self.value[1]
        for class_, n in group.items():
            row, total = self.counts[class_], problem.totals[class_]
            distance -= _spread(row, total, problem.fractions)
            row[old] -= n
            row[new] += n
            distance += _spread(row, total, problem.fractions)
            at = self._attribute.get(class_)
            if at is None:
                continue
            before, self._supplies[class_] = self._supplies[class_], supply(self.counts, problem.fractions, class_)
            if self._supplies[class_] <= self._least[at]:
                self._least[at] = self._supplies[class_]
            elif before <= self._least[at]:
                self._least[at] = min(map(self._supplies.__getitem__, self._balanced[at]))
        bits = sum(weight * least for weight, least in zip(self._weights, self._least, strict=True))
        self.value = bits, -distance
        return self.value


def count(problem: Problem, sides: Sequence[int]) -> list[list[int]]:
    """Return the number of photos of each class in each side.

    >>> problem = Problem([{0: 2}, {0: 1, 1: 3}], totals=[3, 3], fractions=(0.5, 0.5), attributes=[[0, 1]])
    >>> count(problem, sides=[0, 1])
    [[2, 1], [0, 3]]
    """
    counts = [[0] * len(problem.fractions) for _ in problem.totals]
    for group, side in zip(problem.groups, sides, strict=True):
        for class_, n in group.items():
            counts[class_][side] += n
    return counts


def _greedy(problem: Problem, rng: random.Random, jitter: float, scarce_first: bool) -> list[int]:
    """Assign groups to sides one by one: the largest first, or first those whose classes are in few groups."""
    totals, fractions = problem.totals, problem.fractions
    holders = Counter(c for group in problem.groups for c in group)
    draws = [rng.random() for _ in problem.groups]
    size = [
        max((1 / holders[c] if scarce_first else n / totals[c] for c, n in group.items()), default=0.0)
        * (1 + jitter * draw)
        for group, draw in zip(problem.groups, draws, strict=True)
    ]
    order = sorted(range(len(problem.groups)), key=lambda g: (-size[g], draws[g]))
    counts = [[0] * len(fractions) for _ in totals]
    sides = [0] * len(problem.groups)
    every = range(len(fractions))
    for g in order:
        growth = [0.0] * len(fractions)
        for c, n in problem.groups[g].items():
            share, row = n / totals[c], counts[c]
            for s in every:
                growth[s] += share * (2 * (row[s] / totals[c] - fractions[s]) + share) / fractions[s]
        side = min(every, key=growth.__getitem__)
        sides[g] = side
        for c, n in problem.groups[g].items():
            counts[c][side] += n
    return sides


def _bits(problem: Problem, counts: Sequence[Sequence[int]]) -> float:
    total = 0.0
    for classes in problem.attributes:
        if len(classes) > 1:
            total += len(classes) * math.log2(len(classes)) * min(supply(counts, problem.fractions, c) for c in classes)
    return total


def _distance(problem: Problem, counts: Sequence[Sequence[int]]) -> float:
    """Return the chi-square distance between the spread of all classes and the requested fractions."""
    return sum(
        _spread(row, total, problem.fractions) for row, total in zip(counts, problem.totals, strict=True) if total
    )


def _spread(row: Sequence[int], total: int, fractions: Sequence[float]) -> float:
    """Return the share of one class in that distance, from its counts in each side."""
    return sum((n / total - f) ** 2 / f for n, f in zip(row, fractions, strict=True))
