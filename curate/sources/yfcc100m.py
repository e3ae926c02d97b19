"""Reads the lines of YFCC100M: Flickr photos with their owner, date, camera, licence and addresses.

A line has tab-separated columns; texts are URL-encoded with `+` for a space. Two layouts circulate: 23 columns, or 25 with the
number of the row and a hash; either of these two columns may also come alone. The 20 columns from the date on are the same in
all; those before it are told apart by their content. Source: the tutorials and files of the data set (Yahoo-Flickr Creative
Commons 100 Million).
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast
from urllib.parse import unquote_plus

from curate.cameras.brands import split_device
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.photos.facts import Exif
from curate.sources.counts import IngestCounts
from curate.sources.published import address_of, flickr_id_of, license_of, original_of, taken_of
from curate.sources.tables import BATCH, Batch, files_below, row_place, take_in_batches
from tracer.base.progress import Work
from tracer.base.reading import open_regular
from tracer.base.text import clean_text, quoted_path, visible_text

_FROM_DATE_ON = (
    "taken", "uploaded", "device", "title", "description", "tags", "machine_tags", "longitude", "latitude", "accuracy", "page",
    "download", "license", "license_url", "server", "farm", "secret", "original_secret", "extension", "marker",
)  # fmt: skip
"""The columns of every layout from the date on."""

_BEFORE = (3, 5)
"""Fewest and most columns before the date: photo ID, owner, nickname; and the row's number and a hash."""

_DATE = re.compile(r"(\d{4}-\d\d-\d\d([ +]\d\d(:|%3A)\d\d(:|%3A)\d\d(\.\d+)?)?|null|)", re.IGNORECASE)
_NSID = re.compile(r"\d+(@|%40)N\d+", re.IGNORECASE)
_LONGEST = 1 << 20
"""Most bytes of a line."""

_ENOUGH = 100
"""Lines at the beginning of a file, of which at least one must be one of YFCC100M."""

_NAMES = (".tsv", ".txt", ".csv", ".bz2", ".gz")
_FAILURE = "YFCC100M cannot be imported"
_FORM = "Name files of YFCC100M's lines, or folders of them: tab-separated text, also compressed by bzip2 or gzip."


class NotALine(ValueError):
    """A line is not one of YFCC100M, or is not used; the message says why."""


def import_yfcc100m(catalog: Catalog, paths: Sequence[Path]) -> Work[IngestCounts]:
    """Add the photos of YFCC100M's lines; they have no files, and a camera where the line names one.

    Args:
        catalog: open for writing.
        paths: files of lines, or folders that hold them.

    Raises:
        SourceError: there is no such file, it cannot be read, or its first lines are not YFCC100M's. What was read before
            is kept.
    """
    found, others = [], Batch()
    for file, given in files_below(paths, _FAILURE):
        if not file.is_file():
            others.skipped.append((bytes(file), "not a regular file"))
        elif given or file.name.lower().endswith(_NAMES) or file.name.lower().startswith("yfcc100m"):
            found.append(file)
        else:
            others.skipped.append((bytes(file), "its name is not that of a file of lines; to read it, name it itself"))
    if not found:
        raise SourceError(_FAILURE, f"no file of lines lies in {', '.join(map(quoted_path, paths))}", _FORM)
    return (yield from take_in_batches(catalog, _batches(found, others), "reading lines", []))


def parse_line(line: bytes) -> tuple[Listing, Exif | None]:
    """Return the photo of a line. Its title, description, tags and its owner's name are not kept.

    Args:
        line: without the end of the line.

    Raises:
        NotALine: it is damaged, or describes a video.
    """
    try:
        columns = line.decode("utf-8").split("\t")
    except UnicodeDecodeError as error:
        raise NotALine("the line is damaged: it is not UTF-8") from error
    before, tail = _layout(columns)
    said = dict(zip(_FROM_DATE_ON, tail, strict=True))
    page = address_of(_text(said["page"]))
    flickr_id = _photo_id(before, page)
    if said["marker"] == "1":
        raise NotALine("it is a video")
    owner = next((_text(column) for column in before if _NSID.fullmatch(column)), None)
    taken_at, precision = taken_of(_text(said["taken"]))
    listing = Listing(
        flickr_id,
        "yfcc100m",
        owner=owner or _text(before[-2]),
        url=page,
        license=license_of(_text(said["license"]), _text(said["license_url"])),
        taken_at=taken_at,
        taken_precision=precision,
        original=original_of(address_of(_text(said["download"]))),
    )
    make, model = split_device(_text(said["device"]))
    if make is None and model is None:
        return listing, None
    longitude, latitude = _degrees(said["longitude"], 180), _degrees(said["latitude"], 90)
    if longitude is None or latitude is None:
        longitude = latitude = None
    return listing, Exif(make=make, model=model, latitude=latitude, longitude=longitude, readers=("yfcc100m",))


