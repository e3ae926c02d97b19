"""Virtual collections with known partners, as photos for pairing."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.virtual_standpoints import Standpoints, photographed, seen, stamp
from curate.catalog.sides import PairingPhoto
from curate.demo.plan import CollectionOptions, Photo, plan
from curate.demo.simulator.scenes import make_scene
from curate.demo.simulator.shoot import take
from curate.photos.facts import TakenPrecision
from curate.photos.read import read_photo
from tracer.base.files import write_atomically

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class VirtualPairs:
    """Photos with their truth, by photo id: the scene, the place (look-alikes share it), the clock's error in seconds, the
    true time in seconds since 1970, and the true latitude and longitude.
    """

    photos: list[PairingPhoto]
    scene: dict[int, int]
    place: dict[int, int]
    clock_error: dict[int, float]
    true_time: dict[int, float]
    true_place: dict[int, tuple[float, float]]


def virtual_pairs(
    folder: Path,
    scenes: int,
    seed: int,
    options: CollectionOptions | None = None,
    workers: int | None = None,
    minutes: float | None = None,
    scale: float = 1.0,
    standpoints: Standpoints | None = None,
) -> VirtualPairs:
    """Render (or find) the photos of a virtual collection, and read them as the catalogue would.

    Only previews and facts are kept, scene by scene: ten thousand photos take 1 GB in place of 5, and an interrupted run
    continues where it stopped.

    Args:
        folder: keeps them between runs; one folder for each collection.
        scenes: number of scenes.
        seed: of the collection.
        options: of the collection.
        workers: number of processes; by default one for each core.
        minutes: stop after this time, with the scenes rendered so far; they are rendered in random order, so that the first
            ones are representative.
        scale: of the cameras' pictures; 0.6 takes two fifths of the time, and previews keep their size.
        standpoints: how the photographers of one scene differ; None where they stand side by side.
    """
    options = options or CollectionOptions()
    for name in ("previews", "scenes"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    jobs = [list(group) for _, group in groupby(plan(scenes, seed, options), key=lambda photo: photo.scene)]
    missing = [job for job in jobs if not _record(folder, job[0].scene).exists()]
    if missing:
        end = None if minutes is None else time.monotonic() + 60 * minutes
        order = np.random.default_rng(seed).permutation(len(missing)).tolist()
        with ProcessPoolExecutor(workers or os.cpu_count() or 1, get_context("spawn")) as pool:
            how = _How(seed, options.moved, end, scale, standpoints)
            futures = [pool.submit(_photograph, folder, missing[k], how) for k in order]
            for future in as_completed(futures):
                future.result()
    rows: list[dict[str, Any]] = []
    for job in jobs:
        record = _record(folder, job[0].scene)
        if record.exists():
            rows += json.loads(record.read_text(encoding="utf-8"))
    photos = [_photo(number, row, folder) for number, row in enumerate(rows)]
    return VirtualPairs(
        photos,
        {k: int(row["scene"]) for k, row in enumerate(rows)},
        {k: int(row["place"]) for k, row in enumerate(rows)},
        {k: float(row["clock_error"]) for k, row in enumerate(rows)},
        {k: float(row["true_time"]) for k, row in enumerate(rows)},
        {k: (float(row["true_latitude"]), float(row["true_longitude"])) for k, row in enumerate(rows)},
    )


def with_gps(truth: VirtualPairs, share: float, seed: int, error_m: float = 8.0) -> VirtualPairs:
    """The same collection with position and GPS time on a random share of all cameras' photos, and on no others.

    Positions have an error of `error_m` metres (standard deviation, each way); GPS time is exact to the second.
    """
    photos = []
    for photo in truth.photos:
        rng = np.random.default_rng((seed, photo.id))
        if rng.random() < share:
            latitude, longitude = truth.true_place[photo.id]
            north, east = rng.normal(0.0, error_m, 2) / _METRES_PER_DEGREE
            moment = datetime.fromtimestamp(int(truth.true_time[photo.id]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            where = (latitude + float(north), longitude + float(east) / float(np.cos(np.radians(latitude))))
            photos.append(replace(photo, latitude=where[0], longitude=where[1], gps_utc=moment))
        else:
            photos.append(replace(photo, latitude=None, longitude=None, gps_utc=None))
    return replace(truth, photos=photos)


def simultaneous(truth: VirtualPairs) -> VirtualPairs:
    """The same collection as if all cameras had shot each scene at the same instant, with the same clock errors."""
    instant: dict[int, float] = {}
    for photo in truth.photos:
        scene = truth.scene[photo.id]
        instant[scene] = min(instant.get(scene, truth.true_time[photo.id]), truth.true_time[photo.id])
    photos, true_time = [], {}
    for photo in truth.photos:
        moment = true_time[photo.id] = instant[truth.scene[photo.id]]
        # The clock's error against local time, which includes the zone.
        apart = (photo.clock or 0.0) - truth.true_time[photo.id]
        read = datetime.fromtimestamp(round(moment + apart), UTC).strftime("%Y-%m-%dT%H:%M:%S")
        photos.append(replace(photo, taken_at=read))
    return replace(truth, photos=photos, true_time=true_time)


def _record(folder: Path, scene: int) -> Path:
    return folder / "scenes" / f"{scene:05d}.json"


@dataclass(frozen=True)
class _How:
    """What rendering needs besides the photos; `end` is the time to stop at."""

    seed: int
    moved: float
    end: float | None
    scale: float
    standpoints: Standpoints | None


def _photograph(folder: Path, photos: Sequence[Photo], how: _How) -> None:
    """Render one scene's photos, keep their previews, and write its record last."""
    import cv2

    if how.end is not None and time.monotonic() > how.end:
        return
    cv2.setNumThreads(1)
    if how.scale != 1.0:
        photos = [_smaller(photo, how.scale) for photo in photos]
    if how.standpoints is not None:
        photos = [photographed(photo, how.seed, how.standpoints) for photo in photos]
    first, seed = photos[0], how.seed
    scene = make_scene(seed, first.place, first.scene_class, version=first.scene - first.place, moved=how.moved)
    rows = []
    with tempfile.TemporaryDirectory(prefix="scene-") as place:
        for photo in photos:
            file = Path(place) / "photo.jpg"
            there = scene if how.standpoints is None else seen(scene, photo, seed, how.standpoints)
            file.write_bytes(take(photo, there, seed))
            preview = f"{photo.file.replace('/', '-').rsplit('.', 1)[0]}-{photo.scene}.jpg"
            facts = read_photo(file, folder / "previews" / preview)
            if how.standpoints is not None:
                stamp(folder / "previews" / preview, photo, seed, how.standpoints)
            rows.append(
                {
                    "sha256": facts.sha256,
                    "preview": preview,
                    "side": "phone" if photo.camera.type.is_smartphone else "other",
                    "camera": f"{facts.exif.make}|{facts.exif.model}",
                    "taken_at": facts.exif.taken_at,
                    "taken_precision": facts.exif.taken_precision.value,
                    "utc_offset": facts.exif.utc_offset,
                    "gps_utc": facts.exif.gps_utc,
                    "latitude": facts.exif.latitude,
                    "longitude": facts.exif.longitude,
                    "phash": facts.phash,
                    "name": Path(photo.file).name,
                    "folder": photo.file.split("/")[0],
                    "width": facts.width,
                    "height": facts.height,
                    "scene": photo.scene,
                    "place": photo.place,
                    "clock_error": photo.clock_offset_s,
                    "true_time": photo.true_time.timestamp(),
                    "true_latitude": photo.latitude,
                    "true_longitude": photo.longitude,
                }
            )
    write_atomically(_record(folder, first.scene), json.dumps(rows).encode())


