"""The parts of pairing by themselves: matching, geometry, features, votes, candidates, processes."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairing_photos import photo

from curate.pairing import candidates, features, voting
from curate.pairing.geometry import alignment, verify
from curate.pairing.matching import mutual_matches
from curate.pairing.workers import Workers

FRAME = (640, 480)


def units(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random unit vectors, (count, 128) float32."""
    rows = np.abs(rng.normal(size=(count, 128))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# --- matching


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.8, 0.9, 0.98]))
def test_matches_equal_the_definition(seed: int, n: int, m: int, ratio: float) -> None:
    """Mutual ratio matches are those that a pair-by-pair search by distance finds, both ways; equal keypoints have none."""
    rng = np.random.default_rng(seed)
    a, b = units(rng, n), units(rng, m)
    shared = min(n, m) // 2
    b[:shared] = a[:shared] + rng.normal(0, 0.03, (shared, 128)).astype(np.float32)
    b /= np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-6)
    if min(n, m) > 4:
        a[-1], b[-2] = a[0], b[1]
    distance = np.linalg.norm(a[:, None].astype(float) - b[None], axis=2)
    expected = []
    if n >= 2 and m >= 2:
        for i, j in itertools.product(range(n), range(m)):
            rivals = min(np.delete(distance[i], j).min(), np.delete(distance[:, j], i).min())
            if distance[i, j] < ratio * rivals:
                expected.append((i, j))
    found, similarity = mutual_matches(a, b, ratio)
    assert [tuple(pair) for pair in found.tolist()] == expected
    assert similarity == pytest.approx([a[i] @ b[j] for i, j in expected], abs=1e-5)
    swapped, _ = mutual_matches(b, a, ratio)
    assert sorted((i, j) for j, i in swapped.tolist()) == expected


# --- geometry


