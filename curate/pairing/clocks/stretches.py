"""Estimate the offsets of two clocks over time from votes: one stretch, or several where a clock was set in between.

A vote is a pair of photos that seem to show one scene, given as the readings of both clocks. The differences of right votes
gather around one value; those of wrong votes are scattered over days. The densest window of differences is an offset where
it holds more votes than chance would give. The window follows a linear drift of the clocks. The remaining votes may give
a second stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from curate.catalog.clocks import DAY
from tracer.stats import student_quantile

WINDOW = 120.0
"""Width in seconds of the window that holds the votes of one offset: shots of one scene are up to a minute apart, and either
camera may be first."""

MIN_SUPPORT = 3
"""Moments that the first stretch needs."""

MIN_SUPPORT_FURTHER = 5
"""Moments that each further stretch needs: most clocks are never set."""

MAX_STRETCHES = 4
MAX_CHANCE = 1e-3
"""Largest accepted probability that unrelated photos fill some window as much as the fullest one."""

MOMENT = 30.0
"""Seconds. Votes closer together than this on both clocks are one moment (a burst) and count once."""

TICK = 1.0
"""Seconds. Files give whole seconds, truncated, so no number of votes determines an offset better than this."""

MAX_DRIFT = 5.0
"""Seconds a day. Cheap quartz drifts by one or two; a steeper slope is not taken for drift."""

_DRIFT_DAYS = 5.0
_DRIFT_MOMENTS = 12
_DRIFT_MATTERS = 5.0
_MIXED = 0.1
_MAX_WALSH = 2000
_MAX_SLOPE = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """An offset of two clocks and the time in which it is valid.

    Attributes:
        seconds: clock b minus clock a, at the reading `at` of clock a where they drift.
        spread: robust standard deviation of the votes, in seconds.
        support: number of moments that it is estimated from.
        margin: half the width of a 95 % interval of `seconds`, by Student's t for few moments.
        drift: seconds that clock b gains on clock a in a day; 0 where no drift is certain.
        at: reading of clock a, seconds since 1970.
        since: reading of clock a from which it is valid; None where it has no start.
        until: reading of clock a up to which it is valid; None where it has no end.
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
        """Return the same stretch with a and b exchanged; `at`, `since` and `until` are then readings of clock b."""

        def moved(reading: float | None) -> float | None:
            return None if reading is None else reading + offset_at(self, reading)

        return Stretch(
            -self.seconds, self.spread, self.support, self.margin, -self.drift, self.at + self.seconds,
            moved(self.since), moved(self.until),
        )  # fmt: skip


def offset_at(stretch: Stretch, reading: float) -> float:
    """Return clock b minus clock a, in seconds, at a reading of clock a, drift included."""
    return stretch.seconds + stretch.drift * (reading - stretch.at) / DAY


def densest(differences: NDArray[np.float64], window: float = WINDOW) -> tuple[float, int]:
    """Return the centre of the values in the fullest window, and their number; ties go to the earliest window.

    Args:
        differences: (n,) seconds, n ≥ 1.
        window: width in seconds.

    >>> densest(np.array([-5000.0, 3590.0, 3600.0, 3614.0, 9000.0]))
    (3602.0, 3)
    """
    values = np.sort(differences)
    ends = np.searchsorted(values, values + window, side="right")
    counts = ends - np.arange(len(values))
    first = int(counts.argmax())
    return float((values[first] + values[ends[first] - 1]) / 2), int(counts[first])


