"""The library screen: the photos as a table or as pictures, facets beside them, and a preview with the labels."""

from __future__ import annotations

import os
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from curate.catalog.browsing import folder_of
from curate.operations.ingest import Forget, Forgotten, Labelled
from curate.tui.browse import next_order, order_by
from curate.tui.housekeeping import forget_choices, forgetting_these, label_form, labelling, typed_assignment
from curate.tui.screens.byhand import PairsByHand
from curate.tui.screens.library_keys import KEYS
from curate.tui.widgets.facetlist import FacetList
from curate.tui.widgets.filterline import AskFilter
from curate.tui.widgets.photogrid import PhotoGrid
from curate.tui.widgets.photoscroll import PhotoScroll
from curate.tui.widgets.phototable import SORT_KEYS, PhotoTable
from curate.tui.widgets.preview import Preview
from curate.tui.widgets.prompt import AskChoice, AskForm
from tracer.base.text import counted, shell_word


class LibraryScreen(PairsByHand):
    """The photos, and what keys do with them."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    # --- filter and order

    def action_filter(self) -> None:
        """Ask for a filter."""
        text, self._refused = self._refused or self._filter, ""
        self.ask(AskFilter(text, self._history.texts, self._search_typed, self._check_typed), self._filter_typed)

    def action_order(self) -> None:
        """Sort by the next column."""
        self._sort(next_order(self.browse.order, SORT_KEYS))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._sort(order_by(self.browse.order, self.browse.order.key))

    # --- moving

    @on(PhotoScroll.Clicked)
    def _clicked(self, message: PhotoScroll.Clicked) -> None:
        if self.too_small:
            return
        self._view.focus()
        if message.ctrl:
            self.browse.toggle(message.at)
        if not message.shift:
            self.browse.end_range()
        self.browse.move_to(message.at, extend=message.shift)
        self._chose()
        if message.twice:
            self.action_open()

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor, in the facets if they have the focus."""
        if self._in_facets:
            self._move_in_facets(across, down)
        elif across and not self.has_class("-grid") and not self.has_class("-large"):
            self.query_one(PhotoTable).shift(across)
        else:
            self.browse.move_to(self._target(across, down))
            self._moved()

    def _move_in_facets(self, across: int, down: int) -> None:
        values = self.query_one(FacetList)
        if across:
            self._view.focus()
        elif down > 0:
            values.action_cursor_down()
        else:
            values.action_cursor_up()

    def _target(self, across: int, down: int) -> int:
        """Return the position that a step leads to; a step down from above a shorter last row leads into it."""
        per_row = 1 if self.has_class("-large") else self._view.per_row
        at, last = self.browse.cursor, len(self.browse) - 1
        target = at + across + down * per_row
        if target > last:
            return last if at // per_row < last // per_row or across else at
        return at if target < 0 else target

    def action_extend(self, across: int, down: int) -> None:
        """Extend the range to the next photo; it begins at the cursor."""
        if not self._in_facets:
            self.browse.move_to(self._target(across, down), extend=True)
            self._moved()

    def action_page(self, pages: int) -> None:
        """Move the cursor by whole windows."""
        if self._in_facets:
            self._move_in_facets(0, pages)
            return
        self.browse.move_to(self.browse.cursor + pages * self._view.page)
        self._moved()

    def action_end_of(self, end: int) -> None:
        """Move the cursor to the first or the last photo."""
        self.browse.move_to(end * len(self.browse))
        self._moved()

    # --- views

    def action_grid(self) -> None:
        """Show the photos as pictures, or as a table."""
        self.remove_class("-large")
        self.toggle_class("-grid")
        if len(self.browse):
            self.query_one("#table").display = self.query_one("#columns").display = not self.has_class("-grid")
            self.query_one("#pictures-grid").display = self.has_class("-grid")
        self._view.focus()
        self.call_after_refresh(self._view.show_list)

    def action_larger(self, by: int) -> None:
        """Make the pictures of the grid larger or smaller."""
        if not self.has_class("-grid"):
            self.say("g shows pictures, whose size + and - change")
            return
        self.query_one(PhotoGrid).larger(by)

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.remove_class("-large")
        self._wants_preview = not self.has_class("-preview")
        self.set_class(self._wants_preview, "-preview")
        self._show_preview()
        self.call_after_refresh(self._show_note)

    def action_scroll_labels(self, way: int) -> None:
        """Scroll the labels of the preview, by half of what is in view."""
        if not self.query_one(Preview).scroll_labels(way):
            self.say("v shows labels beside the list, which J and K scroll")

    def action_open(self) -> None:
        """Show the photo under the cursor as large as the window, or the list again."""
        if self._in_facets or not len(self.browse):
            return
        self.toggle_class("-large")
        self._show_preview()
        self._moved()

    def action_facets(self) -> None:
        """Go to the facets, or back to the photos; a preview in their place is hidden."""
        if self._in_facets:
            self._view.focus()
            return
        self.remove_class("-large")
        if self.has_class("-preview") and not self.has_class("-broad"):
            self.action_preview()
        self.set_focus(self.query_one(FacetList))  # at once, so that a key right behind acts on the facets

    # --- choosing

    def action_choose(self) -> None:
        """Choose the photo under the cursor, or no longer, and go on to the next one."""
        if self._in_facets:
            self.query_one(FacetList).action_select()
            return
        in_range = self.browse.range_from is not None
        self.browse.end_range()
        if not in_range:
            self.browse.toggle()
            self.browse.move_to(self.browse.cursor + 1)
        self._chose()

    def action_range(self) -> None:
        """Begin a range at the cursor, or end it."""
        if self.browse.range_from is None:
            self.browse.begin_range()
        else:
            self.browse.end_range()
        self._chose()

    def action_choose_all(self) -> None:
        """Choose all shown photos, or none."""
        if self._reading:
            self.say("the list is still being read; try again in a moment")
            return
        self.browse.choose_all()
        self._chose()

    # --- what is done with photos

    def action_label(self) -> None:
        """Ask for a label of the chosen photos, or of the one under the cursor."""
        photos = self.browse.meant()
        if not photos:
            self.say("there is no photo to label")
            return
        if self.busy():
            return

        def answered(answers: dict[str, str]) -> None:
            key, value = typed_assignment(answers)
            self.begin_work(
                "label",
                lambda catalog: labelling(catalog, photos, key, value),
                Labelled.summary,
            )

        form = label_form(self.catalog, photos)
        self.ask(AskForm(form.question, form.fields, form.hint, typed_assignment), answered)

    def action_forget(self) -> None:
        """Ask whether to remove the chosen photos, or the one under the cursor or its folder, from the catalogue."""
        photos, row = self.browse.meant(), self.browse.row_here
        if not photos or row is None:
            self.say("there is no photo to forget")
            return
        if self.reads_only():
            return
        if self.browse.chosen:
            choices = {"no": "Nothing", "chosen": f"{counted(len(photos), 'chosen photo')}"}
        else:
            choices = forget_choices(self.catalog, str(row["path"]))

        def answered(answer: str) -> None:
            if answer == "chosen":
                self.begin_work(
                    "forget",
                    lambda catalog: forgetting_these(catalog, photos),
                    Forgotten.summary,
                )
            elif answer != "no":
                self.curate.begin_operation(Forget(paths=(answer,)))

        question = "Remove what from the catalogue? Files stay on the disk, and u takes it back."
        self.ask(AskChoice(question, choices), answered)

    def action_folder(self) -> None:
        """Say where the folder of the photo under the cursor is, and copy its path where the terminal allows it."""
        here = self.browse.here
        folder = None if here is None else folder_of(self.catalog, here)
        if folder is None:
            self.say("there is no photo" if here is None else "this photo has no file, so it lies in no folder")
            return
        word = shell_word(folder)
        self.app.copy_to_clipboard(word)
        self.say(
            f"folder: {word} · copied, if the terminal allows it" + ("" if os.path.isdir(folder) else " · it is gone")
        )

    def action_copies(self) -> None:
        """Show the copies screen, with the cursor on the photo under the cursor here."""
        row = self.browse.row_here
        self.curate.wanted_copy = None if row is None else str(row["path"])
        self.curate.switch_mode("copies")

    def action_stop_or_clear(self) -> None:
        """Leave the large photo, stop the running work, end the range and the choice, leave the facets, or clear the filter."""
        if self.has_class("-large"):
            self.action_open()
        elif self.curate.work.running:
            self.curate.action_stop_work()
        elif self.browse.range_from is not None or self.browse.chosen:
            self.browse.choose_none()
            self._chose()
        elif self._in_facets:
            self._view.focus()
        elif self._where is not None:
            self._set_filter("")
        else:
            self.curate.action_stop_work()
