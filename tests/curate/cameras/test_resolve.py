"""Types of cameras, the rules that say so, their order, and the traps."""

# ruff: noqa: E501  (tables of cameras)

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.cameras import families, lensfun, phones
from curate.cameras.brands import tidy
from curate.cameras.keys import camera_key
from curate.cameras.resolve import ALL_SOURCES, Source, resolve, type_from_file_source
from curate.cameras.table import read_table, shipped_table
from curate.cameras.types import CameraType
from curate.errors import CurateError
from curate.resources import data_file
from tests.helpers.camera_truth import PAPER

T = CameraType

# The public names of the paper's sets, each typed by hand. Its own map has XT1032 as no phone; it is Motorola's Moto G.
with PAPER.open(encoding="utf-8", newline="") as file:
    PUBLIC_NAMES = list(csv.DictReader(file))


def test_paper_names_are_whole() -> None:
    """88 models of FlickrExif, 16 devices of PairCams."""
    sets = [row["set"] for row in PUBLIC_NAMES]
    assert (sets.count("FlickrExif"), sets.count("PairCams")) == (88, 16)
    assert len({(row["set"], row["model"]) for row in PUBLIC_NAMES}) == 104


@pytest.mark.parametrize("row", PUBLIC_NAMES, ids=lambda row: row["model"])
def test_paper_names(row: dict[str, str]) -> None:
    """Every public name of the paper's sets gets its type, with its maker and without, in any case."""
    assert resolve(row["make"], row["model"]).type == row["type"]
    assert resolve(None, row["model"]).type == row["type"]
    assert resolve(None, row["model"].casefold()).type == row["type"]


