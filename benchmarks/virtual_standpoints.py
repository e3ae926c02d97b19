"""Virtual scenes photographed from different standpoints, at other times of day, among other people.

The photographers of a scene stand apart: near and far things move against each other (parallax), the facade is seen at a slant,
and one stands nearer. Each photo has its own light and its own crowd in front. Different places share windows of the same
make in rows, products of a supermarket, captions and date stamps, so that some points agree where no scene does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from curate.demo.plan import Photo
from curate.demo.simulator.scenes import FARTHEST, NEAREST, Scene, Stream, generator
from curate.demo.simulator.textures import TILE_PIXELS, TILES
from curate.pairing.features import preview_picture

_KEY = 2_000_003
"""Keeps these draws apart from those of the simulator."""

_VERTICES = 32
PRINTED = 120
"""Shapes on a package; its small print is most of them."""

CAPTIONS = ("Greetings from the coast", "HOLIDAY 2024", "(c) Town Archive", "Postcard No. 7")


@dataclass(frozen=True)
class Standpoints:
    """How the photographers of one scene differ.

    Attributes:
        step: (least, most) standard deviation of the standpoint in scene units, drawn for each place.
        tilt: standard deviation of the slant at which the scene is seen, per scene unit.
        zoom: standard deviation of the logarithm of the part of the scene that is shown.
        aim: standard deviation of the point aimed at, scene units.
        crowd: largest number of things in front that only one photo has.
        surfaces: number of surfaces of a place, each at its own distance, as houses and trees of a street.
        far: share of the places that are one sight, flat or far away: all of it lies at one distance, with sky around.
        windows: share of the places with rows of windows.
        makes: number of different windows of the whole collection.
        products: share of the places with a product that other places have too, in another spot, size and turn.
        brands: number of different products of the whole collection.
        stamped: share of the photos with a caption, and of those with a date stamp.
    """

    step: tuple[float, float] = (0.05, 0.6)
    tilt: float = 0.15
    zoom: float = 0.2
    aim: float = 0.06
    crowd: int = 60
    surfaces: int = 6
    far: float = 0.3
    windows: float = 0.5
    makes: int = 4
    products: float = 0.4
    brands: int = 6
    stamped: float = 0.15


def photographed(photo: Photo, seed: int, standpoints: Standpoints) -> Photo:
    """Return the photo as taken by someone who stands where they like."""
    place = generator(seed, _KEY, photo.place)
    handling = replace(
        photo.camera.handling,
        step=float(place.uniform(*standpoints.step)),
        tilt=standpoints.tilt,
        spread=standpoints.zoom,
        aim=standpoints.aim,
        roll=3.0,
    )
    return replace(photo, camera=replace(photo.camera, handling=handling))


def seen(scene: Scene, photo: Photo, seed: int, standpoints: Standpoints) -> Scene:
    """Return the scene as it was when a photo was taken: its place, the light of the hour, and who stood in front."""
    place = generator(seed, _KEY, photo.place, Stream.LAYOUT)
    relief = float(place.uniform(0.15, 1.0))
    depths = _surfaces(scene, generator(seed, _KEY, photo.place, Stream.TEXTURE), standpoints.surfaces)
    scene = replace(scene, depths=np.asarray(1.0 + (depths - 1.0) * relief, np.float32))
    distance = generator(seed, _KEY, photo.place, Stream.COLOUR)
    if distance.random() < standpoints.far:
        scene = _far_away(scene, distance)
    if place.random() < standpoints.windows:
        scene = _with_windows(scene, seed, place, standpoints.makes)
    shelf = generator(seed, _KEY, photo.place, Stream.SHAPE)
    if shelf.random() < standpoints.products:
        scene = _with_product(scene, seed, shelf, standpoints.brands)
    shot = generator(seed, _KEY, photo.scene, Stream.SHOT, photo.camera.key)
    scene = _at_another_hour(scene, shot)
    return _with_crowd(scene, shot, int(shot.integers(0, standpoints.crowd + 1)))


def stamp(preview: Path, photo: Photo, seed: int, standpoints: Standpoints) -> None:
    """Write a caption, a date stamp, or both, into some previews, as prints and old cameras do."""
    rng = generator(seed, _KEY, photo.scene, Stream.NOISE, photo.camera.key)
    caption, date = rng.random(2) < standpoints.stamped
    picture = preview_picture(preview)
    if picture is None or not (caption or date):
        return
    height, width = picture.shape[:2]
    size = height / 600.0
    if date:
        text = f"{photo.clock_time:%d.%m.%Y %H:%M}"
        at = round(0.62 * width), round(0.95 * height)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.8 * size, (40, 130, 255), 2, cv2.LINE_AA)
    if caption:
        text = CAPTIONS[int(rng.integers(len(CAPTIONS)))]
        cv2.rectangle(picture, (0, round(0.86 * height)), (width, height), (245, 245, 245), -1)
        at = round(0.05 * width), round(0.95 * height)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_COMPLEX, 1.3 * size, (30, 30, 30), 2, cv2.LINE_AA)
    cv2.imwrite(str(preview), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])


def _surfaces(scene: Scene, rng: np.random.Generator, count: int) -> np.ndarray:
    """Return depths by which the things near each other lie on one surface, (M,)."""
    middles = rng.uniform((-0.9, -0.7), (0.9, 0.7), (count, 2))
    depths = rng.uniform(NEAREST, FARTHEST, count)
    nearest = np.linalg.norm(scene.centres[:, None] - middles, axis=2).argmin(1)
    return np.concatenate([scene.depths[:1], depths[nearest[1:]] + 0.05 * (scene.depths[1:] - 1.0)])


def _far_away(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return one sight before the sky: the things in one part of the scene, all in the plane of focus."""
    middle, half = rng.uniform((-0.15, -0.15), (0.15, 0.15)), rng.uniform((0.2, 0.25), (0.7, 0.6))
    # Index 0 is the ground, which is the sky here.
    kept = (np.abs(scene.centres - middle) < half).all(1) | (np.arange(len(scene.centres)) == 0)
    return replace(
        scene,
        outlines=scene.outlines[kept],
        centres=scene.centres[kept],
        depths=np.ones(int(kept.sum()), np.float32),
        colours=scene.colours[kept],
        tiles=scene.tiles[kept],
        offsets=scene.offsets[kept],
        slopes=scene.slopes[kept],
    )


