"""Tables of many rows, printed as the rows come.

The first rows decide the widths of the columns. On a terminal a longer text wraps; elsewhere it shifts the cells to its right,
so that each row stays one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest
from typing import TextIO

MANY = 2_000
"""A table of more rows is printed as its rows come, and this many of them decide the widths."""

_GAP = "  "
_LEAST = 8
"""The least width of a column, in characters, on a terminal that is too narrow."""


def print_long(header: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO, terminal: int | None) -> None:
    """Print a table as its rows come.

    Args:
        header: the columns' names.
        rows: the cells, without control characters.
        out: where to print.
        terminal: the terminal's width in characters; None where `out` is not a terminal.
    """
    rest = iter(rows)
    first = list(islice(rest, MANY))
    widths = [max(map(_length, column)) for column in zip(header, *first, strict=True)]
    if terminal is not None:
        widths = _fitted(widths, terminal - len(_GAP) * (len(header) - 1))
    for row in chain([header], first, rest):
        lines = [row] if terminal is None else _folded(row, widths)
        out.writelines(_GAP.join(map(_padded, line, widths)).rstrip() + "\n" for line in lines)


def _length(text: str) -> int:
    """The width of a text on a terminal: some characters take two columns."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int) -> str:
    return text.ljust(width) if text.isascii() else text + " " * (width - _length(text))


def _fitted(widths: list[int], room: int) -> list[int]:
    """Cut the widest columns to a common width, so that all fit into `room` characters."""
    widest = max(widths)
    while widest > _LEAST and sum(min(width, widest) for width in widths) > room:
        widest -= 1
    return [min(width, widest) for width in widths]


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterable[Sequence[str]]:
    """Wrap a row into lines of cells, each at most as wide as its column."""
    if all(text.isascii() and len(text) <= width for text, width in zip(row, widths, strict=True)):
        return [row]
    from rich.cells import chop_cells

    return zip_longest(*(chop_cells(text, width) for text, width in zip(row, widths, strict=True)), fillvalue="")
