"""Names and kinds of phones and tablets, from device-detector where it is installed; nothing of it is copied.

It reads what a browser says of itself, so a model is wrapped in an Android browser's words. Two traps follow. Whatever
it does not know becomes a "smartphone", and many a camera's name is some phone's too (a COOLPIX S200 is a Doogee S200),
so makers of cameras are never asked about and the brand it finds must be the photo's. It calls the button phones it
knows smartphones as well, so of the makers that built both only names of their smartphone lines are believed
(`families.HARD`); for these it gives the market name alone.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec

from curate.cameras.brands import squashed
from curate.cameras.types import CameraType

with contextlib.suppress(ImportError):
    # device-detector reads its tables with this. First imported in a thread, it crashes the process when another thread uses
    # it after the first has ended (yaml-rs 0.1.6), and each ingest asks in a thread of its own.
    import yaml_rs  # noqa: F401

_BROWSER = (
    "Mozilla/5.0 (Linux; Android 12; {} Build/X) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/100.0 Mobile Safari/537.36"
)
_KINDS = {
    "smartphone": CameraType.SMARTPHONE,
    "phablet": CameraType.SMARTPHONE,
    "tablet": CameraType.TABLET,
    "feature phone": CameraType.FEATURE_PHONE,
}

CAMERA_MAKERS = frozenset({
    "Activeon", "AEE", "Agfa", "AgfaPhoto", "Aiptek", "Akaso", "Autel", "BenQ", "Blackmagic", "Brother", "Canon",
    "Casio", "Concord", "Contax", "Contour", "Creative", "DJI", "Drift", "Eken", "Epson", "Fimi", "FLIR", "Foscam",
    "Fujifilm", "Garmin", "GE", "GitUp", "GoPro", "Hasselblad", "Hitachi", "HP", "Hubsan", "Imacon", "Insta360",
    "Intel", "Jenoptik", "JK Imaging", "JVC", "Kodak", "Konica", "Konica Minolta", "Leaf", "Leica", "Lytro", "Mamiya",
    "Medion", "Microtek", "Minolta", "Mustek", "Nextbase", "Nikon", "Nintendo", "Noritsu", "Olympus", "OM System",
    "Pakon", "Panasonic", "Parrot", "Pentax", "Phase One", "Plustek", "Polaroid", "Potensic", "PowerVision",
    "Praktica", "Premier", "Reconyx", "Reflecta", "Ricoh", "Rollei", "Sanyo", "Sigma", "Sinar", "SJCAM", "Skydio",
    "TomTom", "Toshiba", "Trust", "Umax", "Vivitar", "Voigtländer", "Xerox", "Yashica", "YI", "Yuneec", "Zeiss",
    "Zenit",
})  # fmt: skip
"""Makers whose cameras device-detector would take for phones: it is never asked about them."""

PHONE_MAKERS = frozenset({
    "Blackview", "BLU", "bq", "Coolpad", "Cubot", "Doogee", "Elephone", "Essential", "Fairphone", "Gionee", "Honor",
    "HTC", "Infinix", "Leagoo", "LeEco", "Meizu", "Nothing", "Nubia", "OnePlus", "OPPO", "Oukitel", "POCO", "realme",
    "UMIDIGI", "Ulefone", "vivo", "Wiko", "Xiaomi",
})  # fmt: skip
"""Makers of phones and tablets, as far as photos go: a name that device-detector merely echoes is such a device."""

# Makers of both button phones and smartphones (or of cameras and smartphones): their smartphones are known by name.
_BOTH = frozenset({
    "Alcatel", "BenQ-Siemens", "Doro", "Energizer", "Fujitsu", "HMD", "Kyocera", "LG", "Micromax", "Mitsubishi",
    "Motorola", "NEC", "Nokia", "Palm", "Pantech", "Philips", "Sagem", "Samsung", "Sharp", "Siemens", "Sony",
    "Sony Ericsson", "itel", "Karbonn", "Lava", "Cat", "Vodafone", "ZTE", "Gigaset", "Tecno", "TCL", "Huawei",
})  # fmt: skip
# What a smartphone or tablet of such a maker is called where no hard line claims it.
_SMART = {
    "Alcatel": r"(one ?touch |ot-?)?[5-9]\d{3}[a-z]|one ?touch|[a-z]?idol|1[svx]|3[vxcl]|a3|shine",
    "Cat": r"s\d\d",
    "Energizer": r"(ultimate|power|hard ?case)",
    "Gigaset": r"g[sx]\d{3}",
    "HMD": r"ta-\d{4}",
    "Nokia": r"ta-\d{4}",
    "Huawei": r"[a-z]{3}\d?-[a-z]{1,3}\d",
    "Micromax": r"[aep]\d{3}|canvas",
    "Lava": r"(iris|z|blaze|agni|lava z)",
    "Philips": r"(xenium )?[siv]\d{3}",
    "TCL": r"s\d{3}|\d{1,2}( |$)|[a-z]\d{3}[a-z]|\d{4}[a-z]|plex|nxtpaper",
    "Tecno": r"[a-z]{2}\d|camon|spark|pova|phantom",
    "Vodafone": r"smart|vfd|\d{3}",
    "ZTE": r"blade|axon|nubia|[abvntz]\d{3,4}|grand|nx\d{3}j",
    "itel": r"[alps]\d",
}  # fmt: skip

# The same house under several names.
_HOUSES = (
    {"nokia", "hmd", "microsoft"},
    {"huawei", "honor"},
    {"xiaomi", "redmi", "poco", "blackshark", "mi"},
    {"oppo", "realme", "oneplus"},
    {"vivo", "iqoo"},
    *({"google", builder} for builder in ("htc", "lg", "huawei", "asus", "motorola", "samsung")),  # Nexus and Pixel
    {"blackberry", "rim", "tcl", "alcatel"},
    {"motorola", "lenovo", "zuk"},
    {"sony", "sonyericsson"},
    {"palm", "hp"},
    {"zte", "nubia", "redmagic"},
    {"nothing", "cmf"},
    {"tecno", "tecnomobile"},
)
_RADIO = re.compile(r"\s+(?:5G|4G|LTE|WiFi|Wi-Fi)\b.*$")
_FLAGSHIP = re.compile(r"Galaxy (?:S|Z|Note)")


@dataclass(frozen=True, slots=True)
class Phone:
    """What device-detector says of a device.

    Attributes:
        brand: its maker.
        type: its type; None where device-detector's word on the type is not reliable.
        market_name: the name it was sold under; None where that is the model itself.
    """

    brand: str
    type: CameraType | None
    market_name: str | None


@cache
def _installed() -> bool:
    return find_spec("device_detector") is not None


def same_house(brand: str, other: str) -> bool:
    """Whether two brand names may stand for the same maker.

    >>> same_house("Nokia", "HMD"), same_house("Nokia", "Samsung")
    (True, False)
    """
    one, two = squashed(brand), squashed(other)
    return one == two or any(one in house and two in house for house in _HOUSES)


def may_ask(brand: str | None, model: str | None) -> bool:
    """Whether device-detector may be asked: the maker is known and does not make cameras."""
    return bool(brand and model and brand not in CAMERA_MAKERS and _installed())


@lru_cache(maxsize=8192)
def ask(brand: str, model: str, written: str | None = None) -> Phone | None:
    """What device-detector says of a tidy (brand, model); None where it knows no such device of that maker.

    Args:
        brand, model: tidy.
        written: the model as the file has it, asked first: a maker's prefix can belong to the code (LG-H815).

    >>> ask("Samsung", "SM-G991B").market_name
    'Galaxy S21'
    >>> ask("Nikon", "S200") is None  # a COOLPIX, though a phone of another maker is called that too
    True
    """
    if not may_ask(brand, model):
        return None
    # With its maker's name before it, any name is echoed as a model: of use only where such a name is a phone's anyway.
    phones_only = brand in PHONE_MAKERS or _is_smart(brand, model)
    asked = dict.fromkeys((written or model, model, *((f"{brand} {model}",) if phones_only else ())))
    for words in asked:
        kind, found_brand, named = _detect(words)
        if not named or not same_house(brand, found_brand):
            continue
        if squashed(named) == squashed(model) and squashed(words) != squashed(model) and not phones_only:
            continue
        return Phone(found_brand, _believed(brand, model, kind), _market_name(named, model))
    return None


SHORTEST_CODE = 7
"""Letters of a code that names one device whoever made it: many a shorter one is a camera's as well (A450, SH100)."""


