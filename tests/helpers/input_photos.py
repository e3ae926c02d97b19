"""Made-up photos and sets for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter


def picture(seed: int, width: int = 96, height: int = 72) -> Image.Image:
    """A picture with structure at several scales, so that every processing changes it."""
    draw = np.random.default_rng(seed)
    coarse = Image.fromarray(draw.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    grain = draw.normal(0, 12, (height, width, 3))
    grained = np.clip(np.asarray(coarse.filter(ImageFilter.SMOOTH), dtype=float) + grain, 0, 255)
    return Image.fromarray(grained.astype(np.uint8))


def write_flat(folder: Path, count: int, first: int = 1, **size: int) -> Path:
    """A flat folder of `<id>.jpg`, as the paper's scripts want it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        picture(number, **size).save(folder / f"{number}.jpg", quality=92)
    return folder


def write_set(folder: Path, rows: list[dict[str, Any]], kind: str = "jsonl") -> Path:
    """A set with metadata; each row's picture is written to its file_name unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows):
        path = folder / row["file_name"]
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(int(row.get("photo_id") or number)).save(path)
    write_metadata(folder, rows, kind)
    return folder


def write_metadata(folder: Path, rows: list[dict[str, Any]], kind: str = "jsonl") -> None:
    """metadata.parquet, .jsonl or .csv."""
    import pandas as pd

    if kind == "jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "metadata.jsonl").write_text(text, encoding="utf-8")
    elif kind == "csv":
        pd.DataFrame(rows, dtype=object).to_csv(folder / "metadata.csv", index=False)
    else:
        pd.DataFrame(rows).to_parquet(folder / "metadata.parquet")


def paired_rows(scenes: int) -> list[dict[str, Any]]:
    """Two photos a scene, ids in an order that is neither the subjects' nor the classes', and one photo that has no
    partner."""
    rows: list[dict[str, Any]] = []
    for scene in range(scenes):
        for phone in (True, False):
            photo_id = 1000 + (7 * scene + (3 if phone else 11) * 13) % 997
            rows.append(
                {
                    "file_name": f"images/{photo_id}.png", "photo_id": photo_id, "subject_idx": scene,
                    "Is Smartphone": phone, "semantic_label": f"class {scene % 3}",
                }
            )  # fmt: skip
    rows.append(
        {"file_name": "images/5.png", "photo_id": 5, "subject_idx": None, "Is Smartphone": None, "semantic_label": None}
    )
    return rows
