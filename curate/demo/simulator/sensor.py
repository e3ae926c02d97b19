"""Converts light to raw values: Bayer filters, exposure, shot and read noise, fixed pattern, converter."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from curate.demo.simulator.models import Sensor, VirtualCamera
from curate.demo.simulator.optics import vignetting
from curate.demo.simulator.scenes import Floats

BLACK = 1024
WHITE = 61440
"""Raw values of black and of saturation; the black level keeps negative noise above zero."""

METERED = 0.17
"""The target mean signal of metering."""


def filter_response(sensor: Sensor) -> Floats:
    """Return (3, 3) float32, the shares of linear R, G and B that the sensor's three filters pass; rows sum to 1."""
    leak = sensor.crosstalk
    return np.array(
        [[1 - leak, 0.8 * leak, 0.2 * leak], [0.4 * leak, 1 - leak, 0.6 * leak], [0.1 * leak, 0.9 * leak, 1 - leak]],
        np.float32,
    )


def expose(
    planes: tuple[Floats, Floats, Floats], camera: VirtualCamera, iso: float, stops: float, rng: np.random.Generator
) -> npt.NDArray[np.uint16]:
    """Return the raw picture, (height, width) uint16, filters in the order R G / G B.

    Args:
        planes: the light behind red, green and blue filters, (height, width) float32.
        camera: the camera with its sensor.
        iso: the gain; noise grows with it.
        stops: the exposure relative to the metered one.
        rng: the random generator of this photo's noise.
    """
    sensor = camera.sensor
    red, green, blue = planes
    signal = green.copy()
    signal[0::2, 0::2] = red[0::2, 0::2]
    signal[1::2, 1::2] = blue[1::2, 1::2]
    height, width = signal.shape
    # metering uses the centre
    middle = float(signal[height // 4 : -height // 4, width // 4 : -width // 4].mean())
    signal *= np.float32(METERED * 2.0**stops / max(middle, 1e-6))
    signal *= vignetting(camera.lens, width, height)
    signal *= fixed_pattern(camera.unit, height, width, sensor.pattern)
    np.clip(signal, 0.0, 1.5, out=signal)
    gain = iso / 100.0
    spread = signal * np.float32(sensor.shot * gain)
    spread += np.float32((sensor.read * gain) ** 2)
    np.sqrt(spread, out=spread)
    spread *= rng.standard_normal((height, width), dtype=np.float32)
    signal += spread
    signal += rng.standard_normal((height, 1), dtype=np.float32) * np.float32(sensor.stripes * gain)
    step = (WHITE - BLACK) / (2**sensor.bits - 1)
    # highlights clip at 1; then the black level and the steps of the converter
    np.minimum(signal, 1.0, out=signal)
    signal *= np.float32(2**sensor.bits - 1)
    np.rint(signal, out=signal)
    signal *= np.float32(step)
    signal += np.float32(BLACK)
    return np.clip(signal, 0, 65535, out=signal).astype(np.uint16)


@lru_cache(maxsize=8)
def fixed_pattern(unit: str, height: int, width: int, deviation: float) -> Floats:
    """Return (height, width) float32, the sensitivity of each pixel of a sensor, the same in all of its photos."""
    rng = np.random.default_rng(zlib.crc32(unit.encode()))
    pattern = rng.standard_normal((height, width), dtype=np.float32)
    pattern += 0.5 * rng.standard_normal((1, width), dtype=np.float32)
    return np.asarray(1.0 + np.float32(deviation) * pattern, np.float32)
