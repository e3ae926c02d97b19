"""What the drawn figures share: colours, shapes, marks with intervals, axes, legends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tracer.report import words
from tracer.results import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, darkened where they are too pale on white; each with a shape of its own.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b5558f", "#a87400", "#3a94c9")
SHAPES = ("o", "s", "D", "^", "v", "P")
NEUTRAL, SOFT, HAIR = "#33383e", "#5c6268", "#dcdcd6"


def legend(figure: Figure, styles: dict[str, int], title: str = "") -> None:
    """Encoders above the axes, under the figure's title where there is one."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour(s), marker=shape(s), ms=5, lw=1.4) for s in styles.values()]
    drawn = figure.legend(handles, list(styles), loc="outside upper left", frameon=False, fontsize=8, ncols=3)
    if title:
        drawn.set_title(title, FontProperties(weight="bold", size=10))
        drawn.set_alignment("left")


def margins(figure: Figure, title: str, note: str) -> None:
    """Title and note, flush with the left edge: labels of rows may be long."""
    if title:
        figure.suptitle(title, x=0.015, ha="left", fontweight="bold", fontsize=10)
    figure.supxlabel(note, x=0.015, ha="left", fontsize=8, color=SOFT)


def put_mark(ax: Axes, row: Row, at: float, style: int, hollow: bool, horizontal: bool) -> None:
    """One figure with its interval; `at` is its place on the other axis."""
    ink = colour(style)
    if row.ci_low is not None and row.ci_high is not None:
        bar = ([row.ci_low, row.ci_high], [at, at])
        ax.plot(*(bar if horizontal else bar[::-1]), color=ink, lw=2, alpha=0.6, solid_capstyle="round", zorder=2)
    x, y = (row.value, at) if horizontal else (at, row.value)
    face = "white" if hollow else ink
    ax.plot(
        [x],
        [y],
        marker=shape(style),
        ms=5,
        color=ink,
        mfc=face,
        mew=1.2 if hollow else 0.6,
        mec=ink if hollow else "white",
        ls="",
        zorder=3,
    )


def colour(style: int) -> str:
    """The colour of an encoder's number."""
    return COLOURS[style] if style >= 0 else NEUTRAL


def shape(style: int) -> str:
    """The marker of an encoder's number."""
    return SHAPES[style] if style >= 0 else "o"


def percent_axis(set_limits: Callable[..., Any], set_ticks: Callable[..., Any]) -> None:
    """Give an axis the range of rates, 0 to 100 %."""
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    set_limits(-0.02, 1.02)
    set_ticks(ticks, [words.percent(t).replace(words.THIN, " ") for t in ticks])


def ns(rows: Sequence[Row]) -> str:
    """How many photos or searches stand behind the rows."""
    found = sorted({r.n for r in rows})
    return f"n = {found[0]:,}" if len(found) == 1 else f"n = {found[0]:,} to {found[-1]:,}"
