"""The score that follows a person: what decisions teach, and what they cannot spoil."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.catalog import decisions
from curate.catalog.candidates import replace_candidates
from curate.catalog.pairs import decide_auto, pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.pairing.evidence import Evidence
from curate.pairing.score import learning
from curate.pairing.score.learning import STEP, Example, follow, learned
from curate.pairing.score.model import FEATURES, SIGNALS, feature_rows, pair_scores, prior
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace

GOOD = Evidence(60, 40, coverage=0.7, alignment=0.85, hash_distance=18)
CLEAR = replace(GOOD, agreement=30.0, extent=0.6, sameness=0.85, most_agreement=30.0)
FAR = replace(GOOD, distance_m=5000.0)
NEAR_WRONG = Evidence(40, 14, coverage=0.3, alignment=0.5, hash_distance=24, distance_m=4.0)


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


def examples(right: Evidence, wrong: Evidence, photos: int, seed: int = 0) -> list[Example]:
    """For each phone photo a right partner and a wrong one by the same camera, alike but for noise."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(photos):
        for what, other in ((right, 1000 + k), (wrong, 2000 + k)):
            noisy = replace(what, inliers=max(0, what.inliers + int(rng.integers(-4, 5))))
            found.append(Example(sha(k), sha(other), feature_rows([noisy])[0], (1, 2), (600.0 * k, 900.0 * other)))
    return found


def ranked_first(scorer: object, candidates: list[Example]) -> float:
    """The share of phone photos whose right partner (the even places) scores higher than the wrong one."""
    scores = scorer.probabilities(np.array([c.row for c in candidates]))  # type: ignore[attr-defined]
    return float(np.mean(scores[::2] > scores[1::2]))


def test_without_decisions_it_is_the_prior() -> None:
    """Nothing decided, or only pairs that are no candidates: exactly the prior."""
    some = examples(GOOD, NEAR_WRONG, 5)
    for decided in ([], [(sha(900), sha(901), True)]):
        found = learned(some, decided)
        assert found.scorer.intercept == prior().intercept and np.array_equal(found.scorer.weights, prior().weights)
        assert set(found.trust.values()) == {1.0} and found.decisions == 0


def test_a_signal_that_misleads_here_loses_weight() -> None:
    """Where positions are wrong, fifty answers let the right partners of the undecided photos come first."""
    some = examples(replace(FAR, alignment=0.55, inliers=16), replace(NEAR_WRONG, inliers=14, alignment=0.52), 100)
    before = ranked_first(prior(), some)
    decided = [(sha(k), sha(1000 + k), True) for k in range(25)] + [
        (sha(k), sha(2000 + k), False) for k in range(25, 50)
    ]
    after = learned(some, decided)
    assert ranked_first(after.scorer, some[100:]) > max(before, 0.9)
    assert after.trust["place"] < 0.9 and after.decisions == 50


def test_answers_that_are_all_yes_still_teach_what_was_preferred() -> None:
    """Fifty times yes: each says that this partner was right and its rival was not."""
    some = examples(replace(FAR, alignment=0.55, inliers=16), replace(NEAR_WRONG, inliers=14, alignment=0.52), 100)
    after = learned(some, [(sha(k), sha(1000 + k), True) for k in range(50)])
    assert ranked_first(after.scorer, some[100:]) > 0.9 > ranked_first(prior(), some[100:])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.booleans(), st.integers(0, 5))
def test_one_sided_answers_move_scores_but_never_spoil_them(count: int, yes: bool, seed: int) -> None:
    """Answers that are all yes, or all no, keep finite coefficients with their signs, and the clear cases clear."""
    some = examples(CLEAR, Evidence(10, 0, hash_distance=32), 60, seed)
    found = learned(some, [(sha(k), sha((1000 if yes else 2000) + k), yes) for k in range(count)]).scorer
    assert np.isfinite(found.weights).all() and np.isfinite(found.intercept)
    signed = [k for k, name in enumerate(FEATURES) if not name.endswith("_known")]
    assert (found.weights[signed] >= 0).all()
    scores = found.probabilities(np.array([c.row for c in some]))
    assert scores[::2].min() > 0.5 > scores[1::2].max()


