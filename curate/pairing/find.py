"""Find the partner: photos of phones and of other cameras in, candidate pairs with scores and evidence out.

Features → a shortlist from pictures, hashes and places → comparison by geometry → clock offsets from what matched →
pairs near in corrected time, compared too → scores → a one-to-one choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.pairing import candidates, voting
from curate.pairing.assignment import assign
from curate.pairing.clocks import ClockOffset, estimate_clocks
from curate.pairing.compare import Comparison
from curate.pairing.evidence import Evidence, with_rivals
from curate.pairing.features import cached_path
from curate.pairing.photo import PairingPhoto
from curate.pairing.scoring import Scorer, feature_rows, prior
from curate.pairing.workers import Workers, comparisons, extract, one_thread, sample, signatures
from curate.progress import Progress, Work

SHORTLIST = 20
"""Photos of the other side that each photo is compared with for what their descriptors say."""

OFFERED = 6
"""Candidates kept of each photo."""

FLOOR = 0.01
"""Candidates less probable are kept only where they are a photo's best."""

ASSIGNED = 0.2
"""Pairs less probable are never marked as the one-to-one choice."""

_TRAINING_PHOTOS = 600
_FEW = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair to look at.

    Attributes:
        score: probability that both show the same scene, 0 to 1. assigned: part of the one-to-one choice.
    """

    phone_id: int
    other_id: int
    score: float
    evidence: Evidence
    assigned: bool


@dataclass(frozen=True, slots=True)
class PairingResult:
    """What a run found.

    Attributes:
        candidates: the best first; at most `OFFERED` for each photo beyond those that are another photo's.
        clock_offsets: of phones against other cameras, where known; two cameras can have several (`estimate_clocks`).
        phones, others: photos compared on each side.
        left_out: (photo id, why it could not be compared).
        compared: pairs whose pictures were compared.
    """

    candidates: list[Candidate]
    clock_offsets: list[ClockOffset]
    phones: int
    others: int
    left_out: list[tuple[int, str]] = field(default_factory=list)
    compared: int = 0


Pair = tuple[int, int]


def find_pairs(
    photos: Sequence[PairingPhoto],
    cache: Path,
    *,
    use_time: bool = True,
    use_gps: bool = True,
    known_offsets: Mapping[tuple[str, str], float] | None = None,
    workers: int = 1,
    scorer: Scorer | None = None,
) -> Work[PairingResult]:
    """Find candidate pairs of a phone's photo and another camera's photo of the same scene.

    The result depends neither on the order of the photos nor on the number of workers.

    Args:
        photos: both sides; ids are unique.
        cache: folder whose `features/` keeps the features between runs.
        use_time, use_gps: whether times, and places and GPS times, are evidence.
        known_offsets: clock offsets that a person stated, seconds, clock of the second camera minus that of the first.
        workers: processes. scorer: instead of the prior that comes with the package.

    Raises:
        StorageError: the cache cannot be written.
    """
    scorer = prior() if scorer is None else scorer
    ordered = sorted(photos, key=lambda photo: (photo.sha256, photo.id))
    by_id = {photo.id: photo for photo in ordered}
    with Workers(workers if len(ordered) > _FEW else 1) as pool:
        left_out = yield from _extracted(ordered, cache, pool)
        usable = [photo for photo in ordered if photo.id not in left_out]
        phones = [photo for photo in usable if photo.side == "phone"]
        others = [photo for photo in usable if photo.side == "other"]
        compared: dict[Pair, Comparison] = {}
        if phones and others:
            pairs = yield from _shortlisted(phones, others, cache, pool, use_gps)
            yield from _compared(candidates.allowed(pairs, by_id), by_id, cache, pool, compared)
        offsets: list[ClockOffset] = []
        if use_time and compared:
            evidence = with_rivals(
                {pair: _evidence(pair, found, by_id, {}, use_gps=False) for pair, found in compared.items()}
            )
            scores = _scored(evidence, scorer)
            offsets = estimate_clocks(
                usable, [(a, b, score) for (a, b), score in scores.items()], known_offsets, use_gps
            )
            near = candidates.by_time(phones, others, offsets)
            yield from _compared(
                [pair for pair in candidates.allowed(near, by_id) if pair not in compared], by_id, cache, pool, compared
            )
    table: dict[tuple[str, str], list[ClockOffset]] = defaultdict(list)
    for offset in offsets:
        table[offset.camera_a, offset.camera_b].append(offset)
    evidence = with_rivals({pair: _evidence(pair, found, by_id, table, use_gps) for pair, found in compared.items()})
    scores = _scored(evidence, scorer)
    return PairingResult(
        candidates=_offered(evidence, scores),
        clock_offsets=offsets,
        phones=len(phones),
        others=len(others),
        left_out=sorted(left_out.items()),
        compared=len(compared),
    )


def _extracted(photos: Sequence[PairingPhoto], cache: Path, pool: Workers) -> Work[dict[int, str]]:
    """Features of all photos into the cache; the ids of those without, and why."""
    tasks = [(cached_path(cache, photo.sha256), photo.preview) for photo in photos]
    left_out = {}
    for done, (photo, reason) in enumerate(zip(photos, pool.map(extract, tasks), strict=True), 1):
        if reason is not None:
            left_out[photo.id] = reason
        yield Progress("finding distinct points", done, len(photos))
    return left_out


def _shortlisted(
    phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], cache: Path, pool: Workers, use_gps: bool
) -> Work[set[Pair]]:
    """Ids of pairs worth comparing; every pair where there are few."""
    if min(len(phones), len(others)) <= SHORTLIST and max(len(phones), len(others)) <= 10 * SHORTLIST:
        return {(a.id, b.id) for a in phones for b in others}
    everyone = [*phones, *others]
    paths = [cached_path(cache, photo.sha256) for photo in everyone]
    step = max(1, len(paths) // _TRAINING_PHOTOS)
    chosen = paths[::step]
    each = max(1, min(voting.VOTERS, voting.TRAINING // len(chosen)))
    parts = list(pool.map(sample, [(path, each) for path in chosen]))
    yield Progress("learning what tells photos apart", 0, None)
    with one_thread():
        vocabulary = voting.learn(np.concatenate(parts), voting.VOTERS * len(paths))
    signed = []
    for mark in pool.map(signatures, [(path, vocabulary) for path in paths]):
        signed.append(mark)
        yield Progress("marking photos", len(signed), len(paths))
    ours, theirs = signed[: len(phones)], signed[len(phones) :]
    yield Progress("looking for likely partners", 0, len(phones))
    cells = candidates.best_cells(_masked(voting.votes(ours, theirs), phones, others), SHORTLIST)
    pairs = {(phones[i].id, others[j].id) for i, j in cells}
    pairs |= candidates.by_hash(phones, others)
    if use_gps:
        pairs |= candidates.by_place(phones, others)
    return pairs


def _masked(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Votes without pairs of one and the same camera, which would fill the shortlist and are never offered."""
    numbers = {camera: k for k, camera in enumerate(sorted({photo.camera for photo in (*phones, *others)}))}
    ours, theirs = (np.array([numbers[photo.camera] for photo in side]) for side in (phones, others))
    for first, block in blocks:
        block[ours[first : first + len(block), None] == theirs[None]] = 0
        yield first, block


