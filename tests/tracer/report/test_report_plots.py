"""Plots as files."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from PIL import Image

from tests.helpers.report_runs import ENCODERS, probe_rows, whole_run, write_run
from tracer.report.plots import write_plots
from tracer.results.runs import load_run
from tracer.results.words import slug


def test_each_figure_is_there_as_png_and_svg(tmp_path: Path) -> None:
    """Probes by label, masking curve, neighbours, pairs, the paper's bars and lines, in both forms, large enough to print."""
    written = write_plots(load_run(whole_run(tmp_path)), tmp_path / "plots")
    names = {path.stem for path in written}
    assert names == {
        "probe-is-smartphone", "probe-make", "probe-model", "probe-semantic-label", "masking",
        "knn-is-smartphone", "retrieval", "bars", "knn-lines", "similarity",
    }  # fmt: skip
    assert sorted(p.name for p in written) == sorted(f"{n}.{e}" for n in names for e in ("png", "svg"))
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == sorted(p.name for p in written)
    for path in written:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert min(picture.size) > 300 and len(set(picture.convert("L").tobytes())) > 20


def test_labels_that_are_no_file_names_and_no_text_for_matplotlib(tmp_path: Path) -> None:
    """Slashes, dollar signs, other scripts and equal slugs: each label has its own file inside the folder."""
    names = ["../../etc/x", "$\\frac{1}", "日本", "A b", "a-b", ""]
    rows = [replace(probe_rows(ENCODERS[:1])[0], attribute=name, encoder=f"_{name}$") for name in names]
    written = write_plots(load_run(write_run(tmp_path, rows, {})), tmp_path / "plots")
    assert len({p.name for p in written if p.name.startswith("probe-")}) == 2 * len(names)
    assert all(p.parent == tmp_path / "plots" and p.is_file() for p in written)


def test_slugs_are_plain() -> None:
    """Lower case letters, digits and dashes."""
    assert (slug("Is Smartphone"), slug("日本"), slug("a/../b")) == ("is-smartphone", "all", "a-b")


def test_nothing_to_draw_writes_nothing(tmp_path: Path) -> None:
    """A run without figures leaves no empty folder."""
    assert write_plots(load_run(write_run(tmp_path, [], {})), tmp_path / "plots") == []
    assert not (tmp_path / "plots").exists()


def test_drawing_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    """A program that draws its own figures finds its settings unchanged."""
    import matplotlib

    before = dict(matplotlib.rcParams)
    write_plots(load_run(write_run(tmp_path, probe_rows(ENCODERS[:1])[:1], {})), tmp_path / "plots")
    assert dict(matplotlib.rcParams) == before


def test_the_page_needs_matplotlib_only_when_it_is_written() -> None:
    """Importing the report's modules imports neither matplotlib nor jinja2."""
    import subprocess

    code = (
        "import sys, tracer.report.page, tracer.results.comparison, tracer.report.plots;"
        "print([m for m in ('matplotlib', 'jinja2', 'pandas', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
