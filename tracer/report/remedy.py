"""What can be done about the finding: figures before and after a linear map took the label out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracer.report import words
from tracer.report.about import PlainTable
from tracer.report.answers import Answer, Verdict, joint_verdict, setting_parts
from tracer.report.figures import SIGNED, DotPlot, Line, Scale, level, mark, scale_for
from tracer.report.tables import METRIC_WORDS, Cell
from tracer.results import Row

METHOD_WORDS = {"leace": "LEACE", "layer": "adversarial layer"}
_FIGURES = (
    ("accuracy", "Probe accuracy"),
    ("sp", "Neighbours' vote on content (SP)"),
    ("spd", "Pull of the trace (SPD)"),
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """One figure under one method."""

    method: str
    before: Row
    after: Row
    change: Row

    @property
    def where(self) -> str:
        """The query of a search, or what was counted."""
        parts = setting_parts(self.before.setting)
        return ", ".join(f"{name}: {parts[name]}" for name in ("query", "negatives") if name in parts)


def remedies(rows: Sequence[Row]) -> list[Remedy]:
    """Rows of mitigation put together: each method's figure with its before and its change."""
    found: dict[tuple[object, ...], dict[tuple[str, str], Row]] = {}
    for row in rows:
        if row.experiment != "mitigation":
            continue
        parts = setting_parts(row.setting)
        stage, method = parts.pop("stage", ""), parts.pop("method", "")
        name = (row.encoder, row.attribute, row.processing, row.metric, tuple(sorted(parts.items())))
        found.setdefault(name, {})[method, stage] = row
    made = []
    for stages in found.values():
        before = stages.get(("", "before"))
        for method in dict.fromkeys(method for method, _ in stages if method):
            after, change = stages.get((method, "after")), stages.get((method, "change"))
            if before and after and change:
                made.append(Remedy(method, before, after, change))
    return made


MOST_ANSWERS = 2


def remedy_answers(rows: Sequence[Row]) -> list[Answer]:
    """Whether the trace can be lowered without losing the content: of the first labels, each by the first method."""
    found = [r for r in remedies(rows) if not r.where and not words.is_baseline(r.before.encoder)]
    labels = list(dict.fromkeys(r.before.attribute for r in found))[:MOST_ANSWERS]
    return [
        _answer([r for r in found if r.before.attribute == label and r.method == found[0].method]) for label in labels
    ]


def _answer(chosen: Sequence[Remedy]) -> Answer:
    attribute, method = chosen[0].before.attribute, chosen[0].method

    def of(metric: str) -> list[Remedy]:
        return [r for r in chosen if r.before.metric.startswith(metric)]

    probe, content, pull = of("accuracy"), of("sp"), of("spd")
    content = [r for r in content if r.before.metric == "sp"]
    sentence = (
        f"After a linear map ({METHOD_WORDS.get(method, method)}) that was fitted on other scenes, a new probe"
        f" {words.reads(attribute)} in {_values([r.after for r in probe])}"
        f" (before: {_values([r.before for r in probe])})"
    )
    if content:
        sentence += (
            f", and neighbours vote right on content in {_values([r.after for r in content])}"
            f" (before: {_values([r.before for r in content])})"
        )
    lowered = joint_verdict((_negated(r.change) for r in probe), 0.0)
    comment = {
        Verdict.ABOVE: f"The probe's loss is shown: {'its' if len(probe) == 1 else 'every'} interval lies below no change.",
        Verdict.MIXED: "The probe's loss is shown for some encoders.",
        Verdict.OPEN: "No loss of the probe is shown.",
        Verdict.BELOW: "The probe reads more after the map, not less.",
        Verdict.UNKNOWN: "There is no interval to judge it by.",
    }[lowered]
    if pull:
        now = _points([r.after for r in pull])
        less = {
            Verdict.ABOVE: "",
            Verdict.MIXED: "; that this is less is shown for some encoders",
        }.get(joint_verdict((_negated(r.change) for r in pull), 0.0), "; that this is less is not shown")
        comment += (
            f" The trace's pull on neighbours goes from {_points([r.before for r in pull])} to {now} points{less}."
        )
    if content:
        worse = any((r.change.ci_high or 0.0) < 0 for r in content)
        comment += " The vote on content loses, though." if worse else " No loss of content is shown."
    return Answer(
        f"What can be done, {words.title(attribute)}", sentence + ".", comment, lowered, _drawn(probe), difference=True
    )


