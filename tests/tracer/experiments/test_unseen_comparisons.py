"""Neighbours, similarity and retrieval where no photo meets another one of its own camera model."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from tracer import stats
from tracer.base.progress import Work, finish
from tracer.errors import TooFew
from tracer.experiments.knn.processing import Voting
from tracer.experiments.knn.shuffled import DRAWS, shuffled_differences
from tracer.experiments.knn.unseen import unseen_neighbours
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos, Pairs
from tracer.experiments.retrieval.retrieval import CLASSES, NEGATIVES, rank_pairs
from tracer.experiments.retrieval.shuffled import first_in_pool
from tracer.experiments.retrieval.unseen import retrieve_unseen
from tracer.experiments.similarity.similarity import similarity

SOURCE = Source("made", "test/encoder")
Run = Callable[[LabelledPhotos], Work[Outcome]]


def photos(models: int = 10, shared: float = 0.0, own: float = 2.0, seed: int = 0) -> LabelledPhotos:
    """40 scenes of four classes, each by six models; kinds are dealt out to models, which each have a trace of their own."""
    rng, dim = np.random.default_rng(seed), 24
    side = rng.permutation(np.arange(models) % 2)
    model = np.concatenate([rng.permutation(models)[:6] for _ in range(40)])
    scene, label = np.repeat(np.arange(40), 6), side[model]
    y = rng.permutation(np.arange(40) % 4)[scene]
    X = 0.8 * rng.normal(size=(4, dim))[y] + 0.6 * rng.normal(size=(40, dim))[scene]
    X += own * rng.normal(size=(models, dim))[model] + 0.5 * rng.normal(size=(len(model), dim))
    X += shared * rng.normal(size=dim) * (2 * label - 1)[:, None]
    names = np.array([f"model {code}" for code in model], dtype=object)
    texts = (part.astype(str).astype(object) for part in (label, y))
    labels, classes = texts
    return LabelledPhotos(X.astype(np.float32), labels, scene, "Is Smartphone", classes, names)


def pairs_of(given: LabelledPhotos) -> Pairs:
    """Scenes are subjects, and the label says which kind of camera took a photo."""
    return Pairs(given.clusters, given.labels.astype(np.int64))


def _retrieved(given: LabelledPhotos) -> Work[Outcome]:
    assert given.cameras is not None
    return retrieve_unseen(SOURCE, given.vectors, pairs_of(given), given.cameras)


RUNS: dict[str, Run] = {
    "neighbours": lambda given: unseen_neighbours(SOURCE, given, Voting(1, 3)),
    "similarity": lambda given: similarity(SOURCE, given, unseen=True),
    "retrieval": _retrieved,
}


@pytest.mark.parametrize("name", RUNS)
def test_a_trace_that_kinds_share_is_found_and_one_of_each_model_is_not(name: str) -> None:
    """Ten models: p is small where phones share a trace, and not where every model has a strong one of its own alone."""
    found = finish(RUNS[name](photos(shared=2.0, own=0.5)))
    tested = [detail for detail in found.details if "p_value" in detail]
    assert tested and all(detail["p_value"] < 0.05 and detail["told"] for detail in tested)
    assert all(detail["shuffled"] == "whole camera models" for detail in tested)
    empty = finish(RUNS[name](photos(shared=0.0, own=2.0, seed=3)))
    assert all(detail["p_value"] > 0.05 for detail in empty.details if "p_value" in detail)


@pytest.mark.parametrize("name", RUNS)
def test_figures_of_models_add_up_and_few_models_cannot_tell(name: str) -> None:
    """Each model's own figure is there; with two models of each kind no relabelling reaches 5 %, and it is said what would."""
    tested = [detail for detail in finish(RUNS[name](photos(shared=1.0))).details if "p_value" in detail]
    for detail in tested:
        assert detail["models"] in ({"0": 5, "1": 5}, dict.fromkeys(CLASSES, 5))
        own = detail["model_figures"]
        assert sum(one["photos"] for one in own) > 40 and len({one["model"] for one in own}) == len(own)
    few: dict[str, Any] = finish(RUNS[name](photos(models=6, seed=1))).details[-1]
    assert few["told"] is False and few["needed"].startswith("4 camera models") and few["p_value"] > 0.05


