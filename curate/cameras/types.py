"""The types of cameras, and a camera with its type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Side = Literal["phone", "other"]
"""The sides of a pair: photos by smartphones, and photos by the cameras that they are paired with."""


class CameraType(StrEnum):
    """The type of device that took a photo."""

    SMARTPHONE = "smartphone"
    FEATURE_PHONE = "feature_phone"
    TABLET = "tablet"
    DSLR = "dslr"
    MIRRORLESS = "mirrorless"
    COMPACT = "compact"
    ACTION = "action"
    DRONE = "drone"
    CAMCORDER = "camcorder"
    FILM_SCANNER = "film_scanner"
    SCANNER = "scanner"
    UNKNOWN = "unknown"

    @property
    def is_smartphone(self) -> bool | None:
        """True for smartphones, False for the cameras they are compared with, None for every other type.

        >>> [CameraType(name).is_smartphone for name in ("smartphone", "dslr", "tablet")]
        [True, False, None]
        """
        if self is CameraType.SMARTPHONE:
            return True
        return False if self in (CameraType.DSLR, CameraType.MIRRORLESS, CameraType.COMPACT) else None

    @property
    def side(self) -> Side | None:
        """The side of its photos in a pair, by `is_smartphone`; None for types of neither side."""
        return None if self.is_smartphone is None else "phone" if self.is_smartphone else "other"

    @property
    def camera_class(self) -> str | None:
        """PairCams' class: `phone` or `dslr/compact`, by `is_smartphone`; None for every other type."""
        return {True: "phone", False: "dslr/compact", None: None}[self.is_smartphone]


@dataclass(frozen=True, slots=True)
class Camera:
    """A distinct camera with its type.

    Attributes:
        make: EXIF's Make, as written.
        model: EXIF's Model, as written.
        make_normalized: the tidy brand.
        model_normalized: the market name.
        type: its type.
        rule: the rule that gave the type: `override`, `exif:FileSource`, `table`, `lensfun`, `device-detector`,
            `family:<name>`, `sidecar`; None where no source knew the camera.
        also: the types of other sources that disagree, as `rule=type`.
    """

    make: str | None
    model: str | None
    make_normalized: str | None
    model_normalized: str | None
    type: CameraType = CameraType.UNKNOWN
    rule: str | None = None
    also: tuple[str, ...] = ()
