"""Exact and near duplicates, and which photo of a group to keep.

Exact duplicates have the same bytes (sha256). Near duplicates are one shot in several files: a raw file and the JPEG beside
it, or copies that look alike (`curate.duplicates.likeness`). Likeness chains (A like B, B like C), so a group is a connected
component.

Which one is kept: the one that a person chose; else a file that is there, an original over a derived one, raw or HEIC over
JPEG over the rest, more pixels, the earlier time, the one of which most is known, the first path.
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
"""The label columns by which copies are found and a keeper is chosen."""

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
        keeper: path of the photo to keep (see `keeper_keys`).
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


def keeper_keys(photos: PhotoTable) -> list[NDArray[np.integer[Any]]]:
    """Return the keys (n,) by which a group's keeper is chosen, the weightiest first; the smallest is kept.

    `keeper` in a table is the number of a person's choice: the later one wins.
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
        photos.codes("path"),
    ]


def find_duplicates(
    rows: PhotoTable | Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool] = alike_by_hash
) -> DuplicateReport:
    """Return the groups of exact copies and of near duplicates among label rows.

    Args:
        rows: label rows with `path`, `sha256` and, for near duplicates, `phash` (16 hex digits). A row without a sha256
            is no part of any group.
        alike: judges two rows whose hashes are candidates of each other; `likeness.alike_by_pixels` looks at the pixels.
    """
    photos = PhotoTable.of(rows)
    keys = keeper_keys(photos)
    exact, near = _groups(photos, keys, alike)
    return DuplicateReport(_reported(photos, keys, exact, 0), _reported(photos, keys, near))


def number_duplicates(
    rows: PhotoTable | Iterable[LabelRow], alike: Callable[[LabelRow, LabelRow], bool]
) -> NDArray[np.int32]:
    """Return one number for all files of a group of near duplicates, -1 where a photo has none, (n,)."""
    photos = PhotoTable.of(rows)
    files = photos.codes("sha256")
    number = np.full(files.max(initial=-1) + 2, -1, np.int32)  # of each file; the last one for photos without a sha256
    for i, members in enumerate(_groups(photos, keeper_keys(photos), alike)[1]):
        number[files[members]] = i
    return number[files]


def _groups(
    photos: PhotoTable, keys: Sequence[NDArray[np.integer[Any]]], alike: Callable[[LabelRow, LabelRow], bool]
) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Exact and near groups as places in the table, the keeper first."""
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
    join_alike(sets, hashes, _At(photos.select(("phash", "sha256", *_JUDGED)), distinct), alike)
    near = sorted(sorted(members) for members in sets.subsets())  # each of several: one that is alone is in no set
    return [order[members] for members in exact], [distinct[members] for members in near]


@dataclass(frozen=True, slots=True)
class _At:
    """The photos at some places of a table, by their number among these."""

    photos: PhotoTable
    places: NDArray[np.intp]

    def __getitem__(self, number: int) -> LabelRow:
        return self.photos[int(self.places[number])]


def _of_several(labels: NDArray[np.integer[Any]]) -> list[NDArray[np.intp]]:
    """The places of each label that is there more than once, in their order."""
    places = np.flatnonzero(np.bincount(labels)[labels] > 1) if len(labels) else labels
    order = places[np.argsort(labels[places], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(part)]


def _same_shot(photos: PhotoTable, among: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Pairs of places in `among` whose files a camera wrote of one shot: they share name, second and camera.

    A name says nothing where second and camera are not shared, so that few names are looked at.
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
    """Say, as a person, that of a photo and its copies this one is kept; it is logged and can be undone.

    Returns its path, as it is shown, and whether that is news: what a person chose before is not said again.

    Args:
        path: as `naming.photo_named` takes it. report: the groups as they are, to tell whether the photo has copies at all.

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
