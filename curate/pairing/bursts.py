"""Photos of one camera that are one shot taken again: bursts and retakes, which stand for one photo where pairs are proposed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from curate.pairing.candidates import hash_distance
from curate.pairing.photo import PairingPhoto

BURST_S = 10.0
"""Seconds from one photo of a burst to the next, by the camera's own clock."""

BURST_BITS = 12
"""Bits of 64 in which the perceptual hashes of two photos of a burst may differ."""

RETAKE_BITS = 4
"""The same for photos whose time is not known to the second: nearly the same picture."""


def bursts(photos: Sequence[PairingPhoto]) -> list[tuple[str, str]]:
    """Links between photos that are one shot taken again, by sha256.

    The rule: of one camera, each at most `BURST_S` after the one before, and as a whole alike (`BURST_BITS`). Where times are
    not known, photos whose names follow each other are compared, and must be nearly the same (`RETAKE_BITS`).
    """
    cameras: dict[tuple[str, bool], list[PairingPhoto]] = defaultdict(list)
    for photo in photos:
        cameras[photo.camera, photo.clock is not None].append(photo)
    links = []
    for (_, timed), rows in sorted(cameras.items()):
        rows.sort(key=lambda photo: (photo.clock or 0.0, photo.album or "", photo.name, photo.sha256))
        for one, two in pairwise(rows):
            bits = hash_distance(one, two)
            if bits is None or one.sha256 == two.sha256:
                continue
            soon = timed and (two.clock or 0.0) - (one.clock or 0.0) <= BURST_S
            if bits <= (BURST_BITS if timed else RETAKE_BITS) and (soon or not timed):
                links.append((one.sha256, two.sha256))
    return links