def test_the_order_of_candidates_and_decisions_does_not_matter() -> None:
    """The model is a function of what was decided, not of how it came about."""
    some = examples(FAR, NEAR_WRONG, 40)
    decided = [(sha(k), sha(1000 + k), True) for k in range(20)] + [(sha(k), sha(2000 + k), False) for k in range(20)]
    one = learned(some, decided).scorer
    rng = random.Random(4)
    two = learned(rng.sample(some, len(some)), rng.sample(decided, len(decided))).scorer
    assert one.weights == pytest.approx(two.weights, abs=1e-6) and one.intercept == pytest.approx(
        two.intercept, abs=1e-6
    )


def test_a_burst_is_no_rival() -> None:
    """Of two photos taken within a minute by one camera neither was preferred; an hour apart, one was; never across cameras."""
    row = feature_rows([GOOD])[0]
    chosen = Example(sha(1), sha(2), row, (1, 2), (0.0, 100.0))
    for camera, at, rivals in ((2, 130.0, 0), (2, 3700.0, 1), (3, 3700.0, 0), (2, None, 1)):
        rival = Example(sha(1), sha(3), row * 0.5, (1, camera), (0.0, at))
        differences, weights = learning._preferences([chosen, rival], [chosen])
        assert len(differences) == len(weights) == rivals


# --- in a workspace


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Sixty phone photos, each with a right partner far away by GPS and a wrong one near; with some, the pictures are clear."""
    place = Workspace.create(tmp_path / "w")
    with place.writing("test"), Catalog.open(place) as opened:
        ids: dict[int, int] = {}
        with opened.transaction():
            for k in [*range(60), *range(1000, 1060), *range(2000, 2060)]:
                exif = Exif(make="Apple", model="iPhone X") if k < 1000 else Exif(make="Canon", model="Canon EOS 40D")
                facts = PhotoFacts(Status.OK, sha256=sha(k), format="JPEG", exif=exif)
                ids[k] = put_photo(opened, f"/photos/{k}.jpg".encode(), facts, 1)
        hard = replace(FAR, alignment=0.72, inliers=35), replace(NEAR_WRONG, inliers=16, alignment=0.62)
        easy = replace(FAR, alignment=0.85, inliers=90), replace(NEAR_WRONG, inliers=8, alignment=0.4)
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
    """Decide so many pairs in the queue's order, by the truth; scores follow as they do for a person."""
    for _ in range(count):
        pair = queue(catalog)[0]
        right = int(pair.other_sha256, 16) - int(pair.phone_sha256, 16) == 1000
        decisions.decide(catalog, "accept" if right else "reject", pair.phone_sha256, pair.other_sha256)
        follow(catalog)


def test_scores_follow_in_whole_steps_and_are_what_every_reader_sees(catalog: Catalog) -> None:
    """Nine answers change nothing, the tenth does; list, queue and model say the same; ranks and proposals follow."""
    start = state(catalog)
    answer(catalog, STEP - 1)
    assert [row[2] for row in state(catalog)] == [row[2] for row in start]
    answer(catalog, 1)
    now = state(catalog)
    assert [row[2] for row in now] != [row[2] for row in start]
    scorer = learning.model(catalog)
    for pair in [*pairs(catalog), *queue(catalog)]:
        told = Evidence.from_dict(pair.evidence)
        assert told is not None and pair.score == pytest.approx(pair_scores([told], feature_rows([told]), scorer)[0])
    before = {p.phone_sha256: p.other_sha256 for p in queue(catalog) if p.assigned}
    answer(catalog, 4 * STEP)
    first = [p for p in pairs(catalog, "candidate") if p.evidence["rank_phone"] == 1]
    assert all(p.score == max(q.score for q in pairs(catalog) if q.phone_id == p.phone_id) for p in first)
    proposed = [p for p in queue(catalog) if p.assigned]
    assert proposed and all(int(p.other_sha256, 16) < 2000 for p in proposed)
    assert any(before[p.phone_sha256] != p.other_sha256 for p in proposed)


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
    at_once = learning.learned
    meanwhile: list[list[tuple[object, ...]]] = []

    def slowly(examples: Sequence[Example], decided: Sequence[learning.Answer]) -> learning.Learned:
        monkeypatch.setattr(learning, "learned", at_once)
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
        return at_once(examples, decided)

    monkeypatch.setattr(learning, "learned", slowly)
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


def test_every_column_belongs_to_one_signal() -> None:
    """A column that no signal names could not be trusted less."""
    assert sorted(name for names in SIGNALS.values() for name in names) == sorted(FEATURES)
