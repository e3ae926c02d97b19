"""Exactly one phone and one other photo a scene."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pairing_photos import photo

from curate.catalog.sides import PairingPhoto
from curate.errors import UsageError
from curate.pairing.groups import Member, drawn
from curate.pairing.scenes import SAME_SCENE_SCORE, best_of_each_scene, bursts

CANDIDATES = [
    ("p1", "c1", 0.9, True),
    ("p1", "c2", 0.8, False),
    ("p2", "c2", 0.95, True),
    ("p3", "c3", 0.7, True),
    ("p4", "c4", 0.2, True),
]


def test_the_likeliest_pair_stands_for_its_scene() -> None:
    """p1, p2, c1 and c2 show one scene; the unlikely pair of p4 is still proposed, as the last."""
    assert best_of_each_scene(CANDIDATES) == {("p2", "c2"), ("p3", "c3"), ("p4", "c4")}


def test_a_scene_with_an_accepted_pair_needs_no_other() -> None:
    """Also where the accepted pair is no candidate."""
    assert best_of_each_scene(CANDIDATES, [("p1", "c1")]) == {("p3", "c3"), ("p4", "c4")}
    assert best_of_each_scene(CANDIDATES, [("p3", "c9")]) == {("p2", "c2"), ("p4", "c4")}


def test_a_burst_is_proposed_once() -> None:
    """Two shots of one burst that found different partners are one scene; the likelier pair stands for it."""
    assert best_of_each_scene(CANDIDATES, again=[("p2", "p3")]) == {("p2", "c2"), ("p4", "c4")}


def shot(number: int, camera: str, second: float | None, phash: str, name: str | None = None) -> PairingPhoto:
    """A photo taken so many seconds after noon."""
    taken = None if second is None else f"2024-05-04T12:00:{second:06.3f}"
    return photo(number, "phone", camera, taken, sha256=f"s{number}", phash=phash, name=name or f"{number}.jpg")


def test_the_rule_for_bursts() -> None:
    """One camera, soon after, and alike as a whole: all three are needed; without times, nearly the same picture."""
    alike, near, far = "00000000000000ff", "000000000000000f", "ffffffff00000000"
    burst = [shot(1, "A|a", 0, alike), shot(2, "A|a", 4, near), shot(3, "A|a", 9, alike)]
    assert bursts(burst) == [("s1", "s2"), ("s2", "s3")]
    assert bursts([shot(1, "A|a", 0, alike), shot(2, "A|a", 4, far)]) == []
    assert bursts([shot(1, "A|a", 0, alike), shot(2, "A|a", 40, alike)]) == []
    assert bursts([shot(1, "A|a", 0, alike), shot(2, "B|b", 4, alike)]) == []
    assert bursts([shot(1, "A|a", None, alike), shot(2, "A|a", None, alike)]) == [("s1", "s2")]
    assert bursts([shot(1, "A|a", None, alike), shot(2, "A|a", None, "000000000000ffff")]) == []


def test_a_two_class_set_is_drawn_from_groups() -> None:
    """One photo of each class from every scene that has both; those of accepted pairs first."""
    found = {
        1: [Member("a", "a.jpg", "A", False), Member("b", "b.jpg", "A", True), Member("c", "c.jpg", "C", False)],
        2: [Member("d", "d.jpg", "A", False), Member("e", "e.jpg", "E", False)],
        3: [Member("f", "f.jpg", "C", False), Member("g", "g.jpg", "A", False)],
    }
    assert [(s, x.sha256, y.sha256) for s, x, y in drawn(found, "A", "C")] == [(1, "b", "c"), (3, "g", "f")]
    with pytest.raises(UsageError, match="no scene has that class: nobody"):
        drawn(found, "A", "nobody")


names = st.integers(0, 5)


@given(st.dictionaries(st.tuples(names, names), st.tuples(st.floats(0, 1), st.booleans()), max_size=20))
def test_no_photo_and_no_scene_twice(drawn: dict[tuple[int, int], tuple[float, bool]]) -> None:
    """Whatever the candidates, likely links never join two proposed pairs, and only one-to-one choices are proposed."""
    candidates = [(f"p{p}", f"c{c}", score, assigned) for (p, c), (score, assigned) in drawn.items()]
    best = best_of_each_scene(candidates)
    assert best <= {(p, c) for p, c, _, assigned in candidates if assigned}
    assert best_of_each_scene(reversed(candidates)) == best
    reach: dict[str, set[str]] = {}
    for p, c, score, _ in candidates:
        if score >= SAME_SCENE_SCORE:
            joined = {p, c} | reach.get(p, set()) | reach.get(c, set())
            for name in joined:
                reach[name] = joined
    scenes = [frozenset(reach[p]) for p, c in best if p in reach]
    assert len(scenes) == len(set(scenes))
