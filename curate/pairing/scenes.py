"""Which photos show one scene, as far as pairing knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from curate.catalog.pairs import pairs
from curate.catalog.store import Catalog
from curate.likeness import Components

SAME_SCENE_SCORE = 0.5
"""From this probability on, an open candidate counts as the same scene where photos are kept apart by scene."""


def scenes(catalog: Catalog) -> dict[str, int]:
    """Return which scene each photo shows: sha256 -> number, for photos that share a scene with another one.

    Photos are of one scene where an accepted pair or a likely open candidate (`SAME_SCENE_SCORE`) joins them, directly or
    through others. Splits keep scenes whole, so an open candidate counts: to leave it out could leak.
    """
    links = [
        (pair.phone_sha256, pair.other_sha256)
        for pair in pairs(catalog)
        if pair.status == "accepted" or (pair.status == "candidate" and (pair.score or 0.0) >= SAME_SCENE_SCORE)
    ]
    return _components(links)


def best_of_each_scene(
    candidates: Iterable[tuple[str, str, float, bool]],
    accepted: Iterable[tuple[str, str]] = (),
    again: Iterable[tuple[str, str]] = (),
) -> set[tuple[str, str]]:
    """Return the one pair of each scene that is proposed: exactly one phone and one other photo, PairCams' rule.

    Three phones and three cameras in front of one scene make three one-to-one pairs; as three subjects they would stand in
    each other's way as wrong answers of a retrieval. So the likeliest stands for the scene, and the rest are alternatives.

    Args:
        candidates: phone's sha256, other's sha256, score, whether it is a one-to-one choice.
        accepted: pairs that a person accepted; their scenes need no further one.
        again: photos of one camera that are one shot taken again (`bursts`): they show one scene, so that a burst is
            proposed once, by its likeliest pair.
    """
    candidates, accepted = list(candidates), list(accepted)
    links = [(phone, other) for phone, other, score, _ in candidates if score >= SAME_SCENE_SCORE]
    scene_of = _components([*links, *accepted, *again])
    served = {scene_of[phone] for phone, _ in accepted}
    best: set[tuple[str, str]] = set()
    for phone, other, _, assigned in sorted(candidates, key=lambda c: (-c[2], c[0], c[1])):
        scene = scene_of.get(phone)
        if assigned and (scene is None or scene not in served):
            best.add((phone, other))
            served |= set() if scene is None else {scene}
    return best


def _components(links: Sequence[tuple[str, str]]) -> dict[str, int]:
    photos = sorted({sha256 for link in links for sha256 in link})
    position = {sha256: index for index, sha256 in enumerate(photos)}
    components = Components(len(photos))
    for phone, other in links:
        components.join(position[phone], position[other])
    return dict(zip(photos, components.labels(), strict=True))
