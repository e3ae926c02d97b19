"""The paper's own kinds of figure, redrawn from a run's results.

Bars of probe accuracy, lines over the neighbours' settings, and the retrieval sheet as a picture. Bars differ by hatching as
well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tracer.report import words
from tracer.report.figures import KNN_SETTINGS
from tracer.report.sheets import Picture, Sheet, rows_of, widest
from tracer.report.style import HAIR, NEUTRAL, SOFT, colour, legend, margins, ns, percent_axis, put_mark
from tracer.results import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PIXELS = 1_000_000
"""Of a small picture in a run; one that claims more was not written here, and its place stays empty."""
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
MOST_PANELS = 12


def bars(probes: Sequence[Row], styles: dict[str, int]) -> Callable[[], Figure] | None:
    """A panel a label, a bar an encoder, a group of bars a mask; None without probes."""
    rows = [r for r in probes if r.processing == "IDENTITY" or r.setting == "processing"]
    if not rows:
        return None
    return lambda: _bars(rows, styles)


def lines(knn: Sequence[Row], styles: dict[str, int]) -> Callable[[], Figure] | None:
    """A panel a label, a line an encoder over the five settings; None without neighbours."""
    rows = [r for r in knn if r.setting in KNN_SETTINGS and r.metric == "accuracy"]
    return (lambda: _lines(rows, styles)) if rows else None


def sheet(shown: Sheet) -> Callable[[], Figure]:
    """A retrieval sheet: a line for each strip, the query at its head."""
    return lambda: _sheet(shown)


def _panels(count: int, side: float, tall: float) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    columns = min(count, 4)
    rows = -(-count // columns)
    figure = Figure(figsize=(side * columns + 0.4, tall * rows + 0.6), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, axes[:count]


def _attributes(rows: Sequence[Row]) -> list[str]:
    ordered = sorted((r.attribute for r in rows), key=lambda a: a in words.SEMANTIC)
    return list(dict.fromkeys(ordered))[:MOST_PANELS]


def _bars(rows: Sequence[Row], styles: dict[str, int]) -> Figure:
    attributes = _attributes(rows)
    figure, axes = _panels(len(attributes), 2.5, 2.5)
    encoders = list(dict.fromkeys(r.encoder for r in rows))
    width = 0.8 / len(encoders)
    for ax, attribute in zip(axes, attributes, strict=True):
        chosen = [r for r in rows if r.attribute == attribute]
        masks = sorted({r.mask_ratio for r in chosen})
        for r in chosen:
            style = styles.get(r.encoder, -1)
            at = masks.index(r.mask_ratio) + (encoders.index(r.encoder) - (len(encoders) - 1) / 2) * width
            hatch = _HATCHES[style % len(_HATCHES)] if style >= 0 else ""
            ax.bar(
                at,
                r.value,
                width * 0.92,
                color=colour(style),
                alpha=0.75,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.4,
            )
            if r.ci_low is not None and r.ci_high is not None:
                ax.plot([at, at], [r.ci_low, r.ci_high], color=NEUTRAL, lw=1.1, solid_capstyle="butt")
        known = [r.chance for r in chosen if r.chance is not None]
        if known:
            ax.axhline(sum(known) / len(known), color=NEUTRAL, lw=1, ls=(0, (2, 2)))
        ax.set_xticks(range(len(masks)), [words.hidden(m).replace(words.THIN, " ") for m in masks])
        ax.set_xlim(-0.5, len(masks) - 0.5)
        _finish(ax, attribute, chosen)
    margins(figure, "", "Share of the picture hidden\nBars: probe accuracy with 95 % intervals; dashed: guessing")
    _bar_legend(figure, encoders, styles)
    return figure


def _bar_legend(figure: Figure, encoders: Sequence[str], styles: dict[str, int]) -> None:
    from matplotlib.patches import Patch

    if any(styles.get(name, -1) < 0 for name in encoders):
        return  # too many to tell apart; the tables have each by name
    handles = [
        Patch(
            facecolor=colour(styles[name]), alpha=0.75, hatch=_HATCHES[styles[name] % len(_HATCHES)], edgecolor="white"
        )
        for name in encoders
    ]
    figure.legend(handles, encoders, loc="outside upper left", frameon=False, fontsize=8, ncols=3)


def _lines(rows: Sequence[Row], styles: dict[str, int]) -> Figure:
    attributes = _attributes(rows)
    figure, axes = _panels(len(attributes), 3.0, 2.6)
    for ax, attribute in zip(axes, attributes, strict=True):
        chosen = [r for r in rows if r.attribute == attribute]
        encoders = list(dict.fromkeys(r.encoder for r in chosen))
        for number, encoder in enumerate(encoders):
            style = styles.get(encoder, -1)
            shift = (number - (len(encoders) - 1) / 2) * 0.07 if style >= 0 else 0.0
            points = sorted((r for r in chosen if r.encoder == encoder), key=lambda r: KNN_SETTINGS.index(r.setting))
            xs = [KNN_SETTINGS.index(r.setting) + shift for r in points]
            ax.plot(xs, [r.value for r in points], color=colour(style), lw=1.4, alpha=1 if style >= 0 else 0.3)
            for x, r in zip(xs, points, strict=True):
                put_mark(ax, r, x, style, hollow=False, horizontal=False)
        ax.set_xticks(range(len(KNN_SETTINGS)), KNN_SETTINGS, fontsize=7.5, rotation=20)
        ax.set_xlim(-0.4, len(KNN_SETTINGS) - 0.6)
        _finish(ax, attribute, chosen)
    margins(figure, "", "Which neighbours share the photo's trace\nBars: 95 % intervals of the vote's accuracy")
    if max(styles.values(), default=-1) >= 0:
        used = {r.encoder for r in rows}
        legend(figure, {name: style for name, style in styles.items() if name in used})
    return figure


def _finish(ax: Axes, attribute: str, rows: Sequence[Row]) -> None:
    percent_axis(ax.set_ylim, ax.set_yticks)
    ax.tick_params(length=0)
    ax.grid(axis="y", color=HAIR, lw=0.6)
    ax.set_axisbelow(True)
    control = " (control)" if attribute in words.SEMANTIC else ""
    ax.set_title(f"{words.title(attribute)}{control}\n{ns(rows)}", loc="left", fontsize=9)


def _sheet(shown: Sheet) -> Figure:
    from matplotlib.figure import Figure

    listed = rows_of(shown)
    columns, cell = widest(shown) + 1, 1.12
    figure = Figure(figsize=(cell * columns + 0.5, 1.55 * len(listed) + 0.8), layout="constrained")
    axes = figure.subplots(len(listed), columns, squeeze=False)
    before = None
    for line, (query, title, items) in zip(axes, listed, strict=True):
        for ax in line:
            ax.axis("off")
        if query is not before:
            _picture(line[0], query.picture, f"query: {query.kind}\n{_short(query.picture.camera)}")
        before = query
        for ax, item in zip(line[1:], items, strict=False):
            said = f"{'… ' if item.later else ''}{item.rank}{' ✓ ' + item.mark if item.mark else ''}\n{_short(item.camera)}"
            _picture(ax, item, said)
        line[1].set_title(title, loc="left", fontsize=7, color=SOFT, pad=4)
    note = "\n".join(_wrapped(f"{shown.encoder}. {shown.note} ✓ and a double frame: right.", int(columns * 17)))
    margins(figure, f"{shown.title}: queries and their neighbours, nearest first", note)
    return figure


def _picture(ax: Axes, shown: Picture, said: str) -> None:
    from PIL import Image

    ax.axis("on")
    ax.set_xticks([])
    ax.set_yticks([])
    if shown.path is not None:
        with Image.open(shown.path, formats=["JPEG"]) as opened:
            if opened.width * opened.height <= _MOST_PIXELS:
                ax.imshow(_array(opened))
    else:
        ax.set_facecolor(HAIR)
        ax.set_box_aspect(1)
    for spine in ax.spines.values():
        spine.set_visible(bool(shown.mark) or not shown.rank)
        spine.set_edgecolor(NEUTRAL)
        spine.set_linewidth(2.4 if shown.mark else 0.8)
    if shown.mark:  # the second frame
        ax.add_patch(_frame())
    ax.set_xlabel(said, fontsize=6, color=NEUTRAL, loc="left", labelpad=2)


def _frame() -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((3.5, 3.5), 124, 124, fill=False, edgecolor="white", linewidth=1.2)


def _array(image: Any) -> Any:
    import numpy as np

    return np.asarray(image.convert("RGB"))


def _short(text: str, most: int = 22) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(40, math.floor(width)))
