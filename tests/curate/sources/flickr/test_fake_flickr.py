"""The fake Flickr answers as Flickr does: lists, photos, and errors by method."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import piexif
import pytest
from PIL import Image

from tests.helpers.fake_flickr import (
    FakeFlickr,
    Lies,
    Rates,
    Universe,
    complaints,
)
from tests.helpers.fake_flickr.asking import Ask, asking
from tests.helpers.fake_flickr.people import album_id, group_id, group_url, member

EXTRAS = "license,date_upload,date_taken,owner_name,tags,media,geo,original_format,url_o,description"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Connections that are closed before the server is."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


def walk(ask: Ask, **arguments: object) -> tuple[list[str], list[int]]:
    """The ids of a search, page by page until an empty one, and the pages' lengths."""
    ids, lengths, page = [], [], 1
    while True:
        photos = ask("photos.search", page=page, **arguments).json()["photos"]["photo"]
        if not photos:
            return ids, lengths
        ids += [photo["id"] for photo in photos]
        lengths.append(len(photos))
        page += 1


def first_where(column: np.ndarray[Any, Any]) -> int:
    """The number of the first photo of which something holds."""
    return int(np.flatnonzero(column)[0])


# --- searches ---


def test_a_search_ends_with_an_empty_page_and_has_short_ones_before(http: httpx.Client) -> None:
    universe = Universe(1500, rates=Rates.none(unshown=0.05))
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        ids, lengths = walk(ask, min_taken_date="2000-01-01", per_page=100)
        total = int(ask("photos.search", min_taken_date="2000-01-01").json()["photos"]["total"])
    shown = {str(universe.id_of(number)) for number in np.flatnonzero(~universe.unshown)}
    assert set(ids) == shown and len(ids) == len(shown)
    assert len(shown) < 1500 < total
    assert min(lengths[:-1]) < 100


def test_only_4000_results_can_be_reached_and_later_pages_repeat(http: httpx.Client) -> None:
    with FakeFlickr(Universe(4300, rates=Rates.none()), lies=Lies.none()) as flickr:
        pages = [
            asking(http, flickr)("photos.search", min_upload_date="0", per_page=500, page=page).json()["photos"]
            for page in range(1, 11)
        ]
    ids = [[photo["id"] for photo in page["photo"]] for page in pages]
    assert [page["total"] for page in pages] == [4300] * 10
    assert len({photo for page in ids for photo in page}) == 4000
    assert ids[8:] == ids[:2]


def test_a_second_can_hold_more_than_a_search_reaches_and_uploads_split_it(http: httpx.Client) -> None:
    universe = Universe(6000, dense_second=4500, rates=Rates.none())
    second = "2013-05-04 12:30:00"
    with FakeFlickr(universe, lies=Lies.none()) as flickr:
        ask = asking(http, flickr)
        totals = [
            ask("photos.search", min_taken_date=second, max_taken_date=second, **more).json()["photos"]["total"]
            for more in ({}, {"max_upload_date": "2016-01-01"}, {"min_upload_date": "2016-01-01 00:00:01"})
        ]
    assert totals[0] >= 4500 and sum(totals[1:]) == totals[0] and max(totals[1:]) < 4000


def test_a_page_holds_500_photos_and_250_of_a_place(http: httpx.Client) -> None:
    with FakeFlickr(Universe(1500, rates=Rates.none(located=1.0))) as flickr:
        ask = asking(http, flickr)
        plain = ask("photos.search", min_taken_date="2000-01-01", per_page=600).json()["photos"]
        place = {"bbox": "-180,-90,180,90", "per_page": 500}
        limited = ask("photos.search", min_taken_date="2000-01-01", **place).json()["photos"]
        recent = ask("photos.search", **place).json()["photos"]
        told = complaints(flickr.log)
    assert len(plain["photo"]) == 500 and len(limited["photo"]) == 250
    assert int(recent["total"]) < 20  # without another limiting argument: the last twelve hours
    assert "per_page=600 is above 500" in told[0] and "per_page=500 is above 250" in told[1]


