"""Draws maps of photos with matplotlib."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracer.report.style import HAIR, SOFT, colour, margins, plain_text
from tracer.results.figures import Figure, MapPanel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

_COLUMNS = 4
_SIDE = 2.15
"""Inches of a panel."""
_SHORT = 15
"""Letters of a name of which two stand side by side."""
_ENTRY = 0.17
"""Inches of a line of the legend."""
_EDGE = 25
"""Room around the points, in thousandths of a side."""


def draw_map(figure: Figure, panels: Sequence[MapPanel]) -> Drawn:
    """Return the panels side by side, each with its own legend below."""
    from matplotlib.figure import Figure as New

    columns = min(len(panels), _COLUMNS)
    lines = -(-len(panels) // columns)
    tall = max(panel.height for panel in panels) / 1000
    named = max(-(-len(panel.legend) // _beside(panel)) for panel in panels)
    drawn = New(
        figsize=(_SIDE * columns + 0.3, (_SIDE * tall + 0.35 + _ENTRY * named) * lines + 0.75), layout="constrained"
    )
    axes = list(drawn.subplots(lines, columns, squeeze=False).flat)
    for ax, panel in zip(axes, panels, strict=False):
        _put_points(ax, panel)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    margins(drawn, figure.title, "\n".join(textwrap.wrap(plain_text(figure.axis), 36 * columns)))
    return drawn


def _put_points(ax: Axes, panel: MapPanel) -> None:
    from matplotlib.lines import Line2D

    for cloud in panel.clouds:
        x, y = zip(*cloud.points, strict=True)
        ax.plot(x, y, ls="", marker=_shape(cloud.style), ms=panel.size * 0.72, mew=0, color=_ink(cloud.style),
                alpha=0.8 if cloud.style >= 0 else 0.3)  # fmt: skip
    ax.set_xlim(-_EDGE, 1000 + _EDGE)
    ax.set_ylim(panel.height + _EDGE, -_EDGE)
    ax.set_box_aspect((panel.height + 2 * _EDGE) / (1000 + 2 * _EDGE))
    ax.set_anchor("N")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_edgecolor(HAIR)
    note = "\n".join(textwrap.wrap(plain_text(panel.note), 2 * _SHORT))
    ax.set_title(f"{panel.title}\n{note}", loc="left", fontsize=8.5)
    if not panel.legend:
        return
    handles = [Line2D([], [], ls="", marker=_shape(e.style), ms=5, mew=0, color=_ink(e.style)) for e in panel.legend]
    labels = [textwrap.shorten(entry.label, 2 * _SHORT + 2, placeholder="…") for entry in panel.legend]
    ax.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=_beside(panel), frameon=False, fontsize=7.5,
        borderpad=0, handlelength=1.0,
        handletextpad=0.2, columnspacing=1.0, labelspacing=0.25,
    )  # fmt: skip


def _beside(panel: MapPanel) -> int:
    """Names of the legend that stand beside each other."""
    return 2 if all(len(entry.label) <= _SHORT for entry in panel.legend) else 1


def _ink(style: int) -> str:
    return colour(style) if style >= 0 else SOFT


def _shape(style: int) -> str:
    """Every second colour has square points, as on the page."""
    return "s" if style >= 0 and style % 2 else "o"
