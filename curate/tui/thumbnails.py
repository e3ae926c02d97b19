"""Small pictures of photos, decoded in a thread and kept. It knows no Textual."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from curate.photos.previews import open_preview
from curate.tui.previewing import PreviewMaker
from curate.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

MOST = 600
"""Thumbnails that are kept."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A thumbnail that is wanted.

    Attributes:
        sha256: the sha256 of the photo's file.
        path: the file, from which a missing preview is made; None where none can be made.
        width: largest width in pixels.
        height: largest height in pixels.
        stretch: height of a pixel divided by its width; 1 for square pixels.
    """

    sha256: str
    path: bytes | None
    width: int
    height: int
    stretch: float = 1.0


class Thumbnails(Generic[T]):
    """Thumbnails by what was wished for. The newest wishes come first; earlier ones that were not made are dropped."""

    def __init__(self, workspace: Workspace, draw: Callable[[Image], T], most: int = MOST) -> None:
        """`draw` turns the small picture into what is kept; it runs in the thread. `most` are kept."""
        self._workspace, self._draw, self._most = workspace, draw, most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Wish, T | None] = OrderedDict()
        self._wanted: list[Wish] = []
        self._running = False

    def get(self, wish: Wish) -> T | None:
        """Return a thumbnail that was made; None where there is none yet, or none can be made (`is_made` tells)."""
        with self._lock:
            if wish in self._kept:
                self._kept.move_to_end(wish)
            return self._kept.get(wish)

    def is_made(self, wish: Wish) -> bool:
        """Whether a thumbnail was made, or found to be impossible."""
        with self._lock:
            return wish in self._kept

    def want(self, wishes: Sequence[Wish]) -> bool:
        """Ask for thumbnails, the most urgent first, in place of those asked for before.

        Returns:
            Whether `work` must be started in a thread: something is wanted, and it is not running.
        """
        with self._lock:
            self._wanted = [wish for wish in wishes if wish not in self._kept]
            start = bool(self._wanted) and not self._running
            self._running = self._running or start
            return start

    def forget_impossible(self) -> None:
        """Try again what could not be made: a file may be back."""
        with self._lock:
            for wish in [wish for wish, made in self._kept.items() if made is None]:
                del self._kept[wish]

    def work(self, told: Callable[[], object], stopped: Callable[[], bool]) -> None:
        """Make what is wanted until nothing is; for a thread.

        Args:
            told: is called after each thumbnail.
            stopped: returns whether to stop.
        """
        missing: list[Wish] = []
        done = False
        try:
            with PreviewMaker(self._workspace) as maker:
                while not stopped():
                    wish = self._next(missing)
                    if wish is None:
                        done = True  # `want` may start another thread from now on
                        return
                    image = open_preview(self._workspace.preview(wish.sha256), (wish.width, wish.height))
                    if image is None and wish.path is not None and wish not in missing:
                        missing.append(wish)  # making a preview takes long, so that those that are there come first
                        continue
                    if image is None and wish.path is not None and maker.make(wish.path, wish.sha256):
                        image = open_preview(self._workspace.preview(wish.sha256), (wish.width, wish.height))
                    self._keep(wish, None if image is None else self._draw(reduced(image, wish)))
                    told()
        finally:
            if not done:
                with self._lock:
                    self._running = False

    def _next(self, missing: Sequence[Wish]) -> Wish | None:
        with self._lock:
            left = [wish for wish in self._wanted if wish not in self._kept]
            first = next((wish for wish in left if wish not in missing), left[0] if left else None)
            if first is None:
                self._running = False
            return first

    def _keep(self, wish: Wish, made: T | None) -> None:
        with self._lock:
            self._kept[wish] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def reduced(image: Image, wish: Wish) -> Image:
    """Return a picture as large as it fits into a wish, with its shape kept."""
    width, height = fitted(image.size, (wish.width, wish.height), wish.stretch)
    return image.convert("RGB").resize((width, height), reducing_gap=2.0)


def fitted(shape: tuple[int, int], room: tuple[int, int], stretch: float = 1.0) -> tuple[int, int]:
    """Return the largest width and height that keep a shape and fit into a room of pixels.

    Args:
        shape: width and height of the picture.
        room: largest width and height.
        stretch: height of a pixel of the room divided by its width.

    >>> fitted((4000, 3000), (20, 20)), fitted((4000, 3000), (20, 20), 2.0)
    ((20, 15), (20, 8))
    """
    scale = min(room[0] / shape[0], room[1] * stretch / shape[1])
    return max(1, min(room[0], round(shape[0] * scale))), max(1, min(room[1], round(shape[1] * scale / stretch)))
