"""A text of a few lines that ends in an ellipsis if it is longer."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.widget import Widget

from curate.tui.widgets.listing import worded


class FoldedText(Widget):
    """Text on as many lines as it needs, up to `most`, which is asked for whenever it is drawn."""

    DEFAULT_CSS = "FoldedText { height: auto; width: 100%; }"

    def __init__(self, most: Callable[[], int], *, id: str) -> None:
        super().__init__(id=id)
        self._most = most
        self._text = Text()

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text.plain

    def show(self, text: Text) -> None:
        """Show this text."""
        self._text = text
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> RenderResult:
        return Text("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        text = self._text.copy()
        text.no_wrap, text.overflow = False, "fold"
        lines = list(text.wrap(self.app.console, max(1, width)))
        most = self._most()
        shown = lines[:most]
        if len(lines) > most:
            shown[-1] = worded(Text(" ").join(lines[most - 1 :]), width)
        return shown
