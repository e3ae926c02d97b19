"""Originals: photos of the catalogue, and whatever lies in a folder that was taken in. They are read, never written."""

from __future__ import annotations

from pathlib import Path

from curate.catalog.naming import source_folders
from curate.catalog.store import Catalog
from curate.errors import UsageError


def refuse_original(catalog: Catalog, target: Path) -> None:
    """Refuse to write to a place that holds originals, whichever way its path is spelled.

    The workspace may itself lie in a folder that was taken in: to its own folder it writes all the same.

    Raises:
        UsageError: a photo of the catalogue has that path, or it lies in a folder that was taken in.
    """
    real, own = target.resolve(), catalog.workspace.root.resolve()
    if catalog.photo_at(target) is not None or catalog.photo_at(real) is not None:
        raise UsageError(
            "an original is never written to", f"{target} is a photo of the workspace", "Choose another place."
        )
    for folder in source_folders(catalog):
        source = folder.resolve()
        if not real.is_relative_to(source):
            continue
        if not (own.is_relative_to(source) and real.is_relative_to(own)):
            raise UsageError(
                "a folder of originals is never written to",
                f"{target} is or lies in {folder}, which was taken in",
                "Choose a place outside of it.",
            )
