"""Pair retrieval among other camera models alone: does the kind of camera get in the way, or only each model's own trace?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import Pairs
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.retrieval.retrieval import ATTRIBUTE, CLASSES, MIN_PAIRS, NEGATIVES, Ranks, rank_pairs
from tracer.experiments.retrieval.shuffled import Exchanged, exchanged, first_in_pool
from tracer.experiments.shared.cameras import UNSEEN, Cameras, cameras_of, mean_interval, models_needed


def retrieve_unseen(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    pairs: Pairs,
    cameras: NDArray[Any],
    seed: int = 0,
    device: str = "cpu",
) -> Work[Outcome]:
    """Recall@1 and SPD_a for both query classes where no photo of the query's own camera model is among the negatives.

    That leaves fewer negatives of the own kind. Of the larger pool as many are therefore taken as the smaller one has: the
    figures are means over all ways of drawing them. A query with several partners counts the best of them. The test deals the
    kinds of camera out to whole camera models (`exchanged`); the interval goes with it.

    Args:
        source: names of the set and the encoder.
        vectors: (N, D) embeddings.
        pairs: of the photos.
        cameras: (N,) the camera model of each photo: strings, None where unknown. Those photos are left out.
        seed: of the shuffles.
        device: `cpu`, `cuda`.

    Yields:
        Progress, in searches.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_PAIRS` subjects with a photo of each class.
    """
    known = np.array([camera is not None for camera in cameras], dtype=bool)
    rows = np.flatnonzero((pairs.subject >= 0) & np.isin(pairs.model, (0, 1)) & known)
    X, given = np.asarray(vectors)[rows], Pairs(pairs.subject[rows], pairs.model[rows])
    check_finite(X)
    if len(given.whole()) < MIN_PAIRS:
        raise TooFew(
            f"Retrieval on unseen cameras needs at least {MIN_PAIRS} scenes with a photo of each class, of known camera models",
            f"there are {len(given.whole())}",
        )
    held = cameras_of(np.array(CLASSES, dtype=object)[given.model], cameras[rows])
    shuffled = exchanged(X, given, seed, held.code)
    outcome = Outcome()
    for at, code in enumerate((1, 0)):
        yield Progress("searches done", 2 * at, 4)
        found = {pool: rank_pairs(X, given.subject, given.model, code, pool, device, held.code) for pool in NEGATIVES}
        outcome.add(_difference(source, code, found, held, shuffled, seed))
    return outcome


def _difference(
    source: Source, code: int, found: Mapping[str, Ranks], cameras: Cameras, shuffled: Exchanged, seed: int
) -> Outcome:
    """SPD_a of one query class."""
    ranks, setting = found["same"], f"query={CLASSES[code]},{UNSEEN}"
    pools = [found[pool] for pool in NEGATIVES]
    size = np.minimum(*(pool.negatives for pool in pools))
    if not (both := size > 0).any():
        return Outcome()
    same, different = (first_in_pool(pool.first - 1, pool.negatives, size)[both] for pool in pools)
    gained, query, subject = same - different, ranks.query[both], ranks.subject[both]
    of, value = replace(cameras, code=cameras.code[query]), float(gained.mean())
    units = min(len(np.unique(subject)), len(np.unique(of.code)))
    test = shuffled.calibrated(code, value, stats.crossed_error(gained, subject, of.code), units)
    low, high = (min(max(bound, -1.0), 1.0) for bound in stats.tested_at_least(test, gained, subject, of.code))
    interval = stats.Interval(min(low, value), max(high, value))
    row = source.row(
        "retrieval", ATTRIBUTE, setting, "spd_a", Estimate(abs(value), stats.absolute(interval), 0.0, len(gained)), seed
    )
    models = {kind: cameras.values.count(kind) for kind in CLASSES}
    told = stats.can_reach(list(models.values()))
    detail = source.detail(
        "retrieval", ATTRIBUTE, setting, same_minus_different=value, same_minus_different_ci=list(interval),
        p_value=test.p_value, permutations=len(shuffled.differences[code]) + shuffled.exact, exact=shuffled.exact,
        shuffled=shuffled.unit,
        pairs=len(np.unique(subject)),
        **of.facts(gained) | {"models": models, "told": told, "needed": "" if told else models_needed(list(models.values()))},
    )  # fmt: skip
    # Single photos' scores are not kept: two runs' searches share negatives, which no interval over queries allows for.
    outcome = Outcome([row], [detail])
    for pool, right in zip(NEGATIVES, (same, different), strict=True):
        chance = float(np.mean([stats.recall_chance(1, 1, int(many)) for many in size[both]]))
        rate = Estimate(float(right.mean()), mean_interval(right, subject, of.code), chance, len(right))
        named = f"query={CLASSES[code]},negatives={pool},{UNSEEN}"
        outcome.rows.append(source.row("retrieval", ATTRIBUTE, named, "recall@1", rate, seed))
    return outcome
