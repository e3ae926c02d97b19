"""A data set folder as one table.

Three kinds of folders can be read:

* a lenstrace set, or any ImageFolder with metadata.{parquet,jsonl,csv} in its root or in each of train/, val/, test/;
* a plain ImageFolder: class folders, with or without train/ and val/ above them;
* a flat folder of `<id>.<ext>`, as the paper's scripts need it.

Other folders are refused with a message that says what they are (`tracer.dataset.folders`). Only names and labels are read;
pictures are opened when they are embedded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracer.base.text import clean_text, counted, quoted_path
from tracer.dataset.files import Problem, relative_name, split_of
from tracer.dataset.folders import refuse_other_folders
from tracer.dataset.labels import phone_or_not
from tracer.dataset.layouts import rows_of_folders, rows_with_metadata
from tracer.dataset.links import LINK_OUT, copy_with_targets
from tracer.dataset.photo_ids import with_ids
from tracer.dataset.splits import SplitFile, find_splits
from tracer.errors import DataSetError, NoFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class PhotoSet:
    """A data set.

    Attributes:
        root: the folder, absolute.
        name: the folder's name; embeddings and results are stored under it.
        table: one row for each photo: `path` (absolute, str), `file_name`, `photo_id` (int64, unique), and the label columns that
            the set has. Absent strings are None; integers and booleans are nullable. Rows are ordered by subject, then other
            cameras before phones, then id, as the paper's retrieval script needs them.
        splits: split files by attribute.
        problems: what was left out, and why.
    """

    root: Path
    name: str
    table: pd.DataFrame
    splits: dict[str, SplitFile]
    problems: tuple[Problem, ...]

    def __len__(self) -> int:
        return len(self.table)


def open_set(path: Path | str) -> PhotoSet:
    """Read a data set folder; this module's docstring says which kinds.

    A photo without an integer id gets 10^15 + sha256 of its file mod (2^53 − 10^15). Among exact copies the first is kept, and
    the others are listed as problems.

    Raises:
        NoFolder: the folder does not exist.
        NotASet: the folder is not a data set (`tracer.dataset.folders`).
        DataSetError: the folder holds no pictures, a metadata or split file is unreadable, a file_name leads out of the folder, a
            photo is missing, or two photos have the same id.
    """
    root = Path(path).expanduser().resolve()
    if not root.is_dir():
        raise NoFolder(
            f"{quoted_path(path)} is not a folder",
            "" if root.exists() else "it does not exist",
            "Name a data set folder.",
        )
    try:
        refuse_other_folders(root, lambda name: split_of(name) is not None)
        rows, problems = rows_with_metadata(root) or rows_of_folders(root)
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
    rows, copies = with_ids(rows)
    splits = find_splits(root)
    strangers = [_strangers(split, rows["photo_id"].to_numpy(), root) for split in splits.values()]
    listed = (*problems, *copies, *(problem for problem in strangers if problem))
    return PhotoSet(root, clean_text(root.name) or "set", _ordered(rows), splits, listed)


def _first(problems: list[Problem]) -> str:
    if not problems:
        return ""
    was = "was" if len(problems) == 1 else "were"
    return f"{counted(len(problems), 'entry', 'entries')} {was} left out, the first: {problems[0].path} ({problems[0].reason})"


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
    """The problem that a split lists photos that the set lacks, as many in a partly downloaded set; None where it does not."""
    absent = sum(int((~np.isin(part, ids)).sum()) for part in split.ids.values())
    return Problem(relative_name(split.path, root), f"{absent} of its ids are not in this set") if absent else None
