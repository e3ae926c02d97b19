"""Geometry of the page's figures: where marks, intervals and chance lines lie, as shares of a panel's sides.

Positions are percentages, since SVG takes them as coordinates: a figure then fits any screen without scaling its text,
and the page needs no program to draw it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from tracer.report import words
from tracer.report.answers import setting_parts
from tracer.results import Metric, Row

STYLES = 6
"""Encoders that get a colour and a shape of their own; with more, marks are alike and only rows and tips name them."""
SIGNED = cast("Metric", "signed")
"""Never in results: the page tells SPD and the difference that it is the size of apart."""
DIFFERENCES = frozenset({"spd_p", "spd_a", SIGNED})
"""Metrics that are differences of two rates: no effect is zero, not chance."""


COEFFICIENTS = frozenset({"cramers_v"})
"""Metrics from 0 (no effect) to 1 that are no rates; they are written as they are."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, in percent of its length."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from `low` to `high` (fractions)."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Return where a value lies, in percent, clipped to the axis."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 3)


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure: its place, its interval, its look.

    Attributes:
        at, low, high: in percent of the axis; low and high None where there is no interval.
        style: number of colour and shape, -1 for the neutral one.
        tip: the figure in words, for a pointer and for a screen reader.
    """

    at: float
    low: float | None
    high: float | None
    style: int
    hollow: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a dot plot: marks on one axis, with the level of guessing (or of no difference)."""

    label: str
    marks: tuple[Mark, ...]
    chance: float | None
    value: str


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Rows of marks over one axis."""

    title: str
    note: str
    scale: Scale
    lines: tuple[Line, ...]
    legend: tuple[tuple[str, int, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One encoder's points in a curve panel, from left to right; `ys` in percent from the top."""

    label: str
    style: int
    xs: tuple[float, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Accuracy over the hidden share, one line an encoder.

    Attributes:
        marks' places and intervals are in percent from the TOP here, as SVG counts.
        control: the label is what the picture shows.
    """

    title: str
    note: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    series: tuple[Series, ...]
    chance: float | None
    control: bool


def style_of(encoders: Sequence[str]) -> dict[str, int]:
    """Give each encoder the number of a colour and shape; -1 for all where there are too many to tell apart."""
    return {name: i if len(encoders) <= STYLES else -1 for i, name in enumerate(encoders)}


def rates() -> Scale:
    """The axis of every rate: 0 to 100 %, never cut, so that sizes can be compared between figures."""
    return Scale(0.0, 1.0, tuple(Tick(100 * v, words.percent(v)) for v in (0.0, 0.25, 0.5, 0.75, 1.0)))


def scale_for(rows: Iterable[Row]) -> Scale:
    """Return the axis for some rows: 0 to 100 %, or for differences a round range that holds them and zero."""
    listed = list(rows)
    if listed and all(r.metric in COEFFICIENTS for r in listed):
        return Scale(0.0, 1.0, tuple(Tick(25.0 * i, f"{i / 4:g}") for i in range(5)))
    ends = [v for r in listed for v in (r.value, r.ci_low, r.ci_high) if v is not None] or [0.0]
    if min(ends) >= 0 and not all(r.metric in DIFFERENCES for r in listed):
        return rates()
    reach = _round_up(max(abs(v) for v in ends))
    low = -reach if min(ends) < 0 or any(r.metric == SIGNED for r in listed) else 0.0
    values = [low + i * (reach - low) / 4 for i in range(5)]
    decimals = 0 if all(abs(100 * v - round(100 * v)) < 1e-9 for v in values) else 1
    return Scale(
        low, reach, tuple(Tick(25.0 * i, words.number(v, decimals, signed=low < 0)) for i, v in enumerate(values))
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 × 10^k: each of them parts into four round steps."""
    if value <= 0:
        return 0.04
    base = 10.0 ** math.floor(math.log10(value))
    return next(step * base for step in (1, 2, 4, 6, 8, 10) if step * base >= value * (1 - 1e-9))


def describe(row: Row) -> str:
    """Return one figure in words, with what is needed to judge it."""
    signed = row.metric in DIFFERENCES and (row.value < 0 or (row.ci_low or 0) < 0)
    unit = {True: " points"}.get(row.metric in DIFFERENCES, "" if row.metric in COEFFICIENTS else words.THIN + "%")
    parts = [value_text(row, signed) + unit, interval_text(row, signed)]
    if row.metric not in DIFFERENCES | COEFFICIENTS:
        parts.append("guessing " + words.percent(row.chance, 1) if row.chance is not None else "guessing unknown")
    parts.append(f"n = {row.n:,}")
    return ", ".join(parts)


def value_text(row: Row, signed: bool = False) -> str:
    """Return a figure's value as its table writes it, without a unit."""
    return words.plain(row.value) if row.metric in COEFFICIENTS else words.number(row.value, signed=signed)


def interval_text(row: Row, signed: bool = False) -> str:
    """Return a figure's interval as its table writes it."""
    if row.metric in COEFFICIENTS and row.ci_low is not None and row.ci_high is not None:
        return f"[{words.plain(row.ci_low)}–{words.plain(row.ci_high)}]"
    return words.interval(row.ci_low, row.ci_high, signed=signed)


def mark(row: Row, scale: Scale, style: int = -1, hollow: bool = False, who: str = "") -> Mark:
    """Place one row on an axis."""
    both = row.ci_low is not None and row.ci_high is not None
    return Mark(
        at=scale.at(row.value),
        low=scale.at(row.ci_low) if both and row.ci_low is not None else None,
        high=scale.at(row.ci_high) if both and row.ci_high is not None else None,
        style=style,
        hollow=hollow,
        tip=f"{who}: {describe(row)}" if who else describe(row),
    )


def level(row: Row, scale: Scale) -> float | None:
    """Return the place of the dashed line: guessing, or zero for a difference."""
    if row.metric in DIFFERENCES | COEFFICIENTS:
        return scale.at(0.0)
    return None if row.chance is None else scale.at(row.chance)


def line(row: Row, scale: Scale, style: int = -1, label: str = "") -> Line:
    """Return a dot-plot row with a single mark."""
    signed = scale.low < 0
    value = f"{value_text(row, signed)} {interval_text(row, signed)}"
    return Line(label, (mark(row, scale, style, who=label),), level(row, scale), value)


def curve_panels(rows: Sequence[Row], styles: dict[str, int]) -> list[CurvePanel]:
    """Return one panel a predicted label, what the picture shows last: accuracy against the share that is hidden.

    Only labels measured under at least two masks have a curve.
    """
    chosen = [r for r in rows if r.experiment == "probe" and r.metric == "accuracy" and r.setting != "processing"]
    chosen = [r for r in chosen if r.processing == "IDENTITY"]
    masks = sorted({r.mask_ratio for r in chosen})
    if len(masks) < 2:
        return []
    attributes = dict.fromkeys(sorted((r.attribute for r in chosen), key=lambda a: a in words.SEMANTIC))
    panels = []
    for attribute in attributes:
        of_attribute = [r for r in chosen if r.attribute == attribute]
        if len({r.mask_ratio for r in of_attribute}) < 2:
            continue
        panels.append(_curve_panel(attribute, of_attribute, masks, styles))
    return panels


def _curve_panel(attribute: str, rows: Sequence[Row], masks: Sequence[float], styles: dict[str, int]) -> CurvePanel:
    scale = rates()
    places = mask_places(masks)
    series = []
    for encoder in dict.fromkeys(r.encoder for r in rows):
        points = sorted((r for r in rows if r.encoder == encoder), key=lambda r: r.mask_ratio)
        marks = []
        for row in points:
            on_axis = mark(row, scale, styles.get(encoder, -1), who=f"{encoder}, {words.hidden(row.mask_ratio)} hidden")
            marks.append(_from_top(on_axis))
        series.append(
            Series(encoder, styles.get(encoder, -1), tuple(places[r.mask_ratio] for r in points), tuple(marks))
        )
    known = [r.chance for r in rows if r.chance is not None]
    spread = sorted({r.n for r in rows})
    n = f"n = {spread[0]:,}" if len(spread) == 1 else f"n = {spread[0]:,} to {spread[-1]:,}"
    guess = f"guessing {words.percent(sum(known) / len(known), 1)}, " if known else ""
    return CurvePanel(
        title=words.title(attribute),
        note=guess + n,
        x_ticks=tuple(Tick(places[m], words.percent(m) if m else "0") for m in masks),
        y_ticks=tuple(Tick(100 - t.at, t.label) for t in scale.ticks),
        series=tuple(series),
        chance=100 - scale.at(sum(known) / len(known)) if known else None,
        control=attribute in words.SEMANTIC,
    )


def _from_top(m: Mark) -> Mark:
    flip = [None if v is None else round(100 - v, 3) for v in (m.at, m.low, m.high)]
    return Mark(flip[0] or 0.0, flip[1], flip[2], m.style, m.hollow, m.tip)


def mask_places(masks: Sequence[float]) -> dict[float, float]:
    """Return where each mask lies on the axis, in percent, with room on the left for the other axis.

    Evenly spaced: on a true scale 0.90 and 0.95, which matter most, would fall together.
    """
    left, right = 25.0, 10.0
    step = (100 - left - right) / max(len(masks) - 1, 1)
    return {m: round(left + i * step, 3) for i, m in enumerate(sorted(masks))}


KNN_SETTINGS = ("baseline", "all-diff", "pos-same", "neg-same", "uniform")
"""In the order in which they are drawn; the plain vote, without a setting, stands below them."""
PLAIN = "plain vote (SP)"


def knn_plots(rows: Sequence[Row], styles: dict[str, int]) -> list[DotPlot]:
    """Return one dot plot a label or group of processings: a line for each setting, a mark for each encoder."""
    found = [r for r in rows if r.experiment == "knn" and r.metric in ("sp", "accuracy")]
    plots = []
    for attribute, processing in dict.fromkeys((r.attribute, r.processing) for r in found):
        chosen = [r for r in found if (r.attribute, r.processing) == (attribute, processing)]
        lines = []
        for setting in (*KNN_SETTINGS, ""):
            marked = [r for r in chosen if r.setting == setting]
            marks = tuple(mark(r, rates(), styles.get(r.encoder, -1), who=r.encoder) for r in marked)
            if marks:
                lines.append(Line(setting or PLAIN, marks, level(marked[0], rates()), ""))
        names = "" if processing == "IDENTITY" else processing.replace(",", ", ") + "; "
        title = words.title(attribute) if attribute else "All"
        plots.append(DotPlot(title, names + _shared_note(chosen), rates(), tuple(lines)))
    return [plot for plot in plots if plot.lines]


def retrieval_plots(rows: Sequence[Row], styles: dict[str, int]) -> list[DotPlot]:
    """Return one dot plot a query class: how often the partner comes first, among either kind of other photos."""
    found = [r for r in rows if r.experiment == "retrieval" and r.metric == "recall@1"]
    plots = []
    for query in dict.fromkeys(q for r in found if (q := setting_parts(r.setting).get("query"))):
        scale, lines, used = rates(), [], []
        of_query = [r for r in found if setting_parts(r.setting).get("query") == query]
        for encoder in dict.fromkeys(r.encoder for r in of_query):
            pools = {setting_parts(r.setting).get("negatives"): r for r in of_query if r.encoder == encoder}
            pair = [(pools[p], p == "different") for p in ("same", "different") if p in pools]
            if not pair:
                continue
            used += [row for row, _ in pair]
            marks = tuple(
                mark(row, scale, styles.get(encoder, -1), hollow, "other kind" if hollow else "own kind")
                for row, hollow in pair
            )
            value = " · ".join(f"{words.number(r.value)} {words.interval(r.ci_low, r.ci_high, 0)}" for r, _ in pair)
            lines.append(Line(encoder, marks, level(pair[0][0], scale), value))
        legend = (("among photos of its own kind", -1, False), ("among photos of the other kind", -1, True))
        if lines:
            plots.append(DotPlot(f"Searching with: {query}", _shared_note(used), scale, tuple(lines), legend))
    return plots


def _shared_note(rows: Sequence[Row]) -> str:
    """Chance and n of some rows, each as a span where they differ."""
    known = sorted({round(r.chance, 4) for r in rows if r.chance is not None})
    ns = sorted({r.n for r in rows})
    parts = []
    if known:
        low, high = words.percent(known[0], 1), words.percent(known[-1], 1)
        parts.append(f"guessing {low}" if low == high else f"guessing {low} to {high}")
    parts.append(f"n = {ns[0]:,}" if len(ns) == 1 else f"n = {ns[0]:,} to {ns[-1]:,}")
    return ", ".join(parts)
