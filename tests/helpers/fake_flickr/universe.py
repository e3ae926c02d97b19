"""The photos that exist, their owners, groups and albums: all follows from a seed, and changes only when a test says so."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FIRST_ID, ID_STEP = 52_000_000_113, 37
DAY = 86_400
TAKEN_FROM, TAKEN_TO, FIRST_UPLOAD, NOW, DENSE_SECOND = (
    int(datetime(*date, tzinfo=UTC).timestamp())
    for date in ((2000, 1, 1), (2025, 1, 1), (2004, 2, 10), (2025, 6, 1), (2013, 5, 4, 12, 30))
)
"""No photo was uploaded after `NOW`."""

ZERO_DATE, ZERO_YEAR = -(1 << 60), -(1 << 60) + 1
"""Stand for the dates 0000-00-00 and 0000-01-01 (midnight), which sort before all others."""

GROUPS, ALBUMS = 12, 3
"""Groups, and albums of each member."""

WORDS = (
    "sunset", "beach", "portrait", "street", "mountain", "flower", "dog", "cat", "car", "bridge", "city", "night",
    "winter", "summer", "river", "lake", "forest", "bird", "train", "concert", "food", "garden", "museum", "snow",
)  # fmt: skip
"""What `text` and `tags` can find: two words belong to each photo."""

TITLES = (
    "{0} and {1}", "[/foo] {0} [bold red]{1}", "\x1b[31m{0}\x1b[0m \x1b]0;owned\x07", "\u202egpj.{0}\u2066 {1}", "", "1234",
    '<script>{0}</script> & {1}\n=cmd|"/c"', "{0} {1}\u0000\u0085\ufeff\u200b" * 300,
)  # fmt: skip
"""With markup, terminal controls, marks of text direction, HTML, a formula, invisible characters; empty, in digits, very long."""

CAMERAS = (
    ("Canon", "Canon EOS 40D"), ("Canon", "Canon EOS 5D Mark II"), ("NIKON CORPORATION", "NIKON D90"), ("SONY", "DSC-RX100M3"),
    ("FUJIFILM", "X-T2"), ("OLYMPUS IMAGING CORP.", "E-M10"), ("Panasonic", "DMC-LX5"), ("Apple", "iPhone 4S"),
    ("Apple", "iPhone 6"), ("samsung", "SM-G930F"), ("Google", "Pixel 3"), ("Nokia", "6230"),
)  # fmt: skip
"""Make and model; the Nokia's is written in digits, so that JSON answers can carry it as a number."""

SHOTS = (
    ("1/4000", (1, 4000), 14, 16, 25, 0x00, "No Flash"), ("1/500", (1, 500), 18, 42, 80, 0x09, "On, Fired"),
    ("1/50", (1, 50), 24, 180, 100, 0x10, "Off, Did not fire"), ("1/8", (1, 8), 28, 500, 400, 0x19, "Auto, Fired"),
    ("0.5", (1, 2), 56, 1350, 1600, 0x20, "No flash function"), ("30", (30, 1), 110, 850, 6400, 0x10, "Off, Did not fire"),
)  # fmt: skip
"""Exposure as exiftool prints it and as a file holds it, f-number and millimetres in tenths, ISO, Flash as a file and printed."""

_LICENSES = (0,) * 9 + (1, 2, 3, 4, 4, 4, 5, 5, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14, 15, 16)


class Member(NamedTuple):
    """Somebody with photos; the name can be hostile, and only some chose a name for addresses."""

    nsid: str
    username: str
    path_alias: str | None


def member(number: int) -> Member:
    """The member with this number; low numbers own many photos."""
    name = f"[i]{chr(27)}[1mperson {number}[/i]" if number % 50 == 17 else f"Person {number}"
    nsid = f"{12_345_678 + 101 * number}@N0{number % 9}"
    return Member(nsid, name, f"person-{number}" if number % 3 == 0 else None)


