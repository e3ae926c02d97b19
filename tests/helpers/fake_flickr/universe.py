"""The photos that exist: everything about each follows from its number and a seed, and changes only when a test says so."""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.helpers.fake_flickr import cameras, people, words
from tests.helpers.fake_flickr.chance import draw, draws, share, shares

FIRST_ID, ID_STEP = 52_000_000_113, 37

DAY = 86_400
TAKEN_FROM = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
TAKEN_TO = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
FIRST_UPLOAD = int(datetime(2004, 2, 10, tzinfo=UTC).timestamp())
NOW = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp())
"""The universe's today: no photo was uploaded later."""

DENSE_SECOND = int(datetime(2013, 5, 4, 12, 30, tzinfo=UTC).timestamp())
ZERO_DATE, ZERO_YEAR = -(1 << 60), -(1 << 60) + 1
"""Stand for the dates 0000-00-00 and 0000-01-01 (midnight), which sort before all others."""

_LICENSES = (0,) * 9 + (1, 2, 3, 4, 4, 4, 5, 5, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14, 15, 16)


@dataclass(frozen=True)
class Rates:
    """Shares of all photos (of all owners, where it says so), from 0 to 1.

    Attributes:
        unshown: Counted by searches and never shown: pages in the middle are short.
        gone: Still found by searches, and gone (private or deleted) when asked about.
        exif_hidden: Owners who don't share EXIF.
        no_downloads: Owners who don't let others download originals.
        sizes_denied: Owners whose sizes nobody may list.
        deleted_owners: Owners whose account is deleted; they own no photo that is found.
        no_exif: Photos with an empty list of EXIF.
        no_camera: Photos whose EXIF lacks the camera and its settings.
        video: Videos.
        png: Originals that are PNG files.
        unknown_date: Photos with takenunknown=1, which carry the upload's date.
        zero_date: Photos taken on 0000-00-00 or 0000-01-01, said to be known.
        coarse_date: Photos with granularity 4, 6 or 8.
        located: Photos with coordinates.
        other_original: Photos whose original's EXIF names another model than getExif does.
    """

    unshown: float = 0.01
    gone: float = 0.005
    exif_hidden: float = 0.03
    no_downloads: float = 0.15
    sizes_denied: float = 0.01
    deleted_owners: float = 0.01
    no_exif: float = 0.03
    no_camera: float = 0.02
    video: float = 0.02
    png: float = 0.01
    unknown_date: float = 0.02
    zero_date: float = 0.005
    coarse_date: float = 0.03
    located: float = 0.3
    other_original: float = 0.005

    @classmethod
    def none(cls, **but: float) -> Rates:
        """Nothing unusual, except the rates given: every photo is shown, has EXIF and an original."""
        return replace(cls(**{field.name: 0.0 for field in fields(cls)}), **but)


