"""Runs that others wrote, changed or damaged: figures that were not measured here are marked, and damage is named."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers.small_sets import write_set
from tracer import results
from tracer.base.progress import finish
from tracer.errors import TracerError
from tracer.evaluation import running
from tracer.evaluation.evaluate import Options, evaluate
from tracer.experiments.probe.protocols import Protocol
from tracer.report.page import render, write_report
from tracer.results.runs import kept_scores, load_run, reading

Run = Callable[..., tuple[int, str, str]]
OPTIONS = Options(
    encoders=("baseline/colour",),
    experiments=("similarity", "retrieval"),
    protocol=Protocol.FAST,
    device="cpu",
    masks=(0.0,),
)
ODD: tuple[Any, ...] = (None, "x", [], {}, 10**400, -1, True, 1e308, [None], {"a": 1})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A set of 20 photos, and its run."""
    photos = write_set(tmp_path_factory.mktemp("made") / "small", scenes=5)
    run = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracer.report.plots.write_plots", lambda run, folder: [])
        finish(evaluate(photos, run, OPTIONS))
    return photos, run


@pytest.fixture
def place(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the run."""
    return Path(shutil.copytree(made[1], tmp_path / "run"))


def _strangers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From here on another user's tracer works."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))


def test_a_run_of_ones_own_is_measured_here(place: Path, run: Run) -> None:
    """A page that its own user writes again says nothing of where figures come from, and the run may have moved."""
    code, _, err = run("report", place)
    assert code == 0 and "brought in" not in err
    assert "brought in" not in (place / "report.html").read_text()
    assert kept_scores(load_run(place))


def test_figures_of_others_are_marked(place: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page and commands say that another user's figures are brought in, and so of figures that were changed by hand."""
    changed = Path(shutil.copytree(place, tmp_path / "changed")) / "results.json"
    content = json.loads(changed.read_text())
    changed.write_text(json.dumps({**content, "rows": [{**row, "value": 0.99} for row in content["rows"]]}))
    assert load_run(changed.parent).provenance.startswith("All figures are brought in")
    _strangers(monkeypatch, tmp_path)
    code, _, err = run("report", place)
    assert code == 0 and "All figures are brought in" in err
    assert "All figures are brought in" in (place / "report.html").read_text()
    assert run("compare", place, changed.parent)[2].count("All figures are brought in") == 2


def test_what_is_measured_again_is_ones_own(
    made: tuple[Path, Path], place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes that another user kept are measured again; figures of theirs that stay beside are named."""
    _strangers(monkeypatch, tmp_path)
    measured: list[Path] = []
    real = running.keep
    monkeypatch.setattr(running, "keep", lambda path, *rest: (measured.append(path), real(path, *rest)))
    finish(evaluate(made[0], place, replace(OPTIONS, experiments=("similarity",))))
    assert measured and results.read(place).brought_in == ("retrieval",)
    assert "The figures of retrieval are brought in" in (place / "report.html").read_text()


def test_scores_that_were_exchanged_are_not_used(place: Path) -> None:
    """A file of single photos' scores that is not the one of the results counts as absent."""
    import pandas as pd

    table = pd.read_parquet(place / "photos.parquet")
    table.assign(value=0.5).to_parquet(place / "photos.parquet")
    assert kept_scores(load_run(place)) == {}


@pytest.mark.slow
def test_odd_results_are_shown_or_refused(place: Path) -> None:
    """Whatever stands in place of any part of the results, there is a page or an error that names the file."""
    content = json.loads((place / "results.json").read_text())
    found: dict[tuple[str, ...], list[Any]] = {}

    def walk(value: Any, path: list[Any], shape: tuple[str, ...]) -> None:
        found.setdefault(shape, path)
        for key, part in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            walk(part, [*path, key], (*shape, "" if isinstance(value, list) else key))

    walk(content, [], ())
    drawn = random.Random(1)
    for path in list(found.values())[1:]:
        odd = copy.deepcopy(content)
        inner = odd
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = drawn.choice(ODD)
        (place / "results.json").write_text(json.dumps(odd))
        for look in (results.read, lambda run: render(load_run(run))):
            try:
                with reading(place):
                    look(place)
            except TracerError as error:
                assert "results.json" in str(error)


@pytest.mark.parametrize("damage", [b"", b"no picture", None])
def test_a_damaged_thumbnail_is_named(place: Path, run: Run, damage: bytes | None) -> None:
    """A small picture that is empty, no picture or far too large ends the report with an error that names it."""
    thumb = next((place / "thumbs").iterdir())
    if damage is None:
        Image.new("RGB", (1200, 1200)).save(thumb, "JPEG", quality=1)
    else:
        thumb.write_bytes(damage)
    code, _, err = run("report", place)
    assert code == 1 and thumb.name in err and "Traceback" not in err
    thumb.unlink()
    assert write_report(place).is_file()
