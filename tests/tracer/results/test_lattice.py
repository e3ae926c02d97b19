"""Many encoders in one figure: each by its name, under the name of its group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.report_runs import probe_rows, write_run
from tracer.encoders.catalogue import ENTRIES, PAPER_GROUPS, Group
from tracer.report.page import render
from tracer.report.plots import write_plots
from tracer.results.lattice import GROUPS, by_group, group_of, lattice
from tracer.results.runs import load_run

PAPER = tuple(entry.name for entry in ENTRIES if entry.group in PAPER_GROUPS)


def test_the_papers_encoders_fall_into_its_three_groups() -> None:
    """24, 11 and 12 of them, in that order; others stand behind."""
    grouped = by_group(["mine/net", *PAPER, "baseline/colour"])
    assert [(name, len(members)) for name, members in grouped] == [
        ("Contrastive vision-language", 24), ("Supervised", 11), ("Self-supervised", 12), ("Others", 1),
        ("Picture statistics, for comparison", 1),
    ]  # fmt: skip
    assert set(GROUPS) == set(Group)


@pytest.mark.parametrize("name", ["clip/RN50", "clip/RN50@mine.pt", "clip/RN50+random0"])
def test_a_checkpoint_stays_in_its_group(name: str) -> None:
    """Whatever stands behind the encoder's name."""
    assert group_of(name) is Group.CONTRASTIVE


def test_an_encoder_without_a_figure_leaves_its_place_empty() -> None:
    """Each column has a place for each encoder."""
    rows = [r for r in probe_rows(("clip/RN50", "resnet/50")) if r.metric == "accuracy" and not r.mask_ratio]
    make, phone = ([r for r in rows if r.attribute == name] for name in ("Make", "Is Smartphone"))
    made = lattice({"Maker": make, "Phone": phone[:1]}, {"Maker": [replace(make[0], value=0.9)]})
    (first,), (second,) = (group.rows for group in made.groups)
    assert [mark.hollow for mark in first.cells[0].marks] == [True, False] if first.cells[0] else False
    assert first.cells[1] is not None and second.cells[1] is None


@pytest.mark.slow
def test_forty_seven_encoders_are_named_on_page_and_file(tmp_path: Path) -> None:
    """In place of bars that no name stands below; the file grows with the encoders."""
    rows = [
        row for row in probe_rows(PAPER) if row.attribute == "Is Smartphone"
    ]  # a figure of each label takes a second
    run = load_run(write_run(tmp_path / "many", rows, {}))
    page = render(run)
    part = page[page.index('<table class="lattice">') : page.index("</table>", page.index('<table class="lattice">'))]
    assert all(f'<th scope="row">{name}</th>' in part for name in PAPER)
    assert [part.count(name) for name in ("Contrastive vision-language", "Supervised", "Self-supervised")] == [1, 1, 1]
    plots = {path.name: path for path in write_plots(run, tmp_path / "plots")}
    assert "encoders.svg" in plots and "bars.png" not in plots
    with Image.open(plots["encoders.png"]) as picture:
        assert picture.height > 47 * 30


def test_few_encoders_keep_their_bars(tmp_path: Path) -> None:
    """Up to six have a colour each, and a legend names them."""
    run = load_run(write_run(tmp_path, probe_rows(PAPER[:6]), {}))
    assert '<table class="lattice">' not in render(run)
    assert "bars.png" in {path.name for path in write_plots(run, tmp_path / "plots")}
