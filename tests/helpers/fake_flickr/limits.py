"""What the key may do: calls in a window, a sustained pace, and silence after 429; its users count together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

IN_FLIGHT = 0.05
"""Seconds after a 429 in which calls that were already on their way may still arrive."""


@dataclass(frozen=True)
class Limits:
    """The limits of a key; None means none.

    Attributes:
        calls: Most calls in any window; a call beyond them is answered with 429 and is a violation.
        seconds: Length of the window.
        pace: Most calls a second, sustained; faster calls are answered and are violations.
        jitter: Seconds by which an arrival may be late. In any stretch of T seconds `pace` × (T + `jitter`) + `burst` calls are
            no violation.
        burst: Calls that may come at once.
    """

    calls: int | None = None
    seconds: float = 3600.0
    pace: float | None = None
    jitter: float = 0.5
    burst: int = 1


class Gate:
    """Counts the calls of a key. Not safe for threads: the server holds a lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._window: deque[float] = deque()
        self._last: float | None = None
        self._left = self._room
        self._quiet_from, self._quiet_until = 0.0, 0.0

    @property
    def _room(self) -> float:
        return self.limits.burst + (self.limits.pace or 0.0) * self.limits.jitter

    def enter(self, now: float) -> tuple[list[str], bool]:
        """Count one call.

        Args:
            now: When it arrived, in seconds of a clock that never goes back.

        Returns:
            What it violates, and whether it is answered with 429.
        """
        violations, refused, limits = [], now < self._quiet_until, self.limits
        if refused and now > self._quiet_from + IN_FLIGHT:
            violations.append("called during a pause after 429")
        while self._window and self._window[0] <= now - limits.seconds:
            self._window.popleft()
        if limits.calls is not None and len(self._window) >= limits.calls:
            violations.append(f"more than {limits.calls} calls in {limits.seconds:g} seconds")
            refused = True
        else:
            self._window.append(now)
        if limits.pace is not None and not self._in_pace(now, limits.pace):
            violations.append(f"faster than {limits.pace:g} calls a second")
        return violations, refused

    def be_quiet(self, now: float, seconds: float) -> None:
        """Start a pause in which every call of the key is a violation."""
        if now + seconds > self._quiet_until:
            self._quiet_from, self._quiet_until = now, now + seconds

    def _in_pace(self, now: float, pace: float) -> bool:
        if self._last is not None:
            self._left = min(self._room, self._left + (now - self._last) * pace)
        self._last = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
