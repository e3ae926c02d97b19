"""How unlikely it is that the matches of two photos agree by chance: the a-contrario significance of the best model.

Photos from different standpoints cannot be laid over each other, but their matches still obey one geometry. Few of them do, so
the question is whether that many would do so by chance. The number of false alarms (NFA) answers it: the number of models
that would be explained as well by matches placed at random (Moisan and Stival, IJCV 2004; Moisan, Moulon and Monasse, IPOL
2012). For a model that `s` matches determine and that `k` of `n` matches fit within a distance `r`,

    NFA = T · (n − s) · C(n, k) · C(k, s) · (p(r) · W)^(k − s)

- `p(r)` is the probability that a random point lies that near: 2 D r / A for an epipolar line (D is the picture's diagonal, A its
  area), π r² / A for a point; the larger one of both directions counts.
- `W` is the probability that a random match agrees in turn and scale. Matches of one view turn and scale alike, so only those
  in one window of ±30° and ±0.7 octaves are kept. `W` is measured: the share of all pairings of the matched keypoints of both
  photos that lies in the window, at least 0.02. Upright buildings have many upright keypoints, so that share is not uniform.
- `T` is the number of tests: the windows times the kinds of model.

One thing in two places (a product, a poster) agrees as significantly as a scene. But its points lie on one plane, or close to it,
in one part of the picture. So a second number, the parallax, tells how significantly the matches agree that lie off the best
plane. The plane is known then, and two more matches determine the fundamental matrix (plane and parallax: Irani and Anandan,
PAMI 1998): `s` is 2. Only one inlier counts in each cell of 64 × 64 pixels, a tenth of the picture's width, so that the other
sides of a package, or another single thing, add little.

Assumptions: without a common scene, the positions of matches are uniform and independent, and independent of turn and scale.
Matches close together are not independent, so only one inlier counts in each cell of 16 × 16 pixels, in both photos. The
letters of a caption do not count either (`BAND`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.pairing.features import Features
from curate.pairing.geometry import estimated
from curate.pairing.matching import LEAST, WINDOWS, Window, window

RATIO = 0.95
"""Ratio of the matches: a wrong match costs little where the significance is computed, and a right one is rare."""

CELL = 16
"""Side of a cell, in pixels of a preview of 640 pixels."""

WIDE_CELL = 64
"""The same for parallax."""

OFF_PLANE = 8.0
"""Pixels from where the plane is seen, from which on a match lies off it. Packages are curved or folded."""

BAND = 32.0
"""Pixels. Where more than half of the inliers lie in a band so narrow, along or across the picture, in both photos, it is taken
to be a caption or a date stamp, and they do not count."""

LEAST_DISTANCE = 0.3
"""Pixels; keypoints are not more exact than this."""

NOTHING = -40.0
"""The least significance; below 0, that many matches agree by chance in nearly every two photos."""

_ANY_PLANE = 4
"""Matches that determine a homography."""

_WITH_PLANE = 2
"""Matches that determine a fundamental matrix where a plane is known."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane on which matches agree.

    Attributes:
        matrix: (3, 3) float64, from pixels of the first preview to pixels of the second.
        points: (k, 2) float32, its inliers that count, pixels of the first preview.
        there: (k, 2) float32, the same in the second preview.
    """

    matrix: NDArray[np.float64]
    points: NDArray[np.float32]
    there: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The most significant model.

    Attributes:
        significance: −log10 of the number of false alarms; at most 0 where nothing agrees more than by chance.
        mask: (k,) bool, the matches that count as its inliers.
        parallax: the same of the matches that lie off the best plane.
        plane: the best plane; None where no plane is significant.
    """

    significance: float
    mask: NDArray[np.bool_]
    parallax: float = NOTHING
    plane: Plane | None = None


