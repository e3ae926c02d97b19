"""The footer: the keys of the screen that are shown."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widgets import Footer


class KeyLine(Footer):
    """The footer, which is made anew only where it would show something else.

    Textual makes its own anew whenever the focus moves or a window closes, which takes longer than all else that is drawn then.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._made_for: list[Any] | None = None

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show the keys of the screen, unless they are shown already."""
        keys = [(one.binding, one.enabled, one.tooltip) for one in screen.active_bindings.values() if one.binding.show]
        if keys == self._made_for:
            return
        super().bindings_changed(screen)
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self._made_for = keys
