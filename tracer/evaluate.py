"""Everything that a set's columns allow, in one go: embeddings, experiments, results, report.

The plan comes from the columns (`tracer.plan`); what they do not allow, and what turns out to be too small, is listed with the
reason. Each finished experiment of an encoder is kept (`tracer.kept`), so that a second call does only what is missing.
"""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import results, store
from tracer.dataset import PhotoSet, open_set
from tracer.embed import EmbedResult, embed
from tracer.encoders.registry import expand, load
from tracer.errors import EncoderError, TooFew, TracerError
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.protocols import Protocol
from tracer.kept import digest, keep, key_of, recall
from tracer.plan import MASKS, SEMANTIC, Plan, make_plan
from tracer.progress import Progress, Work
from tracer.results import Experiment, Row
from tracer.store import Embeddings

EXPERIMENTS: Final[tuple[Experiment, ...]] = ("probe", "knn", "retrieval", "similarity", "association")
SPLIT_FROM: Final = 5000
"""From so many photos on, a set's split file is used in place of cross-validation, which would take hours and tell little more."""
REPEATS: Final = ((2000, 3), (20_000, 2))
"""Draws of the folds for sets of up to so many photos; one for larger ones."""
_READ_AT_ONCE: Final = 4
_LIBRARIES: Final = ("lenstrace", "numpy", "torch", "torchvision", "timm", "open_clip_torch", "optuna", "scikit-learn", "pillow")


@dataclass(frozen=True, slots=True)
class Options:
    """How a set is evaluated.

    Attributes:
        encoders: names and groups of them. experiments: those to run.
        attributes: labels to probe beside the main ones. masks: shares of the area, for the probes.
        processings: to part neighbours by; each is one more pass through every encoder.
        protocol: of the probes. seed: of splits, draws and bootstraps.
        k: neighbours; None = by the size of the set. draws: of the uniform setting.
        device: None takes a GPU where there is one. command: as typed, for the report.
    """

    encoders: tuple[str, ...] = ("offline",)
    experiments: tuple[Experiment, ...] = EXPERIMENTS
    attributes: tuple[str, ...] = ()
    masks: tuple[float, ...] = MASKS
    processings: tuple[str, ...] = ()
    protocol: Protocol = Protocol.BATCHED
    seed: int = 42
    k: int | None = None
    draws: int = 10
    device: str | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was done.

    Attributes:
        rows: of the experiments that were run. results: results.parquet. report: report.html, None where it was not asked for.
        skipped: {what, why}. warnings: sentences. failed: photos that could not be embedded, (id, reason).
    """

    rows: tuple[Row, ...]
    results: Path
    report: Path | None
    seconds: float
    device: str
    skipped: tuple[dict[str, str], ...]
    warnings: tuple[str, ...]
    failed: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Bench:
    """One evaluation under way."""

    photos: PhotoSet
    plan: Plan
    options: Options
    run: Path
    device: str
    outcome: Outcome
    _read: dict[tuple[str, str, float], tuple[Embeddings, NDArray[np.int64]]] = field(default_factory=dict)

    def embeddings(self, encoder: str, processing: str = "IDENTITY", mask: float = 0.0) -> tuple[Embeddings, NDArray[np.int64]]:
        """Embeddings in ascending order of their ids, and the set's row of each: no figure depends on the order of files."""
        name = (encoder, processing, mask)
        if name not in self._read:
            found = store.load(self.run, self.photos.name, encoder, processing, mask)
            ids = self.photos.table["photo_id"].to_numpy(dtype=np.int64)
            _, order, rows = np.intersect1d(found.ids, ids, assume_unique=True, return_indices=True)
            columns = {key: values[order] for key, values in found.columns.items()}
            if len(self._read) >= _READ_AT_ONCE:
                self._read.clear()
            self._read[name] = Embeddings(found.ids[order], found.vectors[order], columns, found.header), rows
        return self._read[name]


