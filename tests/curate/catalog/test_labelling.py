"""Facts -> label columns."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.labelling import exposure_label, label_photo, number_label, parse_taken
from curate.catalog.labels import LOCAL_ID_BASE, local_photo_id
from curate.containers.sniff import Format, promised
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (1 / 125, "1/125"),
        (0.0166, "1/60"),
        (0.25, "1/4"),
        (0.3, "0.3"),
        (1.0, "1.0"),
        (30.0, "30.0"),
        (None, None),
        (1e-7, None),
    ],
)
def test_exposure_is_spelled_as_the_paper_does(seconds: float | None, label: str | None) -> None:
    """Fractions below a quarter of a second, seconds with one decimal above."""
    assert exposure_label(seconds) == label


@given(st.integers(4, 32000))
def test_exposure_of_a_shutter_fraction_comes_back(denominator: int) -> None:
    """1/n is spelled 1/n for every n."""
    assert exposure_label(1 / denominator) == f"1/{denominator}"
    assert Fraction(exposure_label(1 / denominator) or "0") == Fraction(1, denominator)


def test_numbers_have_one_decimal() -> None:
    """Aperture and focal length as in the published splits."""
    assert number_label(2.8) == "2.8" and number_label(50.0, " mm") == "50.0 mm" and number_label(None) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2013", ("2013-01-01T00:00:00", TakenPrecision.YEAR, None)),
        ("2013-05", ("2013-05-01T00:00:00", TakenPrecision.MONTH, None)),
        ("2013:05:04", ("2013-05-04T00:00:00", TakenPrecision.DAY, None)),
        ("2013-05-04 12:30", ("2013-05-04T12:30:00", TakenPrecision.DAY, None)),
        ("2013-05-04T12:30+02:00", ("2013-05-04T12:30:00", TakenPrecision.DAY, "+02:00")),
        ("2013-05-04 12:60", (None, TakenPrecision.UNKNOWN, None)),
        ("2013:05:04 12:30:01", ("2013-05-04T12:30:01", TakenPrecision.SECOND, None)),
        ("2013-05-04T12:30:01.25+02:00", ("2013-05-04T12:30:01.250", TakenPrecision.SECOND, "+02:00")),
        ("2013-05-04T12:30:01Z", ("2013-05-04T12:30:01", TakenPrecision.SECOND, "+00:00")),
        ("0000:00:00 00:00:00", (None, TakenPrecision.UNKNOWN, None)),
        ("yesterday", (None, TakenPrecision.UNKNOWN, None)),
        ("2013-13-01", (None, TakenPrecision.UNKNOWN, None)),
        ("2013-02-31", (None, TakenPrecision.UNKNOWN, None)),
        ("2013-05-04 25:30:01", (None, TakenPrecision.UNKNOWN, None)),
    ],
)
def test_dates_keep_their_precision(written: str, expected: tuple[str | None, TakenPrecision, str | None]) -> None:
    """A date without a time is never taken for midnight sharp."""
    assert parse_taken(written) == expected


def test_local_ids_are_disjoint_from_flickrs_and_exact_in_json() -> None:
    """10^15 and more, below 2^53, by the formula of the data set folder."""
    digest = "ff" * 32
    assert local_photo_id(digest) == LOCAL_ID_BASE + int(digest, 16) % (2**53 - LOCAL_ID_BASE)
    assert LOCAL_ID_BASE <= local_photo_id("00" * 32) < 2**53


def test_what_somebody_says_wins_over_the_file() -> None:
    """A sidecar's camera and time replace the file's; silence keeps them; None blanks them."""
    facts = PhotoFacts(
        Status.OK,
        sha256="ab" * 32,
        format="JPEG",
        exif=Exif(make="Canon", model="EOS", taken_at="2020-01-01T10:00:00", taken_precision=TakenPrecision.SECOND),
    )
    labels = label_photo(facts, {"Make": "Apple", "taken_at": "2013", "owner": "me"})
    assert (labels.make, labels.model, labels.columns["owner"]) == ("Apple", "EOS", "me")
    assert (labels.columns["year"], labels.columns["taken_precision"]) == ("2013.0", "year")
    assert label_photo(facts, {"Make": None}).make is None


@pytest.mark.parametrize("kind", [kind for kind in Format if kind not in (Format.MPO, Format.EXV)])
def test_the_name_of_an_exported_photo_promises_its_format(kind: Format) -> None:
    """Whatever the format is called, the extension is one that programs know."""
    extension = label_photo(PhotoFacts(Status.OK, format=kind), {}).columns["extension"]
    assert promised(f"1.{extension}") is kind
