"""The library screen: counts by type and make, the photos, ingest, search for pairs, and pairing two photos by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.coordinate import Coordinate
from textual.widgets import Static

from curate.catalog import decisions
from curate.catalog.candidates import proposed
from curate.catalog.labels import LabelRow
from curate.catalog.pairs import doubts_about, pair_of
from curate.catalog.photos import Photo
from curate.catalog.sides import photos_by_side
from curate.errors import CurateError
from curate.photos.facts import UNREADABLE, Status
from curate.tui.filtering import where_of
from curate.tui.housekeeping import forget_choices, forget_summary, forgetting, harvest_line
from curate.tui.messages import PhotosFound
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import file_name, shown
from curate.tui.widgets.bars import Bars
from curate.tui.widgets.listing import Column, Listing
from curate.tui.widgets.prompt import AskChoice, AskText
from curate.tui.work import start_beside
from tracer.base.text import counted

SHOWN_ROWS = 1000
"""Largest number of photos listed; the filter finds the others."""

_MARK = Text("●", "bold yellow")
_COLUMNS = (
    Column("", 1),
    Column("photo", 19),
    Column("camera", 12),
    Column("type", 10),
    Column("taken", 16),
    Column("shows", 10),
)
_WELCOME = """No photos yet.

Press i and type the path of a folder: its photos are read, never changed.
Then press f to find pairs, and R to review them."""


class LibraryScreen(CurateScreen):
    """Counts of photos, and the photos."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "i",
            "app.ingest",
            "Ingest",
            id="library.ingest",
            tooltip="read the photos of a folder; again: only what changed",
        ),
        Binding(
            "f",
            "app.find_pairs",
            "Find pairs",
            id="library.pair",
            tooltip="find photos of one scene by a phone and by another camera",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            id="library.filter",
            key_display="/",
            tooltip="a word, or an expression: camera_type = 'dslr'",
        ),
        Binding("m", "mark", "Mark", id="library.mark", show=False, tooltip="mark a photo, so that p pairs two"),
        Binding(
            "p",
            "pair_marked",
            "Pair",
            id="library.pair_marked",
            show=False,
            tooltip="accept the two marked photos as a pair",
        ),
        Binding("R", "app.switch_mode('review')", "Review", id="library.review", tooltip="decide the waiting pairs"),
        Binding(
            "C",
            "app.switch_mode('cameras')",
            "Cameras",
            id="library.cameras",
            tooltip="cameras and their types, unknown ones first",
        ),
        Binding(
            "H",
            "app.switch_mode('flickr')",
            "Flickr",
            id="library.flickr",
            show=False,
            tooltip="search Flickr and harvest photos",
        ),
        Binding(
            "T",
            "app.switch_mode('clocks')",
            "Clocks",
            id="library.clocks",
            show=False,
            tooltip="how far the clocks of two cameras differ",
        ),
        Binding(
            "D",
            "copies",
            "Copies",
            id="library.copies",
            show=False,
            tooltip="copies of this photo and of others, and which copy is kept",
        ),
        Binding(
            "F",
            "forget",
            "Forget",
            id="library.forget",
            show=False,
            tooltip="remove this photo, or its folder, from the catalogue; files stay",
        ),
        Binding("u,z", "undo", "Undo", id="library.undo", show=False, tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="library.redo", show=False, tooltip="repeat what was taken back"),
        Binding(
            "escape",
            "stop_or_clear",
            "Stop",
            id="library.stop",
            show=False,
            tooltip="stop running work, or clear the filter",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._where: str | None = None
        self._filter = ""
        self._marked: list[str] = []
        self._paths: list[str] = []
        self._last_refresh = 0.0
        self._refresh_seconds = 0.0

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="library"):
            with Vertical(id="counts"):
                yield Bars("By type", most=8, id="by-type")
                yield Bars("By make", most=10, id="by-make")
            with Vertical(id="photos"):
                yield Static(id="harvest-line", markup=False)
                yield Static(id="shown", markup=False)
                yield Listing(_COLUMNS, id="table")
                yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_soon(self) -> None:
        """Update the counts at most twice a second while photos are read; less often if counting takes long."""
        if time.monotonic() - self._last_refresh > max(0.5, 10 * self._refresh_seconds):
            self._show_counts()

    def refresh_data(self) -> None:
        """Read counts and photos again."""
        self._show_counts()
        self._show_photos()

    def _show_counts(self) -> None:
        started = time.monotonic()
        types = self.catalog.counts("camera_type")
        total = sum(count for _, count in types)
        unreadable = sum(count for status, count in self.catalog.counts("status") if status in UNREADABLE)
        tally = decisions.tally(self.catalog)
        phones, others = photos_by_side(self.catalog)
        self.headline(
            "Library",
            counted(total, "photo") + (f" ({unreadable:,} unreadable)" if unreadable else ""),
            f"{proposed(self.catalog):,} to decide, {tally.accepted:,} accepted",
            f"{phones:,} phone, {others:,} camera",
        )
        self.query_one("#by-type", Bars).show(
            [("no camera" if kind is None else "unknown type" if kind == "unknown" else kind, n) for kind, n in types]
        )
        self.query_one("#by-make", Bars).show(
            [("no maker" if make is None else make, n) for make, n in self.catalog.counts("make_normalized")]
        )
        harvest = harvest_line(self.catalog)
        self.query_one("#harvest-line").display = bool(harvest)
        self.query_one("#harvest-line", Static).update(harvest)
        self._last_refresh = time.monotonic()
        self._refresh_seconds = self._last_refresh - started

    def _show_photos(self) -> None:
        """Show the first photos; a filter runs in a thread, because it may have to scan all photos."""
        if self._where is None:
            self._show_found(list(self.catalog.labels(None, SHOWN_ROWS)), self.catalog.count())
            return
        where, catalog = self._where, self.catalog

        def look() -> None:
            try:
                found = list(catalog.labels(where, SHOWN_ROWS))  # with a filter, this uses a separate connection
                few = len(found) < SHOWN_ROWS
                self.post_message(PhotosFound(where, found, len(found) if few else None))
                if not few:
                    self.post_message(PhotosFound(where, found, catalog.count(where)))
            except CurateError as error:
                self.post_message(PhotosFound(where, [], error=error))

        start_beside(self, catalog.workspace, "the filter", look, group="filter")

    def on_photos_found(self, message: PhotosFound) -> None:
        """Show what a filter found, unless the filter has changed since."""
        if message.where != self._where:
            return
        if message.error is not None:
            self._where = None  # the typed text stays, so that it can be corrected
            self.complain(message.error)
            self._show_photos()
        else:
            self._show_found(message.photos, message.total)

    def _show_found(self, photos: list[LabelRow], total: int | None) -> None:
        table = self.query_one(Listing)
        self._paths = [labels["path"] for labels in photos]
        table.list(self._cells(labels) for labels in photos)
        empty = not photos and self._where is None
        self.query_one("#welcome").display = empty
        table.display = not empty
        note = (
            Text("All photos", "bold")
            if self._where is None
            else Text.assemble(("Filter ", "bold"), shown(self._filter))
        )
        many = f", the first {SHOWN_ROWS:,} shown" if total is None or total > SHOWN_ROWS else ""
        note.append(f"   {'counting …' if total is None else f'{total:,}'}{many}", "dim")
        self.query_one("#shown", Static).update(note)
        if not photos and self._where is not None:
            self.say("no photo matches · / changes the filter, Esc shows all photos")

    def _cells(self, labels: dict[str, object]) -> list[Text]:
        camera = " ".join(str(labels[key]) for key in ("make_normalized", "model_normalized") if labels[key])
        status = labels["status"]
        name = file_name(str(labels["path"]), str(status))
        return [
            _MARK
            if labels["path"] in self._marked
            else Text("✓", "green")
            if labels["subject_idx"] is not None
            else Text(" "),
            name
            if status in (Status.OK, Status.LISTED, Status.GONE)
            else Text.assemble(("✗ ", "red"), name, no_wrap=True, overflow="ellipsis"),
            shown(camera or None),
            shown(labels["camera_type"] if labels["Make"] or labels["Model"] else None),
            shown(str(labels["taken_at"]).replace("T", " ")[:16] if labels["taken_at"] else None),
            shown(labels["semantic_label"]),
        ]

    # --- actions

    def action_filter(self) -> None:
        """Ask for a filter."""

        def answered(text: str) -> None:
            self._filter = text
            self._where = where_of(text)
            self.say("")
            self._show_photos()

        hint = "A word is searched in names and cameras; or type an expression over the label columns. Empty shows all."
        self.ask(AskText("Show which photos?", self._filter, hint), answered)

    def action_mark(self) -> None:
        """Mark the photo under the cursor, or remove its mark; only the last two marks are kept."""
        table = self.query_one(Listing)
        if not self._paths:
            self.say("there is no photo to mark")
            return
        path = self._paths[table.cursor_row]
        self._marked = [p for p in self._marked if p != path] if path in self._marked else [*self._marked, path][-2:]
        for index, other in enumerate(self._paths):
            cell = Coordinate(index, 0)
            if other in self._marked:
                table.update_cell_at(cell, _MARK)
            elif table.get_cell_at(cell) == _MARK:
                table.update_cell_at(cell, Text(" "))
        names = " and ".join(Path(p).name for p in self._marked)
        self.say(
            f"marked: {names}" + (" · p pairs them" if len(self._marked) == 2 else "")
            if names
            else "no photo is marked"
        )

    def action_pair_marked(self) -> None:
        """Accept the two marked photos as a pair; ask first if there are doubts."""
        if len(self._marked) != 2:
            self.say("mark two photos first, with m", problem=True)
            return
        try:
            phone, other = pair_of(self.catalog, *self._marked)
        except CurateError as error:
            self.complain(error)
            return
        names = " and ".join(Path(photo.path).name for photo in (phone, other))
        doubts = doubts_about(self.catalog, phone, other)
        doubts += [f"{Path(path).name} is not in the list now" for path in self._marked if path not in self._paths]
        if not doubts:
            self._pair(phone, other)
            return
        question = shown(f"Pair {names}? {'; '.join(doubts)}.").plain
        self.ask(
            AskChoice(question, {"no": "No, leave them unpaired", "yes": "Yes, pair them anyway"}),
            lambda answer: self._pair(phone, other) if answer == "yes" else self.say("nothing was paired"),
        )

    def _pair(self, phone: Photo, other: Photo) -> None:
        try:
            decisions.decide(self.catalog, "accept", phone.content, other.content)
        except CurateError as error:
            self.complain(error)
            return
        self._marked.clear()
        self.refresh_data()
        self.say(f"paired: {Path(phone.path).name} + {Path(other.path).name} · u undoes")
        self.let_scores_follow()

    def action_forget(self) -> None:
        """Ask whether to remove the photo under the cursor, or its whole folder, from the catalogue."""
        if not self._paths:
            self.say("there is no photo to forget")
            return
        choices = forget_choices(self.catalog, self._paths[self.query_one(Listing).cursor_row])

        def answered(path: str) -> None:
            if path != "no":
                self.begin_work("forget", lambda catalog: forgetting(catalog, path), forget_summary)

        question = "Remove what from the catalogue? Files stay on the disk, and u takes it back."
        self.ask(AskChoice(question, choices), answered)

    def action_copies(self) -> None:
        """Show the copies screen, with the cursor on the photo under the cursor here."""
        row = self.query_one(Listing).cursor_row
        self.curate.wanted_copy = self._paths[row] if self._paths else None
        self.curate.switch_mode("copies")

    def action_stop_or_clear(self) -> None:
        """Stop the running work; if there is none, clear the filter."""
        if self._where is not None and not self.curate.work.running:
            self._where, self._filter = None, ""
            self.say("")
            self._show_photos()
        else:
            self.curate.action_stop_work()
