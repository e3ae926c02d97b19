"""Where files are: a workspace's own files are stored relative to its folder, so that it can be moved, renamed or copied.

A stored path begins with `./` if the file lies in the workspace, and with `/` if it does not. `flickr:ID` stands for a photo
without a file. Every connection to the catalogue has an SQL function `resolved`, which returns the path as the system opens it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tracer.base.text import printable_path

AnyPath = TypeVar("AnyPath", str, bytes)


@dataclass
class Places:
    """Translates between paths and stored paths.

    Attributes:
        root: the folder of the workspace, absolute.
    """

    root: Path
    _spelled: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        bare = os.fsencode(self.root).rstrip(b"/")
        self._bytes, self._shown = bare, printable_path(bare)

    def resolved(self, stored: AnyPath) -> AnyPath:
        """Return a stored path as the system opens it, or a stored text as it is shown."""
        if isinstance(stored, bytes):
            return self._bytes + stored[1:] if stored.startswith(b"./") else stored
        return self._shown + stored[1:] if stored.startswith("./") else stored

    def stored(self, path: bytes) -> bytes:
        """Return what is stored for an absolute path. It may lead into the workspace by another name, such as a link."""
        own = self.spelled(path)
        return b"." + own[len(self._bytes) :] if own.startswith(self._bytes + b"/") else own

    def stored_text(self, shown: str) -> str:
        """Return what is stored for the text of a path that is shown."""
        return "." + shown[len(self._shown) :] if shown.startswith(self._shown + "/") else shown

    def spelled(self, path: bytes) -> bytes:
        """Return an absolute path; if it leads through the workspace's folder by another name, by the folder's own name."""
        if not path.startswith(b"/") or path.startswith(self._bytes + b"/"):
            return path
        folder, name = os.path.split(path)
        if folder not in self._spelled:
            self._spelled[folder] = self._through_the_workspace(folder)
        return os.path.join(self._spelled[folder], name)

    def _through_the_workspace(self, folder: bytes) -> bytes:
        above = folder
        while above != os.path.dirname(above):
            with contextlib.suppress(OSError):
                if os.path.samefile(above, self._bytes):
                    return self._bytes + folder[len(above) :]
            above = os.path.dirname(above)
        return folder


def as_text(stored: bytes) -> str:
    """Return a stored path as text: itself, or its bytes in hexadecimal where they are not UTF-8."""
    try:
        return stored.decode("utf-8")
    except UnicodeDecodeError:
        return stored.hex()


def as_bytes(text: str) -> bytes:
    """Return the stored path of which `as_text` made a text."""
    return text.encode() if text.startswith(("/", "./", "flickr:")) else bytes.fromhex(text)


def move(
    connection: sqlite3.Connection, moves: Iterable[tuple[bytes, bytes]], tables: Sequence[str] = ("photo",)
) -> None:
    """Give photos other stored paths. One may take the path of another that moves with it.

    Args:
        connection: open for writing.
        moves: (stored path before, stored path after).
        tables: the tables whose paths are meant.
    """
    pairs = list(moves)
    for table in tables:
        change = f"UPDATE OR IGNORE {table} SET path_bytes = ? WHERE path_bytes = ?"
        connection.executemany(change, ((b"\0" + before, before) for before, _ in pairs))
        connection.executemany(change, ((after, b"\0" + before) for before, after in pairs))
        if table != "forgotten_path":
            change = f"UPDATE {table} SET path = ? WHERE path_bytes = ?"
            connection.executemany(change, ((printable_path(after), after) for _, after in pairs))


def resolve_paths(connection: sqlite3.Connection, root: Path) -> None:
    """Give a connection the SQL function `resolved`, and a view `label` that shows paths as the system opens them.

    The column `stored_path` of the view is for sorting: the order by it has an index, and stays when the workspace is moved.
    """
    places = Places(root)
    connection.create_function("resolved", 1, lambda path: path and places.resolved(path), deterministic=True)
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(label)")]
    if columns:  # a new catalogue has no tables yet
        shown = ", ".join('resolved(path) AS "path"' if name == "path" else f'"{name}"' for name in columns)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"CREATE TEMP VIEW label AS SELECT {shown}, path AS stored_path FROM main.label")


def prepare_upgrade(connection: sqlite3.Connection, root: Path) -> None:
    """Give a connection what the migration to stored paths needs: `stored(path)` and `shown(path)`, of paths as bytes.

    The workspace may have been moved before. Its earlier folders are told by the originals of Flickr, which have a fixed place in
    it, and by the sets that it lists relative to its folder and also by their full paths.
    """
    known = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    places, earlier = Places(root), set[bytes]()
    for table, query in _EARLIER.items():
        if table in known:
            earlier |= {bytes(row[0]) for row in connection.execute(query) if row[0]}

    def stored(path: bytes) -> bytes:
        own = places.stored(path)
        before = next((folder for folder in earlier if own.startswith(folder + b"/")), None)
        return own if before is None else b"." + own[len(before) :]

    connection.create_function("stored", 1, stored)
    connection.create_function("shown", 1, lambda path: printable_path(bytes(path)))


_EARLIER = {
    "flickr_photo": "SELECT DISTINCT substr(path_bytes, 1, instr(path_bytes, CAST(printf('/originals/flickr/%02d/%d.', "
    "flickr_id % 100, flickr_id) AS BLOB)) - 1) FROM photo JOIN flickr_photo ON flickr_photo.photo = photo.id "
    "WHERE path_bytes >= x'2f' AND path_bytes < x'30' AND instr(path_bytes, CAST(printf('/originals/flickr/%02d/%d.', "
    "flickr_id % 100, flickr_id) AS BLOB)) > 1",
    "fact": "SELECT DISTINCT CAST(substr(place, 1, length(place) - length(own.key) - 1) AS BLOB) FROM "
    "(SELECT substr(key, 10) AS place FROM fact WHERE key LIKE 'left\\_out /%' ESCAPE '\\'), "
    "json_each((SELECT value FROM fact WHERE key = 'exports')) AS own "
    "WHERE substr(own.key, 1, 1) != '/' AND substr(place, -length(own.key) - 1) = '/' || own.key",
}
"""Table -> a query for folders that the workspace had."""