def _at_another_hour(scene: Scene, rng: np.random.Generator) -> Scene:
    """Return the scene with the sun elsewhere: colour and direction of the light, shading, and exposure."""
    angle, warmth = rng.uniform(0.1 * np.pi, 0.9 * np.pi), rng.normal(0.0, 0.15)
    sun = np.array([np.cos(angle), np.sin(angle)])
    slopes = scene.slopes * rng.uniform(0.4, 1.0) + 1.5 * (sun - scene.light) * (scene.slopes != 0)
    return replace(
        scene,
        slopes=np.asarray(slopes, np.float32),
        illuminant=np.array([np.exp(warmth), 1.0, np.exp(-warmth)], np.float32),
        light=sun.astype(np.float32),
        glow=rng.uniform(-0.6, 0.6, 2).astype(np.float32),
        exposure_value=float(rng.uniform(6.5, 13.5)),
    )


def _with_crowd(scene: Scene, rng: np.random.Generator, count: int) -> Scene:
    """Return the scene with people (tall ellipses) in front, most of them in its lower half."""
    turn = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False)
    size = rng.uniform(0.015, 0.06, (count, 1, 1))
    tall = np.stack([np.cos(turn), np.sin(turn) * 2.2], axis=1)[None]
    middles = np.column_stack([rng.uniform(-0.9, 0.9, count), rng.uniform(-0.1, 0.7, count)])
    return _placed(scene, len(scene.centres), tall * size, middles, rng, NEAREST * 0.95)


