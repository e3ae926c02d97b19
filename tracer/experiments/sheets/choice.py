"""Which pictures a retrieval sheet shows: queries, and their neighbours in order (Ramos et al. 2025, figure 1).

The queries are not picked by hand. Half of them are those on which the trace matters most by a stated rule, half are drawn by the
seed, and the sheet says which is which.

* pairs: the partner's rank among photos of the query's own kind over its rank among photos of the other kind, largest first.
* neighbours: photos whose nearest neighbour shows something else but shares the camera label, most similar first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import normalise
from tracer.experiments.retrieval.retrieval import CLASSES, NEGATIVES, rank_pairs

SHOWN = 5
"""Neighbours in a row; a partner that comes later is added with its rank."""
TELLING, DRAWN = 3, 3
"""Queries by the rule, and by the seed."""
MAX_PHOTOS = 4000
"""Larger sets are thinned out at random for the neighbours' sheet."""


def pair_sheet(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    ids: NDArray[np.int64],
    subject: NDArray[np.int64],
    model: NDArray[np.int64],
    cameras: Sequence[str],
    seed: int,
) -> Outcome:
    """Queries with their ranked candidates in both pools, as an entry of the details (no rows).

    Args:
        vectors: (N, D). ids: (N,) photo ids. subject, model: as in `retrieve`. cameras: N labels to show.
    """
    ranks = {(code, pool): rank_pairs(vectors, subject, model, code, pool) for code in (1, 0) for pool in NEGATIVES}
    queries = np.concatenate([ranks[code, "same"].query for code in (1, 0)])
    same, other = (np.concatenate([ranks[code, pool].first for code in (1, 0)]) for pool in NEGATIVES)
    strength = np.log(same) - np.log(other)
    # Equal ones, of which there are many, in the order of their ids.
    telling = [i for i in np.lexsort((ids[queries], -strength)) if strength[i] > 0][:TELLING]
    chosen = [(i, "rule") for i in telling] + [(i, "drawn") for i in drawn(len(queries), telling, seed)]
    X = normalise(vectors)
    paired = (subject >= 0) & np.isin(model, (0, 1))
    shown = []
    for i, why in chosen:
        query = int(queries[i])
        partners = np.flatnonzero((subject == subject[query]) & (model == 1 - model[query]))
        strips = []
        for pool in NEGATIVES:
            kind = model[query] if pool == "same" else 1 - model[query]
            negatives = np.flatnonzero(paired & (model == kind) & (subject != subject[query]))
            candidates = np.concatenate([partners, negatives])
            similarity = X[candidates] @ X[query]
            # A negative exactly as similar counts as better, as in the figures.
            order = np.lexsort((ids[candidates], candidates_are(partners, candidates), -similarity))
            strips.append(
                {
                    "pool": pool,
                    "items": items_of(candidates[order], similarity[order], partners, ids, cameras, "partner"),
                }
            )
        shown.append(query_entry(query, why, ids, cameras, strips, kind=CLASSES[int(model[query])]))
    rule = (
        "the partner comes later among photos of the query's own kind of camera than among those of the other kind, by the "
        "largest ratio of the two ranks"
    )
    return sheet_outcome(source, "retrieval", "Is Smartphone", rule, shown, len(queries), seed)


