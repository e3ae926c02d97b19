"""The photos in an order, and why a label has its value."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from curate.catalog import decisions, idlist
from curate.catalog.assigning import assignment
from curate.catalog.browsing import PICTURED, Order, SortKey, first_ids, folder_of, photo_ids, rows_of
from curate.catalog.explaining import explained
from curate.catalog.forgetting import forget_these
from curate.catalog.photos import put_photo, relabel, say
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision
from curate.workspace import Workspace

TAKEN = ("2021-05-01T10:00:00", None, "2019-01-01T00:00:00", "2021-05-01T10:00:00")


@pytest.fixture
def library(tmp_path: Path) -> Workspace:
    """Four photos; two have the same time, one has none."""
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog, catalog.transaction():
        for number, taken in enumerate(TAKEN):
            exif = Exif(
                make="Canon" if number else None, model="EOS 40D" if number else None, taken_at=taken,
                taken_precision=TakenPrecision.SECOND, readers=("exifread",), focal_mm=50.0,
            )  # fmt: skip
            facts = PhotoFacts(
                Status.OK,
                sha256=f"{number:064x}",
                width=10 * number,
                height=9,
                exif=exif,
                phash="0" * 16 if number else None,
            )
            put_photo(catalog, f"/p{number % 2}/{9 - number}.jpg".encode(), facts, 1)
    return workspace


@pytest.mark.parametrize("key", SortKey)
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_stable(library: Workspace, key: SortKey, descending: bool) -> None:
    """All photos are there, with and without a filter; those without a value come last, equal ones by their paths."""
    with Catalog.open(library) as catalog:
        order = Order(key, descending)
        ids = list(photo_ids(library, None, order))
        assert sorted(ids) == [1, 2, 3, 4]
        assert list(photo_ids(library, "width >= 0 AND 1 = 1", order)) == ids
        rows = rows_of(catalog, ids)
        paths = [str(rows[photo]["path"]) for photo in ids]
        if key is SortKey.PATH:
            assert paths == sorted(paths, reverse=descending)
        if key is SortKey.TAKEN:
            assert (
                paths
                == [
                    ["/p0/7.jpg", "/p0/9.jpg", "/p1/6.jpg", "/p1/8.jpg"],
                    ["/p0/9.jpg", "/p1/6.jpg", "/p0/7.jpg", "/p1/8.jpg"],
                ][descending]
            )


def test_what_a_list_needs_of_a_photo(library: Workspace) -> None:
    """The first ones at once; their rows; the file that a lost preview is made from; the folder."""
    with Catalog.open(library) as catalog:
        assert list(first_ids(catalog, 2)) == list(photo_ids(library, None, Order()))[:2]
        rows = rows_of(catalog, [2, 99, 1])
        assert set(rows) == {1, 2} and rows[2][PICTURED] == b"/p1/8.jpg" and rows[1][PICTURED] is None
        assert folder_of(catalog, 1) == "/p0" and folder_of(catalog, 99) is None
        with pytest.raises(UsageError):
            photo_ids(library, "no_column = 1", Order())


def test_photos_are_forgotten_as_one_step(library: Workspace) -> None:
    """Also where one is gone already; an undo brings all back."""
    with Catalog.open(library) as catalog:
        assert forget_these(catalog, [1, 3, 99]) == 2 and catalog.count() == 2
        assert forget_these(catalog, [1]) == 0
        decisions.undo(catalog)
        assert catalog.count() == 4


def test_each_label_says_what_decided_it(library: Workspace) -> None:
    """A rule, a reader, the folder, a sidecar, and a person, who wins."""
    with Catalog.open(library) as catalog:
        with catalog.transaction():
            say(catalog, 2, "folder", {"semantic_label": "harbour"})
            say(catalog, 2, "sidecar", {"semantic_label": "ship", "owner": "ann"})
            relabel(catalog, 2)
        decisions.label(catalog, [2], "semantic_label", "boat")
        labels = {one.name: (one.value, one.why) for one in explained(catalog, 2)}
        assert labels["semantic_label"] == ("boat", "a person") and labels["owner"] == ("ann", "sidecar")
        assert labels["Make"] == ("Canon", "EXIF, exifread") and labels["Focal Length"] == ("50.0 mm", "EXIF, exifread")
        row = rows_of(catalog, [2])[2]
        assert labels["camera_type"] == (row["camera_type"], row["camera_type_rule"])
        assert labels["Is Smartphone"] == ("no", "by its type") and labels["width"] == ("10", "the file")
        assert "camera_type" not in {one.name for one in explained(catalog, 1)} and explained(catalog, 99) == []


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("semantic_label=cat", ("semantic_label", "cat")),
        (" owner = a=b ", ("owner", "a=b")),
        ("scene=", ("scene", None)),
        ("license=", ("license", None)),
        ("license=cc-by-sa-4.0", ("license", "cc-by-sa-4.0")),
        ("license=GFDL-1.3-or-later OR CC0-1.0", ("license", "GFDL-1.3-or-later OR CC0-1.0")),
        ("license=https://example.com/terms", ("license", "https://example.com/terms")),
        ("license=LicenseRef-our-own", ("license", "LicenseRef-our-own")),
    ],
)
def test_an_assignment(text: str, stated: tuple[str, str | None]) -> None:
    """A key, a value that may hold `=`, and an empty one."""
    assert assignment(text) == stated


@pytest.mark.parametrize(
    "text", ["", "cat", "keeper=yes", "label=cat", "taken_at=yesterday", "=x", "license=free", "license=CC BY"]
)
def test_a_wrong_assignment_is_refused(text: str) -> None:
    """With a way out."""
    with pytest.raises(UsageError) as refused:
        assignment(text)
    assert refused.value.way_out


def test_many_row_ids_keep_their_order() -> None:
    """IDs are handed over by the thousand; their order is that of the query, across all parts."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        idlist.begin(connection)
        count = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 12000) SELECT x FROM n"
        idlist.collect(connection, f"{count} ORDER BY x * 7919 % 12007")
        assert list(idlist.collected(connection)) == sorted(range(1, 12001), key=lambda x: x * 7919 % 12007)
        connection.execute("DELETE FROM found")
        assert list(idlist.collected(connection)) == []


def test_an_expression_cannot_put_photos_into_the_list(library: Workspace) -> None:
    """What a query collects cannot be read or written by the expression in it."""
    for expression in (
        "id IN (SELECT photo FROM found)",
        "1) RETURNING (photo",
        "1) ON CONFLICT DO UPDATE SET photo = (1",
    ):
        with pytest.raises(UsageError):
            photo_ids(library, expression, Order())
