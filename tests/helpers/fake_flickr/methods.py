"""The API's methods: what each answers and how each refuses.

Sources: Flickr's documentation of the methods, and recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.helpers.fake_flickr import exif, listing, people, pictures, words
from tests.helpers.fake_flickr.listing import Lies
from tests.helpers.fake_flickr.question import ApiError, Question
from tests.helpers.fake_flickr.search import ARGUMENTS, Searches
from tests.helpers.fake_flickr.universe import Universe, wall

Body = dict[str, Any]

_CC = "https://creativecommons.org/licenses"
LICENSES = (
    ("All Rights Reserved", "https://www.flickrhelp.com/hc/en-us/articles/10710266545556"),
    ("CC BY-NC-SA 2.0", f"{_CC}/by-nc-sa/2.0/"),
    ("CC BY-NC 2.0", f"{_CC}/by-nc/2.0/"),
    ("CC BY-NC-ND 2.0", f"{_CC}/by-nc-nd/2.0/"),
    ("CC BY 2.0", f"{_CC}/by/2.0/"),
    ("CC BY-SA 2.0", f"{_CC}/by-sa/2.0/"),
    ("CC BY-ND 2.0", f"{_CC}/by-nd/2.0/"),
    ("No known copyright restrictions", "https://www.flickr.com/commons/usage/"),
    ("United States Government Work", "http://www.usa.gov/copyright.shtml"),
    ("Public Domain Dedication (CC0)", "https://creativecommons.org/publicdomain/zero/1.0/"),
    ("Public Domain Mark", "https://creativecommons.org/publicdomain/mark/1.0/"),
    ("CC BY 4.0", f"{_CC}/by/4.0/"),
    ("CC BY-SA 4.0", f"{_CC}/by-sa/4.0/"),
    ("CC BY-ND 4.0", f"{_CC}/by-nd/4.0/"),
    ("CC BY-NC 4.0", f"{_CC}/by-nc/4.0/"),
    ("CC BY-NC-SA 4.0", f"{_CC}/by-nc-sa/4.0/"),
    ("CC BY-NC-ND 4.0", f"{_CC}/by-nc-nd/4.0/"),
)
"""Names and addresses by id; the names have changed over time, ids and addresses have not."""

_SIZE_LABELS = {"sq": "Square", "q": "Large Square", "t": "Thumbnail", "s": "Small", "n": "Small 320", "m": "Medium"}
_SIZE_LABELS |= {"z": "Medium 640", "c": "Medium 800", "l": "Large"}


class Api:
    """Answers questions about a universe.

    Args:
        universe: The photos.
        lies: How untrue the lists are.
        site: The image host: "http://127.0.0.1:8000".
    """

    def __init__(self, universe: Universe, lies: Lies, site: str) -> None:
        self.universe, self.lies, self.site = universe, lies, site
        self.searches = Searches(universe, lies.duplicates)

    def answer(self, question: Question) -> Body:
        """The answer, without `stat`.

        Raises:
            ApiError: The method refuses, or there is no such method (112).
        """
        name = question.text("method")
        method = METHODS.get(name)
        if method is None:
            raise ApiError(112, f'Method "{name}" not found')
        return method(self, question)

    # --- lists ---

    def search(self, question: Question) -> Body:
        """flickr.photos.search."""
        question.known(*ARGUMENTS)
        page = listing.cut(self.universe, self.searches.find(question), question, self.lies)
        return {"photos": page.head | {"photo": listing.entries(self.universe, page.numbers, question, self.site)}}

    def pool(self, question: Question) -> Body:
        """flickr.groups.pools.getPhotos."""
        question.known("group_id", "tags", "user_id", "extras", "per_page", "page")
        group = people.group_number(question.text("group_id"))
        if group is None:
            raise ApiError(1, "Group not found")
        mask = self.universe.found & (self.universe.group == group)
        if user := question.text("user_id"):
            mask &= self.universe.owner == people.member_number(user, self.universe.owners)
        order = self.universe.by_upload[::-1]
        page = listing.cut(self.universe, order[mask[order]], question, self.lies, reach=None)
        entries = listing.entries(self.universe, page.numbers, question, self.site)
        for entry, number in zip(entries, page.numbers.tolist(), strict=True):
            entry["ownername"] = people.member(int(self.universe.owner[number])).username
            entry["dateadded"] = str(int(self.universe.upload[number]) + 600)
        return {"photos": page.head | {"photo": entries}}

    def album(self, question: Question) -> Body:
        """flickr.photosets.getPhotos: the root is `photoset`, and the photos have no owner of their own."""
        question.known("photoset_id", "user_id", "extras", "per_page", "page", "privacy_filter", "media")
        universe, place = self.universe, people.album_place(question.text("photoset_id"), self.universe.owners)
        user = people.member_number(question.text("user_id"), universe.owners)
        if not question.text("user_id"):
            question.complaints.append("user_id is required")
        if place is None or (user is not None and place[0] != user):
            raise ApiError(1, "Photoset not found")
        if user is None or universe.owner_deleted(user):
            raise ApiError(2, "User not found")
        owner, album = place
        found = np.flatnonzero(universe.found & (universe.owner == owner) & (universe.album == album))
        page = listing.cut(universe, found, question, self.lies, reach=None)
        entries = listing.entries(universe, page.numbers, question, self.site)
        for entry in entries:
            del entry["owner"]
            entry["isprimary"] = 0
        who = people.member(owner)
        head = {
            "id": people.album_id(owner, album),
            "primary": str(universe.id_of(int(found[0]))) if len(found) else "0",
        }
        head |= {"owner": who.nsid, "ownername": who.username, "title": f"Album {album}"}
        return {"photoset": head | page.head | {"per_page": page.head["perpage"], "photo": entries}}

    # --- one photo ---

    def _photo(self, question: Question) -> int:
        question.known("photo_id")
        text = question.text("photo_id")
        number = self.universe.number_of(text)
        if number is None:
            question.complaints.append(f"photo_id={text!r} never existed")
        if number is None or self.universe.gone[number]:
            raise ApiError(1, "Photo not found")
        return number

    def _head(self, number: int) -> Body:
        universe = self.universe
        head = {"id": str(universe.id_of(number)), "secret": universe.secret(number), "server": universe.server(number)}
        return head | {"farm": number % 9 + 1}

    def exif(self, question: Question) -> Body:
        """flickr.photos.getExif."""
        number = self._photo(question)
        if self.universe.exif_hidden[number]:
            raise ApiError(2, "Permission denied")
        camera = self.universe.shot(number).model if self.universe.has_camera(number) else ""
        tags = exif.listed(self.universe, number, question.drift)
        return {"photo": self._head(number) | {"camera": camera, "exif": tags}}

    def info(self, question: Question) -> Body:
        """flickr.photos.getInfo."""
        number, universe = self._photo(question), self.universe
        who, title = people.member(int(universe.owner[number])), universe.title(number)
        original = {"originalsecret": universe.original_secret(number), "originalformat": universe.extension(number)}
        typed, downloadable = question.typed, bool(universe.downloadable[number])
        upload = int(universe.upload[number])
        page = f"https://www.flickr.com/photos/{who.path_alias or who.nsid}/{universe.id_of(number)}/"
        photo = self._head(number) | {
            "dateuploaded": str(upload),
            "isfavorite": 0,
            "license": typed("license", int(universe.license[number])),
            "safety_level": typed("safety_level", 0),
            "rotation": 0,
            "owner": {
                "nsid": who.nsid,
                "username": who.username,
                "realname": "",
                "location": "",
                "path_alias": who.path_alias,
            },
            "title": {"_content": int(title) if question.drift and title.isdigit() else title},
            "description": {"_content": listing.description(universe, number)},
            "visibility": {"ispublic": 1, "isfriend": 0, "isfamily": 0},
            "dates": {
                "posted": str(upload),
                "taken": wall(int(universe.taken[number])),
                "takengranularity": typed("granularity", int(universe.granularity[number])),
                "takenunknown": typed("unknown", int(universe.unknown[number])),
                "lastupdate": str(upload + 60),
            },
            "views": typed("views", number % 1000),
            "usage": {"candownload": int(downloadable), "canblog": 0, "canprint": 0, "canshare": 1},
            "tags": {
                "tag": [
                    {"id": f"{number}-{place}", "author": who.nsid, "raw": word, "_content": word, "machine_tag": 0}
                    for place, word in enumerate(words.tags(int(universe.tags[number])))
                ]
            },
            "urls": {"url": [{"type": "photopage", "_content": page}]},
            "media": "video" if universe.video[number] else "photo",
        }
        return {"photo": photo | (original if downloadable else {})}

    def sizes(self, question: Question) -> Body:
        """flickr.photos.getSizes."""
        number, universe = self._photo(question), self.universe
        if universe.sizes_denied[number]:
            raise ApiError(2, "Permission denied")
        page = (
            f"https://www.flickr.com/photos/{people.nsid(int(universe.owner[number]))}/{universe.id_of(number)}/sizes"
        )
        media, downloadable = ("video" if universe.video[number] else "photo"), bool(universe.downloadable[number])
        rows = [(label, *listing.SIZES[name], listing.resized_url(universe, number, name, self.site), name)
                for name, label in _SIZE_LABELS.items()]  # fmt: skip
        if downloadable:
            label = "Video Original" if media == "video" else "Original"
            original = listing.original_url(universe, number, self.site)
            rows.append((label, *pictures.size(universe, number), original, "o"))
        sizes = [
            {
                "label": label,
                "width": question.typed("width", width),
                "height": question.typed("height", height),
                "source": source,
                "url": f"{page}/{name}/",
                "media": "video" if label == "Video Original" else "photo",
            }
            for label, width, height, source, name in rows
        ]
        return {"sizes": {"canblog": 0, "canprint": 0, "candownload": int(downloadable), "size": sizes}}

    # --- names ---

    def licenses(self, question: Question) -> Body:
        """flickr.photos.licenses.getInfo."""
        question.known()
        rows = [{"id": question.typed("id", i), "name": name, "url": url} for i, (name, url) in enumerate(LICENSES)]
        return {"licenses": {"license": rows}}

    def user_by_name(self, question: Question) -> Body:
        """flickr.people.findByUsername."""
        question.known("username")
        who = people.member_by_name(question.text("username"), self.universe.owners)
        if who is None or self.universe.owner_deleted(who.number):
            raise ApiError(1, "User not found")
        return {"user": {"id": who.nsid, "nsid": who.nsid, "username": {"_content": who.username}}}

    def user_by_url(self, question: Question) -> Body:
        """flickr.urls.lookupUser."""
        question.known("url")
        who = people.member_by_url(question.text("url"), self.universe.owners)
        if who is None or self.universe.owner_deleted(who.number):
            raise ApiError(1, "User not found")
        return {"user": {"id": who.nsid, "username": {"_content": who.username}}}

    def group_by_url(self, question: Question) -> Body:
        """flickr.urls.lookupGroup."""
        question.known("url")
        group = people.group_by_url(question.text("url"))
        if group is None:
            raise ApiError(1, "Group not found")
        return {"group": {"id": people.group_id(group), "groupname": {"_content": people.group_name(group)}}}


METHODS: dict[str, Callable[[Api, Question], Body]] = {
    "flickr.photos.search": Api.search,
    "flickr.photos.getExif": Api.exif,
    "flickr.photos.getInfo": Api.info,
    "flickr.photos.getSizes": Api.sizes,
    "flickr.photos.licenses.getInfo": Api.licenses,
    "flickr.people.findByUsername": Api.user_by_name,
    "flickr.urls.lookupUser": Api.user_by_url,
    "flickr.urls.lookupGroup": Api.group_by_url,
    "flickr.groups.pools.getPhotos": Api.pool,
    "flickr.photosets.getPhotos": Api.album,
}
