"""Evaluates a data set: embeddings, experiments, results, report.

The plan says what the set's columns allow (`tracer.evaluation.plan`). What they do not allow, and what turns out to be too
small, is listed with the reason. The result of each measurement is cached (`tracer.evaluation.cache`), so a second call
does only what is missing.
"""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from tracer import results
from tracer.base.files import remove_abandoned
from tracer.base.progress import Progress, Work
from tracer.base.text import counted
from tracer.dataset import PhotoSet, open_set
from tracer.dataset.folders import refuse_strangers, working_in
from tracer.embeddings.batches import device_of
from tracer.embeddings.embed import EmbedResult, embed_views
from tracer.encoders.encoder import Encoder
from tracer.encoders.registry import load
from tracer.errors import TracerError
from tracer.evaluation.encoders import usable, with_text
from tracer.evaluation.merge import earlier, fingerprints, refuse_other_set
from tracer.evaluation.options import Options
from tracer.evaluation.plan import Plan, make_plan
from tracer.evaluation.refusals import nothing_measured, refuse_empty, refuse_without_text
from tracer.evaluation.running import OF_SET, RunningEvaluation
from tracer.evaluation.spent import note_spent, spent
from tracer.evaluation.unlabelled import camera_advice, refuse_without_labels
from tracer.experiments.experiment import Experiment, Measurement
from tracer.experiments.labels import labelled_set
from tracer.experiments.registry import EXPERIMENTS
from tracer.images.views import view
from tracer.results import Row, photo_scores
from tracer.results.runs import audit_of
from tracer.results.skips import Scope, Skip

__all__ = ["Evaluation", "Options", "evaluate", "versions"]

_LIBRARIES: Final = (
    "lenstrace", "numpy", "torch", "torchvision", "timm", "open_clip_torch", "optuna", "scikit-learn", "pillow",
)  # fmt: skip
_EMBEDDING = "embedding"
"""What warnings stand under that belong to no experiment: on the set, and on photos that could not be embedded."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was done.

    Attributes:
        rows: of the experiments that were run.
        results: results.parquet. report: report.html, None where it was not asked for.
        skipped: what was not measured. warnings: sentences.
        failed: photos that could not be embedded, (id, reason).
        maps: saved ones.
        advice: how the set comes by camera labels, where it has none and its photos name cameras; it holds paths.
    """

    rows: tuple[Row, ...]
    results: Path
    report: Path | None
    seconds: float
    device: str
    skipped: tuple[Skip, ...]
    warnings: tuple[str, ...]
    failed: tuple[tuple[int, str], ...]
    maps: tuple[Path, ...] = ()
    advice: str = ""


def evaluate(
    path: Path,
    run: Path,
    options: Options | None = None,
    *,
    experiments: Sequence[Experiment] = EXPERIMENTS,
    loader: Callable[[str], Encoder] = load,
    with_report: bool = True,
) -> Work[Evaluation]:
    """Evaluate a data set folder into a run folder.

    Rows that `run` already holds of other experiments on the same photos and labels stay; those of the experiments that are run
    are replaced, and a warning names what they were measured for earlier and are not now.

    Args:
        experiments: all that there are, in the order of the report's page; `options.experiments` names those to run.
        loader: gives the encoder of a name.

    Raises:
        DataSetError, EncoderError, EmbeddingsError: the set, every encoder or the embeddings cannot be used.
        TooFew: nothing at all can be measured; the message lists the reasons.
        UsageError: the run is one of another set.
    """
    run, began = run.expanduser().resolve(), time.perf_counter()
    yield Progress("reading the set", 0)
    plan = planned(path, options, experiments=experiments)
    refuse_without_labels(plan)
    refuse_empty(plan)
    refuse_other_set(run, plan.labelled)
    with working_in(run):
        remove_abandoned(run)
        started = began - spent(run)
        try:
            return (yield from _evaluated(plan, run, loader, started, with_report=with_report))
        finally:
            note_spent(run, time.perf_counter() - started)


