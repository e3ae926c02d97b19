"""What a set, or the workspace's splits, leave out and why: kept as they are written, so that it can be listed later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from curate.catalog.store import Catalog
from curate.errors import UsageError, command, shown
from tracer.base.text import quoted_path

_KEY = "left_out "
_AT_ONCE = 20_000
"""Photos in one part: the list of a large collection is kept, and read, in several."""


def keep_left_out(catalog: Catalog, place: Path, reasons: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Remember what a set or the folder of splits at a place leaves out; what is known of places that are gone goes.

    Args:
        place: absolute. reasons: each reason with the paths of its photos, as they are shown.
    """
    remember = "INSERT INTO fact VALUES (?, ?)"
    with catalog.transaction():
        for known in _places(catalog):
            if known == place or not known.exists():
                keys = [_key(known), *_parts(catalog, known)]
                catalog.connection.executemany("DELETE FROM fact WHERE key = ?", [(key,) for key in keys])
        parts = 0
        for reason, photos in reasons:
            for start in range(0, len(photos), _AT_ONCE):
                parts += 1
                part = json.dumps([reason, photos[start : start + _AT_ONCE]], ensure_ascii=False)
                catalog.connection.execute(remember, (_part(place, parts), part))
        catalog.connection.execute(remember, (_key(place), json.dumps(parts)))


def left_out(catalog: Catalog, place: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) of the photos that a set or the folder of splits leaves out.

    Raises:
        UsageError: this workspace did not write what lies there.
    """
    own = Path(os.path.abspath(place))
    kept = _value(catalog, _key(own))
    if kept is None:
        root = catalog.workspace.root
        known = [command("skipped", shown(known), workspace=root) for known in _places(catalog)]
        raise UsageError(
            "what that leaves out is not known",
            f"this workspace wrote neither a set nor splits to {quoted_path(place)}",
            f"It can be listed by: {'; '.join(known)}"
            if known
            else "Name a set that was exported from this workspace.",
        )
    entries = kept if isinstance(kept, list) else (_value(catalog, key) for key in _parts(catalog, own))
    yield from ((path, reason) for reason, photos in entries for path in photos)


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


def _part(place: Path, number: int) -> str:
    return f"part {number} of what is left out: {_key(place).removeprefix(_KEY)}"


def _parts(catalog: Catalog, place: Path) -> list[str]:
    """The keys of a place's parts; none where an earlier version kept all reasons with their photos in one value."""
    kept = _value(catalog, _key(place))
    return [_part(place, number + 1) for number in range(kept)] if isinstance(kept, int) else []


def _value(catalog: Catalog, key: str) -> Any:
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    return None if row is None else json.loads(row["value"])
