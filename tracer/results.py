"""Tidy results: one row a figure, the same in parquet and JSON. The columns are fixed; others read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Experiment = Literal["probe", "knn", "retrieval", "similarity", "association", "mitigation"]
Metric = Literal[
    "accuracy", "balanced_accuracy", "recall@1", "recall@5", "map", "sp", "spd_p", "spd_a", "cramers_v"
]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with what is needed to judge it.

    Attributes:
        encoder: as typed (`offline/efficientnet-lite0`).
        attribute: the label that is predicted (`Make`), or the label that tells same from other; "" where none.
        processing: `IDENTITY` when none. mask_ratio: share of the area covered, 0.0 when none.
        setting: `acquisition`, `all-diff`, `query=phone,negatives=same`, ….
        value, ci_low, ci_high, chance: fractions from 0 to 1 (differences from -1 to 1); None where there is none.
        n: photos, queries or pairs that the value is taken over.
        seed: of the draw; None where nothing is drawn.
    """

    experiment: Experiment
    dataset: str
    encoder: str
    attribute: str
    processing: str
    mask_ratio: float
    setting: str
    metric: Metric
    value: float
    ci_low: float | None
    ci_high: float | None
    chance: float | None
    n: int
    seed: int | None
