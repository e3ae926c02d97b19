"""A clock for a client and a server that both live in simulated time."""

from __future__ import annotations

import random
import time


class Simulated:
    """A clock that goes on when somebody sleeps, and by the time that a call takes to the server.

    Attributes:
        now: the time in seconds; a test may set it.
        latency: shortest and longest time of a call to the server.

    Args:
        seed: of the latencies.
    """

    def __init__(self, seed: int = 0) -> None:
        self.now, self._random = time.time(), random.Random(seed)
        self.latency = 0.05, 0.4

    def clock(self) -> float:
        """Return the time in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds

    def arrive(self) -> float:
        """Return the time at which a call arrives that was sent now."""
        self.now += self._random.uniform(*self.latency)
        return self.now
