"""The facets of the library: values with their numbers of photos, which filter when they are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.events import Resize
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from curate.tui.facets import Facet, Value, active
from curate.tui.shown import shown

_COUNT = 8
"""Characters of a number of photos."""


class FacetList(OptionList):
    """The facets. Enter or a click on a value chooses it; the one that the filter holds has a tick."""

    DEFAULT_CSS = """
    FacetList { height: 1fr; width: 100%; border: none; padding: 0; background: transparent; scrollbar-size: 1 1;
                text-wrap: nowrap; text-overflow: ellipsis; }
    FacetList:focus { border: none; background: transparent; }
    """

    @dataclass
    class Chosen(Message):
        """A value was chosen."""

        facet: Facet
        value: Value

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.facets: Sequence[Facet] = ()
        self._text = ""
        self._places: list[tuple[Facet, Value] | None] = []

    def show(self, facets: Sequence[Facet], text: str) -> None:
        """Show these facets and which of their values a filter's text holds; the cursor stays on its value."""
        if (facets, text) == (self.facets, self._text) and self._places:
            return
        self.facets, self._text = facets, text
        self._list()

    def _list(self) -> None:
        before = self._places[self.highlighted] if self.highlighted is not None else None
        self._places = []
        options: list[Option] = []
        room = max(8, self.size.width - 2)
        for facet in self.facets:
            if options:
                self._places.append(None)
                options.append(Option("", disabled=True))
            self._places.append(None)
            options.append(Option(Text(facet.title, "bold"), disabled=True))
            held, largest = active(self._text, facet), max((value.photos for value in facet.values), default=0)
            for value in facet.values:
                self._places.append((facet, value))
                options.append(Option(_line(value, value is held, largest, room)))
            if facet.more:
                self._places.append(None)
                options.append(Option(_rest(facet, room), disabled=True))
            if not facet.values:
                self._places.append(None)
                options.append(Option(Text("nothing yet", "dim"), disabled=True))
        self.clear_options()
        self.add_options(options)
        if before is not None:
            same = [at for at, place in enumerate(self._places) if place and place[1].clause == before[1].clause]
            self.highlighted = same[0] if same else None

    def on_resize(self, _event: Resize) -> None:
        """Fit the lines to the new width."""
        self._list()

    def on_focus(self) -> None:
        """Put the cursor on a value."""
        if self.highlighted is None:
            self.action_first()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which value was chosen."""
        event.stop()
        place = self._places[event.option_index]
        if place is not None:
            self.post_message(self.Chosen(*place))


def _line(value: Value, held: bool, largest: int, room: int) -> Text:
    name = shown(value.name, "bold" if held else "")
    bar = max(0, room - 26)
    name.truncate(room - _COUNT - 3 - (bar + 1 if bar else 0), overflow="ellipsis", pad=True)
    line = Text.assemble(("✓ " if held else "  ", "bold green"), name, f"{value.photos:>{_COUNT},}")
    if bar and largest:
        line.append(" ").append("━" * max(1, round(bar * value.photos / largest)), "bright_cyan")
    return line


def _rest(facet: Facet, room: int) -> Text:
    return Text(f"  {facet.more:,} more".ljust(room - _COUNT - 1) + f"{facet.rest:>{_COUNT},}", "dim")
