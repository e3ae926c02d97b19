"""What lenstrace itself wrote: data sets and workspaces. Their pictures are copies and previews, never new photos."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from curate.workspace import SETTINGS

SCHEMA = "lenstrace/dataset/1"
MANIFEST = "manifest.json"
IMAGES, SPLITS = "images", "splits"
FILES = ("README.md", MANIFEST, "croissant.json", "metadata.parquet", "ATTRIBUTION.csv", "audit.json")
"""The files of a data set; beside them it has the folders `images` and `splits`."""

WORKSPACE_PARTS = ("cache", "exports", "runs", "splits")
"""The folders that a workspace fills itself."""


class Made(StrEnum):
    """What a folder is that lenstrace wrote, in words."""

    SET = "a data set that was exported: its pictures are copies of photos"
    UNFINISHED_SET = "a data set that is being written"
    WORKSPACE = "a workspace: name a folder of photos in it by itself"


_SCHEMAS = SCHEMA.rsplit("/", 1)[0]


def made_folder(folder: bytes) -> Made | None:
    """Return what a folder is that lenstrace wrote; None where it is any other one."""
    place = Path(os.fsdecode(folder))
    if _is_manifest(place / MANIFEST):
        return Made.SET
    if (place / SETTINGS).is_file():
        return Made.WORKSPACE
    if place.suffix == ".partial" and _holds_only_parts_of_a_set(place):
        return Made.UNFINISHED_SET
    return None


def made_above(path: bytes) -> str | None:
    """Return in what lenstrace wrote a path lies (or is), in words; None where it lies in nothing of the kind.

    Photos may lie in a workspace's folder, beside what the workspace fills itself.
    """
    for folder, below in _upwards(path):
        made = made_folder(folder)
        if made is None:
            continue
        if not below or made is not Made.WORKSPACE:
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


def _holds_only_parts_of_a_set(folder: Path) -> bool:
    try:
        names = set(os.listdir(folder))
    except OSError:  # a file, or a folder that may not be read
        return False
    return IMAGES in names and names <= {*FILES, IMAGES, SPLITS}
