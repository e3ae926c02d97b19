"""Searches: which photos a plan finds and takes, window by window, whatever Flickr lies about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from curate.catalog.flickr_photos import put_listings
from curate.catalog.forgetting import forget
from curate.catalog.harvests import plans, remarks
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.photos.facts import Exif
from curate.sources.flickr import methods
from curate.sources.flickr import search as search_module
from curate.sources.flickr.answers import Failure
from curate.sources.flickr.client import Flickr, NoCallsLeft
from curate.sources.flickr.counts import harvest_status
from curate.sources.flickr.methods import Page
from curate.sources.flickr.plan import Query, plan_from
from curate.sources.flickr.search import estimate, search
from curate.sources.flickr.windows import Window
from tests.helpers.fake_flickr import (
    FakeFlickr,
    Fault,
    Faults,
    Rates,
    Universe,
    album_id,
    asked_twice,
    by_method,
    complaints,
    group_id,
    group_url,
    member,
)
from tests.helpers.harvesting import ALL_YEARS, client, harvested, rows, searched
from tracer.base.progress import Work, finish

PLAIN = Universe(900, rates=Rates.none())


@pytest.fixture
def flickr() -> Iterator[FakeFlickr]:
    """The Flickr of the plain universe."""
    with FakeFlickr(PLAIN) as server:
        yield server


def ids(universe: Universe, which: Any) -> set[int]:
    """IDs of the photos of which something holds."""
    return {universe.id_of(number) for number in np.flatnonzero(which)}


def years(first: int, last: int) -> Any:
    """Which photos of the plain universe were taken in some years."""
    return (PLAIN.taken >= np.datetime64(f"{first}", "s").astype(int)) & (
        PLAIN.taken < np.datetime64(f"{last + 1}", "s").astype(int)
    )


def test_a_row_says_what_the_search_said(catalog: Catalog, flickr: FakeFlickr) -> None:
    """From the search on: ID, owner, page, licence, date, label; without a camera until the EXIF comes."""
    counts = searched(catalog, flickr, ALL_YEARS | {"label": "thing"})
    assert complaints(flickr.log) == []
    found = rows(catalog)
    assert found.keys() == ids(PLAIN, PLAIN.found) and counts.added == 900 and counts.calls_left == 900
    row = found[PLAIN.id_of(7)]
    owner = member(int(PLAIN.owner[7])).nsid
    assert row["owner"] == owner and row["url"] == f"https://www.flickr.com/photos/{owner}/{PLAIN.id_of(7)}/"
    assert row["status"] == "listed" and row["path"] == f"flickr:{PLAIN.id_of(7)}" and row["sha256"] is None
    assert row["source"] == "flickr" and row["semantic_label"] == "thing" and row["Make"] is None
    assert row["file_name"] == f"images/{PLAIN.id_of(7)}.jpg"
    assert row["taken_at"] and row["taken_precision"] == "second" and row["license"]


def test_more_results_than_can_be_reached(catalog: Catalog) -> None:
    """Windows are halved until they fit; a second that holds too many falls back to dates of upload, and is reported."""
    universe = Universe(9000, dense_second=4500, rates=Rates.none(unshown=0.01))
    with FakeFlickr(universe) as flickr:
        counts = searched(catalog, flickr)
        assert asked_twice(flickr.log) == [] and complaints(flickr.log) == []
    assert rows(catalog).keys() == ids(universe, ~universe.unshown)
    (told,) = counts.remarks
    assert "2013-05-04 12:30:00" in told and "upload" in told and not counts.incomplete
    assert len(remarks(catalog)) == 1 and harvest_status(catalog).windows == (told,)


def test_a_search_without_dates_is_halved_by_upload(catalog: Catalog) -> None:
    """And finds photos without a date too."""
    universe = Universe(5000, rates=Rates.none(zero_date=0.02))
    with FakeFlickr(universe) as flickr:
        searched(catalog, flickr, {"license": list(range(17))})
    assert rows(catalog).keys() == ids(universe, universe.found)
    dates = Counter(row["taken_precision"] for row in rows(catalog).values() if row["taken_at"] is None)
    assert dates.keys() == {"unknown"} and dates["unknown"] > 50


@pytest.mark.parametrize(("code", "passes"), [(201, True), (0, True), (3, False)])
def test_a_window_that_fails_with_an_unknown_code_is_tried_again(
    catalog: Catalog, flickr: FakeFlickr, monkeypatch: pytest.MonkeyPatch, code: int, passes: bool
) -> None:
    """A code that says that the search itself is refused ends a window; another one may pass, and the next run asks again."""
    ask = search_module.ask_page

    def fails(flickr: Flickr, query: Query, window: Window, page: int) -> Work[Page]:
        if window.taken is not None and window.taken[0] < "2012":
            raise Failure("flickr.photos.search", code, "odd")
        return (yield from ask(flickr, query, window, page))

    monkeypatch.setattr(search_module, "ask_page", fails)
    counts = searched(catalog, flickr, ALL_YEARS, window="year")
    assert counts.incomplete and any("odd" in remark for remark in counts.remarks)
    first = len(rows(catalog))
    monkeypatch.setattr(search_module, "ask_page", ask)
    counts = searched(catalog, flickr, ALL_YEARS, window="year")
    assert first < 900 and len(rows(catalog)) == (900 if passes else first)
    assert counts.incomplete is not passes


@pytest.mark.parametrize(("code", "page", "whole"), [(1, 3, True), (20, 3, True), (1, 2, False)])
def test_a_list_whose_later_page_is_an_error(
    catalog: Catalog, flickr: FakeFlickr, monkeypatch: pytest.MonkeyPatch, code: int, page: int, whole: bool
) -> None:
    """After the last page it is the list's end; before, what came is kept and the rest is told. The album is there."""
    ask, owner = search_module.ask_page, int(PLAIN.owner[0])

    def fails(flickr: Flickr, query: Query, window: Window, number: int) -> Work[Page]:
        if number >= page:
            raise Failure("flickr.photosets.getPhotos", code, "Photoset not found")
        found = yield from ask(flickr, query, window, 1)
        photos = tuple(replace(one, flickr_id=one.flickr_id + number) for one in found.photos)
        return replace(found, photos=photos, total=800)

    monkeypatch.setattr(search_module, "ask_page", fails)
    counts = searched(catalog, flickr, {"album": album_id(owner, 1), "user": member(owner).nsid})
    assert rows(catalog) and counts.incomplete is not whole
    assert bool(counts.remarks) is not whole


