"""Checks a set using only its files."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.cameras.types import CameraType
from curate.catalog.labels import LabelRow
from curate.errors import UsageError
from curate.export import table
from curate.export.options import Problem
from curate.export.place import IMAGE_NAME, SPLIT_NAME
from curate.export.privacy import DECODED, CannotClean, Container, container, header_size, orientation, private_left
from curate.export.strip.scans import scan_reader
from curate.sources.made import IMAGES, LABELS, MANIFEST, METADATA, SPLITS, Layout
from curate.sources.manifest import Manifest, parse_manifest
from curate.splits.check import defects, leaks
from curate.splits.groups import GROUP_BY, groups
from curate.splits.make import SIDES, label_text
from curate.workspace import is_workspace
from tracer.base.parquet import all_rows, open_parquet
from tracer.base.parsing import Unparsable, parse_json, parse_json_object, parse_text
from tracer.base.reading import read_bytes, records_of_csv
from tracer.base.text import counted, printable_path, quoted_path, visible_text

_MOST_EXACT = 2**53
_MOST_BYTES = 2 << 30
_MOST_ROWS_AN_IMAGE = 100
"""Largest number of rows per photo in a table that is read, since a few bytes can claim any number of rows."""

_CARD_CONFIG = ("config_name: default", "split: train")


def verify_set(path: Path) -> list[Problem]:
    """Return the problems of an exported set; an empty list means that it passed every check.

    The checks: each file's sha256, and missing or surplus files; the columns' types; IDs (integer, unique, exact in JSON) and
    file names; that images open, have the stated size and orientation, and hold no private metadata; pairs; the format and
    balance of the splits, and that their sides share no photo and no group (by owner, scene, sha256; near duplicates are found
    by hashes, which a set does not contain); card and attribution.

    Damage of any kind is a problem in the list. A file that cannot be read is not checked further; all others are.

    Raises:
        UsageError: the path is not a folder.
    """
    if not path.is_dir():
        raise UsageError(f"{quoted_path(path)} is not a folder", way_out="Name the folder of a set.")
    if not any(os.path.lexists(path / name) for name in (MANIFEST, METADATA, LABELS)):
        why = "it is a workspace" if is_workspace(path) else f"it has neither {MANIFEST} nor {METADATA}"
        raise UsageError(f"{quoted_path(path)} is not a set", why, "Name the folder of a set that curate export wrote.")
    return [Problem(p.check, _shown(p.path), visible_text(p.what)) for p in _problems(path)]


def _shown(name: str) -> str:
    try:
        return printable_path(name)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can hold and a path cannot
        return visible_text(name)


def _problems(path: Path) -> Iterator[Problem]:
    try:
        manifest = parse_manifest(_read(path, MANIFEST))
    except _Unreadable as error:
        yield Problem("manifest", MANIFEST, str(error))
        return
    except Unparsable as error:
        yield Problem("manifest", MANIFEST, f"it cannot be read: {error}")
        return
    there, unusual = _entries(path)
    yield from unusual
    yield from _check_files(path, manifest, there)
    rows: list[LabelRow] = []
    labels = manifest.layout.labels
    try:
        found = (yield from _read_table(path, manifest)) if labels in there else None
        if found is not None:
            rows = found
            yield from _check_rows(rows, manifest)
            yield from _check_pairs(rows)
    except _Unreadable as error:
        yield Problem("labels", labels, str(error))
    yield from _check_images(path, rows, there, manifest.keep_gps)
    yield from _check_splits(path, rows, manifest, there)
    yield from _check_texts(path, rows, there, manifest.layout)


class _Unreadable(Exception):
    """A file of the set cannot be read; the message says why."""


def _read(path: Path, name: str) -> bytes:
    """Return the bytes of a regular file of the set; links are refused, since they could lead out of it."""
    try:
        if (path / name).is_symlink():
            raise _Unreadable("it is a link")
        return read_bytes(path / name, _MOST_BYTES)
    except OSError as error:
        raise _Unreadable(f"it cannot be read: {error.strerror or error}") from error


def _entries(path: Path) -> tuple[set[str], list[Problem]]:
    """Return the names of the set's regular files except the manifest, and problems for entries that do not belong in a set."""
    there: set[str] = set()
    problems: list[Problem] = []
    for folder in (path, path / IMAGES, path / SPLITS):
        if folder != path and (folder.is_symlink() or not folder.is_dir()):
            continue  # a set without splits has no such folder; a link is reported with its parent folder's entries
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            name = folder.relative_to(path).as_posix()
            problems.append(Problem("files", name, f"the folder cannot be listed: {error.strerror or error}"))
            continue
        for entry in found:
            name = Path(entry.path).relative_to(path).as_posix()
            if entry.is_symlink():
                problems.append(Problem("files", name, "it is a link"))
            elif entry.is_file(follow_symlinks=False):
                there |= {name} - {MANIFEST}
            elif not entry.is_dir(follow_symlinks=False):
                problems.append(Problem("files", name, "it is not a regular file"))
            elif name not in (IMAGES, SPLITS):
                problems.append(Problem("files", name, "this folder does not belong in a set"))
    return there, problems


