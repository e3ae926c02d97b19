"""Checks whether a folder is a set that curate wrote, and deletes such a set file by file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from curate.sources.made import IMAGES, MANIFEST, SPLITS, Layout
from curate.sources.manifest import read_manifest
from tracer.base.text import quoted_path

IMAGE_NAME = re.compile(r"(0|[1-9][0-9]{0,18})\.(jpg|png|webp|heic|avif)")
SPLIT_NAME = re.compile(r"split_data_target_attribute=([A-Za-z_ ]+)\.json")

_FOLDERS = {IMAGES: IMAGE_NAME, SPLITS: SPLIT_NAME}


def is_set(folder: Path) -> bool:
    """Whether a folder has the manifest of a set that curate wrote."""
    return read_manifest(folder) is not None


def why_not_replaced(folder: Path) -> str | None:
    """Return in words why a folder must not be replaced; None if it is a set that curate wrote and nothing else."""
    why = why_no_set(folder)
    return why if why is not None or is_set(folder) else "it has no manifest of a set"


def why_no_set(folder: Path) -> str | None:
    """Return why a folder cannot be a set or a part of one; None if it holds nothing except files of a set.

    If it has a manifest, a file that the manifest does not list is not a file of the set.
    """
    if folder.is_symlink() or not folder.is_dir():
        return "it is not a folder"
    manifest = read_manifest(folder)
    files = (Layout.URLS if manifest is None else manifest.layout).files
    listed = None if manifest is None else {MANIFEST, *manifest.files}
    for entry in _entries(folder):
        if entry.name in files and entry.is_file(follow_symlinks=False):
            continue
        pattern = _FOLDERS.get(entry.name)
        if pattern is None or not entry.is_dir(follow_symlinks=False):
            return f"it holds {quoted_path(entry.name)}, which is not part of a set"
        for inner in _entries(entry.path):
            name = f"{entry.name}/{inner.name}"
            if not pattern.fullmatch(inner.name) or not inner.is_file(follow_symlinks=False):
                return f"it holds {quoted_path(name)}, which is not part of a set"
            if listed is not None and name not in listed:
                return f"it holds {quoted_path(name)}, which is not in its manifest"
    return None


def remove_parts(folder: Path) -> None:
    """Delete the files of a set, or of a part of one, and the folders in it. Other files stay.

    The manifest is deleted first, so that the rest cannot be taken for a complete set.

    Raises:
        OSError: something could not be deleted, or a folder in it holds other files.
    """
    for name in (MANIFEST, *Layout.URLS.files):
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
