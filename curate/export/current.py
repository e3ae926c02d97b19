"""Which sets and evaluations are out of date: the one rule for commands and for every screen.

A set is out of date if another export might write other photos or labels: the set, the settings or the catalogue are not as they
were. An evaluation is out of date if its set holds something else than what was measured.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from curate.catalog.sets import evaluated_sets, exported_sets, measured, standing_state
from curate.catalog.store import Catalog
from curate.sources.made import MANIFEST
from curate.sources.manifest import Manifest, content_at, read_manifest
from tracer.base.reading import MOST_JSON, read_bytes

SET_CHANGED, RUN_CHANGED = "the catalogue changed since", "its set changed since"
REPORT, RESULTS = "report.html", "results.json"
"""The page of a run, and its file of results."""

_BEGUN = ("embeddings", "shards", RESULTS)
"""Parts of a run; a folder without a report that has one of them is an evaluation that was stopped."""


@dataclass(frozen=True, slots=True)
class ExportedSet:
    """A set that was written from the workspace and is still there.

    Attributes:
        path: its folder.
        photos: the number of photos in it.
        pairs: the number of pairs in it.
        stale: whether it is out of date.
        options: the options of the export command that made it, from its manifest.
    """

    path: Path
    photos: int
    pairs: int
    stale: bool
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation.

    Attributes:
        path: its folder.
        dataset: the set's folder, if it is known.
        stale: whether it is out of date.
        written: when its report was written, seconds since 1970; None if it was stopped before.
    """

    path: Path
    dataset: Path | None
    stale: bool
    written: float | None = None


def set_places(catalog: Catalog) -> list[Path]:
    """Return the folders of the sets that were written from the workspace or lie in it, the one that was written last at the end.

    The catalogue knows in which order it wrote sets; times of files do not survive copying.
    """
    order = {path: number for number, path in enumerate(exported_sets(catalog))}
    found = []
    for path in {*order, *catalog.workspace.exports.glob("*")}:
        with contextlib.suppress(OSError):  # no set, or no longer one
            found.append((order.get(path, -1), (path / MANIFEST).stat().st_mtime_ns, path))
    return [path for *_, path in sorted(found)]


def sets_of(catalog: Catalog) -> list[ExportedSet]:
    """Return the sets that are still where they were written, the oldest first."""
    places = set_places(catalog)
    current = current_sets(catalog, places)
    manifests = ((path, read_manifest(path)) for path in places)
    return [
        ExportedSet(path, told.counts.photos, told.counts.pairs, path not in current, _words(told))
        for path, told in manifests
        if told is not None
    ]


def runs_of(catalog: Catalog) -> list[Run]:
    """Return the evaluations of the workspace by their folders: those in the workspace first, then those beside its sets."""
    near = {place: path for path in set_places(catalog) for place in _run_places(catalog.workspace.root, path)}
    dataset_of, content = near | evaluated_sets(catalog), measured(catalog)
    inside, runs = sorted(catalog.workspace.runs.glob("*")), []
    for place in [*inside, *sorted(dataset_of.keys() - {*inside})]:
        dataset, report = dataset_of.get(place), place / REPORT
        if report.is_file():
            stale = dataset is not None and _holds_something_else(dataset, report, content.get(place))
            runs.append(Run(place, dataset, stale, report.stat().st_mtime))
        elif any((place / part).exists() for part in _BEGUN):
            runs.append(Run(place, dataset, stale=False))
    return runs


def current_sets(catalog: Catalog, places: Iterable[Path]) -> set[Path]:
    """Return which sets have the same photos and labels after another export.

    The set, the settings and the catalogue are as they were at the export; of decisions, those that stand now count, so that an
    undo and its redo change nothing. Scenes follow from scores, and scores from decisions.
    """
    known, revision, rest = exported_sets(catalog), str(catalog.revision()), None
    settings = catalog.workspace.settings.export.model_dump_json()
    current = set()
    for place in places:
        head, _, lies = known.get(place, "").partition(" ")
        then, _, state = head.partition(":")
        if lies != f"{settings} {_manifest_hash(place)}":
            continue
        if then != revision:  # the log is read only where something was changed since
            rest = standing_state(catalog) if rest is None else rest
        if then == revision or state == rest:
            current.add(place)
    return current


def state_of(catalog: Catalog, place: Path) -> str:
    """Return what `current_sets` compares a set with: what it was made from, and the set at the path."""
    settings = catalog.workspace.settings.export.model_dump_json()
    return f"{catalog.revision()}:{standing_state(catalog)} {settings} {_manifest_hash(place)}"


def is_as_written(catalog: Catalog, place: Path) -> bool:
    """Return whether the set at a path is one that this catalogue wrote there."""
    written = exported_sets(catalog).get(place, "").rpartition(" ")[2]
    return bool(written) and written == _manifest_hash(place)


def _manifest_hash(place: Path) -> str:
    try:
        return hashlib.sha256(read_bytes(place / MANIFEST, MOST_JSON)).hexdigest()
    except OSError:  # nothing is there, or something that is not a set
        return ""


def _words(manifest: Manifest) -> tuple[str, ...]:
    """Return the options that a set was exported with, as words of a command."""
    flags = {"--pairs": manifest.pairs, "--keep-gps": manifest.keep_gps}
    lists = {"--licenses": manifest.licenses, "--match": manifest.match}
    words = [(flag, ",".join(values)) for flag, values in lists.items() if values]
    return (*(flag for flag, given in flags.items() if given), *chain(*words))


def _run_places(workspace: Path, dataset: Path) -> tuple[Path, Path]:
    """Return where `curate evaluate` may put the run of a set: below `runs/` if the workspace was named, else beside the set."""
    return workspace / "runs" / dataset.name, dataset.with_name(f"{dataset.name}-run")


def _holds_something_else(dataset: Path, report: Path, content: str | None) -> bool:
    """Return whether a set holds something else than what was measured; where that is not known, whether it is newer.

    A set that is gone tells nothing.
    """
    manifest = dataset / MANIFEST
    if not manifest.exists():
        return False
    if content is None:
        return report.stat().st_mtime_ns < manifest.stat().st_mtime_ns
    return content_at(dataset) != content
