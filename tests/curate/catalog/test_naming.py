"""Which photo a path names: whatever is printed does, as long as it names one."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog.folders import remember_device
from curate.catalog.naming import photo_named
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.photos.facts import PhotoFacts, Status
from tracer.base.text import shortened_path


def put(catalog: Catalog, *paths: str) -> None:
    """Photos at these paths; `/pictures` and `/more` were taken in."""
    with catalog.transaction():
        for number, path in enumerate(paths):
            put_photo(catalog, path.encode(), PhotoFacts(Status.OK, sha256=f"{number:064x}", format="JPEG"), 1)
        for root in (b"/pictures", b"/more"):
            remember_device(catalog, root, 1)


@pytest.mark.parametrize(
    "name",
    [
        "/pictures/a/b/1.jpg",  # absolute
        "b/1.jpg",  # as a table shortens it
        "1.jpg",  # its file name alone
        "a/b/1.jpg",  # relative to the source folder
        "/pictures/a/../a/b/1.jpg",
        "./b/1.jpg",
    ],
)
def test_spellings_of_one_photo(catalog: Catalog, name: str) -> None:
    """Each of them names it."""
    put(catalog, "/pictures/a/b/1.jpg", "/pictures/a/b/11.jpg", "/more/2.jpg")
    assert photo_named(catalog, name).path == "/pictures/a/b/1.jpg"


def test_every_path_that_a_table_shows_is_taken_or_told_apart(catalog: Catalog) -> None:
    """The shortened path names its photo; where two photos share it, the message names both in full."""
    paths = ["/pictures/a/b/1.jpg", "/pictures/c/b/1.jpg", "/pictures/c/2.jpg", "/more/3.jpg", "/4.jpg"]
    put(catalog, *paths)
    for path in paths[2:]:
        assert photo_named(catalog, shortened_path(path)).path == path
    with pytest.raises(UsageError, match="names 2 photos") as caught:
        photo_named(catalog, shortened_path(paths[0]))
    assert paths[0] in str(caught.value) and paths[1] in str(caught.value)
    assert photo_named(catalog, "a/b/1.jpg").path == paths[0]


def test_a_shortened_path_that_a_source_folder_holds_too_is_not_guessed(catalog: Catalog) -> None:
    """Of /pictures/b/1.jpg and /pictures/a/b/1.jpg a table shows the same: neither is taken silently."""
    put(catalog, "/pictures/b/1.jpg", "/pictures/a/b/1.jpg")
    with pytest.raises(UsageError, match="names 2 photos"):
        photo_named(catalog, "b/1.jpg")


def test_the_current_folder_and_a_base_come_first(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that leads there from here is that photo, also where others end like it."""
    put(catalog, f"{tmp_path}/1.jpg", "/pictures/1.jpg", "/more/1.jpg")
    monkeypatch.chdir(tmp_path)
    assert photo_named(catalog, "1.jpg").path == f"{tmp_path}/1.jpg"
    assert photo_named(catalog, "1.jpg", "/more").path == "/more/1.jpg"


def test_a_name_that_a_narrow_table_cut_off(catalog: Catalog) -> None:
    """What stands before the ellipsis is enough where one photo's shortened path begins with it."""
    put(catalog, "/pictures/holiday/IMG_2019_0001.jpg", "/pictures/holiday/IMG_2020_0001.jpg")
    assert photo_named(catalog, "holiday/IMG_20…".replace("20…", "2019…")).path.endswith("2019_0001.jpg")
    with pytest.raises(UsageError, match="names 2 photos"):
        photo_named(catalog, "holiday/IMG…")


def test_an_unknown_path_is_told_with_photos_of_its_file_name(catalog: Catalog) -> None:
    """And with the command that prints all paths; percent signs and underscores are letters."""
    put(catalog, "/pictures/a/1_.jpg", "/pictures/a/1x.jpg")
    with pytest.raises(UsageError, match=r"/pictures/a/1_\.jpg") as caught:
        photo_named(catalog, "/elsewhere/1_.jpg")
    assert "1x.jpg" not in str(caught.value)
    assert "curate photos -w" in caught.value.way_out
    for nothing in ("%.jpg", "", ".", "..", "../1_.jpg"):
        with pytest.raises(UsageError, match="not a photo"):
            photo_named(catalog, nothing)
