"""A widget that shows a photo under a caption, in the best way that the terminal can draw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Center, Vertical
from textual.widgets import Static

from curate.photos.previews import open_preview
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from textual.widget import Widget

CELL_ASPECT = 2.0
"""Height of a terminal cell divided by its width."""


class PhotoView(Vertical):
    """A caption and the largest picture that fits below it; the aspect ratio is kept."""

    DEFAULT_CSS = """
    PhotoView { height: 1fr; width: 1fr; }
    PhotoView > .caption { height: 1; width: 100%; text-align: center; }
    PhotoView > Center { height: 1fr; align: center middle; }
    PhotoView .no-picture { width: auto; height: auto; color: $text-muted; }
    """

    def __init__(self, images: ImagesMode, *, id: str) -> None:
        super().__init__(id=id)
        self._images = images
        self._picture: Widget | None = None
        self._shape: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        yield Static(classes="caption", markup=False)
        with Center():
            yield Static(classes="no-picture", markup=False)
            if self._images != "none":
                yield _picture_widget(self._images)

    def on_mount(self) -> None:
        if self._images != "none":
            self._picture = self.query(".picture").first()

    def show(self, caption: Text, picture: Path | Picture | None, missing: str = "") -> None:
        """Show a photo's preview or a drawn picture, or say why there is none (`missing`, where `picture` is None)."""
        self.query_one(".caption", Static).update(caption)
        loaded = open_preview(picture) if isinstance(picture, Path) else picture
        there = loaded is not None
        note = "" if there and self._picture else "pictures are off" if there else "no picture" if picture else missing
        instead = self.query_one(".no-picture", Static)
        instead.update(note)
        instead.display = bool(note)
        self._shape = None
        if self._picture is None:
            return
        self._picture.display = there
        self._picture.image = loaded  # type: ignore[attr-defined]
        if loaded is not None:
            self._shape = loaded.size
            self.fit()

    def on_resize(self, _event: events.Resize) -> None:
        self.fit()

    def fit(self) -> None:
        """Give the picture the largest size in cells that keeps its aspect ratio.

        The size is set explicitly, because Textual may give two pictures side by side with automatic heights no height at all.
        """
        if self._picture is None or self._shape is None:
            return
        columns, rows = self.size.width, self.size.height - 1
        if columns <= 0 or rows <= 0:
            return
        aspect = CELL_ASPECT * self._shape[0] / self._shape[1]
        width = max(1, min(columns, int(rows * aspect)))
        self._picture.styles.width = width
        self._picture.styles.height = max(1, min(rows, round(width / aspect)))


def _picture_widget(images: ImagesMode) -> Widget:
    from textual_image import widget

    kinds = {"auto": widget.Image, "kitty": widget.TGPImage, "sixel": widget.SixelImage, "half": widget.HalfcellImage}
    return kinds[images](classes="picture")


def is_coarse(images: ImagesMode) -> bool:
    """Whether pictures are drawn as character cells, which would lose fine lines."""
    if images != "auto":
        return images == "half"
    from textual_image import renderable

    return renderable.Image in (renderable.HalfcellImage, renderable.UnicodeImage)
