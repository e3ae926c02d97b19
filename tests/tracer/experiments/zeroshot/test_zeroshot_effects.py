"""The least-squares fit on class and value, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.experiments.zeroshot.effects import Fit, compared, effects, linked, table


def _photos(seed: int, values: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Photos of five classes, each class with every value: right, label, classes, weight."""
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.repeat(np.arange(values), 5), rng.integers(values, size=n)])
    classes = np.concatenate([np.tile(np.arange(5), values), rng.integers(5, size=n)])
    right = (rng.random(len(label)) < 0.5 + 0.1 * label - 0.05 * classes).astype(float)
    return right, label, classes, rng.uniform(0.2, 2.0, size=len(label))


@given(st.integers(0, 10_000))
def test_two_values_are_a_weighted_mean_over_classes(seed: int) -> None:
    """Each class has the difference of its two rates, with the weight k1 k0 / (k1 + k0)."""
    right, label, classes, weight = _photos(seed, 2)
    differences, weights = [], []
    for code in range(5):
        sides = [(classes == code) & (label == value) for value in (0, 1)]
        k = [weight[side].sum() for side in sides]
        rates = [np.average(right[side], weights=weight[side]) for side in sides]
        differences.append(rates[1] - rates[0])
        weights.append(k[0] * k[1] / (k[0] + k[1]))
    fit = Fit.of(right, label, classes, weight)
    assert fit.difference == pytest.approx(np.average(differences, weights=weights))
    assert fit.effects.square == pytest.approx(fit.difference**2)


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_effects_are_those_of_least_squares_on_dummies(seed: int, values: int) -> None:
    """Differences of effects, residuals and levels equal numpy's fit of the whole design."""
    right, label, classes, weight = _photos(seed, values)
    design = np.concatenate([np.eye(values)[label], np.eye(5)[classes]], axis=1)
    root = np.sqrt(weight)
    found = np.linalg.lstsq(design * root[:, None], right * root, rcond=None)[0]
    fit = Fit.of(right, label, classes, weight)
    assert np.diff(fit.effects.values) == pytest.approx(np.diff(found[:values]))
    assert fit.rest == pytest.approx(right - design @ found)
    assert fit.level == pytest.approx(found[values:] + found[:values].mean())
    assert np.diff(fit.rates()) == pytest.approx(np.diff(found[:values]))


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_the_square_is_the_mean_over_pairs_of_values(seed: int, values: int) -> None:
    """Each pair of values counts as the product of their weights says."""
    right, label, classes, weight = _photos(seed, values)
    found = Fit.of(right, label, classes, weight).effects
    pairs = [(u, v) for u in range(values) for v in range(values) if u != v]
    squares = [(found.values[u] - found.values[v]) ** 2 for u, v in pairs]
    assert found.square == pytest.approx(
        np.average(squares, weights=[found.weight[u] * found.weight[v] for u, v in pairs])
    )


def test_a_stack_of_tables_gives_what_single_tables_give() -> None:
    """Relabellings are fitted together."""
    made = [_photos(seed, 3) for seed in range(4)]
    tables = [(table(w, a, y, (3, 5)), table(w * r, a, y, (3, 5))) for r, a, y, w in made]
    together = effects(np.stack([count for count, _ in tables]), np.stack([total for _, total in tables]))
    for at, (count, total) in enumerate(tables):
        assert together.square[at] == pytest.approx(effects(count, total).square)


def test_influence_is_the_derivative_by_a_photos_weight() -> None:
    """A little more weight of one photo moves the difference as its influence says."""
    right, label, classes, weight = _photos(3, 2)
    influence = Fit.of(right, label, classes, weight).influence_on_difference()
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    for photo in (0, 17, 60):
        moved = [weight.copy(), weight.copy()]
        moved[0][photo] -= 1e-6
        moved[1][photo] += 1e-6
        low, high = (Fit.of(right, label, classes, one).difference for one in moved)
        assert influence[photo] / weight[photo] == pytest.approx((high - low) / 2e-6, rel=1e-4, abs=1e-9)


def test_only_linked_values_are_compared() -> None:
    """A class of one value says nothing; values without a chain of common classes are another group."""
    label = np.array([0, 0, 1, 1, 2, 2, 3, 3, 3])
    classes = np.array([0, 1, 0, 2, 3, 3, 3, 3, 3])
    assert compared(label, classes).tolist() == [True, False, True, False] + [True] * 5
    assert linked(label, classes).tolist() == [False] * 4 + [True] * 5
    assert not linked(np.array([0, 1]), np.array([0, 1])).any()