def _smaller(photo: Photo, scale: float) -> Photo:
    """The same photo by a camera with fewer pixels; the scene is rendered no finer than it can resolve."""
    from curate.demo.simulator import optics, render

    for module in (optics, render):  # it changes only this process, which does nothing else
        vars(module)["CANVAS"] = round(1000 * scale)
    camera = photo.camera

    def even(pixels: int) -> int:
        return 2 * round(pixels * scale / 2)

    sensor = replace(camera.sensor, width=even(camera.sensor.width), height=even(camera.sensor.height))
    jpeg = replace(camera.jpeg, width=even(camera.jpeg.width), height=even(camera.jpeg.height))
    lens = replace(camera.lens, defocus=camera.lens.defocus * scale)
    return replace(photo, camera=replace(camera, sensor=sensor, jpeg=jpeg, lens=lens))


def _photo(number: int, row: dict[str, Any], folder: Path) -> PairingPhoto:
    kept = {key: row[key] for key in ("sha256", "side", "camera", "taken_at", "utc_offset", "gps_utc", "phash", "name")}
    return PairingPhoto(
        id=number,
        preview=folder / "previews" / row["preview"],
        taken_precision=TakenPrecision(row["taken_precision"]),
        latitude=row["latitude"],
        longitude=row["longitude"],
        **kept,
    )


def described(truth: VirtualPairs) -> dict[str, Any]:
    """How many photos, scenes and cameras a collection has."""
    return {
        "photos": len(truth.photos),
        "scenes": len(set(truth.scene.values())),
        "cameras": len({photo.camera for photo in truth.photos}),
    }
