"""The sections of the page in order: those of the experiments and those of the report itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tracer.report.by_experiment import Measured, measured, unexplained
from tracer.results.figures import Figure, Kind, Panel, Styles
from tracer.results.pages import Prose
from tracer.results.runs import Run
from tracer.results.tables import PlainTable, Table, tables_by_rank


@dataclass(frozen=True, slots=True)
class Drawing:
    """Panels under one heading, note and legend.

    Attributes:
        legend: encoders with a look of their own; None where there is no legend.
    """

    kind: Kind
    heading: str
    note: str
    legend: Styles | None
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes:
        anchor: for links to it.
        contents: its name in the list of contents.
        title: its heading.
        order: place among the sections.
        template: of the report's own part, which comes last; empty for a section of an experiment alone.
    """

    anchor: str
    contents: str
    title: str
    order: int
    intro: Prose = ()
    drawings: Sequence[Drawing] = ()
    tables: Sequence[Table | PlainTable] = ()
    closing: Prose = ()
    template: str = ""


OWN = (
    Section("answer", "Answer", "The answer", 0),
    Section("measured", "What was measured", "What was measured, on what", 1),
    Section("sheets", "Pictures", "What it looks like", 40),
    Section("confusions", "Confusions", "What is taken for what", 80),
    Section("set", "The set", "What else could tell the classes apart", 90),
    Section("skipped", "Not measured", "What was not measured", 100),
    Section("making", "How to repeat it", "How to repeat it", 101),
)
"""The sections of the report itself, each with a template `section_<anchor>.html.j2`."""


def sections(run: Run, styles: Styles, own: Iterable[str]) -> list[Section]:
    """Return the sections in order; `own` names those of the report's own sections that have something to show."""
    made = {}
    for one in measured(run.rows, run.details):
        section = _of_experiment(one, styles)
        if section.tables or section.drawings:
            made[section.anchor] = section
    if others := unexplained(run.rows):
        tables = [t for name, rows in others.items() for t in tables_by_rank(name.capitalize(), rows, styles)]
        made["others"] = Section("others", "Further figures", "Further figures", 70, tables=tables)
    for section in OWN:
        if section.anchor in own:
            joined = made.get(section.anchor, section)
            made[section.anchor] = replace(joined, template=f"section_{section.anchor}.html.j2")
    return sorted(made.values(), key=lambda section: section.order)


def _of_experiment(one: Measured, styles: Styles) -> Section:
    page = one.page
    return Section(
        anchor=page.anchor,
        contents=page.contents,
        title=page.title,
        order=page.order,
        intro=page.intro(one.details),
        drawings=_drawings(page.figures(one.rows, styles, one.details)),
        tables=page.tables(one.rows, styles, one.details),
        closing=page.closing,
    )


def _drawings(figures: Iterable[Figure]) -> list[Drawing]:
    """Figures that follow each other under one heading, note and legend share them."""
    shown = [figure for figure in figures if figure.on_page]
    made = []
    for (kind, heading, note, legend), group in groupby(shown, lambda f: (f.kind, f.heading, f.note, f.legend)):
        panels = tuple(panel for figure in group for panel in figure.panels)
        named = None if legend is None else {name: style for name, style in legend.items() if style >= 0}
        made.append(Drawing(kind, heading, note, named, panels))
    return made