def _with_windows(scene: Scene, seed: int, place: np.random.Generator, makes: int) -> Scene:
    """Return the scene with rows of equal windows among its things; places share their makes."""
    rng = generator(seed, _KEY, makes, int(place.integers(makes)), Stream.SHAPE)
    wide, high = rng.uniform(0.03, 0.05), rng.uniform(0.04, 0.07)
    parts = [(0.0, 0.0, wide, high), (0.0, 0.0, 0.15 * wide, high)]
    parts += [(0.0, float(y) * high, wide, 0.1 * high) for y in rng.uniform(-0.8, 0.8, 2)]
    columns, rows = int(place.integers(4, 8)), int(place.integers(2, 5))
    grid = [
        (-0.7 + 1.4 * (i + 0.5) / columns, -0.5 + 0.9 * (j + 0.5) / rows) for i in range(columns) for j in range(rows)
    ]
    colours = rng.uniform(0.05, 0.8, (len(parts), 3))
    tiles, offsets = rng.integers(0, TILES, len(parts)), rng.integers(0, TILE_PIXELS, len(parts))
    corners = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])[np.minimum(np.arange(_VERTICES), 3)]
    outlines = np.array([corners * (w, h) for _ in grid for _, _, w, h in parts])
    middles = np.array([(x + dx, y + dy) for x, y in grid for dx, dy, _, _ in parts])
    at = round(0.85 * len(scene.centres))
    depth = float(scene.depths[at])
    made = _placed(scene, at, outlines, middles, rng, depth)
    here = slice(at, at + len(middles))
    made.colours[here] = np.tile(colours, (len(grid), 1))
    made.tiles[here], made.offsets[here] = np.tile(tiles, len(grid)), np.tile(offsets, len(grid))
    return made


def _with_product(scene: Scene, seed: int, place: np.random.Generator, brands: int) -> Scene:
    """Return the scene with a printed package among its nearer things; places share their brands.

    A package is a rectangle with shapes of many sizes on it. Its size, spot and turn are the place's own.
    """
    rng = generator(seed, _KEY, brands, int(place.integers(brands)), Stream.COLOUR)
    half = np.array([rng.uniform(0.6, 1.0), 1.0])
    turn = np.linspace(0.0, 2.0 * np.pi, _VERTICES, endpoint=False) + np.pi / 4
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    square = np.repeat(circle[:: _VERTICES // 4] * np.sqrt(2.0), _VERTICES // 4, axis=0)
    extents = 0.02 * (0.3 / 0.02) ** np.sort(rng.random(PRINTED))[::-1, None] * rng.uniform(0.5, 1.0, (PRINTED, 2))
    shapes = np.where(rng.random((PRINTED, 1, 1)) < 0.6, square, circle) * extents[:, None]
    outlines = np.concatenate([[square * half], shapes])
    middles = np.concatenate([[(0.0, 0.0)], rng.uniform(-1.0, 1.0, (PRINTED, 2)) * (half - extents)])
    angle, size = place.normal(0.0, np.radians(6.0)), place.uniform(0.12, 0.45)
    spin = size * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    spot = place.uniform((-0.5, -0.3), (0.5, 0.3))
    at = round(place.uniform(0.95, 0.99) * len(scene.centres))
    return _placed(scene, at, outlines @ spin, middles @ spin + spot, rng, float(scene.depths[at]))


def _placed(
    scene: Scene, at: int, outlines: np.ndarray, middles: np.ndarray, rng: np.random.Generator, depth: float
) -> Scene:
    """Return the scene with more things before position `at` of the order from far to near."""
    count = len(middles)

    def joined(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        return np.concatenate([old[:at], new.astype(old.dtype), old[at:]])

    return replace(
        scene,
        outlines=joined(scene.outlines, outlines),
        centres=joined(scene.centres, middles),
        depths=joined(scene.depths, np.full(count, depth)),
        colours=joined(scene.colours, rng.uniform(0.03, 0.7, (count, 3))),
        tiles=joined(scene.tiles, rng.integers(0, TILES, count)),
        offsets=joined(scene.offsets, rng.integers(0, TILE_PIXELS, count)),
        slopes=joined(scene.slopes, np.zeros((count, 2))),
    )
