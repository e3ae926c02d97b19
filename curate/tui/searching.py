"""A search for the photos of a filter. It is begun while the filter is typed, so that Enter shows its photos at once.

It knows no Textual.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable

from curate.catalog.browsing import Order, photo_ids
from curate.catalog.store import Catalog
from curate.errors import CurateError, UsageError


class Search:
    """A search that a thread carries out.

    Attributes:
        photos: row IDs of what was found, in its order; None before the end, and where there is an error.
        error: the exception that ended the search without a result; None if there was none.
        stopped: whether it was stopped, and so may have found nothing.
    """

    def __init__(self, catalog: Catalog, where: str | None, order: Order) -> None:
        """Keep what is searched, and the state of the catalogue; nothing is read yet.

        Args:
            catalog: the catalogue, as the app has it open.
            where: SQL expression over the label columns; None for all photos.
            order: the order of what is found.
        """
        self.photos: array[int] | None = None
        self.error: CurateError | None = None
        self.stopped = False
        self._catalog, self._where, self._order = catalog, where, order
        self._state = catalog.state()
        self._workspace = catalog.workspace
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None

    def run(self) -> None:
        """Search, in the calling thread. Where another thread does so already, wait for it."""
        with self._lock:
            if self.photos is None and self.error is None:
                try:
                    self.photos = photo_ids(self._workspace, self._where, self._order, self._begun)
                except CurateError as error:
                    self.error = error

    def stop(self) -> None:
        """Stop the search, from any thread; it then ends with an error."""
        self.stopped = True
        if self._stop is not None:
            self._stop()

    def _begun(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        if self.stopped:
            raise UsageError("the search was stopped", "another one took its place", "Type the filter again.")

    def answers(self, where: str | None, order: Order) -> bool:
        """Return whether it searches for this, in the catalogue as it is now. To be called where the catalogue was opened.

        A search that was stopped answers nothing.
        """
        return not self.stopped and (where, order, self._catalog.state()) == (self._where, self._order, self._state)
