"""Which pictures a sheet by processing shows: what a query's neighbours are when processing and content pull apart.

The query is in one processing. Of the other photos those of its class stand in the same processing and all others in another one
(`pos-same`), or the other way round (`neg-same`). An encoder that holds content alone finds the same neighbours in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import normalise
from tracer.experiments.shared.thinning import thinned
from tracer.experiments.sheets.choice import MAX_PHOTOS, SHOWN, TELLING, drawn, items_of, query_entry, sheet_outcome

POOLS = ("pos-same", "neg-same")


def processing_sheet(
    source: Source,
    views: Mapping[str, NDArray[np.floating[Any]]],
    photos: LabelledPhotos,
    ids: NDArray[np.int64],
    cameras: Sequence[str],
    seed: int,
) -> Outcome:
    """Queries with their nearest neighbours in both pools, as an entry of the details (no rows).

    Up to three queries by the rule: the nearest neighbour shows the right content among `pos-same` and something else among
    `neg-same`, those first whose wrong neighbour leads by most. Three are drawn by the seed.

    Args:
        source: names of the set and the encoder.
        views: processing → (N, D); the queries stand in the first, what is in another stands in the last.
        photos: `labels` are what the photos show; `attribute` is the name of the processings in results.
        ids: (N,) photo ids.
        cameras: N labels to show.
        seed: of what is drawn.
    """
    classes, names = photos.labels, list(views)
    rows = thinned(np.flatnonzero([name is not None for name in classes]), photos.clusters, MAX_PHOTOS, seed)
    if not len(rows):
        return Outcome()
    own, other = (normalise(np.asarray(views[name])[rows]) for name in (names[0], names[-1]))
    near, far = own @ own.T, own @ other.T
    alike = classes[rows][:, None] == classes[rows]
    apart = photos.clusters[rows][:, None] == photos.clusters[rows]
    pools = [np.where(apart, -np.inf, np.where(alike == (pool == "pos-same"), near, far)) for pool in POOLS]
    right, wrong = (np.where(kind, pools[1], -np.inf).max(axis=1) for kind in (alike, ~alike))
    usable = np.isfinite(right) & np.isfinite(wrong)
    helped = alike[np.arange(len(rows)), pools[0].argmax(axis=1)]
    lead = np.where(usable & helped, wrong - np.where(usable, right, 0.0), -np.inf)
    telling = [int(i) for i in np.lexsort((ids[rows], -lead)) if lead[i] > 0][:TELLING]
    others = np.flatnonzero(usable)
    by_seed = [int(others[i]) for i in drawn(len(others), np.searchsorted(others, telling).tolist(), seed)]
    shown = []
    for i, why in [(i, "rule") for i in telling] + [(i, "drawn") for i in by_seed]:
        strips = []
        for pool, S in zip(POOLS, pools, strict=True):
            order = np.lexsort((ids[rows], -S[i]))
            order = order[np.isfinite(S[i][order])][:SHOWN]
            items = items_of(rows[order], S[i][order], rows[alike[i]], ids, cameras, "same content")
            for item, at in zip(items, order, strict=True):
                item["camera"] = names[0] if alike[i, at] == (pool == "pos-same") else names[-1]
            strips.append({"pool": pool, "items": items})
        query = query_entry(int(rows[i]), why, ids, cameras, strips, kind=str(classes[rows[i]]))
        shown.append({**query, "camera": names[0]})
    rule = (
        "the nearest neighbour is right while the right content shares the query's processing, and wrong while everything"
        " else shares it, the largest lead of the wrong one first"
    )
    return sheet_outcome(source, "knn", photos.attribute, rule, shown, len(others), seed)
