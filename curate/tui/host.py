"""What a screen may ask of the app that it belongs to."""

from __future__ import annotations

from abc import abstractmethod

from textual.app import App

from curate.catalog.store import Catalog
from curate.tui.work import LongWork
from curate.workspace.settings import ImagesMode


class Host(App[None]):
    """The app, as its screens know it.

    Attributes:
        catalog: open for writing.
        images: how pictures are drawn.
        work: the long work that runs, if any.
        wanted_copy: the path of the photo whose copies are asked for; None where none is.
    """

    def __init__(self, catalog: Catalog, images: ImagesMode) -> None:
        super().__init__()
        self.catalog = catalog
        self.images = images
        self.work = LongWork(self, catalog.workspace)
        self.wanted_copy: str | None = None

    @abstractmethod
    def tell(self, error: Exception, doing: str) -> None:
        """Say in the status line that something failed."""

    @abstractmethod
    def action_stop_work(self) -> None:
        """Stop what runs."""
