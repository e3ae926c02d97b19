"""How unlikely it is that matches agree by chance, and comparisons that OpenCV cannot compute."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.pairing import compare as comparing
from curate.pairing.agreement import NOTHING, Agreement, Plane, agreement, most
from curate.pairing.evidence import Evidence, with_rivals, words
from curate.pairing.features import WIDE, Features
from curate.pairing.geometry import estimated, verify
from curate.pairing.matching import window
from curate.pairing.surface import extent, sameness

FRAME = (640, 480)


def features(points: np.ndarray, sizes: np.ndarray, angles: np.ndarray, seed: int = 0) -> Features:
    """Features at given points, with descriptors that are all different."""
    descriptors = np.random.default_rng(seed).integers(0, 120, (len(points), 128))
    return Features(
        points.astype(np.float32),
        sizes.astype(np.float32),
        angles.astype(np.float32),
        descriptors.astype(np.uint8),
        np.zeros((120, 160), np.uint8),
        *FRAME,
    )


def two_photos(seed: int, right: int, wrong: int, turn: float = 20.0, scale: float = 1.5) -> tuple[Features, Features]:
    """Two photos of things at many depths; the first `right` keypoints match, turned and scaled alike; the others do not."""
    rng = np.random.default_rng(seed)
    count = right + wrong
    a = rng.uniform((10, 10), (630, 470), (count, 2))
    angle = np.radians(turn)
    spin = 0.7 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    b = (a - (320, 240)) @ spin.T + (320, 240) + np.column_stack([rng.uniform(-60, 60, count), np.zeros(count)])
    b += rng.normal(0, 0.3, (count, 2))
    b[right:] = rng.uniform((10, 10), (630, 470), (wrong, 2))
    sizes, angles = np.exp(rng.normal(1.2, 0.5, count)), rng.uniform(0, 360, count)
    sizes_b, angles_b = sizes * scale, (angles + turn) % 360
    sizes_b[right:], angles_b[right:] = np.exp(rng.normal(1.2, 0.5, wrong)), rng.uniform(0, 360, wrong)
    return features(a, sizes, angles), features(b, sizes_b, angles_b)


def all_pairs(count: int) -> np.ndarray:
    """Match the keypoints by their position in the list."""
    return np.column_stack([np.arange(count), np.arange(count)])


@pytest.mark.parametrize("turn", [0.0, 20.0, 175.0, -90.0])
def test_parallax_is_significant_among_wrong_matches(turn: float) -> None:
    """Thirty matches with depth among 120 wrong ones agree far beyond chance, and the inliers are the right ones."""
    a, b = two_photos(1, 30, 120, turn)
    found = agreement(a, b, all_pairs(150))
    assert found.significance > 4
    assert found.mask[:30].sum() >= 15 and found.mask[30:].sum() <= 4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 200))
def test_unrelated_matches_are_not_significant(seed: int, count: int) -> None:
    """The number of false alarms is an expectation: of sixty unrelated pairs, one reaches 10^-2 with a chance of 0.6."""
    a, b = two_photos(seed, 0, count)
    found = agreement(a, b, all_pairs(count))
    assert NOTHING <= found.significance < 3
    assert found.mask.shape == (count,)


def test_more_right_matches_are_more_significant() -> None:
    """The significance grows with the number of right matches."""
    values = [agreement(*two_photos(2, right, 100), all_pairs(right + 100)).significance for right in (10, 20, 40, 80)]
    assert values == sorted(values) and values[-1] > values[0] + 20


def test_one_plane_has_no_parallax() -> None:
    """A product in two places agrees most significantly, and nothing off its plane does; a scene with depth has parallax."""
    a, b = two_photos(6, 0, 160)
    printed = np.random.default_rng(6).uniform((200, 100), (420, 380), (60, 2))
    for features_, points in ((a, printed), (b, 0.8 * printed + (90, 40))):
        features_.points[:60] = points
    b.sizes[:60], b.angles[:60] = a.sizes[:60] * 0.8, a.angles[:60]
    product = agreement(a, b, all_pairs(160))
    scene = agreement(*two_photos(6, 80, 80), all_pairs(160))
    assert product.significance > 30 and product.parallax <= 0
    assert scene.significance > 30 and scene.parallax > 3


def plane_among_others(corner: tuple[float, float], seed: int = 8) -> tuple[Features, Features]:
    """Two photos with 60 matches of one plane, from (20, 20) to a corner, among 240 keypoints that match nothing right."""
    a, b = two_photos(seed, 0, 300)
    plane = np.random.default_rng(seed).uniform((20, 20), corner, (60, 2))
    a.points[:60], b.points[:60] = plane, 0.9 * plane + (30, 20)
    b.sizes[:60], b.angles[:60] = a.sizes[:60] * 0.9, a.angles[:60]
    return a, b


def extent_of(a: Features, b: Features) -> float:
    """The extent of the agreement of two photos of 300 keypoints; 0 without a plane."""
    plane = agreement(a, b, all_pairs(300)).plane
    return 0.0 if plane is None else extent(plane, a, b)


def test_extent_is_the_agreeing_share_of_what_both_photos_show() -> None:
    """A sight is most of what both photos show, a product little; what agrees grows with the part that it takes."""
    extents = [
        extent_of(*plane_among_others(corner))
        for corner in ((160.0, 120.0), (320.0, 240.0), (480.0, 360.0), (620.0, 460.0))
    ]
    assert extents == sorted(extents)
    assert 0 < extents[0] < 0.3 and extents[-1] > 0.8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000))
def test_extent_is_a_share(seed: int) -> None:
    """Whatever agrees, the extent is between 0 and 1."""
    assert 0 < extent_of(*plane_among_others((400.0, 300.0), seed)) <= 1


def test_the_sky_is_no_part_of_what_both_show() -> None:
    """A tower before the sky is all that both photos show, however small it is; the same part of a full picture is not."""
    a, b = plane_among_others((200.0, 200.0))
    before_sky = [
        features(one.points[:60], one.sizes[:60], one.angles[:60]) for one in (a, b)
    ]  # no keypoints beside the plane
    plane = agreement(a, b, all_pairs(300)).plane
    assert plane is not None
    assert extent(plane, *before_sky) > 0.8 > 0.5 > extent(plane, a, b)


def printed(moved: float, around: bool, seed: int = 3) -> tuple[Plane, Features, Features]:
    """Two photos of one plane, of which a share of the tiles differs, and the rest of the second picture, where asked."""
    rng = np.random.default_rng(seed)
    thumb = np.kron(rng.integers(0, 255, (15, 20)), np.ones((8, 8))).astype(np.uint8)
    other = np.kron(rng.integers(0, 255, (15, 20)), np.ones((8, 8))).astype(np.uint8)
    there = np.where(np.kron(rng.random((15, 20)) < moved, np.ones((8, 8))) > 0, other, thumb)
    if around:
        there[:, 96:] = other[:, 96:]
    points = rng.uniform((8, 8), (380 if around else 632, 472), (80, 2)).astype(np.float32)
    a, b = (
        replace(features(points, np.full(80, 4.0), np.zeros(80)), thumb=picture.astype(np.uint8))
        for picture in (thumb, there)
    )
    return Plane(np.eye(3), points, points), a, b


def test_sameness_is_that_of_the_agreeing_part() -> None:
    """Moved things within the part lower it, the more the lower; what is around the part does not matter."""
    values = [sameness(*printed(moved, around=False)) for moved in (0.0, 0.3, 0.6, 1.0)]
    assert all(value is not None for value in values)
    assert values == sorted(values, reverse=True, key=lambda value: value or 0.0)
    assert values[0] == pytest.approx(1.0) and (values[-1] or 0.0) < 0.3
    assert (sameness(*printed(0.0, around=True)) or 0.0) > 0.95


def test_sameness_of_a_blank_part_is_unknown() -> None:
    """Without contrast, nothing can be said."""
    plane, a, b = printed(0.0, around=False)
    assert sameness(plane, replace(a, thumb=np.full_like(a.thumb, 90)), b) is None


def test_a_plane_is_found_among_points_that_fit_the_lines() -> None:
    """Of 12 matches on a plane, 30 at other depths and 160 wrong ones, the plane is known, so that parallax is judged."""
    a, b = two_photos(9, 42, 160)
    b.points[:12] = 0.7 * (a.points[:12] - (320, 240)) + (320, 240)
    b.sizes[:12], b.angles[:12] = a.sizes[:12] * 0.7, a.angles[:12]
    found = agreement(a, b, all_pairs(202))
    assert found.significance > 5 and found.parallax > NOTHING


def test_the_more_significant_look_counts() -> None:
    """Of two looks, agreement, inliers and plane are those of the more significant one; parallax is the larger one."""
    one = Agreement(8.0, np.ones(3, np.bool_), 5.0, Plane(np.eye(3), *np.zeros((2, 9, 2), np.float32)))
    two = Agreement(20.0, np.zeros(3, np.bool_), 1.0)
    for found in (most(one, two), most(two, one)):
        assert (found.significance, found.parallax, found.plane) == (20.0, 5.0, None)
        assert not found.mask.any()


@settings(max_examples=30, deadline=None)
@example(434)  # here the entries of OpenCV's matrix are tiny
@given(st.integers(0, 100_000))
def test_unrelated_matches_have_no_parallax(seed: int) -> None:
    """Beside one thing in two places, matches at random do not agree at other depths."""
    a, b = two_photos(seed, 0, 200)
    printed = np.random.default_rng(seed).uniform((200, 100), (420, 380), (30, 2))
    a.points[:30], b.points[:30] = printed, printed + np.array([60, -20])
    b.sizes[:30], b.angles[:30] = a.sizes[:30], a.angles[:30]
    assert agreement(a, b, all_pairs(200)).parallax < 3


def test_same_caption_is_no_agreement() -> None:
    """Many matches in one line of text are few cells, and lie in one band."""
    rng = np.random.default_rng(5)
    a, b = two_photos(5, 0, 140)
    letters = rng.uniform((100, 440), (420, 456), (60, 2))
    points = np.concatenate([letters, a.points]), np.concatenate([letters + np.array([30, -8]), b.points])
    sizes = rng.uniform(3, 8, 60)
    angles = rng.uniform(0, 360, 60)
    one = features(points[0], np.concatenate([sizes, a.sizes]), np.concatenate([angles, a.angles]))
    two = features(points[1], np.concatenate([sizes, b.sizes]), np.concatenate([angles, b.angles]))
    assert agreement(one, two, all_pairs(200)).significance <= 0


def test_window_holds_the_matches_that_turn_and_scale_alike() -> None:
    """The window is found whatever the turn; its share of random pairings is far below one."""
    for turn in (0.0, 100.0, 359.0):
        a, b = two_photos(3, 60, 60, turn)
        share, inside, gain = window(a, b, all_pairs(120))
        assert 0.02 <= share < 0.25 and gain > 20
        assert np.isin(np.arange(60), inside).mean() > 0.9


def test_which_photo_is_the_first_does_not_decide_whether_a_pair_agrees() -> None:
    """The bins of turn and scale have other edges when the photos change places; a pair passes both ways or never."""
    gate, apart = comparing.GATE[WIDE], 0
    for seed in range(120):
        a, b = two_photos(seed, 8, 60)
        alike = [window(*order, all_pairs(68))[2] for order in ((a, b), (b, a))]
        if min(alike) < gate / 2:
            continue
        apart += min(alike) < gate <= max(alike)
        found = [comparing._agreement(x, y, x.unit(WIDE) @ y.unit(WIDE).T, WIDE)[1] for x, y in ((a, b), (b, a))]
        assert min(found) >= gate or max(found) < gate
    assert apart >= 3


# --- comparisons that OpenCV cannot compute


DEGENERATE = {
    "one point": np.zeros((40, 2)),
    "one line": np.column_stack([np.arange(40), np.arange(40)]),
    "two points": np.repeat([[5.0, 5.0], [400.0, 300.0]], 20, axis=0),
    "huge": np.random.default_rng(0).uniform(-1e30, 1e30, (40, 2)),
    "not numbers": np.full((40, 2), np.nan),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("there", DEGENERATE)
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_degenerate_points_end_no_comparison(name: str, there: str) -> None:
    """Whatever the points, there is a comparison; agreement and view are those of nothing."""
    rng = np.random.default_rng(1)
    a, b = (
        features(DEGENERATE[which], rng.uniform(2, 9, 40), rng.uniform(0, 360, 40), seed=3) for which in (name, there)
    )
    found = comparing.compare(a, b, a.unit(WIDE), b.unit(WIDE), close=True)
    assert found.agreement is None or found.agreement <= 0
    assert found.view != "fundamental"


def test_an_error_of_an_estimator_is_no_model() -> None:
    """OpenCV refuses points without a shape it knows; that is no model, and any other error is not hidden."""
    with pytest.raises(cv2.error):
        cv2.findHomography(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    few = np.zeros((2, 2), np.float32)
    assert estimated(cv2.findHomography, few, few) == (None, None)
    with pytest.raises(TypeError):
        estimated(len)


def test_an_error_in_any_call_costs_a_pair_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison of the two photos is without evidence; nothing is raised."""

    def fail(*_: object, **__: object) -> None:
        raise cv2.error("degenerate")

    a, b = two_photos(4, 60, 20)
    whole = comparing.compare(a, a, a.unit(WIDE), a.unit(WIDE))
    assert whole.inliers > 40
    for name in ("findHomography", "findFundamentalMat", "estimateAffinePartial2D", "estimateAffine2D"):
        monkeypatch.setattr(cv2, name, fail)
    assert verify(a.points, b.points, FRAME, FRAME).model == "none"
    assert comparing.compare(a, a, a.unit(WIDE), a.unit(WIDE)).inliers == 0
    monkeypatch.undo()
    for name in ("warpPerspective", "intersectConvexConvex", "isContourConvex"):
        monkeypatch.setattr(cv2, name, fail)
        assert comparing.compare(a, a, a.unit(WIDE), a.unit(WIDE)) == comparing.NO_EVIDENCE
        monkeypatch.undo()


# --- as evidence


def test_words_tell_the_odds() -> None:
    """The review tells how rarely as many matches agree by chance, where that is rare."""
    said = words(Evidence(40, 20, "fundamental", agreement=8.7))
    assert "such agreement by chance: one in 10^8" in said
    assert "such agreement by chance: less than one in 10^20" in words(Evidence(40, 20, "fundamental", agreement=527.0))
    deep = words(Evidence(40, 20, agreement=8.7, parallax=4.2))
    assert "things at other depths agree too (one in 10^4 by chance)" in deep
    assert "the agreeing part is 62 % of what both show" in words(Evidence(40, 20, agreement=8.7, extent=0.62))
    for value in (None, -3.0, 0.4):
        assert not [line for line in words(Evidence(40, 20, agreement=value)) if "by chance" in line]


def test_the_most_agreement_of_either_photo_is_known() -> None:
    """A pair knows the best agreement of both its photos."""
    found = with_rivals(
        {(1, 2): Evidence(9, 9, agreement=5.0), (1, 3): Evidence(9, 9, agreement=50.0), (4, 2): Evidence(9, 9)}
    )
    assert [found[pair].most_agreement for pair in ((1, 2), (1, 3), (4, 2))] == [50.0, 50.0, 5.0]
