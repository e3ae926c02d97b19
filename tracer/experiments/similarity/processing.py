"""Are photos that were processed alike more similar than others, the content being equal? (figure 2, by JPEG quality)

Each photo is compared in each processing with the other photos in the same one, and in the others: every pair of photos stands on
both sides of the comparison, so nothing but the processing differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.shared.thinning import thinned
from tracer.experiments.similarity.similarity import MAX_PHOTOS, MIN_PHOTOS, similarity


def similarity_of_views(
    source: Source,
    views: Mapping[str, NDArray[np.floating[Any]]],
    classes: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    seed: int = 0,
) -> Work[Outcome]:
    """`similarity` with the processing as the label. `n` counts photos, each of which has all processings.

    Args:
        source: names of the set and the encoder.
        views: processing → (N, D), the same photos in the same order; two or more.
        classes: (N,) what the photos show, None where unknown.
        clusters: (N,) scene or owner. Photos of one are never compared, nor a photo with itself in another processing.
        attribute: the label's name in results.
        seed: of the thinning and the bootstrap.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_PHOTOS` photos can be compared.
    """
    known = np.flatnonzero([name is not None for name in classes])
    rows = thinned(known, clusters, MAX_PHOTOS // len(views), seed)
    if len(rows) < MIN_PHOTOS:
        raise TooFew(
            f"Similarity by {attribute} needs at least {MIN_PHOTOS} photos whose content is known",
            f"there are {len(rows)}",
        )
    stacked = np.concatenate([np.asarray(X)[rows] for X in views.values()])
    names = np.repeat(np.array(list(views), dtype=object), len(rows))
    count = len(views)
    photos = LabelledPhotos(stacked, names, np.tile(clusters[rows], count), attribute, np.tile(classes[rows], count))
    found = yield from similarity(source, photos, seed)
    if len(rows) < len(known):
        found.warnings.append(
            f"Similarity by {attribute} used {len(rows)} of {len(known)} photos, drawn by scene and owner at random."
        )
    found.per_photo = []  # rows are views here, and photos of several
    # A photo that has another to be compared with has one in each processing: each counts once for each of them.
    found.rows = [replace(row, n=row.n // len(views)) for row in found.rows]
    return found
