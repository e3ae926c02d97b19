"""The evidence for a pair: signals as numbers for the model, and as words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from tracer.base.text import counted

MOST_SAID = 20
"""Powers of ten of the odds against chance that are told: that points fall at random is an assumption, and not that exact."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Signals of one candidate pair; None where a signal is missing.

    Attributes:
        matches: number of mutual ratio matches of SIFT descriptors.
        inliers: number of matches that agree on one view.
        view: kind of view: `homography`, `similarity`, `fundamental` or `none`.
        overlap: share of the smaller view that both photos see, 0 to 1.
        coverage: share of a 4 × 4 grid over the common part that holds an inlier, 0 to 1.
        scale_ratio: how much larger things are in the other photo's preview.
        rotation_deg: how far the other photo is turned, degrees.
        alignment: median block correlation of the aligned pictures, −1 to 1.
        hash_distance: differing bits of 64 of the perceptual hashes.
        time_gap_s: the other photo's time minus the phone photo's by corrected clocks, in seconds; only for times known to
            the second.
        clock_spread_s: standard deviation of such gaps of the two cameras, in seconds.
        distance_m: metres between the two GPS positions.
        mirrored: whether the pictures agree only after the phone's is mirrored.
        embedding: cosine of the two embeddings after subtracting each camera's mean, −1 to 1.
        same_name: whether a person gave both files the same name.
        same_album: whether both files lie in one folder.
        agreement: significance of the most significant view of all matches, −log10 of the number of false alarms; at most 0
            where as many agree by chance.
        parallax: the same of the matches that lie off the best plane. A product or a poster has little of it.
        extent: share of what both photos show that lies among the matches of the best plane, 0 to 1. A product, a logo or a
            window takes a small share.
        sameness: how much that part looks the same when one photo is laid over the other, −1 to 1. Moved things lower it.
        alike: by how much matches turn and scale alike more often than by chance, an exponent in natural logarithms. It ranks
            pairs that do not agree significantly.
        most_phone: most inliers that the phone photo has with any partner. Twenty inliers are weak evidence for a photo that
            has two hundred with another one.
        most_other: most inliers that the other photo has with any partner.
        most_agreement: the most that either photo has with any partner. Look-alikes agree significantly, but less.
        rank_phone: rank of this candidate among those of the phone photo, from 1, the best.
        rank_other: rank of this candidate among those of the other photo.
    """

    matches: int
    inliers: int
    view: str = "none"
    overlap: float = 0.0
    coverage: float = 0.0
    scale_ratio: float | None = None
    rotation_deg: float | None = None
    alignment: float | None = None
    hash_distance: int | None = None
    time_gap_s: float | None = None
    clock_spread_s: float | None = None
    distance_m: float | None = None
    mirrored: bool = False
    embedding: float | None = None
    same_name: bool | None = None
    same_album: bool | None = None
    agreement: float | None = None
    parallax: float | None = None
    extent: float | None = None
    sameness: float | None = None
    alike: float | None = None
    most_phone: int = 0
    most_other: int = 0
    most_agreement: float = 0.0
    rank_phone: int = 1
    rank_other: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the evidence by field name, with rounded numbers; missing signals are None."""
        digits = {"overlap": 3, "coverage": 3, "scale_ratio": 3, "rotation_deg": 1, "alignment": 3}
        digits |= {"agreement": 1, "parallax": 1, "extent": 3, "sameness": 3, "alike": 1, "most_agreement": 1}
        digits |= {"time_gap_s": 1, "clock_spread_s": 1, "distance_m": 1, "embedding": 3}
        return {key: round(v, digits[key]) if key in digits and v is not None else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Evidence | None:
        """Read what `to_dict` wrote; other keys are ignored. A pair that a person made by hand has no evidence: None."""
        known = {name: values[name] for name in _NAMES if name in values}
        return cls(**known) if {"matches", "inliers"} <= known.keys() else None


_NAMES = tuple(field.name for field in fields(Evidence))


def with_rivals(evidence: Mapping[tuple[int, int], Evidence]) -> dict[tuple[int, int], Evidence]:
    """Return the same evidence with `most_phone`, `most_other` and `most_agreement` filled in.

    Args:
        evidence: (phone id, other id) -> evidence.

    >>> weak, strong = Evidence(matches=30, inliers=20), Evidence(matches=250, inliers=200)
    >>> found = with_rivals({(1, 2): weak, (1, 3): strong})
    >>> found[1, 2].most_phone, found[1, 2].most_other
    (200, 20)
    """
    most: dict[tuple[str, int], int] = {}
    agree: dict[tuple[str, int], float] = {}
    for (phone, other), found in evidence.items():
        for key in (("phone", phone), ("other", other)):
            most[key] = max(most.get(key, 0), found.inliers)
            agree[key] = max(agree.get(key, 0.0), found.agreement or 0.0)
    return {
        (phone, other): replace(
            found,
            most_phone=most["phone", phone],
            most_other=most["other", other],
            most_agreement=max(agree["phone", phone], agree["other", other]),
        )
        for (phone, other), found in evidence.items()
    }


def words(evidence: Evidence, no_time: str = "") -> list[str]:
    """Return the evidence in plain words: the points on which both agree, then the clocks and GPS, then all else.

    Args:
        evidence: the evidence.
        no_time: what is said where the clocks say nothing; nothing if it is empty.

    >>> for line in words(Evidence(45, 37, "homography", overlap=0.8, time_gap_s=-12.4, distance_m=35.2)):
    ...     print(line)
    37 of 45 matching points agree on one view
    both see 80 % of the smaller view
    taken 12 s apart, clocks corrected
    taken 35 m apart by GPS
    """
    said = [*_points_in_words(evidence), *_place_in_words(evidence, no_time), *_chance_in_words(evidence)]
    if evidence.alignment is not None:
        closely = "closely" if evidence.alignment >= 0.8 else "in part" if evidence.alignment >= 0.5 else "hardly"
        said.append(f"laid over each other, the pictures agree {closely} ({evidence.alignment:.2f})")
    if evidence.scale_ratio is not None and not 0.8 <= evidence.scale_ratio <= 1.25:
        larger, ratio = (
            ("other", evidence.scale_ratio) if evidence.scale_ratio > 1 else ("phone", 1 / evidence.scale_ratio)
        )
        said.append(f"things are {ratio:.1f} times larger in the {larger} photo")
    if evidence.rotation_deg is not None and abs(evidence.rotation_deg) >= 10:
        said.append(f"turned by {abs(evidence.rotation_deg):.0f}°")
    if evidence.hash_distance is not None:
        alike = (
            "alike"
            if evidence.hash_distance <= 12
            else "differing"
            if evidence.hash_distance >= 24
            else "somewhat alike"
        )
        said.append(f"pictures {alike} as a whole ({evidence.hash_distance} of 64 bits differ)")
    if evidence.mirrored:
        said.append("one of the two is mirrored")
    if evidence.embedding is not None:
        said.append(
            f"an encoder finds them {'alike' if evidence.embedding >= 0.5 else 'unlike'} ({evidence.embedding:.2f})"
        )
    if evidence.same_name:
        said.append("both files have the same name")
    if evidence.rank_phone > 1:
        said.append(f"the phone photo's {_ordinal(evidence.rank_phone)} choice")
    if evidence.rank_other > 1:
        said.append(f"the other photo's {_ordinal(evidence.rank_other)} choice")
    return said


def _points_in_words(evidence: Evidence) -> list[str]:
    if evidence.inliers:
        all_of_it = evidence.overlap > 0.97
        return [
            f"{evidence.inliers} of {counted(evidence.matches, 'matching point')} agree on one view",
            f"both see {'all' if all_of_it else f'{100 * evidence.overlap:.0f} %'} of the smaller view",
        ]
    if evidence.matches:
        how = "seen from different standpoints" if _is_significant(evidence) else "but no common view"
        return [f"{counted(evidence.matches, 'matching point')}, {how}"]
    return ["no matching points"]


def _place_in_words(evidence: Evidence, no_time: str) -> list[str]:
    said = [no_time] if no_time else []
    if evidence.time_gap_s is not None:
        said = [f"taken {_duration(abs(evidence.time_gap_s))} apart, clocks corrected"]
    if evidence.distance_m is not None:
        far = f"{evidence.distance_m:.0f} m" if evidence.distance_m < 2000 else f"{evidence.distance_m / 1000:.0f} km"
        said.append(f"taken {far} apart by GPS")
    return said


def _is_significant(evidence: Evidence) -> bool:
    return evidence.agreement is not None and evidence.agreement >= 1


def _chance_in_words(evidence: Evidence) -> list[str]:
    said = []
    if _is_significant(evidence):
        said.append(f"such agreement by chance: {_odds(evidence.agreement or 0)}")
        if evidence.parallax is not None and evidence.parallax >= 1:
            said.append(f"things at other depths agree too ({_odds(evidence.parallax)} by chance)")
        if evidence.extent:
            said.append(f"the agreeing part is {100 * evidence.extent:.0f} % of what both show")
    return said


def _odds(significance: float) -> str:
    power = int(significance)
    return f"one in 10^{power}" if power <= MOST_SAID else f"less than one in 10^{MOST_SAID}"


def _duration(seconds: float) -> str:
    """Return a duration in words.

    >>> [_duration(seconds) for seconds in (45, 600, 10_800, 259_200)]
    ['45 s', '10 min', '3 h', '3 days']
    """
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
