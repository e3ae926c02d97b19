"""The score follows a person: how far each signal can be trusted in this workspace, learned from the decisions made in it.

The prior says how much agreeing pictures, a short gap between the times and near places speak for a pair; it was fitted on
virtual scenes. Here positions may be those of the last fix outdoors, or clocks never set. So each signal's part of the prior
gets one factor, its trust, which is 1 without decisions and moves as people say yes and no. Five numbers for fifty decisions:
to fit all coefficients anew would follow chance, and did, in trials on virtual scenes.

The model is a function of the decisions that stand (and of the candidates' evidence), not of how they came about: to take a
decision back takes its effect back. It is fitted anew from the prior each time, never from the last model.

People see the likeliest pairs first and say yes to nearly all of them; that is no news about the rest, and four things keep it
from spoiling the scores. Trust is pulled towards 1, and the level of the decided pairs towards the prior's. Decisions that a
threshold made (`decide auto`) teach nothing: they are the model's own opinion. A yes also says that this partner is the right
one among the candidates, which teaches what tells right from nearly right where every answer was yes. And scores move in whole
steps of decisions, so that a queue does not shift under the eyes.
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
from curate.pairing.score.model import FEATURES, SIGNALS, LogisticScorer, feature_rows, penalised, prior

STEP = 10
"""The model follows after each so many decisions, up to a hundred; then after fifty, and from a thousand on after 500."""

PULL_TRUST = 10.0
PULL_LEVEL = 1.0
"""How strongly a signal's trust is held at 1, and the mean log-odds of the decided pairs at the prior's: 1 / variance."""

BURST_S = 60.0
"""Photos of one camera taken within so many seconds show the same; neither was preferred to the other."""

Answer = tuple[str, str, bool]
"""The sha256 of a phone photo and of another one, and whether they were accepted."""


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate as the model sees it.

    Attributes:
        phone, other: the photos' sha256. row: its features. camera: of the phone photo, and of the other.
        seconds: on the phone's clock, and on the other camera's; None where not known to the second.
        scene: as stated, of the phone photo, and of the other; None where nothing was.
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
    """What the decisions of a workspace say.

    Attributes:
        scorer: the model that follows them. trust: signal -> how much it counts here; 1 is as much as in the prior.
        decisions: how many it rests on.
    """

    scorer: LogisticScorer
    trust: dict[str, float]
    decisions: int


def learned(candidates: Sequence[Example], decided: Sequence[Answer], start: LogisticScorer | None = None) -> Learned:
    """Return the model that follows the decisions; without any it is `start`.

    Args:
        candidates: all of them, decided or not.
        decided: what people said; a pair that is no candidate teaches nothing.
        start: the prior that comes with the package where None.
    """
    start = prior() if start is None else start
    known = {(c.phone, c.other): c for c in candidates}
    both_ways = [*decided, *((other, phone, same) for phone, other, same in decided)]
    answers = sorted(answer for answer in both_ways if answer[:2] in known)
    if not answers:
        return Learned(start, dict.fromkeys(SIGNALS, 1.0), 0)
    columns = [[FEATURES.index(name) for name in names] for names in SIGNALS.values()]

    def parts(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each signal's share of the prior's log-odds, (n, signals)."""
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
    """Differences of rows, accepted minus rival, and their weights: all rivals of one photo weigh as one comparison."""
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
    """Whether a candidate's photo on a side stood against the chosen one's: the same camera, and not the same burst."""
    camera, at, then = chosen.camera[side], chosen.seconds[side], rival.seconds[side]
    if camera is None or camera != rival.camera[side]:
        return False
    return at is None or then is None or abs(at - then) > BURST_S


# --- in a workspace


def learned_here(catalog: Catalog) -> Learned:
    """Return what the decisions of a workspace say."""
    return learned(_read(catalog)[0], _decided(catalog)[0])


def model(catalog: Catalog) -> LogisticScorer:
    """Return the scorer that follows the decisions of a workspace."""
    return learned_here(catalog).scorer


