"""Who photographs what, when and where: the whole collection on paper before the first picture is taken."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum

import numpy as np

from curate.demo.simulator.cameras import CAMERAS, twin, weakened
from curate.demo.simulator.models import VirtualCamera
from curate.demo.simulator.scenes import SceneClass, generator
from curate.errors import UsageError

LOCAL_TIME = timezone(timedelta(hours=1))
"""The clocks that the owners go by."""

_START = datetime(2024, 6, 3, 8, 20, tzinfo=LOCAL_TIME)
_HOME = (50.571, -3.921)  # a moor: nobody lives there
_METRES_PER_DEGREE = 111_320.0

_PLAN = 1_000_001
"""Stands in the seeds of what is planned where a scene's number stands in the others."""


_STRONGEST = 1.5
_LEAST_PAUSE_MIN = 4.0


class _Draw(IntEnum):
    """Independent streams, so that an option or a longer collection changes nothing but what it must."""

    WALK = 1
    SIDES = 2
    CLOCK = 3
    NUMBER = 4
    ORDER = 5
    PLACE = 6
    RESETS = 7
    CLASSES = 8
    ALIKE = 9


@dataclass(frozen=True, slots=True)
class CollectionOptions:
    """What a collection is like, beyond its size and seed.

    Attributes:
        strength: how far the cameras differ: 0 in name and EXIF only, 1 as they are, at most 1.5 times that.
        twins: cameras (by `make model`) that get a twin which differs in name only.
        lookalikes: the share of scenes that are an earlier scene's place with things moved.
        moved: the share of leaves that lie elsewhere in a look-alike.
        unpaired: the share of photos without a partner: their scenes are taken by phones only or by other cameras only.
        gps: a factor on the share of photos that say where; 0 switches it off.
        span_s: a scene's photos are taken within so many seconds, at most 120; 0 is at once.
        clock_error_s: the greatest clock error, seconds; each camera's own range is cut to it.
        clock_resets: how many cameras have their clock set back to an arbitrary time halfway.
    """

    strength: float = 1.0
    twins: tuple[str, ...] = ()
    lookalikes: float = 0.0
    moved: float = 0.35
    unpaired: float = 0.0
    gps: float = 1.0
    span_s: float = 60.0
    clock_error_s: float = 28_800.0
    clock_resets: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: a share outside 0 to 1, a negative number, a camera that does not exist.
        """
        for name in ("lookalikes", "moved", "unpaired"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UsageError(f"{name} cannot be {getattr(self, name)}", "it is a share from 0 to 1")
        if self.strength > _STRONGEST:
            raise UsageError(f"strength cannot be {self.strength}", f"cameras differ at most {_STRONGEST} times as far")
        for name in ("strength", "gps", "span_s", "clock_error_s", "clock_resets"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} cannot be {getattr(self, name)}", "it must not be negative")
        if self.span_s > _LEAST_PAUSE_MIN * 30:
            raise UsageError(f"span_s cannot be {self.span_s}", "a scene would reach into the next one")
        names = [camera.name for camera in CAMERAS]
        for name in self.twins:
            if name not in names:
                raise UsageError(f"no virtual camera is called {name}", way_out=f"There are {', '.join(names)}.")


@dataclass(frozen=True, slots=True)
class Photo:
    """One planned photo.

    Attributes:
        file: its path in the collection's folder, POSIX.
        scene, place, scene_class: scenes of equal place are look-alikes.
        camera: who takes it.
        true_time: when, with the true UTC offset. clock_offset_s: the camera's clock minus the truth, seconds.
        latitude, longitude: where, degrees. tagged: the place that the file says, None where it says none.
    """

    file: str
    scene: int
    place: int
    scene_class: SceneClass
    camera: VirtualCamera
    true_time: datetime
    clock_offset_s: float
    latitude: float
    longitude: float
    tagged: tuple[float, float] | None

    @property
    def clock_time(self) -> datetime:
        """What the camera's clock says."""
        return self.true_time + timedelta(seconds=self.clock_offset_s)


