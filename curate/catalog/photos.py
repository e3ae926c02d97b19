"""The photos of the catalogue: taken in, looked up, and labelled by what their files and people say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from curate.catalog.labelling import label_photo
from curate.catalog.store import Catalog
from curate.photos.facts import READER, Exif, PhotoFacts, Status, TakenPrecision
from tracer.base.text import printable_path

Origin = Literal["person", "sidecar", "folder"]
_STRENGTH: dict[Origin, int] = {"folder": 0, "sidecar": 1, "person": 2}

_NEW_ID = "SELECT 1 + max(coalesce((SELECT max(id) FROM photo), 0), coalesce((SELECT max(photo) FROM forgotten), 0))"
"""A number that no photo ever had: the decision log names labelled photos by it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the catalogue, as somebody names it.

    Attributes:
        id: its row ID.
        path_bytes: what the system opens.
        path: the same, as a person may safely see it.
        status: how its file was found.
        error: why it could not be read; None where it could.
        sha256: of its file; None where it could not be read.
        camera: the row ID of its camera; None where it names none.
        scene: the scene that somebody stated.
        format: `JPEG`, …
        width, height: pixels, as stored.
    """

    id: int
    path_bytes: bytes
    path: str
    status: Status
    error: str | None
    sha256: str | None
    camera: int | None
    scene: str | None
    format: str | None
    width: int | None
    height: int | None

    @property
    def content(self) -> str:
        """The sha256 of a photo that is known to be readable."""
        if self.sha256 is None:
            raise ValueError(f"{self.path} could not be read")
        return self.sha256


_PHOTO = ", ".join(item.name for item in fields(Photo))


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue remembers of a file: enough to tell whether it changed, and which reader read it last.

    Attributes:
        pictured: the sha256 of a file that was decoded, so that it has a preview.
    """

    id: int
    size: int | None
    mtime_ns: int | None
    status: Status
    reader: int
    pictured: str | None

    def changed(self, size: int, mtime_ns: int) -> bool:
        """Whether a file of that size and time is another one."""
        return self.size != size or self.mtime_ns != mtime_ns


def known_files(catalog: Catalog, paths: Sequence[bytes]) -> dict[bytes, Known]:
    """Return what is remembered of these files; unknown ones are absent."""
    found: dict[bytes, Known] = {}
    for start in range(0, len(paths), 500):
        part = paths[start : start + 500]
        marks = ",".join("?" * len(part))
        for row in catalog.connection.execute(
            "SELECT id, path_bytes, size, mtime_ns, status, reader, iif(phash IS NULL, NULL, sha256) AS pictured "
            f"FROM photo WHERE path_bytes IN ({marks})",
            part,
        ):
            found[row["path_bytes"]] = Known(
                row["id"], row["size"], row["mtime_ns"], Status(row["status"]), row["reader"], row["pictured"]
            )
    return found


