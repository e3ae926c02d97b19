"""The photos of the catalogue: add them, look them up, and compute their labels from files and statements."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from curate.catalog.labelling import RIGHTS, label_photo
from curate.catalog.listing import is_listed_path, listing_from_json, stated
from curate.catalog.store import Catalog
from curate.photos.facts import READER, Exif, PhotoFacts, Status, TakenPrecision
from tracer.base.text import printable_path

Origin = Literal["person", "sidecar", "folder"]

NO_LONGER_THERE = "the file is no longer there"
"""The error of a photo whose file is missing."""

NEW_ID = "SELECT 1 + max(coalesce((SELECT max(id) FROM photo), 0), coalesce((SELECT max(photo) FROM forgotten), 0))"
"""SQL of a row ID that neither it nor a larger one was ever used. IDs are not reused: the decision log names photos by them."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the catalogue.

    Attributes:
        id: its row ID.
        path_bytes: its path, as the system opens it.
        path: its path, safe to show.
        status: state of its file when it was last looked at.
        error: why it could not be read; None where it could.
        sha256: hash of its file; None where it could not be read.
        size: size of its file in bytes.
        camera: row ID of its camera; None where it does not name one.
        scene: its stated scene.
        format: file format, `JPEG`, …
        width: width in pixels, as stored.
        height: height in pixels, as stored.
    """

    id: int
    path_bytes: bytes
    path: str
    status: Status
    error: str | None
    sha256: str | None
    size: int | None
    camera: int | None
    scene: str | None
    format: str | None
    width: int | None
    height: int | None

    @property
    def content(self) -> str:
        """The sha256 of a photo that could be read.

        Raises:
            ValueError: the photo could not be read.
        """
        if self.sha256 is None:
            raise ValueError(f"{self.path} could not be read")
        return self.sha256


_PHOTO = ", ".join(
    f"resolved({item.name}) AS {item.name}" if item.name in ("path", "path_bytes") else item.name
    for item in fields(Photo)
)


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whether a file changed since it was last read, and whether it was read by an older reader.

    Attributes:
        id: row ID of the photo.
        size: size of the file in bytes.
        mtime_ns: modification time of the file, nanoseconds.
        status: state of the file when it was last looked at.
        reader: version of the reader that read it (`photos.facts.READER`).
        pictured: sha256 of a file whose picture was decoded, so that it has a preview; else None.
    """

    id: int
    size: int | None
    mtime_ns: int | None
    status: Status
    reader: int
    pictured: str | None

    def changed(self, size: int, mtime_ns: int) -> bool:
        """Return whether the size or the modification time of the file changed."""
        return self.size != size or self.mtime_ns != mtime_ns


def known_files(catalog: Catalog, paths: Sequence[bytes]) -> dict[bytes, Known]:
    """Return path -> what is known of the file, for those of the paths that are in the catalogue."""
    found: dict[bytes, Known] = {}
    for start in range(0, len(paths), 500):
        part = {catalog.places.stored(path): path for path in paths[start : start + 500]}
        marks = ",".join("?" * len(part))
        for row in catalog.connection.execute(f"{_KNOWN} WHERE path_bytes IN ({marks})", list(part)):
            found[part[row["path_bytes"]]] = _known(row)
    return found


def photos_like(catalog: Catalog, sha256: str | None) -> list[tuple[bytes, Known]]:
    """Return (path, what is known of the file) of the local photos with a content, those that are missing first."""
    condition = "sha256 = ? AND source = 'local' ORDER BY status = 'missing' DESC, id"
    rows = catalog.connection.execute(f"{_KNOWN} WHERE {condition}", (sha256,)).fetchall()
    return [(catalog.places.resolved(row["path_bytes"]), _known(row)) for row in rows]


_KNOWN = (
    "SELECT id, path_bytes, size, mtime_ns, status, reader, iif(phash IS NULL, NULL, sha256) AS pictured FROM photo"
)


def _known(row: sqlite3.Row) -> Known:
    return Known(row["id"], row["size"], row["mtime_ns"], Status(row["status"]), row["reader"], row["pictured"])


