"""Group exact and near duplicates, and choose the photo of each group to keep.

Exact duplicates have the same bytes (sha256). Near duplicates are one shot in several files: a raw file and the JPEG beside
it, or copies that look alike (`curate.duplicates.likeness`). A group is a connected component of the graph of similar photos.

The photo to keep is the first by these criteria: a person chose it; its file exists; it is an original rather than an edited
version; its format (raw, then HEIC, then JPEG, then others); more pixels; earlier time; more known labels; first path.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.catalog import keepers
from curate.catalog.labels import LabelRow
from curate.catalog.naming import photo_named
from curate.catalog.phototable import PhotoTable, combined
from curate.catalog.store import Catalog
from curate.containers.sniff import RAW_FORMATS
from curate.duplicates.hashes import equal_pairs, parse_hash
from curate.duplicates.likeness import alike_by_hash, join_alike
from curate.errors import UsageError, command

_PREFERRED_FORMATS = (
    RAW_FORMATS,
    {"HEIF", "AVIF"},
    {"JPEG", "MPO", "TIFF"},
)
_JUDGED = ("Make", "Model", "make_normalized", "taken_at", "taken_precision")
KEEPER_COLUMNS = ("status", "edited", "format", "width", "height", *_JUDGED)
"""The label columns that are needed to find duplicates and to choose the one to keep."""

_CHOSEN, _FIRST = "a person chose it", "its path comes first"
_REASONS = (
    _CHOSEN,
    "its file is there",
    "it is the original",
    "its format keeps more",
    "it has more pixels",
    "it is earlier",
    "more is known of it",
    _FIRST,
    _FIRST,
)
"""The reasons for keeping a photo, one for each key of `keeper_keys`: the first key in which it differs from the next photo."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of exact or near duplicates.

    Attributes:
        keeper: path of the photo to keep (`keeper_keys`), as shown.
        others: paths of the other photos, in the order in which they would be kept.
        bits: the largest number of differing hash bits between the keeper and another photo; 0 for exact copies and where
            there is no hash.
        reason: why the keeper is kept rather than the next photo.
        files: the paths as bytes, the keeper's first; the shown path of a name that is not UTF-8 is escaped.
    """

    keeper: str
    others: tuple[str, ...]
    bits: int
    reason: str
    files: tuple[bytes, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the group as `curate duplicates --json` prints it."""
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
    """The duplicates of a library.

    Attributes:
        exact: groups of exact copies, in the order of their keepers' paths.
        near: groups of near duplicates with different bytes, in the same order. Of exact copies, only the keeper is in a near
            group.
    """

    exact: tuple[Group, ...]
    near: tuple[Group, ...]

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the object that `curate duplicates --json` prints."""
        return {"exact": [group.as_json() for group in self.exact], "near": [group.as_json() for group in self.near]}


def keeper_keys(photos: PhotoTable) -> list[NDArray[np.integer[Any]]]:
    """Return the sort keys, (n,) each, by which the photo to keep is chosen: the first key is the most important, and the photo
    with the smallest value is kept.

    The column `keeper` is the number of a person's choice; the latest choice wins.
    """
    status, format_, taken = photos.coded("status"), photos.coded("format"), photos.codes("taken_at")
    places = [next((i for i, names in enumerate(_PREFERRED_FORMATS) if kind in names), 3) for kind in format_[1]]
    return [
        -photos.integers("keeper", 0),
        np.array([*(kind == "missing" for kind in status[1]), False])[status[0]].astype(np.int8),
        np.array([0, 2, 1], np.int8)[photos.integers("edited", -1)],  # no, yes, unknown
        np.array([*places, len(_PREFERRED_FORMATS)], np.int8)[format_[0]],
        -photos.integers("width", 0) * photos.integers("height", 0),
        np.where(taken < 0, len(photos), taken).astype(np.int32),
        -photos.integers("known", 0),
        photos.integers("place", 0),  # the order of stored paths, which stays when the workspace is moved
        photos.codes("path"),
    ]


def find_duplicates(
    rows: PhotoTable | Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool] = alike_by_hash
) -> DuplicateReport:
    """Return the groups of exact copies and of near duplicates among label rows.

    Args:
        rows: label rows with `path`, `sha256` and, for near duplicates, `phash` (16 hex digits). A row without a sha256
            is not in any group.
        alike: decides whether two rows with similar hashes are copies; `likeness.alike_by_pixels` compares the pixels.
    """
    photos = PhotoTable.of(rows)
    keys = keeper_keys(photos)
    exact, near = _groups(photos, keys, alike)
    return DuplicateReport(_reported(photos, keys, exact, 0), _reported(photos, keys, near))


def number_duplicates(
    rows: PhotoTable | Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool]
) -> NDArray[np.int32]:
    """Return the number of each photo's group of near duplicates, (n,) int32, -1 for photos in no group."""
    photos = PhotoTable.of(rows)
    files = photos.codes("sha256")
    number = np.full(files.max(initial=-1) + 2, -1, np.int32)  # by file; the last one is for photos without a sha256
    for i, members in enumerate(_groups(photos, keeper_keys(photos), alike)[1]):
        number[files[members]] = i
    return number[files]


