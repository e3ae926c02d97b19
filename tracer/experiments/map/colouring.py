"""What the points of a map are coloured by. Importing it loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

NAME: Final = "map"
MIN_PHOTOS: Final = 50
"""On a map of fewer the method shows more than the photos do."""
COLOURED: Final = 6
"""Values of a label that get a colour: those with the most photos."""


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """What the points of a map are coloured by.

    Attributes:
        attribute: the label, or `scene`.
        values: (N,) strings, None where unknown.
        also: labels that part the photos in the same way, so that a map of their own would be the same.
    """

    attribute: str
    values: NDArray[Any]
    also: tuple[str, ...] = ()
