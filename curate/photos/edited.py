"""Whether a file is still as the camera wrote it, judged by what it says of itself.

True needs a sign: a program that processes pictures has put its name in. False needs evidence too: the maker's own
block is there, the file says it was last changed when it was taken, and only the camera speaks. Everything else is
unknown (None): silence proves nothing, since metadata is easily lost. Firmware versions ("Ver.1.02", "14.4.2",
"HDR+ 1.0.3") in Software are the camera's own voice.
"""

from __future__ import annotations

import re

from curate.photos.exif import Reading

# Programs by the name they write into Software, ProcessingSoftware or CreatorTool. Viewers are among them where they
# rewrite files on rotation. One word each, or a phrase; matched at word borders, whatever the case.
_EDITORS = (
    "ACD Systems",
    "ACDSee",
    "Adobe",
    "Affinity",
    "Aperture",
    "Autopano",
    "Bibble",
    "CAMEDIA Master",
    "Camera Raw",
    "Canva",
    "Capture NX",
    "Capture One",
    "Corel",
    "darktable",
    "digiKam",
    "Digital Photo Professional",
    "DxO",
    "exiv2",
    "FastStone",
    "FFmpeg",
    "FinePix Viewer",
    "Fotor",
    "GIMP",
    "Google",
    "GraphicsMagick",
    "GraphicConverter",
    "gThumb",
    "GREYCstoration",
    "Hugin",
    "IDimager",
    "ImageMagick",
    "ImageReady",
    "Imaging Edge",
    "Image Data Converter",
    "Instagram",
    "iPhoto",
    "IrfanView",
    "Lavc",
    "Lightroom",
    "Luminar",
    "Meitu",
    "Microsoft",
    "MAGIX",
    "Nikon Browser",
    "NX Studio",
    "OLYMPUS Master",
    "OLYMPUS Studio",
    "OLYMPUS Viewer",
    "OM Workspace",
    "ON1",
    "Paint Shop",
    "PaintShop",
    "Paint.NET",
    "PENTAX PHOTO",
    "Photo Gallery",
    "Photo Mechanic",
    "Photo Pro",
    "PhotoImpact",
    "Photomatix",
    "PhotoPro",
    "PhotoScape",
    "Photoshop",
    "PhotoStudio",
    "Picasa",
    "Pixelmator",
    "Pixlr",
    "Polarr",
    "PowerExif",
    "PTGui",
    "RawTherapee",
    "SILKYPIX",
    "Snapseed",
    "Topaz",
    "UFRaw",
    "Ulead",
    "ViewNX",
    "VSCO",
    "Windows",
    "XnView",
    "Zoner",
)
_NAMED = re.compile(
    r"(?<![A-Za-z0-9])(" + "|".join(re.escape(name) for name in _EDITORS) + r")(?![a-z])", re.IGNORECASE
)

# What a word above would otherwise catch: camera firmware, camera apps, and a converter that leaves the data alone.
_NO_EDITORS = re.compile(r"\b(HDR\+|Google Camera|Camera Version|Windows Phone|DNG Converter)", re.IGNORECASE)


def editor_in(text: str | None) -> str | None:
    """Return the picture program that a Software value names, or None."""
    if not text or _NO_EDITORS.search(text):
        return None
    match = _NAMED.search(text)
    return match[1] if match else None


def judge(reading: Reading) -> tuple[bool | None, str | None]:
    """Return (edited, reason) from a file's metadata."""
    for field, text in (
        ("Software", reading.exif.software),
        ("ProcessingSoftware", reading.processing_software),
        ("CreatorTool", reading.creator_tool),
    ):
        if editor_in(text):
            return True, f"{field}: {text}"
    changed, taken = reading.changed_at, reading.exif.taken_at
    if reading.maker_note and taken and changed and changed[:19] == taken[:19]:
        return False, "MakerNote present, not changed since it was taken"
    return None, None