def _drawn(probe: Sequence[Remedy]) -> tuple[Row, ...]:
    """The changes as signed differences, drawn around zero."""
    return tuple(replace(r.change, metric=SIGNED, setting="") for r in probe)


def _negated(row: Row) -> Row:
    low, high = row.ci_low, row.ci_high
    return replace(row, value=-row.value, ci_low=None if high is None else -high, ci_high=None if low is None else -low)


def _values(rows: Sequence[Row]) -> str:
    texts = [words.percent(value) for value in (min(r.value for r in rows), max(r.value for r in rows))]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _points(rows: Sequence[Row]) -> str:
    texts = [words.number(value) for value in (min(r.value for r in rows), max(r.value for r in rows))]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]}–{texts[1]}"


def remedy_plots(rows: Sequence[Row], styles: dict[str, int]) -> list[DotPlot]:
    """One dot plot a label and figure: a line for each encoder and method, hollow before, filled after."""
    found = [r for r in remedies(rows) if not r.where]
    plots = []
    for attribute in dict.fromkeys(r.before.attribute for r in found):
        for prefix, title in _FIGURES:
            chosen = [
                r
                for r in found
                if r.before.attribute == attribute
                and (r.before.metric == prefix or (prefix == "spd" and r.before.metric.startswith("spd_")))
            ]
            if chosen:
                scale = scale_for([row for r in chosen for row in (r.before, r.after)])
                lines = tuple(_line(r, scale, styles.get(r.before.encoder, -1)) for r in chosen)
                legend = (("before", -1, True), ("after", -1, False))
                note = f"n = {chosen[0].before.n:,}"
                plots.append(DotPlot(f"{words.title(attribute)}: {title}", note, scale, lines, legend))
    return plots


def _line(r: Remedy, scale: Scale, style: int) -> Line:
    marks = (
        mark(r.before, scale, style, True, "before"),
        mark(r.after, scale, style, False, "after"),
    )
    label = f"{r.before.encoder}, {METHOD_WORDS.get(r.method, r.method)}"
    return Line(label, marks, level(r.before, scale), f"{words.number(r.before.value)} → {words.number(r.after.value)}")


def remedy_table(rows: Sequence[Row]) -> PlainTable | None:
    """Every figure before and after, with the change and its paired interval."""
    found = remedies(rows)
    if not found:
        return None
    several = len({r.where for r in found}) > 1
    heads = [("Label", False), ("Encoder", False), ("Method", False), ("Figure", False)]
    heads += [("Search", False)] if several else []
    heads += [("Before", True), ("After", True), ("Change", True), ("95 % interval", True), ("n", True)]
    lines = []
    for r in found:
        said = [words.title(r.before.attribute), r.before.encoder, METHOD_WORDS.get(r.method, r.method)]
        said += [METRIC_WORDS.get(r.before.metric, r.before.metric)] + ([r.where or "–"] if several else [])
        low = -2.0 if r.change.ci_low is None else r.change.ci_low
        lines.append(
            (
                *(Cell(text, text.casefold()) for text in said),
                Cell(words.number(r.before.value), r.before.value, True),
                Cell(words.number(r.after.value), r.after.value, True),
                Cell(words.number(r.change.value, signed=True), r.change.value, True),
                Cell(words.interval(r.change.ci_low, r.change.ci_high, signed=True), low, True),
                Cell(f"{r.before.n:,}", float(r.before.n), True),
            )
        )
    return PlainTable("Before and after, in percent and points", tuple(heads), tuple(lines))