@dataclass(frozen=True, slots=True)
class _Scene:
    number: int
    place: int
    kind: SceneClass
    time: datetime
    latitude: float
    longitude: float


def collection_cameras(options: CollectionOptions) -> tuple[VirtualCamera, ...]:
    """Return the cameras of a collection: the six, and the twins."""
    cameras = weakened(CAMERAS, options.strength)
    twins = tuple(
        twin(camera, "Lindqvarn", f"{camera.model} Alter") for camera in cameras if camera.name in options.twins
    )
    return cameras + twins


def plan(scenes: int, seed: int, options: CollectionOptions) -> list[Photo]:
    """Return the photos of a collection, scene by scene, in the order in which each scene's are taken.

    Raises:
        UsageError: no scene is asked for, or the seed is negative.
    """
    if scenes < 1:
        raise UsageError(f"a collection of {scenes} scenes cannot be made", "it needs one scene or more")
    if seed < 0:
        raise UsageError(f"the seed cannot be {seed}", "it must not be negative")
    cameras = collection_cameras(options)
    outline = _scenes(scenes, seed, options)
    sides = _sides(scenes, seed, options)
    offsets = {camera.name: _clock_offset(camera, seed, options) for camera in cameras}
    resets = _resets(cameras, outline, seed, options)
    numbers = {
        camera.name: int(generator(seed, _PLAN, _Draw.NUMBER, camera.key).integers(1, 4000)) for camera in cameras
    }
    photos = []
    for scene, phones_only in zip(outline, sides, strict=True):
        present = [c for c in cameras if phones_only is None or bool(c.type.is_smartphone) is phones_only]
        rng = generator(seed, _PLAN, _Draw.ORDER, scene.number)
        order = rng.permutation(len(present))
        seconds = np.sort(np.round(rng.uniform(0.0, options.span_s, len(present)), 3))
        for second, index in zip(seconds.tolist(), order.tolist(), strict=True):
            camera = present[index]
            own = generator(seed, _PLAN, _Draw.PLACE, scene.number, camera.key)
            time = scene.time + timedelta(seconds=second)
            where = _moved(scene.latitude, scene.longitude, own.normal(0.0, 2.0, 2))
            tagged = _moved(*where, own.normal(0.0, max(camera.writing.gps_error_m, 1e-3), 2))
            says = own.random() < camera.writing.gps * options.gps
            reset_at, after_reset = resets.get(camera.name, (None, 0.0))
            offset = after_reset if reset_at is not None and time >= reset_at else offsets[camera.name]
            numbers[camera.name] += int(own.geometric(0.5))
            photo = Photo(
                "", scene.number, scene.place, scene.kind, camera, time, offset, *where, tagged if says else None
            )
            photos.append(dataclasses.replace(photo, file=_file_name(photo, numbers[camera.name])))
    return _distinct(photos)


