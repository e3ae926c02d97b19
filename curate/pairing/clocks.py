"""How far the clocks of two cameras differ, from the photos themselves.

Photos that show the same scene vote, with the difference of their times, for an offset. Right votes gather; wrong
ones are scattered over days. The densest window of votes wins where it holds more than chance would put there, and
the offset is a robust mean of what lies in it. If the phone always comes a little before the camera, that usual lag
is in the offset too: pictures alone cannot tell it from a clock error. GPS time can: it ties a clock to UTC.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.pairing.photo import PairingPhoto

Source = Literal["content", "gps", "chain", "person"]

WINDOW = 120.0
"""Seconds: votes of one offset lie within this, since shots of one scene are up to a minute apart, either first."""

MIN_SUPPORT = 3
MIN_SUPPORT_FURTHER = 5
"""Votes that a second offset of the same two cameras needs: that a clock was set is less likely than that it was not."""

MAX_STRETCHES = 3
MAX_CHANCE = 1e-3
"""How probable it may be that a window as full as the fullest arises from unrelated photos."""

_UTC = "\0UTC"
_MAX_WALSH = 2000


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How two clocks differ.

    Attributes:
        camera_a, camera_b: `make|model`; the phone is first.
        seconds: what the clock of b reads minus what the clock of a reads at the same instant, as written in `taken_at`
            (local time; time zones are part of it).
        spread: robust standard deviation of one pair's difference around `seconds`, in seconds.
        support: pairs of photos behind it (of a chain or GPS: of its weakest link).
        margin: half the width of a 95 % interval of `seconds`, usual lag included.
        source: `content` (matched photos), `gps` (both clocks tied to UTC), `chain` (through other cameras), `person`.
    """

    camera_a: str
    camera_b: str
    seconds: float
    spread: float
    support: int
    margin: float = 0.0
    source: Source = "content"


@dataclass(frozen=True, slots=True)
class Estimate:
    """An offset in seconds, with the meaning of `ClockOffset`'s fields."""

    seconds: float
    spread: float
    support: int
    margin: float


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


def estimate(differences: Iterable[float], chance: float | None = None, window: float = WINDOW) -> Estimate | None:
    """The offset that votes agree on, or None where they agree no more than by chance.

    Args:
        differences: votes, seconds (clock of b minus clock of a).
        chance: probability that one vote of two unrelated photos falls into the winning window; None: no such test.
    """
    votes = np.array(sorted(differences), np.float64)
    if len(votes) < MIN_SUPPORT:
        return None
    centre, count = densest(votes, window)
    if count < MIN_SUPPORT:
        return None
    if chance is not None:
        from scipy.special import bdtrc

        windows = max(1.0, (votes[-1] - votes[0]) / window)
        if windows * float(bdtrc(count - 1, len(votes), min(1.0, chance))) > MAX_CHANCE:
            return None
    for _ in range(3):
        inside = votes[np.abs(votes - centre) <= window / 2]
        if not len(inside):
            return None
        centre = location(inside)
    inside = votes[np.abs(votes - centre) <= window / 2]
    if len(inside) < MIN_SUPPORT:
        return None
    spread = max(0.5, 1.4826 * float(np.median(np.abs(inside - centre))))
    deviation = max(spread, float(inside.std(ddof=1)))
    return Estimate(centre, spread, len(inside), 1.96 * deviation / float(np.sqrt(len(inside))))


def content_votes(
    photos: Mapping[int, PairingPhoto], scored: Iterable[tuple[int, int, float]], min_score: float = 0.5
) -> dict[tuple[str, str], list[float]]:
    """Votes of each camera pair: the difference of clocks of photos that are each other's best partner there.

    Args:
        photos: by id. scored: (phone id, other id, probability that they show one scene, from the pictures alone).
    """
    best: dict[tuple[int, str], tuple[float, int]] = {}
    for phone, other, score in scored:
        if score < min_score or photos[phone].clock is None or photos[other].clock is None:
            continue
        for one, two in ((phone, other), (other, phone)):
            key = (one, photos[two].camera)
            best[key] = max(best.get(key, (-1.0, 0)), (score, -two))
    votes: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (one, camera), (_, negative) in sorted(best.items()):
        a, b = photos[one], photos[-negative]
        if (
            a.side == "phone"
            and best.get((b.id, a.camera), (0, 0))[1] == -a.id
            and a.clock is not None
            and b.clock is not None
        ):
            votes[a.camera, camera].append(b.clock - a.clock)
    return dict(votes)


def chance_of(
    clocks_a: NDArray[np.float64], clocks_b: NDArray[np.float64], centre: float, window: float = WINDOW
) -> float:
    """Share of all pairs of photos of two cameras whose difference (b minus a) lies in a window around `centre`."""
    b = np.sort(clocks_b)
    high = np.searchsorted(b, clocks_a + centre + window / 2, side="right")
    low = np.searchsorted(b, clocks_a + centre - window / 2, side="left")
    return float((high - low).sum()) / (len(clocks_a) * len(b))


