"""The ten virtual cameras: their optics, sensors, processing and EXIF.

Makes and models are invented: five phones and five other cameras. Each of the five makes has two models, and one makes both
kinds. A number that `strength.SHARED` lists is the sum of what cameras of the kind share (a phone has a small sensor and
processes heavily) and of the model's own part. The own parts were drawn from the same distribution for both kinds and nearly
average out in each. Everything else is the model's own; models share nothing more, not even those of one make. As many
phones as other cameras have each picture size and each chroma subsampling, and most JPEG qualities occur in both kinds, so
that the properties of a file do not tell the kinds apart with certainty.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from curate.cameras.types import CameraType
from curate.demo.simulator.models import Demosaic, Development, Handling, Jpeg, Lens, Sensor, VirtualCamera, Writing

_IJG_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_IJG_CHROMA = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))
"""The example tables of the JPEG standard (ITU-T T.81, Annex K); chroma steps that are not listed are 99."""


def standard_table(quality: int, chroma: bool = False) -> tuple[int, ...]:
    """Return the standard's table at a quality from 1 to 100, scaled as libjpeg scales it."""
    base = np.full((8, 8), 99) if chroma else np.array(_IJG_LUMA)
    if chroma:
        base[:4, :4] = _IJG_CHROMA
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(np.clip((base * scale + 50) // 100, 1, 255).ravel().tolist())


def own_table(lowest: float, highest: float, power: float) -> tuple[int, ...]:
    """Return a maker's own table, whose steps rise from the lowest to the highest frequency by a power law."""
    v, u = np.mgrid[0:8, 0:8]
    steps = lowest + (highest - lowest) * (np.hypot(u, v) / np.hypot(7, 7)) ** power
    return tuple(np.clip(np.rint(steps), 1, 255).astype(int).ravel().tolist())


# fmt: off
CAMERAS: tuple[VirtualCamera, ...] = (
    VirtualCamera(
        "Ovrelund", "Wisp 5", CameraType.SMARTPHONE, unit="ovrelund-1",
        lens=Lens(
            distortion=0.005, red=-0.0002, blue=0.0001, blur=0.91, corner_blur=0.8,
            vignetting=0.08, defocus=0.0,
        ),
        sensor=Sensor(
            1440, 1080, shot=0.00025, read=0.002, pattern=0.0101, stripes=0.00054, crosstalk=0.183, bits=10,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.1, adaptation=0.81, red=-0.05, blue=-0.06, saturation=1.14,
            contrast=0.19, lift=0.018, gamma=0.93, local=0.58, chroma_blur=2.1, denoise=17.4, sharpen=1.07,
            radius=1.0,
        ),
        jpeg=Jpeg(1440, 1080, own_table(2, 18, 1.2), own_table(2, 17, 1.2), "4:2:0"),
        handling=Handling(1.04, 0.035, step=0.024, aim=0.030, roll=1.6, tilt=0.020, upright=0.24),
        writing=Writing(
            "wisp-5", "WISP_{date}_{time}.JPG", "Wisp 5 rear lens 5.1mm f/1.8", focal_mm=5.1, focal_35mm=25,
            f_number=1.8, base_iso=50, top_iso=3200, clock_s=(20.0, 900.0), subseconds=True, offset_time=True,
            gps=0.85, gps_error_m=6.0, thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Ovrelund", "Wisp 5 Mini", CameraType.SMARTPHONE, unit="ovrelund-2",
        lens=Lens(
            distortion=0.015, red=0.0003, blue=0.0004, blur=0.81, corner_blur=0.61,
            vignetting=0.09, defocus=1.0,
        ),
        sensor=Sensor(
            1200, 900, shot=0.00032, read=0.0015, pattern=0.01, stripes=0.00041, crosstalk=0.163, bits=10,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=0.25, adaptation=0.75, red=0.077, blue=0.075, saturation=1.31,
            contrast=0.27, lift=0.022, gamma=0.91, local=0.62, chroma_blur=2.3, denoise=14.1, sharpen=1.64,
            radius=0.7,
        ),
        jpeg=Jpeg(1280, 960, own_table(4, 40, 1.3), own_table(5, 36, 1.0), "4:2:0"),
        handling=Handling(1.09, 0.040, step=0.024, aim=0.035, roll=2.0, tilt=0.025, upright=0.28),
        writing=Writing(
            "wisp-5-mini", "WM5_{number:04d}.JPG", "Wisp 5 Mini rear lens 4.4mm f/2.2", focal_mm=4.4, focal_35mm=28,
            f_number=2.2, base_iso=64, top_iso=1600, clock_s=(20.0, 900.0),
        ),
    ),
    VirtualCamera(
        "Tarnquist", "Glimmer 12", CameraType.SMARTPHONE, unit="tarnquist-1",
        lens=Lens(
            distortion=-0.004, red=0.0001, blue=0.0004, blur=0.71, corner_blur=0.41,
            vignetting=0.09, defocus=0.5,
        ),
        sensor=Sensor(
            1632, 1088, shot=0.00027, read=0.0025, pattern=0.0089, stripes=0.00052, crosstalk=0.183, bits=10,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=0.39, adaptation=0.78, red=-0.057, blue=0.035, saturation=1.29,
            contrast=0.25, lift=0.021, gamma=0.97, local=0.48, chroma_blur=2.6, denoise=16.0, sharpen=1.62,
            radius=0.7,
        ),
        jpeg=Jpeg(1536, 1024, standard_table(91), standard_table(91, chroma=True), "4:2:0"),
        handling=Handling(1.09, 0.035, step=0.024, aim=0.030, roll=1.6, tilt=0.020, upright=0.25),
        writing=Writing(
            "glimmer-12", "{date}_{time}.JPG", "Glimmer main lens", focal_mm=6.1, focal_35mm=23, f_number=1.7,
            base_iso=80, top_iso=6400, clock_s=(20.0, 900.0), subseconds=True, offset_time=True, rotates=True,
            gps=0.7, gps_error_m=11.0,
        ),
    ),
    VirtualCamera(
        "Skelmere", "Pip 3", CameraType.SMARTPHONE, unit="skelmere-1",
        lens=Lens(
            distortion=0.001, red=-0.0001, blue=-0.0002, blur=0.74, corner_blur=0.4,
            vignetting=0.06, defocus=0.0,
        ),
        sensor=Sensor(
            1536, 1024, shot=0.00024, read=0.0017, pattern=0.0095, stripes=0.00047, crosstalk=0.173, bits=12,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.18, adaptation=0.89, red=0.077, blue=-0.101, saturation=1.25,
            contrast=0.31, lift=0.028, gamma=0.87, local=0.5, chroma_blur=2.3, denoise=14.9, sharpen=1.92,
            radius=1.6,
        ),
        jpeg=Jpeg(1536, 1024, own_table(2, 24, 1.0), own_table(3, 26, 1.1), "4:2:2"),
        handling=Handling(1.07, 0.040, step=0.024, aim=0.030, roll=1.6, tilt=0.020, upright=0.27),
        writing=Writing(
            "pip-3", "PIP_{number:04d}.JPG", "Pip 3 wide 4.9mm f/1.9", focal_mm=4.9, focal_35mm=26, f_number=1.9,
            base_iso=50, top_iso=3200, clock_s=(20.0, 900.0), subseconds=True, offset_time=True, gps=0.6,
            gps_error_m=8.0, thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Skelmere", "Pip 3 Neo", CameraType.SMARTPHONE, unit="skelmere-2",
        lens=Lens(
            distortion=-0.016, red=0.0001, blue=-0.0007, blur=0.81, corner_blur=0.51,
            vignetting=0.09, defocus=0.5,
        ),
        sensor=Sensor(
            1440, 1080, shot=0.00022, read=0.0027, pattern=0.0115, stripes=0.00037, crosstalk=0.143, bits=12,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=0.41, adaptation=0.73, red=-0.027, blue=0.052, saturation=1.1,
            contrast=0.03, lift=0.018, gamma=0.85, local=0.62, chroma_blur=3.8, denoise=18.7, sharpen=1.35,
            radius=0.7,
        ),
        jpeg=Jpeg(1440, 1080, standard_table(94), standard_table(93, chroma=True), "4:2:2"),
        handling=Handling(1.03, 0.035, step=0.024, aim=0.035, roll=2.0, tilt=0.025, upright=0.24),
        writing=Writing(
            "pip-3-neo", "NEO{number:05d}.JPG", "", focal_mm=4.2, focal_35mm=27, f_number=2.0, base_iso=100,
            top_iso=3200, clock_s=(20.0, 900.0), thumbnail=True,
        ),
    ),
    VirtualCamera(
        "Hexmoor", "Thornback", CameraType.DSLR, unit="hexmoor-1",
        lens=Lens(
            distortion=0.004, red=-0.0001, blue=-0.0002, blur=0.91, corner_blur=0.66,
            vignetting=0.29, defocus=4.4,
        ),
        sensor=Sensor(
            1536, 1024, shot=6.6e-5, read=0.0005, pattern=0.0051, stripes=0.00012, crosstalk=0.109, bits=14,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=-0.07, adaptation=0.69, red=-0.011, blue=-0.005, saturation=1.14,
            contrast=0.36, lift=0.018, gamma=1.07, local=0.0, chroma_blur=1.1, denoise=0.7, sharpen=0.25,
            radius=1.2,
        ),
        jpeg=Jpeg(1536, 1024, own_table(1, 14, 1.4), own_table(2, 16, 1.4), "4:2:2"),
        handling=Handling(1.0, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.22),
        writing=Writing(
            "thornback", "_THB{number:04d}.JPG", "Hexmoor 32mm f/2.8 HX", focal_mm=32.0, focal_35mm=48, f_number=4.0,
            base_iso=100, top_iso=12800, clock_s=(180.0, 5400.0), standard_steps=True, subseconds=True,
            serial="HX7700123", thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Hexmoor", "Curlew", CameraType.MIRRORLESS, unit="hexmoor-2",
        lens=Lens(
            distortion=0.008, red=0.0002, blue=0.0006, blur=0.86, corner_blur=0.75,
            vignetting=0.26, defocus=4.6,
        ),
        sensor=Sensor(
            1440, 1080, shot=4.9e-5, read=0.00072, pattern=0.0063, stripes=0.00017, crosstalk=0.118, bits=12,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=-0.28, adaptation=0.78, red=0.079, blue=0.093, saturation=0.99,
            contrast=0.19, lift=0.002, gamma=1.01, local=0.0, chroma_blur=0.9, denoise=5.3, sharpen=0.46,
            radius=1.4,
        ),
        jpeg=Jpeg(1440, 1080, own_table(1, 9, 1.6), own_table(2, 12, 1.4), "4:2:0"),
        handling=Handling(0.99, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.08),
        writing=Writing(
            "curlew", "CRW_{number:04d}.JPG", "Hexmoor 24mm f/2 HXC", focal_mm=24.0, focal_35mm=36, f_number=2.8,
            base_iso=200, top_iso=12800, clock_s=(180.0, 28800.0), standard_steps=True, subseconds=True,
            offset_time=True, serial="HX9900456", thumbnail=True,
        ),
    ),
    VirtualCamera(
        "Pimwick", "Finchbox 20", CameraType.COMPACT, unit="pimwick-1",
        lens=Lens(
            distortion=-0.016, red=-0.0001, blue=-0.0001, blur=0.76, corner_blur=0.56,
            vignetting=0.3, defocus=4.6,
        ),
        sensor=Sensor(
            1184, 888, shot=9.6e-5, read=0.00068, pattern=0.0053, stripes=0.0001, crosstalk=0.088, bits=12,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=-0.12, adaptation=0.82, red=-0.088, blue=0.008, saturation=1.12,
            contrast=0.48, lift=0.013, gamma=1.07, local=0.04, chroma_blur=1.3, denoise=6.1, sharpen=0.68,
            radius=0.8,
        ),
        jpeg=Jpeg(1280, 960, standard_table(87), standard_table(86, chroma=True), "4:2:0"),
        handling=Handling(1.01, 0.050, step=0.028, aim=0.040, roll=1.8, tilt=0.025, upright=0.22),
        writing=Writing(
            "finchbox-20", "FBX{number:05d}.JPG", "", focal_mm=7.6, focal_35mm=35, f_number=3.5, base_iso=80,
            top_iso=800, clock_s=(180.0, 28800.0), standard_steps=True, thumbnail=True, flash_below=8.0,
        ),
    ),
    VirtualCamera(
        "Pimwick", "Siskin", CameraType.DSLR, unit="pimwick-2",
        lens=Lens(
            distortion=0.015, red=0.0001, blue=-0.0003, blur=0.76, corner_blur=0.46,
            vignetting=0.31, defocus=4.7,
        ),
        sensor=Sensor(
            1536, 1024, shot=9.6e-5, read=0.00043, pattern=0.0055, stripes=0.00012, crosstalk=0.129, bits=14,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.01, adaptation=0.48, red=0.039, blue=-0.092, saturation=0.99,
            contrast=0.25, lift=0.006, gamma=0.97, local=0.17, chroma_blur=1.6, denoise=0.7, sharpen=0.8,
            radius=0.8,
        ),
        jpeg=Jpeg(1536, 1024, standard_table(92), standard_table(92, chroma=True), "4:2:2"),
        handling=Handling(0.98, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.2),
        writing=Writing(
            "siskin", "SSK{number:05d}.JPG", "Pimwick 28mm f/3.5 P", focal_mm=28.0, focal_35mm=42, f_number=3.5,
            base_iso=100, top_iso=6400, clock_s=(180.0, 5400.0), standard_steps=True, serial="PW2100789",
            thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Tarnquist", "Plover 4", CameraType.MIRRORLESS, unit="tarnquist-2",
        lens=Lens(
            distortion=-0.005, red=-0.0002, blue=0.0001, blur=0.94, corner_blur=0.65,
            vignetting=0.25, defocus=4.1,
        ),
        sensor=Sensor(
            1520, 1140, shot=5.8e-5, read=0.00073, pattern=0.0061, stripes=0.00014, crosstalk=0.099, bits=12,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=-0.09, adaptation=0.5, red=-0.028, blue=-0.011, saturation=0.91,
            contrast=0.36, lift=0.009, gamma=1.11, local=0.06, chroma_blur=0.9, denoise=4.2, sharpen=0.36,
            radius=1.6,
        ),
        jpeg=Jpeg(1440, 1080, own_table(2, 20, 1.6), own_table(2, 18, 1.3), "4:2:0"),
        handling=Handling(1.02, 0.045, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.1),
        writing=Writing(
            "plover-4", "PLV_{number:04d}.JPG", "Tarnquist 17mm f/2.8", focal_mm=17.0, focal_35mm=34, f_number=2.8,
            base_iso=200, top_iso=6400, clock_s=(180.0, 5400.0), standard_steps=True, subseconds=True,
            offset_time=True, serial="TQ5500321", maker_note=True,
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