@dataclass(frozen=True, slots=True)
class _Model:
    """A kind of model.

    Attributes:
        sample: number of matches that determine it.
        farthest: largest distance of an inlier, pixels.
        fit: the estimator; None where it finds no model.
        is_line: whether it maps a point to a line.
    """

    sample: int
    farthest: float
    fit: Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float64] | None]
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A model and the matches that fit it.

    Attributes:
        model: its kind.
        matrix: (3, 3) float64.
        value: significance.
        chosen: its inliers that count, as positions among the matches in the window.
        chance: (k,) probability that a random point lies as near to where the model sees each match.
        distances: (k,) pixels, the larger one of both photos.
    """

    model: _Model
    matrix: NDArray[np.float64]
    value: float
    chosen: NDArray[np.intp]
    chance: NDArray[np.float64]
    distances: NDArray[np.float64]


def agreement(a: Features, b: Features, pairs: NDArray[np.intp], found_in: Window | None = None) -> Agreement:
    """Return how significantly matches agree on one view.

    Args:
        a: features of the first photo.
        b: features of the second photo.
        pairs: (k, 2) indices of the matched keypoints, by the ratio `RATIO`.
        found_in: their window of turn and scale, where it is known.
    """
    nothing = Agreement(NOTHING, np.zeros(len(pairs), np.bool_))
    share, inside, _ = found_in or window(a, b, pairs)
    if len(inside) < LEAST:
        return nothing
    one, two = a.points[pairs[inside, 0]], b.points[pairs[inside, 1]]

    def fitted(model: _Model, among: NDArray[np.intp] | None = None) -> _Fitted | None:
        """Fit a model to the matches in the window, or to some of them, and judge it by all of them."""
        some = np.arange(len(inside)) if among is None else among
        matrix = model.fit(one[some], two[some]) if len(some) > model.sample + 1 else None
        if matrix is None or not np.isfinite(matrix).all():
            return None
        distances = _distances(matrix, model, one, two)
        if distances is None:
            return None
        chance = _chance(distances, model, (a, b))
        value, chosen = _significance(chance, model.sample, one, two, len(pairs), share)
        return _Fitted(model, matrix, value, chosen, chance, np.maximum(*distances))

    found = [one_model for model in _MODELS if (one_model := fitted(model)) is not None]
    lines = next((f for f in found if f.model.is_line), None)
    if lines is not None and lines.value > 0:
        # Few of the matches may lie on a plane, but many of those that fit the lines.
        found += [f for model in _MODELS if model.sample == _ANY_PLANE and (f := fitted(model, lines.chosen))]
    best = max(found, key=lambda f: f.value, default=None)
    if best is None or best.value == NOTHING:
        return nothing
    nothing.mask[inside[best.chosen]] = True
    plane = max((f for f in found if not f.model.is_line and f.value > 0), key=lambda f: f.value, default=None)
    parallax = NOTHING
    if lines is not None:
        off = np.ones(len(inside), np.bool_) if plane is None else plane.distances >= OFF_PLANE
        sample = lines.model.sample if plane is None else _WITH_PLANE
        others = len(pairs) - int((~off).sum())
        parallax, _ = _significance(lines.chance[off], sample, one[off], two[off], others, share, WIDE_CELL)
    part = None if plane is None else Plane(plane.matrix, one[plane.chosen], two[plane.chosen])
    return Agreement(best.value, nothing.mask, parallax, part)


def most(one: Agreement, two: Agreement) -> Agreement:
    """Return the more significant one of two agreements of the same photos, with the larger parallax of both."""
    best = max(one, two, key=lambda found: found.significance)
    return replace(best, parallax=max(one.parallax, two.parallax))


def _matrix(
    estimator: Callable[..., Any], a: NDArray[np.float32], b: NDArray[np.float32], **settings: Any
) -> NDArray[np.float64] | None:
    """Return the (3, 3) matrix that one of OpenCV's estimators finds; None where it finds none."""
    matrix: NDArray[np.float64] | None
    matrix, _ = estimated(estimator, a, b, **settings)
    if matrix is not None and matrix.shape == (2, 3):
        return np.vstack([matrix, (0.0, 0.0, 1.0)])
    return matrix


def _fundamental(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64] | None:
    settings = {"ransacReprojThreshold": 1.5, "confidence": 0.995, "maxIters": 1000}
    matrix = _matrix(cv2.findFundamentalMat, a, b, method=cv2.USAC_MAGSAC, **settings)
    # OpenCV's is now and then so small that distances from its lines would be 0.
    length = 0.0 if matrix is None or matrix.shape != (3, 3) else float(np.linalg.norm(matrix))
    return matrix / length if matrix is not None and length > 0 else None


_MODELS = (
    _Model(
        2,
        24.0,
        partial(_matrix, cv2.estimateAffinePartial2D, method=cv2.RANSAC, ransacReprojThreshold=9.0, maxIters=500),
    ),
    _Model(
        3, 24.0, partial(_matrix, cv2.estimateAffine2D, method=cv2.USAC_MAGSAC, ransacReprojThreshold=6.0, maxIters=500)
    ),
    _Model(
        4,
        16.0,
        partial(
            _matrix,
            cv2.findHomography,
            method=cv2.USAC_MAGSAC,
            ransacReprojThreshold=4.0,
            maxIters=1000,
            confidence=0.995,
        ),
    ),
    _Model(7, 4.0, _fundamental, is_line=True),
)
_TESTS = WINDOWS * len(_MODELS)


