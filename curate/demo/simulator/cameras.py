"""The ten virtual cameras: their optics, sensors, processing and EXIF.

Makes and models are invented: five phones and five other cameras. Each of the five makes has two models, and one makes both
kinds. A number that `strength.SHARED` lists is the sum of what cameras of the kind share (a phone has a small sensor and
processes heavily) and of the model's own part. The own parts were drawn from the same distribution for both kinds.
Everything else is the model's own; models share nothing more, not even those of one make. Most picture sizes, chroma
subsamplings and JPEG qualities occur in both kinds, as among real cameras, so that the properties of a file do not tell the
kinds apart with certainty.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from curate.cameras.types import CameraType
from curate.demo.simulator.models import Demosaic, Development, Handling, Jpeg, Lens, Sensor, VirtualCamera, Writing
from curate.demo.simulator.quantisation import own_table, standard_table

# fmt: off
CAMERAS: tuple[VirtualCamera, ...] = (
    VirtualCamera(
        "Ovrelund", "Wisp 5", CameraType.SMARTPHONE, unit="ovrelund-1",
        lens=Lens(
            distortion=0.003, red=-3e-4, blue=1e-4, blur=0.89, corner_blur=0.81,
            vignetting=0.06, defocus=0.0,
        ),
        sensor=Sensor(
            1440, 1080, shot=2.4e-4, read=0.002, pattern=0.0101, stripes=5.3e-4, crosstalk=0.18, bits=10,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.05, adaptation=0.91, red=-0.027, blue=-0.059, saturation=1.11,
            contrast=0.16, lift=0.015, gamma=0.91, local=0.6, chroma_blur=1.6, denoise=18.9, sharpen=1.16,
            radius=0.8,
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
            distortion=0.013, red=2e-4, blue=4e-4, blur=0.79, corner_blur=0.62,
            vignetting=0.07, defocus=1.1,
        ),
        sensor=Sensor(
            1200, 900, shot=3.1e-4, read=0.0015, pattern=0.0100, stripes=4e-4, crosstalk=0.16, bits=10,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=0.2, adaptation=0.85, red=0.1, blue=0.076, saturation=1.28,
            contrast=0.24, lift=0.019, gamma=0.89, local=0.64, chroma_blur=1.8, denoise=15.6, sharpen=1.73,
            radius=0.5,
        ),
        jpeg=Jpeg(1280, 960, own_table(4, 44, 1.2), own_table(5, 42, 0.9), "4:2:0"),
        handling=Handling(1.09, 0.040, step=0.024, aim=0.035, roll=2.0, tilt=0.025, upright=0.28),
        writing=Writing(
            "wisp-5-mini", "WM5_{number:04d}.JPG", "Wisp 5 Mini rear lens 4.4mm f/2.2", focal_mm=4.4, focal_35mm=28,
            f_number=2.2, base_iso=64, top_iso=1600, clock_s=(20.0, 900.0),
        ),
    ),
    VirtualCamera(
        "Tarnquist", "Glimmer 12", CameraType.SMARTPHONE, unit="tarnquist-1",
        lens=Lens(
            distortion=-0.006, red=0.0, blue=4e-4, blur=0.69, corner_blur=0.42,
            vignetting=0.07, defocus=0.6,
        ),
        sensor=Sensor(
            1560, 1170, shot=2.6e-4, read=0.0025, pattern=0.0089, stripes=5.1e-4, crosstalk=0.18, bits=10,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=0.34, adaptation=0.88, red=-0.034, blue=0.036, saturation=1.26,
            contrast=0.22, lift=0.018, gamma=0.95, local=0.5, chroma_blur=2.1, denoise=17.5, sharpen=1.71,
            radius=0.5,
        ),
        jpeg=Jpeg(1440, 1080, standard_table(91), standard_table(91, chroma=True), "4:2:0"),
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
            distortion=-0.001, red=-2e-4, blue=-2e-4, blur=0.72, corner_blur=0.41,
            vignetting=0.04, defocus=0.1,
        ),
        sensor=Sensor(
            1536, 1024, shot=2.3e-4, read=0.0017, pattern=0.0095, stripes=4.6e-4, crosstalk=0.17, bits=12,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.13, adaptation=0.99, red=0.1, blue=-0.1, saturation=1.22,
            contrast=0.28, lift=0.025, gamma=0.85, local=0.52, chroma_blur=1.8, denoise=16.4, sharpen=2.01,
            radius=1.4,
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
            distortion=-0.018, red=0.0, blue=-7e-4, blur=0.79, corner_blur=0.52,
            vignetting=0.07, defocus=0.6,
        ),
        sensor=Sensor(
            1440, 1080, shot=2.1e-4, read=0.0027, pattern=0.0114, stripes=3.6e-4, crosstalk=0.14, bits=12,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=0.36, adaptation=0.83, red=-0.004, blue=0.053, saturation=1.07,
            contrast=0.0, lift=0.015, gamma=0.83, local=0.64, chroma_blur=3.3, denoise=20.2, sharpen=1.44,
            radius=0.5,
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
            distortion=0.008, red=-3e-4, blue=-1e-4, blur=0.89, corner_blur=0.76,
            vignetting=0.31, defocus=4.4,
        ),
        sensor=Sensor(
            1536, 1024, shot=6.8e-5, read=5e-4, pattern=0.0052, stripes=1.2e-4, crosstalk=0.1, bits=14,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=-0.01, adaptation=0.66, red=-0.023, blue=-0.013, saturation=1.17,
            contrast=0.43, lift=0.019, gamma=1.08, local=0.0, chroma_blur=1.7, denoise=0.0, sharpen=0.04,
            radius=1.3,
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
            distortion=0.012, red=0.0, blue=7e-4, blur=0.84, corner_blur=0.85,
            vignetting=0.28, defocus=4.6,
        ),
        sensor=Sensor(
            1536, 1024, shot=5e-5, read=7.1e-4, pattern=0.0065, stripes=1.6e-4, crosstalk=0.11, bits=12,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=-0.22, adaptation=0.75, red=0.067, blue=0.085, saturation=1.02,
            contrast=0.26, lift=0.003, gamma=1.02, local=0.01, chroma_blur=1.5, denoise=4.6, sharpen=0.25,
            radius=1.5,
        ),
        jpeg=Jpeg(1536, 1024, own_table(1, 9, 1.6), own_table(2, 12, 1.4), "4:2:0"),
        handling=Handling(0.99, 0.050, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.08),
        writing=Writing(
            "curlew", "CRW_{number:04d}.JPG", "Hexmoor 24mm f/2 HXC", focal_mm=24.0, focal_35mm=36, f_number=2.8,
            base_iso=200, top_iso=12800, clock_s=(180.0, 28800.0), standard_steps=True, subseconds=True,
            offset_time=True, serial="HX9900456", thumbnail=True, maker_note=True,
        ),
    ),
    VirtualCamera(
        "Pimwick", "Finchbox 20", CameraType.COMPACT, unit="pimwick-1",
        lens=Lens(
            distortion=-0.012, red=-3e-4, blue=0.0, blur=0.74, corner_blur=0.66,
            vignetting=0.32, defocus=4.6,
        ),
        sensor=Sensor(
            1184, 888, shot=9.8e-5, read=6.7e-4, pattern=0.0054, stripes=9.8e-5, crosstalk=0.08, bits=12,
        ),
        development=Development(
            Demosaic.BILINEAR, 1.0, exposure=-0.06, adaptation=0.79, red=-0.1, blue=0.0, saturation=1.15,
            contrast=0.55, lift=0.014, gamma=1.08, local=0.05, chroma_blur=1.9, denoise=5.4, sharpen=0.47,
            radius=0.9,
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
            distortion=0.019, red=-1e-4, blue=-2e-4, blur=0.74, corner_blur=0.56,
            vignetting=0.33, defocus=4.7,
        ),
        sensor=Sensor(
            1536, 1024, shot=9.8e-5, read=4.3e-4, pattern=0.0056, stripes=1.2e-4, crosstalk=0.12, bits=14,
        ),
        development=Development(
            Demosaic.EDGE_AWARE, 1.0, exposure=0.07, adaptation=0.45, red=0.027, blue=-0.1, saturation=1.02,
            contrast=0.32, lift=0.007, gamma=0.98, local=0.18, chroma_blur=2.2, denoise=0.0, sharpen=0.59,
            radius=0.9,
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
            distortion=-0.001, red=-4e-4, blue=2e-4, blur=0.92, corner_blur=0.75,
            vignetting=0.27, defocus=4.1,
        ),
        sensor=Sensor(
            1520, 1140, shot=5.9e-5, read=7.2e-4, pattern=0.0063, stripes=1.3e-4, crosstalk=0.09, bits=12,
        ),
        development=Development(
            Demosaic.MEDIAN, 1.0, exposure=-0.03, adaptation=0.47, red=-0.04, blue=-0.019, saturation=0.94,
            contrast=0.43, lift=0.01, gamma=1.12, local=0.07, chroma_blur=1.5, denoise=3.5, sharpen=0.15,
            radius=1.7,
        ),
        jpeg=Jpeg(1440, 1080, own_table(2, 20, 1.6), own_table(2, 18, 1.3), "4:2:0"),
        handling=Handling(1.02, 0.045, step=0.028, aim=0.035, roll=1.2, tilt=0.020, upright=0.1),
        writing=Writing(
            "plover-4", "PLV_{number:04d}.JPG", "Tarnquist 17mm f/2.8", focal_mm=17.0, focal_35mm=34, f_number=2.8,
            base_iso=200, top_iso=6400, clock_s=(180.0, 5400.0), standard_steps=True, subseconds=True,
            offset_time=True, serial="TQ5500321",
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
