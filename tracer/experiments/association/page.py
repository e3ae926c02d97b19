"""How the report words the association of labels with what the pictures show."""

from __future__ import annotations

from tracer.results.figures import Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows
from tracer.results.tables import Table, tables_by_rank


def _intro(_: Details) -> Prose:
    return (
        Paragraph(
            "Where a label goes with what the pictures show, content can pass for the camera, and the camera for"
            " content. Cramér's V says how closely the two go together in this set: 0 if the label says nothing about"
            " the content, 1 if it gives it away."
        ),
    )


def _tables(rows: Rows, styles: Styles, _: Details) -> list[Table]:
    return tables_by_rank("Labels against what the picture shows", rows, styles)


PAGE = Page(
    anchor="set",
    contents="The set",
    title="What else could tell the classes apart",
    order=90,
    intro=_intro,
    tables=_tables,
)
