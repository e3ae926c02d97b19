"""Which photos belong to one burst: by what the file says, or by its name.

Photos of a burst show nearly the same picture and are taken by one press of the shutter; split apart they leak. Phones
say so: Apple in its MakerNote (BurstUUID), Google in XMP (BurstID), many makers in the file's name. Cameras say nothing;
what their photos show and when they were taken links them (`curate.pairing.scenes.bursts`).
"""

from __future__ import annotations

import re

from curate.photos.metadata.exif import Reading

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
