"""Forgotten photos: stored aside with all their data, and restored by an undo or a new ingest.

Decided pairs of these photos stay in the log. They count again as soon as the photos are restored (`verdict.gone`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from curate.catalog.photos import Origin, known_files, relabel
from curate.catalog.store import Catalog

_PUT_ASIDE = """
INSERT OR REPLACE INTO forgotten
SELECT id, path_bytes, path, source, size, mtime_ns, status, error, sha256, reader, facts,
       (SELECT coalesce(json_group_array(json_array(key, origin, value, imported)), '[]') FROM assertion
        WHERE assertion.photo = photo.id)
FROM photo JOIN reading ON reading.photo = photo.id WHERE id = ?
"""


def put_aside(catalog: Catalog, photos: Iterable[int], seq: int) -> None:
    """Move photos out of the catalogue. An ingest skips the paths named by the decision `seq` from now on."""
    connection = catalog.connection
    for photo in photos:
        connection.execute(
            "INSERT OR REPLACE INTO forgotten_candidate "
            "SELECT phone, other, score, assigned, evidence FROM candidate WHERE phone = ?1 OR other = ?1",
            (photo,),
        )
        connection.execute(_PUT_ASIDE, (photo,))
        connection.execute("DELETE FROM photo WHERE id = ?", (photo,))
    connection.execute("UPDATE forgotten_path SET holds = 1 WHERE seq = ?", (seq,))
    catalog.candidates_changed()


def bring_back(catalog: Catalog, photos: Iterable[int], seq: int) -> None:
    """Restore photos as they were; a photo that an ingest added again in the meantime is not changed."""
    connection = catalog.connection
    for photo in photos:
        row = connection.execute("SELECT * FROM forgotten WHERE photo = ?", (photo,)).fetchone()
        if row is not None and not known_files(catalog, [row["path_bytes"]]):
            _put_back(catalog, row, ("person", "sidecar", "folder"))
            relabel(catalog, photo)
    _bring_back_candidates(connection)
    connection.execute("UPDATE forgotten_path SET holds = 0 WHERE seq = ?", (seq,))
    catalog.candidates_changed()


def take_in_again(catalog: Catalog, path: bytes) -> None:
    """Give a forgotten file that an ingest finds again its old row ID and the labels that a person gave it.

    Labels from sidecars and folders are read again by this ingest; candidates are found again by the next pairing run.
    """
    stored = catalog.places.stored(path)
    row = catalog.connection.execute("SELECT * FROM forgotten WHERE path_bytes = ?", (stored,)).fetchone()
    if row is not None:
        _put_back(catalog, row, ("person",))
        catalog.connection.execute("DELETE FROM forgotten_candidate WHERE phone = ?1 OR other = ?1", (row["photo"],))


def forgotten_paths(catalog: Catalog) -> set[bytes]:
    """Return the forgotten paths, which an ingest skips unless it is given the paths themselves."""
    rows = catalog.connection.execute("SELECT resolved(path_bytes) FROM forgotten_path WHERE holds")
    return {bytes(row[0]) for row in rows}


def is_forgotten(catalog: Catalog, sha256: str) -> bool:
    """Return whether the content was forgotten: a forgotten photo has this sha256, and no photo of the catalogue has it."""
    row = catalog.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM forgotten WHERE sha256 = ?1) AND NOT EXISTS (SELECT 1 FROM photo WHERE sha256 = ?1)",
        (sha256,),
    ).fetchone()
    return bool(row[0])


def no_longer_forgotten(catalog: Catalog, paths: Iterable[bytes]) -> None:
    """Mark paths as no longer forgotten, because an ingest was given the paths themselves."""
    catalog.connection.executemany(
        "UPDATE forgotten_path SET holds = 0 WHERE path_bytes = ?",
        [(catalog.places.stored(path),) for path in paths],
    )


def name_paths(catalog: Catalog, seq: int, paths: Iterable[bytes]) -> None:
    """Store the paths that a decision names."""
    catalog.connection.executemany(
        "INSERT OR IGNORE INTO forgotten_path (seq, path_bytes) VALUES (?, ?)",
        [(seq, catalog.places.stored(path)) for path in paths],
    )


def _bring_back_candidates(connection: sqlite3.Connection) -> None:
    """Restore the candidates whose photos are both in the catalogue again."""
    connection.execute(
        "INSERT OR IGNORE INTO candidate (phone, other, score, assigned, evidence) SELECT f.* FROM forgotten_candidate f "
        "JOIN photo p ON p.id = f.phone JOIN photo o ON o.id = f.other"
    )
    connection.execute(
        "UPDATE candidate SET waits = (SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone "
        "AND s.other = candidate.other) WHERE (phone, other) IN (SELECT phone, other FROM forgotten_candidate)"
    )
    connection.execute("DELETE FROM forgotten_candidate WHERE (phone, other) IN (SELECT phone, other FROM candidate)")


def _put_back(catalog: Catalog, row: sqlite3.Row, origins: Sequence[Origin]) -> None:
    """Restore a photo with the labels from some origins; `relabel` then computes its effective labels."""
    connection, photo = catalog.connection, row["photo"]
    columns = ("path_bytes", "path", "source", "size", "mtime_ns", "status", "error", "reader")
    connection.execute(
        f"INSERT INTO photo (id, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})",
        (photo, *(row[name] for name in columns)),
    )
    connection.execute("INSERT INTO reading VALUES (?, ?)", (photo, row["facts"]))
    connection.executemany(
        "INSERT INTO assertion (photo, key, origin, value, imported) VALUES (?, ?, ?, ?, ?)",
        [(photo, *said, 0)[:5] for said in json.loads(row["said"]) if said[1] in origins],
    )
    connection.execute("DELETE FROM forgotten WHERE photo = ?", (photo,))
