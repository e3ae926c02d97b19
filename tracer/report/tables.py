"""Tables of the page: any rows of the results, one figure a line, with the mark drawn in the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracer.report import words
from tracer.report.answers import setting_parts
from tracer.report.figures import (
    COEFFICIENTS,
    DIFFERENCES,
    PLAIN,
    SIGNED,
    Line,
    Scale,
    interval_text,
    line,
    scale_for,
    value_text,
)
from tracer.report.load import Confusion
from tracer.results import Row

MAX_MATRIX = 16
"""Classes up to which a confusion matrix is drawn whole; larger ones are given as recalls and commonest confusions."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what it shows, and what it is sorted by."""

    text: str
    key: float | str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of a table, with its strip."""

    cells: tuple[Cell, ...]
    strip: Line


@dataclass(frozen=True, slots=True)
class Table:
    """A sortable table.

    Attributes:
        caption: what is the same in all lines, so that no column repeats it.
        further: of second rank, to be folded away.
        heads: column names and whether they hold numbers.
    """

    name: str
    caption: str
    heads: tuple[tuple[str, bool], ...]
    lines: tuple[TableLine, ...]
    scale: Scale
    further: bool = False


METRIC_WORDS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "recall@1": "recall@1",
    "recall@5": "recall@5",
    "map": "mAP",
    "sp": "SP",
    "spd_p": "SPDₚ",
    "spd_a": "SPDₐ",
    "signed": "signed difference",
    "cramers_v": "Cramér's V",
}

FURTHER = frozenset({"balanced_accuracy", "recall@5", "map"})
"""Metrics of second rank: they stand beside the one that the text speaks of."""

# Column name, its value in a row, and how a constant one is written into the caption.
_COLUMNS: tuple[tuple[str, Callable[[Row], Cell], str], ...] = (
    ("Label", lambda r: _text(words.title(r.attribute) if r.attribute else "–"), "label: {}"),
    ("Encoder", lambda r: _text(r.encoder or "–"), "encoder: {}"),
    ("Processing", lambda r: _text("none" if r.processing == "IDENTITY" else r.processing), "processing: {}"),
    ("Hidden", lambda r: Cell(words.hidden(r.mask_ratio), r.mask_ratio, True), "hidden: {}"),
    ("Query", lambda r: _text(setting_parts(r.setting).get("query", "–")), "query: {}"),
    ("Negatives", lambda r: _text(setting_parts(r.setting).get("negatives", "–")), "negatives: {}"),
    ("Setting", lambda r: _text(_other_settings(r)), "setting: {}"),
    ("Figure", lambda r: _text(METRIC_WORDS.get(r.metric, r.metric)), "figure: {}"),
)

# A processing goes with its group's label, a metric with its setting.
_TOLD_BY: dict[str, Callable[[Row], object]] = {
    "Processing": lambda r: r.attribute,
    "Figure": lambda r: (r.attribute, r.setting),
}


def _other_settings(row: Row) -> str:
    """What a setting says beside query and negatives, which have columns of their own."""
    if row.metric == "sp" and not row.setting:
        return PLAIN
    parts = [part for part in row.setting.split(",") if part.partition("=")[0] not in ("query", "negatives")]
    known = {"class=same": "same content", "class=other": "other content"}
    return ", ".join(known.get(part, part) for part in parts) or "–"


def results_table(
    name: str, rows: Sequence[Row], styles: Mapping[str, int], further: bool = False, level: str = "Guessing"
) -> Table:
    """Return the table of some rows, in their order; a column that says the same in each line goes to the caption."""
    shared, kept = [], []
    for head, cell, phrase in _COLUMNS:
        values = list(dict.fromkeys(cell(r).text for r in rows))
        if len(values) == 1 and len(rows) > 1:
            if values[0] not in ("–", "none", "nothing"):
                shared.append(phrase.format(values[0]))
        elif len(rows) > 1 and _told(rows, cell, _TOLD_BY.get(head)):
            shared.append(phrase.format(" / ".join(value for value in values if value != "none")))
        elif values != ["–"]:
            kept.append((head, cell))
    scale = scale_for(rows)
    differences = all(r.metric in DIFFERENCES for r in rows)
    coefficients = all(r.metric in COEFFICIENTS for r in rows)
    heads = [(head, head == "Hidden") for head, _ in kept]
    heads += [("Points" if differences else "V" if coefficients else "%", True), ("95 % interval", True)]
    heads += [("No effect" if differences or coefficients else level, True), ("n", True)]
    return Table(
        name=name,
        caption="; ".join(shared)[:1].upper() + "; ".join(shared)[1:],
        heads=tuple(heads),
        lines=tuple(_line(r, [cell for _, cell in kept], scale, styles.get(r.encoder, -1)) for r in rows),
        scale=scale,
        further=further,
    )


def _told(rows: Sequence[Row], cell: Callable[[Row], Cell], by: Callable[[Row], object] | None) -> bool:
    """Whether a column only repeats, in other words, what another one says."""
    return by is not None and len({(by(r), cell(r).text) for r in rows}) == len({by(r) for r in rows})


def _line(row: Row, columns: Sequence[Callable[[Row], Cell]], scale: Scale, style: int) -> TableLine:
    signed = row.metric in DIFFERENCES and scale.low < 0
    cells = [cell(row) for cell in columns]
    low = -2.0 if row.ci_low is None else row.ci_low
    level = 0.0 if row.metric in DIFFERENCES else row.chance
    cells += [
        Cell(value_text(row, signed), row.value, True),
        Cell(interval_text(row, signed), low, True),
        Cell(words.number(level), -2.0 if level is None else level, True),
        Cell(f"{row.n:,}", float(row.n), True),
    ]
    return TableLine(tuple(cells), line(row, scale, style, label=row.encoder))


def signed_rows(rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the signed differences of the details as rows: SPD has no sign, and opposite ones cancel in it.

    For retrieval, recall among the query's own kind minus recall among the other kind; for neighbours, pos-same minus
    neg-same, in all and for each ordered pair of processings.
    """
    found = []
    for detail in details:
        for entry, value, bounds, setting in _signed(detail):
            same = [r for r in rows if r.metric in DIFFERENCES and all(getattr(r, k) == entry.get(k) for k in _NAMING)]
            if same and isinstance(value, int | float):
                low, high = bounds if isinstance(bounds, list) and len(bounds) == 2 else (None, None)
                signed = replace(same[0], metric=SIGNED, value=value, ci_low=low, ci_high=high, setting=setting)
                found.append(signed)
    return found


