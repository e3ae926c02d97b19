"""A data set folder as one table.

Understood are: a lenstrace set or any ImageFolder with metadata.{parquet,jsonl,csv} (in the root, or in each of
train/, val/, test/); a plain ImageFolder (class folders, with or without train/ and val/ above them); a flat folder
of `<id>.<ext>`, as the paper's scripts want it. What is something else is told apart (`tracer.dataset.folders`). Only names and
labels are read here; pictures are opened when they are embedded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.files import sha256_of
from tracer.base.text import clean_text, counted, quoted_path
from tracer.dataset.folders import refuse_other_folders, what_else
from tracer.dataset.links import LINK_OUT, Links, copy_with_targets, refuse_link_out
from tracer.dataset.metadata import as_integer, find_metadata, read_metadata, with_types
from tracer.dataset.splits import PARTS, Part, SplitFile, find_splits, read_split
from tracer.errors import DataSetError, NoFolder
from tracer.images.decode import SUFFIXES

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PARTS",
    "Part",
    "PhotoSet",
    "Problem",
    "SplitFile",
    "groups",
    "open_set",
    "phone_or_not",
    "photo_id_from_sha256",
    "read_split",
]

_SPLIT_FOLDERS: Final = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test",
    "testing": "test",
}  # fmt: skip
_LOCAL: Final = 10**15
_LARGEST_EXACT: Final = 2**53
_PHONE: Final = {"smartphone": 1, "dslr": 0, "mirrorless": 0, "compact": 0}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the table leaves out, and why. `path` is relative to the set."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class PhotoSet:
    """A data set.

    Attributes:
        root: the folder, absolute.
        name: the folder's name; embeddings and results are filed under it.
        table: one row a photo: `path` (absolute, str), `file_name`, `photo_id` (int64, unique), then the label
            columns that the set has; absent strings are None, integers and booleans nullable. Rows are ordered by
            subject, then other camera before
            phone, then id: the order that the paper's retrieval script needs, and the same on every file system.
        splits: split files by attribute.
        problems: what was left out.
    """

    root: Path
    name: str
    table: pd.DataFrame
    splits: dict[str, SplitFile]
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.table)


def open_set(path: Path | str) -> PhotoSet:
    """Read a data set folder (this module's docstring says which kinds).

    A photo without an integer id gets 10^15 + sha256 of its file mod (2^53 − 10^15); of exact copies the first is
    kept and the rest are listed as problems.

    Raises:
        NoFolder: there is no such folder.
        NotASet: it is something else (`tracer.dataset.folders`).
        DataSetError: nothing in it, no pictures, an unreadable metadata or split file, a file_name that
            leaves the folder, a photo that is not there, or two photos with one id.
    """
    root = Path(path).expanduser().resolve()
    if not root.is_dir():
        raise NoFolder(
            f"{quoted_path(path)} is not a folder",
            "" if root.exists() else "it does not exist",
            "Name a data set folder.",
        )
    try:
        refuse_other_folders(root, lambda name: _split_of(name) is not None)
        rows, problems = _rows_with_metadata(root) or _rows_of_folders(root)
    except PermissionError as error:
        raise DataSetError(
            f"{quoted_path(root)} cannot be read", error.strerror or "", "Give yourself the right to read it."
        ) from error
    if rows.empty:
        raise DataSetError(
            f"There is no photo in {quoted_path(root)}",
            _first(problems) or "it is empty",
            copy_with_targets(root)
            if any(problem.reason == LINK_OUT for problem in problems)
            else "A data set is a folder of pictures, with metadata.parquet or with a folder for each class.",
        )
    rows, copies = _with_ids(rows)
    splits = find_splits(root)
    strangers = [_strangers(split, rows["photo_id"].to_numpy(), root) for split in splits.values()]
    listed = (*problems, *copies, *(problem for problem in strangers if problem))
    return PhotoSet(root, clean_text(root.name) or "set", _ordered(rows), splits, listed)


def _first(problems: list[Problem]) -> str:
    if not problems:
        return ""
    was = "was" if len(problems) == 1 else "were"
    return f"{counted(len(problems), 'entry', 'entries')} {was} left out, the first: {problems[0].path} ({problems[0].reason})"


def photo_id_from_sha256(sha256: str) -> int:
    """The id of a local photo: above every Flickr id, below 2^53, so that JSON readers keep it exact."""
    return _LOCAL + int(sha256, 16) % (_LARGEST_EXACT - _LOCAL)


def phone_or_not(table: pd.DataFrame) -> NDArray[np.int64]:
    """For each row 1 (smartphone), 0 (DSLR, mirrorless, compact) or −1 (neither, or not known).

    From `Is Smartphone`; where a set lacks it from `camera_class`, else from `camera_type`.
    """
    if "Is Smartphone" in table:
        column = table["Is Smartphone"]
        return np.asarray(column.astype("Int64").fillna(-1), dtype=np.int64)
    classes = {"phone": 1, "dslr/compact": 0} if "camera_class" in table else _PHONE
    column_name = "camera_class" if "camera_class" in table else "camera_type"
    if column_name not in table:
        return np.full(len(table), -1, dtype=np.int64)
    return np.array([classes.get(value, -1) for value in table[column_name]], dtype=np.int64)


def groups(table: pd.DataFrame, by: Sequence[str] = ("owner", "scene_idx", "subject_idx")) -> NDArray[np.int64]:
    """Clusters for cross-validation and bootstrap: photos that share a photographer, a scene or a subject.

    Connected components over equal, non-null values of the columns `by`; a row with none of them is a cluster of its
    own.

    Returns:
        int64, one a row, numbered from 0 in the order of first appearance.
    """
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(table)
    rows: list[NDArray[np.int64]] = []
    values: list[NDArray[np.int64]] = []
    nodes = count
    for name in by:
        if name not in table:
            continue
        codes, uniques = pd.factorize(table[name])
        known = np.flatnonzero(codes >= 0)
        rows.append(known.astype(np.int64))
        values.append(codes[known].astype(np.int64) + nodes)
        nodes += len(uniques)
    ends = (np.concatenate(rows), np.concatenate(values)) if rows else (np.empty(0, int), np.empty(0, int))
    graph = coo_matrix((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(nodes, nodes))
    components = connected_components(graph, directed=False)[1][:count]
    return np.asarray(pd.factorize(components)[0], dtype=np.int64)


# --- sets with metadata


def _rows_with_metadata(root: Path) -> tuple[pd.DataFrame, list[Problem]] | None:
    """The rows of the root's metadata file, else of those in its split folders; None where there is neither."""
    import pandas as pd

    if metadata := find_metadata(root):
        return _rows_of_metadata(root, metadata, "")
    parts = [
        (folder, found) for folder in _folders(root) if _split_of(folder) and (found := find_metadata(root / folder))
    ]
    if not parts:
        return None
    tables, problems = [], []
    for folder, metadata in parts:
        table, listed = _rows_of_metadata(root, metadata, f"{folder}/")
        tables.append(table.assign(split=_split_of(folder)))
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
            problems.append(Problem(_shown(name), LINK_OUT))
            names.append(None)
            continue
        names.append(name)
        if not _is_file(root / name):
            missing.append(name)
    if missing:
        shown = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise DataSetError(
            f"{len(missing)} of {len(table)} photos of {quoted_path(root)} are not there",
            shown,
            f"Bring the files back, or take their rows out of {metadata.name}.",
        )
    table = with_types(table.drop(columns="path", errors="ignore"), metadata)
    table["file_name"] = names
    table = table[table["file_name"].notna()].reset_index(drop=True)
    paths = [str(root / name) for name in table["file_name"]]
    table.insert(0, "path", pd.Series(paths, dtype=object))  # Arrow's strings hold no path that is not UTF-8
    if "split" in table:
        table["split"] = [_split_of(value) or value for value in table["split"]]
    return table, problems


def _inside(value: object, metadata: Path) -> str:
    """A file_name that stays in the set, with `/` between its parts. Others are refused: the file may come from
    anybody."""
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
            "Do not trust this set before you know why.",
        )
    return str(path)