def _check_files(path: Path, manifest: Manifest, there: set[str]) -> Iterator[Problem]:
    listed, files = manifest.files, manifest.layout.files
    for name in sorted(there - listed.keys()):
        yield Problem("files", name, "it is not in the manifest")
    for name, digest in sorted(listed.items()):
        folder, _, last = name.rpartition("/")
        known = {IMAGES: IMAGE_NAME, SPLITS: SPLIT_NAME}.get(folder)
        if not (known.fullmatch(last) if known else name in files):
            yield Problem("files", name, "the manifest lists a name that does not belong in a set")
        elif name not in there:
            yield Problem("files", name, "it is missing")
        else:
            try:
                if hashlib.sha256(_read(path, name)).hexdigest() != digest:
                    yield Problem("hashes", name, "its sha256 differs from the manifest's")
            except _Unreadable as error:
                yield Problem("files", name, str(error))
    for name in files:
        if name != MANIFEST and name not in listed:
            yield Problem("files", name, "the manifest does not list it")


def _read_table(path: Path, manifest: Manifest) -> Generator[Problem, None, list[LabelRow] | None]:
    """Yield problems of the table's columns; return its rows, or None if the columns are not usable."""
    data = _read(path, manifest.layout.labels)
    try:
        with open_parquet(data) as file:
            found = file.schema
            extra = [name for name in table.EXTRA_COLUMNS if name in found.names]
            expected = table.schema(manifest.keep_gps, extra, manifest.layout)
            usable = yield from _check_schema(found, expected)
            if not usable:
                return None
            photos = manifest.counts.photos
            if manifest.layout is Layout.IMAGEFOLDER:
                photos = sum(name.startswith(f"{IMAGES}/") for name in manifest.files)
            if file.rows > _MOST_ROWS_AN_IMAGE * max(1, photos):
                raise _Unreadable(f"it has {file.rows:,} rows for {counted(photos, 'photo')}")
            return all_rows(file, expected.names)
    except (OSError, Unparsable) as error:
        raise _Unreadable(f"it cannot be read: {error}") from error


def _check_schema(found: pa.Schema, expected: pa.Schema) -> Generator[Problem, None, bool]:
    """Yield problems of the columns; return whether all expected columns exist with their types."""
    usable = True
    for field in expected:
        if field.name not in found.names:
            what = f"it lacks the column {field.name!r}"
        elif found.names.count(field.name) > 1:
            what = f"it has the column {field.name!r} more than once"
        elif (kind := found.field(field.name).type) != field.type:
            what = f"{field.name!r} is {kind}, not {field.type}"
        else:
            continue
        usable = False
        yield Problem("labels", "metadata.parquet", what)
    private = set(table.schema(keep_gps=True).names)
    for name in dict.fromkeys(found.names):
        if name not in expected.names:
            what = f"it has the column {name!r}, which does not belong in it"
            yield Problem("privacy" if name in private else "labels", "metadata.parquet", what)
    return usable


