"""Normalise the brand and the model in a file by their spelling, without a database.

One maker writes its name in many ways (NIKON, NIKON CORPORATION; OLYMPUS OPTICAL CO.,LTD, OLYMPUS IMAGING CORP.),
repeats it in the model, or leaves it out. Firms that changed owners are separate brands where their cameras are: OM System is
not Olympus, Sony Ericsson is not Sony, Konica Minolta is neither Konica nor Minolta.
"""

from __future__ import annotations

import re

from curate.cameras.brand_names import (
    ALSO_WORDS,
    BRANDS,
    CODES,
    GLUED,
    KNOWN,
    LICENSED,
    LINES,
    LONGEST,
    PRODUCTS,
)
from curate.cameras.keys import folded, squashed

_FIRM = re.compile(
    r"[\s,.]*\b(?:co|corp|corporation|company|inc|incorporated|ltd|limited|llc|gmbh|ag|kk|k\.k|s\.?a|bv|b\.v|ab|intl|"
    r"international|optical|electric|electronics|electronic|technology|technologies|techwin|communications|"
    r"mobile phones?|mobile|photo|systems|digital ima\w*|group|technol\w*)\b\.?[\s,.]*$",
    re.IGNORECASE,
)
_FIRM_WORDS = 4
"""Most words of a firm's form after its brand: "OLYMPUS OPTICAL CO., LTD"."""

_FIRMWARE = re.compile(r"\s*\(V\d+\.\d+\).*$", re.IGNORECASE)
_NOTHING = re.compile(
    r"(?:unknown|none|null|\(null\)|n/?a|default|camera|digital(?: still)? camera|digital|0+|[\W_]*|"
    r"android|alps|mtk|mediatek|spreadtrum|sprd|unisoc|rockchip|allwinner|qualcomm|generic)",  # makers of the chip
    re.IGNORECASE,
)

# "CaplioG3" starts with a product line (Caplio); "Optional" does not (Optio).
_PRODUCT = re.compile(rf"(?i:{'|'.join(sorted(PRODUCTS, key=len, reverse=True))})(?![a-z]{{2}})")
_CODE = re.compile(r"[a-z]{2,5}-[a-z]{0,3}\d", re.IGNORECASE)


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w&+]+|_", " ", text.casefold()).split()


def _known_brand(text: str) -> tuple[str, int] | None:
    """Return the brand that a text starts with, and the number of words that name it."""
    words = _words(text)
    for count in range(min(LONGEST, len(words)), 0, -1):
        brand = BRANDS.get(" ".join(words[:count]))
        if brand:
            return brand, count
    return None


def is_known(brand: str) -> bool:
    """Return whether a tidy brand is in `BRANDS`; any other make in a file may be damaged text or an unknown maker.

    >>> is_known("Nikon"), is_known("?ikon")
    (True, False)
    """
    return brand in KNOWN


def _product_line(make: str) -> tuple[str, str] | None:
    """Return the product line that a file names in place of the maker, as written, and its brand."""
    words = make.replace(",", " ").split()
    if words and words[0].casefold() in PRODUCTS:
        return words[0], PRODUCTS[words[0].casefold()]
    if len(words) > 1 and (brand := _known_brand(words[0])) and PRODUCTS.get(words[1].casefold()) == brand[0]:
        return words[1], brand[0]
    return None


def _brand_of_make(make: str) -> str:
    known = _known_brand(make)
    if known:
        return known[0]
    for name in GLUED:  # "NikonCorporation", "OLYMPUSIMAGINGCORP."
        if squashed(make).startswith(name):
            return BRANDS[name]
    tidy = make
    while (shorter := _FIRM.sub("", tidy)) not in (tidy, ""):
        tidy = shorter
    return " ".join(tidy.split()).strip(" .,") or make


def _brand_of_model(model: str, stated: bool = False) -> str | None:
    """Return the brand that a model names.

    Args:
        model: the model, as written.
        stated: whether the file states a maker, which is then unknown. Codes are not used in that case: the DVR-LX60D is
            Pioneer's, although the code fits Huawei's scheme.
    """
    known = _known_brand(model)
    # The start of a model can look like a brand of one or two letters by chance.
    if known and len(known[0]) > 2 and known[0] not in ALSO_WORDS:
        return known[0]
    if product := _PRODUCT.match(model):
        return PRODUCTS[product[0].casefold()]
    for brand, pattern in LINES if stated else (*LINES, *CODES):
        if pattern.match(folded(model)):
            return brand
    # Makers that write their name and the code as one word: "SonyEricssonK800i", "NokiaN95".
    glued = re.match(r"(sonyericsson|nokia|samsung|lg|htc)(?=[a-z]*\d)", squashed(model))
    return BRANDS[glued[1]] if glued else None