def _groups(
    photos: PhotoTable, keys: Sequence[NDArray[np.integer[Any]]], alike: Callable[[LabelRow, LabelRow], bool]
) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Return the exact and the near groups as positions in the table, the keeper first."""
    from scipy.cluster.hierarchy import DisjointSet

    files, order = photos.codes("sha256"), np.lexsort(keys[::-1])
    order = order[files[order] >= 0]
    exact = _of_several(files[order])
    distinct = order[np.sort(np.unique(files[order], return_index=True)[1])]
    sets = DisjointSet()
    for one, other in _same_shot(photos, distinct):
        sets.add(one)
        sets.add(other)
        sets.merge(one, other)
    hashes = photos.select(("phash",)).take(distinct).each("phash")
    judged = photos.select(("phash", "sha256", *_JUDGED))
    join_alike(sets, hashes, lambda number: judged[int(distinct[number])], alike)
    near = sorted(sorted(members) for members in sets.subsets())  # `sets` holds only photos that were joined
    return [order[members] for members in exact], [distinct[members] for members in near]


def _of_several(labels: NDArray[np.integer[Any]]) -> list[NDArray[np.intp]]:
    """Return the positions of each label that occurs more than once, in their order."""
    places = np.flatnonzero(np.bincount(labels)[labels] > 1) if len(labels) else labels
    order = places[np.argsort(labels[places], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(part)]


def _same_shot(photos: PhotoTable, among: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield pairs of positions in `among` whose files a camera wrote for one shot: with the same name, second and camera.

    Only the names of photos that share second and camera are read.
    """
    stated = photos.select(_JUDGED).take(among)
    seconds = np.asarray(
        pc.utf8_slice_codeunits(stated.texts("taken_at"), 0, 19).dictionary_encode().indices.fill_null(-1)
    )
    precise, kinds = stated.coded("taken_precision")
    usable = (
        (np.array([kind == "second" for kind in kinds] + [False])[precise])
        & (stated.codes("Model") >= 0)
        & photos.present("path")[among]
    )
    places = np.flatnonzero(usable)
    shots = combined([seconds[places], stated.codes("Make")[places], stated.codes("Model")[places]])
    _, shot, count = np.unique(shots, return_inverse=True, return_counts=True)
    shared = count[shot] > 1
    places, shot = places[shared], shot[shared]
    own = photos.select(("path",)).take(among[places])

    def name(path: str) -> str:
        return os.path.splitext(os.path.basename(path))[0].casefold()

    named = zip(shot.tolist(), map(name, own.each("path")), strict=True)
    keys = np.fromiter(map(hash, named), np.int64, len(places))
    for one, other in zip(*equal_pairs(np.unique(keys, return_inverse=True)[1]), strict=True):
        if name(own[int(one)]["path"]) == name(own[int(other)]["path"]):
            yield int(places[one]), int(places[other])


def _reported(
    photos: PhotoTable,
    keys: Sequence[NDArray[np.integer[Any]]],
    groups: Iterable[NDArray[np.intp]],
    bits: int | None = None,
) -> tuple[Group, ...]:
    own = photos.select(("path", "path_bytes", "phash"))
    found = []
    for places in groups:
        members = [own[place] for place in places.tolist()]
        first, second = ([key[place] for key in keys] for place in places[:2])
        reason = next((why for why, a, b in zip(_REASONS, first, second, strict=True) if a != b), _REASONS[-1])
        files = tuple(row.get("path_bytes") or os.fsencode(row["path"]) for row in members)
        others = tuple(row["path"] for row in members[1:])
        found.append(Group(members[0]["path"], others, _spread(members) if bits is None else bits, reason, files))
    return tuple(sorted(found, key=lambda group: group.keeper))


def _spread(members: Sequence[LabelRow]) -> int:
    hashes = [parse_hash(row.get("phash")) for row in members]
    keeper = hashes[0]
    return max((0 if keeper is None or other is None else (keeper ^ other).bit_count()) for other in hashes)


def keep(catalog: Catalog, path: str | os.PathLike[str], report: DuplicateReport) -> tuple[str, bool]:
    """Choose, as a person, one photo among its copies to keep. The choice is logged and can be undone.

    Args:
        catalog: open for writing.
        path: path of the photo, as `naming.photo_named` reads it.
        report: the present groups, which tell whether the photo has copies.

    Returns:
        The shown path of the photo, and whether the choice is new: the same choice is not logged twice.

    Raises:
        UsageError: the path names no photo or several, or the photo has no copies.
    """
    photo = photo_named(catalog, path)
    own = [group for group in (*report.exact, *report.near) if photo.path_bytes in group.files]
    if not own:
        listed = command("duplicates", workspace=catalog.workspace.root)
        raise UsageError("that photo has no copies", photo.path, f"Groups are listed by: {listed}")
    news = any(group.files[0] != photo.path_bytes or group.reason != _CHOSEN for group in own)
    if news:
        keepers.keep(catalog, photo.id)
    return photo.path, news
