"""Exactly one phone and one other photo a scene."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curate.pairing.scenes import SAME_SCENE_SCORE, best_of_each_scene

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
