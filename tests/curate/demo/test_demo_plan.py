"""Who photographs what, when and where."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.demo.plan import CollectionOptions, collection_cameras, plan
from curate.demo.simulator.cameras import CAMERAS
from curate.demo.simulator.scenes import SceneClass
from curate.errors import UsageError


@settings(max_examples=25, deadline=None)
@given(
    scenes=st.integers(1, 30),
    seed=st.integers(0, 2**40),
    lookalikes=st.floats(0, 1),
    unpaired=st.floats(0, 1),
    gps=st.floats(0, 2),
    resets=st.integers(0, 12),
    span=st.floats(0, 120),
    per_side=st.integers(1, 5),
)
def test_every_plan_is_consistent(
    scenes: int, seed: int, lookalikes: float, unpaired: float, gps: float, resets: int, span: float, per_side: int
) -> None:
    """Whatever the options: distinct files, as many phones as other cameras a scene, times in order and within the span."""
    options = CollectionOptions(
        lookalikes=lookalikes, unpaired=unpaired, gps=gps, clock_resets=resets, span_s=span, per_side=per_side
    )
    photos = plan(scenes, seed, options)
    assert photos == plan(scenes, seed, options)
    assert len({photo.file for photo in photos}) == len(photos)
    by_scene = defaultdict(list)
    for photo in photos:
        by_scene[photo.scene].append(photo)
    assert sorted(by_scene) == list(range(scenes))
    last = None
    for group in by_scene.values():
        assert len({photo.camera.name for photo in group}) == len(group)
        sides = Counter(photo.camera.type.is_smartphone for photo in group)
        assert set(sides.values()) == {per_side}
        assert len(sides) == 2 or unpaired > 0
        assert len({(photo.place, photo.scene_class) for photo in group}) == 1
        times = [photo.true_time for photo in group]
        assert times == sorted(times)
        assert times[-1] - times[0] <= timedelta(seconds=span, milliseconds=1)  # times are of whole milliseconds
        assert last is None or times[0] - last >= timedelta(minutes=1.99)
        last = times[-1]


def test_classes_are_as_frequent_as_each_other() -> None:
    """Each five new places hold every class once."""
    places = {photo.place: photo.scene_class for photo in plan(60, 5, CollectionOptions(lookalikes=0.2))}
    assert len(places) == 48
    counts = Counter(places.values())
    assert set(counts) == set(SceneClass)
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("per_side", [1, 3])
def test_cameras_and_classes_are_balanced(per_side: int) -> None:
    """Each model photographs as often in every five scenes; 25 hold each two of phone, camera and class once, 125 all three."""
    photos = plan(125, 3, CollectionOptions(per_side=per_side))
    for first in range(0, 125, 5):
        some = Counter(photo.camera.name for photo in photos if first <= photo.scene < first + 5)
        assert (len(some), set(some.values())) == (10, {per_side})
    triples = [
        (one.scene, one.camera.name, two.camera.name, one.scene_class)
        for one, two in product(photos, photos)
        if one.scene == two.scene and one.camera.type.is_smartphone and not two.camera.type.is_smartphone
    ]
    assert len(triples) == 125 * per_side**2
    assert set(Counter(triple[1:] for triple in triples).values()) == {per_side**2} or per_side > 1
    for number in range(0, 125, 25):
        block = [triple for triple in triples if number <= triple[0] < number + 25]
        for chosen in ((1, 3), (2, 3)):
            assert set(Counter(tuple(t[k] for k in chosen) for t in block).values()) == {per_side**2}
    if per_side == 1:
        assert len({triple[1:] for triple in triples}) == 125
        assert all(len({t[1:3] for t in triples if n <= t[0] < n + 25}) == 25 for n in range(0, 125, 25))


def test_a_longer_collection_begins_with_the_shorter_one() -> None:
    """The first scenes do not depend on how many follow."""
    assert plan(12, 3, CollectionOptions())[: 5 * 2] == plan(5, 3, CollectionOptions())


def test_clocks_are_wrong_by_one_offset_a_camera() -> None:
    """A camera's offset is fixed, of its own size, and different from the others'."""
    offsets = defaultdict(set)
    for photo in plan(20, 1, CollectionOptions()):
        offsets[photo.camera.name].add(photo.clock_offset_s)
        assert photo.clock_time - photo.true_time == timedelta(seconds=photo.clock_offset_s)
    assert all(len(found) == 1 for found in offsets.values())
    assert len({next(iter(found)) for found in offsets.values()}) == len(CAMERAS)
    for camera in CAMERAS:
        least, greatest = camera.writing.clock_s
        assert least - 0.001 <= abs(next(iter(offsets[camera.name]))) <= greatest + 0.001


def test_clock_errors_can_be_small_none_or_reset() -> None:
    """The greatest error bounds all; 0 sets all clocks right; a reset gives a camera two offsets, in order of time."""
    assert all(abs(p.clock_offset_s) <= 30.001 for p in plan(5, 1, CollectionOptions(clock_error_s=30)))
    assert all(p.clock_offset_s == 0 for p in plan(5, 1, CollectionOptions(clock_error_s=0)))
    photos = plan(20, 1, CollectionOptions(clock_resets=1))
    runs = {c.name: [p.clock_offset_s for p in photos if p.camera.name == c.name] for c in CAMERAS}
    changes = {name: sum(a != b for a, b in pairwise(r)) for name, r in runs.items()}
    assert sorted(changes.values()) == [0] * 9 + [1]


def test_unpaired_photos_are_as_many_as_asked_for() -> None:
    """The share of photos whose scene only phones or only other cameras took."""
    photos = plan(200, 2, CollectionOptions(unpaired=0.3))
    kinds = defaultdict(set)
    for photo in photos:
        kinds[photo.scene].add(photo.camera.type.is_smartphone)
    alone = sum(len(kinds[photo.scene]) == 1 for photo in photos) / len(photos)
    assert alone == pytest.approx(0.3, abs=0.01)
    assert {next(iter(kind)) for kind in kinds.values() if len(kind) == 1} == {True, False}


def test_lookalikes_share_their_place_with_the_scene_before() -> None:
    """The asked share of scenes has the place, class and position of an earlier one."""
    photos = plan(40, 2, CollectionOptions(lookalikes=0.25))
    places = {photo.scene: photo.place for photo in photos}
    alike = [scene for scene, place in places.items() if scene != place]
    assert len(alike) == 10
    assert all(places[scene] == places[scene - 1] for scene in alike)


def test_places_are_noisy_and_only_some_photos_say_where() -> None:
    """GPS is some phones' only, off in part, metres wrong; a factor of 0 switches it off."""
    photos = plan(60, 4, CollectionOptions())
    says = {camera.name: [p.tagged is not None for p in photos if p.camera is camera] for camera in CAMERAS}
    shares = {name: sum(found) / len(found) for name, found in says.items()}
    assert {name for name, share in shares.items() if share > 0} == {
        "Ovrelund Wisp 5",
        "Tarnquist Glimmer 12",
        "Skelmere Pip 3",
    }
    assert all(share < 1 for share in shares.values())
    metres = [abs(p.tagged[0] - p.latitude) * 111_320 for p in photos if p.tagged is not None]
    assert 1.0 < sum(metres) / len(metres) < 20.0
    assert not any(p.tagged for p in plan(60, 4, CollectionOptions(gps=0)))