def put_photo(
    catalog: Catalog,
    path: bytes,
    facts: PhotoFacts,
    mtime_ns: int | None,
    size: int | None = None,
    source: str = "local",
) -> int:
    """Add a photo or replace what is known of it; what somebody said of it stays. Returns its row ID.

    `size` and `mtime_ns` are the folder's, by which a change is noticed; the size is the facts' where left out.
    """
    before = catalog.connection.execute("SELECT id, sha256 FROM photo WHERE path_bytes = ?", (path,)).fetchone()
    if before and before["sha256"] != facts.sha256:  # what was compared is another picture now
        catalog.connection.execute("DELETE FROM candidate WHERE phone = ?1 OR other = ?1", (before["id"],))
        catalog.candidates_changed()
    row = catalog.connection.execute(
        f"INSERT INTO photo (id, path_bytes, path, source, status, mtime_ns, reader) VALUES (({_NEW_ID}), ?, ?, ?, ?, ?, ?) "
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
    """Say that a file is no longer as it was (missing, denied); its labels are kept."""
    catalog.connection.execute("UPDATE photo SET status = ?, error = ? WHERE id = ?", (status.value, error, photo))


def say(catalog: Catalog, photo: int, origin: Origin, values: Mapping[str, str | None]) -> bool:
    """Keep what somebody says of a photo; returns whether that is news. Call `relabel` afterwards."""
    before = {
        row["key"]: row["value"]
        for row in catalog.connection.execute(
            "SELECT key, value FROM assertion WHERE photo = ? AND origin = ?", (photo, origin)
        )
    }
    news = {key: value for key, value in values.items() if key not in before or before[key] != value}
    catalog.connection.executemany(
        "INSERT OR REPLACE INTO assertion (photo, key, origin, value) VALUES (?, ?, ?, ?)",
        [(photo, key, origin, value) for key, value in news.items()],
    )
    return bool(news)


def unsay(catalog: Catalog, photo: int, origin: Origin, key: str) -> bool:
    """Take back what somebody said; returns whether that is news. Call `relabel` afterwards."""
    cursor = catalog.connection.execute(
        "DELETE FROM assertion WHERE photo = ? AND key = ? AND origin = ?", (photo, key, origin)
    )
    return cursor.rowcount > 0


def said(catalog: Catalog, photo: int) -> dict[str, str | None]:
    """Return what is said of a photo, the strongest voice only."""
    rows = catalog.connection.execute("SELECT key, origin, value FROM assertion WHERE photo = ?", (photo,)).fetchall()
    return {row["key"]: row["value"] for row in sorted(rows, key=lambda row: _STRENGTH[row["origin"]])}


def relabel(catalog: Catalog, photo: int, facts: PhotoFacts | None = None) -> None:
    """Make a photo's labels again, from its facts and what is said of it.

    Without new facts the file is as it was last found: a missing one stays missing.
    """
    labels = label_photo(facts or facts_of(catalog, photo), said(catalog, photo))
    columns = dict(labels.columns, camera=catalog.cameras.row_id(labels.make, labels.model, labels.file_source))
    if facts is None:
        for name in ("status", "error", "size"):
            del columns[name]
    assignments = ", ".join(f"{name} = ?" for name in columns)
    catalog.connection.execute(f"UPDATE photo SET {assignments} WHERE id = ?", (*columns.values(), photo))


def facts_of(catalog: Catalog, photo: int) -> PhotoFacts:
    """Return what reading the file told when it was last read."""
    row = catalog.connection.execute("SELECT facts FROM reading WHERE photo = ?", (photo,)).fetchone()
    return facts_from_json(row[0])


def photo_at(catalog: Catalog, path: str | os.PathLike[str]) -> Photo | None:
    """Return the photo at a path (absolute, or relative to the current folder)."""
    return next(photos_where(catalog, "path_bytes = ?", os.fsencode(os.path.abspath(path))), None)


def photos_where(catalog: Catalog, condition: str, *values: str | bytes) -> Iterator[Photo]:
    """Yield the photos that meet a condition, which is SQL of this package and never a user's."""
    for row in catalog.connection.execute(f"SELECT {_PHOTO} FROM photo WHERE {condition}", values):
        yield Photo(**{**dict(row), "status": Status(row["status"])})


def path_of(catalog: Catalog, sha256: str) -> str | None:
    """Return the shown path of a photo with that content; None where the catalogue has none."""
    row = catalog.connection.execute("SELECT path FROM photo WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None else str(row["path"])


def paths_of(catalog: Catalog) -> dict[int, str]:
    """Return the shown path of every photo, by row ID."""
    return {row["id"]: row["path"] for row in catalog.connection.execute("SELECT id, path FROM photo")}


def labels_of(catalog: Catalog, photo: int) -> dict[str, Any]:
    """Return all columns of a photo's labels, as `--where` knows them; `path` alone, None, where the photo is gone."""
    row = catalog.connection.execute("SELECT * FROM label WHERE id = ?", (photo,)).fetchone()
    return dict(row) if row else {"path": None}


def facts_from_json(text: str) -> PhotoFacts:
    """Return the facts that `put_photo` wrote."""
    known: dict[str, Any] = json.loads(text)
    exif = known.pop("exif")
    exif["taken_precision"] = TakenPrecision(exif["taken_precision"])
    for name in ("readers", "disagreements"):
        exif[name] = tuple(exif[name])
    return PhotoFacts(**{**known, "status": Status(known["status"]), "exif": Exif(**exif)})