def _layout(columns: list[str]) -> tuple[list[str], list[str]]:
    """Return the columns before the date, and those from it on."""
    at = len(columns) - len(_FROM_DATE_ON)
    if not _BEFORE[0] <= at <= _BEFORE[1]:
        raise NotALine(f"the line is damaged: it has {len(columns)} columns, not 23 or 25")
    before, tail = columns[:at], [column.strip() for column in columns[at:]]
    if not _DATE.fullmatch(tail[0]) or not re.fullmatch(r"\d*|null", tail[1]):
        raise NotALine("the line is damaged: no date where one belongs")
    if tail[-1] not in ("0", "1"):
        raise NotALine(f"the line is damaged: its last column is {visible_text(tail[-1], 20)!r}, not 0 or 1")
    return [column.strip() for column in before], tail


def _photo_id(before: Sequence[str], page: str | None) -> int:
    """Return the photo's ID: of the numbers before the owner, the one in the page's address, else the last."""
    at = next((at for at, column in enumerate(before) if _NSID.fullmatch(column)), len(before) - 2)
    numbers = [number for column in before[:at] if (number := flickr_id_of(column)) is not None]
    if not numbers:
        raise NotALine("the line is damaged: it has no photo ID")
    named = {flickr_id_of(part) for part in (page or "").split("/")}
    return next((number for number in numbers if number in named), numbers[-1])


def _text(column: str) -> str | None:
    """Return the text of a column, decoded and cleaned; None where it is empty."""
    text = clean_text(unquote_plus(column, errors="replace"))
    return None if text is None or text.lower() == "null" else text


def _degrees(column: str, most: float) -> float | None:
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,20})?", column):
        return None
    return float(column) if abs(float(column)) <= most else None


# --- the files


@dataclass
class _File:
    """A file of lines that is being read.

    Attributes:
        path: its path.
        size: its size in bytes, compressed.
        position: how much of it was read.
        damage: why its end could not be read; None where it could.
    """

    path: Path
    size: int
    position: int = 0
    damage: str | None = field(default=None)

    def lines(self) -> Iterator[bytes | None]:
        """Yield the lines without their ends; None for a line that is too long.

        Raises:
            SourceError: the file cannot be opened.
        """
        try:
            raw = open_regular(self.path)
        except OSError as error:
            raise SourceError(_FAILURE, f"{quoted_path(self.path)}: {error.strerror}", _FORM) from error
        with raw, contextlib.closing(_decompressed(raw)) as text:
            try:
                while line := text.readline(_LONGEST):
                    cut = len(line) == _LONGEST and not line.endswith(b"\n")
                    rest = line if cut else b"\n"
                    while rest and not rest.endswith(b"\n"):
                        rest = text.readline(_LONGEST)
                    self.position = raw.tell()
                    yield None if cut else line.rstrip(b"\r\n")
            except (OSError, EOFError, zlib.error) as error:
                self.damage = f"the file is damaged, and was read up to there: {visible_text(str(error), 100)}"


def _decompressed(raw: IO[bytes]) -> IO[bytes]:
    """Return the content of a file, by its first bytes: bzip2, gzip or plain text."""
    head = raw.read(3)
    raw.seek(0)
    if head == b"BZh":
        return bz2.open(raw)
    return cast("IO[bytes]", gzip.open(raw)) if head[:2] == b"\x1f\x8b" else raw


def _batches(paths: Sequence[Path], first: Batch) -> Iterator[Batch]:
    """Yield the photos of the files; what is not taken in has the file's path and the number of its line."""
    files = [_File(path, path.stat().st_size) for path in paths]
    first.total = sum(file.size for file in files)
    batch, before = first, 0
    for file in files:
        photos, number = 0, 0
        for number, line in enumerate(file.lines(), start=1):
            try:
                batch.entries.append(parse_line(_whole(line)))
                photos += 1
            except NotALine as why:
                batch.skipped.append((row_place(file.path, number), str(why)))
                photos += line is not None and line.endswith(b"\t1")
                if number >= _ENOUGH and not photos:
                    raise SourceError(
                        _FAILURE, f"{quoted_path(file.path)}: none of its first {number} lines is one: {why}", _FORM
                    ) from why
            if len(batch.entries) + len(batch.skipped) >= BATCH:
                batch.done = before + file.position
                yield batch
                batch = Batch(total=first.total)
        if file.damage is not None:
            batch.skipped.append((row_place(file.path, number + 1), file.damage))
        before += file.size
    batch.done = before
    yield batch


def _whole(line: bytes | None) -> bytes:
    if line is None:
        raise NotALine(f"the line is damaged: it has more than {_LONGEST:,} bytes")
    return line
