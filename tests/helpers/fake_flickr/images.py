"""The image host: originals and smaller sizes, what is left of deleted ones, and tricks that a downloader has to withstand."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from tests.helpers.fake_flickr import pictures
from tests.helpers.fake_flickr.chance import draw
from tests.helpers.fake_flickr.faults import page
from tests.helpers.fake_flickr.universe import Universe
from tests.helpers.fake_flickr.written import Delivery, Reply

HUGE = 300 << 20
"""Bytes that a huge file claims: above the limit of 200 MB."""

_PATH = re.compile(r"/live/(\d+)/(\d+)_([0-9a-f]+)(_[a-z0-9]+)?\.([a-z0-9]{2,4})")
_KINDS = {"jpg": "image/jpeg", "png": "image/png", "mov": "video/quicktime"}


class Trick(StrEnum):
    """What the image host can be told to do with a photo's original."""

    HTML = "html"
    """A page of HTML with status 200 under a .jpg name."""
    ENDLESS = "endless"
    """A JPEG's beginning, no length, and no end."""
    HUGE = "huge"
    """A length of 300 MB."""
    EMPTY = "empty"
    """Status 200 and no bytes."""
    TRUNCATED = "truncated"
    """The first half of the file, with the length of the half."""
    LOOP = "loop"
    """A redirect to itself."""
    MOVED = "moved"
    """One redirect, then the photo."""
    MOVED_FIVE = "moved five times"
    MOVED_SIX = "moved six times"
    OTHER_HOST = "other host"
    """A redirect to this server under the name "localhost", which is not an allowed host; arriving there is a violation."""
    PRIVATE = "private"
    """A redirect to an address of the local network."""
    UNAVAILABLE = "unavailable"
    """A redirect to the placeholder, as for a deleted photo, though the API still knows the photo."""
    MISSING = "missing"
    """404 with an empty body."""


_HOPS = {Trick.MOVED: 1, Trick.MOVED_FIVE: 5, Trick.MOVED_SIX: 6}


class ImageHost:
    """Answers requests for files.

    Args:
        universe: The photos.
        site: "http://127.0.0.1:8000".
    """

    def __init__(self, universe: Universe, site: str) -> None:
        self.universe, self.site = universe, site
        self.tricks: dict[int, Trick] = {}

    def photo_id(self, path: str) -> str | None:
        """The photo that a path is about."""
        found = _PATH.fullmatch(urlsplit(path).path)
        return found[2] if found else None

    def reply(self, target: str) -> tuple[Reply, list[str]]:
        """The reply to a request, and complaints about it.

        Args:
            target: Path and query.
        """
        path, universe = urlsplit(target).path, self.universe
        if re.fullmatch(r"/photo_unavailable(_l)?\.png", path):
            return Reply(200, pictures.placeholder(), "image/png"), []
        found = _PATH.fullmatch(path)
        number = universe.number_of(found[2]) if found else None
        if found is None or number is None:
            return Reply(404), ["no such file ever existed"]
        wanted = universe.original_secret(number) if found[4] == "_o" else universe.secret(number)
        if found[3] != wanted or found[1] != universe.server(number):
            return Reply(404), ["wrong secret or server"]
        if universe.gone[number]:
            return self._gone(number), []
        if found[4] != "_o":
            return Reply(200, pictures.resized(universe, number), "image/jpeg"), []
        if found[5] != universe.extension(number):
            return Reply(404), ["wrong extension"]
        hops = parse_qs(urlsplit(target).query).get("hops", [""])[0]
        return self._original(number, path, int(hops) if hops.isdecimal() else None), []

    def _gone(self, number: int) -> Reply:
        match draw(self.universe.seed, "gone", number) % 4:
            case 0:
                return Reply(404, kind="text/plain")
            case 1:
                return _moved(f"{self.site}/photo_unavailable_l.png")
            case 2:
                return _moved("/photo_unavailable.png")
        return _moved(f"{self.site}/photo_unavailable.png")

    def _original(self, number: int, path: str, hops: int | None) -> Reply:
        universe, trick = self.universe, self.tricks.get(self.universe.id_of(number))
        extension = universe.extension(number)
        body = b"\0\0\0\x14ftypqt  " + bytes(8) if extension == "mov" else pictures.original(universe, number)
        good = Reply(200, body, _KINDS[extension])
        match trick:
            case None:
                return good
            case Trick.HTML:
                return page(200, "Sign in")
            case Trick.ENDLESS:
                return Reply(200, body, good.kind, delivery=Delivery.ENDLESS)
            case Trick.HUGE:
                return Reply(200, body, good.kind, delivery=Delivery.ENDLESS, length=HUGE)
            case Trick.EMPTY:
                return Reply(200, b"", good.kind)
            case Trick.TRUNCATED:
                return Reply(200, body[: len(body) // 2], good.kind)
            case Trick.LOOP:
                return _moved(path)
            case Trick.MOVED | Trick.MOVED_FIVE | Trick.MOVED_SIX:
                left = _HOPS[trick] if hops is None else hops
                return _moved(f"{self.site}{path}?hops={left - 1}") if left else good
            case Trick.OTHER_HOST:
                return _moved(self.site.replace("127.0.0.1", "localhost") + path)
            case Trick.PRIVATE:
                return _moved("http://192.168.0.1/photo.jpg")
            case Trick.UNAVAILABLE:
                return _moved(f"{self.site}/photo_unavailable.png")
            case Trick.MISSING:
                return Reply(404, kind="text/plain")


def _moved(to: str) -> Reply:
    return Reply(302, headers=(("Location", to),))
