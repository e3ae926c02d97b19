"""A photo as Flickr or an import lists it, and its labels together with those of its EXIF and its file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from curate.catalog.labelling import PHOTO_ID, RIGHTS, label_photo
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision

Source = Literal["flickr", "flickrexif", "yfcc100m", "flickr-export"]
"""Where a photo with a Flickr ID comes from."""

_PREFIX = "flickr:"
_COARSE = (TakenPrecision.MONTH, TakenPrecision.YEAR)


@dataclass(frozen=True, slots=True)
class Listing:
    """A photo as its source lists it; texts are clean.

    Attributes:
        flickr_id: the Flickr ID.
        source: where the photo comes from.
        owner: NSID of its owner.
        url: address of its page.
        license: SPDX id or URL.
        license_seen: the day on which that licence was seen, ISO 8601.
        taken_at: local time as its owner or Flickr states it, `YYYY-MM-DDTHH:MM:SS`.
        taken_precision: the precision of `taken_at`.
        semantic_label: the semantic label, by the search or the source that found it.
        original: address of the original file.
        width: width of the original in pixels, as stored.
        height: height of the original in pixels, as stored.
        format: format of the original, `JPEG`.
        gone: whether the photo was deleted or is private now.
    """

    flickr_id: int
    source: Source
    owner: str | None = None
    url: str | None = None
    license: str | None = None
    license_seen: str | None = None
    taken_at: str | None = None
    taken_precision: TakenPrecision = TakenPrecision.UNKNOWN
    semantic_label: str | None = None
    original: str | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    gone: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON takes it."""
        return {item.name: getattr(self, item.name) for item in _FIELDS}

    def updated(self, newer: Listing) -> Listing:
        """Return the listing with what a newer listing of the same photo says; what that one does not say is kept.

        The source and the semantic label stay those that first listed the photo. The day of the licence changes only with
        the licence. Where Flickr itself stated owner, address and licence, which the day tells, those of a file do not count.
        A photo that is gone stays gone: searches go on finding such photos for a while.
        """
        said = {item.name: value for item in fields(self) if (value := getattr(newer, item.name)) is not None}
        said |= {"source": self.source, "semantic_label": self.semantic_label or newer.semantic_label}
        said["gone"] = self.gone or newer.gone
        if self.license_seen is not None and newer.license_seen is None:
            said |= {name: value for name in RIGHTS if (value := getattr(self, name)) is not None}
        same = said.get("license", self.license) == self.license
        said["license_seen"] = (self.license_seen if same else None) or (newer.license and newer.license_seen)
        if newer.taken_at is None:
            said["taken_precision"] = self.taken_precision
        return replace(self, **said)


_FIELDS = fields(Listing)


def listing_from_json(content: Mapping[str, Any]) -> Listing:
    """Return the record that `Listing.as_json` wrote."""
    return Listing(**{**content, "taken_precision": TakenPrecision(content["taken_precision"])})


def listed_path(flickr_id: int) -> str:
    """Return what stands in place of a path for a photo that has no file.

    >>> listed_path(53001234567)
    'flickr:53001234567'
    """
    return f"{_PREFIX}{flickr_id}"


def is_listed_path(path: str) -> bool:
    """Return whether a text is the path of a photo without a file.

    >>> is_listed_path("flickr:53001234567"), is_listed_path("flickr:a.jpg")
    (True, False)
    """
    number = path.removeprefix(_PREFIX)
    return number != path and number.isascii() and number.isdecimal()


def stated(listing: Listing) -> dict[str, str | None]:
    """Return the labels that a listing states (`labelling.SAID_KEYS`), and the photo's ID; a label that it lacks is absent."""
    said = {name: getattr(listing, name) for name in ("owner", "url", "license", "semantic_label")}
    return {PHOTO_ID: str(listing.flickr_id), **{name: value for name, value in said.items() if value is not None}}


def facts_of_listing(listing: Listing, exif: Exif | None = None, file: PhotoFacts | None = None) -> PhotoFacts:
    """Return all facts of a photo that has a listing.

    The file counts more than the API, which read the same file; where both say something and differ, the record says so. The
    owner's date counts where the file has none, and where it is to the month or coarser: the owner then corrected the date
    that the camera or the scanner wrote.

    Args:
        listing: what its source says.
        exif: its camera metadata from the API or the import; None until they came.
        file: the facts of its original; None where it was not downloaded.
    """
    own = exif or Exif()
    if file is None:
        status = Status.OK if exif is not None else Status.LISTED
        known = PhotoFacts(status, format=listing.format, width=listing.width, height=listing.height, exif=own)
    else:
        known = replace(file, exif=_merged(file.exif, own))
    if listing.gone and file is None:
        known = replace(known, status=Status.GONE, error="it was deleted, or is private now")
    if listing.taken_at is not None and (known.exif.taken_at is None or listing.taken_precision in _COARSE):
        dated = replace(
            known.exif,
            taken_at=listing.taken_at,
            taken_precision=listing.taken_precision,
            utc_offset=None,
            readers=(*known.exif.readers, "listing"),
        )
        known = replace(known, exif=dated)
    return known


_TOGETHER = (("taken_at", "taken_precision", "utc_offset"), ("latitude", "longitude"))
_RECORD = ("readers", "disagreements")
_SINGLE = tuple(
    (item.name,)
    for item in fields(Exif)
    if item.name not in _RECORD and not any(item.name in group for group in _TOGETHER)
)
_COMPARED = ("exposure", "aperture", "focal_length", "iso_speed", "flash", "taken_at", "lens", "software")


def _merged(file: Exif, api: Exif) -> Exif:
    """Return a file's metadata, completed by the API's, with a line for each label on which they disagree."""
    values: dict[str, Any] = {}
    for group in (*_TOGETHER, *_SINGLE):
        if getattr(file, group[0]) is None and getattr(api, group[0]) is not None:
            values |= {name: getattr(api, name) for name in group}
    readers = (*file.readers, *(reader for reader in api.readers if values and reader not in file.readers))
    return replace(file, **values, readers=readers, disagreements=(*file.disagreements, *_differences(file, api)))


def _differences(file: Exif, api: Exif) -> Iterator[str]:
    """Yield a line for each label that both have and that differs. The API's times have no fractions of a second."""
    first, second = _labels(file), _labels(api)
    for name, value in first.items():
        other = second[name]
        if value is not None and other is not None and value != other:
            yield f"{name}: file {value}, flickr {other}"


def _labels(exif: Exif) -> dict[str, str | None]:
    labels = label_photo(PhotoFacts(Status.OK, exif=exif), {})
    compared = {"make": labels.make, "model": labels.model, **{name: labels.columns[name] for name in _COMPARED}}
    return compared | {"taken_at": compared["taken_at"] and compared["taken_at"].partition(".")[0]}
