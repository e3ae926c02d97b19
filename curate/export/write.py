"""Writes a set: photos without metadata, labels, splits, card and audit, in a folder that appears complete or not at all.

The same rows and options give the same bytes: everything is sorted by photo ID, and dates come from the options.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from curate.audit.matching import check_properties, match
from curate.catalog.assigning import refuse_label
from curate.catalog.labels import LabelRow
from curate.catalog.phototable import Coded, PhotoTable
from curate.errors import ExportError, UsageError
from curate.export import attribution, card, croissant, findings, licenses, table
from curate.export.folder import SetFolder, writing
from curate.export.privacy import DECODED, CannotClean, clean, container
from curate.export.select import GONE_FILE, LEFT_OUT, Choice, LeftOut, Tally, in_whole_pairs, pair_count, select
from curate.export.strip.exif import kept_exif
from curate.export.strip.scans import ScanReader, scan_reader
from curate.sources.made import IMAGES, LABELS, MANIFEST, METADATA, SCHEMA, Layout
from curate.splits.groups import GROUP_BY, GroupBy
from curate.splits.make import SIDES, joint_split
from tracer.base.progress import Progress, Work
from tracer.base.text import quoted_path

MOST_BYTES = 2 << 30
"""Size limit of an exported file, which is held in memory while it is cleaned."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of an export.

    Attributes:
        name: the set's name.
        created: the time of the catalogue's last change, ISO 8601; the only date in the set.
        recipe: the recipe of the workspace.
        tool_version: the version of lenstrace; if empty, the installed one.
        layout: the layout, see `Layout`; empty for pictures, or for addresses where no photo has a file.
        pairs: whether to export only photos of accepted pairs.
        keep_gps: whether to keep GPS positions, in the table and in the files.
        licenses: the licences to export (SPDX ids or URLs); empty means all, including photos without a stated licence.
        match: the file properties that phones and other cameras are matched in by leaving photos out (`audit.matching`).
        replace: whether to replace an older set.
        attributes: the label columns that get a split file.
        group_by: the groupings of the splits, see `curate.splits.make`.
        seed: the seed of splits and matching.
    """

    name: str = ""
    created: str = ""
    recipe: str = ""
    tool_version: str = ""
    layout: str = ""
    pairs: bool = False
    keep_gps: bool = False
    licenses: Sequence[str] = ()
    match: Sequence[str] = ()
    replace: bool = False
    attributes: Sequence[str] = ()
    group_by: Sequence[GroupBy] = GROUP_BY
    seed: int = 42


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written.

    Attributes:
        dataset: the set's folder.
        photos: the number of photos in it.
        left_out: the photos that are not in it, by reason.
        licenses: licence -> number of photos.
        splits: the attributes that have a split file.
    """

    dataset: Path
    photos: int
    left_out: tuple[LeftOut, ...]
    licenses: dict[str, int]
    splits: tuple[str, ...]


class NothingToExport(ExportError):
    """All photos are left out, or there are none.

    `left_out` is sorted by the number of photos, largest first; before them come wanted photos whose files are gone.
    """

    def __init__(self, left_out: Iterable[LeftOut]) -> None:
        self.left_out = sorted(left_out, key=lambda out: (out.reason != GONE_FILE, -len(out.photos)))
        why = "; ".join(f"{len(out.photos):,} left out: {out.reason}" for out in self.left_out[:3])
        super().__init__("there is nothing to export", why or "there are no photos")


