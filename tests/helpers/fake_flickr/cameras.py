"""The cameras and phones of the universe, and one photo's settings, each as exiftool prints it and as a file holds it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.helpers.fake_flickr.chance import draw

Rational = tuple[int, int]


@dataclass(frozen=True)
class Camera:
    """A camera as its EXIF names it.

    Attributes:
        make: The tag Make.
        model: The tag Model.
        phone: Whether it is a phone.
        apertures: F-numbers in tenths.
        focals: Focal lengths in tenths of a millimetre.
        flashes: Values of the tag Flash that occur.
    """

    make: str
    model: str
    phone: bool
    apertures: tuple[int, ...]
    focals: tuple[int, ...]
    flashes: tuple[int, ...]


_BODY, _COMPACT, _PHONE = (0x10, 0x09, 0x00, 0x01), (0x10, 0x18, 0x19, 0x59), (0x10, 0x18, 0x20, 0x00)
_ZOOM, _FAST = (28, 40, 56, 80, 110), (14, 18, 20, 28)

CAMERAS = (
    Camera("Canon", "Canon EOS 40D", False, _ZOOM, (180, 500, 850), _BODY),
    Camera("Canon", "Canon EOS 5D Mark II", False, _FAST, (240, 500, 1350), _BODY),
    Camera("Canon", "Canon PowerShot SD1000", False, (28, 49), (58, 174), _COMPACT),
    Camera("NIKON CORPORATION", "NIKON D90", False, _ZOOM, (180, 350, 1050), _BODY),
    Camera("NIKON CORPORATION", "NIKON D700", False, _FAST, (240, 500, 700), _BODY),
    Camera("NIKON", "COOLPIX P5000", False, (27, 53), (75, 263), _COMPACT),
    Camera("SONY", "ILCE-7M3", False, _ZOOM, (280, 550, 850), _BODY),
    Camera("SONY", "DSC-RX100M3", False, (18, 28), (88, 257), _COMPACT),
    Camera("FUJIFILM", "X-T2", False, _FAST, (230, 350, 560), _BODY),
    Camera("OLYMPUS IMAGING CORP.", "E-M10", False, _FAST, (140, 250, 450), _BODY),
    Camera("Panasonic", "DMC-LX5", False, (20, 33), (51, 192), _COMPACT),
    Camera("Apple", "iPhone 4S", True, (24,), (43,), _PHONE),
    Camera("Apple", "iPhone 6", True, (22,), (42,), _PHONE),
    Camera("Apple", "iPhone 13 Pro", True, (15, 18, 28), (57, 16, 90), _PHONE),
    Camera("samsung", "SM-G930F", True, (17,), (42,), _PHONE),
    Camera("SAMSUNG", "GT-I9100", True, (27,), (40,), _PHONE),
    Camera("Google", "Pixel 3", True, (18,), (44,), _PHONE),
    Camera("HUAWEI", "EVA-L09", True, (22,), (45,), _PHONE),
    Camera("Nokia", "6230", True, (28,), (35,), (0x00,)),
    Camera("LG Electronics", "LG-H815", True, (18,), (44,), _PHONE),
)
"""The Nokia's model is written in digits: JSON answers carry it as a number."""

FLASHES = {
    0x00: "No Flash",
    0x01: "Fired",
    0x09: "On, Fired",
    0x10: "Off, Did not fire",
    0x18: "Auto, Did not fire",
    0x19: "Auto, Fired",
    0x20: "No flash function",
    0x59: "Auto, Fired, Red-eye reduction",
}
"""How exiftool prints the tag Flash (exiftool's TagNames, EXIF Flash Values)."""

EXPOSURES: tuple[tuple[str, Rational], ...] = (
    ("1/4000", (1, 4000)),
    ("1/1250", (1, 1250)),
    ("1/500", (1, 500)),
    ("1/250", (1, 250)),
    ("1/125", (1, 125)),
    ("1/60", (1, 60)),
    ("1/50", (1, 50)),
    ("1/30", (1, 30)),
    ("1/8", (1, 8)),
    ("0.5", (1, 2)),
    ("1", (1, 1)),
    ("30", (30, 1)),
)
ISO = (25, 50, 64, 80, 100, 125, 200, 320, 400, 800, 1600, 3200, 6400)


@dataclass(frozen=True)
class Shot:
    """The settings of one photo: what both getExif and the original file tell.

    Attributes:
        make: The tag Make.
        model: The tag Model.
        exposure: As exiftool prints it, in seconds: "1/50".
        exposure_value: The same as a file holds it.
        aperture: F-number in tenths.
        focal: Focal length in tenths of a millimetre.
        iso: ISO speed.
        flash: Value of the tag Flash.
        taken: "2013:05:04 12:30:00" (EXIF's form, local wall time); None where the file has no date.
    """

    make: str
    model: str
    exposure: str
    exposure_value: Rational
    aperture: int
    focal: int
    iso: int
    flash: int
    taken: str | None

    @property
    def raw(self) -> dict[str, str]:
        """The tags that labels come from, by exiftool's names, as getExif's `raw` has them."""
        told = {
            "Make": self.make,
            "Model": self.model,
            "ExposureTime": self.exposure,
            "FNumber": f"{self.aperture / 10:.1f}",
            "ISO": str(self.iso),
            "Flash": FLASHES[self.flash],
            "FocalLength": f"{self.focal / 10:.1f} mm",
        }
        return told | ({"DateTimeOriginal": self.taken} if self.taken else {})


def shot(seed: int, photo: int, camera: int, taken: str | None) -> Shot:
    """The settings of a photo.

    Args:
        seed: Of the universe.
        photo: The photo's number.
        camera: Index into `CAMERAS`.
        taken: See `Shot`.
    """
    body, chance = CAMERAS[camera], draw(seed, "shot", photo)
    exposure, value = EXPOSURES[chance % len(EXPOSURES)]
    return Shot(
        make=body.make,
        model=body.model,
        exposure=exposure,
        exposure_value=value,
        aperture=body.apertures[(chance >> 8) % len(body.apertures)],
        focal=body.focals[(chance >> 16) % len(body.focals)],
        iso=ISO[(chance >> 24) % len(ISO)],
        flash=body.flashes[(chance >> 32) % len(body.flashes)],
        taken=taken,
    )
