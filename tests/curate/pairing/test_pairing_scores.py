"""Scores, the words for them, and the best choice of pairs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.pairing_fit import as_json, fit
from curate.pairing.assignment import assign
from curate.pairing.evidence import Evidence, with_rivals, words
from curate.pairing.score.model import FEATURES, LAID_CLOSELY, LogisticScorer, feature_rows, pair_scores, prior

EVIDENCE = st.builds(
    Evidence,
    matches=st.integers(0, 400),
    inliers=st.integers(0, 300),
    overlap=st.floats(0, 1),
    coverage=st.floats(0, 1),
    alignment=st.none() | st.floats(-1, 1),
    hash_distance=st.none() | st.integers(0, 64),
    time_gap_s=st.none() | st.floats(-1e7, 1e7),
    clock_spread_s=st.floats(0, 60),
    distance_m=st.none() | st.floats(0, 2e7),
    scale_ratio=st.none() | st.floats(0.1, 8),
    rotation_deg=st.none() | st.floats(-180, 180),
    agreement=st.none() | st.floats(-40, 60),
    parallax=st.none() | st.floats(-40, 20),
    extent=st.none() | st.floats(0, 1),
    sameness=st.none() | st.floats(-1, 1),
    most_agreement=st.floats(0, 100),
)


def score(evidence: Evidence) -> float:
    """The prior's score of a pair that has no rival."""
    return float(prior().probabilities(feature_rows([evidence]))[0])


@settings(max_examples=200, deadline=None)
@given(EVIDENCE, st.integers(1, 50))
@example(Evidence(matches=0, inliers=0, alignment=0.0, agreement=11.0, extent=1.0, sameness=1.0), 1)
@example(Evidence(2, 2, alignment=0.3, agreement=45.0, extent=0.93, sameness=0.56, most_agreement=105.0), 1)
def test_more_evidence_never_lowers_the_score(evidence: Evidence, more: int) -> None:
    """More inliers, a closer hash, a smaller gap, a better fit: none of them can make a pair less probable."""
    before = score(evidence)
    assert 0 < before < 1
    assert score(replace(evidence, inliers=evidence.inliers + more)) >= before
    assert score(replace(evidence, coverage=1.0)) >= before
    assert score(replace(evidence, parallax=20.0)) >= before
    if evidence.sameness is not None:
        same = replace(evidence, sameness=1.0)
        assert score(replace(same, extent=1.0)) >= score(same)
        if (
            evidence.alignment or 0.0
        ) >= LAID_CLOSELY:  # what looks the same from elsewhere may be a print in two places
            assert score(same) >= before
    if evidence.alignment is not None:
        assert score(replace(evidence, alignment=1.0)) >= before
    if evidence.hash_distance is not None:
        assert score(replace(evidence, hash_distance=0)) >= before
    if evidence.time_gap_s is not None:
        assert score(replace(evidence, time_gap_s=evidence.time_gap_s / 2)) >= before
    if evidence.distance_m is not None:
        assert score(replace(evidence, distance_m=0.0)) >= before


def test_parallax_tells_a_scene_from_one_thing_in_two_places() -> None:
    """Pictures that cannot be laid over each other are confident (0.98) by parallax, and not by the agreement of one plane."""
    product = Evidence(
        matches=90, inliers=60, coverage=0.5, alignment=0.2, agreement=80.0, parallax=-4.0, most_agreement=80.0
    )
    assert 0.5 < score(product) < 0.98
    seen_apart = replace(product, inliers=15, coverage=0.3, parallax=8.0)
    assert score(seen_apart) >= 0.98
    assert score(replace(seen_apart, agreement=2.5)) < 0.9  # parallax is no surer than the whole agreement


def test_some_parallax_counts_beside_a_good_part_that_is_no_print() -> None:
    """A few matches off the plane make a pair confident (0.98) where half of what both show agrees and looks different enough."""
    sight = Evidence(
        90, 45, "homography", coverage=0.5, alignment=0.2, agreement=80.0, parallax=-3.0, extent=0.5, sameness=0.7,
        most_agreement=80.0,
    )  # fmt: skip
    assert score(sight) >= 0.98
    assert score(replace(sight, parallax=-9.0)) < 0.98
    assert score(replace(sight, sameness=0.97)) < 0.95
    assert score(replace(sight, extent=0.2)) < 0.95
    assert score(replace(sight, most_agreement=400.0)) < 0.95


