"""Which workspace wrote a set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from curate.catalog.sets import exported_sets
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.workspace import Workspace, is_workspace


def workspace_of(dataset: Path) -> Workspace | None:
    """Return the workspace that wrote a set, where it is the current folder, or lies above the set or beside it."""
    for folder in _places_near(dataset):
        if is_workspace(folder):
            with contextlib.suppress(CurateError):  # a workspace that cannot be read did not ask for this evaluation
                workspace = Workspace.open(folder)
                with Catalog.open(workspace, read_only=True) as catalog:
                    if dataset in exported_sets(catalog):
                        return workspace
    return None


def _places_near(dataset: Path) -> Iterator[Path]:
    yield Path.cwd()
    yield from dataset.parents
    with contextlib.suppress(OSError):  # a folder that may be entered but not listed
        yield from sorted(dataset.parent.iterdir())
