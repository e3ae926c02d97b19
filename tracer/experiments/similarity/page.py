"""How the report words and draws the similarity of photos that share a label and photos that do not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from tracer.experiments.shared.camera_page import model_tables
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.figures import Area, AreaPanel, Figure, Kind, Styles, Tick
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows
from tracer.results.rows import Row
from tracer.results.tables import PlainTable, Table, Wording, tables_by_rank

_MOST_PANELS = 8
"""Panels that are drawn; the table has all figures."""
_CONTENTS = {"class=same": "same content", "class=other": "other content"}


def _intro(_: Details) -> Prose:
    return (
        Paragraph(
            "Take a photo, one that shares its label (or its processing) and one that does not, both of the same"
            " content (or both of one other content). How often does the encoder find the one with the shared label more"
            " similar? In half of all cases, if the label plays no part. For a label that goes with the camera the same is asked"
            " of photos of three camera models (unseen cameras): photos of one model have that model's trace, too."
        ),
    )


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table | PlainTable]:
    note = (
        "Photos of other camera models compared: how often one with the same label is the more similar one, for the photos of"
        " each model."
    )
    return [
        *tables_by_rank("Similarity", rows, styles, Wording("No effect", _setting, "share of comparisons (AUC)")),
        *model_tables(
            "Similarity: each camera model", [d for d in details if "class=same" in str(d.get("setting"))], note
        ),
    ]


def _setting(row: Row) -> str:
    return ", ".join(_CONTENTS.get(part) or words.setting(part) for part in row.setting.split(",")) or "–"


def _figures(_rows: Rows, _styles: Styles, details: Details) -> list[Figure]:
    """How similar photos are by content and by label; an entry without whole histograms gives no panel."""
    seen = [detail for detail in details if UNSEEN not in str(detail.get("setting") or "")]
    panels = [panel for detail in seen if (panel := _panel(detail)) is not None]
    return (
        [Figure(Kind.AREAS, tuple(panels[:_MOST_PANELS]), file="similarity", axis="Cosine similarity")]
        if panels
        else []
    )


def _panel(detail: Mapping[str, Any]) -> AreaPanel | None:
    edges, found = detail.get("edges"), detail.get("histograms")
    if not _numbers(edges) or not isinstance(found, Mapping):
        return None
    histograms = {kind: counts for kind, counts in found.items() if _numbers(counts) and len(counts) == len(edges) - 1}
    filled = [i for counts in histograms.values() for i, count in enumerate(counts) if count > 0]
    if not filled or edges != sorted(set(edges)):
        return None
    used = slice(min(filled), max(filled) + 1)
    low, high = edges[used.start], edges[used.stop]
    said = detail.get("means")
    means = said if isinstance(said, Mapping) else {}
    areas = []
    for key, content in _CONTENTS.items():
        kinds = [f"{key},label={kind}" for kind in ("same", "other")]
        parts = [histograms.get(kind, [0.0] * (len(edges) - 1))[used] for kind in kinds]
        if any(map(sum, parts)):
            areas.append(_area(content, parts, [means.get(kind) for kind in kinds], low, high))
    places = ((0.0, low), (50.0, (low + high) / 2), (100.0, high))
    return AreaPanel(
        title=words.title(str(detail.get("attribute") or "")),
        encoder="; ".join(part for part in (str(detail.get("encoder") or ""), _processings(detail)) if part),
        areas=tuple(areas),
        ticks=tuple(Tick(at, words.plain(value, 2)) for at, value in places),
    )


def _processings(detail: Mapping[str, Any]) -> str:
    """The processings that the photos are compared by; empty where a label is."""
    names = str(detail.get("processing") or "IDENTITY")
    return "" if names == "IDENTITY" else names.replace(",", ", ")


def _area(content: str, parts: Sequence[list[float]], means: Sequence[Any], low: float, high: float) -> Area:
    """Both distributions as shares of their own photos, in one height; `low` and `high` are the ends of the axis."""
    shares = [[count / sum(part) if sum(part) else 0.0 for count in part] for part in parts]
    top = max(max(part) for part in shares)
    known = [mean if isinstance(mean, int | float) and low <= mean <= high else None for mean in means]
    at = [None if mean is None else round(100 * (mean - low) / (high - low), 2) for mean in known]
    return Area(
        content=content,
        same=_outline(shares[0], top),
        other=_outline(shares[1], top),
        means=(at[0], at[1]),
        tip=f"{content}: mean {words.plain(known[0])} with the same label, {words.plain(known[1])} with another",
    )


def _outline(shares: Sequence[float], top: float) -> str:
    """Steps of a histogram, as an SVG path from the left end of the baseline to its right end."""
    if not any(shares):
        return ""
    width = 100 / len(shares)
    path = ["M0 100"]
    for i, share in enumerate(shares):
        height = round(100 - 100 * share / top, 2)
        path.append(f"V{height:g}H{round((i + 1) * width, 2):g}")
    return "".join([*path, "V100"])


def _numbers(values: Any) -> TypeGuard[list[float]]:
    """Whether it is a list of finite numbers."""
    return isinstance(values, list) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values
    )


PAGE = Page(
    anchor="similarity",
    contents="Similarity",
    title="Are photos of one camera more alike?",
    order=50,
    intro=_intro,
    tables=_tables,
    figures=_figures,
)
