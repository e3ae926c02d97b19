"""Adapt the score to a workspace: learn from its decisions how much to trust each signal.

The prior, fitted on virtual scenes, says how strongly matching pictures, a short time gap and a short distance support a pair.
In a workspace, GPS positions may be those of the last fix outdoors, or clocks may never have been set. So each signal's part
of the prior's log-odds is multiplied by one factor, its trust, which is 1 without decisions. With the intercept these are five
parameters for some fifty decisions. Fitting all coefficients again overfitted in trials on virtual scenes.

The model depends on the standing decisions and the candidates' evidence alone, not on the order of events: it is fitted from the
prior each time, so that an undo removes the effect of a decision.

People see the likeliest pairs first and accept nearly all of them, which says little about the other pairs. Four measures keep
this from biasing the scores:

- Trust is pulled towards 1, and the mean log-odds of the decided pairs towards the prior's.
- Decisions made by a threshold (`decide auto`) are not used, since they are the model's own opinion.
- An accepted pair also counts as preferred to the rival candidates of its photos, so that the model learns to tell right from
  nearly right pairs even where every answer was yes.
- Scores change only after whole steps of decisions, so that the queue does not change during a review.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.catalog.bursts import kept_bursts
from curate.catalog.candidates import Candidate, candidates, keep_ranks, keep_scored_with, keep_scores, scored_with
from curate.catalog.decisions import decided_pairs
from curate.catalog.scenes import stated_scenes
from curate.catalog.store import Catalog
from curate.pairing.assignment import assign
from curate.pairing.evidence import Evidence
from curate.pairing.find import ASSIGNED
from curate.pairing.scenes import best_of_each_scene
from curate.pairing.score.fitting import penalised
from curate.pairing.score.model import FEATURES, SIGNALS, LogisticScorer, feature_rows, pair_scores, prior

STEP = 10
"""The model is fitted again after each 10 decisions; from 100 decisions on after each 50, from 1,000 on after each 500."""

PULL_TRUST = 10.0
"""Precision (1 / variance) of the normal prior that pulls each signal's trust towards 1."""

PULL_LEVEL = 1.0
"""Precision of the normal prior that pulls the mean log-odds of the decided pairs towards the prior's mean."""

BURST_S = 60.0
"""Photos of one camera taken within this many seconds are taken to show the same; none of them was preferred to another."""

Answer = tuple[str, str, bool]
"""A decision: sha256 of the phone photo, sha256 of the other photo, and whether the pair was accepted."""


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate as the model uses it. Pairs of values are of the phone photo and of the other photo.

    Attributes:
        phone: sha256 of the phone photo.
        other: sha256 of the other photo.
        row: features of the pair, (len(FEATURES),) float64.
        camera: numbers of the two cameras.
        seconds: readings of the two clocks; None where not known to the second.
        scene: stated scenes of the two photos; None where none was stated.
    """

    phone: str
    other: str
    row: NDArray[np.float64]
    camera: tuple[int | None, int | None] = (None, None)
    seconds: tuple[float | None, float | None] = (None, None)
    scene: tuple[str | None, str | None] = (None, None)

    @property
    def is_contradicted(self) -> bool:
        """Whether the two photos were stated to be of different scenes."""
        return None not in self.scene and self.scene[0] != self.scene[1]


@dataclass(frozen=True, slots=True)
class Learned:
    """The model learned from the decisions of a workspace.

    Attributes:
        scorer: the model.
        trust: signal -> factor by which it counts; 1 is its weight in the prior.
        decisions: number of decisions that it was learned from.
    """

    scorer: LogisticScorer
    trust: dict[str, float]
    decisions: int


def learned(candidates: Sequence[Example], decided: Sequence[Answer], start: LogisticScorer | None = None) -> Learned:
    """Learn the model from decisions; without any it is `start`.

    Args:
        candidates: all candidates, decided or not.
        decided: decisions of people; pairs that are not candidates are ignored.
        start: the model to start from; None for the prior that comes with the package.
    """
    start = prior() if start is None else start
    known = {(c.phone, c.other): c for c in candidates}
    both_ways = [*decided, *((other, phone, same) for phone, other, same in decided)]
    answers = sorted(answer for answer in both_ways if answer[:2] in known)
    if not answers:
        return Learned(start, dict.fromkeys(SIGNALS, 1.0), 0)
    columns = [[FEATURES.index(name) for name in names] for names in SIGNALS.values()]

    def parts(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each signal's part of the prior's log-odds, (n, signals)."""
        return np.stack([rows[:, of_signal] @ start.weights[of_signal] for of_signal in columns], axis=1)

    said = parts(np.array([known[phone, other].row for phone, other, _ in answers]))
    differences, amount = _preferences(candidates, [known[p, o] for p, o, yes in answers if yes])
    level = said.mean(0)
    found = penalised(
        np.concatenate(
            [
                np.column_stack([np.ones(len(said)), said - level]),
                np.column_stack([np.zeros(len(differences)), parts(differences)]),
            ]
        ),
        np.array([*(1.0 if yes else -1.0 for _, _, yes in answers), *np.ones(len(differences))]),
        centre=np.array([start.intercept + level.sum(), *np.ones(len(columns))]),
        pull=np.array([PULL_LEVEL, *np.full(len(columns), PULL_TRUST)]),
        free=np.array([True, *np.zeros(len(columns), np.bool_)]),
        amount=np.array([*np.ones(len(said)), *amount]),
    )
    weights = start.weights.copy()
    for of_signal, trust in zip(columns, found[1:], strict=True):
        weights[of_signal] *= trust
    scorer = LogisticScorer(float(found[0] - level @ found[1:]), weights)
    return Learned(scorer, dict(zip(SIGNALS, map(float, found[1:]), strict=True)), len(answers))


