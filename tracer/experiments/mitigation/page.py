"""How the report words and draws mitigation: figures before and after a linear map took a label out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracer.results import words
from tracer.results.figures import STYLES, DotPlot, Figure, Kind, LegendEntry, Line, Scale, Styles
from tracer.results.metrics import SIGNED, facts, metric_words
from tracer.results.pages import Code, Details, Heading, Page, Paragraph, Prose, Rows, near_copies_in_words, units_known
from tracer.results.placing import level, mark, scale_for
from tracer.results.rows import Row, setting_parts
from tracer.results.tables import Cell, PlainTable, change_cells, count_cell, text_cell
from tracer.results.verdicts import Answer, Verdict, guessing, joint_verdict, span, verdict

METHOD_WORDS = {"leace": "LEACE", "layer": "adversarial layer"}
_MOST_ANSWERS = 2
_LEGEND = (LegendEntry("before", -1, hollow=True), LegendEntry("after", -1))


def _intro(details: Details) -> Prose:
    drawn = "scenes" if units_known(details) else "photos"
    return (
        Paragraph(
            "A linear map can take a label out of an encoder's numbers. LEACE computes the smallest change after which"
            " no linear reader can tell the classes of those photos apart that it was fitted on; the adversarial layer"
            " starts as no change and learns to"
            f" leave a linear reader nothing to go by. Each map was fitted on one half of the {drawn} and judged on the"
            " other half, by a new probe that was trained there: a map must not be judged on photos it has seen."
        ),
        Paragraph(
            "A good map lowers what the probe reads and the pull of the trace (SPD), and leaves the vote on content"
            " (SP) where it was."
        ),
    )


_CLOSING: Prose = (
    Heading("To use it"),
    Paragraph(
        "`tracer mitigate SET -o RUN --save` writes the maps. To apply one to embeddings `x`, one row a photo:",
    ),
    Code(
        'kept = safetensors.numpy.load_file("RUN/maps/…safetensors")\n'
        "unit = x / numpy.linalg.norm(x, axis=1, keepdims=True)\n"
        'cleaned = unit @ kept["weight"].T + kept["bias"]'
    ),
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """One figure under one method.

    Attributes:
        method: that fitted the map.
        before, after: the figure without and with the map; change: after minus before.
    """

    method: str
    before: Row
    after: Row
    change: Row

    @property
    def where(self) -> str:
        """The query and the negatives of a search; empty for other figures."""
        parts = setting_parts(self.before.setting)
        return ", ".join(f"{name}: {parts[name]}" for name in ("query", "negatives") if name in parts)

    @property
    def method_words(self) -> str:
        """The method as the page writes it."""
        return METHOD_WORDS.get(self.method, self.method)


def remedies(rows: Rows) -> list[Remedy]:
    """Return each method's figure with its before and its change; a figure that lacks one of the three is left out."""
    found: dict[tuple[object, ...], dict[tuple[str, str], Row]] = {}
    for row in rows:
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


# --- answers


def _answers(rows: Rows, details: Details) -> list[Answer]:
    """Whether the trace can be lowered without losing the content: of the first labels, each by the first method."""
    found = [r for r in remedies(rows) if not r.where and not words.is_baseline(r.before.encoder)]
    by_label = [
        [r for r in found if r.before.attribute == label and r.method == found[0].method]
        for label in list(dict.fromkeys(r.before.attribute for r in found))[:_MOST_ANSWERS]
    ]
    return [_answer(chosen, details) for chosen in by_label if any(r.before.metric == "accuracy" for r in chosen)]


def _answer(chosen: Sequence[Remedy], details: Details) -> Answer:
    """The answer for one label."""
    attribute, others = chosen[0].before.attribute, "other scenes" if units_known(details) else "other photos"
    probe = [r for r in chosen if r.before.metric == "accuracy"]
    content = [r for r in chosen if r.before.metric == "sp"]
    sentence = (
        f"After a linear map ({chosen[0].method_words}) that was fitted on {others}, a new probe"
        f" {words.reads(attribute)} in {_shares([r.after for r in probe])}"
        f" (before: {_shares([r.before for r in probe])}{_guessing(probe)}) on other photos of the same cameras"
    )
    if content:
        sentence += (
            f", and neighbours vote right on content in {_shares([r.after for r in content])}"
            f" (before: {_shares([r.before for r in content])})"
        )
    lowered = _lowered(probe)
    comment = {
        Verdict.ABOVE: f"{'The' if len(probe) == 1 else 'Every'} interval of the probe's change lies below no change.",
        Verdict.MIXED: "Some intervals of the probe's change lie below no change.",
        Verdict.OPEN: "No loss of the probe is shown.",
        Verdict.BELOW: "The probe reads more after the map, not less.",
        Verdict.UNKNOWN: "There is no interval to judge it by.",
    }[lowered]
    comment += _left(probe) + _pull_comment([r for r in chosen if facts(r.before.metric).is_difference])
    if content:
        worse = any((r.change.ci_high or 0.0) < 0 for r in content)
        comment += " The vote on content loses, though." if worse else " No loss of content is shown."
    entries = [entry for entry in details if entry.get("attribute") == attribute]
    comment = " ".join(filter(None, (comment, _few_units(entries), near_copies_in_words(entries))))
    # The changes are drawn around zero, as signed differences.
    changes = tuple(replace(r.change, metric=SIGNED, setting="") for r in probe)
    about = f"What can be done, {words.title(attribute)}"
    return Answer(about, sentence + ".", comment, lowered, changes, difference=True)


