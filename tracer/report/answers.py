"""The answers of all experiments in order, and the page's title.

The sentences come from the experiments. They are computed from the rows and claim no effect that the interval does not show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracer.report.by_experiment import measured
from tracer.report.files import explained_by_files
from tracer.report.owners import untold_for_owners
from tracer.report.subjects import told_by_content
from tracer.report.together import asked_together, corrected
from tracer.results import Row, words
from tracer.results.figures import STYLES, DotPlot
from tracer.results.metrics import metric_words
from tracer.results.pages import entry_of
from tracer.results.placing import line, n_note, scale_for
from tracer.results.tables import is_number
from tracer.results.verdicts import VERDICT_WORDS, Answer, Verdict

_MOST_LINES = 8
"""Encoders that are drawn beside an answer; of more, the two highest and the two lowest."""

_MARKS = {Verdict.ABOVE: "full"} | dict.fromkeys(
    (Verdict.MIXED, Verdict.CONFOUNDED, Verdict.OWNED, Verdict.SUBJECTS), "half"
)


def answers(rows: Sequence[Row], details: Sequence[Mapping[str, Any]] = ()) -> list[Answer]:
    """Return what the run has to say, the most telling first; an experiment without rows has no answer.

    Sentences and verdicts speak of encoders; baselines are named beside them. Verdicts hold for all answers together.
    """
    found = told_by_content(corrected(_by_themselves(rows, details), details), rows, details)
    return [replace(one, comment=f"{one.comment} {one.compared}".strip(), compared="") for one in found]


def questions(rows: Sequence[Row], details: Sequence[Mapping[str, Any]] = ()) -> int:
    """Return how many of the page's answers are corrected together."""
    return len(asked_together(_by_themselves(rows, details), details))


def _by_themselves(rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> list[Answer]:
    experiments = sorted(measured(rows, details), key=lambda one: one.page.answers_order)
    found = [answer for one in experiments for answer in one.page.answers(one.rows, one.details)]
    return untold_for_owners(explained_by_files(found, rows, details), details)


def headline(rows: Sequence[Row], details: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the page's title: the answer of the first experiment that has one."""
    verdicts = {answer.about: answer.verdict for answer in answers(rows, details)}
    found = (one.page.headline(one.rows, one.details, verdicts) for one in measured(rows, details))
    return next(filter(None, found), "What the encoders know about the camera")


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as the page shows it.

    Attributes:
        verdict: in words; mark: `full`, `half` or `none`, the sign beside it.
        plot: the figures behind the answer.
    """

    about: str
    verdict: str
    mark: str
    sentence: str
    comment: str
    plot: DotPlot


def answer_view(answer: Answer, styles: Mapping[str, int], details: Sequence[Mapping[str, Any]] = ()) -> AnswerView:
    """Return an answer with its figures drawn beside it, and how many photos, scenes and camera models are behind them."""
    return AnswerView(
        about=answer.about,
        verdict=VERDICT_WORDS[answer.verdict],
        mark=_MARKS.get(answer.verdict, "none"),
        sentence=answer.sentence,
        comment=answer.comment,
        plot=_plot(answer, styles, details),
    )


def _plot(answer: Answer, styles: Mapping[str, int], details: Sequence[Mapping[str, Any]]) -> DotPlot:
    rows = sorted(answer.rows, key=lambda r: -r.value) if len(answer.rows) > STYLES else list(answer.rows)
    shown = rows if len(rows) <= _MOST_LINES else [*rows[:2], *rows[-2:]]
    scale = scale_for(rows)
    several = len({(r.setting, r.processing) for r in rows}) > 1
    lines = []
    for row in shown:
        detail = words.setting(row.setting) if several else ""
        lines.append(line(row, scale, styles.get(row.encoder, -1), ", ".join(p for p in (row.encoder, detail) if p)))
    metrics = {metric_words(row.metric) for row in rows}
    note = (
        "In points"
        if answer.difference
        else (metrics.pop() if len(metrics) == 1 else "share of right answers").capitalize()
    )
    note += f", {n_note(rows)}{_units(rows, details)}" if rows else ""
    if any(one.chance is not None for one in lines):
        note += f"; dashed: {'no difference' if answer.difference else 'guessing'}"
    if len(shown) < len(rows):
        note += f"; the two highest and the two lowest of {len(rows)}"
    return DotPlot("", note, scale, tuple(lines))


def _units(rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> str:
    """What the photos were drawn from: ` of 25 scenes or owners and 10 camera models`; empty where it is not known."""
    entries = [entry_of(row, details) for row in rows]
    found = [entry[name] for entry in entries for name in ("clusters", "scenes", "pairs") if name in entry]
    scenes = {int(count) for count in found if is_number(count)}
    held = [entry["models"].values() for entry in entries if isinstance(entry.get("models"), Mapping)]
    models = {sum(int(count) for count in counts if is_number(count)) for counts in held}
    owners = {n for entry in entries if (n := _not_apart(entry))}
    said = [f"{_span(scenes)} scenes or owners"] if scenes else []
    said += [f"{_span(models)} camera models"] if models else []
    said += [f"{_span(owners)} owners (not kept apart: photos count as independent)"] if owners and not scenes else []
    return f" of {' and '.join(said)}" if said else ""


def _not_apart(entry: Mapping[str, Any]) -> int:
    """How many owners the photos of a figure are of, where these are not kept apart; 0 otherwise."""
    facts = entry.get("owners")
    if not isinstance(facts, Mapping) or facts.get("kept_apart") is not False or not is_number(facts.get("owners")):
        return 0
    return int(facts["owners"])


def _span(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