def location(values: NDArray[np.float64]) -> float:
    """Return the Hodges–Lehmann estimate: the median of all pairwise means.

    It is nearly as robust as the median, and more stable for two groups of differences, which arise where either camera may
    come first.

    >>> location(np.array([10.0, 12.0, 14.0, 500.0]))
    13.5
    """
    if len(values) > _MAX_WALSH:
        values = np.sort(values)[:: len(values) // _MAX_WALSH + 1]
    i, j = np.triu_indices(len(values))
    return float(np.median((values[i] + values[j]) / 2))


def pairs_within(
    clocks_a: NDArray[np.float64], clocks_b: NDArray[np.float64], centre: float, window: float = WINDOW
) -> tuple[int, int]:
    """Count the pairs of photos of two cameras whose difference (b minus a) lies in a window around `centre`, and all pairs."""
    b = np.sort(clocks_b)
    high = np.searchsorted(b, clocks_a + centre + window / 2, side="right")
    low = np.searchsorted(b, clocks_a + centre - window / 2, side="left")
    return int((high - low).sum()), len(clocks_a) * len(b)


def moments(votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Merge the votes of each burst into one: ten photos of one minute that all match one burst are one piece of evidence.

    Args:
        votes: (n, 2) float64 readings of clock a and clock b, seconds.

    Returns:
        (m, 2) float64, the mean readings of each moment, ordered by clock a.

    >>> moments(np.array([[0.0, 3600.0], [4.0, 3604.0], [500.0, 4100.0]])).tolist()
    [[2.0, 3602.0], [500.0, 4100.0]]
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
    """Return the stretches that the votes agree on, the best supported first; none where chance would give as much agreement.

    Args:
        votes: (n, 2) float64 readings of clock a and clock b, seconds.
        clocks_a: readings of all photos of camera a, from which chance agreement is computed; None: no such test.
        clocks_b: readings of all photos of camera b.
        window: width in seconds of the window that holds the votes of one offset.

    >>> a = np.array([0.0, 1000.0, 2000.0, 3000.0])
    >>> [found] = stretches(np.column_stack([a, a + 3600.0]))
    >>> found.seconds, found.support, found.since
    (3600.0, 4, None)
    """
    rest = moments(votes)
    total = len(rest)
    found: list[tuple[Stretch, NDArray[np.float64]]] = []
    while len(found) < MAX_STRETCHES and len(rest) >= MIN_SUPPORT:
        centre, _ = densest(rest[:, 1] - rest[:, 0], window)
        pairs = None if clocks_a is None or clocks_b is None else pairs_within(clocks_a, clocks_b, centre, window)
        one = _stretch_at(rest, centre, pairs, window, total)
        if one is None or (found and one[0].support < MIN_SUPPORT_FURTHER):
            break
        stretch, inside = one
        # A window next to an earlier stretch holds late shots of the same offset; it does not mean that a clock was set.
        if all(abs(stretch.seconds - offset_at(other, stretch.at)) > window for other, _ in found):
            found.append((stretch, rest[inside]))
        away = np.abs(_residuals(stretch, rest)) > window
        rest = rest[away & ~inside]
    return [stretch for stretch, _ in _with_ends(found)]


def _stretch_at(
    votes: NDArray[np.float64], centre: float, pairs: tuple[int, int] | None, window: float, total: int
) -> tuple[Stretch, NDArray[np.bool_]] | None:
    """Return the stretch around a window's centre, and which votes it holds; None where chance would give as many."""
    stretch = Stretch(centre, 0.0, 0, 0.0)
    inside = np.abs(_residuals(stretch, votes)) <= window / 2
    count = int(inside.sum())
    if count < MIN_SUPPORT:
        return None
    if pairs is not None:
        from scipy.special import bdtrc

        # Probability that the vote of two unrelated photos falls here: the share of all pairs, without those that voted so.
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
    margin = TICK + student_quantile(len(left)) * deviation / float(np.sqrt(len(left)))
    return Stretch(stretch.seconds, spread, len(left), margin, stretch.drift, stretch.at), inside


def _residuals(stretch: Stretch, votes: NDArray[np.float64]) -> NDArray[np.float64]:
    expected = stretch.seconds + stretch.drift * (votes[:, 0] - stretch.at) / DAY
    return np.asarray(votes[:, 1] - votes[:, 0] - expected, np.float64)


def _drift(votes: NDArray[np.float64]) -> float:
    """Return the drift in seconds a day, by the Theil–Sen estimator.

    It is 0 where the votes are too few or span too few days, where its 99 % interval contains 0, where it is steeper than
    `MAX_DRIFT`, or where it amounts to less than 5 s in all.
    """
    days = (votes[:, 0] - votes[:, 0].min()) / DAY
    span = float(days.max())
    if len(votes) < _DRIFT_MOMENTS or span < _DRIFT_DAYS:
        return 0.0
    from scipy.stats import theilslopes

    step = len(votes) // _MAX_SLOPE + 1
    slope, _, low, high = theilslopes((votes[:, 1] - votes[:, 0])[::step], days[::step], 0.99)
    certain = low > 0 or high < 0
    return float(slope) if certain and abs(slope) <= MAX_DRIFT and abs(slope) * span >= _DRIFT_MATTERS else 0.0


def _with_ends(found: Sequence[tuple[Stretch, NDArray[np.float64]]]) -> list[tuple[Stretch, NDArray[np.float64]]]:
    """Set `since` and `until` of stretches that lie one after the other in time.

    Stretches that overlap in time stay without ends: they come from two bodies with the same camera name.
    """
    if len(found) < 2:
        return list(found)
    order = sorted(range(len(found)), key=lambda k: float(np.median(found[k][1].mean(1))))
    since: dict[int, float] = {}
    until: dict[int, float] = {}
    for before, after in pairwise(order):
        one, two = found[before][1], found[after][1]
        # A clock that was set back reads the same hour twice; the other clock does not. Either clock may have been set, so the
        # cut is made on the clock that separates the two stretches better.
        errors, low, high, axis = min((*_best_border(one[:, k], two[:, k]), k) for k in (0, 1))
        if errors > _MIXED * min(len(one), len(two)):
            continue
        # The moment of setting is not known: between the last vote of one and the first of the other both stay valid.
        until[before] = high if axis == 0 else high - found[before][0].seconds
        since[after] = low if axis == 0 else low - found[after][0].seconds
    return [
        (replace(stretch, since=since.get(k), until=until.get(k)), votes) for k, (stretch, votes) in enumerate(found)
    ]


def _best_border(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[int, float, float]:
    """Return the number of readings on the wrong side of the best border between two groups, and the readings next to it."""
    values = np.concatenate([one, two])
    late = np.concatenate([np.zeros(len(one), bool), np.ones(len(two), bool)])
    order = np.argsort(values, kind="stable")
    values, late = values[order], late[order]
    errors = np.cumsum(late)[:-1] + np.cumsum(~late[::-1])[::-1][1:]
    best = int(errors.argmin())
    return int(errors[best]), float(values[best]), float(values[best + 1])
