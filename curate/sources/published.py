"""Values of published photos as tables and exports write them: Flickr IDs, addresses, licences and dates. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from curate.catalog.assigning import fits
from curate.catalog.labelling import parse_taken
from curate.catalog.labels import LOCAL_ID_BASE
from curate.photos.facts import Exif, TakenPrecision
from curate.sources.flickr.exif import exif_from_labels
from curate.sources.flickr.licenses import spdx_of
from tracer.base.text import clean_text

_IMAGE_HOSTS = (".staticflickr.com", ".static.flickr.com")
_OTHER_HOSTS = "CURATE_FLICKR_HOSTS"
"""Environment variable with further hosts of images."""

_TERMS = {
    "attribution": "BY", "by": "BY", "noncommercial": "NC", "nc": "NC", "noderivs": "ND", "noderivatives": "ND", "nd": "ND",
    "sharealike": "SA", "sa": "SA",
}  # fmt: skip
_NO_TERMS = (
    ("all rights reserved", "https://rightsstatements.org/vocab/InC/1.0/"),
    ("no known copyright", "https://www.flickr.com/commons/usage/"),
    ("no known restriction", "https://www.flickr.com/commons/usage/"),
    ("united states government", "https://www.usa.gov/government-works"),
    ("us government", "https://www.usa.gov/government-works"),
    ("cc0", "CC0-1.0"),
    ("public domain dedication", "CC0-1.0"),
    ("public domain", "CC-PDM-1.0"),
)
_ZERO_DATE = re.compile(r"0000-\d\d-\d\d")
_COARSE = {"4": TakenPrecision.MONTH, "6": TakenPrecision.YEAR, "8": TakenPrecision.YEAR}
_LENGTH = {TakenPrecision.MONTH: 7, TakenPrecision.YEAR: 4}


def flickr_id_of(value: object) -> int | None:
    """Return a Flickr ID, a positive number below those of local photos; None where the value is not one.

    >>> flickr_id_of("53001234567"), flickr_id_of(7), flickr_id_of(-7), flickr_id_of("7.5")
    (53001234567, 7, None, None)
    """
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,15}", text):
        return None
    return int(text) if 0 < int(text) < LOCAL_ID_BASE else None


def address_of(value: str | None) -> str | None:
    """Return an address on the web, cleaned; None for any other text.

    >>> address_of(" https://www.flickr.com/photos/1@N00/7/ "), address_of("javascript:alert(1)")
    ('https://www.flickr.com/photos/1@N00/7/', None)
    """
    text = clean_text(value)
    return text if text and fits("url", text) else None


def original_of(address: str | None) -> str | None:
    """Return an address from which Flickr serves an image, by https; None for any other address, such as that of a page.

    Hosts that CURATE_FLICKR_HOSTS names count as Flickr's; their addresses stay as they are.

    >>> original_of("http://farm5.staticflickr.com/4012/7_ab_o.jpg")
    'https://farm5.staticflickr.com/4012/7_ab_o.jpg'
    >>> original_of("https://www.flickr.com/photos/1@N00/7/") is None
    True
    """
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        host, place = parts.hostname or "", parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return None
    if f".{host}".endswith(_IMAGE_HOSTS):
        return parts._replace(scheme="https").geturl()
    named = {name.strip().lower() for name in os.environ.get(_OTHER_HOSTS, "").split(",")} - {""}
    is_image = (place in named or host in named) and not parts.path.startswith("/photos/")
    return address if is_image else None


@lru_cache(maxsize=1024)
def license_of(name: str | None, address: str | None = None) -> str | None:
    """Return a licence as an SPDX id or a URL, from its address or one of the names that Flickr gave it over the years.

    A name without a version means version 2.0, the only one that Flickr offered while its names had none.

    >>> license_of("Attribution-NonCommercial-ShareAlike License"), license_of("CC BY 4.0"), license_of("unheard of")
    ('CC-BY-NC-SA-2.0', 'CC-BY-4.0', None)
    >>> license_of(None, "http://creativecommons.org/licenses/by-nd/2.0/")
    'CC-BY-ND-2.0'
    """
    spdx = spdx_of((address or "").strip().lower())
    if spdx is not None:
        return spdx
    words = (clean_text(name) or "").lower()
    known = next((value for part, value in _NO_TERMS if part in words), None)
    if known is not None:
        return known
    terms = [_TERMS[word] for word in re.findall(r"[a-z]+", words) if word in _TERMS]
    if not terms or terms[0] != "BY":
        return address_of(address)
    version = next(iter(re.findall(r"\d\.\d", words)), "2.0")
    return f"CC-{'-'.join(dict.fromkeys(terms))}-{version}"


def taken_of(text: str | None, granularity: object = None) -> tuple[str | None, TakenPrecision]:
    """Return the time at which a photo was taken, and its precision, as Flickr writes both.

    Args:
        text: `2012-02-16 09:56:37`, also with a fraction that is zero; `0000-00-00` and blank text are no time.
        granularity: Flickr's number: 0 to the second, 4 to the month, 6 to the year, 8 about that year.

    >>> taken_of("2012-02-16 09:56:37.0")[0], taken_of("2012-02-16 09:56:37", 6)
    ('2012-02-16T09:56:37', ('2012-01-01T00:00:00', <TakenPrecision.YEAR: 'year'>))
    """
    cleaned = re.sub(r"\.0*$", "", (clean_text(text) or ""))
    coarse = _COARSE.get(str(granularity).strip())
    if _ZERO_DATE.match(cleaned):
        return None, TakenPrecision.UNKNOWN
    taken, precision, _ = parse_taken(cleaned[: _LENGTH[coarse]] if coarse else cleaned)
    return taken, precision


def known_exif(labels: Mapping[str, str | None]) -> Exif | None:
    """Return the camera metadata that label columns give as text (`flickr.exif.exif_from_labels`); None where they give none."""
    exif = exif_from_labels(labels)
    given = (exif.make, exif.model, exif.exposure_s, exif.aperture, exif.focal_mm, exif.iso)
    return exif if any(value is not None for value in given) else None
