"""Tidy brands and models, market names, keys."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.cameras import phones
from curate.cameras.brands import tidy
from curate.cameras.keys import camera_key
from curate.cameras.names import normalize

TIDY = [
    ("NIKON CORPORATION", "NIKON D90", "Nikon", "D90"),
    ("NIKON", "E990", "Nikon", "COOLPIX 990"),
    ("NIKON CORPORATION", "NIKON Z 6_2", "Nikon", "Z 6II"),
    ("OLYMPUS IMAGING CORP.", "E-P3", "Olympus", "E-P3"),
    ("OLYMPUS OPTICAL CO.,LTD", "C2040Z", "Olympus", "C2040Z"),
    ("OM Digital Solutions", "OM-1", "OM System", "OM-1"),
    ("SONY", "DSC-RX100", "Sony", "DSC-RX100"),
    ("Sony Ericsson", "K800i", "Sony Ericsson", "K800i"),
    ("EASTMAN KODAK COMPANY", "KODAK DX3900 ZOOM DIGITAL CAMERA", "Kodak", "DX3900"),
    ("JK Imaging, Ltd.", "KODAK PIXPRO FZ201", "Kodak", "PIXPRO FZ201"),
    ("FUJI PHOTO FILM CO., LTD.", "SP-2500", "Fujifilm", "SP-2500"),
    ("Hewlett-Packard", "hp photosmart 735", "HP", "photosmart 735"),
    ("RICOH IMAGING COMPANY, LTD.", "PENTAX K-3 II", "Pentax", "K-3 II"),
    ("PENTAX RICOH IMAGING", "GR", "Ricoh", "GR"),
    ("SEIKO EPSON CORP.", "R-D1", "Epson", "R-D1"),
    ("samsung", "SAMSUNG-SGH-I337", "Samsung", "SGH-I337"),
    ("Samsung Techwin", "<Digimax i50 MP3, Samsung #1 MP3>", "Samsung", "Digimax i50 MP3"),
    ("HMD Global", "Nokia X71", "Nokia", "X71"),
    ("LG Electronics", "LG-H870", "LG", "H870"),
    ("Xiaomi", "Redmi Note 9S", "Xiaomi", "Redmi Note 9S"),
    ("Leica Camera AG", "M9 Digital Camera", "Leica", "M9"),
    ("Sony", "SonyC6806", "Sony", "C6806"),
    ("motorola", "MotoE2", "Motorola", "MotoE2"),
    ("Zorblax Co., Ltd.", "Z1", "Zorblax", "Z1"),
    (None, "HTC One_M8", "HTC", "One M8"),
    ("", "NIKON D3000", "Nikon", "D3000"),
    ("Digital", "CanoScan 8800F", "Canon", "CanoScan 8800F"),
    (None, "SonyEricssonK800i", "Sony Ericsson", "K800i"),
    (None, "A065", None, "A065"),
    ("Canon", None, "Canon", None),
    (None, None, None, None),
    ("Canon\0rest", "Canon EOS 5D\0rest", "Canon", "EOS 5D"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "model", "brand", "short"), TIDY)
def test_tidy(make: str | None, model: str | None, brand: str | None, short: str | None) -> None:
    """A maker's many spellings become one brand, and its name leaves the model."""
    assert tidy(make, model) == (brand, short)


@pytest.mark.parametrize(
    ("make", "model", "brand", "name"),
    [
        ("samsung", "SM-G991B", "Samsung", "Galaxy S21"),
        ("HUAWEI", "VOG-L29", "Huawei", "P30 Pro"),
        ("Xiaomi", "2201117TG", "Xiaomi", "Redmi Note 11 4G"),
        ("motorola", "XT1032", "Motorola", "Moto G (1st gen)"),
        ("Nothing", "A065", "Nothing", "Phone (2)"),
        ("Apple", "iPhone 12 Pro", "Apple", "iPhone 12 Pro"),
        ("NIKON CORPORATION", "NIKON D600", "Nikon", "D600"),
        ("SAMSUNG", "SAMSUNG WB30F/WB31F/WB32F", "Samsung", "WB30F/WB31F/WB32F"),
    ],
)
def test_market_names(make: str, model: str, brand: str, name: str) -> None:
    """A phone's code becomes its market name; a camera's model stays."""
    assert normalize(make, model) == (brand, name)


def test_key_folds_case_and_spaces() -> None:
    """A camera has one key however its name is spaced and cased, and none of its parts is lost."""
    assert camera_key("NIKON  CORPORATION", "NIKON D90") == camera_key("Nikon Corporation ", " nikon d90")
    assert camera_key(None, "A") != camera_key("A", None)


@given(st.text(max_size=40), st.text(max_size=40))
@example(",", "0")
@example("", "_")
@example("co.", "co.")
def test_any_text(make: str, model: str) -> None:
    """Whatever a file says, tidying neither fails nor empties a model, and a key of a key is that key."""
    brand, short = tidy(make, model)
    assert (short is None) == (not model.split("\0")[0].strip())
    assert brand != "" and short != ""
    assert camera_key(make, model) == camera_key(*camera_key(make, model))


def test_names_of_one_house() -> None:
    """Brands of one maker may stand for each other, and only those."""
    assert phones.same_house("HMD", "Nokia") and phones.same_house("Huawei", "Honor")
    assert not phones.same_house("Nikon", "Nokia")


@pytest.mark.parametrize(
    ("make", "model", "brand", "name"),
    [
        ("Canon", "Canon EOS R6m2", "Canon", "EOS R6 Mark II"),
        ("Hewlett-Packard", "HP PhotoSmart R707 (V01.00)", "HP", "PhotoSmart R707"),
        ("BlackBerry", "BlackBerry 9900", "BlackBerry", "9900"),
        ("HMD Global", "TA-1021", "Nokia", "6"),
        ("iQOO", "I2401", "vivo", "iQOO 13"),
        ("FLIR Systems", "CAT S60", "Cat", "S60"),
        ("KDDI-SH", "W61SH", "Sharp", "W61SH"),
    ],
)
def test_names_as_people_know_them(make: str, model: str, brand: str, name: str) -> None:
    """Short forms, firmware versions, repeated makers and builders of others' phones."""
    assert normalize(make, model) == (brand, name)


def test_numbers_of_the_data_base() -> None:
    """A brand that the data base holds as a number (360) is a name all the same."""
    assert normalize("360", "1801-A01")[0] == "360"
