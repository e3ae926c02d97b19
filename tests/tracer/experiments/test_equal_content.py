"""Neighbours and similarity where a label goes with what photos show: an encoder of content alone has no trace."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.null_worlds import of_subjects
from tracer.base.progress import finish
from tracer.experiments.knn.acquisition import acquisition_knn
from tracer.experiments.knn.processing import Voting
from tracer.experiments.knn.unseen import unseen_neighbours
from tracer.experiments.outcome import Source
from tracer.experiments.shared.few import as_many
from tracer.experiments.similarity.similarity import similarity

SOURCE = Source("made", "test/encoder")


@pytest.fixture
def few_shuffles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures themselves are looked at, not their tests."""
    monkeypatch.setattr("tracer.experiments.knn.shuffled.SHUFFLES", 5)
    monkeypatch.setattr("tracer.experiments.similarity.similarity.SHUFFLES", 5)
    monkeypatch.setattr("tracer.experiments.shared.cameras.EXACT_UP_TO", 1)


@pytest.mark.parametrize("unseen", [False, True])
def test_photos_are_compared_with_photos_of_one_class(unseen: bool) -> None:
    """Triple by triple: a photo, one of another class with its label, and one of that class with another label."""
    given = of_subjects(np.random.default_rng(3))
    assert given.cameras is not None and given.classes is not None
    X = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    S, y, a, m = X @ X.T, given.classes, given.labels, given.cameras
    expected: dict[str, list[float]] = {"class=same": [], "class=other": []}
    for q in range(len(y)):
        for setting, found in expected.items():
            shares, weights = [], []
            for c in sorted(set(y)):
                if (c == y[q]) is (setting == "class=same"):
                    pool = (y == c) & (given.clusters != given.clusters[q]) & ((m != m[q]) | (not unseen))
                    same, other = S[q, pool & (a == a[q])], S[q, pool & (a != a[q])]
                    if len(same) and len(other):
                        shares.append((same[:, None] > other).mean())
                        weights.append(1 / (1 / len(same) + 1 / len(other)))
            if shares:
                found.append(float(np.average(shares, weights=weights)))
    for row in finish(similarity(SOURCE, given, unseen=unseen)).rows:
        assert row.value == pytest.approx(np.mean(expected[row.setting.split(",")[0]]), abs=1e-5)


@pytest.mark.usefixtures("few_shuffles")
def test_an_encoder_of_content_alone_has_no_trace() -> None:
    """Where phones photograph mostly some subjects, photos of a phone are alike for what they show, and that is not counted."""
    of_votes, of_similar = [], []
    for seed in range(8):
        given = of_subjects(np.random.default_rng(seed))
        for run in (acquisition_knn, unseen_neighbours):
            detail = finish(run(SOURCE, given, Voting(1, 5, seed))).details[0]
            of_votes.append(detail["pos_same_minus_neg_same"])
        of_similar += [row.value for row in finish(similarity(SOURCE, given, seed)).rows]
    assert abs(np.mean(of_votes)) < 0.02
    assert np.mean(of_similar) == pytest.approx(0.5, abs=0.02)


@pytest.mark.usefixtures("few_shuffles")
def test_drawn_distributions_have_equal_content_too() -> None:
    """Means of photos with the same label and with another differ by what they show, unless pairs of contents weigh alike."""
    of_other, plain = [], []
    for seed in range(8):
        given = of_subjects(np.random.default_rng(seed))
        assert given.classes is not None
        details = finish(similarity(SOURCE, given, seed)).details[0]
        means = details["means"]
        of_other.append(means["class=other,label=same"] - means["class=other,label=other"])
        X = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
        other = np.triu(given.classes[:, None] != given.classes, 1)
        same = given.labels[:, None] == given.labels
        plain.append((X @ X.T)[other & same].mean() - (X @ X.T)[other & ~same].mean())
        assert sum(details["histograms"]["class=other,label=same"]) == pytest.approx(
            sum(details["histograms"]["class=other,label=other"]), abs=0.01
        )
    assert abs(np.mean(of_other)) < 0.02 < np.mean(plain) - 0.02


def test_shuffled_values_have_as_few_photos_of_a_class_as_the_observed() -> None:
    """Where cameras hardly photograph a class, shuffled labels would have many more photos in common there."""
    rng = np.random.default_rng(0)
    classes = rng.integers(4, size=400)
    observed = np.where(rng.random(400) < 0.9, classes % 2, 1 - classes % 2)
    shuffled = rng.permutation(observed)
    keep, by_class = as_many(shuffled, observed, classes, rng)
    assert keep is not None and by_class
    for one in range(4):
        held = np.bincount(observed[classes == one], minlength=2)
        left = np.bincount(shuffled[keep & (classes == one)], minlength=2)
        names = np.argsort(np.bincount(shuffled), kind="stable"), np.argsort(np.bincount(observed), kind="stable")
        assert all(left[a] <= held[b] for a, b in zip(*names, strict=True)) and left.min() > 0
    assert as_many(shuffled, rng.permutation(observed), classes, rng) == (
        None,
        False,
    )  # as evenly spread as the shuffled ones
