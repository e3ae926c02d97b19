"""Reads the sides (train, val, test) of split files and of sets, those of other programs included."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.audit.properties import CLASS_COLUMN, CLASSES
from curate.audit.tables import as_key, read_table
from curate.catalog.phototable import Builder, PhotoTable
from curate.errors import UsageError
from curate.sources.manifest import read_manifest
from curate.workspace import is_workspace
from tracer.base.reading import open_regular, read_json
from tracer.base.text import quoted_path

PhotoKey = int | str
"""A photo in a split: its ID, or its file's name."""

METADATA = ("metadata.parquet", "metadata.csv", "metadata.jsonl")
SIDE_NAMES = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval")
_IDS = "_ids"
_NAME_A_SET = "Name the folder of a set that curate export wrote."
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".gif"}


@dataclass(frozen=True, slots=True)
class Split:
    """One division of photos.

    Attributes:
        place: the file or folder that it was read from.
        sides: side -> the photos in it.
        unused: name of a list of IDs -> the number of its entries that are not IDs.
    """

    place: Path
    sides: dict[str, list[PhotoKey]]
    unused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class FoundSet:
    """A set that was read for an audit.

    Attributes:
        place: its folder.
        photos: its label rows, with those label columns that its table has.
        splits: its splits.
        group_by: the groupings that its manifest names; None if it names none.
        unused: column, or "picture file" -> the number of photos whose value could not be used.
    """

    place: Path
    photos: PhotoTable
    splits: list[Split] = field(default_factory=list)
    group_by: tuple[str, ...] | None = None
    unused: Counter[str] = field(default_factory=Counter)


def keys_of(photos: PhotoTable) -> list[PhotoKey | None]:
    """Return the ID of each photo of a set, or its file name if it has no ID."""
    ids = photos.values("photo_id")
    if None not in ids:
        return ids
    return [file if key is None else key for key, file in zip(ids, photos.values("file_name"), strict=True)]


def split_file(path: Path) -> Split:
    """Read a split file: a JSON object with lists `<side>_ids`, as the paper's public files have them.

    Raises:
        UsageError: the file does not hold such an object.
    """
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            "that split file cannot be read",
            f"{quoted_path(path)}: {getattr(error, 'strerror', None) or error}",
            "Name the folder of a set, or a JSON file of a split.",
        ) from error
    sides: dict[str, list[PhotoKey]] = {}
    unused: Counter[str] = Counter()
    for name, ids in content.items() if isinstance(content, dict) else ():
        if name.endswith(_IDS) and isinstance(ids, list):
            keys = [key for one in ids if (key := as_key(one)) is not None]
            unused[name] += len(ids) - len(keys)
            if keys or not ids:
                sides[name.removesuffix(_IDS)] = keys
    if not sides:
        raise UsageError(
            "that is not a split file",
            f"{quoted_path(path)} has no list such as train_ids",
            "Name a JSON file of a split.",
        )
    return Split(path, sides, unused)


def found_set(folder: Path) -> FoundSet:
    """Read a set: a folder that curate exported, a Hugging Face ImageFolder with a metadata file, or folders of pictures.

    Raises:
        UsageError: the folder holds no photos, or its table cannot be read.
    """
    if is_workspace(folder):
        raise UsageError(
            "that folder holds no set", f"{quoted_path(folder)} is a workspace: its pictures are previews", _NAME_A_SET
        )
    unused: Counter[str] = Counter()
    photos = _photos(folder, unused)
    if "Is Smartphone" in photos:
        told = {True: CLASSES[0], False: CLASSES[1]}
        pairs = zip(photos.values(CLASS_COLUMN), photos.values("Is Smartphone"), strict=True)
        classes = [told.get(flag) if class_ is None else class_ for class_, flag in pairs]
        photos = photos.with_column(CLASS_COLUMN, classes)
    splits = [split_file(path) for path in sorted((folder / "splits").glob("*.json"))]
    splits += [Split(folder, sides)] if (sides := _sides_of(photos)) else []
    return FoundSet(folder, photos, splits, _kept_together(folder), unused)


def _photos(folder: Path, unused: Counter[str]) -> PhotoTable:
    manifest = read_manifest(folder)
    for name in METADATA if manifest is None else (manifest.layout.labels,):
        path = folder / name
        if path.is_file():
            return read_table(path, unused)
    pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _PICTURES and p.is_file())
    if not pictures:
        raise UsageError(
            "that folder holds no set",
            f"{quoted_path(folder)} has neither a table nor pictures",
            _NAME_A_SET,
        )
    hashes = [_sha256(picture) for picture in pictures]
    unused["picture file"] += hashes.count(None)
    built = Builder()
    built.add({"file_name": [one.relative_to(folder).as_posix() for one in pictures], "sha256": hashes}, len(pictures))
    return built.table()


def _sides_of(photos: PhotoTable) -> dict[str, list[PhotoKey]]:
    """Return the sides from a column `split`, or else from the names of the photos' folders."""
    sides: dict[str, list[PhotoKey]] = {}
    for side, key, name in zip(photos.values("split"), keys_of(photos), photos.values("file_name"), strict=True):
        if side is None and name is not None:
            first = name.split("/")[0].casefold()
            side = first if first in SIDE_NAMES and "/" in name else None
        if side is not None and key is not None:
            sides.setdefault(str(side), []).append(key)
    return sides if len(sides) > 1 else {}


def _kept_together(folder: Path) -> tuple[str, ...] | None:
    try:
        manifest = read_json(folder / "manifest.json")
    except (OSError, ValueError):
        return None
    by = manifest.get("group_by") if isinstance(manifest, Mapping) else None
    return tuple(str(word) for word in by) if isinstance(by, list) else None


def _sha256(path: Path) -> str | None:
    """Return the hash of a file's bytes; None if it cannot be read, and then only its content is not compared."""
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
