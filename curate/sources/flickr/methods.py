"""The methods of the Flickr API that lenstrace calls: their arguments, and records of their answers.

Source of the arguments and forms: https://www.flickr.com/services/api/ . Answers drift: numbers come as texts, a page can be
short, a total can be too high. What cannot be read counts as a garbled answer, which is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curate.catalog.labelling import parse_taken
from curate.catalog.labels import LOCAL_ID_BASE
from curate.photos.facts import TakenPrecision
from curate.sources.flickr.answers import Failure, FlickrError, Garbled, int_of, part, parts, text_of
from curate.sources.flickr.client import Flickr
from curate.sources.flickr.exif import ExifTag
from curate.sources.flickr.plan import Query
from curate.sources.flickr.windows import Window
from tracer.base.progress import Work

EXTRAS = "license,date_upload,date_taken,media,original_format,url_o"
PER_PAGE, PER_PAGE_BBOX = 500, 250
_GRANULARITY = {0: TakenPrecision.SECOND, 4: TakenPrecision.MONTH, 6: TakenPrecision.YEAR, 8: TakenPrecision.YEAR}
_NSID = re.compile(r"[0-9A-Za-z]{1,20}@N[0-9]{1,6}")
_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "tif": "TIFF", "tiff": "TIFF", "heic": "HEIF"}
_OWNER = re.compile(r"[^\s/?#%]{1,64}")


@dataclass(frozen=True, slots=True)
class Taken:
    """When a photo was taken, as Flickr states it.

    Attributes:
        at: local time, `YYYY-MM-DDTHH:MM:SS`; None where it is not known.
        precision: its precision.
    """

    at: str | None = None
    precision: TakenPrecision = TakenPrecision.UNKNOWN


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo on a page of results.

    Attributes:
        flickr_id: the Flickr ID.
        owner: NSID; None where neither the photo nor the list states it.
        license: Flickr's number.
        taken: when it was taken.
        is_photo: whether it is a photo, not a video.
        original: address of its original; None where its owner does not offer it.
        size: width and height of its original in pixels; None where they are not stated.
        format: format of its original, `JPEG`; None where it is not stated.
    """

    flickr_id: int
    owner: str | None
    license: int | None
    taken: Taken
    is_photo: bool
    original: str | None
    size: tuple[int, int] | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results.

    Attributes:
        photos: the photos on it; it is the end of the results where there are none.
        total: number of all results by Flickr's count, which can be too high; None where it is not stated.
        size: number of photos that a full page has, as the answer states it; None where it does not.
        unreadable: number of entries on it without a usable ID.
    """

    photos: tuple[FoundPhoto, ...]
    total: int | None
    size: int | None = None
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PhotoState:
    """A photo as `flickr.photos.getInfo` states it now.

    Attributes:
        license: Flickr's number.
        taken: when it was taken.
    """

    license: int | None
    taken: Taken


def search(flickr: Flickr, query: Query, window: Window, page: int) -> Work[Page]:
    """Ask for a page of `flickr.photos.search`, or of the list of a group or album; user, group and album are resolved.

    Raises:
        FlickrError: as `Flickr.call`.
    """
    extras: dict[str, str | int] = {"extras": EXTRAS, "per_page": per_page(query), "page": page}
    if query.album is not None:
        own = {"photoset_id": query.album, "user_id": query.user or "", "media": "photos"}
        return (yield from flickr.call("flickr.photosets.getPhotos", {**own, **extras}, lambda c: _page(c, "photoset")))
    if query.is_listed:
        pool = {"group_id": query.group or "", **({"user_id": query.user} if query.user else {})}
        return (
            yield from flickr.call("flickr.groups.pools.getPhotos", {**pool, **extras}, lambda c: _page(c, "photos"))
        )
    named = {
        "text": query.text,
        "tags": ",".join(query.tags),
        "user_id": query.user,
        "group_id": query.group,
        "camera": query.camera,
        "license": ",".join(map(str, query.license)),
        "bbox": ",".join(map(str, query.bbox or ())),
    }
    arguments = {"media": "photos", "sort": "date-posted-asc" if window.taken is None else "date-taken-asc", **extras}
    arguments |= {name: value for name, value in named.items() if value}
    if window.taken is not None:
        arguments |= {"min_taken_date": window.taken[0], "max_taken_date": window.taken[1]}
    if window.uploaded is not None:
        arguments |= {"min_upload_date": window.uploaded[0], "max_upload_date": window.uploaded[1]}
    return (yield from flickr.call("flickr.photos.search", arguments, lambda c: _page(c, "photos")))


def per_page(query: Query) -> int:
    """Return the largest number of photos on a page of a search."""
    return PER_PAGE if query.bbox is None else PER_PAGE_BBOX


def exif_tags(flickr: Flickr, flickr_id: int) -> Work[tuple[ExifTag, ...]]:
    """Ask for the EXIF of a photo.

    Raises:
        Failure: code 1 where the photo was deleted or is private, code 2 where its owner does not share EXIF.
        FlickrError: as `Flickr.call`.
    """
    asked = {"photo_id": flickr_id}
    return (yield from flickr.call("flickr.photos.getExif", asked, lambda c: _exif_tags(_photo(c, flickr_id))))


def photo_state(flickr: Flickr, flickr_id: int) -> Work[PhotoState]:
    """Ask for a photo's licence and dates.

    Raises:
        Failure: code 1 where the photo was deleted or is private.
        FlickrError: as `Flickr.call`.
    """
    asked = {"photo_id": flickr_id}
    return (yield from flickr.call("flickr.photos.getInfo", asked, lambda c: _photo_state(_photo(c, flickr_id))))


def original_address(flickr: Flickr, flickr_id: int) -> Work[str | None]:
    """Ask for the address of a photo's original; None where its owner does not offer it.

    Raises:
        Failure: code 1 where the photo was deleted or is private, code 2 where its sizes may not be seen.
        FlickrError: as `Flickr.call`.
    """
    return (yield from flickr.call("flickr.photos.getSizes", {"photo_id": flickr_id}, _original))


def licenses(flickr: Flickr) -> Work[dict[int, str]]:
    """Ask for Flickr's licences: number -> address, for those that have one.

    Raises:
        FlickrError: as `Flickr.call`.
    """
    return (yield from flickr.call("flickr.photos.licenses.getInfo", {}, _licenses))


def user_nsid(flickr: Flickr, user: str) -> Work[str]:
    """Return the NSID of a user: an NSID itself, the address of their page, or their name.

    Raises:
        Failure: the user does not exist.
        FlickrError: as `Flickr.call`.
    """
    if _NSID.fullmatch(user):
        return user
    if "://" in user or user.startswith(("www.flickr.com/", "flickr.com/")):
        return (yield from flickr.call("flickr.urls.lookupUser", {"url": user}, _user))
    return (yield from flickr.call("flickr.people.findByUsername", {"username": user}, _user))


def group_nsid(flickr: Flickr, group: str) -> Work[str]:
    """Return the ID of a group: an ID itself, or the address of its page.

    Raises:
        Failure: the group does not exist.
        FlickrError: as `Flickr.call`.
    """
    if _NSID.fullmatch(group):
        return group
    return (yield from flickr.call("flickr.urls.lookupGroup", {"url": group}, _group))


def album_of(text: str) -> tuple[str | None, str | None]:
    """Return the user (as in the address) and the ID of an album, from its address or its ID; no ID where it is neither.

    >>> album_of("https://www.flickr.com/photos/jane/albums/72157700000000000/")
    ('https://www.flickr.com/photos/jane/', '72157700000000000')
    >>> album_of("72157700000000000"), album_of("holiday")
    ((None, '72157700000000000'), (None, None))
    """
    if re.fullmatch(r"\d{1,20}", text, re.ASCII):
        return None, text
    found = re.search(r"flickr\.com/photos/([^/?#]+)/(?:albums|sets)/(\d{1,20})", text, re.ASCII)
    return (None, None) if found is None else (f"https://www.flickr.com/photos/{found[1]}/", found[2])


def taken_of(date: Any, granularity: Any, unknown: Any) -> Taken:
    """Return when a photo was taken.

    Args:
        date: `YYYY-MM-DD HH:MM:SS`, local; parts that are not known can be zero.
        granularity: 0 second, 4 month, 6 year, 8 circa, which counts as a year.
        unknown: 1 where Flickr does not know the date and shows that of the upload.
    """
    if int_of(unknown) == 1:
        return Taken()
    text = text_of(date) or ""
    precision = _GRANULARITY.get(int_of(granularity) or 0, TakenPrecision.YEAR)
    if precision is TakenPrecision.SECOND:
        at, precision, _ = parse_taken(text)
    else:
        at, precision, _ = parse_taken(text[:4] if precision is TakenPrecision.YEAR or text[5:7] == "00" else text[:7])
    return Taken(at, precision)


# --- forms of the answers


def _page(content: Mapping[str, Any], root: str) -> Page:
    listing = part(content, root)
    owner = _owner(listing.get("owner"))
    entries = parts(listing, "photo")
    found = [one for entry in entries if (one := _found(entry, owner)) is not None]
    size = int_of(listing.get("perpage")) or int_of(listing.get("per_page"))
    listed = listing.get("photo")
    listed = len(listed) if isinstance(listed, list) else len(entries)
    return Page(tuple(found), int_of(listing.get("total")), size, listed - len(found))


def _found(entry: Mapping[str, Any], owner: str | None) -> FoundPhoto | None:
    flickr_id = int_of(entry.get("id"))
    if flickr_id is None or not 0 < flickr_id < LOCAL_ID_BASE:
        return None
    return FoundPhoto(
        flickr_id,
        _owner(entry.get("owner")) or owner,
        int_of(entry.get("license")),
        taken_of(entry.get("datetaken"), entry.get("datetakengranularity"), entry.get("datetakenunknown")),
        (text_of(entry.get("media")) or "photo") == "photo",
        text_of(entry.get("url_o")),
        _size(entry),
        _FORMATS.get((text_of(entry.get("originalformat")) or "").lower()),
    )


def _size(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the width and height of a photo's original."""
    width, height = int_of(entry.get("width_o")), int_of(entry.get("height_o"))
    return (width, height) if width and height and min(width, height) > 0 else None


