"""What a workspace remembers beside its tables: typed keys, and records in the place of JSON."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curate.catalog.facts import COMPARED, SPLIT, DrawnSplits, Key, WithdrawnSplits, keep
from curate.catalog.sets import (
    drawn_splits,
    evaluated_sets,
    exported_sets,
    keep_splits,
    measured,
    remember_run,
    remember_set,
    split_log,
    withdraw_splits,
)
from curate.catalog.store import Catalog
from curate.workspace import Workspace


def test_sets_and_runs_are_remembered_as_long_as_they_are_there(catalog: Catalog, tmp_path: Path) -> None:
    """One that is gone is forgotten with the next one; a name that is not UTF-8 comes back as it was."""
    odd, gone = tmp_path / "s\udcff", tmp_path / "gone"
    odd.mkdir()
    remember_set(catalog, gone, "1")
    remember_set(catalog, odd, "2")
    assert exported_sets(catalog) == {odd: "2"}
    remember_run(catalog, odd, gone)
    assert evaluated_sets(catalog) == {gone: odd}
    remember_run(catalog, odd, tmp_path)
    assert evaluated_sets(catalog) == {tmp_path: odd}


def test_sets_and_runs_move_with_the_workspace(catalog: Catalog, tmp_path: Path) -> None:
    """A copy lists its own sets, and not those of the original; a set elsewhere is that of both."""
    root = catalog.workspace.root
    inside, outside, run = root / "exports" / "a", tmp_path / "elsewhere", root / "runs" / "a"
    for folder in (inside, outside, run):
        folder.mkdir(parents=True)
    remember_set(catalog, inside, "1")
    remember_set(catalog, outside, "2")
    remember_run(catalog, inside, run, "content")
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    with Catalog.open(Workspace.open(copy)) as other:
        assert exported_sets(other) == {copy / "exports" / "a": "1", outside: "2"}
        assert evaluated_sets(other) == {copy / "runs" / "a": copy / "exports" / "a"}
        assert measured(other) == {copy / "runs" / "a": "content"}


def test_drawn_splits_come_back_as_a_record(catalog: Catalog) -> None:
    """So do the entries of their log, each as what it is."""
    assert drawn_splits(catalog) is None and not withdraw_splits(catalog)
    drawn = keep_splits(catalog, ["Make"], ["owner", "scene"], 7)
    assert drawn_splits(catalog) == drawn and drawn.group_by == ("owner", "scene")
    assert withdraw_splits(catalog) and drawn_splits(catalog) is None
    first, second = split_log(catalog)
    assert first == drawn and isinstance(second, WithdrawnSplits)
    assert list(second.model_dump()) == ["withdrawn", "drawn", "who"]


def test_a_value_of_another_form_is_an_error(catalog: Catalog) -> None:
    """It is never passed on."""
    keep(catalog.connection, Key.COMPARED, "[1]")
    keep(catalog.connection, Key.SPLIT, '{"seed": "many"}')
    for fact in (COMPARED, SPLIT):
        with pytest.raises(ValueError, match="validation error"):
            fact.read(catalog.connection)
    SPLIT.keep(catalog.connection, DrawnSplits(attributes=(), group_by=(), seed=1))
    assert SPLIT.forget(catalog.connection) and SPLIT.read(catalog.connection) is None
