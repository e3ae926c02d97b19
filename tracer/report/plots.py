"""The page's figures as PNG and SVG files, for a paper or a talk. The same results give the same bytes.

Drawn with matplotlib's objects, not with pyplot: no window, no global state, no effect on a program that calls this.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.base.files import replace_with
from tracer.report import paper_figures, words
from tracer.report.answers import setting_parts
from tracer.report.figures import KNN_SETTINGS, PLAIN, STYLES, style_of
from tracer.report.load import Run
from tracer.report.sheets import sheets
from tracer.report.style import HAIR, NEUTRAL, SOFT, colour, legend, margins, ns, percent_axis, put_mark
from tracer.results import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHEET = "retrieval-sheet"
WIDTH = 6.4
"""Inches: a column and a half of a paper, half a slide."""
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
"""File types, each with the fields that would differ between two machines or days left out."""

Lines = Sequence[tuple[str, Sequence[tuple[Row, int, bool]]]]
"""Rows of a dot plot: a label, and (figure, style, hollow) for each mark."""


def write_plots(run: Run, folder: Path) -> list[Path]:
    """Write each figure that the results allow as `<folder>/<name>.png` and `.svg`; return the paths in order."""
    import matplotlib

    drawings = plan(run)
    if not drawings:
        return []
    written: list[Path] = []
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A class name in a script that the font lacks is drawn as boxes; the page has it in full.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        for name, draw in drawings:
            figure = draw()
            pictures = name.startswith(SHEET)  # drawn from pixels: an SVG would hold them all, and be none the sharper
            for ending, metadata in _METADATA.items():
                if pictures and ending == "svg":
                    continue
                written.append(folder / f"{name}.{ending}")
                replace_with(written[-1], _saver(figure, ending, metadata, 110 if pictures else 200))
    return written


def plan(run: Run) -> list[tuple[str, Callable[[], Figure]]]:
    """Return the figures that the results allow, as (file name without ending, drawing function)."""
    rows, styles = run.rows, style_of(run.encoders)
    drawings: list[tuple[str, Callable[[], Figure]]] = []
    probes = [r for r in rows if r.experiment == "probe" and r.metric == "accuracy"]
    for attribute in dict.fromkeys(r.attribute for r in probes):
        lines = _probe_lines([r for r in probes if r.attribute == attribute], styles)
        drawings.append((f"probe-{slug(attribute)}", _drawer(words.title(attribute), "Probe accuracy", lines)))
    if curves := _curves(probes):
        drawings.append(("masking", lambda: _draw_curves(curves, styles)))
    knn = [r for r in rows if r.experiment == "knn" and r.metric in ("sp", "accuracy")]
    for attribute in dict.fromkeys(r.attribute for r in knn):
        lines = _knn_lines([r for r in knn if r.attribute == attribute], styles)
        title = f"Neighbours, by {words.title(attribute)}" if attribute else "Neighbours"
        drawings.append((f"knn-{slug(attribute)}", _drawer(title, "Accuracy of the vote", lines)))
    if pairs := _pair_lines([r for r in rows if r.experiment == "retrieval" and r.metric == "recall@1"], styles):
        about = "Partner found first, among photos of the query's kind (filled) or of the other kind (hollow)"
        drawings.append(("retrieval", _drawer("Pair retrieval", about, pairs)))
    if drawn := paper_figures.bars(probes, styles):
        drawings.append(("bars", drawn))
    if drawn := paper_figures.lines(knn, styles):
        drawings.append(("knn-lines", drawn))
    drawings += [(SHEET, paper_figures.sheet(shown)) for shown in sheets(run)]
    return _unique(drawings)


def slug(name: str) -> str:
    """Return a name as part of a file name: lower case letters, digits and dashes, at most 60 of them."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "all"


def _unique(drawings: Iterable[tuple[str, Callable[[], Figure]]]) -> list[tuple[str, Callable[[], Figure]]]:
    """Number the names that two labels share once they are slugs."""
    taken: dict[str, int] = {}
    named = []
    for name, draw in drawings:
        taken[name] = taken.get(name, 0) + 1
        named.append((name if taken[name] == 1 else f"{name}-{taken[name]}", draw))
    return named


def _probe_lines(rows: Sequence[Row], styles: dict[str, int]) -> Lines:
    def label(r: Row) -> str:
        parts = [r.encoder]
        if any(other.mask_ratio for other in rows):
            parts.append(f"{words.hidden(r.mask_ratio)} hidden")
        if r.processing != "IDENTITY":
            parts.append(r.processing)
        return ", ".join(parts)

    ordered = sorted(rows, key=lambda r: (r.mask_ratio, r.processing))
    return [(label(r), [(r, styles.get(r.encoder, -1), False)]) for r in ordered]


def _knn_lines(rows: Sequence[Row], styles: dict[str, int]) -> Lines:
    """A line for each setting with a mark for each encoder; a line for each encoder where they are too many."""
    order = {name: i for i, name in enumerate(KNN_SETTINGS)}
    ordered = sorted(rows, key=lambda r: order.get(r.setting, len(order)))
    lines: dict[str, list[tuple[Row, int, bool]]] = {}
    for row in ordered:
        style = styles.get(row.encoder, -1)
        label = (row.setting or PLAIN) + ("" if style >= 0 else f", {row.encoder}")
        lines.setdefault(label, []).append((row, style, False))
    return list(lines.items())


