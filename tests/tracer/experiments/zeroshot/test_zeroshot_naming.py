"""What photos are called, and how often that is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from tests.helpers.fake_text import text_side, words
from tracer.base.progress import finish
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import Pairs
from tracer.experiments.zeroshot.naming import Shown, Words, call, name_photos
from tracer.experiments.zeroshot.prompts import Prompts

SOURCE = Source("made", "test/encoder")
NAMES = ["bird", "boat", "tree"]


def _photos(n: int = 120, seed: int = 0) -> tuple[Shown, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    centres = {name: rng.normal(size=12) for name in NAMES}
    classes = np.array(NAMES, dtype=object)[rng.choice(3, size=n, p=[0.6, 0.25, 0.15])]
    X = np.stack([centres[name] for name in classes]) + 1.6 * rng.normal(size=(n, 12))
    return Shown(X * rng.uniform(0.1, 9.0, size=(n, 1)), classes, np.arange(n) // 3), centres


def _pairs(n: int) -> Pairs:
    return Pairs(np.full(n, -1), np.zeros(n, dtype=np.int64))


def _named(photos: Shown, of: Words, pairs: Pairs | None = None) -> Outcome:
    return finish(name_photos(SOURCE, photos, pairs or _pairs(len(photos.classes)), of, 1))


def test_the_most_similar_class_is_the_name() -> None:
    """The class is the mean of its unit prompts; lengths of vectors play no part."""
    photos, centres = _photos()
    rng = np.random.default_rng(5)
    texts = {f"{name} {view}": vector + rng.normal(size=12) for name, vector in centres.items() for view in ("a", "b")}
    prompts = Prompts((), tuple((name, (f"{name} a", f"{name} b")) for name in NAMES))
    called = finish(call(photos, Words(prompts.of(NAMES), text_side(texts))))
    unit = {text: vector / np.linalg.norm(vector) for text, vector in texts.items()}
    for row, code in zip(called.rows, called.name, strict=True):
        cosine = []
        for name in NAMES:
            mean = unit[f"{name} a"] + unit[f"{name} b"]
            cosine.append(photos.vectors[row] @ mean / np.linalg.norm(mean))
        assert NAMES[code] == NAMES[int(np.argmax(cosine))]
    assert 0.4 < called.right.mean() < 1


def test_sp_and_its_balance() -> None:
    """SP is the share of right names against the commonest class; the balanced one is scikit-learn's, against 1 / names."""
    photos, centres = _photos()
    outcome = _named(photos, words(centres))
    called = finish(call(photos, words(centres)))
    sp, balanced = outcome.rows
    assert (sp.metric, sp.attribute, sp.setting, sp.n) == ("sp", "semantic_label", "", 120)
    assert sp.value == pytest.approx((called.truth == called.name).mean())
    assert sp.chance == np.bincount(called.truth).max() / 120
    assert balanced.metric == "balanced_accuracy"
    assert balanced.value == pytest.approx(balanced_accuracy_score(called.truth, called.name))
    assert balanced.chance == pytest.approx(1 / 3)
    for row in outcome.rows:
        assert row.ci_low is not None and row.ci_high is not None
        assert 0 <= row.ci_low < row.value < row.ci_high <= 1
    assert np.mean(outcome.per_photo[0].values) == pytest.approx(sp.value)
    by_class = {one["class"]: one for one in outcome.details[0]["by_class"]}
    assert sum(one["photos"] for one in by_class.values()) == 120
    assert by_class["bird"]["right"] == pytest.approx(called.right[called.truth == 0].mean())


def test_classes_without_prompts_do_not_count() -> None:
    """Their photos are no part of n, and no photo is called by them; further names of a file take part."""
    photos, centres = _photos()
    some = Prompts((), tuple((name, (name,)) for name in ("bird", "boat", "wolf")))
    outcome = _named(photos, words({**centres, "wolf": np.ones(12)}, some, NAMES))
    assert outcome.rows[0].n == int(np.isin(photos.classes, ["bird", "boat"]).sum())
    assert outcome.rows[1].chance == pytest.approx(1 / 3)


def test_too_few_photos_and_one_class_are_refused() -> None:
    """No figure from nineteen photos, nor where all photos with a prompt show the same."""
    photos, centres = _photos()
    few = Shown(photos.vectors[:19], photos.classes[:19], photos.clusters[:19])
    with pytest.raises(TooFew, match="there are 19 photos"):
        _named(few, words(centres))
    with pytest.raises(TooFew, match="of 1 class"):
        _named(photos, words(centres, Prompts((), (("bird", ("bird",)), ("wolf", ("bird x",)))), NAMES))


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda X: np.where(np.arange(12) == 3, np.nan, X), "no numbers"), (lambda X: X[:, :11], "do not fit")],
)
def test_embeddings_that_cannot_be_compared_are_refused(change: Any, said: str) -> None:
    """NaN, and another number of dimensions than the prompts have."""
    photos, centres = _photos()
    with pytest.raises(EmbeddingsError, match=said):
        _named(replace(photos, vectors=change(photos.vectors)), words(centres))


def test_prompts_that_are_cut_and_prompts_alike_are_told() -> None:
    """A warning names the first of each."""
    photos, centres = _photos()
    long = Prompts((), (("bird", ("bird " * 9,)), ("boat", ("boat",)), ("tree", ("boat",))))
    warnings = " ".join(_named(photos, words(centres, long, NAMES)).warnings)
    assert "1 prompt is as long as test/encoder reads" in warnings
    assert "tree those of boat" in warnings


def test_pairs_that_are_called_differently_are_counted() -> None:
    """A phone's photo and another camera's photo of one scene; bursts count as the mean over their pairs."""
    centres = {name: np.eye(3)[at] for at, name in enumerate(NAMES)}
    shows = [0, 0] * 20 + [0, 0, 1]
    named = [0, 0] * 10 + [0, 1] * 6 + [2, 0] * 3 + [1, 2] + [0, 0, 1]
    X = np.eye(3)[named]
    subject = np.array([at // 2 for at in range(40)] + [20, 20, 20])
    kind = np.array([1, 0] * 20 + [1, 0, 0])
    photos = Shown(X, np.array(NAMES, dtype=object)[shows], np.append(np.arange(40) // 2, [20, 20, 20]))
    found = _named(photos, words(centres), Pairs(subject, kind)).details[0]["pairs"]
    assert found["pairs"] == 21
    assert found["called_differently"] == pytest.approx((6 + 3 + 1 + 0.5) / 21)
    assert found["both_right"] == pytest.approx(11 / 21)
    assert found["phone_alone_right"] == pytest.approx(6 / 21)
    assert found["other_alone_right"] == pytest.approx(3 / 21)
    low, high = found["called_differently_ci"]
    assert 0 <= low < found["called_differently"] < high <= 1


def test_without_pairs_nothing_is_said_of_them() -> None:
    """The entry is empty."""
    photos, centres = _photos()
    assert _named(photos, words(centres)).details[0]["pairs"] == {}


def test_texts_are_embedded_once() -> None:
    """A text side remembers what it embedded; its network is built for new texts alone."""
    built: list[int] = []
    side = text_side({"a": [1.0], "b": [2.0]})
    build = side.build
    side.build = lambda: built.append(1) or build()  # type: ignore[func-returns-value]
    first = finish(side.embed(["a", "b", "a"]))
    assert first[:, 0].tolist() == [1.0, 2.0, 1.0]
    assert finish(side.embed(["b"]))[:, 0].tolist() == [2.0]
    assert len(built) == 1
    finish(side.embed(["b c"]))
    assert len(built) == 2
