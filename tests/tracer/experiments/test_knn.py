"""Neighbours against a brute force in double precision that shares no code with them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.base.progress import finish
from tracer.errors import EmbeddingsError, TooFew, UsageError
from tracer.experiments.knn import neighbours
from tracer.experiments.knn.acquisition import acquisition_knn, traced_votes
from tracer.experiments.knn.processing import SETTINGS, Voting, mixtures, processing_knn
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos, ProcessedPhotos
from tracer.experiments.settings import Ties
from tracer.experiments.shared.similarities import unit

SOURCE = Source("set", "enc")
NAMES = ("A", "B", "C")


def _data(seed: int, n: int, q: int, classes: int = 7, dim: int = 24) -> tuple[dict, np.ndarray, dict, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((classes, dim)) * 0.5
    y, z = rng.integers(classes, size=n), rng.integers(classes, size=q)
    base, asked = rng.standard_normal((n, dim)) + centres[y], rng.standard_normal((q, dim)) + centres[z]
    shift = {name: rng.standard_normal(dim) * 0.4 for name in NAMES}
    pool = {name: (base + shift[name]).astype(np.float32) for name in NAMES}
    queries = {name: (asked + shift[name]).astype(np.float32) for name in NAMES}
    return pool, y, queries, z


def _twice(matrix: np.ndarray, labels: np.ndarray) -> ProcessedPhotos:
    """The same pictures under two processings that change nothing."""
    return ProcessedPhotos({"A": matrix, "B": matrix}, labels)


def _traced(X: np.ndarray, kind: np.ndarray, trace: np.ndarray, scene: np.ndarray, name: str) -> LabelledPhotos:
    return LabelledPhotos(X, trace, scene, name, kind)


def _exact_unit(matrix: np.ndarray) -> np.ndarray:
    return unit(torch.from_numpy(matrix)).double().numpy()


def _vote(similarity: np.ndarray, labels: np.ndarray, k: int) -> int:
    """The stated rule, one query at a time."""
    order = sorted(range(len(labels)), key=lambda i: (-similarity[i], i))[:k]
    order = [i for i in order if np.isfinite(similarity[i])]
    counts = {c: sum(labels[i] == c for i in order) for c in {labels[i] for i in order}}
    return next(labels[i] for i in order if counts[labels[i]] == max(counts.values()))


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("grouped", [False, True])
def test_every_mixture_equals_brute_force(k: int, grouped: bool) -> None:
    """All P³ mixtures name the same queries right as a double-precision brute force, with and without excluded groups."""
    pool, y, queries, z = _data(0, 300, 60)
    rng = np.random.default_rng(1)
    g, h = (rng.integers(40, size=300), rng.integers(40, size=60)) if grouped else (None, None)
    found = finish(mixtures(ProcessedPhotos(pool, y, g), ProcessedPhotos(queries, z, h), Voting(k, 2, 5)))
    P, Q = ({n: _exact_unit(m) for n, m in side.items()} for side in (pool, queries))
    for t, a, b in product(range(3), repeat=3):
        for i in range(60):
            own = Q[NAMES[t]][i] @ P[NAMES[a]].T
            other = Q[NAMES[t]][i] @ P[NAMES[b]].T
            similarity = np.where(y == z[i], own, other)
            if g is not None and h is not None:
                similarity[g == h[i]] = -np.inf
            assert found.right[t, a, b, i] == (_vote(similarity, y, k) == z[i])


def test_uniform_draws_equal_brute_force() -> None:
    """Each uniform draw is the brute force on a pool in which each picture has its drawn processing."""
    pool, y, queries, z = _data(2, 250, 40)
    found = finish(mixtures(ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), Voting(3, 4, 9)))
    for draw in range(4):
        assigned = np.random.default_rng(draw).choice(3, size=250)
        mixed = np.stack([_exact_unit(pool[name]) for name in NAMES])[assigned, np.arange(250)]
        for t, name in enumerate(NAMES):
            similarity = _exact_unit(queries[name]) @ mixed.T
            expected = [_vote(similarity[i], y, 3) == z[i] for i in range(40)]
            assert found.uniform[t, draw].tolist() == expected


@pytest.mark.parametrize("grouped", [False, True])
def test_draws_that_the_long_list_is_too_short_for_are_searched(grouped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of only the expected length serves about half of the draws; the others are searched, and nothing changes."""
    pool, y, queries, z = _data(6, 3000, 40)
    rng = np.random.default_rng(1)
    g, h = (rng.integers(40, size=3000), rng.integers(40, size=40)) if grouped else (None, None)
    searched = []
    search = neighbours.search
    monkeypatch.setattr(neighbours, "search", lambda *args: searched.append(len(args[0])) or search(*args))
    usual = finish(mixtures(ProcessedPhotos(pool, y, g), ProcessedPhotos(queries, z, h), Voting(5, 4, 2)))
    assert sum(searched) < 10
    monkeypatch.setattr(neighbours, "SIGMAS", 0.0)
    short = finish(mixtures(ProcessedPhotos(pool, y, g), ProcessedPhotos(queries, z, h), Voting(5, 4, 2)))
    assert sum(searched) > 100
    assert (usual.uniform == short.uniform).all()