def _distances(
    matrix: NDArray[np.float64], model: _Model, one: NDArray[np.float32], two: NDArray[np.float32]
) -> list[NDArray[np.float64]] | None:
    """Return (k,) pixels in the second and in the first photo between each match and where the model sees it.

    None where the model has no inverse.
    """
    a, b = (np.column_stack([points, np.ones(len(points))]).astype(np.float64) for points in (one, two))
    if model.is_line:
        product = np.abs(np.einsum("ij,ij->i", b @ matrix, a))
        lines = (a @ matrix.T)[:, :2], (b @ matrix)[:, :2]
        return [product / np.maximum(np.linalg.norm(line, axis=1), 1e-12) for line in lines]
    if abs(np.linalg.det(matrix)) < 1e-12:
        return None
    distances = []
    for points, onto, seen in ((a, matrix, b), (b, np.linalg.inv(matrix), a)):
        there = points @ onto.T
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.linalg.norm(there[:, :2] / there[:, 2:] - seen[:, :2], axis=1)
        distances.append(np.where(np.isfinite(away), away, np.inf))
    return distances


def _chance(
    distances: list[NDArray[np.float64]], model: _Model, photos: tuple[Features, Features]
) -> NDArray[np.float64]:
    """Return (k,) the probability that a random point lies as near to where the model sees each match; 1 where it is too far."""
    chance = np.zeros(len(distances[0]))
    for distance, photo in zip(distances, reversed(photos), strict=True):
        r = np.maximum(distance, LEAST_DISTANCE)
        area = float(photo.width * photo.height)
        share = 2 * np.hypot(photo.width, photo.height) * r / area if model.is_line else np.pi * r**2 / area
        chance = np.maximum(chance, np.where(r > model.farthest, 1.0, np.minimum(share, 1.0)))
    return chance


def _significance(
    chance: NDArray[np.float64],
    sample: int,
    one: NDArray[np.float32],
    two: NDArray[np.float32],
    count: int,
    share: float,
    cell: int = CELL,
) -> tuple[float, NDArray[np.intp]]:
    """Return −log10 NFA for the best distance, and the inliers that count: one in each cell."""
    order = np.argsort(chance, kind="stable")
    order = order[chance[order] < 1.0]
    fresh = order[_first_of_cells(one[order], cell) & _first_of_cells(two[order], cell)]
    value, kept = _most_significant(chance, fresh, sample, count, share)
    caption = _caption(one[kept], two[kept])
    if caption is not None:
        (axis_one, low_one), (axis_two, low_two) = caption
        away_one, away_two = one[fresh, axis_one] - low_one, two[fresh, axis_two] - low_two
        fresh = fresh[(away_one < 0) | (away_one >= BAND) | (away_two < 0) | (away_two >= BAND)]
        value, kept = _most_significant(chance, fresh, sample, count, share)
    return value, kept


def _most_significant(
    chance: NDArray[np.float64], fresh: NDArray[np.intp], sample: int, count: int, share: float
) -> tuple[float, NDArray[np.intp]]:
    """Return −log10 NFA for the best distance, and the inliers; `fresh` are the matches that may count, the nearest first."""
    from scipy.special import gammaln

    if len(fresh) <= sample + 1:
        return NOTHING, fresh[:0]

    def log_choose(n: float | NDArray[np.float64], m: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(gammaln(n + 1.0) - gammaln(m + 1.0) - gammaln(n - m + 1.0))

    k = np.arange(sample + 1, len(fresh) + 1, dtype=np.float64)
    logs = (
        np.log(_TESTS * max(1, count - sample))
        + log_choose(float(count), k)
        + log_choose(k, float(sample))
        + (k - sample) * np.log(chance[fresh[sample:]] * share)
    )
    best = int(np.argmin(logs))
    return max(NOTHING, float(-logs[best] / np.log(10.0))), fresh[: sample + 1 + best]


def _caption(one: NDArray[np.float32], two: NDArray[np.float32]) -> tuple[tuple[int, float], tuple[int, float]] | None:
    """Return (axis, lower end) of a band in each photo that hold more than half of the inliers together; None without such."""
    for axis in (0, 1):
        low, inside = _fullest_band(one[:, axis])
        for axis_two in (0, 1):
            low_two, both = _fullest_band(two[inside, axis_two])
            if 2 * len(both) > len(one):
                return (axis, low), (axis_two, low_two)
    return None


def _fullest_band(places: NDArray[np.float32]) -> tuple[float, NDArray[np.intp]]:
    """Return the lower end of the band `BAND` pixels wide that holds the most places, and those places."""
    if not len(places):
        return 0.0, np.empty(0, np.intp)
    ordered = np.sort(places)
    counts = np.searchsorted(ordered, ordered + BAND, side="left") - np.arange(len(ordered))
    low = float(ordered[int(np.argmax(counts))])
    return low, np.flatnonzero((places >= low) & (places < low + BAND))


def _first_of_cells(points: NDArray[np.float32], cell: int) -> NDArray[np.bool_]:
    """Return whether each point is the first one in its cell of so many pixels."""
    cells = np.floor(points / cell).astype(np.int64)
    first = np.zeros(len(points), np.bool_)
    first[np.unique(cells[:, 0] * 4096 + cells[:, 1], return_index=True)[1]] = True
    return first
