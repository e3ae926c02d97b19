"""Photos as files: the EXIF that getExif lists and originals hold, the files, and the host that sends them or plays tricks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
import piexif
from PIL import Image

from tests.helpers.fake_flickr.faults import Reply, page
from tests.helpers.fake_flickr.universe import CAMERAS, SHOTS, Universe, wall

Tag = dict[str, Any]

THUMBNAIL = {
    "Make": "Thumbnail maker",
    "Model": "Thumbnail",
    "ModifyDate": "1999:01:01 00:00:00",
    "ISO": "33",
    "FNumber": "3.3",
}


def _taken(universe: Universe, number: int) -> str | None:
    """The camera's date, "2013:05:04 12:30:00"; None where the file has none."""
    vague = universe.unknown[number] or universe.granularity[number]
    return None if vague else wall(universe.taken[number]).replace("-", ":")


def exif_tags(universe: Universe, number: int, drift: bool) -> list[Tag]:
    """The tags that getExif lists; `drift`: whole numbers in `raw` may come as numbers."""
    spaces = {"IFD0": {"Software": "Editor 2.0", "ImageDescription": ""}} if universe.has_exif[number] else {}
    more, taken = int(universe.extra_tags[number]), _taken(universe, number)
    if universe.has_camera[number]:
        make, model = CAMERAS[universe.camera[number]]
        exposure, _, aperture, focal, iso, _, flash = SHOTS[universe.shot[number]]
        spaces["IFD0"] |= {"Make": make, "Model": model}
        spaces["ExifIFD"] = {
            "ExposureTime": exposure,
            "FNumber": f"{aperture / 10:.1f}",
            "ISO": str(iso),
            "Flash": flash,
        }
        spaces["ExifIFD"] |= {"FocalLength": f"{focal / 10:.1f} mm", "FileSource": "Digital Camera", "UserComment": ""}
        if taken:
            spaces["ExifIFD"]["DateTimeOriginal"] = taken
        if more & 1:  # an editor's notes repeat the camera in their own spelling
            spaces["XMP-tiff"] = {"Make": make.upper(), "Model": model.upper()}
            spaces["XMP-exif"] = {"DateTimeOriginal": "2001:09:09 01:46:40"}
            spaces["XMP-dc"] = {"Creator": "[bold]somebody[/x]\x1b[31m"}
    if more & 2 and spaces:  # none of the thumbnail's tags describes the photo
        spaces = {"IFD1": THUMBNAIL, **spaces} if more & 4 else {**spaces, "IFD1": THUMBNAIL}
    numeric = drift and more & 8 > 0
    return [_tag(space, name, raw, numeric) for space, tags in spaces.items() for name, raw in tags.items()]


def _tag(space: str, name: str, raw: str, numeric: bool) -> Tag:
    tag: Tag = {"tagspace": space, "tagspaceid": 0, "tag": name, "label": name}
    tag["raw"] = {"_content": int(raw) if numeric and raw.isdigit() else raw}
    if name == "DateTimeOriginal" and not raw.startswith("0000"):  # `clean` of a date can be in UTC
        tag["clean"] = {"_content": str(datetime.strptime(raw, "%Y:%m:%d %H:%M:%S") - timedelta(hours=5))}
    return tag


def _exif_block(universe: Universe, number: int) -> bytes:
    """The EXIF of the original file, as it stands in a JPEG's APP1 segment."""
    _, exposure, aperture, focal, iso, flash, _ = SHOTS[universe.shot[number]]
    make, model = CAMERAS[universe.camera[number]]
    exif = {
        piexif.ExifIFD.ExposureTime: exposure,
        piexif.ExifIFD.FNumber: (aperture, 10),
        piexif.ExifIFD.ISOSpeedRatings: iso,
        piexif.ExifIFD.Flash: flash,
        piexif.ExifIFD.FocalLength: (focal, 10),
        piexif.ExifIFD.ImageUniqueID: f"{number:032x}",
    }
    if taken := _taken(universe, number):
        exif[piexif.ExifIFD.DateTimeOriginal] = taken
    dumped: bytes = piexif.dump({"0th": {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model}, "Exif": exif})
    return dumped


