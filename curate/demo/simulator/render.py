"""Renders the light of a scene, before the effects of a lens."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from curate.demo.simulator.scenes import FARTHEST, NEAREST, Floats, Ints, Scene
from curate.demo.simulator.textures import TILE_PIXELS, TILE_SIDE, texture_atlas

CANVAS = 1000
"""Canvas pixels per scene unit, about the resolution of the cameras."""

_FIXED_POINT = 4
_SHADOW_SCALE = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the canvas in canvas pixels; pixel 0 is at scene coordinate 0, the centre of the scene."""

    left: int
    top: int
    width: int
    height: int


def shifted_centres(scene: Scene, viewpoint: tuple[float, float]) -> Floats:
    """Return (M, 2) float32, the centres of the leaves as seen from a viewpoint, scene units.

    This is the parallax of a camera that stays aimed at the centre of the scene: if it moves to the right, nearer leaves move
    to the left and farther leaves move to the right; leaves at depth 1 do not move.
    """
    shift = (1.0 / scene.depths - 1.0)[:, None] * np.array(viewpoint, np.float32)
    return np.asarray(scene.centres - shift, np.float32)


def leaf_ids(scene: Scene, centres: Floats, box: Box) -> Ints:
    """Return (height, width) int32, the index of the leaf seen at each canvas pixel; 0 is the ground."""
    ids = np.zeros((box.height, box.width), np.int32)
    corner = np.array([box.left, box.top], np.float32)
    middles = centres * CANVAS - corner
    reach = np.abs(scene.outlines).max(axis=1) * CANVAS + 2
    size = np.array([box.width, box.height], np.float32)
    seen = np.flatnonzero(((middles + reach > 0) & (middles - reach < size)).all(axis=1))
    seen = seen[seen > 0]
    # integers are pixel centres in OpenCV and pixel corners on the canvas
    points = scene.outlines[seen] * CANVAS + middles[seen][:, None] - 0.5
    vertices = np.rint(points * (1 << _FIXED_POINT)).astype(np.int32)
    for index, polygon in zip(seen.tolist(), vertices, strict=True):
        cv2.fillPoly(ids, [polygon], index, shift=_FIXED_POINT)
    return ids


def render(
    scene: Scene, viewpoint: tuple[float, float], box: Box, response: Floats | None = None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return a part of the scene: the light in red, green and blue, and the inverse depth, (height, width) float32 each.

    Light 1 is a white surface fully lit. Inverse depth is 1 in the plane of focus.

    Args:
        scene: the scene.
        viewpoint: the shift of the camera from the central viewpoint, scene units.
        box: the part to render.
        response: (3, 3) float32, the shares of linear R, G and B that each of the sensor's three filters passes; None for
            filters that pass only their own colour.
    """
    centres = shifted_centres(scene, viewpoint)
    # used five times; NumPy would convert 32-bit indices to intp each time
    ids = leaf_ids(scene, centres, box).astype(np.intp)
    passed = scene.colours * scene.illuminant
    if response is not None:
        passed = passed @ response.T
    table = np.column_stack([passed, 1.0 / scene.depths]).astype(np.float32)
    *colour, nearness = (np.asarray(plane, np.float32) for plane in cv2.split(np.take(table, ids, axis=0)))
    light = _texture(scene, centres, ids, box)
    light *= _slopes(scene, centres, ids, box)
    light *= _relief(scene, nearness)
    light *= _glow(scene, box)
    red, green, blue = (np.asarray(cv2.multiply(plane, light), np.float32) for plane in colour)
    return red, green, blue, nearness


def _texture(scene: Scene, centres: Floats, ids: npt.NDArray[np.intp], box: Box) -> Floats:
    """Return the texture factor at each pixel. A leaf's texture moves with the leaf, to the nearest canvas pixel.

    Tiles are read as one long row of pixels, so that one offset per leaf is enough; at a tile's edge the texture continues one
    pixel lower, which is not visible.
    """
    origin = np.rint(centres * CANVAS).astype(np.int64) - [box.left, box.top]
    start = ((scene.offsets - origin[:, 1] * TILE_SIDE - origin[:, 0]) % TILE_PIXELS).astype(np.int32)
    address = np.take(start, ids)
    address += np.arange(box.height, dtype=np.int32)[:, None] * TILE_SIDE
    address += np.arange(box.width, dtype=np.int32)
    address &= TILE_PIXELS - 1
    address += np.take(scene.tiles * TILE_PIXELS, ids)
    return np.take(texture_atlas(), address)


def _slopes(scene: Scene, centres: Floats, ids: npt.NDArray[np.intp], box: Box) -> Floats:
    """Return the shading of each leaf, which is a little brighter on one side like a tilted surface."""
    slopes = np.clip(scene.slopes, -12.0, 12.0)
    middle = 1.0 - (slopes * centres).sum(axis=1)
    x = (np.arange(box.width, dtype=np.float32) + (box.left + 0.5)) / CANVAS
    y = (np.arange(box.height, dtype=np.float32) + (box.top + 0.5)) / CANVAS
    level, right, down = cv2.split(np.take(np.column_stack([middle, slopes]).astype(np.float32), ids, axis=0))
    level += right * x
    level += down * y[:, None]
    return np.asarray(np.clip(level, 0.55, 1.5, out=level))


def _relief(scene: Scene, nearness: Floats) -> Floats:
    """Return the shadows that near leaves cast on far ones, and the lighter rims of leaves that stand out."""
    height, width = nearness.shape
    small = cv2.resize(nearness, (width // _SHADOW_SCALE, height // _SHADOW_SCALE), interpolation=cv2.INTER_AREA)
    fall = scene.light * (0.014 * CANVAS / _SHADOW_SCALE)
    moved = cv2.warpAffine(
        small,
        np.array([[1, 0, fall[0]], [0, 1, fall[1]]], np.float32),
        (small.shape[1], small.shape[0]),
        borderMode=cv2.BORDER_REPLICATE,
    )
    around = cv2.resize(
        cv2.GaussianBlur(moved, (0, 0), 0.012 * CANVAS / _SHADOW_SCALE), (width, height), interpolation=cv2.INTER_LINEAR
    )
    over = np.asarray(cv2.subtract(around, nearness), np.float32)
    over *= 1.0 / (1.0 / NEAREST - 1.0 / FARTHEST)
    # a shadow if a nearer leaf is above the pixel, a lighter rim if not
    shade: Floats = np.clip(over, 0.0, 0.45)
    shade *= -1.5
    np.clip(over, -0.25, 0.0, out=over)
    over *= -0.55
    shade += over
    shade += 1.0
    return shade


def _glow(scene: Scene, box: Box) -> Floats:
    """Return a soft pool of light, computed on a coarse grid."""
    x = np.linspace(box.left, box.left + box.width, 24) / CANVAS - scene.glow[0]
    y = np.linspace(box.top, box.top + box.height, 18) / CANVAS - scene.glow[1]
    pool = 0.62 + 0.5 * np.exp(-(y[:, None] ** 2 + x**2) / 0.7)
    return np.asarray(cv2.resize(pool.astype(np.float32), (box.width, box.height), interpolation=cv2.INTER_LINEAR))