def test_filters_find_what_they_name(http: httpx.Client) -> None:
    universe = Universe(3000, rates=Rates.none(video=0.1, unknown_date=0.05))
    with FakeFlickr(universe, lies=Lies.none()) as flickr:
        ask = asking(http, flickr)

        def found(**arguments: object) -> list[dict[str, Any]]:
            photos: list[dict[str, Any]] = ask("photos.search", per_page=500, extras=EXTRAS, **arguments).json()[
                "photos"
            ]["photo"]
            assert photos
            return photos

        assert {photo["license"] for photo in found(license="9,10")} == {9, 10}
        assert {photo["owner"] for photo in found(user_id=member(3).nsid)} == {member(3).nsid}
        assert all("beach" in photo["tags"].split() for photo in found(tags="beach"))
        assert all({"beach", "dog"} <= {*photo["tags"].split()} for photo in found(tags="beach,dog", tag_mode="all"))
        assert all("beach" in photo["description"]["_content"] + photo["tags"] for photo in found(text="beach"))
        assert {photo["media"] for photo in found(media="videos", text="beach")} == {"video"}
        month = [
            photo["datetaken"][:7] for photo in found(min_taken_date="2010-03-01", max_taken_date="2010-03-31 23:59:59")
        ]
        assert set(month) == {"2010-03"}
        camera = found(camera="apple/iphone_6")
        assert {universe.raw_labels(photo["id"])["Model"] for photo in camera if photo["media"] == "photo"} == {
            "iPhone 6"
        }
        taken = [photo["datetaken"] for photo in found(sort="date-taken-asc", text="dog")]
        assert taken == sorted(taken)
        assert ask("photos.search", text="xyzzy").json()["photos"]["photo"] == []
        # a date alone is its midnight: the day itself is not included
        assert all(
            photo["datetaken"][:10] < "2010-03-31"
            for photo in found(min_taken_date="2010-03-01", max_taken_date="2010-03-31")
        )


def test_dates_are_as_uncertain_as_flickrs(http: httpx.Client) -> None:
    rates = Rates.none(zero_date=0.1, unknown_date=0.1, coarse_date=0.2)
    with FakeFlickr(Universe(400, rates=rates), lies=Lies.none()) as flickr:
        photos = asking(http, flickr)("photos.search", min_upload_date=1, per_page=500, extras=EXTRAS).json()["photos"][
            "photo"
        ]
    granularities = {photo["datetakengranularity"] for photo in photos}
    zeros = {photo["datetaken"] for photo in photos if photo["datetaken"].startswith("0000")}
    assert granularities == {0, 4, 6, 8}
    assert zeros == {"0000-00-00 00:00:00", "0000-01-01 00:00:00"}
    for photo in photos:
        if photo["datetakenunknown"]:
            uploaded = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(photo["dateupload"])))
            assert photo["datetaken"] == uploaded and photo["datetakengranularity"] == 0
        if photo["datetakengranularity"] in (6, 8):
            assert photo["datetaken"].endswith("-01-01 00:00:00")


def test_narrow_upload_windows_return_photos_twice(http: httpx.Client) -> None:
    universe = Universe(500, rates=Rates.none())
    start = int(universe.upload[5])  # every fifth photo comes twice
    with FakeFlickr(universe) as flickr:
        ids, _ = walk(asking(http, flickr), min_upload_date=start, max_upload_date=start + 60)
    assert ids.count(str(universe.id_of(5))) == 2


def test_types_of_numbers_change_from_answer_to_answer(http: httpx.Client) -> None:
    with FakeFlickr(Universe(300)) as flickr:
        ask = asking(http, flickr)
        answers = [ask("photos.search", text="beach", extras=EXTRAS).json()["photos"] for _ in range(16)]
        lists = [ask("photos.licenses.getInfo").json()["licenses"]["license"] for _ in range(16)]
    firsts = [answer["photo"][0] for answer in answers]
    assert {type(answer["total"]) for answer in answers} == {int, str}
    for name in ("license", "datetakengranularity", "datetakenunknown"):
        assert {type(photo[name]) for photo in firsts} == {int, str}
        assert len({int(photo[name]) for photo in firsts}) == 1
    assert [[int(row["id"]) for row in rows] for rows in lists] == [list(range(17))] * 16
    assert {type(rows[0]["id"]) for rows in lists} == {int, str}


def test_titles_can_be_hostile() -> None:
    universe = Universe(2000)
    titles = [universe.title(number) for number in range(2000)]
    text = "".join(titles)
    assert all(sign in text for sign in ("[/foo]", "\x1b", "\u202e", "<script>", "\0"))
    assert max(map(len, titles)) > 5000 and "" in titles


# --- errors ---


