"""Stated scenes: kept on one side of splits, exported, and never contradicted by a candidate."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.candidates import contradicted, replace_candidates, waiting
from curate.catalog.pairs import alternatives, pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.export.run import export_rows
from curate.pairing.scenes import best_of_each_scene, scenes
from curate.pairing.score.learning import due, follow
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.splits.groups import groups


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


@pytest.fixture
def ids(catalog: Catalog) -> list[int]:
    """Six photos: 0, 2, 4 of a phone, 1, 3, 5 of a camera; candidates 0-1, 0-3 (less likely) and 2-3."""
    with catalog.transaction():
        found = []
        for number in range(6):
            make, model = ("Canon", "Canon EOS 40D") if number % 2 else ("Apple", "iPhone X")
            facts = PhotoFacts(Status.OK, sha256=sha(number), format="JPEG", exif=Exif(make=make, model=model))
            found.append(put_photo(catalog, f"/photos/{number}.jpg".encode(), facts, 1))
    replace_candidates(
        catalog,
        [
            (found[0], found[1], 0.9, True, {}),
            (found[0], found[3], 0.8, False, {}),
            (found[2], found[3], 0.7, True, {}),
        ],
    )
    return found


def state(catalog: Catalog, ids: list[int], **names: list[int]) -> None:
    """State scenes: name -> numbers of photos."""
    for name, numbers in names.items():
        decisions.label(catalog, [ids[number] for number in numbers], "scene", name)


def shown(catalog: Catalog) -> set[tuple[str, str]]:
    """The open pairs that are listed, by file names."""
    return {(Path(pair.phone).stem, Path(pair.other).stem) for pair in pairs(catalog, "candidate")}


def test_photos_of_one_stated_scene_stay_together(catalog: Catalog, ids: list[int]) -> None:
    """They share `scene_idx` in exports and one group of splits, without any pair; a photo alone in its scene has a number."""
    catalog.connection.execute("DELETE FROM candidate")
    state(catalog, ids, kitchen=[0, 1, 2], garden=[4])
    rows = list(export_rows(catalog).rows())
    numbers = [row["scene_idx"] for row in rows]
    assert numbers[0] == numbers[1] == numbers[2] != numbers[4] and None not in (numbers[0], numbers[4])
    assert (numbers[3], numbers[5]) == (None, None)
    found = groups(rows, ["scene"])
    assert found[0] == found[1] == found[2]
    assert len(set(found)) == 4


def test_a_candidate_across_stated_scenes_is_no_pair(catalog: Catalog, ids: list[int]) -> None:
    """It is neither listed nor offered, and comes back when the statement is taken back; one that a person accepts stands."""
    assert shown(catalog) == {("0", "1"), ("0", "3"), ("2", "3")} and waiting(catalog) == 3
    state(catalog, ids, kitchen=[0], garden=[1, 3])
    assert shown(catalog) == {("2", "3")}
    assert waiting(catalog) == len(queue(catalog)) == 1
    assert alternatives(catalog, sha(0)) == [] and contradicted(catalog) == 2
    decisions.decide(catalog, "accept", sha(0), sha(1))
    assert [Path(pair.other).stem for pair in pairs(catalog, "accepted")] == ["1"]
    for _ in range(3):
        decisions.undo(catalog)
    assert waiting(catalog) == 3


def test_proposals_follow_stated_scenes(catalog: Catalog, ids: list[int]) -> None:
    """What is contradicted is proposed no longer; the next best choice is."""
    follow(catalog, always=True)
    assert not due(catalog)
    state(catalog, ids, kitchen=[0], garden=[1])
    assert due(catalog) and follow(catalog)
    assert ("0", "1") not in {(Path(p.phone).stem, Path(p.other).stem) for p in queue(catalog) if p.assigned}
    assert not due(catalog)


def test_likely_candidates_never_join_two_stated_scenes(catalog: Catalog, ids: list[int]) -> None:
    """A photo of no stated scene goes with the likelier one; an accepted pair joins them, since somebody said so."""
    state(catalog, ids, kitchen=[1, 4], garden=[3, 5])
    found = scenes(catalog)
    assert found[sha(0)] == found[sha(1)] == found[sha(4)]
    assert found[sha(2)] == found[sha(3)] == found[sha(5)]
    assert found[sha(0)] != found[sha(2)]
    decisions.decide(catalog, "accept", sha(4), sha(5))
    assert len(set(scenes(catalog).values())) == 1


def test_one_pair_a_stated_scene_is_proposed() -> None:
    """Two pairs whose photos were stated to be of one scene: the likelier one stands for it."""
    candidates = [("p0", "c0", 0.9, True), ("p1", "c1", 0.8, True)]
    assert best_of_each_scene(candidates) == {("p0", "c0"), ("p1", "c1")}
    stated = [("c0", "kitchen"), ("p1", "kitchen")]
    assert best_of_each_scene(candidates, stated=stated) == {("p0", "c0")}
