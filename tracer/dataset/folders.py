"""Recognises folders that are not data sets: a curate workspace, a run, an unfinished set, a part of a set, a folder of sets.

They hold pictures (previews, plots, thumbnails, photos) that would be taken for the photos of a set, and their folders for
classes. They are recognised by the files in them. A folder with a metadata file is always a data set.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tracer.base.files import read_sealed
from tracer.base.locks import Held, locked
from tracer.base.parquet import open_parquet
from tracer.base.parsing import Unparsable
from tracer.base.reading import open_regular
from tracer.base.text import command_line, quoted_path
from tracer.dataset.metadata import find_metadata, read_metadata
from tracer.errors import DataSetError, NotASet, TracerError, UsageError

_RESULTS: Final = ("results.parquet", "results.json")
_PARTS_OF_A_RUN: Final = ("embeddings", "shards", "kept", "maps", "plots", "tables", "thumbs")
_HEAD_OF_RESULTS: Final = re.compile(rb'\s*\{\s*"rows":\s*\[\s*(\]|\{\s*"experiment":)')
_HEAD_OF_REPORT: Final = b'<meta name="generator" content="lenstrace">'
_HEAD: Final = 2000
_PARTIAL: Final = ".partial"
_NAMED: Final = 5


def refuse_other_folders(root: Path, is_split: Callable[[str], bool]) -> None:
    """Refuse a folder that is not a data set.

    Args:
        root: the folder, absolute.
        is_split: tells whether a folder's name is that of a part of a split (`train`, `val`, …).

    Raises:
        NotASet: it says what the folder is, and which command to use.
    """
    if root.name.endswith(_PARTIAL):
        raise NotASet(
            f"{quoted_path(root)} is an unfinished data set",
            "its export is still running, or was interrupted",
            "Wait for the export, or start it again: "
            f"{command_line('curate', 'export', root.with_suffix(''), '-w', 'WORKSPACE')}",
        )
    if is_workspace(root):
        raise _workspace(root, root)
    if find_metadata(root):
        return
    if owner := _set_around(root):
        raise NotASet(
            f"{quoted_path(root)} is the {root.relative_to(owner)} folder of the data set {quoted_path(owner)}, "
            "and not a data set of its own",
            "the labels of its photos are in the set's metadata",
            f"Name the set: {command_line('tracer', 'evaluate', owner, '-o', 'RUN')}",
        )
    sets = _sets_in(root, is_split)
    if sets:
        shown = ", ".join(path.name for path in sets[:_NAMED]) + (", …" if len(sets) > _NAMED else "")
        raise NotASet(
            f"{quoted_path(root)} is not a data set, but a folder with {'one' if len(sets) == 1 else len(sets)} in it",
            shown,
            f"Name one of them: {command_line('tracer', 'evaluate', sets[0], '-o', 'RUN')}",
        )
    if owner := _workspace_around(root):
        raise _workspace(root, owner)
    run = root if is_run(root) else root.parent
    if run is root or (root.name in _PARTS_OF_A_RUN and is_run(run)):
        raise NotASet(
            f"{quoted_path(root)} is {'a run folder' if run is root else 'a part of a run folder'}, and not a data set",
            "it holds what tracer made from a set",
            "Name the set's folder. To write the run's page again: " + command_line("tracer", "report", run),
        )


def what_else(folder: Path) -> str:
    """Return, in words, what a folder below a set is, where its pictures do not belong to the set; "" for a plain folder."""
    try:
        if is_workspace(folder):
            return "a curate workspace"
        if folder.name.endswith(_PARTIAL):
            return "an unfinished data set"
        if find_metadata(folder):
            return "a data set of its own"
        return "a run folder" if is_run(folder) else ""
    except PermissionError:  # the caller's walk reports it
        return ""


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a curate workspace."""
    return (folder / "workspace.toml").is_file() and (folder / "catalog.sqlite").is_file()


def is_run(folder: Path) -> bool:
    """Whether a folder is a run: it holds results, embeddings, or parts of them."""
    if any((folder / name).is_file() and _FILES_OF_A_RUN[name](folder / name) for name in _RESULTS):
        return True
    return any((folder / "shards").glob("*/photos.hashes")) or any((folder / "embeddings").glob("**/*.safetensors"))


def run_folder(path: Path) -> Path:
    """Return the absolute path of a folder that results may be written to: a new one, an empty one, or a run.

    Raises:
        UsageError: it is a file, or holds something else.
        TracerError: it cannot be made.
    """
    folder = path.expanduser().resolve()
    try:
        place = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if place.is_dir() and place != folder:  # tried, since permissions do not tell: by those of /proc, root may
            os.rmdir(tempfile.mkdtemp(prefix=".", dir=place))
    except OSError as error:
        raise TracerError(
            f"{quoted_path(path)} cannot be made", str(error.strerror), "Name a folder with -o that can be written."
        ) from error
    if not place.is_dir():
        raise UsageError(
            f"{quoted_path(path)} cannot be a run folder",
            f"{quoted_path(place)} is a file",
            "Name a new folder with -o.",
        )
    if place != folder:
        return folder
    if why := _why_no_run(folder):
        raise UsageError(
            f"{quoted_path(path)} is neither empty nor a run folder", why, "Name a new folder with -o, as in -o RUN."
        )
    return folder


@contextlib.contextmanager
def working_in(run: Path) -> Iterator[None]:
    """Let no other call work in a run folder meanwhile: each would remove pieces and results of the other.

    Raises:
        TracerError: another call works in it, or it cannot be made.
    """
    with contextlib.ExitStack() as holding:
        try:
            holding.enter_context(locked(run))
        except Held as held:
            raise _in_use(run, held) from None
        except OSError as error:
            raise TracerError(
                f"{quoted_path(run)} cannot be worked in",
                f"{quoted_path(error.filename or run)}: {error.strerror}",
                "Name a folder with -o that can be written, or remove what is in the way.",
            ) from error
        yield


