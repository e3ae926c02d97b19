"""The sha256 of every picture of a set. A file is hashed again only where its size or modification time has changed.

An embedding is valid only for the content that it was made from. The metadata's `sha256` cannot tell: it is the original file's,
and does not change when the exported file is replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.base.files import read_sealed, sha256_of, write_sealed
from tracer.base.parsing import parse_json
from tracer.base.progress import Progress, Work
from tracer.base.reading import check_regular

PRINTS: Final = "photos.hashes"
"""The name of the file of a set's hashes, in a run's `shards/<set>/`."""

Seen = dict[str, tuple[int, int, str]]
"""By photo id (as text, for JSON): size in bytes, modification time in ns, sha256."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The hashes of a set.

    Attributes:
        sha256: the sha256 of each file by photo id; "" where it cannot be read.
    """

    sha256: dict[int, str]

    def digest(self) -> str:
        """Return one hash over all ids and contents; their order does not matter."""
        joined = hashlib.sha256()
        for photo_id in sorted(self.sha256):
            joined.update(f"{photo_id} {self.sha256[photo_id]}\n".encode())
        return joined.hexdigest()


def fingerprint(photos: Iterable[tuple[int, Path]], cache: Path, workers: int) -> Work[Fingerprints]:
    """Hash the files of a set.

    Args:
        photos: id and path of each.
        cache: the file of earlier hashes (sealed JSON), read and written; a damaged one is ignored.
        workers: number of threads (hashing and reading release the interpreter's lock).
    """
    photos = list(photos)
    seen = _read(cache)
    now: Seen = {}
    with ThreadPoolExecutor(max(1, workers)) as pool:
        found = pool.map(lambda photo: _look(seen.get(str(photo[0])), photo[1]), photos)
        for done, ((photo_id, _), entry) in enumerate(zip(photos, found, strict=True), start=1):
            now[str(photo_id)] = entry
            if done % 256 == 0 or done == len(photos):
                yield Progress("checking photos", done, len(photos))
    if now != seen:
        write_sealed(cache, json.dumps(now, separators=(",", ":")).encode())
    return Fingerprints({photo_id: now[str(photo_id)][2] for photo_id, _ in photos})


def _look(known: tuple[int, int, str] | None, path: Path) -> tuple[int, int, str]:
    try:
        status = check_regular(path)
        if known and known[:2] == (status.st_size, status.st_mtime_ns) and known[2]:
            return known
        return status.st_size, status.st_mtime_ns, sha256_of(path)
    except OSError:
        return 0, 0, ""  # decoding will fail, too, and give the reason


def _read(cache: Path) -> Seen:
    try:
        content = parse_json(read_sealed(cache) or b"{}")
        return {key: (int(size), int(time), str(digest)) for key, (size, time, digest) in content.items()}
    except (ValueError, TypeError, AttributeError):  # it came with a run of somebody else's
        return {}
