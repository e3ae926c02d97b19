"""Exact and near duplicates, and which photo of a group to keep.

Exact duplicates have the same bytes (sha256). Near duplicates are one shot in several files: a raw file and the JPEG beside
it, or copies that look alike (`curate.likeness`). Likeness chains (A like B, B like C), so a group is a connected component.

Which one is kept: the one that a person chose; else a file that is there, an original over a derived one, raw or HEIC over
JPEG over the rest, more pixels, the earlier time, the one of which most is known, the first path.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from curate.advice import command
from curate.catalog import keepers
from curate.catalog.labels import LABEL_COLUMNS, LabelRow
from curate.catalog.naming import photo_named
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.likeness import Components, alike_by_hash, join_alike, parse_hash
from curate.photos.formats import RAW_FORMATS

_PREFERRED_FORMATS = (
    RAW_FORMATS,
    {"HEIF", "AVIF"},
    {"JPEG", "MPO", "TIFF"},
)
_CHOSEN = "a person chose it"
_REASONS = (
    _CHOSEN,
    "its file is there",
    "it is the original",
    "its format keeps more",
    "it has more pixels",
    "it is earlier",
    "more is known of it",
    "its path comes first",
)
"""Why a keeper is kept, by the first place in which its rank differs from the next one's."""


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that are the same, or one shot.

    Attributes:
        keeper: path of the photo to keep (see `keeper_rank`).
        others: paths of the rest, in the order in which they would be kept.
        bits: the largest number of hash bits between the keeper and another; 0 for exact copies and where there is no hash.
        reason: why the keeper is kept and not the next one.
        files: the paths' own bytes, the keeper's first: a name that is not UTF-8 is shown otherwise than it is.
    """

    keeper: str
    others: tuple[str, ...]
    bits: int
    reason: str
    files: tuple[bytes, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as `curate duplicates` prints it."""
        others = list(self.others)
        return {
            "keeper": self.keeper,
            "reason": self.reason,
            "others": others,
            "photos": 1 + len(others),
            "bits": self.bits,
        }


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Groups of exact copies, and of near duplicates with different bytes; each in the order of its keepers' paths.

    A near group names one file for each set of exact copies: their keeper.
    """

    exact: tuple[Group, ...]
    near: tuple[Group, ...]

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the object that `curate duplicates --json` prints."""
        return {"exact": [group.as_json() for group in self.exact], "near": [group.as_json() for group in self.near]}


def keeper_rank(row: LabelRow) -> tuple[Any, ...]:
    """Return the key by which a group's keeper is chosen: the smallest is kept (the rule is the module's).

    `keeper` in a row is the number of a person's choice: the later one wins.
    """
    formats = [i for i, names in enumerate(_PREFERRED_FORMATS) if row.get("format") in names]
    taken = row.get("taken_at")
    return (
        -(row.get("keeper") or 0),
        row.get("status") == "missing",
        {False: 0, None: 1, True: 2}[row.get("edited")],
        formats[0] if formats else len(_PREFERRED_FORMATS),
        -(row.get("width") or 0) * (row.get("height") or 0),
        (taken is None, taken or ""),
        -sum(row.get(name) is not None for name in LABEL_COLUMNS),
        row.get("path") or "",
    )


def find_duplicates(
    rows: Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool] = alike_by_hash
) -> DuplicateReport:
    """Return the groups of exact copies and of near duplicates among label rows.

    Args:
        rows: label rows with `path`, `sha256` and, for near duplicates, `phash` (16 hex digits). A row without a sha256
            is no part of any group.
        alike: judges two rows whose hashes are candidates of each other; `likeness.alike_by_pixels` looks at the pixels.
    """
    exact, near = _groups(rows, alike)
    return DuplicateReport(_reported(exact, 0), _reported(near))


def number_duplicates(rows: Sequence[LabelRow], alike: Callable[[LabelRow, LabelRow], bool]) -> None:
    """Write `duplicate_idx` into the rows: one number for all files of a group, null where a photo has no near duplicate."""
    _, near = _groups(rows, alike)
    number = {row["sha256"]: i for i, members in enumerate(near) for row in members}
    for row in rows:
        row["duplicate_idx"] = number.get(row.get("sha256"))


def _groups(
    rows: Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool]
) -> tuple[list[list[LabelRow]], list[list[LabelRow]]]:
    """Exact and near groups, the keeper first."""
    copies: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        if row.get("sha256"):
            copies[row["sha256"]].append(row)
    for members in copies.values():
        members.sort(key=keeper_rank)

    distinct = sorted((members[0] for members in copies.values()), key=keeper_rank)
    components = Components(len(distinct))
    components.join_equal(_shot(row) for row in distinct)
    join_alike(components, distinct, alike)
    near: dict[int, list[LabelRow]] = defaultdict(list)
    for label, row in zip(components.labels(), distinct, strict=True):
        near[label].append(row)
    return [group for group in copies.values() if len(group) > 1], [group for group in near.values() if len(group) > 1]


def _shot(row: LabelRow) -> tuple[str, ...] | None:
    """What the files that a camera writes of one shot share: name, second and camera; None where one is unknown."""
    if row.get("taken_precision") != "second" or not row.get("Model") or not row.get("path"):
        return None
    stem = PurePosixPath(row["path"]).stem.casefold()
    return stem, str(row["taken_at"])[:19], str(row.get("Make")), str(row["Model"])


def _reported(groups: Iterable[Sequence[LabelRow]], bits: int | None = None) -> tuple[Group, ...]:
    found = (_group(members, _spread(members) if bits is None else bits) for members in groups)
    return tuple(sorted(found, key=lambda group: group.keeper))


def _group(members: Sequence[LabelRow], bits: int) -> Group:
    first, second = keeper_rank(members[0]), keeper_rank(members[1])
    reason = next((why for why, a, b in zip(_REASONS, first, second, strict=True) if a != b), _REASONS[-1])
    files = tuple(row.get("path_bytes") or os.fsencode(row["path"]) for row in members)
    return Group(members[0]["path"], tuple(row["path"] for row in members[1:]), bits, reason, files)


def _spread(members: Sequence[LabelRow]) -> int:
    hashes = [parse_hash(row.get("phash")) for row in members]
    keeper = hashes[0]
    return max((0 if keeper is None or other is None else (keeper ^ other).bit_count()) for other in hashes)


def keep(catalog: Catalog, path: str | os.PathLike[str], report: DuplicateReport) -> tuple[str, bool]:
    """Say, as a person, that of a photo and its copies this one is kept; it is logged and can be undone.

    Returns its path, as it is shown, and whether that is news: what a person chose before is not said again.

    Args:
        path: as `naming.photo_named` takes it. report: the groups as they are, to tell whether the photo has copies at all.

    Raises:
        UsageError: the path names no photo or several, or the photo has no copies.
    """
    row = photo_named(catalog, path)
    own = [group for group in (*report.exact, *report.near) if row["path_bytes"] in group.files]
    if not own:
        listed = command("duplicates", workspace=catalog.workspace.root)
        raise UsageError("that photo has no copies", row["path"], f"Groups are listed by: {listed}")
    news = any(group.files[0] != row["path_bytes"] or group.reason != _CHOSEN for group in own)
    if news:
        keepers.keep(catalog, row["id"])
    return str(row["path"]), news
