"""The main figures of a run with their designs: what more camera models, scenes or photos would do to their intervals.

The designs are read from what the run kept: variance components in the details, and the scores of single photos. A run of another
version, or a figure without them, has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from tracer import stats
from tracer.experiments.probe.beside_page import answer_to_all
from tracer.experiments.shared.cameras import UNSEEN
from tracer.report.answers import answers
from tracer.results import Row, words
from tracer.results.photo_scores import KEY, Values
from tracer.results.runs import Run, kept_scores

_SIGNED: Final = ("pos_same_minus_neg_same_ci", "same_minus_different_ci")
_MOST: Final = 1e6
"""Numbers of a design beyond this are not of a set."""


@dataclass(frozen=True, slots=True)
class MainFigure:
    """A figure that an answer of the page rests on: of the encoder with the widest interval.

    Attributes:
        about: the question.
        row: the figure.
        design: how its interval comes about.
        models: camera models of each class; empty where they play no part.
        single: whether photos of one scene cannot be told from scenes, so that nothing is known of more photos of a scene.
        clipped: variance components that came out below 0 and are taken as 0.
        several: whether the answer has other figures, with narrower intervals.
        one_answer: whether the probe gives (almost) every photo the same answer, so that its variance says nothing.
    """

    about: str
    row: Row
    design: stats.CameraDesign | stats.SceneDesign
    models: Mapping[str, int]
    single: bool
    clipped: tuple[str, ...]
    several: bool = False
    one_answer: bool = False


def main_figures(run: Run) -> list[MainFigure]:
    """Return the figures behind the answers of the page that have a design, controls left out, in the order of the answers."""
    asked = []
    for answer in answers(run.rows, run.details):
        encoders = [r for r in answer.rows if not words.is_baseline(r.encoder)] or list(answer.rows)
        if not answer.control and encoders:
            asked.append((answer.about, widest(encoders), len(encoders) > 1))
    scores = scores_of(run, [row for _, row, _ in asked])
    found = [(main_figure(about, row, run.details, scores), several) for about, row, several in asked]
    return [replace(one, several=several) for one, several in found if one is not None]


def scores_of(run: Run, rows: Sequence[Row]) -> dict[tuple[Any, ...], Values]:
    """Return the scores of single photos behind some figures, as far as the run has them."""
    keys = {key for row in rows for key in _keys(row)}
    return kept_scores(run, keys)


def _keys(row: Row) -> tuple[tuple[Any, ...], ...]:
    """What a figure's scores stand under: its own, or those of its accuracy."""
    own = tuple(getattr(row, name) for name in KEY)
    return own, (*own[:-1], "accuracy")


def widest(rows: Sequence[Row]) -> Row:
    """Return the row with the widest interval."""
    return max(rows, key=lambda r: -1.0 if r.ci_low is None or r.ci_high is None else r.ci_high - r.ci_low)


def main_figure(
    about: str, row: Row, details: Sequence[Mapping[str, Any]], scores: Mapping[tuple[Any, ...], Values]
) -> MainFigure | None:
    """Return a figure with its design; None where the run did not keep what it takes.

    Args:
        about: the question.
        row: the figure.
        details: of results.json, unchecked.
        scores: of single photos (`photo_scores.read`).
    """
    if row.ci_low is None or row.ci_high is None:
        return None
    detail = next((d for d in details if all(d.get(name) == getattr(row, name) for name in KEY[:-1])), {})
    if UNSEEN in row.setting.split(","):  # whole camera models are the units: pairs or scenes alone would plan nothing
        return _of_cameras(about, row, detail)
    half = _half(row, detail)
    values = next((scores[key] for key in _keys(row) if key in scores), None)
    if values is not None and len(values.values) > 1:
        parts = stats.nested_components(values.values, values.clusters)
        if parts.clusters < 2 or not half > 0:
            return None
        share = row.metric in ("accuracy", "balanced_accuracy")
        design = stats.SceneDesign(
            half,
            parts.between,
            parts.within,
            parts.clusters,
            parts.photos,
            row.value if share else None,
            row.chance or 0.0,
        )
        clipped = ("scenes",) if parts.clipped else ()
        return MainFigure(
            about, row, design, {}, parts.photos <= 1, clipped, one_answer=answer_to_all(detail) is not None
        )
    clusters = detail.get("clusters")
    if row.experiment == "similarity" and isinstance(clusters, int) and 1 < clusters < _MOST and half > 0:
        return MainFigure(about, row, stats.SceneDesign(half, half**2, 0.0, clusters, 1.0), {}, True, ())
    return None


def _half(row: Row, detail: Mapping[str, Any]) -> float:
    """Half of the interval's width; of a difference before its sign was taken off, where that is known."""
    assert row.ci_low is not None and row.ci_high is not None
    for name in _SIGNED:
        bounds = detail.get(name)
        if isinstance(bounds, list) and len(bounds) == 2 and all(map(_is_number, bounds)):
            return float(bounds[1] - bounds[0]) / 2
    return (row.ci_high - row.ci_low) / 2


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _of_cameras(about: str, row: Row, detail: Mapping[str, Any]) -> MainFigure | None:
    layout, parts = _record(stats.Layout, detail.get("layout")), _record(stats.Crossed, detail.get("components"))
    models = detail.get("models")
    if layout is None or parts is None or not isinstance(models, Mapping):
        return None
    counts = {str(kind): int(count) for kind, count in models.items() if _is_number(count)}
    sizes = (layout.kinds, layout.models, layout.scenes, layout.photos, layout.together, layout.uneven)
    variances = (parts.models, parts.scenes, parts.photos, layout.shared, layout.own / _MOST)
    sound = all(1e-3 < size < _MOST for size in sizes) and layout.kinds > 1 and len(counts) == layout.kinds
    if not sound or not all(0 <= part <= 1 for part in variances) or not abs(parts.classes) <= 1:
        return None
    design = stats.CameraDesign(layout, parts, row.value)
    if not design.flat:
        design = design.measured(_half(row, detail))
    alike = answer_to_all(detail) is not None
    return MainFigure(about, row, design, counts, not parts.apart, parts.clipped, one_answer=alike)


_Record = TypeVar("_Record")


def _record(kind: type[_Record], content: object) -> _Record | None:
    """A dataclass of numbers from JSON; None where it is not whole."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError:
        return None
