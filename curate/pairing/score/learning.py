"""Adapt the scores to a workspace: learn from its decisions whether the prior is too sure of its pairs.

One number is learned, by which the log-odds of all scores are lowered. It is 0 without decisions, and it never raises a score. So
learning does not change which of two pairs is the likelier, and makes no pair confident.

The decided pairs are a sample that the score itself chose: people see the likeliest or the least certain pairs first, and skip
some. Such a sample says little about other pairs. Four rules keep it from spoiling the scores:

- Accepted pairs alone change nothing, and neither do rejected pairs alone (`MOST`).
- Each answer may be wrong (`WRONG`), so that a few rejected pairs among many accepted ones change nothing.
- The scores are lowered only as far as the decisions show: to that end of the likelihood interval which is nearer to the prior.
- Decisions made by a threshold (`decide auto`) are not used, since they are the score's own opinion.

More was tried and bought nothing (docs/learning.md): weights of the signals that were fitted to a workspace did not rank its
pairs better, and raised scores were often wrong.

The scores depend on the standing decisions and the candidates' evidence alone, not on the order of events, so that an undo
removes the effect of a decision. They change only after whole steps of decisions, so that the queue stays as it is in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.catalog.bursts import kept_bursts
from curate.catalog.candidates import Candidate, candidates, keep_ranks, keep_scored_with, keep_scores, scored_with
from curate.catalog.decisions import decided_pairs
from curate.catalog.scenes import stated_scenes
from curate.catalog.store import Catalog
from curate.pairing.assignment import ASSIGNED, assign, ranks
from curate.pairing.evidence import Evidence
from curate.pairing.scenes import best_of_each_scene
from curate.pairing.score.model import feature_rows, pair_scores, prior

STEP = 10
"""The scores change after each 10 decisions; from 100 decisions on after each 50, from 1,000 on after each 500."""

WRONG = 0.05
"""The share of decisions that are taken to be wrong."""

MOST = 2.0
"""The log-odds are lowered by at most this times log(1 + n); n is the smaller of the numbers of accepted and rejected pairs."""

INTERVAL = 1.92
"""The log-likelihood at the ends of a 95 % likelihood interval, below its maximum."""

_TRIED = 201
"""Number of equally spaced values among which the end of the interval is found."""

_RULES = "lowered"
"""Is part of what the scores are computed from; another value lets all workspaces score their candidates again."""

Answer = tuple[str, str, bool]
"""A decision: sha256 of the phone photo, sha256 of the other photo, and whether the pair was accepted."""


def excess(scores: NDArray[np.float64], accepted: NDArray[np.bool_]) -> float:
    """Return by how much the log-odds of scores are too high at least, as decided pairs show; 0 where they do not.

    Args:
        scores: the prior's scores of the decided pairs, (n,).
        accepted: whether each was accepted, (n,).

    Half of what the prior calls almost sure was rejected; then two of a hundred, which may be mistakes:

    >>> sure = np.full(100, 0.99)
    >>> round(excess(sure, np.arange(100) < 50), 1)
    4.2
    >>> excess(sure, np.arange(100) < 98)
    0.0
    """
    fewer = min(int(accepted.sum()), int((~accepted).sum()))
    tried = np.linspace(0.0, MOST * np.log1p(fewer), _TRIED)
    accepts = WRONG + (1 - 2 * WRONG) * lowered(scores, tried[:, None])
    likelihood = np.log(np.where(accepted, accepts, 1 - accepts)).sum(1)
    return float(tried[np.argmax(likelihood >= likelihood.max() - INTERVAL)])


def lowered(scores: NDArray[np.float64], by: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores whose log-odds are lowered by a number.

    >>> lowered(np.array([0.5, 0.9]), np.log(9)).round(6).tolist()
    [0.1, 0.5]
    """
    return scores / (scores + (1 - scores) * np.exp(by))


# --- in a workspace


def due(catalog: Catalog) -> bool:
    """Return whether decisions or candidates changed since the scores were computed. Costs little."""
    basis, revision = scored_with(catalog)
    if _basis(*_decided(catalog)) != basis:
        return True
    return revision is not None and revision != catalog.candidates_revision()


