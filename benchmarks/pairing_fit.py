"""Fits the pairing score: a logistic regression whose penalty pulls towards a model that is there already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curate.pairing.score.model import FEATURES, LogisticScorer

FREE = frozenset({"time_known", "distance_known"})
"""Columns whose coefficient may have either sign. They say whether a signal is present. That is not evidence by itself, but
their coefficient sets the value at which the signal changes from evidence against the pair to evidence for it."""


def fit(
    rows: NDArray[np.float64], same: NDArray[np.bool_], start: LogisticScorer | None = None, strength: float = 1.0
) -> LogisticScorer:
    """Fit a model by penalised likelihood. Coefficients that are not in `FREE` stay at or above 0.

    The penalty pulls towards `start`. With few examples the result stays near it; with many it follows the examples.

    Args:
        rows: (n, len(FEATURES)) float64.
        same: (n,) bool, whether the pair shows one scene.
        start: the model that the penalty pulls towards; None for coefficients of 0.
        strength: weight of half the squared distance from `start`; the intercept's weight is a hundredth of it.
    """
    centre = np.zeros(len(FEATURES) + 1) if start is None else np.concatenate([[start.intercept], start.weights])
    pull = np.full(len(centre), strength)
    pull[0] *= 0.01
    free = np.array([True, *(name in FREE for name in FEATURES)])
    design = np.column_stack([np.ones(len(rows)), rows])
    found = penalised(design, np.where(same, 1.0, -1.0), centre, pull, free)
    return LogisticScorer(float(found[0]), found[1:])


def penalised(
    design: NDArray[np.float64],
    sign: NDArray[np.float64],
    centre: NDArray[np.float64],
    pull: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Fit a logistic regression whose penalty pulls the coefficients towards `centre`.

    scikit-learn's penalty pulls towards 0 only, and cannot bound the coefficients.

    Args:
        design: (n, k) float64.
        sign: (n,) 1 for yes, −1 for no.
        centre: (k,) values that the coefficients are pulled towards.
        pull: (k,) weights of half the squared distance from `centre`.
        free: (k,) bool, whether a coefficient may be negative.

    Returns:
        (k,) float64 coefficients.

    Without rows the coefficients stay where they are pulled; rows move them:

    >>> centre, pull, free = np.array([0.0, 1.0]), np.ones(2), np.array([True, False])
    >>> penalised(np.empty((0, 2)), np.empty(0), centre, pull, free).tolist()
    [0.0, 1.0]
    >>> penalised(np.array([[1.0, 2.0]] * 50), -np.ones(50), centre, pull, free).round(1).tolist()
    [-2.8, 0.0]
    """
    from scipy.optimize import minimize

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (design @ theta)
        away = theta - centre
        value = float(np.logaddexp(0, -margin).sum() + 0.5 * pull @ away**2)
        slope = -sign / (1 + np.exp(np.clip(margin, -500, 500)))
        return value, design.T @ slope + pull * away

    bounds = [(None, None) if any_sign else (0.0, None) for any_sign in free]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    return np.asarray(found.x, np.float64)


def as_json(scorer: LogisticScorer) -> dict[str, object]:
    """Return the coefficients by name, rounded to four decimals, for `prior.json`."""
    return {
        "intercept": round(scorer.intercept, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, scorer.weights, strict=True)},
    }
