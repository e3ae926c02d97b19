"""The probability that two photos show the same scene, given their evidence: a logistic regression.

Its coefficients come from a prior fitted on virtual scenes (`prior.json`, written by `python -m benchmarks.fit_pair_prior`).
Any signal may be missing; a missing signal adds nothing to the log-odds. Coefficients of signals that support a pair are
never negative, so that more evidence cannot lower a score.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.pairing.evidence import Evidence

FEATURES = (
    "inliers",
    "inlier_share",
    "coverage",
    "alignment",
    "chance",
    "agreement",
    "parallax",
    "extent",
    "sight",
    "moved",
    "against_phone",
    "against_other",
    "hash",
    "time",
    "time_known",
    "distance",
    "distance_known",
)
"""Names of the feature columns, in order: those of geometry, then of looks, time and place."""

LEAST_AGREEMENT = 1.0
"""Significance (−log10 of the number of false alarms) from which agreement counts."""

MOST_AGREEMENT = 12.0
"""Significance from which more of it counts no more."""

MOST_PARALLAX = 2.0
"""The same of parallax, whose matches are few: one in each of 75 cells. Few wrong pairs reach it
(`python -m benchmarks.fit_pair_prior` prints how many), as where a whole group of things was moved."""

NO_DEPTH, SOME_DEPTH = -8.0, -3.0
"""Parallax of pictures that cannot be laid over each other: up to the first, one plane is all that agrees; from the second on,
some matches off that plane agree as well. Alone they could do so by chance, but beside much that agrees they hardly do."""

LITTLE, HALF = 0.2, 0.5
"""`SMALL` and `LARGE` for so little parallax."""

SMALL = 0.3
"""Extent up to which the agreeing part is as likely one thing in two places (a product, a poster, a window) as a sight."""

LARGE = 0.65
"""Extent from which more of it counts no more. A flat thing in two places can be half of what both photos show."""

CHANGED = 0.6
"""Sameness up to which things were moved in the agreeing part, or it does not lie on one plane."""

SAME = 0.8
"""Sameness from which more of it counts no more."""

DIFFERENT, SIMILAR = 0.4, 0.6
"""`CHANGED` and `SAME` for pictures that cannot be laid over each other: seen from elsewhere, a sight with depth in other light
looks less the same."""

UNCHANGED, PRINTED = 0.8, 0.95
"""Sameness of pictures that cannot be laid over each other, up to which a sight looks the same from elsewhere, and from which on
the agreeing part is a print (a product, a poster), which looks the same in any light."""

LAID_HARDLY = 0.5
"""Alignment up to which a sight is taken to be seen from elsewhere; look-alikes whose agreeing part looks the same have more."""

LAID_CLOSELY, LAID_EXACTLY = 0.65, 0.9
"""Alignment from which a sight does not count, as alignment says more, and from which it counts again: a pair that can be laid
over exactly is no less likely than one seen from elsewhere."""

MOST_ALIKE = 30.0
"""Excess of matches that turn and scale alike, plus number of matches, from which more of them counts no more."""

FAINT = 0.5
"""The share of the most agreement that they count where the agreement is not significant: they rank these pairs."""

APART = 0.3
"""Alignment up to which agreement counts in full. Look-alikes from one standpoint have more, since most of their things are in
place."""

LAID_OVER = 0.45
"""Alignment from which agreement does not count: the pictures can be laid over each other, and alignment says more."""

RIVAL = 0.1
"""The least share of the most agreement of either photo that counts."""

WEAKER, EQUAL = 0.2, 0.5
"""Shares of the most agreement of either photo: up to the first, a pair agrees less than a photo does with a right partner, and
from the second on as much."""


_BY_CHANCE: dict[str, Any] = {"agreement": 0.0, "parallax": None, "extent": 0.0, "sameness": None, "alignment": None}
"""The evidence that a pair would have if its pictures agreed by chance."""


@dataclass(frozen=True, slots=True)
class LogisticScorer:
    """A logistic regression: P = 1 / (1 + exp(−(intercept + rows · weights))).

    Attributes:
        intercept: log-odds of a row of zeros.
        weights: (len(FEATURES),) float64.
    """

    intercept: float
    weights: NDArray[np.float64]

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n,) probabilities, strictly between 0 and 1, so that scores keep their order.

        >>> from curate.pairing.evidence import Evidence
        >>> weak = Evidence(matches=30, inliers=6)
        >>> strong = Evidence(90, 80, coverage=0.8, alignment=0.9, agreement=90.0, extent=0.9, sameness=0.9)
        >>> prior().probabilities(feature_rows([weak, strong])).round(3).tolist()
        [0.413, 0.991]
        """
        logits = np.clip(self.intercept + rows @ self.weights, -30.0, 30.0)
        return np.asarray(1 / (1 + np.exp(-logits)), np.float64)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> LogisticScorer:
        """Return the scorer of `prior.json`, which `benchmarks.fit_pair_prior` writes.

        Raises:
            ValueError: the names are not exactly those of `FEATURES`.
        """
        weights, intercept = data["weights"], data["intercept"]
        if not isinstance(weights, dict) or set(weights) != set(FEATURES) or not isinstance(intercept, (int, float)):
            raise ValueError("the pairing prior does not name this version's features")
        return cls(float(intercept), np.array([float(weights[name]) for name in FEATURES]))