def follow(catalog: Catalog, *, always: bool = False) -> bool:
    """Compute scores, ranks and proposals again from the decisions where these changed; returns whether it did.

    Call it after decisions, undo and redo; it costs little where no whole step of decisions was added or removed. The result
    depends on the candidates and the standing decisions alone. Where decisions or candidates change while it computes (the app
    runs both at the same time), it writes nothing.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        always: compute even if no decision changed, as after a new search for candidates.
    """
    if not always and not due(catalog):
        return False
    before = catalog.candidates_revision(), _decided(catalog)
    decided, by_nobody = before[1]
    kept = candidates(catalog)
    evidence = [Evidence.from_dict(candidate.evidence) or Evidence(0, 0) for candidate in kept]
    scores = pair_scores(evidence, feature_rows(evidence), prior())
    known = _by_pair(decided)
    decisive = [k for k, candidate in enumerate(kept) if candidate.sha256 in known]
    accepted = np.array([known[kept[k].sha256] for k in decisive], np.bool_)
    scores = lowered(scores, excess(scores[decisive], accepted))
    with catalog.transaction():
        if (catalog.candidates_revision(), _decided(catalog)) != before:
            return False  # whoever changed them calls this function too
        again, stated = kept_bursts(catalog), stated_scenes(catalog)
        proposed = proposals(kept, scores, [*decided, *by_nobody], again, stated)
        news = zip(map(float, scores), proposed, kept, strict=True)
        keep_scores(catalog, [(score, on, k.rowid) for score, on, k in news if (score, on) != (k.score, k.assigned)])
        new = zip(ranks([k.photos for k in kept], scores.tolist()), evidence, kept, strict=True)
        changed = [(*rank, k.rowid) for rank, old, k in new if rank != (old.rank_phone, old.rank_other)]
        keep_ranks(catalog, changed)
        keep_scored_with(catalog, _basis(decided, by_nobody), before[0])
        catalog.touch(logged=True)
    return True


def _basis(decided: list[Answer], by_nobody: list[Answer]) -> str:
    """Return a hash of the decisions that scores and proposals depend on; empty where there are none."""
    if not decided and not by_nobody:
        return ""
    return hashlib.sha256(repr((_RULES, sorted(decided), sorted(by_nobody))).encode()).hexdigest()


def _decided(catalog: Catalog) -> tuple[list[Answer], list[Answer]]:
    """Return the decisions of people, in whole steps, and those made without a person: by a threshold or a replaced file.

    Pairs whose photos are no longer in the workspace are left out.
    """
    people: list[Answer] = []
    nobody: list[Answer] = []
    for pair in decided_pairs(catalog):
        (people if pair.by_person else nobody).append((pair.phone, pair.other, pair.accepted))
    return people[: whole_steps(len(people))], nobody


def whole_steps(count: int) -> int:
    """Return how many of `count` decisions the scores are adapted to: whole steps alone.

    >>> [whole_steps(count) for count in (9, 37, 149, 1499)]
    [0, 30, 100, 1000]
    """
    step = STEP if count < 100 else 5 * STEP if count < 1000 else 50 * STEP
    return count // step * step


def _by_pair(decided: Sequence[Answer]) -> dict[tuple[str, str], bool]:
    """Return the answers by pair, in both orders, since camera types can change after a decision."""
    return {pair: yes for phone, other, yes in decided for pair in ((phone, other), (other, phone))}


def proposals(
    kept: Sequence[Candidate],
    scores: NDArray[np.float64],
    decided: Sequence[Answer],
    again: Sequence[tuple[str, str]],
    stated: Sequence[tuple[str, str]],
) -> list[bool]:
    """Return which candidates are proposed: the best one-to-one choice, then one pair for each scene.

    Rejected pairs and pairs of two different stated scenes are not proposed. Accepted pairs keep their photos and stay marked,
    so that an undo restores the earlier proposals. Photos of one burst (`again`) are one scene.
    """
    answers = _by_pair(decided)
    stands = [answers.get(k.sha256, False if k.is_contradicted else None) for k in kept]
    chosen = assign(
        (
            (*k.photos, 2.0 if yes else float(score))
            for k, score, yes in zip(kept, scores, stands, strict=True)
            if yes is not False
        ),
        ASSIGNED,
    )
    best = best_of_each_scene(
        (
            (*k.sha256, float(score), k.photos in chosen and yes is None)
            for k, score, yes in zip(kept, scores, stands, strict=True)
            if yes is not False
        ),
        [(phone, other) for phone, other, yes in decided if yes],
        again,
        stated,
    )
    return [yes is True or k.sha256 in best for k, yes in zip(kept, stands, strict=True)]
