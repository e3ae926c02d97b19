"""What lenstrace itself wrote: data sets and workspaces. Their pictures are copies and previews, never new photos."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from curate.workspace import SETTINGS

SCHEMA = "lenstrace/dataset/1"
MANIFEST = "manifest.json"
IMAGES, SPLITS = "images", "splits"
FILES = ("README.md", MANIFEST, "croissant.json", "metadata.parquet", "ATTRIBUTION.csv", "audit.json")
"""The files of a data set; beside them it has the folders `images` and `splits`."""

WORKSPACE_PARTS = ("cache", "exports", "runs", "splits")
"""The folders that a workspace fills itself."""

_SCHEMAS = SCHEMA.rsplit("/", 1)[0]


def made_folder(folder: bytes, names: Collection[bytes]) -> str | None:
    """Return what a folder is that lenstrace wrote, in words; None where it is any other one.

    Args:
        folder: its path. names: of what lies in it.
    """
    if os.fsencode(MANIFEST) in names and _is_manifest(Path(os.fsdecode(folder)) / MANIFEST):
        return "a data set that was exported: its pictures are copies of photos"
    if os.fsencode(SETTINGS) in names:
        return "a workspace: name a folder of photos in it by itself"
    if folder.endswith(b".partial") and IMAGES.encode() in names and _only_parts_of_a_set(names):
        return "a data set that is being written"
    return None


def made_above(path: bytes) -> str | None:
    """Return in what lenstrace wrote a path lies (or is), in words; None where it lies in nothing of the kind.

    Photos may lie in a workspace's folder, beside what the workspace fills itself.
    """
    for folder, below in _upwards(path):
        try:
            names = os.listdir(folder)
        except OSError:  # a file, or a folder that may not be read
            continue
        made = made_folder(folder, names)
        if made is None:
            continue
        is_workspace = os.fsencode(SETTINGS) in names and os.fsencode(MANIFEST) not in names
        if not is_workspace or not below:
            return f"{os.fsdecode(folder)} is {made}"
        if below[0] in map(os.fsencode, WORKSPACE_PARTS):
            return f"{os.fsdecode(folder)} is a workspace, and {os.fsdecode(below[0])} is what it fills itself"
    return None


def _upwards(path: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """A path and the folders above it, each with the names that lead from there to the path."""
    below: list[bytes] = []
    while True:
        yield path, list(below)
        above, name = os.path.split(path)
        if above == path:
            return
        path, below = above, [name, *below]


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            manifest = json.loads(file.read(64 << 20))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and str(manifest.get("schema")).startswith(_SCHEMAS)


def _only_parts_of_a_set(names: Collection[bytes]) -> bool:
    return set(names) <= {name.encode() for name in (*FILES, IMAGES, SPLITS)}
