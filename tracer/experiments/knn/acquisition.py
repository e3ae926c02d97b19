"""Semantic neighbours with the camera as the trace: same camera against other camera, in one labelled set.

Here each photo has its trace once, so "the pool in another trace" is other photos, and fewer or more of them; a plain comparison
would confuse the trace with how many own-class photos a pool holds, and with which other classes it holds: where phones are
used for other subjects than cameras, photos of the own class would meet other wrong classes. So for each query the photos of
each class are thinned out, at random and several times, until they are as many with the query's label as with another. Every
setting then has the same numbers of each class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.errors import TooFew
from tracer.experiments.knn.neighbours import Votes, majority
from tracer.experiments.knn.processing import SETTINGS, SettingVotes, Voting, settings_outcome
from tracer.experiments.knn.shuffled import Shuffled, shuffled_differences
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.shared.similarities import levelled, tile_rows, unit
from tracer.experiments.shared.thinning import thinned
from tracer.experiments.shared.threads import cores_for

MIN_QUERIES = 20
MAX_PHOTOS = 10_000
"""Larger sets are thinned out (`thinned`): time grows with the square."""


@dataclass(frozen=True, slots=True, eq=False)
class TracedVotes(SettingVotes):
    """Whether each query was named right under the five settings, averaged over the draws of its pools.

    Attributes:
        tied: share of votes in which a tie was broken.
        left_out: photos with both labels that cannot be queries.
        warnings: sentences.
    """

    tied: float
    left_out: int
    warnings: tuple[str, ...]


def acquisition_knn(source: Source, photos: LabelledPhotos, how: Voting) -> Work[Outcome]:
    """The five settings, SP and SPD_a for one acquisition label.

    Intervals are a bootstrap's over clusters; that of SPD_a is calibrated by shuffled labels (`shuffled_differences`), whose test
    stands in the details.

    Args and errors: as `traced_votes`.
    """
    found = yield from traced_votes(photos, how)
    outcome = settings_outcome(source, photos.attribute, found, "spd_a", how.seed, shuffled_votes(photos, how))
    outcome.details[0].update(k=how.k, draws=how.draws, tied=found.tied, left_out=found.left_out)
    outcome.warnings += found.warnings
    return outcome


def shuffled_votes(photos: LabelledPhotos, how: Voting, models: NDArray[np.int64] | None = None) -> Shuffled:
    """The differences under shuffled labels, of the photos that are queries and pool; `models` as in `shuffled_differences`."""
    rows = _queries(photos, how.seed)[0]
    vectors = np.asarray(photos.vectors)[rows].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    y, a = (np.unique(part[rows].astype(str), return_inverse=True)[1] for part in (_classes(photos), photos.labels))
    of = None if models is None else models[rows]
    scenes = None if photos.scenes is None else photos.scenes[rows]
    return shuffled_differences(vectors, (y, a, photos.clusters[rows]), how.k, how.seed, models=of, scenes=scenes)


def traced_votes(photos: LabelledPhotos, how: Voting, models: NDArray[np.int64] | None = None) -> Work[TracedVotes]:
    """Vote for each photo that can be asked.

    Each photo with both labels is a query; its own cluster is never in its pool. Queries whose own class, or all other ones,
    lack photos with the same label or with another are left out and counted. SP is plain kNN of the same queries in the whole
    pool. In `uniform`, photos are drawn regardless of their label, in the same numbers. Which photos are queries, and what is
    drawn, depends on labels and seed alone: two embeddings of the same photos give paired answers.

    Args:
        photos: with what they show; `labels` are the traces.
        how: neighbours, draws, seed and device.
        models: (N,) codes of camera models; a photo's own model is never in its pool. None where it may be.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_QUERIES` photos qualify.
    """
    rows, said = _queries(photos, how.seed)
    attribute, classes, device = photos.attribute, _classes(photos), how.device

    def codes(values: NDArray[Any]) -> torch.Tensor:
        part = values[rows]
        return torch.from_numpy(
            np.unique(part.astype(str) if part.dtype == object else part, return_inverse=True)[1]
        ).to(device)

    check_finite(np.asarray(photos.vectors)[rows])
    asked = _Asked(
        unit(torch.from_numpy(np.ascontiguousarray(np.asarray(photos.vectors)[rows], np.float32)).to(device)),
        codes(classes),
        codes(photos.labels),
        codes(photos.clusters),
        None if models is None else codes(models),
    )
    orders = [
        torch.from_numpy(np.random.default_rng([how.seed, draw]).permutation(len(rows))).to(device)
        for draw in range(how.draws)
    ]
    found = []
    step = max(1, tile_rows(len(rows), copies=16))
    with cores_for(min(len(rows), step) * len(rows)):
        for start in range(0, len(rows), step):
            tile = slice(start, min(start + step, len(rows)))
            found.append(_tile(asked, tile, orders, how.k))
            yield Progress("queries answered", tile.stop, len(rows))
    if not found:
        raise _too_few(attribute, 0, 0)
    values, plain, valid, ties = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if int(valid.sum()) < MIN_QUERIES:
        raise _too_few(attribute, int(valid.sum()), len(rows))
    return TracedVotes(
        rows[valid], values[valid], plain[valid], asked.y.cpu().numpy()[valid], asked.g.cpu().numpy()[valid],
        float(ties[valid].mean()), int(len(valid) - valid.sum()), said,
    )  # fmt: skip


def _classes(photos: LabelledPhotos) -> NDArray[Any]:
    """What the photos show; None for each where nothing is known."""
    return np.full(len(photos.labels), None, dtype=object) if photos.classes is None else photos.classes


def _queries(photos: LabelledPhotos, seed: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Rows of the photos with both labels, thinned out where they are too many, and what is said of that."""
    known = np.array(
        [c is not None and t is not None for c, t in zip(_classes(photos), photos.labels, strict=True)], dtype=bool
    )
    rows = np.flatnonzero(known)
    if len(rows) <= MAX_PHOTOS:
        return rows, ()
    rows = thinned(rows, photos.clusters, MAX_PHOTOS, seed)
    return rows, (
        f"kNN by {photos.attribute} used {len(rows)} of {int(known.sum())} photos, drawn by scene and owner at random.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The photos that are queries and pool at once.

    Attributes:
        X: (N, D) unit rows.
        y: (N,) codes of what they show.
        a: (N,) of the trace.
        g: (N,) of scene or owner.
        m: (N,) of the camera model, where a photo's own model is never in its pool.
    """

    X: torch.Tensor
    y: torch.Tensor
    a: torch.Tensor
    g: torch.Tensor
    m: torch.Tensor | None


def _too_few(attribute: str, found: int, labelled: int) -> TooFew:
    return TooFew(
        f"kNN by {attribute} needs at least {MIN_QUERIES} photos with others of the same and of another class, each with "
        f"the same and with another {attribute}",
        f"{found} of {labelled} labelled photos qualify",
        "Add photos of each class with each label, from several scenes or owners.",
    )


def _tile(
    asked: _Asked, tile: slice, orders: list[torch.Tensor], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """For the queries of a tile: correctness (q, 5), plain correctness (q,), whether they qualify (q,), share of ties (q,)."""
    X, y, a, g = asked.X, asked.y, asked.a, asked.g
    S = levelled(X[tile].double() @ X.double().T)
    there = g[tile][:, None] != g
    if asked.m is not None:
        there &= asked.m[tile][:, None] != asked.m
    S[~there] = -torch.inf
    own, same = y[tile][:, None] == y, a[tile][:, None] == a
    number = torch.minimum(_by_class(there & same, y), _by_class(there & ~same, y))
    n_own = number.gather(1, y[tile][:, None]).squeeze(1)
    valid = (n_own > 0) & (number.sum(dim=1) > n_own)
    truth = y[tile].cpu().numpy()
    right = np.zeros((len(truth), len(SETTINGS)))
    tied = np.zeros(len(truth))

    def ask(candidates: torch.Tensor) -> Votes:
        similarity = S.masked_fill(~candidates, -torch.inf)
        # Stable, so that photos exactly as similar stand in the order of the rows.
        best, at = similarity.sort(dim=1, descending=True, stable=True)
        return majority(best[:, : k + 1], y[at[:, : k + 1]], k)

    for order in orders:
        by_class = order[y[order].argsort(stable=True)]
        alike, unlike, either = (_first(kind, by_class, y, number) for kind in (there & same, there & ~same, there))
        pools = (alike, unlike, torch.where(own, alike, unlike), torch.where(own, unlike, alike), either)
        for at, pool in enumerate(pools):
            said = ask(pool)
            right[:, at] += said.labels == truth
            tied += said.tied
    plain = (ask(there).labels == truth).astype(np.float64)
    return right / len(orders), plain, valid.cpu().numpy(), tied / (len(SETTINGS) * len(orders))


def _by_class(kind: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """How many photos of a mask (q, N) are of each class: (q, C)."""
    counts = torch.zeros((len(kind), int(y.max()) + 1), dtype=torch.int64, device=y.device)
    return counts.scatter_add_(1, y.expand(len(kind), -1), kind.long())


def _first(kind: torch.Tensor, by_class: torch.Tensor, y: torch.Tensor, number: torch.Tensor) -> torch.Tensor:
    """Of each row of a mask (q, N) the first `number` (q, C) photos of each class, in an order (N,) by class."""
    drawn, of = kind[:, by_class], y[by_class]
    begins = torch.nn.functional.pad(drawn.cumsum(dim=1), (1, 0))
    before = begins[:, torch.searchsorted(of, of)]  # in classes that stand before a photo's
    kept = drawn & (begins[:, 1:] - before <= number[:, of])
    back = torch.empty_like(kept)
    back[:, by_class] = kept
    return back