def prior() -> LogisticScorer:
    """Return the scorer that comes with the package."""
    text = resources.files("curate.pairing.score").joinpath("prior.json").read_text(encoding="utf-8")
    return LogisticScorer.from_json(json.loads(text))


def pair_scores(evidence: Sequence[Evidence], rows: NDArray[np.float64], scorer: LogisticScorer) -> NDArray[np.float64]:
    """Return the probability that each pair shows one scene, (n,) float64.

    A pair whose pictures agree significantly never has a lower score than it would have if they agreed by chance. Two photos from
    far apart have few matches, and each of them agrees more with other photos; their few matches must not count against them.

    Args:
        evidence: the evidence of n pairs.
        rows: their feature columns, (n, len(FEATURES)) float64 (`feature_rows`).
        scorer: the model.

    >>> from curate.pairing.evidence import Evidence
    >>> few = Evidence(40, 6, alignment=0.0, agreement=14.0, most_phone=90, most_other=90, most_agreement=600.0)
    >>> rows = feature_rows([few])
    >>> bool(pair_scores([few], rows, prior())[0] > prior().probabilities(rows)[0])
    True
    """
    found = scorer.probabilities(rows)
    agreeing = [k for k, e in enumerate(evidence) if e.agreement is not None and not _is_chance(e)]
    by_chance = scorer.probabilities(feature_rows([replace(evidence[k], **_BY_CHANCE) for k in agreeing]))
    found[agreeing] = np.maximum(found[agreeing], by_chance)
    return found


