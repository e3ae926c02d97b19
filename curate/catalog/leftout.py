"""What a set, or the workspace's splits, leave out and why: kept as they are written, so that it can be listed later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from curate.advice import command, shown
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import quoted_path

_KEY = "left_out "


def keep_left_out(catalog: Catalog, place: Path, reasons: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Remember what a set or the folder of splits at a place leaves out; what is known of places that are gone goes.

    Args:
        place: absolute. reasons: each reason with the paths of its photos, as they are shown.
    """
    kept = json.dumps([[reason, list(photos)] for reason, photos in reasons], ensure_ascii=False)
    with catalog.transaction():
        gone = [(_key(known),) for known in _places(catalog) if not known.exists()]
        catalog.connection.executemany("DELETE FROM fact WHERE key = ?", gone)
        catalog.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_key(place), kept))


def left_out(catalog: Catalog, place: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) of the photos that a set or the folder of splits leaves out.

    Raises:
        UsageError: this workspace did not write what lies there.
    """
    key = _key(Path(os.path.abspath(place)))
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    if row is None:
        root = catalog.workspace.root
        known = [command("skipped", shown(known), workspace=root) for known in _places(catalog)]
        raise UsageError(
            "what that leaves out is not known",
            f"this workspace wrote neither a set nor splits to {quoted_path(place)}",
            f"It can be listed by: {'; '.join(known)}"
            if known
            else "Name a set that was exported from this workspace.",
        )
    yield from ((path, reason) for reason, photos in json.loads(row["value"]) for path in photos)


def _places(catalog: Catalog) -> list[Path]:
    rows = catalog.connection.execute("SELECT key FROM fact WHERE key GLOB ? ORDER BY key", (f"{_KEY}*",))
    names = [row["key"].removeprefix(_KEY) for row in rows]
    return [Path(name if name.startswith("/") else os.fsdecode(bytes.fromhex(name))) for name in names]


def _key(place: Path) -> str:
    """The key of an absolute path: as it is, or its bytes in hexadecimal digits where they are not UTF-8."""
    try:
        place_as_it_is = os.fsencode(place).decode("utf-8")
    except UnicodeDecodeError:
        return _KEY + os.fsencode(place).hex()
    return _KEY + place_as_it_is
