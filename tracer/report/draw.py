"""Draws the models of figures with matplotlib: dots, curves and bars here, other kinds in modules of their own.

Matplotlib's objects are used, not pyplot: no window, no global state, no effect on a program that calls this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from tracer.report.draw_areas import draw_areas
from tracer.report.draw_lattice import draw_lattice
from tracer.report.draw_map import draw_map
from tracer.report.style import (
    HAIR,
    HATCHES,
    INTERVALS,
    NEUTRAL,
    bar_legend,
    colour,
    legend,
    margins,
    plain_text,
    put_mark,
    ticks,
)
from tracer.results.figures import (
    AreaPanel,
    CurvePanel,
    DotPlot,
    Figure,
    Kind,
    Lattice,
    LegendEntry,
    MapPanel,
    Mark,
    Panel,
    Tick,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

WIDTH = 6.4
"""Inches: a column and a half of a paper, half a slide."""
_SHIFT = 1.6
"""Between the series of a curve panel, in percent of its width, so that intervals do not cover each other."""
_ALL_BARS = 0.8
"""Share of a step that its bars fill."""
_MOST_COLUMNS = 4
_P = TypeVar("_P", bound=Panel)


def draw(figure: Figure) -> Drawn:
    """Return a figure drawn for a file."""
    if figure.kind is Kind.DOTS:
        return _draw_dots(figure, _of_kind(figure, DotPlot))
    if figure.kind in (Kind.CURVES, Kind.BARS):
        return _draw_curves(figure, _of_kind(figure, CurvePanel))
    if figure.kind is Kind.MAP:
        return draw_map(figure, _of_kind(figure, MapPanel))
    if figure.kind is Kind.LATTICE:
        return draw_lattice(figure, _of_kind(figure, Lattice)[0])
    return draw_areas(figure, _of_kind(figure, AreaPanel))


def _of_kind(figure: Figure, kind: type[_P]) -> list[_P]:
    return [panel for panel in figure.panels if isinstance(panel, kind)]


# --- dots


def _draw_dots(figure: Figure, panels: Sequence[DotPlot]) -> Drawn:
    from matplotlib.figure import Figure as New

    heights = [0.6 + sum(0.16 + 0.1 * len(line.marks) for line in panel.lines) for panel in panels]
    entries = [LegendEntry(name, style) for name, style in (figure.legend or {}).items() if style >= 0]
    entries += panels[0].legend
    drawn = New(figsize=(WIDTH, 0.6 + sum(heights)), layout="constrained")
    axes = drawn.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for ax, panel in zip(axes.flat, panels, strict=True):
        _put_lines(ax, panel)
        if len(panels) > 1:
            ax.set_title(plain_text(f"{panel.title}, {panel.note}"), loc="left", fontsize=9)
    axis = figure.axis if len(panels) > 1 else f"{figure.axis}; {panels[0].note}"
    if entries:
        legend(drawn, entries, figure.title)
    margins(drawn, "" if entries else figure.title, plain_text(f"{axis}\nBars: {INTERVALS}"))
    return drawn


def _put_lines(ax: Axes, panel: DotPlot) -> None:
    for y, line in enumerate(panel.lines):
        if line.chance is not None:
            ax.plot([line.chance] * 2, [y - 0.5, y + 0.5], color=NEUTRAL, lw=1, ls=(0, (2, 2)), zorder=1)
        for position, mark in enumerate(line.marks):
            offset = (position - (len(line.marks) - 1) / 2) * 0.6 / len(line.marks)
            put_mark(ax, mark, y + offset, horizontal=True)
    ax.set_yticks(range(len(panel.lines)), [line.label for line in panel.lines])
    ax.set_ylim(len(panel.lines) - 0.4, -0.6)
    ax.set_xlim(-2, 102)
    ticks(ax.set_xticks, panel.scale.ticks)
    _finish(ax, "x")


# --- curves and bars


def _draw_curves(figure: Figure, panels: Sequence[CurvePanel]) -> Drawn:
    from matplotlib.figure import Figure as New

    columns = min(len(panels), _MOST_COLUMNS)
    rows = -(-len(panels) // columns)
    wide = 3.0 if max(len(panel.x_ticks) for panel in panels) > 3 else 2.4
    drawn = New(figsize=(wide * columns + 0.4, 2.6 * rows + 0.6), layout="constrained")
    axes = list(drawn.subplots(rows, columns, squeeze=False, sharey=True).flat)
    styles = figure.legend or {}
    for ax, panel in zip(axes, panels, strict=False):
        if figure.kind is Kind.BARS:
            _put_bars(ax, panel, list(styles))
        else:
            _put_curves(ax, panel)
        _frame(ax, panel)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    bars = "Bars with" if figure.kind is Kind.BARS else "Bars:"
    margins(drawn, figure.title, f"{figure.axis}\n{bars} {INTERVALS}")
    entries = [LegendEntry(name, style) for name, style in styles.items() if style >= 0 and _has(panels, name)]
    if entries:
        (bar_legend if figure.kind is Kind.BARS else legend)(drawn, entries)
    return drawn


def _has(panels: Sequence[CurvePanel], encoder: str) -> bool:
    return any(series.label == encoder for panel in panels for series in panel.series)


def _put_curves(ax: Axes, panel: CurvePanel) -> None:
    for number, series in enumerate(panel.series):
        few = series.style >= 0
        shift = (number - (len(panel.series) - 1) / 2) * _SHIFT if few else 0.0
        xs = [x + shift for x in series.xs]
        ax.plot(xs, [mark.at for mark in series.marks], color=colour(series.style), lw=1.4, alpha=1 if few else 0.3)
        for x, mark in zip(xs, series.marks, strict=True):
            put_mark(ax, mark, x, horizontal=False)


def _put_bars(ax: Axes, panel: CurvePanel, encoders: Sequence[str]) -> None:
    width = _ALL_BARS * _step(panel.x_ticks) / len(encoders)
    for series in panel.series:
        shift = (encoders.index(series.label) - (len(encoders) - 1) / 2) * width
        for x, mark in zip(series.xs, series.marks, strict=True):
            _put_bar(ax, mark, x + shift, width)


def _put_bar(ax: Axes, mark: Mark, x: float, width: float) -> None:
    hatch = HATCHES[mark.style % len(HATCHES)] if mark.style >= 0 else ""
    ax.bar(
        x, mark.at - 100, width * 0.92, bottom=100, color=colour(mark.style), alpha=0.75, hatch=hatch, edgecolor="white",
        linewidth=0.4,
    )  # fmt: skip
    if mark.low is not None and mark.high is not None:
        ax.plot([x, x], [mark.low, mark.high], color=NEUTRAL, lw=1.1, solid_capstyle="butt")


def _frame(ax: Axes, panel: CurvePanel) -> None:
    """Axes, title and the line of guessing of a panel, whose places are in percent from the top."""
    if panel.chance is not None:
        ax.axhline(panel.chance, color=NEUTRAL, lw=1, ls=(0, (2, 2)), zorder=1)
    half = _step(panel.x_ticks) / 2
    ax.set_xlim(panel.x_ticks[0].at - half, panel.x_ticks[-1].at + half)
    ax.set_ylim(102, -2)
    ticks(ax.set_xticks, panel.x_ticks)
    if len(panel.x_ticks) > 3:
        ax.tick_params(axis="x", labelsize=7.5, labelrotation=20)
    ticks(ax.set_yticks, panel.y_ticks)
    _finish(ax, "y")
    control = " (control)" if panel.control else ""
    ax.set_title(plain_text(f"{panel.title}{control}\n{panel.note}"), loc="left", fontsize=9)


def _step(x_ticks: Sequence[Tick]) -> float:
    """The distance of two steps, in percent."""
    return x_ticks[1].at - x_ticks[0].at if len(x_ticks) > 1 else 65.0


def _finish(ax: Axes, grid: str) -> None:
    ax.tick_params(length=0)
    ax.grid(axis="x" if grid == "x" else "y", color=HAIR, lw=0.6)
    ax.set_axisbelow(True)
