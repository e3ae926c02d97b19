"""Which photos show one scene, as far as pairing knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from curate.catalog.pairs import pairs
from curate.catalog.scenes import stated_scenes
from curate.catalog.store import Catalog

SAME_SCENE_SCORE = 0.5
"""From this probability on, an open candidate counts as the same scene where photos are kept apart by scene."""


def scenes(catalog: Catalog) -> dict[str, int]:
    """Return which scene each photo shows: sha256 -> number, for photos that share a scene, or whose scene was stated.

    Photos are of one scene where it was stated (`scene`, by a sidecar or a person), or where an accepted pair or a likely open
    candidate (`SAME_SCENE_SCORE`) joins them, directly or through others. Splits keep scenes whole, so an open candidate
    counts: to leave it out could leak. It never joins two scenes that were stated to be different; an accepted pair does.
    """
    accepted, likely = [], []
    for pair in pairs(catalog):  # the likeliest first
        if pair.status == "accepted":
            accepted.append((pair.phone_sha256, pair.other_sha256))
        elif pair.status == "candidate" and (pair.score or 0.0) >= SAME_SCENE_SCORE:
            likely.append((pair.phone_sha256, pair.other_sha256))
    return _components(accepted, likely, stated_scenes(catalog))


def best_of_each_scene(
    candidates: Iterable[tuple[str, str, float, bool]],
    accepted: Iterable[tuple[str, str]] = (),
    again: Iterable[tuple[str, str]] = (),
    stated: Sequence[tuple[str, str]] = (),
) -> set[tuple[str, str]]:
    """Return the one pair of each scene that is proposed: exactly one phone and one other photo, PairCams' rule.

    Three phones and three cameras in front of one scene make three one-to-one pairs; as three subjects they would stand in
    each other's way as wrong answers of a retrieval. So the likeliest stands for the scene, and the rest are alternatives.

    Args:
        candidates: phone's sha256, other's sha256, score, whether it is a one-to-one choice.
        accepted: pairs that a person accepted; their scenes need no further one.
        again: photos of one camera that are one shot taken again (`bursts`): they show one scene, so that a burst is
            proposed once, by its likeliest pair.
        stated: photos whose scene was stated, as `stated_scenes` gives them.
    """
    candidates, accepted = list(candidates), list(accepted)
    likely = sorted((c for c in candidates if c[2] >= SAME_SCENE_SCORE), key=lambda c: (-c[2], c[0], c[1]))
    scene_of = _components([*accepted, *again], [(phone, other) for phone, other, *_ in likely], stated)
    served = {scene_of[phone] for phone, _ in accepted}
    best: set[tuple[str, str]] = set()
    for phone, other, _, assigned in sorted(candidates, key=lambda c: (-c[2], c[0], c[1])):
        scene = scene_of.get(phone)
        if assigned and (scene is None or scene not in served):
            best.add((phone, other))
            served |= set() if scene is None else {scene}
    return best


def _components(
    sure: Sequence[tuple[str, str]], likely: Sequence[tuple[str, str]], stated: Sequence[tuple[str, str]]
) -> dict[str, int]:
    """Photo -> scene: joined by what is sure and what was stated, then by likely links, one after the other, as long as none
    joins two stated scenes."""
    from scipy.cluster.hierarchy import DisjointSet

    photos = sorted({sha256 for link in (*sure, *likely) for sha256 in link} | {sha256 for sha256, _ in stated})
    sets = DisjointSet(photos)
    first_of: dict[str, str] = {}
    for sha256, scene in stated:
        sets.merge(first_of.setdefault(scene, sha256), sha256)
    for one, two in sure:
        sets.merge(one, two)
    are_stated = {sets[sha256] for sha256 in first_of.values()}
    for one, two in likely:
        roots = {sets[one], sets[two]}
        if len(roots & are_stated) < 2:
            sets.merge(one, two)
            if roots & are_stated:
                are_stated.add(sets[one])
    number: dict[str, int] = {}
    return {sha256: number.setdefault(sets[sha256], len(number)) for sha256 in photos}
