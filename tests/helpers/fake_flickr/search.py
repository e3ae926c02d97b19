"""photos.search: which photos a question finds, and in which order."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.helpers.fake_flickr import cameras, people, words
from tests.helpers.fake_flickr.question import ApiError, Question
from tests.helpers.fake_flickr.universe import NOW, Universe

ARGUMENTS = (
    "text", "tags", "tag_mode", "user_id", "license", "min_taken_date", "max_taken_date", "min_upload_date", "max_upload_date",
    "bbox", "group_id", "camera", "media", "per_page", "page", "sort", "extras", "has_geo", "content_type", "content_types",
    "privacy_filter", "safe_search", "accuracy",
)  # fmt: skip
_DATES = ("min_taken_date", "max_taken_date", "min_upload_date", "max_upload_date")
LIMITING = ("text", "tags", "user_id", "group_id", "camera", *_DATES)
"""What makes a search by place look further back than twelve hours."""

_KINDS = {
    "sort",
    "per_page",
    "page",
    "extras",
    "tag_mode",
    "media",
    "content_type",
    "content_types",
    "safe_search",
    "privacy_filter",
}

GEO_SECONDS = 12 * 3600
NARROW_SECONDS = 3600
"""Searches of an upload window at most this long return some photos twice."""

_KEPT = 64


class Searches:
    """Answers searches, and remembers the last ones: their pages come from the same list."""

    def __init__(self, universe: Universe, duplicates: bool = True) -> None:
        self.universe, self.duplicates = universe, duplicates
        self._kept: OrderedDict[tuple[Any, ...], NDArray[np.int64]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, question: Question) -> NDArray[np.int64]:
        """The numbers of the photos found, in order, with those that are counted and never shown.

        Raises:
            ApiError: Codes 2, 3, 5 and 18.
        """
        asked = {name: value for name, value in question.arguments.items() if name in ARGUMENTS and value.strip()}
        asked = {name: value for name, value in asked.items() if name not in ("page", "per_page", "extras")}
        key = (self.universe.version, *sorted(asked.items()))
        with self._lock:
            found = self._kept.get(key)
        if found is not None:
            return found
        before = len(question.complaints)
        found = self._find(question, set(asked))
        if len(question.complaints) == before:  # the next call is to hear a complaint too
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def _find(self, question: Question, asked: set[str]) -> NDArray[np.int64]:
        if not asked - _KINDS:
            raise ApiError(3, "Parameterless searches have been disabled. Please use flickr.photos.getRecent instead.")
        mask = self.universe.found.copy()
        self._by_words(question, mask)
        self._by_place_in_flickr(question, mask)
        self._by_dates(question, mask)
        self._by_bbox(question, mask)
        order = self._order(question.text("sort"))
        found = order[mask[order]]
        low, high = question.moment("min_upload_date"), question.moment("max_upload_date")
        if self.duplicates and low is not None and high is not None and high - low <= NARROW_SECONDS:
            repeats = np.where(found % 5 == 0, 2, 1)
            found = np.repeat(found, repeats)
        return found

    def _by_words(self, question: Question, mask: NDArray[np.bool_]) -> None:
        texts = re.findall(r"\w+", question.text("text"))
        if question.text("text"):
            mask &= _all_bits(self.universe.words, words.bits_of(texts) or [0])
        tags = words.bits_of(question.list("tags"))
        if tags and question.text("tag_mode") == "all":
            mask &= _all_bits(self.universe.tags, tags)
        elif tags:
            mask &= (self.universe.tags & np.uint64(np.bitwise_or.reduce(tags))) != 0
        if camera := question.text("camera"):
            mask &= np.isin(
                self.universe.camera, [n for n, body in enumerate(cameras.CAMERAS) if _is_called(body, camera)]
            )
        media = question.text("media")
        if media in ("photos", "videos"):
            mask &= self.universe.video == (media == "videos")
        elif media not in ("", "all"):
            question.complaints.append(f"media={media}")
        if licenses := question.list("license"):
            known = [int(text) for text in licenses if re.fullmatch(r"\d{1,2}", text) and int(text) <= 16]
            if len(known) < len(licenses):
                question.complaints.append(f"license={question.text('license')} is not a list of ids 0 to 16")
            mask &= np.isin(self.universe.license, known)

    def _by_place_in_flickr(self, question: Question, mask: NDArray[np.bool_]) -> None:
        if user := question.text("user_id"):
            owner = people.member_number(user, self.universe.owners)
            if owner is None:
                raise ApiError(2, "Unknown user")
            if self.universe.owner_deleted(owner):
                raise ApiError(5, "User deleted")
            mask &= self.universe.owner == owner
        if group := question.text("group_id"):
            number = people.group_number(group)
            mask &= self.universe.group == (-1 if number is None else number)

    def _by_dates(self, question: Question, mask: NDArray[np.bool_]) -> None:
        for kind, column in (("taken", self.universe.taken), ("upload", self.universe.upload)):
            low, high = (question.moment(f"{end}_{kind}_date") for end in ("min", "max"))
            if low is not None and high is not None and low > high:
                raise ApiError(18, "Illogical arguments")
            if low is not None:
                mask &= column >= low
            if high is not None:
                mask &= column <= high

    def _by_bbox(self, question: Question, mask: NDArray[np.bool_]) -> None:
        text = question.text("bbox")
        if not text:
            return
        try:
            west, south, east, north = map(float, text.split(","))
        except ValueError:
            question.complaints.append(f"bbox={text} is not four numbers")
            return
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            question.complaints.append(f"bbox={text} is not west, south, east, north")
        universe = self.universe
        mask &= universe.located & (universe.longitude >= west) & (universe.longitude <= east)
        mask &= (universe.latitude >= south) & (universe.latitude <= north)
        if not any(question.text(name) for name in LIMITING):
            mask &= universe.upload >= NOW - GEO_SECONDS

    def _order(self, sort: str) -> NDArray[np.int64]:
        order = self.universe.by_taken if sort.startswith("date-taken") else self.universe.by_upload
        return order if sort.endswith("-asc") else order[::-1]


def _all_bits(column: NDArray[np.uint64], bits: list[int]) -> NDArray[np.bool_]:
    if 0 in bits:  # a word that nobody wrote
        return np.zeros(len(column), dtype=bool)
    wanted = np.uint64(np.bitwise_or.reduce(bits))
    has: NDArray[np.bool_] = np.equal(column & wanted, wanted)
    return has


def _is_called(camera: cameras.Camera, name: str) -> bool:
    """Whether a name means a camera: its model, or make and model, in any case and spacing ("canon/eos_40d")."""
    plain = [re.sub(r"[^a-z0-9]+", " ", text.lower()).strip() for text in (name, camera.make, camera.model)]
    asked, make, model = plain
    return asked in (model, f"{make} {model}", f"{make.split(' ')[0]} {model}")
