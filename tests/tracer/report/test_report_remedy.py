"""What can be done: the answer and the figures before and after; tables for LaTeX; permutation tests; retrieval sheets."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.report_runs import before_and_after, meta, pair_rows, probe_rows, sheet_run, write_run
from tracer.experiments.mitigation.page import PAGE as MITIGATION
from tracer.experiments.mitigation.page import remedies
from tracer.experiments.probe.page import PAGE as PROBE
from tracer.report.latex import escape, latex, write_tables
from tracer.report.page import render, write_report
from tracer.report.sheets import MAX_BYTES, sheets
from tracer.results.runs import load_run
from tracer.results.tables import Cell, PlainTable
from tracer.results.verdicts import Verdict


def test_the_answer_says_what_falls_and_what_stays() -> None:
    """Probe and pull before and after, the content kept, and no more than the intervals show."""
    (answer,) = MITIGATION.answers(before_and_after(), [])
    assert answer.verdict is Verdict.ABOVE
    text = re.sub(r"\s", " ", answer.sentence + " " + answer.comment)
    assert "names the maker of the camera in 40 % (before: 70 %)" in text
    assert "right on content in 92 % (before: 93 %)" in text
    assert "from 8.0 to 4.0 points." in text
    assert "No loss of content is shown." in text
    (open_answer,) = MITIGATION.answers(before_and_after(change_high=0.05), [])
    assert open_answer.verdict is Verdict.OPEN
    assert "No loss of the probe is shown." in open_answer.comment
    assert MITIGATION.answers(probe_rows(), []) == []


def test_a_probe_that_reads_more_afterwards_is_not_called_lowered() -> None:
    """The sentence gives both figures and leaves the verdict to the comment."""
    risen = [
        replace(row, value=value, ci_low=low, ci_high=high)
        for row, (value, low, high) in zip(
            before_and_after(), ((0.5, 0.45, 0.55), (0.56, 0.5, 0.6), (0.06, 0.01, 0.1)), strict=False
        )
    ]
    (answer,) = MITIGATION.answers(risen, [])
    text = re.sub(r"\s", " ", answer.sentence)
    assert "in 56 % (before: 50 %)" in text
    assert not re.search("lower|still", text)
    assert "The probe reads more after the map, not less." in answer.comment


def test_a_figure_without_its_change_is_no_remedy() -> None:
    """Only whole triples are put together; their table has a line each, with the change's sign."""
    rows = before_and_after()
    assert len(remedies(rows)) == 3
    assert len(remedies([r for r in rows if "change" not in r.setting])) == 0
    (table,) = MITIGATION.tables(rows, {}, ())
    assert isinstance(table, PlainTable)
    assert [cell.text for cell in table.lines[0]][-5:] == ["70.0", "40.0", "−30.0", "[−40.0 to −10.0]", "200"]


def test_the_page_explains_how_to_use_a_map(tmp_path: Path) -> None:
    """The section stands on the page with the three lines of Python."""
    page = render(load_run(write_run(tmp_path, [*probe_rows(), *before_and_after(encoder="offline/a")], meta())))
    assert 'id="remedy"' in page
    assert "cleaned = unit @ kept" in page
    assert "--save" in page


# --- LaTeX


@given(st.text(max_size=60))
def test_nothing_in_a_label_is_a_command(text: str) -> None:
    """Whatever a class is called, its special characters are escaped and it stays on one line."""
    made = escape(text)
    assert "\n" not in made
    known = r"\\(text(backslash|asciitilde|asciicircum|less|greater|bar)\{\}|dots\{\}|textsubscript\{[pa]\}"
    rest = re.sub(known + r"|[&%$#_{},])|\{\[\}|\{\]\}|\$(-|\\times|\\to|\\geq)\$", "", made)
    assert not set(rest) & set("\\{}$&%#_^")


def test_white_space_of_a_label_is_one_space() -> None:
    """Breaks and runs of spaces become one space: an empty line would end a table's cell. No-break spaces stay what they are."""
    assert escape("a \t\r\n\n  b\u2028c") == "a b c"
    assert escape("50\u202f%\u00a0x") == r"50\,\%~x"


def test_tables_are_booktabs_and_each_has_its_file(tmp_path: Path) -> None:
    """Rules, columns by kind, and equal names numbered; an empty table is not written."""
    table = PlainTable("A & B", (("Make", False), ("%", True)), ((Cell("50% off_x", ""), Cell("−1.0", -1.0, True)),))
    text = latex(table)
    assert r"\begin{tabular}{lr}" in text
    assert r"50\% off\_x & $-$1.0 \\" in text
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    written = write_tables([table, table, PlainTable("none", (), ())], tmp_path)
    assert [path.name for path in written] == ["a-b.tex", "a-b-2.tex"]


