"""The Flickr screen: what was harvested, what is left and how long it takes, what was refused, and keys for all that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static
from textual.worker import Worker

from curate.errors import CurateError
from curate.operations.flickr import AskExif, Download, GoOn, Recheck, Search
from curate.tui.harvesting import Overview, overview
from curate.tui.messages import HarvestCounted
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.prompt import AskChoice
from curate.tui.work import is_running, start_beside
from tracer.base.text import counted

if TYPE_CHECKING:
    from curate.sources.flickr.pace import Limit

_COLUMNS = (
    Column("step", 8),
    Column("photos", 7, numeric=True),
    Column("refused, failed or left out, because", 40, keeps="words"),
)
_WELCOME = """No photo of Flickr is listed yet.

Press s to search for photos by words, tags, owner, dates or licence.
Then press e to ask for their EXIF, one call a photo, and d to download originals.

The key of the Flickr API comes from FLICKR_API_KEY, a file or the system's key store."""


class HarvestScreen(CurateScreen):
    """A harvest of Flickr."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "search", "Search", id="harvest.search", tooltip="list the photos of a search, or of a plan"),
        Binding("e", "exif", "EXIF", id="harvest.exif", tooltip="ask for the EXIF of the photos that wait for it"),
        Binding("d", "download", "Download", id="harvest.download", tooltip="download originals with allowed licences"),
        Binding(
            "c",
            "recheck",
            "Recheck",
            id="harvest.recheck",
            tooltip="ask which photos are gone and which licences changed",
        ),
        Binding("g", "go_on", "Go on", id="harvest.go_on", tooltip="go on with what was stopped"),
        Binding(
            "escape",
            "app.stop_work",
            "Stop",
            id="harvest.stop",
            show=False,
            tooltip="stop running work; what came is kept",
        ),
        Binding(
            "L", "app.switch_mode('library')", "Library", id="harvest.library", show=False, tooltip="back to the photos"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._overview: Overview | None = None
        self._counting: Worker[None] | None = None
        self._next_count = 0.0

    def compose_body(self) -> ComposeResult:
        with Vertical(id="flickr"):
            yield Static(id="harvest")
            yield Listing(_COLUMNS, id="reasons")
        yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_soon(self) -> None:
        """Count again while work runs, about once a second; less often if counting takes long."""
        if time.monotonic() >= self._next_count and not is_running(self._counting):
            self.refresh_data()

    def refresh_data(self) -> None:
        """Count again, in a thread because there may be many photos."""
        if self._overview is None:
            self.headline("Flickr", "counting …")
        workspace = self.catalog.workspace

        def count() -> None:
            started = time.monotonic()
            try:
                found = HarvestCounted(overview(workspace), time.monotonic() - started)
            except CurateError as error:
                found = HarvestCounted(None, error=error)
            self.post_message(found)

        self._next_count = time.monotonic() + 1
        self._counting = start_beside(self, workspace, "counting the harvest", count, group="harvest")

    def on_harvest_counted(self, message: HarvestCounted) -> None:
        """Show the counts."""
        self._next_count = time.monotonic() + max(1.0, 10 * message.seconds)
        if message.error is not None:
            self.headline("Flickr")
            self.complain(message.error)
        if message.overview is None:
            return
        self._overview = found = message.overview
        self.headline("Flickr", counted(found.tally.photos, "photo"), f"{found.waiting:,} wait for EXIF")
        self.query_one("#harvest", Static).update(_table(found))
        table = self.query_one(Listing)
        table.list(_cells(*reason) for reason in found.reasons)
        empty = not (found.tally.photos or found.calls_left or found.reasons)
        self.query_one("#welcome").display = empty
        self.query_one("#flickr").display = not empty
        table.display = bool(found.reasons)

    # --- actions

    def action_search(self) -> None:
        """Ask what to search for, and search."""
        self.curate.ask_operation(Search, {})

    def action_exif(self) -> None:
        """Ask for the EXIF of the photos that wait for it."""
        self.curate.begin_operation(AskExif())

    def action_download(self) -> None:
        """Ask for the licences, and download the originals that have one of them."""
        self.curate.ask_operation(Download, {})

    def action_recheck(self) -> None:
        """Ask whether to recheck, because files can be removed and it takes a call a photo."""
        if self.busy():
            return

        def answered(answer: str) -> None:
            if answer == "yes":
                self.curate.begin_operation(Recheck())

        question = "Ask again about every photo, one call each? Files that may not be kept any more are removed."
        self.ask(AskChoice(question, {"no": "No", "yes": "Yes, ask again"}), answered)

    def action_go_on(self) -> None:
        """Go on with what was stopped."""
        self.curate.begin_operation(GoOn())


# --- what is shown


def _table(found: Overview) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=14)
    table.add_column(justify="right", min_width=9)
    table.add_column(ratio=1)
    for name, number, words in _rows(found):
        table.add_row(Text(name, "dim"), Text(f"{number:,}", "bold"), shown(words, "dim", missing=""))
    return table


def _rows(found: Overview) -> Iterator[tuple[str, int, str]]:
    photos = found.tally
    yield "photos", photos.photos, "listed by searches and imports"
    yield "wait for EXIF", found.waiting, "e asks for it" if found.waiting else ""
    yield "with EXIF", photos.with_exif, ""
    yield "originals here", photos.files, ""
    yield "gone", photos.gone, "deleted or private" if photos.gone else ""
    yield "calls made", found.calls_made, ""
    yield "calls left", found.calls_left, ending(found.calls_left, found.limit)


def ending(calls: int, limit: Limit) -> str:
    """Return the pace of calls, and when so many are made, in words."""
    from curate.sources.flickr.pace import moment

    a_second = 1 / limit.interval
    fast = (
        "one a second"
        if a_second == 1
        else f"{a_second:,.0f} a second"
        if a_second > 1
        else f"one in {limit.interval:.3g} s"
    )
    pace = f"{limit.per_hour:,} an hour, {fast}"
    if not calls:
        return pace
    return f"{pace}: until {moment(datetime.now() + timedelta(hours=calls / limit.per_hour))}"


def _cells(step: str, number: int, reason: str) -> list[Text]:
    return [shown(step), Text(f"{number:,}" if number else "", justify="right"), folded(reason)]
