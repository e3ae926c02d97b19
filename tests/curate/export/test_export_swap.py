"""The swap of a set: what came to its place during the export is never touched, and messages say what lies there."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_exports import OPTIONS, make_rows
from test_export_write import contents, export

from curate.errors import ExportError, StorageError, UsageError
from curate.export import folder as swap
from curate.export.write import export_set
from tracer.base.progress import finish


@pytest.fixture
def rows(tmp_path: Path) -> list[dict]:
    """Label rows of a collection that is smaller still: what is tried here does not depend on what a set holds."""
    return make_rows(tmp_path / "photos", scenes=4)


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """Everything below a folder, hidden files too: bytes of files, targets of links, None for folders."""
    return {
        path.relative_to(folder).as_posix(): os.readlink(path)
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(folder.rglob("*"))
    }


def look(place: Path) -> list[object]:
    """What a place is, and everything in it."""
    return [place.is_symlink(), place.lstat().st_ino, tree(place) if place.is_dir() else place.read_bytes()]


def cannot_exchange(one: Path, other: Path) -> None:
    """A file system that does not know how to exchange."""
    raise OSError(errno.EINVAL, "Invalid argument")


@pytest.fixture(params=["in one step", "by two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of swapping."""
    if request.param == "by two renames":
        monkeypatch.setattr(swap, "exchange", cannot_exchange)
    return request.param


def an_empty_folder(place: Path) -> None:
    """Nothing in it."""
    place.mkdir()


def a_folder(place: Path) -> None:
    """Somebody's work."""
    place.mkdir()
    (place / "thesis.txt").write_text("years of work")


def a_file(place: Path) -> None:
    """A file."""
    place.write_text("notes")


def a_link(place: Path) -> None:
    """A link to a folder."""
    (place.parent / "target").mkdir()
    place.symlink_to(place.parent / "target")


ARRIVALS = [an_empty_folder, a_folder, a_file, a_link]


@pytest.mark.parametrize("arrive", ARRIVALS)
@pytest.mark.parametrize("replace", [False, True])
def test_what_came_to_a_free_place_is_not_touched(
    rows: list[dict], tmp_path: Path, arrive: Callable[[Path], None], replace: bool
) -> None:
    """Made while the set is written: the export fails, says so, leaves it as it is and nothing beside it."""
    work = export_set(rows, tmp_path / "set", dataclasses.replace(OPTIONS, replace=replace))
    next(work)
    arrive(tmp_path / "set")
    before = tree(tmp_path) | {"set.partial": None}
    with pytest.raises(ExportError, match="during the export") as caught:
        finish(work)
    assert "discarded" in caught.value.way_out
    assert tree(tmp_path) == {name: content for name, content in before.items() if not name.startswith("set.partial")}


@pytest.mark.parametrize(
    ("arrive", "moment"), [*((arrive, "between look and swap") for arrive in (*ARRIVALS, None)), (a_folder, "early")]
)
def test_what_came_to_the_place_of_an_older_set_is_not_touched(
    rows: list[dict],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    arrive: Callable[[Path], None] | None,
    moment: str,
) -> None:
    """The old set is moved away and something else (None: another set) put in its place, also in the last instant."""
    out = tmp_path / "set"
    export(rows[:-2], out)
    export(rows[:-4], tmp_path / "another")

    came: list[object] = []

    def change() -> None:
        out.rename(tmp_path / "moved")
        arrive(out) if arrive else (tmp_path / "another").rename(out)
        came.extend(look(out))

    work = export_set(rows, out, dataclasses.replace(OPTIONS, replace=True))
    next(work)
    if moment == "early":
        change()
    else:
        exchange = swap.exchange

        def late(one: Path, other: Path) -> None:
            if not came:
                change()
            exchange(one, other)

        monkeypatch.setattr(swap, "exchange", late)
    with pytest.raises(ExportError, match="during the export"):
        finish(work)
    assert look(out) == came
    assert len(list((tmp_path / "moved" / "images").iterdir())) == len(rows) - 2
    assert not [path for path in tmp_path.iterdir() if path.name in ("set.partial", ".set.replaced")]


