"""How often a photo with the same label is the more similar one, and how much that owes to the draw of the photos.

The two photos that are compared with a third one show the same content: where phones are used for other subjects than cameras,
photos with another label would otherwise be less similar for what they show. So a photo's figure is a mean over contents, in
which one with k₁ photos with the label and k₀ with another weighs k₁k₀ / (k₁ + k₀).

The figure is a U-statistic: every photo asks, and every photo is a candidate of others. Its variance over clusters is that of the
infinitesimal jackknife over both parts. Where labels play no part, that is too large by the variance of single pairs of clusters
(Efron and Stein 1981), which is taken off. Where a label goes with the camera, photos of one camera model belong together as
those of one cluster do: the variances of both are added and that of their intersections is taken off (Cameron, Gelbach and Miller
2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The candidates of each photo in the order of their similarity. Photos of a cluster stand next to each other.

    Attributes:
        order: (n, m) rows of the candidates by content, and of each the least similar first; behind them photos that are none.
        candidates: (n,) number of candidates.
        begin, end: (n, m) places at which the candidates of one content begin and end; None where they all are of one.
        low, high: (n, m) places at which the candidates exactly as similar begin and end; None where no two are.
        first: (G,) the first row of each cluster.
    """

    order: NDArray[np.int32]
    candidates: NDArray[np.int64]
    begin: NDArray[np.int32] | None
    end: NDArray[np.int32] | None
    low: NDArray[np.int32] | None
    high: NDArray[np.int32] | None
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Wins:
    """The figure of one label.

    Attributes:
        each: (n,) the share of pairs in which a photo finds the one with its label more similar; NaN where it has no pair.
        value: their mean.
        error: its standard error over clusters, and over camera models where the label goes with them.
        influence: (n,) what each photo adds to the figure's distance from its expectation, by asking and as a candidate.
    """

    each: NDArray[np.float64]
    value: float
    error: float
    influence: NDArray[np.float64]


def ranked(
    S: NDArray[np.floating[Any]],
    candidate: NDArray[np.bool_],
    first: NDArray[np.int64],
    content: NDArray[np.int64] | None = None,
) -> Ranked:
    """Order the candidates of each photo.

    Args:
        S: (n, n) similarities.
        candidate: (n, n) which photos are compared.
        first: the clusters' first rows.
        content: (n,) codes of what photos show; None where the candidates of a photo are of one content.
    """
    known = np.where(candidate, S, np.inf)
    most = max(int(candidate.sum(axis=1).max(initial=0)), 1)
    order = np.argsort(known, axis=1, kind="stable")[:, :most].astype(np.int32)
    begin = end = None
    new = np.zeros(order.shape, dtype=bool)
    if content is not None:
        there = np.arange(most) < candidate.sum(axis=1)[:, None]
        kinds = np.where(there, content[order], int(content.max()) + 1)
        by = np.argsort(kinds, axis=1, kind="stable")
        order, kinds = np.take_along_axis(order, by, axis=1), np.take_along_axis(kinds, by, axis=1)
        new[:, 1:] = kinds[:, 1:] != kinds[:, :-1]
        begin, end = _runs(new)
    values = np.take_along_axis(known, order.astype(np.int64), axis=1)
    change = new.copy()
    change[:, 0] = True
    change[:, 1:] |= (values[:, 1:] != values[:, :-1]) | ~np.isfinite(values[:, 1:])
    low, high = (None, None) if change.all() else _runs(change)
    return Ranked(order, candidate.sum(axis=1), begin, end, low, high, first)