def export_set(rows: PhotoTable | Iterable[LabelRow], out: Path, options: ExportOptions) -> Work[ExportResult]:
    """Write a set; a generator that yields progress (see `tracer.base.progress`).

    Args:
        rows: label rows with `path` (or `path_bytes`, for paths that are not valid UTF-8), `status`, and, if known,
            `scene_idx` and `phash`, which prevent leaks between the sides of splits.
        out: the set's folder; its parent is made if needed.
        options: the options.

    Raises:
        ExportError: the folder must not be used, or there is nothing to export.
        UsageError: an option is unknown.
        StorageError: the disk is full or cannot be written; an older set is then unchanged.
    """
    check_options(options)
    out = Path(os.path.abspath(out))  # not resolved, so that a link there is recognised
    photos = PhotoTable.of(rows)
    layout = Layout(options.layout) if options.layout else fitting(photos)
    options = replace(options, layout=layout)
    tally = Tally()
    chosen = select(photos, Choice(options.pairs, options.licenses, with_files=layout is not Layout.URLS), tally)
    del rows, photos  # so that a million photos are not held twice
    _check_sources_outside(chosen, out)
    joint_split([], options.attributes, options.group_by)  # refuses an unknown attribute before the export
    with writing(out, options.replace) as folder:
        written = chosen if layout is Layout.URLS else (yield from _write_photos(chosen, folder, options, tally))

        def leave(why: str, those: PhotoTable) -> None:
            for name in those.values("file_name") if layout is not Layout.URLS else ():
                folder.remove(name)
            tally.add(why, those)

        exported = balanced(written, options, leave)
        if not exported:
            raise NothingToExport(tally.result())
        yield Progress("writing labels and splits", 0)
        result = _write_rest(exported, folder, options, tally.result())
        folder.commit()
    return result


def check_options(options: ExportOptions) -> None:
    """Raise UsageError for an unknown layout or property, or for a licence that is none."""
    if options.layout not in ("", *Layout):
        raise UsageError(f"unknown layout {options.layout!r}", way_out=f"Layouts are {', '.join(Layout)}.")
    for name in options.licenses:
        refuse_label("license", name)
    check_properties(options.match)


def fitting(photos: PhotoTable) -> Layout:
    """Return the layout for photos: addresses where some photos are published and none of the usable ones has a file."""
    usable = photos.where("status", "ok")
    return Layout.URLS if usable.present("url").any() and not usable.present("sha256").any() else Layout.IMAGEFOLDER


def _write_photos(chosen: PhotoTable, folder: SetFolder, options: ExportOptions, tally: Tally) -> Work[PhotoTable]:
    """Write the photos' cleaned files; returns the photos that could be written, each with its name in the set."""
    places, names = array("q"), []
    left_out: dict[str, array[int]] = defaultdict(lambda: array("q"))
    with scan_reader() as scans:
        for done, row in enumerate(chosen.rows()):
            yield Progress("exporting photos", done, len(chosen))
            try:
                names.append(_write_photo(row, folder, scans, options.keep_gps))
                places.append(done)
            except CannotClean as reason:
                left_out[f"its metadata cannot be removed safely: {reason}"].append(done)
            except _Unavailable as reason:
                left_out[str(reason)].append(done)
    yield Progress("exporting photos", len(chosen), len(chosen))
    for why, refused in left_out.items():
        tally.add(why, chosen.select(LEFT_OUT).take(np.array(refused)))
    return chosen.take(np.array(places)).with_column("file_name", names)


def balanced(photos: PhotoTable, options: ExportOptions, leave: Callable[[str, PhotoTable], None]) -> PhotoTable:
    """Return the photos in whole pairs and matched, as the options ask for.

    Args:
        photos: the photos that can be written.
        options: the options.
        leave: is given the photos that are left out, with the reason.
    """
    kept = in_whole_pairs(photos)
    if options.pairs:
        paired = kept.present("subject_idx")
        leave("its partner is left out", kept.take(np.flatnonzero(~paired)))
        kept = kept.take(np.flatnonzero(paired))
    matched = match(kept, options.match, pairs=options.pairs, seed=options.seed)
    for why, those in matched.left_out.items():
        leave(why, kept.take(those))
    # matching may leave out one photo of a pair that is not one of each class
    return in_whole_pairs(kept.take(matched.kept))


def _write_photo(row: LabelRow, folder: SetFolder, scans: ScanReader, keep_gps: bool) -> str:
    """Write a photo's cleaned file, and return its name in the set."""
    cleaned = clean(_source(row), kept_exif(row, keep_gps))
    kind = container(cleaned)
    name = f"{IMAGES}/{int(row['photo_id'])}.{kind}"
    folder.write(name, cleaned)
    hidden = scans.hidden(folder.partial / name) if kind in DECODED else None
    if hidden is not None:
        folder.remove(name)
        raise CannotClean(f"it holds {hidden}")
    return name