def seen_again(seed: int, count: int, wrong: int, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of a first photo and where a second one sees them; the last `wrong` are anywhere."""
    rng = np.random.default_rng(seed)
    a = rng.uniform((20, 20), (620, 460), (count, 2))
    rows = np.column_stack([a, np.ones(count)]) @ matrix.T
    b = rows[:, :2] / rows[:, 2:] + rng.normal(0, 0.5, (count, 2))
    if wrong:
        b[-wrong:] = rng.uniform((0, 0), FRAME, (wrong, 2))
    return a.astype(np.float32), b.astype(np.float32)


@pytest.mark.parametrize("count, wrong", [(12, 4), (60, 30), (200, 120)])
@pytest.mark.parametrize("angle, scale", [(0, 1.0), (35, 0.5), (-120, 1.8), (180, 2.5)])
def test_view_is_recovered(count: int, wrong: int, angle: float, scale: float) -> None:
    """Scale and turn come out right among wrong matches, and the right matches are the inliers."""
    matrix = np.vstack([cv2.getRotationMatrix2D((320, 240), -angle, scale), (0, 0, 1)])
    a, b = seen_again(count, count, wrong, matrix)
    geometry = verify(a, b, FRAME, FRAME)
    assert geometry.scale_ratio == pytest.approx(scale, rel=0.1)
    assert abs((geometry.rotation_deg or 0.0) - angle) % 360 == pytest.approx(0, abs=5) or abs(
        abs((geometry.rotation_deg or 0.0) - angle) - 360
    ) == pytest.approx(0, abs=5)
    assert geometry.mask[: count - wrong].mean() > 0.9
    assert count - wrong - 3 <= geometry.inliers <= count - wrong + wrong // 10 + 3


def test_overlap_is_the_common_share() -> None:
    """A view shifted by a quarter of its width shares three quarters; a tele view inside a wide one shares all of
    itself."""
    shifted = np.array([[1, 0, 160], [0, 1, 0], [0, 0, 1]], float)
    assert verify(*seen_again(1, 80, 0, shifted), FRAME, FRAME).overlap == pytest.approx(0.75, abs=0.02)
    tele = np.array([[2, 0, -320], [0, 2, -240], [0, 0, 1]], float)
    assert verify(*seen_again(1, 80, 0, tele), FRAME, FRAME).overlap == pytest.approx(1.0, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40))
def test_unrelated_points_have_no_view(seed: int, count: int) -> None:
    """Matches at random agree on next to nothing, and whatever is found is a possible view."""
    rng = np.random.default_rng(seed)
    a, b = (rng.uniform((0, 0), FRAME, (count, 2)).astype(np.float32) for _ in range(2))
    geometry = verify(a, b, FRAME, FRAME)
    assert geometry.inliers <= max(7, count // 4)
    assert 0 <= geometry.overlap <= 1 and 0 <= geometry.coverage <= 1


def test_mirror_and_collapse_are_refused() -> None:
    """A mirrored view, and all points falling on one, are no views of the same things."""
    mirror = np.array([[-1, 0, 640], [0, 1, 0], [0, 0, 1]], float)
    assert verify(*seen_again(2, 60, 0, mirror), FRAME, FRAME).inliers <= 8
    a, _ = seen_again(3, 60, 0, np.eye(3))
    assert verify(a, np.full_like(a, 200.0), FRAME, FRAME).model == "none"


def test_depth_is_explained_by_a_fundamental_view() -> None:
    """Points at many depths, seen from two places far apart, fit no plane; the view says so and keeps them all."""
    rng = np.random.default_rng(3)
    a = rng.uniform((40, 40), (600, 440), (80, 2))
    b = a + np.column_stack([rng.uniform(-130, 130, 80), np.zeros(80)])
    found = verify(a.astype(np.float32), b.astype(np.float32), FRAME, FRAME)
    assert (found.model, found.inliers) == ("fundamental", 80)
    chance = verify(a.astype(np.float32), rng.permutation(b).astype(np.float32), FRAME, FRAME)
    assert chance.inliers < 12 and chance.model != "fundamental"


def test_same_matches_give_the_same_view() -> None:
    """The random search starts from a fixed state."""
    a, b = seen_again(9, 40, 25, np.eye(3))
    one, two = verify(a, b, FRAME, FRAME), verify(a, b, FRAME, FRAME)
    assert one.inliers == two.inliers and np.array_equal(one.matrix, two.matrix)


def test_alignment_tells_moved_things() -> None:
    """Laid over each other, the same picture in another tone agrees; one with its things elsewhere does not."""
    rng = np.random.default_rng(4)
    picture = cv2.resize(rng.integers(0, 255, (12, 16), np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    geometry = verify(*seen_again(1, 80, 0, np.eye(3)), FRAME, FRAME)
    toned = (255 * (picture / 255.0) ** 0.7).astype(np.uint8)
    moved = np.roll(picture, (30, 50), (0, 1))
    same, other = (alignment(picture, b, geometry, 640, 640) for b in (toned, moved))
    assert same is not None and other is not None and same > 0.95 > 0.4 > other
    assert alignment(picture, np.full_like(picture, 90), geometry, 640, 640) is None


# --- features and votes


def test_features_are_cached_exactly(tmp_path: Path) -> None:
    """What is loaded equals what was computed, and the strongest keypoints come first and are few."""
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 255, (60, 80, 3), np.uint8), (900, 675), interpolation=cv2.INTER_CUBIC)
    path = tmp_path / "picture.jpg"
    cv2.imwrite(str(path), picture)
    found = features.compute(path)
    assert isinstance(found, features.Features)
    assert (found.width, found.height) == (640, 480) and found.thumb.shape == (120, 160)
    assert 12 <= len(found.points) <= features.KEPT
    cached = features.cached_path(tmp_path, "ab" * 32)
    features.save(cached, found)
    loaded = features.load(cached)
    assert loaded is not None
    for name in ("points", "sizes", "angles", "descriptors", "thumb", "width", "height"):
        assert np.array_equal(getattr(found, name), getattr(loaded, name))
    assert np.linalg.norm(found.unit(50), axis=1) == pytest.approx(np.ones(50), abs=1e-5)


def test_votes_find_shared_descriptors_in_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos that share descriptors get each other's votes, and how the work is cut up changes nothing."""
    rng = np.random.default_rng(1)
    phones = [units(rng, 80) for _ in range(12)]
    others = []
    for k in range(12):
        rows = np.concatenate([phones[k][:30] + rng.normal(0, 0.004, (30, 128)), units(rng, 50)]).astype(np.float32)
        others.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    vocabulary = voting.learn(np.concatenate(phones + others), 12 * 160)
    ours, theirs = ([voting.sign(vocabulary, rows) for rows in side] for side in (phones, others))
    whole = np.concatenate([scores for _, scores in voting.votes(ours, theirs)])
    assert (whole.argmax(1) == np.arange(12)).all() and (whole.argmax(0) == np.arange(12)).all()
    monkeypatch.setattr(voting, "CELLS", 30)
    pieces = list(voting.votes(ours, theirs))
    assert [first for first, _ in pieces] == [0, 2, 4, 6, 8, 10]
    assert np.concatenate([scores for _, scores in pieces]) == pytest.approx(whole, rel=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 7))
