"""The pictures of the review, decoded and drawn before they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from curate.photos.previews import open_preview
from curate.tui.halfcells import Drawn, half_cells
from curate.tui.view import Placed, Size, placed
from curate.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

DECODED, DRAWN = 48, 96
"""Number of decoded previews and of drawn ones that are kept."""


class Pictures:
    """Decoded previews and what was drawn of them; the last used ones are kept. Threads may use it at the same time.

    Args:
        workspace: the workspace with the previews.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._decoded: _Kept[str, Image | None] = _Kept(DECODED)
        self._drawn: _Kept[tuple[str, Placed], Drawn] = _Kept(DRAWN)

    def picture(self, sha256: str) -> Image | None:
        """Return a photo's preview; None where it has none."""
        return self._decoded.get(sha256, lambda: open_preview(self._workspace.preview(sha256)))

    def is_decoded(self, sha256: str) -> bool:
        """Whether a preview is there without waiting for it."""
        return sha256 in self._decoded

    def drawn(self, name: str, picture: Image, place: Placed) -> Drawn:
        """Return a picture drawn as half cells; one of the same name and place is drawn once."""
        return self._drawn.get((name, place), lambda: half_cells(picture, place))


def prepare(
    pictures: Pictures,
    groups: Sequence[Sequence[str]],
    room: Size,
    draw: bool,
    stopped: Callable[[], bool],
) -> None:
    """Decode the previews of some pairs, and draw them side by side.

    Args:
        pictures: where they are kept.
        groups: the sha256 of the photos of each pair.
        room: columns and rows for one picture.
        draw: whether pictures are drawn as half cells.
        stopped: whether to stop; asked between pictures.
    """
    for group in groups:
        found = {}
        for sha256 in group:
            if stopped():
                return
            picture = pictures.picture(sha256)
            if picture is not None:
                found[sha256] = picture
        for sha256, picture in found.items():
            place = placed(picture.size, [one.size for one in found.values()], room)
            if stopped() or not draw or place is None:
                return
            pictures.drawn(sha256, picture, place)


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Kept(Generic[Key, Value]):
    """A dictionary that keeps the last used values."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        with self._lock:
            return key in self._values

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return a value; one that is not there is made, without keeping others waiting. None is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        if made is None:
            return made
        with self._lock:
            self._values[key] = made
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return made
