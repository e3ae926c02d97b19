"""Whether a file is still as the camera wrote it, judged by what it says of itself.

True needs a sign, and the reason names it. In this order: a program that processes pictures has put its name in; a
network's own mark, or a messenger's file name where nothing of a camera is left; fewer pixels than EXIF says were
taken; a camera's whole EXIF without the block that its maker always writes. Sizes are compared only with what the
file's own EXIF states, never with a list of sensors: cameras write pictures of many sizes and shapes themselves.

False needs evidence too: the maker's own block is there, the file says that it was last changed when it was taken, and
no program is named. Everything else is unknown (None), since metadata is easily lost.
Firmware versions ("Ver.1.02", "14.4.2", "HDR+ 1.0.3") in Software are written by cameras.
"""

from __future__ import annotations

import re

from curate.containers.sniff import RAW_FORMATS, Format
from curate.photos.metadata.exif import Reading

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


# Where a messenger or a network puts its own name, each with what it calls the files that it hands out. They strip EXIF,
# so a name counts only where nothing of a camera is left: a person may call a file anything. Twitter's names are any
# fifteen letters, and a phone's own camera app names files as Instagram does: neither can be told.
_NETWORK_NAMES = (
    ("WhatsApp", re.compile(r"^(IMG-\d{8}-WA\d{4}|WhatsApp Image \d{4}-\d\d-\d\d)", re.IGNORECASE)),
    (
        "Facebook or Instagram",
        re.compile(r"^(FB_IMG_\d{10,}|received_\d{10,}|\d{6,}_\d{10,}_\d{10,}_[nos]\.)", re.IGNORECASE),
    ),
    ("Telegram", re.compile(r"^photo_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d|^photo_\d+@\d\d-\d\d-\d{4}_", re.IGNORECASE)),
    ("Signal", re.compile(r"^signal-\d{4}-\d\d-\d\d-", re.IGNORECASE)),
    ("Snapchat", re.compile(r"^Snapchat-\d{6,}", re.IGNORECASE)),
    ("WeChat", re.compile(r"^(mmexport\d{13}|wx_camera_\d{13}|微信图片_\d{8,})", re.IGNORECASE)),
    ("Viber", re.compile(r"^viber[_ ]image", re.IGNORECASE)),
    ("LINE", re.compile(r"^LINE_ALBUM_", re.IGNORECASE)),
)

# Cameras whose maker writes a MakerNote into every JPEG, from all that is known. Phones are not among them (apps write
# files without one), nor scanners and camcorders of these makers.
_ALWAYS_NOTED = (
    ("canon", re.compile(r"^Canon (EOS|PowerShot|DIGITAL IXUS|IXY)", re.IGNORECASE)),
    ("nikon", re.compile(r"^(NIKON [DZ]\d|COOLPIX|E\d{3,4}$)", re.IGNORECASE)),
    ("olympus imaging", re.compile(r"^(E-|TG-|XZ-|SP|u|FE|X|SZ|VG|VR|SH)")),
    ("om digital", re.compile(r"^(OM-|E-|TG-)")),
    ("panasonic", re.compile(r"^D(MC|C)-")),
    ("pentax", re.compile(r"^(PENTAX K|PENTAX Optio|PENTAX Q)", re.IGNORECASE)),
    ("fujifilm", re.compile(r"^(FinePix|X[-\d]|X100|GFX)", re.IGNORECASE)),
    ("sony", re.compile(r"^(DSLR|SLT|NEX|ILCE|ILCA)-")),
)

_BLOCK = 16
"""Pixels by which a picture's size may differ from what EXIF names: encoders fill up their blocks."""


def judge(
    reading: Reading, name: str = "", kind: Format | None = None, size: tuple[int, int] | None = None
) -> tuple[bool | None, str | None]:
    """Return (edited, reason) of a file.

    Args:
        reading: its metadata.
        name: the file's name.
        kind: its format; None where it is not known.
        size: (width, height) in pixels as decoded; None where it was not decoded.
    """
    sign = _sign(reading, name, kind, size)
    if sign:
        return True, sign
    changed, taken = reading.changed_at, reading.exif.taken_at
    if reading.maker_note and taken and changed and changed[:19] == taken[:19]:
        return False, "MakerNote present, not changed since it was taken"
    return None, None


def _sign(reading: Reading, name: str, kind: Format | None, size: tuple[int, int] | None) -> str | None:
    """The strongest sign that a program has been at work, or None."""
    exif = reading.exif
    for field, text in (
        ("Software", exif.software),
        ("ProcessingSoftware", reading.processing_software),
        ("CreatorTool", reading.creator_tool),
    ):
        if editor_in(text):
            return f"{field}: {text}"
    if reading.instructions and reading.instructions.startswith("FBMD"):
        return "Facebook or Instagram: IPTC instructions FBMD"
    if not (exif.make or exif.exposure_s or exif.aperture or reading.maker_note):
        for network, pattern in _NETWORK_NAMES:
            if pattern.search(name):
                return f"{network}: its name, and nothing of a camera left"
    if kind is None or kind in RAW_FORMATS:
        return None
    return _resized(reading.pixel_size, size) or _stripped(reading, kind)


def _resized(named: tuple[int, int] | None, size: tuple[int, int] | None) -> str | None:
    """Smaller than EXIF says that it was taken. A larger picture says nothing: EXIF may be a thumbnail's."""
    if not named or not size:
        return None
    (short, long), (small, large) = sorted(named), sorted(size)
    if small > short or large > long or (short - small <= _BLOCK and long - large <= _BLOCK):
        return None
    kept_shape = abs(small * long / (large * short) - 1) < 0.01
    what = "resized" if kept_shape else "cropped"
    return f"{what}: taken with {named[0]} × {named[1]} pixels, now {size[0]} × {size[1]}"


def _stripped(reading: Reading, kind: Format) -> str | None:
    """All of a camera's EXIF is there but its maker's block."""
    exif = reading.exif
    complete = exif.exposure_s and exif.aperture and exif.taken_at and exif.focal_mm
    if kind not in (Format.JPEG, Format.MPO) or reading.maker_note is not False or not complete:
        return None
    make, model = (exif.make or "").lower(), exif.model or ""
    if any(make.startswith(maker) and models.search(model) for maker, models in _ALWAYS_NOTED):
        return "no MakerNote, which this maker's cameras write into every file"
    return None
