"""Tables of many rows, printed as the rows come, and tables that a terminal has no room for.

The first rows decide the widths of the columns. On a terminal a longer text wraps; elsewhere it shifts the cells to its right,
so that each row stays one line.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import TextIO

MANY = 2_000
"""A table of more rows is printed as its rows come, and this many of them decide the widths."""

_GAP = "  "
LEAST = 8
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


def in_words(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a table that a terminal has no room for: what all rows have in common, then each row.

    Args:
        header: the columns' names.
        rows: the cells, without control characters.
        width: the terminal's width in characters.
    """
    common = [len(rows) > 1 and len({*column}) == 1 for column in zip(*rows, strict=True)]
    if any(common):
        yield from _wrapped(
            "all rows", header, [cell if same else "" for cell, same in zip(rows[0], common, strict=True)], width
        )
    for row in rows:
        yield from _wrapped("", header, ["" if same else cell for cell, same in zip(row, common, strict=True)], width)


def _wrapped(begin: str, header: Sequence[str], cells: Sequence[str], width: int) -> list[str]:
    told = [begin] * bool(begin) + [f"{name}: {cell}" for name, cell in zip(header, cells, strict=True) if cell]
    return textwrap.wrap(" · ".join(told), width, subsequent_indent="  ", break_on_hyphens=False)


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
    while widest > LEAST and sum(min(width, widest) for width in widths) > room:
        widest -= 1
    return [min(width, widest) for width in widths]


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterable[Sequence[str]]:
    """Wrap a row into lines of cells, each at most as wide as its column."""
    if all(text.isascii() and len(text) <= width for text, width in zip(row, widths, strict=True)):
        return [row]
    from rich.cells import chop_cells

    return zip_longest(*(chop_cells(text, width) for text, width in zip(row, widths, strict=True)), fillvalue="")
