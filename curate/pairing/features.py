"""Local features of a photo: root-SIFT of its preview, computed once and cached.

SIFT (Lowe, IJCV 2004) finds the same corner at another scale, rotation and brightness. The square root of the L1-normalised
descriptors (Arandjelović and Zisserman, CVPR 2012) makes their dot product a Hellinger kernel.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.errors import StorageError
from curate.photos.previews import read_preview
from tracer.base.files import read_sealed, write_sealed
from tracer.base.text import quoted_path

VERSION = "sift640-5"
"""Part of every cached file's name. Change it whenever the features or the form of their file change."""

LONG_SIDE = 640
"""Pixels. With larger pictures fewer partners were found, since fine detail differs most between cameras."""

KEPT = 2000
"""Keypoints kept of one photo, strongest first. All of them are used in the second look: a long lens shows a small part of a
wide view, and the corners of that part are not among the wide view's strongest."""

SHORT = 500
"""Keypoints used in the first look."""

WIDE = 1000
"""Keypoints used to decide whether two photos from different standpoints are looked at again."""

FAINT = 0.01
"""SIFT's contrast threshold for photos in which the default threshold finds few keypoints."""

MIN_KEYPOINTS = 12
"""A photo with fewer keypoints (fog, a blank wall) cannot be told from others by them."""

THUMB_SIDE = 160
_SCALE = 512.0
_ARRAYS = ("keypoints", "descriptors", "thumb", "frame")

_MIRROR = np.arange(128).reshape(4, 4, 8)[::-1, :, (-np.arange(8)) % 8].ravel()
"""The order of a descriptor's numbers after mirroring. A descriptor has 4 × 4 cells of 8 directions, and its main direction
lies along a row, so mirroring reverses the rows and the sign of the directions."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one photo, strongest keypoints first.

    Attributes:
        points: (N, 2) float32, x and y in pixels of the picture that the features were found in.
        sizes: (N,) float32, diameter in pixels.
        angles: (N,) float32, degrees.
        descriptors: (N, 128) uint8, root-SIFT times 512, so that a photo takes at most 256 kB.
        thumb: (h, w) uint8, the picture in grey with a long side of 160 pixels, for comparing aligned photos.
        width: width in pixels of the picture that the features were found in.
        height: its height in pixels.
    """

    points: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    thumb: NDArray[np.uint8]
    width: int
    height: int

    def unit(self, count: int | None = None) -> NDArray[np.float32]:
        """Return the descriptors of the `count` strongest keypoints, (n, 128) float32 of unit length."""
        rows = self.descriptors[:count].astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.maximum(norms, 1e-6)[:, None]
        return rows

    def mirrored(self) -> Features:
        """Return the features of the picture with left and right exchanged, computed from these features alone."""
        flip = np.array([-1.0, 1.0], np.float32), np.array([self.width - 1, 0], np.float32)
        return Features(
            points=self.points * flip[0] + flip[1],
            sizes=self.sizes,
            angles=np.asarray((180.0 - self.angles) % 360.0, np.float32),
            descriptors=self.descriptors[:, _MIRROR],
            thumb=np.ascontiguousarray(self.thumb[:, ::-1]),
            width=self.width,
            height=self.height,
        )


def compute(preview: Path) -> Features | str:
    """Return the features of a picture file, or the reason in words why there are none."""
    picture = preview_picture(preview)
    if picture is None:
        return "its preview is missing, or is not a picture"
    height, width = picture.shape[:2]
    if max(height, width) > LONG_SIDE:
        ratio = LONG_SIDE / max(height, width)
        width, height = max(1, round(width * ratio)), max(1, round(height * ratio))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return from_picture(picture)


def preview_picture(preview: Path) -> NDArray[np.uint8] | None:
    """Return a preview's pixels, (H, W, 3) uint8 BGR; None where it is missing, damaged, or not as curate writes previews."""
    data = read_preview(preview)
    picture = None if data is None else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else np.asarray(picture, np.uint8)


def from_picture(picture: NDArray[np.uint8]) -> Features | str:
    """Return the features of a picture, (H, W, 3) uint8 BGR, at its own size; or the reason in words why there are none."""
    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    found, rows = cv2.SIFT.create(nfeatures=KEPT).detectAndCompute(grey, None)
    if len(found) < SHORT:  # fog, night, a plain wall
        found, rows = cv2.SIFT.create(nfeatures=KEPT, contrastThreshold=FAINT).detectAndCompute(grey, None)
    if rows is None or len(found) < MIN_KEYPOINTS:
        return f"its picture has {len(found)} distinct points, fewer than {MIN_KEYPOINTS}"
    # A total order: the choice among equal responses does not depend on the sort.
    table = np.array([(-k.response, k.pt[0], k.pt[1], k.size, k.angle) for k in found], np.float32)
    order = np.lexsort(table.T[::-1])[:KEPT]
    table, rows = table[order], rows[order]
    rows = np.sqrt(rows / np.maximum(rows.sum(1, keepdims=True), 1e-6))
    ratio = min(1.0, THUMB_SIDE / max(height, width))
    thumb = cv2.resize(
        grey, (max(1, round(width * ratio)), max(1, round(height * ratio))), interpolation=cv2.INTER_AREA
    )
    return Features(
        points=np.ascontiguousarray(table[:, 1:3]),
        sizes=np.ascontiguousarray(table[:, 3]),
        angles=np.ascontiguousarray(table[:, 4]),
        descriptors=np.minimum(np.round(rows * _SCALE), 255).astype(np.uint8),
        thumb=np.asarray(thumb, np.uint8),
        width=width,
        height=height,
    )


def cached_path(cache: Path, sha256: str) -> Path:
    """Return the path of a photo's features in the workspace's cache."""
    return cache / "features" / sha256[:2] / f"{sha256}.{VERSION}.features"


def save(path: Path, features: Features) -> None:
    """Write features atomically.

    Raises:
        StorageError: the file cannot be written.
    """
    content = io.BytesIO()
    np.savez(
        content,
        keypoints=np.column_stack([features.points, features.sizes, features.angles]).astype(np.float32),
        descriptors=features.descriptors,
        thumb=features.thumb,
        frame=np.array([features.width, features.height], np.int32),
    )
    try:
        write_sealed(path, content.getvalue())
    except OSError as error:
        raise StorageError(
            f"the features of a photo cannot be written to {quoted_path(path.parent)}",
            str(error.strerror or error),
            "Free some space or make the workspace writable, then run it again: cached features are kept.",
        ) from error


def is_whole(path: Path) -> bool:
    """Return whether a cached file exists, is undamaged, and belongs to this photo."""
    return read_sealed(path) is not None


def load(path: Path) -> Features | None:
    """Return features from the cache; None where the file is missing or damaged, so that they are computed again."""
    content = read_sealed(path)
    if content is None:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        keypoints, descriptors, thumb, frame = (file[name] for name in _ARRAYS)
    return Features(
        points=np.ascontiguousarray(keypoints[:, :2]),
        sizes=np.ascontiguousarray(keypoints[:, 2]),
        angles=np.ascontiguousarray(keypoints[:, 3]),
        descriptors=descriptors,
        thumb=np.asarray(thumb, np.uint8),
        width=int(frame[0]),
        height=int(frame[1]),
    )