def estimate_clocks(
    photos: Sequence[PairingPhoto],
    scored: Iterable[tuple[int, int, float]],
    known: Mapping[tuple[str, str], float] | None = None,
    use_gps: bool = True,
) -> list[ClockOffset]:
    """Offsets of every phone against every other camera for which there is evidence.

    A person's word comes first, then two clocks tied to UTC by GPS, then photos of the two cameras, then a chain of
    these through further cameras. Where a clock was set in the meantime, photos give more than one offset of the two
    cameras, the best supported first.

    Args:
        photos: all of them; only times known to the second count.
        scored: content scores, as `content_votes` takes them.
        known: offsets that a person stated, in either direction.
    """
    by_id = {photo.id: photo for photo in photos}
    clocks: dict[str, list[float]] = defaultdict(list)
    anchors: dict[str, list[float]] = defaultdict(list)
    sides: dict[str, str] = {}
    for photo in photos:
        sides.setdefault(photo.camera, photo.side)
        if photo.clock is not None:
            clocks[photo.camera].append(photo.clock)
            if use_gps and photo.gps_clock is not None:
                anchors[photo.camera].append(photo.clock - photo.gps_clock)
    links: dict[tuple[str, str], tuple[Estimate, Source]] = {}
    further: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
    for (a, b), votes in sorted(content_votes(by_id, scored).items()):
        stretches = _stretches(votes, np.array(clocks[a]), np.array(clocks[b]))
        if stretches:
            links[a, b] = stretches[0], "content"
            further[a, b] = stretches[1:]
    tied = {camera: found for camera, values in sorted(anchors.items()) if (found := _anchor(values)) is not None}
    for a, here in tied.items():
        for b, there in tied.items():
            if sides[a] == "phone" and sides[b] == "other":
                links[a, b] = _sum(_reversed(here), there), "gps"
    for (a, b), seconds in sorted((known or {}).items()):
        links.pop((b, a), None)
        links[a, b] = Estimate(float(seconds), 0.0, 0, 0.0), "person"
    graph = {pair: link for pair, (link, _) in links.items()} | {(_UTC, camera): link for camera, link in tied.items()}
    offsets = []
    for a in sorted(camera for camera, side in sides.items() if side == "phone" and camera in clocks):
        reached = _shortest(graph, a)
        for b in sorted(
            camera for camera, side in sides.items() if side == "other" and camera in clocks and camera != a
        ):
            link: tuple[Estimate, Source] | None = links.get((a, b))
            if link is None and (b, a) in links:
                link = _reversed(links[b, a][0]), links[b, a][1]
            if link is None and b in reached:
                link = reached[b], "chain"
            if link is not None:
                found, source = link
                offsets.append(ClockOffset(a, b, found.seconds, found.spread, found.support, found.margin, source))
                if source == "content":
                    offsets += [
                        ClockOffset(a, b, f.seconds, f.spread, f.support, f.margin, source) for f in further[a, b]
                    ]
    return offsets


def _stretches(votes: Sequence[float], clocks_a: NDArray[np.float64], clocks_b: NDArray[np.float64]) -> list[Estimate]:
    """The offsets of one camera pair, the best supported first: more than one where a clock was set in the meantime."""
    found: list[Estimate] = []
    rest = np.array(votes)
    while len(found) < MAX_STRETCHES and len(rest) >= MIN_SUPPORT:
        centre, _ = densest(rest)
        one = estimate(rest.tolist(), chance_of(clocks_a, clocks_b, centre))
        if one is None or (found and one.support < MIN_SUPPORT_FURTHER):
            break
        found.append(one)
        rest = rest[np.abs(rest - one.seconds) > 2 * WINDOW]
    return found


def _anchor(differences: list[float]) -> Estimate | None:
    """A clock against UTC, where most fixes agree; a fix can be minutes old, and then its time is no anchor."""
    found = estimate(differences, window=20.0)
    return found if found is not None and 2 * found.support >= len(differences) else None


def _reversed(link: Estimate) -> Estimate:
    return Estimate(-link.seconds, link.spread, link.support, link.margin)


def _sum(one: Estimate, two: Estimate) -> Estimate:
    return Estimate(
        one.seconds + two.seconds,
        float(np.hypot(one.spread, two.spread)),
        min(one.support, two.support),
        float(np.hypot(one.margin, two.margin)),
    )


def _shortest(graph: Mapping[tuple[str, str], Estimate], start: str) -> dict[str, Estimate]:
    """The surest chain of links from one clock to each other one (Dijkstra, by the variance of the sum)."""
    edges: dict[str, list[tuple[str, Estimate]]] = defaultdict(list)
    for (a, b), link in sorted(graph.items()):
        edges[a].append((b, link))
        edges[b].append((a, _reversed(link)))
    done: dict[str, Estimate] = {}
    queue: list[tuple[float, int, str, Estimate]] = [(0.0, 0, start, Estimate(0.0, 0.0, 1 << 30, 0.0))]
    while queue:
        cost, hops, node, link = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = link
        for following, step in edges[node]:
            if following not in done:
                total = _sum(link, step) if hops else step
                heapq.heappush(queue, (cost + step.margin**2 + 1.0, hops + 1, following, total))
    done.pop(start)
    return done
