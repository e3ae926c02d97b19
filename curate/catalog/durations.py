"""Formats and parses durations such as "+1 h 0 min 12 s"."""

from __future__ import annotations

import math
import re
from typing import Literal

_DAY = 86_400
_UNITS = {"d": _DAY, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*(days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
MINUS = "−"


def in_words(seconds: float, *, sign: bool = True, days_to: Literal["min", "s"] = "s") -> str:
    """Return seconds in words, from the largest unit needed down to seconds: "+1 h 0 min 12 s".

    Durations are rounded to whole seconds, below ten seconds to tenths. Zero has no sign.

    Args:
        seconds: the duration.
        sign: whether to write + and −.
        days_to: the smallest unit of a duration of a day or more.
    """
    amount, size_to = abs(seconds), 60 if days_to == "min" else 1
    if amount >= _DAY:
        amount = size_to * round(amount / size_to)
    amount = round(amount, 1) if amount < 10 else float(round(amount))
    rest, parts = int(amount), list[str]()
    for name, size in (("d", _DAY), ("h", 3600), ("min", 60)):
        if parts or rest >= size:
            parts.append(f"{rest // size:,} {name}")
            rest %= size
    if size_to == 1 or amount < _DAY:
        parts.append(f"{amount:g} s" if amount < 10 else f"{rest} s")
    before = "" if not sign or amount == 0 else "+" if seconds > 0 else MINUS
    return before + " ".join(parts)


def compared(seconds: float) -> str:
    """Return what stands between two clocks in a sentence: how far the first is ahead of the second, which follows.

    >>> f"It {compared(-3600)} that of the other"
    'It is 1 h 0 min 0 s behind that of the other'
    """
    amount = in_words(seconds, sign=False)
    if amount == "0 s":
        return "reads the same as"
    return f"is {amount} ahead of" if seconds > 0 else f"is {amount} behind"


def parse_seconds(text: str) -> float | None:
    """Parse a duration such as "-1 h 12 s", "1:00:12", "5:30" (minutes) or "-12.5" as seconds; None if it is not one."""
    text = text.strip().replace(MINUS, "-")
    sign, text = (-1.0 if text.startswith("-") else 1.0), text.removeprefix("-").removeprefix("+").strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return sign * (3600 * int(hours or 0) + 60 * int(minutes) + float(seconds))
    if _NUMBER.fullmatch(text):
        return sign * float(text) if math.isfinite(float(text)) else None
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    total, at = 0.0, 0
    while part := _PART.match(text, at):
        total += float(part[1].replace(",", ".")) * _UNITS[part[2][0].lower()]
        at = part.end()
    return sign * total if at and at == len(text) else None
