"""What the photos' content tells of a label by itself, and what the page says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.null_worlds import of_subjects
from tracer.experiments.told_alone import told_alone
from tracer.report.answers import VERDICT_WORDS, answers, headline
from tracer.results import Row
from tracer.results.verdicts import Verdict


def named(*codes: int) -> np.ndarray:
    """Values as strings."""
    return np.array([f"value {code}" for code in codes], dtype=object)


def test_each_photo_is_told_by_photos_of_other_camera_models() -> None:
    """One photo after the other, with loops."""
    given = of_subjects(np.random.default_rng(5))
    label, content, model = given.labels, given.classes, given.cameras
    assert content is not None and model is not None
    by_model: dict[tuple[str, str], list[float]] = {}
    for n, own in enumerate(model):
        others = model != own
        shares = {
            value: (others & (label == value) & (content == content[n])).sum() / (others & (label == value)).sum()
            for value in set(label)
        }
        best = [value for value in shares if shares[value] == max(shares.values())]
        by_model.setdefault((label[n], own), []).append((label[n] in best) / len(best))
    means = {key: np.mean(right) for key, right in by_model.items()}
    expected = np.mean([np.mean([m for (v, _), m in means.items() if v == value]) for value in set(label)])
    found = told_alone(label, content, given.clusters, model)
    assert found["alone"] == pytest.approx(expected)
    assert found["alone"] > 0.7 and found["p_value"] < 0.02 and found["on_models"] is True


def test_content_that_means_nothing_is_rarely_told() -> None:
    """Of labels that are dealt out to whole models, each of which has subjects of its own, few have p < .05."""
    rng, told = np.random.default_rng(0), 0
    for _ in range(60):
        model = np.arange(144) % 12
        own = rng.dirichlet(np.ones(4), size=12)
        content = np.array([rng.choice(4, p=own[m]) for m in model])
        label = rng.permutation(np.arange(12) % 2)[model]
        told += told_alone(named(*label), named(*content), np.arange(144), named(*model))["p_value"] < 0.05
    assert told <= 8


def test_nothing_to_compare() -> None:
    """One value, one content, or nothing that is known of both: no entry."""
    one, two, clusters = named(*[0] * 8), named(*[0, 1] * 4), np.arange(8)
    unknown = np.full(8, None, dtype=object)
    assert told_alone(one, two, clusters) == told_alone(two, one, clusters) == {}
    assert told_alone(two, unknown, clusters) == told_alone(two, two, clusters, unknown) == {}
    assert told_alone(two, two, clusters)["alone"] == 1.0


def figure(attribute: str, value: float, low: float, setting: str = "acquisition", chance: float = 0.5) -> Row:
    """A balanced accuracy under a mask."""
    return Row(
        "probe", "made", "test/encoder", attribute, "IDENTITY", 0.95, setting, "balanced_accuracy", value, low,
        min(2 * value - low, 1.0), chance, 144, 42,
    )  # fmt: skip


def entries(p: float = 0.005, alone: float = 0.9) -> list[dict[str, Any]]:
    """Details of a label on unseen cameras, with what content alone tells."""
    same = {
        "experiment": "probe",
        "dataset": "made",
        "encoder": "test/encoder",
        "processing": "IDENTITY",
        "mask_ratio": 0.95,
    }
    content = {"alone": alone, "p_value": p, "on_models": True}
    return [
        {
            **same, "attribute": "Is Smartphone", "setting": "unseen-cameras", "told": True, "models": {"True": 6, "False": 6},
            "chance_test": {"p_value": 0.002}, "content": content,
        }
    ]  # fmt: skip


def test_content_counts_as_read_where_its_test_says_so() -> None:
    """The control's interval includes guessing, its test rejects: the control is shown, and so is the confound."""
    rows = [figure("Is Smartphone", 0.9, 0.8, "unseen-cameras"), figure("semantic_label", 0.3, 0.2, chance=0.25)]
    same = {
        "experiment": "probe",
        "dataset": "made",
        "encoder": "test/encoder",
        "processing": "IDENTITY",
        "mask_ratio": 0.95,
    }
    control = {**same, "attribute": "semantic_label", "setting": "acquisition", "chance_test": {"p_value": 0.001}}
    found = {one.about: one.verdict for one in answers(rows, [*entries(), control])}
    assert found == {"Phone or camera": Verdict.SUBJECTS, "Control, what the picture shows": Verdict.ABOVE}


def test_a_control_that_gives_one_answer_says_so() -> None:
    """Such a probe does not show that the mask hides the content."""
    same = {
        "experiment": "probe",
        "dataset": "made",
        "encoder": "test/encoder",
        "processing": "IDENTITY",
        "mask_ratio": 0.95,
    }
    control = {
        **same, "attribute": "semantic_label", "setting": "acquisition", "classes": ["beach", "food"],
        "confusion": [[30, 0], [30, 0]],
    }  # fmt: skip
    rows = [figure("Is Smartphone", 0.9, 0.8, "unseen-cameras"), figure("semantic_label", 0.5, 0.4)]
    control_of = {one.about: one for one in answers(rows, [*entries(), control])}["Control, what the picture shows"]
    assert "The probe answers “beach” to almost every photo" in control_of.comment


@pytest.mark.parametrize("read", [True, False])
def test_a_control_of_content_that_nobody_reads_controls_nothing(read: bool) -> None:
    """Where whole photos do not tell their label either, a masked figure at guessing says nothing of the mask."""
    masked = figure("semantic_label", 0.25, 0.2, chance=0.25)
    whole = replace(masked, mask_ratio=0.0, value=0.9 if read else 0.25, ci_low=0.8 if read else 0.2, ci_high=0.95)
    rows = [figure("Is Smartphone", 0.9, 0.8, "unseen-cameras"), masked, whole]
    control = {one.about: one for one in answers(rows, entries())}["Control, what the picture shows"]
    assert control.verdict is Verdict.OPEN
    assert ("does not show that the mask hides any" in control.comment) is not read


@pytest.mark.parametrize(
    ("low", "of_content", "facts", "expected", "said"),
    [
        (
            0.8,
            0.4,
            {},
            Verdict.SUBJECTS,
            "right in 90\u202f% of cases on other camera models (p = 0.005). No figure is shown",
        ),
        (0.95, 0.4, {}, Verdict.ABOVE, "The whole interval lies above that."),
        (0.8, 0.2, {}, Verdict.ABOVE, "Content is not shown to be read"),
        (0.8, 0.4, {"p": 0.2}, Verdict.ABOVE, ""),
        (0.8, 0.4, {"alone": 0.4}, Verdict.ABOVE, ""),
    ],
)
def test_an_answer_that_content_explains(
    low: float, of_content: float, facts: dict[str, float], expected: Verdict, said: str
) -> None:
    """The verdict says so where content is read from these photos, and the figure is not shown to be above what it tells."""
    rows = [
        figure("Is Smartphone", 0.97, low, "unseen-cameras"),
        figure("semantic_label", 0.5, of_content, chance=0.25),
    ]
    details = entries(**facts)
    answer = next(one for one in answers(rows, details) if one.about == "Phone or camera")
    assert answer.verdict is expected, VERDICT_WORDS[answer.verdict]
    assert said in answer.comment and ("What the pictures show tells it too" in answer.comment) is bool(said)
    assert ("as what the pictures show does alone" in headline(rows, details)) is (expected is Verdict.SUBJECTS)
