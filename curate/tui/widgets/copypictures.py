"""The pictures of a group of copies, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from curate.tui.messages import Copy
from curate.tui.shown import shown
from curate.tui.terminal_images import is_fine
from curate.tui.thumbnails import Thumbnails, Wish
from curate.tui.widgets.photogrid import FINE
from curate.tui.widgets.picturelines import drawing
from curate.tui.widgets.preview import PictureBox
from curate.workspace import Workspace
from curate.workspace.settings import ImagesMode

MOST = 3
"""Pictures that are shown together."""

_KEPT = 60
"""Pictures that are kept in memory."""


class CopyPictures(Vertical):
    """At most three copies: the kept one first, and the one under the cursor among them."""

    DEFAULT_CSS = """
    CopyPictures > Vertical { height: 1fr; }
    CopyPictures .caption { height: 1; width: 100%; text-align: center; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @dataclass
    class Wanted(Message):
        """Other pictures are wanted: a thread has to make them."""

        thumbnails: Thumbnails[Any]

    def __init__(self, workspace: Workspace, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self._thumbnails: Thumbnails[Any] = Thumbnails(workspace, drawing(images), _KEPT)
        self._images = images
        self._copies: Sequence[Copy] = ()
        self._current: Copy | None = None

    def compose(self) -> ComposeResult:
        for place in range(MOST):
            with Vertical():
                yield Static(classes="caption", markup=False)
                yield PictureBox(self._images, id=f"copy-{place}")

    def show(self, copies: Sequence[Copy], current: Copy | None) -> None:
        """Show copies of one photo.

        Args:
            copies: the group, the kept one first.
            current: the one under the cursor.
        """
        if current is not None and current in copies[MOST:]:
            copies = [*copies[: MOST - 1], current]
        self._copies, self._current = copies[:MOST], current
        for place, box in enumerate(self.query(PictureBox)):
            assert box.parent is not None
            box.parent.display = place < len(self._copies)
        self.call_after_refresh(self._ask)

    def on_resize(self) -> None:
        """Draw the pictures for the new size."""
        self.call_after_refresh(self._ask)

    def _ask(self) -> None:
        wishes = [wish for _, _, wish in self._shown() if wish is not None]
        if self.display and self._thumbnails.want(wishes):
            self.post_message(self.Wanted(self._thumbnails))
        self.show_pictures()

    def show_pictures(self) -> None:
        """Draw what was made since."""
        for box, copy, wish in self._shown():
            waits = wish is not None and not self._thumbnails.is_made(wish)
            note = "pictures are off" if self._images == "none" else "…" if waits else "no picture"
            words = ("► " if copy is self._current else "") + ("✓ kept" if copy.kept else copy.reason)
            assert box.parent is not None
            box.parent.query_one(".caption", Static).update(shown(words, "bold" if copy is self._current else ""))
            box.show(None if wish is None else self._thumbnails.get(wish), note)

    def _shown(self) -> list[tuple[PictureBox, Copy, Wish | None]]:
        """Return each copy with its box and with the picture to be made for it; None where no picture can be shown."""
        found = []
        wide, high = FINE if is_fine(self._images) else (1, 2)
        for box, copy in zip(self.query(PictureBox), self._copies, strict=False):
            wish = None
            if copy.sha256 is not None and self._images != "none" and box.size.area:
                wish = Wish(copy.sha256, copy.pictured, wide * box.size.width, high * box.size.height)
            found.append((box, copy, wish))
        return found
