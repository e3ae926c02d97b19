"""Confounds: planted ones are found, absent ones are not, and matching takes them away."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, false_discovery_control

from curate.audit.confounds import Confound, confounds, in_words, report, together
from curate.audit.matching import Cell, match
from curate.audit.properties import CLASSES, PROPERTIES
from curate.errors import UsageError
from tracer.dataset.file_properties import file_properties
from tracer.setformat.file_properties import COARSE
from tracer.stats import cramers_v, holm

Row = dict[str, Any]


def photos(scenes: int, seed: int = 0, **planted: tuple[list[Any], list[Any]]) -> list[Row]:
    """Pairs of a phone's and another camera's photo, alike in all but the planted columns (phone's values, others')."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for scene in range(scenes):
        hour, turned = rng.randrange(24), rng.random() < 0.3
        for side, class_ in enumerate(CLASSES):
            row: Row = {
                "photo_id": len(rows) + 1,
                "camera_class": class_,
                "scene_idx": scene,
                "format": rng.choice(["JPEG", "WEBP"]),
                "width": 3000 if turned else 4000,
                "height": 4000 if turned else 3000,
                "orientation": 1,
                "jpeg_quality": rng.choice([88, 95, 97]),
                "jpeg_subsampling": rng.choice(["4:2:0", "4:4:4"]),
                "taken_at": f"2024-05-04T{hour:02d}:10:00",
                "taken_precision": "second",
                "edited": rng.random() < 0.2,
            }
            rows.append(row | {column: rng.choice(values[side]) for column, values in planted.items()})
    return rows


def cell_counts(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Counter[Cell]]:
    """How many photos of each class each cell holds."""
    counts: dict[str, Counter[Cell]] = {name: Counter() for name in CLASSES}
    for row in rows:
        if row["camera_class"] in CLASSES:
            counts[row["camera_class"]][tuple(PROPERTIES[name].value_of(row) for name in names)] += 1
    return counts


@pytest.mark.parametrize(
    ("column", "values", "name"),
    [
        ("format", (["WEBP", "JPEG"], ["JPEG"]), "format"),
        ("jpeg_quality", ([75, 92], [92, 97]), "jpeg_quality"),
        ("jpeg_subsampling", (["4:2:0"], ["4:2:2", "4:2:0"]), "jpeg_subsampling"),
        ("orientation", ([1, 6], [1]), "orientation"),
        ("edited", ([True, False], [False]), "edited"),
        ("taken_at", (["2024-05-04T21:00:00", "2024-05-04T12:00:00"], ["2024-05-04T12:00:00"]), "time_of_day"),
    ],
)
def test_a_planted_confound_is_found_and_matching_takes_it_away(
    column: str, values: tuple[list[Any], list[Any]], name: str
) -> None:
    """A property that differs between the classes is named, lets a classifier guess, and is gone after matching on it."""
    rows = photos(150, **{column: values})
    found = {c.name: c for c in confounds(rows)}
    assert found[name].p_adjusted < 1e-3 and found[name].value > 0.2
    before = together(rows)
    assert before is not None and before.above_chance
    assert name in " ".join(in_words(list(found.values()), before))
    kept = [rows[place] for place in match(rows, [name]).kept]
    assert 40 < len(kept) < len(rows)
    after = {c.name: c for c in confounds(kept)}
    assert name not in after or (after[name].value == 0.0 and after[name].p_value > 0.99)


def test_photos_that_are_matched_here_are_matched_for_the_probe() -> None:
    """tracer finds the same values of the file properties, so none of their combinations tells the classes apart any more."""
    sizes = ([(4000, 3000), (3264, 2448), (3328, 2496)], [(4000, 3000), (3456, 2304), (3328, 2496), (3264, 2448)])
    rows = photos(150, orientation=([1, 6], [1, 1, 6]), format=(["HEIF", "JPEG"], ["JPEG", "JPEG", "HEIF"]))
    draw = random.Random(5)
    for row in rows:
        row["width"], row["height"] = draw.choice(sizes[CLASSES.index(row["camera_class"])])
    kept = [rows[place] for place in match(rows, COARSE).kept]
    assert 20 < len(kept) < len(rows)
    found = file_properties(pd.DataFrame(kept))
    cells = list(zip(*(found[name] for name in COARSE), strict=True))
    held = [
        Counter(cell for cell, row in zip(cells, kept, strict=True) if row["camera_class"] == one) for one in CLASSES
    ]
    assert held[0] == held[1]