def test_errors_are_per_method(http: httpx.Client) -> None:
    universe = Universe(3000, rates=Rates.none(deleted_owners=0.1, exif_hidden=0.1, sizes_denied=0.1, gone=0.1))
    deleted = next(number for number in range(200) if universe.owner_deleted(number))
    alive = next(number for number in range(200) if not universe.owner_deleted(number))
    gone = universe.id_of(first_where(universe.gone & universe.found))
    hidden = universe.id_of(first_where(universe.exif_hidden & ~universe.gone))
    denied = universe.id_of(first_where(universe.sizes_denied & ~universe.gone))
    with FakeFlickr(universe, lies=Lies(beyond="error")) as flickr:
        ask = asking(http, flickr)

        def code(method: str, **arguments: object) -> int:
            answer = ask(method, **arguments)
            assert answer.status_code == 200
            body = answer.json()
            assert body["stat"] == "fail" and body["message"]
            return int(body["code"])

        assert code("photos.search", user_id="1@N00") == 2
        assert code("photos.search", user_id=member(deleted).nsid) == 5
        assert code("photos.search") == code("photos.search", media="photos", sort="date-taken-asc") == 3
        assert code("photos.search", min_taken_date="2020-01-01", max_taken_date="2010-01-01") == 18
        for method in ("photos.getExif", "photos.getInfo", "photos.getSizes"):
            assert code(method, photo_id=gone) == code(method, photo_id=1) == code(method) == 1
        assert code("photos.getExif", photo_id=hidden) == 2
        assert code("photos.getSizes", photo_id=denied) == 2
        assert code("people.findByUsername", username="nobody") == 1
        assert code("urls.lookupUser", url="https://www.flickr.com/photos/nobody/") == 1
        assert code("urls.lookupUser", url="https://example.org/photos/person-0/") == 1
        assert code("urls.lookupGroup", url="https://www.flickr.com/groups/none/") == 1
        assert code("groups.pools.getPhotos", group_id="1@N20") == 1
        assert code("photosets.getPhotos", photoset_id="72157", user_id=member(alive).nsid) == 1
        assert code("photosets.getPhotos", photoset_id=album_id(alive, 0)) == 2  # user_id is required
        assert code("photosets.getPhotos", photoset_id=album_id(alive, 0), user_id=member(alive + 1).nsid) == 1
        assert code("photos.getExifs") == 112
        assert code("photos.search", text="dog", api_key="wrong") == 100


def test_a_page_out_of_reach_can_be_refused(http: httpx.Client) -> None:
    with FakeFlickr(Universe(4100, rates=Rates.none()), lies=Lies(beyond="error")) as flickr:
        answer = asking(http, flickr)("photos.search", min_upload_date="0", per_page=500, page=9).json()
    assert (answer["stat"], int(answer["code"])) == ("fail", 20)


def test_what_flickr_ignores_is_complained_about(http: httpx.Client) -> None:
    with FakeFlickr() as flickr:
        ask = asking(http, flickr)
        ask(
            "photos.search",
            text="dog",
            min_taken="2010-01-01",
            max_taken_date="01/02/2010",
            extras="exif",
            license="cc0",
        )
        told = "; ".join(complaints(flickr.log))
    for part in ("unknown argument min_taken", "max_taken_date=01/02/2010", "unknown extra exif", "license=cc0"):
        assert part in told


def test_xml_is_what_comes_unless_json_is_asked(http: httpx.Client) -> None:
    universe = Universe(50, rates=Rates.none())
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        found = ElementTree.fromstring(ask("photos.search", min_upload_date=1, format="rest").content)
        exif = ElementTree.fromstring(ask("photos.getExif", photo_id=universe.id_of(1), format="").content)
        error = ElementTree.fromstring(ask("photos.getExif", photo_id=1, format="rest").content).find("err")
        strange = ask("photos.search", text="dog", format="yaml").content
        call = ask("photos.licenses.getInfo", nojsoncallback="0").text
    assert found.get("stat") == "ok" and len(found.findall("photos/photo")) == 50
    raw = [
        tag.findtext("raw")
        for tag in exif.findall("photo/exif")
        if (tag.get("tagspace"), tag.get("tag")) == ("IFD0", "Make")
    ]
    assert raw == [universe.raw_labels(universe.id_of(1))["Make"]]
    assert error is not None and error.get("code") == "1"
    assert b'code="111"' in strange
    assert call.startswith("jsonFlickrApi({") and call.endswith("})")


# --- one photo ---


def test_exif_is_told_as_exiftool_prints_it(http: httpx.Client) -> None:
    universe = Universe(200, rates=Rates.none())
    spaces, nokias, shifted = set(), set(), 0
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        for number in range(200):
            photo = ask("photos.getExif", photo_id=universe.id_of(number)).json()["photo"]
            told: dict[str, str] = {}
            for tag in photo["exif"]:
                spaces.add(tag["tagspace"])
                if tag["tagspace"] in ("IFD0", "ExifIFD"):
                    told[tag["tag"]] = str(tag["raw"]["_content"])
                if tag["tag"] == "Model" and tag["raw"]["_content"] in ("6230", 6230):
                    nokias.add(type(tag["raw"]["_content"]))
                if tag["tag"] == "DateTimeOriginal" and "clean" in tag:
                    shifted += tag["clean"]["_content"].replace("-", ":") != tag["raw"]["_content"]
            assert universe.raw_labels(universe.id_of(number)).items() <= told.items()
    assert {"IFD0", "ExifIFD", "IFD1", "XMP-tiff", "XMP-exif"} <= spaces
    assert nokias == {int, str}
    assert shifted > 100  # `clean` is in UTC


