"""Which file is a picture, by its first bytes, and which formats may reach a decoder.

A name proves nothing: phones write HEIC into `.jpg`, and an archive can be called `.png`. So a file is a picture if its
*content* is one. If only its extension promises one, it has a row too, which says that it is not a picture.
"""

from __future__ import annotations

import os
import re
import struct
from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """A picture's container, by content."""

    JPEG = "JPEG"
    MPO = "MPO"
    PNG = "PNG"
    GIF = "GIF"
    BMP = "BMP"
    WEBP = "WEBP"
    TIFF = "TIFF"
    HEIF = "HEIF"
    AVIF = "AVIF"
    JXL = "JXL"
    DNG = "DNG"
    CR2 = "CR2"
    CR3 = "CR3"
    CRW = "CRW"
    NEF = "NEF"
    ARW = "ARW"
    ORF = "ORF"
    RW2 = "RW2"
    RAF = "RAF"
    PEF = "PEF"
    MRW = "MRW"
    SRW = "SRW"
    RWL = "RWL"
    IIQ = "IIQ"
    HASSELBLAD = "3FR"
    ERF = "ERF"
    KDC = "KDC"
    DCR = "DCR"
    MEF = "MEF"
    MOS = "MOS"
    GPR = "GPR"
    X3F = "X3F"
    PSD = "PSD"
    JP2 = "JPEG2000"
    JXR = "JXR"
    BPG = "BPG"
    PGF = "PGF"  # digiKam's own
    EXV = "EXV"  # exiv2's store of metadata alone: segments as in JPEG, but no picture


_TIFF_RAWS = frozenset(
    {
        Format.DNG,
        Format.CR2,
        Format.NEF,
        Format.ARW,
        Format.ORF,
        Format.RW2,
        Format.PEF,
        Format.SRW,
        Format.RWL,
        Format.IIQ,
        Format.HASSELBLAD,
        Format.ERF,
        Format.KDC,
        Format.DCR,
        Format.MEF,
        Format.MOS,
        Format.GPR,
    }
)

RAW_FORMATS = _TIFF_RAWS | {Format.CR3, Format.CRW, Format.RAF, Format.MRW, Format.X3F}
"""Sensor data: never decoded here; their embedded JPEG stands for them."""

TIFF_LIKE = _TIFF_RAWS | {Format.TIFF, Format.JXR}
"""The whole file is one TIFF structure."""

DECODED = {
    Format.JPEG: ("JPEG",),
    Format.MPO: ("JPEG",),  # Pillow hands a JPEG with more pictures behind it to its MPO reader
    Format.PNG: ("PNG",),
    Format.GIF: ("GIF",),
    Format.BMP: ("BMP",),
    Format.WEBP: ("WEBP",),
    Format.TIFF: ("TIFF",),
    Format.HEIF: ("HEIF",),
    Format.AVIF: ("AVIF",),
    Format.PSD: ("PSD",),
    Format.JP2: ("JPEG2000",),
}
"""The allow-list: what Pillow may try for a content. EPS, FITS, PDF and the rest never reach a decoder."""

EXTENSIONS: dict[str, Format] = {
    ".jpg": Format.JPEG,
    ".jpeg": Format.JPEG,
    ".jpe": Format.JPEG,
    ".jfif": Format.JPEG,
    ".mpo": Format.MPO,
    ".png": Format.PNG,
    ".gif": Format.GIF,
    ".bmp": Format.BMP,
    ".dib": Format.BMP,
    ".webp": Format.WEBP,
    ".tif": Format.TIFF,
    ".tiff": Format.TIFF,
    ".heic": Format.HEIF,
    ".heif": Format.HEIF,
    ".hif": Format.HEIF,
    ".avif": Format.AVIF,
    ".jxl": Format.JXL,
    ".dng": Format.DNG,
    ".cr2": Format.CR2,
    ".cr3": Format.CR3,
    ".crw": Format.CRW,
    ".nef": Format.NEF,
    ".nrw": Format.NEF,
    ".arw": Format.ARW,
    ".sr2": Format.ARW,
    ".srf": Format.ARW,
    ".orf": Format.ORF,
    ".ori": Format.ORF,
    ".rw2": Format.RW2,
    ".raf": Format.RAF,
    ".pef": Format.PEF,
    ".mrw": Format.MRW,
    ".srw": Format.SRW,
    ".rwl": Format.RWL,
    ".iiq": Format.IIQ,
    ".3fr": Format.HASSELBLAD,
    ".fff": Format.HASSELBLAD,
    ".erf": Format.ERF,
    ".kdc": Format.KDC,
    ".dcr": Format.DCR,
    ".dcs": Format.DCR,
    ".mef": Format.MEF,
    ".mos": Format.MOS,
    ".gpr": Format.GPR,
    ".x3f": Format.X3F,
    ".psd": Format.PSD,
    ".psb": Format.PSD,
    ".jp2": Format.JP2,
    ".jpf": Format.JP2,
    ".jpx": Format.JP2,
    ".jpm": Format.JP2,
    ".j2k": Format.JP2,
    ".j2c": Format.JP2,
    ".jpc": Format.JP2,
    ".jxr": Format.JXR,
    ".wdp": Format.JXR,
    ".hdp": Format.JXR,
    ".bpg": Format.BPG,
    ".pgf": Format.PGF,
}
"""Lower-case extensions that promise a picture. Sidecars, videos and text are not here."""

