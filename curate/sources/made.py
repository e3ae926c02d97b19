"""Recognises folders that lenstrace wrote: data sets, workspaces, runs. Their pictures are copies, previews and plots."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from pathlib import Path

from curate.errors import UsageError, command
from curate.workspace import free_folder, is_workspace
from tracer.base.reading import open_regular, read_json

SCHEMA = "lenstrace/dataset/1"
MANIFEST = "manifest.json"
IMAGES, SPLITS = "images", "splits"
METADATA, LABELS = "metadata.parquet", "labels.parquet"
CARD = "README.md"
FILES = (CARD, MANIFEST, "croissant.json", METADATA, "ATTRIBUTION.csv", "audit.json")
"""The files of a data set, which also has the folders `images` and `splits`."""


class Layout(StrEnum):
    """The layout of a set's folder.

    `IMAGEFOLDER` has the pictures and their labels in metadata.parquet. `URLS` has no pictures: metadata.parquet has
    FlickrExif's columns, and labels.parquet all labels.
    """

    IMAGEFOLDER = "imagefolder"
    URLS = "urls"

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files of a set."""
        return FILES if self is Layout.IMAGEFOLDER else (*FILES, LABELS)

    @property
    def labels(self) -> str:
        """The name of the file with all labels."""
        return METADATA if self is Layout.IMAGEFOLDER else LABELS


WORKSPACE_PARTS = ("cache", "exports", "originals", "runs", "splits")
"""The folders that a workspace fills itself."""


_RESULTS, _TABLE = "results.json", "results.parquet"
_HEAD_OF_RESULTS = re.compile(rb'\s*\{\s*"rows":\s*\[\s*(\]|\{\s*"experiment":)')
_PARTS_OF_A_RUN = {
    "embeddings", "shards", "kept", "maps", "plots", "tables", "thumbs",
    _RESULTS, _TABLE, "photos.parquet", "report.html",
}  # fmt: skip
_FIRST_OF_A_RUN = {"embeddings", "shards", _TABLE}
"""What an evaluation writes first; an interrupted run holds at least one of these."""


class Made(StrEnum):
    """The kind of a folder that lenstrace wrote, in words."""

    SET = "a data set that was exported: its pictures are copies of photos"
    UNFINISHED_SET = "a data set that is being written"
    WORKSPACE = "a workspace; to ingest a folder of photos in it, name that folder"
    RUN = "a run of an evaluation: its pictures are plots and small copies of a set's photos"


_SCHEMAS = SCHEMA.rsplit("/", 1)[0]


def made_folder(folder: bytes) -> Made | None:
    """Return the kind of a folder that lenstrace wrote; None for any other folder."""
    place = Path(os.fsdecode(folder))
    if _is_manifest(place / MANIFEST):
        return Made.SET
    if is_workspace(place):
        return Made.WORKSPACE
    if place.suffix == ".partial" and _holds_only_parts_of_a_set(place):
        return Made.UNFINISHED_SET
    if _is_run(place):
        return Made.RUN
    return None


def made_above(path: bytes) -> str | None:
    """Return in words which folder that lenstrace wrote a path is or lies in; None if there is none.

    Photos may lie in a workspace's folder, outside of the folders that the workspace fills itself.
    """
    for folder, below in upwards(path):
        made = made_folder(folder)
        if made is None:
            continue
        if not below or made is not Made.WORKSPACE:
            return f"{os.fsdecode(folder)} is {made}"
        if below[0] in map(os.fsencode, WORKSPACE_PARTS):
            return f"{os.fsdecode(folder)} is a workspace, and {os.fsdecode(below[0])} is a folder that it fills itself"
    return None


def why_no_place(place: Path, fit: Collection[str]) -> str | None:
    """Return why a set or run must not be written to a path; None if it may be written there.

    It must not be written into a folder that lenstrace fills itself, but it may lie in a workspace outside of these folders.

    Args:
        place: the path of the set or run.
        fit: those folders of a workspace below which it may lie.
    """
    for folder, below in upwards(os.fsencode(os.path.realpath(place))):
        made, shown = made_folder(folder), os.fsdecode(folder)
        if made is Made.WORKSPACE:
            part = os.fsdecode(below[0]) if below else ""
            if not below:
                return f"{shown} is a workspace"
            if part in WORKSPACE_PARTS and (part not in fit or len(below) == 1):
                return f"{shown} is a workspace, and {part} is a folder that it fills itself"
            return None
        if made is not None and below:
            return f"{shown} is {made}"
    return None


def refuse_made(folder: Path) -> None:
    """Refuse a folder for a new workspace that lenstrace wrote, or that lies in such a folder.

    Raises:
        UsageError: the folder is refused; the message names a free folder.
    """
    path = os.fsencode(os.path.abspath(folder))
    inside = made_above(path)
    if inside is not None:
        made = next(Path(os.fsdecode(above)) for above, _ in upwards(path) if made_folder(above) is not None)
        raise UsageError(
            "a workspace cannot be made there", inside, f"Choose another place: {command('new', free_folder(made))}"
        )


def upwards(path: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield a path and each folder above it, each with the names that lead from there to the path."""
    below: list[bytes] = []
    while True:
        yield path, list(below)
        above, name = os.path.split(path)
        if above == path:
            return
        path, below = above, [name, *below]


def _is_manifest(path: Path) -> bool:
    try:
        manifest = read_json(path)
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and str(manifest.get("schema")).startswith(_SCHEMAS)


def _holds_only_parts_of_a_set(folder: Path) -> bool:
    names = _names(folder)
    return bool({IMAGES, LABELS} & names) and names <= {*Layout.URLS.files, IMAGES, SPLITS}


def _is_run(folder: Path) -> bool:
    """Whether a folder is a run: it has both files of results, or holds parts of a run and nothing else.

    A copy of one of these files among photos does not make their folder a run.
    """
    if (folder / _TABLE).exists():
        with contextlib.suppress(OSError), open_regular(folder / _RESULTS) as file:
            if _HEAD_OF_RESULTS.match(file.read(200)):
                return True
    begun = any((folder / name).exists() for name in _FIRST_OF_A_RUN)
    return begun and {name for name in _names(folder) if not name.startswith(".")} <= _PARTS_OF_A_RUN


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:  # not a folder, or not readable
        return set()
