"""The part of the app that screens use."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.app import App

from curate.catalog.store import Catalog
from curate.catalog.wanted import EVERYTHING
from curate.tui.work import LongWork
from curate.workspace.settings import ImagesMode

if TYPE_CHECKING:
    from pathlib import Path

    from curate.export.options import ExportChoice
    from curate.operation import Operation


class Host(App[None]):
    """The app, as its screens see it.

    Attributes:
        catalog: the catalogue, open for writing; for reading alone while another process writes.
        images: how pictures are drawn.
        work: the long work.
        wanted_copy: the path of the photo whose copies the copies screen should show; None for no photo in particular.
        wanted_photos: the filter that the library should show; None for the one that it has.
        wanted: which pairs the review asks about first, and in which order.
        keys: keys by the IDs of bindings, in place of their own.
        choice: the set that was chosen on the set screen; None before.
    """

    def __init__(self, catalog: Catalog, images: ImagesMode) -> None:
        super().__init__()
        self.catalog = catalog
        self.images = images
        self.work = LongWork(self, catalog.workspace)
        self.wanted_copy: str | None = None
        self.wanted_photos: str | None = None
        self.wanted = EVERYTHING
        self.keys: dict[str, str] = {}
        self.choice: ExportChoice | None = None

    @abstractmethod
    def tell(self, error: Exception, doing: str) -> None:
        """Show an error in the status line."""

    @abstractmethod
    def action_stop_work(self) -> None:
        """Stop the long work that is running."""

    @abstractmethod
    def show_report(self, page: Path) -> None:
        """Open a report in the browser, and say where it is."""

    @abstractmethod
    def ask_operation(self, operation: type[Operation], filled: Mapping[str, Any], **fixed: Any) -> None:
        """Ask the form of an operation, and do it."""

    @abstractmethod
    def begin_operation(self, operation: Operation) -> None:
        """Do an operation as long work."""

    @abstractmethod
    def ask_evaluation(self, dataset: Path | None, run: Path | None) -> None:
        """Ask which set to evaluate, filled in with a set and a run where they are given, and evaluate it."""
