"""Originals: photos of the catalogue, and whatever lies in a folder that was taken in. They are read, never written."""

from __future__ import annotations

import os
from pathlib import Path

from curate.catalog.store import Catalog
from curate.errors import UsageError


def refuse_original(catalog: Catalog, target: Path) -> None:
    """Refuse to write to a place that holds originals, whichever way its path is spelled.

    Raises:
        UsageError: a photo of the catalogue has that path, or it lies in a folder that was taken in.
    """
    real = target.resolve()
    if catalog.photo_at(target) is not None or catalog.photo_at(real) is not None:
        raise UsageError(
            "an original is never written to", f"{target} is a photo of the workspace", "Choose another place."
        )
    for row in catalog.connection.execute("SELECT path_bytes FROM root"):
        folder = Path(os.fsdecode(row["path_bytes"]))
        if folder.resolve() in real.parents:
            raise UsageError(
                "a folder of originals is never written to",
                f"{target} lies in {folder}, which was taken in",
                "Choose a place outside of it.",
            )
