"""Which part of a picture is shown, and how large: one scale for the pictures of a pair. It knows no Textual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CELL_ASPECT = 2.0
"""Height of a terminal cell divided by its width, where the terminal does not tell."""

STEP = 1.5
"""Factor of one zoom step."""

MOST = 11.0
"""The largest zoom."""

Size = tuple[int, int]
"""Width and height: of pictures in pixels, of places in columns and rows."""


@dataclass(frozen=True, slots=True)
class View:
    """How far pictures are zoomed in, and onto what.

    Attributes:
        zoom: 1 where the whole pictures are shown.
        x: the middle of the shown part, as a share of the picture's width.
        y: the same of its height.
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def zoomed(self, steps: int) -> View:
        """Zoom in by some steps, or out where they are negative; the middle stays where it can.

        >>> View().zoomed(2).zoomed(-2) == View() == View().zoomed(-1)
        True
        """
        zoom = min(MOST, max(1.0, self.zoom * STEP**steps))
        return View(1.0 if zoom < 1.01 else zoom, self.x, self.y)._kept()

    def panned(self, x: float, y: float) -> View:
        """Move by shares of what is shown, to the right and down.

        >>> View().panned(0.25, 0)
        View(zoom=1.0, x=0.5, y=0.5)
        >>> View(2.0).panned(0.25, -1)
        View(zoom=2.0, x=0.625, y=0.25)
        """
        return View(self.zoom, self.x + x / self.zoom, self.y + y / self.zoom)._kept()

    def _kept(self) -> View:
        half = 0.5 / self.zoom
        return View(self.zoom, min(1 - half, max(half, self.x)), min(1 - half, max(half, self.y)))


WHOLE = View()


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture as it is shown.

    Attributes:
        columns: the columns that it takes.
        rows: the rows that it takes.
        box: the part of the picture that is shown: left, upper, right and lower edge, in pixels.
    """

    columns: int
    rows: int
    box: tuple[float, float, float, float]


def placed(
    size: Size, among: Iterable[Size], room: Size, view: View = WHOLE, aspect: float = CELL_ASPECT
) -> Placed | None:
    """Place a picture so that all pictures of a group have one scale and fit, each in a room of this size.

    The longer sides of all have the same length: sensors differ in pixels, and what two cameras see of a scene is alike.

    Args:
        size: width and height of the picture, in pixels.
        among: the same of all pictures of the group.
        room: the columns and rows there are for one picture.
        view: which part is shown.
        aspect: height of a terminal cell divided by its width.

    Returns:
        None where there is no room.

    >>> placed((400, 300), [(400, 300), (300, 200)], (80, 20))
    Placed(columns=53, rows=20, box=(0.0, 0.0, 400.0, 300.0))
    >>> placed((300, 200), [(400, 300), (300, 200)], (80, 20))
    Placed(columns=53, rows=18, box=(0.0, 0.0, 300.0, 200.0))
    """
    columns, rows = room
    if columns <= 0 or rows <= 0:
        return None
    longest = min(
        min(columns * max(one) / one[0], aspect * rows * max(one) / one[1]) for one in (size, *among) if min(one) > 0
    )
    width = view.zoom * longest * size[0] / max(size)
    height = view.zoom * longest * size[1] / max(size) / aspect
    shown = min(columns, max(1, round(width))), min(rows, max(1, round(height)))
    left, right = _part(size[0], min(1.0, columns / width), view.x)
    upper, lower = _part(size[1], min(1.0, rows / height), view.y)
    return Placed(*shown, (left, upper, right, lower))


def _part(length: int, share: float, middle: float) -> tuple[float, float]:
    """Return where a share of a length begins and ends, around a middle where the ends allow it."""
    begin = min(max(0.0, middle - share / 2), 1 - share)
    return begin * length, min(float(length), (begin + share) * length)
