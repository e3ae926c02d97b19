"""Which photos belong to one burst: by what the file says, by its name, or by the pace of the shutter.

Photos of a burst show nearly the same picture and are taken by one press of the shutter; split apart they leak. Phones
say so: Apple in its MakerNote (BurstUUID), Google in XMP (BurstID), many makers in the file's name. Cameras say nothing;
there, several photos of one camera within a second of each other are one burst.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from curate.photos.exif import Reading

MAX_GAP_S = 1.0
"""Seconds between two photos of one burst; slower series are taken one by one."""

LEAST = 3
"""Photos that make a burst, by pace alone: two within a second may be chance."""

# IMG_20190714_092111_BURST001_COVER (Google, Huawei) · 00000IMG_00001_BURST20190714092111123_COVER (Google) ·
# PXL_20210714_092111123.BURST-01.COVER (Pixel) · DSC_0001_BURST20190714092111123 (Xperia) · 20190714_092111_Burst01 (LG)
_NUMBERED = re.compile(r"(?P<shot>.+?)[_.]BURST-?\d{1,3}(?:[_.]?COVER)?(?:\.\w+)?$", re.IGNORECASE)
_STAMPED = re.compile(r"[_.]BURST(?P<shot>\d{14,17})(?:_COVER)?(?:\.\w+)?$", re.IGNORECASE)
# 20160714_092111_001 (Samsung): a time of capture and a running number.
_SAMSUNG = re.compile(r"(?P<shot>(?:19|20)\d{6}_\d{6})_\d{3}(?:\.\w+)?$")


def burst_of(reading: Reading, name: str) -> str | None:
    """Return what the photos of a burst have in common, or None: `apple:<UUID>`, `google:<ID>`, `name:<shot>`."""
    if reading.burst:
        return reading.burst
    for pattern in (_STAMPED, _NUMBERED, _SAMSUNG):
        match = pattern.search(name)
        if match:
            return f"name:{match['shot']}"
    return None


def by_pace(photos: Iterable[tuple[Hashable, str | None, str | None]]) -> list[list[Hashable]]:
    """Group photos of one camera that follow each other within a second.

    Args:
        photos: (key, camera, `taken_at`). Photos without camera or time join nobody.

    Returns groups of at least three, each in the order of time; the groups in the order of their first photos.
    """
    by_camera: dict[str, list[tuple[datetime, int, Hashable]]] = {}
    for number, (key, camera, taken) in enumerate(photos):
        if camera and taken:
            by_camera.setdefault(camera, []).append((datetime.fromisoformat(taken), number, key))
    groups: list[tuple[datetime, int, Sequence[Hashable]]] = []
    for shots in by_camera.values():
        shots.sort(key=lambda shot: shot[:2])
        run = shots[:1]
        for before, after in [*pairwise(shots), (shots[-1], None)]:
            if after is not None and (after[0] - before[0]).total_seconds() <= MAX_GAP_S:
                run.append(after)
                continue
            if len(run) >= LEAST:
                groups.append((run[0][0], run[0][1], [key for _, _, key in run]))
            run = [after] if after is not None else []
    return [list(keys) for _, _, keys in sorted(groups, key=lambda group: group[:2])]
