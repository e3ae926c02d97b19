"""Dead-leaves scenes: occluding shapes of power-law sizes, each with its own depth, colour and texture.

The model is Matheron's dead leaves with sizes distributed as r^-3, which gives pictures the scale invariance, the
sharp edges and the 1/f spectrum of natural scenes (Lee, Mumford, Huang 2001). Scene classes differ in the shape of
their leaves alone. Two rules keep all other properties independent of the class:

- colours, sizes, depths and textures are drawn from generators that do not depend on the class;
- the shapes of every class have the same ratio of area to perimeter at equal size, so that a line through a picture
  crosses as many edges in one class as in another (Crofton's formula).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from curate.demo.simulator.textures import TILE_PIXELS, TILES

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

HALF_WIDTH = 1.15
HALF_HEIGHT = 0.95
"""Half the extent of the filled area, scene units; a frame's short side shows about 1 unit."""

SMALLEST = 0.010
LARGEST = 0.26
"""Range of the leaves' sizes, scene units; the size is twice the area over the perimeter, for a disc its radius."""

COVERAGE = 4.0
"""Mean number of leaves that cover a point."""

NEAREST = 0.72
FARTHEST = 1.55
"""Range of the leaves' depths; cameras focus on depth 1."""

_VERTICES = 32


class SceneClass(StrEnum):
    """The class of a scene: the shape of its leaves."""

    DISCS = "discs"
    SHARDS = "shards"
    STRIPS = "strips"
    BLOBS = "blobs"
    LEAVES = "leaves"


class Stream(IntEnum):
    """Independent random streams of a scene, so that draws from one do not shift another."""

    SHAPE = 1
    LAYOUT = 2
    COLOUR = 3
    TEXTURE = 4
    LIGHT = 5
    MOVED = 6
    SHOT = 7
    NOISE = 8


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of one stream, addressed by the collection's seed and a key of non-negative integers."""
    return np.random.default_rng(np.random.SeedSequence([seed, *key]))


@dataclass(frozen=True)
class Scene:
    """The leaves of a scene, from far to near; index 0 is the ground, which is visible between leaves.

    Attributes:
        kind: the class.
        outlines: (M, 32, 2) float32, vertices about the leaf's centre, scene units.
        centres: (M, 2) float32, scene units, x to the right and y down.
        depths: (M,) float32, falling; 1 is the plane of focus.
        colours: (M, 3) float32, linear RGB reflectance from 0 to 1.
        tiles: (M,) int32, the texture tile of each leaf.
        offsets: (M,) int32, the position of the leaf in its tile.
        slopes: (M, 2) float32, the gradient of brightness across the leaf, per scene unit.
        illuminant: (3,) float32, linear RGB of the light, green 1.
        light: (2,) float32, the direction that shadows fall, unit length.
        glow: (2,) float32, the brightest point, scene units.
        exposure_value: the brightness of the place (EV at ISO 100): 6 is a dim room, 14 a sunny day.
    """

    kind: SceneClass
    outlines: Floats
    centres: Floats
    depths: Floats
    colours: Floats
    tiles: Ints
    offsets: Ints
    slopes: Floats
    illuminant: Floats
    light: Floats
    glow: Floats
    exposure_value: float


