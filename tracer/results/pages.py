"""What an experiment tells the report: the words, figures and tables of its section of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from tracer.results import words
from tracer.results.figures import Figure, Styles
from tracer.results.rows import Row
from tracer.results.tables import PlainTable, Table
from tracer.results.verdicts import Answer, Verdict

Rows: TypeAlias = Sequence[Row]
Details: TypeAlias = Sequence[Mapping[str, Any]]
"""What results.json holds beside the rows, as it was read: nothing in it is checked."""


_KEY = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")


def entry_of(row: Row, details: Details) -> Mapping[str, Any]:
    """Return the entry of the details that belongs to a row; an empty one where there is none."""
    return next((one for one in details if all(one.get(name) == getattr(row, name) for name in _KEY)), {})


def p_of(entry: Mapping[str, Any]) -> float | None:
    """Return the p-value of the test in an entry of the details; None where it holds none."""
    test = entry.get("chance_test")
    p = test.get("p_value") if isinstance(test, Mapping) else entry.get("p_value")
    return float(p) if isinstance(p, int | float) and not isinstance(p, bool) and 0 <= p <= 1 else None


def units_known(details: Details) -> bool:
    """Whether the photos' scenes or owners were known where figures were made; runs of earlier versions do not say otherwise."""
    return not any(entry.get("units_known") is False for entry in details)


def near_copies_in_words(details: Details) -> str:
    """That near-copies may be in training and in test; empty where none are found, and where scenes or owners are known."""
    found, of = near_copies(details)
    if not found:
        return ""
    return (
        f"{found:,} of {of:,} photos have a near-copy among the others, and no scenes are known that could be kept"
        " apart: figures on cameras that were trained on may be far too high."
    )


def near_copies(details: Details, kind: str = "near_copies") -> tuple[int, int]:
    """Return how many photos have a near-copy that is not kept together with them, and of how many that is said.

    Args:
        details: of a figure.
        kind: `near_copies_of_other_models` for those that another camera model took.
    """
    counts = [(entry.get(kind), entry.get("near_copies_of")) for entry in details]
    return next(((found, of) for found, of in counts if isinstance(found, int) and isinstance(of, int)), (0, 0))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; what stands between backticks is code."""

    kind: ClassVar = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms with their meanings."""

    kind: ClassVar = "terms"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code, each as it is."""

    kind: ClassVar = "code"
    text: str


Prose: TypeAlias = tuple[Paragraph | Heading | Terms | Code, ...]


def _no_answers(_: Rows, _details: Details) -> list[Answer]:
    return []


def _no_figures(_rows: Rows, _styles: Styles, _details: Details) -> list[Figure]:
    return []


def _no_headline(_: Rows, _details: Details, _verdicts: Mapping[str, Verdict]) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How the report words and draws the rows of one experiment.

    Every function is given the rows and details of its own experiment alone. Each of them may come from another version.

    Attributes:
        anchor: of the section, for links to it. A section of the report with the same anchor is joined to this one.
        contents: name of the section in the list of contents.
        title: heading of the section.
        order: place among the sections. The report's own are at 40 (pictures), 70 (rows that nobody explains), 80
            (confusions) and 90 (what else tells the classes apart).
        intro: what the section explains before its figures.
        tables: every row, in tables. An experiment without tables has no section.
        figures: what is drawn, on the page and in `plots/`.
        closing: what follows the tables.
        answers: what the rows say about the question of the page.
        answers_order: place of the answers among those of other experiments.
        headline: the page's title, where this experiment has it; empty otherwise. It is given the verdict of each answer by what
            the answer is about.
        about: the name of a label's figures, for a heading.
        without_rows: whether its details alone make a section.
    """

    anchor: str
    contents: str
    title: str
    order: int
    intro: Callable[[Details], Prose]
    tables: Callable[[Rows, Styles, Details], Sequence[Table | PlainTable]]
    figures: Callable[[Rows, Styles, Details], Sequence[Figure]] = _no_figures
    closing: Prose = ()
    answers: Callable[[Rows, Details], Sequence[Answer]] = _no_answers
    answers_order: int = 100
    headline: Callable[[Rows, Details, Mapping[str, Verdict]], str] = _no_headline
    about: Callable[[str], str] = words.title
    without_rows: bool = False