@pytest.mark.parametrize("columns", [160, 2048, 2050])
def test_the_best_over_all_layers_are_topks(columns: int) -> None:
    """The list over all processings is topk's, whether or not it looks at blocks first."""
    tiles = torch.from_numpy(np.random.default_rng(5).standard_normal((3, 9, columns)).astype(np.float32))
    found = neighbours._of_any_layer(tiles, 70, 25)
    expected = tiles.transpose(0, 1).flatten(1).topk(25, dim=1).values
    assert (found.similarity == expected).all()
    rows = torch.arange(9)[:, None]
    assert (tiles[found.layer, rows, found.index - 70] == expected).all()


def test_tiles_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tiles of queries and pool give what one large tile gives."""
    pool, y, queries, z = _data(3, 400, 50)
    whole = finish(mixtures(ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), Voting(5, 3)))
    monkeypatch.setattr(neighbours, "BUDGET", 1)
    monkeypatch.setattr(neighbours, "MIN_WIDTH", 37)
    monkeypatch.setattr("tracer.experiments.knn.processing.QUERY_TILE", 7)
    tiled = finish(mixtures(ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), Voting(5, 3)))
    assert np.array_equal(whole.right, tiled.right)
    assert np.array_equal(whole.uniform, tiled.uniform)


def test_blocked_selection_is_topk() -> None:
    """Selecting by block maxima gives the values of topk, also where the last block is short."""
    similarity = torch.from_numpy(np.random.default_rng(4).standard_normal((11, 5000)).astype(np.float32))
    best, at = neighbours.top(similarity, 5)
    assert torch.equal(best, similarity.topk(5, dim=1).values)
    assert torch.equal(similarity.gather(1, at), best)


def test_order_below_single_precision_is_told_apart() -> None:
    """Two neighbours whose cosines differ by less than single precision shows come in their true order."""
    rng = np.random.default_rng(6)
    queries = rng.standard_normal((40, 64)).astype(np.float32)
    near = queries * 1.0
    pool = np.concatenate([near + 1e-4 * rng.standard_normal((40, 64)), near + 1e-4 * rng.standard_normal((40, 64))])
    pool = pool.astype(np.float32)
    y, z = np.repeat([0, 1], 40), np.zeros(40, dtype=np.int64)
    found = finish(
        mixtures(
            ProcessedPhotos({"A": pool, "B": pool}, y), ProcessedPhotos({"A": queries, "B": queries}, z), Voting(1, 1)
        )
    )
    similarity = _exact_unit(queries) @ _exact_unit(pool).T
    assert found.right[0, 0, 0].tolist() == (y[similarity.argmax(axis=1)] == 0).tolist()
    assert 0 < found.right[0, 0, 0].mean() < 1


def test_ties_go_to_the_nearest_and_are_counted() -> None:
    """With one vote for each class the nearest neighbour's class wins, and the tie is reported."""
    pool = np.array([[1.0, 0.1], [1.0, 0.3], [0.0, 1.0]], dtype=np.float32)
    query = np.array([[1.0, 0.0]], dtype=np.float32)
    both = finish(
        mixtures(
            ProcessedPhotos({"A": pool, "B": pool}, np.array([1, 0, 0])),
            ProcessedPhotos({"A": query, "B": query}, np.array([1])),
            Voting(2, 1),
        )
    )
    assert both.right.all()
    assert both.tied == 1.0


