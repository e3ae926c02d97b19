"""Evaluates a data set: embeddings, experiments, results, report.

The plan says what the set's columns allow (`tracer.evaluation.plan`). What they do not allow, and what turns out to be too
small, is listed with the reason. The result of each experiment and encoder is cached (`tracer.evaluation.cache`), so a second
call does only what is missing.
"""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tracer import results
from tracer.base.files import remove_abandoned
from tracer.base.progress import Progress, Work
from tracer.base.text import counted
from tracer.dataset import PhotoSet, open_set
from tracer.dataset.folders import refuse_strangers
from tracer.embeddings.embed import EmbedResult, embed
from tracer.encoders.encoder import Encoder
from tracer.encoders.names import parse_name
from tracer.encoders.registry import expand, load
from tracer.errors import EncoderError, TooFew, TracerError, UnknownEncoder, UsageError
from tracer.evaluation.merge import ENCODER, FILES, concerns, earlier, fingerprints
from tracer.evaluation.plan import NO_LABEL, Plan, make_plan
from tracer.evaluation.steps import EXPERIMENTS, SPLIT_FROM, Bench, Options, repeats_for, steps, views
from tracer.evaluation.unlabelled import camera_advice, refuse_without_labels
from tracer.experiments.mitigation.erasure import Method
from tracer.experiments.outcome import Outcome
from tracer.experiments.probe.protocols import in_words
from tracer.results import Row
from tracer.results import photo_scores as perphoto
from tracer.results.runs import audit_of
from tracer.results.skips import as_cause, lead, too_few_as_cause

__all__ = ["EXPERIMENTS", "Evaluation", "Options", "evaluate", "versions"]

_LIBRARIES: Final = (
    "lenstrace", "numpy", "torch", "torchvision", "timm", "open_clip_torch", "optuna", "scikit-learn", "pillow",
)  # fmt: skip
_SET, _EMBEDDING = "set", "embedding"
"""What warnings stand under that belong to no experiment: on the set, and on photos that could not be embedded."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was done.

    Attributes:
        rows: of the experiments that were run. results: results.parquet. report: report.html, None where it was not asked for.
        skipped: {what, why}. warnings: sentences. maps: saved ones. failed: photos that could not be embedded, (id, reason).
        advice: how the set comes by camera labels, where it has none and its photos name cameras; it holds paths.
    """

    rows: tuple[Row, ...]
    results: Path
    report: Path | None
    seconds: float
    device: str
    skipped: tuple[dict[str, str], ...]
    warnings: tuple[str, ...]
    failed: tuple[tuple[int, str], ...]
    maps: tuple[Path, ...] = ()
    advice: str = ""


def evaluate(path: Path, run: Path, options: Options | None = None, *, with_report: bool = True) -> Work[Evaluation]:
    """Evaluate a data set folder into a run folder.

    Rows that `run` already holds of other experiments on the same photos and labels stay; those of the experiments that are run
    are replaced.

    Raises:
        DataSetError, EncoderError, EmbeddingsError: the set, every encoder or the embeddings cannot be used.
        TooFew: nothing at all can be measured; the message lists the reasons.
    """
    started = time.perf_counter()
    chosen = options or Options()
    run = run.expanduser().resolve()
    remove_abandoned(run)
    yield Progress("reading the set", 0)
    photos = open_set(path)
    plan = make_plan(photos, chosen.attributes, chosen.processings)
    refuse_without_labels(photos, plan)
    outcome = Outcome(warnings=list(plan.warnings))
    outcome.skipped = [
        {"what": skip.what, "why": skip.why} for skip in plan.skipped if concerns(skip.what, chosen.experiments)
    ]
    _all_problems(photos, outcome)
    by_the_way = "mitigation" in chosen.experiments and len(chosen.experiments) > 1
    if by_the_way and plan.mitigations and Method.LAYER not in chosen.methods:
        outcome.skipped.append(
            {
                "what": "mitigation by the adversarial layer",
                "why": "it has to be trained; `tracer mitigate SET -o RUN --method layer` does it",
            }
        )
    _check_plan(photos, plan, chosen)
    shown = views(plan, chosen)
    device = "cpu"
    failed: tuple[tuple[int, str], ...] = ()
    names: tuple[str, ...] = ()
    typed: dict[str, str] = {}
    if shown:
        encoders = yield from _usable(chosen.encoders, outcome)
        names = tuple(encoder.name for encoder in encoders.values())
        typed = {encoder.name: name for name, encoder in encoders.items()}
        embedded: EmbedResult = yield from embed(
            photos, encoders.values(), shown, run=run, device=chosen.device, limits=chosen.limits
        )
        device, failed = embedded.device, embedded.failed
    bench = Bench(photos, plan, chosen, run, device, outcome, typed)
    refused = yield from _measure(bench, names)
    if not outcome.rows:
        advice = (refused[lead(refused)].way_out if refused else "") or "Add photos, labels or pairs."
        raise TooFew(
            f"Nothing can be measured on {photos.name}",
            too_few_as_cause(refused) if refused else as_cause(outcome.skipped),
            "\n".join(filter(None, (advice, camera_advice(photos, plan)))),
        )
    seconds = time.perf_counter() - started
    rows, meta = _merged(bench, seconds, failed)
    refuse_strangers(run)
    parquet, _ = results.write(run, rows, meta)
    perphoto.write(run, bench.per_photo, set(chosen.experiments), keep=len(rows) > len(outcome.rows))
    page = None
    if with_report:
        from tracer.report.page import write_report

        yield Progress("writing the report", 0)
        page = write_report(run)
    seconds = round(time.perf_counter() - started, 2)
    return Evaluation(
        tuple(outcome.rows),
        parquet,
        page,
        seconds,
        device,
        tuple(outcome.skipped),
        tuple(outcome.warnings),
        failed,
        tuple(bench.maps),
        camera_advice(photos, plan),
    )