# --- files ---

SHAPES = ((160, 120), (120, 160), (176, 132), (200, 150))


def size(universe: Universe, number: int) -> tuple[int, int]:
    """Width and height of a photo's original, in pixels."""
    return SHAPES[number % len(SHAPES)]


def original(universe: Universe, number: int) -> bytes:
    """A photo's original: a JPEG with the photo's own EXIF, or a PNG; no two are the same file."""
    extension = universe.extension(number)
    if extension == "mov":
        return b"\0\0\0\x14ftypqt  " + bytes(8)
    data = _encoded(size(universe, number), number % 64, "PNG" if extension == "png" else "JPEG")
    if extension == "png" or not universe.has_camera[number]:
        return data + number.to_bytes(8, "big")  # after the end of the picture, where readers don't look
    block = _exif_block(universe, number)
    return data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]


@lru_cache(maxsize=512)
def _encoded(shape: tuple[int, int], variant: int, form: str) -> bytes:
    coarse = Image.fromarray(np.random.default_rng(variant).integers(0, 256, (6, 8, 3), dtype=np.uint8))
    held = BytesIO()
    coarse.resize(shape, Image.Resampling.BICUBIC).save(held, form, quality=90)
    return held.getvalue()


def original_url(universe: Universe, number: int, site: str) -> str:
    """Where a photo's original is."""
    return f"{site}/live/65535/{universe.id_of(number)}_{universe.secret(number)}_o.{universe.extension(number)}"


# --- the host ---

_PATH = re.compile(r"/live/\d+/(\d+)_[^/]+")
_KINDS = {"jpg": "image/jpeg", "png": "image/png", "mov": "video/quicktime"}


class Trick(StrEnum):
    """What the image host can be told to do with a photo's original."""

    HTML = "html"  # a page of HTML with status 200 under a .jpg name
    EMPTY = "empty"  # status 200 and no bytes
    TRUNCATED = "truncated"  # the first half of the file, with the length of the half
    LOOP = "loop"  # a redirect to itself
    PRIVATE = "private"  # a redirect to an address of the local network
    MISSING = "missing"  # 404 with an empty body


class ImageHost:
    """Answers requests for files; `tricks` are by photo id."""

    def __init__(self, universe: Universe, site: str) -> None:
        self.universe, self.site = universe, site
        self.tricks: dict[int, Trick] = {}

    def photo_id(self, path: str) -> str | None:
        """The photo that a path is about."""
        found = _PATH.fullmatch(path)
        return found[1] if found else None

    def reply(self, path: str) -> tuple[Reply, list[str]]:
        """The reply to a request, and complaints about it."""
        if path.startswith("/photo_unavailable"):
            return Reply(200, _encoded((100, 100), 0, "PNG"), "image/png"), []
        number = self.universe.number_of(self.photo_id(path) or "")
        if number is None or path != original_url(self.universe, number, ""):
            return Reply(404), ["no such file ever existed"]
        if self.universe.gone[number]:
            return self._gone(number), []
        body, kind = original(self.universe, number), _KINDS[self.universe.extension(number)]
        match self.tricks.get(self.universe.id_of(number)):
            case Trick.HTML:
                return page(200, "Sign in"), []
            case Trick.EMPTY:
                return Reply(200, b"", kind), []
            case Trick.TRUNCATED:
                return Reply(200, body[: len(body) // 2], kind), []
            case Trick.LOOP:
                return _moved(path), []
            case Trick.PRIVATE:
                return _moved("http://192.168.0.1/photo.jpg"), []
            case Trick.MISSING:
                return Reply(404, kind="text/plain"), []
        return Reply(200, body, kind), []

    def _gone(self, number: int) -> Reply:
        names = ("/photo_unavailable.png", f"{self.site}/photo_unavailable_l.png", None)
        name = names[number % len(names)]
        return _moved(name) if name else Reply(404, kind="text/plain")


def _moved(to: str) -> Reply:
    return Reply(302, headers={"Location": to})