@pytest.mark.parametrize("name", ["notes.txt", "images/77.jpg"])
def test_a_set_that_somebody_added_to_is_not_replaced(rows: list[dict], tmp_path: Path, way: str, name: str) -> None:
    """Before the export or during it: a file that is not in the manifest is somebody's, also where it looks like a photo."""
    out = tmp_path / "set"
    export(rows[:-2], out)
    work = export_set(rows, out, dataclasses.replace(OPTIONS, replace=True))
    next(work)
    (out / name).write_text("mine")
    before = contents(out)
    with pytest.raises(ExportError, match="during the export"):
        finish(work)
    assert contents(out) == before
    with pytest.raises(ExportError, match="cannot be replaced"):
        export(rows, out, replace=True)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "set"]


def test_a_copy_beside_the_set_is_not_taken_for_ours(rows: list[dict], tmp_path: Path) -> None:
    """A person's own copy `set.old` stays, whole, through a replacing export."""
    out = tmp_path / "set"
    export(rows, out)
    export(rows[:-2], tmp_path / "set.old")
    before = contents(tmp_path / "set.old")
    export(rows[:-4], out, replace=True)
    assert contents(tmp_path / "set.old") == before


def test_a_reader_never_finds_the_place_empty(
    rows: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system can exchange, a set is at the place before and after every rename."""
    out = tmp_path / "set"
    export(rows[:-2], out)
    seen: list[bool] = []

    def watch(function: Callable[..., None]) -> Callable[..., None]:
        def watched(*paths: Path) -> None:
            seen.append(swap.is_set(out))
            function(*paths)
            seen.append(swap.is_set(out))

        return watched

    for name in ("exchange", "move_to_free_name"):
        monkeypatch.setattr(swap, name, watch(getattr(swap, name)))
    export(rows, out, replace=True)
    if len(seen) > 2:
        pytest.skip("this file system cannot exchange two folders")
    assert seen == [True, True]


def test_a_swap_that_fails_is_rolled_back(rows: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two renames fails: the old set is back, the message says that it is unchanged, and nothing remains."""
    out = tmp_path / "set"
    export(rows[:-2], out)
    before = contents(out)
    moved, calls = swap.move_to_free_name, []

    def failing(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise OSError(errno.EIO, "Input/output error")
        moved(source, target)

    monkeypatch.setattr(swap, "exchange", cannot_exchange)
    monkeypatch.setattr(swap, "move_to_free_name", failing)
    with pytest.raises(StorageError, match="cannot be written") as caught:
        export(rows, out, replace=True)
    assert "unchanged" in caught.value.way_out
    assert len(calls) == 3
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "set"]


def test_a_roll_back_that_fails_says_where_the_old_set_lies(
    rows: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the next export puts the old set back, or replaces it."""
    out = tmp_path / "set"
    export(rows[:-2], out)
    before = contents(out)
    moved, calls = swap.move_to_free_name, []

    def failing(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) > 1:
            raise OSError(errno.EIO, "Input/output error")
        moved(source, target)

    monkeypatch.setattr(swap, "exchange", cannot_exchange)
    monkeypatch.setattr(swap, "move_to_free_name", failing)
    with pytest.raises(StorageError, match="could not be moved back") as caught:
        export(rows, out, replace=True)
    aside = tmp_path / ".set.replaced"
    assert str(aside) in str(caught.value)
    assert contents(aside) == before
    monkeypatch.undo()
    with pytest.raises(UsageError, match="already exists"):
        export(rows, out)
    assert contents(out) == before
    assert not aside.exists()


@pytest.mark.parametrize("step", ["sync", "remove_parts"])
def test_an_error_after_the_swap_says_that_the_new_set_is_there(
    rows: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, step: str
) -> None:
    """Whether the disk does not confirm it or the old set cannot be deleted; the next export tidies up."""
    out = tmp_path / "set"
    new = contents(export(rows, out).dataset)
    export(rows[:-2], out, replace=True)
    done = getattr(swap, step)

    def failing(path: Path) -> None:
        if (step == "sync" and path == out.parent) or (step == "remove_parts" and swap.is_set(path)):
            raise OSError(errno.EIO, "Input/output error")
        done(path)

    monkeypatch.setattr(swap, step, failing)
    with pytest.raises(StorageError, match="the new set is at"):
        export(rows, out, replace=True)
    assert contents(out) == new
    monkeypatch.undo()
    export(rows[:-2], out, replace=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "set"]