def test_where_nothing_differs_nothing_is_claimed() -> None:
    """In eight sets without a planted difference, the corrected tests and the classifier hardly ever raise an alarm."""
    alarms = above = 0
    for seed in range(8):
        rows = photos(60, seed=100 + seed)
        alarms += any(c.p_adjusted < 0.05 for c in confounds(rows))
        answer = together(rows)
        assert answer is not None
        above += answer.above_chance
    assert alarms <= 2 and above <= 2


def test_the_test_agrees_with_scipy() -> None:
    """Chi-square where counts allow it; where they are small, a permutation test near the exact one."""
    rows = photos(100, seed=1, format=(["HEIF", "JPEG", "JPEG"], ["JPEG", "JPEG", "TIFF"]))
    found = next(c for c in confounds([*rows, {"camera_class": None, "format": "PNG"}]) if c.name == "format")
    kinds = ["HEIF", "JPEG", "TIFF"]
    table = [[sum(r["camera_class"] == c and r["format"] == k for r in rows) for k in kinds] for c in CLASSES]
    assert (found.test, found.photos) == ("chi-square", 200)
    assert found.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=1e-4)
    few = [{"photo_id": k, "camera_class": CLASSES[k % 2], "format": "A" if k in (0, 2, 4) else "B"} for k in range(14)]
    small = next(c for c in confounds(few) if c.name == "format")
    exact = 2 * (7 * 6 * 5) / (14 * 13 * 12)  # all three of one class
    assert small.test == "permutation" and small.p_value == pytest.approx(exact, abs=0.02)


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=12))
def test_the_correction_is_holm_s(p_values: list[float]) -> None:
    """Adjusted values are never smaller, keep the order, stay below 1, and lie between no correction and Bonferroni's."""
    adjusted = holm(p_values)
    assert all(p <= q <= min(1.0, len(p_values) * p) + 1e-12 for p, q in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)
    assert np.all(np.array(adjusted) >= false_discovery_control(p_values) - 1e-12)


def of_models(phones: list[tuple[str, int]], others: list[tuple[str, int]], column: str = "format") -> list[Row]:
    """Photos of camera models, each with one value of a column and so many photos."""
    rows: list[Row] = []
    for class_, models in zip(CLASSES, (phones, others), strict=True):
        for number, (value, count) in enumerate(models):
            named = {"camera_class": class_, "Make": "Acme", "Model": f"{class_} {number}", column: value}
            rows += [named | {"photo_id": len(rows) + k} for k in range(count)]
    return rows


def property_of(rows: list[Row], name: str = "format") -> Confound:
    """The finding on one property."""
    return next(c for c in confounds(rows) if c.name == name)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 9)), min_size=2, max_size=4),
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 9)), min_size=2, max_size=4),
)
def test_relabelled_models_are_gone_through_one_by_one(phones: list[Any], others: list[Any]) -> None:
    """The p-value of whole models is the share of all ways to choose the phones' models whose V is as large."""
    rows = of_models(phones, others)
    models = phones + others
    if len(rows) < 10 or len({value for value, _ in models}) < 2:
        return
    values = [value for value, count in models for _ in range(count)]
    reached = []
    for chosen in itertools.combinations(range(len(models)), len(phones)):
        classes = [at in chosen for at, (_, count) in enumerate(models) for _ in range(count)]
        reached.append(cramers_v(classes, values))
    found = property_of(rows)
    if found.value > 0:  # V without bias is cut at 0, χ² is not
        exact = sum(v >= reached[0] - 1e-9 for v in reached) / len(reached)
        assert found.p_cameras == pytest.approx(exact, rel=1e-5)
    assert found.camera_models == (len(phones), len(others))


def test_what_separates_photos_need_not_separate_other_cameras() -> None:
    """One phone with many photos of its own format makes photos differ; of whole models that tells nothing, and it is said so."""
    one = [("HEIF", 60), *[("JPEG", 60)] * 7]
    found = property_of(of_models(one, [("JPEG", 60)] * 8))
    assert found.p_adjusted < 1e-6
    assert found.p_cameras is not None and found.p_cameras == 1.0
    said = " ".join(in_words([found], None))
    assert "Photos of phones and of other cameras in this set differ in format" in said
    assert "That other phones and cameras differ too is not shown for format" in said
    assert "does not show that they are alike" in said and "can be expected" not in said


