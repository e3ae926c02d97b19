"""The decisions of another annotator, from the form to the result; it knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from curate.catalog.findings import Conflict, Imported, Prefer
from curate.catalog.importing import import_decisions
from curate.catalog.store import Catalog
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

Choices = Mapping[Conflict, Prefer]
"""Conflict -> whose decision counts. A conflict that is missing keeps mine."""


def importing(catalog: Catalog, file: Path, choices: Choices) -> Work[Imported]:
    """Import the decisions of a file as one step, differing ones as they were chosen."""
    yield Progress("importing decisions", 0)
    return import_decisions(catalog, file, choices.get)


def import_summary(found: Imported) -> str:
    """Put an import into words."""
    parts = found.in_words()[:2]
    if found.conflicts:
        theirs = sum(conflict.kept == "theirs" for conflict in found.conflicts)
        parts.append(f"of {counted(len(found.conflicts), 'difference')} {theirs:,} as they say, the others as before")
    unread = found.refused_lines + len(found.unknown)
    if unread:
        parts.append(f"{unread:,} could not be used; `curate decisions import` lists them")
    return "; ".join(parts) + " · u takes it back"


def side_by_side(conflict: Conflict) -> tuple[str, str, str]:
    """Return what a conflict is about, my decision and theirs, in words."""
    said = [
        _in_words(one) if conflict.kind == "partner" else one or "empty" for one in (conflict.mine, conflict.theirs)
    ]
    if conflict.kind in ("camera", "clock"):
        return (" " if conflict.kind == "camera" else " + ").join(conflict.what), said[0], said[1]
    if conflict.kind == "label":
        path, key = conflict.what
        return f"{key} of {os.path.basename(path)}", said[0], said[1]
    return " + ".join(map(os.path.basename, conflict.what)), said[0], said[1]


def _in_words(decision: str | None) -> str:
    words, _, path = (decision or "").rpartition(" with ")
    return f"{words} with {os.path.basename(path)}" if words else decision or ""
