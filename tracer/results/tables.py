"""Tables of results: one row of the results a line, with the mark drawn in the line; and tables without marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tracer.results import words
from tracer.results.figures import Line, Scale, Styles
from tracer.results.metrics import SIGNED, Unit, facts, metric_words
from tracer.results.placing import interval_text, line, no_effect, scale_for, value_text
from tracer.results.rows import Row, setting_parts

_LAST: Final = -2.0
"""What an absent number is sorted by: below every share and difference."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it shows, and what it is sorted by."""

    text: str
    key: float | str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of a table, with its mark."""

    cells: tuple[Cell, ...]
    strip: Line


@dataclass(frozen=True, slots=True)
class Table:
    """A sortable table of results.

    Attributes:
        caption: what is the same in all lines, so that no column repeats it.
        heads: column names and whether they hold numbers.
        scale: of the marks.
        further: whether it is of second rank, to be folded away.
    """

    name: str
    caption: str
    heads: tuple[tuple[str, bool], ...]
    lines: tuple[TableLine, ...]
    scale: Scale
    further: bool = False


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A sortable table without marks.

    Attributes:
        heads: column names and whether they hold numbers.
        note: how to read it; may be empty.
        further: whether it is of second rank, to be folded away.
    """

    name: str
    heads: tuple[tuple[str, bool], ...]
    lines: tuple[tuple[Cell, ...], ...]
    note: str = ""
    further: bool = False


def further_settings(row: Row) -> str:
    """Return what a setting says beside query and negatives, which have columns of their own."""
    parts = [part for part in row.setting.split(",") if part.partition("=")[0] not in ("query", "negatives")]
    return words.setting(",".join(parts)) or "–"


@dataclass(frozen=True, slots=True)
class Wording:
    """How the tables of an experiment are worded.

    Attributes:
        level: head of the column that holds what guessing reaches.
        setting: the cell of the column of settings.
        figure: what the rows' figure is called, where the metric's own name would mislead; empty otherwise.
    """

    level: str = "Guessing"
    setting: Callable[[Row], str] = further_settings
    figure: str = ""


def tables_by_rank(
    name: str, rows: Sequence[Row], styles: Styles, wording: Wording | None = None, signed: Sequence[Row] = ()
) -> list[Table]:
    """Return the tables of an experiment.

    Rates and differences are kept apart, since they are read against different levels. Metrics of second rank follow, folded
    away, and the differences with their sign.

    Args:
        name: of the tables.
        rows: of the results, in order.
        signed: the differences with their sign; see `signed_rows`.
    """
    wording = wording or Wording()
    differences = [r for r in rows if facts(r.metric).is_difference]
    further = [r for r in rows if facts(r.metric).rank == 2]
    first = [r for r in rows if not facts(r.metric).is_difference and facts(r.metric).rank == 1]
    made = [results_table(name, first, styles, wording)] if first else []
    made += [results_table(f"{name}: differences", differences, styles)] if differences else []
    if further:
        made.append(replace(results_table(f"{name}: further metrics", further, styles), further=bool(first)))
    if signed:
        made.append(replace(results_table(f"{name}: differences with their sign", signed, styles), further=True))
    return made


