"""Sets of virtual photos with their true labels, for measurements with a known truth."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from curate.demo.collection import write_photos
from curate.demo.plan import CollectionOptions
from tracer.base.progress import finish


def make_set(root: Path, scenes: int, seed: int, strength: float, shared: float = 1.0) -> Path:
    """Make a data set folder of virtual photos, unless it exists.

    Args:
        root: the folder.
        scenes: number of scenes; a phone and another camera photograph each.
        seed: of the collection.
        strength: how much the cameras differ in their processing of a picture; 0: only in name.
        shared: how much phones share, and other cameras; 0: each model differs alone.
    """
    if not (root / "metadata.parquet").exists():
        truth = finish(write_photos(root, scenes, seed, options=CollectionOptions(strength=strength, shared=shared)))
        with truth.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        table = pd.DataFrame(
            {
                "file_name": [row["file"] for row in rows],
                "photo_id": np.arange(10**15, 10**15 + len(rows)),
                "Make": [row["make"] for row in rows],
                "Model": [row["model"] for row in rows],
                "Is Smartphone": [row["is_smartphone"] == "True" for row in rows],
                "semantic_label": [row["scene_class"] for row in rows],
                "scene_idx": [int(row["place"]) for row in rows],
            }
        )
        table.to_parquet(root / "metadata.parquet")
    return root
