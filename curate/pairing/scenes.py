"""Group photos into scenes by stated scenes, accepted pairs and likely candidates, and link those of one burst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from curate.catalog.pairs import pairs
from curate.catalog.scenes import stated_scenes
from curate.catalog.sides import PairingPhoto
from curate.catalog.store import Catalog
from curate.pairing.candidates import hash_distance

SAME_SCENE_SCORE = 0.5
"""An open candidate with at least this probability counts as one scene."""

BURST_S = 10.0
"""Maximum seconds from one photo of a burst to the next, by the camera's own clock."""

BURST_BITS = 12
"""Maximum number of bits, of 64, in which the perceptual hashes of two photos of a burst differ."""

RETAKE_BITS = 4
"""The same maximum for photos whose time is not known to the second; it is stricter, because only the pictures link them."""


def scenes(catalog: Catalog) -> dict[str, int]:
    """Return the scene of each photo that shares a scene or whose scene was stated: sha256 -> scene number.

    Photos are of one scene where a sidecar or a person stated it (`scene`), or where accepted pairs or likely open candidates
    (`SAME_SCENE_SCORE`) connect them, directly or through others. Open candidates count because splits keep scenes together:
    without them, photos of one scene could come to both sides of a split. A candidate never connects two different stated
    scenes; an accepted pair does.
    """
    accepted, likely = [], []
    for pair in pairs(catalog):  # in order of score, the best first
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
    """Return the one pair that is proposed for each scene: exactly one phone photo and one other photo, PairCams' rule.

    Three phones and three cameras in front of one scene give three one-to-one pairs. As three subjects they would count as
    wrong answers to each other in a retrieval. So only the likeliest pair is proposed; the others are alternatives.

    Args:
        candidates: (phone's sha256, other's sha256, score, whether it is part of the one-to-one choice).
        accepted: pairs that a person accepted; nothing more is proposed for their scenes.
        again: links between photos of one burst (`bursts`); a burst shows one scene, so that one pair is proposed for it.
        stated: (sha256, scene) of photos whose scene was stated (`stated_scenes`).

    The candidate of `p1` and `c2` connects the first two pairs to one scene:

    >>> candidates = [("p1", "c1", 0.9, True), ("p2", "c2", 0.8, True), ("p1", "c2", 0.7, False), ("p3", "c3", 0.6, True)]
    >>> sorted(best_of_each_scene(candidates))
    [('p1', 'c1'), ('p3', 'c3')]
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
    """Return photo -> scene number. Sure links and stated scenes connect photos first; then likely links do, in their order,
    except those that would connect two stated scenes."""
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


def bursts(photos: Sequence[PairingPhoto]) -> list[tuple[str, str]]:
    """Return the links between consecutive photos of each burst, as pairs of sha256. Proposals treat them as one photo.

    Two photos are linked where one camera took them at most `BURST_S` apart and their hashes differ in at most `BURST_BITS`
    bits. Photos without a time to the second are compared in the order of their names and linked at `RETAKE_BITS`.
    """
    cameras: dict[tuple[str, bool], list[PairingPhoto]] = defaultdict(list)
    for photo in photos:
        cameras[photo.camera, photo.clock is not None].append(photo)
    links = []
    for (_, timed), rows in sorted(cameras.items()):
        rows.sort(key=lambda photo: (photo.clock or 0.0, photo.album or "", photo.name, photo.sha256))
        for one, two in pairwise(rows):
            bits = hash_distance(one, two)
            if bits is None or one.sha256 == two.sha256:
                continue
            soon = timed and (two.clock or 0.0) - (one.clock or 0.0) <= BURST_S
            if bits <= (BURST_BITS if timed else RETAKE_BITS) and (soon or not timed):
                links.append((one.sha256, two.sha256))
    return links
