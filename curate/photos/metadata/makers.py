"""What each maker's block says: the values that exiftool, too, takes from there where Exif lacks them.

Makers do not document their blocks; the layouts are public knowledge, collected by many hands over the years (the tag
pages of exiftool and exiv2). Only values that those agree on are read. Left alone:

- Olympus: its block holds no exposure value that is not in Exif.
- Nikon's pair of ISO numbers (tag 2): the first is mostly zero, the meaning of the second changed, and as a number
  exiftool gives the pair. The other value that Nikon has (tag 0x25) is read.
- Sony's enciphered blocks: the cameras that write them fill Exif completely.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from curate.containers.tiff import Ifd


@dataclass(frozen=True, slots=True)
class MakerNote:
    """Labels from a maker's block.

    Attributes:
        iso: ISO speed.
        exposure_s: exposure time in seconds.
        aperture: F number.
        focal_mm: focal length in millimetres.
        taken: date and time as text.
        stronger: these values replace Exif's, which are rounded or capped.
    """

    iso: float | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    focal_mm: float | None = None
    taken: str | None = None
    stronger: bool = False


# --- Canon

_CANON_SETTINGS, _CANON_FOCAL, _CANON_SHOT = 0x0001, 0x0002, 0x0004
_CANON_CODES = {16: 50, 17: 100, 18: 200, 19: 400, 20: 800}
_MAX_STOPS = 32 * 20  # twenty stops: beyond any sensor
_SHIFTED_EXPOSURE = re.compile(r"\b(20D|350D|REBEL XT|Kiss Digital N)\b")
"""Models whose exposure time is in a unit of its own."""


def canon(ifd: Ifd, model: str) -> MakerNote:
    """Canon's directory: arrays of 16-bit numbers."""
    return canon_arrays(
        ifd.shorts(_CANON_SETTINGS), ifd.shorts(_CANON_SHOT), ifd.shorts(_CANON_FOCAL), model, raw=False, sure=False
    )


def canon_arrays(
    settings: tuple[int, ...], shot: tuple[int, ...], focal: tuple[int, ...], model: str, *, raw: bool, sure: bool
) -> MakerNote:
    """Return what Canon's arrays say; they are the same in MakerNotes and in CIFF.

    Args:
        settings: the camera settings; the 16th (from 0) is the ISO setting, the 25th the units of a millimetre.
        shot: the shot information; automatic gain (1), base speed (2), aperture (21) and exposure time (22).
        focal: the focal length is the 1st.
        model: decides the unit of the exposure time.
        sure: the arrays are where they should be, as always in CIFF.
        raw: in a RAW file an exposure value of 0 is one second; JPEGs have 0 where there is none.

    The first two begin with their own length in bytes; where one does not, a program has moved the block and its offset
    points at something else, and the third's with it.
    """
    settings, shot = (a if a and a[0] == 2 * len(a) else () for a in (settings, shot))
    aperture = exposure = length = None
    if len(shot) > 22:
        number, time = _stops(shot[21]), _stops(shot[22])
        if 0 < number < 20:
            aperture = 2.0 ** (number / 2)
        if (time or raw) and abs(time) < 20:
            exposure = 2.0**-time * (1000 / 32 if _SHIFTED_EXPOSURE.search(model) else 1)
    if (settings or shot or sure) and len(focal) > 1 and focal[1]:
        units = settings[25] if len(settings) > 25 else 0
        length = focal[1] / (units or 1)
    return MakerNote(_canon_iso(settings, shot), exposure, aperture, length)


def _canon_iso(settings: tuple[int, ...], shot: tuple[int, ...]) -> float | None:
    """The setting where it names a speed, else base speed times automatic gain, both in 1/32 stops."""
    code = settings[16] if len(settings) > 16 else 0
    if code in _CANON_CODES:
        return float(_CANON_CODES[code])
    if code & 0xC000 == 0x4000 and code != 0x7FFF:
        return float(code & 0x3FFF)
    if len(shot) > 2 and 0 < shot[2] < _MAX_STOPS and shot[1] < _MAX_STOPS:
        return float(100 / 32 * 2.0 ** ((shot[1] + shot[2]) / 32))
    return None