@lru_cache(maxsize=8192)
def ask_anybody(model: str) -> Phone | None:
    """What device-detector says of a code whose maker a file does not state.

    None where it does not know the code as a phone's, and where the device is of a maker of cameras.
    """
    if len(model) < SHORTEST_CODE or not re.fullmatch(r"(?=.*\d)[\w-]+", model) or not _installed():
        return None
    kind, brand, named = _detect(model)
    if kind is None or not brand or not named or brand in CAMERA_MAKERS:
        return None
    return Phone(brand, _believed(brand, model, kind), _market_name(named, model))


def _detect(words: str) -> tuple[CameraType | None, str, str]:
    """device-detector's type, brand and model of one name: some 20 ms."""
    from device_detector import DeviceDetector

    # What ends the model in a browser's line must not come from a photo.
    name = " ".join(re.sub(r"[;()/]+", " ", words).split())
    found = DeviceDetector(_BROWSER.format(name), skip_bot_detection=True).parse()
    return (
        _KINDS.get(found.device_type() or ""),
        str(found.device_brand() or "").strip(),  # a brand or model of digits comes as a number: 360, 1s
        str(found.device_model() or "").strip(),
    )


def _is_smart(brand: str, model: str) -> bool:
    return brand in _SMART and re.match(_SMART[brand], model.casefold()) is not None


def _believed(brand: str, model: str, kind: CameraType | None) -> CameraType | None:
    if brand in _BOTH and kind is not CameraType.FEATURE_PHONE:
        return kind if _is_smart(brand, model) else None
    return kind


def _market_name(named: str, model: str) -> str | None:
    if _FLAGSHIP.match(named):  # the radio does not make another camera: Galaxy S21 5G is the Galaxy S21
        named = _RADIO.sub("", named)
    return None if squashed(named) == squashed(model) else named