# --- sets without metadata


def _rows_of_folders(root: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows of a flat folder, or of class folders, with or without split folders above them."""
    import pandas as pd

    problems: list[Problem] = []
    names = []
    for name in _files(root, problems):
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            names.append(name)
        elif name.count("/") or PurePosixPath(name).suffix.lower() not in (".json", ".md", ".txt", ".csv"):
            problems.append(Problem(_shown(name), "no picture by its extension"))
    parts = [PurePosixPath(name).parts for name in names]
    tops = {part[0] for part in parts if len(part) > 1}
    split_above = bool(tops) and all(_split_of(top) for top in tops) and all(len(part) > 1 for part in parts)
    depth = 1 if split_above else 0
    labels = [part[depth] if len(part) > depth + 1 else None for part in parts]
    columns: dict[str, list[str] | list[str | None]] = {
        "path": [str(root / name) for name in names],
        "file_name": [_shown(name) for name in names],
    }
    if len(set(labels) - {None}) > 1:  # one folder alone is a place, not a class
        columns["semantic_label"] = [clean_text(label) for label in labels]
    if split_above:
        columns["split"] = [_split_of(part[0]) for part in parts]
    return pd.DataFrame(columns, dtype=object), problems


def _files(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Relative paths of the regular files below `root`, sorted; hidden ones are passed over, linked folders are
    listed."""
    links = Links(root)
    for folder, folders, files in os.walk(root, onerror=lambda error: _listed(error, root, problems)):
        here = Path(folder)
        linked = [_shown(_relative(here / name, root)) for name in sorted(folders) if (here / name).is_symlink()]
        problems.extend(Problem(name, "a linked folder is not followed") for name in linked)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*folders]:
            if not (here / name).is_symlink() and (other := what_else(here / name)):
                folders.remove(name)
                problems.append(Problem(_shown(_relative(here / name, root)), f"{other}, and no photos of this set"))
        if here == root and "splits" in folders:
            folders.remove("splits")
        for name in sorted(files):
            if name.startswith("."):
                continue
            if links.lead_out(here / name):
                problems.append(Problem(_shown(_relative(here / name, root)), LINK_OUT))
            elif _is_file(here / name):
                yield _relative(here / name, root)
            else:
                problems.append(Problem(_shown(_relative(here / name, root)), "no regular file"))


