"""Which sets an export would write again as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from curate.catalog.sets import exported_sets, standing_state
from curate.catalog.store import Catalog
from curate.sources.made import MANIFEST
from tracer.base.reading import MOST_JSON, read_bytes


def current_sets(catalog: Catalog, places: Iterable[Path]) -> set[Path]:
    """Return which sets have the same photos and labels after another export.

    The set, the settings and the catalogue are as they were at the export; of decisions, those that stand now count, so that an
    undo and its redo change nothing. Scenes follow from scores, and scores from decisions.
    """
    known, revision, rest = exported_sets(catalog), str(catalog.revision()), None
    current = set()
    for place in places:
        head, _, lies = known.get(place, "").partition(" ")
        then, _, state = head.partition(":")
        if lies != _lies(catalog, place):
            continue
        if then != revision:  # the log is read only where something was changed since
            rest = standing_state(catalog) if rest is None else rest
        if then == revision or state == rest:
            current.add(place)
    return current


def state_of(catalog: Catalog, place: Path) -> str:
    """Return what `current_sets` compares a set with: what it was made from, and the set at the path."""
    return f"{catalog.revision()}:{standing_state(catalog)} {_lies(catalog, place)}"


def _lies(catalog: Catalog, place: Path) -> str:
    try:
        lies = hashlib.sha256(read_bytes(place / MANIFEST, MOST_JSON)).hexdigest()
    except OSError:  # nothing is there, or something that is not a set
        lies = ""
    return f"{catalog.workspace.settings.export.model_dump_json()} {lies}"
