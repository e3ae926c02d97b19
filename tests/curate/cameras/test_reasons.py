"""Names that are read by reason: a damaged maker, a line as maker, glued words, small makers, lines that reached too far."""

from __future__ import annotations

import pytest

from curate.cameras.brands import tidy
from curate.cameras.camera_lines import CAMERAS
from curate.cameras.device_lines import DEVICES, WORDS
from curate.cameras.names import normalize
from curate.cameras.phone_lines import CODES, PHONES
from curate.cameras.resolve import ALL_SOURCES, Source, resolve
from curate.cameras.types import CameraType as T

RULES = ALL_SOURCES - {Source.TABLE}


@pytest.mark.parametrize(
    ("make", "model", "brand", "kind"),
    [
        ("?ikon", "NIKON D7500", "Nikon", T.DSLR), ("CAN", "Canon PowerShot A430", "Canon", T.COMPACT),
        ("456", "DSC-W310", "Sony", T.COMPACT), ("SAMSVNG", "SM-G780G", "Samsung", T.SMARTPHONE),
        ("PANAS", "DMC-TZ22", "Panasonic", T.COMPACT), ("NikonCorporation", "NIKON D3400", "Nikon", T.DSLR),
        ("OLYMPUSIMAGINGCORP.", "E-PL6", "Olympus", T.MIRRORLESS), ("xyz", "MAXXUM 5D", "xyz", T.DSLR),
        ("alps", "M2007J20CG", "Xiaomi", T.SMARTPHONE), ("", "CaplioG3 modelS", "Ricoh", T.COMPACT),
        ("", "PDR-M700", "Toshiba", T.COMPACT), ("", "KENOX S760", "Samsung", T.COMPACT),
        ("", "DMC-FH25", "Panasonic", T.COMPACT), ("", "NV8 , VLUU NV8", "Samsung", T.COMPACT),
        ("", "DMC-L10", "Panasonic", T.DSLR), ("", "HP PhotoSmart 715", "HP", T.COMPACT),
        ("", "FE-280,X-820", "Olympus", T.COMPACT), ("", "D-LUX 5", "Leica", T.COMPACT), ("", "PhotoPC 850Z", "Epson", T.COMPACT),
    ],
)  # fmt: skip
def test_damaged_maker(make: str, model: str, brand: str, kind: T) -> None:
    """Where the maker is missing, damaged or unheard of, a model that names its brand or stands for one camera decides."""
    camera = resolve(make, model)
    assert (camera.make_normalized, camera.type) == (brand, kind)


@pytest.mark.parametrize(
    ("make", "model"),
    [("Pioneer", "DVR-LX60D"), ("", "DVR-LX60D"), ("Zorblax", "Red Dragon"), ("", "Flip Phone"), ("", "E2100"),
        ("", "S200"), ("", "A450"),
     ("Zorblax", "X100"), ("Optional", "S200"), ("", "Optional S2")],
)  # fmt: skip
def test_doubtful_names_stay_unknown(make: str, model: str) -> None:
    """A name that could be several makers', or a word that is a brand as well, is not guessed at."""
    assert resolve(make, model).type is T.UNKNOWN


@pytest.mark.parametrize(
    ("make", "model", "name", "kind"),
    [
        ("COOLPIX", "S9900", ("Nikon", "COOLPIX S9900"), T.COMPACT),
        ("PowerShot", "A540", ("Canon", "PowerShot A540"), T.COMPACT),
        ("Canon PowerShot", "A540", ("Canon", "PowerShot A540"), T.COMPACT),
        ("Lumix", "DMC-FZ38", ("Panasonic", "DMC-FZ38"), T.COMPACT), ("Cyber-shot", "DSC-W55", ("Sony", "DSC-W55"), T.COMPACT),
        ("FinePix", "S5600", ("Fujifilm", "FinePix S5600"), T.COMPACT), ("Lumia", "640", ("Nokia", "Lumia 640"), T.SMARTPHONE),
        ("Galaxy", "S4", ("Samsung", "Galaxy S4"), T.SMARTPHONE), ("EXILIM", "EX-Z75", ("Casio", "EX-Z75"), T.COMPACT),
        ("Optio", "S5i", ("Pentax", "Optio S5i"), T.COMPACT), ("iPhone", "6s", ("Apple", "iPhone 6s"), T.SMARTPHONE),
        ("iPad", "Air", ("Apple", "iPad Air"), T.TABLET), ("CanoScan", "9000F", ("Canon", "CanoScan 9000F"), T.SCANNER),
        ("EOS", "R10", ("Canon", "EOS R10"), T.MIRRORLESS),
    ],
)  # fmt: skip
def test_line_as_maker(make: str, model: str, name: tuple[str, str], kind: T) -> None:
    """A line of products that stands in the maker's place gives the maker, and goes to the model where that lacks it."""
    assert normalize(make, model) == name
    assert resolve(make, model).type is kind


