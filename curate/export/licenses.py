"""The licences of a set's photos: counts, addresses, and the fields of its card."""

from __future__ import annotations

from collections import Counter

from curate.catalog.phototable import PhotoTable

NOT_STATED = "not stated"

_SPDX_URLS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    **{
        f"CC-{kind}-{version}": f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
        for kind in ("BY", "BY-SA", "BY-ND", "BY-NC", "BY-NC-SA", "BY-NC-ND")
        for version in ("2.0", "3.0", "4.0")
    },
}
_HUB_IDS = frozenset(
    {"cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0"}
    | {"cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0"}
    | {"cc-by-nc-sa-4.0", "apache-2.0", "mit"}
)
"""Licences that have an identifier in data set cards of the Hugging Face hub."""


def counts(photos: PhotoTable) -> dict[str, int]:
    """Return licence -> number of photos, sorted by name; photos without a licence count as `not stated`."""
    return dict(sorted(Counter(name or NOT_STATED for name in photos.values("license")).items()))


def license_url(name: str) -> str:
    """Return a licence's address, from its SPDX id or the URL itself."""
    if "://" in name:
        return name
    return _SPDX_URLS.get(name, f"https://spdx.org/licenses/{name}.html")


def hub_fields(licences: dict[str, int]) -> dict[str, str]:
    """Return the licence fields of a card's front matter."""
    names = list(licences)
    if len(names) == 1 and names[0].lower() in _HUB_IDS:
        return {"license": names[0].lower()}
    name = "not-stated" if names == [NOT_STATED] else "see-attribution"
    return {"license": "other", "license_name": name, "license_link": "ATTRIBUTION.csv"}
