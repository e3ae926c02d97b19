"""The form that evaluates a set, and its work: tracer as a process of its own. It knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate import handoff
from curate.catalog.originals import refuse_original
from curate.catalog.sets import evaluated_sets, remember_run
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.export.current import REPORT, set_places
from curate.sources.made import why_no_place
from curate.sources.manifest import content_at
from curate.tui.exporting import ExportRequest, exporting, usual_choice, usual_place
from curate.tui.forms import Field, Form, listed, path_in, paths, words
from tracer.base.progress import Work
from tracer.base.text import counted, quoted_path

_GROUPS = ("offline", "paper")
"""Groups of encoders that are completed to; any name that tracer knows can be typed."""


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """The evaluation to run.

    Attributes:
        dataset: the set's folder; where there is none yet, the set is exported first.
        encoders: names of encoders or of groups of encoders.
        run: the folder for results.
    """

    dataset: Path
    encoders: tuple[str, ...]
    run: Path


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A finished evaluation.

    Attributes:
        run: its folder.
        seconds: how long tracer took.
        skipped: how many things could not be measured; not those that are only measured when asked for.
        some_failed: whether some photos could not be evaluated.
    """

    run: Path
    seconds: float
    skipped: int
    some_failed: bool


def sets_here(catalog: Catalog) -> list[Path]:
    """Return the folders of the sets of a workspace that are still there, the newest first."""
    return set_places(catalog)[::-1]


def reports_here(catalog: Catalog) -> list[Path]:
    """Return the pages of the runs of a workspace, the newest first."""
    aged = []
    for run in {*evaluated_sets(catalog), *catalog.workspace.runs.glob("*")}:
        with suppress(OSError):
            aged.append(((run / REPORT).stat().st_mtime_ns, run / REPORT))
    return [page for _, page in sorted(aged, reverse=True)]


def evaluate_form(catalog: Catalog, dataset: Path | None = None, run: Path | None = None) -> Form:
    """Return the form, filled in with the newest set, or with the set and the run given."""
    root = catalog.workspace.root
    known = sets_here(catalog)
    place = dataset or (known[0] if known else usual_place(catalog))
    first = "" if known else "There is no set yet: it is exported first. "
    encoders = ",".join(catalog.workspace.settings.evaluate.encoders)
    return Form(
        "Evaluate which set?",
        (
            Field("dataset", "set", _below(place, root), complete=paths(root)),
            Field("encoders", "encoders", encoders, "offline, paper, or names", words(_GROUPS)),
            Field("run", "into", _below(run or catalog.workspace.runs / place.name, root), complete=paths(root)),
        ),
        f"{first}offline: the encoders that need no download. Folders may be relative to the workspace. The same run again "
        "does what is missing. Enter starts, Tab completes.",
    )


def evaluate_request(catalog: Catalog, answers: Mapping[str, str]) -> EvaluateRequest:
    """Read the answers.

    Raises:
        UsageError: a line of the form cannot be read, the set does not exist, or a run may not be written to the folder.
    """
    root = catalog.workspace.root
    dataset = path_in(answers["dataset"], root, "the set")
    run = path_in(answers["run"], root, "the folder")
    encoders = listed(answers["encoders"])
    if not encoders:
        raise UsageError("no encoder is named", "the line is empty", "Type offline, or names of encoders.")
    if not dataset.exists() and dataset != usual_place(catalog):
        raise UsageError(f"there is no set {quoted_path(dataset)}", "", "Export it first, or name another folder.")
    refuse_original(catalog, run)
    if (why := why_no_place(run, ("runs", "exports"))) is not None:
        raise UsageError(f"{quoted_path(run)} cannot hold a run", why, "Name another folder, such as one in runs/.")
    return EvaluateRequest(dataset, encoders, run)


def evaluating(catalog: Catalog, request: EvaluateRequest) -> Work[Evaluated]:
    """Evaluate a set; it is exported first where there is none."""
    if not request.dataset.exists():
        yield from exporting(catalog, ExportRequest(request.dataset, usual_choice(catalog)))
    remember_run(catalog, request.dataset, request.run)  # before it ends, so that a stopped run is known by its set
    answer, some_failed = yield from handoff.evaluating(
        request.dataset, request.run, request.encoders, catalog.workspace.settings.evaluate.protocol
    )
    remember_run(catalog, request.dataset, request.run, content_at(request.dataset))
    skipped = sum(not on_request(one) for one in answer["skipped"])
    return Evaluated(request.run, float(answer["seconds"]), skipped, some_failed)


def on_request(skipped: Mapping[str, Any]) -> bool:
    """Whether something that was not measured is only measured when asked for, as tracer tells."""
    return skipped.get("on_request") is True


def evaluate_summary(done: Evaluated) -> str:
    """Put the result into words, in one line."""
    parts = [f"done in {done.seconds:,.0f} s"]
    parts += [f"{counted(done.skipped, 'thing')} could not be measured (w in Runs lists them)"] if done.skipped else []
    parts += ["some photos could not be evaluated"] if done.some_failed else []
    return f"{', '.join(parts)}: {quoted_path(done.run / REPORT)}"


def _below(place: Path, root: Path) -> str:
    return os.fspath(place.relative_to(root) if place.is_relative_to(root) else place)
