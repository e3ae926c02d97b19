"""Facets: values of a label with their numbers of photos, each of which can be made a part of the filter. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from curate.catalog.store import Catalog
from curate.photos.facts import Status
from curate.tui.filtering import NO_CAMERA, NO_MAKER, UNKNOWN_TYPE, is_expression, where_of

MOST = 200
"""Values of a facet that are listed."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet.

    Attributes:
        name: the value in words.
        photos: number of photos that have it.
        clause: the expression over the label columns that is true for them.
    """

    name: str
    photos: int
    clause: str


@dataclass(frozen=True, slots=True)
class Facet:
    """Some values, of which a filter holds one at most.

    Attributes:
        title: its title.
        values: the values, the most frequent first.
        more: number of values that are not listed.
        rest: number of photos that have one of these.
    """

    title: str
    values: tuple[Value, ...]
    more: int = 0
    rest: int = 0


def facets(catalog: Catalog) -> list[Facet]:
    """Return the facets of a catalogue. It takes no time, however many photos there are."""
    types = []
    for kind, photos in catalog.counts("camera_type"):
        if kind is None:
            types.append(Value("no camera", photos, NO_CAMERA))
        elif kind == "unknown":
            types.append(Value("unknown type", photos, UNKNOWN_TYPE))
        else:
            types.append(Value(kind, photos, f"camera_type = {quoted(kind)}"))
    makes = [
        Value(
            "no maker" if make is None else make,
            photos,
            NO_MAKER if make is None else is_value("make_normalized", make),
        )
        for make, photos in catalog.counts("make_normalized")
    ]
    found = [_facet("Type", types), _facet("Make", makes)]
    statuses = [Value(str(status), photos, is_value("status", status)) for status, photos in catalog.counts("status")]
    if {value.name for value in statuses} - {Status.OK}:
        found.append(_facet("File", statuses))
    formats = [Value(kind or "unknown", photos, is_value("format", kind)) for kind, photos in catalog.counts("format")]
    if len(formats) > 1:
        found.append(_facet("Format", formats))
    return found


def quoted(text: str) -> str:
    """Return a text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def toggled(text: str, facet: Facet, value: Value) -> str:
    """Return a filter's text with a value of a facet in it, in place of another value of it; without it if it was there.

    >>> types = Facet("Type", (Value("dslr", 2, "camera_type = 'dslr'"), Value("drone", 1, "camera_type = 'drone'")))
    >>> toggled("width > 9 AND camera_type = 'dslr'", types, types.values[1])
    "width > 9 AND camera_type = 'drone'"
    >>> toggled("a = 1 OR b = 2", types, types.values[0])
    "(a = 1 OR b = 2) AND camera_type = 'dslr'"
    """
    parts = clauses(text if is_expression(text) else where_of(text) or "")
    kept = [part for part in parts if part not in {one.clause for one in facet.values}]
    if value.clause not in parts:
        kept.append(value.clause)
    return " AND ".join(kept)


def active(text: str, facet: Facet) -> Value | None:
    """Return the value of a facet that a filter's text holds; None where it holds none."""
    parts = set(clauses(text))
    return next((value for value in facet.values if value.clause in parts), None)


_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b(?:AND|OR|BETWEEN|CASE|END)\b|[()]|--|/\*", re.IGNORECASE)


def clauses(text: str) -> list[str]:
    """Split an expression at each AND that joins it as a whole; one that OR joins is put into brackets.

    >>> clauses("a = 'x AND y' AND b BETWEEN 1 AND 2 AND (c = 1 AND d = 2)")
    ["a = 'x AND y'", 'b BETWEEN 1 AND 2', '(c = 1 AND d = 2)']
    """
    depth, between, parts, start = 0, False, [], 0
    for token in _TOKEN.finditer(text):
        word = token.group().upper()
        if word in ("(", "CASE"):
            depth += 1
        elif word in (")", "END"):
            depth -= 1
        elif word in ("--", "/*"):  # a comment could hide what follows it
            return [f"({text.strip()}\n)"]
        elif depth == 0 and word == "OR":
            return [f"({text.strip()})"]
        elif depth == 0 and word == "BETWEEN":
            between = True
        elif depth == 0 and word == "AND":
            if between:
                between = False
                continue
            parts.append(text[start : token.start()].strip())
            start = token.end()
    last = text[start:].strip()
    return [*parts, last] if last or parts else []


def is_value(column: str, value: str | None) -> str:
    """Return the expression that a column holds a value; None for an empty cell."""
    return f"{column} IS NULL" if value is None else f"{column} = {quoted(value)}"


def _facet(title: str, values: Sequence[Value]) -> Facet:
    rest = values[MOST:]
    return Facet(title, tuple(values[:MOST]), len(rest), sum(value.photos for value in rest))
