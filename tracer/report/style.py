"""Colours, shapes, axes and legends of all drawn figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tracer.results import words
from tracer.results.figures import LegendEntry, Mark, Tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, darkened where they are too pale on white; each with a shape of its own.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b5558f", "#a87400", "#3a94c9")
SHAPES = ("o", "s", "D", "^", "v", "P")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
"""Bars differ by hatching as well as by colour."""
NEUTRAL, SOFT, HAIR = "#33383e", "#5c6268", "#dcdcd6"
INTERVALS = "95 % intervals; dashed: guessing, or no difference"


def legend(figure: Figure, entries: Sequence[LegendEntry], title: str = "") -> None:
    """Put the legend above the axes, under the figure's title where there is one."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=colour(e.style), marker=shape(e.style), ms=5, lw=1.4, mfc="white" if e.hollow else colour(e.style)
        )
        for e in entries
    ]  # fmt: skip
    drawn = figure.legend(
        handles, [e.label for e in entries], loc="outside upper left", frameon=False, fontsize=8, ncols=3
    )
    if title:
        drawn.set_title(title, FontProperties(weight="bold", size=10))
        drawn.set_alignment("left")


def bar_legend(figure: Figure, entries: Sequence[LegendEntry]) -> None:
    """Put the legend of bars above the axes."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colour(e.style), alpha=0.75, hatch=HATCHES[e.style % len(HATCHES)], edgecolor="white")
        for e in entries
    ]
    figure.legend(handles, [e.label for e in entries], loc="outside upper left", frameon=False, fontsize=8, ncols=3)


def margins(figure: Figure, title: str, note: str) -> None:
    """Put title and note flush with the left edge, since the labels of lines may be long."""
    if title:
        figure.suptitle(title, x=0.015, ha="left", fontweight="bold", fontsize=10)
    figure.supxlabel(note, x=0.015, ha="left", fontsize=8, color=SOFT)


def put_mark(ax: Axes, mark: Mark, at: float, horizontal: bool) -> None:
    """Draw a mark with its interval; `at` is its place on the other axis."""
    ink = colour(mark.style)
    if mark.low is not None and mark.high is not None:
        bar = ([mark.low, mark.high], [at, at])
        ax.plot(*(bar if horizontal else bar[::-1]), color=ink, lw=2, alpha=0.6, solid_capstyle="round", zorder=2)
    x, y = (mark.at, at) if horizontal else (at, mark.at)
    ax.plot(
        [x],
        [y],
        marker=shape(mark.style),
        ms=5,
        color=ink,
        mfc="white" if mark.hollow else ink,
        mew=1.2 if mark.hollow else 0.6,
        mec=ink if mark.hollow else "white",
        ls="",
        zorder=3,
    )


def colour(style: int) -> str:
    """Return the colour of an encoder's number."""
    return COLOURS[style] if style >= 0 else NEUTRAL


def shape(style: int) -> str:
    """Return the marker of an encoder's number."""
    return SHAPES[style] if style >= 0 else "o"


def ticks(set_ticks: Callable[..., Any], shown: Sequence[Tick]) -> None:
    """Label an axis as the model does."""
    set_ticks([tick.at for tick in shown], [plain_text(tick.label) for tick in shown])


def plain_text(text: str) -> str:
    """Return text of the page with plain spaces: the font lacks the narrow one before a percent sign."""
    return text.replace(words.THIN, " ")
