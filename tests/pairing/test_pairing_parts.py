"""The parts of pairing by themselves: matching, geometry, votes, clocks, scores, assignment."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.pairing import candidates, clocks, features, voting
from curate.pairing.assignment import assign
from curate.pairing.evidence import Evidence, with_rivals, words
from curate.pairing.geometry import alignment, verify
from curate.pairing.matching import mutual_matches
from curate.pairing.photo import PairingPhoto
from curate.pairing.scoring import FEATURES, LogisticScorer, feature_rows, fit, prior
from curate.pairing.stretches import moments, offset_at, stretches
from curate.pairing.workers import Workers
from curate.photos.facts import TakenPrecision

FRAME = (640, 480)


def photo(number: int, side: str, camera: str, taken: str | None = None, **other: object) -> PairingPhoto:
    """A photo of which only what is given is known."""
    known = PairingPhoto(
        id=number,
        sha256=f"{number:064x}",
        preview=Path("none.jpg"),
        side="phone" if side == "phone" else "other",
        camera=camera,
        taken_at=taken,
        taken_precision=TakenPrecision.SECOND if taken else TakenPrecision.UNKNOWN,
        utc_offset=None,
        gps_utc=None,
        latitude=None,
        longitude=None,
        phash=None,
        name=f"{number}.jpg",
        width=4000,
        height=3000,
    )
    return replace(known, **other)  # type: ignore[arg-type]


def stamp(seconds: float) -> str:
    """An ISO time so many seconds after a fixed noon."""
    return str(np.datetime64("2024-05-04T12:00:00") + np.timedelta64(round(seconds), "s"))


def units(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random unit vectors, (count, 128) float32."""
    rows = np.abs(rng.normal(size=(count, 128))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# --- matching


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.8, 0.9, 0.98]))
def test_matches_equal_the_definition(seed: int, n: int, m: int, ratio: float) -> None:
    """Mutual ratio matches are those that a pair-by-pair search by distance finds, both ways."""
    rng = np.random.default_rng(seed)
    a, b = units(rng, n), units(rng, m)
    shared = min(n, m) // 2
    b[:shared] = a[:shared] + rng.normal(0, 0.03, (shared, 128)).astype(np.float32)
    b /= np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-6)
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
    path = tmp_path / "picture.png"
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
    monkeypatch.setattr(voting, "_CELLS", 30)
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


# --- clocks


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.integers(20, 120), st.floats(0.4, 1.0))
def test_offset_among_wrong_votes(seed: int, offset: float, count: int, precision: float) -> None:
    """With two fifths or more of the votes right and the rest scattered over days, the offset is found within the
    lag."""
    rng = np.random.default_rng(seed)
    right = rng.random(count) < precision
    differences = np.where(right, offset + rng.uniform(-30, 30, count), rng.uniform(-200_000, 200_000, count))
    a = np.sort(rng.uniform(0, 200_000, count))
    found = stretches(np.column_stack([a, a + differences]), a, a + offset)
    if right.sum() >= 12:
        assert len(found) == 1 and found[0].seconds == pytest.approx(offset, abs=30)
        assert found[0].support <= count and found[0].margin < 40


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 60))
def test_scattered_votes_give_no_offset(seed: int, count: int) -> None:
    """Votes at random over days are not taken for an offset."""
    votes = np.random.default_rng(seed).uniform(0, 400_000, (count, 2))
    assert stretches(votes, votes[:, 0], votes[:, 1]) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.floats(-3, 3), st.integers(10, 40))
def test_drift_is_followed(seed: int, offset: float, drift: float, days: int) -> None:
    """A clock that drifts by seconds a day is known to within a few seconds all along, not only on average."""
    rng = np.random.default_rng(seed)
    a = np.sort(rng.uniform(0, days * 86_400, 150))
    true = offset + drift * a / 86_400
    lag = np.where(rng.random(150) < 0.8, rng.uniform(-20, 20, 150), rng.uniform(-200_000, 200_000, 150))
    (found,) = stretches(np.column_stack([a, a + true + lag]), a, a + true)
    for moment in (0.0, days * 43_200.0, days * 86_400.0):
        assert offset_at(found, moment) == pytest.approx(offset + drift * moment / 86_400, abs=12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(-43_200, 43_200), st.floats(600, 43_200), st.booleans(), st.booleans())
