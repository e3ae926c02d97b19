"""How similar photos are by content and by label: the distributions behind the similarity figures, drawn as areas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from tracer.report import words
from tracer.report.figures import Tick

MOST_PANELS = 8
"""Panels that are drawn; the table has all figures."""
_CONTENTS = (("class=same", "same content"), ("class=other", "other content"))


@dataclass(frozen=True, slots=True)
class Ridge:
    """Two distributions over one axis: photos that share the label and photos that do not.

    Attributes:
        same, other: outlines as SVG paths in a box of 100 × 100, the baseline at 100; empty where there are no photos.
        means: places of the two means in percent; None where there are no photos.
    """

    content: str
    same: str
    other: str
    means: tuple[float | None, float | None]
    said: str


@dataclass(frozen=True, slots=True)
class RidgePanel:
    """One encoder and label: a ridge for photos of the same content, one for photos of other content."""

    title: str
    encoder: str
    ridges: tuple[Ridge, ...]
    ticks: tuple[Tick, ...]


def ridge_panels(details: Sequence[Mapping[str, Any]]) -> list[RidgePanel]:
    """Return the panels that the similarity details allow; an entry without whole histograms gives none."""
    panels = []
    for detail in details:
        panel = _panel(detail) if detail.get("experiment") == "similarity" else None
        if panel is not None:
            panels.append(panel)
    return panels[:MOST_PANELS]


def _panel(detail: Mapping[str, Any]) -> RidgePanel | None:
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
    ridges = []
    for key, content in _CONTENTS:
        kinds = [f"{key},label={kind}" for kind in ("same", "other")]
        parts = [histograms.get(kind, [0.0] * (len(edges) - 1))[used] for kind in kinds]
        if any(map(sum, parts)):
            ridges.append(_ridge(content, parts, [means.get(kind) for kind in kinds], low, high))
    places = ((0.0, low), (50.0, (low + high) / 2), (100.0, high))
    return RidgePanel(
        title=words.title(str(detail.get("attribute") or "")),
        encoder=str(detail.get("encoder") or ""),
        ridges=tuple(ridges),
        ticks=tuple(Tick(at, words.plain(value, 2)) for at, value in places),
    )


def _ridge(content: str, parts: Sequence[list[float]], means: Sequence[Any], low: float, high: float) -> Ridge:
    """Both distributions as shares of their own photos, in one height; `low` and `high` are the ends of the axis."""
    shares = [[count / sum(part) if sum(part) else 0.0 for count in part] for part in parts]
    top = max(max(part) for part in shares)
    known = [mean if isinstance(mean, int | float) and low <= mean <= high else None for mean in means]
    at = [None if mean is None else round(100 * (mean - low) / (high - low), 2) for mean in known]
    return Ridge(
        content=content,
        same=_outline(shares[0], top),
        other=_outline(shares[1], top),
        means=(at[0], at[1]),
        said=f"{content}: mean {words.plain(known[0])} with the same label, {words.plain(known[1])} with another",
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
