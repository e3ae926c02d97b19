"""What is typed into the library's filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog.browsing import Order, photo_ids
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.tui.facets import facets
from curate.tui.filtering import where_of
from curate.workspace import Workspace


@pytest.mark.parametrize(
    "text",
    [
        "camera_type = 'dslr'",
        "width>3000",
        "edited IS NULL",
        "edited is not true",
        "path like '%a%'",
        "camera_type in ('dslr')",
        "width between 1 and 2",
    ],
)
def test_a_comparison_is_an_expression(text: str) -> None:
    """It is used as it is."""
    assert where_of(text) == text


@pytest.mark.parametrize("text", ["nothing like this", "what is this", "a walk in May", "between the trees"])
def test_everything_else_is_words(text: str) -> None:
    """They are looked for in names and cameras; words of SQL among them mean nothing."""
    assert f"path LIKE '%{text}%'" in str(where_of(text))


def test_nothing_typed_is_all_photos() -> None:
    """There is no expression."""
    assert where_of("") is None


@pytest.mark.parametrize("words", ["100%", "a_b", "c\\d", "%_\\'", "_", "%"])
def test_words_mean_themselves(tmp_path: Path, words: str) -> None:
    """No sign in them stands for other letters."""
    names = ["100%.jpg", "1000.jpg", "a_b.jpg", "axb.jpg", "c\\d.jpg", "cd.jpg", "%_\\'.jpg", "plain.jpg"]
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog, catalog.transaction():
        ids = {put_photo(catalog, f"/p/{n}".encode(), PhotoFacts(Status.OK), 1): n for n in names}
    found = {ids[photo] for photo in photo_ids(workspace, where_of(words), Order())}
    assert found == {name for name in names if words in name}


@pytest.mark.parametrize("words", ["unreadable", "No  camera", "unknown type", "no maker", "dslr", "jpeg"])
def test_words_that_the_screen_counts_find_these_photos(tmp_path: Path, words: str) -> None:
    """The header's unreadable photos and the values of the facets, as many as they say, and what has the word in its name."""
    workspace = Workspace.create(tmp_path / "w")
    nikon, odd = Exif(make="NIKON CORPORATION", model="NIKON D5500"), Exif(make="Nobody", model="N1")
    with Catalog.open(workspace) as catalog, catalog.transaction():
        for at, facts in enumerate(
            (
                PhotoFacts(Status.OK, exif=nikon, format="JPEG"),
                PhotoFacts(Status.OK, exif=odd, format="JPEG"),
                PhotoFacts(Status.OK, format="PNG"),
                PhotoFacts(Status.TRUNCATED),
                PhotoFacts(Status.INVALID),
            )
        ):
            put_photo(catalog, f"/p/{at}".encode(), facts, 1)
        put_photo(catalog, f"/p/{words}.png".encode(), PhotoFacts(Status.OK, exif=nikon, format="PNG"), 1)
        counted = {value.name: value.photos for facet in facets(catalog) for value in facet.values}
        counted |= {"unreadable": 2, "jpeg": counted["JPEG"]}
        expected = counted[" ".join(words.casefold().split())]
    found = len(photo_ids(workspace, where_of(words), Order()))
    assert found == (expected if words == "dslr" else expected + 1)
