"""The palette: a command is typed and run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from curate.tui.commands import Command
from curate.tui.guarded import WIDE
from curate.tui.widgets.typedlist import TypedList

_KEYS = 6
"""Characters of the column of keys in a window that is not wide; more keys push what the command does to the right."""


class PaletteScreen(TypedList[Command]):
    """Asks for a command by its name; its result is the command, or None if cancelled."""

    hint = "type the name of a command"

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__([(one.name, one) for one in commands])
        self._wide = max(len(one.name) for one in commands), max(len(one.keys) for one in commands)

    def line(self, name: str, item: Command) -> Text:
        """Return a command with its keys and what it does."""
        names, keys = self._wide
        keys = keys if self.app.size.width >= WIDE else _KEYS
        return Text.assemble(
            (name.ljust(names), "bold"), "  ", (item.keys.ljust(keys), "bright_cyan"), "  ", (item.tooltip, "dim"),
            no_wrap=True, overflow="ellipsis",
        )  # fmt: skip
