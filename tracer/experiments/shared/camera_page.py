"""How the report words figures of unseen cameras: tests of whole models, sets that cannot tell, and each model's figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.pages import Details, entry_of, p_of
from tracer.results.tables import Cell, PlainTable, is_number, number_cell, text_cell
from tracer.results.verdicts import Answer, Verdict
from tracer.stats import FEW_MODELS, can_reach


def unseen_entries(details: Details, attribute: str) -> list[Mapping[str, Any]]:
    """The entries of the details on unseen cameras of one label, one for each encoder (and mask, or kind of query)."""
    return [
        entry
        for entry in details
        if entry.get("attribute") == attribute
        and UNSEEN in str(entry.get("setting") or "").split(",")
        and "told" in entry
    ]


def models_in_words(attribute: str, entries: Details) -> str:
    """The camera models of each class: `phone: 6, camera: 8`."""
    return ", ".join(f"{words.class_name(attribute, kind)}: {count}" for kind, count in models(entries).items())


def models(entries: Details) -> dict[str, int]:
    """Camera models of each class."""
    held = [entry["models"] for entry in entries if isinstance(entry.get("models"), Mapping)]
    return {str(kind): int(count) for kind, count in held[0].items() if is_number(count)} if held else {}


def told(entries: Details) -> bool:
    """Whether a test of whole camera models can tell, for all of the entries."""
    return bool(entries) and all(entry.get("told") is True for entry in entries)


def why_untold(attribute: str, entries: Details) -> str:
    """Why a set cannot tell, and what it takes."""
    needed = next((str(e["needed"]) for e in entries if e.get("needed")), "more camera models of each class")
    if can_reach(list(models(entries).values())):
        return f"Without the scenes and owners of the tested photos no probe could be trained; it takes {needed.rstrip(',')}."
    return (
        f"The set has too few camera models ({models_in_words(attribute, entries)}); it takes {needed}, which is the least at"
        " which one question by itself can be answered. A page with several questions takes more."
    )


def of_these_alone(answer: Answer, details: Details) -> Answer:
    """Return an answer beside which no figure on unseen cameras stands, with what that means.

    Where the label goes with the camera it cannot be told: of one phone and one camera, any trace is one of the kind.
    """
    entries = [entry_of(row, details) for row in answer.rows]
    enough = "that photos of one model share its trace is enough for such a figure."
    if any(entry.get("goes_with_camera") is True for entry in entries):
        said = f"What photos of other camera models do could not be measured, and {enough}"
        return replace(answer, comment=f"{said} {answer.comment}".strip(), verdict=Verdict.UNTOLD, if_shown="")
    if any(entry.get("camera_models_known") is False for entry in entries):
        return replace(answer, comment=f"{answer.comment} Camera models are not known: {enough}".strip())
    return answer


def p_in_words(known: Sequence[float], fitted: str = "") -> str:
    """A sentence on the test of whole models; `fitted` says what was fitted anew each time."""
    if not known:
        return "There is no test to judge it by."
    shares = " to ".join(dict.fromkeys(words.p_value(p) for p in (min(known), max(known))))
    return f"Relabelling whole camera models{f' ({fitted})' if fitted else ''}: p = {shares}."


def few_models(entries: Details, of: str = "in a class") -> str:
    """A warning on the interval, where a class has few camera models; empty otherwise. `of` says what has few."""
    if any(count < FEW_MODELS for count in models(entries).values()):
        return f"With fewer than {words.spelled(FEW_MODELS)} camera models {of} the interval is not known to hold."
    return ""


def p_values(entries: Details) -> list[float]:
    """The p-values of the tests of encoders; of baselines where there is nothing else."""
    encoders = [entry for entry in entries if not words.is_baseline(str(entry.get("encoder")))] or entries
    return [p for entry in encoders if (p := p_of(entry)) is not None]


def model_tables(
    name: str,
    details: Details,
    note: str,
    value: Callable[[float], str] = words.number,
    heads: tuple[str, str] = ("%", "Photos"),
) -> list[PlainTable]:
    """Each camera model's own figure, for every label that goes with the camera; no table where there is none.

    Args:
        name: of the table.
        details: of an experiment.
        note: what the figure is.
        value: writes a figure.
        heads: of the columns of figures and of their number.
    """
    lines = [
        line
        for entry in details
        if isinstance(entry.get("model_figures"), list) and UNSEEN in str(entry.get("setting") or "").split(",")
        for line in _lines(entry, value)
    ]
    named = [("Label", False), ("Encoder", False), ("Hidden", True), ("Class", False), ("Camera model", False)]
    all_heads = (*named, *((head, True) for head in heads))
    return [PlainTable(name, all_heads, tuple(lines), note, further=True)] if lines else []


def _lines(entry: Mapping[str, Any], value: Callable[[float], str]) -> list[tuple[Cell, ...]]:
    label, ratio = str(entry.get("attribute") or ""), entry.get("mask_ratio")
    hidden = float(ratio) if isinstance(ratio, int | float) else 0.0
    lines: list[tuple[Cell, ...]] = []
    for one in entry["model_figures"]:
        if not isinstance(one, Mapping) or not is_number(one.get("value")):
            continue
        figure = float(one["value"])
        lines.append(
            (
                text_cell(words.title(label)),
                text_cell(str(entry.get("encoder") or "")),
                Cell(words.hidden(hidden), hidden, True),
                text_cell(words.class_name(label, str(one.get("class") or ""))),
                text_cell(str(one.get("model") or "")),
                Cell(value(figure), figure, True),
                number_cell(one.get("photos") if is_number(one.get("photos")) else None),
            )
        )
    return lines
