"""Where sets were evaluated: a workspace remembers the runs of its sets, as it remembers the sets."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.export.run import exported_places
from curate.workspace import Workspace, is_workspace

_KEY = "runs"


def evaluated_sets(catalog: Catalog) -> dict[Path, Path]:
    """Return the remembered runs, each with the set that it is of."""
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = ?", (_KEY,)).fetchone()
    return {Path(run): Path(dataset) for run, dataset in json.loads(row[0]).items()} if row else {}


def remember_run(catalog: Catalog, dataset: Path, run: Path) -> None:
    """Remember that a set was evaluated; runs that are gone are forgotten."""
    kept = {str(place): str(of) for place, of in evaluated_sets(catalog).items() if place.exists()}
    with catalog.transaction():
        catalog.connection.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)", (_KEY, json.dumps(kept | {str(run): str(dataset)}))
        )


def workspace_of(dataset: Path) -> Workspace | None:
    """Return the workspace that wrote a set, where it is the current folder, or lies above the set or beside it."""
    for folder in _places_near(dataset):
        if is_workspace(folder):
            with contextlib.suppress(CurateError):  # a workspace that cannot be read did not ask for this evaluation
                workspace = Workspace.open(folder)
                with Catalog.open(workspace, read_only=True) as catalog:
                    if dataset in exported_places(catalog):
                        return workspace
    return None


def _places_near(dataset: Path) -> Iterator[Path]:
    yield Path.cwd()
    yield from dataset.parents
    with contextlib.suppress(OSError):  # a folder that may be entered but not listed
        yield from sorted(dataset.parent.iterdir())
