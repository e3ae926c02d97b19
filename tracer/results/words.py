"""Numbers, labels and classes as the page writes them in words; without any HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

THIN = "\u202f"
"""A narrow space that does not break, between a number and its unit."""
MINUS = "\u2212"

# What an encoder does whose probe predicts a label: it ends the sentence "the encoder …".
_READS = {
    "Is Smartphone": "tells phone from camera",
    "camera_class": "tells phone from camera",
    "Make": "names the maker of the camera",
    "make_normalized": "names the maker of the camera",
    "Model": "names the camera model",
    "model_normalized": "names the camera model",
    "Smartphone Model": "names the phone model",
    "camera_type": "names the type of camera",
    "Exposure": "names the exposure time",
    "Aperture": "names the aperture",
    "ISO Speed": "names the ISO speed",
    "Focal Length": "names the focal length",
    "Flash": "tells whether the flash fired",
    "Year": "names the year of the photo",
    "semantic_label": "tells what the picture shows",
    "label": "tells what the picture shows",
    "JPEG": "tells how the picture was compressed",
    "Sharpening": "tells how the picture was sharpened",
    "Resizing": "tells how the picture was resized",
    "Interpolation": "tells how the picture was interpolated",
}
# What two photos with the same label have in common: it ends "those that share …".
_SHARES = {
    "Is Smartphone": "its kind of camera",
    "camera_class": "its kind of camera",
    "Make": "its maker",
    "make_normalized": "its maker",
    "Model": "its camera model",
    "model_normalized": "its camera model",
    "JPEG": "its compression",
    "Sharpening": "its sharpening",
    "Resizing": "its resizing",
    "Interpolation": "its interpolation",
}
_TITLES = {
    "Is Smartphone": "Phone or camera",
    "camera_class": "Phone or camera",
    "Make": "Maker",
    "make_normalized": "Maker (tidied)",
    "Model": "Camera model",
    "model_normalized": "Camera model (tidied)",
    "Smartphone Model": "Phone model",
    "camera_type": "Type of camera",
    "JPEG": "JPEG compression",
    "jpeg_quality": "JPEG quality",
    "jpeg_subsampling": "JPEG subsampling",
    "semantic_label": "What the picture shows",
    "label": "What the picture shows",
}
SEMANTIC = frozenset({"semantic_label", "label"})
"""Labels that describe the content, not the camera."""
PHONE = ("Is Smartphone", "camera_class")
"""Labels that tell phones from other cameras, the preferred one first."""
MAKER = ("Make", "make_normalized", "Model", "model_normalized", "Smartphone Model")
"""Labels that name the camera, the preferred one first."""


def camera_labels(attributes: Collection[str]) -> list[str]:
    """Return the labels that sentences speak of: phone or camera, and the maker or else the model."""
    return [name for names in (PHONE, MAKER) for name in [n for n in names if n in attributes][:1]]


FILES_ALONE = "baseline/file-properties"
"""What stands in an encoder's place where nothing but the files' properties is used."""


def is_baseline(encoder: str) -> bool:
    """Whether a name is that of plain picture statistics, which are compared with the encoders."""
    return encoder.startswith("baseline/")


def reads(attribute: str, plural: bool = False) -> str:
    """Return what predicting an attribute means, as a verb phrase."""
    known = {name.casefold(): phrase for name, phrase in _READS.items()}
    phrase = known.get(attribute.casefold(), f"predicts {attribute}" if attribute else "is right")
    if not plural:
        return phrase
    verb, rest = phrase.split(" ", 1)
    return f"{ {'is': 'are'}.get(verb, verb.removesuffix('s')) } {rest}"


def share(attribute: str) -> str:
    """Return what two photos with the same label have in common."""
    known = {name.casefold(): phrase for name, phrase in _SHARES.items()}
    return known.get(attribute.casefold(), f"its {attribute}" if attribute else "its trace")


def title(attribute: str) -> str:
    """Return an attribute's name for a heading: plain words where the set's own name is a term."""
    return _TITLES.get(attribute, attribute[:1].upper() + attribute[1:] if attribute else "All")


_SETTINGS = {
    "acquisition": "known cameras",
    "unseen-cameras": "unseen cameras",
    "semantic_label": "what the picture shows",
}


def setting(text: str) -> str:
    """Return a setting as the page writes it: `query=phone,unseen-cameras` as `phone, unseen cameras`."""
    parts = [part.removeprefix("query=").strip() for part in text.split(",") if part]
    return ", ".join(_SETTINGS.get(part, part) for part in parts)


_ROUNDING = 1e-5


def finite(value: float | None) -> bool:
    """Whether there is a number at all."""
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int = 1, signed: bool = False) -> str:
    """Return a fraction as a percentage without its sign of unit: 0.794 as `79.4`; `–` where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{100 * value:+.{decimals}f}" if signed else f"{100 * value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def plain(value: float | None, decimals: int = 3) -> str:
    """Return a figure that is not a share, such as a coefficient: 0.0471 as `0.047`."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{decimals}f}".replace("-", MINUS)


def percent(value: float | None, decimals: int = 0) -> str:
    """Return a fraction as a percentage: 0.794 as `79 %`."""
    return number(value, decimals) + (THIN + "%" if finite(value) else "")


def interval(low: float | None, high: float | None, decimals: int = 1, signed: bool = False) -> str:
    """Return an interval as `[76.2–81.3]`, in percent; `to` parts signed bounds, whose minus would meet the dash.

    With decimals, a bound that would be rounded to 0 and is not 0 has more of them.
    """
    if not (finite(low) and finite(high)):
        return "no interval"
    joint = " to " if signed or (low or 0) < 0 else "–"
    return f"[{_bound(low, decimals, signed)}{joint}{_bound(high, decimals, signed)}]"


def _bound(value: float | None, decimals: int, signed: bool) -> str:
    size = 100 * abs(value or 0.0)
    if decimals and _ROUNDING < size < 0.5 * 10.0**-decimals:
        decimals = -math.floor(math.log10(size))
    return number(value, decimals, signed)


_LEVEL = 0.05


def p_value(p: float) -> str:
    """Return a p-value with two digits, or with as many as tell it from 5 %: 0.0496 as `0.0496`."""
    texts = (f"{p:.{digits}g}" for digits in range(2, 8))
    return next((text for text in texts if (float(text) < _LEVEL) == (p < _LEVEL)), f"{p:.2g}")


def hidden(mask_ratio: float) -> str:
    """Return a mask in words for a column: `nothing`, `95 %`."""
    return (
        percent(mask_ratio, 0 if abs(100 * mask_ratio - round(100 * mask_ratio)) < 1e-6 else 1)
        if mask_ratio
        else "nothing"
    )


def spelled(n: int) -> str:
    """Return a small number as a word."""
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return small[n] if 0 <= n < len(small) else f"{n:,}"


def slug(name: str) -> str:
    """Return a name as part of a file name: lower case letters, digits and dashes, at most 60 of them."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "all"


def class_name(attribute: str, name: str) -> str:
    """Return a class as a person calls it: `True` of phone or camera is `phone`."""
    if attribute == "Is Smartphone":
        return {"true": "phone", "false": "camera"}.get(name.casefold(), name)
    return name


def duration(seconds: float) -> str:
    """Return seconds as a person says them: `42 s`, `3 min 10 s`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.1f}{THIN}s" if seconds < 10 else f"{seconds:.0f}{THIN}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 90:
        return f"{minutes}{THIN}min" + (f" {rest}{THIN}s" if rest else "")
    return f"{minutes // 60}{THIN}h {minutes % 60}{THIN}min"