def _measure(bench: Bench, encoders: Sequence[str]) -> Work[dict[str, TooFew]]:
    """Take all steps; what they find goes to the bench, and what is too small for a figure to what was skipped.

    Returns the refusals of those that are too small, by the step's name.
    """
    work = list(steps(bench, encoders))
    refused: dict[str, TooFew] = {}
    for number, (what, step) in enumerate(work):
        yield Progress(f"measuring: {what}", number, len(work))
        try:
            found = yield from _told(step(), what, number, len(work))
            bench.outcome.add(found)
            of = [row.experiment for row in found.rows] + [entry["experiment"] for entry in found.details]
            for name in dict.fromkeys(of or [_SET]):
                bench.warned.setdefault(name, []).extend(found.warnings)
        except TooFew as error:
            refused[what] = error
            bench.outcome.skipped.append({"what": what, "why": str(error)})
    yield Progress("measuring", len(work), len(work))
    return refused


def _told(step: Work[Outcome], what: str, number: int, count: int) -> Work[Outcome]:
    """Do a step; how far it is in its own units stands behind its name."""
    while True:
        try:
            part = next(step)
        except StopIteration as end:
            found: Outcome = end.value
            return found
        inside = f", {part.done:,} of {part.total:,} {part.what}" if part.total else ""
        yield Progress(f"measuring: {what}{inside}", number, count)


# --- before and after


def _check_plan(photos: PhotoSet, plan: Plan, options: Options) -> None:
    """Refuse a set on which nothing can be measured before hours go into its embeddings."""
    possible = {
        "probe": bool(plan.probes or plan.probe_groups),
        "knn": bool(plan.traces or plan.knn_groups),
        "similarity": bool(plan.traces),
        "retrieval": plan.retrieval,
        "association": bool(plan.associations),
        "mitigation": bool(plan.mitigations or plan.knn_groups),
    }
    if not any(possible[name] for name in options.experiments):
        wanted = [s for s in plan.skipped if not s.on_request and concerns(s.what, options.experiments)]
        wanted.sort(key=lambda skip: skip.why == NO_LABEL)  # what the set has comes first
        raise TooFew(
            f"Nothing can be measured on {photos.name}",
            as_cause({"what": skip.what, "why": skip.why} for skip in wanted),
            camera_advice(photos, plan) or "Give its photos labels of two values or more, or pairs.",
        )


def _usable(names: Sequence[str], outcome: Outcome) -> Work[dict[str, Encoder]]:
    """By name the encoders whose weights are here or can be had; the others are listed.

    Raises:
        UnknownEncoder: a name is no name. UsageError: there is no name.
        EncoderError: of the first one, where none can be used.
    """
    usable: dict[str, Encoder] = {}
    first: EncoderError | None = None
    wanted = expand(names)
    for number, name in enumerate(wanted):
        yield Progress(f"finding weights: {name}", number, len(wanted))
        try:
            usable[name] = load(name)
        except UnknownEncoder:  # a slip of the pen; better told now than in the report
            raise
        except EncoderError as error:
            first = first or error
            parsed = parse_name(name)
            why = ". ".join(error.lines()).replace(name, parsed.shown)
            if parsed.checkpoint:
                why = why.replace(str(parsed.checkpoint), parsed.checkpoint.name)
            outcome.skipped.append({"what": f"{ENCODER}{parsed.shown}", "why": why})
    yield Progress("finding weights", len(wanted), len(wanted))
    doubled = [name for name, count in Counter(encoder.name for encoder in usable.values()).items() if count > 1]
    if doubled:
        raise UsageError(
            f"{doubled[0]} names two files", "results tell checkpoints apart by the file's name", "Rename one of them."
        )
    if not usable:
        raise first or UsageError("No encoder was named", way_out="`tracer encoders` lists them.")
    return usable


