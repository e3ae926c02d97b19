"""Splits and exports of a workspace: reads rows from the catalogue and writes files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from curate.catalog.keepers import kept as kept_photos
from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.leftout import keep_left_out
from curate.catalog.originals import refuse_original
from curate.catalog.photos import licence_days, with_replaced_rights
from curate.catalog.phototable import Coded, PhotoTable, read
from curate.catalog.sets import keep_splits, last_change, remember_set
from curate.catalog.store import Catalog
from curate.duplicates.groups import KEEPER_COLUMNS, DuplicateReport, find_duplicates, number_duplicates
from curate.duplicates.likeness import alike_by_pixels
from curate.errors import CurateError, StorageError, UsageError, WorkspaceError, command, shown
from curate.export.current import current_sets, state_of
from curate.export.loss import refuse_loss
from curate.export.options import ExportChoice, Problem, in_one_line
from curate.export.select import NO_LICENSE, way_out
from curate.export.write import ExportOptions, NothingToExport, export_set
from curate.operation import Outcome, Seconds
from curate.pairing.scenes import scenes
from curate.sources.made import Layout, why_no_place
from curate.sources.manifest import read_manifest
from curate.splits.check import leaks
from curate.splits.choice import SplitChoice, chosen, groupings
from curate.splits.groups import GroupBy
from curate.splits.make import JointSplit, joint_split
from tracer.base.files import remove_abandoned, write_atomically
from tracer.base.progress import Work
from tracer.base.text import counted, quoted_path

_ABSENT = "no photo has it"


@dataclass(frozen=True, slots=True)
class LeftOutCount:
    """The number of photos left out of a set for one reason."""

    reason: str
    photos: int


@dataclass(frozen=True, slots=True)
class LeftOutOfSplit:
    """The number of photos left out of a split for one reason."""

    attribute: str
    reason: str
    photos: int


@dataclass(frozen=True, slots=True)
class SplitAudit:
    """How the splits were drawn, and what they leak."""

    groups: int
    """Groups of photos; those of one group are on one side."""
    group_by: tuple[GroupBy, ...]
    seed: int
    leaks: int
    """Leaks between sides; 0 unless the splits are wrong."""


@dataclass(frozen=True, slots=True)
class SplitsDrawn(Outcome):
    """The splits that were written."""

    files: tuple[Path, ...]
    left_out: tuple[LeftOutOfSplit, ...]
    audit: SplitAudit
    used: Annotated[SplitChoice, Field(exclude=True)]

    def summary(self) -> str:
        """Say how many splits were drawn."""
        left = sum(entry.photos for entry in self.left_out)
        said = f"{counted(len(self.files), 'split')} of {counted(self.audit.groups, 'group')} drawn"
        return f"{said}, {left:,} photos left out" if left else said

    def in_words(self) -> Iterable[str]:
        """Return the split files, and what is left out of each split."""
        yield from map(quoted_path, self.files)
        for entry in self.left_out:
            yield f"{entry.attribute}: left out: {entry.photos:,} ({entry.reason})"

    def notes(self, root: Path) -> Iterable[str]:
        """Say how to list what was left out, and which splits exports use."""
        if self.left_out:
            yield how_to_list(root / "splits", root)
        yield self.used.in_words(root)


def how_to_list(place: Path, root: Path) -> str:
    """Return a sentence with the command that lists what a set or the splits leave out."""
    return f"to list which photos are left out and why: {command('skipped', shown(place), workspace=root)}"


@dataclass(frozen=True, slots=True)
class SetWritten(Outcome):
    """The set that was written from a workspace."""

    dataset: Path
    photos: int
    left_out: tuple[LeftOutCount, ...]
    licenses: dict[str, int]
    """Licence -> number of photos."""
    splits: SplitChoice
    seconds: Seconds
    problems: Annotated[tuple[Problem, ...] | None, Field(exclude_if=lambda found: found is None)] = None
    """What is wrong with it, if it was checked."""

    def as_json(self) -> Mapping[str, Any]:
        """Return the object that `--json` prints."""
        return {**Outcome.as_json(self), "splits": self.splits.as_json()}

    def summary(self) -> str:
        """Say where the set is, and how many photos it holds."""
        left = sum(entry.photos for entry in self.left_out)
        checked = "" if self.problems is None else f", {in_one_line(self.problems)}"
        return f"{counted(self.photos, 'photo')} in {quoted_path(self.dataset)}{f', {left:,} left out' * bool(left)}{checked}"

    def in_words(self) -> Iterable[str]:
        """Return the line that the command prints."""
        yield f"{quoted_path(self.dataset)}: {counted(self.photos, 'photo')}"

    def notes(self, root: Path) -> Iterable[str]:
        """Say what was left out, and how to list it."""
        for entry in self.left_out:
            advice = f". {way_out(NO_LICENSE, root)}" if entry.reason == NO_LICENSE else ""
            yield f"left out: {entry.photos:,} ({entry.reason}){advice}"
        if self.left_out:
            yield how_to_list(self.dataset, root)


def export_rows(catalog: Catalog, columns: Iterable[str] = LABEL_COLUMNS) -> PhotoTable:
    """Return the label rows with the other columns that export and splits need.

    These are `scene_idx`, `phash`, `path_bytes`, `keeper` (a person's choice among copies) and `duplicate_idx`.

    Args:
        catalog: the workspace's catalogue.
        columns: the label columns to return, besides those that decide which copy is kept.
    """
    photos = _photos(catalog, columns)
    numbers = number_duplicates(photos, alike_by_pixels(catalog.workspace.preview))
    return photos.with_column("duplicate_idx", Coded(numbers, range(numbers.max(initial=-1) + 1)))


def duplicate_report(catalog: Catalog) -> DuplicateReport:
    """Return the groups of copies in a workspace; near copies are compared by the pixels of their previews."""
    return find_duplicates(_photos(catalog, ()), alike_by_pixels(catalog.workspace.preview))


def _photos(catalog: Catalog, columns: Iterable[str]) -> PhotoTable:
    looked_up: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
        "scene_idx": ("sha256", scenes(catalog).get),
        "keeper": ("path_bytes", kept_photos(catalog).get),
        "license_seen": ("photo_id", licence_days(catalog).get),
        "replaced_rights": ("path_bytes", with_replaced_rights(catalog).get),
    }
    return read(catalog, ("path", "status", "error", "photo_id", *KEEPER_COLUMNS, *columns), looked_up)


def split_workspace(catalog: Catalog, attributes: tuple[str, ...], group_by: tuple[str, ...], seed: int) -> SplitsDrawn:
    """Make the splits of a workspace, write them to `splits/`, and record the choice for exports.

    If an error is raised, nothing is written and the earlier choice stays.

    Args:
        catalog: the catalogue, open for writing.
        attributes: the label columns that get a split.
        group_by: the groupings.
        seed: the seed of the draw.

    Raises:
        UsageError: an attribute or a grouping is unknown, or no photo has any of the attributes.
        CurateError: no attribute gives a split.
    """
    by = groupings(group_by)
    joint_split([], attributes, by)  # refuses an unknown attribute before any work
    photos = export_rows(catalog, ("photo_id", "owner", "subject_idx", *attributes)).where("status", "ok")
    joint = joint_split(photos, attributes, by, seed)
    _refuse_no_split(catalog, photos, joint)
    folder = catalog.workspace.root / "splits"
    folder.mkdir(exist_ok=True)
    remove_abandoned(folder)
    files, found = [], []
    for split in joint.splits.values():
        if split.content is None:
            continue
        path = folder / split.file_name
        write_atomically(path, json.dumps(split.content, ensure_ascii=False).encode())
        files.append(path)
        found += leaks(split.content, joint.photo_ids, joint.groups)
    keep_splits(catalog, attributes, by, seed)
    left_out = [(attribute, entry) for attribute, split in joint.splits.items() for entry in split.left_out]
    ids, paths = photos.integers("photo_id", -1), photos.texts("path")
    order = np.argsort(ids, kind="stable")
    listed = (
        (f"{attribute}: {entry.reason}", paths.take(pa.array(order[np.isin(ids[order], entry.photos)])).to_pylist())
        for attribute, entry in left_out
    )
    keep_left_out(catalog, folder, listed)
    counts = [(attribute, entry.reason, len(entry.photos)) for attribute, entry in left_out]
    counts += [(name, _ABSENT, len(photos)) for name in joint.splits if not photos.present(name).any()]
    return SplitsDrawn(
        files=tuple(files),
        left_out=tuple(LeftOutOfSplit(attribute=name, reason=why, photos=number) for name, why, number in counts),
        audit=SplitAudit(groups=len(np.unique(joint.groups)), group_by=by, seed=seed, leaks=len(found)),
        used=chosen(catalog),
    )


def _refuse_no_split(catalog: Catalog, photos: PhotoTable, joint: JointSplit) -> None:
    """Refuse attributes that no photo has, or that give no split at all."""
    if not any(photos.present(attribute).any() for attribute in joint.splits):
        listed = command("photos", workspace=catalog.workspace.root)
        raise UsageError(
            f"no split can be made by {', '.join(joint.splits)}",
            _ABSENT,
            f"Leave it out, or ingest labels first; to list the photos' labels: {listed}",
        )
    if all(split.content is None for split in joint.splits.values()):
        raise CurateError(
            "no split can be made",
            "; ".join(
                f"{attribute}: {counted(len(entry.photos), 'photo')}: {entry.reason}"
                for attribute, split in joint.splits.items()
                for entry in split.left_out
            ),
            "Name an attribute with larger classes, or ingest more photos.",
        )


def export_workspace(catalog: Catalog, out: Path, choice: ExportChoice | None = None) -> Work[SetWritten]:
    """Write a workspace's set.

    Args:
        catalog: the catalogue, open for writing.
        out: the set's folder.
        choice: the options; None for the defaults.

    Raises:
        UsageError: `out` is a photo, or lies in an ingested folder or in one that lenstrace fills itself; an option is unknown.
        ExportError, StorageError: as in `export_set`.
    """
    started, choice = time.monotonic(), choice or ExportChoice()
    refuse_original(catalog, out)
    if (why := why_no_place(out, ("exports",))) is not None:
        place = catalog.workspace.exports / catalog.workspace.name
        free = command("export", shown(place), workspace=catalog.workspace.root)
        raise UsageError(f"{quoted_path(out)} cannot hold a set", why, f"Name a separate folder for the set: {free}")
    if choice.replace and not choice.allow_loss:
        refuse_loss(catalog, out.absolute())
    try:
        result = yield from export_set(export_rows(catalog), out.absolute(), options_of(catalog, choice))
    except NothingToExport as error:
        root = catalog.workspace.root
        if error.left_out:
            error.way_out = way_out(error.left_out[0].reason, root)
        else:
            error.way_out = f"Ingest some: {command('ingest', 'PHOTOS', workspace=root)}"
        raise
    try:
        remember_set(catalog, result.dataset, state_of(catalog, result.dataset))
        keep_left_out(catalog, result.dataset, ((entry.reason, entry.photos) for entry in result.left_out))
    except (StorageError, WorkspaceError) as error:
        error.way_out = (
            f"The new set is complete at {result.dataset}, but the workspace has no record of it. {error.way_out}"
        )
        raise
    return SetWritten(
        dataset=result.dataset,
        photos=result.photos,
        left_out=tuple(LeftOutCount(reason=entry.reason, photos=len(entry.photos)) for entry in result.left_out),
        licenses=dict(result.licenses),
        splits=chosen(catalog),
        seconds=time.monotonic() - started,
    )


def written_with(place: Path) -> ExportChoice:
    """Return the options that the set at a path was exported with; the defaults if there is no set."""
    told = read_manifest(place)
    if told is None:
        return ExportChoice()
    return ExportChoice(
        layout=Layout(told.layout),
        pairs=told.pairs,
        keep_gps=told.keep_gps,
        licenses=tuple(told.licenses),
        match=tuple(told.match) or None,
    )


def ensure_export(catalog: Catalog) -> Work[Path]:
    """Return the workspace's own set with pictures in `exports/`; it is exported again with its options unless it is current."""
    place = catalog.workspace.exports / catalog.workspace.name
    options = written_with(place).model_copy(update={"layout": Layout.IMAGEFOLDER, "replace": place.exists()})
    if place in current_sets(catalog, [place]) and written_with(place).layout == options.layout:
        return place
    written = yield from export_workspace(catalog, place, options)
    return written.dataset


def options_of(catalog: Catalog, choice: ExportChoice) -> ExportOptions:
    """Return the options of an export: those of the choice, and those of the workspace."""
    split, matched = chosen(catalog), choice.match
    return ExportOptions(
        name=catalog.workspace.name,
        created=last_change(catalog),
        recipe=catalog.workspace.settings.recipe,
        layout=choice.layout or "",
        pairs=choice.pairs,
        keep_gps=choice.keep_gps,
        licenses=choice.licenses,
        match=catalog.workspace.settings.export.match if matched is None else matched,
        replace=choice.replace,
        attributes=split.attributes,
        group_by=split.group_by,
        seed=split.seed,
    )
