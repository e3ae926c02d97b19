"""Bursts and retakes: photos that one camera took of the same view, one after the other. Proposals treat them as one photo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from curate.pairing.candidates import hash_distance
from curate.pairing.photo import PairingPhoto

BURST_S = 10.0
"""Maximum seconds from one photo of a burst to the next, by the camera's own clock."""

BURST_BITS = 12
"""Maximum number of bits, of 64, in which the perceptual hashes of two photos of a burst differ."""

RETAKE_BITS = 4
"""The same maximum for photos whose time is not known to the second; it is stricter, because only the pictures link them."""


def bursts(photos: Sequence[PairingPhoto]) -> list[tuple[str, str]]:
    """Return the links between consecutive photos of each burst, as pairs of sha256.

    Two photos are linked where one camera took them at most `BURST_S` apart and their hashes differ in at most `BURST_BITS`
    bits. Photos without a time to the second are compared in the order of their names and linked at `RETAKE_BITS`.
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
