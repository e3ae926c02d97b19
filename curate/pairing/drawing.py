"""Draw the matches of two photos: both side by side, with lines between the points that agree on one view."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.catalog.sides import PairingPhoto
from curate.errors import UsageError
from curate.pairing.agreement import RATIO, agreement
from curate.pairing.compare import CLEAR, view_of
from curate.pairing.features import LONG_SIDE, cached_path, compute, load, preview_picture
from curate.pairing.matching import mutual_matches
from tracer.base.files import write_atomically

_GAP = 12


@dataclass(frozen=True, slots=True)
class Matches:
    """Matched points that agree on one view, for drawing.

    Attributes:
        a: (k, 2) float32, x and y in pixels of the first preview. A larger preview is scaled to a long side of 640 pixels.
        b: (k, 2) float32, the same in the second preview.
        mirrored: whether the pictures agree only after the first is mirrored.
    """

    a: NDArray[np.float32]
    b: NDArray[np.float32]
    mirrored: bool = False


def inlier_points(a: PairingPhoto, b: PairingPhoto, cache: Path) -> Matches:
    """Return the points on which two photos agree, found with all keypoints; none where a photo has no features.

    Where few matches agree on a plane, those of the most significant view are returned (`agreement`).
    """
    found = []
    for photo in (a, b):
        features = load(cached_path(cache, photo.sha256)) or compute(photo.preview)
        if isinstance(features, str):
            empty = np.empty((0, 2), np.float32)
            return Matches(empty, empty)
        found.append(features)
    one, two = found
    pairs, _ = mutual_matches(one.unit(), two.unit())
    view, mirrored = view_of(one, two, pairs), False
    turned = one.mirrored()
    pairs_turned, _ = mutual_matches(turned.unit(), two.unit())
    view_turned = view_of(turned, two, pairs_turned)
    if view_turned.inliers >= CLEAR and view_turned.inliers > 2 * view.inliers:
        pairs, view, mirrored = pairs_turned, view_turned, True
    kept = pairs[view.mask]
    if view.inliers < CLEAR:
        more, _ = mutual_matches(one.unit(), two.unit(), RATIO)
        found_there = agreement(one, two, more)
        if found_there.significance > 0:
            kept, mirrored = more[found_there.mask], False
    return Matches(one.points[kept[:, 0]], two.points[kept[:, 1]], mirrored)


def draw_matches(
    a: PairingPhoto, b: PairingPhoto, found: Matches, most: int = 60, thickness: int = 1
) -> NDArray[np.uint8]:
    """Draw two photos side by side with lines between matched points.

    Args:
        a: the first photo, on the left.
        b: the second photo, on the right.
        found: the points on which they agree (`inlier_points`).
        most: maximum number of lines, taken evenly from the matches; more would hide the pictures.
        thickness: thickness of the lines in pixels; larger where the drawing is shown small.

    Returns:
        (H, W, 3) uint8 BGR, with the previews at their own size.

    Raises:
        UsageError: a preview cannot be read.
    """
    pictures = []
    for photo in (a, b):
        picture = preview_picture(photo.preview)
        if picture is None:
            raise UsageError("a photo cannot be drawn", f"{photo.name} has no preview", "Run curate ingest again.")
        pictures.append(picture)
    left, right = pictures
    height = max(left.shape[0], right.shape[0])
    start = left.shape[1] + _GAP
    canvas = np.full((height, start + right.shape[1], 3), 32, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], start:] = right
    # Points are measured in pictures of at most 640 pixels; the previews may be larger.
    ratios = [max(1.0, max(picture.shape[:2]) / LONG_SIDE) for picture in pictures]
    count = min(most, len(found.a))
    for number, k in enumerate(np.unique(np.linspace(0, len(found.a) - 1, count).astype(int)) if count else []):
        one = tuple(round(float(v) * ratios[0]) for v in found.a[k])
        two = tuple(round(float(v) * ratios[1]) for v in found.b[k])
        two = two[0] + start, two[1]
        # Neighbouring lines get very different hues.
        hue = np.array([[[number * 67 % 180, 220, 255]]], np.uint8)
        colour = tuple(int(v) for v in cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0])
        cv2.line(canvas, one, two, colour, thickness, cv2.LINE_AA)
        cv2.circle(canvas, one, 2 + thickness, colour, thickness, cv2.LINE_AA)
        cv2.circle(canvas, two, 2 + thickness, colour, thickness, cv2.LINE_AA)
    return canvas


def write_matches(a: PairingPhoto, b: PairingPhoto, cache: Path, target: Path) -> int:
    """Write the drawing as a PNG, atomically, and return how many points agree.

    Raises:
        UsageError: a preview cannot be read.
        OSError: the file cannot be written.
    """
    found = inlier_points(a, b, cache)
    done, data = cv2.imencode(".png", draw_matches(a, b, found))
    assert done
    write_atomically(target, data.tobytes())
    return len(found.a)
