"""Checking a set as a stranger would: from its files alone."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.cameras.types import CameraType
from curate.catalog.labels import LabelRow
from curate.errors import UsageError
from curate.export import table
from curate.export.folder import IMAGE_NAME, SPLIT_NAME
from curate.export.privacy import CannotClean, Container, container, header_size, orientation, private_left
from curate.export.write import MOST_BYTES
from curate.sources.made import FILES, IMAGES, MANIFEST, SCHEMA, SPLITS
from curate.splits.check import defects, leaks
from curate.splits.groups import GROUP_BY, groups
from curate.splits.make import SIDES, label_text
from tracer.base.reading import open_regular, read_bytes, read_json
from tracer.base.text import counted, quoted_path

_MOST_EXACT = 2**53
_CARD_CONFIG = ("config_name: default", "split: train", "images/**", "metadata.parquet")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a set.

    Attributes:
        check: which check found it: `manifest`, `files`, `hashes`, `labels`, `ids`, `images`, `privacy`, `pairs`,
            `splits`, `leaks`, `card`.
        path: the file, relative to the set.
        what: one sentence.
    """

    check: str
    path: str
    what: str


def verify_set(path: Path) -> list[Problem]:
    """Return what is wrong with an exported set; an empty list means that it keeps every promise that can be checked.

    Checked are: each file's sha256, and that none is missing or added; the columns' types; IDs (integer, unique, exact
    in JSON) and file names; that images open, have the stated size and orientation, and hold no private metadata;
    pairs; form, balance and coverage of the splits, and that their sides share no photo and no group (by owner, scene,
    sha256; near duplicates were told by hashes that are no part of a set); card and attribution.

    Raises:
        UsageError: the path is no folder.
    """
    if not path.is_dir():
        raise UsageError(f"{quoted_path(path)} is no folder", way_out="Name the folder of a set.")
    try:
        manifest = read_json(path / MANIFEST)
        if manifest.get("schema") != SCHEMA:
            raise ValueError(f"its schema is {manifest.get('schema')!r}, not {SCHEMA!r}")
        listed = {str(name): str(digest) for name, digest in manifest["files"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        return [Problem("manifest", MANIFEST, f"it cannot be read: {error}")]
    problems = [*_check_files(path, listed)]
    keep_gps = manifest.get("keep_gps") is True
    try:
        with open_regular(path / "metadata.parquet") as file:
            metadata = pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        return [*problems, Problem("labels", "metadata.parquet", f"it cannot be read: {error}")]
    typing = [*_check_schema(metadata.schema, keep_gps)]
    problems += typing
    if any(problem.check == "labels" and "misses" in problem.what for problem in typing):
        return problems
    rows: list[LabelRow] = metadata.to_pylist()
    problems += _check_rows(rows, listed)
    problems += _check_pairs(rows)
    for row in rows:
        problems += _check_image(path, row, keep_gps)
    problems += _check_splits(path, rows, manifest, listed)
    problems += _check_card(path, rows)
    return problems


def _check_files(path: Path, listed: Mapping[str, str]) -> Iterator[Problem]:
    there = set()
    for entry in sorted(path.rglob("*")):
        name = entry.relative_to(path).as_posix()
        if entry.is_symlink():
            yield Problem("files", name, "it is a link")
        elif entry.is_dir():
            if name not in (IMAGES, SPLITS):
                yield Problem("files", name, "a set holds no such folder")
        elif not entry.is_file():
            yield Problem("files", name, "it is not a regular file")
        elif name != MANIFEST:
            there.add(name)
    for name in sorted(there - listed.keys()):
        yield Problem("files", name, "it is not in the manifest")
    for name, digest in sorted(listed.items()):
        folder, _, last = name.rpartition("/")
        known = {IMAGES: IMAGE_NAME, SPLITS: SPLIT_NAME}.get(folder)
        if not (known.fullmatch(last) if known else name in FILES):
            yield Problem("files", name, "the manifest lists a name that no set holds")
        elif name not in there:
            yield Problem("files", name, "it is missing")
        elif _sha256(path / name) != digest:
            yield Problem("hashes", name, "its sha256 differs from the manifest's")
    for name in FILES:
        if name != MANIFEST and name not in listed:
            yield Problem("files", name, "the manifest does not list it")


def _check_schema(found: pa.Schema, keep_gps: bool) -> Iterator[Problem]:
    expected = table.schema(keep_gps, [name for name in table.EXTRA_COLUMNS if name in found.names])
    for field in expected:
        if field.name not in found.names:
            yield Problem("labels", "metadata.parquet", f"it misses the column {field.name!r}")
        elif found.field(field.name).type != field.type:
            kind = found.field(field.name).type
            yield Problem("labels", "metadata.parquet", f"{field.name!r} is {kind}, not {field.type}")
    for name in found.names:
        if name not in expected.names:
            private = name in table.schema(keep_gps=True).names
            yield Problem(
                "privacy" if private else "labels", "metadata.parquet", f"it holds a column {name!r} that it should not"
            )


def _check_rows(rows: list[LabelRow], listed: Mapping[str, str]) -> Iterator[Problem]:
    def problem(check: str, what: str) -> Problem:
        return Problem(check, "metadata.parquet", what)

    for column in ("photo_id", "sha256", "file_name"):
        for value, n in Counter(row[column] for row in rows).items():
            if value is None:
                yield problem("ids", f"no {column} in {counted(n, 'row')}")
            elif n > 1:
                yield problem("ids", f"{column} {value} stands in {n} rows")
    for row in rows:
        photo_id, name = row["photo_id"], str(row["file_name"])
        if type(photo_id) is not int or not 0 <= photo_id < _MOST_EXACT:
            yield problem("ids", f"photo_id {photo_id} is no integer that JSON keeps exactly")
        match = IMAGE_NAME.fullmatch(name.removeprefix(f"{IMAGES}/"))
        if not name.startswith(f"{IMAGES}/") or match is None or match[1] != str(photo_id):
            yield problem("ids", f"file_name {name!r} is not {IMAGES}/<photo_id>.<ext>")
        if row["camera_type"] is not None:
            if row["camera_type"] not in list(CameraType):
                yield problem("labels", f"photo {photo_id} has the unknown camera type {row['camera_type']!r}")
                continue
            kind = CameraType(row["camera_type"])
            if (row["Is Smartphone"], row["camera_class"]) != (kind.is_smartphone, kind.camera_class):
                yield problem("labels", f"photo {photo_id}: camera type and camera class disagree")
    named = {str(row["file_name"]) for row in rows}
    for name in sorted(name for name in listed if name.startswith(f"{IMAGES}/") and name not in named):
        yield Problem("labels", name, "it has no row in metadata.parquet")


def _check_pairs(rows: list[LabelRow]) -> Iterator[Problem]:
    subjects: dict[int, int] = Counter(row["subject_idx"] for row in rows if row["subject_idx"] is not None)
    for subject, n in sorted(subjects.items()):
        if n < 2:
            yield Problem("pairs", "metadata.parquet", f"subject {subject} has only one photo")


def _check_image(path: Path, row: LabelRow, keep_gps: bool) -> Iterator[Problem]:
    name = str(row["file_name"])
    if not IMAGE_NAME.fullmatch(name.removeprefix(f"{IMAGES}/")) or not name.startswith(f"{IMAGES}/"):
        return  # said already; and no path from a table is followed out of the set
    try:
        data = read_bytes(path / name, MOST_BYTES)
    except FileNotFoundError:
        yield Problem("images", name, "it is missing")
        return
    except OSError as error:
        yield Problem("images", name, f"it cannot be read: {error.strerror}")
        return
    try:
        yield from (Problem("privacy", name, f"it holds {what}") for what in private_left(data, keep_gps))
        size, turned = header_size(data), orientation(data)
        by_exif = container(data) not in (Container.HEIC, Container.AVIF)
    except CannotClean as reason:
        yield Problem("images", name, f"{reason}")
        return
    if size is None:
        yield Problem("images", name, "it cannot be opened")
    elif row["width"] is not None and sorted(size) != sorted((row["width"], row["height"])):
        said = f"{row['width']} × {row['height']}"
        yield Problem("images", name, f"it is {size[0]} × {size[1]}, and the table says {said}")
    if by_exif and turned != (row["orientation"] or 1):
        yield Problem("images", name, f"its orientation is {turned}, and the table says {row['orientation']}")


def _check_splits(
    path: Path, rows: list[LabelRow], manifest: Mapping[str, Any], listed: Mapping[str, str]
) -> Iterator[Problem]:
    by = [word for word in manifest.get("group_by", ()) if word in GROUP_BY]
    group_of = dict(zip((row["photo_id"] for row in rows), groups(rows, by), strict=True))
    row_of = {row["photo_id"]: row for row in rows}
    for file in sorted(name for name in listed if name.startswith(f"{SPLITS}/")):
        match = SPLIT_NAME.fullmatch(file.removeprefix(f"{SPLITS}/"))
        if match is None or not (path / file).is_file():
            continue  # said already
        attribute = match[1]
        try:
            content = read_json(path / file)
        except ValueError as error:
            yield Problem("splits", file, f"it is no JSON: {error}")
            continue
        wrong = defects(content, attribute)
        yield from (Problem("splits", file, what) for what in wrong)
        if wrong:
            continue
        yield from (Problem("splits", file, what) for what in _disagreements(content, attribute, row_of))
        for leak in leaks(content, group_of):
            what = f"{leak.a} and {leak.b} share {leak.count} {leak.kind}s, such as {leak.examples[0]}"
            yield Problem("leaks", file, what)
    sides = defaultdict(set)
    for row in rows:
        if row["split"] not in (None, *SIDES):
            yield Problem("splits", "metadata.parquet", f"photo {row['photo_id']} is in a side {row['split']!r}")
        elif row["split"] is not None:
            sides[group_of[row["photo_id"]]].add(row["split"])
    for group, found in sides.items():
        if len(found) > 1:
            members = [i for i, g in group_of.items() if g == group][:2]
            yield Problem(
                "leaks", "metadata.parquet", f"photos such as {members} belong together, and split parts them"
            )


def _disagreements(content: Mapping[str, Any], attribute: str, row_of: Mapping[int, LabelRow]) -> Iterator[str]:
    for side in SIDES:
        ids = content[f"{side}_ids"]
        strange = [i for i in ids if i not in row_of]
        if strange:
            yield f"{side} names {counted(len(strange), 'photo')} that the set does not hold, such as {strange[0]}"
        names = [content["label_encoder_classes"][label] for label in content[f"encoded_{side}_labels"]]
        wrong = [
            i
            for i, name in zip(ids, names, strict=True)
            if i in row_of and label_text(row_of[i].get(attribute)) != name
        ]
        if wrong:
            yield f"{side} labels {counted(len(wrong), 'photo')} otherwise than the table, such as {wrong[0]}"


def _check_card(path: Path, rows: list[LabelRow]) -> Iterator[Problem]:
    card = path / "README.md"
    if card.is_file():
        front = card.read_text(encoding="utf-8").split("---")[1:2]
        if not front or not all(word in front[0] for word in _CARD_CONFIG):
            yield Problem("card", "README.md", "its front matter does not say how the folder is loaded")
    attribution = path / "ATTRIBUTION.csv"
    if attribution.is_file():
        with attribution.open(encoding="utf-8", newline="") as file:
            named = {line.get("photo_id") for line in csv.DictReader(file)}
        missing = {str(row["photo_id"]) for row in rows} - named
        if missing:
            yield Problem(
                "card", "ATTRIBUTION.csv", f"not named: {counted(len(missing), 'photo')}, such as {min(missing)}"
            )


def _sha256(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
