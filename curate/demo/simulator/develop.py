"""Develops raw values into a picture: demosaicing, white balance, colour, tone, noise reduction, sharpening, JPEG."""

from __future__ import annotations

import io

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from curate.demo.simulator.models import Demosaic, Development, Jpeg, VirtualCamera
from curate.demo.simulator.scenes import Floats
from curate.demo.simulator.sensor import BLACK, WHITE, filter_response

Picture = npt.NDArray[np.uint8]

_TABLE_BITS = 12
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def develop(
    raw: npt.NDArray[np.uint16], camera: VirtualCamera, illuminant: Floats, rng: np.random.Generator
) -> Picture:
    """Return the picture, (height, width, 3) uint8 sRGB in the size that the camera stores.

    Args:
        raw: (height, width) uint16, filters in the order R G / G B.
        camera: the camera with its processor.
        illuminant: (3,) float32, the light's true colour, green 1; white balance estimates it.
        rng: the random generator of this photo's white balance.
    """
    how = camera.development
    matrix = _colour_matrix(camera, illuminant, rng) / np.float32(WHITE - BLACK)
    # the fourth column of the matrix subtracts the black level
    affine = np.column_stack([matrix, -BLACK * matrix.sum(axis=1)]).astype(np.float32)
    linear = np.asarray(cv2.transform(demosaic(raw, how).astype(np.float32), affine), np.float32)
    if how.local > 0:
        linear *= _local_gain(linear, how.local)[..., None]
    linear *= np.float32(2**_TABLE_BITS - 1)
    np.clip(linear, 0, 2**_TABLE_BITS - 1, out=linear)
    picture = np.take(_tone_table(how), linear.astype(np.uint16))
    picture = _clean_and_sharpen(picture, how)
    size = (camera.jpeg.width, camera.jpeg.height)
    if picture.shape[1::-1] != size:
        shrinks = size[0] < picture.shape[1]
        picture = _uint8(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))
    return picture


def _uint8(pixels: npt.ArrayLike) -> Picture:
    return np.asarray(pixels, np.uint8)


def demosaic(raw: npt.NDArray[np.uint16], how: Development) -> npt.NDArray[np.uint16]:
    """Return (height, width, 3) uint16 RGB of a raw picture with filters R G / G B.

    OpenCV names a Bayer pattern by its second row and second column: a pattern that begins with R G / G B is BG, and
    BayerBG2RGB returns the channels in the order R, G, B.
    """
    even = np.asarray(cv2.demosaicing(raw, cv2.COLOR_BayerBG2RGB), np.uint16)
    if how.own_demosaic <= 0 or how.demosaic is Demosaic.BILINEAR:
        return even
    if how.demosaic is Demosaic.EDGE_AWARE:
        own = np.asarray(cv2.demosaicing(raw, cv2.COLOR_BayerBG2RGB_EA), np.uint16)
    else:
        own = _median_of_differences(even)
    if how.own_demosaic == 1:
        return own
    return np.asarray(cv2.addWeighted(own, how.own_demosaic, even, 1.0 - how.own_demosaic, 0.0), np.uint16)


def _median_of_differences(even: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    red, green, blue = (plane.astype(np.int32) for plane in cv2.split(even))

    def smoothed(plane: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        difference = np.clip((plane - green + 65536) >> 1, 0, 65535).astype(np.uint16)
        return np.asarray((cv2.medianBlur(difference, 5).astype(np.int32) << 1) - 65536 + green)

    return np.asarray(np.clip(np.stack([smoothed(red), green, smoothed(blue)], axis=2), 0, 65535), np.uint16)


def _colour_matrix(camera: VirtualCamera, illuminant: Floats, rng: np.random.Generator) -> Floats:
    """Convert sensor colours to linear sRGB: white balance, inverse of the filters, saturation."""
    how = camera.development
    error = rng.normal(0.0, 0.018, 2)
    guess = illuminant.astype(np.float64) ** how.adaptation
    gains = np.array([1.0 + how.red + error[0], 1.0, 1.0 + how.blue + error[1]]) / guess
    unmix = np.linalg.inv(filter_response(camera.sensor).astype(np.float64))
    saturate = how.saturation * np.eye(3) + (1.0 - how.saturation) * _LUMINANCE
    return np.asarray(saturate @ np.diag(gains) @ unmix, np.float32)


def _local_gain(linear: Floats, amount: float) -> Floats:
    """Darken bright regions and brighten dark ones (local tone mapping), as phones do."""
    height, width = linear.shape[:2]
    small = cv2.resize(linear, (width // 16, height // 16), interpolation=cv2.INTER_AREA) @ _LUMINANCE
    region = np.maximum(cv2.GaussianBlur(np.maximum(small, 0.0), (0, 0), 2.5), 0.01)
    gain = np.clip((region / 0.18) ** -amount, 0.5, 2.2).astype(np.float32)
    return np.asarray(cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR))


def _tone_table(how: Development) -> Picture:
    """Return the curve from 12-bit linear light to 8-bit display values: soft shoulder, sRGB, gamma, S-curve, black."""
    x = np.linspace(0.0, 1.0, 2**_TABLE_BITS)
    x = np.where(x < 0.6, x, 0.6 + 0.4 * np.tanh((x - 0.6) / 0.4) / np.tanh(1.0))
    display = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055) ** how.gamma
    display += how.contrast * (display * display * (3.0 - 2.0 * display) - display)
    return np.asarray(np.rint(255.0 * (how.lift + (1.0 - how.lift) * display)).clip(0, 255), np.uint8)


def _clean_and_sharpen(picture: Picture, how: Development) -> Picture:
    luma, red, blue = map(_uint8, cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)))
    if how.chroma_blur > 0.3:
        red, blue = _smoothed(red, how.chroma_blur), _smoothed(blue, how.chroma_blur)
    if how.denoise > 0.5:
        luma = _uint8(cv2.bilateralFilter(luma, 5, how.denoise, 1.6))
    if how.sharpen > 0:
        blurred = cv2.GaussianBlur(luma, (0, 0), how.radius)
        luma = _uint8(cv2.addWeighted(luma, 1.0 + how.sharpen, blurred, -how.sharpen, 0.0))
    return np.asarray(cv2.cvtColor(cv2.merge([luma, red, blue]), cv2.COLOR_YCrCb2RGB), np.uint8)


def _smoothed(plane: Picture, blur: float) -> Picture:
    """Blur with a Gaussian at half the resolution, which is enough for colour."""
    height, width = plane.shape
    half = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(cv2.GaussianBlur(half, (0, 0), blur / 2.0), (width, height), interpolation=cv2.INTER_LINEAR),
        np.uint8,
    )


def pack(picture: Picture, jpeg: Jpeg, exif: bytes) -> bytes:
    """Return a JPEG file with the camera's own tables and EXIF (bytes that begin with `Exif`)."""
    file = io.BytesIO()
    Image.fromarray(picture).save(
        file, "JPEG", qtables=[list(jpeg.luma), list(jpeg.chroma)], subsampling=jpeg.subsampling, exif=exif
    )
    return file.getvalue()


def thumbnail(picture: Picture) -> bytes:
    """Return a small JPEG, 160 pixels wide, as cameras embed it."""
    height, width = picture.shape[:2]
    file = io.BytesIO()
    Image.fromarray(cv2.resize(picture, (160, round(160 * height / width)), interpolation=cv2.INTER_AREA)).save(
        file, "JPEG", quality=80
    )
    return file.getvalue()