def test_a_report_writes_its_tables(tmp_path: Path) -> None:
    """Each table of the page lies in `tables/`, none with an unescaped percent sign outside its comments."""
    write_report(write_run(tmp_path, [*probe_rows(), *pair_rows(), *before_and_after()], meta()))
    files = sorted((tmp_path / "tables").glob("*.tex"))
    assert {"probe-accuracy.tex", "pair-retrieval.tex", "before-and-after-in-percent-and-points.tex"} <= {
        f.name for f in files
    }
    for file in files:
        body = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("%")]
        assert not any(re.search(r"(?<!\\)%", line) for line in body)


# --- permutation tests


def test_permutation_tests_have_a_table(tmp_path: Path) -> None:
    """A line for each probe that holds a test; damaged ones give none."""
    test = {"p_value": 0.0005, "permutations": 2000, "shuffled": "photos within scenes or owners"}
    details = [
        {"experiment": "probe", "encoder": "e", "attribute": "Make", "mask_ratio": 0.95, "chance_test": test},
        {"experiment": "probe", "encoder": "e", "attribute": "Make", "chance_test": {"p_value": "small"}},
    ]
    run = load_run(write_run(tmp_path, probe_rows(), {**meta(), "details": details}))
    *_, table = PROBE.tables(run.rows, {}, run.details)
    assert isinstance(table, PlainTable)
    assert len(table.lines) == 1
    assert "0.0005" in [cell.text for cell in table.lines[0]]


# --- sheets


def test_a_sheet_shows_pictures_marks_and_its_rule(tmp_path: Path) -> None:
    """Pictures are inside the page, what is right has a tick and a word, and the choice of queries is told."""
    run = sheet_run(tmp_path)
    page = render(load_run(run))
    assert page.count("data:image/jpeg;base64,") == 2 * (1 + 2 + 1)
    assert page.count("<b>7 ✓</b>") == 2
    assert page.count("<b>partner</b>") == 4
    assert page.count('class="gap"') == 2
    assert (
        "Two queries of 120, not picked by hand: one of them because the ranks differ; one drawn at random (seed 42)."
        in page
    )
    assert "<b>Acme</b>" not in page
    assert "&lt;b&gt;Acme" in page


@pytest.mark.plots
def test_a_sheet_is_a_picture_too(tmp_path: Path) -> None:
    """`plots/retrieval-sheet.png`, and no SVG: it would hold all pixels."""
    write_report(sheet_run(tmp_path))
    assert (tmp_path / "plots" / "retrieval-sheet.png").stat().st_size > 10_000
    assert not (tmp_path / "plots" / "retrieval-sheet.svg").exists()


def test_pictures_that_are_gone_leave_their_places(tmp_path: Path) -> None:
    """A missing or outsized picture is an empty place with its words; without any picture there is no sheet."""
    run = sheet_run(tmp_path / "a")
    (run / "thumbs" / "3.jpg").unlink()
    (run / "thumbs" / "2.jpg").write_bytes(b"x" * (MAX_BYTES + 1))
    page = render(load_run(run))
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("no picture") == 6
    assert sheets(load_run(sheet_run(tmp_path / "b", photos=0))) == []


@pytest.mark.parametrize(
    "queries", [None, [], [1], [{"photo_id": "../../x", "strips": 3}], [{"strips": [{"items": "x"}]}]]
)
def test_a_damaged_sheet_gives_none(tmp_path: Path, queries: object) -> None:
    """What another version, or a hand, wrote does no harm."""
    run = sheet_run(tmp_path)
    content = json.loads((run / "results.json").read_text(encoding="utf-8"))
    content["details"][0]["queries"] = queries
    (run / "results.json").write_text(json.dumps(content), encoding="utf-8")
    assert sheets(load_run(run)) == []


def test_what_the_audit_says_in_words_is_on_the_page(tmp_path: Path) -> None:
    """Confounds as a table, and the audit's own sentences on what a classifier of file properties reaches, as text."""
    audit = {
        "leaks": [],
        "confounds": [{"name": "resolution", "statistic": "cramers_v", "value": 0.99, "p_value": 1e-9}],
        "confounds_in_words": ["A classifier that sees the file properties alone guesses <90 %> of the classes."],
    }
    page = render(load_run(write_run(tmp_path, probe_rows(), {**meta(), "audit": audit})))
    assert "guesses &lt;90 %&gt; of the classes" in page
    assert "resolution" in page


def test_a_label_that_is_left_is_not_called_gone() -> None:
    """Where the probe still reads it after the map, the answer says so beside what was lowered."""
    rows = [replace(row, chance=0.5 if row.metric == "accuracy" else row.chance) for row in before_and_after()]
    after = next(row for row in rows if row.setting.endswith("after") and row.metric == "accuracy")
    (gone,) = MITIGATION.answers(rows, [])
    assert gone.verdict is Verdict.ABOVE and "not gone" not in gone.comment
    left = [replace(row, value=0.6, ci_low=0.55, ci_high=0.65) if row is after else row for row in rows]
    (still,) = MITIGATION.answers(left, [])
    assert (
        "The label is not gone: after the map the whole interval still lies above guessing (60\u202f% [55–65])."
        in still.comment
    )
