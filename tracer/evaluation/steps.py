"""The experiments of an evaluation as steps: each reads its embeddings, measures, and keeps what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tracer.base.progress import Work
from tracer.errors import TooFew
from tracer.evaluation.cache import digest
from tracer.evaluation.mitigation_steps import mitigation_steps
from tracer.evaluation.plan import SEMANTIC, Plan
from tracer.evaluation.running import (
    EXPERIMENTS,
    SPLIT_FROM,
    Bench,
    Options,
    Step,
    classed_views,
    common_views,
    kept_outcome,
    repeats_for,
)
from tracer.evaluation.sheet_steps import sheet_steps
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.protocols import protocol_facts

__all__ = ["EXPERIMENTS", "SPLIT_FROM", "Bench", "Options", "repeats_for", "steps", "views"]


def views(plan: Plan, options: Options) -> tuple[str, ...]:
    """The views to embed, by name: masks for the probes, processings for probes and neighbours, the plain photo for all."""
    wanted = ["IDENTITY"] if set(options.experiments) - {"association"} else []
    if "probe" in options.experiments:
        wanted += [f"MASK_{100 * ratio:.6g}" for ratio in options.masks if ratio]
        wanted += [name for group in plan.probe_groups for name in group]
    if {"knn", "mitigation"} & set(options.experiments):
        wanted += [name for group in plan.knn_groups for name in group]
    return tuple(dict.fromkeys(wanted))


def steps(bench: Bench, encoders: Sequence[str]) -> Iterator[tuple[str, Step]]:
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
            for group in plan.probe_groups:
                yield f"probe of {' and '.join(group)} ({encoder})", _processing_probe_step(bench, encoder, group)
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
        if encoder == next((name for name in encoders if not name.startswith("baseline/")), encoders[0]):
            yield from sheet_steps(bench, encoder)
        if "mitigation" in chosen:
            yield from mitigation_steps(bench, encoder)


def _probe_step(bench: Bench, encoder: str, attribute: str, mask: float) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.probe.probe import probe_cross_validated, probe_split

        found, rows = bench.embeddings(encoder, mask=mask)
        labels, clusters = bench.plan.labels[attribute][rows], bench.plan.clusters[rows]
        source, options = Source(bench.photos.name, encoder, mask_ratio=mask), bench.options
        split = bench.photos.splits.get(attribute) if len(rows) > SPLIT_FROM else None
        repeats = repeats_for(len(rows))
        facts = [attribute, mask, protocol_facts(options.protocol), repeats, digest(found.vectors), labels, clusters]
        if split is not None:
            facts += [split.classes, *split.ids.values(), *split.labels.values()]

        def work() -> Work[Outcome]:
            if split is not None:
                return probe_split(
                    source,
                    found.ids,
                    found.vectors,
                    split,
                    options.protocol,
                    options.seed,
                    bench.device,
                    clusters=clusters,
                )
            return probe_cross_validated(
                source, found.vectors, labels, clusters, attribute, protocol=options.protocol, repeats=repeats,
                seed=options.seed, device=bench.device if len(rows) > SPLIT_FROM else "cpu",
            )  # fmt: skip

        outcome = yield from kept_outcome(bench, "probe", encoder, facts, work)
        return bench.name_photos(outcome, found.ids)

    return step


def _processing_probe_step(bench: Bench, encoder: str, group: Sequence[str]) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.probe.processing import probe_processing_folds

        vectors, rows = common_views(bench, encoder, group)
        clusters, options = bench.plan.clusters[rows], bench.options
        source = Source(bench.photos.name, encoder, ",".join(group))
        hashes = [digest(matrix) for matrix in vectors.values()]
        facts = [list(group), protocol_facts(options.protocol), options.draws, *hashes, clusters]
        outcome = yield from kept_outcome(
            bench, "probe of processings", encoder, facts,
            lambda: probe_processing_folds(
                source, vectors, clusters, group_name(group), protocol=options.protocol, draws=options.draws,
                seed=options.seed, device=bench.device if len(rows) > SPLIT_FROM else "cpu",
            ),
        )  # fmt: skip
        return bench.name_photos(outcome, bench.ids(rows))

    return step


def _trace_step(bench: Bench, encoder: str, attribute: str) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.knn.acquisition import acquisition_knn

        found, rows = bench.embeddings(encoder)
        classes, traces = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, k, draws = bench.plan.clusters[rows], bench.options.k or bench.plan.k, bench.options.draws
        source = Source(bench.photos.name, encoder)
        facts = [attribute, k, draws, digest(found.vectors), classes, traces, clusters]
        outcome = yield from kept_outcome(
            bench, "knn by label", encoder, facts,
            lambda: acquisition_knn(
                source, found.vectors, classes, traces, clusters, attribute, k=k, draws=draws, seed=bench.options.seed,
                device=bench.device,
            ),
        )  # fmt: skip
        return bench.name_photos(outcome, found.ids)

    return step


def _processing_step(bench: Bench, encoder: str, group: Sequence[str]) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.knn.acquisition import MIN_QUERIES
        from tracer.experiments.knn.processing import processing_knn

        vectors, rows = classed_views(bench, encoder, group)
        labels, clusters = bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows]
        k, draws, seed = bench.options.k or bench.plan.k, bench.options.draws, bench.options.seed
        if len({*labels}) < 2 or len(rows) < MIN_QUERIES:
            raise TooFew(
                f"Semantic neighbours need {MIN_QUERIES} photos of two classes, each class in two scenes or more",
                f"there are {len(rows)} such",
            )
        y = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64)
        source = Source(bench.photos.name, encoder, ",".join(group))
        facts = [list(group), k, draws, *(digest(matrix) for matrix in vectors.values()), labels, clusters]
        outcome = yield from kept_outcome(
            bench, "knn by processing", encoder, facts,
            lambda: processing_knn(
                source, vectors, y, vectors, y, group_name(group), k=k, draws=draws, seed=seed,
                pool_groups=clusters, query_groups=clusters, clusters=clusters, device=bench.device,
            ),
        )  # fmt: skip
        return bench.name_photos(outcome, bench.ids(rows))

    return step


def _similarity_step(bench: Bench, encoder: str, attribute: str) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.similarity.similarity import similarity

        found, rows = bench.embeddings(encoder)
        classes, labels = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, source = bench.plan.clusters[rows], Source(bench.photos.name, encoder)
        facts = [attribute, digest(found.vectors), classes, labels, clusters]
        return (yield from kept_outcome(
            bench, "similarity", encoder, facts,
            lambda: similarity(source, found.vectors, classes, labels, clusters, attribute, bench.options.seed),
        ))  # fmt: skip

    return step


def _retrieval_step(bench: Bench, encoder: str) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.retrieval.retrieval import retrieve

        found, rows = bench.embeddings(encoder)
        subject, model = bench.plan.subject[rows], bench.plan.model[rows]
        source = Source(bench.photos.name, encoder)
        facts = [digest(found.vectors), subject, model]
        outcome = yield from kept_outcome(
            bench, "retrieval", encoder, facts,
            lambda: retrieve(source, found.vectors, subject, model, bench.options.seed, bench.device),
        )  # fmt: skip
        return bench.name_photos(outcome, found.ids)

    return step


def _association(bench: Bench) -> Work[Outcome]:
    from tracer.experiments.association.association import associate

    plan = bench.plan
    labels = {name: plan.labels[name] for name in plan.associations}
    return (yield from associate(bench.photos.name, labels, plan.labels[SEMANTIC], plan.clusters, bench.options.seed))
