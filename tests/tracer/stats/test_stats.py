"""Statistics against SciPy, scikit-learn, formulas by hand, and simulation."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference

from tracer import stats


def test_only_numpy_is_imported() -> None:
    """curate imports this module, so it must not bring torch, SciPy or pandas with it."""
    code = "import sys, tracer.stats; print([m for m in ('torch', 'scipy', 'pandas', 'sklearn') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@given(n=st.integers(1, 5000), data=st.data())
def test_wilson_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    """The interval is SciPy's, stays inside [0, 1] and holds the share."""
    k = data.draw(st.integers(0, n))
    low, high = stats.wilson(k, n)
    other = reference.binomtest(k, n).proportion_ci(method="wilson")
    assert low == pytest.approx(other.low, abs=1e-9)
    assert high == pytest.approx(other.high, abs=1e-9)
    assert 0 <= low <= k / n <= high <= 1


def test_wilson_by_hand() -> None:
    """5 of 10 at 95 %: (0.2366, 0.7634), as in Wilson's formula worked on paper."""
    assert stats.wilson(5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-5)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (3, 2), (-1, 5)])
def test_wilson_refuses_nonsense(successes: int, n: int) -> None:
    """No trials, and more successes than trials, are errors."""
    with pytest.raises(ValueError):
        stats.wilson(successes, n)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60))
def test_majority_share_is_the_best_constant_answer(labels: list[str]) -> None:
    """No constant answer is right more often."""
    assert stats.majority_share(labels) == max(np.mean([label == c for label in labels]) for c in "abcd")


@given(k=st.integers(1, 8), positives=st.integers(1, 5), negatives=st.integers(0, 30))
def test_recall_chance_is_hypergeometric(k: int, positives: int, negatives: int) -> None:
    """Chance recall is one minus the hypergeometric probability of no positive among k."""
    total = positives + negatives
    miss = reference.hypergeom.pmf(0, total, positives, min(k, total))
    assert stats.recall_chance(k, positives, negatives) == pytest.approx(1 - miss)


def test_reciprocal_rank_chance_is_the_mean_over_ranks() -> None:
    """With four candidates the positive is at each rank equally often: (1 + 1/2 + 1/3 + 1/4) / 4."""
    assert stats.reciprocal_rank_chance(4) == pytest.approx(25 / 48)