def _all_problems(photos: PhotoSet, outcome: Outcome) -> None:
    if photos.problems:
        some = "; ".join(f"{problem.path}: {problem.reason}" for problem in photos.problems[:3])
        more = f" and {len(photos.problems) - 3} more" if len(photos.problems) > 3 else ""
        outcome.skipped.append({"what": f"{counted(len(photos.problems), 'file')} {FILES}", "why": some + more})


def _merged(bench: Bench, seconds: float, failed: tuple[tuple[int, str], ...]) -> tuple[list[Row], dict[str, Any]]:
    """Rows and meta of this call, joined with what stays of earlier ones."""
    photos, plan, outcome, audit = bench.photos, bench.plan, bench.outcome, _audit(bench)
    prints = fingerprints(photos, plan)
    said_anew = {*bench.options.experiments, _SET} | ({_EMBEDDING} if views(plan, bench.options) else set())
    stays = earlier(bench.run, said_anew, prints, outcome.skipped)
    outcome.warnings += stays.dropped
    of_set = [*plan.warnings, *stays.dropped, *bench.warned.pop(_SET, [])]
    warned = {_SET: of_set, **stays.warned, **bench.warned}
    if failed:
        ids = ", ".join(f"{photo} ({reason})" for photo, reason in failed[:3])
        warned[_EMBEDDING] = [
            f"{counted(len(failed), 'photo')} could not be embedded: {ids}{', …' if len(failed) > 3 else ''}."
        ]
    rows, details = stays.rows + outcome.rows, stays.details + outcome.details
    order = {name: number for number, name in enumerate(EXPERIMENTS)}
    rows.sort(key=lambda row: order.get(row.experiment, len(order)))
    meta = {
        "dataset": {
            "name": photos.name,
            "fingerprints": prints,
            "counts": {
                "photos": len(photos),
                "scenes_or_owners": len(np.unique(plan.clusters)),
                "pairs": len(plan.paired()),
            },
        },
        "audit": audit,
        "protocol": _protocol(bench, details),
        "command": bench.options.command,
        "device": bench.device,
        "seconds": round(seconds, 2),
        "seed": bench.options.seed,
        "versions": versions(),
        "warnings": list(dict.fromkeys(line for lines in warned.values() for line in lines)),
        "warnings_of": warned,
        "skipped": stays.skipped + outcome.skipped,
        "details": details,
    }
    return rows, meta


def _audit(bench: Bench) -> dict[str, Any] | None:
    """What the set's audit found: it goes into the results, which do not say where the set lies."""
    try:
        return audit_of(bench.photos.root)
    except TracerError:
        bench.warned.setdefault(_SET, []).append("The set's audit.json cannot be read, so the report does not show it.")
        return None


def _protocol(bench: Bench, details: Sequence[dict[str, Any]]) -> dict[str, str]:
    options, plan, count = bench.options, bench.plan, len(bench.photos)
    repeats = repeats_for(count)
    of_processings = {
        "probe of processings": f"the same folds, drawn {options.draws} times; a photo shows one processing, drawn at random, to "
        "a probe that learns from it, and all of them to one that is tested"
    }
    intervals = "; ".join(dict.fromkeys(entry["intervals"] for entry in details if "intervals" in entry))
    how = in_words(options.protocol)
    return {
        "probe": f"one linear layer on L2-normalised embeddings, {how}, chosen on validation photos ({options.protocol})",
        "probe folds": f"5 folds that keep scenes and owners whole, drawn {repeats} times"
        + (f"; a set's own split file from {SPLIT_FROM} photos on" if count > SPLIT_FROM else ""),
        **(of_processings if plan.probe_groups and "probe" in options.experiments else {}),
        **({"probe intervals": intervals} if intervals else {}),
        "kNN": f"cosine, k = {options.k or plan.k}, majority, never within a scene or owner; {options.draws} uniform draws",
        "mitigation": "maps fitted on one half of the scenes and owners, scored on the other by fresh probes, neighbours "
        "and pairs, then the halves changed",
        "other intervals": "percentile bootstrap over scenes and owners",
    }


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