HEAD = 64
"""Bytes of a file that `sniff` looks at."""

# TIFF-based RAWs begin alike; only the name, or the maker in their tags, distinguishes them.
_TIFF_RAW_EXTENSIONS = {suffix: kind for suffix, kind in EXTENSIONS.items() if kind in _TIFF_RAWS}

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"miaf"}
)

_SIGNATURES = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"\xff\xd8\xff", Format.JPEG),
        (rb"\xff\x01Exiv2", Format.EXV),
        (rb"\x89PNG\r\n\x1a\n", Format.PNG),
        (rb"GIF8[79]a", Format.GIF),
        (rb"RIFF.{4}WEBP", Format.WEBP),
        (rb"II[*+]\0|MM\0[*+]", Format.TIFF),
        (rb"IIR[OS]|MMOR", Format.ORF),
        (rb"IIU\0", Format.RW2),
        (rb"(?:II|MM).{4}HEAPCCDR", Format.CRW),
        (rb"FUJIFILM", Format.RAF),
        (rb"\0MRM", Format.MRW),
        (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", Format.JXL),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", Format.JP2),
        (rb"8BPS", Format.PSD),
        (rb"II\xbc", Format.JXR),
        (rb"BPG\xfb", Format.BPG),
        (rb"PGF", Format.PGF),
        (rb"FOVb", Format.X3F),
        (rb".{4}ftyp", Format.HEIF),
        (rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", Format.BMP),  # with the length of a header that there is
    )
)
"""What files begin with -> format; the first that fits counts. TIFF, RW2 and HEIF stand for formats that `sniff` tells apart."""


def sniff(head: bytes, name: str = "") -> Format | None:
    """Return the picture format of a file's first `HEAD` bytes, or None where they are not a picture's.

    Args:
        head: the first bytes.
        name: the file's name; only used to tell one TIFF-based RAW from another.
    """
    kind = next((kind for pattern, kind in _SIGNATURES if pattern.match(head)), None)
    suffix = Path(name).suffix.lower()
    if kind is Format.TIFF:
        return Format.CR2 if head[8:10] == b"CR" else _TIFF_RAW_EXTENSIONS.get(suffix, Format.TIFF)
    if kind is Format.RW2:
        return Format.RWL if suffix == ".rwl" else Format.RW2
    return _iso_kind(head) if kind is Format.HEIF else kind


def _iso_kind(head: bytes) -> Format | None:
    """Return the format of an ISO media file that holds still pictures, by its brands; None for videos."""
    (size,) = struct.unpack(">I", head[:4])
    major, brands = head[8:12], {head[i : i + 4] for i in range(16, min(size, len(head)) - 3, 4)}
    if major == b"crx ":
        return Format.CR3
    if major in (b"avif", b"avis") or (major in (b"mif1", b"msf1", b"miaf") and brands & {b"avif", b"avis"}):
        return Format.AVIF
    if major in _HEIF_BRANDS or (major not in (b"qt  ", b"isom", b"mp41", b"mp42") and brands & _HEIF_BRANDS):
        return Format.HEIF
    return None


def promised(name: str) -> Format | None:
    """Return the format that a file's extension promises, or None."""
    return EXTENSIONS.get(os.path.splitext(name)[1].lower())


def is_picture(path: Path) -> bool:
    """Whether a file gets a row: its extension or its content is a picture's.

    Raises:
        OSError: the file has no picture's extension and could not be read to look inside.
    """
    if promised(path.name) is not None:
        return True
    if not path.is_file():  # never open a FIFO or a device: that can wait for ever
        return False
    with path.open("rb") as file:
        return sniff(file.read(HEAD), path.name) not in (None, Format.EXV)
