"""What a workspace holds, what waits in it, and the next step: one answer for commands and the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from curate.cameras.types import CameraType
from curate.catalog.candidates import proposed, waiting
from curate.catalog.decisions import gone, tally
from curate.catalog.sets import evaluated_sets, exported_sets
from curate.catalog.sides import compared, photos_by_side
from curate.catalog.store import Catalog
from curate.errors import command, shown
from curate.export.run import is_current
from curate.sources.made import MANIFEST
from curate.sources.manifest import Manifest, read_manifest
from tracer.base.text import counted, printable_path


@dataclass(frozen=True, slots=True)
class ExportedSet:
    """A set that was written from the workspace and is still there.

    Attributes:
        path: its folder. photos, pairs: how many it holds. stale: whether an export would write something else by now.
        options: the words of the export command that its manifest amounts to.
    """

    path: Path
    photos: int
    pairs: int
    stale: bool
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation: its folder, the set's folder where it is known, and whether the set was written again since."""

    path: Path
    dataset: Path | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The next step: why, and the words of the command; no words where nothing waits."""

    why: str
    words: tuple[str, ...] = ()
    in_workspace: bool = True

    def line(self, workspace: Path) -> str | None:
        """The command line, ready for a shell; None where nothing waits."""
        if not self.words:
            return None
        return command(*self.words, workspace=workspace if self.in_workspace else None)


@dataclass(frozen=True, slots=True)
class Status:
    """What is there and what waits.

    Attributes:
        phones, others: photos by smartphones, and by the cameras that they are paired with.
        by_neither: all other photos, by the type of their camera; None where a photo names no camera.
        compared: how many of each side the last `curate pair` found; None where it never ran.
        gone: decided pairs of which a photo was forgotten, or its file replaced by other content.
        waiting: open pairs whose photos are both free. proposed: those of them that are the best choice for both.
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

    def as_json(self) -> dict[str, Any]:
        """The object that `curate status --json` prints."""
        step = next_step(self)
        return {
            "photos": self.photos,
            "cameras": self.cameras,
            "unknown_cameras": self.unknown_cameras,
            "unreadable": self.unreadable,
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
        """The same for a person, a line each."""
        unreadable = f", {self.unreadable:,} unreadable" if self.unreadable else ""
        unknown = f", {self.unknown_cameras:,} of unknown type" if self.unknown_cameras else ""
        lines = [
            f"photos   {self.photos:,}{unreadable}: {self.phones:,} by phones, {self.others:,} by other cameras"
            + (f", {sum(self.by_neither.values()):,} by neither" if self.by_neither else ""),
            *self._neither_in_words(),
            f"cameras  {self.cameras:,}{unknown}",
            f"pairs    {self.accepted:,} accepted, {self.rejected:,} rejected; {open_pairs(self.proposed, self.waiting)}"
            + (f"; {self.gone:,} decided of photos forgotten or replaced" if self.gone else ""),
        ]
        for one in self.sets:
            what = counted(one.photos, "photo") + (f", {counted(one.pairs, 'pair')}" if one.pairs else "")
            lines.append(f"set      {printable_path(one.path)}: {what}{'; the catalogue changed since' * one.stale}")
        again = "; its set was written again since"
        return lines + [f"run      {printable_path(run.path)}{again * run.stale}" for run in self.runs]

    def _neither_in_words(self) -> list[str]:
        """Of which kinds the photos are that are of neither side, and which command lists them."""
        if not self.by_neither:
            return []
        kinds = [_NEITHER.get(kind) or f"{str(kind).replace('_', ' ')} {{}}" for kind in self.by_neither]
        parts = [kind.format(f"{count:,}") for kind, count in zip(kinds, self.by_neither.values(), strict=True)]
        listed = command("photos", "--where", '"Is Smartphone" IS NULL', workspace=self.workspace)
        return [f"         by neither: {', '.join(parts)}; listed by: {listed}"]


_NEITHER = {None: "{} without a camera's name", CameraType.UNKNOWN: "{} by cameras of unknown type"}


def open_pairs(proposed: int, waiting: int) -> str:
    """How many pairs wait, in words: the proposed ones, each the best choice for both of its photos, and the others."""
    return f"{proposed:,} proposed to decide, {counted(waiting - proposed, 'other candidate')}"


def status(catalog: Catalog) -> Status:
    """Return the status of a workspace; counts are kept ready, so this takes no scan of its photos."""
    cameras = catalog.cameras.listed()
    phones, others = photos_by_side(catalog)
    by_type = [(CameraType(kind) if kind else None, count) for kind, count in catalog.counts("camera_type")]
    by_status = dict(catalog.counts("status"))
    decided = tally(catalog)
    sets = tuple(_sets(catalog))
    return Status(
        workspace=catalog.workspace.root,
        photos=sum(by_status.values()),
        unreadable=sum(count for kind, count in by_status.items() if kind != "ok"),
        cameras=len(cameras),
        unknown_cameras=sum(camera.type is CameraType.UNKNOWN for camera, _ in cameras),
        phones=phones,
        others=others,
        by_neither={kind: count for kind, count in by_type if kind is None or kind.is_smartphone is None},
        compared=compared(catalog),
        waiting=waiting(catalog),
        proposed=proposed(catalog),
        accepted=decided.accepted,
        rejected=decided.rejected,
        gone=gone(catalog),
        sets=sets,
        runs=tuple(_runs(catalog, sets)),
        own_set=catalog.workspace.exports / catalog.workspace.name,
    )


def next_step(found: Status) -> Step:
    """Return the one step that a person would take next."""
    if not found.photos:
        return Step("no photos are here yet", ("ingest", "PHOTOS"))
    if found.unreadable == found.photos:
        return Step("no photo can be read", ("photos", "--where", "status != 'ok'"))
    if found.phones and found.others:
        if found.compared is None or found.phones > found.compared[0] or found.others > found.compared[1]:
            sides = f"{counted(found.phones, 'phone photo')} and {counted(found.others, 'other')}"
            return Step(f"{sides} are not all compared", ("pair",))
        if found.proposed or (found.waiting and not found.accepted):
            return Step(f"pairs: {open_pairs(found.proposed, found.waiting)}", ("review",))
    elif not found.cameras and not found.sets:
        return Step("no photo names its camera, and a sidecar may", ("ingest", "PHOTOS", "--labels", "LABELS.csv"))
    elif found.unknown_cameras and not found.sets:
        missing = "phone" if not found.phones else "other camera"
        return Step(
            f"no {missing} is known, and {counted(found.unknown_cameras, 'camera')} of unknown type", ("cameras",)
        )
    return _export_or_evaluate(found)


def in_words(step: Step, workspace: Path) -> str:
    """The line that commands end with."""
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
    for one in reversed(fresh):  # the one that was written last comes first
        if one.path not in evaluated:
            inside = one.path.parent == found.own_set.parent
            run = ("-o", shown(found.workspace / "runs" / one.path.name)) if inside else ()
            return Step("the set is not evaluated yet", ("evaluate", shown(one.path), *run))
    done = next(run for run in found.runs if not run.stale)
    return Step(f"the set is exported and evaluated; its report is {printable_path(done.path / 'report.html')}")


def _sets(catalog: Catalog) -> list[ExportedSet]:
    """The sets that are still where they were written, the oldest first."""
    places = {*exported_sets(catalog), *(path for path in catalog.workspace.exports.glob("*") if path.is_dir())}
    found = []
    for path in places:
        manifest = read_manifest(path)
        if manifest is not None:
            stale, options = not is_current(catalog, path), _words(manifest)
            one = ExportedSet(path, manifest.counts.photos, manifest.counts.pairs, stale, options)
            found.append(((path / MANIFEST).stat().st_mtime_ns, one))
    return [one for _, one in sorted(found, key=lambda entry: entry[0])]


def _words(manifest: Manifest) -> tuple[str, ...]:
    """The options that a set was exported with, as the words of a command."""
    flags = {"--pairs": manifest.pairs, "--keep-gps": manifest.keep_gps}
    lists = {"--licenses": manifest.licenses, "--match": manifest.match}
    words = [(flag, ",".join(values)) for flag, values in lists.items() if values]
    return (*(flag for flag, given in flags.items() if given), *chain(*words))


def _run_places(workspace: Path, dataset: Path) -> tuple[Path, Path]:
    """Where `curate evaluate` puts the run of a set: below `runs/` when the workspace was named, else beside the set."""
    return workspace / "runs" / dataset.name, dataset.with_name(f"{dataset.name}-run")


def _runs(catalog: Catalog, sets: tuple[ExportedSet, ...]) -> list[Run]:
    dataset_of = {place: one.path for one in sets for place in _run_places(catalog.workspace.root, one.path)}
    dataset_of |= evaluated_sets(catalog)
    inside = sorted(catalog.workspace.runs.glob("*"))
    runs = []
    for place in [*inside, *sorted(dataset_of.keys() - {*inside})]:
        report = place / "report.html"
        if report.is_file():
            dataset = dataset_of.get(place)
            manifest = None if dataset is None else dataset / MANIFEST
            stale = (
                manifest is not None and manifest.exists() and report.stat().st_mtime_ns < manifest.stat().st_mtime_ns
            )
            runs.append(Run(place, dataset, stale))
    return runs
