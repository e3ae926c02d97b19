"""What makes a virtual camera: the records of its lens, sensor, processor, files and owner."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

from curate.cameras.types import CameraType


class Demosaic(StrEnum):
    """How colour is filled in between the sensor's filters."""

    BILINEAR = "bilinear"
    EDGE_AWARE = "edge-aware"
    MEDIAN = "median"  # bilinear, then a median over the colour differences (Freeman 1988)


@dataclass(frozen=True, slots=True)
class Lens:
    """What the lens does.

    Attributes:
        distortion: radial, r -> r (1 + distortion r²) with r = 1 half the short side away; negative is barrel.
        red, blue: magnification of red and blue against green, minus 1 (lateral chromatic aberration).
        blur: the point spread's standard deviation, sensor pixels. corner_blur: what it grows by in the corners.
        vignetting: the light that the corners lose, from 0 to 1.
        defocus: the blur of what is at infinity, canvas pixels (standard deviation); 0 where all is in focus.
    """

    distortion: float
    red: float
    blue: float
    blur: float
    corner_blur: float
    vignetting: float
    defocus: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """What the sensor does. Signals are fractions of saturation.

    Attributes:
        width, height: pixels, even.
        shot: variance of the shot noise at ISO 100 and signal 1. read: standard deviation of the read noise at ISO 100.
        pattern: standard deviation of the pixels' sensitivities, a fixed pattern of this camera.
        stripes: standard deviation of the rows' offsets, new in each photo, at ISO 100.
        crosstalk: the share of each colour that its neighbours' filters pass.
        bits: of the converter.
    """

    width: int
    height: int
    shot: float
    read: float
    pattern: float
    stripes: float
    crosstalk: float
    bits: int


@dataclass(frozen=True, slots=True)
class Development:
    """What the camera's processor does.

    Attributes:
        demosaic: the kind; own_demosaic: its share, the rest being bilinear.
        exposure: metering against the middle, stops.
        adaptation: the share of the light's colour that white balance takes away.
        red, blue: the bias of white balance, as gains minus 1.
        saturation: 1 is true. contrast: the share of an S-curve in the tone curve. lift: brightness of black.
        gamma: exponent on the display value; below 1 brightens.
        local: how much bright regions are dimmed and dark ones lit.
        chroma_blur: smoothing of colour, pixels.
        denoise: range of the edge-keeping smoothing of brightness, 8-bit steps.
        sharpen: amount of unsharp masking; radius: its blur, pixels.
        own_exposure: how far the camera's own choice of ISO, its flash and what it misses of the light show.
    """

    demosaic: Demosaic
    own_demosaic: float
    exposure: float
    adaptation: float
    red: float
    blue: float
    saturation: float
    contrast: float
    lift: float
    gamma: float
    local: float
    chroma_blur: float
    denoise: float
    sharpen: float
    radius: float
    own_exposure: float = 1.0


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What the file is packed with.

    Attributes:
        width, height: of the picture as stored; the sensor's picture is scaled to it.
        luma, chroma: 64 quantisation steps each, row by row. subsampling: of chroma.
    """

    width: int
    height: int
    luma: tuple[int, ...]
    chroma: tuple[int, ...]
    subsampling: str


@dataclass(frozen=True, slots=True)
class Handling:
    """How its owner holds it.

    Attributes:
        short_side: what the frame's short side shows, scene units.
        spread: its relative standard deviation (feet, zoom, crop).
        step: standard deviation of the viewpoint's shift, scene units. aim: of the frame's middle, scene units.
        roll: standard deviation, degrees. tilt: standard deviation of the plane's slant.
        upright: the share of photos held upright (portrait).
    """

    short_side: float
    spread: float
    step: float
    aim: float
    roll: float
    tilt: float
    upright: float


@dataclass(frozen=True, slots=True)
class Writing:
    """What it writes, apart from the picture.

    Attributes:
        folder: the folder that its photos land in. name: of a file, a format of `number`, `date` and `time`.
        lens: LensModel. focal_mm, focal_35mm, f_number: of the lens. base_iso, top_iso: the sensor's range.
        clock_s: the least and the greatest clock error, seconds.
        standard_steps: exposure times and ISO from the usual series; free numbers otherwise.
        subseconds, offset_time: whether the tags are there.
        rotates: an upright shot is stored upright; otherwise Orientation says how to turn it.
        gps: the share of photos that say where. gps_error_m: the standard deviation of a place, metres.
        serial: a made-up body number. thumbnail, maker_note: whether the file holds one.
        flash_below: the flash fires below this brightness (EV at ISO 100).
    """

    folder: str
    name: str
    lens: str
    focal_mm: float
    focal_35mm: int
    f_number: float
    base_iso: int
    top_iso: int
    clock_s: tuple[float, float]
    standard_steps: bool = False
    subseconds: bool = False
    offset_time: bool = False
    rotates: bool = False
    gps: float = 0.0
    gps_error_m: float = 0.0
    serial: str | None = None
    thumbnail: bool = False
    maker_note: bool = False
    flash_below: float = 0.0


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """A camera. Cameras of equal `unit` have the same sensor, down to its fixed pattern: they differ in name only."""

    make: str
    model: str
    type: CameraType
    unit: str
    lens: Lens
    sensor: Sensor
    development: Development
    jpeg: Jpeg
    handling: Handling
    writing: Writing

    @property
    def name(self) -> str:
        """Maker and model in one string."""
        return f"{self.make} {self.model}"

    @property
    def key(self) -> int:
        """A number that stands for the camera in the seeds of its photos."""
        return zlib.crc32(self.name.encode())
