"""Find the type of a device by its model name alone: lines of cameras, phones and scanners whose names follow a pattern.

The patterns follow the makers' naming schemes. The first line whose pattern matches gives the type, so exceptions come before
their line. A name that matches no line stays unknown, so that a maker's other products (phones, printers, microscopes) are
not taken for its cameras.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.cameras.camera_lines import CAMERAS
from curate.cameras.device_lines import DEVICES, WORDS
from curate.cameras.family import Family
from curate.cameras.keys import folded
from curate.cameras.phone_lines import CODES, PHONES

HARD: tuple[Family, ...] = (*WORDS, *PHONES, *DEVICES)
"""Lines that are more reliable than the databases: phones, tablets, scanners, drones, action cameras."""

SOFT: tuple[Family, ...] = CAMERAS
"""Lines of cameras and camcorders."""

# Words that a maker may write before the model: "Lumix DMC-G1", "OM-D E-M5", "Digital Camera Q-M100".
_LINE_WORDS: dict[str, str] = {
    "Fujifilm": "fujifilm",
    "Konica Minolta": "minolta|konica",
    "Olympus": r"om[ -]d|pen(?: lite)?(?= e)|evolt|camedia|om system",
    "OM System": "om[ -]d",
    "Panasonic": "lumix",
    "Sanyo": "xacti",
    "Sony": "alpha|α|cyber-?shot|handycam",
}
_ANY_WORDS = r"digital(?: still)? camera|camera"
# Codes that files write with or without a dash: DSCW7, DMCFZ50.
_GLUED = re.compile(r"(dsc|dmc|dslr|slt|ilc[ae]|nex|vpc|pdr|hdr|dcr)(?=[a-z]{0,2}\d)")


def _spellings(brand: str | None, model: str) -> Iterator[str]:
    """Yield the spellings of a model that are tried: as it is, without the words before it, with a missing dash added."""
    name = folded(model)
    yield name
    words = "|".join(filter(None, (_LINE_WORDS.get(brand or ""), _ANY_WORDS)))
    short = re.sub(rf"^(?:{words})[\s-]+", "", name)
    if short != name:
        yield short
    dashed = _GLUED.sub(r"\1-", short, count=1)
    if dashed != short:
        yield dashed


def _first(families: tuple[Family, ...], brand: str | None, model: str | None) -> Family | None:
    for name in _spellings(brand, model) if model else ():
        for family in families:
            if (not family.brands or brand in family.brands) and family.pattern.match(name):
                return family
    return None


def hard(brand: str | None, model: str | None) -> Family | None:
    """Return the line of phones, tablets, scanners, drones or action cameras that a tidy model belongs to; None without one.

    >>> line = hard("Samsung", "SM-T870")
    >>> line.name, line.type.value
    ('galaxy-tablet', 'tablet')
    """
    return _first(HARD, brand, model)


def soft(brand: str | None, model: str | None) -> Family | None:
    """Return the line of cameras that a tidy model belongs to; None without one.

    >>> [soft("Sony", name).name for name in ("DSC-W55", "dsc w55", "DSCW55")]
    ['cyber-shot', 'cyber-shot', 'cyber-shot']
    """
    return _first(SOFT, brand, model)


def code(brand: str | None, model: str | None) -> Family | None:
    """Return the scheme of phone codes that a tidy model fits; None without one.

    >>> code("Huawei", "VOG-LX1").name
    'huawei-code'
    """
    return _first(CODES, brand, model)
