"""Lays embeddings out on a plane: principal components and t-SNE, by scikit-learn.

PCA keeps the two directions in which the photos differ most. t-SNE (van der Maaten & Hinton 2008) keeps neighbours together and
gives up distances. How much either keeps is measured: the share of each photo's nearest neighbours that are its nearest on the
map too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tracer.base.progress import Progress, Work
from tracer.errors import TooFew
from tracer.experiments.map.colouring import COLOURED, MIN_PHOTOS, NAME, Colouring
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.protocols import normalise
from tracer.experiments.shared.thinning import thinned

PCA, TSNE = "pca", "t-sne"
MAX_PHOTOS = 2000
"""Larger sets are thinned out (`thinned`): t-SNE of so many takes about ten seconds on one core."""
DIRECTIONS = 50
"""Principal components that t-SNE is given."""
PERPLEXITY = 30.0
NEIGHBOURS = 10
"""Nearest photos that are compared between the embeddings and a map."""
SIDE = 1000
"""Places are whole numbers from 0 to this."""


def project(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    clusters: NDArray[np.int64],
    colourings: Sequence[Colouring],
    seed: int,
) -> Work[Outcome]:
    """Both maps of the embeddings as an entry of the details (no rows). The same photos and seed give the same map.

    Args:
        source: names of the set and the encoder.
        vectors: (N, D).
        clusters: (N,) scene or owner; a large set is thinned out by them.
        colourings: what the points are coloured by.
        seed: of the thinning and of t-SNE.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_PHOTOS` photos, or all embeddings are equal.
    """
    from sklearn import decomposition, manifold

    rows = thinned(np.arange(len(vectors)), clusters, MAX_PHOTOS, seed)
    if len(rows) < MIN_PHOTOS:
        raise TooFew(f"A map needs at least {MIN_PHOTOS} photos", f"there are {len(rows)}")
    yield Progress("laying out the map", 0)
    X = normalise(np.asarray(vectors)[rows])
    if not np.ptp(X, axis=0).any():
        raise TooFew("A map needs embeddings that differ", f"those of all {len(rows)} photos are the same")
    with threadpool_limits(1):  # so that sums come in one order, and the seed gives the map
        count = min(DIRECTIONS, *X.shape)
        components = decomposition.PCA(count, svd_solver="randomized", random_state=seed)
        reduced = components.fit_transform(X)
        plane = np.zeros((len(X), 2), dtype=np.float32)
        plane[:, : min(2, count)] = reduced[:, :2]
        perplexity = min(PERPLEXITY, (len(X) - 1) / 3)
        start = 1e-4 * plane / plane[:, 0].std()  # as scikit-learn's own start from principal components
        embedding = manifold.TSNE(2, perplexity=perplexity, init=start, random_state=seed, n_jobs=1)
        laid_out = embedding.fit_transform(reduced)
    maps = [
        {"method": method, "x": x, "y": y, "neighbours_kept": round(_kept(X, places), 4)}
        for method, places in ((TSNE, laid_out), (PCA, plane))
        for x, y in [_placed(places)]
    ]
    entry = source.detail(
        NAME, "", "map", maps=maps, neighbours=NEIGHBOURS, perplexity=round(perplexity, 2), seed=seed,
        variance=round(float(components.explained_variance_ratio_[:2].sum()), 4), photos=len(vectors),
        colours=[_coloured(one, rows) for one in colourings],
    )  # fmt: skip
    return Outcome(details=[entry])


def _placed(places: NDArray[np.floating[Any]]) -> tuple[list[int], list[int]]:
    """Whole numbers from 0 to `SIDE`, both axes on one scale and the points in the middle."""
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    reach = float(np.ptp(places, axis=0).max()) or 1.0
    x, y = np.rint(SIDE / 2 + SIDE * (places - middle) / reach).astype(np.int64).T.tolist()
    return x, y


def _kept(X: NDArray[np.float32], places: NDArray[np.floating[Any]]) -> float:
    """Share of the photos' nearest neighbours among the embeddings that are their nearest on the map too."""
    from sklearn.neighbors import NearestNeighbors

    near, shown = (
        NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors(return_distance=False) for points in (X, places)
    )
    return float(np.mean([len(np.intersect1d(a, b)) for a, b in zip(near, shown, strict=True)])) / NEIGHBOURS


def _coloured(one: Colouring, rows: NDArray[np.int64]) -> dict[str, Any]:
    """The values with the most photos and each photo's number among them; -1 for the other values, -2 where unknown."""
    values = one.values[rows]
    names, counts = np.unique([value for value in values if value is not None], return_counts=True)
    top = sorted(np.argsort(-counts, kind="stable")[:COLOURED].tolist())
    numbers = {str(names[at]): number for number, at in enumerate(top)}
    codes = [-2 if value is None else numbers.get(str(value), -1) for value in values]
    return {
        "attribute": one.attribute,
        "also": list(one.also),
        "values": list(numbers),
        "others": len(names) - len(top),
        "codes": codes,
    }
