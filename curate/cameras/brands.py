"""Tidy brand and model from what a file says: spelling only, no data base asked.

One maker writes its name in many ways (NIKON, NIKON CORPORATION; OLYMPUS OPTICAL CO.,LTD, OLYMPUS IMAGING CORP.),
repeats it in the model, or leaves it out. Firms that changed hands stay apart where the cameras did: OM System is not
Olympus, Sony Ericsson is not Sony, Konica Minolta is neither Konica nor Minolta.
"""

from __future__ import annotations

import re

# What is written, casefolded, and the brand; brands that are written as they are called follow in _PLAIN.
_BRANDS: dict[str, str] = {
    "acer": "Acer",
    "agfa gevaert": "Agfa",
    "apple computer": "Apple",
    "asahi optical": "Pentax",
    "asus": "Asus",
    "asustek": "Asus",
    "autel robotics": "Autel",
    "bbk": "vivo",
    "benq siemens": "BenQ-Siemens",
    "bq": "bq",
    "casio computer": "Casio",
    "cat": "Cat",
    "dji": "DJI",
    "doke": "Blackview",
    "eastman kodak": "Kodak",
    "flir": "FLIR",
    "fuji photo film": "Fujifilm",
    "fuji": "Fujifilm",
    "garmin": "Garmin",
    "ge": "GE",
    "general imaging": "GE",
    "general electric": "GE",
    "gitup": "GitUp",
    "gopro": "GoPro",
    "hasselblad": "Hasselblad",
    "hewlett packard": "HP",
    "hewlettpackard": "HP",
    "hmd global": "HMD",
    "hmd": "HMD",
    "hp": "HP",
    "htc": "HTC",
    "high tech computer": "HTC",
    "iqoo": "vivo",
    "insta360": "Insta360",
    "arashi vision": "Insta360",
    "itel": "itel",
    "jk imaging": "JK Imaging",
    "jvc kenwood": "JVC",
    "jvckenwood": "JVC",
    "victor company of japan": "JVC",
    "jvc": "JVC",
    "cmf": "CMF",
    "cmf by nothing": "CMF",
    **{
        f"kddi {code}": brand
        for code, brand in (("sh", "Sharp"), ("ca", "Casio"), ("hi", "Hitachi"), ("kc", "Kyocera"))
    },
    **{
        f"kddi {code}": brand
        for code, brand in (("sa", "Sanyo"), ("ts", "Toshiba"), ("sn", "Sony Ericsson"), ("pt", "Pantech"))
    },
    "kddi": "KDDI",
    "kmz": "Zenit",
    "lemobile": "LeEco",
    "letv": "LeEco",
    "ntt docomo": "Docomo",
    "konica minolta": "Konica Minolta",
    "leica camera": "Leica",
    "leitz": "Leica",
    "lg": "LG",
    "lge": "LG",
    "lg cyon": "LG",
    "lg elec": "LG",
    "lg mobile": "LG",
    "matsushita": "Panasonic",
    "lumix": "Panasonic",
    "microsoft mobile": "Microsoft",
    "minolta": "Minolta",
    "mot": "Motorola",
    "nec": "NEC",
    "nikon": "Nikon",
    "noritsu koki": "Noritsu",
    "nothing technology": "Nothing",
    "om digital solutions": "OM System",
    "om system": "OM System",
    "olympus": "Olympus",
    "oneplus": "OnePlus",
    "oppo": "OPPO",
    "palm one": "Palm",
    "palmone": "Palm",
    "panasonic": "Panasonic",
    "parrot": "Parrot",
    "pentax": "Pentax",
    "pentax ricoh imaging": "Ricoh",
    "phase one": "Phase One",
    "polaroid": "Polaroid",
    "poco": "POCO",
    "research in motion": "BlackBerry",
    "rim": "BlackBerry",
    "blackberry": "BlackBerry",
    "realme": "realme",
    "redmi": "Xiaomi",
    "ricoh imaging": "Ricoh",
    "samsung": "Samsung",
    "sansung": "Samsung",
    "sanyo electric": "Sanyo",
    "seiko epson": "Epson",
    "semc": "Sony Ericsson",
    "sony ericsson": "Sony Ericsson",
    "sonyericsson": "Sony Ericsson",
    "sony": "Sony",
    "tct": "TCL",
    "tcl": "TCL",
    "tecno": "Tecno",
    "umidigi": "UMIDIGI",
    "victor": "JVC",
    "vivo": "vivo",
    "voigtlaender": "Voigtländer",
    "xiaoyi": "YI",
    "xiao yi": "YI",
    "yi technology": "YI",
    "yi": "YI",
    "zte": "ZTE",
}
_PLAIN = (
    "Activeon", "AEE", "Agfa", "AgfaPhoto", "Aiptek", "Akaso", "Alcatel", "Amazon", "Apple", "Archos", "Autel",
    "BenQ", "Blackmagic", "Blackview", "BLU", "Brother", "Canon", "Casio", "Concord", "Contax", "Contour", "Coolpad", "Docomo",
    "Creative", "Cubot", "Doogee", "Doro", "Drift", "Eken", "Elephone", "Energizer", "Epson", "Essential",
    "Fairphone", "Fimi", "Foscam", "Fujifilm", "Fujitsu", "Gigaset", "Gionee", "Google", "Hisense", "Hitachi",
    "Honor", "Huawei", "Hubsan", "Imacon", "Infinix", "Intel", "Jenoptik", "Karbonn", "Kodak", "Konica", "Kyocera",
    "Lava", "Leaf", "Lexmark", "Leagoo", "LeEco", "Leica", "Lenovo", "Lytro", "Mamiya", "Medion", "Meizu", "Micromax",
    "Microsoft", "Microtek", "Mitsubishi", "Motorola", "Mustek", "Nextbase", "Nintendo", "Nextbit", "Nokia", "Noritsu",
    "Nothing", "Nubia", "Nvidia", "Oukitel", "Pakon", "Palm", "Pantech", "Philips", "Plustek", "Potensic",
    "PowerVision", "Praktica", "Premier", "Razer", "Reconyx", "Reflecta", "Ricoh", "Rollei", "Sagem", "Sanyo",
    "Sharp", "Siemens", "Sigma", "SJCAM", "Skydio", "Sinar", "Tecno", "TomTom", "Toshiba", "Trust", "Ulefone", "Umax", "Unihertz",
    "Vivitar", "Vodafone", "Wiko", "Wileyfox", "Xerox", "Xiaomi", "Yashica", "Yuneec", "Zeiss",
)  # fmt: skip
_BRANDS.update({name.casefold(): name for name in _PLAIN if name.casefold() not in _BRANDS})
_LONGEST = max(len(words.split()) for words in _BRANDS)