def _few_units(entries: Details) -> str:
    """That halves of so few scenes or owners give too short an interval, and with it too small a p; empty where they do not."""
    few = next((str(found) for entry in entries if (found := entry.get("few_units"))), "")
    return f"With halves of {few} the interval is too short, and the p-value of the change too small." if few else ""


def _left(probe: Sequence[Remedy]) -> str:
    """That the probe still reads the label after the map, with a space before it; empty where that is not shown."""
    still = [r.after for r in probe if verdict(r.after) is Verdict.ABOVE]
    if not still:
        return ""
    if len(probe) == 1:
        return f" The label is not gone: after the map the whole interval still lies above guessing ({span(still)})."
    some = f"{len(still)} of {len(probe)} intervals still {'lies' if len(still) == 1 else 'lie'}"
    which = "every interval still lies" if len(still) == len(probe) else some
    return f" The label is not gone: after the map {which} above guessing ({span(still)})."


def _guessing(probe: Sequence[Remedy]) -> str:
    level = guessing([r.before for r in probe])
    return f", guessing: {level}" if level else ""


def _pull_comment(pull: Sequence[Remedy]) -> str:
    """What becomes of the trace's pull on neighbours, with a space before it; empty where it was not measured."""
    if not pull:
        return ""
    less = {
        Verdict.ABOVE: "",
        Verdict.MIXED: "; that this is less is shown for some encoders",
    }.get(_lowered(pull), "; that this is less is not shown")
    before, after = _points(r.before for r in pull), _points(r.after for r in pull)
    if joint_verdict((r.before for r in pull), 0.0) not in (Verdict.ABOVE, Verdict.MIXED):
        return f" No pull of the trace on neighbours is shown before the map ({before} points; after it {after})."
    return f" The trace's pull on neighbours goes from {before} to {after} points{less}."


def _lowered(figures: Iterable[Remedy]) -> Verdict:
    """Whether the figures fall: the verdict of the changes with their signs turned round."""
    return joint_verdict((_negated(r.change) for r in figures), 0.0)


def _negated(row: Row) -> Row:
    low, high = row.ci_low, row.ci_high
    return replace(row, value=-row.value, ci_low=None if high is None else -high, ci_high=None if low is None else -low)


def _shares(rows: Iterable[Row]) -> str:
    values = [r.value for r in rows]
    low, high = words.percent(min(values)), words.percent(max(values))
    return low if low == high else f"{low} to {high}"


def _points(rows: Iterable[Row]) -> str:
    values = [r.value for r in rows]
    low, high = words.number(min(values)), words.number(max(values))
    return low if low == high else f"{low}–{high}"


# --- figures and table


def _figures(rows: Rows, styles: Styles, _: Details) -> list[Figure]:
    """A panel for each label and figure, where the encoders are few enough to be told apart."""
    found = [r for r in remedies(rows) if not r.where]
    panels = []
    for attribute in dict.fromkeys(r.before.attribute for r in found):
        of_label = [r for r in found if r.before.attribute == attribute]
        for title, chosen in (
            ("Probe accuracy", [r for r in of_label if r.before.metric == "accuracy"]),
            ("Neighbours' vote on content (SP)", [r for r in of_label if r.before.metric == "sp"]),
            ("Pull of the trace (SPD)", [r for r in of_label if facts(r.before.metric).is_difference]),
        ):
            if chosen:
                panels.append(_panel(f"{words.title(attribute)}: {title}", chosen, styles))
    treated = {r.encoder for r in rows}
    legend = {name: style for name, style in styles.items() if name in treated}
    return [Figure(Kind.DOTS, tuple(panels), legend=legend)] if panels and len(styles) <= STYLES else []


def _panel(title: str, chosen: Sequence[Remedy], styles: Styles) -> DotPlot:
    """A line for each encoder and method: hollow before, filled after."""
    scale = scale_for([row for r in chosen for row in (r.before, r.after)])
    lines = tuple(_line(r, scale, styles.get(r.before.encoder, -1)) for r in chosen)
    return DotPlot(title, f"n = {chosen[0].before.n:,}", scale, lines, _LEGEND)


def _line(r: Remedy, scale: Scale, style: int) -> Line:
    marks = (mark(r.before, scale, style, True, "before"), mark(r.after, scale, style, False, "after"))
    label = f"{r.before.encoder}, {r.method_words}"
    return Line(label, marks, level(r.before, scale), f"{words.number(r.before.value)} → {words.number(r.after.value)}")


def _tables(rows: Rows, _styles: Styles, _details: Details) -> list[PlainTable]:
    """Every figure before and after, with the change and its paired interval."""
    found = remedies(rows)
    if not found:
        return []
    several = len({r.where for r in found}) > 1
    heads = [("Label", False), ("Encoder", False), ("Method", False), ("Figure", False)]
    heads += [("Search", False)] if several else []
    heads += [("Before", True), ("After", True), ("Change", True), ("95 % interval", True), ("n", True)]
    lines = []
    for r in found:
        named = [words.title(r.before.attribute), r.before.encoder, r.method_words, metric_words(r.before.metric)]
        named += [r.where or "–"] if several else []
        figures = (Cell(words.number(row.value), row.value, True) for row in (r.before, r.after))
        lines.append((*map(text_cell, named), *figures, *change_cells(r.change), count_cell(r.before.n)))
    return [PlainTable("Before and after, in percent and points", tuple(heads), tuple(lines), further=True)]


PAGE = Page(
    anchor="remedy",
    contents="What can be done",
    title="What can be done about it",
    order=60,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    closing=_CLOSING,
    answers=_answers,
    answers_order=40,
)
