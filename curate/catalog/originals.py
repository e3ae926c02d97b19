"""Protect originals: photos of the catalogue, and all files in ingested folders, are never written."""

from __future__ import annotations

import contextlib
from pathlib import Path

from curate.catalog.database import is_current
from curate.catalog.naming import source_folders
from curate.catalog.photos import photo_at
from curate.catalog.store import Catalog
from curate.errors import StorageError, UsageError, WorkspaceError
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS
from tracer.base.text import quoted_path


def refuse_original(catalog: Catalog, target: Path) -> None:
    """Refuse to write to a path among originals, however the path is spelled.

    The workspace itself may be inside an ingested folder; writing to its own folder is allowed.

    Raises:
        UsageError: the path is a photo of the catalogue, or is in an ingested folder.
    """
    real, own = target.resolve(), catalog.workspace.root.resolve()
    if photo_at(catalog, target) is not None or photo_at(catalog, real) is not None:
        raise UsageError(
            "an original is never written to",
            f"{quoted_path(target)} is a photo of the workspace",
            "Choose another place.",
        )
    for folder in source_folders(catalog):
        source = folder.resolve()
        if not real.is_relative_to(source):
            continue
        if not (own.is_relative_to(source) and real.is_relative_to(own)):
            raise UsageError(
                "a folder of originals is never written to",
                f"{quoted_path(target)} is or lies in {quoted_path(folder)}, which was ingested",
                "Choose a place outside of it.",
            )


def refuse_originals_near(target: Path, *folders: Path) -> None:
    """Refuse to write to originals of workspaces near some folders, for commands that are not given a workspace.

    These are the workspaces directly in the folders, and those that contain the folders. A workspace that cannot be read is
    ignored.

    Args:
        target: the file or folder to write.
        folders: folders to search, such as the folder of the evaluated set and the current one.

    Raises:
        UsageError: as `refuse_original`.
    """
    roots: set[Path] = set()
    for folder in {folder.resolve() for folder in folders}:
        with contextlib.suppress(OSError):
            roots |= {settings.parent for settings in folder.glob(f"*/{SETTINGS}")}
            roots |= {place for place in (folder, *folder.parents) if (place / SETTINGS).is_file()}
    for root in sorted(roots):
        workspace = Workspace(root)
        with contextlib.suppress(WorkspaceError, StorageError):
            if is_current(workspace.catalog):  # opening an older one would upgrade it
                with Catalog.open(workspace, read_only=True) as catalog:
                    refuse_original(catalog, target)