WORLD = [
    ("samsung", "SM-A536B", T.SMARTPHONE), ("samsung", "SM-T870", T.TABLET), ("samsung", "SM-C200", T.ACTION),
    ("SAMSUNG", "EK-GC100", T.COMPACT), ("SAMSUNG", "EK-GN120", T.MIRRORLESS), ("SAMSUNG", "GT-P1000", T.TABLET),
    ("SAMSUNG", "GT-S5230", T.FEATURE_PHONE), ("SAMSUNG", "SC-02B", T.SMARTPHONE), ("SAMSUNG", "SC-01C", T.TABLET),
    ("SAMSUNG", "SAMSUNG ES65, ES67 / VLUU ES65, ES67 / SAMSUNG SL50", T.COMPACT), ("SAMSUNG", "SAMSUNG GX10", T.DSLR),
    ("Sony", "D5803", T.SMARTPHONE), ("Sony", "SGP521", T.TABLET), ("Sony", "XQ-DE54", T.SMARTPHONE),
    ("SONY", "SLT-A58", T.DSLR), ("SONY", "ILCA-77M2", T.DSLR), ("SONY", "NEX-VG10", T.CAMCORDER), ("SONY", "HDR-AS50", T.ACTION),
    ("SONY", "HDR-HC3", T.CAMCORDER), ("SONY", "ZV-1F", T.COMPACT), ("SONY", "ZV-E10", T.MIRRORLESS), ("SONY", "MVC-CD500", T.COMPACT),
    ("Sony Ericsson", "K800i", T.FEATURE_PHONE), ("Sony Ericsson", "X10i", T.SMARTPHONE), ("Nokia", "N95", T.SMARTPHONE),
    ("Nokia", "6300", T.FEATURE_PHONE), ("HMD Global", "Nokia 7 plus", T.SMARTPHONE), ("Microsoft", "Lumia 640 LTE", T.SMARTPHONE),
    ("LGE", "Nexus 5", T.SMARTPHONE), ("asus", "Nexus 7", T.TABLET), ("LG Electronics", "LG-V500", T.TABLET),
    ("LG Electronics", "KU990", T.FEATURE_PHONE), ("Xiaomi", "MI PAD 4", T.TABLET), ("Xiaomi", "Redmi Note 9S", T.SMARTPHONE),
    ("HUAWEI", "BTV-W09", T.TABLET), ("OnePlus", "IN2023", T.SMARTPHONE), ("Lenovo", "Lenovo TB-X606F", T.TABLET),
    ("Fairphone", "FP4", T.SMARTPHONE), ("Apple", "iPad Pro", T.TABLET), ("Apple", "iPod touch", T.UNKNOWN),
    ("Canon", "Canon EOS Kiss M", T.MIRRORLESS), ("Canon", "Canon EOS Kiss X50", T.DSLR), ("Canon", "Canon EOS RP", T.MIRRORLESS),
    ("Canon", "Canon EOS R5 C", T.MIRRORLESS), ("Canon", "Canon EOS C70", T.CAMCORDER), ("Canon", "Canon LiDE 220", T.SCANNER),
    ("FUJIFILM", "X-S1", T.COMPACT), ("FUJIFILM", "X-S10", T.MIRRORLESS), ("FUJIFILM", "X100VI", T.COMPACT),
    ("FUJIFILM", "FinePixS2Pro", T.DSLR), ("FUJIFILM", "FinePix S20Pro", T.COMPACT), ("FUJIFILM", "GFX100RF", T.COMPACT),
    ("PENTAX", "PENTAX K-01", T.MIRRORLESS), ("PENTAX", "PENTAX Optio S4", T.COMPACT), ("PENTAX", "PENTAX 645D", T.DSLR),
    ("Panasonic", "DMC-L10", T.DSLR), ("Panasonic", "DMC-LX10", T.COMPACT), ("Panasonic", "DMC-S3", T.COMPACT),
    ("Panasonic", "DC-S5", T.MIRRORLESS), ("Panasonic", "DMC-CM1", T.SMARTPHONE), ("OLYMPUS IMAGING CORP.", "E-420", T.DSLR),
    ("Leica Camera AG", "LEICA M11", T.MIRRORLESS), ("LEICA", "DIGILUX 3", T.DSLR), ("LEICA", "DIGILUX 2", T.COMPACT),
    ("Leica Camera AG", "LEITZ PHONE 1", T.SMARTPHONE), ("SIGMA", "SIGMA SD10", T.DSLR), ("SIGMA", "sd Quattro H", T.MIRRORLESS),
    ("Hasselblad", "Hasselblad H3D", T.DSLR), ("Hasselblad", "L1D-20c", T.DRONE), ("Hasselblad", "X1D", T.MIRRORLESS),
    ("Phase One", "IQ180", T.UNKNOWN), ("Kodak", "ProBack", T.UNKNOWN), ("Kodak", "DCS Pro SLR/n", T.DSLR),
    ("DJI", "FC3170", T.DRONE), ("DJI", "DJI Pocket 2", T.ACTION), ("GoPro", "HERO12 Black", T.ACTION), ("RICOH", "RICOH THETA S", T.UNKNOWN),
    ("NORITSU KOKI", "QSS-32_33", T.FILM_SCANNER), ("EPSON", "Perfection V700", T.SCANNER), ("HP", "HP psc 1310 series", T.SCANNER),
    ("Hewlett-Packard", "HP PhotoSmart C850 (V05.27)", T.COMPACT), ("HP", "HP Photosmart C4200 series", T.SCANNER),
    ("RaspberryPi", "RP_imx477", T.UNKNOWN), ("Logitech", "C920", T.UNKNOWN), ("OLYMPUS", "DP72", T.UNKNOWN), (None, None, T.UNKNOWN),
    ("Canon", None, T.UNKNOWN), ("GoPro", None, T.UNKNOWN), ("Apple", "Apple Vision Pro", T.UNKNOWN), (None, "X20", T.UNKNOWN),
    ("Pioneer", "DVR-LX60D", T.UNKNOWN), ("motorola", "XT2261-1", T.TABLET), ("OPPO", "PADM00", T.SMARTPHONE),
    ("bq", "BQ-5033", T.SMARTPHONE), ("LENOVO", "Lenovo A7-50", T.TABLET),
]  # fmt: skip


