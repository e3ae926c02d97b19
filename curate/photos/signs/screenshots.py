"""Pictures of a screen, which no camera took: recognised by what the system wrote, by their name, or by their size.

A name or a size counts only where the metadata name no camera. Sizes are those of common phones, tablets and displays,
as their makers publish them, upright; sizes that cameras have too are left out.
"""

from __future__ import annotations

import re

from curate.containers.sniff import Format
from curate.photos.metadata.exif import Reading

# What systems call them, at the start of the name or after a path's own prefix, in the languages we know of.
_NAMES = re.compile(
    r"^(screen[ _-]?shots?|screen[ _-]?capture|bildschirmfoto|capture d['’_ ]?[ée]cran|captura de (pantalla|tela|ecr[ãa])|"
    r"schermafbeelding|schermata|sk[äa]rmavbild|skjermbilde|zrzut ekranu|снимок экрана|スクリーンショット|截屏|屏幕截图|"
    r"螢幕快照|스크린샷)",
    re.IGNORECASE,
)

# fmt: off
_SCREENS = frozenset({
    # iPhone and iPad
    (640, 960), (640, 1136), (750, 1334), (828, 1792), (1080, 2340), (1125, 2436), (1170, 2532), (1179, 2556), (1206, 2622),
    (1242, 2208), (1242, 2688), (1284, 2778), (1290, 2796), (1320, 2868), (1488, 2266), (1620, 2160),
    (1640, 2360), (1668, 2224), (1668, 2388), (2048, 2732),
    # Android
    (720, 1280), (720, 1440), (720, 1520), (720, 1560), (720, 1600), (720, 1612), (1080, 1920), (1080, 2160), (1080, 2220),
    (1080, 2240), (1080, 2246), (1080, 2248), (1080, 2280), (1080, 2310), (1080, 2316), (1080, 2376), (1080, 2400),
    (1080, 2408), (1080, 2412), (1080, 2424), (1080, 2460), (1080, 2520), (1200, 1920), (1200, 2000), (1220, 2712),
    (1344, 2992), (1440, 2560), (1440, 2880), (1440, 2960), (1440, 3040), (1440, 3088), (1440, 3120), (1440, 3200),
    (1600, 2560), (1644, 3840),
    # displays, as wide as they stand
    (768, 1366), (900, 1440), (900, 1600), (1050, 1680), (1440, 3440), (1664, 2560), (1800, 2880), (1964, 3024),
    (2160, 3840), (2234, 3456), (2880, 5120),
})
# fmt: on


def screenshot_sign(reading: Reading, name: str, kind: Format, size: tuple[int, int] | None) -> str | None:
    """Return the sign that a picture is a screenshot, or None.

    Args:
        reading: the file's metadata.
        name: the file's name.
        kind: its format.
        size: (width, height) in pixels.
    """
    exif = reading.exif
    if reading.comment and re.search(r"\bscreen ?shot\b", reading.comment, re.IGNORECASE):
        return f"UserComment: {reading.comment}"
    if exif.make or exif.exposure_s or exif.aperture or reading.maker_note:
        return None
    if _NAMES.search(name):
        return "its name, and nothing of a camera"
    if kind is Format.PNG and size and (min(size), max(size)) in _SCREENS:
        return f"a PNG of a screen's size ({size[0]} × {size[1]}), and nothing of a camera"
    return None