def evaluate(path: Path, run: Path, options: Options | None = None, *, with_report: bool = True) -> Work[Evaluation]:
    """Evaluate a data set folder into a run folder.

    Rows that `run` already holds of other experiments on the same set stay; those of the experiments that are run are replaced.

    Raises:
        DataSetError, EncoderError, EmbeddingsError: the set, every encoder or the embeddings cannot be used.
        TooFew: nothing at all can be measured; the message lists the reasons.
    """
    started = time.perf_counter()
    chosen = options or Options()
    run = run.expanduser().resolve()
    photos = open_set(path)
    plan = make_plan(photos, chosen.attributes, chosen.processings)
    run.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(warnings=list(plan.warnings))
    outcome.skipped = [{"what": skip.what, "why": skip.why} for skip in plan.skipped if _concerns(skip.what, chosen)]
    _all_problems(photos, outcome)
    views = _views(plan, chosen)
    device, failed, names = "cpu", (), ()
    if views:
        _check_plan(photos, plan, chosen, outcome)
        names = _usable(chosen.encoders, outcome)
        embedded: EmbedResult = yield from embed(photos, names, views, run=run, device=chosen.device)
        device, failed = embedded.device, embedded.failed
    bench = _Bench(photos, plan, chosen, run, device, outcome)
    steps = list(_steps(bench, names))
    for number, (what, step) in enumerate(steps):
        yield Progress(f"measuring: {what}", number, len(steps))
        try:
            outcome.add(step())
        except TooFew as error:
            outcome.skipped.append({"what": what, "why": str(error)})
    yield Progress("measuring", len(steps), len(steps))
    if not outcome.rows:
        raise TooFew(
            f"Nothing can be measured on {photos.name}",
            "; ".join(dict.fromkeys(f"{entry['what']}: {entry['why']}" for entry in outcome.skipped)),
            "Add photos, labels or pairs.",
        )
    seconds = time.perf_counter() - started
    rows, meta = _merged(bench, seconds, failed)
    parquet, _ = results.write(run, rows, meta)
    page = None
    if with_report:
        from tracer.report.page import write_report

        yield Progress("writing the report", 0, 1)
        page = write_report(run)
    seconds = round(time.perf_counter() - started, 2)
    return Evaluation(
        tuple(outcome.rows), parquet, page, seconds, device, tuple(outcome.skipped), tuple(outcome.warnings), failed
    )


# --- what is run


def _views(plan: Plan, options: Options) -> tuple[str, ...]:
    """The views to embed, by name: masks for the probes, processings for the neighbours, the plain photo for all."""
    wanted = ["IDENTITY"] if set(options.experiments) - {"association"} else []
    if "probe" in options.experiments:
        wanted += [f"MASK_{100 * ratio:.6g}" for ratio in options.masks if ratio]
    if "knn" in options.experiments:
        wanted += [name for group in plan.knn_groups for name in group]
    return tuple(dict.fromkeys(wanted))


