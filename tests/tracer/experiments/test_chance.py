"""The permutation test of probes: right under the null, quick to see an effect, and honest about groups."""

from __future__ import annotations

import numpy as np

from tracer import stats
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


def test_labels_that_go_with_an_owners_scenes_are_shuffled_with_them() -> None:
    """An owner keeps the labels of the scenes; photo by photo, scenes without any effect would be told apart too often."""
    owner, scene = np.repeat(np.arange(12), 20), np.repeat(np.arange(60), 4)
    label = np.random.default_rng(0).integers(2, size=60)[scene]
    shuffle = stats.shuffle_of(label, owner, scenes=scene)
    assert str(shuffle.unit) == "whole scenes within owners"
    for draw in range(20):
        dealt = label[shuffle.draw(np.random.default_rng(draw))]
        assert (dealt.reshape(60, 4) == dealt.reshape(60, 4)[:, :1]).all()
        assert (np.sort(dealt.reshape(12, 20)) == np.sort(label.reshape(12, 20))).all()
    pairs = stats.shuffle_of(np.arange(240) % 2, owner, scenes=scene)
    dealt = (np.arange(240) % 2)[pairs.draw(np.random.default_rng(0))]
    assert (dealt.reshape(60, 4).sum(axis=1) == 2).all()  # scenes with several labels keep them
    X = np.random.default_rng(1).normal(size=(240, 8))
    test = against_chance(np.zeros((1, 240), dtype=np.int64), label, owner, 0, vectors=X, scenes=scene)
    assert test["shuffled"] == "whole scenes within owners"