def _listed(error: OSError, root: Path, problems: list[Problem]) -> None:
    problems.append(Problem(_shown(_relative(Path(error.filename), root)), f"cannot be read: {error.strerror}"))


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        raise
    except OSError:  # its name is longer than names can be
        return False


def _shown(name: str) -> str:
    """A file's name as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(name).decode("utf-8", "replace")


def _folders(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir())


def _split_of(name: object) -> str | None:
    return _SPLIT_FOLDERS.get(name.lower()) if isinstance(name, str) else None


# --- ids and order


def _with_ids(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Give every row its id; rows that turn out to be exact copies are taken out and listed."""
    given = next((name for name in ("photo_id", "Flickr ID") if name in table), None)
    if given:
        ids = [as_integer(value) for value in table[given]]
    else:
        ids = [as_integer(PurePosixPath(name).stem) for name in table["file_name"]]
        nested = any("/" in name for name in table["file_name"])
        known = [value for value in ids if value is not None]
        if nested and len(set(known)) < len(known):
            ids = [None] * len(ids)  # numbering that starts anew in each class folder names nothing
    problems: list[Problem] = []
    keep = np.ones(len(ids), dtype=bool)
    first: dict[int, str] = {}
    order = np.argsort(table["file_name"].to_numpy(dtype=str), kind="stable")
    for row in order:
        if ids[row] is None:
            name = table["file_name"].iloc[row]
            try:
                ids[row] = photo_id_from_sha256(sha256_of(Path(table["path"].iloc[row])))
            except OSError as error:
                problems.append(Problem(name, f"cannot be read: {error.strerror}"))
                keep[row] = False
                continue
            if ids[row] in first:
                problems.append(Problem(name, f"an exact copy of {first[ids[row]]}"))
                keep[row] = False
                continue
            first[ids[row]] = name
    table = table.drop(columns=[name for name in ("photo_id", "Flickr ID") if name in table])
    table.insert(2, "photo_id", np.array([value if value is not None else -1 for value in ids], dtype=np.int64))
    table = table[keep]
    _refuse_bad_ids(table)
    return table, problems


def _refuse_bad_ids(table: pd.DataFrame) -> None:
    if table.empty:
        raise DataSetError("No photo of the set can be read", way_out="Give yourself the right to read its files.")
    if (table["photo_id"] < 0).any():
        raise DataSetError(f"{table.loc[table['photo_id'] < 0, 'file_name'].iloc[0]} has a negative id")
    doubled = table["photo_id"].duplicated(keep=False)
    if doubled.any():
        first = table.loc[doubled, "photo_id"].iloc[0]
        names = table.loc[table["photo_id"] == first, "file_name"].tolist()
        raise DataSetError(
            f"{counted(table.loc[doubled, 'photo_id'].nunique(), 'id stands', 'ids stand')} for more than one photo",
            f"{first}: {', '.join(names[:3])}",
            "An id may name one photo only; take the others out.",
        )


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    if "subject_idx" in table:
        subjects = table["subject_idx"].astype("Int64").fillna(np.iinfo(np.int64).max).to_numpy(dtype=np.int64)
    else:
        subjects = np.zeros(len(table), dtype=np.int64)
    kind = phone_or_not(table)
    order = np.lexsort((table["photo_id"].to_numpy(), np.where(kind < 0, 2, kind), subjects))
    if "subject_idx" not in table:
        order = np.argsort(table["photo_id"].to_numpy(), kind="stable")
    ordered: pd.DataFrame = table.iloc[order].reset_index(drop=True)
    return ordered


def _strangers(split: SplitFile, ids: NDArray[np.int64], root: Path) -> Problem | None:
    """What a split says of photos that are not here; a partly downloaded set has many."""
    absent = sum(int((~np.isin(part, ids)).sum()) for part in split.ids.values())
    return Problem(_relative(split.path, root), f"{absent} of its ids are no photo of this set") if absent else None
