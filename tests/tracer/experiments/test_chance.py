"""The permutation test of probes: right under the null, quick to see an effect, and honest about groups."""

from __future__ import annotations

import numpy as np

from tracer.experiments.probe.permutation import against_chance


def test_p_values_are_even_where_there_is_nothing() -> None:
    """Random answers on scenes that hold several labels: one in ten p-values is below a tenth, or fewer."""
    rng = np.random.default_rng(0)
    scenes = np.repeat(np.arange(30), 4)
    found = []
    for trial in range(60):
        truth = np.tile([0, 1, 0, 1], 30)
        guess = (rng.random(30) < 0.5)[scenes].astype(np.int64)  # an answer a scene
        guess = np.where(rng.random(120) < 0.5, guess, rng.integers(2, size=120))
        found.append(against_chance(guess[None], truth, scenes, trial)["p_value"])
    assert np.mean(np.array(found) < 0.1) < 0.25
    assert 0.35 < np.mean(found) < 0.7


def test_an_effect_is_seen() -> None:
    """Answers that are right in most cases have the smallest p that the draws allow; repeats count as shares."""
    rng = np.random.default_rng(1)
    scenes, truth = np.repeat(np.arange(30), 4), np.tile([0, 1, 2, 1], 30)
    guesses = np.array([np.where(rng.random(120) < 0.7, truth, 0) for _ in range(3)])
    found = against_chance(guesses, truth, scenes, 0)
    assert found["p_value"] == 1 / (1 + found["permutations"])
    assert found["shuffled"] == "photos within scenes or owners"


def test_an_owners_one_camera_is_shuffled_with_its_owner() -> None:
    """Six owners with a camera each: a probe that knows the owners cannot have a p-value of one in two thousand."""
    owners = np.repeat(np.arange(6), 50)
    truth = owners % 2
    found = against_chance(truth[None], truth, owners, 0)
    assert found["shuffled"] == "whole scenes or owners"
    assert 0.02 < found["p_value"] < 0.1  # 1 of the 20 ways to deal three of each

    alone = against_chance(truth[None], truth, np.arange(300), 0)
    assert alone["shuffled"] == "photos"
    assert alone["p_value"] < 0.001
