"""What the page says of names: never more than the figures carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.helpers.fake_text import words
from tracer.base.progress import finish
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos, Pairs
from tracer.experiments.zeroshot.naming import Shown, name_photos
from tracer.experiments.zeroshot.page import PAGE
from tracer.experiments.zeroshot.traces import compare_label
from tracer.report.answers import answers
from tracer.results.figures import DotPlot
from tracer.results.tables import PlainTable
from tracer.results.verdicts import Answer, Verdict

NAMES = ["bird", "boat", "tree", "wall"]
WORDS = words({name: np.eye(4)[at] for at, name in enumerate(NAMES)})


def _outcome(
    each: int, effect: float, *, kinds: tuple[str, ...] = ("False", "True"), cameras: bool = True, encoder: str = "a"
) -> Outcome:
    """Names of photos of each scene by `each` models of every kind; kinds differ by `effect`."""
    rng, count, scenes = np.random.default_rng(each), each * len(kinds), 40
    model, scene = np.tile(np.arange(count), scenes), np.repeat(np.arange(scenes), count)
    classes = (np.arange(scenes) % 4)[scene]
    hit = rng.random(len(model)) < 0.6 + effect * (model % len(kinds))
    X = np.eye(4)[np.where(hit, classes, (classes + 1) % 4)]
    label = np.array(kinds, dtype=object)[model % len(kinds)]
    shows, source = np.array(NAMES, dtype=object)[classes], Source("made", encoder)
    attribute = "Is Smartphone" if kinds == ("False", "True") else "Make"
    photos = LabelledPhotos(X, label, scene, attribute, shows)
    named = np.array([f"M{code}" for code in model], dtype=object) if cameras else None
    subject = np.where(model < 2, scene, -1)
    found = finish(name_photos(source, Shown(X, shows, scene), Pairs(subject, model % 2), WORDS, 1))
    found.add(finish(compare_label(source, photos, named, WORDS, 1)))
    return found


def _answer(*outcomes: Outcome) -> Answer:
    rows = [row for one in outcomes for row in one.rows]
    (found,) = answers(rows, [entry for one in outcomes for entry in one.details])
    return found


def test_a_planted_difference_is_shown_with_its_direction() -> None:
    """Sentence, test and direction say what was planted."""
    found = _answer(_outcome(6, 0.25))
    assert found.verdict is Verdict.ABOVE
    assert found.about == "Names by prompts, by Phone or camera"
    assert "for camera photos and" in found.sentence and "for phone photos" in found.sentence
    assert "Relabelling whole camera models (camera: 6, phone: 6): p = " in found.comment
    assert found.comment.endswith("Phone photos are named right more often than camera photos of the same class.")
    assert [row.setting for row in found.rows] == ["unseen-cameras"]
    assert "Camera photos are named right" in _answer(_outcome(6, -0.25)).comment


def test_nothing_is_said_to_be_absent() -> None:
    """Without an effect no direction is named, and the comment says what a missing effect shows."""
    found = _answer(_outcome(6, 0.0))
    assert found.verdict is Verdict.OPEN
    assert "No effect is shown, which does not show that there is none." in found.comment
    assert "more often" not in found.comment


@pytest.mark.parametrize("each", [1, 2, 3])
def test_too_few_models_are_no_verdict(each: int) -> None:
    """The answer says what it would take; that these cameras differ is worded as such."""
    found = _answer(_outcome(each, 0.35))
    assert found.verdict is Verdict.UNTOLD
    assert "it takes 4 camera models or more of each value" in found.comment
    assert "Of these cameras alone: " in found.comment
    assert "more often" not in found.comment


def test_encoders_that_disagree_are_mixed() -> None:
    """One of two shows it; with both, the direction is named where they agree alone."""
    mixed = _answer(_outcome(6, 0.3), _outcome(6, 0.0, encoder="b"))
    assert mixed.verdict is Verdict.MIXED
    assert "more often" not in mixed.comment
    against = _answer(_outcome(6, 0.3), _outcome(6, -0.3, encoder="b"))
    assert against.verdict is Verdict.ABOVE
    assert "more often" not in against.comment


def test_labels_of_several_values_and_without_cameras() -> None:
    """Makers have a size without direction; a label that does not go with the camera rests on scenes and owners."""
    makers = _answer(_outcome(4, 0.15, kinds=("x", "y", "z")))
    assert "With fewer than six camera models of a value the interval is not known to hold." in makers.comment
    assert "points between photos of different values (Maker)" in makers.sentence
    scenes = _answer(_outcome(6, 0.25, cameras=False))
    assert scenes.verdict is Verdict.ABOVE
    assert scenes.comment.startswith("The whole interval lies above no difference.")
    assert [row.setting for row in scenes.rows] == [""]


def test_tables_hold_each_row_and_what_rows_do_not_hold() -> None:
    """A line for each row; beside them pairs, rates, models and classes."""
    found = _outcome(6, 0.25)
    tables = {table.name: table for table in PAGE.tables(found.rows, {"a": 0}, found.details)}
    results = [table for table in tables.values() if not isinstance(table, PlainTable) and "sign" not in table.name]
    assert sum(len(table.lines) for table in results) == len(found.rows)
    assert len(tables["Right names of each camera model"].lines) == 12
    assert len(tables["Right names of each class"].lines) == 4
    assert len(tables["Right names at equal content"].lines) == 4
    assert len(tables["Pairs: one scene, two names?"].lines) == 1
    signed = tables["Zero-shot names: differences with their sign"].lines
    assert [line.cells[0].text for line in signed] == [  # type: ignore[union-attr]
        f"{of}: phone − camera" for of in ("these cameras", "cameras like these")
    ]


@pytest.mark.parametrize("count", [1, 9])
def test_figures_have_a_mark_for_each_figure(count: int) -> None:
    """Also where encoders are too many for colours of their own."""
    outcomes = [_outcome(2, 0.2, encoder=f"e{number}") for number in range(count)]
    rows = [row for one in outcomes for row in one.rows]
    styles = {f"e{number}": number if count < 6 else -1 for number in range(count)}
    right, differences = PAGE.figures(rows, styles, [])
    for figure, metric in ((right, "sp"), (differences, "spd_a")):
        marks = [
            one for panel in figure.panels if isinstance(panel, DotPlot) for line in panel.lines for one in line.marks
        ]
        assert len(marks) == sum(row.metric == metric for row in rows)
        assert figure.on_page == (count < 6)


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, [3], [{}], [{"rate": "x"}], {"called_differently": "x"}])
def test_details_of_any_shape_do_no_harm(odd: Any) -> None:
    """Results of another version are read as far as they can be."""
    found = _outcome(6, 0.25)
    keys = ("rates", "models", "model_figures", "pairs", "by_class", "told", "p_value", "difference", "needed")
    for key in keys:
        details = [{**entry, key: odd} for entry in found.details]
        assert PAGE.tables(found.rows, {}, details)
        assert PAGE.answers(found.rows, details)
    assert PAGE.answers([replace(found.rows[0])], found.details) == []
