"""Makes previews again that the cache has lost, in a process of its own, so that a hostile file harms nothing."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType

from curate.errors import CurateError
from curate.photos.previews import keep_preview
from curate.photos.reader.guard import Limits, Readers
from curate.workspace import Workspace


class PreviewMaker:
    """Makes previews; its process starts with the first one and ends with the `with` block."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open = contextlib.ExitStack()
        self._readers: Readers | None = None

    def __enter__(self) -> PreviewMaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._open.close()

    def make(self, path: bytes, sha256: str) -> bool:
        """Make the preview of a photo; returns whether it is there now.

        Args:
            path: the photo's file, which is only read.
            sha256: the hash that the file had when it was taken in; a file with another one gets no preview.
        """
        if not os.path.isfile(path):  # its disk is away, which is told without starting a process
            return False
        try:
            if self._readers is None:
                settings = self._workspace.settings.ingest
                limits = Limits(settings.seconds, int(settings.memory * 2**30), int(settings.megapixels * 1e6))
                self._readers = self._open.enter_context(Readers(1, limits))
            with self._workspace.incoming() as folder:
                made = Path(folder, "preview.jpg")
                for _, facts in self._readers.read([(Path(os.fsdecode(path)), made)]):
                    if facts.sha256 == sha256:
                        keep_preview(made, self._workspace.preview(sha256))
            return self._workspace.preview(sha256).exists()
        except (CurateError, OSError):  # a full disk: the photo is shown without its picture
            return False