def test_a_set_clock_makes_two_stretches(seed: int, first: float, step: float, back: bool, of_a: bool) -> None:
    """Whichever clock was set, forth or back, each moment well before and after is corrected by the right offset."""
    rng = np.random.default_rng(seed)
    true = np.sort(rng.uniform(0, 20 * 86_400, 80))
    late = true >= 10 * 86_400
    change = np.where(late, -step if back else step, 0.0)
    a, b = true + (change if of_a else 0), true + first + (0 if of_a else change) + rng.uniform(-20, 20, 80)
    found = stretches(np.column_stack([a, b]), a, b)
    assert len(found) == 2
    for k in range(80):
        holding = [s for s in found if (s.since or -1e18) <= a[k] < (s.until or 1e18)]
        assert min(abs(b[k] - a[k] - s.seconds) for s in holding) < 45
        assert len(holding) == 1 or abs(true[k] - 10 * 86_400) < 86_400 + step


def test_a_burst_is_one_moment() -> None:
    """Many photos of one minute that match one other burst are no evidence for an offset: they count once."""
    burst = np.column_stack([np.arange(20) * 2.0, 500_000 + np.arange(20) * 2.0])
    assert len(moments(burst)) == 1
    assert stretches(burst, np.linspace(0, 1e6, 200), np.linspace(0, 1e6, 200)) == []


def two_cameras(offset: float, count: int, precision: TakenPrecision = TakenPrecision.SECOND) -> list[PairingPhoto]:
    """Simultaneous photos of `count` scenes half an hour apart, the second clock `offset` seconds ahead."""
    phones = [photo(k, "phone", "A|a", stamp(1800 * k)) for k in range(count)]
    others = [photo(100 + k, "other", "B|b", stamp(1800 * k + offset), taken_precision=precision) for k in range(count)]
    return [*phones, *others]


def test_simultaneous_shots_give_the_offset_exactly() -> None:
    """With shots at the same instant the offset is right to the second, and swapping sides changes its sign."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    (found,) = clocks.estimate_clocks(two_cameras(-3723.0, 8), scored)
    assert (found.camera_a, found.camera_b, found.seconds) == ("A|a", "B|b", -3723.0)
    assert found.support == 8 and found.source == "content"


def test_coarse_dates_are_no_clock() -> None:
    """Dates known to the day only never vote, however many match."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    assert clocks.estimate_clocks(two_cameras(0.0, 8, TakenPrecision.DAY), scored) == []


def test_a_person_wins_over_the_photos() -> None:
    """A stated offset is used as stated, in whichever direction it was given."""
    scored = [(k, 100 + k, 0.99) for k in range(8)]
    for known in ({("A|a", "B|b"): 55.0}, {("B|b", "A|a"): -55.0}):
        (found,) = clocks.estimate_clocks(two_cameras(-3723.0, 8), scored, known)
        assert (found.camera_a, found.seconds, found.source) == ("A|a", 55.0, "person")


def test_gps_ties_clocks_without_a_common_scene() -> None:
    """Two clocks that GPS ties to UTC are compared although no photo of one matches the other; stale fixes are
    outvoted."""
    photos = []
    for k in range(6):
        utc = stamp(5000 * k)
        stale = -900 if k == 0 else 0
        photos.append(photo(k, "phone", "A|a", stamp(5000 * k + 7200), gps_utc=stamp(5000 * k + stale)))
        photos.append(photo(50 + k, "other", "B|b", stamp(5000 * k + 7200 - 95), gps_utc=utc))
    (found,) = clocks.estimate_clocks(photos, [])
    assert found.seconds == pytest.approx(-95, abs=1) and found.source == "gps"
    assert clocks.estimate_clocks(photos, [], use_gps=False) == []


def test_clocks_chain_through_other_cameras() -> None:
    """A camera that shares scenes only with one phone is tied to the other phone through a camera that knows both."""
    photos, scored = [], []
    clock = {"A|a": 0.0, "A|z": 40.0, "B|b": 3600.0, "B|y": -500.0}
    for number, (one, two) in enumerate([("A|a", "B|b"), ("A|z", "B|b"), ("A|z", "B|y")]):
        for k in range(5):
            moment = 40_000 * number + 2000 * k
            a, b = 1000 * number + k, 1000 * number + 500 + k
            photos.append(photo(a, "phone", one, stamp(moment + clock[one])))
            photos.append(photo(b, "other", two, stamp(moment + clock[two])))
            scored.append((a, b, 0.95))
    found = {(offset.camera_a, offset.camera_b): offset for offset in clocks.estimate_clocks(photos, scored)}
    assert found["A|a", "B|y"].source == "chain"
    assert found["A|a", "B|y"].seconds == pytest.approx(-500.0, abs=1)
    assert all(offset.seconds == pytest.approx(clock[b] - clock[a], abs=1) for (a, b), offset in found.items())