def test_scores_of_photos_have_the_class_of_their_camera_model() -> None:
    """Their mean is the figure, and each camera model has one class, that of its photos; votes and searches have no scores."""
    given = photos(shared=1.0)
    assert given.cameras is not None
    assert not finish(RUNS["neighbours"](given)).per_photo and not finish(RUNS["retrieval"](given)).per_photo
    found = finish(RUNS["similarity"](given))
    assert len(found.per_photo) == len(found.rows)
    for scores, row in zip(found.per_photo, found.rows, strict=True):
        assert float(np.mean(scores.values)) == pytest.approx(row.value, abs=1e-5)
        seen = set(
            zip(scores.cameras, scores.classes, given.cameras[scores.rows], given.labels[scores.rows], strict=True)
        )
        assert len(seen) == len(set(scores.cameras)) == len({name for _, _, name, _ in seen})
        assert len({(kind, label) for _, kind, _, label in seen}) == len({label for *_, label in seen})


@pytest.mark.parametrize("name", ["neighbours", "retrieval"])
def test_votes_and_searches_that_are_all_right_are_no_certainty(name: str) -> None:
    """Each photo shows its scene and its class alone: 100 % begins below 99 %, and no difference reaches a point or more."""
    given = photos()
    assert given.classes is not None
    scene, content = np.eye(40)[given.clusters], np.eye(4)[given.classes.astype(np.int64)]
    given = replace(given, vectors=np.column_stack([scene, 3 * content]).astype(np.float32))
    rows = finish(RUNS[name](given)).rows
    for row in rows:
        assert row.ci_low is not None and row.ci_high is not None
        if row.metric == "spd_a":
            assert row.value == 0 and row.ci_low == 0 and 0.01 < row.ci_high < 0.2
        else:
            assert row.value == 1 and 0.8 < row.ci_low < 0.99


@pytest.mark.slow
def test_scores_of_similarity_hold_both_roles() -> None:
    """Leaving a camera model out changes the figure by about what its photos add to it, candidates among them."""
    given = photos(shared=1.0, own=1.0)
    assert given.cameras is not None
    found = finish(similarity(SOURCE, given, unseen=True))
    scores, value = found.per_photo[0], found.rows[0].value
    told, left = [], []
    for name in np.unique(given.cameras):
        out = given.cameras[scores.rows] == name
        told.append(-np.sum(np.array(scores.values)[out] - value) / (~out).sum())
        left.append(
            finish(similarity(SOURCE, given.only(np.flatnonzero(given.cameras != name)), unseen=True)).rows[0].value
            - value
        )
    assert np.corrcoef(told, left)[0, 1] > 0.95
    assert np.std(told) == pytest.approx(np.std(left), rel=0.3)


def test_neighbours_are_never_of_the_own_model() -> None:
    """By brute force: the one neighbour of each query among other models and scenes, in each kind of pool."""
    given = photos(shared=1.0)
    assert given.cameras is not None and given.classes is not None
    found = finish(unseen_neighbours(SOURCE, given, Voting(1, 1)))
    X = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    S = X @ X.T
    rates = {row.setting: row.value for row in found.rows if row.metric == "accuracy"}
    apart = (given.clusters[:, None] != given.clusters) & (given.cameras[:, None] != given.cameras)
    # Without thinning the pools the rates differ a little: pos-same keeps all of the own class with the own label.
    own, same = given.classes[:, None] == given.classes, given.labels[:, None] == given.labels
    for setting, pool in (("pos-same", own == same), ("neg-same", own != same)):
        nearest = np.where(apart & pool, S, -np.inf).argmax(axis=1)
        brute = float(np.mean(given.classes[nearest] == given.classes))
        assert abs(rates[f"{setting},unseen-cameras"] - brute) < 0.12
    (spd,) = [row for row in found.rows if row.metric == "spd_a"]
    gap = rates["pos-same,unseen-cameras"] - rates["neg-same,unseen-cameras"]
    assert spd.value == pytest.approx(abs(gap)) and spd.setting == "unseen-cameras"


@pytest.mark.slow
def test_ten_models_are_dealt_out_in_every_way() -> None:
    """All 252 ways; exchanged names of the kinds give the same difference, so p is at least 2 in 252."""
    given = photos()
    X = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    y, a, m = (np.unique(part, return_inverse=True)[1] for part in (given.classes, given.labels, given.cameras))
    found = shuffled_differences(X, (y, a, given.clusters), 1, 0, models=m)
    assert found.unit is stats.Unit.MODELS and found.exact and len(found.differences) == 251
    every = np.sort(np.append(found.differences, found.observed[0]))
    assert every[::2] == pytest.approx(every[1::2])
    strong = finish(unseen_neighbours(SOURCE, photos(shared=3.0, own=0.3), Voting(1, 3))).details[0]
    assert strong["p_value"] == pytest.approx(2 / 252) and strong["permutations"] == 252 and strong["exact"] is True


