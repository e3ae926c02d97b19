"""The virtual cameras: invented names, own traces, and a pipeline that gives back the colours it was shown."""

from __future__ import annotations

import dataclasses
from collections import Counter

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from curate.cameras.resolve import resolve
from curate.cameras.types import CameraType
from curate.demo.simulator.cameras import CAMERAS, own_table, standard_table
from curate.demo.simulator.develop import demosaic, develop
from curate.demo.simulator.models import Demosaic, VirtualCamera
from curate.demo.simulator.sensor import BLACK, WHITE, expose, filter_response, fixed_pattern
from curate.demo.simulator.strength import SHARED, weakened, with_shared

NEUTRAL = np.ones(3, np.float32)
RED, GREEN, BLUE, GREY = (0.5, 0.05, 0.05), (0.05, 0.5, 0.05), (0.05, 0.05, 0.5), (0.18, 0.18, 0.18)

SIGNED = {"distortion", "red", "blue", "exposure"}
"""What some camera has below zero, and a stronger one may."""

each_camera = pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)


def generator(seed: int = 0) -> np.random.Generator:
    """A generator for noise."""
    return np.random.default_rng(seed)


def photograph(camera: VirtualCamera, colour: tuple[float, float, float], iso: int = 100, seed: int = 0) -> npt.NDArray:
    """The raw picture of an even card of a linear RGB colour."""
    shape = (camera.sensor.height, camera.sensor.width)
    passed = filter_response(camera.sensor) @ np.array(colour, np.float32)
    red, green, blue = (np.full(shape, value, np.float32) for value in passed)
    return expose((red, green, blue), camera, iso, 0.0, generator(seed))