def candidates_are(partners: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 for partners, 0 for others: the key that puts a partner behind those exactly as similar."""
    return np.isin(candidates, partners).astype(np.int64)


def neighbour_sheet(
    source: Source,
    photos: LabelledPhotos,
    ids: NDArray[np.int64],
    cameras: Sequence[str],
    seed: int,
) -> Outcome:
    """Queries with their nearest neighbours outside their scene or owner, as an entry of the details (no rows).

    Empty where no photo has both labels; the kNN by this label, which needs the same photos, says so.

    Args:
        photos: with what they show. ids: (N,) photo ids. cameras: N labels to show.
    """
    labels, clusters = photos.labels, photos.clusters
    classes = np.full(len(labels), None, dtype=object) if photos.classes is None else photos.classes
    rows = np.flatnonzero([c is not None and v is not None for c, v in zip(classes, labels, strict=True)])
    if not len(rows):
        return Outcome()
    if len(rows) > MAX_PHOTOS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_PHOTOS, replace=False))
    X = normalise(np.asarray(photos.vectors)[rows])
    S = X @ X.T
    S[clusters[rows][:, None] == clusters[rows]] = -np.inf
    nearest = S.argmax(axis=1)
    best = S[np.arange(len(rows)), nearest]
    usable = np.isfinite(best)
    misled = usable & (classes[rows][nearest] != classes[rows]) & (labels[rows][nearest] == labels[rows])
    telling = [i for i in np.lexsort((ids[rows], -best)) if misled[i]][:TELLING]
    others = np.flatnonzero(usable)
    by_seed = [int(others[i]) for i in drawn(len(others), [int(np.searchsorted(others, i)) for i in telling], seed)]
    shown = []
    for i, why in [(int(i), "rule") for i in telling] + [(i, "drawn") for i in by_seed]:
        order = np.lexsort((ids[rows], -S[i]))
        order = order[np.isfinite(S[i][order])]
        alike = rows[classes[rows] == classes[rows[i]]]
        items = items_of(rows[order][:SHOWN], S[i][order][:SHOWN], alike, ids, cameras, "same content")
        shown.append(
            query_entry(int(rows[i]), why, ids, cameras, [{"pool": "all", "items": items}], kind=str(classes[rows[i]]))
        )
    rule = f"the nearest neighbour shows something else and shares the label {photos.attribute}, the most similar first"
    return sheet_outcome(source, "knn", photos.attribute, rule, shown, len(others), seed)


def drawn(count: int, taken: Sequence[int], seed: int) -> list[int]:
    """Up to `DRAWN` numbers below `count` that are not taken, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(count)
    return [int(i) for i in order if i not in set(taken)][:DRAWN]


def items_of(
    ordered: NDArray[np.int64],
    similarity: NDArray[np.floating[Any]],
    right: NDArray[np.int64],
    ids: NDArray[np.int64],
    cameras: Sequence[str],
    mark: str,
) -> list[dict[str, Any]]:
    """The first neighbours, and the first right one where it is not among them."""
    is_right = np.isin(ordered, right)
    at = list(range(min(SHOWN, len(ordered))))
    if mark == "partner" and is_right.any() and not is_right[at].any():
        at.append(int(np.flatnonzero(is_right)[0]))
    return [
        {
            "photo_id": int(ids[ordered[i]]),
            "rank": i + 1,
            "camera": cameras[ordered[i]],
            "similarity": round(float(similarity[i]), 4),
            "mark": mark if is_right[i] else "",
        }
        for i in at
    ]


def query_entry(
    row: int, why: str, ids: NDArray[np.int64], cameras: Sequence[str], strips: list[dict[str, Any]], kind: str
) -> dict[str, Any]:
    """A query of a sheet; `why` is `rule` or `drawn`, `kind` what stands above it."""
    return {"photo_id": int(ids[row]), "camera": cameras[row], "kind": kind, "why": why, "strips": strips}


def sheet_outcome(
    source: Source, experiment: Any, attribute: str, rule: str, queries: list[dict[str, Any]], of: int, seed: int
) -> Outcome:
    """The sheet as an entry of the details; nothing where it has no query."""
    entry = source.detail(experiment, attribute, "sheet", rule=rule, queries=queries, queries_in_all=of, seed=seed)
    return Outcome(details=[entry] if queries else [])


def photos_on(outcome: Outcome) -> list[int]:
    """The ids of the photos that a sheet shows."""
    found: dict[int, None] = {}
    for entry in outcome.details:
        for query in entry.get("queries", []):
            found[query["photo_id"]] = None
            found |= {item["photo_id"]: None for strip in query["strips"] for item in strip["items"]}
    return list(found)
