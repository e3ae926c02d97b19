"""Camera properties from an XMP packet, and their labels: what a photo keeps of its EXIF after an editor has been through it.

Only the few properties that stand for EXIF labels are taken, from the descriptions at the top level; what is said
of ingredients, history or other pictures is not this picture's. Sources: XMP specification parts 1 and 2, Exif 3.0
annex on XMP (CIPA DC-010).

Expat parses the packet with every document type declaration refused, so no entity is ever expanded. Some programs write
XML that is not well formed; behind such damage properties are found by their usual prefixes.
"""

from __future__ import annotations

import math
import re
from typing import Any
from xml.parsers import expat

from curate.photos.values import known, numbers_of, orientation_of, positive, taken_labels, whole
from tracer.base.text import clean_text

MAX_PACKET = 4 << 20
"""Bytes of the largest packet that is parsed."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://cipa.jp/exif/2.32/": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
}


class _Refused(Exception):
    """The packet declares a document type."""


class _Collector:
    """Takes `prefix:name` -> text while expat walks the packet."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._owners: list[str] = []  # the properties among the path: what is neither RDF's nor the wrapper's
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if _is_property(name):
            self._owners.append(name)
        self._text = []
        if attributes and self._of_this_picture():
            for key, value in attributes.items():
                self._keep(key, value)

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        value = "".join(self._text).strip()
        self._text = []
        self._path.pop()
        if _is_property(name):
            self._owners.pop()
        if not value or not self._path:
            return
        if name == f"{_RDF} li":  # the first of a list stands for it
            if len(self._owners) == 1:
                self._keep(self._owners[0], value)
        elif self._of_this_picture():
            self._keep(name, value)

    def _of_this_picture(self) -> bool:
        return not self._owners or self._owners == ["http://ns.adobe.com/exif/1.0/ Flash"]

    def _keep(self, name: str, value: str) -> None:
        space, _, local = name.rpartition(" ")
        if space in _PREFIXES and value.strip():
            self.found.setdefault(f"{_PREFIXES[space]}:{local}", value.strip())


def _is_property(name: str) -> bool:
    return not name.startswith((_RDF, "adobe:ns:meta/"))


_PLAIN = re.compile(
    rb"""\b((?:tiff|exif|exifEX|aux|xmp|GCamera):\w{1,40})(?:=(?:"([^"<]{1,200})"|'([^'<]{1,200})')|>([^<]{1,200})<)"""
)


def _behind_damage(packet: bytes) -> dict[str, str]:
    """Properties by their usual prefixes, without regard to the elements around them."""
    found: dict[str, str] = {}
    for name, *values in _PLAIN.findall(packet):
        value = next(filter(None, values)).decode("utf-8", errors="replace").strip()
        if value and "&" not in value:
            found.setdefault(name.decode(), value)
    return found


def xmp_properties(packet: bytes) -> dict[str, str]:
    """Return a packet's properties as `tiff:Make` -> text; `exif:Flash`'s parts appear as `exif:Fired`, ….

    One that is too large or declares a document type yields nothing.
    """
    if len(packet) > MAX_PACKET:
        return {}
    packet = packet.strip(b"\0 \t\r\n")
    if packet.startswith(b"\xef\xbb\xbf"):
        packet = packet[3:]
    collector = _Collector()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(packet, True)
    except _Refused:
        return {}
    except (expat.ExpatError, ValueError, LookupError):  # LookupError: an encoding that nobody knows
        return _behind_damage(packet[parser.ErrorByteIndex :]) | collector.found
    return collector.found


def _refuse(*_: object) -> None:
    raise _Refused


def labels_from_xmp(xmp: dict[str, str]) -> dict[str, Any]:
    """Labels from XMP properties; only those that are there."""
    if not xmp:
        return {}

    def number(*names: str) -> float | None:
        return next((n[0] for n in (numbers_of(xmp.get(name)) for name in names) if n), None)

    fired = xmp.get("exif:Fired", "").lower()
    flash = number("exif:Flash")
    latitude, longitude = _xmp_degrees(xmp.get("exif:GPSLatitude"), 90), _xmp_degrees(xmp.get("exif:GPSLongitude"), 180)
    return known(
        {
            "make": clean_text(xmp.get("tiff:Make")),
            "model": clean_text(xmp.get("tiff:Model")),
            "exposure_s": positive(number("exif:ExposureTime")),
            "aperture": positive(number("exif:FNumber")),
            "focal_mm": positive(number("exif:FocalLength")),
            "iso": whole(number("exif:ISOSpeedRatings", "exifEX:PhotographicSensitivity")),
            "flash_fired": fired == "true" if fired in ("true", "false") else bool(int(flash) & 1) if flash else None,
            "lens": clean_text(xmp.get("exifEX:LensModel") or xmp.get("aux:Lens")),
            "software": clean_text(xmp.get("tiff:Software")),
            "orientation": orientation_of(number("tiff:Orientation")),
            **taken_labels(xmp.get("exif:DateTimeOriginal"), None, None),
            **(
                {"latitude": latitude, "longitude": longitude} if latitude is not None and longitude is not None else {}
            ),
        }
    )


_FRACTION = r"\d{1,9}(?:/\d{1,9}|\.\d{1,12})?"
_XMP_DEGREES = re.compile(
    rf"\s*([+-]?)({_FRACTION})(?:[,\s]({_FRACTION}))?(?:[,\s]({_FRACTION}))?\s*([NSEW]?)\s*", re.I
)


def _xmp_degrees(text: str | None, limit: float) -> float | None:
    """`47,38.5N`, `47,38,30N`, a plain number, or EXIF's three fractions copied (`47/1 38/1 3050/100`)."""
    match = _XMP_DEGREES.fullmatch(text or "")
    if not match:
        return None
    parts = [n[0] for n in map(numbers_of, match.groups()[1:4]) if n]
    total = sum(p / 60**i for i, p in enumerate(parts))
    if match[1] == "-" or match[5].upper() in ("S", "W"):
        total = -total
    return total if math.isfinite(total) and abs(total) <= limit else None
