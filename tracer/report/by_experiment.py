"""Sorts what a run measured by experiment, each with what it tells the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracer.experiments.registry import pages
from tracer.results import Row
from tracer.results.pages import Details, Page


@dataclass(frozen=True, slots=True)
class Measured:
    """One experiment of a run.

    Attributes:
        page: its words, figures and tables.
        rows, details: its own.
    """

    page: Page
    rows: tuple[Row, ...]
    details: Details


def measured(rows: Sequence[Row], details: Sequence[Mapping[str, Any]] = ()) -> list[Measured]:
    """Return the experiments that have rows, or details that are shown without rows, in the order of their sections."""
    found = [
        Measured(
            page,
            tuple(r for r in rows if r.experiment == name),
            [detail for detail in details if detail.get("experiment") == name],
        )
        for name, page in pages().items()
    ]
    return sorted(
        (one for one in found if one.rows or (one.page.without_rows and one.details)), key=lambda one: one.page.order
    )


def unexplained(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of experiments that have no page, by experiment."""
    known, others = pages(), dict[str, list[Row]]()
    for row in rows:
        if row.experiment not in known:
            others.setdefault(row.experiment, []).append(row)
    return others
