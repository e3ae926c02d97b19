"""The operation that evaluates a set, in a process of tracer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from curate import handoff
from curate.catalog.originals import refuse_original, refuse_originals_near
from curate.catalog.sets import evaluated_sets, remember_run, workspace_of
from curate.catalog.store import Catalog
from curate.errors import CurateError, UsageError
from curate.export.current import REPORT
from curate.operation import Access, Asked, Operation, Outcome, comma_separated
from curate.operations.sets import ExportSet, sets_here, usual_place
from curate.sources.made import why_no_place
from curate.sources.manifest import content_at
from curate.workspace import Workspace, is_workspace
from curate.workspace.settings import EvaluateSettings
from tracer.base.console import note
from tracer.base.errors import Exit
from tracer.base.progress import Work
from tracer.base.text import counted, quoted_path


def reports_here(catalog: Catalog) -> list[Path]:
    """Return the pages of the runs of a workspace, the newest first."""
    aged = []
    for run in {*evaluated_sets(catalog), *catalog.workspace.runs.glob("*")}:
        with contextlib.suppress(OSError):
            aged.append(((run / REPORT).stat().st_mtime_ns, run / REPORT))
    return [page for _, page in sorted(aged, reverse=True)]


def is_on_request(skipped: Mapping[str, Any]) -> bool:
    """Whether something that was not measured is only measured when asked for, as tracer tells."""
    return skipped.get("on_request") is True


class Evaluate(Operation):
    """Evaluate a set or a workspace; a workspace's set is exported first unless it is current."""

    words: ClassVar = ("evaluate",)
    work: ClassVar = "evaluation"
    access: ClassVar = Access.NOTHING
    title: ClassVar = "Evaluate set"
    tooltip: ClassVar = "measure what encoders know about the cameras of a set"
    question: ClassVar = "Evaluate which set?"

    place: Annotated[Path, Asked(argument=True, metavar="SET_OR_WORKSPACE", label="set", ending="")]
    encoders: Annotated[
        tuple[str, ...],
        Field(description="Names or groups, with commas; by default the workspace's setting."),
        comma_separated(),
        Asked(label="encoders", example="offline, paper, or names", words=("offline", "paper")),
    ] = ()
    out: Annotated[
        Path | None,
        Field(description="The run's folder; not in a folder of originals."),
        Asked(names=("-o",), label="into", ending=""),
    ] = None
    workspace: Annotated[
        Path | None,
        Field(
            description="The workspace of the set, which remembers the run; by default searched above and beside the set."
        ),
        Asked(names=("--workspace", "-w")),
    ] = None

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the newest set, and a run of its name."""
        place = next(iter(sets_here(catalog)), usual_place(catalog))
        encoders = catalog.workspace.settings.evaluate.encoders
        return {"place": place, "encoders": encoders, "out": catalog.workspace.runs / place.name}

    @classmethod
    def hint_for(cls, catalog: Catalog) -> str:
        """Say what is exported first, and what the encoders need."""
        first = "" if sets_here(catalog) else "There is no set yet: it is exported first. "
        return (
            f"{first}offline: the encoders that need no download. Folders may be relative to the workspace. The same run again "
            "does what is missing."
        )

    def check(self, catalog: Catalog) -> None:
        """Refuse a set that is not there, and a folder that must not hold a run."""
        if not self.encoders:
            raise UsageError("no encoder is named", "the line is empty", "Type offline, or names of encoders.")
        if not self.place.exists() and self.place != usual_place(catalog):
            raise UsageError(
                f"there is no set {quoted_path(self.place)}", "", "Export it first, or name another folder."
            )
        if self.out is not None:
            refuse_original(catalog, self.out)
        self._check_out()

    def _check_out(self) -> None:
        if self.out is not None and (why := why_no_place(self.out, ("runs", "exports"))) is not None:
            raise UsageError(
                f"{quoted_path(self.out)} cannot hold a run", why, "Name a new folder for it, such as one in runs/."
            )

    def run(self, catalog: Catalog | None) -> Work[Evaluated]:
        """Export where needed, then let tracer measure. `catalog`: None if the caller holds no workspace open."""
        self._check_out()
        owner = self._owner(catalog)
        dataset = yield from self._dataset(catalog, owner)
        run = Path(os.path.abspath(self.out or self._usual_run(dataset, owner)))
        settings = EvaluateSettings() if owner is None else owner.settings.evaluate
        _remember(catalog, owner, dataset, run)  # before it ends, so that a stopped run is known by its set
        say = note if catalog is None else None  # the app owns the terminal
        encoders = self.encoders or settings.encoders
        answer, some_failed = yield from handoff.evaluating(dataset, run, encoders, settings.protocol, say)
        forgot = _remember(catalog, owner, dataset, run, content_at(dataset))
        return Evaluated(answer, run, some_failed, forgot)

    def _owner(self, catalog: Catalog | None) -> Workspace | None:
        """Return the workspace that remembers the run."""
        if catalog is not None:
            return catalog.workspace
        if is_workspace(self.place):
            return Workspace.open(self.place)
        if self.out is not None:
            refuse_originals_near(self.out, self.place.absolute().parent, self.out.absolute().parent, Path.cwd())
        return (
            workspace_of(Path(os.path.abspath(self.place)))
            if self.workspace is None
            else Workspace.open(self.workspace)
        )

    def _usual_run(self, dataset: Path, owner: Workspace | None) -> Path:
        inside = owner is not None and is_workspace(self.place)
        return owner.runs / dataset.name if owner is not None and inside else dataset.with_name(f"{dataset.name}-run")

    def _dataset(self, catalog: Catalog | None, owner: Workspace | None) -> Work[Path]:
        """Return the set; that of a workspace is exported unless it is current."""
        if self.place.exists() and not is_workspace(self.place):
            return Path(os.path.abspath(self.place))
        if owner is None:
            return Path(os.path.abspath(self.place))  # tracer says that it is not there
        with _writing(catalog, owner) as writing:
            if self.out is not None:
                refuse_original(writing, self.out)
            handoff.check_encoders(self.encoders or owner.settings.evaluate.encoders)
            if is_workspace(self.place):
                from curate.export.run import ensure_export

                return (yield from ensure_export(writing))
            proposed = ExportSet.proposed(writing)
            written = yield from ExportSet(out=self.place, pairs=proposed["pairs"]).run(writing)
            return Path(written.as_json()["dataset"])


@contextlib.contextmanager
def _writing(catalog: Catalog | None, owner: Workspace) -> Iterator[Catalog]:
    """Return an open catalogue to write to; without one, it is opened."""
    if catalog is not None:
        yield catalog
        return
    with owner.writing("evaluate"), Catalog.open(owner) as opened:
        yield opened


def _remember(
    catalog: Catalog | None, owner: Workspace | None, dataset: Path, run: Path, content: str | None = None
) -> str:
    """Record the run in the workspace of the set, if there is a workspace; returns why that could not be done, in words."""
    if owner is None:
        return ""
    try:
        with _writing(catalog, owner) as writing:
            remember_run(writing, dataset, run, content)
    except CurateError as error:  # not a failure: the evaluation is done and its report is there
        return f"{quoted_path(owner.root)} does not remember this run: {error}"
    return ""


@dataclass(frozen=True, slots=True)
class Evaluated(Outcome):
    """A finished evaluation."""

    answer: Mapping[str, Any]
    """What tracer printed."""
    run: Path
    some_failed: bool
    """Whether some photos could not be evaluated."""
    forgot: str
    """Why the workspace does not remember the run; empty if it does, or if there is none."""

    def as_json(self) -> Mapping[str, Any]:
        """Return what tracer printed."""
        return self.answer

    def in_words(self) -> Iterator[str]:
        """Return where the report is."""
        yield quoted_path(Path(self.answer["report"]))

    def summary(self) -> str:
        """Say how long it took, and what could not be measured."""
        skipped = sum(not is_on_request(one) for one in self.answer["skipped"])
        parts = [f"done in {float(self.answer['seconds']):,.0f} s"]
        if skipped:
            parts.append(f"{counted(skipped, 'thing')} could not be measured (w in Runs lists them)")
        if self.some_failed:
            parts.append("some photos could not be evaluated")
        return f"{', '.join(parts)}: {quoted_path(self.run / REPORT)}"

    def notes(self, root: Path) -> Iterator[str]:
        """Say why the workspace does not remember the run."""
        if self.forgot:
            yield self.forgot

    @property
    def exit_code(self) -> Exit:
        """Some failed if photos could not be evaluated."""
        return Exit.SOME_FAILED if self.some_failed else Exit.DONE
