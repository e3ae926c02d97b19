"""Reads FlickrExif: Parquet files with the IDs, addresses, owners and camera labels of Flickr photos.

Source: the data set CTU-OU/FlickrExif on the Hugging Face hub, which has exactly the columns in `COLUMNS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from curate.catalog.labels import LOCAL_ID_BASE
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.photos.facts import Exif
from curate.sources.counts import IngestCounts
from curate.sources.made import LABELS as LABELS_OF_SET
from curate.sources.made import Made, made_folder
from curate.sources.published import address_of, known_exif, original_of
from curate.sources.tables import BATCH, Batch, files_below, row_place, take_in_batches
from tracer.base.parquet import errors_in_words, open_parquet, values
from tracer.base.parsing import Unparsable
from tracer.base.progress import Work
from tracer.base.text import clean_text, counted, quoted_path, visible_text

ID = "Flickr ID"
LABELS = ("Make", "Model", "Exposure", "Aperture", "ISO Speed", "Focal Length")
COLUMNS = (ID, "url", "owner", *LABELS)
"""The columns of FlickrExif."""

_NUMBERS = {"Exposure": "exposure_s", "Aperture": "aperture", "ISO Speed": "iso", "Focal Length": "focal_mm"}
_LONGEST = 10_000
"""Characters of a text that are read."""

_NOTHING = Exif()
_FAILURE = "FlickrExif cannot be imported"
_FORM = f"Name Parquet files, or a folder of them, with the columns {', '.join(COLUMNS)}."


def import_flickrexif(catalog: Catalog, paths: Sequence[Path]) -> Work[IngestCounts]:
    """Add the photos of FlickrExif's Parquet files; they have labels and no files.

    Args:
        catalog: open for writing.
        paths: Parquet files, or folders that hold them.

    Raises:
        SourceError: a file does not exist, cannot be read, or lacks a column. If a column is missing, nothing is imported. If a
            file turns out to be damaged, what was read before stays imported.
    """
    files, others, total = [], Batch(), 0
    for file, given in files_below(paths, _FAILURE):
        if not given and file.suffix.lower() != ".parquet":
            continue
        names, rows = _columns(file)
        if not given and ID not in names:
            if file.name != LABELS_OF_SET or made_folder(bytes(file.parent)) is not Made.SET:
                others.skipped.append((bytes(file), f"it has no column {ID}"))
            continue
        _check_columns(file, names)
        files.append(file)
        total += rows
    if not files:
        raise SourceError(_FAILURE, f"no such Parquet file lies in {', '.join(map(quoted_path, paths))}", _FORM)
    remarks: list[str] = []
    batches = chain([others] if others.skipped else [], _batches(files, total, remarks))
    return (yield from take_in_batches(catalog, batches, "reading rows", remarks))


def _columns(path: Path) -> tuple[list[str], int]:
    """Return the names of the columns of a file, and the number of its rows."""
    try:
        with open_parquet(path) as file:
            schema = file.schema
            if schema.names.count(ID) == 1 and not pa.types.is_integer(schema.field(ID).type):
                raise SourceError(
                    _FAILURE, f"{quoted_path(path)}: {ID} is {schema.field(ID).type}, not an integer", _FORM
                )
            return schema.names, file.rows
    except (OSError, Unparsable) as error:
        raise _unreadable(path, error) from error


def _check_columns(path: Path, names: Sequence[str]) -> None:
    wrong = [name for name in COLUMNS if names.count(name) != 1]
    if wrong:
        has = ", ".join(map(visible_text, names)) or "none"
        raise SourceError(
            _FAILURE, f"{quoted_path(path)} lacks {', '.join(wrong)}, or has it twice; its columns are {has}", _FORM
        )


def _unreadable(path: Path, error: Exception) -> SourceError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else visible_text(str(error), 200)
    return SourceError(_FAILURE, f"{quoted_path(path)}: {why}", _FORM)


def _batches(files: Sequence[Path], total: int, remarks: list[str]) -> Iterator[Batch]:
    """Yield the rows of the files; the first row of an ID counts."""
    seen: set[int] = set()
    strange: dict[str, list[str]] = {name: [] for name in ("url", *_NUMBERS)}
    odd: Counter[str] = Counter()
    done = 0
    for path in files:
        row = 0
        try:
            with open_parquet(path) as file:
                for part in file.batches(COLUMNS, BATCH):
                    batch = Batch(done=done + part.num_rows, total=total)
                    for texts in zip(*_texts(part), strict=True):
                        row += 1
                        entry = _entry(texts, seen)
                        if isinstance(entry, str):
                            batch.skipped.append((row_place(path, row), entry))
                            continue
                        batch.entries.append(entry)
                        _note_strange(texts, entry, strange, odd)
                    done = batch.done
                    yield batch
        except (OSError, Unparsable) as error:
            raise _unreadable(path, error) from error
    remarks += [
        f"{name} could not be used in {counted(odd[name], 'row')}, such as {', '.join(map(repr, examples))}"
        for name, examples in strange.items()
        if examples
    ]


def _texts(part: pa.RecordBatch) -> list[list[int | str | None]]:
    """Return the columns of a batch, in the order of `COLUMNS`: IDs as integers, all others as text."""
    columns = {name: part.column(part.schema.get_field_index(name)) for name in COLUMNS}
    with errors_in_words():
        return [values(column if name == ID else _as_text(column)) for name, column in columns.items()]


def _as_text(column: pa.Array) -> pa.Array:
    """Return a column as text. What is longer than any label is cut, so that going through its rows takes no long."""
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    texts = pc.utf8_slice_codeunits(column.dictionary.cast(pa.string()), 0, _LONGEST)
    return pa.DictionaryArray.from_arrays(column.indices, texts)


def _entry(values: Sequence[int | str | None], seen: set[int]) -> tuple[Listing, Exif | None] | str:
    """Return the photo of a row; or why the row is not used."""
    flickr_id, url, owner, *texts = values
    if not isinstance(flickr_id, int) or not 0 < flickr_id < LOCAL_ID_BASE:
        return f"its {ID} is not one: {flickr_id}"
    if flickr_id in seen:
        return f"an earlier row has the {ID} {flickr_id}, too"
    seen.add(flickr_id)
    address = address_of(_text(url))
    exif = known_exif({name: _text(text) for name, text in zip(LABELS, texts, strict=True)})
    listing = Listing(
        flickr_id, "flickrexif", owner=clean_text(_text(owner)), url=address, original=original_of(address)
    )
    return listing, exif


def _text(value: int | str | None) -> str | None:
    return value if isinstance(value, str) else None


def _note_strange(
    values: Sequence[int | str | None],
    entry: tuple[Listing, Exif | None],
    strange: dict[str, list[str]],
    odd: Counter[str],
) -> None:
    """Collect texts that are not an address or not a number, which give no label."""
    listing, exif = entry
    used = (listing.url, *(getattr(exif or _NOTHING, attribute) for attribute in _NUMBERS.values()))
    if None not in used:
        return
    row = dict(zip(COLUMNS, values, strict=True))
    for name, value in zip(strange, used, strict=True):
        text = clean_text(_text(row[name])) if value is None else None
        if text is not None:
            odd[name] += 1
            if len(strange[name]) < 3:
                strange[name].append(visible_text(text, 40))