_NAMING = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")


def _signed(detail: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Any, Any, str]]:
    """(entry, value, bounds, setting to show) of each signed difference in an entry of the details."""
    setting = str(detail.get("setting") or "")
    if "same_minus_different" in detail:
        p = detail.get("mcnemar_p")
        test = f",McNemar’s p = {p:.2g}" if isinstance(p, int | float) else ""
        return [(detail, detail["same_minus_different"], detail.get("same_minus_different_ci"), setting + test)]
    made = []
    if "pos_same_minus_neg_same" in detail:
        made.append((detail, detail["pos_same_minus_neg_same"], detail.get("pos_same_minus_neg_same_ci"), "all"))
    pairs = detail.get("pairs")
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, Mapping):
            names = f"{pair.get('test_processing')} against {pair.get('other_processing')}"
            made.append((detail, pair.get("pos_same_minus_neg_same"), pair.get("ci"), names))
    return made


def _text(value: str) -> Cell:
    return Cell(value, value.casefold())


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of a confusion matrix; `shade` 0 to 10 of its row's photos."""

    text: str
    shade: int
    right: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix ready to show.

    Attributes:
        lines: (class, cells, recall) for each class; cells are empty where there are too many classes to draw.
        confused: the commonest confusions as sentences, only where the matrix is not drawn.
    """

    title: str
    encoder: str
    classes: tuple[str, ...]
    lines: tuple[tuple[str, tuple[MatrixCell, ...], str, float], ...]
    confused: tuple[str, ...]
    n: int


def matrix(confusion: Confusion) -> Matrix:
    """Return a confusion matrix with shares of each row as shades, and recalls; a large one shortened."""
    small = len(confusion.classes) <= MAX_MATRIX
    names = tuple(words.class_name(confusion.attribute, name) for name in confusion.classes)
    lines = []
    for i, (name, counts) in enumerate(zip(names, confusion.counts, strict=True)):
        total = sum(counts)
        cells = tuple(
            MatrixCell(str(c) if c else "·", round(10 * c / total) if total else 0, i == j)
            for j, c in enumerate(counts)
        )
        recall = confusion.recalls[i]
        lines.append((name, cells if small else (), words.number(recall, 0), -1.0 if recall is None else recall))
    return Matrix(
        title=words.title(confusion.attribute) + _circumstances(confusion),
        encoder=confusion.encoder,
        classes=names if small else (),
        lines=tuple(lines),
        confused=() if small else tuple(_commonest(confusion)),
        n=sum(map(sum, confusion.counts)),
    )


def _circumstances(confusion: Confusion) -> str:
    parts = [f"{words.percent(confusion.mask_ratio)} hidden" if confusion.mask_ratio else "nothing hidden"]
    if confusion.processing != "IDENTITY":
        parts.append(confusion.processing)
    return ", " + ", ".join(parts)


def _commonest(confusion: Confusion, most: int = 10) -> list[str]:
    found = [
        (count, i, j)
        for i, counts in enumerate(confusion.counts)
        for j, count in enumerate(counts)
        if i != j and count > 0
    ]
    found.sort(key=lambda f: (-f[0], f[1], f[2]))
    names = confusion.classes
    return [f"{names[i]} taken for {names[j]}: {words.count(c, 'time')}" for c, i, j in found[:most]]