def _runs(change: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each place of rows (n, m) where its run begins, and where it ends, from where runs begin."""
    place = np.arange(change.shape[1], dtype=np.int32)
    low = np.maximum.accumulate(np.where(change, place, 0), axis=1).astype(np.int32)
    ends = np.ones(change.shape, dtype=bool)
    ends[:, :-1] = change[:, 1:]
    last = np.where(ends, place + 1, change.shape[1] + 1)
    return low, np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1].astype(np.int32)


def wins(
    given: Ranked,
    labels: NDArray[np.int64],
    models: NDArray[np.int64] | None = None,
    keep: NDArray[np.bool_] | None = None,
) -> Wins:
    """The figure of some labels, with its standard error.

    Args:
        given: the photos.
        labels: (n,) codes.
        models: (n,) codes of camera models, where the label goes with them.
        keep: (n,) which photos ask and are candidates; None for all.
    """
    n = len(labels)
    there = np.arange(given.order.shape[1]) < given.candidates[:, None]
    if keep is not None:
        there &= keep[given.order] & keep[:, None]
    same = (labels[given.order] == labels[:, None]) & there
    other = there & ~same
    of_same, of_other = (_all(kind, given) for kind in (same, other))
    compared = (of_same > 0) & (of_other > 0)
    used = (compared & there).any(axis=1)
    if not used.any():
        return Wins(np.full(n, np.nan), float("nan"), 0.0, np.zeros(n))
    below = _before(other, given) / np.maximum(of_other, 1)
    above = 1.0 - _before(same, given) / np.maximum(of_same, 1)
    # The weight of a content is shared among its photos: those with the label weigh together as much as those with another.
    weight = np.where(there & compared, np.where(same, of_other, of_same) / np.maximum(of_same + of_other, 1), 0.0)
    weight /= np.maximum(np.where(same, weight, 0.0).sum(axis=1, keepdims=True), 1e-12)
    each = np.where(used, np.where(same, weight * below, 0.0).sum(axis=1), np.nan)
    asked, value = int(used.sum()), float(np.nanmean(each))
    share = weight * (np.where(same, below, above) - np.nan_to_num(each)[:, None])
    share[~used] = 0.0
    of_photo = np.zeros((n, n), dtype=np.float32)
    np.put_along_axis(of_photo, given.order.astype(np.int64), share, axis=1)
    of_photo /= asked
    asking = np.where(used, np.nan_to_num(each) - value, 0.0) / asked
    variance = _between_clusters(of_photo, asking, given.first)
    influence = asking + of_photo.sum(axis=0, dtype=np.float64)
    if models is not None:
        code = np.repeat(np.arange(len(given.first)), np.diff(np.r_[given.first, n]))
        of_models, of_both = _between(influence, models), _between(influence, code * (int(models.max()) + 1) + models)
        variance = max(variance + of_models - of_both, variance, of_models)
    return Wins(each, value, float(np.sqrt(variance)), influence)


def _between(influence: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """The variance of a sum over groups, from what each photo (n,) adds to it."""
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=influence)
    return float(np.sum(sums**2)) * len(sums) / max(len(sums) - 1, 1)


def _between_clusters(of_photo: NDArray[np.float32], asking: NDArray[np.float64], first: NDArray[np.int64]) -> float:
    """The variance over clusters, without that of single pairs of them.

    Args:
        of_photo: (n, n) what each candidate (column) adds to the figure by each photo that asks (row).
        asking: (n,) what each photo adds by asking.
        first: (G,) the first row of each cluster.
    """
    pairs = np.add.reduceat(np.add.reduceat(of_photo, first, axis=1), first, axis=0).astype(np.float64)
    influence, count = np.add.reduceat(asking, first) + pairs.sum(axis=0), len(first)
    together = pairs + pairs.T
    means = together.sum(axis=1) / max(count - 1, 1)
    together -= means[:, None] + means - together.sum() / max(count * (count - 1), 1)
    of_pairs = float(np.sum(together**2) - np.sum(np.diag(together) ** 2)) / 2
    return max(float(np.sum(influence**2)) - of_pairs, of_pairs) * count / max(count - 1, 1)


def _all(kind: NDArray[np.bool_], given: Ranked) -> NDArray[np.floating[Any]]:
    """How many candidates of a kind (n, m) there are of the content of the one at each place."""
    if given.begin is None or given.end is None:
        return np.broadcast_to(kind.sum(axis=1, keepdims=True).astype(np.float64), kind.shape)
    count = _counted(kind)
    return np.asarray(np.take_along_axis(count, given.end, axis=1) - np.take_along_axis(count, given.begin, axis=1))


def _before(kind: NDArray[np.bool_], given: Ranked) -> NDArray[np.floating[Any]]:
    """How many of a kind (n, m) and of its content are less similar than the one at each place; half of those as similar."""
    count = _counted(kind)
    if given.low is None or given.high is None:
        found = (count[:, :-1] + count[:, 1:]) / 2
    else:
        found = (np.take_along_axis(count, given.low, axis=1) + np.take_along_axis(count, given.high, axis=1)) / 2
    return found if given.begin is None else found - np.take_along_axis(count, given.begin, axis=1)


def _counted(kind: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How many of a kind (n, m) stand before each place, and in all: (n, m + 1)."""
    count = np.zeros((kind.shape[0], kind.shape[1] + 1), dtype=np.float32)  # exact for so many photos
    np.cumsum(kind, axis=1, out=count[:, 1:])
    return count