def make_scene(seed: int, place: int, kind: SceneClass, version: int = 0, moved: float = 0.0) -> Scene:
    """Return the scene of one place.

    Args:
        seed: the collection's seed.
        place: the scene's number; equal numbers give equal layouts, colours and light, whatever the class.
        kind: the class.
        version: 0 for the scene itself; other numbers give look-alikes, the same place with some leaves moved.
        moved: the share of leaves that are moved in a look-alike, independently of their size.
    """
    count = _leaf_count(kind)
    layout = generator(seed, place, Stream.LAYOUT)
    depths, centres, sizes = _layout(layout, count)
    outlines = _outlines(generator(seed, place, Stream.SHAPE), kind, count) * sizes[:, None, None]
    if version:
        again = generator(seed, place, Stream.MOVED, version)
        chosen = again.random(count) < moved
        centres = np.where(chosen[:, None], _layout(again, count)[1], centres)
    colours = _colours(generator(seed, place, Stream.COLOUR), count)
    texture = generator(seed, place, Stream.TEXTURE)
    light = generator(seed, place, Stream.LIGHT)
    warmth = light.normal(0.0, 0.11)
    angle = light.uniform(0.15 * np.pi, 0.85 * np.pi)
    slant = texture.normal(0.0, 0.16, (count, 2)) + 0.12 * np.array([np.cos(angle), np.sin(angle)])
    ground = np.zeros((1, _VERTICES, 2), np.float32)
    return Scene(
        kind=kind,
        outlines=np.concatenate([ground, outlines.astype(np.float32)]),
        centres=np.concatenate([np.zeros((1, 2), np.float32), centres.astype(np.float32)]),
        depths=np.concatenate([np.array([FARTHEST * 1.05], np.float32), depths.astype(np.float32)]),
        colours=colours,
        tiles=texture.integers(0, TILES, count + 1).astype(np.int32),
        offsets=texture.integers(0, TILE_PIXELS, count + 1).astype(np.int32),
        slopes=np.concatenate([np.zeros((1, 2)), slant / np.maximum(sizes, 0.03)[:, None]]).astype(np.float32),
        illuminant=np.array([np.exp(warmth), 1.0, np.exp(-warmth + light.normal(0.0, 0.03))], np.float32),
        light=np.array([np.cos(angle), np.sin(angle)], np.float32),
        glow=light.uniform(-0.6, 0.6, 2).astype(np.float32),
        exposure_value=float(light.uniform(6.5, 13.5)),
    )


def _leaf_count(kind: SceneClass) -> int:
    """Return the number of leaves that gives the coverage, from the mean area by the size law and the class's area at size 1."""
    mean_square = 2.0 * math.log(LARGEST / SMALLEST) / (SMALLEST**-2 - LARGEST**-2)
    area = _MEAN_AREA[kind] * mean_square
    return round(COVERAGE * 4.0 * HALF_WIDTH * HALF_HEIGHT / area)


def _layout(
    rng: np.random.Generator, count: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return depths from far to near, centres and sizes. Each leaf is one row of draws, so that a longer list starts alike."""
    draws = rng.random((count, 4))
    depths = np.linspace(FARTHEST, NEAREST, count)
    centres = (draws[:, :2] * 2.0 - 1.0) * [HALF_WIDTH, HALF_HEIGHT]
    sizes = (SMALLEST**-2 + draws[:, 2] * (LARGEST**-2 - SMALLEST**-2)) ** -0.5
    return depths, centres, sizes


def _colours(rng: np.random.Generator, count: int) -> Floats:
    """Return (count + 1, 3) linear RGB: a palette of six related colours with deviations, independent of the class."""
    hue = rng.uniform(0.0, 2.0 * np.pi)
    scheme = ((0.0, 0.35, -0.35, np.pi), (0.0, np.pi, 0.5, np.pi + 0.4), (0.0, 2.1, -2.1, 0.3), (0.0, 0.5, 1.0, 2.6))[
        rng.integers(4)
    ]
    hues = hue + np.array(scheme)[rng.permutation(np.array([0, 0, 1, 1, 2, 3]))] + rng.normal(0.0, 0.08, 6)
    chroma = np.clip(rng.gamma(3.0, 0.026, 6), 0.005, 0.17)
    lightness = np.clip(np.linspace(0.30, 0.90, 6) + rng.normal(0.0, 0.04, 6), 0.18, 0.95)
    weights = rng.dirichlet(np.full(6, 3.0))
    pick = rng.choice(6, count + 1, p=weights)
    return _oklch_to_linear(
        np.clip(lightness[pick] + rng.normal(0.0, 0.045, count + 1), 0.12, 0.97),
        np.abs(chroma[pick] + rng.normal(0.0, 0.012, count + 1)),
        hues[pick] + rng.normal(0.0, 0.10, count + 1),
    )


def _oklch_to_linear(
    lightness: npt.NDArray[np.float64], chroma: npt.NDArray[np.float64], hue: npt.NDArray[np.float64]
) -> Floats:
    """Convert OKLCH to linear sRGB (Ottosson 2020), clipped to the reflectance of a matt surface."""
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    rgb = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=1,
    )
    return np.clip(rgb, 0.006, 0.92).astype(np.float32)


def _outlines(rng: np.random.Generator, kind: SceneClass, count: int) -> npt.NDArray[np.float64]:
    """Return (count, 32, 2), closed outlines of size 1 with random rotation."""
    raw = _SHAPES[kind](rng, count)
    following = np.roll(raw, -1, axis=1)
    area = 0.5 * np.abs(np.sum(raw[..., 0] * following[..., 1] - raw[..., 1] * following[..., 0], axis=1))
    perimeter = np.linalg.norm(following - raw, axis=2).sum(axis=1)
    raw *= (perimeter / (2.0 * area))[:, None, None]
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    turn = np.stack(
        [np.stack([np.cos(angle), -np.sin(angle)], -1), np.stack([np.sin(angle), np.cos(angle)], -1)], axis=1
    )
    return np.asarray(np.einsum("mij,mkj->mki", turn, raw))


def _discs(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    t = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False)
    aspect = rng.uniform(1.0, 1.35, (count, 1))
    return np.stack([np.cos(t) * aspect, np.broadcast_to(np.sin(t), (count, _VERTICES))], axis=2)


def _shards(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Return polygons with three to six corners; unused vertices repeat the last corner."""
    corners = rng.integers(3, 7, count)
    index = np.minimum(np.arange(_VERTICES), corners[:, None] - 1)
    angle = (index + rng.uniform(-0.28, 0.28, (count, 6))[np.arange(count)[:, None], index]) * (
        2.0 * np.pi / corners[:, None]
    )
    radius = rng.uniform(0.65, 1.15, (count, 6))[np.arange(count)[:, None], index]
    return np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=2)


