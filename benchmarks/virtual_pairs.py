"""Virtual collections with known partners, as photos that pairing takes."""

from __future__ import annotations

import csv
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from curate.demo.collection import write_photos
from curate.demo.plan import CollectionOptions
from curate.pairing.photo import PairingPhoto
from curate.photos.facts import PhotoFacts
from curate.photos.read import read_photo
from curate.progress import finish


@dataclass(frozen=True)
class VirtualPairs:
    """Photos with their truth, by photo id: the scene, the place (look-alikes share it), and the clock's error in
    seconds."""

    photos: list[PairingPhoto]
    scene: dict[int, int]
    place: dict[int, int]
    clock_error: dict[int, float]
    true_time: dict[int, float]


def virtual_pairs(
    folder: Path, scenes: int, seed: int, options: CollectionOptions | None = None, workers: int | None = None
) -> VirtualPairs:
    """Write (or find) a virtual collection and read it as the catalogue would."""
    from datetime import datetime

    workers = workers or os.cpu_count() or 1
    truth = finish(write_photos(folder / "photos", scenes, seed, workers=workers, options=options))
    with truth.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    jobs = [
        (truth.parent / row["file"], folder / "previews" / row["file"].replace("/", "-").rsplit(".", 1)[0])
        for row in rows
    ]
    (folder / "previews").mkdir(exist_ok=True)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        facts = list(pool.map(_read, jobs, chunksize=8))
    photos = []
    for number, (row, fact, (_, preview)) in enumerate(zip(rows, facts, jobs, strict=True)):
        photos.append(
            PairingPhoto(
                id=number,
                sha256=fact.sha256 or "",
                preview=preview.with_suffix(".jpg"),
                side="phone" if row["is_smartphone"] == "True" else "other",
                camera=f"{fact.exif.make}|{fact.exif.model}",
                taken_at=fact.exif.taken_at,
                taken_precision=fact.exif.taken_precision,
                utc_offset=fact.exif.utc_offset,
                gps_utc=fact.exif.gps_utc,
                latitude=fact.exif.latitude,
                longitude=fact.exif.longitude,
                phash=fact.phash,
                name=Path(row["file"]).name,
                width=fact.width or 0,
                height=fact.height or 0,
            )
        )
    return VirtualPairs(
        photos,
        {k: int(row["scene"]) for k, row in enumerate(rows)},
        {k: int(row["place"]) for k, row in enumerate(rows)},
        {k: float(row["clock_offset_s"]) for k, row in enumerate(rows)},
        {k: datetime.fromisoformat(row["true_time"]).timestamp() for k, row in enumerate(rows)},
    )


def _read(job: tuple[Path, Path]) -> PhotoFacts:
    path, preview = job
    kept = preview.with_suffix(".jpg")
    return read_photo(path, kept)
