"""What a label goes with besides the camera: owners and the kind of camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.small_sets import change, write_set
from tracer.dataset import open_set
from tracer.errors import UsageError
from tracer.experiments.label_facts import NOTHING, TOO, UNTOLD, facts_of, kinds_of, owner_facts
from tracer.experiments.labels import labelled_set


def people(*photos: tuple[str | None, str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Owners and labels of so many photos of each kind."""
    rows = [(owner, label) for owner, label, count in photos for _ in range(count)]
    return np.array([r[0] for r in rows], dtype=object), np.array([r[1] for r in rows], dtype=object)


FEW = [(f"o{n}", "camera", 10) for n in range(7)]


@pytest.mark.parametrize(
    ("photos", "kept_apart", "tells"),
    [
        ([("anna", "phone", 60), *FEW], False, UNTOLD),  # all phones of one owner
        ([("anna", "phone", 60), *FEW], True, UNTOLD),
        ([("anna", "phone", 60), ("anna", "camera", 10), *FEW], False, TOO),  # she has a camera too
        ([("anna", "phone", 60), ("anna", "camera", 10), *FEW], True, NOTHING),
        (
            [(f"p{n}", "phone", 10) for n in range(7)] + FEW,
            False,
            TOO,
        ),  # several owners of each, who are in training and test
        ([(f"p{n}", "phone", 10) for n in range(7)] + FEW, True, NOTHING),
        ([(f"p{n}", "phone", 10) for n in range(3)] + FEW[:3], True, UNTOLD),  # 3 and 3 owners: p cannot be below .1
        ([("ann", "phone", 20), ("ann", "camera", 20), ("bob", "phone", 20), ("bob", "camera", 20)], False, NOTHING),
    ],
)
def test_what_owners_do_to_a_label(photos: list[tuple[str, str, int]], kept_apart: bool, tells: str) -> None:
    """The fewer owners have photos of several classes, the less a set can tell."""
    assert owner_facts(*people(*photos), kept_apart=kept_apart)["tells"] == tells


def test_owners_of_a_few_photos_say_nothing_of_the_others() -> None:
    """One owner of two phones' photos and one of two cameras': the other 96 photos may be anybody's."""
    owners, labels = people(("anna", "phone", 2), ("bob", "camera", 2), ("", "phone", 48), ("", "camera", 48))
    known = np.where(owners == "", None, owners)
    assert owner_facts(known, labels, kept_apart=True)["tells"] == NOTHING
    assert owner_facts(known[:4], labels[:4], kept_apart=True)["tells"] == UNTOLD
    mostly = owner_facts(*people(("anna", "phone", 30), (None, "phone", 20), ("bob", "camera", 50)), kept_apart=True)
    assert mostly["tells"] == UNTOLD


def test_what_the_owner_alone_tells() -> None:
    """The class of which an owner has the largest part; each class counts the same."""
    facts = owner_facts(
        *people(("anna", "phone", 30), ("anna", "camera", 60), ("bob", "camera", 100)), kept_apart=False
    )
    assert facts["alone"] == pytest.approx((1 + 100 / 160) / 2)
    assert facts["of_class"] == {"camera": 2, "phone": 1} and facts["owners"] == 2
    assert owner_facts(*people(("anna", "phone", 30), ("anna", "camera", 60)), kept_apart=False) == {}


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from([None, "x", "y", "z"])), max_size=40))
def test_the_owner_is_never_worse_than_guessing(rows: list[tuple[str | None, str | None]]) -> None:
    """And never better than always right."""
    owners, labels = (np.array([row[at] for row in rows], dtype=object) for at in (0, 1))
    if facts := owner_facts(owners, labels, kept_apart=False):
        assert 1 / len(facts["of_class"]) - 1e-9 <= facts["alone"] <= 1 + 1e-9


def test_kinds_of_makers() -> None:
    """A maker of phones and cameras has no kind, and then none is told; nor where all are phones."""
    makers = np.array(["a", "b", "c", "d"] * 5, dtype=object)
    phone = np.array(["True", "True", "False", "False"] * 5, dtype=object)
    assert kinds_of(makers, phone) == {"a": "True", "b": "True", "c": "False", "d": "False"}
    assert kinds_of(np.array(["a", "b", "c", "a"] * 5, dtype=object), phone) == {}
    assert kinds_of(makers, np.array(["True"] * 20, dtype=object)) == {}


