"""Estimate how far the clocks of two cameras differ, from the photos themselves.

Each pair of photos that show the same scene votes for an offset with its two clock readings (`stretches`). Where the
phone is usually used a little before the camera, the offset includes that lag, because pictures cannot tell it from a clock
error. GPS time can, because it relates a clock to UTC. A wrong offset does more harm than none, so a doubtful one is dropped.
"""

from __future__ import annotations

import contextlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np
from numpy.typing import NDArray

from curate.catalog.clocks import DAY, ClockOffset, OffsetSource, canonical
from curate.catalog.sides import PairingPhoto
from curate.pairing.clocks.stretches import MAX_DRIFT, WINDOW, Stretch, offset_at, stretches

GPS_WINDOW = 20.0
"""Width of the window, in seconds, within which a clock's differences from GPS time count as one offset: a fix can be some
seconds old."""

SURE = 8
"""Photos override GPS time where at least this many moments contradict it: some cameras write local time in place of UTC."""

MAX_MARGIN = 60.0
"""A chain of offsets whose `margin` is larger than this many seconds is not used."""

_UTC = "\0UTC"
"""The node of the graph of clocks that stands for UTC; no camera has this name."""


def in_usual_zone(photos: Sequence[PairingPhoto]) -> list[PairingPhoto]:
    """Return the photos with times converted to each camera's most frequent zone, where the files state a zone.

    A phone that crosses a border or changes to daylight saving jumps by whole hours and says so in `utc_offset`. Without
    the jumps its clock runs continuously. A time that would leave the calendar (0001-01-01, from a clock that was never
    set) is left as it is.
    """
    zones: dict[str, Counter[int]] = defaultdict(Counter)
    for photo in photos:
        zone = photo.zone
        if zone is not None and photo.clock is not None:
            zones[photo.camera][zone] += 1
    usual = {camera: min(counts, key=lambda zone: (-counts[zone], zone)) for camera, counts in zones.items()}
    told = []
    for photo in photos:
        zone = photo.zone
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
    """Return the votes of each two cameras: both clock readings of photos that are each other's best partner.

    Args:
        photos: id -> photo.
        scored: (phone id, other id, probability that they show one scene, from the pictures alone).
        min_score: pairs with a lower probability do not vote.

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
    """Estimate the offset of any two cameras for which there is evidence.

    The first source that is available counts: a person, GPS times of both cameras, matched photos of the two cameras, a chain
    of such offsets through other cameras. Where a clock was set in between, two cameras have several offsets, the best
    supported first, each with the times between which it is valid.

    Args:
        photos: all photos of both sides; only times known to the second count.
        scored: scores from the pictures alone, as for `content_votes`.
        known: (camera, camera) -> seconds that a person stated, in either direction.
        use_gps: whether GPS times are used.
    """
    by_id = {photo.id: photo for photo in photos}
    clocks, fixes = _readings(photos, use_gps)
    sides = {photo.camera: photo.side for photo in reversed(photos)}  # the first photo of a camera counts
    content = {
        (a, b): stretches(votes, np.array(clocks[a]), np.array(clocks[b]))
        for (a, b), votes in sorted(content_votes(by_id, scored).items())
    }
    tied = {camera: found for camera, rows in sorted(fixes.items()) if (found := _utc_offsets(np.array(rows)))}
    stated = {
        canonical(a, b, sides.get(a) == "phone", sides.get(b) == "phone"): (seconds, a)
        for (a, b), seconds in sorted((known or {}).items())
    }
    links: dict[tuple[str, str], tuple[list[Stretch], OffsetSource]] = {}
    for a, b in _camera_pairs(sides, clocks):
        gps = _through_utc(tied.get(a, []), tied.get(b, []))
        seen = content.get((a, b), [])
        if (a, b) in stated:
            seconds, first = stated[a, b]
            links[a, b] = [Stretch(float(seconds) if first == a else -float(seconds), 0.0, 0, 0.0)], "person"
        elif gps and not (seen and seen[0].support >= SURE and not _agree(seen[0], gps)):
            links[a, b] = _with_gps(seen, gps), "gps"
        elif seen:
            links[a, b] = seen, "content"
    # A chain uses only offsets that are valid at all times: across a clock that was set, it could be wrong by hours.
    graph = {pair: found[0] for pair, (found, _) in links.items() if len(found) == 1}
    graph |= {(_UTC, camera): found[0] for camera, found in tied.items() if len(found) == 1}
    reached = {a: _surest_chains(graph, a) for a in sorted(clocks)}
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
    """Return each camera's clock readings, and its (GPS time, clock reading) pairs; only times known to the second count."""
    clocks: dict[str, list[float]] = defaultdict(list)
    fixes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for photo in photos:
        if photo.clock is not None:
            clocks[photo.camera].append(photo.clock)
            if use_gps and photo.gps_clock is not None:
                fixes[photo.camera].append((photo.gps_clock, photo.clock))
    return clocks, fixes


