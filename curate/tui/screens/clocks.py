"""The clocks screen: how far the clocks of two cameras differ; a stated offset replaces the estimate from the photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from curate.catalog.clocks import ClockOffset, clock_offsets, jump, local_time
from curate.catalog.durations import compared, in_words, parse_seconds
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.pairing.clocks.workspace_offsets import refuse_offset, state_clock_offset
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.prompt import AskChoice, AskText
from tracer.base.text import counted

Offset = Mapping[str, Any]
"""A row of `clock_offsets`."""

_COLUMNS = (
    Column("clock of", 10),
    Column("against", 10),
    Column("ahead by", 16, numeric=True),
    Column("±", 6, numeric=True),
    Column("moments", 7, numeric=True),
    Column("said by", 8),
    Column("holds", 23),
)
_SAID_BY = {"content": "photos", "gps": "GPS time", "chain": "other cameras", "person": "a person"}
_WELCOME = """No offset between two clocks is known yet.

Press L, then f to estimate offsets from photos of the same scenes.
Or press n to state an offset that you know."""
_HINT = "1 h 0 min 12 s, 1:00:12 or seconds; with a minus if it is behind. It replaces the estimate from the photos."


class ClocksScreen(CurateScreen):
    """Offsets between the clocks of two cameras, and their sources."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e,enter",
            "correct",
            "Correct",
            id="clocks.correct",
            tooltip="state the offset of these two clocks; it replaces the estimate",
        ),
        Binding("u,z", "undo", "Undo", id="clocks.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="clocks.redo", show=False, tooltip="repeat what was taken back"),
        Binding("n", "state", "New", id="clocks.state", tooltip="state the offset of any two cameras"),
        Binding(
            "C",
            "app.switch_mode('cameras')",
            "Cameras",
            id="clocks.cameras",
            tooltip="cameras and their types",
        ),
        Binding("L", "app.switch_mode('library')", "Library", id="clocks.library", tooltip="back to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._offsets: Sequence[ClockOffset] = ()
        self._names: dict[str, str] = {}
        self._short: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        yield Listing(_COLUMNS, id="clocks")
        yield Static(id="clock", classes="told", markup=False)
        yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_data(self) -> None:
        """Read the offsets again."""
        self._names, self._short = camera_names(self.catalog)
        self._offsets = offsets = clock_offsets(self.catalog)
        table = self.query_one(Listing)
        table.list(self._cells(offset) for offset in offsets)
        stated_count = sum(offset.source == "person" for offset in self._offsets)
        pairs = len({(offset.camera_a, offset.camera_b) for offset in self._offsets})
        self.headline("Clocks", counted(pairs, "pair of cameras", "pairs of cameras"), f"{stated_count:,} stated")
        there = bool(self._offsets)
        self.query_one("#welcome").display = not there
        table.display = self.query_one("#clock").display = there
        self._tell()

    def _cells(self, offset: ClockOffset) -> list[Text]:
        stated = offset.source == "person"
        style = "dim" if stated else ""
        return [
            shown(self._short.get(offset.camera_b, offset.camera_b)),
            shown(self._short.get(offset.camera_a, offset.camera_a)),
            Text(in_words(offset.seconds, days_to="min"), "bold", justify="right"),
            Text("–" if stated else in_words(offset.margin, sign=False), style, justify="right"),
            Text("–" if stated else f"{offset.support:,}", style, justify="right"),
            Text(_SAID_BY[offset.source], "bold bright_cyan" if stated else ""),
            shown(holds(offset), "" if local_time(offset.since) or local_time(offset.until) else "dim"),
        ]

    def name_of(self, camera: str) -> str:
        """Return a camera's normalised name; `make|model` if the catalogue no longer has the camera."""
        return self._names.get(camera, camera)

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """Show the offset under the cursor as a sentence."""
        self._tell()

    def _tell(self) -> None:
        if self._offsets:
            offset = self._offsets[min(self.query_one(Listing).cursor_row, len(self._offsets) - 1)]
            names = self.name_of(offset.camera_a), self.name_of(offset.camera_b)
            self.query_one("#clock", Static).update(folded(sentence(offset, *names)))

    # --- actions

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Correct the row's offset (Enter)."""
        await self.run_action("correct")

    def action_correct(self) -> None:
        """Ask for the offset of the two clocks under the cursor."""
        if self.reads_only():
            return
        if self._offsets:
            offset = self._offsets[self.query_one(Listing).cursor_row]
            self._ask(offset.camera_a, offset.camera_b, in_words(offset.seconds))
        else:
            self.say("there is no offset to correct; n states one")

    def action_state(self) -> None:
        """Ask for two cameras, then for their offset."""
        if self.reads_only():
            return
        if len(self._names) < 2:
            self.say("two cameras are needed, but the photos name fewer", problem=True)
            return

        def first(camera_b: str) -> None:
            others = {camera: name for camera, name in self._names.items() if camera != camera_b}
            question = f"Against the clock of which other camera than the {self.name_of(camera_b)}?"
            self.ask(AskChoice(question, others), lambda camera_a: self._ask(camera_a, camera_b))

        self.ask(AskChoice("The clock of which camera?", self._names), first)

    def _ask(self, camera_a: str, camera_b: str, value: str = "") -> None:
        one, two = self.name_of(camera_a), self.name_of(camera_b)

        def answered(text: str) -> None:
            if text in ("", value):
                self.say("nothing was stated; the offset is unchanged" if value else "nothing was stated")
                return
            seconds = _offset(text)
            state_clock_offset(self.catalog, camera_a, camera_b, seconds)
            self.refresh_data()
            self._show(camera_a, camera_b)
            before = f", not {value}" if value and value != in_words(seconds) else ""
            self.say(f"{two} against {one}: {in_words(seconds)}{before} · f in the library uses it")

        question = f"How far is the clock of the {two} ahead of that of the {one}?"
        self.ask(AskText(question, value, _HINT, lambda text: text in ("", value) or _offset(text)), answered)

    def _show(self, camera_a: str, camera_b: str) -> None:
        for row, offset in enumerate(self._offsets):
            if {offset.camera_a, offset.camera_b} == {camera_a, camera_b}:
                self.query_one(Listing).move_cursor(row=row)
                self._tell()
                return


def _offset(text: str) -> float:
    """Return the typed text as seconds.

    Raises:
        UsageError: it is not a duration, or cannot be an offset between two clocks.
    """
    seconds = parse_seconds(text)
    if seconds is None:
        raise UsageError("that is not a duration", f"“{text}”", "Write 1 h 0 min 12 s, 1:00:12 or 3612.")
    refuse_offset(seconds)
    return seconds


def camera_names(catalog: Catalog) -> tuple[dict[str, str], dict[str, str]]:
    """Return the full and the short names of the cameras, by `make|model`.

    A full name is the normalised make and model, a short name only the model. A name that two cameras share is replaced: a
    short name by the full one, a full name by `make|model`.
    """
    full, short = {}, {}
    for camera, _ in catalog.cameras.listed():
        key = f"{camera.make or ''}|{camera.model or ''}"
        name = " ".join(part for part in (camera.make_normalized, camera.model_normalized) if part)
        full[key] = shown(name or key).plain
        short[key] = shown(camera.model_normalized or name or key).plain
    full = _distinct(full, {key: shown(key).plain for key in full})
    return full, _distinct(short, full)


def _distinct(names: Mapping[str, str], otherwise: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else otherwise[key] for key, name in names.items()}


def holds(offset: ClockOffset) -> str:
    """Return the period in which an offset holds, to the minute, on the clock that the sentence names second."""
    since, until = ((local_time(end) or "").replace("T", " ")[:16] for end in (offset.since, offset.until))
    if since and until:
        return f"{since} to {until}"
    return f"from {since}" if since else f"until {until}" if until else "always"


def sentence(offset: ClockOffset, one: str, two: str) -> str:
    """Return an offset as sentences. `one` and `two` are the names of the first and the second camera."""
    source = offset.source
    said = [f"The clock of the {two} {compared(offset.seconds)} that of the {one}"]
    if local_time(offset.since) or local_time(offset.until):
        said[0] += f" ({holds(offset)} by the latter)"
    if source == "person":
        said.append("Stated by a person; it replaces the estimate from the photos")
    else:
        moments = counted(offset.support, "moment")
        by = {"content": f"Estimated from {moments} in photos", "gps": "Both clocks are compared with GPS time"}
        spread = f"; single pairs lie {in_words(offset.spread, sign=False)} around it" if offset.spread else ""
        said.append(
            by.get(source, f"Estimated through other cameras, from {moments}")
            + f", give or take {in_words(offset.margin, sign=False)}{spread}"
        )
    if offset.drift:
        drift = offset.drift
        said.append(f"It {'gains' if drift > 0 else 'loses'} {in_words(drift, sign=False)} a day")
    if (set_by := jump(offset.seconds)) is not None:
        said.append(f"That is {set_by}")
    return ". ".join(said) + "."