def due(catalog: Catalog) -> bool:
    """Return whether decisions or candidates came or went that the scores do not follow yet; cheap."""
    basis, revision = scored_with(catalog)
    if _basis(*_decided(catalog)) != basis:
        return True
    return revision is not None and revision != catalog.candidates_revision()


def follow(catalog: Catalog, *, always: bool = False) -> bool:
    """Let scores, ranks and proposals follow the decisions; returns whether they were made again.

    Call it after decisions, undo and redo; it is cheap where no whole step of them came or went. What it leaves in the
    catalogue depends on the candidates and the standing decisions alone. The caller holds the workspace's lock. Where
    somebody decided or paired anew while it was at work (the app does these side by side), it leaves all as it is.

    Args:
        always: also where no decision changed: after a new search for candidates.
    """
    if not always and not due(catalog):
        return False
    before = catalog.candidates_revision(), _decided(catalog)
    decided, by_nobody = before[1]
    examples, kept, ranks = _read(catalog)
    rows = np.array([e.row for e in examples]).reshape(-1, len(FEATURES))
    scores = learned(examples, decided).scorer.probabilities(rows)
    with catalog.transaction():
        if (catalog.candidates_revision(), _decided(catalog)) != before:
            return False  # who did that follows
        again, stated = kept_bursts(catalog), stated_scenes(catalog)
        _write(catalog, kept, scores, _proposed(examples, kept, scores, [*decided, *by_nobody], again, stated))
        new = zip(_ranks(kept, scores), ranks, kept, strict=True)
        keep_ranks(catalog, [(*rank, candidate.rowid) for rank, old, candidate in new if rank != old])
        keep_scored_with(catalog, _basis(decided, by_nobody), before[0])
        catalog.touch()
    return True


def _basis(decided: list[Answer], by_nobody: list[Answer]) -> str:
    """What scores and proposals rest on, in a few letters; nothing where nothing was decided."""
    if not decided and not by_nobody:
        return ""
    return hashlib.sha256(repr((sorted(decided), sorted(by_nobody))).encode()).hexdigest()


def _decided(catalog: Catalog) -> tuple[list[Answer], list[Answer]]:
    """The decisions of people, whole steps of them, and those that nobody made: a threshold did, or a file was replaced.

    Only of pairs whose photos are here.
    """
    people: list[Answer] = []
    nobody: list[Answer] = []
    for pair in decided_pairs(catalog):
        (people if pair.by_person else nobody).append((pair.phone, pair.other, pair.accepted))
    return people[: whole_steps(len(people))], nobody


def whole_steps(count: int) -> int:
    """Return on how many of so many decisions the model rests."""
    step = STEP if count < 100 else 5 * STEP if count < 1000 else 50 * STEP
    return count // step * step


def _read(catalog: Catalog) -> tuple[list[Example], list[Candidate], list[tuple[int, int]]]:
    """The candidates as the model sees them, as the catalogue keeps them, and the ranks that they have."""
    kept = candidates(catalog)
    evidence = [Evidence.from_dict(candidate.evidence) or Evidence(0, 0) for candidate in kept]
    examples = [
        Example(*candidate.sha256, row, candidate.cameras, candidate.seconds, candidate.scenes)
        for candidate, row in zip(kept, feature_rows(evidence), strict=True)
    ]
    return examples, kept, [(e.rank_phone, e.rank_other) for e in evidence]


def _write(catalog: Catalog, kept: Sequence[Candidate], scores: NDArray[np.float64], proposed: Sequence[bool]) -> None:
    """Keep the scores and proposals that are new."""
    keep_scores(
        catalog,
        [
            (float(score), chosen, k.rowid)
            for score, chosen, k in zip(scores, proposed, kept, strict=True)
            if (float(score), chosen) != (k.score, k.assigned)
        ],
    )


def _ranks(kept: Sequence[Candidate], scores: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The place of each candidate among those of its phone photo, and of its other photo; 1 is the best."""
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
    """Which candidates are proposed: the best one-to-one choice of what is neither rejected nor contradicted by stated scenes,
    one pair a scene.

    Accepted pairs keep their photos, and stay marked, so that an undone one stands where it stood. Photos of one burst
    (`again`) are one scene.
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
