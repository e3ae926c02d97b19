"""What lies at the place of a set: whether it is a set of ours, and the deletion of one, file by file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from curate.sources.made import FILES, IMAGES, MANIFEST, SPLITS
from curate.sources.manifest import read_manifest
from tracer.base.text import quoted_path

IMAGE_NAME = re.compile(r"(0|[1-9][0-9]{0,18})\.(jpg|png|webp|heic|avif)")
SPLIT_NAME = re.compile(r"split_data_target_attribute=([A-Za-z_ ]+)\.json")

_FOLDERS = {IMAGES: IMAGE_NAME, SPLITS: SPLIT_NAME}


def is_set(folder: Path) -> bool:
    """Whether a folder holds a set of ours: its manifest says so."""
    return read_manifest(folder) is not None


def why_not_replaced(folder: Path) -> str | None:
    """Return why a place may not be replaced, in words, or None where a set of ours lies there and nothing else."""
    why = why_no_set(folder)
    return why if why is not None or is_set(folder) else "it holds no manifest of a set"


def why_no_set(folder: Path) -> str | None:
    """Return why a folder cannot be (a part of) a set, or None where it holds nothing that a set does not hold.

    Where there is a manifest, it lists the set's files, and another one is not the set's.
    """
    if folder.is_symlink() or not folder.is_dir():
        return "it is not a folder"
    manifest = read_manifest(folder)
    listed = None if manifest is None else {MANIFEST, *manifest.files}
    for entry in _entries(folder):
        if entry.name in FILES and entry.is_file(follow_symlinks=False):
            continue
        pattern = _FOLDERS.get(entry.name)
        if pattern is None or not entry.is_dir(follow_symlinks=False):
            return f"it holds {quoted_path(entry.name)}, which no set holds"
        for inner in _entries(entry.path):
            name = f"{entry.name}/{inner.name}"
            if not pattern.fullmatch(inner.name) or not inner.is_file(follow_symlinks=False):
                return f"it holds {quoted_path(name)}, which no set holds"
            if listed is not None and name not in listed:
                return f"it holds {quoted_path(name)}, which is not in its manifest"
    return None


def remove_parts(folder: Path) -> None:
    """Delete the files of a set, or of a part of one, and the folders in it. What no set holds stays.

    The manifest goes first: without it nobody takes what is left for a whole set.

    Raises:
        OSError: something could not be deleted, or a folder in it holds what no set holds.
    """
    for name in (MANIFEST, *FILES):
        (folder / name).unlink(missing_ok=True)
    for name, pattern in _FOLDERS.items():
        inner = folder / name
        if not inner.is_symlink() and inner.is_dir():
            for entry in _entries(inner):
                if pattern.fullmatch(entry.name):
                    os.unlink(entry.path)
            inner.rmdir()


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
