"""Reads the layouts of a data set folder: with a metadata file, with a folder for each class, or flat."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from tracer.base.text import clean_text, quoted_path
from tracer.dataset.files import Problem, files_below, folders_in, is_file, shown_name, split_of
from tracer.dataset.links import LINK_OUT, Links, refuse_link_out
from tracer.dataset.metadata import find_metadata, read_metadata, with_types
from tracer.errors import DataSetError
from tracer.images.decode import SUFFIXES

if TYPE_CHECKING:
    import pandas as pd


def rows_with_metadata(root: Path) -> tuple[pd.DataFrame, list[Problem]] | None:
    """Return the rows of the metadata file in the root, or of those in its split folders; None where there is no such file."""
    import pandas as pd

    if metadata := find_metadata(root):
        return _rows_of_metadata(root, metadata, "")
    parts = [
        (folder, found) for folder in folders_in(root) if split_of(folder) and (found := find_metadata(root / folder))
    ]
    if not parts:
        return None
    tables, problems = [], []
    for folder, metadata in parts:
        table, listed = _rows_of_metadata(root, metadata, f"{folder}/")
        tables.append(table.assign(split=split_of(folder)))
        problems += listed
    return pd.concat(tables, ignore_index=True), problems


def _rows_of_metadata(root: Path, metadata: Path, prefix: str) -> tuple[pd.DataFrame, list[Problem]]:
    import pandas as pd

    refuse_link_out(root, metadata)
    table = read_metadata(metadata)
    links = Links(root)
    problems: list[Problem] = []
    names: list[str | None] = []
    missing: list[str] = []
    for row, value in enumerate(table["file_name"], start=1):
        if value is None or value == "":
            problems.append(Problem(f"{prefix}{metadata.name}", f"row {row} has no file_name"))
            names.append(None)
            continue
        name = prefix + _inside(value, metadata)
        if links.lead_out(root / name):
            problems.append(Problem(shown_name(name), LINK_OUT))
            names.append(None)
            continue
        names.append(name)
        if not is_file(root / name):
            missing.append(name)
    if missing:
        shown = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise DataSetError(
            f"{len(missing)} of {len(table)} photos of {quoted_path(root)} are missing",
            shown,
            f"Bring the files back, or take their rows out of {metadata.name}.",
        )
    table = with_types(table.drop(columns="path", errors="ignore"), metadata)
    table["file_name"] = names
    table = table[table["file_name"].notna()].reset_index(drop=True)
    paths = [str(root / name) for name in table["file_name"]]
    table.insert(0, "path", pd.Series(paths, dtype=object))  # Arrow's strings cannot hold a path that is not UTF-8
    if "split" in table:
        table["split"] = [split_of(value) or value for value in table["split"]]
    return table, problems


def _inside(value: object, metadata: Path) -> str:
    """A file_name with `/` between its parts. One that leads out of the set is refused, since the metadata is not trusted."""
    text = str(value).replace("\\", "/")
    path = PurePosixPath(text)
    if (
        not isinstance(value, str)
        or path.is_absolute()
        or ".." in path.parts
        or "://" in text
        or ":" in text[:2]
        or "\0" in text
    ):
        raise DataSetError(
            f"{quoted_path(metadata)} names a file outside its set: {clean_text(str(value))!r}",
            "a file_name has to be a path relative to the metadata file, without '..'",
            "Do not trust this set before you know why it does.",
        )
    return str(path)


_SUPER_CATEGORIES: Final = frozenset(
    (
        "actinopterygii", "amphibia", "animalia", "arachnida", "aves", "bacteria", "chromista", "fungi", "insecta",
        "mammalia", "mollusca", "plantae", "protozoa", "reptilia",
    )
)  # fmt: skip
"""The folders at the top of iNaturalist 2017 and 2018, in lower case; each holds a folder for each of its species."""


def _label_depth(parts: list[tuple[str, ...]], depth: int) -> int:
    """Which part of a file's path is its label: that at `depth`, or in iNaturalist's tree the species, one folder further down.

    The tree may lie in one folder more (`train_val2018`).

    Args:
        parts: of each picture's path.
        depth: 1 where the folders of a split lie above, else 0.
    """
    for at in (depth, depth + 1):
        above = {part[at].lower() for part in parts if len(part) > at + 1}
        if above and above <= _SUPER_CATEGORIES and all(len(part) == at + 3 for part in parts):
            return at + 1
    return depth


def rows_of_folders(root: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows of a flat folder, or of class folders, with or without split folders above them."""
    import pandas as pd

    problems: list[Problem] = []
    names = []
    for name in files_below(root, problems):
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            names.append(name)
        elif name.count("/") or PurePosixPath(name).suffix.lower() not in (".json", ".md", ".txt", ".csv"):
            problems.append(Problem(shown_name(name), "not a picture by its extension"))
    parts = [PurePosixPath(name).parts for name in names]
    tops = {part[0] for part in parts if len(part) > 1}
    split_above = bool(tops) and all(split_of(top) for top in tops) and all(len(part) > 1 for part in parts)
    depth = _label_depth(parts, 1 if split_above else 0)
    labels = [part[depth] if len(part) > depth + 1 else None for part in parts]
    columns: dict[str, list[str] | list[str | None]] = {
        "path": [str(root / name) for name in names],
        "file_name": [shown_name(name) for name in names],
    }
    if len(set(labels) - {None}) > 1:  # a single folder is not a class
        columns["semantic_label"] = [clean_text(label) for label in labels]
    if split_above:
        columns["split"] = [split_of(part[0]) for part in parts]
    return pd.DataFrame(columns, dtype=object), problems