def _compared(
    pairs: Sequence[Pair],
    photos: Mapping[int, PairingPhoto],
    cache: Path,
    pool: Workers,
    into: dict[Pair, Comparison],
) -> Work[None]:
    """Compare pictures, phone by phone in order of time and so of place, which keeps partners' features in memory."""
    partners: dict[int, list[int]] = defaultdict(list)
    for phone, other in sorted(pairs):
        partners[phone].append(other)
    phones = sorted(partners, key=lambda phone: (photos[phone].clock or 0.0, photos[phone].sha256, phone))

    def path(photo: int) -> Path:
        return cached_path(cache, photos[photo].sha256)

    tasks = [(path(phone), [path(other) for other in partners[phone]]) for phone in phones]
    done = 0
    for phone, found in zip(phones, pool.map(comparisons, tasks, chunk=2), strict=True):
        into.update(((phone, other), result) for other, result in zip(partners[phone], found, strict=True))
        done += len(found)
        yield Progress("comparing pictures", done, len(pairs))


def _evidence(
    pair: Pair,
    found: Comparison,
    photos: Mapping[int, PairingPhoto],
    offsets: Mapping[tuple[str, str], Sequence[ClockOffset]],
    use_gps: bool,
) -> Evidence:
    a, b = photos[pair[0]], photos[pair[1]]
    gap = candidates.corrected_gap(a, b, offsets)
    return Evidence(
        matches=found.matches,
        inliers=found.inliers,
        view=found.model,
        overlap=found.overlap,
        coverage=found.coverage,
        scale_ratio=found.scale_ratio,
        rotation_deg=found.rotation_deg,
        alignment=found.alignment,
        hash_distance=candidates.hash_distance(a, b),
        time_gap_s=None if gap is None else gap[0],
        clock_spread_s=None if gap is None else gap[1],
        distance_m=candidates.distance_m(a, b) if use_gps else None,
    )


def _scored(evidence: Mapping[Pair, Evidence], scorer: Scorer) -> dict[Pair, float]:
    if not evidence:
        return {}
    pairs = sorted(evidence)
    rows = feature_rows([evidence[pair] for pair in pairs])
    return dict(zip(pairs, map(float, scorer.probabilities(rows)), strict=True))


def _offered(evidence: Mapping[Pair, Evidence], scores: Mapping[Pair, float]) -> list[Candidate]:
    """Candidates with their ranks, the best first."""
    order = sorted(scores, key=lambda pair: (-scores[pair], pair))
    seen_phone: dict[int, int] = defaultdict(int)
    seen_other: dict[int, int] = defaultdict(int)
    kept: list[tuple[Pair, Evidence]] = []
    for phone, other in order:
        seen_phone[phone] += 1
        seen_other[other] += 1
        ranks = seen_phone[phone], seen_other[other]
        if min(ranks) == 1 or (min(ranks) <= OFFERED and scores[phone, other] >= FLOOR):
            kept.append(((phone, other), replace(evidence[phone, other], rank_phone=ranks[0], rank_other=ranks[1])))
    chosen = assign(((a, b, scores[a, b]) for (a, b), _ in kept), ASSIGNED)
    return [Candidate(a, b, scores[a, b], facts, (a, b) in chosen) for (a, b), facts in kept]
