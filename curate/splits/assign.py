"""Which side of a split each group of photos goes to.

A group holds so many photos of each class. Every class should be spread over the sides in the asked fractions, and the
scarcest class in a side decides how many photos a balanced split can hold. Finding the best assignment is a bin-packing
problem, so it is approached: greedily (largest groups first, each to the side where the chi-square distance from the
asked fractions grows least), from several orders, and then by moving single groups into the side that lacks most.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ClassCounts = Mapping[int, int]
"""Class number -> photos of that class in one group."""

_ORDERS = 16
_MANY_GROUPS = 3000
_EVALUATIONS = 20_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be assigned.

    Attributes:
        groups: the class counts of each group, in a canonical order.
        totals: photos in each class.
        fractions: the share asked for each side; they sum to 1.
        attributes: for each attribute that is balanced, the numbers of its classes. Classes in no attribute are only
            spread.
    """

    groups: Sequence[ClassCounts]
    totals: Sequence[int]
    fractions: Sequence[float]
    attributes: Sequence[Sequence[int]]


def assign(problem: Problem, seed: int, improve: bool = False) -> list[int]:
    """Return the side of each group. Depends on the problem and the seed only.

    Args:
        problem: what is to be assigned.
        seed: of the orders that are tried.
        improve: also move single groups from each greedy start; without it the classes' spread alone counts.
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
    """Return how many photos of a class a split in these fractions can hold, given its counts in each side."""
    return min(n / f for n, f in zip(counts[class_], fractions, strict=True))


def chosen(supplies: Mapping[int, float]) -> list[int]:
    """Return the classes to keep, best supplied first: those that make the balanced set's labels carry the most bits.

    k classes with n photos each carry k·n·log2 k bits. A class that can supply little drags all others down to its own
    size; one that is left out lowers k. Ties keep more classes.
    """
    order = sorted(supplies, key=lambda class_: (-supplies[class_], class_))
    best, most = 0, 0.0
    for k in range(2, len(order) + 1):
        bits = k * math.floor(supplies[order[k - 1]] + 1e-9) * math.log2(k)
        if bits > 0 and bits >= most:
            best, most = k, bits
    return order[:best]


def refine(problem: Problem, sides: list[int], evaluations: int = _EVALUATIONS) -> list[int]:
    """Move single groups as long as that makes the balanced sets larger, and return the sides."""
    sides = list(sides)
    counts = count(problem, sides)
    holders: dict[int, list[int]] = {}
    for g, group in enumerate(problem.groups):
        for class_ in group:
            holders.setdefault(class_, []).append(g)
    left = evaluations
    value = _bits(problem, counts), -_distance(problem, counts)
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
                _move(problem, counts, g, old, side)
                new = _bits(problem, counts), -_distance(problem, counts)
                if new[0] > value[0] + 1e-9 or (new[0] > value[0] - 1e-9 and new[1] > value[1] + 1e-9):
                    sides[g], value, improved = side, new, True
                    break
                _move(problem, counts, g, side, old)
    return sides


def count(problem: Problem, sides: Sequence[int]) -> list[list[int]]:
    """Return the photos of each class in each side."""
    counts = [[0] * len(problem.fractions) for _ in problem.totals]
    for group, side in zip(problem.groups, sides, strict=True):
        for class_, n in group.items():
            counts[class_][side] += n
    return counts


def _greedy(problem: Problem, rng: random.Random, jitter: float, scarce_first: bool) -> list[int]:
    """Give groups to sides one by one: the largest first, or first those of classes that are in few groups."""
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


def _move(problem: Problem, counts: list[list[int]], group: int, old: int, new: int) -> None:
    for class_, n in problem.groups[group].items():
        counts[class_][old] -= n
        counts[class_][new] += n


def _bits(problem: Problem, counts: Sequence[Sequence[int]]) -> float:
    total = 0.0
    for classes in problem.attributes:
        if len(classes) > 1:
            total += len(classes) * math.log2(len(classes)) * min(supply(counts, problem.fractions, c) for c in classes)
    return total


def _distance(problem: Problem, counts: Sequence[Sequence[int]]) -> float:
    """Chi-square distance of every class's spread from the asked fractions."""
    return sum(
        (n / total - f) ** 2 / f
        for row, total in zip(counts, problem.totals, strict=True)
        for n, f in zip(row, problem.fractions, strict=True)
        if total
    )