def test_a_clock_that_was_set_in_between() -> None:
    """A reset clock gives two offsets, the better supported first, and each photo is corrected by the one that fits."""
    before = two_cameras(-3723.0, 9)
    after = [
        replace(
            p, id=p.id + 1000, taken_at=stamp(200_000 + 1800 * (p.id % 100) + (7000.0 if p.side == "other" else 0.0))
        )
        for p in two_cameras(0.0, 6)
    ]
    scored = [(k, 100 + k, 0.99) for k in range(9)] + [(1000 + k, 1100 + k, 0.99) for k in range(6)]
    found = clocks.estimate_clocks([*before, *after], scored)
    assert [(offset.seconds, offset.support) for offset in found] == [(-3723.0, 9), (7000.0, 6)]
    assert found[0].since is None and found[1].until is None
    assert found[0].until is not None and found[1].since is not None and found[1].since <= found[0].until
    by_id = {p.id: p for p in [*before, *after]}
    for a, b, _ in scored:
        assert candidates.corrected_gap(by_id[a], by_id[b], {("A|a", "B|b"): found}) == pytest.approx((0.0, 0.5))


def test_gps_that_tells_local_time_is_not_believed() -> None:
    """A camera that writes its local time where GPS time belongs is an hour off; ten photos that match say otherwise."""
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100))) for p in two_cameras(600.0, 10)]
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100) + 3600)) if p.side == "other" else p for p in photos]
    (found,) = clocks.estimate_clocks(photos, [(k, 100 + k, 0.99) for k in range(10)])
    assert (found.seconds, found.source) == (600.0, "content")


def test_gps_takes_the_usual_lag_out() -> None:
    """Where the phone always comes half a minute first, photos alone give the lag too, and GPS time the clocks alone."""
    photos = [replace(p, gps_utc=stamp(1800 * (p.id % 100) + 30 * (p.side == "other"))) for p in two_cameras(630.0, 10)]
    scored = [(k, 100 + k, 0.99) for k in range(10)]
    (bare,) = clocks.estimate_clocks(photos, scored, use_gps=False)
    (tied,) = clocks.estimate_clocks(photos, scored)
    assert (bare.seconds, tied.seconds, tied.source) == (630.0, 600.0, "gps")


def test_a_phone_that_changes_zone() -> None:
    """A phone that says its zone and jumps by an hour has one offset, in the zone that it was mostly in."""
    photos = two_cameras(100.0, 12)
    moved = [
        replace(p, taken_at=stamp(1800 * p.id + 3600 * (p.id >= 8)), utc_offset="+02:00" if p.id >= 8 else "+01:00")
        for p in photos[:12]
    ]
    usual = clocks.in_usual_zone([*moved, *photos[12:]])
    (found,) = clocks.estimate_clocks(usual, [(k, 100 + k, 0.99) for k in range(12)])
    assert (found.seconds, found.support) == (100.0, 12)
    assert [p.taken_at for p in usual[:12]] == [p.taken_at for p in photos[:12]]


def test_a_clock_at_an_end_of_the_calendar_stops_nobody() -> None:
    """A photo of year 1 or 9999 in another zone keeps its time, as no calendar goes further; the others' offset is found."""
    photos = [replace(p, utc_offset="+02:00") if p.side == "phone" else p for p in two_cameras(100.0, 12)]
    odd = [
        photo(50, "phone", photos[0].camera, "0001-01-01T00:00:00", utc_offset="+09:00"),
        photo(51, "phone", photos[0].camera, "9999-12-31T23:59:59.500", utc_offset="-08:00"),
    ]
    usual = clocks.in_usual_zone([*photos, *odd])
    assert [p.taken_at for p in usual[-2:]] == [p.taken_at for p in odd]
    scored = [(k, 100 + k, 0.99) for k in range(12)] + [(50, 101, 0.9), (51, 102, 0.9)]
    (found,) = clocks.estimate_clocks(usual, scored)
    assert (found.seconds, found.support) == (100.0, 12)
    first = datetime(1, 1, 1, tzinfo=UTC).timestamp()
    assert clocks.local_time(first) == "0001-01-01T00:00:00"
    assert clocks.local_time(first - 3600) is clocks.local_time(1e20) is None