def test_a_line_before_a_code_is_no_part_of_the_name() -> None:
    """Whether the line stands before the code or not, it is one camera."""
    assert tidy("Casio", "EXILIM EX-Z75") == tidy("CASIO COMPUTER CO.,LTD.", "EX-Z75") == ("Casio", "EX-Z75")
    assert tidy("Sony", "Cyber-shot DSC-W55") == ("Sony", "DSC-W55")


def test_a_line_as_maker_leaves_codes_alone() -> None:
    """A tablet's code beside "Galaxy" is a tablet's: the line's name is not put before codes."""
    assert resolve("Galaxy", "SM-T800").type is T.TABLET


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("Sony", "DSC W55", T.COMPACT), ("Sony", "DSCW55", T.COMPACT), ("Panasonic", "DMC FZ28", T.COMPACT),
        ("Panasonic", "Lumix DMC-G6", T.MIRRORLESS), ("Sanyo", "VPC X1220", T.COMPACT), ("Toshiba", "PDR M25", T.COMPACT),
        ("Toshiba", "PDRM25", T.COMPACT), ("Olympus", "OM-D E-M5 Mark II", T.MIRRORLESS), ("Olympus", "EVOLT E-510", T.DSLR),
        ("Olympus", "PEN EPL2", T.MIRRORLESS), ("Olympus", "SP 590 UZ", T.COMPACT), ("Sony", "Alpha DSLR-A390", T.DSLR),
        ("Sony", "Alpha NEX-6", T.MIRRORLESS), ("Sony", "a7R III", T.MIRRORLESS), ("Sony", "a6600", T.MIRRORLESS),
        ("Sony", "Alpha a99 II", T.DSLR),
        ("Konica-Minolta", "Konica-Minolta Minolta DiMAGE A1", T.COMPACT),
        ("KONICA CORPORATION", "Konica Digital Camera Q-M100", T.COMPACT), ("JENOPTIK", "JD C 3.1 LCD", T.COMPACT),
        ("Leica", "LEICA X Typ 113", T.COMPACT), ("Canon", "EOS 5D mk III", T.DSLR),
    ],
)  # fmt: skip
def test_spellings(make: str, model: str, kind: T) -> None:
    """A dash may be a space or left out, and the name of the line may stand before the model's."""
    assert resolve(make, model, sources=RULES - {Source.LENSFUN}).type is kind


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("ZOPO", "Color F2", T.SMARTPHONE), ("THL", "W11", T.SMARTPHONE), ("YU", "Yureka Black", T.SMARTPHONE),
        ("Allview", "X4_Soul", T.SMARTPHONE), ("Allview", "Viva H8", T.TABLET), ("Archos", "50 Cobalt", T.SMARTPHONE),
        ("ARCHOS", "101 Oxygen", T.TABLET), ("LENOVO", "Lenovo K6 Power", T.SMARTPHONE), ("LENOVO", "Lenovo A5500-F", T.TABLET),
        ("Vernee", "X1", T.SMARTPHONE), ("smartisan", "Nut Pro 2", T.SMARTPHONE), ("MEDION", "LIFETAB P9702", T.TABLET),
        ("Prestigio", "MultiPad 4", T.TABLET), ("Nokia", "Nokia 6", T.SMARTPHONE), ("Intex", "Aqua Ring", T.SMARTPHONE),
        ("RED", "H1A1000", T.SMARTPHONE), ("OUKITEL", "RT2", T.TABLET), ("OUKITEL", "C5 Pro", T.SMARTPHONE),
        ("bq", "Aquaris E10", T.TABLET), ("bq", "BQ-5000L", T.SMARTPHONE), ("bq", "BQ-7010G", T.TABLET),
    ],
)  # fmt: skip
def test_small_phone_makers(make: str, model: str, kind: T) -> None:
    """Makers of phones alone make phones; of those that make tablets too, the line decides."""
    assert resolve(make, model, sources=RULES - {Source.DEVICE_DETECTOR}).type is kind


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("TRAVELER OPTICAL CO,LTD", "SX330Z", T.COMPACT), ("SKANHEX", "DSC-4MP", T.COMPACT), ("MINOX", "DC 8111", T.COMPACT),
        ("Yakumo", "Mega Image 57", T.COMPACT), ("Concord", "4340z", T.COMPACT), ("Praktica", "Digi 30", T.COMPACT),
        ("Praktica", "V3.2", T.COMPACT), ("Rollei", "dt 4200", T.COMPACT), ("BenQ", "DC C60", T.COMPACT),
        ("BenQ", "GH700", T.COMPACT), ("GE", "G5WP", T.COMPACT), ("Hewlett-Packard", "HP Photosmart C20", T.COMPACT),
        ("HP", "PW460t", T.COMPACT), ("Vivitar", "T328", T.COMPACT), ("Trust.", "PowerC@m 770Z", T.COMPACT),
        ("AIPTEK", "PenCam SD", T.COMPACT), ("UMAX", "AstraPix 490", T.COMPACT), ("KYOCERA", "M410R", T.COMPACT),
        ("SEIKO EPSON CORP.", "CP-800", T.COMPACT), ("Agfa", "Agfa Photo DC-600uw", T.COMPACT), ("MEDION", "MD 85820", T.COMPACT),
        ("NIKON", "E2N", T.DSLR), ("Polaroid", "DC700", T.COMPACT), ("SANYO Electric Co.,Ltd.", "SR6", T.COMPACT),
    ],
)  # fmt: skip
def test_early_and_house_brand_cameras(make: str, model: str, kind: T) -> None:
    """Early digital cameras of film and trading brands are known by their lines."""
    assert resolve(make, model, sources=RULES).type is kind


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("Teledyne FLIR", "Vue TZ20-R", T.DRONE), ("FLIR Systems AB", "FLIR T640", T.UNKNOWN), ("DJI", "X5S", T.DRONE),
        ("senseFly", "Duet T", T.DRONE), ("MicaSense", "RedEdge-3", T.DRONE), ("Parrot", "Chlorophyll", T.DRONE),
        ("Yuneec", "ET", T.DRONE), ("SENTERA", "6X", T.DRONE), ("Workswell", "WIRIS Pro", T.DRONE), ("SONY", "UMC-R10C", T.DRONE),
        ("DJI", "Ronin 4D 6K", T.CAMCORDER),
    ],
)  # fmt: skip
def test_payloads(make: str, model: str, kind: T) -> None:
    """Cameras made for drones are drones; hand-held thermal cameras are none of the types."""
    assert resolve(make, model, sources=RULES).type is kind


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("Canon", "MG3600", T.SCANNER), ("Canon", "MF4400 Series", T.SCANNER), ("EPSON", "DX4400", T.SCANNER),
        ("HP", "HP Smart Tank 510", T.SCANNER), ("Samsung", "M2070 Series", T.SCANNER), ("SHARP", "MX-2610N", T.SCANNER),
        ("RICOH", "MP C3004", T.SCANNER), ("KYOCERA", "FS-1028MFP", T.SCANNER), ("Oce", "9400", T.SCANNER),
        ("Kodak", "Kodak i200", T.SCANNER), ("FUJI XEROX", "Document", T.SCANNER),
        ("Pacific Image", "PF3650Pro3", T.FILM_SCANNER), ("Kodak", "F-135", T.FILM_SCANNER),
        ("Rollei", "DF-S 100", T.FILM_SCANNER), ("AGFA", "d-lab.2", T.FILM_SCANNER),
    ],
)  # fmt: skip
def test_scanners_and_printers(make: str, model: str, kind: T) -> None:
    """What scans is a scanner, printers and minilabs included."""
    assert resolve(make, model, sources=RULES).type is kind


