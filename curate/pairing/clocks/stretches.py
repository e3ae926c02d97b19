"""The offsets of two clocks over time, from votes: one stretch, or several where a clock was set in between.

A vote is a pair of photos that seem to show one scene: the readings of both clocks. Right votes gather around one
difference; wrong ones are scattered over days. The densest window of differences wins where it holds more than chance
would put there. Clocks drift, by seconds a week, so the window may lean. What is left may hold a second stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WINDOW = 120.0
"""Seconds: votes of one offset lie within this, since shots of one scene are up to a minute apart, either first."""

MIN_SUPPORT = 3
MIN_SUPPORT_FURTHER = 5
"""Moments that a second stretch needs: that a clock was set is less likely than that it was not."""

MAX_STRETCHES = 4
MAX_CHANCE = 1e-3
"""How probable it may be that a window as full as the fullest arises from unrelated photos."""

MOMENT = 30.0
"""Seconds: votes nearer to each other on both clocks are one moment (a burst) and count once."""

TICK = 1.0
"""Seconds: files tell whole seconds, cut off, so that not even many votes know an offset better."""

MAX_DRIFT = 5.0
"""Seconds a day. Cheap quartz drifts by one or two; more is no drift."""

DAY = 86_400.0
_DRIFT_DAYS = 5.0
_DRIFT_MOMENTS = 12
_DRIFT_MATTERS = 5.0
_MIXED = 0.1
_MAX_WALSH = 2000
_MAX_SLOPE = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """An offset of two clocks and when it holds.

    Attributes:
        seconds: clock b minus clock a, at the reading `at` of clock a where it drifts.
        spread: robust standard deviation of one vote. support: moments behind it. margin: half a 95 % interval of `seconds`.
        drift: seconds that b gains on a in a day; 0 where none is certain. at: reading of a, seconds since 1970.
        since, until: readings of clock a, in this stretch, between which it holds; None where it has no such end.
    """

    seconds: float
    spread: float
    support: int
    margin: float
    drift: float = 0.0
    at: float = 0.0
    since: float | None = None
    until: float | None = None

    def reversed(self) -> Stretch:
        """The same stretch with the clocks' parts exchanged; its ends are then readings of clock b."""

        def moved(reading: float | None) -> float | None:
            return None if reading is None else reading + offset_at(self, reading)

        return Stretch(
            -self.seconds, self.spread, self.support, self.margin, -self.drift, self.at + self.seconds,
            moved(self.since), moved(self.until),
        )  # fmt: skip


def offset_at(stretch: Stretch, reading: float) -> float:
    """Clock b minus clock a when clock a reads so, seconds."""
    return stretch.seconds + stretch.drift * (reading - stretch.at) / DAY


def densest(differences: NDArray[np.float64], window: float = WINDOW) -> tuple[float, int]:
    """The middle of the window that holds most values, and how many; the earliest of equals.

    Args:
        differences: (n,) seconds, n ≥ 1.
    """
    values = np.sort(differences)
    ends = np.searchsorted(values, values + window, side="right")
    counts = ends - np.arange(len(values))
    first = int(counts.argmax())
    return float((values[first] + values[ends[first] - 1]) / 2), int(counts[first])


