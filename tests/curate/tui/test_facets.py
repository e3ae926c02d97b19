"""Facets: their numbers are those of their filters, and choosing one changes the filter as a person would write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.tui.facets import Facet, Value, active, clauses, facets, toggled
from curate.tui.filtering import complete_column, where_of
from curate.workspace import Workspace

MAKERS = ("Canon", "Apple", "O'Neill & AND Sons", "Zzz' OR 1=1 --", None)


@pytest.fixture
def library(tmp_path: Path) -> Workspace:
    """Photos of several makers, of no camera and of no file."""
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog, catalog.transaction():
        for number in range(20):
            maker = MAKERS[number % len(MAKERS)]
            exif = Exif(make=maker, model=maker and f"model {number % 3}")
            status = Status.TRUNCATED if number == 7 else Status.OK
            facts = PhotoFacts(status, sha256=f"{number:064x}", format="PNG" if number == 9 else "JPEG", exif=exif)
            put_photo(catalog, f"/p/{number}.jpg".encode(), facts, 1)
    return workspace


def test_each_number_is_that_of_its_filter(library: Workspace) -> None:
    """Also of names with quotes, brackets and words of SQL in them, and of what has no value."""
    with Catalog.open(library) as catalog:
        found = facets(catalog)
        assert [facet.title for facet in found] == ["Type", "Make", "File", "Format"]
        for facet in found:
            assert sum(value.photos for value in facet.values) == 20
            for value in facet.values:
                assert catalog.count(value.clause) == value.photos, value


def test_values_of_two_facets_are_joined(library: Workspace) -> None:
    """Both hold; each can be taken out again, in any order; another value of a facet replaces the first."""
    with Catalog.open(library) as catalog:
        types, makes, *_ = facets(catalog)
        for kind in types.values:
            for make in makes.values:
                text = toggled(toggled("", types, kind), makes, make)
                assert active(text, types) is kind and active(text, makes) is make
                assert catalog.count(text) <= min(kind.photos, make.photos)
                assert toggled(toggled(text, types, kind), makes, make) == ""
                other = toggled(text, makes, makes.values[0])
                assert active(other, makes) is (None if make is makes.values[0] else makes.values[0])


@pytest.mark.parametrize("typed", ["canon", "width > 3 OR width IS NULL", "Year BETWEEN '2000' AND '2020'", "it's"])
def test_a_facet_narrows_what_was_typed(library: Workspace, typed: str) -> None:
    """Words that are searched for, an OR and a BETWEEN keep their meaning beside it."""
    with Catalog.open(library) as catalog:
        types = facets(catalog)[0]
        for value in types.values:
            text = toggled(typed, types, value)
            where = where_of(typed)
            assert where is not None
            expected = set(catalog.photo_ids_where(where)) & set(catalog.photo_ids_where(value.clause))
            assert set(catalog.photo_ids_where(text)) == expected


@given(st.text(alphabet="ab'\"() =1ANDORCASEBETWEENnd-/*", max_size=60))
def test_any_text_is_split_without_loss(text: str) -> None:
    """Every character that is not blank or a joining AND is kept, in its order, whatever was typed."""
    facet = Facet("T", (Value("v", 1, "camera_type = 'v'"),))
    toggled(text, facet, facet.values[0])
    joined = "".join(" AND ".join(clauses(text)).split())
    plain = "".join(text.split())
    assert joined.replace("(", "").replace(")", "").lower() == plain.replace("(", "").replace(")", "").lower()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("camera_t", "camera_type"),
        ("width > 3 AND semantic", "width > 3 AND semantic_label"),
        ("Foc", '"Focal Length"'),
        ('"ISO', '"ISO Speed"'),
        ("camera_type = 'sem", "camera_type = 'sem"),
        ("", ""),
    ],
)
def test_columns_are_completed(typed: str, completed: str) -> None:
    """At the end of an expression; not inside a string; with the quotes that SQL asks for."""
    assert complete_column(typed).text == completed
