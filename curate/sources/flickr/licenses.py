"""Flickr's licences: their numbers and addresses -> SPDX ids.

Flickr renamed its licences several times and added new ones; the number and the address tell them apart. The addresses that
`flickr.photos.licenses.getInfo` gives count more than the table here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BY_NUMBER = {
    0: "https://rightsstatements.org/vocab/InC/1.0/",
    1: "CC-BY-NC-SA-2.0",
    2: "CC-BY-NC-2.0",
    3: "CC-BY-NC-ND-2.0",
    4: "CC-BY-2.0",
    5: "CC-BY-SA-2.0",
    6: "CC-BY-ND-2.0",
    7: "https://www.flickr.com/commons/usage/",
    8: "https://www.usa.gov/government-works",
    9: "CC0-1.0",
    10: "CC-PDM-1.0",
    11: "CC-BY-4.0",
    12: "CC-BY-SA-4.0",
    13: "CC-BY-ND-4.0",
    14: "CC-BY-NC-4.0",
    15: "CC-BY-NC-SA-4.0",
    16: "CC-BY-NC-ND-4.0",
}
"""Flickr's number -> SPDX id or URL. 0 is all rights reserved, 7 no known restrictions, 8 a work of the US government."""

OPEN_NUMBERS = (9, 10, 4, 11, 5, 12, 8)
OPEN = tuple(_BY_NUMBER[number] for number in OPEN_NUMBERS)
"""The licences whose originals are downloaded by default: CC0, public domain mark, BY, BY-SA, US government."""

_CREATIVE = re.compile(r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(?:/|$)")


def license_of(number: int | None, seen: Mapping[int, str]) -> str | None:
    """Return a licence as an SPDX id or a URL; None where the photo has no number.

    Args:
        number: Flickr's number.
        seen: number -> address, as the API gave them; empty addresses are not there.

    >>> license_of(4, {}), license_of(17, {17: "https://creativecommons.org/licenses/by/5.0/"}), license_of(99, {})
    ('CC-BY-2.0', 'CC-BY-5.0', 'LicenseRef-Flickr-99')
    """
    if number is None:
        return None
    fallback = _BY_NUMBER.get(number, f"LicenseRef-Flickr-{number}")
    address = seen.get(number)
    if address is None:
        return fallback
    return spdx_of(address) or (fallback if number in _BY_NUMBER else address)


def spdx_of(address: str) -> str | None:
    """Return the SPDX id of a Creative Commons address; None for another address.

    >>> spdx_of("http://creativecommons.org/licenses/by-nc-sa/2.0/")
    'CC-BY-NC-SA-2.0'
    >>> spdx_of("https://creativecommons.org/publicdomain/zero/1.0/"), spdx_of("https://example.com/")
    ('CC0-1.0', None)
    """
    found = _CREATIVE.match(address)
    if found is None:
        return None
    family, kind, version = found.groups()
    if family == "publicdomain":
        return {"zero": f"CC0-{version}", "mark": f"CC-PDM-{version}"}.get(kind)
    return f"CC-{kind.upper()}-{version}"
