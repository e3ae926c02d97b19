"""Measures of a pairing whose truth is known; without files and printing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.virtual_pairs import VirtualPairs
from curate.cameras.types import Side
from curate.catalog.clocks import ClockOffset
from curate.pairing.find import Candidate
from curate.pairing.scenes import best_of_each_scene

BINS = 10


@dataclass(frozen=True)
class First:
    """How often a photo's first choice shows its scene.

    Attributes:
        right: photos whose first choice is right.
        asked: photos that have a partner.
        alike_right: of the photos whose place was photographed again with objects moved, those whose first choice is right.
        alike_asked: photos whose place was photographed again with objects moved.
    """

    right: int
    asked: int
    alike_right: int
    alike_asked: int

    @property
    def share(self) -> float:
        """The share of right ones among those asked."""
        return self.right / max(1, self.asked)

    def __str__(self) -> str:
        alike = (
            f", look-alikes {self.alike_right / self.alike_asked:.4f} of {self.alike_asked}" if self.alike_asked else ""
        )
        return f"{self.share:.4f} of {self.asked}{alike}"


def first(choices: Mapping[int, int], truth: VirtualPairs, side: Side) -> First:
    """How often the first choices of one side's photos are right; a photo without a choice counts as wrong.

    Args:
        choices: photo id -> id of its first choice.
        truth: the collection.
        side: phone or other.
    """
    there = {truth.scene[photo.id] for photo in truth.photos if photo.side != side}
    scenes_of: dict[int, set[int]] = defaultdict(set)
    for photo in truth.photos:
        scenes_of[truth.place[photo.id]].add(truth.scene[photo.id])
    asked = [p.id for p in truth.photos if p.side == side and truth.scene[p.id] in there]
    right = [k in choices and truth.scene[choices[k]] == truth.scene[k] for k in asked]
    alike = [len(scenes_of[truth.place[k]]) > 1 for k in asked]
    return First(sum(right), len(asked), sum(r for r, a in zip(right, alike, strict=True) if a), sum(alike))


def choices_by(scores: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """Each photo's first choice by any score of (phone id, other id)."""
    best: dict[int, tuple[float, int]] = {}
    for (phone, other), score in scores.items():
        for one, two in ((phone, other), (other, phone)):
            best[one] = max(best.get(one, (-np.inf, 0)), (score, -two))
    return {one: -two for one, (_, two) in best.items()}


def choices(candidates: Iterable[Candidate]) -> dict[int, int]:
    """Each photo's first choice among candidates."""
    return choices_by({(c.phone_id, c.other_id): c.score for c in candidates})


Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Scores, and whether each is that of a right pair."""


def judged(candidates: Sequence[Candidate], truth: VirtualPairs) -> Judged:
    """The score of each phone photo's best candidate, and whether it is right."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        if candidate.phone_id not in best or candidate.score > best[candidate.phone_id].score:
            best[candidate.phone_id] = candidate
    scores = np.array([c.score for c in best.values()])
    right = np.array([truth.scene[c.phone_id] == truth.scene[c.other_id] for c in best.values()], np.bool_)
    return scores, right


def calibration_error(*parts: Judged) -> tuple[float, int]:
    """The expected calibration error of all parts together, in ten bins of equal count; and the number of scores."""
    scores, right = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    bins = np.array_split(np.argsort(scores, kind="stable"), BINS)
    away = sum(len(part) * abs(float(scores[part].mean() - right[part].mean())) for part in bins if len(part))
    return away / max(1, len(scores)), len(scores)


@dataclass(frozen=True)
class Automatic:
    """What `decide auto` would accept: pairs accepted, right ones, scenes with both sides, scenes found."""

    accepted: int
    right: int
    scenes: int
    found: int

    def __str__(self) -> str:
        precision = self.right / max(1, self.accepted)
        return (
            f"precision {precision:.4f} ({self.accepted - self.right} wrong of {self.accepted}), "
            f"recall {self.found / max(1, self.scenes):.4f} of {self.scenes} scenes"
        )


