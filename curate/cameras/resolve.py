"""Resolve the type of the camera that took a photo, with the rule that gave it.

The first of these sources that knows the camera counts: a person's override; EXIF's FileSource (1 film scanner, 2 print
scanner); curate's own table; the lines of phones, tablets, scanners, drones and action cameras; lensfun; device-detector; the
lines of cameras. A camera that none of them knows is `unknown`; it does not count as "not a smartphone".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from curate.cameras import families, lensfun, phones
from curate.cameras.brands import tidy
from curate.cameras.keys import CameraKey, camera_key
from curate.cameras.names import normalize
from curate.cameras.table import shipped_table
from curate.cameras.types import Camera, CameraType


class Source(StrEnum):
    """The sources of types; each can be left out, to measure the others."""

    OVERRIDE = "override"
    EXIF = "exif"
    TABLE = "table"
    LENSFUN = "lensfun"
    DEVICE_DETECTOR = "device-detector"
    FAMILY = "family"


ALL_SOURCES = frozenset(Source)

Answer = tuple[str, CameraType]
"""A rule and the type that it gives."""


def type_from_file_source(file_source: int | bytes | None) -> CameraType | None:
    """Return the type that EXIF's FileSource (0xA300) names; only the values 1 and 2 tell a type.

    Most cameras and phones write 3; some write 0 or a wider field ("\\x03\\0\\0\\0"), and others leave it out.

    Args:
        file_source: the value as a number, or the bytes of the tag.

    >>> type_from_file_source(1).value, type_from_file_source(b"\\2").value
    ('film_scanner', 'scanner')
    >>> type_from_file_source(3) is None  # a digital camera, of whatever type
    True
    """
    if isinstance(file_source, bytes):
        if file_source[1:].strip(b"\0"):
            return None
        file_source = file_source[0] if file_source else None
    return {1: CameraType.FILM_SCANNER, 2: CameraType.SCANNER}.get(file_source) if file_source is not None else None


_PHONES = frozenset({CameraType.SMARTPHONE, CameraType.FEATURE_PHONE, CameraType.TABLET})


def _phone(brand: str | None, model: str, written: str | None) -> CameraType | None:
    """Return the type by device-detector; where that is not reliable, the type of the line of its market name (F-04G is an
    Arrows NX)."""
    phone = phones.ask(brand, model, written) if brand else phones.ask_anybody(model)
    if phone is None or phone.type or not phone.market_name:
        return phone.type if phone else None
    line = families.hard(brand or phone.brand, phone.market_name)
    return line.type if line else None


@lru_cache(maxsize=16384)
def _answers(make: str | None, model: str | None, sources: frozenset[Source]) -> tuple[Answer, ...]:
    """Return the types by table, lines and databases, the most reliable first. device-detector is used only where the camera may
    be a phone."""
    written = model
    brand, model = tidy(make, written)
    answers: list[Answer] = []
    if Source.TABLE in sources and (row := shipped_table().find(brand, model)):
        answers.append(("table", row.type))
    hard = families.hard(brand, model) if Source.FAMILY in sources else None
    if hard:
        answers.append((f"family:{hard.name}", hard.type))
    if Source.LENSFUN in sources and (kind := lensfun.find(brand, model)):
        answers.append(("lensfun", kind))
    soft = families.soft(brand, model) if Source.FAMILY in sources and hard is None else None
    # Where a line of cameras of this maker fits the name, it is not looked up as a phone's. Where another source calls it a
    # phone, device-detector is asked too, so that a disagreement is shown.
    may_be_a_phone = soft is None and all(kind in _PHONES for _, kind in answers)
    if Source.DEVICE_DETECTOR in sources and model and may_be_a_phone:
        phone = _phone(brand, model, written)
        if phone:
            answers.append(("device-detector", phone))
    soft = soft or (families.code(brand, model) if Source.FAMILY in sources and not answers else None)
    if soft:
        answers.append((f"family:{soft.name}", soft.type))
    return tuple(answers)


def resolve(
    make: str | None,
    model: str | None,
    file_source: int | bytes | None = None,
    overrides: Mapping[CameraKey, CameraType] | None = None,
    *,
    sources: frozenset[Source] = ALL_SOURCES,
) -> Camera:
    """Return the camera of a photo with its type, the rule that gave it, and the types of other sources that disagree.

    Args:
        make: EXIF's Make, as written.
        model: EXIF's Model, as written.
        file_source: EXIF's FileSource, as a number or as the bytes of the tag.
        overrides: `camera_key(make, model)` -> type that a person stated.
        sources: the sources to use.

    >>> camera = resolve("NIKON CORPORATION", "NIKON D90")
    >>> camera.make_normalized, camera.model_normalized, camera.type.value, camera.rule
    ('Nikon', 'D90', 'dslr', 'lensfun')
    >>> resolve("samsung", "SM-G991B").rule
    'family:galaxy'
    >>> camera = resolve("PENTAX", "PENTAX K-01")  # a mirrorless body; lensfun files it among the SLRs
    >>> camera.type.value, camera.rule, camera.also
    ('mirrorless', 'table', ('lensfun=dslr',))
    >>> resolve("FUJIFILM", "Frontier", file_source=1).rule
    'exif:FileSource'
    >>> camera = resolve("Zorblax", "Z1")
    >>> camera.type.value, camera.rule
    ('unknown', None)
    >>> key = camera_key("Zorblax", "Z1")
    >>> resolve("Zorblax", "Z1", overrides={key: CameraType.COMPACT}).rule
    'override'
    """
    answers: list[Answer] = []
    override = (overrides or {}).get(camera_key(make, model)) if Source.OVERRIDE in sources else None
    if override is not None:
        answers.append(("override", override))
    from_file = type_from_file_source(file_source) if Source.EXIF in sources else None
    if from_file is not None:
        answers.append(("exif:FileSource", from_file))
    answers += _answers(make, model, sources)
    brand, market_name = normalize(make, model)
    rule, kind = answers[0] if answers else (None, CameraType.UNKNOWN)
    also = tuple(f"{other}={said}" for other, said in answers[1:] if said is not kind)
    return Camera(make, model, brand, market_name, kind, rule, also)
