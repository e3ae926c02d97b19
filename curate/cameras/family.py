"""A line of devices, and the form of its pattern.

A pattern is matched at the start of the tidy model (without the maker's name, casefolded, spaces folded). A dash in it also
matches a space: files write DSC-W7 and DSC W7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from curate.cameras.types import CameraType

SMARTPHONE = CameraType.SMARTPHONE
FEATURE_PHONE = CameraType.FEATURE_PHONE
TABLET = CameraType.TABLET
DSLR = CameraType.DSLR
MIRRORLESS = CameraType.MIRRORLESS
COMPACT = CameraType.COMPACT
ACTION = CameraType.ACTION
DRONE = CameraType.DRONE
CAMCORDER = CameraType.CAMCORDER
FILM_SCANNER = CameraType.FILM_SCANNER
SCANNER = CameraType.SCANNER
UNKNOWN = CameraType.UNKNOWN

_CLASS_OR_DASH = re.compile(r"\[[^]]*\]|\\.|-")


@dataclass(frozen=True)
class Family:
    """A line of devices.

    Attributes:
        name: as it appears in the rule `family:<name>`.
        brands: the tidy brands that it belongs to; empty for any brand.
        written: its pattern as it is written, in which a dash also stands for a space.
        type: its type. `unknown` ends the search: the device is none of the types, or its name fits devices of two types.
    """

    name: str
    brands: frozenset[str]
    written: str
    type: CameraType

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern that is matched at the start of the tidy model, compiled when it is first asked for.

        Compiling all lines takes longer than a start of the app may, and a catalogue whose cameras are known asks for none.
        """
        return re.compile(_CLASS_OR_DASH.sub(lambda found: "[ -]" if found[0] == "-" else found[0], self.written))


def lines(brands: str, *named: tuple[str, CameraType, str]) -> tuple[Family, ...]:
    """Return the lines of one or several makers.

    Args:
        brands: the makers, separated by `|`; empty for any maker.
        named: (name, type, pattern) of each line.
    """
    makers = frozenset(filter(None, brands.split("|")))
    return tuple(Family(name, makers, pattern, kind) for name, kind, pattern in named)