def test_ties_as_published_are_what_a_sort_of_the_votes_puts_first() -> None:
    """Each vote is the first of torch's sort of the numbers of votes, and the rule changes nothing but tied votes."""
    pool, y, queries, z = _data(8, 300, 60, classes=25)
    sides = ProcessedPhotos(pool, y), ProcessedPhotos(queries, z)
    nearest, paper = (finish(mixtures(*sides, Voting(10, 2, ties=ties))) for ties in (Ties.NEAREST, Ties.PAPER))
    assert nearest.tied == paper.tied > 0.1
    assert (nearest.right != paper.right).any()
    ties = 0
    for i in range(60):
        similarity = torch.from_numpy(_exact_unit(queries["A"])[i] @ _exact_unit(pool["A"]).T)
        votes = torch.bincount(torch.from_numpy(y)[similarity.topk(10).indices], minlength=int(y.max()) + 1).float()
        said = votes[None].sort(1, True).indices[0, 0].item()
        assert paper.right[0, 0, 0, i] == (said == z[i])
        if int((votes == votes.max()).sum()) > 1:
            ties += 1
        else:
            assert paper.right[0, 0, 0, i] == nearest.right[0, 0, 0, i]
    assert ties
    single = [finish(mixtures(*sides, Voting(1, 2, ties=one))) for one in Ties]
    assert (single[0].right == single[1].right).all()
    far = ProcessedPhotos(pool, y + 2**40)
    with pytest.raises(UsageError, match="too much memory"):
        finish(processing_knn(SOURCE, far, ProcessedPhotos(queries, z), "JPEG", Voting(3, 1, ties=Ties.PAPER)))


def test_uniform_draws_have_the_published_seeds() -> None:
    """The seed of the bootstrap changes no figure of the uniform setting."""
    pool, y, queries, z = _data(2, 250, 40)
    sides = ProcessedPhotos(pool, y), ProcessedPhotos(queries, z)
    one, other = (finish(mixtures(*sides, Voting(3, 2, seed))) for seed in (0, 42))
    assert (one.uniform == other.uniform).all()


def test_exact_duplicates_across_the_kth_place_count_as_a_tie() -> None:
    """Where two pool pictures are identical and only one is among the k, the share of ties says so."""
    pool = np.array([[1.0, 0.1], [1.0, 0.1], [0.0, 1.0]], dtype=np.float32)
    query = np.array([[1.0, 0.0]], dtype=np.float32)
    one = finish(
        mixtures(
            ProcessedPhotos({"A": pool, "B": pool}, np.array([0, 1, 1])),
            ProcessedPhotos({"A": query, "B": query}, np.array([0])),
            Voting(1, 1),
        )
    )
    assert one.right.all()  # the lower row comes first
    assert one.tied == 1.0


def _by_row(query: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Double-precision cosines, each summed in the same order, so that equal pictures have equal ones."""
    return (_exact_unit(pool) * _exact_unit(query[None])).sum(axis=1)


def _close_or_equal(rng: np.random.Generator, n: int, spread: float, copies: int) -> np.ndarray:
    """(n, 19) embeddings around one direction, of which some are the same."""
    matrix = (np.ones(19) + spread * rng.standard_normal((n, 19))).astype(np.float32)
    matrix[rng.integers(n, size=copies)] = matrix[0]
    return matrix


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1.0, 1e-3, 1e-4]),
    st.sampled_from([0, 30]),
    st.integers(1, 5),
    st.booleans(),
)
def test_close_and_equal_neighbours_come_as_brute_force_has_them(
    seed: int, spread: float, copies: int, k: int, grouped: bool
) -> None:
    """However many pool pictures are equal, or nearer to each other than single precision tells: double precision, then rows."""
    rng = np.random.default_rng(seed)
    n, q = 150, 12
    pool = {name: _close_or_equal(rng, n, spread, copies) for name in "AB"}
    queries = {name: np.concatenate([pool[name][:4], _close_or_equal(rng, q - 4, spread, 0)]) for name in "AB"}
    y, z = rng.integers(3, size=n), rng.integers(3, size=q)
    g, h = (rng.integers(20, size=n), rng.integers(20, size=q)) if grouped else (None, None)
    found = finish(mixtures(ProcessedPhotos(pool, y, g), ProcessedPhotos(queries, z, h), Voting(k, 2, 3)))
    assigned = [np.random.default_rng(draw).choice(2, size=n) for draw in range(2)]
    for t, i in product(range(2), range(q)):
        cosines = np.stack([_by_row(queries["AB"[t]][i], pool[name]) for name in "AB"])
        if g is not None and h is not None:
            cosines[:, g == h[i]] = -np.inf
        for a, b in product(range(2), repeat=2):
            mixed = np.where(y == z[i], cosines[a], cosines[b])
            assert found.right[t, a, b, i] == (_vote(mixed, y, k) == z[i])
        for draw, of in enumerate(assigned):
            assert found.uniform[t, draw, i] == (_vote(cosines[of, np.arange(n)], y, k) == z[i])


def test_only_what_is_undecided_is_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neighbours lie apart no query is searched twice; of thirty equal ones each list that they lead is."""
    pool, y, queries, z = _data(6, 3000, 40)
    searched = []
    search = neighbours.search
    monkeypatch.setattr(neighbours, "search", lambda *args: searched.append(len(args[0])) or search(*args))
    finish(mixtures(ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), Voting(5, 0)))
    assert not searched
    for matrix in (*pool.values(), *queries.values()):
        matrix[:30] = 1.0
    finish(mixtures(ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), Voting(5, 0)))
    assert sum(searched) > 30