def test_parallax_of_things_that_were_moved_counts_less() -> None:
    """Where the agreeing part looks different, and a photo agrees much more with another one, parallax makes nobody sure."""
    moved = Evidence(
        30, 17, "homography", coverage=0.5, alignment=0.5, agreement=80.0, parallax=5.0, extent=0.8, sameness=0.5,
        most_phone=120, most_other=120, most_agreement=1200.0,
    )  # fmt: skip
    assert score(moved) < 0.8
    assert score(replace(moved, most_agreement=80.0)) >= 0.98
    assert score(replace(moved, extent=0.0, sameness=None)) >= 0.98
    assert score(replace(moved, sameness=0.9)) >= 0.98


def test_extent_and_sameness_tell_a_flat_sight_from_a_product_and_from_moved_things() -> None:
    """Of three pairs without parallax that agree as significantly, the flat sight alone is confident (0.98)."""
    sight = Evidence(
        90,
        45,
        "homography",
        coverage=0.5,
        alignment=0.2,
        agreement=80.0,
        extent=0.7,
        sameness=0.75,
        most_agreement=80.0,
    )
    assert score(sight) >= 0.98
    assert score(replace(sight, extent=0.25)) < 0.98
    assert score(replace(sight, sameness=0.97)) < 0.9  # a carton that fills both pictures
    assert score(replace(sight, sameness=0.4)) < 0.9
    assert score(replace(sight, most_agreement=900.0)) < 0.9


def test_less_sameness_is_asked_where_pictures_cannot_be_laid_over_each_other() -> None:
    """From elsewhere a sight looks less the same; where pictures can be laid over each other, as little means moved things."""
    changed = Evidence(
        90, 45, "homography", coverage=0.5, alignment=0.5, agreement=80.0, extent=0.7, sameness=0.6, most_agreement=80.0
    )
    assert score(changed) < 0.5
    assert score(replace(changed, alignment=0.1)) >= 0.95


@given(EVIDENCE, EVIDENCE)
def test_agreeing_pictures_never_score_below_pictures_that_agree_by_chance(one: Evidence, other: Evidence) -> None:
    """A pair has at least the score that it would have if its pictures agreed by chance, whatever pairs stand beside it."""

    def scored(*evidence: Evidence) -> list[float]:
        return pair_scores(evidence, feature_rows(evidence), prior()).tolist()

    by_chance = replace(one, agreement=0.0, alignment=None)
    assert scored(one)[0] >= score(one if one.agreement is None else by_chance)
    assert scored(one, other) == pytest.approx([*scored(one), *scored(other)])


def test_a_view_found_by_chance_ranks_no_pair() -> None:
    """Where nothing agrees significantly, points that fit some view by chance count less than matches that turn alike."""
    chance = Evidence(12, 7, "similarity", coverage=0.4, alignment=0.1, agreement=-9.0, alike=2.0)
    alike = Evidence(14, 0, agreement=-9.0, alike=9.0)
    assert score(alike) > score(chance)


@given(EVIDENCE)
def test_missing_signals_are_neutral(evidence: Evidence) -> None:
    """Every column of a missing signal is 0, so that it adds nothing; nothing else makes a column undefined.

    An alignment can be missing because the pictures do not agree. That is evidence, so the agreement is left out here too.
    """
    bare = replace(
        evidence, alignment=None, agreement=None, extent=None, hash_distance=None, time_gap_s=None, distance_m=None
    )
    row = dict(zip(FEATURES, feature_rows([bare])[0], strict=True))
    signals = (
        "alignment",
        "chance",
        "agreement",
        "extent",
        "moved",
        "hash",
        "time",
        "time_known",
        "distance",
        "distance_known",
    )
    assert all(row[name] == 0.0 for name in signals)
    assert np.isfinite(feature_rows([evidence])).all()