_FIRM = re.compile(
    r"[\s,.]*\b(?:co|corp|corporation|company|inc|incorporated|ltd|limited|llc|gmbh|ag|kk|k\.k|s\.?a|bv|b\.v|ab|intl|"
    r"international|optical|electric|electronics|electronic|technology|technologies|techwin|communications|"
    r"mobile phones?|mobile|photo|systems|digital ima\w*|group|technol\w*)\b\.?[\s,.]*$",
    re.IGNORECASE,
)
_FIRMWARE = re.compile(r"\s*\(V\d+\.\d+\)$", re.IGNORECASE)
_NOTHING = re.compile(
    r"(?:unknown|none|null|\(null\)|n/?a|default|camera|digital(?: still)? camera|digital|0+|[-.?_\s]*)", re.IGNORECASE
)

# Makers that build under other firms' names: the model says which.
_LICENSED = {"HMD": {"nokia": "Nokia"}, "JK Imaging": {"kodak": "Kodak"}, "Ricoh": {"pentax": "Pentax"}}
_LICENSED["Microsoft"] = {"nokia": "Nokia"}
_LICENSED["FLIR"] = {"cat": "Cat"}

# Lines whose name gives the maker away where a file leaves the maker out.
_LINES: tuple[tuple[str, str], ...] = tuple(
    (brand, pattern)
    for brand, pattern in (
        ("Apple", r"i(?:phone|pad|pod)\b"),
        ("Canon", r"(?:eos[ -]|powershot\b|digital ixus|ixus\b|ixy\b|canoscan)"),
        ("Nikon", r"(?:coolpix\b|(?:super )?coolscan)"),
        ("Sony", r"(?:dsc-|dslr-a\d|slt-a\d|ilc[ea]-|ilme-|nex-|zv-[e1]|xperia\b|cyber-?shot\b|xq-[a-z]{2}\d\d)"),
        ("Fujifilm", r"(?:finepix|gfx ?\d|x-(?:t\d|pro\d|e\d|h\d|a\d|s\d|m\d)|x100[a-z]?$)"),
        ("Panasonic", r"(?:dmc|dc)-(?:fz|tz|zs|lx|g|s\d|fx|fs|ft|ts|lz)\d?"),
        ("Olympus", r"e-(?:m\d|p\d|pl\d|pm\d)|c\d{3,4}(?:wz|uz|z)\b|[uμµ]\d{3,4},s\d{3,4}$"),
        ("Pentax", r"optio\b|\*ist"),
        ("Casio", r"ex-[a-z]{1,2}\d|qv-"),
        ("Kodak", r"easyshare\b|pixpro\b"),
        ("Minolta", r"dimage\b"),
        ("Samsung", r"(?:samsung-)?(?:sm-[a-z]\d{3}|gt-[a-z]\d{4}|sgh-|galaxy\b)|digimax\b"),
        ("Google", r"pixel(?: \d| xl| fold|$)|nexus (?:4|5|6|7|9|10|one|s)\b"),
        ("Motorola", r"xt\d{4}(?:-\d+)?$|moto [a-z]"),
        ("Xiaomi", r"(?:redmi|poco|mi) |m20\d\d[a-z]|2[0-9]\d{5,6}[a-z]{1,2}$|2[0-9]\d{2,4}[a-z]{2,3}\d?[a-z\d]{1,4}$"),
        ("OPPO", r"cph\d{4}$"),
        ("realme", r"rmx\d{4}$"),
        ("Nokia", r"lumia \d"),
        ("GoPro", r"hero\d+\b"),
        ("Huawei", r"[a-z]{3}-(?:lx|l|al|tl|nx|an)\d{1,2}[a-z]?$"),
    )
)
_LINE_PATTERNS = tuple((brand, re.compile(pattern, re.IGNORECASE)) for brand, pattern in _LINES)


