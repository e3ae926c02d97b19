"""The keys that the settings put in place of the app's own, and what is wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from textual.binding import Binding
from textual.keys import _character_to_key

NO_KEYS: Mapping[str, str] = MappingProxyType({})

EVERYWHERE = "every screen"
"""Name of the place whose keys work on each screen."""


def usable(wanted: Mapping[str, str], places: Mapping[str, Sequence[Binding]]) -> tuple[dict[str, str], list[str]]:
    """Return the keys that can be used as they are wanted, and why others cannot.

    A key that would do two things in one place is not used: both sides keep their own keys.

    Args:
        wanted: ID of a binding -> its keys, separated by commas, as a person writes them.
        places: name of a screen -> its bindings; `EVERYWHERE` names those that work on each screen.

    Returns:
        ID -> keys as Textual names them, and sentences for a person.
    """
    known = {one.id: one for bindings in places.values() for one in bindings if one.id is not None}
    found, problems = {}, []
    for name, text in wanted.items():
        keys = [_key(part.strip()) for part in text.split(",") if part.strip()]
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(f"{name} is nothing that has a key{f'; {near[0]} may be meant' if near else ''}")
        elif not keys:
            problems.append(f"{name} has no key")
        else:
            found[name] = ",".join(keys)
    while clash := next(_clashes(found, places), None):
        key, name, other, place = clash
        problems.append(
            f"{key} is {known[other].description} on {place}, so {known[name].description} ({name}) keeps its key"
        )
        del found[name]
    return found, problems


def _clashes(found: Mapping[str, str], places: Mapping[str, Sequence[Binding]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield each key that does two things: the key, the ID that was to get it, the other's ID, and where."""
    everywhere = places.get(EVERYWHERE, ())
    for place, own in places.items():
        bindings = [*own, *(everywhere if place != EVERYWHERE else ())]
        taken: dict[str, str] = {}
        for one in sorted((one for one in bindings if one.id), key=lambda one: one.id in found):
            name = one.id or ""
            for key in found.get(name, one.key).split(","):
                other = taken.setdefault(key, name)
                if other != name and name in found:
                    yield key, name, other, place


def _key(text: str) -> str:
    return _character_to_key(text) if len(text) == 1 else text