def _owner(value: Any) -> str | None:
    text = text_of(value)
    return text if text is not None and _OWNER.fullmatch(text) else None


def _photo(content: Mapping[str, Any], flickr_id: int) -> dict[str, Any]:
    """Return what an answer says of the photo that was asked about; a cache on the way can give that of another one."""
    photo = part(content, "photo")
    if int_of(photo.get("id")) not in (None, flickr_id):
        raise Garbled("the answer is about another photo")
    return photo


def _exif_tags(photo: Mapping[str, Any]) -> tuple[ExifTag, ...]:
    tags = []
    for entry in parts(photo, "exif"):
        space, tag, raw = (text_of(entry.get(name)) for name in ("tagspace", "tag", "raw"))
        if tag is not None and raw is not None:
            tags.append(ExifTag(space or "", tag, raw))
    return tuple(tags)


def _photo_state(photo: Mapping[str, Any]) -> PhotoState:
    dates = part(photo, "dates") if "dates" in photo else {}
    taken = taken_of(*(dates.get(name) for name in ("taken", "takengranularity", "takenunknown")))
    return PhotoState(int_of(photo.get("license")), taken)


def _original(content: Mapping[str, Any]) -> str | None:
    sizes = parts(part(content, "sizes"), "size")
    return next((text_of(size.get("source")) for size in sizes if text_of(size.get("label")) == "Original"), None)