@drawn(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))
def test_draws_of_a_pool_are_counted_exactly(ahead: int, behind: int, size: int) -> None:
    """The share of draws without any photo that is ahead, by going through all of them."""
    pool = ahead + behind
    size = min(size, pool)
    ways = list(itertools.combinations(range(pool), size))
    brute = np.mean([all(one >= ahead for one in way) for way in ways])
    counts = (np.array([number]) for number in (ahead, pool, size))
    assert first_in_pool(*counts)[0] == pytest.approx(brute)


def test_negatives_are_never_of_the_own_model() -> None:
    """By brute force, for the recall of each query class and each pool."""
    given = photos(shared=0.5)
    pairs, X = pairs_of(given), given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    code = np.unique(given.cameras, return_inverse=True)[1]
    S = X.astype(np.float64) @ X.T.astype(np.float64)
    for kind in (0, 1):
        for pool in NEGATIVES:
            ranks = rank_pairs(given.vectors, pairs.subject, pairs.model, kind, pool, "cpu", code)
            for at in range(0, len(ranks.query), 7):
                q = int(ranks.query[at])
                other = pairs.subject != pairs.subject[q]
                side = pairs.model == kind if pool == "same" else pairs.model != kind
                negatives = other & side & (code != code[q])
                positives = (pairs.subject == pairs.subject[q]) & (pairs.model != kind)
                best = S[q, positives].max()
                assert ranks.first[at] == 1 + int((S[q, negatives] >= best).sum())
                assert ranks.negatives[at] == int(negatives.sum())


def test_photos_of_unknown_models_are_left_out() -> None:
    """They are counted; with too few photos left there is no figure."""
    given = photos()
    assert given.cameras is not None
    some = given.cameras.copy()
    some[:30] = None
    found = finish(unseen_neighbours(SOURCE, replace(given, cameras=some), Voting(1, 1)))
    assert found.details[0]["left_out"] >= 30 and found.rows[0].n <= len(some) - 30
    none = np.full(len(some), None, dtype=object)
    none[:4] = some[40:44]
    for name in RUNS:
        with pytest.raises(TooFew):
            finish(RUNS[name](replace(given, cameras=none)))


@pytest.mark.parametrize(("values", "k"), [(2, 1), (5, 1), (2, 3)])
def test_labels_as_they_are_are_measured_like_shuffled_ones_with_pools_of_exact_numbers(values: int, k: int) -> None:
    """One query and one order after the other, with loops: of each class as many photos stay as with its rarer kind of label."""
    given = photos()
    assert given.cameras is not None and given.classes is not None
    X = given.vectors / np.linalg.norm(given.vectors, axis=1, keepdims=True)
    y, m = (np.unique(part, return_inverse=True)[1] for part in (given.classes, given.cameras))
    a, g = m % values, given.clusters
    rng, gained = np.random.default_rng([7, 2]), []
    orders = [rng.permutation(len(y)) for _ in range(DRAWS)]
    for q in range(len(y)):
        pool = [p for p in np.argsort(-(X @ X[q]), kind="stable") if g[p] != g[q] and m[p] != m[q]]
        cells = {(c, same): {p for p in pool if (y[p], a[p] == a[q]) == (c, same)} for c in set(y) for same in (0, 1)}
        number = {c: min(len(cells[c, 0]), len(cells[c, 1])) for c in set(y)}
        if not number[y[q]] or sum(number.values()) == number[y[q]]:
            continue
        right = []
        for order in orders:
            stay = {cell: set([p for p in order if p in cells[cell]][: number[cell[0]]]) for cell in cells}
            for own in (1, 0):
                pools = set().union(*(stay[c, own if c == y[q] else 1 - own] for c in set(y)))
                said = [y[p] for p in pool if p in pools][:k]
                right.append(max(said, key=lambda one: (said.count(one), -said.index(one))) == y[q])
        gained.append(np.mean(right[::2]) - np.mean(right[1::2]))
    found = shuffled_differences(X, (y, a, g), k, 7, models=m)
    assert found.observed[0] == pytest.approx(np.mean(gained), abs=1e-9)
