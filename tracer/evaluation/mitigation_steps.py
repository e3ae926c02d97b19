"""The steps of an evaluation that take labels out of embeddings and measure what that does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.embeddings.store import Embeddings
from tracer.errors import TooFew
from tracer.evaluation.cache import digest
from tracer.evaluation.plan import PHONE, SEMANTIC, TRACES
from tracer.evaluation.running import Bench, Step, classed_views, kept_outcome
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.probe.protocols import protocol_facts


def mitigation_steps(bench: Bench, encoder: str) -> Iterator[tuple[str, Step]]:
    """Of each label and group of processings. Nobody would clean a baseline, so that an evaluation passes them over."""
    by_itself = len(bench.options.experiments) == 1
    if encoder.startswith("baseline/") and not by_itself:
        return
    for attribute in bench.plan.mitigations:
        if attribute not in TRACES and not by_itself:
            continue
        yield f"mitigation of {attribute} ({encoder})", _mitigation_step(bench, encoder, attribute)
    for group in bench.plan.knn_groups:
        yield f"mitigation of {' and '.join(group)} ({encoder})", _processing_mitigation_step(bench, encoder, group)


def _mitigation_step(bench: Bench, encoder: str, attribute: str) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.mitigation.mitigation import mitigate

        found, rows = bench.embeddings(encoder)
        plan, options = bench.plan, bench.options
        labels, clusters = plan.labels[attribute][rows], plan.clusters[rows]
        classes = plan.labels[SEMANTIC][rows] if SEMANTIC in plan.labels else None
        pairs = (plan.subject[rows], plan.model[rows]) if attribute == PHONE and plan.retrieval else (None, None)
        methods, k = options.methods, options.k or plan.k
        facts = [
            attribute,
            methods,
            protocol_facts(options.protocol),
            k,
            options.draws,
            digest(found.vectors),
            labels,
            clusters,
        ]
        facts += [part for part in (classes, *pairs) if part is not None]
        outcome = yield from kept_outcome(
            bench, "mitigation", encoder, facts,
            lambda: mitigate(
                Source(bench.photos.name, encoder), found.vectors, labels, clusters, attribute, classes=classes,
                subject=pairs[0], model=pairs[1], methods=methods, protocol=options.protocol, k=k, draws=options.draws,
                seed=options.seed, device=bench.device,
            ),
        )  # fmt: skip
        if options.save_maps:
            outcome.skipped += _save_maps(bench, encoder, attribute, methods, found, rows)
        return outcome

    return step


def _save_maps(
    bench: Bench, encoder: str, attribute: str, methods: Sequence[str], found: Embeddings, rows: NDArray[np.int64]
) -> list[dict[str, str]]:
    """Fit each map once more for use elsewhere: on all photos of the classes that are measured but those that the set's own
    split tests on. Returns the maps that cannot be fitted, and why: what was measured does not depend on them.
    """
    from tracer.encoders.names import parse_name
    from tracer.experiments.mitigation.erasure import fit_map, save_map
    from tracer.experiments.probe.folds import FOLDS, usable_classes

    labels = bench.plan.labels[attribute][rows]
    split = bench.photos.splits.get(attribute)
    held = np.isin(found.ids, split.ids["test"]) if split is not None else np.zeros(len(rows), dtype=bool)
    measured, left_out = usable_classes(labels, bench.plan.clusters[rows], 2 * FOLDS)  # as `mitigate` does
    use = np.setdiff1d(measured, np.flatnonzero(held))
    skipped = []
    names, y = np.unique(labels[use].astype(str), return_inverse=True)
    for method in methods:
        name = f"{parse_name(bench.typed.get(encoder, encoder)).file_stem}_attribute={attribute}_method={method}.safetensors"
        path = bench.run / "maps" / bench.photos.name / name
        try:
            fitted = fit_map(found.vectors[use], y.astype(np.int64), method, bench.options.seed, bench.device)
        except TooFew as error:
            skipped.append({"what": f"mitigation of {attribute}: map by {method} ({encoder})", "why": str(error)})
            continue
        header = {
            "dataset": bench.photos.name, "encoder": encoder, "attribute": attribute, "classes": names.tolist(),
            "method": str(method), "photos": len(use), "held_out": int(held.sum()), "left_out": left_out,
            "seed": bench.options.seed,
        }  # fmt: skip
        save_map(path, fitted, header)
        bench.maps.append(path)
    return skipped


def _processing_mitigation_step(bench: Bench, encoder: str, group: Sequence[str]) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.mitigation.mitigation import mitigate_processing

        vectors, rows = classed_views(bench, encoder, group)
        labels, clusters = bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows]
        options, k = bench.options, bench.options.k or bench.plan.k
        source = Source(bench.photos.name, encoder, ",".join(group))
        hashes = [digest(matrix) for matrix in vectors.values()]
        facts = [list(group), options.methods, protocol_facts(options.protocol), k, *hashes, labels, clusters]
        return (yield from kept_outcome(
            bench, "mitigation by processing", encoder, facts,
            lambda: mitigate_processing(
                source, vectors, labels, clusters, group_name(group), methods=options.methods, protocol=options.protocol,
                k=k, seed=options.seed, device=bench.device,
            ),
        ))  # fmt: skip

    return step
