"""Photos that a set or the workspace's splits leave out, with the reasons, stored so that they can be listed later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.catalog.facts import forget, keep, keys_that_begin, value_of
from curate.catalog.store import Catalog
from curate.errors import UsageError, command, shown
from tracer.base.text import quoted_path

_KEY = "left_out "
AT_ONCE = 20_000
"""Photos in one part; the list of a large collection is stored and read in several parts."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the photos that are left out for one reason.

    Attributes:
        reason: the reason, in words.
        photos: their paths, as shown.
    """

    reason: str
    photos: list[str]


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
                for key in (_key(known), *_part_keys(catalog, known)):
                    forget(catalog.connection, key)
        parts = 0
        for reason, photos in reasons:
            for start in range(0, len(photos), AT_ONCE):
                parts += 1
                part = _Part(reason, list(photos[start : start + AT_ONCE]))
                text = json.dumps([part.reason, part.photos], ensure_ascii=False)
                keep(catalog.connection, _part_key(place, parts), text)
        keep(catalog.connection, _key(place), str(parts))


def left_out(catalog: Catalog, place: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) of the photos that a set or a folder of splits leaves out.

    Raises:
        UsageError: this workspace did not write a set or splits there.
    """
    own = Path(os.path.abspath(place))
    if value_of(catalog.connection, _key(own)) is None:
        root = catalog.workspace.root
        known = [command("skipped", shown(known), workspace=root) for known in _places(catalog)]
        raise UsageError(
            "what that leaves out is not known",
            f"this workspace wrote neither a set nor splits to {quoted_path(place)}",
            f"It can be listed by: {'; '.join(known)}"
            if known
            else "Name a set that was exported from this workspace.",
        )
    for key in _part_keys(catalog, own):
        part = _Part(*json.loads(value_of(catalog.connection, key) or "null"))
        yield from ((path, part.reason) for path in part.photos)


def _places(catalog: Catalog) -> list[Path]:
    names = [key.removeprefix(_KEY) for key in keys_that_begin(catalog.connection, _KEY)]
    return [Path(name if name.startswith("/") else os.fsdecode(bytes.fromhex(name))) for name in names]


def _key(place: Path) -> str:
    """Return the key of an absolute path: the path itself, or its bytes in hexadecimal where they are not UTF-8."""
    try:
        text = os.fsencode(place).decode("utf-8")
    except UnicodeDecodeError:
        return _KEY + os.fsencode(place).hex()
    return _KEY + text


def _part_key(place: Path, number: int) -> str:
    return f"part {number} of what is left out: {_key(place).removeprefix(_KEY)}"


def _part_keys(catalog: Catalog, place: Path) -> list[str]:
    parts = int(value_of(catalog.connection, _key(place)) or 0)
    return [_part_key(place, number + 1) for number in range(parts)]
