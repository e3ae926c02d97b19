"""Pair retrieval against a plain loop, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from tracer.base.progress import finish
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Source
from tracer.experiments.retrieval.retrieval import CLASSES, NEGATIVES, rank_pairs, retrieve
from tracer.experiments.shared.similarities import unit

SOURCE = Source("set", "enc")


def _pairs(n: int, seed: int = 0, dim: int = 16, trace: float = 0.8, bursts: int = 0) -> tuple[np.ndarray, ...]:
    """n scenes shot by both classes, whose class shifts the embedding; `bursts` scenes have a second photo of each."""
    rng = np.random.default_rng(seed)
    scene, shift = rng.standard_normal((n, dim)), rng.standard_normal((2, dim)) * trace
    subject = np.concatenate([np.arange(n)] * 2 + [np.arange(bursts)] * 2)
    model = np.concatenate([np.zeros(n), np.ones(n), np.zeros(bursts), np.ones(bursts)]).astype(np.int64)
    X = scene[subject] + shift[model] + rng.standard_normal((len(subject), dim)) * 0.8
    return X.astype(np.float32), subject, model


def _reference(
    X: np.ndarray, subject: np.ndarray, model: np.ndarray, query: int, pool: str
) -> dict[int, tuple[int, float]]:
    """row → (rank of the best positive, average precision), one query at a time in double precision."""
    U = unit(torch.from_numpy(X)).double().numpy()
    out = {}
    for i in np.flatnonzero((model == query) & (subject >= 0)):
        positive = np.flatnonzero((subject == subject[i]) & (model == 1 - query))
        wanted = query if pool == "same" else 1 - query
        negative = np.flatnonzero((model == wanted) & (subject >= 0) & (subject != subject[i]))
        if len(positive) == 0:
            continue
        scores = np.concatenate([U[positive] @ U[i], U[negative] @ U[i]])
        truth = np.arange(len(scores)) < len(positive)
        rank = 1 + int((scores[len(positive) :] >= scores[: len(positive)].max()).sum())
        out[int(i)] = (rank, float(average_precision_score(truth, scores)))
    return out


@pytest.mark.parametrize("bursts", [0, 7])
@pytest.mark.parametrize("query", [0, 1])
@pytest.mark.parametrize("pool", NEGATIVES)
def test_ranks_equal_a_plain_loop(bursts: int, query: int, pool: str) -> None:
    """Ranks and average precision are those of a loop with scikit-learn's metric, with several photos of a scene too."""
    X, subject, model = _pairs(40, bursts=bursts)
    found = rank_pairs(X, subject, model, query, pool)
    expected = _reference(X, subject, model, query, pool)
    assert sorted(found.query.tolist()) == sorted(expected)
    for row, rank, precision in zip(found.query, found.first, found.average_precision, strict=True):
        assert rank == expected[int(row)][0]
        assert precision == pytest.approx(expected[int(row)][1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_does_not_matter(seed: int) -> None:
    """Shuffled rows give the same figures and intervals: photos are matched by subject."""
    X, subject, model = _pairs(20, bursts=3)
    order = np.random.default_rng(seed).permutation(len(X))
    assert (
        finish(retrieve(SOURCE, X, subject, model)).rows
        == finish(retrieve(SOURCE, X[order], subject[order], model[order])).rows
    )


def test_rows_without_a_pair_are_ignored() -> None:
    """Photos with subject −1, or of neither class, change nothing; a subject with one class is a negative, never a query."""
    X, subject, model = _pairs(20)
    extra = np.random.default_rng(1).standard_normal((4, X.shape[1])).astype(np.float32)
    more = (
        np.concatenate([X, extra]),
        np.concatenate([subject, [-1, -1, 5, 6]]),
        np.concatenate([model, [0, 1, -1, 2]]),
    )
    assert finish(retrieve(SOURCE, X, subject, model)).rows == finish(retrieve(SOURCE, *more)).rows
    lone = (np.concatenate([X, extra[:1]]), np.concatenate([subject, [99]]), np.concatenate([model, [1]]))
    found = {r.setting: r for r in finish(retrieve(SOURCE, *lone)).rows if r.metric == "recall@1"}
    assert found["query=phone,negatives=same"].n == 20
    assert found["query=phone,negatives=same"].chance == pytest.approx(1 / 21)
    assert found["query=phone,negatives=different"].chance == pytest.approx(1 / 20)


def test_a_class_trace_shows_as_spd() -> None:
    """A shift by class draws same-class negatives near, so recall among them is lower and SPD_a is above 0."""
    outcome = finish(retrieve(SOURCE, *_pairs(200, trace=2.0)))
    rows = {(r.setting, r.metric): r for r in outcome.rows}
    for name in CLASSES:
        same, different = (rows[f"query={name},negatives={p}", "recall@1"] for p in NEGATIVES)
        spd = rows[f"query={name}", "spd_a"]
        assert same.value < different.value
        assert spd.value == pytest.approx(different.value - same.value)
        assert (spd.ci_low or 0) > 0
    assert all(d["mcnemar_p"] < 0.01 for d in outcome.details)


def test_identical_negatives_count_against_the_positive() -> None:
    """Where all embeddings are equal nothing is retrieved: a tie is no success."""
    _, subject, model = _pairs(10)
    outcome = finish(retrieve(SOURCE, np.ones((20, 4), dtype=np.float32), subject, model))
    assert all(r.value == 0 for r in outcome.rows if r.metric == "recall@1")


def test_near_ties_are_decided_in_double_precision() -> None:
    """Positives and negatives closer than single precision resolves are ranked as double precision ranks them."""
    rng = np.random.default_rng(2)
    base = rng.standard_normal(48)
    X = (base + 1e-4 * rng.standard_normal((60, 48))).astype(np.float32)
    subject, model = np.tile(np.arange(30), 2), np.repeat([0, 1], 30)
    expected = _reference(X, subject, model, 0, "same")
    found = rank_pairs(X, subject, model, 0, "same")
    assert dict(zip(found.query.tolist(), found.first.tolist(), strict=True)) == {k: v[0] for k, v in expected.items()}


def test_no_pairs_is_a_message() -> None:
    """Too few pairs, and none, say how many there are."""
    X, subject, model = _pairs(20)
    with pytest.raises(TooFew, match="there is none"):
        finish(retrieve(SOURCE, X, np.full(40, -1), model))
    with pytest.raises(TooFew, match="there are 3"):
        finish(retrieve(SOURCE, X, np.where(subject < 3, subject, -1), model))


def test_bad_embeddings_are_refused() -> None:
    """NaN in a used row, and columns of different length, are errors; NaN in an unused row is not."""
    X, subject, model = _pairs(20)
    X[3, 0] = np.nan
    with pytest.raises(EmbeddingsError, match="1 of 40"):
        finish(retrieve(SOURCE, X, subject, model))
    finish(retrieve(SOURCE, X, np.where(subject == 3, -1, subject), model))
    with pytest.raises(EmbeddingsError):
        finish(retrieve(SOURCE, X, subject[:-1], model))
