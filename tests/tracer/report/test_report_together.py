"""The answers of a page are corrected together, and probes are judged by balanced accuracy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import t as t_distribution

from tests.helpers.report_runs import knn_rows, rate
from tracer.report.answers import answers, headline
from tracer.report.together import corrected, p_of_row
from tracer.results import Row, words
from tracer.results.verdicts import Answer, Verdict, judged


def probe(name: str, value: float, low: float, high: float, chance: float = 0.5) -> Row:
    """A probe's figure with its interval."""
    return rate(
        value, 200, experiment="probe", encoder="e", attribute=name, setting="acquisition", metric="accuracy",
        chance=chance, ci_low=low, ci_high=high,
    )  # fmt: skip


def answer(row: Row, verdict: Verdict = Verdict.ABOVE, *, control: bool = False) -> Answer:
    """An answer about one row."""
    return Answer(row.attribute, "It is so.", "", verdict, (row,), control=control)


def test_of_several_questions_the_weak_one_is_no_longer_shown() -> None:
    """p = .03 is below 5 % for one question, and not for the second and third of three; the strong ones stay."""
    rows = [probe(name, 0.6, 0.51, 0.69) for name in ("Make", "Model", "Flash")]
    tests = [
        {**{k: getattr(row, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")},
         "chance_test": {"p_value": p}}
        for row, p in zip(rows, (0.0005, 0.03, 0.04), strict=True)
    ]  # fmt: skip
    found = corrected([answer(row) for row in rows], tests)
    assert [one.verdict for one in found] == [Verdict.ABOVE, Verdict.OPEN, Verdict.OPEN]
    assert "among the three questions of this page it is not" in found[1].comment
    assert [one.verdict for one in corrected([answer(rows[1])], tests)] == [Verdict.ABOVE]
    some = corrected([answer(rows[0]), answer(rows[1]), answer(rows[2], Verdict.MIXED)], tests)[2]
    assert "By itself this answer would be “shown for some”; among the three questions" in some.comment


def test_what_is_said_of_the_encoders_stands_before_the_baseline() -> None:
    """An answer that is not shown among several says so of itself, and the baseline's figure ends the comment."""
    rows = [probe(name, 0.6, 0.51, 0.69) for name in ("Is Smartphone", "Make")]
    rows += [replace(row, encoder="baseline/residual", value=0.9, ci_low=0.85, ci_high=0.95) for row in rows]
    tests = [
        {**{k: getattr(row, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")},
         "chance_test": {"p_value": p}}
        for row, p in zip(rows, (0.03, 0.04, 0.001, 0.001), strict=True)
    ]  # fmt: skip
    for one in answers(rows, tests):
        assert one.verdict is Verdict.OPEN
        own, baseline = one.comment.split("For comparison, ")
        assert "By itself this answer would be “shown”; among the two questions of this page it is not" in own
        assert baseline.startswith("baseline/residual: 90") and "this" not in baseline and not one.compared


def test_a_control_keeps_its_warning_and_is_no_question() -> None:
    """That content is left is said however many questions there are."""
    rows = [probe(name, 0.6, 0.51, 0.69) for name in ("Make", "semantic_label")]
    tests = [
        {**{k: getattr(row, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")},
         "p_value": 0.04}
        for row in rows
    ]  # fmt: skip
    found = corrected([answer(rows[0]), answer(rows[1], control=True)], tests)
    assert [one.verdict for one in found] == [Verdict.ABOVE, Verdict.ABOVE]


def test_without_a_test_the_interval_gives_p() -> None:
    """An interval that ends at guessing has a p of 5 %."""
    assert p_of_row(probe("Make", 0.6, 0.5, 0.7), []) == pytest.approx(0.05)
    assert p_of_row(probe("Make", 0.6, 0.5, 0.7), [{"p_value": 0.2}]) == pytest.approx(0.05)
    assert p_of_row(replace(probe("Make", 0.6, 0.5, 0.7), ci_low=None), []) is None


def test_unequal_classes_are_judged_by_balanced_accuracy() -> None:
    """85 of 100 photos are of one class: a probe that is right in 82 % of cases is below that, and knows the label."""
    plain = probe("Is Smartphone", 0.82, 0.78, 0.86, chance=0.85)
    balanced = replace(plain, metric="balanced_accuracy", value=0.7, ci_low=0.63, ci_high=0.77, chance=0.5)
    assert judged([plain, balanced]) == [balanced]
    assert judged([plain]) == [plain]
    first = answers([plain, balanced])[0]
    assert first.verdict is Verdict.ABOVE
    assert "on average over the classes" in first.sentence
    assert answers([plain])[0].verdict is Verdict.BELOW or answers([plain])[0].verdict is Verdict.OPEN


def test_tests_of_neighbours_stand_beside_their_difference() -> None:
    """The p-value of the details decides, where rows and details belong together."""
    rows = knn_rows(("e",), n=4000)
    spd = next(row for row in rows if row.metric == "spd_a")
    detail = {k: getattr(spd, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")}
    assert answers(rows, [{**detail, "p_value": 0.001}])[0].verdict is Verdict.ABOVE
    assert answers(rows, [{**detail, "p_value": 0.2}])[0].verdict is Verdict.OPEN


def test_the_direction_goes_with_the_verdict() -> None:
    """What follows from a difference is said where it is shown, and not where the test takes it back."""
    rows = knn_rows(("e",), n=4000)
    spd = next(row for row in rows if row.metric == "spd_a")
    detail = {k: getattr(spd, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")}
    shown, taken = (answers(rows, [{**detail, "p_value": p}])[0].comment for p in (0.001, 0.2))
    assert "draws the vote to its side" in shown
    assert "draws the vote to its side" not in taken
    assert "the permutation test does not bear it out (p = 0.2)" in taken
    assert "questions of this page" not in taken


def test_the_title_claims_what_the_answers_do() -> None:
    """Where Holm's correction takes an answer back, the title does not claim it."""
    rows = [probe(name, 0.6, 0.51, 0.69) for name in ("Is Smartphone", "Make")]
    weak = [
        {**{k: getattr(row, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")},
         "chance_test": {"p_value": 0.03}}
        for row in rows
    ]  # fmt: skip
    assert headline(rows[:1], weak[:1]).endswith("The encoder beats guessing")
    assert headline(rows, weak).endswith("The encoder is not shown to beat guessing")


def test_what_the_set_cannot_tell_does_not_count() -> None:
    """A question without an answer leaves the others' correction as it is."""
    rows = [probe(name, 0.6, 0.51, 0.69) for name in ("Make", "Model")]
    tests = [
        {**{k: getattr(row, k) for k in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")},
         "p_value": p}
        for row, p in zip(rows, (0.03, 0.9), strict=True)
    ]  # fmt: skip
    found = corrected([answer(rows[0]), answer(rows[1], Verdict.UNTOLD)], tests)
    assert [one.verdict for one in found] == [Verdict.ABOVE, Verdict.UNTOLD]


def test_the_tails_of_an_interval_are_those_of_its_units() -> None:
    """An interval of few scenes has Student's tails: beyond its end, chance is likelier than a normal's would be."""
    row = probe("Make", 0.6, 0.51, 0.69)
    entry = {
        name: getattr(row, name)
        for name in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    }
    times = t_distribution.ppf(0.975, 9) * 0.1 / 0.09
    assert p_of_row(row, [entry | {"clusters": 10}]) == pytest.approx(2 * t_distribution.sf(times, 9))
    normal = p_of_row(row, [])
    assert normal is not None and normal < 2 * t_distribution.sf(times, 9) < 0.05


def of_models(row: Row, p: float, models: dict[str, int]) -> dict[str, object]:
    """The entry of a figure whose test relabels whole camera models."""
    names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    return {name: getattr(row, name) for name in names} | {"chance_test": {"p_value": p}, "models": models}


def test_the_smallest_possible_p_that_is_too_large_cannot_tell() -> None:
    """Two and five models: p is 1 in 21 at least, which no figure makes small enough for three questions."""
    rows = [probe(name, 0.9, 0.8, 1.0) for name in ("Is Smartphone", "Model", "Flash")]
    few = {"True": 2, "False": 5}
    tests = [of_models(rows[0], 1 / 21, few), of_models(rows[1], 0.2, few), of_models(rows[2], 0.3, few)]
    found = corrected([answer(row) for row in rows], tests)
    assert [one.verdict for one in found] == [Verdict.UNTOLD, Verdict.OPEN, Verdict.OPEN]
    assert "so few camera models can give; so many questions take 4 or more of each class." in found[0].comment
    alone = corrected([answer(rows[0])], tests)
    assert [one.verdict for one in alone] == [Verdict.ABOVE]


def test_one_of_several_figures_is_corrected_for_their_number() -> None:
    """Where some of an answer's figures are shown, their number is named as the reason, and not the test."""
    rows = tuple(replace(probe("Make", 0.6, 0.51, 0.69), encoder=name) for name in "ab")
    tests = [
        {name: getattr(row, name) for name in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")}
        | {"p_value": p}
        for row, p in zip(rows, (0.03, 0.5), strict=True)
    ]  # fmt: skip
    (found,) = corrected([Answer("Make", "It is so.", "", Verdict.MIXED, rows)], tests)
    assert found.verdict is Verdict.OPEN
    assert "corrected for the two of this answer, p = 0.06" in found.comment and "permutation test" not in found.comment


def test_the_smallest_possible_p_of_one_of_several_figures_cannot_tell() -> None:
    """Five and five models: p is 1 in 126 at least, which two encoders and four questions multiply by eight."""
    pair = tuple(replace(probe("Is Smartphone", 0.9, 0.8, 1.0), encoder=name) for name in "ab")
    rows = [probe(name, 0.9, 0.8, 1.0) for name in ("Make", "Model", "Flash")]
    models = {"True": 5, "False": 5}
    tests = [of_models(pair[0], 1 / 126, models), of_models(pair[1], 0.6, models)]
    tests += [of_models(row, 0.5, models) for row in rows]
    asked = [Answer("Is Smartphone", "It is so.", "", Verdict.MIXED, pair), *(answer(row) for row in rows)]
    found = corrected(asked, tests)[0]
    assert found.verdict is Verdict.UNTOLD
    assert "so few camera models can give; so many figures and questions take 6 or more of each class." in found.comment
    assert corrected(asked[:1], tests)[0].verdict is Verdict.MIXED
    tests[0] = of_models(pair[0], 2 / 126, models)
    assert corrected(asked, tests)[0].verdict is Verdict.OPEN


def test_a_p_value_is_no_smaller_than_what_intervals_were_tested_for() -> None:
    """Sixty half-widths from guessing: the tail of a distribution that fits 95 % intervals is not known there."""
    rows = [replace(probe(name, 0.9, 0.893, 0.907), n=100) for name in ("JPEG", "Sharpening")]
    for one in corrected([answer(row) for row in rows], []):
        assert one.comment == "Corrected for the two questions of this page: p < 0.0001."


def test_no_p_value_is_rounded_to_the_level() -> None:
    """0.0496 is below 5 % and is shown, so the page does not say 0.05."""
    assert [words.p_value(p) for p in (0.0496, 0.05, 0.0504, 0.012345, 0.049999)] == [
        "0.0496", "0.05", "0.05", "0.012", "0.049999",
    ]  # fmt: skip
