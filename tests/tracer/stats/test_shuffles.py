"""Shuffles keep together what belongs together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer import stats
from tracer.stats.shuffles import BLOCK


@given(st.integers(0, 1000), st.lists(st.integers(1, 6), min_size=2, max_size=12))
def test_whole_clusters_give_their_one_label(seed: int, sizes: list[int]) -> None:
    """Where each cluster has one label, it has one after the shuffle, and each label goes to as many clusters as before."""
    ids = np.repeat(np.arange(len(sizes)), sizes)
    of_cluster = np.arange(len(sizes)) % 3
    labels = of_cluster[ids]
    shuffle = stats.shuffle_of(labels, ids, within=False)
    dealt = labels[shuffle.draw(np.random.default_rng(seed))]
    by_cluster = [set(dealt[ids == one].tolist()) for one in range(len(sizes))]
    assert all(len(found) == 1 for found in by_cluster)
    assert sorted(min(found) for found in by_cluster) == sorted(of_cluster.tolist())


@given(st.integers(0, 1000))
def test_labels_inside_scenes_stay_there(seed: int) -> None:
    """Scenes with several labels keep the numbers of each; no shuffle is the order as it was."""
    ids = np.repeat(np.arange(8), 6)
    labels = np.tile([0, 0, 1, 1, 2, 2], 8)
    shuffle = stats.shuffle_of(labels, ids, seed=seed)
    assert shuffle.unit is stats.Unit.WITHIN
    source = shuffle.draw(np.random.default_rng(seed))
    assert (ids[source] == ids).all()
    assert (source != np.arange(48)).any()
    assert sorted(source.tolist()) == list(range(48))


def test_unequal_clusters_with_several_labels_change_with_others_of_their_size() -> None:
    """The labels of a cluster come from one other cluster, from the same block of sizes."""
    rng = np.random.default_rng(0)
    sizes = np.arange(1, 81)
    ids = np.repeat(np.arange(80), sizes)
    shuffle = stats.shuffle_of(rng.integers(3, size=len(ids)), ids, within=False)
    for _ in range(20):
        source = ids[shuffle.draw(rng)]
        donors = [set(source[ids == one].tolist()) for one in range(80)]
        assert all(len(found) == 1 for found in donors)
        assert all(min(found) // BLOCK == one // BLOCK for one, found in enumerate(donors))


def test_photos_that_stand_alone_are_shuffled_freely() -> None:
    """Each photo its own cluster."""
    shuffle = stats.shuffle_of(np.arange(50) % 2, np.arange(50))
    assert shuffle.unit is stats.Unit.PHOTOS
    assert sorted(shuffle.draw(np.random.default_rng(0)).tolist()) == list(range(50))