def test_offsets_are_told_in_full() -> None:
    """The fixed names are there, the interval and the times between which an offset holds stand beside them."""
    offset = clocks.ClockOffset("A|a", "B|b", 3601.0, 2.0, 9, 1.5, "content", since=0.0, until=86_400.0)
    told = json.loads(json.dumps(offset.to_dict()))
    assert {"camera_a", "camera_b", "seconds", "spread", "support"} <= set(told)
    assert (told["margin"], told["since"], told["until"]) == (1.5, "1970-01-01T00:00:00", "1970-01-02T00:00:00")
    assert told["jump"].startswith("about +1 h") and clocks.jump(700.0) is None
    assert offset.holds(0.0) and not offset.holds(86_400.0) and not offset.holds(-1.0)


def test_near_in_corrected_time() -> None:
    """Candidates by time follow the corrected clocks, not the written ones."""
    photos = two_cameras(-3723.0, 4)
    offset = clocks.ClockOffset("A|a", "B|b", -3723.0, 1.0, 4)
    phones, others = photos[:4], photos[4:]
    assert candidates.by_time(phones, others, [offset]) == {(k, 100 + k) for k in range(4)}
    gap = candidates.corrected_gap(phones[1], others[2], {("A|a", "B|b"): [offset]})
    assert gap == pytest.approx((1800, 1.0))
    assert candidates.corrected_gap(phones[1], others[2], {}) is None


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


# --- scores and words

EVIDENCE = st.builds(
    Evidence,
    matches=st.integers(0, 400),
    inliers=st.integers(0, 300),
    overlap=st.floats(0, 1),
    coverage=st.floats(0, 1),
    alignment=st.none() | st.floats(-1, 1),
    hash_distance=st.none() | st.integers(0, 64),
    time_gap_s=st.none() | st.floats(-1e7, 1e7),
    clock_spread_s=st.floats(0, 60),
    distance_m=st.none() | st.floats(0, 2e7),
    scale_ratio=st.none() | st.floats(0.1, 8),
    rotation_deg=st.none() | st.floats(-180, 180),
)


def score(evidence: Evidence) -> float:
    """The prior's score of a pair that has no rival."""
    return float(prior().probabilities(feature_rows([evidence]))[0])


@settings(max_examples=200, deadline=None)
@given(EVIDENCE, st.integers(1, 50))
def test_more_evidence_never_lowers_the_score(evidence: Evidence, more: int) -> None:
    """More inliers, a closer hash, a smaller gap, a better fit: none of them can make a pair less probable."""
    before = score(evidence)
    assert 0 < before < 1
    assert score(replace(evidence, inliers=evidence.inliers + more)) >= before
    assert score(replace(evidence, coverage=1.0)) >= before
    if evidence.alignment is not None:
        assert score(replace(evidence, alignment=1.0)) >= before
    if evidence.hash_distance is not None:
        assert score(replace(evidence, hash_distance=0)) >= before
    if evidence.time_gap_s is not None:
        assert score(replace(evidence, time_gap_s=evidence.time_gap_s / 2)) >= before
    if evidence.distance_m is not None:
        assert score(replace(evidence, distance_m=0.0)) >= before


@given(EVIDENCE)
def test_missing_signals_are_neutral(evidence: Evidence) -> None:
    """Every column of a missing signal is 0, so that it adds nothing; nothing else makes a column undefined."""
    bare = replace(evidence, alignment=None, hash_distance=None, time_gap_s=None, distance_m=None)
    row = dict(zip(FEATURES, feature_rows([bare])[0], strict=True))
    signals = ("alignment", "hash", "time", "time_known", "distance", "distance_known")
    assert all(row[name] == 0.0 for name in signals)
    assert np.isfinite(feature_rows([evidence])).all()