def _evaluated(
    plan: Plan, run: Path, loader: Callable[[str], Encoder], started: float, *, with_report: bool
) -> Work[Evaluation]:
    """`evaluate` by a plan; the clock at the beginning stands as far back as earlier calls took."""
    running = RunningEvaluation(plan, run, "cpu")
    running.outcome.warnings += plan.labelled.warnings
    running.outcome.skipped += [*plan.skipped, *_unreadable(plan.labelled.photos)]
    encoders, failed = yield from _embedded(running, loader)
    running.look_for_near_copies(encoders)
    yield from running.measure(encoders)
    if not running.outcome.rows:
        raise nothing_measured(plan, running.refusals, running.outcome.skipped)
    parquet = _written(running, time.perf_counter() - started, failed)
    page = None
    if with_report:
        from tracer.report.page import write_report

        yield Progress("writing the report", 0)
        page = write_report(run)
    return Evaluation(
        rows=tuple(running.outcome.rows),
        results=parquet,
        report=page,
        seconds=round(time.perf_counter() - started, 2),
        device=running.device,
        skipped=tuple(running.outcome.skipped),
        warnings=tuple(running.outcome.warnings),
        failed=failed,
        maps=tuple(running.maps),
        advice=camera_advice(plan.labelled),
    )


def planned(path: Path, options: Options | None = None, *, experiments: Sequence[Experiment] = EXPERIMENTS) -> Plan:
    """Return what `evaluate` would measure on a data set folder, and what not and why; no picture is opened.

    Raises:
        DataSetError: the set cannot be used.
        UsageError: an option does not fit the set.
    """
    return make_plan(labelled_set(open_set(path)), options or Options(), experiments)


_Failed: TypeAlias = tuple[tuple[int, str], ...]
"""Photos that could not be embedded, (id, reason)."""


def _embedded(running: RunningEvaluation, loader: Callable[[str], Encoder]) -> Work[tuple[tuple[str, ...], _Failed]]:
    """Embed the views that the plan asks for, if any; the encoders' names in results, and the photos that failed."""
    plan = running.plan
    if not plan.views:
        return (), ()
    found = yield from usable(plan.options.encoders, loader)
    running.outcome.skipped += found.skipped
    encoders = list(found.encoders.values())
    if asking := [one for one in plan.measurements if one.needs_text]:
        text = with_text(encoders)
        running.text_sides = text.sides
        running.outcome.skipped += _without_text(asking, text.lacking)
        refuse_without_text(plan, text)
        if all(one.needs_text for one in plan.measurements if one.views):
            encoders = [encoder for encoder in encoders if encoder.name in text.sides]
            if not encoders:
                return (), ()
    running.device, running.typed = device_of(plan.options.device), found.typed
    embedded: EmbedResult = yield from embed_views(
        plan.labelled.photos, encoders, list(map(view, plan.views)), run=running.run, using=plan.options.resources
    )
    running.encoders = embedded.about
    return tuple(encoder.name for encoder in encoders), embedded.failed


def _without_text(asking: Sequence[Measurement], lacking: Mapping[str, str]) -> list[Skip]:
    """For each experiment that asks for text sides, the encoders that have none; its single measurements are not listed."""
    first = {one.experiment: one for one in reversed(asking)}.values()
    return [one.skip(encoder, why) for one in first for encoder, why in lacking.items()]


def _unreadable(photos: PhotoSet) -> list[Skip]:
    """The set's files that cannot be read, as one entry."""
    if not photos.problems:
        return []
    some = "; ".join(f"{problem.path}: {problem.reason}" for problem in photos.problems[:3])
    more = f" and {len(photos.problems) - 3} more" if len(photos.problems) > 3 else ""
    return [Skip(f"{counted(len(photos.problems), 'file')} of the set", some + more, scope=Scope.FILES)]


# --- results


