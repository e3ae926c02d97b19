"""Selects the photos of a set, and records why the others are left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import LOCAL_ID_BASE
from curate.catalog.phototable import Coded, PhotoTable
from curate.duplicates.groups import keeper_keys
from curate.errors import command
from curate.photos.facts import Status

NO_LICENSE = "its licence is not stated"
OTHER_LICENSE = "its licence was not selected"
NO_PAIR = "it is in no accepted pair"
NO_FILE = "its file was not downloaded"
GONE_FILE = "its file is gone"
NO_ADDRESS = "its address is not known"
NO_FLICKR_ID = "it has no Flickr ID"
COPY = "an exact copy of it is in the set"
_UNREADABLE = "it could not be read"
_WITHOUT_FILE = {Status.LISTED: "its EXIF has not come", Status.GONE: "it was deleted or made private"}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Photos that are left out of the set for one reason.

    Attributes:
        reason: the reason.
        photos: the paths of their source files, sorted; shown to the user, never written into the set.
        ids: the photo IDs of those that have one, sorted.
    """

    reason: str
    photos: tuple[str, ...]
    ids: tuple[int, ...]


LEFT_OUT = ("path", "photo_id")
"""The columns that are kept of photos that are left out."""


class Tally:
    """Collects the photos that are left out."""

    def __init__(self) -> None:
        self._photos: dict[str, list[PhotoTable]] = defaultdict(list)

    def add(self, reason: str, photos: PhotoTable) -> None:
        """Add photos that are left out for a reason."""
        if len(photos):
            self._photos[reason].append(photos.select(LEFT_OUT))

    def result(self) -> tuple[LeftOut, ...]:
        """Return the collected photos by reason."""
        return tuple(
            LeftOut(
                reason,
                tuple(sorted(path or "" for part in parts for path in part.values("path"))),
                tuple(sorted(one for part in parts for one in part.values("photo_id") if one is not None)),
            )
            for reason, parts in sorted(self._photos.items())
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which photos are exported.

    Attributes:
        pairs: only photos of accepted pairs.
        licenses: only photos with these licences (SPDX ids in any case, or URLs); empty for all, and for those without one.
        with_files: only photos that have a file; otherwise only those from Flickr that have an address.
    """

    pairs: bool = False
    licenses: Collection[str] = ()
    with_files: bool = True


def select(photos: PhotoTable, choice: Choice, tally: Tally) -> PhotoTable:
    """Return the photos to export, one row each, sorted by photo ID; the others are added to the tally.

    Args:
        photos: label rows; the table itself is reduced to the rows that are exported.
        choice: which photos are exported.
        tally: collects the photos that are left out.
    """
    wanted = {name.casefold() for name in choice.licenses}
    stays = np.ones(len(photos), np.bool_)

    def leave(reason: str, which: NDArray[np.bool_]) -> None:
        tally.add(reason, photos.select(LEFT_OUT).take(np.flatnonzero(stays & which)))
        stays[which] = False

    status, kinds = photos.coded("status")
    for number, kind in enumerate(kinds):
        if kind in _WITHOUT_FILE:
            leave(_WITHOUT_FILE[Status(kind)], status == number)
        elif kind not in ("ok", ""):
            leave(f"{_UNREADABLE} ({kind})", status == number)
    leave("it has no photo ID", ~photos.present("photo_id"))
    if choice.with_files:
        leave(NO_FILE, ~photos.present("sha256"))
    else:
        leave(NO_ADDRESS, ~photos.present("url"))
        leave(NO_FLICKR_ID, photos.integers("photo_id", 0) >= LOCAL_ID_BASE)
    if wanted:
        stated, names = photos.coded("license")
        leave(NO_LICENSE, np.array([*(not name for name in names), True])[stated])
        leave(OTHER_LICENSE, np.array([*(name.casefold() not in wanted for name in names), False])[stated])
    unpaired = ~photos.present("subject_idx")
    if choice.pairs:
        leave(NO_PAIR, unpaired)

    ids, files = photos.integers("photo_id", -1), photos.codes("sha256")
    # among copies, a photo in a pair is preferred, then the kept copy
    order = np.lexsort([ids, *reversed(keeper_keys(photos)), unpaired])
    chosen, copies = _first_of_each(order[stays[order]], files if choice.with_files else _numbered(ids, files))
    chosen, others = _first_of_each(chosen, ids)
    named = photos.select(LEFT_OUT)
    tally.add(COPY, named.take(copies))
    tally.add("another photo with its ID is in the set", named.take(others))
    return photos.narrow(chosen[np.argsort(ids[chosen])])


def _first_of_each(
    rows: NDArray[np.integer[Any]], key: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]:
    """Return the first of the rows with each key, and the rest."""
    _, first = np.unique(key[rows], return_index=True)
    return rows[first], np.delete(rows, first)


def _numbered(*columns: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return a number for each row, the same for rows that are equal in all columns."""
    return np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)


def way_out(reason: str, workspace: Path) -> str:
    """Return what the user can do about photos that are left out for a reason, as a sentence with a command."""
    if reason == NO_LICENSE:
        return f"State it, e.g.: {command('label', 'license=CC-BY-4.0', '--where', 'license IS NULL', workspace=workspace)}"
    if reason == OTHER_LICENSE:
        stated = command("photos", "--where", "license IS NOT NULL", "--format", "csv", workspace=workspace)
        return f"To list the stated licences: {stated}"
    if reason == NO_FILE:
        fetch = command("flickr", "download", workspace=workspace)
        return f"Download the originals that may be: {fetch}. Or export addresses and labels alone, with --layout urls."
    if reason in (NO_ADDRESS, NO_FLICKR_ID):
        return "Leave out --layout urls to export the files."
    if reason == _WITHOUT_FILE[Status.LISTED]:
        return f"Ask for it: {command('flickr', 'exif', workspace=workspace)}. Some owners do not share theirs."
    if reason == GONE_FILE:
        return "Bring back the folder or the disk that holds the photos, and export again."
    if reason == NO_PAIR:
        return f"To decide pairs: {command('review', workspace=workspace)}"
    if reason.startswith("--match"):
        return "Name fewer properties after --match."
    failed = ("--where", "status != 'ok'") if reason.startswith(_UNREADABLE) else ()
    return f"To list the photos: {command('photos', *failed, workspace=workspace)}"


def in_whole_pairs(photos: PhotoTable) -> PhotoTable:
    """Return the photos with `subject_idx` set to null if the partner is not among them."""
    subject, kinds = photos.coded("subject_idx")
    members = np.bincount(subject + 1, minlength=len(kinds) + 1)
    return photos.with_column("subject_idx", Coded(np.where(members[subject + 1] < 2, -1, subject), kinds))


def pair_count(photos: PhotoTable) -> int:
    """Return the number of pairs."""
    return len(np.unique(photos.integers("subject_idx", -1)[photos.present("subject_idx")]))