def _stops(value: int) -> float:
    """Canon's exposure values: 1/32 stops, where 12 and 20 stand for a third and two thirds."""
    value = value - 0x10000 if value >= 0x8000 else value
    sign, value = (-1, -value) if value < 0 else (1, value)
    rest = value & 0x1F
    thirds = {0x0C: 32 / 3, 0x14: 64 / 3}
    return sign * (value - rest + thirds.get(rest, rest)) / 32


# --- Casio, Nikon, Panasonic, Pentax, Minolta, Sony: directories


def casio_first(ifd: Ifd) -> MakerNote:
    """Casio's first layout: the speed as a number."""
    return MakerNote(_speed(ifd.number(0x0014)))


_CASIO_CODES = {3: 50.0, 4: 64.0, 6: 100.0, 9: 200.0}


def casio_second(ifd: Ifd) -> MakerNote:
    """Casio's second layout: the speed as a number, in some cameras only as a code; and the focal length."""
    iso = _speed(ifd.number(0x3014)) or _CASIO_CODES.get(int(ifd.number(0x0014) or 0))
    return MakerNote(iso, focal_mm=ifd.number(0x001D))


def _speed(number: float | None) -> float | None:
    """A speed; smaller numbers are codes, and all bits set means unknown."""
    return number if number is not None and 25 <= number < 0xFFFF else None


def nikon(ifd: Ifd) -> MakerNote:
    """Nikon's third layout, a TIFF of its own: the speed in twelfths of a stop."""
    code = ifd.data(0x0025, 1)
    return MakerNote(100 * 2 ** (code[0] / 12 - 5) if code and code[0] else None)


def panasonic(ifd: Ifd) -> MakerNote:
    """Panasonic: speeds beyond Exif's 65535."""
    iso = ifd.number(0x00D1)
    return MakerNote(iso, stronger=True) if iso and iso <= 0xFFFFFFF0 else MakerNote()


def pentax(ifd: Ifd) -> MakerNote:
    """Pentax's first cameras: the speed as a number; later ones write codes here, and the speed itself into Exif."""
    speed = ifd.number(0x0014)
    return MakerNote(speed if speed is not None and 50 <= speed <= 3200 else None)


_MINOLTA_OLD, _MINOLTA_SETTINGS = 0x0001, 0x0003


def minolta(ifd: Ifd) -> MakerNote:
    """Minolta's DiMAGE: 32-bit numbers, always big-endian; speed and exposure in eighths of a stop."""
    data = ifd.data(_MINOLTA_SETTINGS, 44) or ifd.data(_MINOLTA_OLD, 44)
    if len(data) < 44:
        return MakerNote()
    speed, time, number = struct.unpack_from(">III", data, 32)
    return MakerNote(
        iso=100 * 2.0 ** ((speed - 48) / 8) if 0 < speed < 256 else None,
        exposure_s=2.0 ** ((48 - time) / 8) if 0 < time < 256 else None,
        aperture=2.0 ** ((number - 8) / 16) if 0 < number < 256 else None,
    )


_SONY_SETTINGS, _SONY_FOCUS = 0x0114, 0x0020


def sony(ifd: Ifd) -> MakerNote:
    """Sony's first single-lens reflexes: exposure in eighths of a stop; the length says which layout it is."""
    exposure = aperture = iso = None
    settings, focus = ifd.entries.get(_SONY_SETTINGS), ifd.entries.get(_SONY_FOCUS)
    if settings and settings.size in (280, 332, 364):
        time, number = struct.unpack(">HH", ifd.data(_SONY_SETTINGS, 4).ljust(4, b"\0"))
        exposure = 2.0 ** (6 - time / 8) if 0 < time < 256 else None
        aperture = 2.0 ** ((number / 8 - 1) / 2) if 0 < number < 256 else None
    if focus and focus.size in (19148, 19154):
        code = ifd.data(_SONY_FOCUS, 0x70)[0x6F:]
        iso = 100 * 2.0 ** (code[0] / 8 - 6) if code and code[0] else None
    return MakerNote(iso, exposure, aperture)


