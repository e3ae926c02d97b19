"""Thinning: large sets lose whole scenes and owners, and one owner of most photos neither fills the rest nor empties it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.base.progress import finish
from tracer.experiments.knn import acquisition
from tracer.experiments.knn.acquisition import acquisition_knn
from tracer.experiments.knn.processing import Voting
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.shared.thinning import fair_share, thinned


def _set(sizes: list[int], seed: int = 0) -> np.ndarray:
    """Clusters of these sizes, their photos in no order."""
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@pytest.mark.parametrize("seed", range(8))
def test_one_large_owner_costs_nobody_his_place(seed: int) -> None:
    """5,500 photos of one owner and 20 of each of thirty: the thirty are kept whole, and of the large one a fair share."""
    clusters = _set([5500] + [20] * 30)
    kept = thinned(np.arange(len(clusters)), clusters, 5000, seed)
    assert (np.bincount(clusters[kept]) == [5000 // 31] + [20] * 30).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_large_owner_among_many_gives_his_share(seed: int) -> None:
    """Beside six thousand single photos an owner of six thousand gives a fortieth at most."""
    clusters = _set([6000] + [1] * 6000)
    kept = thinned(np.arange(len(clusters)), clusters, 5000, seed)
    assert len(kept) == 5000
    assert (clusters[kept] == 0).sum() in (0, 125)


def test_owners_of_common_size_stay_whole() -> None:
    """Half of a thousand owners of twenty photos: five hundred with all of theirs, others for another seed."""
    clusters = _set([20] * 1000)
    rows = np.arange(len(clusters))
    counts = np.bincount(clusters[thinned(rows, clusters, 10_000, 0)], minlength=1000)
    assert sorted(set(counts)) == [0, 20]
    assert counts.sum() == 10_000
    assert (counts != np.bincount(clusters[thinned(rows, clusters, 10_000, 1)], minlength=1000)).any()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(1, 300), st.integers(0, 1000))
def test_thinning_holds_what_it_says(sizes: list[int], limit: int, seed: int) -> None:
    """At most the limit and nearly as many as shares allow, ascending, of the given rows, one answer a seed."""
    clusters = _set(sizes)
    rows = np.flatnonzero(np.arange(len(clusters)) % 3 > 0)
    kept = thinned(rows, clusters, limit, seed)
    assert (np.diff(kept) > 0).all()
    assert np.isin(kept, rows).all()
    assert np.array_equal(kept, thinned(rows, clusters, limit, seed))
    if len(rows) <= limit:
        assert np.array_equal(kept, rows)
        return
    found = np.unique(clusters[rows], return_counts=True)[1]
    most = fair_share(len(found), limit)
    allowed = int(np.minimum(found, most).sum())
    assert min(allowed, limit - most + 1) <= len(kept) <= min(allowed, limit)
    assert np.unique(clusters[kept], return_counts=True)[1].max() <= most


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_neighbours_are_asked_on_what_is_left(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner larger than what is kept: kNN by label asks all owners' photos, and says how many were drawn."""
    monkeypatch.setattr(acquisition, "MAX_PHOTOS", 400)
    clusters = _set([900] + [8] * 20)
    rng = np.random.default_rng(seed)
    classes, makes = (np.array(list("ab"), dtype=object)[rng.integers(2, size=len(clusters))] for _ in range(2))
    vectors = rng.normal(size=(len(clusters), 8))
    outcome = finish(
        acquisition_knn(Source("s", "e"), LabelledPhotos(vectors, makes, clusters, "Make", classes), Voting(1, 2, seed))
    )
    assert outcome.rows[0].n == 400 // 21 + 160
    assert outcome.warnings[0] == "kNN by Make used 179 of 1060 photos, drawn by scene and owner at random."