def _pair_lines(rows: Sequence[Row], styles: dict[str, int]) -> Lines:
    groups: dict[tuple[str, str], list[tuple[Row, int, bool]]] = {}
    for row in rows:
        parts = setting_parts(row.setting)
        if "query" in parts:
            hollow = parts.get("negatives") == "different"
            groups.setdefault((parts["query"], row.encoder), []).append((row, styles.get(row.encoder, -1), hollow))
    return [(f"{query} photo, {encoder}", marks) for (query, encoder), marks in groups.items()]


def _drawer(title: str, axis: str, lines: Lines) -> Callable[[], Figure]:
    return lambda: _draw_dots(title, axis, lines)


def _draw_dots(title: str, axis: str, lines: Lines) -> Figure:
    from matplotlib.figure import Figure

    tall = sum(0.16 + 0.1 * len(marks) for _, marks in lines)
    figure = Figure(figsize=(WIDTH, 1.2 + tall), layout="constrained")
    ax = figure.add_subplot()
    shared = [row for _, marks in lines for row, _, _ in marks]
    for y, (_, marks) in enumerate(lines):
        for position, (row, style, hollow) in enumerate(marks):
            offset = (position - (len(marks) - 1) / 2) * 0.6 / len(marks)
            if row.chance is not None:
                ax.plot([row.chance] * 2, [y - 0.5, y + 0.5], color=NEUTRAL, lw=1, ls=(0, (2, 2)), zorder=1)
            put_mark(ax, row, y + offset, style, hollow, horizontal=True)
    ax.set_yticks(range(len(lines)), [label for label, _ in lines])
    ax.set_ylim(len(lines) - 0.4, -0.6)
    percent_axis(ax.set_xlim, ax.set_xticks)
    ax.tick_params(length=0)
    ax.grid(axis="x", color=HAIR, lw=0.6)
    ax.set_axisbelow(True)
    if any(len({style for _, style, _ in marks}) > 1 for _, marks in lines):
        legend(figure, {row.encoder: style for _, marks in lines for row, style, _ in marks}, title)
        title = ""
    margins(figure, title, f"{axis}\nBars: 95 % intervals; dashed: guessing; {ns(shared)}")
    return figure


def _curves(probes: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of each label that was probed under at least two masks."""
    plain = [r for r in probes if r.processing == "IDENTITY" and r.setting != "processing"]
    found = {a: [r for r in plain if r.attribute == a] for a in dict.fromkeys(r.attribute for r in plain)}
    found = {a: rows for a, rows in found.items() if len({r.mask_ratio for r in rows}) > 1}
    return dict(sorted(found.items(), key=lambda item: item[0] in words.SEMANTIC))


def _draw_curves(curves: dict[str, list[Row]], styles: dict[str, int]) -> Figure:
    from matplotlib.figure import Figure

    columns = min(len(curves), 4)
    lines = -(-len(curves) // columns)
    figure = Figure(figsize=(2.3 * columns + 0.4, 2.5 * lines + 0.5), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False, sharey=True)
    masks = sorted({r.mask_ratio for rows in curves.values() for r in rows})
    places = {mask: i for i, mask in enumerate(masks)}
    for ax, (attribute, rows) in zip(axes.flat, curves.items(), strict=False):
        known = [r.chance for r in rows if r.chance is not None]
        if known:
            ax.axhline(sum(known) / len(known), color=NEUTRAL, lw=1, ls=(0, (2, 2)), zorder=1)
        for encoder in dict.fromkeys(r.encoder for r in rows):
            style = styles.get(encoder, -1)
            points = sorted((r for r in rows if r.encoder == encoder), key=lambda r: r.mask_ratio)
            shift = (style - (min(len(styles), STYLES) - 1) / 2) * 0.06 if style >= 0 else 0.0
            xs = [places[r.mask_ratio] + shift for r in points]
            ax.plot(xs, [r.value for r in points], color=colour(style), lw=1.4, alpha=1 if style >= 0 else 0.3)
            for x, row in zip(xs, points, strict=True):
                put_mark(ax, row, x, style, hollow=False, horizontal=False)
        ax.set_xticks(range(len(masks)), [words.percent(m) if m else "0" for m in masks])
        ax.set_xlim(-0.35, len(masks) - 0.65)
        percent_axis(ax.set_ylim, ax.set_yticks)
        ax.tick_params(length=0)
        ax.grid(axis="y", color=HAIR, lw=0.6)
        ax.set_axisbelow(True)
        control = " (control)" if attribute in words.SEMANTIC else ""
        ax.set_title(f"{words.title(attribute)}{control}\n{ns(rows)}", loc="left", fontsize=9)
    for ax in list(axes.flat)[len(curves) :]:
        ax.set_visible(False)
    margins(figure, "", "Share of the picture hidden (not to scale)\nBars: 95 % intervals; dashed: guessing")
    if max(styles.values(), default=-1) >= 0:
        legend(figure, styles)
    return figure


def _saver(figure: Figure, ending: str, metadata: dict[str, None], dpi: int) -> Callable[[Path], None]:
    return lambda path: figure.savefig(path, format=ending, dpi=dpi, metadata=metadata)
