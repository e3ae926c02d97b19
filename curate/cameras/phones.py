"""Look up names and types of phones and tablets with device-detector, where it is installed. None of its data are copied.

device-detector parses the user agent of a browser, so a model is put into that of an Android browser. Its answers have two
traps. It calls any unknown device a "smartphone", and many cameras share a name with a phone (COOLPIX S200 and Doogee S200).
So it is not used for makers of cameras, and the brand that it finds must be that of the photo. It also calls feature phones
smartphones. So for makers of both, its type counts only for names of their smartphone lines (`families.HARD`); for other names
only its market name is used.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec

from curate.cameras.keys import squashed
from curate.cameras.types import CameraType

with contextlib.suppress(ImportError):
    # device-detector reads its tables with yaml_rs. If a thread is the first to import it, the process crashes when another
    # thread uses it after that thread has ended (yaml-rs 0.1.6). Each ingest runs in a new thread, so it is imported here.
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
"""Makers whose cameras device-detector would take for phones; it is not used for them."""

PHONE_MAKERS = frozenset({
    "Blackview", "BLU", "bq", "Coolpad", "Cubot", "Doogee", "Elephone", "Essential", "Fairphone", "Gionee", "Honor",
    "HTC", "Infinix", "Leagoo", "LeEco", "Meizu", "Nothing", "Nubia", "OnePlus", "OPPO", "Oukitel", "POCO", "realme",
    "UMIDIGI", "Ulefone", "vivo", "Wiko", "Xiaomi",
})  # fmt: skip
"""Makers whose only devices with a camera are phones and tablets: a name that device-detector just repeats is one of these."""

# Makers of feature phones and smartphones (or of cameras and smartphones): their smartphones are recognised by name.
_BOTH = frozenset({
    "Alcatel", "BenQ-Siemens", "Doro", "Energizer", "Fujitsu", "HMD", "Kyocera", "LG", "Micromax", "Mitsubishi",
    "Motorola", "NEC", "Nokia", "Palm", "Pantech", "Philips", "Sagem", "Samsung", "Sharp", "Siemens", "Sony",
    "Sony Ericsson", "itel", "Karbonn", "Lava", "Cat", "Vodafone", "ZTE", "Gigaset", "Tecno", "TCL", "Huawei",
})  # fmt: skip
# Names of smartphones and tablets of these makers that match no line of `families.HARD`.
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
    """The answer of device-detector.

    Attributes:
        brand: its maker.
        type: its type; None where device-detector's type is not reliable.
        market_name: the name under which it was sold; None where that is the model itself.
    """

    brand: str
    type: CameraType | None
    market_name: str | None


@cache
def _installed() -> bool:
    return find_spec("device_detector") is not None


def same_house(brand: str, other: str) -> bool:
    """Return whether two brand names belong to the same maker.

    >>> same_house("Nokia", "HMD"), same_house("Nokia", "Samsung")
    (True, False)
    """
    one, two = squashed(brand), squashed(other)
    return one == two or any(one in house and two in house for house in _HOUSES)


def may_ask(brand: str | None, model: str | None) -> bool:
    """Return whether device-detector is used: it is installed, and the maker is known and does not make cameras."""
    return bool(brand and model and brand not in CAMERA_MAKERS and _installed())


@lru_cache(maxsize=8192)
def ask(brand: str, model: str, written: str | None = None) -> Phone | None:
    """Return what device-detector knows of a tidy (brand, model); None where it does not know such a device of that maker.

    Args:
        brand: the tidy brand.
        model: the tidy model.
        written: the model as written in the file, which is tried first: a maker's prefix can belong to the code (LG-H815).

    >>> ask("Samsung", "SM-G991B").market_name
    'Galaxy S21'
    >>> ask("Nikon", "S200") is None  # a COOLPIX, though a phone of another maker is called that too
    True
    """
    if not may_ask(brand, model):
        return None
    # After its maker's name, device-detector accepts any text as a model. That is used only where any such name is a phone.
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
"""Minimum length of a code that is looked up without a maker; many shorter codes are also those of cameras (A450, SH100)."""


@lru_cache(maxsize=8192)
def ask_anybody(model: str) -> Phone | None:
    """Return what device-detector knows of a code in a file without a maker.

    None where it does not know the code as a phone's, and where the device is by a maker of cameras.
    """
    if len(model) < SHORTEST_CODE or not re.fullmatch(r"(?=.*\d)[\w-]+", model) or not _installed():
        return None
    kind, brand, named = _detect(model)
    if kind is None or not brand or not named or brand in CAMERA_MAKERS:
        return None
    return Phone(brand, _believed(brand, model, kind), _market_name(named, model))


def _detect(words: str) -> tuple[CameraType | None, str, str]:
    """Return device-detector's type, brand and model of one name. It takes some 20 ms."""
    from device_detector import DeviceDetector

    # These characters end the model in a user agent, so they are removed.
    name = " ".join(re.sub(r"[;()/]+", " ", words).split())
    found = DeviceDetector(_BROWSER.format(name), skip_bot_detection=True).parse()
    return (
        _KINDS.get(found.device_type() or ""),
        str(found.device_brand() or "").strip(),  # a brand or model of digits is returned as a number: 360, 1s
        str(found.device_model() or "").strip(),
    )


def _is_smart(brand: str, model: str) -> bool:
    return brand in _SMART and re.match(_SMART[brand], model.casefold()) is not None


def _believed(brand: str, model: str, kind: CameraType | None) -> CameraType | None:
    if brand in _BOTH and kind is not CameraType.FEATURE_PHONE:
        return kind if _is_smart(brand, model) else None
    return kind


def _market_name(named: str, model: str) -> str | None:
    if _FLAGSHIP.match(named):  # variants with another radio have the same camera: Galaxy S21 5G is the Galaxy S21
        named = _RADIO.sub("", named)
    return None if squashed(named) == squashed(model) else named