def _without_prefix(model: str, names: tuple[str, ...]) -> str:
    """Return the model without the maker's names before it."""
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
        }  # OM is part of the models of OM Digital Solutions
    names |= {words for words, known in BRANDS.items() if known == brand}
    if brand == "Sony Ericsson":
        names.add("SonyEricsson")
    if brand == "bq":
        return ()  # the code is BQ-5033; a 5033 is another maker's
    if brand in ("Xiaomi", "POCO"):
        names -= {"redmi", "Redmi", "poco", "POCO"}  # part of the market name: Redmi Note 9S
    return tuple(sorted((name for name in names if len(name) > 1), key=lambda name: (-len(name), name)))


def tidy(make: str | None, model: str | None) -> tuple[str | None, str | None]:
    """Return the tidy brand, and the model without the maker's name, from the strings in a file.

    A missing, meaningless or unknown make is taken from the model where that names it ("HTC One_M8", "NIKON D3000",
    "CanoScan 8800F"). A product line in the make ("COOLPIX", "S200") is moved to the model. A licensed brand is preferred to
    the maker (HMD Global's "Nokia X71" is a Nokia). Unknown text is kept, without words such as "Corporation" or "Co., Ltd".

    Args:
        make: EXIF's Make, as written.
        model: EXIF's Model, as written.

    Returns:
        (brand, model), each None where it is not known.

    >>> tidy("NIKON CORPORATION", "NIKON D90")
    ('Nikon', 'D90')
    >>> tidy(None, "HTC One_M8")
    ('HTC', 'One M8')
    >>> tidy("COOLPIX", "S9900")
    ('Nikon', 'COOLPIX S9900')
    >>> tidy("HMD Global", "Nokia X71")
    ('Nokia', 'X71')
    """
    make = (make or "").split("\0")[0].strip() or None
    model = (model or "").split("\0")[0].strip() or None
    if make and _NOTHING.fullmatch(make):
        make = None
    line = _product_line(make) if make else None
    if make and line:
        make = line[1]
        if model and not _CODE.match(model) and line[0].casefold() not in folded(model):
            model = f"{line[0]} {model}"
    if model is None:
        return (_brand_of_make(make) if make else None), None
    brand = _brand_of_make(make) if make else None
    if brand is None or not is_known(brand):  # missing, damaged or unknown: the model may name its maker
        # a model can list several names of one camera: "NV8, VLUU NV8"
        names = (model.strip("<> "), *(name.strip("<> ") for name in re.split("[,/]", model)[1:]))
        brand = next(filter(None, (_brand_of_model(name, stated=make is not None) for name in names)), brand)
    if brand is None:
        return None, " ".join(model.replace("_", " ").split()) or model
    licensed = LICENSED.get(brand, {})
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
    line = _PRODUCT.match(short)
    if line and PRODUCTS[line[0].casefold()] == brand and _CODE.match(code := short[line.end() :].strip()):
        short = code  # "Lumix DMC-G6" and "DMC-G6" are one camera
    if brand == "Canon":  # the mirrorless bodies write R6m2 for R6 Mark II
        short = re.sub(
            r"(?<=\d)m([2-4])$", lambda found: f" Mark {'I' * int(found[1]) if found[1] < '4' else 'IV'}", short
        )
    if brand == "Kodak":
        short = re.sub(r"\s+(?:zoom )?digital (?:still )?camera$", "", short, flags=re.IGNORECASE)
    if brand == "Leica":
        short = re.sub(r"\s+digital camera$", "", short, flags=re.IGNORECASE)
    if brand == "Nikon" and re.fullmatch(r"e\d{3,4}", short, re.IGNORECASE):
        short = f"COOLPIX {short[1:]}"  # the first COOLPIX cameras wrote E990 for COOLPIX 990
    if brand == "Nikon" and (version := re.fullmatch(r"(z ?\d+) ([23])", short, re.IGNORECASE)):
        short = version[1].upper() + "I" * int(version[2])  # "NIKON Z 6_2" is the Z 6II
    return short or model


def split_device(text: str | None) -> tuple[str | None, str | None]:
    """Return make and model of a camera that is named in one text, in which a known maker comes first.

    Without a known maker the whole text is the model, from which `tidy` may still tell the brand.

    Args:
        text: make and model, separated by spaces.

    >>> split_device("Apple iPhone 4S"), split_device("NIKON CORPORATION NIKON D90")
    (('Apple', 'iPhone 4S'), ('NIKON CORPORATION', 'NIKON D90'))
    >>> split_device("Sony Ericsson K800i"), split_device("Canon"), split_device("iPhone 4")
    (('Sony Ericsson', 'K800i'), ('Canon', None), (None, 'iPhone 4'))
    """
    words = (text or "").split("\0")[0].split()
    for count in range(min(len(words), LONGEST + _FIRM_WORDS), 0, -1):
        core, shorter = "", " ".join(words[:count])
        while shorter not in (core, ""):
            core = shorter
            known = _known_brand(core)
            if known and known[1] == len(_words(core)):
                return " ".join(words[:count]), " ".join(words[count:]) or None
            shorter = re.sub(r"\s+imaging$", "", _FIRM.sub("", core), flags=re.IGNORECASE)  # OLYMPUS IMAGING CORP.
    return None, " ".join(words) or None
