"""The sets that were written from a workspace, their evaluations, and the splits that were drawn for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.catalog.facts import EXPORTS, RUNS, SPLIT, SPLIT_LOG, DrawnSplits, SplitEvent, WithdrawnSplits
from curate.catalog.store import Catalog, now
from curate.errors import CurateError
from curate.workspace import Workspace, is_workspace


def exported_sets(catalog: Catalog) -> dict[Path, str]:
    """Return the folders that sets were written to, each with the state that it was written from."""
    return {Path(path): state for path, state in (EXPORTS.read(catalog.connection) or {}).items()}


def remember_set(catalog: Catalog, place: Path, state: str) -> None:
    """Remember that a set was written; sets that are gone are forgotten.

    Args:
        place: its folder, absolute.
        state: tells whether an export would write the same set again.
    """
    kept = {str(path): known for path, known in exported_sets(catalog).items() if path.exists()}
    with catalog.transaction():
        EXPORTS.keep(catalog.connection, kept | {str(place): state})


def evaluated_sets(catalog: Catalog) -> dict[Path, Path]:
    """Return the remembered runs, each with the set that it is of."""
    return {Path(run): Path(dataset) for run, dataset in (RUNS.read(catalog.connection) or {}).items()}


def remember_run(catalog: Catalog, dataset: Path, run: Path) -> None:
    """Remember that a set was evaluated; runs that are gone are forgotten."""
    kept = {str(place): str(of) for place, of in evaluated_sets(catalog).items() if place.exists()}
    with catalog.transaction():
        RUNS.keep(catalog.connection, kept | {str(run): str(dataset)})


def drawn_splits(catalog: Catalog) -> DrawnSplits | None:
    """Return the drawn splits that exports make; None where they go by the settings."""
    return SPLIT.read(catalog.connection)


def keep_splits(catalog: Catalog, attributes: Sequence[str], group_by: Sequence[str], seed: int) -> DrawnSplits:
    """Remember the splits that were drawn, for exports to come."""
    drawn = DrawnSplits(
        attributes=tuple(attributes), group_by=tuple(group_by), seed=seed, drawn=now(), who=catalog.annotator
    )
    with catalog.transaction():
        SPLIT.keep(catalog.connection, drawn)
        _log(catalog, drawn)
    return drawn


def withdraw_splits(catalog: Catalog) -> bool:
    """Let exports go by the settings again; returns whether that is news."""
    with catalog.transaction():
        news = SPLIT.forget(catalog.connection)
        if news:
            _log(catalog, WithdrawnSplits(drawn=now(), who=catalog.annotator))
    return news


def split_log(catalog: Catalog) -> list[SplitEvent]:
    """Return what was drawn and withdrawn, oldest first."""
    return SPLIT_LOG.read(catalog.connection) or []


def _log(catalog: Catalog, event: SplitEvent) -> None:
    SPLIT_LOG.keep(catalog.connection, [*split_log(catalog), event])
    catalog.touch()


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
