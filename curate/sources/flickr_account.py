"""Parses the metadata of a Flickr account's data export: who the account is, its albums, and a JSON file for each photo.

The quirks of real exports are known: a photo's own list of albums is always empty, its JSON does not name its media file, and its
privacy is not to be trusted. Source: the importers of immich-go and PhotoPrism, and exports that people describe.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from curate.catalog.listing import Listing
from curate.photos.facts import Exif
from curate.sources.flickr.answers import int_of, text_of
from curate.sources.flickr.licenses import license_of as license_of_number
from curate.sources.published import address_of, flickr_id_of, known_exif, license_of, original_of, taken_of
from tracer.base.parsing import Unparsable, parse_json_object

PROFILE, ALBUMS = "account_profile.json", "albums.json"
_PHOTO = re.compile(r"photo_(\d{1,15})\.json")
_LABELS = {
    "make": "Make", "model": "Model", "exposure": "Exposure", "exposuretime": "Exposure", "aperture": "Aperture",
    "fnumber": "Aperture", "isospeed": "ISO Speed", "iso": "ISO Speed", "focallength": "Focal Length",
}  # fmt: skip
"""Names of EXIF values in a photo's JSON, in lower case without spaces -> label."""


@dataclass(frozen=True, slots=True)
class AccountPhoto:
    """A photo of the account, by its JSON.

    Attributes:
        listing: what the account says of it, without the owner and the album.
        exif: the camera metadata in the JSON; None where it has none.
    """

    listing: Listing
    exif: Exif | None


@dataclass
class Account:
    """The metadata of an export.

    Attributes:
        owner: NSID of the account; None where the export does not say.
        photos: Flickr ID -> photo.
        albums: Flickr ID -> titles of the albums that hold it.
    """

    owner: str | None = None
    photos: dict[int, AccountPhoto] = field(default_factory=dict)
    albums: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take_in(self, name: str, data: bytes) -> None:
        """Read one of the JSON files.

        Args:
            name: the file's name.
            data: its content.

        Raises:
            Unparsable: it is not what its name says.
        """
        content = parse_json_object(data)
        if name == PROFILE:
            self.owner = text_of(content.get("nsid")) or self.owner
        elif name == ALBUMS:
            for album in _listed(content.get("albums")):
                title = text_of(album.get("title"))
                photos = album.get("photos")
                for photo in photos if isinstance(photos, list) else ():
                    flickr_id = flickr_id_of(text_of(photo))
                    if title is not None and flickr_id is not None and title not in self.albums[flickr_id]:
                        self.albums[flickr_id].append(title)
        else:
            photo = _photo(content)
            self.photos.setdefault(photo.listing.flickr_id, photo)

    def listing(self, flickr_id: int) -> Listing:
        """Return all that the account says of a photo; its semantic label is its album, where it is in exactly one."""
        albums = self.albums.get(flickr_id, [])
        label = albums[0] if len(albums) == 1 else None
        return replace(self.photos[flickr_id].listing, owner=self.owner, semantic_label=label)


def is_metadata(name: str) -> bool:
    """Return whether a file of an export is one that `Account.take_in` reads, by its name."""
    return name in (PROFILE, ALBUMS) or _PHOTO.fullmatch(name) is not None


def ids_in(name: str) -> list[int]:
    """Return the numbers in a media file's name that may be its Flickr ID, the likeliest first.

    >>> ids_in("beach-2013_9412345678_o.jpg"), ids_in("9412345678_0a1b2c_o.jpg")
    ([9412345678, 2013], [9412345678, 2])
    """
    stem = re.sub(r"_[a-z]$", "", name.rpartition(".")[0], flags=re.IGNORECASE)
    numbers = [flickr_id_of(digits) for digits in re.findall(r"(?<![0-9])[0-9]{1,15}(?![0-9])", stem)]
    words = [flickr_id_of(word) for word in reversed(re.split(r"[^0-9A-Za-z]+", stem))]
    return list(dict.fromkeys(one for one in (*words, *reversed(numbers)) if one is not None))


def _photo(content: Mapping[str, Any]) -> AccountPhoto:
    flickr_id = flickr_id_of(text_of(content.get("id")))
    if flickr_id is None:
        raise Unparsable("it has no 'id' that is a Flickr ID")
    precision = next((content[key] for key in ("date_taken_granularity", "granularity") if key in content), None)
    taken_at, taken_precision = taken_of(text_of(content.get("date_taken")), precision)
    listing = Listing(
        flickr_id,
        "flickr-export",
        url=address_of(text_of(content.get("photopage"))),
        license=_license(content.get("license")),
        taken_at=taken_at,
        taken_precision=taken_precision,
        original=original_of(address_of(text_of(content.get("original")))),
    )
    return AccountPhoto(listing, _exif(content.get("exif")))


def _license(value: Any) -> str | None:
    name = text_of(value)
    number = int_of(value)
    return license_of(name, name) if number is None else license_of_number(number, {})


def _exif(value: Any) -> Exif | None:
    """Return the camera metadata of a photo's JSON, which is an object of texts where an export has it."""
    if not isinstance(value, dict):
        return None
    labels = {_LABELS.get(re.sub(r"[\s_]", "", key).lower()): text_of(text) for key, text in value.items()}
    return known_exif({label: text for label, text in labels.items() if label is not None})


def _listed(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
