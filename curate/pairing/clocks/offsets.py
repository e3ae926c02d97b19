"""How far the clocks of two cameras differ, from the photos themselves.

Photos that show the same scene vote, with the readings of their clocks, for an offset (`stretches`). If the phone
always comes a little before the camera, that usual lag is in the offset too: pictures alone cannot tell it from a clock
error. GPS time can: it ties a clock to UTC. A wrong offset does more harm than none, so that doubt means none.
"""

from __future__ import annotations

import contextlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.pairing.clocks.stretches import DAY, MAX_DRIFT, WINDOW, Stretch, offset_at, stretches
from curate.pairing.photo import PairingPhoto, zone_seconds

Source = Literal["content", "gps", "chain", "person"]

GPS_WINDOW = 20.0
"""Seconds that a clock may waver against GPS: a fix can be some seconds old."""

SURE = 8
"""Moments from which photos that contradict GPS time are believed: some cameras write local time where UTC belongs."""

MAX_MARGIN = 60.0
"""Seconds: a chain of offsets whose interval is wider than this either way says nothing."""

_UTC = "\0UTC"


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How two clocks differ.

    Attributes:
        camera_a, camera_b: `make|model`; the phone is first, two of one side stand in order of their names.
        seconds: what the clock of b reads minus what the clock of a reads at the same instant, as written in `taken_at`
            (local time; time zones are part of it).
        spread: robust standard deviation of one pair's difference around `seconds`, in seconds.
        support: moments behind it, bursts counted once (of a chain or GPS: of its weakest link).
        margin: half the width of a 95 % interval of `seconds`, usual lag included.
        source: `content` (matched photos), `gps` (both clocks tied to UTC), `chain` (through other cameras), `person`.
        since, until: readings of the clock of a, seconds since 1970, between which it holds, where a clock was set.
        drift: seconds that b gains on a in a day. at: the reading of a at which `seconds` is meant, where it drifts.
    """

    camera_a: str
    camera_b: str
    seconds: float
    spread: float
    support: int
    margin: float = 0.0
    source: Source = "content"
    since: float | None = None
    until: float | None = None
    drift: float = 0.0
    at: float | None = None

    def holds(self, reading: float) -> bool:
        """Whether it holds when the clock of a reads so."""
        return (self.since is None or reading >= self.since) and (self.until is None or reading < self.until)

    def seconds_at(self, reading: float) -> float:
        """The offset when the clock of a reads so."""
        return self.seconds + (0.0 if self.at is None else self.drift * (reading - self.at) / DAY)

    def to_dict(self) -> dict[str, Any]:
        """The offset under its fixed names, and those beside them; readings as local ISO times."""
        return {
            "camera_a": self.camera_a,
            "camera_b": self.camera_b,
            "seconds": self.seconds,
            "spread": self.spread,
            "support": self.support,
            "margin": self.margin,
            "source": self.source,
            "since": local_time(self.since),
            "until": local_time(self.until),
            "drift_s_per_day": self.drift,
            "drift_at": local_time(self.at),
            "jump": jump(self.seconds),
        }


def local_time(reading: float | None) -> str | None:
    """A clock's reading as a local ISO time; None where no calendar has it, as with a clock that stood at year 1."""
    if reading is None:
        return None
    try:
        return datetime.fromtimestamp(round(reading), UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return None


def jump(seconds: float) -> str | None:
    """What an offset near a whole number of half hours most likely is, in words: a zone or daylight saving, not an error."""
    halves = round(seconds / 1800)
    if halves == 0 or abs(halves) > 28 or abs(seconds - 1800 * halves) > 180:
        return None
    return f"about {halves / 2:+g} h: another time zone or daylight saving"


def in_usual_zone(photos: Sequence[PairingPhoto]) -> list[PairingPhoto]:
    """Return the photos with times told in each camera's usual zone, where files say the zone.

    A phone that crosses a border or changes to daylight saving jumps by whole hours and says so in `utc_offset`; the jump
    is taken out, so that its clock runs on. A time that would leave the calendar (0001-01-01, of a clock that was never set)
    stays as it is.
    """
    zones: dict[str, Counter[int]] = defaultdict(Counter)
    for photo in photos:
        zone = zone_seconds(photo.utc_offset)
        if zone is not None and photo.clock is not None:
            zones[photo.camera][zone] += 1
    usual = {camera: min(counts, key=lambda zone: (-counts[zone], zone)) for camera, counts in zones.items()}
    told = []
    for photo in photos:
        zone = zone_seconds(photo.utc_offset)
        if zone is not None and photo.taken_at is not None and photo.clock is not None and zone != usual[photo.camera]:
            with contextlib.suppress(OverflowError):
                moved = datetime.fromisoformat(photo.taken_at).replace(tzinfo=None)
                moved += timedelta(seconds=usual[photo.camera] - zone)
                photo = replace(photo, taken_at=moved.isoformat(), utc_offset=None)
        told.append(photo)
    return told


def content_votes(
    photos: Mapping[int, PairingPhoto], scored: Iterable[tuple[int, int, float]], min_score: float = 0.5
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Votes of each camera pair: both clocks' readings of photos that are each other's best partner there.

    Args:
        photos: by id. scored: (phone id, other id, probability that they show one scene, from the pictures alone).

    Returns:
        (phone's camera, other camera) -> (n, 2) float64 seconds since 1970.
    """
    best: dict[tuple[int, str], tuple[float, int]] = {}
    for phone, other, score in scored:
        if score < min_score or photos[phone].clock is None or photos[other].clock is None:
            continue
        for one, two in ((phone, other), (other, phone)):
            key = (one, photos[two].camera)
            best[key] = max(best.get(key, (-1.0, 0)), (score, -two))
    votes: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for (one, camera), (_, negative) in sorted(best.items()):
        a, b = photos[one], photos[-negative]
        if (
            a.side == "phone"
            and best.get((b.id, a.camera), (0, 0))[1] == -a.id
            and a.clock is not None
            and b.clock is not None
        ):
            votes[a.camera, camera].append((a.clock, b.clock))
    return {cameras: np.array(rows) for cameras, rows in votes.items()}


def estimate_clocks(
    photos: Sequence[PairingPhoto],
    scored: Iterable[tuple[int, int, float]],
    known: Mapping[tuple[str, str], float] | None = None,
    use_gps: bool = True,
) -> list[ClockOffset]:
    """Offsets of any two cameras for which there is evidence.

    A person's word comes first, then two clocks tied to UTC by GPS, then photos of the two cameras, then a chain of
    these through further cameras. Where a clock was set in the meantime there are several offsets of the two cameras,
    the best supported first, each with the time between which it holds.

    Args:
        photos: all of them; only times known to the second count.
        scored: content scores, as `content_votes` takes them.
        known: offsets that a person stated, in either direction.
    """
    by_id = {photo.id: photo for photo in photos}
    clocks, fixes = _readings(photos, use_gps)
    sides: dict[str, str] = {}
    for photo in photos:
        sides.setdefault(photo.camera, photo.side)
    content = {
        (a, b): stretches(votes, np.array(clocks[a]), np.array(clocks[b]))
        for (a, b), votes in sorted(content_votes(by_id, scored).items())
    }
    tied = {camera: found for camera, rows in sorted(fixes.items()) if (found := _tied(np.array(rows)))}
    stated = {
        canonical(a, b, sides.get(a) == "phone", sides.get(b) == "phone"): (seconds, a)
        for (a, b), seconds in sorted((known or {}).items())
    }
    links: dict[tuple[str, str], tuple[list[Stretch], Source]] = {}
    for a, b in _camera_pairs(sides, clocks):
        gps = _through_utc(tied.get(a, []), tied.get(b, []))
        seen = content.get((a, b), [])
        if (a, b) in stated:
            seconds, first = stated[a, b]
            links[a, b] = [Stretch(float(seconds) if first == a else -float(seconds), 0.0, 0, 0.0)], "person"
        elif gps and not (seen and seen[0].support >= SURE and not _agree(seen[0], gps)):
            links[a, b] = _anchored(seen, gps), "gps"
        elif seen:
            links[a, b] = seen, "content"
    # Only what holds throughout is a link of a chain: past a clock that was set, a chain could lead astray by hours.
    graph = {pair: found[0] for pair, (found, _) in links.items() if len(found) == 1}
    graph |= {(_UTC, camera): found[0] for camera, found in tied.items() if len(found) == 1}
    reached = {a: _shortest(graph, a) for a in sorted(clocks)}
    offsets = []
    for a, b in _camera_pairs(sides, clocks):
        if (a, b) in links:
            found, source = links[a, b]
        elif b in reached[a] and reached[a][b].margin <= MAX_MARGIN:
            found, source = [reached[a][b]], "chain"
        else:
            continue
        offsets += [_offset(a, b, stretch, source) for stretch in found]
    return offsets


def _readings(
    photos: Sequence[PairingPhoto], use_gps: bool
) -> tuple[dict[str, list[float]], dict[str, list[tuple[float, float]]]]:
    """What the clock of each camera read, and its readings beside GPS time; of times known to the second alone."""
    clocks: dict[str, list[float]] = defaultdict(list)
    fixes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for photo in photos:
        if photo.clock is not None:
            clocks[photo.camera].append(photo.clock)
            if use_gps and photo.gps_clock is not None:
                fixes[photo.camera].append((photo.gps_clock, photo.clock))
    return clocks, fixes


def _offset(a: str, b: str, found: Stretch, source: Source) -> ClockOffset:
    return ClockOffset(
        a, b, found.seconds, found.spread, found.support, found.margin, source, found.since, found.until,
        found.drift, found.at if found.drift else None,
    )  # fmt: skip


def _camera_pairs(sides: Mapping[str, str], clocks: Mapping[str, object]) -> list[tuple[str, str]]:
    """Any two cameras that have a clock: phones against others first, then those of one side."""
    phones, others = (sorted(c for c in clocks if sides[c] == side) for side in ("phone", "other"))
    mixed = [(a, b) for a in phones for b in others]
    return mixed + [(a, b) for side in (phones, others) for k, a in enumerate(side) for b in side[k + 1 :]]


def canonical(a: str, b: str, a_is_phone: bool, b_is_phone: bool) -> tuple[str, str]:
    """Two cameras in the order in which offsets name them: the phone first, of one side by name."""
    return (a, b) if (not a_is_phone, a) <= (not b_is_phone, b) else (b, a)


def _tied(fixes: NDArray[np.float64]) -> list[Stretch]:
    """A clock against UTC, where most fixes agree; a fix can be minutes old, and then its time is no anchor."""
    found = stretches(fixes, window=GPS_WINDOW)
    away = np.full(len(fixes), np.inf)
    for one in found:
        expected = one.seconds + one.drift * (fixes[:, 0] - one.at) / DAY
        away = np.minimum(away, np.abs(fixes[:, 1] - fixes[:, 0] - expected))
    return found if 2 * int((away <= GPS_WINDOW).sum()) >= len(fixes) else []


def _through_utc(here: Sequence[Stretch], there: Sequence[Stretch]) -> list[Stretch]:
    """The offset of two clocks that are both tied to UTC: one stretch for each time in which neither was set."""
    found = []
    for a in here:
        for b in there:
            since = max((s for s in (a.since, b.since) if s is not None), default=None)
            until = min((u for u in (a.until, b.until) if u is not None), default=None)
            if since is not None and until is not None and since >= until:
                continue
            found.append(
                Stretch(
                    seconds=offset_at(b, a.at) - a.seconds,
                    spread=float(np.hypot(a.spread, b.spread)),
                    support=min(a.support, b.support),
                    margin=float(np.hypot(a.margin, b.margin)),
                    drift=b.drift - a.drift,
                    at=a.at + a.seconds,
                    since=None if since is None else since + offset_at(a, since),
                    until=None if until is None else until + offset_at(a, until),
                )
            )
    return sorted(found, key=lambda one: (-one.support, one.seconds))


def _agree(seen: Stretch, gps: Sequence[Stretch]) -> bool:
    return any(abs(offset_at(one, seen.at) - seen.seconds) <= WINDOW for one in gps)


def _anchored(seen: Sequence[Stretch], gps: Sequence[Stretch]) -> list[Stretch]:
    """GPS's offsets, which know no usual lag, within the times that photos tell; and those that photos alone tell."""
    rest, found = list(gps), []
    for one in seen:
        tie = next((g for g in rest if abs(offset_at(g, one.at) - one.seconds) <= WINDOW), None)
        if tie is None:
            found.append(one)
            continue
        rest.remove(tie)
        whole = tie.since is None and tie.until is None
        found.append(replace(tie, since=one.since, until=one.until) if whole else tie)
    return found + (rest if len(seen) <= 1 or not found else [g for g in rest if (g.since, g.until) != (None, None)])


def _shortest(graph: Mapping[tuple[str, str], Stretch], start: str) -> dict[str, Stretch]:
    """The surest chain of links from one clock to each other one (Dijkstra, by the variance of the sum)."""
    edges: dict[str, list[tuple[str, Stretch]]] = defaultdict(list)
    for (a, b), link in sorted(graph.items()):
        edges[a].append((b, link))
        edges[b].append((a, link.reversed()))
    done: dict[str, Stretch] = {}
    pushed = count()  # links have no order of their own
    queue = [(0.0, 0, start, next(pushed), Stretch(0.0, 0.0, 1 << 30, 0.0))]
    while queue:
        cost, hops, node, _, link = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = link
        for following, step in edges[node]:
            if following not in done:
                total = _sum(link, step) if hops else step
                heapq.heappush(queue, (cost + step.margin**2 + 1.0, hops + 1, following, next(pushed), total))
    done.pop(start)
    return done


def _sum(one: Stretch, two: Stretch) -> Stretch:
    """From a to c through b; both hold throughout."""
    return Stretch(
        seconds=one.seconds + offset_at(two, one.at + one.seconds),
        spread=float(np.hypot(one.spread, two.spread)),
        support=min(one.support, two.support),
        margin=float(np.hypot(one.margin, two.margin)),
        drift=float(np.clip(one.drift + two.drift, -2 * MAX_DRIFT, 2 * MAX_DRIFT)),
        at=one.at,
    )
