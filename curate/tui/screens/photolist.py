"""The list of the library: it is read, and shown with its facets and the preview; the keys act in `library`."""

from __future__ import annotations

import time
from array import array
from typing import Any

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static
from textual.worker import get_current_worker

from curate.catalog import decisions
from curate.catalog.browsing import Order, check_expression, first_ids, photo_ids, rows_of
from curate.catalog.candidates import proposed
from curate.catalog.explaining import explained
from curate.catalog.sides import photos_by_side
from curate.photos.facts import UNREADABLE
from curate.tui.browse import Browse, order_by
from curate.tui.facets import facets, toggled
from curate.tui.filtering import where_of
from curate.tui.housekeeping import (
    harvest_line,
)
from curate.tui.messages import FilterSearched, PhotosListed, PicturesMade
from curate.tui.remembered import Filters
from curate.tui.screens.base import CurateScreen
from curate.tui.searching import Search
from curate.tui.shown import shown
from curate.tui.thumbnails import Thumbnails
from curate.tui.widgets.facetlist import FacetList
from curate.tui.widgets.filterline import AskFilter
from curate.tui.widgets.gridpictures import GridPictures
from curate.tui.widgets.photogrid import PhotoGrid
from curate.tui.widgets.photoscroll import PhotoScroll
from curate.tui.widgets.phototable import PhotoTable, TableHeading
from curate.tui.widgets.preview import Preview
from curate.tui.work import start_beside
from tracer.base.text import counted, is_harmless

AT_ONCE = 1000
"""Photos that are listed without a thread; a longer list is read to its end in one."""

BROAD, OPEN = 140, 180
"""Columns from which there is room for facets, list and preview, and from which the preview is shown at first."""

_SETTLED = 0.06
"""Seconds that the cursor stays on a photo before its preview is drawn."""

_KEYS = " (e labels, F forgets)"
"""Stands behind the number of chosen photos where there is room for it."""

_WELCOME = """No photos yet.

Press i and type the path of a folder: its photos are read, never changed.
Then press f to find pairs, and R to review them."""