def folded(text: str) -> str:
    """Text for comparisons: casefolded, underscores and runs of spaces folded to one space."""
    return " ".join(text.replace("_", " ").split()).casefold()


def squashed(text: str) -> str:
    """Text for look-ups: folded, without any space (``FinePix S2 Pro`` and ``FinePixS2Pro`` are one camera)."""
    return folded(text).replace(" ", "")


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w&+]+|_", " ", text.casefold()).split()


def _known_brand(text: str) -> tuple[str, int] | None:
    """The brand that a text starts with, and how many words name it."""
    words = _words(text)
    for count in range(min(_LONGEST, len(words)), 0, -1):
        brand = _BRANDS.get(" ".join(words[:count]))
        if brand:
            return brand, count
    return None


def _brand_of_make(make: str) -> str:
    known = _known_brand(make)
    if known:
        return known[0]
    tidy = make
    while (shorter := _FIRM.sub("", tidy)) not in (tidy, ""):
        tidy = shorter
    return " ".join(tidy.split()).strip(" .,") or make


def _brand_of_model(model: str) -> str | None:
    known = _known_brand(model)
    # A brand of one or two letters is too short to be told from the start of a model.
    if known and len(known[0]) > 2:
        return known[0]
    for brand, pattern in _LINE_PATTERNS:
        if pattern.match(folded(model)):
            return brand
    # Makers that glue their name to the code: "SonyEricssonK800i", "NokiaN95".
    glued = re.match(r"(sonyericsson|nokia|samsung|lg|htc)(?=[a-z]*\d)", squashed(model))
    return _BRANDS[glued[1]] if glued else None


