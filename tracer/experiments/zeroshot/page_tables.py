"""Tables of zero-shot classification beside its rows: pairs, rates at equal content, camera models, classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.pages import Details
from tracer.results.tables import Cell, PlainTable, is_number, number_cell, text_cell

_Lines = Iterator[tuple[Cell, ...]]


def plain_tables(details: Details) -> list[PlainTable]:
    """The tables that have lines."""
    return [
        PlainTable(name, heads, lines, note, further=True)
        for name, heads, note, of in _TABLES
        if (lines := tuple(line for entry in details for line in of(entry)))
    ]


def _share(value: Any) -> Cell:
    return Cell(words.number(float(value)), float(value), True) if is_number(value) else Cell("–", -2.0, True)


def _count(value: Any) -> Cell:
    return number_cell(value if isinstance(value, int) and is_number(value) else None)


def _of_pairs(entry: Mapping[str, Any]) -> _Lines:
    found = entry.get("pairs")
    if not isinstance(found, Mapping) or not is_number(found.get("called_differently")):
        return
    bounds = found.get("called_differently_ci")
    low, high = (
        bounds if isinstance(bounds, list) and len(bounds) == 2 and all(map(is_number, bounds)) else (None, None)
    )
    yield (
        text_cell(str(entry.get("encoder") or "")),
        _share(found["called_differently"]),
        Cell(words.interval(low, high), -2.0 if low is None else float(low), True),
        *(_share(found.get(name)) for name in ("both_right", "phone_alone_right", "other_alone_right")),
        _count(found.get("pairs")),
    )


def _of_rates(entry: Mapping[str, Any]) -> _Lines:
    of = "cameras like these" if entry.get("setting") == UNSEEN else "these cameras"
    yield from _named(entry, "rates", lambda one, label: (text_cell(of), _value(one, label)))


def _of_models(entry: Mapping[str, Any]) -> _Lines:
    yield from _named(
        entry, "model_figures", lambda one, label: (_value(one, label), text_cell(str(one.get("model") or "")))
    )


def _named(entry: Mapping[str, Any], key: str, cells: Callable[[Mapping[str, Any], str], tuple[Cell, ...]]) -> _Lines:
    """A line for each thing with a rate: label, encoder, what it is, rate, photos."""
    label, found = str(entry.get("attribute") or ""), entry.get(key)
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and is_number(one.get("rate")):
            start = text_cell(words.title(label)), text_cell(str(entry.get("encoder") or ""))
            yield (*start, *cells(one, label), _share(one["rate"]), _count(one.get("photos")))


def _value(one: Mapping[str, Any], label: str) -> Cell:
    return text_cell(words.class_name(label, str(one.get("value") or "")))


def _of_classes(entry: Mapping[str, Any]) -> _Lines:
    found = entry.get("by_class")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and is_number(one.get("right")):
            yield (
                text_cell(str(entry.get("encoder") or "")),
                text_cell(str(one.get("class") or "")),
                _share(one["right"]),
                text_cell(str(one.get("instead") or "–")),
                _count(one.get("times")),
                _count(one.get("photos")),
            )


_ENCODER: Final = ("Encoder", False)
_PHOTOS: Final = ("Photos", True)
_TABLES: Final = (
    (
        "Pairs: one scene, two names?",
        (_ENCODER, ("Called differently, %", True), ("95 % interval", True), ("Both right", True), ("Phone alone right", True),
         ("Other alone right", True), ("Pairs", True)),
        "How often a phone's photo and another camera's photo of one scene get different names. Two photos of a scene also differ"
        " in framing and moment, so this alone shows no effect of the camera; SPDₐ and its test do.",
        _of_pairs,
    ),
    (
        "Right names at equal content",
        (("Label", False), _ENCODER, ("Of", False), ("Value", False), ("%", True), _PHOTOS),
        "The share of right names that each value would have if its photos showed what all of them show (least squares on class"
        " and value).",
        _of_rates,
    ),
    (
        "Right names of each camera model",
        (("Label", False), _ENCODER, ("Value", False), ("Camera model", False), ("%", True), _PHOTOS),
        "At equal content, as in the table above; a rate can be a little below 0 or above 100.",
        _of_models,
    ),
    (
        "Right names of each class",
        (_ENCODER, ("Class", False), ("%", True), ("Most often instead", False), ("Times", True), _PHOTOS),
        "What the photos of each class are called.",
        _of_classes,
    ),
)  # fmt: skip
