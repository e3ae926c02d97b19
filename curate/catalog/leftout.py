"""Photos that a set or the workspace's splits leave out, with the reasons, stored so that they can be listed later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from curate.catalog.facts import forget, keep, keys_that_begin, value_of
from curate.catalog.places import as_bytes, as_text
from curate.catalog.store import Catalog
from curate.errors import UsageError, command, shown
from tracer.base.text import quoted_path

_KEY = "left_out "
AT_ONCE = 20_000
"""Photos in one part; the list of a large collection is stored and read in several parts."""


def keep_left_out(catalog: Catalog, place: Path, reasons: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Store what a set or a folder of splits leaves out, and drop the lists of folders that no longer exist.

    Args:
        catalog: open for writing.
        place: absolute path of the set or the folder of splits.
        reasons: (reason, shown paths of its photos).
    """
    with catalog.transaction():
        for known in _places(catalog):
            if known == place or not known.exists():
                for key in (*_keys(catalog, known), _KEY + _name(catalog, known)):
                    forget(catalog.connection, key)
        parts = 0
        for reason, photos in reasons:
            for start in range(0, len(photos), AT_ONCE):
                parts += 1
                part = list(map(catalog.places.stored_text, photos[start : start + AT_ONCE]))
                text = json.dumps([reason, part], ensure_ascii=False)
                keep(catalog.connection, _part_key(catalog, place, parts), text)
        keep(catalog.connection, _KEY + _name(catalog, place), str(parts))


def left_out(catalog: Catalog, place: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) of the photos that a set or a folder of splits leaves out.

    Raises:
        UsageError: this workspace did not write a set or splits there.
    """
    own = Path(os.path.abspath(place))
    if value_of(catalog.connection, _KEY + _name(catalog, own)) is None:
        root = catalog.workspace.root
        known = [command("skipped", shown(known), workspace=root) for known in _places(catalog)]
        raise UsageError(
            "what that leaves out is not known",
            f"this workspace wrote neither a set nor splits to {quoted_path(place)}",
            f"It can be listed by: {'; '.join(known)}"
            if known
            else "Name a set that was exported from this workspace.",
        )
    for key in _keys(catalog, own):
        reason, photos = json.loads(value_of(catalog.connection, key) or "null")
        yield from ((catalog.places.resolved(path), reason) for path in photos)


def _places(catalog: Catalog) -> list[Path]:
    names = [as_bytes(key.removeprefix(_KEY)) for key in keys_that_begin(catalog.connection, _KEY)]
    return [Path(os.fsdecode(catalog.places.resolved(name))) for name in names]


def _name(catalog: Catalog, place: Path) -> str:
    return as_text(catalog.places.stored(os.fsencode(place)))


def _part_key(catalog: Catalog, place: Path, number: int) -> str:
    return f"part {number} of what is left out: {_name(catalog, place)}"


def _keys(catalog: Catalog, place: Path) -> Iterator[str]:
    """Yield the keys of the parts of a list."""
    parts = int(value_of(catalog.connection, _KEY + _name(catalog, place)) or 0)
    for number in range(parts):
        yield _part_key(catalog, place, number + 1)
