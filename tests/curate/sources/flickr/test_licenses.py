"""Flickr's licences as SPDX ids or addresses."""

from __future__ import annotations

import pytest

from curate.sources.flickr.licenses import OPEN, license_of, spdx_of
from tests.helpers.fake_flickr.api import LICENSES

SEEN = dict(enumerate(LICENSES))


def test_numbers_and_addresses_agree() -> None:
    """Whether or not the list of licences was had."""
    assert [license_of(number, SEEN) for number in range(17)] == [license_of(number, {}) for number in range(17)]
    assert license_of(None, SEEN) is None


def test_the_address_counts_more_than_the_number() -> None:
    """Flickr may add licences, and a number may get a new one."""
    assert license_of(17, {17: "https://creativecommons.org/licenses/by-nc/5.0/deed.de"}) == "CC-BY-NC-5.0"
    assert license_of(4, {4: "https://creativecommons.org/licenses/by/3.0/"}) == "CC-BY-3.0"
    assert license_of(18, {18: "https://example.org/own"}) == "https://example.org/own"
    assert license_of(99, SEEN) == "LicenseRef-Flickr-99"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://creativecommons.org/licenses/by-sa/2.0", "CC-BY-SA-2.0"),
        ("https://www.creativecommons.org/licenses/by-nd/4.0/", "CC-BY-ND-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://creativecommons.org/publicdomain/other/1.0/", None),
        ("https://creativecommons.org.example/licenses/by/2.0/", None),
        ("https://example.org/https://creativecommons.org/licenses/by/2.0/", None),
        ("", None),
    ],
)
def test_addresses(address: str, name: str | None) -> None:
    """Only those of Creative Commons have SPDX ids."""
    assert spdx_of(address) == name


def test_what_is_downloaded_by_default() -> None:
    """CC0, public domain mark, BY, BY-SA, US government; nothing that forbids commerce or derivatives."""
    assert {"CC0-1.0", "CC-PDM-1.0", "CC-BY-2.0", "CC-BY-4.0", "CC-BY-SA-2.0", "CC-BY-SA-4.0"} < set(OPEN)
    assert len(OPEN) == 7 and not any("NC" in name or "ND" in name for name in OPEN)
