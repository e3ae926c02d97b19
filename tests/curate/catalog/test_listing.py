"""What a source says of a photo, together with its EXIF and its file."""

from __future__ import annotations

import dataclasses

import pytest

from curate.catalog.listing import (
    Listing,
    facts_of_listing,
    is_listed_path,
    listed_path,
    listing_from_json,
    stated,
)
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision

SECOND, DAY, MONTH, YEAR = (TakenPrecision[name] for name in ("SECOND", "DAY", "MONTH", "YEAR"))
LISTING = Listing(
    5,
    "flickr",
    owner="1@N01",
    url="https://www.flickr.com/photos/1@N01/5/",
    license="CC-BY-2.0",
    license_seen="2026-01-01",
    taken_at="2013-05-04T12:30:00",
    taken_precision=SECOND,
    semantic_label="dog",
    original="https://live.staticflickr.com/1/5_a_o.jpg",
)
CAMERA = Exif(
    make="Canon", model="EOS 40D", exposure_s=0.01, iso=100, taken_at="2013-05-04T12:29:58", taken_precision=SECOND,
    readers=("flickr",),
)  # fmt: skip


def test_a_record_comes_back_from_json() -> None:
    """As it was."""
    assert listing_from_json(LISTING.as_json()) == LISTING


def test_what_a_newer_listing_does_not_say_is_kept() -> None:
    """So are the source and the label that the photo was first found with."""
    newer = Listing(5, "yfcc100m", semantic_label="cat")
    assert LISTING.updated(newer) == LISTING
    assert Listing(5, "flickr").updated(LISTING).semantic_label == "dog"


def test_a_new_licence_has_its_day() -> None:
    """The day changes with the licence alone."""
    same = dataclasses.replace(LISTING, license_seen="2026-02-02")
    other = dataclasses.replace(LISTING, license="CC0-1.0", license_seen="2026-02-02")
    unsaid = dataclasses.replace(LISTING, license=None, license_seen="2026-02-02")
    assert LISTING.updated(same).license_seen == "2026-01-01" == LISTING.updated(unsaid).license_seen
    assert (LISTING.updated(other).license, LISTING.updated(other).license_seen) == ("CC0-1.0", "2026-02-02")


def test_a_file_does_not_replace_what_flickr_stated() -> None:
    """Owner, address and licence of an imported table count until Flickr's own come; the day is never another licence's."""
    table = Listing(5, "yfcc100m", owner="9@N09", url="https://evil.example/", license="CC0-1.0")
    kept = LISTING.updated(table)
    assert kept == LISTING and table.updated(LISTING).license == LISTING.license
    asked = Listing(5, "flickr", license=None, license_seen="2026-02-02")  # Flickr did not tell the licence
    for first, second in ((table, asked), (asked, table)):
        assert (first.updated(second).license, first.updated(second).license_seen) == ("CC0-1.0", None)


def test_a_date_changes_with_its_precision() -> None:
    """Both or neither."""
    newer = dataclasses.replace(LISTING, taken_at="2013-01-01T00:00:00", taken_precision=YEAR)
    unsaid = dataclasses.replace(LISTING, taken_at=None, taken_precision=TakenPrecision.UNKNOWN)
    assert LISTING.updated(newer).taken_precision is YEAR
    assert LISTING.updated(unsaid).taken_precision is SECOND


def test_a_photo_that_is_gone_stays_gone() -> None:
    """Searches still find such photos."""
    gone = dataclasses.replace(LISTING, gone=True)
    assert gone.updated(LISTING).gone and LISTING.updated(gone).gone and not LISTING.updated(LISTING).gone


def test_statuses() -> None:
    """Listed until the EXIF came, ok then, gone when it is; a file counts more than any of these."""
    file = PhotoFacts(Status.OK, sha256="a" * 64, exif=CAMERA)
    gone = dataclasses.replace(LISTING, gone=True)
    assert facts_of_listing(LISTING).status is Status.LISTED
    assert facts_of_listing(LISTING, Exif()).status is Status.OK
    assert facts_of_listing(gone).status is Status.GONE
    assert facts_of_listing(gone, CAMERA).status is Status.GONE and facts_of_listing(gone, CAMERA).error
    assert facts_of_listing(gone, CAMERA).exif.make == "Canon"
    assert facts_of_listing(LISTING, None, file).status is Status.OK
    assert facts_of_listing(LISTING, CAMERA, PhotoFacts(Status.TRUNCATED)).status is Status.TRUNCATED


@pytest.mark.parametrize(
    ("owner", "precision", "camera", "taken"),
    [
        ("2013-05-04T12:30:00", SECOND, None, ("2013-05-04T12:30:00", SECOND)),
        (None, TakenPrecision.UNKNOWN, "2013-05-04T12:29:58", ("2013-05-04T12:29:58", SECOND)),
        ("2010-01-01T00:00:00", SECOND, "2013-05-04T12:29:58", ("2013-05-04T12:29:58", SECOND)),
        ("2010-01-01T00:00:00", DAY, "2013-05-04T12:29:58", ("2013-05-04T12:29:58", SECOND)),
        ("1975-06-01T00:00:00", MONTH, "2013-05-04T12:29:58", ("1975-06-01T00:00:00", MONTH)),
        ("1975-01-01T00:00:00", YEAR, "2013-05-04T12:29:58", ("1975-01-01T00:00:00", YEAR)),
    ],
)
def test_whose_date_counts(
    owner: str | None, precision: TakenPrecision, camera: str | None, taken: tuple[str, TakenPrecision]
) -> None:
    """The camera's, but for one that its owner corrected to a month or a year, as for a scan."""
    listing = dataclasses.replace(LISTING, taken_at=owner, taken_precision=precision)
    exif = Exif(taken_at=camera, taken_precision=SECOND if camera else TakenPrecision.UNKNOWN, utc_offset="+02:00")
    found = facts_of_listing(listing, exif).exif
    assert (found.taken_at, found.taken_precision) == taken
    assert found.utc_offset == ("+02:00" if taken[0] == camera else None)


def test_the_file_counts_more_than_the_api_and_completes_it() -> None:
    """Where both say something and differ, the record says so."""
    file = PhotoFacts(
        Status.OK, sha256="a" * 64, exif=dataclasses.replace(CAMERA, iso=200, lens=None, readers=("exifread",))
    )
    api = dataclasses.replace(CAMERA, lens="EF50mm", taken_at="2013-05-04T12:29:58")
    found = facts_of_listing(LISTING, api, file).exif
    assert (found.iso, found.lens, found.readers) == (200, "EF50mm", ("exifread", "flickr"))
    assert found.disagreements == ("iso_speed: file 200, flickr 100",)


def test_fractions_of_a_second_are_no_disagreement() -> None:
    """The API has none."""
    exact = dataclasses.replace(CAMERA, taken_at="2013-05-04T12:29:58.250")
    found = facts_of_listing(LISTING, CAMERA, PhotoFacts(Status.OK, sha256="a" * 64, exif=exact)).exif
    assert found.taken_at == "2013-05-04T12:29:58.250" and found.disagreements == ()


def test_what_is_stated() -> None:
    """Only what the listing says."""
    assert stated(Listing(5, "flickr")) == {"photo_id": "5"}
    assert stated(LISTING)["license"] == "CC-BY-2.0"
    assert listed_path(5) == "flickr:5" and is_listed_path("flickr:5")
    assert not any(map(is_listed_path, ("flickr:", "flickr:x", "flickr:٣", "/flickr:5", "5")))
