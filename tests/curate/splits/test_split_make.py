"""Balanced, leak-free splits in the paper's format."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.catalog.labels import LabelRow
from curate.errors import UsageError
from curate.splits.assign import Problem, assign, chosen, count, supply
from curate.splits.check import defects, leaks
from curate.splits.groups import GROUP_BY, GroupBy, groups
from curate.splits.make import SIDES, Split, joint_split

ROW = st.fixed_dictionaries(
    {
        "Make": st.sampled_from([None, "Apple", "Canon", "NIKON", "SONY"]),
        "Is Smartphone": st.sampled_from([None, True, False]),
        "owner": st.one_of(st.none(), st.integers(0, 30).map(str)),
        "scene_idx": st.one_of(st.none(), st.integers(0, 40)),
    }
)
ROWS = st.lists(ROW, max_size=150).map(lambda rows: [{**row, "photo_id": 10**15 + 7 * i} for i, row in enumerate(rows)])


def one_split(
    rows: Iterable[LabelRow], attribute: str, group_by: Sequence[GroupBy] = GROUP_BY, seed: int = 42
) -> Split:
    """The split of one attribute."""
    return joint_split(rows, [attribute], group_by, seed).splits[attribute]


def parallel(group_of: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return sorted photo IDs, and the group of each."""
    return np.array(sorted(group_of)), np.array([group_of[photo_id] for photo_id in sorted(group_of)])


def collection(scenes: int = 40) -> list[dict]:
    """Return photos of scenes, each seen by six cameras of three makes."""
    return [
        {
            "photo_id": 6 * scene + camera,
            "scene_idx": scene,
            "Make": ["Apple", "Canon", "NIKON"][camera % 3],
            "Model": f"M{camera}",
            "Is Smartphone": camera < 3,
            "Flash": "with flash" if scene % 2 else "without flash",
            "Year": f"{2010 + scene % 3}.0",
        }
        for scene, camera in product(range(scenes), range(6))
    ]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_split_is_well_formed_balanced_pure_and_independent_of_row_order(
    rows: list[dict], seed: int, rng: random.Random
) -> None:
    """Whatever the photos: the file keeps format and balance, no group is on two sides, row order means nothing."""
    split = joint_split(rows, ["Make", "Is Smartphone"], seed=seed, min_photos=3)
    shuffled = list(rows)
    rng.shuffle(shuffled)
    again = joint_split(shuffled, ["Make", "Is Smartphone"], seed=seed, min_photos=3)
    assert (again.sides, again.splits) == (split.sides, split.splits)

    group_of = dict(zip([row["photo_id"] for row in rows], groups(rows), strict=True))
    label = {row["photo_id"]: row for row in rows}
    sides_of_group = {(group_of[i], side) for i, side in split.sides.items()}
    assert len({group for group, _ in sides_of_group}) == len(sides_of_group)
    assert split.sides.keys() == label.keys()
    for attribute, made in split.splits.items():
        used: set[int] = set()
        if made.content is not None:
            assert defects(made.content, attribute) == []
            assert leaks(made.content, *parallel(group_of)) == []
            for side in SIDES:
                ids = made.content[f"{side}_ids"]
                used |= set(ids)
                assert {split.sides[i] for i in ids} == {side}
                names = [made.content["label_encoder_classes"][k] for k in made.content[f"encoded_{side}_labels"]]
                assert names == [str(label[i][attribute]) for i in ids]
        left = [i for out in made.left_out for i in out.photos]
        assert sorted([*used, *left]) == sorted(label), "a photo is used or listed as left out, once"


def test_the_file_has_the_papers_keys_and_types() -> None:
    """Consumers assert the target, index by integers and read classes as strings."""
    content = json.loads(json.dumps(one_split(collection(), "Make", ["scene"]).content))
    assert set(content) == {
        "target_attribute",
        "label_encoder_classes",
        *(f"{side}_ids" for side in SIDES),
        *(f"encoded_{side}_labels" for side in SIDES),
    }
    assert content["target_attribute"] == "Make"
    assert content["label_encoder_classes"] == ["Apple", "Canon", "NIKON"]
    assert all(type(i) is int for side in SIDES for i in content[f"{side}_ids"] + content[f"encoded_{side}_labels"])
    assert content["encoded_test_labels"] == sorted(content["encoded_test_labels"]), "one run for each class"


@pytest.mark.parametrize(
    ("attribute", "classes"),
    [
        ("Flash", ["without flash", "with flash"]),
        ("Is Smartphone", ["False", "True"]),
        ("Year", ["2010.0", "2011.0", "2012.0"]),
    ],
)
def test_label_order(attribute: str, classes: list[str]) -> None:
    """Classes are sorted as strings; only Flash begins with its negative."""
    content = one_split(collection(), attribute).content
    assert content is not None
    assert content["label_encoder_classes"] == classes


def test_scenes_that_every_camera_saw_are_split_in_the_asked_fractions() -> None:
    """With 40 equal scenes nothing needs to be left out: 28, 4 and 8 scenes."""
    split = one_split(collection(40), "Model", ["scene"])
    assert split.per_class == {"train": 28, "val": 4, "test": 8}
    assert split.left_out == ()