def _written(running: RunningEvaluation, seconds: float, failed: Sequence[tuple[int, str]]) -> Path:
    """Write rows, meta and the single photos' scores, joined with what stays of earlier calls; return the table's path."""
    run, plan, outcome = running.run, running.plan, running.outcome
    rows, meta = _merged(running, seconds, failed)
    refuse_strangers(run)
    keep = len(rows) > len(outcome.rows)
    meta["photo_scores"] = photo_scores.write(run, running.per_photo, set(plan.planned), keep, meta["photo_scores"])
    parquet, _ = results.write(run, rows, meta)
    return parquet


def _merged(
    running: RunningEvaluation, seconds: float, failed: Sequence[tuple[int, str]]
) -> tuple[list[Row], dict[str, Any]]:
    """Rows and meta of this call, joined with what stays of earlier ones."""
    plan, labelled, outcome, warned = running.plan, running.plan.labelled, running.outcome, running.warned
    audit, prints = _audit(running), fingerprints(labelled)
    said_anew = {*plan.planned, OF_SET, *([_EMBEDDING] if plan.views else [])}
    stays = earlier(running.run, said_anew, prints, outcome)
    outcome.warnings += stays.dropped
    of_set = [*labelled.warnings, *stays.dropped, *warned.pop(OF_SET, [])]
    warned = {OF_SET: of_set, **stays.warned, **warned, **_not_embedded(failed)}
    rows, details = stays.rows + outcome.rows, stays.details + outcome.details
    here = plan.protocols({row.experiment for row in rows}, details)
    now = {row.experiment for row in outcome.rows}
    this_call = {
        name: {"command": plan.options.command, "protocol": lines}
        for name, lines in here.items()
        if name in now or name not in stays.calls
    }
    calls = stays.calls | this_call
    order = {one.name: number for number, one in enumerate(plan.experiments)}
    rows.sort(key=lambda row: order.get(row.experiment, len(order)))
    meta = {
        "dataset": {
            "name": labelled.name,
            "fingerprints": prints,
            "counts": {
                "photos": len(labelled),
                "scenes_or_owners": len(np.unique(labelled.clusters)) if labelled.units_known else None,
                **({"owners_not_kept_apart": n} if (n := labelled.owners_not_kept_apart) else {}),
                "camera_models": len({camera for camera in labelled.cameras if camera is not None}),
                "pairs": len(labelled.pairs.whole()),
            },
            "same_labels": labelled.same_labels(),
        },
        "audit": audit,
        "protocol": plan.protocol({name: call.get("protocol", {}) for name, call in calls.items()}),
        "command": plan.options.command,
        "calls": calls,
        "device": running.device,
        "seconds": round(seconds, 2),
        "seed": plan.options.seed,
        "versions": versions(),
        "warnings": list(dict.fromkeys(line for lines in warned.values() for line in lines)),
        "warnings_of": warned,
        "skipped": [skip.entry() for skip in stays.skipped + outcome.skipped],
        "details": details,
        "encoders": {**stays.encoders, **running.encoders},
        "brought_in": stays.brought_in,
        "photo_scores": stays.photo_scores,
    }
    return rows, meta


def _not_embedded(failed: Sequence[tuple[int, str]]) -> dict[str, list[str]]:
    """The warning of photos that could not be embedded, none where all were."""
    if not failed:
        return {}
    ids = ", ".join(f"{photo} ({reason})" for photo, reason in failed[:3])
    more = ", …" if len(failed) > 3 else ""
    return {_EMBEDDING: [f"{counted(len(failed), 'photo')} could not be embedded: {ids}{more}."]}


def _audit(running: RunningEvaluation) -> dict[str, Any] | None:
    """What the set's audit found: it goes into the results, which do not say where the set lies."""
    try:
        return audit_of(running.labelled.photos.root)
    except TracerError:
        running.warned.setdefault(OF_SET, []).append(
            "The set's audit.json cannot be read, so the report does not show it."
        )
        return None


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