def _without_prefix(model: str, names: tuple[str, ...]) -> str:
    """The model without the maker's name, however often it is written before it."""
    changed = True
    while changed:
        changed = False
        for name in names:
            glued = r"|(?=[A-Z\d][A-Za-z]*\d)" if len(name) > 3 else ""  # "NokiaN95", but not "MotoE2"
            match = re.match(rf"{re.escape(name)}(?:[\s_-]+{glued})", model, re.IGNORECASE)
            if match and model[match.end() :].strip():
                model, changed = model[match.end() :].strip(), True
    return model


def _names(brand: str, make: str | None) -> tuple[str, ...]:
    names = {brand}
    if make is not None:
        first = make.replace(",", " ").split()[:1]
        names |= {
            make,
            *(word for word in first if len(word) > 2),
        }  # the OM of OM Digital Solutions belongs to its models
    names |= {words for words, known in _BRANDS.items() if known == brand}
    if brand == "Sony Ericsson":
        names.add("SonyEricsson")
    if brand == "bq":
        return ()  # BQ-5033 is the whole code; a 5033 is another maker's
    if brand in ("Xiaomi", "POCO"):
        names -= {"redmi", "Redmi", "poco", "POCO"}  # part of the market name: Redmi Note 9S
    return tuple(sorted((name for name in names if len(name) > 1), key=lambda name: (-len(name), name)))


def tidy(make: str | None, model: str | None) -> tuple[str | None, str | None]:
    """Return the tidy brand, and the model without the maker's name, from the strings of a file.

    A missing or empty-worded make is taken from the model where that names it ("HTC One_M8", "NIKON D3000", "CanoScan
    8800F"); a licensed name wins over the maker's (HMD Global's "Nokia X71" is a Nokia). Text that is unknown stays as
    it is, without the words that say what kind of firm it is. None where nothing is said.
    """
    make = (make or "").split("\0")[0].strip() or None
    model = (model or "").split("\0")[0].strip() or None
    if make and _NOTHING.fullmatch(make):
        make = None
    if model is None:
        return (_brand_of_make(make) if make else None), None
    brand = _brand_of_make(make) if make else _brand_of_model(model)
    if brand is None:
        return None, " ".join(model.replace("_", " ").split()) or model
    licensed = _LICENSED.get(brand, {})
    for word, name in licensed.items():
        if re.match(rf"{word}(?![a-z])", folded(model)):
            brand = name
    return brand, _tidy_model(brand, make, model)


def _tidy_model(brand: str, make: str | None, model: str) -> str:
    short = model.strip("<> ")
    if short != model and "," in short:  # "<Digimax i50 MP3, Samsung #1 MP3>": one camera, two names
        short = short.split(",")[0]
    short = _without_prefix(short, _names(brand, make))
    short = " ".join(short.replace("_", " ").split())
    short = _FIRMWARE.sub("", short) or short
    if brand == "Canon":  # the mirrorless bodies write R6m2 for R6 Mark II
        short = re.sub(
            r"(?<=\d)m([2-4])$", lambda found: f" Mark {'I' * int(found[1]) if found[1] < '4' else 'IV'}", short
        )
    if brand == "Kodak":
        short = re.sub(r"\s+(?:zoom )?digital (?:still )?camera$", "", short, flags=re.IGNORECASE)
    if brand == "Leica":
        short = re.sub(r"\s+digital camera$", "", short, flags=re.IGNORECASE)
    if brand == "Nikon" and re.fullmatch(r"e\d{3,4}", short, re.IGNORECASE):
        short = f"COOLPIX {short[1:]}"  # the first COOLPIX cameras write E990 for COOLPIX 990
    if brand == "Nikon" and (version := re.fullmatch(r"(z ?\d+) ([23])", short, re.IGNORECASE)):
        short = version[1].upper() + "I" * int(version[2])  # "NIKON Z 6_2" is the Z 6II
    return short or model
