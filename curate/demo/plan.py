"""Plans a collection before any picture is taken: which camera photographs which scene, when and where."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum

import numpy as np

from curate.cameras.types import CameraType
from curate.demo.simulator.cameras import CAMERAS, twin
from curate.demo.simulator.models import VirtualCamera
from curate.demo.simulator.scenes import SceneClass, generator
from curate.demo.simulator.strength import weakened, with_shared
from curate.errors import UsageError

LOCAL_TIME = timezone(timedelta(hours=1))
"""The time zone of the owners."""

_START = datetime(2024, 6, 3, 8, 20, tzinfo=LOCAL_TIME)
_HOME = (50.571, -3.921)  # a moor, where nobody lives
_METRES_PER_DEGREE = 111_320.0

_PLAN = 1_000_001
"""Takes the place of the scene's number in the seeds of the plan, so that they differ from the seeds of scenes."""


_STRONGEST = 1.5
_PER_SIDE = sum(camera.type is CameraType.SMARTPHONE for camera in CAMERAS)
"""The number of phones, and of other cameras."""

_LEAST_PAUSE_MIN = 4.0


class _Draw(IntEnum):
    """Independent random streams, so that an option or a longer collection does not change unrelated draws."""

    WALK = 1
    SIDES = 2
    CLOCK = 3
    NUMBER = 4
    ORDER = 5
    PLACE = 6
    RESETS = 7
    CLASSES = 8
    ALIKE = 9
    ALLOTMENT = 10


@dataclass(frozen=True, slots=True)
class CollectionOptions:
    """The properties of a collection besides its size and seed.

    Attributes:
        strength: how much the cameras differ: 0 only in name and EXIF, 1 as defined, at most 1.5 times that.
        shared: how much phones share, and other cameras: 0 nothing, so that each model differs alone; at most 1.5.
        per_side: the number of phones, and of other cameras, that photograph each scene, 1 to 5.
        twins: the cameras (by `make model`) that get a twin with another name and no other difference;
            it photographs the scenes of its original.
        lookalikes: the share of scenes that show the place of an earlier scene with some leaves moved.
        moved: the share of leaves that are moved in a look-alike.
        unpaired: the share of photos without a partner; only phones or only other cameras photograph their scenes.
        gps: a factor on the share of photos with a GPS position; 0 for none.
        span_s: the seconds within which a scene's photos are taken, at most 120; 0 for all at once.
        clock_error_s: the largest clock error in seconds; each camera's own range is limited to it.
        clock_resets: the number of cameras whose clock is set to an arbitrary time halfway.
    """

    strength: float = 1.0
    shared: float = 1.0
    per_side: int = 1
    twins: tuple[str, ...] = ()
    lookalikes: float = 0.0
    moved: float = 0.35
    unpaired: float = 0.0
    gps: float = 1.0
    span_s: float = 60.0
    clock_error_s: float = 28_800.0
    clock_resets: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            UsageError: a share outside 0 to 1, a negative number, a camera that does not exist.
        """
        for name in ("lookalikes", "moved", "unpaired"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UsageError(f"{name} cannot be {getattr(self, name)}", "it is a share from 0 to 1")
        for name in ("strength", "shared"):
            if getattr(self, name) > _STRONGEST:
                raise UsageError(f"{name} cannot be {getattr(self, name)}", f"it must be at most {_STRONGEST}")
        if not 1 <= self.per_side <= _PER_SIDE:
            raise UsageError(f"per_side cannot be {self.per_side}", f"it is a number from 1 to {_PER_SIDE}")
        for name in ("strength", "shared", "gps", "span_s", "clock_error_s", "clock_resets"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} cannot be {getattr(self, name)}", "it must not be negative")
        if self.span_s > _LEAST_PAUSE_MIN * 30:
            raise UsageError(f"span_s cannot be {self.span_s}", "a scene would reach into the next one")
        names = [camera.name for camera in CAMERAS]
        for name in self.twins:
            if name not in names:
                raise UsageError(
                    f"there is no virtual camera {name}", way_out=f"Virtual cameras are {', '.join(names)}."
                )


@dataclass(frozen=True, slots=True)
class Photo:
    """One planned photo.

    Attributes:
        file: its path relative to the collection's folder, POSIX.
        scene: the number of its scene.
        place: the number of its place; scenes with the same place are look-alikes.
        scene_class: the class of its scene.
        camera: the camera that takes it.
        true_time: the true time, with the true UTC offset.
        clock_offset_s: the camera's clock minus the true time, seconds.
        latitude: the true latitude, degrees.
        longitude: the true longitude, degrees.
        tagged: the position in the file (latitude, longitude), None if it has none.
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
        """The time on the camera's clock."""
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
    """Return the cameras of a collection: the ten virtual cameras and the twins."""
    cameras = weakened(with_shared(CAMERAS, options.shared), options.strength)
    twins = tuple(
        twin(camera, "Lindqvarn", f"{camera.model} Alter") for camera in cameras if camera.name in options.twins
    )
    return cameras + twins


