"""Small synthetic scenes with known partners: dead leaves, photographed from two viewpoints by differing cameras.

Only what pairing must survive is made here: parallax, rotation, zoom, crop, tone, colour cast, blur, noise, JPEG. The
scenes are flat shapes with a power law of sizes, nearer ones shifting more, so that no single homography explains all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pairing_photos import photo

from curate.catalog.sides import PairingPhoto

START = datetime(2024, 5, 4, 10, 0, 0)


@dataclass(frozen=True)
class Shapes:
    """A scene: polygons back to front."""

    outlines: list[NDArray[np.float64]]
    colours: NDArray[np.float64]
    depths: NDArray[np.float64]
    textures: NDArray[np.int64]


@dataclass(frozen=True)
class TestCamera:
    """How one camera sees: `zoom` above 1 is a longer lens; `clock` is its error in seconds."""

    __test__ = False
    name: str
    side: Literal["phone", "other"]
    zoom: float = 1.0
    gamma: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur: float = 0.6
    noise: float = 3.0
    quality: int = 90
    size: tuple[int, int] = (640, 480)
    clock: float = 0.0


PHONE = TestCamera("Acme|P1", "phone", gamma=0.85, cast=(1.05, 1.0, 0.93), blur=0.9, quality=80)
PHONE_TWO = TestCamera("Blip|P2", "phone", gamma=1.1, zoom=0.9, blur=0.7, noise=5, quality=85)
OTHER = TestCamera("Corp|D1", "other", zoom=1.25, gamma=1.15, cast=(0.95, 1.0, 1.06), blur=0.5, size=(640, 427))
OTHER_TWO = TestCamera("Dorn|M2", "other", zoom=1.1, noise=6, size=(640, 427))


def make_scene(seed: int, shapes: int = 700, moved: float = 0.0, moved_seed: int = 0) -> Shapes:
    """A scene by seed; `moved` re-draws that share of its shapes (the same place with things moved)."""
    outlines, colours, depths, textures = [], [], [], []
    move = np.random.default_rng((seed, moved_seed, 1))
    for k in range(shapes):
        rng = np.random.default_rng((seed, k, 0))
        if moved and move.random() < moved:
            rng = np.random.default_rng((seed, k, moved_seed, 2))
        radius = 9.0 * (1 - rng.random() * 0.99) ** -0.62
        corners = int(rng.integers(3, 9))
        angles = np.sort(rng.random(corners)) * 2 * np.pi
        centre = rng.random(2) * (1000, 800)
        outlines.append(centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1))
        colours.append(rng.normal(0.5, 0.22, 3).clip(0.03, 0.97))
        depths.append(rng.random() * (0.3 + 0.7 * k / shapes))
        textures.append(int(rng.integers(0, 2**31)))
    return Shapes(outlines, np.array(colours), np.array(depths), np.array(textures))


def _render(scene: Shapes, shift: NDArray[np.float64]) -> NDArray[np.float32]:
    picture = np.full((800, 1000, 3), 0.5, np.float32)
    for outline, colour, depth in zip(scene.outlines, scene.colours, scene.depths, strict=True):
        points = np.round((outline + shift * depth) * 16).astype(np.int32)
        cv2.fillPoly(picture, [points], tuple(map(float, colour)), cv2.LINE_AA, 4)
    grain = np.random.default_rng(int(scene.textures[0])).normal(0, 1, (200, 250)).astype(np.float32)
    return picture + 0.05 * cv2.resize(grain, (1000, 800), interpolation=cv2.INTER_CUBIC)[..., None]


def photograph(
    scene: Shapes, camera: TestCamera, seed: int, angle: float = 4.0, jitter: float = 25.0
) -> NDArray[np.uint8]:
    """One photo (H, W, 3 uint8, BGR): viewpoint, roll within `angle` degrees and aim within `jitter` px by seed."""
    rng = np.random.default_rng((seed, int(hashlib.sha256(camera.name.encode()).hexdigest()[:8], 16)))
    picture = _render(scene, rng.normal(0, 8, 2))
    width, height = camera.size
    scale = width / 820 * camera.zoom
    aim = np.array([500.0, 400.0]) + rng.uniform(-jitter, jitter, 2)
    matrix = cv2.getRotationMatrix2D(tuple(map(float, aim)), float(rng.uniform(-angle, angle)), scale)
    matrix[:, 2] += np.array([width / 2, height / 2]) - aim
    view = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    view = cv2.GaussianBlur(view, (0, 0), camera.blur) * np.asarray(camera.cast, np.float32)
    view = view.clip(0, 1) ** camera.gamma * float(rng.uniform(0.85, 1.1)) * 255
    view += rng.normal(0, camera.noise, view.shape)
    return np.round(view.clip(0, 255)).astype(np.uint8)


@dataclass
class Collection:
    """Photos with their truth: `scene_of[photo id]`."""

    photos: list[PairingPhoto]
    scene_of: dict[int, int]


def average_hash(picture: NDArray[np.uint8]) -> str:
    """A stand-in for the catalogue's perceptual hash: 64 bits, 16 hex digits."""
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (8, 8), interpolation=cv2.INTER_AREA)
    bits = (small > np.median(small)).ravel()
    return f"{int(''.join('1' if b else '0' for b in bits), 2):016x}"


def write_collection(
    folder: Path,
    scenes: int,
    cameras: list[TestCamera],
    seed: int = 0,
    look_alikes: float = 0.0,
    lag: float = 20.0,
    spacing: float = 600.0,
) -> Collection:
    """Photos of `scenes` scenes by each camera; a share of the scenes is an earlier place with things moved.

    Shots of one scene lie within `lag` seconds, scenes `spacing` apart on average; each clock is wrong by
    `camera.clock`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, 7))
    photos, scene_of = [], {}
    moment = START
    for number in range(scenes):
        moment += timedelta(seconds=float(rng.exponential(spacing)) + 3 * lag)
        copy = number % 2 == 1 and rng.random() < 2 * look_alikes
        base = seed * 100_000 + (number - 1 if copy else number)
        scene = make_scene(base, moved=0.35 if copy else 0.0, moved_seed=number)
        for camera in cameras:
            picture = photograph(scene, camera, seed * 100_000 + number)
            name = f"{number:04d}-{camera.name.split('|')[1]}.jpg"
            path = folder / name
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, camera.quality])
            taken = moment + timedelta(seconds=camera.clock + float(rng.uniform(0, lag)))
            identity = len(photos)
            photos.append(
                photo(
                    identity,
                    camera.side,
                    camera.name,
                    taken.strftime("%Y-%m-%dT%H:%M:%S"),
                    sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                    preview=path,
                    phash=average_hash(picture),
                    name=name,
                )
            )
            scene_of[identity] = number
    return Collection(photos, scene_of)