def _steps(bench: _Bench, encoders: Sequence[str]) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Each experiment of each encoder, as its name and the work."""
    plan, chosen = bench.plan, bench.options.experiments
    if "association" in chosen and plan.associations:
        yield "association", lambda: _association(bench)
    for encoder in encoders:
        if "probe" in chosen:
            for mask in bench.options.masks:
                for attribute in plan.probes:
                    masked = f", {100 * mask:.6g} % masked" if mask else ""
                    yield f"probe of {attribute} ({encoder}{masked})", _probe_step(bench, encoder, attribute, mask)
        if "knn" in chosen:
            for attribute in plan.traces:
                yield f"kNN by {attribute} ({encoder})", _trace_step(bench, encoder, attribute)
            for group in plan.knn_groups:
                yield f"kNN by {' and '.join(group)} ({encoder})", _processing_step(bench, encoder, group)
        if "similarity" in chosen:
            for attribute in plan.traces:
                yield f"similarity by {attribute} ({encoder})", _similarity_step(bench, encoder, attribute)
        if "retrieval" in chosen and plan.retrieval:
            yield f"pair retrieval ({encoder})", _retrieval_step(bench, encoder)


def _kept(bench: _Bench, place: str, encoder: str, facts: Sequence[Any], work: Callable[[], Outcome]) -> Outcome:
    key = key_of(place, encoder, bench.options.seed, *facts)
    path = bench.run / "kept" / f"{key[:24]}.json"
    found = recall(path, key)
    if found is None:
        found = work()
        keep(path, key, found)
    return found


def _probe_step(bench: _Bench, encoder: str, attribute: str, mask: float) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.probe import probe_cross_validated, probe_split

        found, rows = bench.embeddings(encoder, mask=mask)
        labels, clusters = bench.plan.labels[attribute][rows], bench.plan.clusters[rows]
        source, options = Source(bench.photos.name, encoder, mask_ratio=mask), bench.options
        split = bench.photos.splits.get(attribute) if len(rows) > SPLIT_FROM else None
        repeats = next((count for size, count in REPEATS if len(rows) <= size), 1)
        facts = [attribute, mask, str(options.protocol), repeats, digest(found.vectors), labels, clusters]
        if split is not None:
            facts += [split.classes, *split.ids.values(), *split.labels.values()]

        def work() -> Outcome:
            if split is not None:
                return probe_split(source, found.ids, found.vectors, split, options.protocol, options.seed, bench.device)
            return probe_cross_validated(
                source, found.vectors, labels, clusters, attribute, protocol=options.protocol, repeats=repeats,
                seed=options.seed, device=bench.device if len(rows) > SPLIT_FROM else "cpu",
            )  # fmt: skip

        return _kept(bench, "probe", encoder, facts, work)

    return step


def _trace_step(bench: _Bench, encoder: str, attribute: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.acquisition import acquisition_knn

        found, rows = bench.embeddings(encoder)
        classes, traces = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, k, draws = bench.plan.clusters[rows], bench.options.k or bench.plan.k, bench.options.draws
        source = Source(bench.photos.name, encoder)
        facts = [attribute, k, draws, digest(found.vectors), classes, traces, clusters]
        return _kept(
            bench, "knn by label", encoder, facts,
            lambda: acquisition_knn(
                source, found.vectors, classes, traces, clusters, attribute, k=k, draws=draws, seed=bench.options.seed,
                device=bench.device,
            ),
        )  # fmt: skip

    return step


def _processing_step(bench: _Bench, encoder: str, group: Sequence[str]) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.knn import processing_knn

        views = {name: bench.embeddings(encoder, name) for name in group}
        # A photo too small for one processing has no embedding there: only those that have all of them take part.
        rows = functools.reduce(np.intersect1d, (rows for _, rows in views.values()))
        rows = rows[_in_two_clusters(bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows])]
        # The rows of a set are in no order of ids, but those of its embeddings are, under each processing.
        vectors = {name: found.vectors[np.isin(mine, rows)] for name, (found, mine) in views.items()}
        first = views[group[0]][1]
        rows = first[np.isin(first, rows)]
        labels, clusters = bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows]
        k, draws, seed = bench.options.k or bench.plan.k, bench.options.draws, bench.options.seed
        if len({*labels}) < 2:
            raise TooFew("Semantic neighbours need two classes, each in two scenes or more", f"{len(rows)} photos have that")
        y = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64)
        source = Source(bench.photos.name, encoder, ",".join(group))
        facts = [list(group), k, draws, *(digest(matrix) for matrix in vectors.values()), labels, clusters]
        return _kept(
            bench, "knn by processing", encoder, facts,
            lambda: processing_knn(
                source, vectors, y, vectors, y, group_name(group), k=k, draws=draws, seed=seed,
                pool_groups=clusters, query_groups=clusters, clusters=clusters, device=bench.device,
            ),
        )  # fmt: skip

    return step


def _similarity_step(bench: _Bench, encoder: str, attribute: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.similarity import similarity

        found, rows = bench.embeddings(encoder)
        classes, labels = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, source = bench.plan.clusters[rows], Source(bench.photos.name, encoder)
        facts = [attribute, digest(found.vectors), classes, labels, clusters]
        return _kept(
            bench, "similarity", encoder, facts,
            lambda: similarity(source, found.vectors, classes, labels, clusters, attribute, bench.options.seed),
        )  # fmt: skip

    return step


def _retrieval_step(bench: _Bench, encoder: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.retrieval import retrieve

        found, rows = bench.embeddings(encoder)
        subject, model = bench.plan.subject[rows], bench.plan.model[rows]
        source = Source(bench.photos.name, encoder)
        facts = [digest(found.vectors), subject, model]
        return _kept(
            bench, "retrieval", encoder, facts,
            lambda: retrieve(source, found.vectors, subject, model, bench.options.seed, bench.device),
        )  # fmt: skip

    return step


def _association(bench: _Bench) -> Outcome:
    from tracer.experiments.association import associate

    plan = bench.plan
    labels = {name: plan.labels[name] for name in plan.associations}
    return associate(bench.photos.name, labels, plan.labels[SEMANTIC], plan.clusters, bench.options.seed)


def _in_two_clusters(labels: NDArray[Any], clusters: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Photos whose class stands in another cluster too; the others could never be named right."""
    use = np.zeros(len(labels), dtype=bool)
    for name in {label for label in labels if label is not None}:
        member = labels == name
        use |= member & (len(np.unique(clusters[member])) > 1)
    return use


# --- before and after


def _concerns(what: str, options: Options) -> bool:
    """Whether something skipped belongs to an experiment that was asked for."""
    words = {"probe": "probe", "knn": "kNN", "retrieval": "retrieval", "similarity": "similarity", "association": "association"}
    return any(words[name] in what for name in options.experiments)