def put_photo(
    catalog: Catalog,
    path: bytes,
    facts: PhotoFacts,
    mtime_ns: int | None,
    size: int | None = None,
    source: str = "local",
) -> int:
    """Add a photo or replace the facts of its file, and return its row ID. Statements about the photo are kept.

    Args:
        catalog: open for writing.
        path: path of the file.
        facts: the facts of the file.
        mtime_ns: modification time from the file system, by which a later change is noticed.
        size: size from the file system, for the same; None for the size in the facts.
        source: where the photo comes from.
    """
    path = catalog.places.stored(path)
    before = catalog.connection.execute("SELECT id, sha256 FROM photo WHERE path_bytes = ?", (path,)).fetchone()
    if before and before["sha256"] != facts.sha256:  # the candidates were compared by the old picture
        catalog.connection.execute("DELETE FROM candidate WHERE phone = ?1 OR other = ?1", (before["id"],))
        catalog.candidates_changed()
    row = catalog.connection.execute(
        f"INSERT INTO photo (id, path_bytes, path, source, status, mtime_ns, reader) VALUES (({NEW_ID}), ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (path_bytes) DO UPDATE SET mtime_ns = excluded.mtime_ns, source = excluded.source, "
        "reader = excluded.reader RETURNING id",
        (path, printable_path(path), source, facts.status.value, mtime_ns, READER),
    ).fetchone()
    photo = int(row[0])
    catalog.connection.execute(
        "INSERT OR REPLACE INTO reading VALUES (?, ?)", (photo, json.dumps(facts.as_json(), ensure_ascii=False))
    )
    relabel(catalog, photo, facts)
    if size is not None and size != facts.size:
        catalog.connection.execute("UPDATE photo SET size = ? WHERE id = ?", (size, photo))
    return photo


def set_status(catalog: Catalog, photo: int, status: Status, error: str | None) -> None:
    """Store a new status of a file (missing, denied); its labels are kept."""
    catalog.connection.execute("UPDATE photo SET status = ?, error = ? WHERE id = ?", (status.value, error, photo))


def say(
    catalog: Catalog, photo: int, origin: Origin, values: Mapping[str, str | None], *, imported: bool = False
) -> bool:
    """Store statements about a photo; returns whether any of them is new. Call `relabel` afterwards.

    `imported` says that a person of another workspace made them.
    """
    before = {
        row["key"]: (row["value"], bool(row["imported"]))
        for row in catalog.connection.execute(
            "SELECT key, value, imported FROM assertion WHERE photo = ? AND origin = ?", (photo, origin)
        )
    }
    news = {key: value for key, value in values.items() if before.get(key) != (value, imported)}
    catalog.connection.executemany(
        "INSERT OR REPLACE INTO assertion (photo, key, origin, value, imported) VALUES (?, ?, ?, ?, ?)",
        [(photo, key, origin, value, int(imported)) for key, value in news.items()],
    )
    return bool(news)


def unsay(catalog: Catalog, photo: int, origin: Origin, key: str) -> bool:
    """Remove a statement about a photo; returns whether there was one. Call `relabel` afterwards."""
    cursor = catalog.connection.execute(
        "DELETE FROM assertion WHERE photo = ? AND key = ? AND origin = ?", (photo, key, origin)
    )
    return cursor.rowcount > 0


def has_labels(catalog: Catalog, photo: int) -> bool:
    """Return whether a person gave a photo labels."""
    found = "SELECT EXISTS (SELECT 1 FROM assertion WHERE photo = ? AND origin = 'person')"
    return bool(catalog.connection.execute(found, (photo,)).fetchone()[0])


def said(catalog: Catalog, photo: int) -> dict[str, str | None]:
    """Return the statements about a photo: of each key, that of the strongest origin (person, sidecar, folder, listing).

    An imported owner, licence or address counts only if the photo's source states none.
    """
    said = said_by_source(catalog, photo)
    rows = catalog.connection.execute(
        "SELECT key, value, imported FROM assertion WHERE photo = ? AND origin = 'person'", (photo,)
    )
    return said | {
        row["key"]: row["value"]
        for row in rows
        if not (row["imported"] and row["key"] in RIGHTS and said.get(row["key"]) is not None)
    }


def said_by_source(catalog: Catalog, photo: int) -> dict[str, str | None]:
    """Return the statements about a photo that its source makes; a sidecar is stronger than a folder, a folder than a listing."""
    listed = catalog.connection.execute("SELECT listing FROM flickr_photo WHERE photo = ?", (photo,)).fetchone()
    published = {} if listed is None else stated(listing_from_json(json.loads(listed[0])))
    rows = catalog.connection.execute(  # the folder comes before the sidecar
        "SELECT key, value FROM assertion WHERE photo = ? AND origin != 'person' ORDER BY origin", (photo,)
    )
    return published | {row["key"]: row["value"] for row in rows}


def licence_days(catalog: Catalog) -> dict[int, str]:
    """Return Flickr ID -> the day on which Flickr stated the licence, unless somebody else states another."""
    rows = catalog.connection.execute(
        "SELECT flickr_id, listing ->> '$.license_seen' FROM flickr_photo JOIN photo ON photo.id = flickr_photo.photo "
        "WHERE license = listing ->> '$.license' AND listing ->> '$.license_seen' IS NOT NULL AND flickr_id NOT IN "
        "(SELECT photo_id FROM photo WHERE photo_id IS NOT NULL GROUP BY 1 HAVING count(DISTINCT coalesce(license, '')) > 1)"
    )
    return {row[0]: row[1] for row in rows}


