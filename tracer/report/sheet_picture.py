"""A retrieval sheet as a picture: queries and their neighbours, nearest first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tracer.report.sheets import Picture, Sheet, rows_of, widest
from tracer.report.style import HAIR, NEUTRAL, SOFT, margins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def sheet_picture(shown: Sheet) -> Figure:
    """Return the sheet drawn: a line for each strip, the query at its head."""
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
