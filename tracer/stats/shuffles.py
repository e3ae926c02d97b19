"""Shuffles of a label that keep together what belongs together.

A permutation test is exact where the label could as well have been dealt out in each of the shuffled ways. Photos of one scene or
owner are not dealt a label one by one where they all have the same one, so whole clusters change labels then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK = 20
"""Clusters of similar size that may change labels, where the label varies inside clusters of different sizes."""


class Unit(StrEnum):
    """What changes places in a shuffle."""

    PHOTOS = "photos"
    WITHIN = "photos within scenes or owners"
    SCENES = "whole scenes within owners"
    WHOLE = "whole scenes or owners"
    MODELS = "whole camera models"


@dataclass(frozen=True, slots=True, eq=False)
class Shuffle:
    """Draws of a shuffled order: `labels[shuffle.draw(rng)]` are shuffled labels.

    Attributes:
        unit: what changes places.
        code: (n,) cluster of each photo, from 0.
        order: (n,) photos by cluster.
        rank: (n,) each photo's place in its cluster, from 0.
        start, size: (clusters,) of each cluster in `order`.
        block: (clusters,) clusters change places inside a block.
    """

    unit: Unit
    code: NDArray[np.int64]
    order: NDArray[np.int64]
    rank: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    block: NDArray[np.int64]

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the photo (n,) from which each photo takes its label."""
        n = len(self.code)
        if self.unit is Unit.PHOTOS:
            return rng.permutation(n)
        if self.unit is Unit.WITHIN:
            source = np.empty(n, dtype=np.int64)
            source[self.order] = np.lexsort((rng.random(n), self.code))
            return source
        place = self.order[self.start + rng.integers(self.size)]  # a photo of each cluster
        donor = self.donors(rng)[self.code]
        turn = self.rank[place][self.code]
        return np.asarray(self.order[self.start[donor] + (self.rank + turn) % self.size[donor]])

    def donors(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the cluster (clusters,) whose labels each cluster takes."""
        count = len(self.size)
        if not self.block.any():
            return rng.permutation(count)
        donor = np.empty(count, dtype=np.int64)
        donor[np.lexsort((np.arange(count), self.block))] = np.lexsort((rng.random(count), self.block))
        return donor


def varying(labels: ArrayLike, clusters: ArrayLike) -> NDArray[np.bool_]:
    """Return for each cluster, in the order of `np.unique`, whether its photos have several labels."""
    code, label = (np.unique(part, return_inverse=True)[1] for part in (clusters, labels))
    held = np.unique(code * (int(label.max()) + 1) + label)
    return np.asarray(np.bincount(held // (int(label.max()) + 1)) > 1)


def shuffle_of(
    labels: ArrayLike,
    clusters: ArrayLike,
    *,
    within: bool | None = None,
    seed: int = 0,
    scenes: ArrayLike | None = None,
) -> Shuffle:
    """Return the shuffle that fits how a label belongs to clusters.

    * Each photo is its own cluster: photos change labels.
    * Most photos are in clusters with several labels (a scene that several cameras took), and `within` allows it: photos change
      labels inside their cluster. What the cluster gives away stays as it is. Where scenes inside an owner's photos are known,
      photos change labels inside scenes if most photos are in scenes with several; otherwise whole scenes of the owner do.
    * Otherwise whole clusters change labels. A cluster takes the labels of another one in their order, from a place that is
      drawn, and again from the first where it has more photos. Where every cluster has one label, or all are of one size, this
      is exact. Otherwise clusters change labels with `BLOCK` others of about their size.

    Args:
        labels: (n,).
        clusters: (n,).
        within: False to change whole clusters in any case; True for photos inside clusters; by the labels if left out.
        seed: of the order of photos inside clusters.
        scenes: (n,) parts of the clusters whose photos belong together more closely; None where none are known.

    >>> shuffle_of(["phone", "phone", "camera", "camera"], [1, 1, 2, 2]).unit.value
    'whole scenes or owners'
    >>> shuffle_of(["phone", "phone", "camera", "camera"], [1, 1, 1, 1], scenes=[1, 1, 2, 2]).unit.value
    'whole scenes within owners'
    """
    label = np.asarray(labels)
    code, size = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)[1:]
    n = len(code)
    several = varying(label, code)
    inside = bool(several[code].mean() >= 0.5) if within is None else within
    unit = Unit.PHOTOS if len(size) == n else Unit.WITHIN if inside else Unit.WHOLE
    block = np.zeros(len(size), dtype=np.int64)
    if unit is Unit.WHOLE and several.any() and size.min() != size.max():
        block[np.argsort(size, kind="stable")] = np.minimum(
            np.arange(len(size)) // BLOCK, max(len(size) // BLOCK - 1, 0)
        )
    if unit is Unit.WITHIN and scenes is not None:
        scene = np.unique(np.asarray(scenes), return_inverse=True)[1]
        parts, inner, count = np.unique(code * (int(scene.max()) + 1) + scene, return_inverse=True, return_counts=True)
        if len(parts) < n:
            unit = Unit.WITHIN if varying(label, inner)[inner].mean() >= 0.5 else Unit.SCENES
            code, size, block = inner, count, parts // (int(scene.max()) + 1)
    order = np.lexsort(
        (np.random.default_rng([seed, 1]).random(n), code)
    )  # not the stream that shuffles are drawn from
    start = np.cumsum(size) - size
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - start[code[order]]
    return Shuffle(unit, code.astype(np.int64), order, rank, start, size, block)


def share_above(observed: float, shuffled: NDArray[np.floating[Any]]) -> float:
    """Return the p-value of a permutation test: (1 + shuffles that reach `observed`) / (1 + shuffles), never 0.

    >>> share_above(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    # Sums that differ by rounding count as equal.
    reached = np.count_nonzero(shuffled >= observed - 1e-9 * max(1.0, abs(observed)))
    return float((1 + reached) / (1 + len(shuffled)))