def _licenses(content: Mapping[str, Any]) -> dict[int, str]:
    listed = parts(part(content, "licenses"), "license")
    found = {int_of(entry.get("id")): text_of(entry.get("url")) for entry in listed}
    return {number: address for number, address in found.items() if number is not None and address is not None}


def _user(content: Mapping[str, Any]) -> str:
    user = part(content, "user")
    return _id_of(user.get("nsid") or user.get("id"), "user")


def _group(content: Mapping[str, Any]) -> str:
    return _id_of(part(content, "group").get("id"), "group")


def _id_of(value: Any, what: str) -> str:
    found = _owner(value)
    if found is None:
        raise Garbled(f"the answer names no {what}")
    return found


NOT_FOUND = {
    "flickr.people.findByUsername": {1},
    "flickr.urls.lookupUser": {1, 2},
    "flickr.urls.lookupGroup": {1},
    "flickr.photos.search": {2, 5},
    "flickr.groups.pools.getPhotos": {1, 2},
    "flickr.photosets.getPhotos": {1, 2},
}
"""Method -> codes that say that the user, group or album does not exist, or may not be seen."""

_FINAL = NOT_FOUND | {"flickr.photos.search": {1, 2, 3, 4, 5, 11, 12, 17, 18, 20}}
"""Method -> its codes that stay: the search itself is refused, and asking again would not help."""


def is_not_found(failure: FlickrError) -> bool:
    """Return whether a failure says that the user, group or album that was named is not there."""
    return isinstance(failure, Failure) and failure.code in NOT_FOUND.get(failure.method, set())


def is_final(failure: FlickrError) -> bool:
    """Return whether a failure of a search stays; a code that has no known meaning may pass."""
    return isinstance(failure, Failure) and failure.code in _FINAL.get(failure.method, set())
