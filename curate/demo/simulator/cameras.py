"""The six virtual cameras: their optics, sensors, processing and EXIF.

Makes and models are invented. Two makes have two models each, so that Make and Model are different labels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from curate.cameras.types import CameraType
from curate.demo.simulator.models import Demosaic, Development, Handling, Jpeg, Lens, Sensor, VirtualCamera, Writing
from curate.demo.simulator.quantisation import own_table, standard_table

# fmt: off
CAMERAS: tuple[VirtualCamera, ...] = (
    VirtualCamera(
        "Ovrelund", "Wisp 5", CameraType.SMARTPHONE, unit="ovrelund-1",
        lens=Lens(distortion=0.004, red=0.0002, blue=-0.0003, blur=0.75, corner_blur=0.5, vignetting=0.08, defocus=0.0),
        sensor=Sensor(1472, 1104, shot=2.2e-4, read=0.0016, pattern=0.008, stripes=0.0003, crosstalk=0.16, bits=10),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.30, adaptation=0.80, red=0.045, blue=-0.050, saturation=1.30,
            contrast=0.32, lift=0.012, gamma=0.94, local=0.55, chroma_blur=2.2, denoise=12.0, sharpen=1.15, radius=1.0,
        ),
        jpeg=Jpeg(1472, 1104, own_table(2, 22, 1.2), own_table(3, 30, 0.9), "4:2:0"),
        handling=Handling(1.10, 0.035, step=0.024, aim=0.030, roll=1.6, tilt=0.020, upright=0.3),
        writing=Writing(
            "wisp-5", "WISP_{date}_{time}.JPG", "Wisp 5 rear lens 5.1mm f/1.8", focal_mm=5.1, focal_35mm=25,
            f_number=1.8, base_iso=50, top_iso=3200, clock_s=(20.0, 900.0), subseconds=True, offset_time=True,
            gps=0.85, gps_error_m=6.0, thumbnail=True,
        ),
    ),
    VirtualCamera(
        "Ovrelund", "Wisp 5 Mini", CameraType.SMARTPHONE, unit="ovrelund-2",
        lens=Lens(distortion=-0.012, red=0.0005, blue=-0.0006, blur=0.95, corner_blur=0.8, vignetting=0.12, defocus=0.0),
        sensor=Sensor(1360, 1020, shot=3.6e-4, read=0.0030, pattern=0.012, stripes=0.0006, crosstalk=0.20, bits=10),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=0.22, adaptation=0.72, red=0.060, blue=-0.070, saturation=1.24,
            contrast=0.26, lift=0.020, gamma=0.92, local=0.50, chroma_blur=3.2, denoise=20.0, sharpen=1.50, radius=1.4,
        ),
        jpeg=Jpeg(1360, 1020, own_table(5, 52, 1.2), own_table(7, 70, 0.9), "4:2:0"),
        handling=Handling(1.06, 0.040, step=0.024, aim=0.035, roll=2.0, tilt=0.025, upright=0.3),
        writing=Writing(
            "wisp-5-mini", "WM5_{number:04d}.JPG", "Wisp 5 Mini rear lens 4.4mm f/2.2", focal_mm=4.4, focal_35mm=28,
            f_number=2.2, base_iso=64, top_iso=1600, clock_s=(20.0, 900.0),
        ),
    ),
    VirtualCamera(
        "Tarnquist", "Glimmer 12", CameraType.SMARTPHONE, unit="tarnquist-1",
        lens=Lens(distortion=0.010, red=-0.0004, blue=0.0005, blur=0.80, corner_blur=0.6, vignetting=0.06, defocus=0.0),
        sensor=Sensor(1560, 1170, shot=3.0e-4, read=0.0022, pattern=0.010, stripes=0.0004, crosstalk=0.18, bits=10),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=0.45, adaptation=0.95, red=-0.050, blue=0.045, saturation=1.14,
            contrast=0.12, lift=0.030, gamma=0.86, local=0.60, chroma_blur=2.8, denoise=16.0, sharpen=1.80, radius=0.8,
        ),
        jpeg=Jpeg(1440, 1080, standard_table(93), standard_table(93, chroma=True), "4:2:0"),
        handling=Handling(1.14, 0.035, step=0.024, aim=0.030, roll=1.6, tilt=0.020, upright=0.3),
        writing=Writing(
            "glimmer-12", "{date}_{time}.JPG", "Glimmer main lens", focal_mm=6.1, focal_35mm=23, f_number=1.7,
            base_iso=80, top_iso=6400, clock_s=(20.0, 900.0), subseconds=True, offset_time=True, rotates=True,
            gps=0.7, gps_error_m=11.0,
        ),
    ),
    VirtualCamera(
        "Hexmoor", "Thornback", CameraType.DSLR, unit="hexmoor-1",
        lens=Lens(distortion=-0.006, red=0.0003, blue=-0.0004, blur=1.00, corner_blur=0.5, vignetting=0.34, defocus=7.0),
        sensor=Sensor(1536, 1024, shot=4.0e-5, read=0.0004, pattern=0.004, stripes=0.0001, crosstalk=0.10, bits=14),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=-0.28, adaptation=0.62, red=0.015, blue=-0.020, saturation=0.98,
            contrast=0.30, lift=0.0, gamma=1.06, local=0.0, chroma_blur=0.8, denoise=0.0, sharpen=0.35, radius=1.2,
        ),
        jpeg=Jpeg(1536, 1024, own_table(1, 12, 1.6), own_table(2, 16, 1.4), "4:2:2"),
        handling=Handling(0.93, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.0),
        writing=Writing(
            "thornback", "_THB{number:04d}.JPG", "Hexmoor 32mm f/2.8 HX", focal_mm=32.0, focal_35mm=48, f_number=4.0,
            base_iso=100, top_iso=12800, clock_s=(180.0, 28800.0), standard_steps=True, subseconds=True,
            serial="HX7700123", thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Hexmoor", "Curlew", CameraType.MIRRORLESS, unit="hexmoor-2",
        lens=Lens(distortion=0.003, red=0.0001, blue=-0.0002, blur=0.60, corner_blur=0.4, vignetting=0.26, defocus=5.0),
        sensor=Sensor(1584, 1056, shot=5.0e-5, read=0.0005, pattern=0.004, stripes=0.0001, crosstalk=0.10, bits=12),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=-0.20, adaptation=0.70, red=0.010, blue=-0.010, saturation=1.06,
            contrast=0.42, lift=0.0, gamma=1.02, local=0.04, chroma_blur=1.0, denoise=3.0, sharpen=0.60, radius=0.7,
        ),
        jpeg=Jpeg(1584, 1056, own_table(1, 9, 1.6), own_table(2, 12, 1.4), "4:4:4"),
        handling=Handling(0.97, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.0),
        writing=Writing(
            "curlew", "CRW_{number:04d}.JPG", "Hexmoor 24mm f/2 HXC", focal_mm=24.0, focal_35mm=36, f_number=2.8,
            base_iso=200, top_iso=12800, clock_s=(180.0, 28800.0), standard_steps=True, subseconds=True,
            offset_time=True, serial="HX9900456", thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Pimwick", "Finchbox 20", CameraType.COMPACT, unit="pimwick-1",
        lens=Lens(distortion=-0.045, red=0.0012, blue=-0.0014, blur=0.95, corner_blur=1.2, vignetting=0.40, defocus=1.0),
        sensor=Sensor(1184, 888, shot=2.0e-4, read=0.0024, pattern=0.010, stripes=0.0010, crosstalk=0.14, bits=12),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=-0.05, adaptation=0.45, red=-0.040, blue=0.075, saturation=1.02,
            contrast=0.20, lift=0.045, gamma=1.0, local=0.0, chroma_blur=1.2, denoise=6.0, sharpen=1.30, radius=1.6,
        ),
        jpeg=Jpeg(1280, 960, standard_table(86), standard_table(80, chroma=True), "4:2:2"),
        handling=Handling(1.00, 0.060, step=0.028, aim=0.040, roll=1.8, tilt=0.025, upright=0.0),
        writing=Writing(
            "finchbox-20", "FBX{number:05d}.JPG", "", focal_mm=7.6, focal_35mm=35, f_number=3.5, base_iso=80,
            top_iso=800, clock_s=(180.0, 28800.0), standard_steps=True, thumbnail=True, flash_below=8.0,
        ),
    ),
)
# fmt: on


def camera_types(cameras: Iterable[VirtualCamera] = CAMERAS) -> dict[tuple[str, str], CameraType]:
    """Return (make, model) -> type, which no rule can know for invented cameras."""
    return {(camera.make, camera.model): camera.type for camera in cameras}


def twin(camera: VirtualCamera, make: str, model: str) -> VirtualCamera:
    """Return a camera with another name and the same optics, sensor, processor and habits."""
    folder = model.lower().replace(" ", "-")
    return dataclasses.replace(
        camera, make=make, model=model, writing=dataclasses.replace(camera.writing, folder=folder)
    )


def weakened(cameras: tuple[VirtualCamera, ...], strength: float) -> tuple[VirtualCamera, ...]:
    """Return the cameras moved towards their mean: at strength 0 all take the same pictures, at 1 nothing changes.

    Their EXIF does not change. The fixed pattern fades with the strength. Chroma subsampling cannot be interpolated: each
    camera has its own from strength 0.5 on, and the commonest below.
    """
    if strength == 1.0:
        return cameras
    lens = _mean([camera.lens for camera in cameras])
    sensor = _mean([camera.sensor for camera in cameras])
    development = _mean([camera.development for camera in cameras])
    handling = _mean([camera.handling for camera in cameras])
    width, height = 1440, 1080
    luma = np.mean([camera.jpeg.luma for camera in cameras], axis=0)
    chroma = np.mean([camera.jpeg.chroma for camera in cameras], axis=0)

    def weaken(camera: VirtualCamera) -> VirtualCamera:
        return dataclasses.replace(
            camera,
            lens=_mixed(lens, camera.lens, strength),
            sensor=dataclasses.replace(
                _mixed(sensor, camera.sensor, strength),
                width=_even(width, camera.sensor.width, strength),
                height=_even(height, camera.sensor.height, strength),
                pattern=camera.sensor.pattern * strength,
                bits=camera.sensor.bits if strength >= 0.5 else 12,
            ),
            development=dataclasses.replace(
                _mixed(development, camera.development, strength), own_demosaic=strength, own_exposure=strength
            ),
            jpeg=Jpeg(
                _even(width, camera.jpeg.width, strength),
                _even(height, camera.jpeg.height, strength),
                tuple(np.rint(luma + strength * (camera.jpeg.luma - luma)).astype(int).clip(1, 255).tolist()),
                tuple(np.rint(chroma + strength * (camera.jpeg.chroma - chroma)).astype(int).clip(1, 255).tolist()),
                camera.jpeg.subsampling if strength >= 0.5 else "4:2:0",
            ),
            handling=_mixed(handling, camera.handling, strength),
        )

    return tuple(weaken(camera) for camera in cameras)


_Record = TypeVar("_Record", Lens, Sensor, Development, Handling)


def _mean(records: list[_Record]) -> _Record:
    """Return a record with the mean of every float field; the other fields are those of the first record."""
    return _with_numbers(
        records[0], {n: float(np.mean([getattr(r, n) for r in records])) for n in _numbers(records[0])}
    )


def _mixed(mean: _Record, own: _Record, strength: float) -> _Record:
    """Interpolate between the mean (0) and a camera's own value (1), or beyond; values that are not negative stay so."""

    def mixed(name: str) -> float:
        middle, value = getattr(mean, name), getattr(own, name)
        result = float(middle + strength * (value - middle))
        return max(result, 0.0) if min(middle, value) >= 0 else result

    return _with_numbers(own, {name: mixed(name) for name in _numbers(own)})


def _numbers(record: Lens | Sensor | Development | Handling) -> list[str]:
    return [field.name for field in dataclasses.fields(record) if isinstance(getattr(record, field.name), float)]


def _with_numbers(record: _Record, numbers: dict[str, float]) -> _Record:
    changes: dict[str, Any] = dict(numbers)
    return dataclasses.replace(record, **changes)


def _even(mean: int, own: int, strength: float) -> int:
    return 2 * round((mean + strength * (own - mean)) / 2)
