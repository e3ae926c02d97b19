"""Find candidate pairs, with scores and evidence, among the photos of phones and of other cameras.

The steps: features; a shortlist from pictures, hashes, places and names; comparison by geometry; clock offsets from the
matching pairs; comparison of pairs near in corrected time; scores; a one-to-one choice. `search` says which pairs are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.catalog.clocks import ClockOffset
from curate.catalog.sides import PairingPhoto
from curate.pairing import candidates
from curate.pairing.assignment import ASSIGNED, assign, ranks
from curate.pairing.clocks.offsets import estimate_clocks, in_usual_zone
from curate.pairing.evidence import Evidence, with_rivals
from curate.pairing.features import cached_path
from curate.pairing.score.model import LogisticScorer, feature_rows, pair_scores, prior
from curate.pairing.search import Memory, Pair, Search
from curate.pairing.workers import Workers, extract
from tracer.base.progress import Progress, Work

OFFERED = 6
"""Candidates kept of each photo."""

FLOOR = 0.01
"""Candidates with a lower probability are kept only where they are a photo's best."""

_FEW = 12
"""Up to this number of photos, no worker processes are started."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate pair.

    Attributes:
        phone_id: id of the phone's photo.
        other_id: id of the other camera's photo.
        score: probability that both show the same scene, 0 to 1.
        evidence: the signals behind the score.
        assigned: whether it is part of the one-to-one choice.
    """

    phone_id: int
    other_id: int
    score: float
    evidence: Evidence
    assigned: bool