def _check_rows(rows: list[LabelRow], manifest: Manifest) -> Iterator[Problem]:
    has_files = manifest.layout is Layout.IMAGEFOLDER

    def problem(check: str, what: str) -> Problem:
        return Problem(check, manifest.layout.labels, what)

    for column in ("photo_id", "sha256", "file_name") if has_files else ("photo_id",):
        for value, n in Counter(row[column] for row in rows).items():
            if value is None:
                yield problem("ids", f"no {column} in {counted(n, 'row')}")
            elif n > 1:
                yield problem("ids", f"{column} {value} occurs in {n} rows")
    for row in rows:
        photo_id, name = row["photo_id"], str(row.get("file_name"))
        if type(photo_id) is not int or not 0 <= photo_id < _MOST_EXACT:
            yield problem("ids", f"photo_id {photo_id} is not an integer that JSON represents exactly")
        match = IMAGE_NAME.fullmatch(name.removeprefix(f"{IMAGES}/"))
        if has_files and (not name.startswith(f"{IMAGES}/") or match is None or match[1] != str(photo_id)):
            yield problem("ids", f"file_name {name!r} is not {IMAGES}/<photo_id>.<ext>")
        if row["camera_type"] is not None:
            if row["camera_type"] not in list(CameraType):
                yield problem("labels", f"photo {photo_id} has the unknown camera type {row['camera_type']!r}")
                continue
            kind = CameraType(row["camera_type"])
            if (row["Is Smartphone"], row["camera_class"]) != (kind.is_smartphone, kind.camera_class):
                yield problem("labels", f"photo {photo_id}: camera type and camera class disagree")
    named = {str(row.get("file_name")) for row in rows}
    for name in sorted(name for name in manifest.files if name.startswith(f"{IMAGES}/") and name not in named):
        yield Problem("labels", name, f"it has no row in {manifest.layout.labels}")


def _check_pairs(rows: list[LabelRow]) -> Iterator[Problem]:
    subjects: dict[int, int] = Counter(row["subject_idx"] for row in rows if row["subject_idx"] is not None)
    for subject, n in sorted(subjects.items()):
        if n < 2:
            yield Problem("pairs", "metadata.parquet", f"subject {subject} has only one photo")


def _check_images(path: Path, rows: Iterable[LabelRow], there: Collection[str], keep_gps: bool) -> Iterator[Problem]:
    """Check all images in the set, including those that no row names."""
    row_of = {str(row["file_name"]): row for row in rows if "file_name" in row}
    with scan_reader() as scans:
        for name in sorted(name for name in there if name.startswith(f"{IMAGES}/")):
            try:
                data = _read(path, name)
                yield from (Problem("privacy", name, f"it holds {what}") for what in private_left(data, keep_gps))
                if container(data) in DECODED and (hidden := scans.hidden(path / name)) is not None:
                    yield Problem("privacy", name, f"it holds {hidden}")
                if name in row_of:
                    yield from (Problem("images", name, what) for what in _contradictions(data, row_of[name]))
            except (_Unreadable, CannotClean) as reason:
                yield Problem("images", name, f"{reason}")
    for name in row_of:
        # an invalid name was reported before; a path in the table is never followed out of the set
        if name not in there and IMAGE_NAME.fullmatch(name.removeprefix(f"{IMAGES}/")):
            yield Problem("images", name, "it is missing")


def _contradictions(data: bytes, row: LabelRow) -> Iterator[str]:
    """Yield the differences between a picture's header and its row in the table."""
    size, turned = header_size(data), orientation(data)
    if size is None:
        yield "it cannot be opened"
    elif row["width"] is not None and sorted(size) != sorted((row["width"], row["height"] or 0)):
        yield f"it is {size[0]} × {size[1]}, but the table says {row['width']} × {row['height']}"
    if container(data) not in (Container.HEIC, Container.AVIF) and turned != (row["orientation"] or 1):
        yield f"its orientation is {turned}, but the table says {row['orientation']}"