def _strips(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Return long, slightly tapered bars; unused vertices repeat the last corner."""
    index = np.minimum(np.arange(_VERTICES), 3)
    x = np.array([-1.0, 1.0, 1.0, -1.0])[index] * rng.uniform(4.0, 8.0, (count, 1))
    taper = 1.0 + np.array([-1.0, 1.0, 1.0, -1.0])[index] * rng.uniform(-0.25, 0.25, (count, 1))
    return np.stack([x, np.array([-1.0, -1.0, 1.0, 1.0])[index] * taper], axis=2)


def _blobs(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Return amoebas: a circle with its second to fifth harmonics."""
    t = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False)
    order = np.arange(2, 6)
    size = rng.uniform(0.05, 0.32, (count, 4, 1)) * np.array([0.8, 1.0, 0.7, 0.4])[:, None]
    phase = rng.uniform(0.0, 2.0 * np.pi, (count, 4, 1))
    radius = np.maximum(1.0 + np.sum(size * np.cos(order[:, None] * t + phase), axis=1), 0.25)
    return np.stack([np.cos(t) * radius, np.sin(t) * radius], axis=2)


def _leaves(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """Return leaf shapes: two arcs that meet in two points, bent to one side."""
    t = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False)
    x = np.broadcast_to(np.cos(t), (count, _VERTICES)) * rng.uniform(2.2, 3.4, (count, 1))
    y = np.sin(t) * np.abs(np.sin(t)) + rng.uniform(-0.5, 0.5, (count, 1)) * np.sin(t) ** 2
    return np.stack([x, y], axis=2)


_SHAPES = {
    SceneClass.DISCS: _discs,
    SceneClass.SHARDS: _shards,
    SceneClass.STRIPS: _strips,
    SceneClass.BLOBS: _blobs,
    SceneClass.LEAVES: _leaves,
}


def _mean_area(kind: SceneClass) -> float:
    shapes = _outlines(generator(0, Stream.SHAPE), kind, 2000)
    following = np.roll(shapes, -1, axis=1)
    return float(
        np.mean(0.5 * np.abs(np.sum(shapes[..., 0] * following[..., 1] - shapes[..., 1] * following[..., 0], axis=1)))
    )


_MEAN_AREA = {kind: _mean_area(kind) for kind in SceneClass}
"""Return the area of a class's leaves of size 1."""