@dataclass(frozen=True, slots=True)
class PairingResult:
    """The result of a pairing run.

    Attributes:
        candidates: candidate pairs, the best first; each is among the best `OFFERED` of one of its photos.
        clock_offsets: the offsets that could be estimated; two cameras can have several (`estimate_clocks`).
        phones: number of phone photos that were compared.
        others: number of other photos that were compared.
        left_out: (photo id, reason why it could not be compared).
        compared: number of pairs whose pictures were compared.
    """

    candidates: list[Candidate]
    clock_offsets: list[ClockOffset]
    phones: int
    others: int
    left_out: list[tuple[int, str]] = field(default_factory=list)
    compared: int = 0


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals that are used besides the pictures.

    Attributes:
        time: whether times are used.
        gps: whether GPS positions and GPS times are used.
        known_offsets: (camera, camera) -> offset that a person stated, in seconds: the second clock minus the first.
        embeddings: sha256 -> float32 vector, all of one length; photos without one are compared by the other signals.
    """

    time: bool = True
    gps: bool = True
    known_offsets: Mapping[tuple[str, str], float] = field(default_factory=dict)
    embeddings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


ALL_SIGNALS = Signals()


def find_pairs(
    photos: Sequence[PairingPhoto],
    cache: Path,
    signals: Signals = ALL_SIGNALS,
    *,
    workers: int = 1,
    scorer: LogisticScorer | None = None,
    memory: Memory | None = None,
) -> Work[PairingResult]:
    """Find candidate pairs of a phone's photo and another camera's photo of the same scene.

    The result depends neither on the order of the photos nor on the number of workers.

    Args:
        photos: photos of both sides, with unique ids.
        cache: folder whose `features/` keeps the features between runs.
        signals: the signals that are used besides the pictures.
        workers: number of processes.
        scorer: the model that gives the scores; None for the prior that comes with the package.
        memory: comparisons of an earlier search of the same photos with the same ids; new ones are added to it.

    Raises:
        StorageError: the cache cannot be written.
    """
    scorer = prior() if scorer is None else scorer
    ordered = sorted(in_usual_zone(photos), key=lambda photo: (photo.sha256, photo.id))
    with Workers(workers if len(ordered) > _FEW else 1) as pool:
        left_out = yield from extracted(ordered, cache, pool)
        usable = [photo for photo in ordered if photo.id not in left_out]
        search = Search(usable, cache, pool, signals.gps, signals.embeddings, memory)
        offsets = yield from _searched(search, signals, scorer)
    facts = Facts(search.by_id, signals.gps, signals.embeddings)
    evidence = facts.evidence(search.compared, offsets)
    scores = scored(evidence, scorer)
    return PairingResult(
        candidates=offered(evidence, scores),
        clock_offsets=offsets,
        phones=len(search.phones),
        others=len(search.others),
        left_out=sorted(left_out.items()),
        compared=len(search.compared),
    )


def _searched(search: Search, signals: Signals, scorer: LogisticScorer) -> Work[list[ClockOffset]]:
    """Compare the pairs that are worth comparing, and return the clock offsets that were estimated from them."""
    facts = Facts(search.by_id, False, {})

    def content() -> dict[Pair, float]:
        return scored(facts.evidence(search.compared, []), scorer)

    def clocks(scores: Mapping[Pair, float]) -> list[ClockOffset]:
        votes = [(a, b, score) for (a, b), score in scores.items()]
        return estimate_clocks(list(search.by_id.values()), votes, signals.known_offsets, search.use_gps)

    if not signals.time:
        yield from search.everywhere(search.phones, search.others)
        return []
    if search.small:
        yield from search.everywhere(search.phones, search.others)
        offsets = clocks(content())
        yield from search.near_in_time(offsets)
        return offsets
    yield from search.everywhere(*search.sampled())
    yield from search.near_in_time(clocks(content()))
    # The many pairs found so give better offsets, with their drift and the times at which a clock was set.
    scores = content()
    offsets = clocks(scores)
    yield from search.near_in_time(offsets)
    phones, others = search.open_photos(offsets, scores)
    yield from search.everywhere(phones, search.others)
    yield from search.everywhere(search.phones, others)
    if phones or others:
        offsets = clocks(content())
        yield from search.near_in_time(offsets)
    return offsets


def extracted(photos: Sequence[PairingPhoto], cache: Path, pool: Workers) -> Work[dict[int, str]]:
    """Put the features of all photos into the cache; returns photo id -> reason for those that have none."""
    tasks = [(cached_path(cache, photo.sha256), photo.preview) for photo in photos]
    left_out = {}
    for done, (photo, reason) in enumerate(zip(photos, pool.map(extract, tasks), strict=True), 1):
        if reason is not None:
            left_out[photo.id] = reason
        yield Progress("finding distinct points", done, len(photos))
    return left_out


class Facts:
    """Joins what is known of pairs besides the pictures (times, places, hashes, names, embeddings) to their comparisons."""

    def __init__(
        self, photos: Mapping[int, PairingPhoto], use_gps: bool, embeddings: Mapping[str, NDArray[np.float32]]
    ) -> None:
        self._photos, self._use_gps = photos, use_gps
        self._unit_embeddings: dict[int, NDArray[np.float32]] = {}
        for side in ("phone", "other"):
            there = [p for p in photos.values() if p.side == side and p.sha256 in embeddings]
            if there:
                rows = candidates.centred(there, embeddings)
                self._unit_embeddings |= {photo.id: row for photo, row in zip(there, rows, strict=True)}

    def evidence(self, compared: Mapping[Pair, Evidence], offsets: Sequence[ClockOffset]) -> dict[Pair, Evidence]:
        """Return the evidence of all compared pairs, with clocks corrected by the offsets."""
        table: dict[tuple[str, str], list[ClockOffset]] = defaultdict(list)
        for offset in offsets:
            table[offset.camera_a, offset.camera_b].append(offset)
        return with_rivals({pair: self._one(pair, found, table) for pair, found in compared.items()})

    def _one(self, pair: Pair, found: Evidence, offsets: Mapping[tuple[str, str], Sequence[ClockOffset]]) -> Evidence:
        a, b = self._photos[pair[0]], self._photos[pair[1]]
        gap = candidates.corrected_gap(a, b, offsets)
        here, there = self._unit_embeddings.get(a.id), self._unit_embeddings.get(b.id)
        name = candidates.given_name(a), candidates.given_name(b)
        return replace(
            found,
            hash_distance=candidates.hash_distance(a, b),
            time_gap_s=None if gap is None else gap[0],
            clock_spread_s=None if gap is None else gap[1],
            distance_m=candidates.distance_m(a, b) if self._use_gps else None,
            embedding=None if here is None or there is None else float(here @ there),
            same_name=None if None in name else name[0] == name[1],
            same_album=None if a.album is None or b.album is None else a.album == b.album,
        )


def scored(evidence: Mapping[Pair, Evidence], scorer: LogisticScorer) -> dict[Pair, float]:
    """Return the probability that each pair shows one scene."""
    if not evidence:
        return {}
    pairs = sorted(evidence)
    known = [evidence[pair] for pair in pairs]
    return dict(zip(pairs, map(float, pair_scores(known, feature_rows(known), scorer)), strict=True))


def offered(evidence: Mapping[Pair, Evidence], scores: Mapping[Pair, float]) -> list[Candidate]:
    """Return the candidates with their ranks, the best first."""
    order = sorted(scores, key=lambda pair: (-scores[pair], pair))
    kept = [
        (pair, replace(evidence[pair], rank_phone=phone, rank_other=other))
        for pair, (phone, other) in zip(order, ranks(order, [scores[pair] for pair in order]), strict=True)
        if min(phone, other) == 1 or (min(phone, other) <= OFFERED and scores[pair] >= FLOOR)
    ]
    chosen = assign(((a, b, scores[a, b]) for (a, b), _ in kept), ASSIGNED)
    return [Candidate(a, b, scores[a, b], facts, (a, b) in chosen) for (a, b), facts in kept]