def test_large_owners_cost_little() -> None:
    """Owners of very different sizes still give at least 90 % of the photos that the smallest class has."""
    rng = random.Random(5)
    rows: list[dict] = []
    for owner in range(60):
        make = ["Apple", "Canon", "SONY"][owner % 3]
        rows += [
            {"photo_id": len(rows) + k, "owner": str(owner), "Make": make}
            for k in range(int(rng.paretovariate(1.2) * 4))
        ]
    smallest = min(Counter(row["Make"] for row in rows).values())
    split = one_split(rows, "Make", ["owner"])
    assert sum(split.per_class.values()) >= 0.9 * smallest
    assert min(split.per_class.values()) >= 0.05 * smallest


def test_a_rare_class_is_left_out_with_its_reason() -> None:
    """Three photos of one make must not shrink every other class to three."""
    rows = [{"photo_id": i, "Make": "Canon" if i % 2 else "SONY"} for i in range(200)]
    rows += [{"photo_id": 500 + i, "Make": "Leica"} for i in range(3)]
    rows += [{"photo_id": 600, "Make": None}]
    split = one_split(rows, "Make")
    assert split.content is not None
    assert split.content["label_encoder_classes"] == ["Canon", "SONY"]
    reasons = {out.reason: out.photos for out in split.left_out}
    assert reasons["the class has fewer than 10 photos"] == (500, 501, 502)
    assert reasons["no Make"] == (600,)


def test_one_photographer_cannot_be_split() -> None:
    """All photos in one group: no file is made, and the reason is given rather than a leaking split."""
    rows = [{"photo_id": i, "owner": "me", "Make": "Canon" if i % 2 else "SONY"} for i in range(200)]
    split = one_split(rows, "Make", ["owner"])
    assert split.content is None
    assert [len(out.photos) for out in split.left_out] == [200]
    assert "groups" in split.left_out[0].reason


def test_copies_that_disagree_have_no_label() -> None:
    """A photo that two folders call by different makes is left out, and it still ties both owners together."""
    rows = [{"photo_id": i, "Make": "Canon" if i % 2 else "SONY", "owner": str(i)} for i in range(60)]
    rows += [{"photo_id": 0, "Make": "Leica", "owner": "1"}]
    split = joint_split(rows, ["Make"], ["owner"])
    assert split.groups[0] == split.groups[1]
    assert {out.reason: out.photos for out in split.splits["Make"].left_out}["no Make"] == (0,)


def test_seeds_differ_and_repeat() -> None:
    """The same seed gives the same file, another seed another draw."""
    rows = [{"photo_id": i, "Make": "Canon" if i % 2 else "SONY"} for i in range(200)]
    assert one_split(rows, "Make", seed=1) == one_split(rows, "Make", seed=1)
    assert one_split(rows, "Make", seed=1).content != one_split(rows, "Make", seed=2).content


def test_unknown_attributes_and_fractions_are_refused() -> None:
    """A split by a path or a free word, or with shares that do not sum to one, is a usage error."""
    for attribute in ("path", "latitude", "photo_id", "make"):
        with pytest.raises(UsageError):
            one_split([], attribute)
    with pytest.raises(UsageError):
        joint_split([], ["Make"], fractions=(0.5, 0.2, 0.2))


def test_leaks_and_defects_are_found() -> None:
    """A tampered file is recognised: a photo on two sides, a group on two sides, strings for IDs, a lost balance."""
    content = one_split(collection(), "Make", ["scene"]).content
    assert content is not None
    scene = {row["photo_id"]: row["scene_idx"] for row in collection()}
    moved = {**content, "test_ids": [content["train_ids"][0], *content["test_ids"][1:]]}
    kinds = {(leak.a, leak.b, leak.kind): leak.count for leak in leaks(moved, *parallel(scene))}
    assert kinds["train", "test", "photo"] == 1
    assert ("train", "test", "group") in kinds
    assert defects({**content, "val_ids": [str(i) for i in content["val_ids"]]}, "Make")
    assert defects({**content, "encoded_val_labels": [0] * len(content["val_ids"])}, "Make")
    assert defects({**content, "target_attribute": "Model"}, "Make")
    assert defects([], "Make")


def test_small_problems_are_solved_nearly_as_well_as_can_be() -> None:
    """On 60 random problems the scarcest class keeps on average 90 % of what exhaustive search finds."""
    rng = random.Random(11)
    shares = []
    while len(shares) < 60:
        groups_ = [{c: rng.choice([1, 2, 3, 8]) for c in range(2) if rng.random() < 0.6} for _ in range(7)]
        if any(sum(c in group for group in groups_) < 3 for c in range(2)):
            continue
        totals = [sum(group.get(c, 0) for group in groups_) for c in range(2)]
        problem = Problem(groups_, totals, (0.7, 0.1, 0.2), [[0, 1]])

        def worst(sides: list[int], problem: Problem = problem) -> float:
            counts = count(problem, sides)
            return min(supply(counts, problem.fractions, c) for c in range(2))

        best = max(worst(list(sides)) for sides in product(range(3), repeat=7))
        if best > 0:
            shares.append(worst(assign(problem, seed=1, improve=True)) / best)
    assert sum(shares) / len(shares) >= 0.9


def test_which_classes_are_kept() -> None:
    """A class is dropped where keeping it costs more label bits than it brings; ties keep more; one class is none."""
    assert chosen({0: 100, 1: 100, 2: 90}) == [0, 1, 2]
    assert chosen({0: 1000, 1: 1000, 2: 3}) == [0, 1]
    assert chosen({0: 5000, 1: 5000, **dict.fromkeys(range(2, 52), 100)}) == list(range(52))
    assert chosen({0: 100}) == []
    assert chosen({0: 100, 1: 0.0}) == []