def card(camera: VirtualCamera, colour: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Mean 8-bit RGB of the middle of the developed picture of an even card."""
    picture = develop(photograph(camera, colour), camera, NEUTRAL, generator())
    height, width = picture.shape[:2]
    middle = picture[height // 3 : -height // 3, width // 3 : -width // 3]
    return np.asarray(middle.reshape(-1, 3).mean(axis=0))


def test_there_are_phones_and_all_kinds_of_other_cameras() -> None:
    """Five phones and five others of three types; five makes of two models, one of both kinds; nobody shares a name."""
    types = [camera.type for camera in CAMERAS]
    assert types.count(CameraType.SMARTPHONE) == 5
    assert {CameraType.DSLR, CameraType.MIRRORLESS, CameraType.COMPACT} < set(types)
    makes = Counter(camera.make for camera in CAMERAS)
    assert list(makes.values()) == [2] * 5
    kinds = Counter(make for make, _ in {(camera.make, bool(camera.type.is_smartphone)) for camera in CAMERAS})
    assert sorted(kinds.values()) == [1, 1, 1, 1, 2]
    for name in ("model", "name", "key", "unit", "jpeg", "sensor", "lens", "development"):
        assert len({getattr(camera, name) for camera in CAMERAS}) == 10, name
    assert len({camera.writing.folder for camera in CAMERAS}) == 10


@each_camera
def test_no_rule_knows_an_invented_camera(camera: VirtualCamera) -> None:
    """No table, data base or line of cameras has an opinion; the override decides."""
    unknown = resolve(camera.make, camera.model)
    assert (unknown.type, unknown.rule) == (CameraType.UNKNOWN, None)


@each_camera
def test_a_picture_has_one_to_two_megapixels(camera: VirtualCamera) -> None:
    """Sensors have whole Bayer cells, and pictures are large enough to be photos and small enough to be quick."""
    assert 1.2e6 <= camera.jpeg.width * camera.jpeg.height <= 2.0e6
    assert camera.sensor.width % 2 == camera.sensor.height % 2 == 0
    ratio = camera.sensor.width / camera.sensor.height
    assert camera.jpeg.width / camera.jpeg.height == pytest.approx(ratio, rel=0.002)


@pytest.mark.parametrize("kind", list(Demosaic))
@pytest.mark.parametrize("channel", [0, 1, 2], ids=["red", "green", "blue"])
def test_a_filter_array_gives_back_its_colour(kind: Demosaic, channel: int) -> None:
    """Light behind one colour of filter alone comes out in that channel alone, red as red and blue as blue."""
    planes = [np.full((64, 96), BLACK + 20_000 * (index == channel), np.uint16) for index in range(3)]
    raw = planes[1].copy()
    raw[0::2, 0::2] = planes[0][0::2, 0::2]
    raw[1::2, 1::2] = planes[2][1::2, 1::2]
    how = dataclasses.replace(CAMERAS[0].development, demosaic=kind)
    inner = demosaic(raw, how)[8:-8, 8:-8].astype(int)
    expected = np.full(3, BLACK)
    expected[channel] += 20_000
    assert np.abs(inner - expected).max() <= 2


@each_camera
def test_colours_come_back(camera: VirtualCamera) -> None:
    """A red card is red, a green one green, a blue one blue, and a grey one nearly grey."""
    for index, colour in enumerate((RED, GREEN, BLUE)):
        seen = card(camera, colour)
        others = np.delete(seen, index)
        assert seen[index] > others.max() + 60, (colour, seen)
    grey = card(camera, GREY)
    assert np.ptp(grey) < 25
    assert 90 < grey.mean() < 165


def test_cameras_render_the_same_card_differently() -> None:
    """Tone and white balance are traces: no two cameras agree on a grey and a red card within two steps."""
    cards = np.array([[*card(camera, GREY), *card(camera, RED)] for camera in CAMERAS])
    gaps = [np.abs(a - b).max() for i, a in enumerate(cards) for b in cards[i + 1 :]]
    assert min(gaps) > 2


@each_camera
def test_noise_follows_its_model(camera: VirtualCamera) -> None:
    """The difference of two frames has the variance of shot and read noise, which grow with the ISO."""
    for iso in (100, 800):
        frames = [photograph(camera, GREY, iso, seed).astype(float) for seed in (1, 2)]
        middle = tuple(slice(side // 2 - 100, side // 2 + 100) for side in frames[0].shape)
        difference = (frames[0][middle] - frames[1][middle]) / (WHITE - BLACK)
        difference -= difference.mean(axis=1, keepdims=True)  # the rows' own offsets
        signal = (np.mean([f[middle] for f in frames]) - BLACK) / (WHITE - BLACK)
        gain = iso / 100
        expected = 2 * (camera.sensor.shot * gain * signal + (camera.sensor.read * gain) ** 2)
        expected += 2 / 12 / (2**camera.sensor.bits - 1) ** 2  # the converter's rounding
        assert difference.var() == pytest.approx(expected, rel=0.06)


def test_the_fixed_pattern_is_a_fingerprint() -> None:
    """Two pictures of one sensor share what is fixed; pictures of two sensors share nothing."""
    first, second = CAMERAS[0], dataclasses.replace(CAMERAS[0], unit="another")
    residuals = []
    for camera, seeds in ((first, (1, 2)), (second, (3,))):
        for seed in seeds:
            raw = photograph(camera, GREY, 50, seed).astype(np.float32)
            residuals.append((raw - cv2.GaussianBlur(raw, (0, 0), 3)).ravel())
    same, other = np.corrcoef(residuals)[0, 1:]
    assert same > 0.05
    assert abs(other) < 0.005


@each_camera
def test_corners_are_darker(camera: VirtualCamera) -> None:
    """Vignetting takes its share of the light in the corners."""
    raw = photograph(camera, GREY).astype(float) - BLACK
    height, width = raw.shape
    middle = raw[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20].mean()
    assert raw[:20, :20].mean() / middle == pytest.approx(1 - camera.lens.vignetting, abs=0.03)


def test_quantisation_tables() -> None:
    """The standard's table is itself at quality 50 and all ones at 100; a maker's own rises with frequency."""
    assert standard_table(50)[:8] == (16, 11, 10, 16, 24, 40, 51, 61)
    assert standard_table(50, chroma=True)[:5] == (17, 18, 24, 47, 99)
    assert set(standard_table(100)) == {1}
    own = np.array(own_table(2, 30, 1.2)).reshape(8, 8)
    assert (np.diff(own, axis=0) >= 0).all()
    assert (own[0, 0], own[7, 7]) == (2, 30)


def test_a_file_s_properties_occur_in_both_kinds() -> None:
    """As many phones as other cameras have each size and each subsampling, and most phones both of some other camera."""
    phones, others = ([c for c in CAMERAS if bool(c.type.is_smartphone) is side] for side in (True, False))
    for of in (lambda c: (c.jpeg.width, c.jpeg.height), lambda c: c.jpeg.subsampling):
        counts = [Counter(map(of, kind)) for kind in (phones, others)]
        assert counts[0] == counts[1]
    triples = [{(c.jpeg.width, c.jpeg.height, c.jpeg.subsampling) for c in kind} for kind in (phones, others)]
    assert len(triples[0] & triples[1]) >= 3
    assert {(c.handling.upright > 0, c.type.is_smartphone) for c in CAMERAS} == {(True, True), (True, False)}


def test_phones_share_what_is_said_and_nothing_without_it() -> None:
    """Each kind lies about its shared values; without the shared part both lie about the same, and models differ as before."""
    apart, none = with_shared(CAMERAS, 1.0), with_shared(CAMERAS, 0.0)
    assert apart is CAMERAS
    for part, fields in SHARED.items():
        for name, shared in fields.items():
            size = np.log if shared.is_ratio else np.asarray
            values, without = (
                np.array([size(getattr(getattr(c, part), name)) for c in cameras]) for cameras in (CAMERAS, none)
            )
            kinds = np.array([size(shared.phones)] * 5 + [size(shared.others)] * 5)
            middle = (size(shared.phones) + size(shared.others)) / 2
            own = values - kinds
            clipped = not shared.is_ratio and min(shared.phones, shared.others) >= 0
            assert without == pytest.approx(np.maximum(middle + own, 0) if clipped else middle + own), name
            # own parts average out to within half a standard error of five draws
            assert abs(own.reshape(2, 5).mean(axis=1)).max() <= 0.5 * own.std() / np.sqrt(5) + 1e-9, name
    assert {(c.sensor.bits, c.development.own_exposure) for c in none} == {(12, 0.0)}
    assert [(c.jpeg, c.writing) for c in none] == [(c.jpeg, c.writing) for c in CAMERAS]
    assert weakened(none, 0.0)[0].development.own_exposure == 0


def test_strength_moves_cameras_together() -> None:
    """At 0 all cameras process alike and write as before; at 1 nothing changes; in between they are nearer."""
    assert weakened(CAMERAS, 1.0) is CAMERAS
    none = weakened(CAMERAS, 0.0)
    for name in ("lens", "handling", "jpeg"):
        assert len({getattr(camera, name) for camera in none}) == 1, name
    plain = {dataclasses.replace(c.development, demosaic=Demosaic.BILINEAR) for c in none}
    assert len(plain) == 1
    assert {(c.development.own_demosaic, c.development.own_exposure) for c in none} == {(0, 0)}
    assert len({camera.sensor for camera in none}) == 1
    assert none[0].sensor.pattern == 0
    assert [c.writing for c in none] == [c.writing for c in CAMERAS]
    half = weakened(CAMERAS, 0.5)
    spread = [np.std([c.development.saturation for c in cameras]) for cameras in (none, half, CAMERAS)]
    assert spread == pytest.approx([0.0, spread[2] / 2, spread[2]])
    assert np.ptp(fixed_pattern("x", 4, 4, 0.0)) == 0


def test_without_strength_a_card_looks_the_same_to_every_camera() -> None:
    """At strength 0 the pictures themselves are equal, given the same noise."""
    pictures = [develop(photograph(c, RED), c, NEUTRAL, generator()) for c in weakened(CAMERAS, 0.0)]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures[1:])


def test_strength_beyond_one_gives_cameras_that_work() -> None:
    """Numbers that were never negative stay so, and a picture of a red card is still red."""
    for strong, camera in zip(weakened(CAMERAS, 1.5), CAMERAS, strict=True):
        for part in ("lens", "sensor", "development", "handling"):
            for field in dataclasses.fields(getattr(camera, part)):
                value = getattr(getattr(camera, part), field.name)
                if isinstance(value, float) and value >= 0:
                    assert getattr(getattr(strong, part), field.name) >= 0 or field.name in SIGNED, field.name
        red, green, blue = card(strong, RED)
        assert red > max(green, blue) + 60
