"""Which photos show one scene, as far as pairing knows."""

from __future__ import annotations

from curate.catalog.pairs import pairs
from curate.catalog.store import Catalog
from curate.duplicates import Components

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
    photos = sorted({sha256 for link in links for sha256 in link})
    position = {sha256: index for index, sha256 in enumerate(photos)}
    components = Components(len(photos))
    for phone, other in links:
        components.join(position[phone], position[other])
    return dict(zip(photos, components.labels(), strict=True))
