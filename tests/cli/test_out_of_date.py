"""One rule says which sets and evaluations are out of date: `status`, Home, the set screen and the runs screen agree."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.catalog.sets import remember_run
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from curate.sources.manifest import content_at
from curate.status import status
from curate.tui.results import runs_here, state_of
from curate.tui.setplan import set_lines
from curate.tui.waiting import entries
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo

PHONE, CAMERA = ("Apple", "iPhone X"), ("Canon", "Canon EOS 40D")


@pytest.fixture
def place(tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with a pair of photos, a set of all, and its evaluation, which is older than the set by its file times."""

    def make() -> None:
        for number, (maker, model) in enumerate((PHONE, CAMERA)):
            write_photo(tmp_path / "photos" / f"{number}.jpg", number, maker, model)
        for words in (("new",), ("ingest", str(tmp_path / "photos"), "-w"), ("pair", "-w")):
            assert run_cli([*words, str(tmp_path / "w")]) == Exit.DONE
        run_on(tmp_path / "w", "export", str(tmp_path / "w" / "exports" / "w"))
        run = tmp_path / "w" / "runs" / "w"
        run.mkdir()
        (run / "report.html").write_text("<html>")
        workspace = Workspace(tmp_path / "w")
        with workspace.writing("test"), Catalog.open(workspace) as catalog:
            remember_run(catalog, workspace.exports / "w", run, content_at(workspace.exports / "w"))

    made_once("out of date", make)
    os.utime(tmp_path / "w" / "runs" / "w" / "report.html", (1e9, 1e9))
    capsys.readouterr()
    return tmp_path / "w"


def run_on(place: Path, *words: str) -> None:
    """Run a command on a workspace."""
    assert run_cli([*words, "-w", str(place)]) == Exit.DONE


def label(place: Path) -> None:
    """Change what the set holds."""
    run_on(place, "label", "semantic_label=boat", "--where", "1")


def undo(place: Path) -> None:
    """Take the last decision back."""
    run_on(place, "undo")


def export_again(place: Path) -> None:
    """Write the set once more."""
    run_on(place, "export", str(place / "exports" / "w"), "--replace")


def state_clock(place: Path) -> None:
    """State by how much two clocks differ."""
    run_on(place, "clocks", "set", "|".join(PHONE), "|".join(CAMERA), "7")


def pair(place: Path) -> None:
    """Compare the photos."""
    run_on(place, "pair")


def keep_backup(place: Path) -> None:
    """Back the catalogue up and bring it back."""
    run_on(place, "backup", str(place.parent / "kept.sqlite"))
    run_on(place, "restore", str(place.parent / "kept.sqlite"))


def move(place: Path) -> None:
    """Rename the folder and back, with new times of all files."""
    shutil.copytree(place, place.with_name("copy"), copy_function=shutil.copy)
    shutil.rmtree(place)
    place.with_name("copy").rename(place)


Step = Callable[[Path], None]


@pytest.mark.parametrize(
    ("steps", "set_stale", "run_stale", "step"),
    [
        ([], False, False, "the set is exported and evaluated"),
        ([label], True, False, "the set is older"),
        ([label, undo], False, False, "the set is exported and evaluated"),
        ([label, undo, export_again], False, False, "the set is exported and evaluated"),
        ([export_again], False, False, "the set is exported and evaluated"),
        ([label, export_again], False, True, "the set is not evaluated yet"),
        ([label, export_again, undo, export_again], False, False, "the set is exported and evaluated"),
        ([move], False, False, "the set is exported and evaluated"),
        ([label, move], True, False, "the set is older"),
        ([keep_backup], False, False, "the set is exported and evaluated"),
        ([state_clock], False, False, "a clock was stated or withdrawn"),
        ([state_clock, undo], False, False, "the set is exported and evaluated"),
        ([state_clock, pair], True, False, "the set is older"),
    ],
    ids=lambda value: "+".join(step.__name__ for step in value) or "nothing" if isinstance(value, list) else None,
)
def test_all_places_agree(
    place: Path,
    steps: list[Step],
    set_stale: bool,
    run_stale: bool,
    step: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a set, what was changed and stands counts; of an evaluation, what its set holds; no times of files."""
    for one in steps:
        one(place)
    capsys.readouterr()
    run_on(place, "status", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["sets"][0]["stale"], told["runs"][0]["stale"]) == (set_stale, run_stale)
    assert step in told["why"]
    with Catalog.open(Workspace(place), read_only=True) as catalog:
        home = {entry.name: entry.text for entry in entries(status(catalog))}
        assert step in home["next"]
        for text, stale in ((home["set"], set_stale), (set_lines(catalog)[0][2], set_stale)):
            assert ("the catalogue changed since" in text) == stale
        for text in (home["run"], state_of(runs_here(catalog)[0])):
            assert ("its set changed since" in text) == run_stale


@pytest.mark.parametrize("steps", [[label, undo], [state_clock], [keep_backup], [move]], ids=lambda s: s[-1].__name__)
def test_what_changes_nothing_of_a_set_leaves_its_bytes(place: Path, steps: list[Step]) -> None:
    """Its date is that of the last change that stands."""
    for step in steps:
        step(place)
    before = {path: path.read_bytes() for path in (place / "exports" / "w").rglob("*") if path.is_file()}
    export_again(place)
    assert {path: path.read_bytes() for path in before} == before
