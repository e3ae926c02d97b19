"""How fast a person decides, and how long the rest takes at that pace."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW = 30
"""Number of decisions that the pace is taken from."""

BREAK = 60.0
"""Seconds between two decisions from which on the person did something else; such a break does not count."""

_FEWEST = 4


class Pace:
    """The pace of the last decisions. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=WINDOW)

    def decided(self) -> None:
        """Note that a pair was decided now."""
        now = self._clock()
        if self._last is not None and now - self._last <= BREAK:
            self._gaps.append(now - self._last)
        self._last = now

    @property
    def a_minute(self) -> float | None:
        """Decisions a minute; None before there are a few."""
        seconds = sum(self._gaps)
        return None if len(self._gaps) < _FEWEST or seconds <= 0 else 60 * len(self._gaps) / seconds

    def in_words(self, left: int) -> str:
        """Return the pace and the time that `left` pairs take at that pace, in words; empty before there is a pace."""
        pace = self.a_minute
        if pace is None:
            return ""
        said = f"{pace:.0f} a minute"
        return f"{said}, {time_left(left / pace)}" if left else said


def time_left(minutes: float) -> str:
    """Return how long something still takes, in words.

    >>> [time_left(minutes) for minutes in (0.4, 12.2, 150)]
    ['less than a minute left', 'about 12 min left', 'about 2 h left']
    """
    about = (
        "less than a minute"
        if minutes < 1
        else f"about {minutes:.0f} min"
        if minutes < 90
        else f"about {minutes / 60:.0f} h"
    )
    return f"{about} left"
