"""What something else that is known of the photos tells of a label, without any picture: what they show, or whose they are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.shared.cameras import dealt
from tracer.experiments.shared.thinning import thinned

MOST_PHOTOS: Final = 5000
"""Larger sets are thinned out (`thinned`)."""
SHUFFLES: Final = 199


def told_alone(
    labels: NDArray[Any],
    by: NDArray[Any],
    clusters: NDArray[np.int64],
    models: NDArray[Any] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return how often a label is right for whoever knows something else of a photo and has seen other photos.

    Each photo gets the value of which the largest share of photos is like it, among photos of other scenes or owners; where the
    label goes with the camera, among those of other camera models. The figure is a mean over values, and in a value over camera
    models (or scenes and owners). The test deals labels out anew as those of the experiments do.

    Args:
        labels: (N,) strings, None where unknown.
        by: (N,) what is known: what photos show, or whose they are; None where unknown.
        clusters: (N,) scene or owner.
        models: (N,) camera models of a label that goes with them, None where unknown; None as a whole for other labels.
        seed: of the draws.

    Returns:
        `alone`, `p_value`, and `on_models` (whether whole camera models were left out); empty where there is nothing to compare.
    """
    columns = [labels, by, *([] if models is None else [models])]
    known = np.flatnonzero([all(value is not None for value in one) for one in zip(*columns, strict=True)])
    rows = thinned(known, clusters, MOST_PHOTOS, seed)
    if not len(rows):
        return {}
    label, known_of = (np.unique(part[rows].astype(str), return_inverse=True)[1] for part in (labels, by))
    if not label.max() or not known_of.max():
        return {}
    of = None if models is None else np.unique(models[rows].astype(str), return_inverse=True)[1]
    ways = dealt(label, clusters[rows], of, seed, SHUFFLES)
    apart = np.unique(clusters[rows] if of is None else of, return_inverse=True)[1]
    alone = _figure(ways.observed, known_of, apart)
    others = np.array([_figure(one, known_of, apart) for one in ways.others])
    return {"alone": alone, "p_value": stats.share_above(alone, others), "on_models": of is not None}


def _figure(label: NDArray[np.int64], content: NDArray[np.int64], apart: NDArray[np.int64]) -> float:
    """How often the value with the largest share among photos of other groups (n,) is right, by value and group."""
    values, contents = int(label.max()) + 1, int(content.max()) + 1

    def counted(groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many photos of a photo's group have each value: (n, values)."""
        table = np.bincount(groups * values + label, minlength=(int(groups.max()) + 1) * values)
        return np.asarray(table.reshape(-1, values)[groups])

    both = np.unique(apart * contents + content, return_inverse=True)[1]
    with_content, others = counted(content) - counted(both), np.bincount(label, minlength=values) - counted(apart)
    share = with_content / np.maximum(others, 1)
    best = share >= share.max(axis=1, keepdims=True) - 1e-12
    right = best[np.arange(len(label)), label] / best.sum(axis=1)
    cells, cell = np.unique(label * (int(apart.max()) + 1) + apart, return_inverse=True)
    means = np.bincount(cell, weights=right) / np.bincount(cell)
    of_value = cells // (int(apart.max()) + 1)
    return float((np.bincount(of_value, weights=means) / np.bincount(of_value)).mean())
