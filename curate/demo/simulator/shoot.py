"""Takes a planned photo: scene, framing, light, sensor, processor, file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.demo.plan import Photo
from curate.demo.simulator.develop import Picture, develop, pack, thumbnail
from curate.demo.simulator.exif import Exposure, choose_exposure, exif_bytes
from curate.demo.simulator.optics import draw_framing, project
from curate.demo.simulator.scenes import Scene, Stream, generator
from curate.demo.simulator.sensor import expose, filter_response

_FLASH_REACH = 0.8
_COMMON_ISO = 200.0
"""The exposure of cameras that do not choose one themselves."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo that was taken: the stored picture and its exposure and orientation."""

    picture: Picture
    exposure: Exposure
    orientation: int


def shoot(photo: Photo, scene: Scene, seed: int) -> Shot:
    """Take a photo of its scene; the same arguments give the same picture."""
    camera = photo.camera
    rng = generator(seed, photo.scene, Stream.SHOT, camera.key)
    framing = draw_framing(camera.handling, rng)
    missed = camera.development.exposure + float(rng.normal(0.0, 0.12))
    exposure = choose_exposure(camera.writing, scene.exposure_value)
    share = camera.development.own_exposure
    planes = project(scene, framing, camera, filter_response(camera.sensor))
    if exposure.flash:
        height, width = planes[0].shape
        lit = _flash_light(height, width, _FLASH_REACH * share)
        planes = planes[0] * lit, planes[1] * lit, planes[2] * lit
    noise = generator(seed, photo.scene, Stream.NOISE, camera.key)
    # at its limits the automatic programme misses the exposure; the error is clipped to two stops
    missed += share * float(np.clip(exposure.missed, -2.0, 2.0))
    raw = expose(planes, camera, _COMMON_ISO ** (1.0 - share) * exposure.iso**share, missed, noise)
    picture = develop(raw, camera, scene.illuminant, rng)
    turned = framing.upright and camera.writing.rotates
    if turned:
        picture = np.ascontiguousarray(np.rot90(picture, -1))
    return Shot(picture, exposure, 6 if framing.upright and not turned else 1)


def take(photo: Photo, scene: Scene, seed: int) -> bytes:
    """Return the photo's JPEG file."""
    shot = shoot(photo, scene, seed)
    small = thumbnail(shot.picture) if photo.camera.writing.thumbnail else None
    height, width = shot.picture.shape[:2]
    return pack(
        shot.picture, photo.camera.jpeg, exif_bytes(photo, shot.exposure, shot.orientation, (width, height), small)
    )


def _flash_light(height: int, width: int, reach: float) -> np.ndarray:
    """Add the light of a built-in flash, which lights the centre more than the corners."""
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    return np.asarray(1.0 + reach * np.exp(-(x * x + (y * y)[:, None]) / 0.8), np.float32)