def location(values: NDArray[np.float64]) -> float:
    """The Hodges–Lehmann estimate: the median of all pairwise means.

    As robust as a median nearly, and unlike it steady where either camera may come first, which makes two heaps.
    """
    if len(values) > _MAX_WALSH:
        values = np.sort(values)[:: len(values) // _MAX_WALSH + 1]
    i, j = np.triu_indices(len(values))
    return float(np.median((values[i] + values[j]) / 2))


def pairs_within(
    clocks_a: NDArray[np.float64], clocks_b: NDArray[np.float64], centre: float, window: float = WINDOW
) -> tuple[int, int]:
    """Pairs of photos of two cameras whose difference (b minus a) lies in a window around `centre`, and all pairs."""
    b = np.sort(clocks_b)
    high = np.searchsorted(b, clocks_a + centre + window / 2, side="right")
    low = np.searchsorted(b, clocks_a + centre - window / 2, side="left")
    return int((high - low).sum()), len(clocks_a) * len(b)


def moments(votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Votes with bursts counted once: ten photos of one minute that all match one burst are one piece of evidence.

    Args:
        votes: (n, 2) readings of clock a and clock b.

    Returns:
        (m, 2), ordered by clock a; of each moment the mean readings.
    """
    if not len(votes):
        return votes.reshape(0, 2)
    ordered = votes[np.lexsort((votes[:, 1], votes[:, 0]))]
    steps = np.abs(np.diff(ordered, axis=0)).max(1)
    group = np.concatenate([[0], np.cumsum(steps > MOMENT)])
    sums = np.stack([np.bincount(group, ordered[:, k]) for k in (0, 1)], 1)
    return np.asarray(sums / np.bincount(group)[:, None], np.float64)


def stretches(
    votes: NDArray[np.float64],
    clocks_a: NDArray[np.float64] | None = None,
    clocks_b: NDArray[np.float64] | None = None,
    window: float = WINDOW,
) -> list[Stretch]:
    """The stretches that votes agree on, the best supported first; none where they agree no more than by chance.

    Args:
        votes: (n, 2) readings of clock a and clock b, seconds.
        clocks_a, clocks_b: readings of all photos of both cameras, against which chance is reckoned; None: no such test.
        window: seconds within which votes of one offset lie.
    """
    rest = moments(votes)
    total = len(rest)
    found: list[tuple[Stretch, NDArray[np.float64]]] = []
    while len(found) < MAX_STRETCHES and len(rest) >= MIN_SUPPORT:
        centre, _ = densest(rest[:, 1] - rest[:, 0], window)
        pairs = None if clocks_a is None or clocks_b is None else pairs_within(clocks_a, clocks_b, centre, window)
        one = _one(rest, centre, pairs, window, total)
        if one is None or (found and one[0].support < MIN_SUPPORT_FURTHER):
            break
        stretch, inside = one
        # What lies next to a stretch found before is its fringe, late shots, and no clock that was set.
        if all(abs(stretch.seconds - offset_at(other, stretch.at)) > window for other, _ in found):
            found.append((stretch, rest[inside]))
        away = np.abs(_residuals(stretch, rest)) > window
        rest = rest[away & ~inside]
    return [stretch for stretch, _ in _bounded(found)]


def _one(
    votes: NDArray[np.float64], centre: float, pairs: tuple[int, int] | None, window: float, total: int
) -> tuple[Stretch, NDArray[np.bool_]] | None:
    """The stretch around a window's middle, and which votes are in it; None where chance would make as much."""
    stretch = Stretch(centre, 0.0, 0, 0.0)
    inside = np.abs(_residuals(stretch, votes)) <= window / 2
    count = int(inside.sum())
    if count < MIN_SUPPORT:
        return None
    if pairs is not None:
        from scipy.special import bdtrc

        # How likely one vote of two unrelated photos falls here: as are all pairs of photos but those that voted so.
        chance = (max(0, pairs[0] - count) + 1) / max(1, pairs[1])

        differences = votes[:, 1] - votes[:, 0]
        windows = max(1.0, float(differences.max() - differences.min()) / window)
        if windows * float(bdtrc(count - 1, total, min(1.0, chance))) > MAX_CHANCE:
            return None
    for _ in range(4):
        kept = votes[inside]
        at = float(np.median(kept[:, 0]))
        drift = _drift(kept)
        flat = kept[:, 1] - kept[:, 0] - drift * (kept[:, 0] - at) / DAY
        stretch = Stretch(location(flat), 0.0, len(kept), 0.0, drift, at)
        inside = np.abs(_residuals(stretch, votes)) <= window / 2
        if inside.sum() < MIN_SUPPORT:
            return None
    left = _residuals(stretch, votes[inside])
    spread = max(0.5, 1.4826 * float(np.median(np.abs(left))))
    deviation = max(spread, float(left.std(ddof=1)))
    margin = TICK + 1.96 * deviation / float(np.sqrt(len(left)))
    return Stretch(stretch.seconds, spread, len(left), margin, stretch.drift, stretch.at), inside


def _residuals(stretch: Stretch, votes: NDArray[np.float64]) -> NDArray[np.float64]:
    expected = stretch.seconds + stretch.drift * (votes[:, 0] - stretch.at) / DAY
    return np.asarray(votes[:, 1] - votes[:, 0] - expected, np.float64)


def _drift(votes: NDArray[np.float64]) -> float:
    """Seconds a day, by Theil and Sen; 0 unless the votes last long enough, are sure that there is one, and it matters."""
    days = (votes[:, 0] - votes[:, 0].min()) / DAY
    span = float(days.max())
    if len(votes) < _DRIFT_MOMENTS or span < _DRIFT_DAYS:
        return 0.0
    from scipy.stats import theilslopes

    step = len(votes) // _MAX_SLOPE + 1
    slope, _, low, high = theilslopes((votes[:, 1] - votes[:, 0])[::step], days[::step], 0.99)
    certain = low > 0 or high < 0
    return float(slope) if certain and abs(slope) <= MAX_DRIFT and abs(slope) * span >= _DRIFT_MATTERS else 0.0


def _bounded(found: Sequence[tuple[Stretch, NDArray[np.float64]]]) -> list[tuple[Stretch, NDArray[np.float64]]]:
    """Say when each stretch ends, where time tells stretches apart; two bodies of one name, used together, stay open."""
    if len(found) < 2:
        return list(found)
    order = sorted(range(len(found)), key=lambda k: float(np.median(found[k][1].mean(1))))
    since: dict[int, float] = {}
    until: dict[int, float] = {}
    for before, after in pairwise(order):
        one, two = found[before][1], found[after][1]
        # A clock that was set back reads the same hour twice; the other clock does not. Either may be the one that was set.
        errors, low, high, axis = min((*_cut(one[:, k], two[:, k]), k) for k in (0, 1))
        if errors > _MIXED * min(len(one), len(two)):
            continue
        # When exactly it was set is not known: between the last vote of one and the first of the other both may hold.
        until[before] = high if axis == 0 else high - found[before][0].seconds
        since[after] = low if axis == 0 else low - found[after][0].seconds
    return [
        (replace(stretch, since=since.get(k), until=until.get(k)), votes) for k, (stretch, votes) in enumerate(found)
    ]


def _cut(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[int, float, float]:
    """How many readings lie on the wrong side of the best border between two groups, and the readings next to it."""
    values = np.concatenate([one, two])
    late = np.concatenate([np.zeros(len(one), bool), np.ones(len(two), bool)])
    order = np.argsort(values, kind="stable")
    values, late = values[order], late[order]
    errors = np.cumsum(late)[:-1] + np.cumsum(~late[::-1])[::-1][1:]
    best = int(errors.argmin())
    return int(errors[best]), float(values[best]), float(values[best + 1])
