"""The log as steps: what stands follows from every sequence of decisions, undo and redo."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.history import steps, undo_back_to
from curate.catalog.sets import keep_splits, withdraw_splits
from curate.catalog.store import Catalog
from curate.errors import CurateError

TYPES = [CameraType.DSLR, CameraType.TABLET, CameraType.SMARTPHONE]
ACTIONS = st.lists(st.sampled_from(["one", "batch", "undo", "redo"]), max_size=14)


def act(catalog: Catalog, action: str, number: int) -> None:
    """Do one thing; each decision has a name of its own."""
    if action == "one":
        decisions.set_camera_type(catalog, "Acme", f"one {number}", TYPES[number % 3])
    elif action == "batch":
        note = {"batch": decisions.batch_name(catalog, "many")}
        for member in range(3):
            decisions.set_camera_type(catalog, "Acme", f"batch {number}.{member}", TYPES[number % 3], note=note)
    else:
        getattr(decisions, action)(catalog)


@given(actions=ACTIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # what one example leaves is all taken back
def test_what_stands_is_what_undo_would_take_back(actions: list[str], catalog: Catalog) -> None:
    """The standing steps, newest first, are taken back one by one by as many undos, a batch as one step."""
    with catalog.transaction():
        before = len(steps(catalog, 10**6))
        for number, action in enumerate(actions):
            act(catalog, action, number)
        found = steps(catalog, 10**6)
        assert len(found) == before + sum(action in ("one", "batch") for action in actions)
        standing = [step.seq for step in found if step.stands]
        for seq in standing:
            last = decisions.undo(catalog)
            assert last is not None and last.seq == seq
        assert decisions.undo(catalog) is None
        assert not any(step.stands for step in steps(catalog, 10**6))


def test_a_step_and_later_ones_are_taken_back(catalog: Catalog) -> None:
    """In one go; a step that does not stand is refused and nothing changes."""
    for number, action in enumerate(("one", "batch", "one", "one")):
        act(catalog, action, number)
    found = steps(catalog, 10)
    assert [step.words for step in found] == [
        "Acme one 3 is: dslr", "Acme one 2 is: smartphone", "the type of 3 cameras", "Acme one 0 is: dslr",
    ]  # fmt: skip
    batch = found[2].seq
    assert batch is not None and undo_back_to(catalog, batch) == 3
    assert [step.stands for step in steps(catalog, 10)] == [False, False, False, True]
    with pytest.raises(CurateError, match="does not stand"):
        undo_back_to(catalog, batch)
    assert [step.stands for step in steps(catalog, 10)] == [False, False, False, True]
    decisions.redo(catalog)
    assert [step.stands for step in steps(catalog, 10)] == [False, False, True, True]
    assert steps(catalog, 10)[0].undone_by == catalog.annotator and steps(catalog, 2) == steps(catalog, 10)[:2]


def test_draws_of_splits_are_listed(catalog: Catalog) -> None:
    """With who drew them; they are not taken back by an undo."""
    keep_splits(catalog, ["Make"], ["owner"], 1)
    withdraw_splits(catalog)
    found = steps(catalog, 10)
    assert {step.words for step in found} == {"drew splits by Make", "withdrew the drawn splits"}
    assert all(step.seq is None and step.stands and step.who for step in found)
