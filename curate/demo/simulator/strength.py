"""How much virtual cameras differ: what phones share can be weakened alone, and all differences can be weakened or amplified."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from curate.cameras.types import CameraType
from curate.demo.simulator.models import Development, Handling, Jpeg, Lens, Sensor, VirtualCamera

_BITS = 12
"""The converter of cameras that do not have their own."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A property that cameras of a kind share.

    Attributes:
        phones: the value about which the models of phones lie.
        others: the value about which the other cameras lie.
        is_ratio: whether a model's own part is a factor on this value; otherwise it is added.
    """

    phones: float
    others: float
    is_ratio: bool = False

    def removed(self, value: float, is_smartphone: bool, kept: float) -> float:
        """Return a model's value where only a share of what its kind shares is kept; its own part stays.

        Args:
            value: the model's value, the kind's part and its own.
            is_smartphone: the kind.
            kept: 0: both kinds lie about the same value; 1: as given; more: they lie further apart.
        """
        of_kind = self.phones if is_smartphone else self.others
        if self.is_ratio:
            return float(value * (np.sqrt(self.phones * self.others) / of_kind) ** (1.0 - kept))
        moved = value + (1.0 - kept) * ((self.phones + self.others) / 2.0 - of_kind)
        return max(moved, 0.0) if min(value, self.phones, self.others) >= 0 else moved


SHARED: dict[str, dict[str, Shared]] = {
    "lens": {  # small and corrected by the processor; a small sensor has great depth of field
        "blur": Shared(0.80, 0.85),
        "corner_blur": Shared(0.55, 0.60),
        "vignetting": Shared(0.08, 0.28),
        "defocus": Shared(0.4, 4.5),
    },
    "sensor": {  # small: fewer photons for each pixel
        "shot": Shared(2.6e-4, 7e-5, is_ratio=True),
        "read": Shared(2e-3, 6e-4, is_ratio=True),
        "pattern": Shared(0.010, 0.0056, is_ratio=True),
        "stripes": Shared(4.6e-4, 1.3e-4, is_ratio=True),
        "crosstalk": Shared(0.17, 0.11),
    },
    "development": {  # heavy tone mapping, noise reduction and sharpening, vivid colours
        "exposure": Shared(0.28, -0.12),
        "adaptation": Shared(0.78, 0.66),
        "saturation": Shared(1.22, 1.02),
        "contrast": Shared(0.22, 0.32),
        "lift": Shared(0.022, 0.010),
        "gamma": Shared(0.91, 1.04),
        "local": Shared(0.56, 0.05),
        "chroma_blur": Shared(2.7, 1.1),
        "denoise": Shared(16.0, 3.5),
        "sharpen": Shared(1.50, 0.55),
        "radius": Shared(1.0, 1.1),
    },
    "handling": {  # a wide angle; more photos upright
        "short_side": Shared(1.06, 1.00),
        "spread": Shared(0.037, 0.049),
        "step": Shared(0.024, 0.028),
        "roll": Shared(1.8, 1.3),
        "upright": Shared(0.26, 0.16),
    },
}
"""What phones share and what other cameras share, by the part of a camera and its field; all other fields are a model's own."""


def with_shared(cameras: tuple[VirtualCamera, ...], strength: float) -> tuple[VirtualCamera, ...]:
    """Return the cameras with more or less of what their kind shares; each model's own part stays.

    At strength 0 phones share nothing that other cameras lack: the models differ alone. The choice of ISO and the flash then do
    not affect the picture, since they depend on the f-number, and all converters have 12 bits below strength 0.5. EXIF does not
    change.

    Args:
        cameras: phones and other cameras.
        strength: 0: nothing shared; 1: as given.
    """
    return cameras if strength == 1.0 else tuple(_with_shared(camera, strength) for camera in cameras)


