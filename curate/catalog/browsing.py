"""The photos of a catalogue as a list to browse: their row IDs in an order, and the label rows of some of them."""

from __future__ import annotations

import contextlib
import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from curate.catalog import idlist
from curate.catalog.database import connect_read_only
from curate.catalog.expressions import label_reader
from curate.catalog.labels import LabelRow
from curate.catalog.store import Catalog
from curate.workspace import Workspace

_COLUMNS = (
    *("id", "path", "status", "error", "sha256", "make_normalized", "model_normalized", "Make", "Model", "camera_type"),
    *("camera_type_rule", "taken_at", "semantic_label", "subject_idx", "width", "height", "orientation", "scene"),
)
_SELECT = ", ".join([*(f'label."{name}"' for name in _COLUMNS), "iif(phash IS NULL, NULL, resolved(path_bytes))"])

PICTURED = "pictured"
"""Key of the path of a photo whose picture could be decoded, as the system opens it; None for other photos."""

_AT_ONCE = 500
"""Row IDs that are looked up by one statement."""


class SortKey(StrEnum):
    """What photos can be sorted by."""

    PATH = "path"
    CAMERA = "camera"
    TYPE = "type"
    TAKEN = "taken"
    PIXELS = "pixels"
    PAIR = "pair"
    SEMANTIC = "semantic label"


_BY = {
    SortKey.PATH: (),
    SortKey.CAMERA: ("make_normalized", "model_normalized"),
    SortKey.TYPE: ("nullif(camera_type, 'unknown')",),
    SortKey.TAKEN: ("taken_at",),
    SortKey.SEMANTIC: ("semantic_label",),
    SortKey.PIXELS: ("width * height",),
    SortKey.PAIR: ("subject_idx",),
}


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list of photos.

    Attributes:
        key: what the photos are sorted by.
        descending: whether the largest comes first.
    """

    key: SortKey = SortKey.PATH
    descending: bool = False

    def sql(self) -> str:
        """Return the terms after ORDER BY over the view `label`.

        Photos without a value come last in both directions; those with the same value keep the order of their paths.
        """
        way = " DESC" if self.descending else ""
        terms = [f"{term} IS NULL, {term}{way}" for term in _BY[self.key]]
        return ", ".join([*terms, f"stored_path{way}" if self.key is SortKey.PATH else "stored_path", "id"])


def photo_ids(
    workspace: Workspace,
    where: str | None,
    order: Order,
    begun: Callable[[Callable[[], None]], None] | None = None,
) -> array[int]:
    """Return the row IDs of the photos in an order. It opens the catalogue itself, so that it can run in a thread.

    Args:
        workspace: the workspace whose catalogue is read.
        where: SQL expression of a user over the label columns; None for all photos.
        order: the order.
        begun: called with a function that stops the search of an expression from another thread.

    Raises:
        UsageError: the expression cannot be used, takes too long, or was stopped.
    """
    if where is not None:
        with label_reader(workspace.catalog) as reader:
            if begun is not None:
                begun(reader.stop)
            return reader.ids(_filtered(where, order))
    with contextlib.closing(connect_read_only(workspace.catalog)) as connection:
        idlist.begin(connection)
        idlist.collect(connection, f"SELECT id FROM label ORDER BY {order.sql()}")
        return idlist.collected(connection)


def check_expression(workspace: Workspace, where: str) -> None:
    """Refuse an expression that cannot be used, before any photo is looked at.

    Raises:
        UsageError: the text is not an expression over the label columns, or it uses something that is not allowed.
    """
    with label_reader(workspace.catalog) as reader:
        list(reader.rows(f"{_filtered(where, Order())} LIMIT 0"))


def _filtered(where: str, order: Order) -> str:
    return f"SELECT id FROM label WHERE ({where}\n) ORDER BY {order.sql()}"


def first_ids(catalog: Catalog, most: int) -> array[int]:
    """Return the row IDs of the first photos in the order of their paths. It takes no longer in a large catalogue."""
    rows = catalog.connection.execute("SELECT id FROM photo ORDER BY path, id LIMIT ?", (most,))
    return array("q", (row[0] for row in rows))


def rows_of(catalog: Catalog, photos: Sequence[int]) -> dict[int, LabelRow]:
    """Return the labels that a list shows: row ID -> label row. A photo that is gone is absent."""
    found: dict[int, LabelRow] = {}
    for start in range(0, len(photos), _AT_ONCE):
        part = photos[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        rows = catalog.connection.execute(
            f"SELECT {_SELECT} FROM label JOIN photo ON photo.id = label.id WHERE photo.id IN ({marks})", list(part)
        )
        found |= {row[0]: dict(zip((*_COLUMNS, PICTURED), row, strict=True)) for row in rows}
    return found


def folder_of(catalog: Catalog, photo: int) -> str | None:
    """Return the folder of a photo as the system opens it; None where the photo is gone or has no file."""
    row = catalog.connection.execute("SELECT resolved(path_bytes) FROM photo WHERE id = ?", (photo,)).fetchone()
    folder = None if row is None else os.path.dirname(bytes(row[0]))
    return os.fsdecode(folder) if folder else None


def paths_of_photos(catalog: Catalog, photos: Iterable[int]) -> dict[int, bytes]:
    """Return row ID -> path as the system opens it; a photo that is gone is left out."""
    rows = {
        photo: catalog.connection.execute("SELECT resolved(path_bytes) FROM photo WHERE id = ?", (photo,)).fetchone()
        for photo in photos
    }
    return {photo: bytes(row[0]) for photo, row in rows.items() if row is not None}