def group_id(number: int) -> str:
    """The id of a group."""
    return f"{1_044_000 + 11 * number}@N2{number % 5}"


def group_url(number: int) -> str:
    """The address of a group."""
    return f"https://www.flickr.com/groups/group-{number}/"


def album_id(owner: int, album: int) -> str:
    """The id of a member's album; both are numbers from 0."""
    return str(72_157_600_000_000_000 + 10 * owner + album)


@dataclass(frozen=True)
class Rates:
    """Shares of all photos (of all owners, where it says so), from 0 to 1."""

    unshown: float = 0.01  # counted by searches and never shown: pages in the middle are short
    gone: float = 0.01  # found by searches, and gone (private or deleted) when asked about
    exif_hidden: float = 0.03  # owners who don't share EXIF
    no_downloads: float = 0.15  # owners who don't let others download originals
    sizes_denied: float = 0.01  # owners whose sizes nobody may list
    deleted_owners: float = 0.01  # owners whose account is deleted: none of their photos is found
    no_exif: float = 0.03  # an empty list of EXIF
    no_camera: float = 0.02  # EXIF without the camera and its settings
    video: float = 0.02
    png: float = 0.01  # originals that are PNG files
    unknown_date: float = 0.02  # takenunknown=1: the date is that of the upload
    zero_date: float = 0.005  # taken on 0000-00-00 or 0000-01-01, said to be known
    coarse_date: float = 0.03  # granularity 4, 6 or 8
    located: float = 0.3  # with coordinates

    @classmethod
    def none(cls, **but: float) -> Rates:
        """Nothing unusual, except the rates given: every photo is shown, has EXIF and an original."""
        return replace(cls(**{field.name: 0.0 for field in fields(cls)}), **but)


