"""What somebody calls train, val and test, read from split files and from sets, ours or not."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.audit.properties import CLASS_COLUMN, CLASSES
from curate.catalog.labels import LabelRow
from curate.errors import UsageError

PhotoKey = int | str
"""What names a photo in a split: its ID, or its file's name."""

METADATA = ("metadata.parquet", "metadata.csv", "metadata.jsonl")
SIDE_NAMES = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval")
_IDS = "_ids"
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp", ".gif"}


@dataclass(frozen=True, slots=True)
class Split:
    """One division of photos. `sides`: side -> the photos in it. `place`: the file or folder that says so."""

    place: Path
    sides: dict[str, list[PhotoKey]]


@dataclass(frozen=True, slots=True)
class FoundSet:
    """A set's photos, as far as it tells.

    Attributes:
        place: its folder. rows: label rows, as many columns as there are. splits: its divisions.
        group_by: what it says was kept on one side; None where it does not say.
    """

    place: Path
    rows: list[LabelRow]
    splits: list[Split] = field(default_factory=list)
    group_by: tuple[str, ...] | None = None


def key_of(row: LabelRow) -> PhotoKey | None:
    """Return what names a photo of a set in its splits."""
    key = row.get("photo_id")
    return key if key is not None else row.get("file_name")


def split_file(path: Path) -> Split:
    """Read a split file: a JSON object with lists `<side>_ids`, as the paper's public files have them.

    Raises:
        UsageError: it holds no such object.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            "that split file cannot be read", f"{path}: {error}", "Name a JSON file of a split."
        ) from error
    sides = {
        name.removesuffix(_IDS): ids
        for name, ids in (content.items() if isinstance(content, dict) else ())
        if name.endswith(_IDS) and isinstance(ids, list) and all(type(i) in (int, str) for i in ids)
    }
    if not sides:
        raise UsageError(
            "that is no split file", f"{path} holds no list such as train_ids", "Name a JSON file of a split."
        )
    return Split(path, sides)


def found_set(folder: Path) -> FoundSet:
    """Read a set: our folder, a Hugging Face ImageFolder with a metadata file, or plain folders of pictures.

    Raises:
        UsageError: the folder holds no photos, or its table cannot be read.
    """
    rows = _rows(folder)
    for row in rows:
        if row.get(CLASS_COLUMN) is None and isinstance(row.get("Is Smartphone"), bool):
            row[CLASS_COLUMN] = CLASSES[0] if row["Is Smartphone"] else CLASSES[1]
    splits = [split_file(path) for path in sorted((folder / "splits").glob("*.json"))]
    splits += [Split(folder, sides)] if (sides := _sides_of(rows)) else []
    return FoundSet(folder, rows, splits, _kept_together(folder))


def _rows(folder: Path) -> list[LabelRow]:
    for name in METADATA:
        path = folder / name
        if path.is_file():
            try:
                rows = list(_table(path))
            except (OSError, ValueError, ArithmeticError) as error:
                raise UsageError("the set's table cannot be read", f"{path}: {error}", "Check the file.") from error
            for row in rows:
                row.setdefault("file_name", None)
            return rows
    pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _PICTURES and p.is_file())
    if not pictures:
        raise UsageError(
            "that folder holds no set", f"{folder} has neither a table nor pictures", "Name a set's folder."
        )
    return [{"file_name": p.relative_to(folder).as_posix(), "sha256": _sha256(p)} for p in pictures]


def _table(path: Path) -> Iterator[LabelRow]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        yield from pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            for row in csv.DictReader(file):
                yield {name: _typed(name, value) for name, value in row.items() if isinstance(name, str)}
    else:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for line in file:
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError("a line holds no object")
                    yield row


_NUMBERS = ("photo_id", "width", "height", "orientation", "jpeg_quality", "subject_idx", "scene_idx")


def _typed(name: str, value: Any) -> Any:
    """A CSV cell as the table of types has it: empty is null."""
    if not isinstance(value, str) or value == "":
        return None
    if name in _NUMBERS and value.lstrip("-").isdecimal():
        return int(value)
    if name in ("Is Smartphone", "edited") and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _sides_of(rows: Sequence[LabelRow]) -> dict[str, list[PhotoKey]]:
    """The sides that a column `split` names, or that the photos' folders are called after."""
    sides: dict[str, list[PhotoKey]] = {}
    for row in rows:
        side, key = row.get("split"), key_of(row)
        if side is None and isinstance(name := row.get("file_name"), str):
            first = name.split("/")[0].casefold()
            side = first if first in SIDE_NAMES and "/" in name else None
        if side is not None and key is not None:
            sides.setdefault(str(side), []).append(key)
    return sides if len(sides) > 1 else {}


def _kept_together(folder: Path) -> tuple[str, ...] | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    by = manifest.get("group_by") if isinstance(manifest, Mapping) else None
    return tuple(str(word) for word in by) if isinstance(by, list) else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