def _with_shared(camera: VirtualCamera, strength: float) -> VirtualCamera:
    parts: dict[str, Any] = {}
    for part, fields in SHARED.items():
        record = getattr(camera, part)
        numbers = {
            name: shared.removed(getattr(record, name), camera.type is CameraType.SMARTPHONE, strength)
            for name, shared in fields.items()
        }
        parts[part] = _with_numbers(record, numbers)
    if strength < 0.5:
        parts["sensor"] = dataclasses.replace(parts["sensor"], bits=_BITS)
    parts["development"] = dataclasses.replace(parts["development"], own_exposure=min(strength, 1.0))
    return dataclasses.replace(camera, **parts)


def weakened(cameras: tuple[VirtualCamera, ...], strength: float) -> tuple[VirtualCamera, ...]:
    """Return the cameras moved towards their mean: at strength 0 all take the same pictures, at 1 nothing changes.

    Their EXIF does not change. The fixed pattern fades with the strength. Chroma subsampling cannot be interpolated: each
    camera has its own from strength 0.5 on, and the commonest below.
    """
    if strength == 1.0:
        return cameras
    mean: dict[str, Any] = {part: _mean([getattr(camera, part) for camera in cameras]) for part in SHARED}
    width, height = 1440, 1080
    luma = np.mean([camera.jpeg.luma for camera in cameras], axis=0)
    chroma = np.mean([camera.jpeg.chroma for camera in cameras], axis=0)

    def weaken(camera: VirtualCamera) -> VirtualCamera:
        return dataclasses.replace(
            camera,
            lens=_mixed(mean["lens"], camera.lens, strength),
            sensor=dataclasses.replace(
                _mixed(mean["sensor"], camera.sensor, strength),
                width=_even(width, camera.sensor.width, strength),
                height=_even(height, camera.sensor.height, strength),
                pattern=camera.sensor.pattern * strength,
                bits=camera.sensor.bits if strength >= 0.5 else _BITS,
            ),
            development=dataclasses.replace(
                _mixed(mean["development"], camera.development, strength),
                own_demosaic=strength,
                own_exposure=strength * camera.development.own_exposure,
            ),
            jpeg=Jpeg(
                _even(width, camera.jpeg.width, strength),
                _even(height, camera.jpeg.height, strength),
                tuple(np.rint(luma + strength * (camera.jpeg.luma - luma)).astype(int).clip(1, 255).tolist()),
                tuple(np.rint(chroma + strength * (camera.jpeg.chroma - chroma)).astype(int).clip(1, 255).tolist()),
                camera.jpeg.subsampling if strength >= 0.5 else "4:2:0",
            ),
            handling=_mixed(mean["handling"], camera.handling, strength),
        )

    return tuple(weaken(camera) for camera in cameras)


_Record = TypeVar("_Record", Lens, Sensor, Development, Handling)


def _mean(records: list[_Record]) -> _Record:
    """Return a record with the mean of every float field; the other fields are those of the first record."""
    return _with_numbers(
        records[0], {n: float(np.mean([getattr(r, n) for r in records])) for n in _numbers(records[0])}
    )


def _mixed(mean: _Record, own: _Record, strength: float) -> _Record:
    """Interpolate between the mean (0) and a camera's own value (1), or beyond; values that are not negative stay so."""

    def mixed(name: str) -> float:
        middle, value = getattr(mean, name), getattr(own, name)
        result = float(middle + strength * (value - middle))
        return max(result, 0.0) if min(middle, value) >= 0 else result

    return _with_numbers(own, {name: mixed(name) for name in _numbers(own)})


def _numbers(record: Lens | Sensor | Development | Handling) -> list[str]:
    return [field.name for field in dataclasses.fields(record) if isinstance(getattr(record, field.name), float)]


def _with_numbers(record: _Record, numbers: dict[str, float]) -> _Record:
    changes: dict[str, Any] = dict(numbers)
    return dataclasses.replace(record, **changes)


def _even(mean: int, own: int, strength: float) -> int:
    return 2 * round((mean + strength * (own - mean)) / 2)