def feature_rows(evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """Return the feature columns of pairs, (n, len(FEATURES)) float64; each row depends on its own pair's evidence alone."""
    rows = np.zeros((len(evidence), len(FEATURES)))
    for k, e in enumerate(evidence):
        seen = 0.0 if _is_chance(e) else 1.0
        inliers, parallax, extent = np.log1p(e.inliers), _parallax(e), _extent(e)
        sight = extent * _hardly_or_exactly(e)
        apart = max(sight, _from_another_standpoint(e))
        rivals = seen * (1.0 - max(parallax, sight, _as_a_partner(e)))
        rows[k] = (
            seen * inliers,
            seen * e.inliers / max(e.matches, e.inliers, 1),
            seen * e.coverage,
            _alignment(e, apart),
            -1.0 if _is_chance(e) else 0.0,
            _agreement(e, apart),
            parallax,
            extent,
            sight,
            -(1.0 - parallax) * _moved(e),
            rivals * (inliers - np.log1p(max(e.most_phone, e.inliers))),
            rivals * (inliers - np.log1p(max(e.most_other, e.inliers))),
            0.0 if e.hash_distance is None else (32 - e.hash_distance) / 32,
            0.0 if e.time_gap_s is None else -_saturated(abs(e.time_gap_s), 120.0 + 2 * (e.clock_spread_s or 0.0)),
            0.0 if e.time_gap_s is None else 1.0,
            0.0 if e.distance_m is None else -_saturated(e.distance_m, 100.0),
            0.0 if e.distance_m is None else 1.0,
        )
    return rows


def _parallax(e: Evidence) -> float:
    """Return how much the parallax counts, 0 to 1: its share of `MOST_PARALLAX`, times the share of the agreement.

    Things that were moved as a group lie off the plane of the others, too. Where most of what both photos show agrees and looks
    different, and a photo agrees much more with another one, parallax counts less.
    """
    moved = 0.0 if e.extent is None or e.sameness is None else e.extent * (1.0 - _same(e))
    much = _ramp(e.parallax, 0.0, MOST_PARALLAX) * (1.0 - moved * (1.0 - _as_a_partner(e)))
    return max(much, _some_parallax(e) * (1.0 - moved)) * _significance(e)


def _some_parallax(e: Evidence) -> float:
    """Return how much parallax counts that is not significant by itself, 0 to 1 (`SOME_DEPTH`).

    Three things are asked. A good part of what both photos show agrees. That part does not look like a print. The pair agrees
    about as much as either photo does with any other.
    """
    depth, part = _ramp(e.parallax, NO_DEPTH, SOME_DEPTH), _ramp(e.extent, LITTLE, HALF) * (1.0 - _looks_printed(e))
    return _hardly_or_exactly(e) * depth * part * _as_a_partner(e)


def _laid_hardly(e: Evidence) -> float:
    """Return how surely the pictures cannot be laid over each other, 0 to 1."""
    return 1.0 if e.alignment is None else _ramp(-e.alignment, -LAID_CLOSELY, -LAID_HARDLY)


def _hardly_or_exactly(e: Evidence) -> float:
    """Return how surely the pictures cannot be laid over each other, or can exactly, 0 to 1; between, alignment says more."""
    return max(_laid_hardly(e), _ramp(e.alignment, LAID_EXACTLY, 1.0))


def _looks_printed(e: Evidence) -> float:
    """Return how surely the agreeing part is a print in two places, 0 to 1: it looks the same, and the pictures differ."""
    return _laid_hardly(e) * _ramp(e.sameness, UNCHANGED, PRINTED)


def _is_unclear(e: Evidence) -> bool:
    """Return whether it is known that the pictures do not agree significantly."""
    return e.agreement is not None and e.agreement < LEAST_AGREEMENT


def _is_chance(e: Evidence) -> bool:
    """Return whether a view was found by chance: nothing agrees significantly, and the pictures laid over each other differ."""
    return _is_unclear(e) and (e.alignment is None or e.alignment < 0.5)


def _agreement(e: Evidence, apart: float) -> float:
    """Return the agreement as a share of the most that counts, 0 to 1."""
    if _is_unclear(e):
        return FAINT * min(max(e.alike or 0.0, 0.0) + e.matches, MOST_ALIKE) / MOST_ALIKE
    return apart * _significance(e)


def _extent(e: Evidence) -> float:
    """Return how surely both photos show one flat sight, 0 to 1.

    Most of what both show then agrees on one plane and looks the same, but not as exactly as a print in two places does.
    """
    if _is_unclear(e):
        return 0.0
    return _significance(e) * _ramp(e.extent, SMALL, LARGE) * _same(e) * (1.0 - _looks_printed(e)) * _as_a_partner(e)


def _same(e: Evidence) -> float:
    """Return how surely the agreeing part looks the same, 0 to 1.

    Less is asked of pictures that cannot be laid over each other. What can be laid over exactly looks the same.
    """
    from_elsewhere = 0.0 if e.alignment is None else _ramp(-e.alignment, -LAID_OVER, -APART)
    as_seen_from_elsewhere = from_elsewhere * _ramp(e.sameness, DIFFERENT, SIMILAR)
    return max(_ramp(e.sameness, CHANGED, SAME), as_seen_from_elsewhere, _ramp(e.alignment, LAID_EXACTLY, 1.0))


def _as_a_partner(e: Evidence) -> float:
    """Return how surely two photos agree as much as either does with any other photo, 0 to 1; 0 where nothing agrees."""
    if e.agreement is None or _is_unclear(e):
        return 0.0
    return _ramp(e.agreement / max(e.most_agreement, e.agreement), WEAKER, EQUAL)


def _ramp(value: float | None, low: float, high: float) -> float:
    """Return 0 up to `low` and without a value, 1 from `high` on, and a part in between."""
    return 0.0 if value is None else min(max((value - low) / (high - low), 0.0), 1.0)


def _moved(e: Evidence) -> float:
    """Return how surely things were moved at one place, 0 to 1: most of what both photos show agrees, and looks different."""
    if _is_unclear(e) or e.extent is None or e.sameness is None:
        return 0.0
    return _significance(e) * e.extent * (1.0 - _same(e))


def _significance(e: Evidence) -> float:
    """Return the agreement as a share of the most that counts, 0 to 1."""
    return min(max(e.agreement or 0.0, 0.0), MOST_AGREEMENT) / MOST_AGREEMENT


def _alignment(e: Evidence, apart: float) -> float:
    """Return the alignment minus 0.5.

    Values below 0 speak against the pair. They count less, the surer it is that the photographers stood apart.
    """
    if e.alignment is None or _is_chance(e):
        return 0.0
    return e.alignment - 0.5 if e.alignment > 0.5 else (1.0 - apart) * (e.alignment - 0.5)


def _from_another_standpoint(e: Evidence) -> float:
    """Return how much a pair is taken as one scene from two standpoints, 0 to 1: agreement counts so much, alignment the rest.

    Parallax shows it: look-alikes from one standpoint have none, and neither has one thing in two places. Without parallax,
    agreement alone shows it less surely, since look-alikes also agree. But most of them can be laid over each other in part, or
    agree much less than a photo does with its right partner.
    """
    parallax = _parallax(e)
    if e.agreement is None or e.agreement < max(LEAST_AGREEMENT, RIVAL * e.most_agreement):
        return parallax
    return max(parallax, 0.5 if e.alignment is None else _ramp(-e.alignment, -LAID_OVER, -APART))


def _saturated(value: float, unit: float) -> float:
    """Map a gap or distance to 0 to 1, with 0.5 at `unit`: among large values, a difference means little."""
    return value / (value + unit)
