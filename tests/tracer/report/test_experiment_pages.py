"""What the experiments tell the report: words, figures and tables from their own rows, and one model for page and files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.report_runs import ENCODERS, before_and_after, measured, meta, whole_run, write_run
from tracer.experiments.knn.page import beyond_chance
from tracer.experiments.registry import pages
from tracer.report.draw import draw
from tracer.report.page import render
from tracer.report.plots import write_plots
from tracer.report.sections import sections
from tracer.results.figures import Area, AreaPanel, CurvePanel, DotPlot, Figure, Kind
from tracer.results.placing import style_of
from tracer.results.runs import load_run
from tracer.results.tables import Table

MANY = tuple(f"family/variant-{i}" for i in range(9))


@pytest.mark.parametrize("name", pages())
@pytest.mark.parametrize("encoders", [ENCODERS, MANY])
def test_each_row_stands_in_a_table(name: str, encoders: tuple[str, ...]) -> None:
    """The tables of an experiment hold a line for each of its rows; mitigation has one line for before, after and change."""
    rows = [row for row in [*measured(encoders), *before_and_after()] if row.experiment == name]
    tables = pages()[name].tables(rows, style_of(encoders), ())
    assert sum(len(table.lines) for table in tables) == (len(rows) // 3 if name == "mitigation" else len(rows))


@pytest.mark.parametrize("name", pages())
def test_no_rows_and_odd_details_do_no_harm(name: str) -> None:
    """Without rows an experiment shows nothing; its details may be of any shape."""
    page = pages()[name]
    odd = [
        {},
        {
            "experiment": name,
            "setting": "unseen-cameras",
            "models": 3,
            "model_figures": 3,
            "edges": 3,
            "pairs": 3,
            "chance_test": [],
            "scheme": 3,
            "same_minus_different": "x",
        },
    ]
    assert not page.tables([], {}, [])
    assert not page.answers([], odd)
    assert not page.figures([], {}, odd)
    assert page.intro(odd)


def test_anchors_and_places_are_distinct() -> None:
    """No two experiments share a section or a place."""
    found = list(pages().values())
    assert len({page.anchor for page in found}) == len({page.order for page in found}) == len(found)


def test_what_the_page_draws_and_the_files_draw_is_one_model(tmp_path: Path) -> None:
    """Each mark of a figure with a file is drawn on the page too, if the page shows the figure, at the same place."""
    run = load_run(whole_run(tmp_path))
    styles, html = style_of(run.encoders), render(run)
    shown: set[str] = set()
    for name, page in pages().items():
        rows = [row for row in run.rows if row.experiment == name]
        for figure in page.figures(rows, styles, run.details):
            if figure.on_page and figure.file:
                shown.add(figure.file)
                for mark in _marks(figure):
                    assert re.search(rf'<svg [xy]="[^"]+" y="{mark}%"|<svg x="{mark}%"', html)
    assert shown == {"masking", "knn-is-smartphone", "retrieval", "similarity"}
    assert shown <= {path.stem for path in write_plots(run, tmp_path / "plots")}


def _marks(figure: Figure) -> list[float]:
    dots = [
        mark.at for panel in figure.panels if isinstance(panel, DotPlot) for line in panel.lines for mark in line.marks
    ]
    curves = [panel for panel in figure.panels if isinstance(panel, CurvePanel)]
    return dots + [mark.at for panel in curves for series in panel.series for mark in series.marks]


def test_many_encoders_have_lines_of_their_own_in_the_files() -> None:
    """Where colours do not suffice, the neighbours' dots are a file alone, with a line for each setting and encoder."""
    rows = [row for row in measured(MANY) if row.experiment == "knn"]
    dots, lines = pages()["knn"].figures(rows, style_of(MANY), ())
    assert (dots.file, dots.on_page, lines.file) == ("knn-is-smartphone", False, "knn-lines")
    (panel,) = dots.panels
    assert isinstance(panel, DotPlot)
    assert len(panel.lines) == 6 * len(MANY)
    assert all(len(line.marks) == 1 for line in panel.lines)


def test_distributions_are_drawn_as_their_outlines_say() -> None:
    """The steps of the page's outlines are those of the file; a panel without photos is empty, not an error."""
    area = Area("same content", "M0 100V20H50V0H100V100", "", (75.0, None), "")
    (axes,) = draw(Figure(Kind.AREAS, (AreaPanel("Maker", "e", (area,), ()),))).axes
    assert axes.patches[0].get_xy().tolist()[:5] == [[0, 100], [0, 20], [50, 20], [50, 0], [100, 0]]
    assert [line.get_xdata()[0] for line in axes.lines] == [75.0]
    assert draw(Figure(Kind.AREAS, (AreaPanel("", "", (), ()),))).axes


def test_the_audit_joins_the_section_of_its_anchor(tmp_path: Path) -> None:
    """Association and audit share the section `set`; either stands there alone too."""
    run = load_run(write_run(tmp_path, measured(), meta()))
    for rows, own, expected in (
        (run.rows, ("set",), (True, "section_set.html.j2")),
        (run.rows, (), (True, "")),
        (run.rows[:1], ("set",), (False, "section_set.html.j2")),
    ):
        some = load_run(write_run(tmp_path, list(rows), meta()))
        (section,) = [s for s in sections(some, {}, own) if s.anchor == "set"]
        assert (any(isinstance(t, Table) for t in section.tables), section.template) == expected


def test_spd_stands_beside_the_interval_of_what_it_is() -> None:
    """The interval holds what lies beyond shuffled labels, and so does the value that the page shows."""
    row = next(row for row in measured(ENCODERS[:1]) if row.metric == "spd_a" and row.experiment == "knn")
    row = replace(row, value=0.14, ci_low=0.0, ci_high=0.11)
    entry = {
        name: getattr(row, name)
        for name in ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting")
    }
    (shown,) = beyond_chance([row], [entry | {"pos_same_minus_neg_same": -0.14, "mean_of_shuffles": -0.09}])
    assert shown.value == pytest.approx(0.05)
    assert beyond_chance([row], [entry]) == [row]
