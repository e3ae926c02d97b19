"""Whether a file is still as the camera wrote it."""

from __future__ import annotations

import pytest

from curate.photos.facts import Exif
from curate.photos.metadata.exif import Reading
from curate.photos.signs.edited import editor_in, judge


@pytest.mark.parametrize(
    "text",
    [
        "Adobe Photoshop CS6 (Windows)",
        "Adobe Lightroom 4.4 (Macintosh)",
        "GIMP 2.10.8",
        "Picasa",
        "darktable 2.6.2",
        "Snapseed 2.0",
        "Capture NX-D 1.5.3 M",
        "Digital Photo Professional",
        "Microsoft Windows Photo Viewer 6.1.7600.16385",
        "Paint.NET v3.5.8",
    ],
)
def test_editors_are_known_by_name(text: str) -> None:
    """Programs that process pictures are named in Software."""
    assert editor_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Ver.1.02",
        "Firmware Version 1.0.8",
        "14.4.2",
        "HDR+ 1.0.345618096zd",
        "Digital Camera FinePix S5Pro Ver1.13",
        "D5803_23.5.A.1.291_0_f500",
        "G991BXXU3AUF6",
        "Windows Phone",
        "lenstrace virtual camera",
        "COOLPIX P900V1.4",
        "MediaTek Camera Application",
    ],
)
def test_firmware_is_no_editor(text: str | None) -> None:
    """What cameras and phones write of themselves is no sign of editing."""
    assert editor_in(text) is None


def test_a_named_editor_is_the_reason() -> None:
    """The reason quotes where the program stands."""
    assert judge(Reading(Exif(software="GIMP 2.10"))) == (True, "Software: GIMP 2.10")
    assert judge(Reading(creator_tool="Adobe Photoshop 21.0"))[0] is True


def test_unedited_needs_evidence() -> None:
    """Only an intact maker's block with an unchanged date says no; anything less is unknown."""
    taken = Exif(software="Ver.1.0", taken_at="2019-01-02T03:04:05.120")
    assert judge(Reading(taken, maker_note=True, changed_at="2019-01-02T03:04:05"))[0] is False
    assert judge(Reading(taken, maker_note=True, changed_at="2020-01-02T03:04:05")) == (None, None)
    assert judge(Reading(taken, maker_note=False, changed_at="2019-01-02T03:04:05")) == (None, None)
    assert judge(Reading()) == (None, None)