class Universe:
    """Photos, their owners, groups and albums.

    Photos have numbers from 0, and ids that follow from the numbers. The arrays are columns of all photos; they are for this
    package and for tests that want to know the truth.

    Args:
        photos: How many exist.
        seed: Of everything.
        dense_second: How many of them (the last ones) were taken in the second 2013-05-04 12:30:00, uploaded over ten years.
        rates: How often unusual things are.
        owners: How many members there are; by default one for 15 photos. A few own most of the photos.
    """

    def __init__(
        self,
        photos: int = 2000,
        seed: int = 0,
        dense_second: int = 0,
        rates: Rates | None = None,
        owners: int | None = None,
    ) -> None:
        self.photos, self.seed, self.rates = photos, seed, rates or Rates()
        self.owners = owners or max(3, photos // 15)
        self.numbers = np.arange(photos, dtype=np.int64)
        self.version = 0
        self._lock = threading.Lock()
        self._make_dates(dense_second)
        self._make_rest()
        self.by_upload = np.argsort(self.upload, kind="stable")
        self.by_taken = np.argsort(self.taken, kind="stable")

    def _chance(self, name: str) -> NDArray[np.float64]:
        return shares(self.numbers, self.seed, name)

    def _pick(self, name: str, count: int) -> NDArray[np.int64]:
        return (self._chance(name) * count).astype(np.int64)

    def _make_dates(self, dense_second: int) -> None:
        rates, taken = self.rates, TAKEN_FROM + self._pick("taken", TAKEN_TO - TAKEN_FROM)
        lag = self._chance("lag")
        late = np.where(lag < 0.7, lag * 40 * DAY, np.where(lag < 0.95, lag * 700 * DAY, lag * 5000 * DAY))
        upload = np.clip(
            taken + late.astype(np.int64),
            FIRST_UPLOAD + self._pick("first", 700 * DAY),
            NOW - 600 - self._pick("last", 3 * DAY),
        )
        dense = self.numbers >= self.photos - dense_second
        upload = np.where(dense, DENSE_SECOND + 7200 + self._pick("dense", 3650 * DAY), upload)

        kind = self._chance("date")
        unknown = (kind < rates.unknown_date) & ~dense
        zero = (kind >= 1 - rates.zero_date) & ~dense & ~unknown
        coarse = (kind >= 1 - rates.zero_date - rates.coarse_date) & ~zero & ~dense & ~unknown
        granularity = np.where(coarse, np.array([4, 6, 8])[self._pick("coarse", 3)], 0)
        day = taken.astype("datetime64[s]")
        month, year = (day.astype(f"datetime64[{unit}]").astype("datetime64[s]").astype(np.int64) for unit in "MY")
        taken = np.where(granularity == 4, month, np.where(granularity > 4, year, taken))
        taken = np.where(unknown, upload, np.where(dense, DENSE_SECOND, taken))
        self.taken = np.where(zero, np.where(self._pick("zero", 2) == 0, ZERO_DATE, ZERO_YEAR), taken)
        self.upload, self.unknown, self.granularity = upload, unknown, granularity

    def _make_rest(self) -> None:
        rates, chance, pick = self.rates, self._chance, self._pick
        self.owner = np.minimum((chance("owner") ** 4 * self.owners).astype(np.int64), self.owners - 1)
        members = np.arange(self.owners)

        def of_owners(rate: float, name: str) -> NDArray[np.bool_]:
            return (shares(members, self.seed, name) < rate)[self.owner]

        self.license = np.array(_LICENSES)[pick("license", len(_LICENSES))]
        self.camera = pick("camera", len(cameras.CAMERAS))
        self.first_word, self.second_word = (
            pick(name, len(words.VOCABULARY)) for name in ("first word", "second word")
        )
        two_draws = draws(self.numbers, self.seed, "tags") & draws(self.numbers, self.seed, "more tags")
        written = two_draws & draws(self.numbers, self.seed, "most tags") & np.uint64((1 << len(words.VOCABULARY)) - 1)
        self.tags = written | (np.uint64(1) << self.first_word.astype(np.uint64))
        self.words = self.tags | (np.uint64(1) << self.second_word.astype(np.uint64))
        self.video = chance("video") < rates.video
        self.located = chance("located") < rates.located
        self.longitude = np.round(chance("longitude") * 360 - 180, 6)
        self.latitude = np.round(chance("latitude") * 150 - 65, 6)
        self.group = pick("group", people.GROUPS * 3)  # two thirds are in no group
        self.album = pick("album", people.ALBUMS + 1)  # the last means none
        self.unshown = chance("unshown") < rates.unshown
        self.found = ~of_owners(rates.deleted_owners, "deleted owner")
        self.gone = (chance("gone") < rates.gone) | ~self.found | self.unshown
        self.exif_hidden = of_owners(rates.exif_hidden, "exif hidden")
        self.downloadable = ~of_owners(rates.no_downloads, "downloads")
        self.sizes_denied = of_owners(rates.sizes_denied, "sizes")

    def owner_deleted(self, owner: int) -> bool:
        """Whether a member's account is deleted."""
        return bool(shares(np.array([owner]), self.seed, "deleted owner")[0] < self.rates.deleted_owners)

    # --- names ---

    def id_of(self, number: int) -> int:
        """The id of a photo."""
        return FIRST_ID + ID_STEP * int(number)

    def number_of(self, photo_id: int | str) -> int | None:
        """The number of a photo; None if no photo ever had this id."""
        text = str(photo_id)
        if not text.isascii() or not text.isdigit():
            return None
        number, rest = divmod(int(text) - FIRST_ID, ID_STEP)
        return number if rest == 0 and 0 <= number < self.photos else None

    def secret(self, number: int) -> str:
        """The secret in the addresses of a photo's sizes, but for the original."""
        return f"{draw(self.seed, 'secret', number):016x}"[:10]

    def original_secret(self, number: int) -> str:
        """The secret in the address of a photo's original."""
        return f"{draw(self.seed, 'original secret', number):016x}"[:10]

    def server(self, number: int) -> str:
        """The number of the image server, which is part of addresses."""
        return "65535" if number % 2 else str(1000 + number % 8000)

    def extension(self, number: int) -> str:
        """The original's format, as Flickr names it."""
        if self.video[number]:
            return "mov"
        return "png" if share(self.seed, "png", number) < self.rates.png else "jpg"

    def title(self, number: int) -> str:
        """A photo's title."""
        return words.title(self.seed, number, int(self.first_word[number]), int(self.second_word[number]))

    # --- EXIF ---

    def has_camera(self, number: int) -> bool:
        """Whether a photo's EXIF tells the camera."""
        return not self.video[number] and share(self.seed, "exif", number) >= self.rates.no_exif + self.rates.no_camera

    def has_exif(self, number: int) -> bool:
        """Whether getExif lists anything for a photo."""
        return share(self.seed, "exif", number) >= self.rates.no_exif

    def shot(self, number: int) -> cameras.Shot:
        """What the camera wrote, whether or not anybody is told."""
        moment = int(self.taken[number])
        taken: str | None = wall(moment).replace("-", ":")
        if self.unknown[number] or self.granularity[number]:
            taken = None
        return cameras.shot(self.seed, number, int(self.camera[number]), taken)

    def raw_labels(self, photo_id: int | str) -> dict[str, str]:
        """The tags and `raw` values that labels come from; empty where the EXIF tells none.

        Args:
            photo_id: An id that exists.
        """
        number = self._existing(photo_id)
        return self.shot(number).raw if self.has_camera(number) else {}

    # --- changes ---

    def relicense(self, photo_id: int | str, license_id: int) -> None:
        """Give a photo another licence."""
        self._change(self.license, photo_id, license_id)

    def delete(self, photo_id: int | str) -> None:
        """Take a photo away (deleted or made private: strangers can't tell)."""
        self._change(self.gone, photo_id, True)
        self._change(self.found, photo_id, False)

    def restore(self, photo_id: int | str) -> None:
        """Bring a photo back that was made private."""
        self._change(self.gone, photo_id, False)
        self._change(self.found, photo_id, True)

    def hide(self, photo_id: int | str) -> None:
        """Stop sharing a photo's EXIF."""
        self._change(self.exif_hidden, photo_id, True)

    def _existing(self, photo_id: int | str) -> int:
        number = self.number_of(photo_id)
        if number is None:
            raise KeyError(photo_id)
        return number

    def _change(self, column: NDArray[Any], photo_id: int | str, value: object) -> None:
        number = self._existing(photo_id)
        with self._lock:
            column[number] = value
            self.version += 1


def wall(moment: int) -> str:
    """A column's moment as Flickr writes it: "2013-05-04 12:30:00", local wall time."""
    if moment in (ZERO_DATE, ZERO_YEAR):
        return f"0000-{'00-00' if moment == ZERO_DATE else '01-01'} 00:00:00"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def walls(moments: NDArray[np.int64]) -> list[str]:
    """The same for many moments."""
    plain = np.datetime_as_string(np.maximum(moments, 0).astype("datetime64[s]"))
    written = [text.replace("T", " ") for text in plain.tolist()]
    for place in np.flatnonzero(moments < 0).tolist():
        written[place] = wall(int(moments[place]))
    return written
