"""The API's methods: what each answers and how each refuses. They know the arguments and extras that curate may send.

Sources: Flickr's documentation of the methods, and recorded answers.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from tests.helpers.fake_flickr import images
from tests.helpers.fake_flickr.universe import CAMERAS, NOW, WORDS, ZERO_DATE, ZERO_YEAR, Universe, group_id, wall

Body = dict[str, Any]
Numbers, Mask = NDArray[np.int64], NDArray[np.bool_]

REACH = 4_000
"""Results of a search that can be reached; later pages repeat earlier ones."""

EXTRAS = {"license", "date_upload", "date_taken", "media", "original_format", "url_o"}
PAGES = ("extras", "per_page", "page")
DATES = ("min_taken_date", "max_taken_date", "min_upload_date", "max_upload_date")
FILTERS = ("text", "tags", "user_id", "group_id", "camera", "license", "bbox", *DATES)

_CC = "https://creativecommons.org"
_BY = ("by-nc-sa", "by-nc", "by-nc-nd", "by", "by-sa", "by-nd")
LICENSES = (
    "https://www.flickrhelp.com/hc/en-us/articles/10710266545556",
    *(f"{_CC}/licenses/{terms}/2.0/" for terms in _BY),
    "https://www.flickr.com/commons/usage/",
    "http://www.usa.gov/copyright.shtml",
    f"{_CC}/publicdomain/zero/1.0/",
    f"{_CC}/publicdomain/mark/1.0/",
    *(f"{_CC}/licenses/{terms}/4.0/" for terms in ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")),
)
"""Addresses by id; the names have changed over time, ids and addresses have not."""


class ApiError(Exception):
    """The method refuses: stat="fail". A code means something by method; 100 and above are common to all."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Question:
    """One call: its arguments, read as leniently as Flickr reads them, with complaints where Flickr would be silent."""

    arguments: Mapping[str, str]
    number: int = 1
    drift: bool = True  # whether numbers are strings now and then, by the number of the call
    complaints: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """An argument as text; empty where it is missing."""
        return self.arguments.get(name, "").strip()

    def whole(self, name: str, default: int, most: int) -> int:
        """An argument as a whole number, `most` at most."""
        value = int(self.text(name) or default)
        if value > most:
            self.complaints.append(f"{name}={value} is above {most}")
        return min(value, most)

    def moment(self, name: str, default: int) -> int:
        """A date as seconds: Unix time, or a MySQL date or datetime; a date alone means its midnight."""
        text = self.text(name)
        if not text or text.isdigit():
            return int(text or default)
        if text.startswith("0000-0"):
            return ZERO_DATE if text.startswith("0000-00-00") else ZERO_YEAR
        try:
            return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        except ValueError:
            self.complaints.append(f"{name}={text} is not Unix time or a MySQL date")
            return default

    def typed(self, name: str, value: Any) -> int | str:
        """A number as this answer types it: a number, or a string in the next answer."""
        return str(int(value)) if self.drift and zlib.crc32(f"{name} {self.number}".encode()) & 1 else int(value)