def test_a_place_is_searched_in_all_its_time(catalog: Catalog) -> None:
    """Flickr would answer for the last twelve hours, 250 a page."""
    universe = Universe(1500, rates=Rates.none(located=1.0))
    west = universe.longitude < 0
    with FakeFlickr(universe) as flickr:
        searched(catalog, flickr, {"bbox": [-180, -90, 0, 90]})
        assert complaints(flickr.log) == []
        with client(catalog, flickr) as asked:
            told = finish(estimate(asked, plan_from({"search": [{"bbox": [-180, -90, 0, 90]}]}, "")))
    assert rows(catalog).keys() == ids(universe, west)
    assert west.sum() <= told.photos < west.sum() * 1.1


def owner_with_photos() -> int:
    """A member who chose a name for addresses and has some photos."""
    counts = Counter(PLAIN.owner.tolist())
    return next(number for number, count in sorted(counts.items()) if member(number).path_alias and count > 3)


OWNER = owner_with_photos()
WHO, ALBUM = member(OWNER), album_id(OWNER, 1)
PAGE = f"https://www.flickr.com/photos/{WHO.path_alias}"


@pytest.mark.parametrize("named", [WHO.nsid, WHO.username, PAGE + "/"])
def test_a_user_by_any_name(catalog: Catalog, flickr: FakeFlickr, named: str) -> None:
    """NSID, name, address of the page; the plan keeps the NSID."""
    searched(catalog, flickr, {"user": named})
    ((_, plan),) = plans(catalog)
    assert rows(catalog).keys() == ids(PLAIN, PLAIN.owner == OWNER) and plan["search"][0]["user"] == WHO.nsid


@pytest.mark.parametrize("query", [{"album": f"{PAGE}/albums/{ALBUM}"}, {"album": ALBUM, "user": WHO.nsid}])
def test_an_album(catalog: Catalog, flickr: FakeFlickr, query: dict[str, Any]) -> None:
    """By its address, or by its ID with its owner: its photos have no owner of their own."""
    searched(catalog, flickr, query)
    assert complaints(flickr.log) == [] and {row["owner"] for row in rows(catalog).values()} == {WHO.nsid}
    assert rows(catalog).keys() == ids(PLAIN, (PLAIN.owner == OWNER) & (PLAIN.album == 1))


@pytest.mark.parametrize("named", [group_id(2), group_url(2)])
def test_a_group_by_id_or_address(catalog: Catalog, flickr: FakeFlickr, named: str) -> None:
    """Dates, licences and an owner select from its list on our side; a text searches in it."""
    mask = PLAIN.group == 2
    searched(catalog, flickr, {"group": named, "taken_from": "2010", "taken_to": "2015", "license": [0, 4]})
    assert rows(catalog).keys() == ids(PLAIN, mask & years(2010, 2015) & np.isin(PLAIN.license, [0, 4]))
    searched(catalog, flickr, {"group": named})
    assert rows(catalog).keys() == ids(PLAIN, mask)
    assert by_method(flickr.log)["flickr.photos.search"] == 0 and complaints(flickr.log) == []
    searched(catalog, flickr, {"group": named, "text": "sunset"})
    assert by_method(flickr.log)["flickr.photos.search"] > 0


