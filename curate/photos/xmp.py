"""Camera properties from an XMP packet: what a photo keeps of its EXIF after an editor has been through it.

Only the few properties that stand for EXIF labels are taken, from the descriptions at the top level; what is said
of ingredients, history or other pictures is not this picture's. Sources: XMP specification parts 1 and 2, Exif 3.0
annex on XMP (CIPA DC-010).

Expat parses the packet with every document type declaration refused, so no entity is ever expanded.
"""

from __future__ import annotations

from xml.parsers import expat

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
}


class _Refused(Exception):
    """The packet declares a document type."""


class _Collector:
    """Takes `prefix:name` -> text while expat walks the packet."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._text = []
        if self._of_this_picture():
            for key, value in attributes.items():
                self._keep(key, value)

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        value = "".join(self._text).strip()
        self._text = []
        self._path.pop()
        if not value or not self._path:
            return
        if name == f"{_RDF} li":  # the first of a list stands for it
            owner = next((p for p in reversed(self._path) if not p.startswith(_RDF)), "")
            if self._depth() == 1:
                self._keep(owner, value)
        elif self._of_this_picture():
            self._keep(name, value)

    def _depth(self) -> int:
        """How many properties deep we are below the top-level description."""
        return sum(1 for p in self._path if not p.startswith(_RDF) and not p.startswith("adobe:ns:meta/"))

    def _of_this_picture(self) -> bool:
        depth = self._depth()
        return depth == 0 or (depth == 1 and any(p == "http://ns.adobe.com/exif/1.0/ Flash" for p in self._path))

    def _keep(self, name: str, value: str) -> None:
        space, _, local = name.rpartition(" ")
        if space in _PREFIXES and value.strip():
            self.found.setdefault(f"{_PREFIXES[space]}:{local}", value.strip())


def xmp_properties(packet: bytes) -> dict[str, str]:
    """Return a packet's properties as `tiff:Make` -> text; `exif:Flash`'s parts appear as `exif:Fired`, ….

    A damaged packet yields what stands before the damage; one that is too large or declares a document type, nothing.
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
        pass
    return collector.found


def _refuse(*_: object) -> None:
    raise _Refused