def automatic(candidates: Sequence[Candidate], truth: VirtualPairs, bar: float = 0.98) -> Automatic:
    """Accept proposed pairs of at least a probability, one in each scene, as the command does in a new workspace."""
    names = {photo.id: photo.sha256 for photo in truth.photos}
    proposed = best_of_each_scene((names[c.phone_id], names[c.other_id], c.score, c.assigned) for c in candidates)
    taken = [c for c in candidates if c.score >= bar and (names[c.phone_id], names[c.other_id]) in proposed]
    right = [truth.scene[c.phone_id] for c in taken if truth.scene[c.phone_id] == truth.scene[c.other_id]]
    sides: dict[int, set[str]] = defaultdict(set)
    for photo in truth.photos:
        sides[truth.scene[photo.id]].add(photo.side)
    return Automatic(len(taken), len(right), sum(len(s) == 2 for s in sides.values()), len(set(right)))


@dataclass(frozen=True)
class Clocks:
    """The errors of clock offsets, one for each two cameras and each period between settings.

    Attributes:
        errors: seconds, (n,).
        missing: periods of two cameras without an offset.
        inside: errors that are at most the stated margin.
        wrong: offsets that are right in no period.
        misled: photos for which only wrong offsets hold.
        photos: all photos.
    """

    errors: NDArray[np.float64]
    missing: int
    inside: int
    wrong: int
    misled: int
    photos: int

    def __str__(self) -> str:
        size = np.abs(self.errors) if len(self.errors) else np.array([np.nan])
        return (
            f"{len(self.errors)} offsets, error median {np.median(size):.1f} s, worst {size.max():.1f} s, within the interval "
            f"told {self.inside}; none for {self.missing}; right at no time {self.wrong}; "
            f"photos for which only a wrong one holds {self.misled} of {self.photos}"
        )


def clock_errors(
    offsets: Sequence[ClockOffset], truth: VirtualPairs, usual_lag: bool, least: int = 8, gross: float = 120.0
) -> Clocks:
    """Compare the offsets of phones against other cameras with the truth.

    Args:
        offsets: the estimated offsets.
        truth: the collection.
        usual_lag: whether the truth includes the median time between the two cameras' shots of one scene.
        least: only periods of two cameras with at least so many common scenes count.
        gross: seconds from which an offset is wrong.
    """
    shots: dict[str, dict[int, int]] = defaultdict(dict)
    side = {}
    for photo in truth.photos:
        side[photo.camera] = photo.side
        shots[photo.camera][truth.scene[photo.id]] = photo.id
    by_id = {photo.id: photo for photo in truth.photos}
    errors, missing, inside, wrong, misled, asked = [], 0, 0, 0, 0, 0
    for a in sorted(c for c in shots if side[c] == "phone"):
        for b in sorted(c for c in shots if side[c] == "other"):
            mine = [offset for offset in offsets if (offset.camera_a, offset.camera_b) == (a, b)]
            times: dict[float, list[tuple[int, int]]] = defaultdict(list)
            for scene in sorted(shots[a].keys() & shots[b].keys()):
                one, two = shots[a][scene], shots[b][scene]
                times[truth.clock_error[two] - truth.clock_error[one]].append((one, two))
            true = {}
            for error, pairs in times.items():
                lags = [truth.true_time[two] - truth.true_time[one] for one, two in pairs]
                true[error] = error + (float(np.median(lags)) if usual_lag else 0.0)
                readings = [by_id[one].clock or 0.0 for one, _ in pairs]
                for reading in readings:
                    holding = [abs(o.seconds_at(reading) - true[error]) for o in mine if o.holds(reading)]
                    asked += 1
                    misled += bool(holding) and min(holding) > gross
                if len(pairs) < least:
                    continue
                middle = float(np.median(readings))
                found = [o for o in mine if o.holds(middle)]
                if not found:
                    missing += 1
                    continue
                nearest = min(found, key=lambda o: abs(o.seconds_at(middle) - true[error]))
                away = nearest.seconds_at(middle) - true[error]
                errors.append(away)
                inside += abs(away) <= nearest.margin
            for offset in mine:
                at = offset.drift_at if offset.drift_at is not None else 0.0
                wrong += all(abs(offset.seconds_at(at) - t) > gross for t in true.values())
    return Clocks(np.array(errors), missing, inside, wrong, misled, asked)
