"""Draws distributions with matplotlib: photos that share a label, and photos that do not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracer.report.style import COLOURS, NEUTRAL, margins, plain_text, ticks
from tracer.results.figures import Area, AreaPanel, Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

_COLUMNS = 4
_STEP = re.compile(r"V([\d.]+)H([\d.]+)")


def draw_areas(figure: Figure, panels: Sequence[AreaPanel]) -> Drawn:
    """Return the panels, up to four beside each other; in a panel one axis for each kind of content."""
    from matplotlib.figure import Figure as New
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    columns, kinds = min(len(panels), _COLUMNS), max(1, *(len(panel.areas) for panel in panels))
    rows = -(-len(panels) // columns)
    drawn = New(figsize=(2.5 * columns + 0.3, (1.05 * kinds + 0.6) * rows + 0.9), layout="constrained")
    axes = drawn.subplots(rows * kinds, columns, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        for at, area in enumerate(panel.areas):
            ax = axes[row * kinds + at][column]
            _put_area(ax, area)
            ticks(ax.set_xticks, panel.ticks if at == len(panel.areas) - 1 else ())
            above = [panel.title, *textwrap.wrap(panel.encoder, 32)] if at == 0 else []
            ax.set_title(plain_text("\n".join([*above, area.content])), loc="left", fontsize=8)
    handles = [Patch(facecolor=COLOURS[0], alpha=0.42), Line2D([], [], color=NEUTRAL, lw=1.3)]
    drawn.legend(handles, ["same label", "other label"], loc="outside upper left", frameon=False, fontsize=8, ncols=2)
    margins(drawn, "", f"{figure.axis}\nShort lines: means")
    return drawn


def _put_area(ax: Axes, area: Area) -> None:
    ax.axis("on")
    if points := _outline(area.same):
        ax.fill(*zip(*points, strict=True), color=COLOURS[0], alpha=0.42, lw=0)
    if points := _outline(area.other):
        ax.plot(*zip(*points, strict=True), color=NEUTRAL, lw=1.3)
    for mean, ink, width in zip(area.means, (COLOURS[0], NEUTRAL), (2.4, 1.3), strict=True):
        if mean is not None:
            ax.plot([mean, mean], [101, 109], color=ink, lw=width)
    ax.set_xlim(0, 100)
    ax.set_ylim(110, -3)
    ax.set_yticks([])
    ax.tick_params(length=0, labelsize=7.5)


def _outline(path: str) -> list[tuple[float, float]]:
    """The corners of an outline, whose SVG path goes up or down and then to the right, step by step; none without photos."""
    if not path:
        return []
    points = [(0.0, 100.0)]
    for up, right in _STEP.findall(path):
        points += [(points[-1][0], float(up)), (float(right), float(up))]
    return [*points, (points[-1][0], 100.0)]