def _in_use(run: Path, held: Held) -> TracerError:
    return TracerError(
        f"{quoted_path(run)} is in use",
        f"{held} is embedding or measuring in it",
        "Wait until it has ended and run the command again, which takes over what is done; or name another folder with -o.",
    )


def refuse_strangers(run: Path) -> None:
    """Check a run folder again before results are written to it, since it may have changed during the evaluation.

    Raises:
        TracerError: it is now a link, or holds files that are not a run's.
    """
    why = "it was replaced by a link" if run.is_symlink() else _why_no_run(run)
    if why:
        raise TracerError(
            f"{quoted_path(run)} changed during the evaluation, and the results were not written to it",
            why,
            "Nothing in it was changed. Move it away and run the same command again: what is embedded and measured is kept.",
        )


def _why_no_run(folder: Path) -> str | None:
    """Why results may not be written to a folder, in words; None where it is absent, empty or a run.

    The files that an evaluation would overwrite or delete are recognised by their content, not only by their names.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "it is a file"
    if find_metadata(folder) or is_workspace(folder):
        return "it is a data set" if find_metadata(folder) else "it is a curate workspace"
    there = [name for name in _FILES_OF_A_RUN if os.path.lexists(folder / name)]
    for name in there:
        if not _FILES_OF_A_RUN[name](folder / name):
            return f"its {name} was not written by tracer, or is damaged"
    if there or any((folder / "shards").glob("*/photos.hashes")) or _has_embeddings(folder) or _has_outcomes(folder):
        return None
    if _has_no_file(folder):
        return None
    held = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    return f"it holds {', '.join(held[:3])}{', …' if len(held) > 3 else ''}"


def _has_no_file(folder: Path) -> bool:
    """Whether a folder and the folders below it hold no files except hidden ones."""
    return all(name.startswith(".") for _, _, names in os.walk(folder) for name in names)


def _has_outcomes(folder: Path) -> bool:
    """Whether there is an outcome that an evaluation kept, whole."""
    return any(read_sealed(path) is not None for path in (folder / "kept").glob("*.outcome"))


def _has_embeddings(folder: Path) -> bool:
    from tracer.base.tensors import open_tensors

    for path in (folder / "embeddings").glob("**/*.safetensors"):
        with contextlib.suppress(OSError, ValueError, TypeError), open_tensors(path) as file:
            if "lenstrace" in file.metadata:
                return True
    return False


def _begins(path: Path, matches: Callable[[bytes], object]) -> bool:
    try:
        with open_regular(path) as file:
            return bool(matches(file.read(_HEAD)))
    except OSError:
        return False


def _has_columns(path: Path) -> bool:
    """Whether a parquet file has the columns of the two that an evaluation writes."""
    try:
        with open_parquet(path) as file:
            names = {*file.schema.names}
    except (OSError, Unparsable):
        return False
    return {"experiment", "encoder", "attribute", "setting", "metric", "value"} <= names


_FILES_OF_A_RUN: Final[dict[str, Callable[[Path], bool]]] = {
    "results.parquet": _has_columns,
    "results.json": lambda path: _begins(path, _HEAD_OF_RESULTS.match),
    "photos.parquet": _has_columns,
    "report.html": lambda path: _begins(path, lambda head: _HEAD_OF_REPORT in head),
}
"""The files at the top of a run folder, each with the test whether tracer wrote it."""


def _workspace(root: Path, owner: Path) -> NotASet:
    what = "a curate workspace" if root == owner else f"a folder of the curate workspace {quoted_path(owner)}"
    return NotASet(
        f"{quoted_path(root)} is {what}, and not a data set",
        "its pictures are previews and exports",
        f"To export its photos and evaluate them: {command_line('curate', 'evaluate', owner)}",
    )


def _workspace_around(root: Path) -> Path | None:
    """The workspace whose `cache/`, `runs/` or `exports/` this folder is or lies in.

    None for a single export, and for a user's photos in a workspace. None also for a hidden folder in the cache: curate makes
    such folders to have photos embedded.
    """
    for parent in root.parents:
        if is_workspace(parent):
            inside = root.relative_to(parent).parts
            scratch = any(part.startswith(".") for part in inside)
            return parent if (inside[0] in ("cache", "runs") and not scratch) or inside == ("exports",) else None
    return None


def _set_around(root: Path) -> Path | None:
    """The set that this folder is a part of: the set's metadata names photos in the folder, or the folder holds its splits."""
    for parent in root.parents:
        if metadata := find_metadata(parent):
            inside = f"{root.relative_to(parent).as_posix()}/"
            if inside == "splits/" or any(str(name).startswith(inside) for name in _names_in(metadata)):
                return parent
    return None


def _names_in(metadata: Path) -> list[object]:
    """The photos that a metadata file names; none where it cannot be read as a set's."""
    try:
        return read_metadata(metadata)["file_name"].tolist()
    except DataSetError:
        return []


def _sets_in(root: Path, is_split: Callable[[str], bool]) -> list[Path]:
    """The data sets directly below a folder. Parts of a set (`train`, `val`) do not count as sets."""
    below = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return [
        path for path in below
        if not is_split(path.name) and not path.name.endswith(_PARTIAL) and os.access(path, os.R_OK | os.X_OK)
        and (find_metadata(path) or _has_parts(path, is_split))
    ]  # fmt: skip


def _has_parts(folder: Path, is_split: Callable[[str], bool]) -> bool:
    return sum(is_split(path.name) for path in folder.iterdir() if path.is_dir()) > 1