def test_a_page_without_a_wanted_photo_is_not_the_end_of_a_list(
    catalog: Catalog, flickr: FakeFlickr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group's list in pages of four, without a count: later pages hold photos that the query wants."""
    mask = PLAIN.group == 2
    asked = search_module.ask_page

    def uncounted(*arguments: Any) -> Any:
        page = yield from asked(*arguments)
        return replace(page, total=None)

    monkeypatch.setattr(methods, "PER_PAGE", 4)
    monkeypatch.setattr(search_module, "ask_page", uncounted)
    for year in range(2005, 2024):
        searched(catalog, flickr, {"group": group_id(2), "taken_from": str(year), "taken_to": str(year)})
        found = {photo for photo, row in rows(catalog).items() if str(row["taken_at"]).startswith(str(year))}
        assert found == ids(PLAIN, mask & years(year, year)), year


@pytest.mark.parametrize(
    "query",
    [
        {"user": "nobody"},
        {"user": "https://www.flickr.com/photos/nobody-at-all/"},
        {"user": "99999999@N09"},
        {"user": member(1).nsid},
        {"group": "https://www.flickr.com/groups/none/"},
        {"group": "1@N20"},
        {"album": "holiday"},
        {"album": "72157600000000000"},
        {"album": "1", "user": member(0).nsid},
    ],
)
def test_who_is_not_there(catalog: Catalog, query: dict[str, Any]) -> None:
    """A usage error that names it: a user who never was, or whose account is deleted, a group, an album."""
    universe = Universe(90, rates=Rates.none())
    universe.deleted_owner[1] = True
    with FakeFlickr(universe) as flickr, pytest.raises(UsageError) as caught:
        searched(catalog, flickr, query)
    assert query.get("user", query.get("group", query.get("album"))) in caught.value.why


def test_one_of_several_searches_that_is_refused(catalog: Catalog, flickr: FakeFlickr) -> None:
    """The others are made; the run says what is missing."""
    counts = searched(catalog, flickr, {"user": "99999999@N09"}, {"taken_from": "2013", "taken_to": "2013"})
    assert rows(catalog).keys() == ids(PLAIN, years(2013, 2013)) and counts.incomplete
    assert any("Unknown user" in remark for remark in counts.remarks)


def test_no_more_than_were_asked_for(catalog: Catalog, flickr: FakeFlickr) -> None:
    """In all, of an owner, of a window before it was halved."""
    searched(catalog, flickr, limit=37)
    assert len(rows(catalog)) == 37
    searched(catalog, flickr, per_owner=2)
    owners = Counter(row["owner"] for row in rows(catalog).values())
    status = harvest_status(catalog)
    assert len(owners) == len(set(PLAIN.owner.tolist()))
    assert {reason for _, reason in status.left_out} == {"2 photos of its owner are taken already"}
    before = set(rows(catalog))
    searched(catalog, flickr, per_window=3, window="year")
    counts = Counter(row["taken_at"][:4] for number, row in rows(catalog).items() if number not in before)
    assert counts and max(counts.values()) <= 3


def test_videos_are_left_out(catalog: Catalog) -> None:
    """Flickr is asked for photos alone; of a group's list, which has both, videos are left out with the reason."""
    universe = Universe(600, rates=Rates.none(video=0.3))
    with FakeFlickr(universe) as flickr:
        searched(catalog, flickr, {"group": group_id(1)})
    assert rows(catalog).keys() == ids(universe, (universe.group == 1) & ~universe.video)
    left = harvest_status(catalog).left_out
    assert {number for number, _ in left} == ids(universe, (universe.group == 1) & universe.video)
    assert {reason for _, reason in left} == {"it is a video"}


def test_dates_as_coarse_as_they_are(catalog: Catalog) -> None:
    """A circa counts as a year; a date that Flickr does not know is none."""
    universe = Universe(1200, rates=Rates.none(coarse_date=0.3, unknown_date=0.1))
    with FakeFlickr(universe) as flickr:
        searched(catalog, flickr)
    wanted = {0: "second", 4: "month", 6: "year", 8: "year"}
    found = rows(catalog)
    for number in range(1200):
        row = found[universe.id_of(number)]
        if universe.unknown[number]:
            assert (row["taken_at"], row["taken_precision"], row["Year"]) == (None, "unknown", None)
        else:
            assert row["taken_precision"] == wanted[int(universe.granularity[number])]


def test_several_searches_share_a_plan(catalog: Catalog, flickr: FakeFlickr) -> None:
    """A photo that two find is one row, with the label of the first."""
    counts = searched(
        catalog, flickr, ALL_YEARS | {"tags": ["beach"], "label": "beach"}, ALL_YEARS | {"label": "other"}
    )
    labels = {number: row["semantic_label"] for number, row in rows(catalog).items()}
    assert len(labels) == 900 == counts.added and set(labels.values()) == {"beach", "other"}


def test_a_second_run_asks_nothing(catalog: Catalog, flickr: FakeFlickr) -> None:
    """Another plan updates the rows it finds; a forgotten photo stays out."""
    searched(catalog, flickr, ALL_YEARS | {"label": "first"})
    calls = len(flickr.log)
    assert searched(catalog, flickr, ALL_YEARS | {"label": "first"}).calls_made == 0 and len(flickr.log) == calls
    forget(catalog, [f"flickr:{PLAIN.id_of(0)}"])
    before = int(PLAIN.license[1])
    flickr.universe.relicense(PLAIN.id_of(1), 9 if before != 9 else 0)
    counts = searched(catalog, flickr, ALL_YEARS | {"label": "again"})
    flickr.universe.relicense(PLAIN.id_of(1), before)
    assert (counts.added, counts.updated, counts.unchanged, counts.skipped) == (0, 1, 898, 1)


def test_an_imported_photo_keeps_what_is_known(catalog: Catalog, flickr: FakeFlickr) -> None:
    """Its EXIF is not asked for."""
    first = PLAIN.id_of(int(PLAIN.by_taken[0]))
    put_listings(catalog, [(Listing(first, "flickrexif"), Exif(make="Canon"))])
    searched(catalog, flickr, ALL_YEARS, limit=5)
    harvested(catalog, flickr)
    assert str(first) not in {record.photo_id for record in flickr.log}
    assert rows(catalog)[first]["Make"] == "Canon" and rows(catalog)[first]["source"] == "flickrexif"
    assert len(rows(catalog)) == 5


def test_a_window_that_fails_stays_open(catalog: Catalog) -> None:
    """It is asked for again until it is answered, and nothing else is; where all fail, the run ends, and a later one makes it."""
    always = Faults(rate=1.0, kinds=(Fault.CODE_10,))
    with FakeFlickr(PLAIN, replace(always, only=range(20, 60))) as flickr:
        first = searched(catalog, flickr, window="year")
        assert not first.incomplete and len(rows(catalog)) == 900 and asked_twice(flickr.log) == []
        flickr.faults, calls = always, len(flickr.log)
        for query in ({"user": "somebody"}, ALL_YEARS | {"label": "x"}):
            with pytest.raises(SourceError, match="does not answer"):
                searched(catalog, flickr, query, window="year")
        flickr.faults = Faults(rate=0.3, kinds=(Fault.CODE_10, Fault.CODE_105, Fault.HTTP_503))
        assert searched(catalog, flickr, ALL_YEARS | {"label": "x"}, window="year").updated == 900
        assert asked_twice(flickr.log[calls:]) == []


def test_a_killed_run_asks_no_name_again(catalog: Catalog, flickr: FakeFlickr) -> None:
    """Each ID is stored as soon as it came, until the plan is."""
    names = [member(number).username for number in range(4)]
    plan = plan_from({"search": [{"user": name} for name in names]}, "")
    with client(catalog, flickr) as asked:
        asked.most_calls = 3
        with pytest.raises(NoCallsLeft):  # in the place of a kill
            finish(search(catalog, asked, plan))
    with client(catalog, flickr) as asked:
        finish(search(catalog, asked, plan))
    assert asked_twice(flickr.log) == [] and by_method(flickr.log)["flickr.people.findByUsername"] == 4


def test_an_estimate_takes_ten_calls_at_most(catalog: Catalog, flickr: FakeFlickr) -> None:
    """Tries and names included; it stores nothing, and says so where nothing came."""
    queries = [{"user": member(number).username, **ALL_YEARS} for number in range(20)]
    plan = plan_from({"search": queries}, "")
    tables = ("photo", "flickr_photo", "flickr_plan", "flickr_window", "flickr_found", "flickr_step")

    def stored() -> list[int]:
        return [catalog.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    with client(catalog, flickr) as asked:
        told = finish(estimate(asked, plan))
    assert told.calls_made == len(flickr.log) == 10
    flickr.faults = Faults(rate=1.0, kinds=(Fault.HTTP_500,))
    with client(catalog, flickr) as asked, pytest.raises(SourceError, match="does not answer"):
        finish(estimate(asked, plan))
    assert len(flickr.log) <= 20
    assert stored() == [0] * 6 and catalog.revision() == 0
