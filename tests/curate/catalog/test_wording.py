"""Steps of the decision log in words, and steps that hold many decisions."""

from __future__ import annotations

import pytest

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.clocks import clock_offsets
from curate.catalog.keepers import keep
from curate.catalog.marking import state_clock
from curate.catalog.pairs import decide_auto
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import UsageError
from curate.pairing.clocks.workspace_offsets import state_clock_offset, withdraw_clock_offset
from tests.curate.catalog.test_decisions import fill, sha, state

PHONE, CAMERA = "Apple|iPhone X", "Canon|Canon EOS 40D"


def taken_back(catalog: Catalog) -> str:
    """Undo one step; what it was, in words."""
    decision = decisions.undo(catalog)
    assert decision is not None
    return in_words(catalog, decision)


def test_each_kind_of_decision_is_named(catalog: Catalog) -> None:
    """With photos, camera, label and number."""
    fill(catalog)
    ids = catalog.photo_ids_where("1")
    decisions.decide(catalog, "reject", sha(0), sha(1))
    assert taken_back(catalog) == "rejected 0.jpg + 1.jpg"
    decisions.label(catalog, ids, "semantic_label", "cat")
    assert taken_back(catalog) == "semantic_label = cat for 8 photos (0.jpg, 1.jpg, 2.jpg, …)"
    decisions.label(catalog, ids[:1], "owner", None)
    assert taken_back(catalog) == "owner empty for 0.jpg"
    keep(catalog, ids[3])
    assert taken_back(catalog) == "keep 3.jpg of its copies"
    decisions.set_camera_type(catalog, "Apple", "iPhone X", CameraType.DSLR)
    assert taken_back(catalog) == "Apple iPhone X is: dslr"
    decisions.forget_photos(catalog, ids[:2], [b"/photos"])
    assert taken_back(catalog) == "forgot 2 photos (0.jpg, 1.jpg)"
    redone = decisions.redo(catalog)
    assert redone is not None and in_words(catalog, redone) == "forgot 2 photos (0.jpg, 1.jpg)"


def test_what_a_threshold_accepted_is_one_step(catalog: Catalog) -> None:
    """One undo takes all of it back and says how much it was, one redo does it again; what was decided before stays."""
    fill(catalog)
    decisions.decide(catalog, "reject", sha(0), sha(3))
    before = state(catalog)
    assert decide_auto(catalog, 0.0) == 4
    after = state(catalog)
    assert taken_back(catalog) == "accepted 4 pairs"
    assert state(catalog) == before
    redone = decisions.redo(catalog)
    assert redone is not None and in_words(catalog, redone) == "accepted 4 pairs"
    assert decisions.tally(catalog) == decisions.Tally(4, 1)
    assert [row[:3] for row in after] == [row[:3] for row in state(catalog)]


def test_two_runs_of_a_threshold_are_two_steps(catalog: Catalog) -> None:
    """Each with its own pairs."""
    fill(catalog)
    assert decide_auto(catalog, 0.85) == 1
    assert decide_auto(catalog, 0.0) == 3
    assert taken_back(catalog) == "accepted 3 pairs"
    assert taken_back(catalog) == "accepted 0.jpg + 1.jpg"


def offsets(catalog: Catalog) -> list[tuple[object, ...]]:
    """Offsets and where they come from."""
    return [(o.camera_a, o.camera_b, o.seconds, o.source) for o in clock_offsets(catalog)]


def test_a_stated_clock_is_logged_and_taken_back(catalog: Catalog) -> None:
    """Undo puts back what was there before, an estimate or an earlier statement; the order of the cameras does not matter."""
    fill(catalog)
    with catalog.transaction():
        catalog.connection.execute(
            "INSERT INTO clock_offset (camera_a, camera_b, seconds, support, origin, source) "
            "VALUES (?, ?, 7.0, 4, 'photos', 'content')",
            (PHONE, CAMERA),
        )
    estimated = offsets(catalog)
    state_clock_offset(catalog, CAMERA, PHONE, -60)
    stated = offsets(catalog)
    assert stated == [(PHONE, CAMERA, 60.0, "person")]
    state_clock_offset(catalog, PHONE, CAMERA, 90)
    assert taken_back(catalog) == "the clock of the Canon EOS 40D is 1 min 30 s ahead of that of the Apple iPhone X"
    assert offsets(catalog) == stated
    taken_back(catalog)
    assert offsets(catalog) == estimated
    decisions.redo(catalog)
    assert offsets(catalog) == stated
    assert [entry.action for entry in decisions.entries(catalog)] == ["clock", "clock", "undo", "undo", "redo"]


def test_a_clock_is_told_in_the_words_of_its_screen(catalog: Catalog) -> None:
    """Behind, equal, withdrawn, and of a camera that the catalogue does not have."""
    fill(catalog)
    for seconds, words in (
        (-3600.0, "is 1 h 0 min 0 s behind"),
        (0.0, "reads the same as"),
        (0.5, "is 0.5 s ahead of"),
    ):
        state_clock(catalog, PHONE, "Nobody|N 1", seconds)
        assert taken_back(catalog) == f"the clock of the Nobody N 1 {words} that of the Apple iPhone X"
    state_clock(catalog, PHONE, CAMERA, None)
    assert taken_back(catalog) == "withdrew the offset between the clocks of the Apple iPhone X and the Canon EOS 40D"


def test_a_stated_clock_is_withdrawn(catalog: Catalog) -> None:
    """Whichever camera is named first; undo states it again; what nobody stated cannot be withdrawn."""
    fill(catalog)
    state_clock_offset(catalog, PHONE, CAMERA, 60)
    withdraw_clock_offset(catalog, CAMERA, PHONE)
    assert offsets(catalog) == []
    with pytest.raises(UsageError, match="no offset between these clocks was stated"):
        withdraw_clock_offset(catalog, PHONE, CAMERA)
    assert taken_back(catalog) == "withdrew the offset between the clocks of the Apple iPhone X and the Canon EOS 40D"
    assert offsets(catalog) == [(PHONE, CAMERA, 60.0, "person")]


def test_a_new_pair_and_the_gone_one_that_it_replaces_are_one_step(catalog: Catalog) -> None:
    """The partner of a forgotten photo is paired anew: one undo takes back both, and the forgotten photo keeps its pair."""
    fill(catalog)
    ids = catalog.photo_ids_where("1")
    decisions.decide(catalog, "accept", sha(0), sha(1))
    decisions.forget_photos(catalog, ids[:1], [])
    decisions.decide(catalog, "accept", sha(2), sha(1))
    decisions.undo(catalog)
    assert taken_back(catalog) == "forgot 0.jpg"
    assert decisions.partner_of(catalog, sha(1)) == sha(0)