@settings(max_examples=40)
@given(seed=st.integers(0, 1000), n=st.integers(2, 40))
def test_bootstrap_draws_whole_clusters(seed: int, n: int) -> None:
    """Proportional columns stay proportional in every draw, and sums lie between as many smallest and largest clusters."""
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, max(1, n // 2), size=n)
    sums = stats.bootstrap_sums(np.column_stack([np.ones(n), np.ones(n) * 2]), clusters, draws=50, seed=seed)
    assert np.allclose(sums[:, 1], 2 * sums[:, 0])
    sizes = np.unique(clusters, return_counts=True)[1]
    assert sums[:, 0].min() >= sizes.min() * len(sizes)
    assert sums[:, 0].max() <= sizes.max() * len(sizes)


@given(shift=st.floats(-5, 5), seed=st.integers(0, 100))
def test_bootstrap_moves_with_its_values(shift: float, seed: int) -> None:
    """The same seed gives the same draws, so that adding a number moves both bounds by that number."""
    values = np.random.default_rng(seed).standard_normal(30)
    low, high = stats.cluster_bootstrap(values, np.arange(30) // 3, draws=200, seed=seed)
    low2, high2 = stats.cluster_bootstrap(values + shift, np.arange(30) // 3, draws=200, seed=seed)
    assert (low2, high2) == pytest.approx((low + shift, high + shift))


def test_bootstrap_agrees_with_scipy_where_clusters_are_single() -> None:
    """With one photo a cluster it is the ordinary percentile bootstrap of the mean."""
    values = np.random.default_rng(0).random(80)
    ours = stats.cluster_bootstrap(values, np.arange(80), draws=20_000, seed=1)
    theirs = reference.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=2).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_bootstrap_covers_the_truth_with_clusters() -> None:
    """With 50 scenes that share an effect, 95 % intervals hold the true mean in 92 to 97 % of simulations."""
    rng = np.random.default_rng(7)
    clusters, hits, runs = np.repeat(np.arange(50), 4), 0, 1500
    for run in range(runs):
        p = 1 / (1 + np.exp(-1.5 * rng.standard_normal(50)))  # mean 0.5 by symmetry
        right = rng.random(200) < p[clusters]
        low, high = stats.cluster_bootstrap(right, clusters, draws=300, seed=run)
        hits += low <= 0.5 <= high
    assert 0.92 <= hits / runs <= 0.97


def test_ignoring_clusters_would_not_cover() -> None:
    """The same simulation with photos drawn one by one covers far less: the reason for clusters."""
    rng = np.random.default_rng(7)
    clusters, hits = np.repeat(np.arange(50), 4), 0
    for run in range(400):
        p = 1 / (1 + np.exp(-3 * rng.standard_normal(50)))
        right = rng.random(200) < p[clusters]
        low, high = stats.cluster_bootstrap(right, np.arange(200), draws=300, seed=run)
        hits += low <= 0.5 <= high
    assert hits / 400 < 0.85


def test_paired_bootstrap_uses_the_pairing() -> None:
    """Two columns that vary together have a difference with far less spread than two that do not."""
    rng = np.random.default_rng(0)
    a, noise = rng.random(50), 0.01 * rng.random(50)
    close = stats.paired_bootstrap(a + 0.25 + noise, a, np.arange(50) // 2)
    apart = stats.paired_bootstrap(rng.permutation(a) + 0.25 + noise, a, np.arange(50) // 2)
    assert close.value == pytest.approx(apart.value)
    assert close.high - close.low < 0.05 * (apart.high - apart.low)


def test_no_difference_in_few_pairs_is_no_certainty() -> None:
    """Two methods that agree on all of 16 pairs may differ by what Wilson allows of nothing in 16, either way."""
    found = stats.paired_bootstrap(np.ones(16), np.ones(16))
    high = stats.wilson(0, 16).high
    assert found == pytest.approx((0.0, -high, high))
    assert high > 0.15
    always = stats.paired_bootstrap(np.ones(16), np.zeros(16))
    assert always == pytest.approx((1.0, *stats.wilson(16, 16)))
    never = stats.paired_bootstrap(np.zeros(16), np.ones(16))
    assert never == pytest.approx((-1.0, -1.0, -stats.wilson(16, 16).low))


@pytest.mark.parametrize(
    ("interval", "expected"), [((-0.2, 0.1), (0.0, 0.2)), ((0.1, 0.3), (0.1, 0.3)), ((-0.3, -0.1), (0.1, 0.3))]
)
def test_absolute_interval(interval: tuple[float, float], expected: tuple[float, float]) -> None:
    """|x| of an interval that holds 0 starts at 0."""
    assert stats.absolute(stats.Interval(*interval)) == pytest.approx(expected)


def test_difference_of_independent_by_hand() -> None:
    """Symmetric intervals of half widths 3 and 4 give a difference with half width 5."""
    found = stats.difference_of_independent(10, stats.Interval(7, 13), 2, stats.Interval(-2, 6))
    assert found == pytest.approx((8, 3, 13))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemar_agrees_with_the_binomial_test(pairs: list[tuple[bool, bool]]) -> None:
    """The p-value is that of the exact binomial test on the discordant pairs, and symmetric."""
    a, b = map(np.array, zip(*pairs, strict=True))
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    expected = reference.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert stats.mcnemar_exact(a, b) == pytest.approx(expected)
    assert stats.mcnemar_exact(b, a) == pytest.approx(stats.mcnemar_exact(a, b))


def test_permutation_test_finds_agreement_and_only_that() -> None:
    """Perfect agreement gets the smallest p-value there is; chance agreement gives uniform p-values."""
    labels = np.tile(np.arange(4), 20)
    assert stats.permutation_test(labels, labels, draws=199) == pytest.approx(1 / 200)
    rng = np.random.default_rng(3)
    ps = [stats.permutation_test(labels, rng.integers(4, size=80), draws=99, seed=i) for i in range(200)]
    assert 0.01 <= np.mean(np.array(ps) <= 0.05) <= 0.10


def test_permutation_within_groups_keeps_the_group() -> None:
    """Agreement that a group explains alone is no evidence when labels are shuffled inside groups."""
    group = np.repeat(np.arange(2), 40)
    assert stats.permutation_test(group, group, draws=99) == pytest.approx(0.01)
    assert stats.permutation_test(group, group, within=group, draws=99) == 1.0


def _bergsma(table: np.ndarray) -> float:
    """The published formula, on SciPy's χ²."""
    n, (r, c) = table.sum(), table.shape
    chi2 = reference.chi2_contingency(table, correction=False).statistic
    phi2 = max(0.0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
    return float(np.sqrt(phi2 / min(r - (r - 1) ** 2 / (n - 1) - 1, c - (c - 1) ** 2 / (n - 1) - 1)))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=12, max_size=120))
def test_cramers_v_is_bergsmas(pairs: list[tuple[int, int]]) -> None:
    """The value is that of the published formula on SciPy's χ², between 0 and 1, and symmetric."""
    a, b = map(np.array, zip(*pairs, strict=True))
    if len(set(a)) < 2 or len(set(b)) < 2:
        with pytest.raises(ValueError):
            stats.cramers_v(a, b)
        return
    near = 1e-6  # at chance, rounding of χ² by 1e-15 is a V of 3e-8
    assert stats.cramers_v(a, b) == pytest.approx(_bergsma(stats.contingency(a, b)), abs=near)
    assert stats.cramers_v(a, b) == pytest.approx(stats.cramers_v(b, a), abs=near)
    assert 0 <= stats.cramers_v(a, b) <= 1 + 1e-9


def test_cramers_v_of_one_and_of_nothing() -> None:
    """A label tells itself wholly; independent labels with many values come out near 0, where the plain V does not."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(15, size=300), rng.integers(15, size=300)
    assert stats.cramers_v(a, a) == pytest.approx(1.0)
    assert stats.cramers_v(a, b) < 0.06
    assert np.sqrt(reference.chi2_contingency(stats.contingency(a, b)).statistic / 300 / 14) > 0.18


def test_draws_are_widened_to_twice_their_variance_and_that_between_repeats() -> None:
    """Each column by itself; without repeats nothing is added, and draws without spread stay as they are."""
    rng = np.random.default_rng(0)
    draws = np.column_stack([rng.normal(0.6, 0.05, 500), rng.normal(0.4, 0.02, 500), np.full(500, 0.9)])
    values, repeats = draws.mean(axis=0), np.array([[0.5, 0.7], [0.4, 0.4], [0.8, 1.0]])
    wide = stats.widened_draws(draws, values, repeats)
    between = np.array([0.02, 0.0]) / 2
    assert wide.var(axis=0)[:2] == pytest.approx(2 * draws.var(axis=0)[:2] + between)
    assert np.array_equal(wide[:, 2], draws[:, 2])
    for at in range(3):
        assert np.allclose(stats.widened_draws(draws[:, at], values[at], repeats[at]), wide[:, at])
    given = stats.widened_draws(draws[:, 0], values[0], [0.6], training=0.0)
    assert np.allclose(given, draws[:, 0])
    assert stats.widened_draws(draws[:, 0], values[0], [0.6], training=0.5).var() == pytest.approx(
        1.5 * draws[:, 0].var()
    )