@given(EVIDENCE)
def test_evidence_is_json_and_words(evidence: Evidence) -> None:
    """Any evidence goes through JSON under its own names and can be told in lines of plain words."""
    told = json.loads(json.dumps(evidence.to_dict(), allow_nan=False))
    assert told["inliers"] == evidence.inliers and set(told) >= {"time_gap_s", "distance_m", "matches", "overlap"}
    lines = words(evidence)
    assert lines and all(line and "None" not in line and "\n" not in line for line in lines)


def test_words_of_a_good_pair() -> None:
    """The words say what a person would look for."""
    lines = words(Evidence(45, 37, "homography", 0.8, 0.7, 1.7, 2.0, 0.91, 9, -12.4, 5.0, 35.2, rank_phone=2))
    assert lines[0] == "37 of 45 matching points agree on one view"
    assert "things are 1.7 times larger in the other photo" in lines
    assert "taken 12 s apart, clocks corrected" in lines
    assert "taken 35 m apart by GPS" in lines
    assert "the phone photo's 2nd choice" in lines


def test_rivals_lower_a_score() -> None:
    """Twenty inliers weigh less where the same photo has two hundred with another one."""
    weak, strong = Evidence(30, 20, coverage=0.5, alignment=0.7), Evidence(250, 200, coverage=1.0, alignment=0.95)
    rivals = with_rivals({(1, 2): weak, (1, 3): strong})
    alone, beside = prior().probabilities(feature_rows([weak, rivals[1, 2]]))
    assert (rivals[1, 2].most_phone, rivals[1, 2].most_other) == (200, 20)
    assert beside < alone


def test_fit_follows_data_and_keeps_to_its_start() -> None:
    """With much data a fit finds the weights that made it; with none it stays where it started; signs hold."""
    rng = np.random.default_rng(0)
    true = LogisticScorer(-1.0, np.where(np.array(FEATURES) == "inliers", 1.5, 0.0))
    rows = rng.normal(size=(20_000, len(FEATURES)))
    same = rng.random(len(rows)) < true.probabilities(rows)
    found = fit(rows, same)
    assert found.intercept == pytest.approx(-1.0, abs=0.1)
    assert found.weights == pytest.approx(true.weights, abs=0.1)
    start = prior()
    untouched = fit(np.empty((0, len(FEATURES))), np.empty(0, bool), start)
    assert untouched.weights == pytest.approx(start.weights) and untouched.intercept == pytest.approx(start.intercept)
    against = fit(rows, ~same)
    assert against.weights[FEATURES.index("inliers")] == 0.0


def test_prior_names_this_versions_features() -> None:
    """The shipped coefficients are for exactly these columns; a file for others is refused."""
    data = as_json(prior())
    assert as_json(LogisticScorer.from_json(data)) == data
    with pytest.raises(ValueError, match="features"):
        LogisticScorer.from_json({"intercept": 0.0, "weights": {"inliers": 1.0}})


# --- assignment

PAIRS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 1.0])), max_size=12
)


def best_total(pairs: dict[tuple[int, int], float]) -> float:
    """The largest sum of scores of pairs that share no photo, by trying all."""
    if not pairs:
        return 0.0
    (a, b), value = next(iter(pairs.items()))
    rest = {pair: v for pair, v in pairs.items() if pair != (a, b)}
    free = {(c, d): v for (c, d), v in rest.items() if c != a and d != b}
    return max(best_total(rest), value + best_total(free))


@settings(max_examples=150, deadline=None)
@given(PAIRS, st.randoms(use_true_random=False))
def test_assignment_is_the_best_there_is(pairs: list[tuple[int, int, float]], rng: object) -> None:
    """The choice has the total that trying everything finds, uses no photo twice, and does not depend on the order."""
    scores: dict[tuple[int, int], float] = {}
    for a, b, value in pairs:
        scores[a, b] = max(value, scores.get((a, b), 0.0))
    chosen = assign(pairs)
    assert len({a for a, _ in chosen}) == len({b for _, b in chosen}) == len(chosen)
    assert sum(scores[pair] for pair in chosen) == pytest.approx(best_total(scores))
    shuffled = list(pairs)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign(shuffled) == chosen


def test_assignment_leaves_out_the_improbable() -> None:
    """Pairs below the least score stay open rather than take what is left."""
    assert assign([(1, 2, 0.9), (3, 2, 0.8), (3, 4, 0.1)], min_score=0.2) == {(1, 2)}
