"""The sentences at the top of the page: what they claim, and what they must not claim."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.report_runs import ENCODERS, knn_rows, pair_rows, probe_rows, rate
from tracer.report.answers import answers, headline
from tracer.results import Row
from tracer.results.verdicts import Verdict, decimals_for, joint_verdict, verdict
from tracer.results.words import THIN, interval, number, percent, reads

ONE = ENCODERS[:1]


def masked_phone(value: float, n: int = 400) -> list[Row]:
    """One encoder's probe of phone or camera with 95 % hidden."""
    return [
        rate(
            value, n, experiment="probe", encoder="e", attribute="Is Smartphone", mask_ratio=0.95,
            setting="acquisition", metric="accuracy", chance=0.5,
        )
    ]  # fmt: skip


def test_a_clear_effect_is_said_with_value_interval_and_guessing() -> None:
    """The first sentence holds the rate, its interval and the level of guessing, in whole percent."""
    first = answers(masked_phone(0.79))[0]
    assert first.sentence == (
        f"From masked photos (95{THIN}% of the picture hidden), e tells phone from camera in 79{THIN}% of cases"
        f" [75–83], where guessing gives 50{THIN}%."
    )
    assert first.verdict is Verdict.ABOVE
    assert first.comment.startswith("The whole interval lies above guessing. The cameras may have been trained on")


def test_no_effect_is_claimed_where_the_interval_includes_guessing() -> None:
    """An interval over 50 % gives no “still”, says that nothing is shown, and that this shows no absence."""
    rows = masked_phone(0.53)
    first = answers(rows)[0]
    assert first.verdict is Verdict.OPEN
    assert "still" not in first.sentence
    assert "no effect is shown, which does not show that there is none" in first.comment
    assert headline(rows).endswith("the encoder is not shown to beat guessing")


def test_a_rate_below_guessing_is_no_finding() -> None:
    """A whole interval below guessing is called so, and the title does not turn it into success."""
    rows = masked_phone(0.40)
    assert answers(rows)[0].verdict is Verdict.BELOW
    assert headline(rows).endswith("the encoder does not beat guessing")


def test_a_missing_interval_supports_no_claim() -> None:
    """Without bounds the verdict is unknown, however high the rate."""
    rows = [replace(r, ci_low=None, ci_high=None) for r in masked_phone(0.99)]
    assert answers(rows)[0].verdict is Verdict.UNKNOWN
    assert "no interval" in answers(rows)[0].comment


def test_encoders_that_differ_are_counted() -> None:
    """Where one of two intervals includes guessing, the sentence counts the other and the title says some."""
    rows = masked_phone(0.79) + [replace(r, encoder="f") for r in masked_phone(0.51)]
    first = answers(rows)[0]
    assert first.verdict is Verdict.MIXED
    assert first.comment.startswith("1 of 2 intervals lies above guessing; for the others nothing is shown.")
    assert "some encoders beat guessing" in headline(rows)


def test_no_encoder_above_guessing_is_never_some() -> None:
    """One interval over guessing and one below it: the title says that no encoder is shown to beat guessing."""
    rows = masked_phone(0.52) + [replace(r, encoder="f") for r in masked_phone(0.40)]
    assert joint_verdict(rows) is Verdict.OPEN
    assert "no encoder is shown to beat guessing" in headline(rows)
    assert answers(rows)[0].comment.startswith("1 of 2 intervals lies below guessing; for the others nothing is shown.")


def test_baselines_stand_beside_and_decide_nothing() -> None:
    """Plain picture statistics are drawn and named for comparison; sentence, verdict and title speak of encoders."""
    rows = masked_phone(0.79) + [replace(r, encoder="baseline/residual") for r in masked_phone(0.53)]
    first = answers(rows)[0]
    assert first.verdict is Verdict.ABOVE and first.sentence.startswith("From masked photos")
    assert first.comment.endswith(f"For comparison, baseline/residual: 53{THIN}% [48–58].")
    assert [r.encoder for r in first.rows] == ["e", "baseline/residual"]
    assert headline(rows).endswith("the encoder still beats guessing")
    assert answers(rows[1:])[0].sentence.startswith("From masked photos")


def test_content_that_is_left_is_owned_up_to() -> None:
    """Where content is still read through the mask, the answer warns that the camera's figures may rest on it."""
    left = answers(masked_phone(0.79) + _content(0.60))
    control = next(a for a in left if a.about.startswith("Control"))
    assert control.verdict is Verdict.ABOVE
    assert "may partly rest on it" in control.comment
    gone = next(a for a in answers(masked_phone(0.79) + _content(0.26)) if a.about.startswith("Control"))
    assert gone.comment == "The interval includes guessing: no content is shown to be left."


