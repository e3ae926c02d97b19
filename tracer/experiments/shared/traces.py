"""Labels that neighbours are parted by: photos of the same camera against photos of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.experiments.labels import FURTHER_LABELS, MAIN_LABELS, PHONE, LabelledSet
from tracer.results.skips import Skip

TRACES: Final = (PHONE, "Make")
"""Labels that neighbours are parted by, and that mitigation takes out."""


def trace_labels(labelled: LabelledSet, asked: Sequence[str] = ()) -> tuple[tuple[str, ...], list[Skip]]:
    """The labels that kNN and similarity compare photos by, and those that were meant and tell no photos apart.

    Args:
        labelled: the set.
        asked: labels beside `TRACES`; `all` for each that the set has. The semantic label, which a probe may be asked for with
            the same option, is what the photos are compared by anyway.
    """
    named = dict.fromkeys(name for name in (*MAIN_LABELS, *FURTHER_LABELS) if name in asked or name in TRACES)
    every = [name for name in (*MAIN_LABELS, *FURTHER_LABELS) if "all" in asked and labelled.parts(name)]
    wanted = list(dict.fromkeys([*TRACES, *named, *every]))
    chosen = tuple(name for name in wanted if labelled.parts(name))
    return chosen, [
        Skip(f"kNN and similarity by {name}", labelled.one_value(name), ("knn", "similarity"), name)
        for name in wanted
        if name not in chosen
    ]