def _scenes(scenes: int, seed: int, options: CollectionOptions) -> list[_Scene]:
    """Minutes to hours apart, from morning to evening, on a walk; every class once in each five new places."""
    rng, kinds = generator(seed, _PLAN, _Draw.WALK), generator(seed, _PLAN, _Draw.CLASSES)
    # The first scene is like no earlier one.
    order = 1 + generator(seed, _PLAN, _Draw.ALIKE).permutation(scenes - 1)
    alike = set(order[: round(options.lookalikes * scenes)].tolist())
    queue: list[SceneClass] = []
    time, (latitude, longitude) = _START, _HOME
    outline: list[_Scene] = []
    for number in range(scenes):
        pause, short_pause, hour = rng.lognormal(np.log(22.0), 0.8), rng.uniform(5.0, 40.0), rng.uniform(8.0, 9.5)
        step = rng.normal(0.0, 350.0, 2)
        is_alike = number in alike
        if number:
            time += timedelta(minutes=float(short_pause if is_alike else np.clip(pause, _LEAST_PAUSE_MIN, 200.0)))
        if time.hour >= 20 and not is_alike:
            midnight = (time + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            time = midnight + timedelta(hours=float(hour))
        time = time.replace(microsecond=time.microsecond // 1000 * 1000)
        if is_alike:
            before = outline[-1]
            outline.append(dataclasses.replace(before, number=number, time=time))
            continue
        latitude, longitude = _moved(latitude, longitude, step)
        queue = queue or [list(SceneClass)[index] for index in kinds.permutation(len(SceneClass))]
        outline.append(_Scene(number, number, queue.pop(), time, latitude, longitude))
    return outline


def _sides(scenes: int, seed: int, options: CollectionOptions) -> list[bool | None]:
    """Who comes to each scene: None is everybody, True phones only, False other cameras only.

    A one-sided scene has half the photos, so that f of the photos come from 2 f / (1 + f) of the scenes.
    """
    one_sided = round(scenes * 2.0 * options.unpaired / (1.0 + options.unpaired))
    chosen = generator(seed, _PLAN, _Draw.SIDES).permutation(scenes)[:one_sided].tolist()
    side = {scene: turn % 2 == 0 for turn, scene in enumerate(chosen)}
    return [side.get(scene) for scene in range(scenes)]


def _clock_offset(camera: VirtualCamera, seed: int, options: CollectionOptions) -> float:
    """Seconds, to the millisecond; on a log scale, any size from the least to the greatest error is as likely."""
    rng = generator(seed, _PLAN, _Draw.CLOCK, camera.key)
    least, greatest = (min(bound, options.clock_error_s) for bound in camera.writing.clock_s)
    size = np.exp(rng.uniform(np.log(max(least, 1e-3)), np.log(max(greatest, 1e-3)))) if greatest > 0 else 0.0
    return round(float(size * rng.choice([-1.0, 1.0])), 3)


def _resets(
    cameras: tuple[VirtualCamera, ...], outline: list[_Scene], seed: int, options: CollectionOptions
) -> dict[str, tuple[datetime, float]]:
    """Camera -> when its clock was reset, and its offset from then on."""
    rng = generator(seed, _PLAN, _Draw.RESETS)
    chosen = rng.permutation(len(cameras))[: options.clock_resets].tolist()
    middle = outline[len(outline) // 2].time
    return {
        cameras[i].name: (
            middle,
            round(float(rng.uniform(600.0, max(options.clock_error_s, 601.0)) * rng.choice([-1, 1])), 3),
        )
        for i in chosen
    }


def _moved(latitude: float, longitude: float, metres: np.ndarray) -> tuple[float, float]:
    north, east = float(metres[0]), float(metres[1])
    moved = (
        latitude + north / _METRES_PER_DEGREE,
        longitude + east / (_METRES_PER_DEGREE * np.cos(np.deg2rad(latitude))),
    )
    return round(float(moved[0]), 7), round(float(moved[1]), 7)


def _file_name(photo: Photo, number: int) -> str:
    writing, clock = photo.camera.writing, photo.clock_time
    # Cameras begin again at 1 after the last number that their names have room for.
    number = (number - 1) % 9999 + 1
    return f"{writing.folder}/{writing.name.format(number=number, date=f'{clock:%Y%m%d}', time=f'{clock:%H%M%S}')}"


def _distinct(photos: list[Photo]) -> list[Photo]:
    """Give files whose name is taken another folder, as a camera does whose numbers begin again."""
    seen: dict[str, int] = {}
    distinct = []
    for photo in photos:
        count = seen[photo.file] = seen.get(photo.file, 0) + 1
        if count > 1:
            folder, name = photo.file.split("/")
            photo = dataclasses.replace(photo, file=f"{folder}-{count}/{name}")
        distinct.append(photo)
    return distinct
