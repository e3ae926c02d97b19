"""A run whose main figures can be planned: unseen cameras, pairs with single scores, similarity."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.helpers.report_runs import ENCODERS, rate, write_run
from tracer import stats
from tracer.results.photo_scores import KEY, NAME

LAYOUT = stats.Layout(kinds=2, models=6, scenes=20, photos=1, together=12, own=0, uneven=1, shared=1)
PARTS = stats.Crossed(0.03, 0.02, 0.0, 0.12)


def evaluated(folder: Path, *, components: bool = True) -> Path:
    """A run with unseen cameras, pairs (with single scores) and similarity."""
    encoder = ENCODERS[0]
    shared = {"encoder": encoder, "processing": "IDENTITY", "mask_ratio": 0.0}
    unseen = rate(
        0.7, 240, experiment="probe", attribute="Is Smartphone", setting="unseen-cameras", metric="balanced_accuracy",
        chance=0.5, **shared,
    )  # fmt: skip
    pairs = rate(0.1, 80, experiment="retrieval", setting="query=phone", metric="spd_a", chance=0.0, **shared)
    recall = [
        rate(
            0.8,
            80,
            experiment="retrieval",
            setting=f"query=phone,negatives={pool}",
            metric="recall@1",
            chance=0.1,
            **shared,
        )
        for pool in ("same", "different")
    ]
    similar = rate(
        0.6,
        240,
        experiment="similarity",
        attribute="Is Smartphone",
        setting="class=same",
        metric="accuracy",
        chance=0.5,
        **shared,
    )
    details: list[dict[str, Any]] = [
        {
            **shared, "experiment": "probe", "attribute": "Is Smartphone", "setting": "unseen-cameras", "told": True,
            "models": {"False": 6, "True": 6}, "chance_test": {"p_value": 0.002},
            **({"layout": asdict(LAYOUT), "components": asdict(PARTS)} if components else {}),
        },
        {**shared, "experiment": "similarity", "attribute": "Is Smartphone", "setting": "class=same", "clusters": 20},
        {
            **shared, "experiment": "retrieval", "attribute": "", "setting": "query=phone", "same_minus_different": -0.1,
            "same_minus_different_ci": [-0.18, -0.02],
        },
    ]  # fmt: skip
    write_run(folder, [unseen, pairs, *recall, similar], {"details": details})
    if components:
        gained = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=80)
        key = {name: getattr(pairs, name) for name in KEY}
        pd.DataFrame(
            {**key, "photo_id": range(80), "cluster": range(80), "camera": -1, "camera_class": -1, "value": gained}
        ).to_parquet(folder / NAME)
    return folder