def results_table(name: str, rows: Sequence[Row], styles: Styles, wording: Wording | None = None) -> Table:
    """Return the table of some rows, in their order; a column that says the same in each line goes to the caption."""
    wording = wording or Wording()
    shared, kept = [], []
    for column in _columns(wording):
        values = list(dict.fromkeys(column.cell(r).text for r in rows))
        if len(values) == 1 and len(rows) > 1:
            if values[0] not in ("–", "none", "nothing"):
                shared.append(column.phrase.format(values[0]))
        elif len(rows) > 1 and _repeats(rows, column):
            said = column.phrase.format(" / ".join(value for value in values if value != "none"))
            shared.append(f"{said} (in the rows on processing)" if "none" in values else said)
        elif values != ["–"]:
            kept.append(column)
    scale = scale_for(rows)
    units = {facts(r.metric).unit for r in rows}
    unit = units.pop() if len(units) == 1 else Unit.SHARE
    heads = [(column.head, column.head == "Hidden") for column in kept]
    heads += [(unit.value, True), ("95 % interval", True)]
    heads += [(wording.level if unit is Unit.SHARE else "No effect", True), ("n", True)]
    return Table(
        name=name,
        caption="; ".join(shared)[:1].upper() + "; ".join(shared)[1:],
        heads=tuple(heads),
        lines=tuple(_line(r, [column.cell for column in kept], scale, styles.get(r.encoder, -1)) for r in rows),
        scale=scale,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that names rows.

    Attributes:
        phrase: how a value that all lines share is written into the caption.
        told_by: another value that may already say the same; None where nothing does.
    """

    head: str
    cell: Callable[[Row], Cell]
    phrase: str
    told_by: Callable[[Row], object] | None = None


def _columns(wording: Wording) -> tuple[_Column, ...]:
    return (
        _Column("Label", lambda r: text_cell(words.title(r.attribute) if r.attribute else "–"), "label: {}"),
        _Column("Encoder", lambda r: text_cell(r.encoder or "–"), "encoder: {}"),
        _Column(
            "Processing", lambda r: text_cell(processing_text(r.processing)), "processing: {}", lambda r: r.attribute
        ),
        _Column("Hidden", lambda r: Cell(words.hidden(r.mask_ratio), r.mask_ratio, True), "hidden: {}"),
        _Column("Query", lambda r: text_cell(setting_parts(r.setting).get("query", "–")), "query: {}"),
        _Column("Negatives", lambda r: text_cell(setting_parts(r.setting).get("negatives", "–")), "negatives: {}"),
        _Column("Setting", lambda r: text_cell(wording.setting(r)), "setting: {}"),
        _Column(
            "Figure",
            lambda r: text_cell(wording.figure or metric_words(r.metric)),
            "figure: {}",
            lambda r: (r.attribute, r.setting),
        ),
    )


def processing_text(processing: str) -> str:
    """Return a processing as a cell shows it."""
    return "none" if processing == "IDENTITY" else processing


def _repeats(rows: Sequence[Row], column: _Column) -> bool:
    """Whether a column only repeats, in other words, what another value says."""
    by = column.told_by
    return by is not None and len({(by(r), column.cell(r).text) for r in rows}) == len({by(r) for r in rows})


def _line(row: Row, columns: Sequence[Callable[[Row], Cell]], scale: Scale, style: int) -> TableLine:
    signed = facts(row.metric).is_difference and scale.low < 0
    cells = [
        *(cell(row) for cell in columns),
        Cell(value_text(row, signed), row.value, True),
        Cell(interval_text(row, signed), _sorted_by(row.ci_low), True),
        Cell(words.number(no_effect(row)), _sorted_by(no_effect(row)), True),
        count_cell(row.n),
    ]
    return TableLine(tuple(cells), line(row, scale, style, label=row.encoder))


def text_cell(text: str) -> Cell:
    """Return a cell of text, sorted without regard to case."""
    return Cell(text, text.casefold())


def count_cell(n: int) -> Cell:
    """Return a cell of a count."""
    return Cell(f"{n:,}", float(n), True)


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_cell(value: float | None) -> Cell:
    """Return a cell of a number that is not a share; `–` where there is none."""
    if value is None:
        return Cell("–", -1.0, True)
    text = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
    return Cell(text.replace("-", words.MINUS) if "e" not in text else text, float(value), True)


def _sorted_by(value: float | None) -> float:
    return _LAST if value is None else value


def change_cells(change: Row) -> tuple[Cell, Cell]:
    """Return a signed difference and its interval as cells, in points."""
    return (
        Cell(words.number(change.value, signed=True), change.value, True),
        Cell(words.interval(change.ci_low, change.ci_high, signed=True), _sorted_by(change.ci_low), True),
    )


Signed = tuple[Any, Any, str]
"""A signed difference of the details: value, bounds, the setting to show; values of JSON, not checked."""


def signed_rows(
    rows: Sequence[Row], details: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Iterable[Signed]]
) -> list[Row]:
    """Return the signed differences of the details as rows: SPD has no sign, and opposite differences cancel in it.

    Args:
        rows: of the results; a difference without its row is left out.
        details: of the experiment.
        read: the signed differences of one entry of the details.
    """
    found = []
    for detail in details:
        same = [r for r in rows if facts(r.metric).is_difference and _named_alike(r, detail)]
        for value, bounds, setting in read(detail):
            if same and isinstance(value, int | float):
                low, high = bounds if isinstance(bounds, list) and len(bounds) == 2 else (None, None)
                found.append(replace(same[0], metric=SIGNED, value=value, ci_low=low, ci_high=high, setting=setting))
    return found


def _named_alike(row: Row, detail: Mapping[str, Any]) -> bool:
    names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    return all(getattr(row, name) == detail.get(name) for name in names)
