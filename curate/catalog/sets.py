"""The sets that were written from a workspace, their evaluations, and the splits that were drawn for them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.catalog.facts import (
    CHANGED,
    EXPORTS,
    MEASURED,
    RUNS,
    SCORES_FOLLOW,
    SPLIT,
    SPLIT_LOG,
    UNLOGGED,
    DrawnSplits,
    SplitEvent,
    WithdrawnSplits,
)
from curate.catalog.store import Catalog, now
from curate.errors import CurateError
from curate.workspace import Workspace, is_workspace

_OUTSIDE_SETS = "action IN ('flag', 'note', 'clock', 'relocate')"
"""Decisions that change nothing of what a set holds; a clock does once photos are compared again."""


def standing_state(catalog: Catalog) -> str:
    """Return a hash of all that sets are made from, which an undo and its redo lead back to. It reads the log."""
    connection = catalog.connection
    stand = [seq for seq, _ in _standing(catalog)]
    parts = stand, UNLOGGED.read(connection), SCORES_FOLLOW.read(connection)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def last_change(catalog: Catalog) -> str:
    """Return when what sets are made from was last changed, ISO 8601 in UTC; a decision that was taken back does not count."""
    times = [at for _, at in _standing(catalog)]
    return max([CHANGED.read(catalog.connection) or "1970-01-01T00:00:00+00:00", *times])


def _standing(catalog: Catalog) -> list[tuple[int, str]]:
    """Return number and time of the decisions that stand and that sets are made from."""
    stand: dict[int, str] = {}
    times: dict[int, str] = {}
    for action, seq, at in catalog.connection.execute(
        "SELECT action, iif(action IN ('undo', 'redo'), json_extract(payload, '$.seq'), seq), at FROM decision "
        f"WHERE NOT ({_OUTSIDE_SETS}) ORDER BY seq"
    ):
        if action == "undo":
            stand.pop(seq, None)
        elif action == "redo":
            stand |= {seq: times[seq]} if seq in times else {}
        else:
            stand[seq] = times[seq] = at
    return sorted(stand.items())


def exported_sets(catalog: Catalog) -> dict[Path, str]:
    """Return folder -> state of the catalogue that it was written from, of the sets written from this workspace."""
    root = catalog.workspace.root
    return {root / path: state for path, state in (EXPORTS.read(catalog.connection) or {}).items()}


def remember_set(catalog: Catalog, place: Path, state: str) -> None:
    """Store that a set was written, and drop sets that no longer exist.

    Args:
        catalog: open for writing.
        place: absolute path of its folder.
        state: hash by which a later export tells whether it would write the same set again.
    """
    kept = {path: known for path, known in exported_sets(catalog).items() if path.exists() and path != place}
    kept[place] = state  # at the end: the order tells which set was written last, also in a copy of the workspace
    with catalog.transaction():
        EXPORTS.keep(catalog.connection, {_stored(catalog, path): known for path, known in kept.items()})


def evaluated_sets(catalog: Catalog) -> dict[Path, Path]:
    """Return folder of an evaluation -> folder of the evaluated set."""
    root = catalog.workspace.root
    return {root / run: root / dataset for run, dataset in (RUNS.read(catalog.connection) or {}).items()}


def measured(catalog: Catalog) -> dict[Path, str]:
    """Return folder of an evaluation that came to its end -> what the set held, as `remember_run` was told it."""
    root = catalog.workspace.root
    return {root / run: content for run, content in (MEASURED.read(catalog.connection) or {}).items()}


def remember_run(catalog: Catalog, dataset: Path, run: Path, content: str | None = None) -> None:
    """Store that a set was evaluated, and drop evaluations that no longer exist.

    Args:
        catalog: open for writing.
        dataset: the set's folder.
        run: the evaluation's folder.
        content: what the set holds (`sources.manifest.content_of`), once the evaluation has come to its end.
    """
    kept = {place: of for place, of in evaluated_sets(catalog).items() if place.exists()} | {run: dataset}
    with catalog.transaction():
        RUNS.keep(catalog.connection, {_stored(catalog, place): _stored(catalog, of) for place, of in kept.items()})
        if content is not None:
            ended = {place: held for place, held in measured(catalog).items() if place.exists()} | {run: content}
            MEASURED.keep(catalog.connection, {_stored(catalog, place): held for place, held in ended.items()})


def _stored(catalog: Catalog, place: Path) -> str:
    """Return a path as it is stored: relative to the workspace's folder where it lies in it, so that the folder can be moved."""
    root = catalog.workspace.root
    return str(place.relative_to(root) if place.is_relative_to(root) else place)


def drawn_splits(catalog: Catalog) -> DrawnSplits | None:
    """Return the drawn splits that exports use; None where exports follow the settings."""
    return SPLIT.read(catalog.connection)


def keep_splits(catalog: Catalog, attributes: Sequence[str], group_by: Sequence[str], seed: int) -> DrawnSplits:
    """Store the drawn splits, for later exports."""
    drawn = DrawnSplits(
        attributes=tuple(attributes), group_by=tuple(group_by), seed=seed, drawn=now(), who=catalog.annotator
    )
    with catalog.transaction():
        SPLIT.keep(catalog.connection, drawn)
        _log(catalog, drawn)
    return drawn


def withdraw_splits(catalog: Catalog) -> bool:
    """Withdraw the drawn splits, so that exports follow the settings; returns whether there were any."""
    with catalog.transaction():
        news = SPLIT.forget(catalog.connection)
        if news:
            _log(catalog, WithdrawnSplits(drawn=now(), who=catalog.annotator))
    return news


def split_log(catalog: Catalog) -> list[SplitEvent]:
    """Return the draws and withdrawals of splits, oldest first."""
    return SPLIT_LOG.read(catalog.connection) or []


def _log(catalog: Catalog, event: SplitEvent) -> None:
    SPLIT_LOG.keep(catalog.connection, [*split_log(catalog), event])
    catalog.touch()


def workspace_of(dataset: Path) -> Workspace | None:
    """Return the workspace that wrote a set, searched in the current folder, above the set and beside it; else None."""
    for folder in _places_near(dataset):
        if is_workspace(folder):
            with contextlib.suppress(CurateError):  # a workspace that cannot be read is skipped
                workspace = Workspace.open(folder)
                with Catalog.open(workspace, read_only=True) as catalog:
                    if dataset in exported_sets(catalog):
                        return workspace
    return None


def _places_near(dataset: Path) -> Iterator[Path]:
    yield Path.cwd()
    yield from dataset.parents
    with contextlib.suppress(OSError):  # the folder may be unreadable
        yield from sorted(dataset.parent.iterdir())
