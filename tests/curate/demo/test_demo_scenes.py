"""Dead-leaves scenes: natural statistics, depth, and classes that differ in shape alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from curate.demo.simulator.cameras import CAMERAS
from curate.demo.simulator.optics import draw_framing, scene_points
from curate.demo.simulator.render import CANVAS, Box, leaf_ids, render, shifted_centres
from curate.demo.simulator.scenes import (
    FARTHEST,
    HALF_HEIGHT,
    HALF_WIDTH,
    LARGEST,
    NEAREST,
    SMALLEST,
    Scene,
    SceneClass,
    make_scene,
)
from curate.demo.simulator.textures import TILE_PIXELS, TILES, texture_atlas

KINDS = list(SceneClass)
VIEW = Box(-400, -400, 800, 800)


def luminance(scene: Scene, box: Box = VIEW) -> npt.NDArray[np.float64]:
    """What a perfect camera sees, as one number a pixel."""
    red, green, blue, _ = render(scene, (0.0, 0.0), box)
    return np.asarray(0.2126 * red + 0.7152 * green + 0.0722 * blue, np.float64)


def test_equal_arguments_give_equal_scenes_and_others_do_not() -> None:
    """A scene is a function of its seed, place and class."""
    one, same = (make_scene(3, 4, SceneClass.BLOBS) for _ in range(2))
    for name in Scene.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(same, name)), name
    for other in (make_scene(3, 5, SceneClass.BLOBS), make_scene(4, 4, SceneClass.BLOBS)):
        assert not np.array_equal(one.centres, other.centres)
        assert not np.array_equal(one.illuminant, other.illuminant)


def test_leaves_have_sizes_of_a_power_law() -> None:
    """Twice the area over the perimeter is the size; its survival falls with the square until the largest."""
    for kind in KINDS:
        outlines = make_scene(1, 0, kind).outlines[1:].astype(float)
        following = np.roll(outlines, -1, axis=1)
        area = 0.5 * np.abs((outlines[..., 0] * following[..., 1] - outlines[..., 1] * following[..., 0]).sum(axis=1))
        sizes = 2.0 * area / np.linalg.norm(following - outlines, axis=2).sum(axis=1)
        assert sizes.min() >= SMALLEST * 0.999
        assert sizes.max() <= LARGEST * 1.001
        expected = [(2.0**-2) ** step for step in range(1, 4)]
        found = [(sizes > SMALLEST * 2.0**step).mean() for step in range(1, 4)]
        assert found == pytest.approx(expected, rel=0.15, abs=0.004)


def test_spectrum_falls_as_that_of_natural_scenes() -> None:
    """Amplitude falls with frequency by a power between 0.8 and 1.5, as Tolhurst and others (1992) found in nature."""
    slopes = [amplitude_slope(np.log(luminance(make_scene(8, place, kind)))) for place, kind in enumerate(KINDS)]
    assert all(0.8 < -slope < 1.5 for slope in slopes), slopes
    flat = np.random.default_rng(0).standard_normal((800, 800))
    assert abs(amplitude_slope(flat)) < 0.1


def amplitude_slope(picture: npt.NDArray[np.float64]) -> float:
    """Slope of log amplitude over log frequency, from 6 cycles a picture to half the Nyquist frequency."""
    side = len(picture)
    window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fftshift(np.fft.fft2((picture - picture.mean()) * window))) ** 2
    y, x = np.indices(power.shape) - side // 2
    radius = np.hypot(x, y).astype(int).ravel()
    profile = np.bincount(radius, power.ravel()) / np.bincount(radius)
    band = np.arange(6, side // 4)
    return float(np.polyfit(np.log(band), np.log(profile[band]), 1)[0]) / 2.0


def test_a_line_crosses_as_many_edges_in_every_class() -> None:
    """What a thin frame shows must not tell the class: edges are as dense in each, within a sixth."""
    density = []
    for kind in KINDS:
        ids = [leaf_ids(scene, scene.centres, VIEW) for scene in (make_scene(2, place, kind) for place in range(4))]
        density.append(np.mean([(i[:, 1:] != i[:, :-1]).mean() + (i[1:] != i[:-1]).mean() for i in ids]))
    assert max(density) / min(density) < 7 / 6


def colour_statistics(seed: int, place: int, kind: SceneClass) -> list[float]:
    """Means and deviations of the logarithm of red, green and blue, and the correlations between them."""
    planes = [np.log(plane[::8, ::8]).ravel() for plane in render(make_scene(seed, place, kind), (0.0, 0.0), VIEW)[:3]]
    correlation = np.corrcoef(planes)
    return [*map(np.mean, planes), *map(np.std, planes), correlation[0, 1], correlation[0, 2], correlation[1, 2]]


def class_p_value(table: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Permutation test of the variance between classes, over all columns."""
    rng = np.random.default_rng(0)
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)

    def between(order: npt.NDArray[np.int64]) -> float:
        return float(sum((scaled[order == label].mean(axis=0) ** 2).sum() for label in np.unique(labels)))

    observed = between(labels)
    return float(np.mean([between(rng.permutation(labels)) >= observed for _ in range(999)] + [True]))