def _preferences(
    candidates: Sequence[Example], accepted: Sequence[Example]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return differences of feature rows, accepted minus rival, and their weights: all rivals of one photo together weigh 1."""
    beside: dict[tuple[int, str], list[Example]] = defaultdict(list)
    for candidate in candidates:
        beside[0, candidate.phone].append(candidate)
        beside[1, candidate.other].append(candidate)
    differences, weights = [], []
    for chosen in accepted:
        for kept, name in ((0, chosen.phone), (1, chosen.other)):
            rivals = [c for c in beside[kept, name] if c is not chosen and _is_rival(chosen, c, 1 - kept)]
            differences += [chosen.row - rival.row for rival in sorted(rivals, key=lambda c: (c.phone, c.other))]
            weights += [1.0 / len(rivals) for _ in rivals]
    return np.array(differences).reshape(-1, len(FEATURES)), np.array(weights)


def _is_rival(chosen: Example, rival: Example, side: int) -> bool:
    """Return whether a candidate's photo on a side was an alternative to the chosen one: the same camera, another burst."""
    camera, at, then = chosen.camera[side], chosen.seconds[side], rival.seconds[side]
    if camera is None or camera != rival.camera[side]:
        return False
    return at is None or then is None or abs(at - then) > BURST_S


# --- in a workspace


def learned_here(catalog: Catalog) -> Learned:
    """Return the model learned from the decisions of a workspace, with the trust of each signal."""
    return learned(_read(catalog)[0], _decided(catalog)[0])


def model(catalog: Catalog) -> LogisticScorer:
    """Return the scorer learned from the decisions of a workspace."""
    return learned_here(catalog).scorer


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
    examples, kept, evidence = _read(catalog)
    rows = np.array([e.row for e in examples]).reshape(-1, len(FEATURES))
    scores = pair_scores(evidence, rows, learned(examples, decided).scorer)
    with catalog.transaction():
        if (catalog.candidates_revision(), _decided(catalog)) != before:
            return False  # whoever changed them calls this function too
        again, stated = kept_bursts(catalog), stated_scenes(catalog)
        _write(catalog, kept, scores, _proposed(examples, kept, scores, [*decided, *by_nobody], again, stated))
        new = zip(_ranks(kept, scores), evidence, kept, strict=True)
        changed = [(*rank, k.rowid) for rank, old, k in new if rank != (old.rank_phone, old.rank_other)]
        keep_ranks(catalog, changed)
        keep_scored_with(catalog, _basis(decided, by_nobody), before[0])
        catalog.touch(logged=True)
    return True


def _basis(decided: list[Answer], by_nobody: list[Answer]) -> str:
    """Return a hash of the decisions that scores and proposals depend on; empty where there are none."""
    if not decided and not by_nobody:
        return ""
    return hashlib.sha256(repr((sorted(decided), sorted(by_nobody))).encode()).hexdigest()


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
    """Return how many of `count` decisions the model is learned from: whole steps alone.

    >>> [whole_steps(count) for count in (9, 37, 149, 1499)]
    [0, 30, 100, 1000]
    """
    step = STEP if count < 100 else 5 * STEP if count < 1000 else 50 * STEP
    return count // step * step


def _read(catalog: Catalog) -> tuple[list[Example], list[Candidate], list[Evidence]]:
    """Return the candidates as the model learns from them, as the catalogue stores them, and their evidence."""
    kept = candidates(catalog)
    evidence = [Evidence.from_dict(candidate.evidence) or Evidence(0, 0) for candidate in kept]
    examples = [
        Example(*candidate.sha256, row, candidate.cameras, candidate.seconds, candidate.scenes)
        for candidate, row in zip(kept, feature_rows(evidence), strict=True)
    ]
    return examples, kept, evidence


def _write(catalog: Catalog, kept: Sequence[Candidate], scores: NDArray[np.float64], proposed: Sequence[bool]) -> None:
    """Store the scores and proposals that changed."""
    keep_scores(
        catalog,
        [
            (float(score), chosen, k.rowid)
            for score, chosen, k in zip(scores, proposed, kept, strict=True)
            if (float(score), chosen) != (k.score, k.assigned)
        ],
    )


def _ranks(kept: Sequence[Candidate], scores: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the rank of each candidate among those of its phone photo and among those of its other photo; 1 is the best."""
    seen: dict[tuple[int, int], int] = defaultdict(int)
    ranks = [(0, 0)] * len(kept)
    for k in sorted(range(len(kept)), key=lambda k: (-scores[k], *kept[k].photos)):
        mine, theirs = (0, kept[k].photos[0]), (1, kept[k].photos[1])
        seen[mine] += 1
        seen[theirs] += 1
        ranks[k] = seen[mine], seen[theirs]
    return ranks


def _proposed(
    examples: Sequence[Example],
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
    answers = {pair: yes for phone, other, yes in decided for pair in ((phone, other), (other, phone))}
    stands = [answers.get((e.phone, e.other), False if e.is_contradicted else None) for e in examples]
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
            (e.phone, e.other, float(score), k.photos in chosen and yes is None)
            for e, k, score, yes in zip(examples, kept, scores, stands, strict=True)
            if yes is not False
        ),
        [(phone, other) for phone, other, yes in decided if yes],
        again,
        stated,
    )
    return [yes is True or (e.phone, e.other) in best for e, yes in zip(examples, stands, strict=True)]
