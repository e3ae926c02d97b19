"""From evidence to the probability that two photos show the same scene: a logistic model.

Its coefficients come from a prior fitted on virtual scenes (`prior.json`, made by `python -m
benchmarks.fit_pair_prior`). Every signal may be missing; a missing one adds nothing, so the rest decides.
Coefficients of signals that speak for a pair are never negative, so that more of such evidence cannot lower a score.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curate.pairing.evidence import Evidence

FEATURES = (
    "inliers",
    "inlier_share",
    "coverage",
    "alignment",
    "against_phone",
    "against_other",
    "hash",
    "time",
    "time_known",
    "distance",
    "distance_known",
)
"""Names of the model's columns, in order."""

FREE = frozenset({"time_known", "distance_known"})
"""Columns whose coefficient may have either sign: whether a signal is there at all is no evidence by itself, but it moves the
point where the signal turns from against to for."""

SIGNALS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "geometry": ("inliers", "inlier_share", "coverage", "alignment", "against_phone", "against_other"),
        "looks": ("hash",),
        "time": ("time", "time_known"),
        "place": ("distance", "distance_known"),
    }
)
"""The columns by the signal that they come from: what a workspace can trust more or less than virtual scenes do."""


class Scorer(Protocol):
    """What turns rows of features, (n, len(FEATURES)) float64, into (n,) probabilities."""

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class LogisticScorer:
    """P = 1 / (1 + exp(−(intercept + rows · weights))).

    Attributes:
        weights: (len(FEATURES),) float64.
    """

    intercept: float
    weights: NDArray[np.float64]

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities strictly between 0 and 1, so that scores keep their order."""
        logits = np.clip(self.intercept + rows @ self.weights, -30.0, 30.0)
        return np.asarray(1 / (1 + np.exp(-logits)), np.float64)

    def to_json(self) -> dict[str, object]:
        """Coefficients by name, for `prior.json`."""
        return {
            "intercept": round(self.intercept, 4),
            "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, self.weights, strict=True)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> LogisticScorer:
        """The inverse of `to_json`; a missing or unknown name is an error, since columns would be mistaken."""
        weights, intercept = data["weights"], data["intercept"]
        if not isinstance(weights, dict) or set(weights) != set(FEATURES) or not isinstance(intercept, (int, float)):
            raise ValueError("the pairing prior does not name this version's features")
        return cls(float(intercept), np.array([float(weights[name]) for name in FEATURES]))


def prior() -> LogisticScorer:
    """The scorer that comes with the package."""
    text = resources.files("curate.pairing.score").joinpath("prior.json").read_text(encoding="utf-8")
    return LogisticScorer.from_json(json.loads(text))


def feature_rows(evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """Model columns of candidate pairs, (n, len(FEATURES)) float64; each row depends on its own pair's evidence alone."""
    rows = np.zeros((len(evidence), len(FEATURES)))
    for k, e in enumerate(evidence):
        inliers = np.log1p(e.inliers)
        rows[k] = (
            inliers,
            e.inliers / max(e.matches, e.inliers, 1),
            e.coverage,
            0.0 if e.alignment is None else e.alignment - 0.5,
            inliers - np.log1p(max(e.most_phone, e.inliers)),
            inliers - np.log1p(max(e.most_other, e.inliers)),
            0.0 if e.hash_distance is None else (32 - e.hash_distance) / 32,
            0.0 if e.time_gap_s is None else -_far(abs(e.time_gap_s), 120.0 + 2 * (e.clock_spread_s or 0.0)),
            0.0 if e.time_gap_s is None else 1.0,
            0.0 if e.distance_m is None else -_far(e.distance_m, 100.0),
            0.0 if e.distance_m is None else 1.0,
        )
    return rows


def fit(
    rows: NDArray[np.float64], same: NDArray[np.bool_], start: LogisticScorer | None = None, strength: float = 1.0
) -> LogisticScorer:
    """Fit by penalised likelihood, the penalty pulling towards `start` (or towards 0), signs kept as `FREE` says.

    With few examples the result stays near `start`; with many it follows them.

    Args:
        rows: (n, len(FEATURES)) float64. same: (n,) bool.
        strength: of the penalty, in units of squared coefficient; a hundredth of it holds the intercept.
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
    amount: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Coefficients (k,) of a logistic regression that are pulled towards `centre`, by `pull` in units of squared distance.

    scikit-learn's pulls towards 0 alone and keeps no signs.

    Args:
        design: (n, k). sign: (n,) 1 for yes, −1 for no. amount: (n,) how much each row counts; 1 where None.
        free: (k,) whether a coefficient may be negative.
    """
    from scipy.optimize import minimize

    weight = np.ones(len(design)) if amount is None else amount

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (design @ theta)
        away = theta - centre
        value = float(weight @ np.logaddexp(0, -margin) + 0.5 * pull @ away**2)
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -500, 500)))
        return value, design.T @ slope + pull * away

    bounds = [(None, None) if any_sign else (0.0, None) for any_sign in free]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    return np.asarray(found.x, np.float64)


def _far(value: float, unit: float) -> float:
    """How far apart, from 0 to 1 with one half at `unit`: beyond some point, further away says no more."""
    return value / (value + unit)