def _content(value: float) -> list[Row]:
    return [
        replace(row, attribute="semantic_label", chance=0.25) for row in masked_phone(value)
    ]  # fmt: skip


def test_pairs_give_both_pools_and_no_direction_without_a_shown_difference() -> None:
    """Both rates are named; that the camera draws photos together is said only where every difference is shown."""
    clear = next(a for a in answers(pair_rows(ONE, n=400)) if a.about == "Pairs")
    assert clear.verdict is Verdict.ABOVE
    assert "among photos of its own kind" in clear.sentence and "draws them together" in clear.comment
    weak = next(a for a in answers(pair_rows(ONE, n=400, strength=0.0)) if a.about == "Pairs")
    assert weak.verdict is Verdict.OPEN
    assert "draws them together" not in weak.comment and "no effect is shown" in weak.comment


def test_an_opposite_difference_is_not_told_as_the_expected_one() -> None:
    """Where own-kind photos are told apart more easily, the comment says so."""
    rows = pair_rows(ONE, n=4000, strength=-0.2)
    found = next(a for a in answers(rows) if a.about == "Pairs")
    assert "more easily, not less" in found.comment


def test_neighbours_name_both_settings() -> None:
    """The vote's answer holds pos-same and neg-same and judges their difference against zero."""
    found = next(a for a in answers(knn_rows(ONE)) if a.about.startswith("Neighbours"))
    assert f"88{THIN}%" in found.sentence and f"74{THIN}%" in found.sentence
    assert found.verdict is Verdict.ABOVE and found.difference


def test_processing_labels_have_their_own_answers() -> None:
    """A probe of JPEG settings is told in plain words."""
    row = rate(
        0.18,
        570,
        experiment="probe",
        encoder="e",
        attribute="JPEG",
        setting="processing",
        metric="accuracy",
        chance=1 / 6,
    )
    (found,) = answers([row])
    assert found.sentence.startswith("e tells how the picture was compressed in 18")
    assert found.verdict is Verdict.OPEN


def test_a_run_without_such_figures_answers_nothing() -> None:
    """No rows, no sentences, and a title that claims nothing."""
    assert answers([]) == []
    assert headline([]) == "What the encoders know about the camera"


def test_the_unmasked_probe_answers_where_nothing_was_masked() -> None:
    """Without masks the sentence speaks of whole photos, and the title of no hidden part."""
    rows = [r for r in probe_rows(ONE) if r.mask_ratio == 0.0]
    assert "hidden" not in answers(rows)[0].sentence
    assert headline(rows) == "Phone or camera? The encoder beats guessing"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_above_needs_the_whole_interval_above(level: float, a: float, b: float) -> None:
    """A row is above its level exactly where its lower bound is, below where its upper bound is, open otherwise."""
    low, high = min(a, b), max(a, b)
    row = replace(masked_phone(0.5)[0], chance=level, ci_low=low, ci_high=high)
    expected = Verdict.ABOVE if low > level else Verdict.BELOW if high < level else Verdict.OPEN
    assert verdict(row) is expected
    assert joint_verdict([row, row]) is expected


@given(st.floats(0.02, 0.98), st.floats(0.0, 0.05), st.floats(0.0, 0.05))
def test_rounding_never_moves_a_bound_onto_guessing(level: float, below: float, above: float) -> None:
    """A bound that differs from guessing by a tenth of a point or more is also written differently."""
    row = replace(masked_phone(0.5)[0], chance=level, value=level, ci_low=level - below, ci_high=level + above)
    decimals = decimals_for(row)
    for bound in (row.ci_low, row.ci_high):
        assert bound is not None
        if abs(bound - level) >= 0.001001:
            assert number(bound, decimals) != number(level, decimals)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(0.7944), "79.4"),
        (number(-0.195, signed=True), "−19.5"),
        (number(0.195, signed=True), "+19.5"),
        (number(-0.0001), "0.0"),
        (number(None), "–"),
        (number(float("nan")), "–"),
        (percent(0.5), f"50{THIN}%"),
        (interval(0.762, 0.813), "[76.2–81.3]"),
        (interval(-0.255, -0.135, signed=True), "[−25.5 to −13.5]"),
        (interval(None, 0.5), "no interval"),
        (reads("Is Smartphone", plural=True), "tell phone from camera"),
        (reads("lens"), "predicts lens"),
    ],
)
def test_numbers_are_written_for_people(written: str, expected: str) -> None:
    """Percentages, signs, dashes and absent values as the page writes them."""
    assert written == expected