class PhotoListScreen(CurateScreen):
    """The photos as a table or as pictures, facets beside them, and a preview.

    Attributes:
        browse: the list of photos.
        marked: row IDs of the photos that are marked for a pair, two at most.
    """

    AUTO_FOCUS = "#table"

    def __init__(self) -> None:
        super().__init__()
        self.browse = Browse(lambda photos: rows_of(self.catalog, photos))
        self.marked: list[int] = []
        self._where: str | None = None
        self._filter = ""
        self._before: tuple[str, str | None] = "", None
        """Text and expression of the filter whose photos are listed."""
        self._refused = ""
        """Text of a filter that was stopped, so that it can be corrected."""
        self._filters: Filters | None = None
        self._wants_preview: bool | None = None
        self._listed: tuple[str | None, Order] | None = None
        self._reading = False
        self._asked = 0
        self._begun: Search | None = None
        self._listing: Search | None = None
        self._searching = False
        self._typing = ""
        self._typed = False
        self._just_asked = False
        self._last_refresh = 0.0
        self._refresh_seconds = 0.0

    def compose_body(self) -> ComposeResult:
        workspace, images = self.catalog.workspace, self.curate.images
        table = PhotoTable(self.browse, id="table")
        table.marked = self.marked
        with Horizontal(id="library"):
            with Vertical(id="counts"):
                yield FacetList(id="facets")
            with Vertical(id="photos"):
                yield Static(id="harvest-line", markup=False)
                yield Static(id="shown", markup=False)
                yield TableHeading(id="columns")
                yield table
                yield GridPictures(PhotoGrid(self.browse, workspace, images, id="grid"), images, id="pictures-grid")
                yield Static(_WELCOME, id="welcome", markup=False)
            yield Preview(workspace, images, id="preview")

    def on_resize(self, event: events.Resize) -> None:
        """Show the preview where there is room for it, unless a person said otherwise."""
        self.set_class(event.size.width >= BROAD, "-broad")
        self.set_class(event.size.width >= OPEN if self._wants_preview is None else self._wants_preview, "-preview")
        self._show_preview()
        self.call_after_refresh(self._show_note)

    def on_unmount(self) -> None:
        """Stop searches, for which the program would wait at its end."""
        for search in (self._begun, self._listing):
            if search is not None:
                search.stop()

    # --- what is shown

    def refresh_soon(self) -> None:
        """Update the counts at most twice a second while photos are read; less often if counting takes long."""
        if time.monotonic() - self._last_refresh > max(0.5, 10 * self._refresh_seconds):
            self._show_counts()

    def refresh_data(self) -> None:
        """Read counts and photos again; of another filter if another screen asked for one.

        Not right behind a filter that was asked for in a dialog: its end would read everything once more.
        """
        asked, self._just_asked = self._just_asked, False
        if asked:
            return
        if self._begun is not None:
            self._begun.stop()  # the dialog was left
        wanted, self.curate.wanted_photos = self.curate.wanted_photos, None
        if wanted is not None:
            self._filter, self._where = wanted, where_of(wanted)
        self._show_counts()
        for thumbnails in (self.query_one(PhotoGrid).thumbnails, self.query_one(Preview).pictures):
            thumbnails.forget_impossible()
        self._list()

    def show_marks(self) -> None:
        """Draw which photos are marked."""
        self._view.refresh()

    @property
    def _view(self) -> PhotoScroll:
        """The list in view: the table or the grid."""
        return self.query_one("#grid" if self.has_class("-grid") else "#table", PhotoScroll)

    @property
    def _in_facets(self) -> bool:
        return isinstance(self.focused, FacetList)

    def _show_counts(self) -> None:
        started = time.monotonic()
        total = self.catalog.count()
        unreadable = sum(count for status, count in self.catalog.counts("status") if status in UNREADABLE)
        tally = decisions.tally(self.catalog)
        phones, others = photos_by_side(self.catalog)
        to_decide = proposed(self.catalog)
        self.headline(
            "Library",
            (
                counted(total, "photo") + (f" ({unreadable:,} unreadable)" if unreadable else ""),
                counted(total, "photo"),
            ),
            (f"{to_decide:,} to decide, {tally.accepted:,} accepted", f"{to_decide:,} to decide"),
            f"{phones:,} phone, {others:,} camera",
        )
        self._show_facets()
        harvest = harvest_line(self.catalog)
        self.query_one("#harvest-line").display = bool(harvest)
        self.query_one("#harvest-line", Static).update(harvest, layout=False)
        self._last_refresh = time.monotonic()
        self._refresh_seconds = self._last_refresh - started

    def _show_facets(self) -> None:
        self.query_one(FacetList).show(facets(self.catalog), self._filter if self._where is not None else "")

    def _list(self) -> None:
        """List the photos; what may take time is done in a thread, and until then the list that was there stays."""
        where, order = self._where, self.browse.order
        total = self.catalog.count()
        self._asked += 1
        asked, self._reading = self._asked, False
        begun, self._begun = self._begun, None
        if self._listing is not None:
            self._listing.stop()
        if where is None and total <= AT_ONCE:
            self._show_list(photo_ids(self.catalog.workspace, None, order), total)
            return
        search = begun if begun is not None and begun.answers(where, order) else Search(self.catalog, where, order)
        if begun is not None and begun is not search:
            begun.stop()
        self._listing = search
        if search.photos is not None:
            self.on_photos_listed(PhotosListed(asked, search.photos))
            return
        if self._listed == (where, order) and len(self.browse):
            self._show_list(self.browse.ids, self.browse.total)
        elif where is None and order == Order():
            self._show_list(first_ids(self.catalog, AT_ONCE), total)

        def look() -> None:
            search.run()
            self.post_message(PhotosListed(asked, search.photos or array("q"), search.error))

        self._reading = True
        start_beside(self, self.catalog.workspace, "the filter", look, group="filter")
        self._show_note()

    def on_photos_listed(self, message: PhotosListed) -> None:
        """Show what was listed, unless another list was asked for since."""
        if message.asked != self._asked:
            return
        self._reading = False
        if message.error is not None:
            failed, self._refused = (self._filter, self._where), self._filter
            self._filter, self._where = self._before if failed != self._before else ("", None)
            self.complain(message.error)
            self._show_facets()
            self._list()
            return
        self._show_list(message.photos, None)
        typed, self._typed = self._typed, False
        if self._where is not None:
            if len(message.photos):
                self._history.add(self._filter)
            elif typed:
                self.say("no photo matches · / changes the filter, Esc shows all photos")

    def _show_list(self, photos: array[int], total: int | None) -> None:
        self._listed = self._where, self.browse.order
        self._before = self._filter, self._where
        self.browse.show(photos, total)
        empty = not photos and self._where is None
        grid = self.has_class("-grid")
        self.query_one("#welcome").display = empty
        self.query_one("#table").display = self.query_one("#columns").display = not empty and not grid
        self.query_one("#pictures-grid").display = not empty and grid
        self._view.show_list()
        self._show_note()
        self._show_preview()

    def _show_note(self) -> None:
        """Say what is listed: how many photos, how many are chosen, in which order, by which filter."""
        order, chosen = self.browse.order, len(self.browse.chosen)
        total = self.browse.total
        note = Text("Filter" if self._where is not None else "All photos", "bold", no_wrap=True, overflow="ellipsis")
        note.append("  ").append("reading …" if self._reading and self._where is not None else f"{total or 0:,}")
        by = f" · by {order.key} {'▼' if order.descending else '▲'}"
        if chosen:
            note.append(f" · {chosen:,} chosen", "bold")
            if note.cell_len + len(_KEYS) + len(by) <= self.query_one("#shown").size.width:
                note.append(_KEYS, "dim")
        note.append(by, "dim")
        if self.browse.range_from is not None:
            note.append(" · range", "bold")
        if self._where is not None:
            note.append(" · ", "dim").append_text(shown(self._filter))
        self.query_one("#shown", Static).update(note, layout=False)

    def _moved(self) -> None:
        """Show where the cursor is now, and what is chosen."""
        self._view.show_cursor()
        if self.browse.range_from is not None:
            self._view.refresh()
        self._show_note()
        self._settle()

    def _chose(self) -> None:
        self._view.refresh()
        self._moved()

    def _settle(self) -> None:
        """Draw the preview as soon as the cursor stays where it is."""
        at = self.browse.here
        self.set_timer(_SETTLED, lambda: self._show_preview() if self.browse.here == at else None)

    def _show_preview(self) -> None:
        if not (self.has_class("-preview") or self.has_class("-large")):
            return
        row = self.browse.row_here
        self.query_one(Preview).show(row, explained(self.catalog, row["id"]) if row is not None else [])

    @property
    def _history(self) -> Filters:
        if self._filters is None:
            self._filters = Filters(self.catalog.workspace.cache / "filters.json")
        return self._filters

    # --- messages of the widgets

    @on(PhotoGrid.Wanted)
    @on(Preview.Wanted)
    def _make_pictures(self, message: PhotoGrid.Wanted | Preview.Wanted) -> None:
        """Make pictures in a thread."""
        thumbnails: Thumbnails[Any] = message.thumbnails
        group = "preview" if isinstance(message, Preview.Wanted) else "thumbnails"

        def work() -> None:
            worker = get_current_worker()
            thumbnails.work(lambda: self.post_message(PicturesMade()), lambda: worker.is_cancelled)

        start_beside(self, self.catalog.workspace, "drawing pictures", work, group)

    def on_pictures_made(self) -> None:
        """Draw the pictures that were made."""
        self.query_one(PhotoGrid).show_pictures()
        self.query_one(Preview).show_pictures()

    @on(PhotoTable.Columns)
    def _show_columns(self) -> None:
        self.query_one(TableHeading).show(self.query_one(PhotoTable).columns, self.browse.order)

    @on(TableHeading.Sorted)
    def _sort_by(self, message: TableHeading.Sorted) -> None:
        if not self.too_small:
            self._sort(order_by(self.browse.order, message.key))

    @on(FacetList.Chosen)
    def _facet_chosen(self, message: FacetList.Chosen) -> None:
        if not self.too_small:
            text = toggled(self._filter if self._where is not None else "", message.facet, message.value)
            if is_harmless(text):
                self._set_filter(text)
            else:
                self.say("that value holds characters that cannot be typed", problem=True)

    # --- filter and order

    def _search_typed(self, text: str) -> None:
        """Search for a filter that is being typed. A search for an earlier text is stopped, and at its end this one begins."""
        earlier, self._typing = self._typing, text
        if self._searching:
            if self._begun is not None and text != earlier:
                self._begun.stop()
            return
        search = self._begun = Search(self.catalog, where_of(text), self.browse.order)

        def look() -> None:
            try:
                search.run()
            finally:
                self.post_message(FilterSearched(text, search))

        self._searching = True
        start_beside(self, self.catalog.workspace, "the filter", look, group="typed filter")

    def on_filter_searched(self, message: FilterSearched) -> None:
        """Say in the dialog how many photos the filter finds."""
        self._searching = False
        dialog = self.app.screen
        if not isinstance(dialog, AskFilter):
            return
        if message.text != self._typing or message.search.stopped:
            self._search_typed(self._typing)
            return
        found = message.search.photos
        dialog.tell_found(None if found is None else len(found))

    def _check_typed(self, text: str) -> None:
        """Check a filter before its window closes, so that a wrong expression can be corrected there."""
        where = where_of(text)
        if where is not None:
            check_expression(self.catalog.workspace, where)

    def _filter_typed(self, text: str) -> None:
        """Show the photos of a filter that a dialog asked for; the screen comes back from the dialog right after it."""
        self._set_filter(text)
        self._just_asked = True

    def _set_filter(self, text: str) -> None:
        self._filter, self._where, self._typed = text, where_of(text), True
        self.say("")
        self._list()  # first, since its thread reads while the facets are shown
        self._show_facets()

    def _sort(self, order: Order) -> None:
        self.browse.order = order
        self._show_columns()
        self._list()
