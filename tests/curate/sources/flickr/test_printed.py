"""Values as exiftool prints them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.labelling import exposure_label, number_label
from curate.sources.flickr import printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/50", 0.02), ("1/50 sec", 0.02), ("0.5", 0.5), ("30 sec.", 30.0), ("0.001 sec (1/1250)", 0.0008), ("90/10", 9.0),
        ("f/2.8", 2.8), ("F2.8", 2.8), ("4.2 mm", 4.2), ("50mm", 50.0), ("50.0 mm (35 mm equivalent: 75.0 mm)", 50.0),
        ("ISO 400", 400.0), ("100, 100", 100.0), ("3.3e-05", 3.3e-05),
        *((text, None) for text in ("", "Auto", "Bulb", "inf", "undef", "1/0", "1,600", "2.8.3", "1/12345678901234", "9e99")),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    """Units, prefixes and further values do not change the number; a value that could be read in two ways is not guessed."""
    assert printed.number(text) == (value if value is None else pytest.approx(value))


FLASH = {
    0x00: "No Flash", 0x01: "Fired", 0x05: "Fired, Return not detected", 0x07: "Fired, Return detected",
    0x08: "On, Did not fire", 0x09: "On, Fired", 0x0D: "On, Return not detected", 0x0F: "On, Return detected",
    0x10: "Off, Did not fire", 0x14: "Off, Did not fire, Return not detected", 0x18: "Auto, Did not fire", 0x19: "Auto, Fired",
    0x1D: "Auto, Fired, Return not detected", 0x1F: "Auto, Fired, Return detected", 0x20: "No flash function",
    0x30: "Off, No flash function", 0x41: "Fired, Red-eye reduction", 0x45: "Fired, Red-eye reduction, Return not detected",
    0x47: "Fired, Red-eye reduction, Return detected", 0x49: "On, Red-eye reduction",
    0x4D: "On, Red-eye reduction, Return not detected", 0x4F: "On, Red-eye reduction, Return detected",
    0x50: "Off, Red-eye reduction", 0x58: "Auto, Did not fire, Red-eye reduction", 0x59: "Auto, Fired, Red-eye reduction",
    0x5D: "Auto, Fired, Red-eye reduction, Return not detected", 0x5F: "Auto, Fired, Red-eye reduction, Return detected",
    0x21: "Unknown (0x21)", 0x60: "Unknown (0x60)", 0x18 | 0x80: "152",
}  # fmt: skip


OLDER = {
    "Flash did not fire": 0, "Flash didn't fire": 0, "Flash fired, auto mode": 1, "True": 1, "No": 0, "Unknown (8 0)": None,
}  # fmt: skip
"""Older spellings count; two numbers are no Flash tag of the standard."""


@pytest.mark.parametrize(("words", "fired"), [*((words, code & 1) for code, words in FLASH.items()), *OLDER.items()])
def test_flash_says_whether_it_fired(words: str, fired: int | None) -> None:
    """Each of exiftool's words for the tag keeps the tag's bit 0."""
    bits = printed.flash(words)
    assert (bits if bits is None else bits & 1) == fired


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        *(
            (printed.orientation, words, number)
            for words, number in {
                "Horizontal (normal)": 1, "Mirror horizontal": 2, "Rotate 180": 3, "Mirror vertical": 4,
                "Mirror horizontal and rotate 270 CW": 5, "Rotate 90 CW": 6, "Mirror horizontal and rotate 90 CW": 7,
                "Rotate 270 CW": 8, "6": 6, "Unknown (0)": 0, "Right-top": None,
            }.items()
        ),
        *(
            (printed.file_source, words, number)
            for words, number in {
                "Film Scanner": 1, "Reflection Print Scanner": 2, "Digital Camera": 3, "Sigma Digital Camera": 3,
                "Unknown (0)": 0, "2": 2, "DSC": None,
            }.items()
        ),
        (printed.position, "43 deg 28' 2.81\" N", ((43, 28, 2.81), "N")),
        (printed.position, "43 deg 28' 2.81\"", ((43, 28, 2.81), None)),
        (printed.position, "43° 28′ 2.81″ West", ((43, 28, 2.81), "W")),
        (printed.position, "-43.467", ((43.467,), "-")),
        (printed.position, "43.467 S", ((43.467,), "S")),
        (printed.position, "43,28.5N", ((43, 28.5), "N")),
        (printed.position, "43/1 28/1 281/100", ((43, 28, 2.81), None)),
        (printed.position, "somewhere", None),
        (printed.position, "43/0 1/1 1/1", None),
        (printed.clock, "11:54:14.84", (11, 54, 14.84)),
        (printed.clock, "11/1 54/1 1484/100", (11, 54, 14.84)),
        (printed.clock, "noon", None),
    ],
)  # fmt: skip
def test_words_of_other_tags(read: Callable[[str], object], text: str, value: object) -> None:
    """Orientation, file source, degrees and times, in exiftool's form, in numbers, and in the forms of EXIF and XMP."""
    assert read(text) == value


@given(st.floats(1e-4, 3000))
def test_an_exposure_label_is_read_as_itself(seconds: float) -> None:
    """Our own label of an exposure, read again, has the same label."""
    label = exposure_label(seconds)
    assert label is not None
    assert exposure_label(printed.number(label)) == label


@given(st.floats(0.1, 5000), st.sampled_from(["", " mm"]))
def test_a_number_label_is_read_as_itself(value: float, unit: str) -> None:
    """Our own label of an aperture or a focal length, read again, has the same label."""
    label = number_label(value, unit)
    assert label is not None
    assert number_label(printed.number(label), unit) == label


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text raises, whatever it says."""
    for read in (
        printed.number,
        printed.flash,
        printed.orientation,
        printed.file_source,
        printed.position,
        printed.clock,
    ):
        read(text)  # type: ignore[operator]
