"""The files of a data set folder: walked, named and told apart."""

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
    """Something that the table leaves out, and why. `path` is relative to the set."""

    path: str
    reason: str


_SPLIT_FOLDERS: Final = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test",
    "testing": "test",
}  # fmt: skip


def files_below(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Relative paths of the regular files below `root`, sorted; hidden ones are passed over, linked folders are
    listed."""
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
                    Problem(shown_name(relative_name(here / name, root)), f"{other}, and no photos of this set")
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
                problems.append(Problem(shown_name(relative_name(here / name, root)), "no regular file"))


def _listed(error: OSError, root: Path, problems: list[Problem]) -> None:
    problems.append(Problem(shown_name(relative_name(Path(error.filename), root)), f"cannot be read: {error.strerror}"))


def relative_name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        raise
    except OSError:  # its name is longer than names can be
        return False


def shown_name(name: str) -> str:
    """A file's name as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(name).decode("utf-8", "replace")


def folders_in(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir())


def split_of(name: object) -> str | None:
    return _SPLIT_FOLDERS.get(name.lower()) if isinstance(name, str) else None
