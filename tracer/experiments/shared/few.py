"""As few photos of a value, also of a class, among shuffled labels as among the observed ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNEQUAL = 1.25
"""Times the photos of the observed value from which on shuffled values are thinned out."""


def as_many(
    labels: NDArray[np.int64], observed: NDArray[np.int64], classes: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.bool_] | None, bool]:
    """Return which photos (n,) to use so that values of shuffled labels have about as few as the observed ones, and whether in
    each class; None for all photos.

    Camera models have unequal numbers of photos, and may be used for some classes more than for others. A value that few photos
    have, or few of a class, shares these among many queries, which makes the difference vary more than its standard error tells.
    So the rarest value has as few photos in the shuffles, and so on; and where the observed values have fewer photos in common
    classes (`_shared`), no value has more photos of a class than there.
    """
    values = int(observed.max()) + 1
    now, there = (np.bincount(part, minlength=values) for part in (labels, observed))
    as_observed = np.empty(values, dtype=np.int64)
    as_observed[np.argsort(now, kind="stable")] = np.argsort(there, kind="stable")
    cells, of_class = classes * values + labels, classes * values + observed
    many = (int(classes.max()) + 1) * values
    table = np.bincount(cells, minlength=many).reshape(-1, values)
    limit = np.bincount(of_class, minlength=many).reshape(-1, values)[:, as_observed]
    if _shared(table) > UNEQUAL * _shared(limit):
        return _at_most(cells, limit.ravel(), rng), True
    if (now <= UNEQUAL * there[as_observed]).all():
        return None, False
    return _at_most(labels, there[as_observed], rng), False


def _shared(table: NDArray[np.int64]) -> float:
    """How many photos with another value, or with its own if these are fewer, a photo has in its class (classes, values)."""
    return float((table * np.minimum(table, table.sum(axis=1, keepdims=True) - table)).sum() / table.sum())


def _at_most(kinds: NDArray[np.int64], limit: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which photos (n,) stay so that each kind has at most so many, drawn."""
    keep = np.zeros(len(kinds), dtype=bool)
    for kind in np.unique(kinds).tolist():
        keep[rng.permutation(np.flatnonzero(kinds == kind))[: limit[kind]]] = True
    return keep
