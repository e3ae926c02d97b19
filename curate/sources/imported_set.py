"""Finds the photos of a set: a folder with a `metadata.parquet` that has columns of ours. The files stay where they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from curate.catalog.assigning import usable
from curate.catalog.forgotten import forgotten_paths
from curate.catalog.labelling import PHOTO_ID, SAID_KEYS
from curate.catalog.store import Catalog
from curate.errors import SourceError, command
from curate.sources.local import FORGOTTEN, FoundFile, LocalSource, SkippedFile, Statements
from tracer.base.parquet import all_rows, open_parquet
from tracer.base.parsing import Unparsable
from tracer.base.text import clean_text, quoted_path, visible_text

TABLE = "metadata.parquet"
_FILE = "file_name"
_READ = (_FILE, PHOTO_ID, *SAID_KEYS, "taken_precision", "utc_offset", "subject_idx", "scene_idx")
_MOST_ID = 2**53
_LENGTH = {"day": 10, "month": 7, "year": 4}
_FAILURE = "the set cannot be imported"
_FORM = f"It needs a {TABLE} with a column {_FILE}, whose names lead to files in the set."


def sets_source(catalog: Catalog, paths: Sequence[Path]) -> LocalSource:
    """Return the photos of sets, with their labels as statements.

    Args:
        catalog: the catalogue.
        paths: the folders of the sets.

    Raises:
        SourceError: a folder holds no usable table, a table names a file outside, or one file or ID twice, or a set lies in the
            workspace that would import it.
    """
    statements: dict[bytes, tuple[bytes, Statements]] = {}
    unfit: dict[bytes, str] = {}
    roots = [Path(os.path.abspath(path)) for path in paths]
    for root in roots:
        if root.is_relative_to(catalog.workspace.root):
            raise SourceError(
                _FAILURE, f"{quoted_path(root)} lies in the workspace itself", "Import it into another workspace."
            )
        name = clean_text(root.name) or "set"
        for file, row in _rows(root).items():
            path, said = os.fsencode(root / PurePosixPath(file)), _said(row, name)
            labels, why = usable(said)
            statements[path] = os.fsencode(root), Statements(labels)
            if why:
                unfit[path] = "; ".join(f"the set's {reason}: {said[key]}" for key, reason in why.items())
    places = [os.fsencode(root) for root in roots]
    found = chain(
        (SkippedFile(*label) for label in sorted(unfit.items())), _found(places, statements, forgotten_paths(catalog))
    )
    return LocalSource(places, found, lambda file: statements[file.path][1])


def _rows(root: Path) -> dict[str, dict[str, Any]]:
    """Return file name -> row of the table."""
    table = root / TABLE
    rows: dict[str, dict[str, Any]] = {}
    try:
        with open_parquet(table) as file:
            names = file.schema.names
            if _FILE not in names:
                has = ", ".join(map(visible_text, names)) or "none"
                if "Flickr ID" in names:  # a set without pictures
                    way_out = f"Import its addresses and labels: {command('import', 'flickrexif', table)}"
                    raise SourceError(_FAILURE, f"{quoted_path(table)} has no files, but Flickr IDs", way_out)
                raise SourceError(_FAILURE, f"{quoted_path(table)} lacks {_FILE}; its columns are {has}", _FORM)
            read = [name for name in _READ if name in names]
            for row in all_rows(file, read):
                _check_name(table, row[_FILE], rows)
                rows[row[_FILE]] = row
    except (OSError, Unparsable) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else visible_text(str(error), 200)
        raise SourceError(_FAILURE, f"{quoted_path(table)}: {why}", _FORM) from error
    _check_ids(table, rows)
    return rows


def _check_name(table: Path, name: object, rows: Mapping[str, object]) -> None:
    why = None
    if not isinstance(name, str) or not name:
        why = f"a row has no {_FILE}"
    elif PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name or "\\" in name:
        why = f"{visible_text(name)!r} does not lead to a file in the set"
    elif name in rows:
        why = f"two rows name {visible_text(name)!r}"
    if why is not None:
        raise SourceError(_FAILURE, f"{quoted_path(table)}: {why}", _FORM)


def _check_ids(table: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    ids: set[int] = set()
    for row in rows.values():
        if (one := row.get(PHOTO_ID)) is None:
            continue
        if type(one) is not int or not 0 <= one < _MOST_ID:
            why = f"the {PHOTO_ID} {visible_text(repr(one), 100)} is not one"
        elif one in ids:
            why = f"two rows have the {PHOTO_ID} {one}"
        else:
            ids.add(one)
            continue
        raise SourceError(_FAILURE, f"{quoted_path(table)}: {why}", "Correct the table.")


def _said(row: Mapping[str, Any], name: str) -> dict[str, str | None]:
    """Return what a row states. Its photos of one pair, or of one scene, are one scene of the workspace."""
    said = {key: clean_text(str(row[key])) if row.get(key) is not None else None for key in SAID_KEYS if key in row}
    if said.get("taken_at"):
        length = _LENGTH.get(str(row.get("taken_precision")))
        said["taken_at"] = f"{said['taken_at']}"[:length] + (str(row.get("utc_offset") or "") if length is None else "")
    if row.get(PHOTO_ID) is not None:
        said[PHOTO_ID] = str(row[PHOTO_ID])
    for column, word in (("scene_idx", "scene"), ("subject_idx", "subject")):
        if said.get("scene") is None and row.get(column) is not None:
            said["scene"] = f"{name}: {word} {row[column]}"
    return said


def _found(
    roots: Sequence[bytes], statements: Mapping[bytes, tuple[bytes, Statements]], forgotten: set[bytes]
) -> Iterator[FoundFile | SkippedFile]:
    """Yield the files that the tables name, sorted."""
    passed_by = forgotten - set(roots)
    real = {root: os.path.realpath(root) + os.sep.encode() for root in roots}
    for path, (root, _) in sorted(statements.items()):
        if path in passed_by or any(folder in passed_by for folder in _folders_between(root, path)):
            yield SkippedFile(path, FORGOTTEN, hidden=True)
            continue
        try:
            info = os.lstat(path)
        except FileNotFoundError:
            yield SkippedFile(path, f"{TABLE} names it, but there is no such file")
            continue
        except OSError as error:
            yield SkippedFile(path, f"cannot be reached: {error.strerror}", hidden=True)
            continue
        if stat.S_ISREG(info.st_mode) and os.path.realpath(path).startswith(real[root]):
            yield FoundFile(path, root, info.st_size, info.st_mtime_ns)
        else:
            yield SkippedFile(path, "it is not a regular file in the set")


def _folders_between(root: bytes, path: bytes) -> Iterator[bytes]:
    """Yield the folders below the root that the path lies in."""
    while len(path := os.path.dirname(path)) > len(root):
        yield path


def refuse_problems(path: Path, problems: list[str]) -> None:
    """Refuse a set of ours that does not pass its checks.

    Args:
        path: the folder of the set.
        problems: what the checks found, each with the file.

    Raises:
        SourceError: there are problems.
    """
    if problems:
        more = f"; and {len(problems) - 3:,} more" if len(problems) > 3 else ""
        raise SourceError(
            "the set does not pass its checks",
            f"{quoted_path(path)}: {'; '.join(problems[:3])}{more}",
            f"To list them: {command('verify', path)}",
        )
