"""The parameters of a virtual camera: its lens, sensor, processor, files and owner."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

from curate.cameras.types import CameraType


class Demosaic(StrEnum):
    """The demosaicing method."""

    BILINEAR = "bilinear"
    EDGE_AWARE = "edge-aware"
    MEDIAN = "median"  # bilinear, then a median over the colour differences (Freeman 1988)


@dataclass(frozen=True, slots=True)
class Lens:
    """The lens.

    Attributes:
        distortion: radial distortion, r -> r (1 + distortion r²) with r = 1 at half the short side; negative is barrel.
        red: magnification of red relative to green, minus 1 (lateral chromatic aberration).
        blue: magnification of blue relative to green, minus 1.
        blur: the standard deviation of the point spread function, sensor pixels.
        corner_blur: the increase of `blur` in the corners.
        vignetting: the share of light that the corners lose, from 0 to 1.
        defocus: the blur at infinity, standard deviation in canvas pixels; 0 if everything is in focus.
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
    """The sensor. Signals are fractions of saturation.

    Attributes:
        width: its width in pixels, even.
        height: its height in pixels, even.
        shot: the variance of the shot noise at ISO 100 and signal 1.
        read: the standard deviation of the read noise at ISO 100.
        pattern: the standard deviation of the pixels' sensitivities, the fixed pattern of this camera.
        stripes: the standard deviation of the rows' offsets at ISO 100, drawn anew for each photo.
        crosstalk: the share of each colour that the filters of the other colours pass.
        bits: the bits of the converter.
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
    """The processing from raw values to a picture.

    Attributes:
        demosaic: the demosaicing method.
        own_demosaic: the share of this method in the result; the rest is bilinear.
        exposure: the bias of the metering, stops.
        adaptation: the share of the light's colour that white balance removes.
        red: the bias of white balance in red, as gain minus 1.
        blue: the bias of white balance in blue, as gain minus 1.
        saturation: the saturation; 1 is true to the scene.
        contrast: the share of an S-curve in the tone curve.
        lift: the brightness of black.
        gamma: the exponent on the display value; below 1 brightens.
        local: the strength of local tone mapping.
        chroma_blur: the smoothing of colour, pixels.
        denoise: the range of the edge-preserving smoothing of brightness, 8-bit steps.
        sharpen: the amount of unsharp masking.
        radius: the blur of unsharp masking, pixels.
        own_exposure: how much the camera's own choice of ISO, its flash and its exposure error affect the picture.
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
    """The size and JPEG encoding of the file.

    Attributes:
        width: the stored width in pixels; the sensor's picture is scaled to it.
        height: the stored height in pixels.
        luma: 64 quantisation steps of luma, row by row.
        chroma: 64 quantisation steps of chroma, row by row.
        subsampling: the chroma subsampling.
    """

    width: int
    height: int
    luma: tuple[int, ...]
    chroma: tuple[int, ...]
    subsampling: str


@dataclass(frozen=True, slots=True)
class Handling:
    """How the owner holds and aims the camera.

    Attributes:
        short_side: the extent of the frame's short side in the scene, scene units.
        spread: the relative standard deviation of `short_side` (distance, zoom, crop).
        step: the standard deviation of the viewpoint's shift, scene units.
        aim: the standard deviation of the frame's centre, scene units.
        roll: the standard deviation of the roll angle, degrees.
        tilt: the standard deviation of the slant of the plane.
        upright: the share of photos in portrait orientation.
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
    """File names and EXIF.

    Attributes:
        folder: the folder of its photos.
        name: the format of file names, with the fields `number`, `date` and `time`.
        lens: the tag LensModel.
        focal_mm: the focal length, mm.
        focal_35mm: the 35 mm equivalent focal length, mm.
        f_number: the f-number.
        base_iso: the lowest ISO.
        top_iso: the highest ISO.
        clock_s: the least and the largest clock error, seconds.
        standard_steps: whether exposure times and ISO are from the usual series; otherwise they are any numbers.
        subseconds: whether the file has sub-second tags.
        offset_time: whether the file has time zone tags.
        rotates: whether a portrait shot is stored upright; otherwise the Orientation tag says how to turn it.
        gps: the share of photos with a GPS position.
        gps_error_m: the standard deviation of the GPS position, metres.
        serial: an invented body serial number.
        thumbnail: whether the file has a thumbnail.
        maker_note: whether the file has a MakerNote.
        flash_below: the brightness below which the flash fires (EV at ISO 100).
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
    """A virtual camera. Cameras with the same `unit` have the same sensor with the same fixed pattern."""

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
        """Make and model in one string."""
        return f"{self.make} {self.model}"

    @property
    def key(self) -> int:
        """The camera's number in the seeds of its photos."""
        return zlib.crc32(self.name.encode())
