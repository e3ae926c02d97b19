"""Writes the sample collection: photos of virtual cameras, and their ground truth."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL

from curate.demo.plan import CollectionOptions, Photo, plan
from curate.demo.simulator.scenes import make_scene
from curate.demo.simulator.shoot import take
from curate.errors import StorageError, UsageError
from curate.pairing.processes import process_pool
from tracer.base.files import is_partial, remove_abandoned, write_atomically
from tracer.base.machine import cores
from tracer.base.progress import Progress, Work
from tracer.base.text import quoted_path

MARKER = "collection.json"
TRUTH = "truth.csv"
LABELS = "labels.csv"

_GENERATOR = 2
"""Version of the generator; it increases with each change that changes the pictures."""

TRUTH_COLUMNS = (
    "file",
    "scene",
    "scene_class",
    "place",
    "camera",
    "make",
    "model",
    "camera_type",
    "is_smartphone",
    "true_time",
    "clock_offset_s",
    "latitude",
    "longitude",
)


def write_photos(
    folder: Path, scenes: int, seed: int, workers: int | None = None, options: CollectionOptions | None = None
) -> Work[Path]:
    """Write a collection of virtual photos; the result is the path of `truth.csv`.

    The folder gets one folder per camera; `truth.csv`, in which photos with the same `scene` are partners; `labels.csv`, a
    sidecar for `curate ingest --labels`; and `collection.json`, which records how the collection was made. Photos that an
    earlier run with the same arguments wrote are kept, so that an interrupted run can be repeated. The same arguments and
    library versions give the same bytes, whatever the number of workers.

    Args:
        folder: a new or empty folder, or the folder of an earlier run with the same arguments.
        scenes: the number of scenes; a phone and another camera photograph each, unless the options say otherwise.
        seed: the seed of all random draws.
        workers: the number of processes; None for one per core, 1 for this process alone.
        options: the other properties of the collection.

    Raises:
        UsageError: the folder holds something else, or an argument is invalid.
        StorageError: the folder cannot be written.
    """
    options = options or CollectionOptions()
    if workers is not None and workers < 1:
        raise UsageError(f"the number of workers cannot be {workers}", "it must be one or more")
    photos = plan(scenes, seed, options)
    _claim(folder, _description(scenes, seed, options), photos)
    missing = [photo for photo in photos if not (folder / photo.file).exists()]
    done = len(photos) - len(missing)
    yield Progress("taking photos", done, len(photos))
    jobs = [list(group) for _, group in groupby(missing, key=lambda photo: photo.scene)]
    for count in _photograph_all(folder, jobs, seed, options.moved, min(workers or cores(), max(len(jobs), 1))):
        done += count
        yield Progress("taking photos", done, len(photos))
    _write(
        folder / LABELS,
        _table(("path", "semantic_label", "license"), ((p.file, p.scene_class.value, "CC0-1.0") for p in photos)),
    )
    _write(folder / TRUTH, _table(TRUTH_COLUMNS, map(_truth, photos)))
    return folder / TRUTH


def _photograph_all(folder: Path, jobs: Sequence[list[Photo]], seed: int, moved: float, workers: int) -> Iterator[int]:
    """Take all photos; yield, after each scene, how many photos were written."""
    if workers == 1:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            for job in jobs:
                yield _photograph(folder, job, seed, moved)
        finally:
            cv2.setNumThreads(threads)
        return
    pool = process_pool(workers, _start_worker)
    try:
        for future in as_completed([pool.submit(_photograph, folder, job, seed, moved) for job in jobs]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Turn off OpenCV's threads, since there is one process per core."""
    cv2.setNumThreads(1)


def _photograph(folder: Path, photos: list[Photo], seed: int, moved: float) -> int:
    """Take the photos of one scene."""
    first = photos[0]
    scene = make_scene(seed, first.place, first.scene_class, version=first.scene - first.place, moved=moved)
    for photo in photos:
        _write(folder / photo.file, take(photo, scene, seed))
    return len(photos)


def _claim(folder: Path, description: dict[str, Any], photos: Sequence[Photo]) -> None:
    """Mark the folder as this collection, or check that it is; remove photos that other library versions made."""
    marker = folder / MARKER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else None
        if found is None and not all(is_partial(path.name) for path in folder.iterdir()):
            raise UsageError(
                "the folder is not empty",
                f"{quoted_path(folder)} has no {MARKER} from an earlier run",
                "Choose a new or empty folder.",
            )
        remove_abandoned(folder)
        if found == description:
            return
        if found is not None:
            asked, there = ({k: v for k, v in d.items() if k != "made_with"} for d in (description, found))
            if asked != there:
                what = ", ".join(f"{k} {there.get(k)} instead of {v}" for k, v in asked.items() if there.get(k) != v)
                raise UsageError(
                    "the folder holds another collection",
                    f"{quoted_path(folder)} has {what}",
                    "Choose a new folder, or give the same arguments.",
                )
            for photo in photos:
                (folder / photo.file).unlink(missing_ok=True)
        for name in sorted({photo.file.split("/")[0] for photo in photos}):
            (folder / name).mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        raise StorageError(
            "the folder cannot be used", f"{quoted_path(folder)}: {error}", "Choose another folder."
        ) from error
    _write(marker, (json.dumps(description, indent=2) + "\n").encode())


def _description(scenes: int, seed: int, options: CollectionOptions) -> dict[str, Any]:
    # converted to JSON and back, so that it equals the description that is read from the file
    described: dict[str, Any] = json.loads(
        json.dumps(
            {
                "what": "virtual photos of lenstrace",
                "scenes": scenes,
                "seed": seed,
                "options": dataclasses.asdict(options),
                "made_with": {
                    "generator": _GENERATOR,
                    "numpy": np.__version__,
                    "opencv": cv2.__version__,
                    "pillow": PIL.__version__,
                },
            }
        )
    )
    return described


def _truth(photo: Photo) -> tuple[object, ...]:
    camera = photo.camera
    return (
        photo.file,
        photo.scene,
        photo.scene_class.value,
        photo.place,
        camera.name,
        camera.make,
        camera.model,
        camera.type.value,
        camera.type.is_smartphone,
        photo.true_time.isoformat(timespec="milliseconds"),
        f"{photo.clock_offset_s:.3f}",
        f"{photo.latitude:.7f}",
        f"{photo.longitude:.7f}",
    )


def _table(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise StorageError(
            "a virtual photo cannot be written",
            f"{quoted_path(path)}: {error}",
            "Free some space, or choose another folder.",
        ) from error