def with_replaced_rights(catalog: Catalog) -> dict[bytes, bool]:
    """Return path (bytes) -> True of the photos whose owner, licence or address a person stated in place of their source's."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT path_bytes FROM assertion AS mine JOIN photo ON photo.id = mine.photo "
        "LEFT JOIN assertion AS other ON other.photo = mine.photo AND other.key = mine.key AND other.origin = 'sidecar' "
        "LEFT JOIN flickr_photo ON flickr_photo.photo = mine.photo "
        f"WHERE mine.origin = 'person' AND NOT mine.imported AND mine.key IN {RIGHTS} "
        "AND coalesce(other.value, listing ->> ('$.' || mine.key)) != coalesce(mine.value, '')"
    )
    return {row[0]: True for row in rows}


def relabel(catalog: Catalog, photo: int, facts: PhotoFacts | None = None) -> None:
    """Compute a photo's labels again from the facts of its file and the statements about it.

    Args:
        catalog: open for writing.
        photo: its row ID.
        facts: new facts; None for the stored ones, which leaves the status, error and size of the file as they are.
    """
    labels = label_photo(facts or facts_of(catalog, photo), said(catalog, photo))
    columns = dict(labels.columns, camera=catalog.cameras.row_id(labels.make, labels.model, labels.file_source))
    if facts is None:
        for name in ("status", "error", "size"):
            del columns[name]
    assignments = ", ".join(f"{name} = ?" for name in columns)
    catalog.connection.execute(f"UPDATE photo SET {assignments} WHERE id = ?", (*columns.values(), photo))


def facts_of(catalog: Catalog, photo: int) -> PhotoFacts:
    """Return the facts of a photo's file from its last reading."""
    row = catalog.connection.execute("SELECT facts FROM reading WHERE photo = ?", (photo,)).fetchone()
    return facts_from_json(row[0])


def photo_at(catalog: Catalog, path: str | os.PathLike[str]) -> Photo | None:
    """Return the photo at a path (absolute, or relative to the current folder), or at `flickr:ID` if it has no file."""
    name = os.fsdecode(path)
    place = os.fsencode(name if is_listed_path(name) else os.path.abspath(name))
    return next(photos_where(catalog, "path_bytes = ?", catalog.places.stored(place)), None)


def photos_where(catalog: Catalog, condition: str, *values: str | bytes | int) -> Iterator[Photo]:
    """Yield the photos that meet a condition in SQL, over stored paths. It must come from this package, never from a user."""
    for row in catalog.connection.execute(f"SELECT {_PHOTO} FROM photo WHERE {condition}", values):
        yield Photo(**{**dict(row), "status": Status(row["status"])})


def path_of(catalog: Catalog, sha256: str) -> str | None:
    """Return the shown path of a photo with this sha256; None where the catalogue has none."""
    row = catalog.connection.execute("SELECT resolved(path) FROM photo WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None else str(row[0])


def photos_with(catalog: Catalog, sha256: str) -> int:
    """Return the number of photos whose file has this sha256."""
    return int(catalog.connection.execute("SELECT count(*) FROM photo WHERE sha256 = ?", (sha256,)).fetchone()[0])


def equal_files(catalog: Catalog) -> int:
    """Return the number of groups of photos whose files are the same."""
    row = catalog.connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM photo WHERE sha256 IS NOT NULL GROUP BY sha256 HAVING count(*) > 1)"
    ).fetchone()
    return int(row[0])


def is_any_read(catalog: Catalog) -> bool:
    """Return whether the file of any photo was read."""
    return bool(
        catalog.connection.execute("SELECT EXISTS (SELECT 1 FROM photo WHERE sha256 IS NOT NULL)").fetchone()[0]
    )


def stated_licenses(catalog: Catalog) -> list[str]:
    """Return the licences that photos have, sorted."""
    return [
        row[0]
        for row in catalog.connection.execute("SELECT DISTINCT license FROM photo WHERE license != '' ORDER BY 1")
    ]


def labels_of(catalog: Catalog, photo: int) -> dict[str, Any]:
    """Return all label columns of a photo, as for `--where`; only `path`, which is None, where the photo is gone."""
    row = catalog.connection.execute("SELECT * FROM label WHERE id = ?", (photo,)).fetchone()
    return dict(row) if row else {"path": None}


def facts_from_json(text: str) -> PhotoFacts:
    """Return the facts that `PhotoFacts.as_json` wrote."""
    known: dict[str, Any] = json.loads(text)
    return PhotoFacts(**{**known, "status": Status(known["status"]), "exif": exif_from_json(known["exif"])})


def exif_from_json(content: Mapping[str, Any]) -> Exif:
    """Return the camera metadata that `Exif.as_json` wrote."""
    lists = {name: tuple(content[name]) for name in ("readers", "disagreements")}
    return Exif(**{**content, **lists, "taken_precision": TakenPrecision(content["taken_precision"])})