@pytest.mark.parametrize(("make", "model", "kind"), WORLD)
def test_world(make: str | None, model: str | None, kind: CameraType) -> None:
    """Cameras, phones, tablets, scanners and what is neither, of makers from all over."""
    assert resolve(make, model).type is kind


@pytest.mark.parametrize(
    ("make", "model", "rule"),
    [
        ("OLYMPUS OPTICAL CO.,LTD", "E-10", "table"),
        ("Apple", "iPhone 6", "family:iphone"),
        ("Canon", "Canon EOS 40D", "lensfun"),
        ("HUAWEI", "VOG-L29", "device-detector"),
        ("NIKON", "COOLPIX S200", "family:coolpix"),
        ("Nobody", "Nothing at all", None),
    ],
)
def test_answers_name_their_rule(make: str, model: str, rule: str | None) -> None:
    """Each source answers in its turn and says that it did."""
    assert resolve(make, model).rule == rule


def test_order_of_the_first_two() -> None:
    """A person's override wins over FileSource, which wins over the table and everything else; what they overrule is shown."""
    key = camera_key("Canon", "Canon EOS 40D")
    camera = resolve("CANON", "Canon  EOS 40D", 1, {key: T.COMPACT})
    assert (camera.type, camera.rule) == (T.COMPACT, "override")
    assert camera.also == ("exif:FileSource=film_scanner", "lensfun=dslr", "family:eos=dslr")
    camera = resolve("Canon", "Canon EOS 40D", 2)
    assert (camera.type, camera.rule) == (T.SCANNER, "exif:FileSource")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, T.FILM_SCANNER), (b"\x01", T.FILM_SCANNER), (2, T.SCANNER), (b"\x02\0\0\0", T.SCANNER), (3, None), (b"\x03", None),
        (b"\x03\0\0\0", None), (0, None), (b"", None), (None, None), (b"\x01\x02", None), (b"DSC", None), (49, None), (-1, None),
    ],
)  # fmt: skip
def test_file_source(value: int | bytes | None, kind: CameraType | None) -> None:
    """Only FileSource 1 and 2 say anything, as a number or as bytes of any width."""
    assert type_from_file_source(value) is kind


def test_disagreeing_sources_are_shown() -> None:
    """Where lensfun files a camera elsewhere than we do, both are shown."""
    assert resolve("PENTAX", "PENTAX K-01").also == ("lensfun=dslr",)
    assert resolve("Canon", "Canon EOS 40D").also == ()


def test_lensfun_phones_say_nothing() -> None:
    """The phones that stand among lensfun's compact cameras are not compact cameras."""
    for brand, model in [("Samsung", "SM-G991B"), ("Samsung", "SM-G935F"), ("Sony", "Xperia Z3")]:
        assert lensfun.find(brand, model) is None
        assert resolve(brand, model, sources=ALL_SOURCES - {Source.FAMILY, Source.TABLE}).type is not T.COMPACT


def test_camera_makers_are_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """device-detector, which knows a Doogee S200 and a smartphone D600, is never asked about a maker of cameras."""

    def never(*words: object, **_: object) -> None:
        raise AssertionError(words)

    monkeypatch.setattr("device_detector.DeviceDetector", never)
    for make, model in [
        ("NIKON", "COOLPIX S200"),
        ("NIKON", "D600"),
        ("Canon", "Rebel"),
        ("Kodak", "M550"),
        ("SIGMA", "DP1"),
    ]:
        brand, name = tidy(make, model)
        assert brand is not None and name is not None
        assert not phones.may_ask(brand, name)
        assert phones.ask(brand, name) is None


def test_phone_answers_need_the_maker() -> None:
    """device-detector's answer counts only where the brand it finds is the photo's."""
    assert phones.ask("Samsung", "VOG-L29") is None
    found = phones.ask("Huawei", "VOG-L29")
    assert found is not None and found.type is T.SMARTPHONE