def test_owners_too_few_to_keep_apart_are_no_units(tmp_path: Path) -> None:
    """Without scenes each photo stands alone: the units are not known, and the warning names the owners."""
    root = write_set(tmp_path / "set", scenes=10)
    phone = pd.read_parquet(root / "metadata.parquet")["Is Smartphone"]
    change(
        root, scene_idx=None, subject_idx=None, owner=["anna" if one else f"o{n % 3}" for n, one in enumerate(phone)]
    )
    labelled = labelled_set(open_set(root))
    assert not labelled.units_known and labelled.owners_not_kept_apart > 1
    assert any("too few to keep owners apart, and no scenes are known" in said for said in labelled.warnings)
    facts = facts_of(labelled, "Is Smartphone")
    assert facts["units_known"] is False and facts["owners"]["of_class"]["True"] == 1
    assert facts_of(labelled, "semantic_label") == {"units_known": False}
    scenes = labelled_set(open_set(write_set(tmp_path / "scenes", scenes=10)))
    assert scenes.units_known and "owners" not in facts_of(scenes, "Is Smartphone")


def test_a_rare_class_of_one_owner_says_nothing_of_the_others(tmp_path: Path) -> None:
    """Owners are kept apart, and the probe leaves a maker out whose photos are of one owner; the others can be told."""
    makers = [("Apple", 15), ("Canon", 14), ("Pentax", 1)]
    owner = [(f"{maker} {n}", maker) for maker, many in makers for n in range(many)]
    root = write_set(tmp_path / "set", scenes=60)
    count = len(pd.read_parquet(root / "metadata.parquet"))
    people, made = zip(*(owner[n % len(owner)] for n in range(count)), strict=True)
    change(root, scene_idx=None, subject_idx=None, owner=list(people), Make=list(made))
    labelled = labelled_set(open_set(root))
    assert "owner" in labelled.kept_apart and len(np.unique(labelled.clusters)) == len(owner)
    facts = facts_of(labelled, "Make")["owners"]
    assert (
        facts["alone"] == pytest.approx(1)
        and facts["of_class"] == {"Apple": 15, "Canon": 14}
        and facts["tells"] == NOTHING
    )


def test_a_column_that_can_be_no_label_is_named_as_such(tmp_path: Path) -> None:
    """Who asks for one is told which columns can be labels."""
    labelled = labelled_set(open_set(change(write_set(tmp_path / "set", scenes=10), Sticker="a")))
    with pytest.raises(UsageError) as raised:
        labelled.refuse_unknown(["Sticker"])
    assert "Sticker is a column of the set, but not one that can be a label" in str(raised.value)
    assert "Flash, Year, camera_type" in str(raised.value)


def test_what_content_alone_tells_stands_in_the_facts(tmp_path: Path) -> None:
    """Of the labels of a set whose photos have a semantic label; not of that label itself."""
    labelled = labelled_set(open_set(write_set(tmp_path / "set", scenes=14)))
    content = facts_of(labelled, "Is Smartphone")["content"]
    assert content["on_models"] is labelled.goes_with_camera("Is Smartphone")
    assert 0 <= content["alone"] <= 1 and 0 < content["p_value"] <= 1
    assert "content" not in facts_of(labelled, "semantic_label")


def test_scenes_inside_owners_are_known(tmp_path: Path) -> None:
    """Where owners with several scenes are kept apart; not where no owner has two scenes, nor where owners are not kept apart."""
    root = write_set(tmp_path / "set", scenes=60)
    table = open_set(root).table
    assert labelled_set(open_set(root)).scenes is None
    scene = np.arange(len(table)) // 2
    nested = labelled_set(
        open_set(change(root, scene_idx=scene, owner=[f"o{n // 2}" for n in scene], subject_idx=None))
    )
    assert nested.scenes is not None and len(np.unique(nested.scenes)) == 2 * len(np.unique(nested.clusters))
    few = labelled_set(open_set(change(root, scene_idx=scene, owner=[f"o{n % 5}" for n in scene])))
    assert few.scenes is None
