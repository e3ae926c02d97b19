"""Small image folders on which every experiment runs in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

CAMERAS = (("Acme", "P1", True), ("Acme", "D1", False), ("Bolt", "P2", True), ("Bolt", "D2", False))
CLASSES = ("disc", "stripe")


def write_set(root: Path, scenes: int = 20, seed: int = 0) -> Path:
    """`scenes` scenes of two classes, each by four cameras with a colour cast of their own; pairs in each scene."""
    rng = np.random.default_rng(seed)
    (root / "images").mkdir(parents=True)
    rows = []
    for scene in range(scenes):
        kind = scene % 2
        y, x = np.mgrid[:64, :64]
        centre, angle = rng.uniform(20, 44, size=2), rng.uniform(0, np.pi)
        shape = (
            np.hypot(y - centre[0], x - centre[1]) < 14
            if kind == 0
            else np.sin((x * np.cos(angle) + y * np.sin(angle)) / 3) > 0
        )
        picture = np.where(shape[..., None], [150.0, 140.0, 130.0], [80.0, 90.0, 100.0])
        for number, (make, model, phone) in enumerate(CAMERAS):
            cast = np.array([[40, 0, 0], [0, 40, 0], [0, 0, 40], [30, 30, 0]])[number]
            pixels = np.clip(picture + cast + rng.normal(0, 6, size=picture.shape), 0, 255).astype(np.uint8)
            photo = 10**15 + scene * 10 + number
            Image.fromarray(pixels).save(root / "images" / f"{photo}.png")
            rows.append(
                {
                    "file_name": f"images/{photo}.png",
                    "photo_id": photo,
                    "Make": make,
                    "Model": model,
                    "Is Smartphone": phone,
                    "semantic_label": CLASSES[kind],
                    "ISO Speed": str(100 * (1 + number % 2)),
                    "scene_idx": scene,
                    "subject_idx": scene if number in (0, 1) else None,
                }
            )
    table = pd.DataFrame(rows)
    table["subject_idx"] = table["subject_idx"].astype("Int64")
    table.to_parquet(root / "metadata.parquet")
    return root


def change(root: Path, **columns: object) -> Path:
    """Replace columns of the set's metadata; None drops one."""
    table = pd.read_parquet(root / "metadata.parquet")
    for name, values in columns.items():
        key = name.replace("_SPACE_", " ")
        table = table.drop(columns=key) if values is None else table.assign(**{key: values})
    table.to_parquet(root / "metadata.parquet")
    return root
