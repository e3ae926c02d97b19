"""The copies screen: groups of copies, which copy is kept and why; a person's choice overrides the rule."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import DataTable, Static
from textual.worker import get_current_worker

from curate.catalog.photos import photo_at
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.photos.facts import Status
from curate.tui.messages import CopiesFound, Copy, PicturesMade
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import folded, shown
from curate.tui.widgets.copypictures import CopyPictures
from curate.tui.widgets.listing import Column, Listing
from curate.tui.work import start_beside
from curate.workspace import Workspace
from tracer.base.text import counted

if TYPE_CHECKING:
    from curate.duplicates.groups import DuplicateReport

SHOWN_GROUPS = 500
"""Largest number of groups listed; `curate duplicates` lists all."""

_COLUMNS = (
    Column("", 1),
    Column("photo", 18),
    Column("file", 17),
    Column("why", 14, keeps="words"),
    Column("folder", 14, keeps="end"),
)
_KINDS = {"exact": "exact copy", "near": "looks alike"}
_WELCOME = """No photo has a copy.

Press L for the library: i ingests photos."""


class CopiesScreen(CurateScreen):
    """Groups of copies, the kept one first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space,enter",
            "keep",
            "Keep this one",
            id="copies.keep",
            tooltip="make the photo under the cursor the kept one of its group",
        ),
        Binding("u,z", "undo", "Undo", id="copies.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="copies.redo", show=False, tooltip="repeat what was taken back"),
        Binding("L", "app.switch_mode('library')", "Library", id="copies.library", tooltip="back to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._copies: list[Copy] = []
        self._report: DuplicateReport | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="copies-and-pictures"):
            yield Listing(_COLUMNS, id="copies", zebra_stripes=False)
            yield CopyPictures(self.catalog.workspace, self.curate.images, id="copy-pictures")
        yield Static(id="copy", classes="told", markup=False)
        yield Static(_WELCOME, id="welcome", markup=False)

    def refresh_data(self) -> None:
        """Search for copies again, in a thread because pictures are compared."""
        if not self._copies:
            self.headline("Copies", "looking …")
            self.query_one("#welcome").display = False
        workspace = self.catalog.workspace

        def look() -> None:
            worker = get_current_worker()
            try:
                found = look_for_copies(workspace)
            except CurateError as error:
                found = CopiesFound([], None, error)
            if not worker.is_cancelled:
                self.post_message(found)

        start_beside(self, workspace, "looking for copies", look, group="copies")

    def on_copies_found(self, message: CopiesFound) -> None:
        """Show the groups, with the cursor on the photo that it was on before, here or in the library."""
        if message.error is not None:
            self.complain(message.error)
        wanted, self.curate.wanted_copy = self.curate.wanted_copy, None
        under = wanted or (self._under_cursor.path if self._under_cursor else None)
        self._copies, self._report = message.copies, message.report
        places = [row for row, copy in enumerate(self._copies) if copy.path == under]
        table = self.query_one(Listing)
        table.list((_cells(copy) for copy in self._copies), places[0] if places else 0)
        exact, near = (len(message.report.exact), len(message.report.near)) if message.report else (0, 0)
        many = [f"the first {SHOWN_GROUPS:,} shown"] if exact + near > SHOWN_GROUPS else []
        self.headline("Copies", f"{counted(exact + near, 'group')}: {exact:,} exact, {near:,} alike", *many)
        self.query_one("#welcome").display = not self._copies
        self.query_one("#copies-and-pictures").display = self.query_one("#copy").display = bool(self._copies)
        if wanted and not places:
            self.say(f"{Path(wanted).name} has no copies")
        self._tell()

    @property
    def _under_cursor(self) -> Copy | None:
        row = self.query_one(Listing).cursor_row
        return self._copies[row] if 0 <= row < len(self._copies) else None

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """Say in a sentence which photo of the group is kept."""
        self._tell()

    def _tell(self) -> None:
        copy = self._under_cursor
        if copy is not None:
            kept = next(other for other in self._copies if other.group == copy.group and other.kept)
            group = [other for other in self._copies if other.group == copy.group]
            line = f"Of {len(group):,}, {kept.path} is kept: {kept.reason}."
            self.query_one("#copy", Static).update(folded(line))
            self.query_one(CopyPictures).show(group, copy)

    def on_copy_pictures_wanted(self, message: CopyPictures.Wanted) -> None:
        """Make pictures in a thread."""

        def work() -> None:
            worker = get_current_worker()
            message.thumbnails.work(lambda: self.post_message(PicturesMade()), lambda: worker.is_cancelled)

        start_beside(self, self.catalog.workspace, "drawing pictures", work, group="thumbnails")

    def on_pictures_made(self, _message: PicturesMade) -> None:
        """Draw the pictures that were made."""
        self.query_one(CopyPictures).show_pictures()

    # --- actions

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Keep the row's photo (Enter)."""
        await self.run_action("keep")

    def action_keep(self) -> None:
        """Make the photo under the cursor the kept copy of its group."""
        from curate.duplicates.groups import keep  # it loads NumPy and Arrow, which the first paint need not wait for

        copy = self._under_cursor
        if copy is None or self._report is None:
            self.say("there is no photo to keep, because none has a copy")
            return
        if copy.kept:
            self.say(f"{Path(copy.path).name} is already kept: {copy.reason}")
            return
        try:
            _, news = keep(self.catalog, os.fsdecode(copy.own_path), self._report)
        except CurateError as error:
            self.complain(error)
            return
        if not news:
            self.say(f"already kept: {Path(copy.path).name}")
            return
        self.refresh_data()
        self.say(f"kept: {Path(copy.path).name} · u undoes")


def look_for_copies(workspace: Workspace) -> CopiesFound:
    """Return the groups of copies for the screen. It opens the catalogue itself, so that it can run in a thread."""
    from curate.export.run import duplicate_report

    copies: list[Copy] = []
    with Catalog.open(workspace, read_only=True) as catalog:
        report = duplicate_report(catalog)
        groups = [*(("exact", group) for group in report.exact), *(("near", group) for group in report.near)]
        for number, (kind, group) in enumerate(groups[:SHOWN_GROUPS]):
            for path, own_path in zip((group.keeper, *group.others), group.files, strict=True):
                photo = photo_at(catalog, os.fsdecode(own_path))
                size = f"{photo.width} × {photo.height}" if photo and photo.width else ""
                file = "  ".join(part for part in (photo.format if photo else None, size) if part)
                kept = own_path == group.files[0]
                why = group.reason if kept else _KINDS[kind]
                sha256, pictured = (
                    (photo.sha256, own_path if photo.status is Status.OK else None) if photo else (None, None)
                )
                copies.append(Copy(path, own_path, number, kept, why, file, sha256, pictured))
    return CopiesFound(copies, report)


def _cells(copy: Copy) -> list[Text]:
    style = "bold" if copy.kept else "dim"
    return [
        Text("✓", "bold green") if copy.kept else Text(" "),
        shown(Path(copy.path).name, style),
        shown(copy.file, style),
        shown(copy.reason, style),
        shown(str(Path(copy.path).parent), "dim"),
    ]
