"""Draws many encoders in one figure with matplotlib: names on the left, a column for each label."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracer.report.style import HAIR, INTERVALS, NEUTRAL, legend, margins, plain_text, put_mark, ticks
from tracer.results.figures import Figure, Lattice, Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

_COLUMN, _NAMES, _LINE = 1.5, 2.0, 0.17
"""Inches: width of a column and of the names, height of a line."""
_GAP = 1.6
"""Lines that the name of a group takes."""


def draw_lattice(figure: Figure, panel: Lattice) -> Drawn:
    """Return the figure: as high as its lines need, so that names can be read however many there are."""
    from matplotlib.figure import Figure as New

    places, heads, y = [], [], 0.0
    for group in panel.groups:
        heads.append((y, group.name))
        places += [y + _GAP + at for at in range(len(group.rows))]
        y += _GAP + len(group.rows)
    width = _NAMES + _COLUMN * len(panel.columns)
    drawn = New(figsize=(width, _LINE * y + 1.7), layout="constrained")
    axes = list(drawn.subplots(1, len(panel.columns), squeeze=False, sharey=True).flat)
    rows = [row for group in panel.groups for row in group.rows]
    for at, (ax, column) in enumerate(zip(axes, panel.columns, strict=True)):
        _put_column(ax, [(place, row.cells[at]) for place, row in zip(places, rows, strict=True)])
        title = "\n".join([*textwrap.wrap(column.title, 22), *plain_text(column.note).split(", ")])
        ax.set_title(title, loc="left", fontsize=8)
        ticks(ax.set_xticks, panel.scale.ticks[::2])
    axes[0].set_yticks(places, [row.label for row in rows], fontsize=7.5)
    axes[0].set_ylim(y, 0.2)
    for top, name in heads:
        said = axes[0].text(0, top + 0.7, name, transform=axes[0].get_yaxis_transform(), fontsize=8, va="center")
        said.set_fontweight("bold")
        said.set_in_layout(False)  # it may reach over the next column
    if panel.legend:
        legend(drawn, panel.legend, figure.title)
    margins(drawn, "" if panel.legend else figure.title, f"{figure.axis}\nBars: {INTERVALS}")
    return drawn


def _put_column(ax: Axes, lines: Sequence[tuple[float, Line | None]]) -> None:
    for y, line in lines:
        ax.axhline(y, color=HAIR, lw=0.5, zorder=0)
        if line is None:
            continue
        if line.chance is not None:
            ax.plot([line.chance] * 2, [y - 0.5, y + 0.5], color=NEUTRAL, lw=0.9, ls=(0, (2, 2)), zorder=1)
        for number, mark in enumerate(line.marks):
            put_mark(ax, mark, y + (number - (len(line.marks) - 1) / 2) * 0.36, horizontal=True)
    ax.set_xlim(-3, 103)
    ax.patch.set_visible(False)  # the name of a group may begin in the column before
    ax.tick_params(length=0, labelsize=7.5)