def test_what_separates_whole_models_can_be_expected_of_others() -> None:
    """Six phones that all write HEIF against six cameras that all write JPEG: 2 of 924 relabellings do as well."""
    found = property_of(of_models([("HEIF", 5)] * 6, [("JPEG", 7)] * 6))
    assert found.p_cameras == pytest.approx(2 / 924, rel=1e-4)
    assert "Other phones and cameras can be expected to differ too in format (p < 0.05" in " ".join(
        in_words([found], None)
    )


def test_two_models_a_class_are_still_warned_about() -> None:
    """All phones apart from all cameras: the photos differ and results may depend on it, though four models tell no more."""
    rows = of_models([("HEIF", 20)] * 2, [("JPEG", 20)] * 2)
    said = in_words(confounds(rows), together(rows))
    assert "Photos of phones and of other cameras in this set differ in format (1.00)" in said[0]
    assert "2 of phones and 2 of others" in said[1] and "with so few models none could show it" in said[1]
    assert "Results on the camera class may depend on these" in said[-1]
    assert not any("p < 0.05" in sentence for sentence in said)


@pytest.mark.parametrize("hidden", [{"Make": None, "Model": None}, {"Model": "one"}])
def test_without_two_known_models_a_class_nothing_is_said_of_other_cameras(hidden: Row) -> None:
    """Unknown models, and one model of each class, give no p-value of cameras, and the words say why."""
    rows = of_models([("HEIF", 20)] * 2, [("JPEG", 20)] * 2)
    rows = [row | hidden | ({"Make": row["camera_class"]} if hidden["Model"] else {}) for row in rows]
    found = property_of(rows)
    assert (found.p_cameras, found.p_cameras_adjusted, found.camera_models) == (None, None, (0, 0))
    said = " ".join(in_words([found], None))
    assert "differ in format" in said and "Whether other phones and cameras differ in this way too is not known" in said


def test_many_models_are_relabelled_by_sampling() -> None:
    """With more ways than are gone through some are drawn, from the same seed each time, in any order of the rows."""
    rows = of_models([("HEIF", 3), ("JPEG", 2)] * 10, [("JPEG", 3)] * 20)
    found = property_of(rows)
    assert found.p_cameras is not None and 1e-3 <= found.p_cameras < 0.01
    assert property_of(random.Random(2).sample(rows, len(rows))) == found


def test_independent_models_are_rejected_as_rarely_as_promised() -> None:
    """Formats that are drawn by the model, not by the class, get p < 0.05 in about one of twenty sets and no more."""
    rng, low = random.Random(4), 0
    for _ in range(120):
        drawn = [[(rng.choice("AB"), rng.randint(2, 30)) for _ in range(6)] for _ in CLASSES]
        if len({value for models in drawn for value, _ in models}) > 1:
            p = property_of(of_models(*drawn)).p_cameras
            low += p is not None and p < 0.05
    assert low <= 12


def test_one_class_or_too_few_say_nothing() -> None:
    """No class to tell apart means no entry, no figure and no sentence."""
    phones = [row for row in photos(30) if row["camera_class"] == "phone"]
    assert report(phones) == {"confounds": [], "confounds_together": None, "confounds_in_words": []}
    assert report(photos(3))["confounds"] == []
    assert report([]) == {"confounds": [], "confounds_together": None, "confounds_in_words": []}


def test_the_report_does_not_depend_on_the_order_of_rows() -> None:
    """The same photos in another order give the same report."""
    rows = photos(60, format=(["HEIF", "JPEG"], ["JPEG"]))
    shuffled = random.Random(3).sample(rows, len(rows))
    assert report(rows) == report(shuffled)