def test_colours_do_not_tell_the_class() -> None:
    """Colour statistics of 60 rendered scenes do not depend on the class; the same test finds a slight tint a class."""
    labels = np.arange(60) % len(KINDS)
    table = np.array([colour_statistics(9, place, KINDS[label]) for place, label in enumerate(labels)])
    assert class_p_value(table, labels) > 0.05
    tinted = table.copy()
    tinted[:, 0] += 0.35 * (labels - 2)
    assert class_p_value(tinted, labels) < 0.01


def test_the_class_changes_neither_light_nor_palette() -> None:
    """In one place, every class has the same light, and its leaves' colours have the same mean and spread."""
    scenes = [make_scene(5, 1, kind) for kind in KINDS]
    for scene in scenes[1:]:
        assert np.array_equal(scene.illuminant, scenes[0].illuminant)
        assert np.array_equal(scene.light, scenes[0].light)
        assert scene.exposure_value == scenes[0].exposure_value
        assert scene.colours.mean(axis=0) == pytest.approx(scenes[0].colours.mean(axis=0), abs=0.02)
        assert scene.colours.std(axis=0) == pytest.approx(scenes[0].colours.std(axis=0), abs=0.02)


def test_near_leaves_cover_far_ones() -> None:
    """Leaves are drawn from far to near, and depths fall from the ground on."""
    scene = make_scene(1, 1, SceneClass.DISCS)
    assert all(a >= b for a, b in pairwise(scene.depths.tolist()))
    assert scene.depths[0] > FARTHEST * 0.999
    assert scene.depths[-1] == pytest.approx(NEAREST)
    ids = leaf_ids(scene, scene.centres, VIEW)
    assert (ids == 0).mean() < 0.05
    # What is seen is nearer than what there is.
    assert scene.depths[ids].mean() < scene.depths.mean()


def test_parallax_moves_near_and_far_leaves_apart() -> None:
    """From farther right, near leaves lie farther left and far ones farther right; the middle stays."""
    scene = make_scene(1, 1, SceneClass.DISCS)
    shift = (shifted_centres(scene, (0.1, 0.0)) - scene.centres)[:, 0]
    middle = np.abs(scene.depths - 1.0) < 0.01
    assert shift[scene.depths < 0.8].max() < -0.02
    assert shift[scene.depths > 1.4].min() > 0.02
    assert np.abs(shift[middle]).max() < 0.0015
    assert np.abs(shifted_centres(scene, (0.1, 0.0))[:, 1] - scene.centres[:, 1]).max() == 0


def test_texture_moves_with_its_leaf() -> None:
    """The part of a leaf that two viewpoints see looks the same from both, moved by its parallax."""
    scene = make_scene(1, 2, SceneClass.DISCS)
    here, there = ((0.0, 0.0), (0.08, 0.0))
    ids, others = (leaf_ids(scene, shifted_centres(scene, place), VIEW) for place in (here, there))
    near = np.where(scene.depths[ids] < 0.85, ids, 0)
    leaf = int(np.bincount(near.ravel())[1:].argmax()) + 1
    a, b = (np.log(render(scene, place, VIEW)[1]) for place in (here, there))
    before, after = (float(shifted_centres(scene, place)[leaf, 0]) * CANVAS for place in (here, there))
    moved = round(after) - round(before)
    assert moved < -10
    both = (ids == leaf) & (np.roll(others, -moved, axis=1) == leaf)
    both[:, -abs(moved) :] = both[:, : abs(moved)] = False
    assert both.sum() > 2000
    assert np.median(np.abs(a - np.roll(b, -moved, axis=1))[both]) < 0.01
    assert np.median(np.abs(a - b)[both]) > 0.05


def test_a_lookalike_is_the_same_place_with_things_moved() -> None:
    """Most leaves, all colours and the light stay; the asked share lies elsewhere, and two look-alikes differ."""
    scene, alike, another = (make_scene(6, 2, SceneClass.SHARDS, version, 0.3) for version in (0, 1, 2))
    moved = (alike.centres != scene.centres).any(axis=1)
    assert moved.mean() == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(alike.colours, scene.colours)
    assert np.array_equal(alike.illuminant, scene.illuminant)
    assert not np.array_equal(alike.centres, another.centres)


def test_frames_stay_inside_what_is_filled() -> None:
    """However a camera is held, its corners see the scene and not the ground beside it."""
    rng = np.random.default_rng(0)
    worst = np.zeros(2)
    for camera in CAMERAS:
        width, height = camera.sensor.width, camera.sensor.height
        corners = np.array([[0, 0, width, width], [0, height, 0, height]], np.float32)
        for _ in range(300):
            x, y = scene_points(draw_framing(camera.handling, rng), camera.lens, width, height, *corners)
            worst = np.maximum(worst, [np.abs(x).max() / HALF_WIDTH, np.abs(y).max() / HALF_HEIGHT])
    assert worst.max() < 1.0


def test_textures_are_even_factors_that_wrap_around() -> None:
    """A tile neither brightens nor darkens what it covers, and has no seam."""
    atlas = texture_atlas().reshape(TILES, -1)
    assert atlas.shape == (TILES, TILE_PIXELS)
    assert atlas.mean(axis=1) == pytest.approx(np.ones(TILES), abs=1e-3)
    assert atlas.min() > 0
    for tile in atlas.reshape(TILES, 1024, 1024):
        step = np.abs(np.diff(tile, axis=0)).mean()
        assert np.abs(tile[0] - tile[-1]).mean() < 1.5 * step