def test_acquisition_takes_equal_neighbours_in_the_order_of_their_rows() -> None:
    """A product of matrices gives equal photos cosines that differ in their last digit; they count as equal all the same."""
    rng = np.random.default_rng(0)
    n = 403  # no multiple of what a product takes at once
    X = rng.standard_normal((n, 24)).astype(np.float32)
    X[::3] = X[0]
    kind = rng.integers(3, size=n)
    make, scene = rng.integers(2, size=n), np.arange(n)
    found = finish(
        traced_votes(
            _traced(X, kind.astype(str).astype(object), make.astype(str).astype(object), scene, "Make"), Voting(1, 1)
        )
    )
    for at, row in enumerate(found.rows):
        cosines = _by_row(X[row], X)
        cosines[row] = -np.inf
        assert found.plain[at] == (_vote(cosines, kind, 1) == kind[row])
    assert found.tied > 0.3


def test_a_strong_trace_gives_spd_and_none_gives_zero() -> None:
    """Where every processing shifts the embedding, SPD_p is well above 0; where processings are equal it is exactly 0."""
    rng = np.random.default_rng(8)
    y = np.repeat(np.arange(4), 40)
    base = rng.standard_normal((160, 16)) + 1.2 * rng.standard_normal((4, 16))[y]
    shifts = rng.standard_normal((2, 16)) * 2
    shifted = {n: (base + s).astype(np.float32) for n, s in zip("AB", shifts, strict=True)}
    equal = {n: base.astype(np.float32) for n in "AB"}
    groups = np.arange(160)

    def spd(views: dict[str, np.ndarray]) -> tuple[float, float | None]:
        photos = ProcessedPhotos(views, y, groups)
        outcome = finish(processing_knn(SOURCE, photos, photos, "JPEG", Voting(1, 2)))
        [row] = [r for r in outcome.rows if r.metric == "spd_p"]
        return row.value, row.ci_low

    assert spd(equal)[0] == 0.0
    value, low = spd(shifted)
    assert low is not None
    assert value > 0.3
    assert low > 0.1


def test_rows_and_details_of_processings() -> None:
    """Five settings, SP and SPD_p stand in the rows; each mixture and each signed difference in the details."""
    pool, y, queries, z = _data(0, 200, 50)
    outcome = finish(
        processing_knn(SOURCE, ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), "JPEG", Voting(1, 2))
    )
    assert [r.setting for r in outcome.rows if r.metric == "accuracy"] == list(SETTINGS)
    assert {r.metric for r in outcome.rows} == {"accuracy", "sp", "spd_p"}
    assert all(r.ci_low is not None and r.ci_low <= r.value <= (r.ci_high or 0) for r in outcome.rows)
    detail = outcome.details[0]
    assert len(detail["mixtures"]) == 27
    assert len(detail["pairs"]) == 6
    mean = np.mean([pair["pos_same_minus_neg_same"] for pair in detail["pairs"]])
    assert mean == pytest.approx(detail["pos_same_minus_neg_same"])
    by = {
        (m["test_processing"], m["positives_processing"], m["negatives_processing"]): m["value"]
        for m in detail["mixtures"]
    }
    expected = np.mean([by[t, t, o] for t in NAMES for o in NAMES if t != o])
    assert expected == pytest.approx(next(r.value for r in outcome.rows if r.setting == "pos-same"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda d: d[0].pop("A") is d[2].pop("A") or d[0].pop("B") is d[2].pop("B"), TooFew),
        (lambda d: d[0]["B"].__setitem__((0, 0), np.nan), EmbeddingsError),
        (lambda d: d[0].__setitem__("B", d[0]["B"][:-1]), EmbeddingsError),
        (lambda d: d[1].fill(0), TooFew),
    ],
)
def test_bad_input_is_refused(change: Callable[[tuple], object], error: type[Exception]) -> None:
    """One processing, NaN, different pictures, and one class each give an error instead of a number."""
    data = _data(0, 60, 20)
    change(data)
    pool, y, queries, z = data
    with pytest.raises(error):
        finish(processing_knn(SOURCE, ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), "JPEG", Voting(1)))