def _write_rest(
    photos: PhotoTable, folder: SetFolder, options: ExportOptions, left_out: tuple[LeftOut, ...]
) -> ExportResult:
    joint = joint_split(photos, options.attributes, options.group_by, options.seed)
    sides = joint.sides_of(photos.integers("photo_id", -1))
    photos = photos.with_column(
        "split", Coded(sides.astype(np.int32) if options.attributes else np.full(len(photos), -1, np.int32), SIDES)
    )
    made = {attribute: split for attribute, split in joint.splits.items() if split.content is not None}
    for split in made.values():
        folder.write(f"splits/{split.file_name}", json.dumps(split.content, ensure_ascii=False).encode())
    audit = findings.findings(photos, joint)
    licences = licenses.counts(photos)
    about: dict[str, Any] = {
        "tool_version": options.tool_version or _own_version(),
        "created": options.created,
        "recipe": options.recipe,
        "layout": str(options.layout),
        "pairs": options.pairs,
        "keep_gps": options.keep_gps,
        "licenses": sorted(options.licenses),
        "match": list(options.match),
        "attributes": list(options.attributes),
        "group_by": list(options.group_by),
        "seed": options.seed,
    }
    name = options.name or folder.out.name
    layout = Layout(options.layout)
    schema = table.schema(options.keep_gps, table.extra_columns(photos), layout)
    folder.write(layout.labels, table.packed(photos, schema))
    if layout is Layout.URLS:
        folder.write(METADATA, table.packed(photos.renamed("photo_id", "Flickr ID"), table.FLICKR_EXIF))
    folder.write("ATTRIBUTION.csv", attribution.packed(photos, layout))
    folder.write("audit.json", _json(audit))
    told = about | {"content_sha256": _content_digest(folder.hashes)}
    folder.write("README.md", card.packed(name, photos, left_out, audit, told))
    described = croissant.packed(name, options.created, about["tool_version"], schema, folder.hashes, licences)
    folder.write("croissant.json", described)
    manifest = {
        "schema": SCHEMA,
        "name": name,
        "tool": "lenstrace",
        **about,
        "counts": {
            "photos": len(photos),
            "pairs": pair_count(photos),
            "left_out": sum(len(out.photos) for out in left_out),
        },
        "licences": licences,
        "columns": {field.name: str(field.type) for field in schema},
        "left_out": [{"reason": out.reason, "photos": len(out.photos), "ids": list(out.ids)} for out in left_out],
        "files": dict(sorted(folder.hashes.items())),
    }
    folder.write(MANIFEST, _json(manifest))
    return ExportResult(folder.out, len(photos), left_out, licences, tuple(made))


def _content_digest(hashes: Mapping[str, str]) -> str:
    """Return a sha256 of what `load_dataset` reads: the names and hashes of the table and the pictures."""
    read = sorted(item for item in hashes.items() if item[0] in (METADATA, LABELS) or item[0].startswith(f"{IMAGES}/"))
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()


class _Unavailable(Exception):
    """A source file cannot be exported; the message is the reason."""


def _source(row: LabelRow) -> bytes:
    """Return the bytes of a row's file, if they are still those that were ingested."""
    path = os.fsdecode(row["path_bytes"]) if row.get("path_bytes") else str(row["path"])
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise _Unavailable("it is no longer a file")
            if facts.st_size > MOST_BYTES:
                raise _Unavailable("it is larger than 2 GiB")
            data = file.read()
    except FileNotFoundError:
        raise _Unavailable(GONE_FILE) from None
    except PermissionError:
        raise _Unavailable("its file may not be read") from None
    except OSError as error:
        raise _Unavailable(f"its file cannot be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        raise _Unavailable("its file has changed since it was ingested")
    return data


def _check_sources_outside(photos: PhotoTable, out: Path) -> None:
    """Refuse a folder that holds source photos."""
    below = f"{str(out).rstrip(os.sep)}{os.sep}"
    inside = next((path for path in photos.values("path") if path and f"{path}{os.sep}".startswith(below)), None)
    if inside is not None:
        raise ExportError(
            f"{quoted_path(out)} cannot hold the set",
            f"it holds a source photo, {inside}",
            "Choose a place outside of the photo folders.",
        )


def _own_version() -> str:
    try:
        return version("lenstrace")
    except PackageNotFoundError:
        return "unknown"


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()
