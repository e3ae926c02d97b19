"""Is a probe better than chance? A permutation test that respects how the photos belong together.

Labels are shuffled as they belong to scenes or owners (`stats.shuffle_of`): inside scenes that hold several labels, so that what
a scene gives away stays as it is; between whole owners where a label goes with its owner, and between an owner's scenes where it
goes with these. What is compared is the balanced accuracy, since a constant answer has the same one, 1 / classes, under every
shuffle, however unequal owners are.

Cross-validated predictions cannot be held fixed. What is predicted of a photo rests on the labels of the others and theirs on its
own, so that each pair of photos counts twice; a shuffle against fixed predictions counts it once, and rejected in 6 to 9 % of
worlds without an effect at a level of 5 % (Ojala and Garriga 2010 refit, too; `python -m benchmarks.null_worlds`). So for each
shuffle a probe is fitted again: ridge regression on the classes, which is a matrix product of the labels, with folds that do not
depend on the labels. It is exact where labels could as well have been dealt out in each shuffled way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.shared.thinning import thinned

DRAWS = 2000
FEWEST_DRAWS, FEWEST_REFITS = 500, 199
_WORK = 4e7
"""Labels shuffled in all; large sets get fewer draws, and need no more."""
_REFIT_WORK = 1e11
"""Multiplications of all refits; larger sets get fewer draws."""
REFIT_PHOTOS = 2000
"""Larger sets are thinned out for the refits (`thinned`): time grows with the square."""
REFIT_FOLDS = 5
RIDGES = (1.0, 0.1, 0.01)
"""Times the mean eigenvalue of the photos' products. The best of the three counts, under each shuffle."""
_AT_ONCE = 64


def against_chance(
    predictions: NDArray[np.int64],
    truth: NDArray[np.int64],
    clusters: NDArray[Any],
    seed: int,
    *,
    vectors: NDArray[np.floating[Any]] | None = None,
    scenes: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """The p-value, the draws, and what was shuffled, as an entry of the details.

    Args:
        predictions: (repeats, n) codes. truth: (n,) codes. clusters: (n,) scene or owner.
        seed: of the shuffles.
        vectors: (n, D) embeddings, for cross-validated predictions. Without them predictions are held fixed, which is right where
            the probe was trained on other photos alone.
        scenes: (n,) scenes inside owners, as `stats.shuffle_of` takes them.
    """
    if vectors is not None:
        return _refitted(vectors, truth, clusters, seed, scenes)
    classes = int(max(truth.max(), predictions.max())) + 1
    shuffle = stats.shuffle_of(truth, clusters, seed=seed, scenes=scenes)

    def agreement(labels: NDArray[np.int64]) -> float:
        right = np.bincount(labels, weights=(predictions == labels).mean(axis=0), minlength=classes)
        photos = np.bincount(labels, minlength=classes)
        return float((right[photos > 0] / photos[photos > 0]).mean())

    draws = int(np.clip(_WORK / len(truth), FEWEST_DRAWS, DRAWS))
    rng = np.random.default_rng(seed)
    shuffled = np.array([agreement(truth[shuffle.draw(rng)]) for _ in range(draws)])
    p = stats.share_above(agreement(truth), shuffled)
    return {"p_value": p, "permutations": draws, "shuffled": str(shuffle.unit), "predictions": "held fixed"}


def _refitted(
    vectors: NDArray[np.floating[Any]],
    truth: NDArray[np.int64],
    clusters: NDArray[Any],
    seed: int,
    scenes: NDArray[Any] | None,
) -> dict[str, Any]:
    """The test with a ridge probe that is fitted again under each shuffle."""
    rows = thinned(np.arange(len(truth)), clusters, REFIT_PHOTOS, seed)
    group = np.unique(clusters[rows], return_inverse=True)[1]
    labels = np.unique(truth[rows], return_inverse=True)[1]
    classes, n = int(labels.max()) + 1, len(rows)
    shuffle = stats.shuffle_of(labels, group, seed=seed, scenes=None if scenes is None else scenes[rows])
    X = np.asarray(vectors[rows], dtype=np.float64)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
    readers = list(_readers(X, _folds(group, seed)))
    draws = int(np.clip(_REFIT_WORK / (2 * len(RIDGES) * n * n * classes), FEWEST_REFITS, DRAWS))
    rng, found = np.random.default_rng(seed), [_balanced(readers, labels[None], classes)]
    for start in range(0, draws, _AT_ONCE):
        dealt = np.stack([labels[shuffle.draw(rng)] for _ in range(min(_AT_ONCE, draws - start))])
        found.append(_balanced(readers, dealt, classes))
    scores = np.concatenate(found)
    return {
        "p_value": stats.share_above(float(scores[0]), scores[1:]),
        "permutations": draws,
        "shuffled": str(shuffle.unit),
        "predictions": "of a ridge probe that is fitted again to each shuffle",
        "photos": n,
    }


def _folds(group: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The fold (n,) of each photo: whole clusters, large ones first, each to the smallest fold. Labels play no part."""
    sizes = np.bincount(group)
    of_cluster, filled = np.empty(len(sizes), dtype=np.int64), np.zeros(REFIT_FOLDS, dtype=np.int64)
    for cluster in np.lexsort((np.random.default_rng(seed).random(len(sizes)), -sizes)):
        of_cluster[cluster] = smallest = int(np.argmin(filled))
        filled[smallest] += sizes[cluster]
    return of_cluster[group]


def _readers(X: NDArray[np.float64], fold: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    """For each ridge the matrix (n, n) that makes of targets each photo's score, by a fit on the other folds."""
    from scipy.linalg import eigh

    n = len(X)
    found = np.zeros((len(RIDGES), n, n), dtype=np.float32)
    for held in range(REFIT_FOLDS):
        test, rest = np.flatnonzero(fold == held), np.flatnonzero(fold != held)
        if not len(test) or not len(rest):
            continue
        centred = X - X[rest].mean(axis=0)
        between, inside = centred[test] @ centred[rest].T, centred[rest] @ centred[rest].T
        values, axes = eigh(inside)
        level = max(float(values.mean()), 1e-12)
        turned = between @ axes
        for at, ridge in enumerate(RIDGES):
            reader = (turned / (np.maximum(values, 0.0) + ridge * level)) @ axes.T
            found[at][np.ix_(test, rest)] = reader - reader.mean(
                axis=1, keepdims=True
            )  # targets centred on the fitted photos
    yield from found


def _balanced(readers: list[NDArray[np.float32]], labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """The balanced accuracy (draws,) of each row of labels (draws, n): the best of the ridges."""
    draws, n = labels.shape
    photos = np.stack([np.bincount(line, minlength=classes) for line in labels]).astype(np.float64)
    target = np.zeros((n, draws, classes), dtype=np.float32)
    at = np.broadcast_to(np.arange(draws)[:, None], labels.shape)
    weight = (1.0 / np.sqrt(np.maximum(photos, 1.0) / n)).astype(np.float32)
    target[np.arange(n)[None], at, labels] = weight[at, labels]  # rare classes weigh more, or none would be named
    best = np.zeros(draws)
    for reader in readers:
        said = (reader @ target.reshape(n, -1)).reshape(n, draws, classes).argmax(axis=2).T
        right = np.bincount((at * classes + labels)[said == labels], minlength=draws * classes).reshape(draws, classes)
        recall = np.divide(right, photos, out=np.zeros_like(photos), where=photos > 0)
        best = np.maximum(best, recall.sum(axis=1) / (photos > 0).sum(axis=1))
    return best
