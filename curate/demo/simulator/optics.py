"""Projects the scene onto the sensor: framing, perspective, distortion, chromatic aberration, blur and vignetting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from curate.demo.simulator.models import Handling, Lens, VirtualCamera
from curate.demo.simulator.render import CANVAS, Box, render
from curate.demo.simulator.scenes import FARTHEST, NEAREST, Floats, Scene

_COARSE = 16
"""Maps are smooth, so they are computed at every 16th pixel and interpolated."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The position and direction of a camera.

    Attributes:
        viewpoint: the shift from the central viewpoint, scene units.
        aim: the scene point in the centre of the frame.
        short_side: the extent of the frame's short side in the scene, scene units.
        roll: the roll angle in degrees, without the quarter turn of a portrait shot.
        tilt: the slant horizontally and vertically, per scene unit.
        upright: whether the camera is held in portrait orientation. The sensor's left is then the scene's top, and the
            picture must be turned clockwise to be viewed (Orientation 6).
    """

    viewpoint: tuple[float, float]
    aim: tuple[float, float]
    short_side: float
    roll: float
    tilt: tuple[float, float]
    upright: bool


def draw_framing(handling: Handling, rng: np.random.Generator) -> Framing:
    """Draw how the owner holds the camera for one photo."""
    draws = rng.standard_normal(8).clip(-2.5, 2.5)
    upright = bool(rng.random() < handling.upright)
    return Framing(
        viewpoint=(float(draws[0] * handling.step), float(draws[1] * handling.step)),
        aim=(float(draws[2] * handling.aim), float(draws[3] * handling.aim)),
        # a portrait frame is narrower than the subject, so the owner steps back half of the way
        short_side=float(handling.short_side * np.exp(draws[4] * handling.spread)) * (0.88 if upright else 1.0),
        roll=float(draws[5] * handling.roll),
        tilt=(float(draws[6] * handling.tilt), float(draws[7] * handling.tilt)),
        upright=upright,
    )


def scene_points(
    framing: Framing, lens: Lens, width: int, height: int, x: Floats, y: Floats, magnification: float = 0.0
) -> tuple[Floats, Floats]:
    """Return the scene coordinates of sensor positions, in the plane of focus.

    Args:
        framing: the camera's framing.
        lens: the camera's lens.
        width: the width of the sensor, pixels.
        height: the height of the sensor, pixels.
        x: columns, pixels from the sensor's top left corner (0 is the corner, 0.5 the first pixel's centre).
        y: rows, likewise.
        magnification: the magnification of the colour relative to green.
    """
    half = min(width, height) / 2.0
    u, v = (x - width / 2.0) / half, (y - height / 2.0) / half
    # the picture at radius r shows the ideal picture at r / (1 + distortion r²), here to first order
    factor = (1.0 - magnification) * (1.0 - lens.distortion * (u * u + v * v))
    u, v = u * factor, v * factor
    angle = np.deg2rad(framing.roll + (90.0 if framing.upright else 0.0))
    across, down = np.cos(angle) * u - np.sin(angle) * v, np.sin(angle) * u + np.cos(angle) * v
    scale = framing.short_side / 2.0 / (1.0 + framing.tilt[0] * across + framing.tilt[1] * down)
    return framing.aim[0] + across * scale, framing.aim[1] + down * scale


def project(scene: Scene, framing: Framing, camera: VirtualCamera, response: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the light on the sensor behind the filters of each colour: three (height, width) float32 planes."""
    lens, width, height = camera.lens, camera.sensor.width, camera.sensor.height
    coarse = [_coarse_map(framing, lens, width, height, magnification) for magnification in (lens.red, 0.0, lens.blue)]
    x = np.concatenate([m[0].ravel() for m in coarse])
    y = np.concatenate([m[1].ravel() for m in coarse])
    left, top = int(np.floor(x.min())) - 2, int(np.floor(y.min())) - 2
    box = Box(left, top, int(np.ceil(x.max())) + 3 - left, int(np.ceil(y.max())) + 3 - top)
    *light, nearness = render(scene, framing.viewpoint, box, response)
    if lens.defocus > 0:
        light = _defocused(light, nearness, lens.defocus)
    planes: list[Floats] = []
    for plane, (map_x, map_y) in zip(light, coarse, strict=True):
        full_x, full_y = (_refine(m, width, height) for m in (map_x - (left + 0.5), map_y - (top + 0.5)))
        seen = cv2.remap(plane, full_x, full_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        planes.append(_blurred(np.asarray(seen, np.float32), lens))
    return planes[0], planes[1], planes[2]


def _coarse_map(framing: Framing, lens: Lens, width: int, height: int, magnification: float) -> tuple[Floats, Floats]:
    """Return the canvas positions seen at the centres of 16 × 16 blocks, with one more block than the sensor on each side."""
    x = ((np.arange(-1, width // _COARSE + 2) + 0.5) * _COARSE).astype(np.float32)
    y = ((np.arange(-1, height // _COARSE + 2) + 0.5) * _COARSE).astype(np.float32)
    grid_x, grid_y = np.meshgrid(x, y)
    scene_x, scene_y = scene_points(framing, lens, width, height, grid_x, grid_y, magnification)
    return np.asarray(scene_x * CANVAS, np.float32), np.asarray(scene_y * CANVAS, np.float32)


def _refine(coarse: Floats, width: int, height: int) -> Floats:
    rows, columns = coarse.shape
    full = cv2.resize(coarse, (columns * _COARSE, rows * _COARSE), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(full[_COARSE : _COARSE + height, _COARSE : _COARSE + width])


def _defocused(light: list[Floats], nearness: Floats, defocus: float) -> list[Floats]:
    """Add defocus blur, which is proportional to the difference in inverse depth from the plane of focus.

    Each plane is blended with one blurred copy of itself. This is fast; the amount of blur is right, its shape is not.
    """
    most = max(1.0 / NEAREST - 1.0, 1.0 - 1.0 / FARTHEST)
    share = np.asarray(cv2.GaussianBlur(np.abs(nearness - 1.0), (0, 0), 1.5), np.float32)
    share *= 1.0 / most
    blurred = []
    for plane in light:
        soft = np.asarray(cv2.GaussianBlur(plane, (0, 0), defocus * most), np.float32)
        soft -= plane
        soft *= share
        soft += plane
        blurred.append(soft)
    return blurred


def _blurred(plane: Floats, lens: Lens) -> Floats:
    """Apply the point spread function: a blend of two Gaussians that grows from the centre to the corners."""
    sharp = np.asarray(cv2.GaussianBlur(plane, (5, 5), lens.blur), np.float32)
    if lens.corner_blur <= 0:
        return sharp
    soft = np.asarray(cv2.GaussianBlur(sharp, (7, 7), lens.corner_blur), np.float32)
    soft -= sharp
    soft *= _radius_squared(*plane.shape)
    soft += sharp
    return soft


@lru_cache(maxsize=8)
def _radius_squared(height: int, width: int) -> Floats:
    """Return (height, width) float32, the squared distance from the centre, 1 in the corners."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    return np.asarray((x**2 * width**2 + (y**2)[:, None] * height**2) / (width**2 + height**2), np.float32)


@lru_cache(maxsize=8)
def vignetting(lens: Lens, width: int, height: int) -> Floats:
    """Return (height, width) float32, the share of the light that the lens transmits."""
    radius = _radius_squared(height, width)
    return np.asarray(1.0 - lens.vignetting * (0.6 * radius + 0.4 * radius**2), np.float32)