def test_a_scene_never_helps_to_guess_itself() -> None:
    """A classifier that knew a scene's other photos would be perfect here; kept apart by scene it knows nothing."""
    rng = random.Random(5)
    rows = []
    for scene in range(60):
        side = rng.randrange(2)
        rows += [
            {
                "photo_id": 10 * scene + k,
                "camera_class": CLASSES[side],
                "scene_idx": scene,
                "semantic_label": f"s{scene}",
            }
            for k in range(4)
        ]
    answer = together(rows)
    assert answer is not None and not answer.above_chance and answer.groups == 60


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "camera_class": st.sampled_from([*CLASSES, None]),
            "format": st.sampled_from(["JPEG", "HEIF"]),
            "edited": st.sampled_from([True, False, None]),
            "subject_idx": st.none() | st.integers(0, 6),
        }
    ),
    max_size=24,
)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.booleans(), st.integers(0, 3))
def test_matched_columns_are_equally_distributed(drawn: list[Row], pairs: bool, seed: int) -> None:
    """After matching, each cell holds as many photos of either class; pairs are whole; nothing is lost uncounted."""
    rows = [row | {"photo_id": k} for k, row in enumerate(drawn)]
    if pairs:
        rows = [row for row in rows if row["subject_idx"] is not None]
    names = ["format", "edited"]
    result = match(rows, names, pairs=pairs, seed=seed)
    kept_rows = [rows[place] for place in result.kept]
    counts = cell_counts(kept_rows, names)
    assert counts["phone"] == counts["dslr/compact"]
    kept = {row["photo_id"] for row in kept_rows}
    left_out = [rows[place] for places in result.left_out.values() for place in places]
    assert sorted([*kept, *(row["photo_id"] for row in left_out)]) == [row["photo_id"] for row in rows]
    for subject in range(7):
        members = [row for row in rows if row["subject_idx"] == subject]
        if len(members) == 2 and {row["camera_class"] for row in members} == set(CLASSES):
            assert len(kept & {row["photo_id"] for row in members}) in (0, 2)
        elif pairs:
            assert not kept & {row["photo_id"] for row in members}
    if not pairs:
        assert kept >= {row["photo_id"] for row in rows if row["camera_class"] is None}
    assert all(reason.startswith("--match: ") for reason in result.left_out)
    shuffled = random.Random(0).sample(rows, len(rows))
    again = match(shuffled, names, pairs=pairs, seed=seed)
    assert {shuffled[place]["photo_id"] for place in again.kept} == kept


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("ABC")), max_size=5),
    st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from("ABC")), max_size=5),
)
def test_no_larger_selection_is_equal(pairs: list[tuple[str, str]], singles: list[tuple[str, str]]) -> None:
    """Brute force over all selections of whole pairs and single photos finds none with more photos."""
    rows: list[Row] = []
    units: list[list[Row]] = []
    for subject, formats in enumerate(pairs):
        units.append(
            [{"subject_idx": subject, "camera_class": c, "format": f} for c, f in zip(CLASSES, formats, strict=True)]
        )
    units += [[{"subject_idx": None, "camera_class": c, "format": f}] for c, f in singles]
    for unit in units:
        for row in unit:
            row["photo_id"] = len(rows)
            rows.append(row)
    best = 0
    for chosen in itertools.product((False, True), repeat=len(units)):
        some = [row for unit, yes in zip(units, chosen, strict=True) if yes for row in unit]
        counts = cell_counts(some, ["format"])
        if counts["phone"] == counts["dslr/compact"]:
            best = max(best, len(some))
    assert len(match(rows, ["format"]).kept) == best


def test_values_are_coarse_and_total() -> None:
    """Each property has a value for any row, and near values of a number share one."""
    assert {item.value_of({}) for item in PROPERTIES.values()} == {"unknown"}
    value = {name: item.value_of for name, item in PROPERTIES.items()}
    assert value["aspect"]({"width": 4032, "height": 3024}) == "4:3"
    assert value["aspect"]({"width": 4000, "height": 6016}) == "3:2"
    assert value["resolution"]({"width": 4032, "height": 3024}) == "8-16 MP"
    assert value["orientation"]({"width": 4000, "height": 3000, "orientation": 6}) == "portrait"
    assert value["orientation"]({"width": 3024, "height": 4032, "orientation": 6, "format": "HEIF"}) == "portrait"
    assert [value["jpeg_quality"]({"jpeg_quality": q}) for q in (10, 85, 89, 98, 100)] == [
        "0-49", "85-89", "85-89", "98-100", "98-100",
    ]  # fmt: skip
    assert value["time_of_day"]({"taken_at": "2024-05-04T23:59:00", "taken_precision": "second"}) == "20-24 h"
    assert value["time_of_day"]({"taken_at": "2024-05-04T00:00:00", "taken_precision": "day"}) == "unknown"


def test_an_unknown_property_is_a_usage_error() -> None:
    """A misspelt property is refused, with those that there are."""
    with pytest.raises(UsageError, match="colour"):
        match([], ["colour"])