def test_k_below_one_is_a_usage_error() -> None:
    """k = 0 is refused as a usage error."""
    pool, y, queries, z = _data(0, 60, 20)
    with pytest.raises(UsageError):
        finish(processing_knn(SOURCE, ProcessedPhotos(pool, y), ProcessedPhotos(queries, z), "JPEG", Voting(0)))


def _cameras(strength: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """40 scenes of 4 classes, each by 6 cameras, whose trace shifts the embedding."""
    rng = np.random.default_rng(seed)
    scene, camera = np.repeat(np.arange(40), 6), np.tile(np.arange(6), 40)
    kind = scene % 4
    X = (
        rng.standard_normal((240, 24))
        + rng.standard_normal((4, 24))[kind]
        + rng.standard_normal((40, 24))[scene]
        + strength * rng.standard_normal((6, 24))[camera]
    )
    text = np.array([f"class {c}" for c in kind], dtype=object), np.array([f"cam {c}" for c in camera], dtype=object)
    return X.astype(np.float32), *text, scene


def test_acquisition_trace_is_found_and_its_absence_too() -> None:
    """A camera that shifts the embedding lowers neg-same; without a trace the interval of the difference holds 0."""
    strong = finish(acquisition_knn(SOURCE, _traced(*_cameras(3.0), "Model"), Voting(1, 5)))
    none = finish(acquisition_knn(SOURCE, _traced(*_cameras(0.0), "Model"), Voting(1, 5)))
    spd = {name: next(r for r in o.rows if r.metric == "spd_a") for name, o in (("strong", strong), ("none", none))}
    assert (spd["strong"].ci_low or 0) > 0.1
    assert strong.details[0]["pos_same_minus_neg_same"] > 0
    assert spd["none"].ci_low == 0.0
    low, high = none.details[0]["pos_same_minus_neg_same_ci"]
    assert low <= 0 <= high


def test_acquisition_settings_hold_equal_numbers() -> None:
    """A label that four of five photos share does not lower or raise any setting where it leaves no trace."""
    X, kind, _, scene = _cameras(0.0, seed=3)
    lopsided = np.array(["a" if i % 5 else "b" for i in range(len(X))], dtype=object)
    outcome = finish(acquisition_knn(SOURCE, _traced(X, kind, lopsided, scene, "Make"), Voting(1, 20)))
    values = [r.value for r in outcome.rows if r.metric == "accuracy"]
    assert max(values) - min(values) < 0.08


def test_acquisition_sp_is_plain_knn() -> None:
    """SP is leave-one-scene-out nearest neighbour accuracy in the whole pool, as scikit-learn's neighbours give it."""
    from sklearn.neighbors import KNeighborsClassifier

    X, kind, camera, scene = _cameras(1.0)
    outcome = finish(acquisition_knn(SOURCE, _traced(X, kind, camera, scene, "Model"), Voting(1, 1)))
    hits = []
    for s in np.unique(scene):
        model = KNeighborsClassifier(1, metric="cosine").fit(X[scene != s], kind[scene != s].astype(str))
        hits.append(model.predict(X[scene == s]) == kind[scene == s].astype(str))
    assert next(r.value for r in outcome.rows if r.metric == "sp") == pytest.approx(np.mean(hits))


def test_acquisition_needs_contrasts() -> None:
    """Where each class was taken with one camera alone, nothing can be compared, and the error says so."""
    X, kind, _, scene = _cameras(0.0)
    with pytest.raises(TooFew, match="0 of 240"):
        finish(acquisition_knn(SOURCE, _traced(X, kind, kind, scene, "Model"), Voting(1)))
