"""Finds the files of a data set folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.dataset.folders import what_else
from tracer.dataset.links import LINK_OUT, Links


@dataclass(frozen=True, slots=True)
class Problem:
    """A file, folder or row that the table leaves out.

    Attributes:
        path: relative to the set.
        reason: why it is left out.
    """

    path: str
    reason: str


_SPLIT_FOLDERS: Final = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test",
    "testing": "test",
}  # fmt: skip


def files_below(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yield the relative paths of the regular files below `root`, sorted. Hidden files and folders are skipped.

    Args:
        root: the data set's folder.
        problems: receives the linked folders, links out of the set, and other entries that are left out.
    """
    links = Links(root)
    for folder, folders, files in os.walk(root, onerror=lambda error: _listed(error, root, problems)):
        here = Path(folder)
        linked = [
            shown_name(relative_name(here / name, root)) for name in sorted(folders) if (here / name).is_symlink()
        ]
        problems.extend(Problem(name, "a linked folder is not followed") for name in linked)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*folders]:
            if not (here / name).is_symlink() and (other := what_else(here / name)):
                folders.remove(name)
                problems.append(
                    Problem(shown_name(relative_name(here / name, root)), f"{other}, not photos of this set")
                )
        if here == root and "splits" in folders:
            folders.remove("splits")
        for name in sorted(files):
            if name.startswith("."):
                continue
            if links.lead_out(here / name):
                problems.append(Problem(shown_name(relative_name(here / name, root)), LINK_OUT))
            elif is_file(here / name):
                yield relative_name(here / name, root)
            else:
                problems.append(Problem(shown_name(relative_name(here / name, root)), "not a regular file"))


def _listed(error: OSError, root: Path, problems: list[Problem]) -> None:
    problems.append(Problem(shown_name(relative_name(Path(error.filename), root)), f"cannot be read: {error.strerror}"))


def relative_name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        raise
    except OSError:  # the name is too long for the file system
        return False


def shown_name(name: str) -> str:
    """Return a file's name as text; bytes that are not UTF-8 become replacement characters (�)."""
    return os.fsencode(name).decode("utf-8", "replace")


def folders_in(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir())


def split_of(name: object) -> str | None:
    return _SPLIT_FOLDERS.get(name.lower()) if isinstance(name, str) else None