@pytest.mark.parametrize(
    ("make", "model", "kind"),
    [
        ("JVC", "GC-A50", T.COMPACT), ("JVC", "GC-X3", T.COMPACT), ("JVC", "GC-PX100", T.CAMCORDER), ("JVC", "GC-XA1", T.ACTION),
        ("Panasonic", "SV-AS10", T.COMPACT), ("Panasonic", "PV-DC3000", T.COMPACT), ("Samsung", "VP-MS11", T.COMPACT),
        ("Hewlett-Packard", "HP PhotoSmart 43x series", T.COMPACT), ("UMAX", "AstraCam 1800", T.COMPACT),
        ("UMAX", "AstraPen", T.UNKNOWN), ("Hasselblad/Imacon", "Ixpress 528C - Hasselblad ELD", T.UNKNOWN),
        ("Sanyo", "DMX-CA8", T.CAMCORDER), ("SONY", "NSC-GC1", T.CAMCORDER), ("Canon", "MVX25i", T.CAMCORDER),
        ("ARRI", "ALEXA Mini", T.CAMCORDER), ("RED", "KOMODO", T.CAMCORDER), ("Aiptek", "Pocket DV 4500", T.CAMCORDER),
        ("Rollei", "Bullet 5S", T.ACTION), ("Minox", "DTC 600", T.UNKNOWN), ("CASIO", "GZE-1", T.ACTION),
    ],
)  # fmt: skip
def test_lines_do_not_reach_over(make: str, model: str, kind: T) -> None:
    """A maker of camcorders made still cameras too, and the reverse; a scanner maker sold cameras."""
    assert resolve(make, model, sources=RULES).type is kind


def test_every_brand_of_a_line_is_a_brand() -> None:
    """A line waits for a brand as names give it: for "Minox" it would never be asked if MINOX stayed as it is written."""
    brands = {brand for family in (*WORDS, *PHONES, *DEVICES, *CAMERAS, *CODES) for brand in family.brands}
    assert {brand for brand in brands if tidy(brand.upper(), "X1")[0] != brand} <= {
        "Qtek",
        "T-Mobile",
        "O2",
        "Orange",
        "PFU",
        "FCNT",
        "CMF",
        "POCO",
    }