def test_best_cells_equal_a_full_sort(seed: int, count: int, step: int) -> None:
    """The best cells of rows and columns are those a sort of each finds, whatever the blocks."""
    table = np.random.default_rng(seed).integers(0, 6, (9, 7)).astype(np.float32)
    expected = set()
    for transposed, side in ((False, table), (True, table.T)):
        for i, row in enumerate(side):
            order = sorted(range(len(row)), key=lambda j: (-row[j], j))[:count]
            expected |= {(j, i) if transposed else (i, j) for j in order if row[j] > 0}
    assert candidates.best_cells(((k, table[k : k + step]) for k in range(0, 9, step)), count) == expected


def test_places_and_hashes_bring_candidates() -> None:
    """Near places and near hashes are candidates, far ones and missing ones are not; the date line is no border."""
    phones = [
        photo(1, "phone", "A|a", latitude=0.0, longitude=179.9999, phash="ff00ff00ff00ff00"),
        photo(2, "phone", "A|a"),
    ]
    others = [
        photo(3, "other", "B|b", latitude=0.0, longitude=-179.9999, phash="00ff00ff00ff00ff"),
        photo(4, "other", "B|b", latitude=10.0, longitude=0.0, phash="ff00ff00ff00ff01"),
        photo(5, "other", "B|b", latitude=95.0, longitude=0.0, phash="not a hash"),
    ]
    assert candidates.by_place(phones, others) == {(1, 3)}
    assert candidates.by_hash(phones, others) == {(1, 4)}
    assert candidates.distance_m(phones[0], others[0]) == pytest.approx(22.2, abs=0.1)
    assert candidates.distance_m(phones[0], others[2]) is None
    assert candidates.hash_distance(phones[0], others[0]) == 64


def test_names_and_albums_bring_candidates() -> None:
    """A name that a person gave, or a folder of a few photos, joins; camera names and crowded folders do not."""
    phones = [
        photo(1, "phone", "A|a", name="Kitchen.jpg"),
        photo(2, "phone", "A|a", name="IMG_0042.jpg"),
        photo(3, "phone", "A|a", name="x.jpg", album="trip/bridge"),
    ]
    others = [
        photo(4, "other", "B|b", name="kitchen.HEIC"),
        photo(5, "other", "B|b", name="IMG_0042.jpg"),
        photo(6, "other", "B|b", name="y.jpg", album="trip/bridge"),
    ]
    assert candidates.by_name(phones, others) == {(1, 4), (3, 6)}
    crowd = [photo(10 + k, "other", "B|b", name="x.jpg", album="trip/bridge") for k in range(9)]
    assert candidates.by_name(phones, crowd) == set()


def test_embeddings_bring_the_nearest() -> None:
    """The nearest by cosine are candidates, what all photos of a camera share taken out, and missing ones left out."""
    rng = np.random.default_rng(5)
    scenes = rng.normal(size=(30, 16))
    casts = {"A|a": rng.normal(size=16) * 5, "B|b": rng.normal(size=16) * 5}
    phones = [photo(k, "phone", "A|a") for k in range(30)]
    others = [photo(100 + k, "other", "B|b") for k in range(30)]
    vectors = {
        p.sha256: (scenes[p.id % 100] + casts[p.camera] + 0.1 * rng.normal(size=16)).astype(np.float32)
        for p in [*phones, *others]
        if p.id != 7
    }
    found = candidates.by_embedding(phones, others, vectors, 1)
    assert found >= {(k, 100 + k) for k in range(30) if k != 7} and all(a != 7 for a, _ in found)
    assert candidates.by_embedding(phones, others, {}, 1) == set()


# --- processes


def threads(_: int) -> tuple[int, int]:
    """Threads that OpenCV and the widest matrix library would use here."""
    from threadpoolctl import threadpool_info

    return cv2.getNumThreads(), max(pool["num_threads"] for pool in threadpool_info())


@pytest.mark.parametrize("workers", [1, 2])
def test_each_process_computes_with_one_thread(workers: int) -> None:
    """Whatever process does the work, neither OpenCV nor the matrix products use a second thread; afterwards they may."""
    before = cv2.getNumThreads()
    with Workers(workers) as pool:
        assert list(pool.map(threads, [1, 2, 3])) == [(1, 1)] * 3
    assert cv2.getNumThreads() == before