# --- Kodak: many layouts, most of them without a directory


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Where a block without directory keeps its values: offsets, and what the numbers are to be divided by."""

    exposure: int
    per_second: float
    aperture: int
    per_stop: float
    iso: int
    taken: int | None = None

    def read(self, note: bytes, order: str) -> MakerNote:
        if len(note) < max(self.exposure + 4, self.aperture + 2, self.iso + 2):
            return MakerNote()
        exposure = struct.unpack_from(order + "I", note, self.exposure)[0]
        aperture = struct.unpack_from(order + "H", note, self.aperture)[0]
        iso = struct.unpack_from(order + "H", note, self.iso)[0]
        taken = None
        if self.taken is not None:
            taken = note[self.taken : self.taken + 20].split(b"\0")[0].decode("latin-1")
        return MakerNote(
            iso=float(iso) if 0 < iso < 0xFFFF else None,
            exposure_s=exposure / self.per_second if 0 < exposure < 0xFFFFFFFF else None,
            aperture=aperture / self.per_stop if 0 < aperture < 0xFFFF else None,
            taken=taken,
            stronger=True,
        )


_KODAK_1 = _Fixed(8 + 0x20, 1e5, 8 + 0x1E, 100, 8 + 0x60)
_KODAK_3 = _Fixed(0x38, 1e5, 0x3C, 100, 0x4E)
_KODAK_5 = _Fixed(0x14, 1e5, 0x1C, 100, 0x1E)
_KODAK_6 = _Fixed(0x10, 1e5, 0x18, 100, 0x1A)
_KODAK_9 = _Fixed(0x10, 1e6, 0x0C, 100, 0x34, taken=0x14)

_KODAK_5_MODELS = re.compile(r"CX(4200|4230|4300|4310|6200|6230)")
_KODAK_5_HEAD = re.compile(rb"\0(\x1a\x18|\x3a\x08|\x59\xf8|\x14\x80)\0", re.DOTALL)
_KODAK_9_HEAD = re.compile(rb"IIII[\x02\x03]\0.{14}\d{4}/\d{2}/\d{2} ", re.DOTALL)


def kodak(note: bytes, maker: str, model: str) -> MakerNote:
    """A block without directory, by Kodak or, the last layout, by a maker of cameras for others.

    Args:
        note: the block's first bytes.
        maker: EXIF's Make in lower case.
        model: EXIF's Model.
    """
    if _KODAK_9_HEAD.match(note):
        tenths = _Fixed(0x10, 1e6, 0x0C, 10, 0x34, taken=0x14)
        return (_KODAK_9 if "kodak" in maker else tenths).read(note, "<")
    if not maker.startswith(("kodak", "eastman kodak")):
        return MakerNote()
    if note[:3] == b"KDK":
        return _KODAK_1.read(note, ">" if note[:8] == b"KDK INFO" else "<")
    if not maker.startswith("eastman kodak"):
        return MakerNote()
    if note[:2] not in (b"MM", b"II") and note[:3] != b"AOC" and note[12:13] == b"\x07":  # the year's upper byte
        return _KODAK_3.read(note, ">")
    if _KODAK_5_MODELS.search(model) or _KODAK_5_HEAD.match(note):
        return _KODAK_5.read(note, ">")
    if "DX3215" in model or "DX3700" in model:
        return _KODAK_6.read(note, ">" if "DX3215" in model else "<")
    return MakerNote()


def kodak_directory(ifd: Ifd) -> MakerNote:
    """Kodak's layout that begins with a byte order and goes on as a directory."""
    exposure, aperture, iso, focal = (ifd.number(tag) for tag in (0x12, 0x13, 0x14, 0x1D))
    return MakerNote(
        iso=25 * 2 ** (iso / 3) if iso and 0 < iso < 60 else None,
        exposure_s=exposure / 1e5 if exposure else None,
        aperture=aperture / 10 if aperture else None,
        focal_mm=focal / 100 if focal else None,
        stronger=True,
    )


def kodak_text(text: bytes) -> MakerNote:
    """Kodak's digital backs: lines of `Name:  value`."""
    speed = re.search(rb"(?:^|\n)ISO(?: Speed)?:\s*(\d{2,6})\s", text)
    return MakerNote(float(speed[1]) if speed else None)
