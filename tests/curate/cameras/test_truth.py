"""Measured against cameras judged by hand, and against lensfun's data base with that data base switched off."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from curate.cameras.resolve import ALL_SOURCES, Source, resolve, type_from_file_source
from curate.cameras.types import CameraType
from tests.helpers.camera_truth import BY_HAND, WITHOUT_DATA, confused, measure, truth_of_csv, truth_of_lensfun


def test_lensfun_bodies_without_lensfun() -> None:
    """On at least 900 bodies, without lensfun and the table: 80 % right, under 1 % wrong, the rest unknown."""
    measured = measure(list(truth_of_lensfun()), WITHOUT_DATA)
    assert measured.total >= 900
    assert measured.share("right") >= 0.80, measured.others
    assert measured.share("wrong") < 0.01, measured.others


def test_lensfun_bodies_with_all_sources() -> None:
    """No body of the data base becomes a phone, but the Xperia that stands among its compact cameras."""
    measured = measure(list(truth_of_lensfun()), ALL_SOURCES)
    assert measured.share("right") >= 0.98, measured.others
    assert not confused(measured), measured.others


@pytest.mark.slow
def test_names_by_hand() -> None:
    """Phones, tablets, cameras, scanners and what is neither, old and new: 99 % right, none wrong."""
    measured = measure(list(truth_of_csv(BY_HAND)), ALL_SOURCES)
    assert measured.share("right") >= 0.99, measured.others
    assert measured.counts["wrong"] == 0, measured.others


def test_names_by_hand_of_no_type_stay_unknown() -> None:
    """Consoles, webcams, thermal cameras and editing programs are none of the types."""
    for make, model, kind in truth_of_csv(BY_HAND):
        if kind is CameraType.UNKNOWN:
            assert resolve(make, model).type is kind, (make, model)


@pytest.mark.corpus
def test_judged_cameras(corpus: Path) -> None:
    """On the corpus' judged cameras: 98 % right, no smartphone taken for something else or the reverse."""
    measured = measure(list(truth_of_csv(corpus / "exif-corpus" / "camera_types.csv")), ALL_SOURCES)
    assert measured.share("right") >= 0.98, measured.others
    assert measured.counts["confused"] == 0, measured.others


@pytest.mark.corpus
def test_judged_cameras_without_the_table(corpus: Path) -> None:
    """The rules hold up without the rows of the table: 95 % right, none wrong."""
    truth = list(truth_of_csv(corpus / "exif-corpus" / "camera_types.csv"))
    measured = measure(truth, ALL_SOURCES - {Source.TABLE})
    assert measured.share("right") >= 0.95, measured.others
    assert measured.counts["wrong"] == 0, measured.others


@pytest.mark.corpus
def test_no_camera_of_no_type_is_a_phone(corpus: Path) -> None:
    """What is certainly no phone is not called one, whatever its type."""
    with (corpus / "exif-corpus" / "camera_types.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["is_smartphone"] == "0":
                assert resolve(row["make"], row["model"]).type.is_smartphone is not True, row


@pytest.mark.corpus
def test_file_source_does_not_misfire(corpus: Path) -> None:
    """Among the corpus' files none but a scanner's may be typed by its FileSource."""
    seen = 0
    with gzip.open(corpus / "exif-corpus" / "exiftool-full-n-G1.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        value = row.get("ExifIFD:FileSource")
        if isinstance(value, str):  # a field wider than one byte, as text
            value = value.encode("latin-1")
        if value is not None:
            seen += 1
            kind = type_from_file_source(value)
            assert kind is None or resolve(row.get("IFD0:Make"), row.get("IFD0:Model")).type is kind, row
    assert seen > 50