def _check_plan(photos: PhotoSet, plan: Plan, options: Options, outcome: Outcome) -> None:
    """Refuse a set on which nothing can be measured before hours go into its embeddings."""
    possible = {
        "probe": bool(plan.probes),
        "knn": bool(plan.traces or plan.knn_groups),
        "similarity": bool(plan.traces),
        "retrieval": plan.retrieval,
        "association": bool(plan.associations),
    }
    if not any(possible[name] for name in options.experiments):
        raise TooFew(
            f"Nothing can be measured on {photos.name}",
            "; ".join(f"{entry['what']}: {entry['why']}" for entry in outcome.skipped),
            "Give its photos labels of two values or more, or pairs.",
        )


def _usable(names: Sequence[str], outcome: Outcome) -> tuple[str, ...]:
    """The encoders whose weights are here or can be had; the others are listed.

    Raises:
        EncoderError: of the first one, where none can be used or a name is no name.
    """
    usable, first = [], None
    for name in expand(names):
        try:
            load(name)
        except EncoderError as error:
            first = first or error
            outcome.skipped.append({"what": f"encoder {name}", "why": " ".join(error.lines())})
        else:
            usable.append(name)
    if not usable:
        raise first or EncoderError("No encoder was named", way_out="`tracer encoders` lists them.")
    return tuple(usable)


def _all_problems(photos: PhotoSet, outcome: Outcome) -> None:
    if photos.problems:
        some = "; ".join(f"{problem.path}: {problem.reason}" for problem in photos.problems[:3])
        more = f" and {len(photos.problems) - 3} more" if len(photos.problems) > 3 else ""
        outcome.skipped.append({"what": f"{len(photos.problems)} files of the set", "why": some + more})


def _merged(bench: _Bench, seconds: float, failed: tuple[tuple[int, str], ...]) -> tuple[list[Row], dict[str, Any]]:
    """Rows and meta of this call, joined with those of other experiments that the run holds on the same set."""
    rows, details = list(bench.outcome.rows), list(bench.outcome.details)
    skipped, warnings = list(bench.outcome.skipped), list(bench.outcome.warnings)
    photos, plan = bench.photos, bench.plan
    fingerprint = key_of(photos.table["photo_id"].to_numpy(dtype=np.int64))
    try:
        before = results.read(bench.run)
    except TracerError:
        before = None
    if before is not None and before.meta.get("dataset", {}).get("photos_sha256") == fingerprint:
        now = set(bench.options.experiments)
        rows = [row for row in before.rows if row.experiment not in now] + rows
        details = [entry for entry in before.meta.get("details", []) if entry.get("experiment") not in now] + details
        skipped = [entry for entry in before.meta.get("skipped", []) if not _concerns(entry["what"], bench.options)] + skipped
    if failed:
        ids = ", ".join(f"{photo} ({reason})" for photo, reason in failed[:3])
        warnings.append(f"{len(failed)} photos could not be embedded: {ids}{', …' if len(failed) > 3 else ''}.")
    order = {name: number for number, name in enumerate(EXPERIMENTS)}
    rows.sort(key=lambda row: order.get(row.experiment, len(order)))
    meta = {
        "dataset": {
            "name": photos.name,
            "path": str(photos.root),
            "photos_sha256": fingerprint,
            "counts": {
                "photos": len(photos),
                "scenes_or_owners": len(np.unique(plan.clusters)),
                "pairs": len(np.intersect1d(plan.subject[(plan.subject >= 0) & (plan.model == 0)], plan.subject[plan.model == 1])),
            },
        },
        "protocol": _protocol(bench),
        "command": bench.options.command,
        "device": bench.device,
        "seconds": round(seconds, 2),
        "seed": bench.options.seed,
        "versions": versions(),
        "warnings": warnings,
        "skipped": skipped,
        "details": details,
    }
    return rows, meta


def _protocol(bench: _Bench) -> dict[str, str]:
    options, plan, count = bench.options, bench.plan, len(bench.photos)
    repeats = next((n for size, n in REPEATS if count <= size), 1)
    how = {
        Protocol.PAPER: "30 trials of TPE, one after the other",
        Protocol.BATCHED: "30 trials of TPE in rounds of 10 trained side by side",
        Protocol.HALVING: "30 trials of TPE, of which the best 10 and 3 are trained longer",
        Protocol.FAST: "full-batch L-BFGS at up to 7 weight decays",
    }[options.protocol]
    return {
        "probe": f"one linear layer on L2-normalised embeddings, {how}, chosen on validation photos ({options.protocol})",
        "probe folds": f"5 folds that keep scenes and owners whole, drawn {repeats} times"
        + (f"; a set's own split file from {SPLIT_FROM} photos on" if count > SPLIT_FROM else ""),
        "probe intervals": "bootstrap over scenes and owners, with the variance of the training draw added",
        "kNN": f"cosine, k = {options.k or plan.k}, majority, never within a scene or owner; {options.draws} uniform draws",
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
