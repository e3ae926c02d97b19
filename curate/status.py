"""The status of a workspace and the next step, for commands and the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.cameras.types import CameraType
from curate.catalog.candidates import proposed, waiting
from curate.catalog.decisions import gone, tally
from curate.catalog.flickr_photos import has_originals
from curate.catalog.folders import skipped_count
from curate.catalog.harvests import allowed_licenses
from curate.catalog.keepers import chosen_groups
from curate.catalog.naming import absent_folders
from curate.catalog.photos import equal_files, is_any_read
from curate.catalog.sides import are_clocks_compared, compared, photos_by_side
from curate.catalog.store import Catalog
from curate.errors import command, shown
from curate.export.current import REPORT, RUN_CHANGED, SET_CHANGED, ExportedSet, Run, runs_of, sets_of
from curate.photos.facts import UNREADABLE
from curate.photos.facts import Status as PhotoStatus
from curate.sources.flickr.licenses import OPEN
from curate.sources.flickr.targets import is_exif_needed
from curate.sources.local import FORGOTTEN, LINKED, NOT_A_PICTURE, NOT_REGULAR
from curate.sources.made import Made
from curate.sources.tables import FORGOTTEN as FORGOTTEN_ROW
from tracer.base.text import counted, printable_path


@dataclass(frozen=True, slots=True)
class Step:
    """The next step.

    Attributes:
        why: the reason.
        words: the words of the command; empty if there is nothing to do.
        in_workspace: whether the command takes the workspace.
    """

    why: str
    words: tuple[str, ...] = ()
    in_workspace: bool = True

    def line(self, workspace: Path) -> str | None:
        """Return the command line, quoted for a shell; None if there is nothing to do."""
        if not self.words:
            return None
        return command(*self.words, workspace=workspace if self.in_workspace else None)


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of what a workspace holds and of what is still to be done.

    Attributes:
        workspace: its folder.
        photos: the number of photos.
        unreadable: the photos that cannot be read.
        cameras: the number of distinct cameras.
        unknown_cameras: the cameras of unknown type.
        phones: the photos taken with smartphones.
        others: the photos taken with the cameras that smartphones are paired with.
        by_neither: camera type -> the number of all other photos; the key None stands for photos that name no camera.
        compared: the numbers of phone and other photos that the last `curate pair` compared; None if it never ran.
        clocks_compared: whether it used the clock offsets that are stated now.
        waiting: the undecided pairs whose photos are both in no accepted pair.
        proposed: the waiting pairs that are the best choice for both of their photos.
        accepted: the accepted pairs.
        rejected: the rejected pairs.
        gone: the decided pairs with a photo that was forgotten, or whose file was replaced by other content.
        sets: the exported sets, the oldest first.
        runs: the evaluations.
        own_set: the folder that an export of this workspace is written to by default.
        without_exif: whether EXIF of photos of Flickr is still to be asked for.
        without_files: whether there are photos, and none has a file.
        originals: whether none has a file, and originals may be downloaded.
        skipped: the files that the last ingest skipped.
        missed: those of them that somebody may miss: not what is no picture, was forgotten, or was written by lenstrace.
        disagreements: the cameras on whose type the sources disagree.
        duplicates: the groups of photos whose files are the same; those that look alike are not counted here.
        chosen: of how many of these a person chose the photo to keep.
        absent: the ingested folders that are not there, each with the number of its photos.
    """

    workspace: Path
    photos: int
    unreadable: int
    cameras: int
    unknown_cameras: int
    phones: int
    others: int
    by_neither: Mapping[CameraType | None, int]
    compared: tuple[int, int] | None
    waiting: int
    proposed: int
    accepted: int
    rejected: int
    gone: int = 0
    sets: tuple[ExportedSet, ...] = ()
    runs: tuple[Run, ...] = ()
    own_set: Path = field(default=Path("exports/set"))
    without_exif: bool = False
    without_files: bool = False
    originals: bool = False
    skipped: int = 0
    missed: int = 0
    disagreements: int = 0
    duplicates: int = 0
    chosen: int = 0
    absent: tuple[tuple[Path, int], ...] = ()
    clocks_compared: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the object that `curate status --json` prints."""
        step = next_step(self)
        return {
            "photos": self.photos,
            "cameras": self.cameras,
            "unknown_cameras": self.unknown_cameras,
            "unreadable": self.unreadable,
            "skipped": self.skipped,
            "disagreements": self.disagreements,
            "duplicates": self.duplicates,
            "absent": [{"path": printable_path(path), "photos": photos} for path, photos in self.absent],
            "phones": self.phones,
            "others": self.others,
            "by_neither": {kind or "no_camera": count for kind, count in self.by_neither.items()},
            "pairs": {
                "waiting": self.waiting,
                "proposed": self.proposed,
                "accepted": self.accepted,
                "rejected": self.rejected,
                "gone": self.gone,
            },
            "sets": [
                {"path": printable_path(s.path), "photos": s.photos, "pairs": s.pairs, "stale": s.stale}
                for s in self.sets
            ],
            "runs": [
                {
                    "path": printable_path(r.path),
                    "dataset": printable_path((r.dataset or r.path).name),
                    "stale": r.stale,
                }
                for r in self.runs
            ],
            "next": step.line(self.workspace),
            "why": step.why,
        }

    def in_words(self) -> list[str]:
        """Return the status in words, as lines."""
        unreadable = f", {self.unreadable:,} unreadable" if self.unreadable else ""
        unknown = f", {self.unknown_cameras:,} of unknown type" if self.unknown_cameras else ""
        if self.disagreements:
            unknown += f", {self.disagreements:,} on whose type sources disagree"
        lines = [
            f"photos   {self.photos:,}{unreadable}: {self.phones:,} by phones, {self.others:,} by other cameras"
            + (f", {sum(self.by_neither.values()):,} by neither" if self.by_neither else ""),
            *self._neither_in_words(),
            f"cameras  {self.cameras:,}{unknown}",
            f"pairs    {self.accepted:,} accepted, {self.rejected:,} rejected; {open_pairs(self.proposed, self.waiting)}"
            + (f"; {self.gone:,} decided with a photo forgotten or replaced" if self.gone else ""),
        ]
        for path, photos in self.absent:
            lines.append(f"absent   {printable_path(path)} is not there, with {counted(photos, 'photo')}")
        if self.duplicates:
            lines.append(f"copies   {equal_in_words(self)}")
        if self.skipped:
            listed = command("skipped", workspace=self.workspace)
            lines.append(f"skipped  {counted(self.skipped, 'file')} by the last ingest; listed by: {listed}")
        for one in self.sets:
            what = counted(one.photos, "photo") + (f", {counted(one.pairs, 'pair')}" if one.pairs else "")
            lines.append(f"set      {printable_path(one.path)}: {what}{f'; {SET_CHANGED}' * one.stale}")
        return lines + [f"run      {printable_path(run.path)}{f'; {RUN_CHANGED}' * run.stale}" for run in self.runs]

    def _neither_in_words(self) -> list[str]:
        """Return a line that counts the photos of neither side by camera type, and names the command that lists them."""
        if not self.by_neither:
            return []
        parts = [f"{count:,} {_NEITHER[kind]}" for kind, count in self.by_neither.items()]
        listed = command("photos", "--where", '"Is Smartphone" IS NULL', workspace=self.workspace)
        return [f"         by neither: {', '.join(parts)}; listed by: {listed}"]


_NEITHER = {
    None: "without a camera's name",
    CameraType.UNKNOWN: "by cameras of unknown type",
    CameraType.FEATURE_PHONE: "by feature phones",
    CameraType.TABLET: "by tablets",
    CameraType.ACTION: "by action cameras",
    CameraType.DRONE: "by drones",
    CameraType.CAMCORDER: "by camcorders",
    CameraType.FILM_SCANNER: "by film scanners",
    CameraType.SCANNER: "by scanners",
}
"""Camera type of neither side -> what follows the number of its photos; None for photos that name no camera."""


_EXPECTED = (NOT_A_PICTURE, NOT_REGULAR, LINKED, FORGOTTEN, FORGOTTEN_ROW, *Made)
"""Reasons of skipped files that ask nothing of a person."""


def equal_in_words(found: Status) -> str:
    """Return in words how many groups of equal files there are, and in how many of them a person still may choose."""
    left = found.duplicates - found.chosen
    decided = "" if not found.chosen else f", {left:,} to decide" if left else ", all decided"
    return f"{counted(found.duplicates, 'group')} of equal files{decided}"


def open_pairs(proposed: int, waiting: int) -> str:
    """Return the number of open pairs in words: those proposed (the best choice for both photos), and the others."""
    return f"{proposed:,} proposed to decide, {counted(waiting - proposed, 'other candidate')}"


def status(catalog: Catalog) -> Status:
    """Return the status of a workspace. The catalogue maintains the counts; only an index of hashes is scanned."""
    cameras = catalog.cameras.listed()
    phones, others = photos_by_side(catalog)
    by_type = [(CameraType(kind) if kind else None, count) for kind, count in catalog.counts("camera_type")]
    by_status = dict(catalog.counts("status"))
    unreadable = sum(count for kind, count in by_status.items() if kind in UNREADABLE)
    with_files = unreadable or is_any_read(catalog)
    decided = tally(catalog)
    return Status(
        workspace=catalog.workspace.root,
        photos=sum(by_status.values()),
        unreadable=unreadable,
        cameras=len(cameras),
        unknown_cameras=sum(camera.type is CameraType.UNKNOWN for camera, _ in cameras),
        phones=phones,
        others=others,
        by_neither={kind: count for kind, count in by_type if kind is None or kind.is_smartphone is None},
        compared=compared(catalog),
        clocks_compared=are_clocks_compared(catalog),
        waiting=waiting(catalog),
        proposed=proposed(catalog),
        accepted=decided.accepted,
        rejected=decided.rejected,
        gone=gone(catalog),
        sets=tuple(sets_of(catalog)),
        runs=tuple(run for run in runs_of(catalog) if run.written is not None),
        own_set=catalog.workspace.exports / catalog.workspace.name,
        without_exif=bool(by_status.get(PhotoStatus.LISTED)) and is_exif_needed(catalog),
        without_files=bool(by_status) and not with_files,
        originals=bool(by_status) and not with_files and has_originals(catalog, allowed_licenses(catalog) or OPEN),
        skipped=skipped_count(catalog),
        missed=skipped_count(catalog, _EXPECTED),
        disagreements=sum(bool(camera.also) for camera, _ in cameras),
        duplicates=equal_files(catalog),
        chosen=chosen_groups(catalog),
        absent=tuple(absent_folders(catalog)),
    )


def next_step(found: Status) -> Step:
    """Return the next step that the user should take."""
    if not found.photos:
        return Step("no photos are here yet", ("ingest", "PHOTOS"))
    if found.absent:
        path, photos = found.absent[0]
        why = f"{printable_path(path)} is not there, with {counted(photos, 'photo')}; if it has moved, say where it is"
        return Step(why, ("relocate", shown(path), "NEW_FOLDER"))
    if found.unreadable == found.photos:
        return Step("no photo can be read", ("photos", "--where", "status != 'ok'"))
    if found.without_exif:
        return Step("EXIF of photos of Flickr is still to be asked for", ("flickr", "exif"))
    if found.originals:
        return Step("no photo has a file yet; originals may be downloaded", ("flickr", "download"))
    if found.without_files:
        return Step("no photo has a file, so there are labels alone", ("photos", "--format", "csv"))
    if found.phones and found.others:
        if found.compared is None or found.phones > found.compared[0] or found.others > found.compared[1]:
            sides = f"{counted(found.phones, 'phone photo')} and {counted(found.others, 'other')}"
            return Step(f"{sides} are not all compared", ("pair",))
        if not found.clocks_compared:
            return Step("a clock was stated or withdrawn since the photos were compared", ("pair",))
        if found.proposed or (found.waiting and not found.accepted):
            return Step(f"pairs: {open_pairs(found.proposed, found.waiting)}", ("review",))
    elif not found.cameras and not found.sets:
        return Step("no photo names its camera; a sidecar may name it", ("ingest", "PHOTOS", "--labels", "LABELS.csv"))
    elif found.unknown_cameras and not found.sets:
        missing = "phone" if not found.phones else "other camera"
        return Step(
            f"no {missing} is known, and {counted(found.unknown_cameras, 'camera')} of unknown type", ("cameras",)
        )
    return _export_or_evaluate(found)


def in_words(step: Step, workspace: Path) -> str:
    """Return the line that commands print last."""
    line = step.line(workspace)
    return f"{step.why}; next: {line}" if line else step.why


def _export_or_evaluate(found: Status) -> Step:
    fresh = [one for one in found.sets if not one.stale]
    if not found.sets:
        pairs = ("--pairs",) if found.accepted else ()
        return Step("no set is exported yet", ("export", shown(found.own_set), *pairs))
    if not fresh:
        last = found.sets[-1]
        return Step("the set is older than the catalogue", ("export", shown(last.path), *last.options, "--replace"))
    evaluated = {run.dataset for run in found.runs if not run.stale}
    for one in reversed(fresh):  # the most recently written set first
        if one.path not in evaluated:
            inside = one.path.parent == found.own_set.parent
            run = ("-o", shown(found.workspace / "runs" / one.path.name)) if inside else ()
            return Step("the set is not evaluated yet", ("evaluate", shown(one.path), *run))
    done = next(run for run in found.runs if not run.stale)
    return Step(f"the set is exported and evaluated; its report is {printable_path(done.path / REPORT)}")