def test_button_phones_are_no_smartphones() -> None:
    """device-detector calls button phones smartphones; of makers of both it is not believed."""
    for brand, model in [
        ("Nokia", "6300"),
        ("LG", "KP500"),
        ("Samsung", "SGH-E250"),
        ("Motorola", "V3"),
        ("Nokia", "1100"),
    ]:
        assert resolve(brand, model).type is not T.SMARTPHONE


def test_sources_can_be_left_out() -> None:
    """A source that is left out neither answers nor shows."""
    assert resolve("Canon", "Canon EOS 40D", sources=frozenset({Source.TABLE})).type is T.UNKNOWN
    assert resolve("Canon", "Canon EOS 40D", sources=ALL_SOURCES - {Source.LENSFUN}).rule == "family:eos"
    assert resolve("Canon", "Canon EOS 40D", 1, sources=ALL_SOURCES - {Source.EXIF}).rule == "lensfun"


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_resolves(make: str, model: str) -> None:
    """Whatever a file says, there is an answer, a rule with every type, and the words of the file unchanged."""
    camera = resolve(make, model)
    assert (camera.make, camera.model) == (make, model)
    assert camera.type is T.UNKNOWN or camera.rule is not None


def test_no_line_claims_every_name() -> None:
    """A line of a maker of many things claims no name that it never used; only makers of one thing may be claimed whole."""
    for family in (*families.HARD, *families.SOFT, *families.CODES):
        if family.pattern.pattern != ".":
            assert not family.pattern.match("zorblax unheard-of"), family.name


def test_table_is_sound() -> None:
    """Every row of the shipped table can be read, names its source and date, and is found again."""
    table = shipped_table()
    assert len(table.by_camera) > 100
    for row in table.by_camera.values():
        assert table.find(row.brand, row.model) is row
        assert row.source and row.date


@pytest.mark.parametrize(
    "row",
    ["Canon,X1,toaster,,fact,2026-01-01", "Canon,,dslr,,fact,2026-01-01", "Canon,X1,dslr,,,2026-01-01",
     "Canon,X1,dslr,,fact,2026-01-01\nCANON,Canon x1,compact,,fact,2026-01-01"],
)  # fmt: skip
def test_bad_tables_are_refused(tmp_path: Path, row: str) -> None:
    """A row without type, model or source, or a camera that is there twice, is an error that names the line."""
    path = tmp_path / "table.csv"
    path.write_text(f"make,model,type,market_name,source,date\n{row}\n", encoding="utf-8")
    with pytest.raises(CurateError, match="line"):
        read_table(path)


def test_data_files_are_found() -> None:
    """The table is found, and a name that is nowhere is an error with a way out."""
    assert data_file("camera_types.csv").is_file()
    with pytest.raises(CurateError):
        data_file("no such file")


def test_data_files_of_a_wheel_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel the data lies inside the package; a `datasets` folder beside it is somebody else's."""
    package = tmp_path / "site" / "curate"
    for folder in (package / "_datasets", tmp_path / "site" / "datasets"):
        folder.mkdir(parents=True)
        (folder / "x.csv").touch()
    monkeypatch.setattr("curate.resources.PACKAGE", package)
    assert data_file("x.csv") == package / "_datasets" / "x.csv"


def test_import_is_light() -> None:
    """Importing the resolver loads neither data base; a camera of the table is resolved without device-detector."""
    code = (
        "import sys, curate.cameras.resolve as r\n"
        "heavy = {'lensfunpy', 'device_detector', 'torch', 'textual', 'numpy', 'pandas'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "r.resolve('Canon', 'Canon EOS 40D')\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_phones_are_asked_about_in_any_thread() -> None:
    """One thread after the other reads device-detector's tables, as each ingest of an app's session does."""
    program = """
import threading
from pathlib import Path
import curate.cameras.phones

def read():
    import device_detector, yaml_rs
    for table in sorted(Path(device_detector.__file__).parent.glob("regexes/**/*.yml")):
        yaml_rs.loads(table.read_text(encoding="utf-8"))

for _ in range(6):
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