def _offset(a: str, b: str, found: Stretch, source: OffsetSource) -> ClockOffset:
    return ClockOffset(
        a, b, found.seconds, found.spread, found.support, found.margin, source, found.since, found.until,
        found.drift, found.at if found.drift else None,
    )  # fmt: skip


def _camera_pairs(sides: Mapping[str, str], clocks: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return all pairs of cameras that have a clock: phones with others first, then cameras of one side."""
    phones, others = (sorted(c for c in clocks if sides[c] == side) for side in ("phone", "other"))
    mixed = [(a, b) for a in phones for b in others]
    return mixed + [(a, b) for side in (phones, others) for k, a in enumerate(side) for b in side[k + 1 :]]


def _utc_offsets(fixes: NDArray[np.float64]) -> list[Stretch]:
    """Return a clock's offsets from UTC by its GPS times, or none where less than half of these agree.

    A fix can be minutes old, and then its time does not tell the time of the photo.
    """
    found = stretches(fixes, window=GPS_WINDOW)
    away = np.full(len(fixes), np.inf)
    for one in found:
        expected = one.seconds + one.drift * (fixes[:, 0] - one.at) / DAY
        away = np.minimum(away, np.abs(fixes[:, 1] - fixes[:, 0] - expected))
    return found if 2 * int((away <= GPS_WINDOW).sum()) >= len(fixes) else []


def _through_utc(here: Sequence[Stretch], there: Sequence[Stretch]) -> list[Stretch]:
    """Return the offsets of two clocks whose offsets from UTC are known: one for each period in which neither was set."""
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


def _with_gps(seen: Sequence[Stretch], gps: Sequence[Stretch]) -> list[Stretch]:
    """Combine offsets from photos (`seen`) with offsets from GPS.

    Where both agree, the GPS offset counts, because it does not include a usual lag; it gets the period of the photos' offset
    if it has none of its own. Offsets that only the photos show are kept.
    """
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


def _surest_chains(graph: Mapping[tuple[str, str], Stretch], start: str) -> dict[str, Stretch]:
    """Return the chain of offsets with the smallest variance from one clock to each other one, by Dijkstra's algorithm."""
    edges: dict[str, list[tuple[str, Stretch]]] = defaultdict(list)
    for (a, b), link in sorted(graph.items()):
        edges[a].append((b, link))
        edges[b].append((a, link.reversed()))
    done: dict[str, Stretch] = {}
    pushed = count()  # breaks ties in the queue, since offsets cannot be compared
    queue = [(0.0, 0, start, next(pushed), Stretch(0.0, 0.0, 1 << 30, 0.0))]
    while queue:
        cost, hops, node, _, link = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = link
        for following, step in edges[node]:
            if following not in done:
                total = _chained(link, step) if hops else step
                heapq.heappush(queue, (cost + step.margin**2 + 1.0, hops + 1, following, next(pushed), total))
    done.pop(start)
    return done


def _chained(one: Stretch, two: Stretch) -> Stretch:
    """Return the offset from a to c from those of a to b and b to c, both valid at all times."""
    return Stretch(
        seconds=one.seconds + offset_at(two, one.at + one.seconds),
        spread=float(np.hypot(one.spread, two.spread)),
        support=min(one.support, two.support),
        margin=float(np.hypot(one.margin, two.margin)),
        drift=float(np.clip(one.drift + two.drift, -2 * MAX_DRIFT, 2 * MAX_DRIFT)),
        at=one.at,
    )
