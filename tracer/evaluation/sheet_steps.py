"""The step of an evaluation that chooses the pictures of a retrieval sheet and makes them small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.evaluation.plan import PHONE, SEMANTIC, Plan
from tracer.evaluation.running import Bench, Step
from tracer.experiments.outcome import Outcome, Source


def sheet_steps(bench: Bench, encoder: str) -> Iterator[tuple[str, Step]]:
    """Pictures of queries and their neighbours, of one encoder: pairs where there are, else neighbours by content."""
    plan, chosen = bench.plan, bench.options.experiments
    if "retrieval" in chosen and plan.retrieval:
        yield f"retrieval sheet ({encoder})", _sheet_step(bench, encoder, None)
    elif "knn" in chosen and plan.traces and not plan.retrieval:
        yield f"retrieval sheet ({encoder})", _sheet_step(bench, encoder, plan.traces[0])


def _sheet_step(bench: Bench, encoder: str, attribute: str | None) -> Step:
    def step() -> Work[Outcome]:
        from tracer.experiments.sheets.choice import neighbour_sheet, pair_sheet, photos_on
        from tracer.experiments.sheets.thumbnails import write_thumbs

        yield Progress("choosing pictures", 0)
        found, rows = bench.embeddings(encoder)
        plan, source, seed = bench.plan, Source(bench.photos.name, encoder), bench.options.seed
        cameras = _cameras(plan, rows)
        if attribute is None:
            sheet = pair_sheet(source, found.vectors, found.ids, plan.subject[rows], plan.model[rows], cameras, seed)
        else:
            labels, classes = plan.labels[attribute][rows], plan.labels[SEMANTIC][rows]
            clusters = plan.clusters[rows]
            sheet = neighbour_sheet(
                source, found.vectors, found.ids, classes, labels, clusters, cameras, attribute, seed
            )
        write_thumbs(bench.photos, photos_on(sheet), bench.run, bench.options.limits)
        return sheet

    return step


def _cameras(plan: Plan, rows: NDArray[np.int64]) -> list[str]:
    """What the sheet calls each photo's camera: make and model, or else its kind."""
    kinds = {"True": "phone", "False": "camera"}

    def name(row: int) -> str:
        said = [plan.labels[key][row] for key in ("Make", "Model") if key in plan.labels]
        known = " ".join(str(word) for word in said if word)
        return known or kinds.get(str(plan.labels[PHONE][row]) if PHONE in plan.labels else "", "unknown camera")

    return [name(int(row)) for row in rows]
