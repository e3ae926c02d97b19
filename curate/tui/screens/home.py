"""The home screen: what waits in the workspace, and the next step, which Enter takes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static
from textual.worker import Worker

from curate.catalog.folders import skipped
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.tui.messages import StatusTold
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.told import Told
from curate.tui.work import is_running, start_beside
from tracer.base.text import counted

if TYPE_CHECKING:
    from curate.tui.waiting import Entry

_COLUMNS = (
    Column("", 1),
    Column("what", 10),
    Column("how it stands", 38, keeps="words", most=200),
    Column("Enter", 18),
)
_LISTED = 500
"""Skipped or unreadable files that are listed."""

_WELCOME = """A workspace holds labels and decisions; photos stay where they are and are only read.

Enter asks for the folder of your photos."""


class HomeScreen(CurateScreen):
    """What is there and what waits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Go", id="home.go", tooltip="do what the line under the cursor says"),
        Binding(
            "i",
            "app.operation('ingest')",
            "Ingest",
            id="home.ingest",
            tooltip="read the photos of a folder; again: only what changed",
        ),
        Binding("L", "app.switch_mode('library')", "Library", id="home.library", tooltip="the photos and their labels"),
        Binding("R", "app.switch_mode('review')", "Review", id="home.review", tooltip="decide the waiting pairs"),
        Binding(
            "C",
            "app.switch_mode('cameras')",
            "Cameras",
            id="home.cameras",
            show=False,
            tooltip="cameras and their types",
        ),
        Binding(
            "T", "app.switch_mode('clocks')", "Clocks", id="home.clocks", show=False, tooltip="how far clocks differ"
        ),
        Binding(
            "D",
            "app.switch_mode('copies')",
            "Copies",
            id="home.copies",
            show=False,
            tooltip="copies, and which is kept",
        ),
        Binding("H", "app.switch_mode('flickr')", "Flickr", id="home.flickr", show=False, tooltip="harvest Flickr"),
        Binding(
            "S", "app.switch_mode('set')", "Set", id="home.set", tooltip="what a set would hold, before it is written"
        ),
        Binding(
            "E", "app.switch_mode('runs')", "Runs", id="home.runs", tooltip="evaluations, their figures and reports"
        ),
        Binding("u,z", "undo", "Undo", id="home.undo", show=False, tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="home.redo", show=False, tooltip="repeat what was taken back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._counting: Worker[None] | None = None
        self._next_count = 0.0

    def compose_body(self) -> ComposeResult:
        with Vertical(id="home"):
            yield Listing(_COLUMNS, id="waiting", zebra_stripes=False)
            yield Static(id="entry", classes="told", markup=False)
            yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_soon(self) -> None:
        """Count again while work runs, about once a second; less often if counting takes long."""
        if time.monotonic() >= self._next_count and not is_running(self._counting):
            self.refresh_data()

    def refresh_data(self) -> None:
        """Count again, in a thread because the sets are looked at."""
        if not self._entries:
            self.headline("Home", "counting …")
        workspace = self.catalog.workspace

        def count() -> None:
            from curate.status import status

            started = time.monotonic()
            try:
                with Catalog.open(workspace, read_only=True) as catalog:
                    told = StatusTold(status(catalog), time.monotonic() - started)
            except CurateError as error:
                told = StatusTold(None, error=error)
            self.post_message(told)

        self._next_count = time.monotonic() + 1
        self._counting = start_beside(self, workspace, "counting what waits", count, group="status")

    def on_status_told(self, message: StatusTold) -> None:
        """Show what waits."""
        self._next_count = time.monotonic() + max(1.0, 10 * message.seconds)
        if message.status is None:
            self.headline("Home")
            if message.error is not None:
                self.complain(message.error)
            return
        from curate.tui.waiting import entries  # the first paint needs nothing of it

        self._entries = entries(message.status)
        waiting = sum(entry.waits for entry in self._entries[1:])
        self.headline("Home", counted(message.status.photos, "photo"), f"{counted(waiting, 'thing')} to look at")
        self.query_one("#waiting", Listing).list(_cells(entry) for entry in self._entries)
        self.query_one("#welcome").display = not message.status.photos
        self.on_data_table_row_highlighted()

    def on_data_table_row_highlighted(self) -> None:
        """Tell the line under the cursor in full."""
        if self._entries:
            entry = self._under_cursor
            name = shown(entry.name or "also", "bold")
            line = Text.assemble(name, ": ", folded(entry.text), "\n", (f"Enter: {entry.does}", "dim"))
            self.query_one("#entry", Static).update(line)

    @property
    def _under_cursor(self) -> Entry:
        return self._entries[min(self.query_one("#waiting", Listing).cursor_row, len(self._entries) - 1)]

    # --- actions

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Do what the line says (Enter, or a click)."""
        await self.run_action("go")

    async def action_go(self) -> None:
        """Do what the line under the cursor says."""
        if self._entries:
            await self.run_action(self._under_cursor.action)

    def action_skipped(self) -> None:
        """Tell which files were skipped and why."""
        self._tell("Skipped files", skipped(self.catalog))

    def action_unreadable(self) -> None:
        """Tell which photos cannot be read and why."""
        rows = self.catalog.labels("error IS NOT NULL", _LISTED)
        self._tell("Photos that cannot be read", ((row["path"], f"{row['status']}: {row['error']}") for row in rows))

    def _tell(self, title: str, listed: Iterable[tuple[str, str]]) -> None:
        lines = [("", f"{path}: {reason}") for path, reason in islice(listed, _LISTED)]
        self.app.push_screen(Told(title, lines))


def _cells(entry: Entry) -> list[Text]:
    sign = Text("●", "bold yellow") if entry.waits else Text("✓", "green")
    return [sign, shown(entry.name, "bold", missing=""), shown(entry.text), shown(entry.does, "dim")]