def plan(scenes: int, seed: int, options: CollectionOptions) -> list[Photo]:
    """Return the photos of a collection, by scene and in the order in which they are taken.

    Raises:
        UsageError: the number of scenes is below one, or the seed is negative.
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
    allotted = _allotment(cameras, outline, seed, options.per_side)
    photos = []
    for scene, phones_only in zip(outline, sides, strict=True):
        present = [c for c in allotted[scene.place] if phones_only is None or bool(c.type.is_smartphone) is phones_only]
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
    """Return the scenes: minutes to hours apart, from morning to evening, on a walk; five new places have all five classes."""
    rng, kinds = generator(seed, _PLAN, _Draw.WALK), generator(seed, _PLAN, _Draw.CLASSES)
    # the first scene cannot be a look-alike
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


def _allotment(
    cameras: tuple[VirtualCamera, ...], outline: list[_Scene], seed: int, per_side: int
) -> dict[int, list[VirtualCamera]]:
    """Return place -> the cameras that photograph it; twins go with their originals, look-alikes with their place.

    Five new places have all five classes; they also have each phone `per_side` times, and each other camera. In the first 25
    places each phone meets each other camera and each class once, and so does each other camera; in 125 places each phone, other
    camera and class come together once (orthogonal Latin squares, whose rows are numbered modulo 5).
    """
    rng = generator(seed, _PLAN, _Draw.ALLOTMENT)
    phones, others = (
        [kind[index].unit for index in rng.permutation(_PER_SIDE)]
        for kind in ([c for c in CAMERAS if c.type.is_smartphone], [c for c in CAMERAS if not c.type.is_smartphone])
    )
    classes = list(SceneClass)
    allotted = {}
    places = {scene.place: scene.kind for scene in outline}
    for turn, (place, kind) in enumerate(places.items()):
        square, row = divmod(turn // _PER_SIDE, _PER_SIDE)
        phone = classes.index(kind) - square - 2 * row
        units = {
            unit
            for step in range(per_side)
            for unit in (phones[(phone + step) % _PER_SIDE], others[(phone + row + step) % _PER_SIDE])
        }
        allotted[place] = [camera for camera in cameras if camera.unit in units]
    return allotted


def _sides(scenes: int, seed: int, options: CollectionOptions) -> list[bool | None]:
    """Return which cameras photograph each scene: None for all, True for phones only, False for other cameras only.

    A one-sided scene has half the photos, so a share f of the photos comes from a share 2 f / (1 + f) of the scenes.
    """
    one_sided = round(scenes * 2.0 * options.unpaired / (1.0 + options.unpaired))
    chosen = generator(seed, _PLAN, _Draw.SIDES).permutation(scenes)[:one_sided].tolist()
    side = {scene: turn % 2 == 0 for turn, scene in enumerate(chosen)}
    return [side.get(scene) for scene in range(scenes)]


def _clock_offset(camera: VirtualCamera, seed: int, options: CollectionOptions) -> float:
    """Return a clock error in seconds, rounded to milliseconds and log-uniform between the camera's least and largest error."""
    rng = generator(seed, _PLAN, _Draw.CLOCK, camera.key)
    least, greatest = (min(bound, options.clock_error_s) for bound in camera.writing.clock_s)
    size = np.exp(rng.uniform(np.log(max(least, 1e-3)), np.log(max(greatest, 1e-3)))) if greatest > 0 else 0.0
    return round(float(size * rng.choice([-1.0, 1.0])), 3)


def _resets(
    cameras: tuple[VirtualCamera, ...], outline: list[_Scene], seed: int, options: CollectionOptions
) -> dict[str, tuple[datetime, float]]:
    """Return camera name -> the time of its clock's reset, and its offset from then on."""
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
    # cameras restart at 1 after the largest number that fits into their file names
    number = (number - 1) % 9999 + 1
    return f"{writing.folder}/{writing.name.format(number=number, date=f'{clock:%Y%m%d}', time=f'{clock:%H%M%S}')}"


def _distinct(photos: list[Photo]) -> list[Photo]:
    """Put files whose name is taken into another folder, as cameras do when their numbers restart."""
    seen: dict[str, int] = {}
    distinct = []
    for photo in photos:
        count = seen[photo.file] = seen.get(photo.file, 0) + 1
        if count > 1:
            folder, name = photo.file.split("/")
            photo = dataclasses.replace(photo, file=f"{folder}-{count}/{name}")
        distinct.append(photo)
    return distinct
