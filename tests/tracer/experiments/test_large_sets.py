"""What grows with photos × classes is counted by cluster and cell instead: the same figures, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tracer.base.progress import finish
from tracer.experiments.association.association import associate
from tracer.experiments.probe import linear
from tracer.experiments.probe.folds import usable_classes
from tracer.experiments.probe.permutation import against_chance
from tracer.experiments.probe.probe import balanced_interval
from tracer.stats import bootstrap
from tracer.stats.bootstrap import BY_NUMBER, drawn_clusters

Labels = NDArray[np.int64]


@pytest.mark.parametrize("n_clusters", [BY_NUMBER - 1, BY_NUMBER])
def test_clusters_are_drawn_with_replacement_however_many(n_clusters: int) -> None:
    """On both sides of the number from which the draws are made in another way: as many as there are, each as often by chance."""
    drawn = np.concatenate(list(drawn_clusters(n_clusters, 6, seed=1)))
    assert drawn.shape == (6, n_clusters)
    assert (drawn.sum(axis=1) == n_clusters).all()
    assert np.bincount(drawn.ravel())[:3] / drawn.size == pytest.approx(
        [np.exp(-1), np.exp(-1), np.exp(-1) / 2], abs=0.005
    )


def _association(photos: int, truth: Labels, guesses: Labels) -> None:
    labels = {"Make": (truth % 60).astype(str).astype(object)}
    finish(associate("made", labels, guesses[0].astype(str).astype(object), np.arange(photos)))


PARTS: dict[str, Callable[[int, Labels, Labels], object]] = {
    "association": _association,
    "chance": lambda photos, truth, guesses: against_chance(guesses, truth, np.arange(photos), 0),
    "chance of scenes": lambda photos, truth, guesses: against_chance(guesses, truth, truth // 2, 0),
    "balanced accuracy": lambda photos, truth, guesses: balanced_interval(
        guesses == truth, truth, np.arange(photos), 0, True
    ),
    "usable classes": lambda photos, truth, guesses: usable_classes(truth.astype(object), np.arange(photos), 3),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.slow
def test_no_array_of_photos_by_classes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of photos and of classes: less than half of what one such array takes."""
    photos, classes = (20_000, 2000) if name == "balanced accuracy" else (10_000, 1000)
    rng = np.random.default_rng(0)
    truth, guesses = rng.integers(classes, size=photos), rng.integers(classes, size=(2, photos))
    monkeypatch.setattr(bootstrap, "CHUNK", 100_000)
    tracemalloc.start()
    PARTS[name](photos, truth, guesses)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < photos * classes * 8 / 2


def test_a_layer_is_fitted_in_blocks_as_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minimum does not depend on how many scores are held at once, beyond single precision."""
    import torch

    rng = np.random.default_rng(0)
    y = torch.from_numpy(rng.integers(3, size=120))
    X = linear.with_constant(torch.from_numpy(rng.normal(size=(120, 5)).astype(np.float32)) + y[:, None] / 2)
    whole = linear.minimise(X, y, 3, 1e-3)
    monkeypatch.setattr(linear, "BLOCK", 3 * 50)
    assert torch.allclose(linear.minimise(X, y, 3, 1e-3), whole, atol=1e-2)
