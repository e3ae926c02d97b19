"""Is a label more than a list of these cameras? A test that deals the models out to the classes anew.

Fixed predictions cannot be tested so: the probe learned the models' true classes, and its answers follow the trace of each. It
has to be trained anew for every relabelling. That takes a classifier in closed form: the nearest class mean under a shrunk
covariance (linear discriminant analysis). Neither the folds nor the covariance know the classes, so both are computed once,
and a relabelling costs a few products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.probe.protocols import normalise

CLASSIFIER: Final = "nearest class mean under a shrunk covariance (linear discriminant analysis)"
EACH_UP_TO: Final = 24
"""Up to so many models each is left out in turn; more of them in `FOLDS` groups."""
FOLDS: Final = 12
_AT_ONCE = 2e7
"""Scores of photos × relabellings that are held at once."""


def relabelling_test(
    vectors: NDArray[np.floating[Any]],
    model: NDArray[np.int64],
    classes: NDArray[np.int64],
    part: NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """Return the p-value, the classifier's own balanced accuracy and what was done, as an entry of the details.

    Args:
        vectors: (n, D).
        model: (n,) codes from 0.
        classes: (models,) codes from 0.
        part: (n,) the part of the scenes that the photo belongs to; its classifier is trained on other parts, if there are any.
        seed: of the draws, where not all relabellings are gone through, and of the groups of models.
    """
    refitted, kinds = Refitted.of(vectors, model, part, seed), int(classes.max()) + 1
    found = stats.relabelling_test(classes, lambda ways: refitted.accuracy(ways, kinds), seed)
    return {
        "p_value": found.p_value,
        "permutations": found.ways,
        "exact": found.exact,
        "shuffled": "whole camera models",
        "classifier": CLASSIFIER,
        "balanced_accuracy": found.observed,
        "mean_of_relabellings": found.mean,
    }


@dataclass(frozen=True, slots=True)
class _Fold:
    """Photos that are tested together, beside the models that a classifier of theirs is made of.

    Attributes:
        own: (t,) the models of the tested photos.
        near: (t, models) the products of the photos with the models' means, under the inverse covariance.
        between: (models, models) those of the means.
        train: (models,) whether the model is trained on.
    """

    own: NDArray[np.int64]
    near: NDArray[np.float64]
    between: NDArray[np.float64]
    train: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Refitted:
    """What every relabelling needs of the photos.

    Attributes:
        folds: they test each photo once.
        photos: (models,) of each model.
    """

    folds: list[_Fold]
    photos: NDArray[np.int64]

    @classmethod
    def of(
        cls, vectors: NDArray[np.floating[Any]], model: NDArray[np.int64], part: NDArray[np.int64], seed: int
    ) -> Refitted:
        """Compute it once for all relabellings.

        Args:
            vectors: (n, D) float.
            model: (n,) codes from 0.
            part: (n,) the part of scenes of each photo, codes from 0.
            seed: of the groups in which models are left out where there are many.
        """
        from sklearn.covariance import ledoit_wolf_shrinkage

        X = normalise(vectors).astype(np.float64)
        shrink = float(ledoit_wolf_shrinkage(X))
        models, parts = int(model.max()) + 1, int(part.max()) + 1
        group = np.arange(models)
        if models > EACH_UP_TO:
            group = np.random.default_rng(seed).permutation(models) % FOLDS
        folds = []
        for left in range(int(group.max()) + 1):
            for code in range(parts):
                out = group[model] == left
                test = out & (part == code)
                train = ~out & (part != code) if parts > 1 else ~out
                if test.any() and train.any():
                    folds.append(_fold(X, model, test, train, shrink, models))
        return cls(folds, np.bincount(model))

    def accuracy(self, ways: NDArray[np.int64], kinds: int) -> NDArray[np.float64]:
        """Balanced accuracy (b,) of each labelling (b, models), every model of a class weighing the same."""
        step = max(1, int(_AT_ONCE / (max(len(fold.own) for fold in self.folds) * kinds)))
        return np.concatenate([self._some(ways[at : at + step], kinds) for at in range(0, len(ways), step)])

    def _some(self, ways: NDArray[np.int64], kinds: int) -> NDArray[np.float64]:
        right = np.zeros((ways.shape[1], len(ways)))
        for fold in self.folds:
            scores = np.stack([_scores(fold, (ways == kind).T) for kind in range(kinds)])
            own = fold.own[:, None] == np.arange(len(right))
            right += own.T.astype(np.float64) @ (scores.argmax(axis=0) == ways.T[fold.own])
        figures = right / self.photos[:, None]
        by_class = [
            np.where((ways == kind).T, figures, 0.0).sum(axis=0) / (ways == kind).sum(axis=1) for kind in range(kinds)
        ]
        return np.asarray(np.mean(by_class, axis=0))


def _fold(
    X: NDArray[np.float64],
    model: NDArray[np.int64],
    test: NDArray[np.bool_],
    train: NDArray[np.bool_],
    shrink: float,
    models: int,
) -> _Fold:
    """The products that class means of any labelling are made of."""
    rows, of = X[train], model[train]
    count = np.bincount(of, minlength=models)
    centre = rows.mean(axis=0)
    rows = rows - centre
    member = np.zeros((models, len(rows)))
    member[of, np.arange(len(rows))] = 1.0 / count[of]
    means = member @ rows
    weighed = _divided_by_covariance(rows, means, shrink)
    return _Fold(model[test], (X[test] - centre) @ weighed.T, means @ weighed.T, count > 0)


def _divided_by_covariance(rows: NDArray[np.float64], means: NDArray[np.float64], shrink: float) -> NDArray[np.float64]:
    """The means (m, D) times the inverse of the rows' covariance, shrunk by Ledoit and Wolf's share (2004)."""
    n, width = rows.shape
    even = max(shrink * float((rows**2).sum()) / n / width, 1e-12)
    scale = (1 - shrink) / n
    if n < width:  # Woodbury: the inverse of a matrix as large as there are photos
        inner = rows @ rows.T * scale + even * np.eye(n)
        return np.asarray((means - np.linalg.solve(inner, rows @ means.T).T @ rows * scale) / even)
    return np.asarray(np.linalg.solve(rows.T @ rows * scale + even * np.eye(width), means.T).T)


def _scores(fold: _Fold, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How near (t, b) the tested photos are to the mean of a class; −∞ where no model of it is trained on.

    Args:
        members: (models, b) whether a model belongs to the class.
    """
    inside = (members & fold.train[:, None]).astype(np.float64)
    count = inside.sum(axis=0)
    share = inside / np.maximum(count, 1)
    length = np.einsum("mb,mb->b", share, fold.between @ share)
    return np.where(count > 0, fold.near @ share - 0.5 * length, -np.inf)
