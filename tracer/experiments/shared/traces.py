"""Labels that neighbours are parted by: photos of the same camera against photos of another."""

from __future__ import annotations

from typing import Final

from tracer.experiments.labels import PHONE, LabelledSet
from tracer.results.skips import Skip

TRACES: Final = (PHONE, "Make")
"""Labels that neighbours are parted by, and that mitigation takes out."""


def trace_labels(labelled: LabelledSet) -> tuple[tuple[str, ...], list[Skip]]:
    """The labels that kNN and similarity compare photos by, and those of `TRACES` that a set does not have."""
    chosen = tuple(name for name in TRACES if labelled.parts(name))
    return chosen, [
        Skip(f"kNN and similarity by {name}", labelled.one_value(name), ("knn", "similarity"), name)
        for name in TRACES
        if name not in chosen
    ]
