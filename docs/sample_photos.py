"""Photos for the pictures of the docs: samples of scikit-learn and scikit-image, seen by the virtual cameras.

A sample is a flat scene that all ten virtual cameras photograph: they frame it, expose it, add their noise, develop and
compress it, and write their EXIF. All samples may be used freely; docs/screenshots/README.md names their authors.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.demo.plan import CollectionOptions, Photo, plan
from curate.demo.simulator.develop import develop, pack, thumbnail
from curate.demo.simulator.exif import choose_exposure, exif_bytes
from curate.demo.simulator.models import Handling, VirtualCamera
from curate.demo.simulator.optics import Framing, draw_framing, scene_points
from curate.demo.simulator.scenes import Stream, generator
from curate.demo.simulator.sensor import METERED, expose, filter_response
from tracer.base.files import write_atomically

Floats = NDArray[np.float32]

NAMES = ("pagoda", "coffee", "flower", "bricks", "cat", "rocket", "gravel", "grass")
BY_ATTRIBUTION = ("pagoda", "flower")
"""The samples under CC BY 2.0; the others are under CC0."""

CAMERAS_A_SIDE = 5
"""Phones, and other cameras, that photograph each sample."""

SHOWN = (1.75, 1.25)
"""Scene units of a sample's width and height, at least; a frame shows about 1.5 × 1."""

_BRIGHTNESS = 11.0
"""Of every place (EV at ISO 100), a day in the shade."""


def samples() -> dict[str, NDArray[np.uint8]]:
    """Return name -> the sample, (height, width, 3) sRGB."""
    from skimage import color, data
    from sklearn.datasets import load_sample_image

    found = {
        "pagoda": load_sample_image("china.jpg"),
        "flower": load_sample_image("flower.jpg"),
        "coffee": data.coffee(),
        "cat": data.chelsea(),
        "rocket": data.rocket(),
        "bricks": color.gray2rgb(data.brick()),
        "gravel": color.gray2rgb(data.gravel()),
        "grass": color.gray2rgb(data.grass()),
    }
    return {name: found[name] for name in NAMES}


def write_sample_photos(folder: Path, seed: int) -> Path:
    """Write the photos, in a folder for each camera.

    Args:
        folder: an empty folder.
        seed: the seed of all random draws.

    Returns:
        The path of `labels.csv`, for `curate ingest --labels`: what each photo shows, and its licence.
    """
    found = samples()
    rows = []
    for photo in plan(len(NAMES), seed, CollectionOptions(per_side=CAMERAS_A_SIDE)):
        name = NAMES[photo.scene]
        (folder / photo.file).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / photo.file, taken(photo, _light(found[name]), seed))
        rows.append((photo.file, name, "CC-BY-2.0" if name in BY_ATTRIBUTION else "CC0-1.0"))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("path", "semantic_label", "license"), *rows])
    return folder / "labels.csv"


def taken(photo: Photo, light: Floats, seed: int) -> bytes:
    """Return the JPEG file of a photo of a flat scene.

    Args:
        photo: the planned photo; its camera is held in landscape orientation.
        light: (height, width, 3) linear RGB of the scene.
        seed: the seed of all random draws.
    """
    camera, rng = photo.camera, generator(seed, photo.scene, Stream.SHOT, photo.camera.key)
    framing = draw_framing(_held(camera.handling), rng)
    exposure = choose_exposure(camera.writing, _BRIGHTNESS)
    noise = generator(seed, photo.scene, Stream.NOISE, camera.key)
    planes = _projected(light, framing, camera)
    raw = expose(planes, camera, exposure.iso, _stops(planes[1]) + 0.5 * camera.development.exposure, noise)
    picture = develop(raw, camera, np.ones(3, np.float32), rng)
    height, width = picture.shape[:2]
    small = thumbnail(picture) if camera.writing.thumbnail else None
    return pack(picture, camera.jpeg, exif_bytes(photo, exposure, 1, (width, height), small))


def _held(handling: Handling) -> Handling:
    """Return how the camera is held: never upright, since the samples are wide, and with more difference between two photos."""
    return replace(handling, upright=0.0, short_side=1.0, spread=0.07, aim=0.04, roll=2.0, tilt=0.08)


def _stops(plane: Floats) -> float:
    """Return the exposure that keeps the sample's own brightness, in stops beside the metered one; metering uses the centre."""
    high, wide = plane.shape
    return float(np.log2(plane[high // 4 : -high // 4, wide // 4 : -wide // 4].mean() / METERED))


def _light(picture: NDArray[np.uint8]) -> Floats:
    """Return linear RGB of sRGB, both (height, width, 3)."""
    display = np.arange(256) / 255.0
    linear = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear[picture], np.float32)


def _projected(light: Floats, framing: Framing, camera: VirtualCamera) -> tuple[Floats, Floats, Floats]:
    """Return the light behind the sensor's red, green and blue filters, (height, width) each."""
    sensor, lens = camera.sensor, camera.lens
    filtered = np.asarray(light @ filter_response(sensor).T, np.float32)
    high, wide = light.shape[:2]
    scale = min(wide / SHOWN[0], high / SHOWN[1])
    x, y = np.meshgrid(
        np.arange(sensor.width, dtype=np.float32) + 0.5, np.arange(sensor.height, dtype=np.float32) + 0.5
    )
    planes = []
    for colour, magnification in enumerate((lens.red, 0.0, lens.blue)):
        across, down = scene_points(framing, lens, sensor.width, sensor.height, x, y, magnification)
        at_x = np.asarray(across * scale + wide / 2 - 0.5, np.float32)
        at_y = np.asarray(down * scale + high / 2 - 0.5, np.float32)
        plane = np.ascontiguousarray(filtered[..., colour])
        seen = cv2.remap(plane, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        planes.append(np.asarray(cv2.GaussianBlur(np.maximum(seen, 0.0), (5, 5), lens.blur), np.float32))
    return planes[0], planes[1], planes[2]