@given(EVIDENCE)
def test_evidence_is_json_and_words(evidence: Evidence) -> None:
    """Any evidence goes through JSON under its own names and can be told in lines of plain words."""
    told = json.loads(json.dumps(evidence.to_dict(), allow_nan=False))
    assert told["inliers"] == evidence.inliers and set(told) >= {"time_gap_s", "distance_m", "matches", "overlap"}
    lines = words(evidence)
    assert lines and all(line and "None" not in line and "\n" not in line for line in lines)


def test_words_of_a_good_pair() -> None:
    """The words say what a person would look for."""
    lines = words(Evidence(45, 37, "homography", 0.8, 0.7, 1.7, 2.0, 0.91, 9, -12.4, 5.0, 35.2, rank_phone=2))
    assert lines[0] == "37 of 45 matching points agree on one view"
    assert "things are 1.7 times larger in the other photo" in lines
    assert "taken 12 s apart, clocks corrected" in lines
    assert "taken 35 m apart by GPS" in lines
    assert "the phone photo's 2nd choice" in lines


def test_rivals_lower_a_score() -> None:
    """Twenty inliers weigh less where the same photo has two hundred with another one."""
    weak, strong = Evidence(30, 20, coverage=0.5, alignment=0.7), Evidence(250, 200, coverage=1.0, alignment=0.95)
    rivals = with_rivals({(1, 2): weak, (1, 3): strong})
    alone, beside = prior().probabilities(feature_rows([weak, rivals[1, 2]]))
    assert (rivals[1, 2].most_phone, rivals[1, 2].most_other) == (200, 20)
    assert beside < alone


def test_fit_follows_data_and_keeps_to_its_start() -> None:
    """With much data a fit finds the weights that made it; with none it stays where it started; signs hold."""
    rng = np.random.default_rng(0)
    true = LogisticScorer(-1.0, np.where(np.array(FEATURES) == "inliers", 1.5, 0.0))
    rows = rng.normal(size=(20_000, len(FEATURES)))
    same = rng.random(len(rows)) < true.probabilities(rows)
    found = fit(rows, same)
    assert found.intercept == pytest.approx(-1.0, abs=0.1)
    assert found.weights == pytest.approx(true.weights, abs=0.1)
    start = prior()
    untouched = fit(np.empty((0, len(FEATURES))), np.empty(0, bool), start)
    assert untouched.weights == pytest.approx(start.weights) and untouched.intercept == pytest.approx(start.intercept)
    against = fit(rows, ~same)
    assert against.weights[FEATURES.index("inliers")] == 0.0


def test_prior_names_this_versions_features() -> None:
    """The shipped coefficients are for exactly these columns; a file for others is refused."""
    data = prior().to_json()
    assert LogisticScorer.from_json(data).to_json() == data
    with pytest.raises(ValueError, match="features"):
        LogisticScorer.from_json({"intercept": 0.0, "weights": {"inliers": 1.0}})


# --- assignment

PAIRS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 1.0])), max_size=12
)


def best_total(pairs: dict[tuple[int, int], float]) -> float:
    """The largest sum of scores of pairs that share no photo, by trying all."""
    if not pairs:
        return 0.0
    (a, b), value = next(iter(pairs.items()))
    rest = {pair: v for pair, v in pairs.items() if pair != (a, b)}
    free = {(c, d): v for (c, d), v in rest.items() if c != a and d != b}
    return max(best_total(rest), value + best_total(free))


@settings(max_examples=150, deadline=None)
@given(PAIRS, st.randoms(use_true_random=False))
def test_assignment_is_the_best_there_is(pairs: list[tuple[int, int, float]], rng: object) -> None:
    """The choice has the total that trying everything finds, uses no photo twice, and does not depend on the order."""
    scores: dict[tuple[int, int], float] = {}
    for a, b, value in pairs:
        scores[a, b] = max(value, scores.get((a, b), 0.0))
    chosen = assign(pairs)
    assert len({a for a, _ in chosen}) == len({b for _, b in chosen}) == len(chosen)
    assert sum(scores[pair] for pair in chosen) == pytest.approx(best_total(scores))
    shuffled = list(pairs)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign(shuffled) == chosen


def test_assignment_leaves_out_the_improbable() -> None:
    """Pairs below the least score stay open rather than take what is left."""
    assert assign([(1, 2, 0.9), (3, 2, 0.8), (3, 4, 0.1)], min_score=0.2) == {(1, 2)}


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