def test_scenes_lie_minutes_to_hours_apart_over_some_days() -> None:
    """Sixty scenes take some days, by daylight."""
    starts = list(dict.fromkeys(p.true_time for p in plan(60, 4, CollectionOptions(span_s=0))))
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(starts)]
    assert min(gaps) >= 4
    assert len({start.date() for start in starts}) in range(2, 8)
    assert all(8 <= start.hour <= 20 for start in starts)


def test_a_twin_stands_beside_its_original() -> None:
    """A twin has another make and model and everything else of its original, its unit included."""
    cameras = collection_cameras(CollectionOptions(twins=("Hexmoor Thornback",)))
    original, twin = (
        next(c for c in cameras if c.name == name) for name in ("Hexmoor Thornback", "Lindqvarn Thornback Alter")
    )
    assert (twin.make, twin.model) != (original.make, original.model)
    renamed = dataclasses.replace(
        twin,
        make=original.make,
        model=original.model,
        writing=dataclasses.replace(twin.writing, folder=original.writing.folder),
    )
    assert renamed == original
    photos = plan(10, 1, CollectionOptions(twins=("Hexmoor Thornback",)))
    assert len(photos) == 22
    scenes = [{photo.scene for photo in photos if photo.camera.name == camera.name} for camera in (original, twin)]
    assert scenes[0] == scenes[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookalikes": 1.2},
        {"unpaired": -0.1},
        {"strength": -1},
        {"strength": 2.0},
        {"shared": 1.6},
        {"shared": -0.1},
        {"per_side": 0},
        {"per_side": 6},
        {"span_s": -1},
        {"span_s": 500.0},
        {"twins": ("Nobody 1",)},
    ],
)
def test_senseless_options_are_refused(wrong: dict[str, object]) -> None:
    """A share outside 0 to 1, a negative number and an unknown camera are usage errors that name themselves."""
    with pytest.raises(UsageError) as caught:
        CollectionOptions(**wrong)  # type: ignore[arg-type]
    assert str(next(iter(wrong.values()))).strip("(),'") in "\n".join(caught.value.lines())


@pytest.mark.parametrize(("scenes", "seed"), [(0, 1), (-3, 1), (1, -1)])
def test_senseless_sizes_are_refused(scenes: int, seed: int) -> None:
    """No scenes and negative seeds are usage errors."""
    with pytest.raises(UsageError):
        plan(scenes, seed, CollectionOptions())
