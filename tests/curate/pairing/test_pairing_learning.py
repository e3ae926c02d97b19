"""The scores follow a person: what decisions change, and what they cannot spoil."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from curate.catalog import decisions
from curate.catalog.candidates import replace_candidates
from curate.catalog.pairs import decide_auto, pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.pairing.evidence import Evidence
from curate.pairing.score import learning
from curate.pairing.score.learning import STEP, excess, follow, lowered
from curate.pairing.score.model import feature_rows, pair_scores, prior
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace

GOOD = Evidence(60, 40, coverage=0.7, alignment=0.85, hash_distance=18)
SURE = replace(GOOD, agreement=90.0, extent=0.9, sameness=0.9, most_agreement=90.0)
FAR = replace(GOOD, distance_m=5000.0)
NEAR_WRONG = Evidence(40, 14, coverage=0.3, alignment=0.5, hash_distance=24, distance_m=4.0)


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


def by_prior(evidence: list[Evidence]) -> NDArray[np.float64]:
    """The prior's scores."""
    return pair_scores(evidence, feature_rows(evidence), prior())


def simulated(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The prior's scores of sure, doubtful and chance pairs, 80 of each; and which are right: as many as the scores say."""
    rng = np.random.default_rng(seed)
    doubtful = [replace(GOOD, alignment=float(a), agreement=3.0, most_agreement=3.0) for a in rng.uniform(0.3, 0.9, 80)]
    chance = [Evidence(20, 5, alignment=0.1, agreement=0.0, alike=float(a)) for a in rng.uniform(0, 20, 80)]
    scores = by_prior([SURE] * 80 + doubtful + chance)
    return scores, rng.random(len(scores)) < scores


ORDERS = {
    "likely": lambda scores, rng: np.argsort(-scores, kind="stable"),
    "unsure": lambda scores, rng: np.argsort(abs(scores - 0.5), kind="stable"),
    "random": lambda scores, rng: rng.permutation(len(scores)),
}


@pytest.mark.parametrize("wrong", [0.0, 0.05])
@pytest.mark.parametrize("answered", ["accepts", "rejects", "all"])
@pytest.mark.parametrize("order", ORDERS)
def test_no_order_of_review_spoils_the_undecided_pairs(order: str, answered: str, wrong: float) -> None:
    """The likeliest first, the least certain first, at random; one-sided and mistaken answers: the scores stay calibrated."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        scores, right = simulated(seed)
        said = right ^ (rng.random(len(right)) < wrong)
        asked = ORDERS[order](scores, rng)
        asked = asked if answered == "all" else asked[said[asked] == (answered == "accepts")]
        for count in (10, 30, 100):
            chosen = asked[:count]
            now = lowered(scores, excess(scores[chosen], said[chosen]))
            left = np.setdiff1d(np.arange(len(scores)), chosen)
            before, after, truth = scores[left], now[left], right[left]
            assert abs(after.mean() - truth.mean()) <= abs(before.mean() - truth.mean()) + 0.03
            assert (after[~truth] >= 0.4).sum() <= (before[~truth] >= 0.4).sum() + 0.03 * (~truth).sum()
            assert (after[~truth] >= 0.98).sum() <= (before[~truth] >= 0.98).sum()


def test_pairs_of_which_the_prior_is_too_sure_are_no_longer_confident() -> None:
    """Where half of the almost sure pairs are wrong, thirty answers lower all of them to about a half."""
    scores, right = by_prior([SURE] * 200), np.arange(200) % 2 == 0
    now = lowered(scores, excess(scores[:30], right[:30]))
    assert scores.min() > 0.98 and 0.5 < now.max() < 0.75


@given(st.lists(st.tuples(st.floats(0.001, 0.999), st.booleans()), max_size=60), st.randoms())
def test_scores_never_rise_and_do_not_depend_on_the_order(answers: list[tuple[float, bool]], rng: object) -> None:
    """What is learned is one number, 0 or more, within its bound; it is 0 where all answers are alike."""
    scores, accepted = np.array([s for s, _ in answers], np.float64), np.array([yes for _, yes in answers], np.bool_)
    by = excess(scores, accepted)
    fewer = min(accepted.sum(), (~accepted).sum())
    assert 0.0 <= by <= learning.MOST * np.log1p(fewer)
    assert by == pytest.approx(excess(scores[::-1], accepted[::-1]), abs=0.1)
    assert np.array_equal(lowered(scores, 0.0), scores)


# --- in a workspace


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Sixty phone photos, each with a right partner and a wrong one near by; half of the right ones are far away by GPS."""
    place = Workspace.create(tmp_path / "w")
    with place.writing("test"), Catalog.open(place) as opened:
        ids: dict[int, int] = {}
        with opened.transaction():
            for k in [*range(60), *range(1000, 1060), *range(2000, 2060)]:
                exif = Exif(make="Apple", model="iPhone X") if k < 1000 else Exif(make="Canon", model="Canon EOS 40D")
                facts = PhotoFacts(Status.OK, sha256=sha(k), format="JPEG", exif=exif)
                ids[k] = put_photo(opened, f"/photos/{k}.jpg".encode(), facts, 1)
        hard = replace(FAR, alignment=0.72, inliers=35), replace(NEAR_WRONG, inliers=16, alignment=0.62)
        easy = SURE, replace(NEAR_WRONG, inliers=8, alignment=0.4)
        replace_candidates(
            opened,
            [
                (ids[k], ids[base + k], 0.5, False, e.to_dict())
                for k in range(60)
                for base, e in zip((1000, 2000), easy if k % 2 else hard, strict=True)
            ],
        )
        follow(opened, always=True)
        yield opened


def state(catalog: Catalog) -> list[tuple[object, ...]]:
    """Scores, ranks and proposals of all candidates."""
    return [
        (p.phone_sha256, p.other_sha256, p.score, p.assigned, p.evidence["rank_phone"], p.evidence["rank_other"])
        for p in sorted(pairs(catalog), key=lambda p: (p.phone_sha256, p.other_sha256))
    ]


def answer(catalog: Catalog, count: int) -> None:
    """Accept and reject by turns, in the queue's order, as where the prior is too sure; scores follow as they do for a person."""
    for number in range(count):
        pair = queue(catalog)[0]
        decisions.decide(catalog, "reject" if number % 2 else "accept", pair.phone_sha256, pair.other_sha256)
        follow(catalog)


def test_scores_follow_in_whole_steps_and_are_what_every_reader_sees(catalog: Catalog) -> None:
    """Nine answers change nothing, the tenth does; list and queue say the same; ranks and proposals follow."""
    start = state(catalog)
    answer(catalog, STEP - 1)
    assert [row[2] for row in state(catalog)] == [row[2] for row in start]
    answer(catalog, 1)
    now = state(catalog)
    assert all(row[2] < old[2] for row, old in zip(now, start, strict=True))  # type: ignore[operator]
    listed = {row[:2]: row[2] for row in now}
    assert all(listed[p.phone_sha256, p.other_sha256] == p.score for p in queue(catalog))
    answer(catalog, 4 * STEP)
    first = [p for p in pairs(catalog, "candidate") if p.evidence["rank_phone"] == 1]
    assert first and all(p.score == max(q.score for q in pairs(catalog) if q.phone_id == p.phone_id) for p in first)


def test_undo_takes_back_what_was_learned(catalog: Catalog) -> None:
    """Undone to the beginning, everything stands as it stood; done again, as it stood at the end."""
    start = state(catalog)
    answer(catalog, 3 * STEP)
    end = state(catalog)
    for _ in range(3 * STEP):
        decisions.undo(catalog)
        follow(catalog)
    assert state(catalog) == start
    for _ in range(3 * STEP):
        decisions.redo(catalog)
        follow(catalog)
    assert state(catalog) == end


def test_how_decisions_came_about_does_not_matter(catalog: Catalog) -> None:
    """A detour (decided otherwise, taken back, decided) ends where the straight way ends."""
    waiting = queue(catalog)[: 2 * STEP]
    for pair in waiting:
        decisions.decide(catalog, "reject", pair.phone_sha256, pair.other_sha256)
    follow(catalog)
    straight = state(catalog)
    for _ in waiting:
        decisions.undo(catalog)
    for pair in waiting:
        decisions.decide(catalog, "accept", pair.phone_sha256, pair.other_sha256, checked=False)
        follow(catalog)
    for pair in reversed(waiting):
        decisions.decide(catalog, "reject", pair.phone_sha256, pair.other_sha256)
    follow(catalog)
    assert state(catalog) == straight


@pytest.mark.parametrize("how", ["paired anew", "content replaced"])
def test_scores_of_candidates_that_are_gone_are_not_written(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Where candidates come or go on another connection while scores are worked out, those of the former are dropped."""
    answer(catalog, STEP - 1)
    pair = queue(catalog)[0]
    decisions.decide(catalog, "accept", pair.phone_sha256, pair.other_sha256)
    at_once = learning.excess
    meanwhile: list[list[tuple[object, ...]]] = []

    def slowly(scores: NDArray[np.float64], accepted: NDArray[np.bool_]) -> float:
        monkeypatch.setattr(learning, "excess", at_once)
        with Catalog.open(catalog.workspace) as other:
            with other.transaction():
                if how == "paired anew":  # rows and their numbers are the same, what they stand for is not
                    rows = [
                        (p.phone_id, p.other_id, 0.0, False, NEAR_WRONG.to_dict()) for p in reversed(list(pairs(other)))
                    ]
                    replace_candidates(other, rows)
                    follow(other, always=True)
                else:
                    facts = PhotoFacts(Status.OK, sha256=sha(5000), exif=Exif(make="Apple", model="iPhone X"))
                    put_photo(other, f"/photos/{int(queue(other)[-1].phone_sha256, 16)}.jpg".encode(), facts, 2)
            meanwhile.append(state(other))
        return at_once(scores, accepted)

    monkeypatch.setattr(learning, "excess", slowly)
    assert not follow(catalog)
    assert [state(catalog)] == meanwhile


def test_a_threshold_teaches_nothing(catalog: Catalog) -> None:
    """What `decide auto` accepted is the model's own opinion."""
    before = [row[2] for row in state(catalog)]
    assert decide_auto(catalog, 0.0) >= STEP
    follow(catalog)
    assert [row[2] for row in state(catalog)] == before


def test_a_pair_that_was_let_go_of_teaches_nothing(catalog: Catalog) -> None:
    """Its file was replaced, its partner paired anew, and the old content is back: nobody ever said no."""

    def content(number: int) -> None:
        with catalog.transaction():
            facts = PhotoFacts(Status.OK, sha256=sha(number), exif=Exif(make="Canon", model="Canon EOS 40D"))
            put_photo(catalog, b"/photos/1000.jpg", facts, 2)

    decisions.decide(catalog, "accept", sha(0), sha(1000))
    content(5000)
    decisions.decide(catalog, "accept", sha(0), sha(5000))
    content(1000)
    assert decisions.tally(catalog) == decisions.Tally(0, 1)
    for k in range(1, STEP):
        decisions.decide(catalog, "accept", sha(k), sha(1000 + k))
    people, nobody = learning._decided(catalog)
    assert people == [] and nobody == [(sha(0), sha(1000), False)]


def test_a_rejected_pair_makes_room_for_the_next(catalog: Catalog) -> None:
    """After a step, the proposal of a phone photo whose best was rejected is its next best."""
    for k in range(1, 2 * STEP, 2):
        decisions.decide(catalog, "accept", sha(k), sha(1000 + k))
    for k in range(0, 2 * STEP, 2):
        decisions.decide(catalog, "reject", sha(k), sha(2000 + k))
    before = {(p.phone_sha256, p.other_sha256) for p in queue(catalog) if p.assigned}
    follow(catalog)
    proposed = {(p.phone_sha256, p.other_sha256) for p in queue(catalog) if p.assigned}
    expected = {(sha(k), sha(1000 + k)) for k in range(0, 2 * STEP, 2)}
    assert expected <= proposed and not expected & before