class Api:
    """Answers questions about a universe; `site` is the image host: "http://127.0.0.1:8000"."""

    def __init__(self, universe: Universe, site: str) -> None:
        self.universe, self.site = universe, site

    def answer(self, question: Question) -> Body:
        """The answer; raises `ApiError` where the method refuses, or there is none (112)."""
        method, known = METHODS.get(question.text("method"), (None, ()))
        if method is None:
            raise ApiError(112, "Method not found")
        strange = sorted(set(question.arguments) - {"method", "format", "nojsoncallback", *known})
        question.complaints += [f"unknown argument {name}" for name in strange]
        return method(self, question) | {"stat": "ok"}

    def search(self, question: Question) -> Body:
        """flickr.photos.search."""
        if not any(question.text(name) for name in FILTERS):
            raise ApiError(3, "Parameterless searches have been disabled. Please use flickr.photos.getRecent instead.")
        universe = self.universe
        mask = universe.found & self._by_words(question) & self._by_place(question)
        for kind, column in (("taken", universe.taken), ("upload", universe.upload)):
            low, high = question.moment(f"min_{kind}_date", ZERO_DATE), question.moment(f"max_{kind}_date", NOW)
            if low > high:
                raise ApiError(18, "Illogical arguments")
            mask &= (column >= low) & (column <= high)
        sort = question.text("sort")
        order = universe.by_taken if sort.startswith("date-taken") else universe.by_upload
        found = order[mask[order]] if sort.endswith("-asc") else order[mask[order]][::-1]
        if high - low <= 3600:  # narrow windows of upload return some photos twice
            found = np.repeat(found, np.where(found % 5 == 0, 2, 1))
        return {"photos": self._page(found, question, REACH)}

    def _by_words(self, question: Question) -> Mask:
        universe, mask = self.universe, ~self.universe.video
        if question.text("media") != "photos":
            question.complaints.append("videos are asked for, too")

        def has(word: str) -> Mask:
            return (universe.first_word == _place(word)) | (universe.second_word == _place(word))

        for word in question.text("text").split():
            mask &= has(word)
        if tags := question.text("tags"):
            mask &= np.any([has(tag) for tag in tags.split(",")], axis=0)
        if camera := re.sub("[/_]", " ", question.text("camera")).lower():
            called = [number for number, names in enumerate(CAMERAS) if camera in " ".join(names).lower()]
            mask &= np.isin(universe.camera, called)
        if licenses := question.text("license"):
            known = [number for number in range(len(LICENSES)) if str(number) in licenses.split(",")]
            if len(known) < licenses.count(",") + 1:
                question.complaints.append(f"license={licenses} is not a list of ids 0 to 16")
            mask &= np.isin(universe.license, known)
        return mask

    def _by_place(self, question: Question) -> Mask:
        universe, mask = self.universe, self.universe.found
        if user := question.text("user_id"):
            owner = universe.names.get(user)
            if owner is None:
                raise ApiError(2, "Unknown user")
            if universe.deleted_owner[owner]:
                raise ApiError(5, "User deleted")
            mask = mask & (universe.owner == owner)
        if group := question.text("group_id"):
            mask = mask & (universe.group == universe.groups.get(group, -1))
        if box := question.text("bbox"):
            west, south, east, north = map(float, box.split(","))
            if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                question.complaints.append(f"bbox={box} is not west, south, east, north")
            mask = mask & universe.located & (universe.longitude >= west) & (universe.longitude <= east)
            mask &= (universe.latitude >= south) & (universe.latitude <= north)
            if not any(question.text(name) for name in FILTERS if name not in ("bbox", "license")):
                mask &= universe.upload >= NOW - 12 * 3600  # without another limiting argument: the last twelve hours
        return mask

    def pool(self, question: Question) -> Body:
        """flickr.groups.pools.getPhotos."""
        universe, group = self.universe, self.universe.groups.get(question.text("group_id"))
        if group is None:
            raise ApiError(1, "Group not found")
        mask = universe.found & (universe.group == group)
        if user := question.text("user_id"):
            mask &= universe.owner == universe.names.get(user, -1)
        order = universe.by_upload[::-1]
        return {"photos": self._page(order[mask[order]], question)}

    def album(self, question: Question) -> Body:
        """flickr.photosets.getPhotos: the root is `photoset`, and the photos have no owner of their own."""
        universe, user = self.universe, self.universe.names.get(question.text("user_id"))
        if not question.text("user_id"):
            question.complaints.append("user_id is required")
        owner, album = universe.albums.get(question.text("photoset_id"), (-1, 0))
        if owner < 0 or user not in (None, owner):
            raise ApiError(1, "Photoset not found")
        if user is None or universe.deleted_owner[user]:
            raise ApiError(2, "User not found")
        found = np.flatnonzero(universe.found & (universe.owner == owner) & (universe.album == album))
        listed = self._page(found, question)
        for entry in listed["photo"]:
            del entry["owner"]
        return {"photoset": {"id": question.text("photoset_id"), "owner": universe.members[owner].nsid} | listed}

    def _page(self, found: Numbers, question: Question, reach: int | None = None) -> Body:
        """The page of a list that a question asks for; its total is a little too high, and differs when it is asked again."""
        most = 250 if question.text("bbox") else 500
        each, page = question.whole("per_page", 100, most), question.whole("page", 1, 10**9)
        start, end, total = (page - 1) * each, len(found), len(found)
        if reach is not None and end > reach:
            if start >= reach:
                question.complaints.append(f"page {page} is beyond the first {reach} results")
            start, end = start % reach, reach
        part = found[start : min(start + each, end)]
        part = part[~self.universe.unshown[part]]
        total += (total // 150 + question.number % 3) if total else 0
        extras = set(question.text("extras").split(",")) - {""}
        question.complaints += [f"unknown extra {name}" for name in sorted(extras - EXTRAS)]
        entries = [self._entry(number, extras, question) for number in part.tolist()]
        return {"page": page, "perpage": each, "total": question.typed("total", total), "photo": entries}

    def _entry(self, number: int, extras: set[str], question: Question) -> Body:
        universe, typed = self.universe, question.typed
        groups: dict[str, Body] = {
            "license": {"license": typed("license", universe.license[number])},
            "date_upload": {"dateupload": str(universe.upload[number])},
            "date_taken": {f"date{name}": value for name, value in self._dates(number, question).items()},
            "media": {"media": "video" if universe.video[number] else "photo"},
        }
        if universe.downloadable[number]:
            width, height = images.size(universe, number)
            address = images.original_url(universe, number, self.site)
            groups["original_format"] = {"originalformat": universe.extension(number)}
            groups["url_o"] = {"url_o": address, "width_o": width, "height_o": height}
        entry = {"id": str(universe.id_of(number)), "owner": universe.members[universe.owner[number]].nsid}
        entry["title"] = universe.title(number)
        for name in extras & groups.keys():
            entry |= groups[name]
        return entry

    def _dates(self, number: int, question: Question) -> Body:
        universe, typed = self.universe, question.typed
        granularity, unknown = universe.granularity[number], universe.unknown[number]
        names = {"takengranularity": typed("granularity", granularity), "takenunknown": typed("unknown", unknown)}
        return {"taken": wall(universe.taken[number]), **names}

    def _photo(self, question: Question) -> int:
        number = self.universe.number_of(question.text("photo_id"))
        if number is None:
            question.complaints.append(f"photo_id={question.text('photo_id')!r} never existed")
        if number is None or self.universe.gone[number]:
            raise ApiError(1, "Photo not found")
        return number

    def exif(self, question: Question) -> Body:
        """flickr.photos.getExif."""
        number = self._photo(question)
        if self.universe.exif_hidden[number]:
            raise ApiError(2, "Permission denied")
        tags = images.exif_tags(self.universe, number, question.drift)
        return {"photo": {"id": question.text("photo_id"), "exif": tags}}

    def info(self, question: Question) -> Body:
        """flickr.photos.getInfo."""
        number = self._photo(question)
        license = question.typed("license", self.universe.license[number])
        return {"photo": {"id": question.text("photo_id"), "license": license, "dates": self._dates(number, question)}}

    def sizes(self, question: Question) -> Body:
        """flickr.photos.getSizes."""
        number, universe = self._photo(question), self.universe
        if universe.sizes_denied[number]:
            raise ApiError(2, "Permission denied")
        url = images.original_url(universe, number, self.site)
        sizes = [{"label": "Large", "width": 1024, "height": 768, "source": url.replace("_o.", "_b.")}]
        if universe.downloadable[number]:
            width, height = images.size(universe, number)
            label = "Video Original" if universe.video[number] else "Original"
            sizes.append({"label": label, "width": width, "height": str(height), "source": url})
        return {"sizes": {"candownload": int(universe.downloadable[number]), "size": sizes}}

    def licenses(self, question: Question) -> Body:
        """flickr.photos.licenses.getInfo."""
        rows = [{"id": question.typed("id", n), "name": f"No. {n}", "url": url} for n, url in enumerate(LICENSES)]
        return {"licenses": {"license": rows}}

    def user(self, question: Question) -> Body:
        """flickr.people.findByUsername, and flickr.urls.lookupUser."""
        name = question.text("username") or question.text("url").rstrip("/").rpartition("/")[2]
        number = self.universe.names.get(name)
        if number is None or self.universe.deleted_owner[number]:
            raise ApiError(1, "User not found")
        who = self.universe.members[number]
        return {"user": {"id": who.nsid, "nsid": who.nsid, "username": {"_content": who.username}}}

    def group_by_url(self, question: Question) -> Body:
        """flickr.urls.lookupGroup."""
        group = self.universe.groups.get(question.text("url"))
        if group is None:
            raise ApiError(1, "Group not found")
        return {"group": {"id": group_id(group), "groupname": {"_content": f"Group [/b] {group}"}}}


METHODS: dict[str, tuple[Callable[[Api, Question], Body] | None, tuple[str, ...]]] = {
    "flickr.photos.search": (Api.search, (*FILTERS, *PAGES, "media", "sort")),
    "flickr.photos.getExif": (Api.exif, ("photo_id",)),
    "flickr.photos.getInfo": (Api.info, ("photo_id",)),
    "flickr.photos.getSizes": (Api.sizes, ("photo_id",)),
    "flickr.photos.licenses.getInfo": (Api.licenses, ()),
    "flickr.people.findByUsername": (Api.user, ("username",)),
    "flickr.urls.lookupUser": (Api.user, ("url",)),
    "flickr.urls.lookupGroup": (Api.group_by_url, ("url",)),
    "flickr.groups.pools.getPhotos": (Api.pool, ("group_id", "user_id", *PAGES)),
    "flickr.photosets.getPhotos": (Api.album, ("photoset_id", "user_id", *PAGES, "media")),
}
"""What answers each method, and the arguments that it has; Flickr ignores others, and the fake complains."""


def _place(word: str) -> int:
    return WORDS.index(word.lower()) if word.lower() in WORDS else -1


def xml(body: Body) -> bytes:
    """A method's answer as XML: values are attributes, `_content` is text, lists are repeated elements."""
    root = ElementTree.Element("rsp", stat=str(body["stat"]))
    if body["stat"] == "fail":
        ElementTree.SubElement(root, "err", code=str(body["code"]), msg=str(body["message"]))
    else:
        _fill(root, {name: value for name, value in body.items() if name != "stat"})
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: ElementTree.Element, values: Body) -> None:
    for name, value in values.items():
        if name == "_content":
            element.text = _clean(value)
        elif isinstance(value, (dict, list)):
            for part in value if isinstance(value, list) else [value]:
                _fill(ElementTree.SubElement(element, name), part)
        else:
            element.set(name, "" if value is None else _clean(value))


def _clean(value: object) -> str:
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", str(value))