def test_an_original_holds_what_getexif_told(http: httpx.Client) -> None:
    universe = Universe(40, rates=Rates.none())
    files = set()
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        for number in range(0, 40, 8):
            photo_id = universe.id_of(number)
            info = ask("photos.getInfo", photo_id=photo_id).json()["photo"]
            size = ask("photos.getSizes", photo_id=photo_id).json()["sizes"]["size"][-1]
            assert (
                size["label"] == "Original"
                and info["originalsecret"] in size["source"]
                and info["secret"] not in size["source"]
            )
            data = http.get(size["source"]).content
            files.add(data)
            with Image.open(BytesIO(data)) as picture:
                assert picture.size == (int(size["width"]), int(size["height"]))
                picture.load()
            exif, shot = piexif.load(data), universe.shot(number)
            assert exif["0th"][piexif.ImageIFD.Model].decode() == shot.model == universe.raw_labels(photo_id)["Model"]
            assert exif["Exif"][piexif.ExifIFD.ExposureTime] == shot.exposure_value
            assert exif["Exif"][piexif.ExifIFD.DateTimeOriginal].decode() == shot.taken
    assert len(files) == 5


def test_originals_are_told_only_where_downloads_are_allowed(http: httpx.Client) -> None:
    universe = Universe(900, rates=Rates.none(no_downloads=0.3))
    photo_id = universe.id_of(first_where(~universe.downloadable))
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        photos = ask("photos.search", min_upload_date=1, per_page=500, extras=EXTRAS).json()["photos"]["photo"]
        sizes = ask("photos.getSizes", photo_id=photo_id).json()["sizes"]
        info = ask("photos.getInfo", photo_id=photo_id).json()["photo"]
    assert {"url_o" in photo for photo in photos} == {True, False}
    assert "Original" not in [size["label"] for size in sizes["size"]] and sizes["candownload"] == 0
    assert "originalsecret" not in info and "originalformat" not in info


def test_members_groups_and_albums_are_found(http: httpx.Client) -> None:
    universe = Universe(900, rates=Rates.none())
    who = member(3)
    with FakeFlickr(universe, lies=Lies.none()) as flickr:
        ask = asking(http, flickr)
        assert ask("people.findByUsername", username="person 3").json()["user"]["nsid"] == who.nsid
        for url in (f"https://www.flickr.com/photos/{who.path_alias}/", f"https://www.flickr.com/people/{who.nsid}"):
            assert ask("urls.lookupUser", url=url).json()["user"]["id"] == who.nsid
        assert ask("urls.lookupGroup", url=group_url(2)).json()["group"]["id"] == group_id(2)
        pool = ask("groups.pools.getPhotos", group_id=group_id(2), per_page=500).json()["photos"]["photo"]
        album = ask("photosets.getPhotos", photoset_id=album_id(0, 1), user_id=member(0).nsid).json()
    assert {photo["id"] for photo in pool} == {
        str(universe.id_of(number)) for number in np.flatnonzero(universe.group == 2)
    }
    assert album["photoset"]["owner"] == member(0).nsid and "photos" not in album
    assert album["photoset"]["photo"] and all("owner" not in photo for photo in album["photoset"]["photo"])


def test_the_universe_changes_while_it_runs(http: httpx.Client) -> None:
    universe = Universe(100, rates=Rates.none())
    relicensed, deleted, hidden = (universe.id_of(number) for number in (1, 2, 3))
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        original = ask("photos.getSizes", photo_id=deleted).json()["sizes"]["size"][-1]["source"]
        ids, _ = walk(ask, min_upload_date=1)
        assert str(deleted) in ids
        universe.relicense(relicensed, 16)
        universe.delete(deleted)
        universe.hide(hidden)
        assert int(ask("photos.getInfo", photo_id=relicensed).json()["photo"]["license"]) == 16
        assert int(ask("photos.getInfo", photo_id=deleted).json()["code"]) == 1
        assert int(ask("photos.getExif", photo_id=hidden).json()["code"]) == 2
        assert str(deleted) not in walk(ask, min_upload_date=1)[0]
        answer = http.get(original, follow_redirects=True)
        assert answer.status_code == 404 or "photo_unavailable" in answer.url.path
        universe.restore(deleted)
        assert http.get(original).status_code == 200


# --- size ---


def test_a_large_universe_answers_quickly(http: httpx.Client) -> None:
    with FakeFlickr(Universe(20_000, dense_second=4500)) as flickr:
        ask = asking(http, flickr)
        times = []
        for year in range(2001, 2011):
            start = time.perf_counter()
            ask(
                "photos.search",
                min_taken_date=f"{year}-01-01",
                max_taken_date=f"{year}-12-31",
                per_page=500,
                extras=EXTRAS,
            )
            times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.25  # a few hundredths on an idle machine
