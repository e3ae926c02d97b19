"""Choose the pairs that are compared, and compare them: the part of pairing whose cost depends on the collection's size.

In a small collection, all photos of both sides are searched by their pictures. In a large one, a sample of photos gives the
clock offsets, and each other photo is compared with the few taken at the same time, so that the time per photo does not grow.
A photo is still searched among all photos where time does not help (no date, no offset, no partner near in time).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.catalog.clocks import ClockOffset
from curate.catalog.sides import PairingPhoto
from curate.pairing import candidates, voting
from curate.pairing.evidence import Evidence
from curate.pairing.features import cached_path
from curate.pairing.workers import Workers, comparisons, one_thread, sample, signatures
from tracer.base.progress import Progress, Work

Pair = tuple[int, int]
Memory = dict[tuple[int, int, bool], Evidence]
"""Earlier comparisons, by phone's id, other's id, and whether the look was close."""

SHORTLIST = 20
"""Photos of the other side that each photo is compared with because their descriptors are similar."""

BY_EMBEDDING = 10
"""Photos of the other side that each photo is compared with because their embeddings are similar."""

ALL = 10_000
"""Up to this number of phone × other pairs, all pairs are compared."""

WHOLE = 2_000_000
"""Up to this number of phone × other pairs, all photos are searched by their pictures, with more voters, and more keypoints
decide which pairs are looked at again (`compare`)."""

SAMPLED = 150
"""Photos of each camera that are searched among all photos of the other side, to find the clock offsets."""

_LEAST_SAMPLED = 40
_MOST_SAMPLED = 1500
_TRAINING_PHOTOS = 600
_UNTIED_SHARE = 0.1
_NEIGHBOURS = 12
_NEIGHBOUR_S = 2 * 86_400.0


class Search:
    """Both sides of a collection, and the comparisons made so far.

    Attributes:
        phones: photos of the phones' side.
        others: photos of the other side.
        by_id: id -> photo, of both sides.
        compared: (phone id, other id) -> comparison.
        use_gps: whether GPS positions are used.
    """

    def __init__(
        self,
        photos: Sequence[PairingPhoto],
        cache: Path,
        pool: Workers,
        use_gps: bool,
        embeddings: Mapping[str, NDArray[np.float32]] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.by_id = {photo.id: photo for photo in photos}
        self.phones = [photo for photo in photos if photo.side == "phone"]
        self.others = [photo for photo in photos if photo.side == "other"]
        self.compared: dict[Pair, Evidence] = {}
        self._memory: Memory = {} if memory is None else memory
        self.use_gps = use_gps
        self._cache, self._pool = cache, pool
        self._embeddings = embeddings or {}
        self._vocabulary: voting.Vocabulary | None = None
        self._signed: dict[int, voting.Signed] = {}

    @property
    def small(self) -> bool:
        """Whether all photos are searched by their pictures (`WHOLE`)."""
        return len(self.phones) * len(self.others) <= WHOLE

    @property
    def _voters(self) -> int:
        """How many keypoints of a photo vote."""
        return voting.MORE_VOTERS if self.small else voting.VOTERS

    def sampled(self) -> tuple[list[PairingPhoto], list[PairingPhoto]]:
        """Return (phones, others): a sample of the smaller side, spread evenly over each camera's time, and all of the other."""
        phones_fewer = len(self.phones) <= len(self.others)
        cameras: dict[str, list[PairingPhoto]] = defaultdict(list)
        for photo in self.phones if phones_fewer else self.others:
            if photo.clock is not None:
                cameras[photo.camera].append(photo)
        each = int(np.clip(_MOST_SAMPLED // max(1, len(cameras)), _LEAST_SAMPLED, SAMPLED))
        chosen = []
        for _, rows in sorted(cameras.items()):
            rows.sort(key=lambda photo: (photo.clock or 0.0, photo.sha256))
            places = np.unique(np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(int))
            chosen += [rows[k] for k in places]
        return (chosen, self.others) if phones_fewer else (self.phones, chosen)

    def everywhere(self, phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto]) -> Work[None]:
        """Compare photos with their likeliest partners anywhere on the other side.

        At least one of the two lists holds all photos of its side. Each photo of an incomplete list gets its own shortlist;
        where both lists are complete, each photo of both does.

        Args:
            phones: photos of the phones' side.
            others: photos of the other side.
        """
        if not phones or not others:
            return
        if min(len(phones), len(others)) <= SHORTLIST and max(len(phones), len(others)) <= 10 * SHORTLIST:
            yield from self.compare(((a.id, b.id) for a in phones for b in others), close=True)
            return
        both = len(phones) == len(self.phones) and len(others) == len(self.others)
        sides: candidates.Sides = "both" if both else "phones" if len(others) == len(self.others) else "others"
        pairs = yield from self._voted(phones, others, sides)
        yield from self.compare(pairs)
        near = candidates.by_hash(phones, others, sides=sides) | candidates.by_name(phones, others)
        if self.use_gps:
            near |= candidates.by_place(phones, others, sides=sides)
        if self._embeddings:
            near |= candidates.by_embedding(phones, others, self._embeddings, BY_EMBEDDING, sides)
        yield from self.compare(near, close=True)
        if self.small and len(phones) * len(others) <= ALL:
            yield from self.compare((a.id, b.id) for a in phones for b in others)

    def near_in_time(self, offsets: Sequence[ClockOffset]) -> Work[None]:
        """Compare the photos that were taken close together, with clocks corrected by the offsets."""
        yield from self.compare(candidates.by_time(self.phones, self.others, offsets), close=True)

    def open_photos(
        self, offsets: Sequence[ClockOffset], scores: Mapping[Pair, float], least: float = 0.5
    ) -> tuple[list[PairingPhoto], list[PairingPhoto]]:
        """Return the photos of each side whose partner cannot be located by time.

        Time locates a photo's partner where one of the 24 photos that its camera took before and after it, within two days,
        has a likely partner at the right time. All photos of a camera are open where it has at least three likely
        partners in a camera without an offset to it, and these are at least a tenth of its likely partners.

        Args:
            offsets: the clock offsets found so far.
            scores: pair -> probability, from the pictures alone.
            least: probability from which a partner is likely.
        """
        table: dict[tuple[str, str], list[ClockOffset]] = defaultdict(list)
        for offset in offsets:
            table[offset.camera_a, offset.camera_b].append(offset)
        confirmed: dict[str, list[float]] = defaultdict(list)
        untied: dict[tuple[str, str], int] = defaultdict(int)
        likely: dict[str, int] = defaultdict(int)
        for (phone, other), score in scores.items():
            a, b = self.by_id[phone], self.by_id[other]
            if score < least or a.clock is None or b.clock is None:
                continue
            likely[a.camera] += 1
            likely[b.camera] += 1
            if (a.camera, b.camera) not in table:
                untied[a.camera, b.camera] += 1
                continue
            gap = candidates.corrected_gap(a, b, table)
            if gap is not None and abs(gap[0]) <= candidates.reach(gap[1]):
                confirmed[a.camera].append(a.clock)
                confirmed[b.camera].append(b.clock)
        # A few likely partners in a camera without an offset can be chance or look-alikes; many cannot.
        unlocated = {
            camera
            for pair, count in untied.items()
            for camera in pair
            if count >= 3 and count >= _UNTIED_SHARE * likely[camera]
        }
        return _unconfirmed(self.phones, confirmed, unlocated), _unconfirmed(self.others, confirmed, unlocated)

    def compare(self, pairs: Iterable[Pair], close: bool = False) -> Work[None]:
        """Compare pairs, one phone photo after the other in order of time: neighbours share partners, whose features are then
        still in memory."""
        wanted = [pair for pair in candidates.allowed(pairs, self.by_id) if pair not in self.compared]
        remembered = {pair: self._memory[*pair, close] for pair in wanted if (*pair, close) in self._memory}
        self.compared.update(remembered)
        wanted = [pair for pair in wanted if pair not in remembered]
        partners: dict[int, list[int]] = defaultdict(list)
        for phone, other in wanted:
            partners[phone].append(other)
        phones = sorted(partners, key=lambda k: (self.by_id[k].clock or 0.0, self.by_id[k].sha256, k))
        tasks = [
            (self._path(phone), [self._path(other) for other in partners[phone]], close, self.small) for phone in phones
        ]
        done = 0
        for phone, found in zip(phones, self._pool.map(comparisons, tasks, chunk=4), strict=True):
            for other, one in zip(partners[phone], found, strict=True):
                self.compared[phone, other] = self._memory[phone, other, close] = one
            done += len(found)
            yield Progress("comparing pictures", done, len(wanted))

    def _path(self, photo: int) -> Path:
        return cached_path(self._cache, self.by_id[photo].sha256)

    def _voted(
        self, phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto], sides: candidates.Sides
    ) -> Work[set[Pair]]:
        ours = yield from self._marked(phones)
        theirs = yield from self._marked(others)
        yield Progress("looking for likely partners", 0)
        with one_thread():
            cells = candidates.best_cells(_masked(voting.votes(ours, theirs), phones, others), SHORTLIST, sides)
        return {(phones[i].id, others[j].id) for i, j in cells}

    def _marked(self, photos: Sequence[PairingPhoto]) -> Work[list[voting.Signed]]:
        """Return the visual words and signatures of photos, computed once; the vocabulary is learnt from the whole collection."""
        if self._vocabulary is None:
            paths = [self._path(photo.id) for photo in (*self.phones, *self.others)]
            chosen = paths[:: max(1, len(paths) // _TRAINING_PHOTOS)]
            each = max(1, min(self._voters, voting.TRAINING // len(chosen)))
            yield Progress("learning what tells photos apart", 0)
            parts = list(self._pool.map(sample, [(path, self._voters, each) for path in chosen]))
            with one_thread():
                self._vocabulary = voting.learn(np.concatenate(parts), self._voters * len(paths))
        missing = [photo for photo in photos if photo.id not in self._signed]
        tasks = [(self._path(photo.id), self._vocabulary, self._voters) for photo in missing]
        for done, (photo, mark) in enumerate(zip(missing, self._pool.map(signatures, tasks, chunk=64), strict=True), 1):
            self._signed[photo.id] = mark
            yield Progress("marking photos", done, len(missing))
        return [self._signed[photo.id] for photo in photos]


def _unconfirmed(
    photos: Sequence[PairingPhoto], confirmed: Mapping[str, Sequence[float]], unlocated: set[str]
) -> list[PairingPhoto]:
    """Return the photos without a likely partner at the right time near them, and all photos of cameras in `unlocated`."""
    clocks: dict[str, list[float]] = defaultdict(list)
    for photo in photos:
        if photo.clock is not None:
            clocks[photo.camera].append(photo.clock)
    found = []
    ordered = {camera: np.sort(rows) for camera, rows in clocks.items()}
    sure = {camera: np.sort(rows) for camera, rows in confirmed.items()}
    for photo in photos:
        if photo.clock is None or photo.camera in unlocated or photo.camera not in sure:
            found.append(photo)
            continue
        place = int(np.searchsorted(ordered[photo.camera], photo.clock))
        rows = ordered[photo.camera][max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
        low = max(float(rows[0]), photo.clock - _NEIGHBOUR_S)
        high = min(float(rows[-1]), photo.clock + _NEIGHBOUR_S)
        if np.searchsorted(sure[photo.camera], low) == np.searchsorted(sure[photo.camera], high, side="right"):
            found.append(photo)
    return found


def _masked(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], phones: Sequence[PairingPhoto], others: Sequence[PairingPhoto]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Set the votes of pairs of the same camera to 0: they would fill the shortlist, and are never offered."""
    numbers = {camera: k for k, camera in enumerate(sorted({photo.camera for photo in (*phones, *others)}))}
    ours, theirs = (np.array([numbers[photo.camera] for photo in side]) for side in (phones, others))
    for first, block in blocks:
        block[ours[first : first + len(block), None] == theirs[None]] = 0
        yield first, block
