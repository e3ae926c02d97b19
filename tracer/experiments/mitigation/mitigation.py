"""What can be done about a trace: take its label out of the embeddings linearly, and see what is left of trace and content.

A map is fitted on one half of the scenes or owners and everything is scored on the other half, then the halves change places. In
the half that the map never saw, a fresh probe is cross-validated, semantic neighbours vote, and pairs are searched, once on the
embeddings as they are ("before") and once on the mapped ones ("after"). A probe fitted on the photos that the map was fitted on
would find nothing there by construction, and say nothing of other photos.

Before and after belong to the same photos, folds and draws, so the change has a paired interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Work, finish
from tracer.errors import TooFew
from tracer.experiments.knn.acquisition import traced_votes
from tracer.experiments.knn.processing import SETTINGS, mixtures
from tracer.experiments.mitigation.erasure import LinearMap, Method, fit_map
from tracer.experiments.mitigation.halves import Apply, Figure, Level, Scores, both_halves
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.folds import FOLDS, MIN_CLUSTERS, cross_validate, left_out_in_words, usable_classes
from tracer.experiments.probe.protocols import Protocol, normalise
from tracer.experiments.retrieval.retrieval import CLASSES, MIN_PAIRS, NEGATIVES, rank_pairs
from tracer.experiments.shared.thinning import thinned

METHODS: Final = (Method.LEACE, Method.LAYER)
MAX_PHOTOS = 5000
"""Larger sets are thinned out (`thinned`): six probes and more are cross-validated."""
REPEATS = 2
"""Draws of the halves."""


def mitigate(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    labels: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    *,
    classes: NDArray[Any] | None = None,
    subject: NDArray[np.int64] | None = None,
    model: NDArray[np.int64] | None = None,
    methods: Sequence[Method | str] = METHODS,
    protocol: Protocol | str = Protocol.BATCHED,
    k: int = 1,
    draws: int = 10,
    repeats: int = REPEATS,
    seed: int = 0,
    device: str = "cpu",
) -> Work[Outcome]:
    """Probe accuracy, SP and SPD_a before and after each method took `labels` out of the embeddings.

    Rows: `stage=before`; `method=…,stage=after`; `method=…,stage=change` (after − before, for SPD of its size). With pairs the
    same for recall@1 and SPD_a of retrieval, whose settings name the query.

    Args:
        vectors: (N, D). labels: (N,) strings, None where unknown. clusters: (N,) scene or owner.
        classes: (N,) what the photo shows, None where unknown; without it neighbours are left out.
        subject, model: as in `retrieve`; without them pairs are left out.
        repeats: draws of the halves.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: too few classes, photos or clusters in a half.
    """
    rows, left_out, warned = _rows(labels, clusters, attribute, seed)
    X = normalise(np.asarray(vectors)[rows])
    y, group, names = _codes(labels[rows], clusters[rows])
    content = None if classes is None else classes[rows]
    skipped: list[dict[str, str]] = []

    def score(part: NDArray[np.int64], apply: Apply, seed: int) -> Work[Scores]:
        mapped = apply(X[part])
        probe = yield from cross_validate(
            mapped,
            labels[rows][part],
            group[part],
            attribute=attribute,
            protocol=protocol,
            repeats=1,
            seed=seed,
            device=device,
        )
        found = {"probe": _spread(len(part), probe.rows, probe.correct)}
        if content is not None:
            try:
                votes = finish(
                    traced_votes(
                        mapped,
                        content[part],
                        labels[rows][part],
                        group[part],
                        attribute,
                        k=k,
                        draws=draws,
                        seed=seed,
                        device=device,
                    )
                )
            except TooFew as error:
                _skip(skipped, f"mitigation of {attribute}: neighbours ({source.encoder})", str(error))
            else:
                for name, values in {"sp": votes.plain, **dict(zip(SETTINGS, votes.values.T, strict=True))}.items():
                    found[name] = _spread(len(part), votes.rows, values)
        if subject is not None and model is not None:
            found |= _pairs(mapped, subject[rows][part], model[rows][part], device)
            if "phone/same" not in found:
                _skip(skipped, f"mitigation of {attribute}: pairs ({source.encoder})", "a half has too few pairs")
        return Scores(found, probe.left_out)

    def fit(part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        return fit_map(X[part], y[part], method, seed, device)

    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_a", "", "pos-same", "neg-same"),
    ]
    for query in (CLASSES[1], CLASSES[0]):
        figures += [Figure("recall@1", f"query={query},negatives={pool}", f"{query}/{pool}") for pool in NEGATIVES]
        figures.append(Figure("spd_a", f"query={query}", *(f"{query}/{pool}" for pool in NEGATIVES)))
    levels: dict[str, Level] = {"accuracy": y}
    if content is not None:
        levels["sp"] = content.astype(str)
    return (yield from both_halves(
        source, attribute, figures, levels, score, fit, y, group, names, [Method(m) for m in methods], repeats, seed,
        left_out, warned, skipped,
    ))  # fmt: skip


def mitigate_processing(
    source: Source,
    views: dict[str, NDArray[np.floating[Any]]],
    classes: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    *,
    methods: Sequence[Method | str] = METHODS,
    protocol: Protocol | str = Protocol.BATCHED,
    k: int = 1,
    draws: int = 1,
    repeats: int = REPEATS,
    seed: int = 0,
    device: str = "cpu",
) -> Work[Outcome]:
    """The same for processings: probe accuracy, SP and SPD_p before and after their label was taken out.

    Map and probe are fitted on every picture under every processing; a photo's score is its mean over them.

    Args:
        views: processing → (N, D), the same photos in the same order. classes: (N,) what they show. clusters: (N,).
    """
    rows, left_out, warned = _rows(classes, clusters, "the semantic label", seed)
    names = tuple(views)
    X = {name: normalise(np.asarray(matrix)[rows]) for name, matrix in views.items()}
    y, group, _ = _codes(classes[rows], clusters[rows])
    count = len(names)

    def score(part: NDArray[np.int64], apply: Apply, seed: int) -> Work[Scores]:
        mapped = {name: apply(matrix[part]) for name, matrix in X.items()}
        said = np.repeat(np.array(names, dtype=object), len(part))
        probe = yield from cross_validate(
            np.concatenate(list(mapped.values())), said, np.tile(group[part], count), attribute=attribute, protocol=protocol,
            repeats=1, seed=seed, device=device,
        )  # fmt: skip
        right = _spread(count * len(part), probe.rows, probe.correct).reshape(count, -1).mean(axis=0)
        votes = finish(
            mixtures(
                mapped, y[part], mapped, y[part], k=k, draws=draws, seed=seed, pool_groups=group[part],
                query_groups=group[part], device=device,
            )
        ).settings()  # fmt: skip
        return Scores({"probe": right, "sp": votes[:, 0], **dict(zip(SETTINGS, votes.T, strict=True))}, probe.left_out)

    def fit(part: NDArray[np.int64], method: Method, seed: int) -> LinearMap:
        stacked = np.concatenate([matrix[part] for matrix in X.values()])
        return fit_map(stacked, np.repeat(np.arange(count), len(part)), method, seed, device)

    figures = [
        Figure("accuracy", "", "probe"),
        Figure("sp", "", "sp"),
        Figure("spd_p", "", "pos-same", "neg-same"),
    ]
    levels: dict[str, Level] = {"accuracy": stats.uniform_chance(count), "sp": y}
    return (yield from both_halves(
        source, attribute, figures, levels, score, fit, y, group, names, [Method(m) for m in methods], repeats, seed,
        left_out, warned, [],
    ))  # fmt: skip


# --- scores


def _rows(
    labels: NDArray[Any], clusters: NDArray[np.int64], attribute: str, seed: int
) -> tuple[NDArray[np.int64], dict[str, int], list[str]]:
    """Photos whose class stands in enough clusters for two halves with their folds; what is left out; warnings.

    Rare classes go before a large set is thinned, so that they take no room in it, and again after: thinned, a class may be rare.
    """
    usable, left_out = usable_classes(labels, clusters, 2 * FOLDS)
    drawn = thinned(usable, clusters, MAX_PHOTOS, seed)
    enough, found = usable_classes(labels[drawn], clusters[drawn], 2 * FOLDS)
    rows = drawn[enough]
    rare = {f"{reason}, once the set is thinned out": count for reason, count in found.items()}
    left_out |= rare
    names = {str(label) for label in labels[rows]}
    groups = len(np.unique(clusters[rows]))
    if len(names) < 2 or groups < 2 * MIN_CLUSTERS:
        raise TooFew(
            f"Mitigation of {attribute} takes two classes or more, each in {2 * FOLDS} scenes or owners or more, and "
            f"{2 * MIN_CLUSTERS} of these in all",
            f"there are {len(names)} and {groups}" + (f"; left out: {left_out_in_words(left_out)}" if left_out else ""),
            "Add photos: the map is fitted on one half and tested on the other.",
        )
    said = []
    if len(drawn) < len(usable):
        said.append(
            f"Mitigation of {attribute} used {len(drawn)} of {len(usable)} photos, drawn by scene and owner at random."
        )
    if rare:
        said.append(f"Left out of the mitigation of {attribute}: {left_out_in_words(rare)}.")
    return rows, left_out, said


def _codes(
    labels: NDArray[Any], clusters: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    names, y = np.unique(labels.astype(str), return_inverse=True)
    group = np.unique(clusters, return_inverse=True)[1]
    return y.astype(np.int64), group.astype(np.int64), tuple(str(name) for name in names)


def _pairs(
    X: NDArray[np.floating[Any]], subject: NDArray[np.int64], model: NDArray[np.int64], device: str
) -> dict[str, NDArray[np.float64]]:
    """Whether each query found its partner first, by query class and pool; empty where there are too few pairs."""
    known = subject >= 0
    if len(np.intersect1d(subject[known & (model == 0)], subject[known & (model == 1)])) < MIN_PAIRS:
        return {}
    found = {}
    for code, query in enumerate(CLASSES):
        for pool in NEGATIVES:
            ranks = rank_pairs(X, subject, model, code, pool, device)
            found[f"{query}/{pool}"] = _spread(len(X), ranks.query, (ranks.first == 1).astype(np.float64))
    return found


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(n, np.nan)
    out[rows] = values
    return out


def _skip(skipped: list[dict[str, str]], what: str, why: str) -> None:
    if not any(entry["what"] == what for entry in skipped):
        skipped.append({"what": what, "why": why})