class Universe:
    """Photos, their owners, groups and albums.

    Photos have numbers from 0, and ids that follow from the numbers. The arrays are columns of all photos: the truth, with which
    tests compare what a client found. The last `dense_second` photos were taken in one second, and uploaded over ten years.
    """

    def __init__(self, photos: int = 2000, seed: int = 0, dense_second: int = 0, rates: Rates | None = None) -> None:
        self.photos, self.rates, self.owners = photos, rates or Rates(), max(3, photos // 15)
        self.numbers = {str(self.id_of(number)): number for number in range(photos)}
        self._random = np.random.default_rng(seed)
        self._make_dates(np.arange(photos) >= photos - dense_second)
        self._make_owners()
        self._make_rest()
        self.by_upload, self.by_taken = (np.argsort(dates, kind="stable") for dates in (self.upload, self.taken))

    def _chance(self, rate: float) -> NDArray[np.bool_]:
        return self._random.random(self.photos) < rate

    def _pick(self, count: int) -> NDArray[np.int64]:
        return self._random.integers(0, count, self.photos)

    def _make_dates(self, dense: NDArray[np.bool_]) -> None:
        rates, taken = self.rates, TAKEN_FROM + self._pick(TAKEN_TO - TAKEN_FROM)
        late = self._random.exponential(200 * DAY, self.photos).astype(np.int64)
        upload = np.clip(taken + late, FIRST_UPLOAD + self._pick(700 * DAY), NOW - 600 - self._pick(3 * DAY))
        self.upload = np.where(dense, DENSE_SECOND + 7200 + self._pick(3650 * DAY), upload)
        self.unknown = self._chance(rates.unknown_date) & ~dense
        usual = ~self.unknown & ~dense
        coarse = self._chance(rates.coarse_date) & usual
        self.granularity = np.where(coarse, np.array([4, 6, 8])[self._pick(3)], 0)
        day = taken.astype("datetime64[s]")
        month, year = (day.astype(f"datetime64[{unit}]").astype("datetime64[s]").astype(np.int64) for unit in "MY")
        taken = np.where(self.granularity == 4, month, np.where(self.granularity > 4, year, taken))
        taken = np.where(self._chance(rates.zero_date) & usual & ~coarse, ZERO_DATE + self._pick(2), taken)
        self.taken = np.where(self.unknown, self.upload, np.where(dense, DENSE_SECOND, taken))

    def _make_owners(self) -> None:
        rates, random = self.rates, self._random
        self.owner = (random.random(self.photos) ** 4 * self.owners).astype(np.int64)  # a few own most of the photos
        self.deleted_owner = random.random(self.owners) < rates.deleted_owners
        self.found = ~self.deleted_owner[self.owner]
        self.exif_hidden = (random.random(self.owners) < rates.exif_hidden)[self.owner]
        self.downloadable = (random.random(self.owners) >= rates.no_downloads)[self.owner]
        self.sizes_denied = (random.random(self.owners) < rates.sizes_denied)[self.owner]
        self.members = [member(number) for number in range(self.owners)]
        self.names = {name: number for number, who in enumerate(self.members) for name in who if name}
        self.group, self.album = self._pick(GROUPS * 3), self._pick(ALBUMS + 1)  # the numbers above stand for none
        self.groups = {name: number for number in range(GROUPS) for name in (group_id(number), group_url(number))}
        self.albums = {
            album_id(owner, album): (owner, album) for owner in range(self.owners) for album in range(ALBUMS)
        }

    def _make_rest(self) -> None:
        rates = self.rates
        self.license = np.array(_LICENSES)[self._pick(len(_LICENSES))]
        self.camera = self._pick(len(CAMERAS))
        self.shot, self.extra_tags = self._pick(len(SHOTS)), self._pick(16)
        self.first_word, self.second_word = self._pick(len(WORDS)), self._pick(len(WORDS))
        self.video, self.png = self._chance(rates.video), self._chance(rates.png)
        self.located = self._chance(rates.located)
        self.longitude = np.round(self._random.random(self.photos) * 360 - 180, 6)
        self.latitude = np.round(self._random.random(self.photos) * 150 - 65, 6)
        self.unshown = self._chance(rates.unshown)
        self.gone = self._chance(rates.gone) | ~self.found | self.unshown
        self.has_exif = ~self._chance(rates.no_exif)
        self.has_camera = self.has_exif & ~self._chance(rates.no_camera) & ~self.video
        self._secrets = self._pick(1 << 40)

    def id_of(self, number: int) -> int:
        """The id of a photo."""
        return FIRST_ID + ID_STEP * int(number)

    def number_of(self, photo_id: int | str) -> int | None:
        """The number of a photo; None if no photo ever had this id."""
        return self.numbers.get(str(photo_id))

    def secret(self, number: int) -> str:
        """The secret in the address of a photo's original."""
        return f"{self._secrets[number]:010x}"

    def extension(self, number: int) -> str:
        """The original's format, as Flickr names it."""
        return "mov" if self.video[number] else "png" if self.png[number] else "jpg"

    def title(self, number: int) -> str:
        """A photo's title."""
        form = TITLES[max(0, number % 50 - 50 + len(TITLES))]
        return form.format(WORDS[self.first_word[number]], WORDS[self.second_word[number]])

    def relicense(self, photo_id: int, license_id: int) -> None:
        """Give a photo another licence."""
        self.license[self.numbers[str(photo_id)]] = license_id

    def delete(self, photo_id: int) -> None:
        """Take a photo away (deleted or made private: strangers can't tell)."""
        number = self.numbers[str(photo_id)]
        self.gone[number], self.found[number] = True, False

    def hide(self, photo_id: int) -> None:
        """Stop sharing a photo's EXIF."""
        self.exif_hidden[self.numbers[str(photo_id)]] = True


def wall(moment: Any) -> str:
    """A column's moment as Flickr writes it: "2013-05-04 12:30:00", local wall time."""
    if moment in (ZERO_DATE, ZERO_YEAR):
        return f"0000-{'00-00' if moment == ZERO_DATE else '01-01'} 00:00:00"
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%d %H:%M:%S")
