"""Writes the figures of a run as PNG and SVG files, for a paper or a talk. The same results give the same bytes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.base.files import replace_with
from tracer.report.by_experiment import measured
from tracer.report.draw import draw
from tracer.report.sheet_picture import sheet_picture
from tracer.report.sheets import sheets
from tracer.report.style import HAIR, NEUTRAL, SOFT
from tracer.results.placing import style_of
from tracer.results.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHEET = "retrieval-sheet"
_STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9,
    "text.parse_math": False,  # a class may be called "$5"
    "svg.hashsalt": "lenstrace",
    "svg.fonttype": "path",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": HAIR,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": SOFT,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.09,
}

_METADATA: dict[str, dict[str, None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
"""File types, each with the fields left out that would differ between two machines or days."""


def write_plots(run: Run, folder: Path) -> list[Path]:
    """Write each figure that the results allow as `<folder>/<name>.png` and `.svg`; return the paths in order."""
    import matplotlib

    drawings = _drawings(run)
    if not drawings:
        return []
    written: list[Path] = []
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A class name in a script that the font lacks is drawn as boxes; the page has it in full.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        for name, make in drawings:
            figure = make()
            pictures = name.startswith(SHEET)  # an SVG would hold all their pixels and be no sharper
            for ending, metadata in _METADATA.items():
                if pictures and ending == "svg":
                    continue
                written.append(folder / f"{name}.{ending}")
                replace_with(written[-1], _saver(figure, ending, metadata, 110 if pictures else 200))
    return written


def _drawings(run: Run) -> list[tuple[str, Callable[[], Figure]]]:
    """The figures that the results allow, as (file name without ending, drawing function)."""
    styles = style_of(run.encoders)
    figures = [
        figure for one in measured(run.rows, run.details) for figure in one.page.figures(one.rows, styles, one.details)
    ]
    drawings: list[tuple[str, Callable[[], Figure]]] = [(f.file, partial(draw, f)) for f in figures if f.file]
    drawings += [(SHEET, partial(sheet_picture, shown)) for shown in sheets(run)]
    return _unique(drawings)


def _unique(drawings: Iterable[tuple[str, Callable[[], Figure]]]) -> list[tuple[str, Callable[[], Figure]]]:
    """Number the names that two labels share once they are slugs."""
    taken: dict[str, int] = {}
    named = []
    for name, make in drawings:
        taken[name] = taken.get(name, 0) + 1
        named.append((name if taken[name] == 1 else f"{name}-{taken[name]}", make))
    return named


def _saver(figure: Figure, ending: str, metadata: dict[str, None], dpi: int) -> Callable[[Path], None]:
    return lambda path: figure.savefig(path, format=ending, dpi=dpi, metadata=metadata)
