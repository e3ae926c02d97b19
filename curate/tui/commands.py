"""The commands of the palette: their names and actions, and which names a typed text means. It knows no Textual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from curate.tui.modes import SCREENS

Item = TypeVar("Item")

_NO_MATCH = 5


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the palette.

    Attributes:
        name: what is typed to run it.
        action: the action that it runs, as bindings name it.
        tooltip: what it does, in words.
        keys: the keys that do the same on the current screen, for the user.
    """

    name: str
    action: str
    tooltip: str
    keys: str = ""


def fixed() -> list[Command]:
    """Return the commands that the palette has on every screen: operations, screens, and a few of the app's own."""
    from curate.operations.registry import offered  # they load what they need, which a start does not wait for

    return [
        *(Command(one.title, f"app.operation('{' '.join(one.words)}')", one.tooltip) for one in offered()),
        *(
            Command(place.command or place.title, f"app.switch_mode('{place.name}')", place.tooltip)
            for place in SCREENS.values()
        ),
        Command("Open report", "app.open_report", "open the report of an evaluation in the browser"),
        Command("Undo", "screen.undo", "take back the last decision"),
        Command("Redo", "screen.redo", "repeat what was taken back"),
        Command("Keys", "app.help", "all keys of this screen"),
        Command("Theme", "app.theme", "other colours"),
        Command("Quit", "app.quit", "quit; every decision is already saved"),
    ]


def commands(bound: Iterable[Command]) -> list[Command]:
    """Return the commands of a screen: the fixed ones with their keys, then those of the bindings.

    A binding whose action or name a fixed command has already becomes no command of its own; it gives the fixed one its keys.

    Args:
        bound: name, action, tooltip and keys of the bindings of the screen, then of the app.
    """
    bindings, known = list(bound), fixed()
    names = {one.name.casefold() for one in known}
    same = {"undo", "redo", "app.palette", *(one.action for one in known)}
    keys = {_bare(one.action): one.keys for one in reversed(bindings)}
    found = [replace(one, keys=keys.get(_bare(one.action), "")) for one in known]
    for one in bindings:
        if one.name.casefold() not in names and one.action not in same:
            names.add(one.name.casefold())
            found.append(one)
    return found


def ranked(among: Sequence[tuple[str, Item]], text: str) -> list[tuple[str, Item]]:
    """Return the names, each with its item, that a text may mean, the best first.

    Exactly that name comes first, then those that begin with the text, those with a word that begins with it, those that hold it,
    and those that hold its letters in order. Case does not matter.

    >>> [name for name, _ in ranked([(one.name, one) for one in fixed()], "set")][:3]
    ['Set', 'Export set', 'Evaluate set']
    >>> ranked([("tablet", 0), ("feature_phone", 1), ("smartphone", 2)], "pho")
    [('feature_phone', 1), ('smartphone', 2)]
    >>> ranked([("tablet", 0)], "nothing like it")
    []
    """
    words = " ".join(text.casefold().split())
    placed = [(_rank(name.casefold(), words), (name, item)) for name, item in among]
    return [one for rank, one in sorted(placed, key=lambda pair: pair[0]) if rank < _NO_MATCH]


def _rank(name: str, text: str) -> int:
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    if any(name[at:].startswith(text) for at in range(1, len(name)) if not name[at - 1].isalnum()):
        return 2
    if text in name:
        return 3
    letters = iter(name)
    return 4 if all(letter in letters for letter in text) else _NO_MATCH


def _bare(action: str) -> str:
    """Return an action without the part that says whose it is."""
    return action.removeprefix("app.").removeprefix("screen.")