def _check_splits(path: Path, rows: list[LabelRow], manifest: Manifest, there: Collection[str]) -> Iterator[Problem]:
    by = [word for word in GROUP_BY if word in manifest.group_by]
    group_of = dict(zip((row["photo_id"] for row in rows), groups(rows, by), strict=True))
    row_of = {row["photo_id"]: row for row in rows}
    photo_ids = np.array(sorted(group_of), np.int64)
    for file in sorted(name for name in there if name.startswith(f"{SPLITS}/")):
        match = SPLIT_NAME.fullmatch(file.removeprefix(f"{SPLITS}/"))
        if match is None:
            continue  # reported before
        attribute = match[1]
        try:
            content = parse_json(_read(path, file))
        except (_Unreadable, Unparsable) as error:
            yield Problem("splits", file, str(error))
            continue
        wrong = defects(content, attribute)
        yield from (Problem("splits", file, what) for what in wrong)
        if wrong or not rows:
            continue
        yield from (Problem("splits", file, what) for what in _disagreements(content, attribute, row_of))
        for leak in leaks(content, photo_ids, np.array([group_of[i] for i in photo_ids.tolist()])):
            what = f"{leak.a} and {leak.b} share {leak.count} {leak.kind}s, such as {leak.examples[0]}"
            yield Problem("leaks", file, what)
    yield from _check_sides(rows, group_of)


def _check_sides(rows: Iterable[LabelRow], group_of: Mapping[int, int]) -> Iterator[Problem]:
    """Check the column `split`: known sides, and each group on one side."""
    sides = defaultdict(set)
    for row in rows:
        if row["split"] not in (None, *SIDES):
            yield Problem(
                "splits", "metadata.parquet", f"photo {row['photo_id']} is on an unknown side {row['split']!r}"
            )
        elif row["split"] is not None:
            sides[group_of[row["photo_id"]]].add(row["split"])
    for group, found in sides.items():
        if len(found) > 1:
            members = [i for i, g in group_of.items() if g == group][:2]
            yield Problem(
                "leaks", "metadata.parquet", f"photos such as {members} belong to one group, but are on different sides"
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
            yield f"{side} labels {counted(len(wrong), 'photo')} differently from the table, such as {wrong[0]}"


def _check_texts(path: Path, rows: Iterable[LabelRow], there: Collection[str], layout: Layout) -> Iterator[Problem]:
    """Check the card, the attribution and the two JSON files that describe the set."""
    photo_ids = {str(row["photo_id"]) for row in rows}
    checks: dict[str, Callable[[bytes], Iterator[str]]] = {
        "README.md": partial(
            _card_defects, named=("images/**", METADATA) if layout is Layout.IMAGEFOLDER else (METADATA, LABELS)
        ),
        "ATTRIBUTION.csv": partial(_attribution_defects, photo_ids=photo_ids),
        "croissant.json": _json_defects,
        "audit.json": _json_defects,
    }
    for name in sorted(checks.keys() & set(there)):
        try:
            yield from (Problem("card", name, what) for what in checks[name](_read(path, name)))
        except (_Unreadable, Unparsable) as error:
            yield Problem("card", name, str(error))


def _card_defects(data: bytes, named: Collection[str]) -> Iterator[str]:
    front = parse_text(data).split("---")[1:2]
    if not front or not all(word in front[0] for word in (*_CARD_CONFIG, *named)):
        yield "its front matter does not say how to load the folder"


def _attribution_defects(data: bytes, photo_ids: set[str]) -> Iterator[str]:
    try:
        _, rows = records_of_csv(io.StringIO(parse_text(data), newline=""))
        named = {row.get("photo_id") for row in rows}
    except csv.Error as error:
        raise Unparsable(f"it is not CSV: {error}") from error
    missing = photo_ids - named
    if missing:
        yield f"it does not name {counted(len(missing), 'photo')}, such as {min(missing)}"


def _json_defects(data: bytes) -> Iterator[str]:
    parse_json_object(data)
    yield from ()
