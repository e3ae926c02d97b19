"""Numbers that look drawn by chance and are the same each time: everything in the fake follows from a seed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = (1 << 64) - 1


def draw(*keys: object) -> int:
    """Draw a 64-bit number for one thing.

    Args:
        keys: What the number depends on: a seed, a name, counters.
    """
    return int.from_bytes(hashlib.blake2b("\x1f".join(map(str, keys)).encode(), digest_size=8).digest(), "big")


def share(*keys: object) -> float:
    """Draw a number in [0, 1) for one thing."""
    return draw(*keys) / (_WORD + 1)


def draws(numbers: NDArray[Any], seed: int, name: str) -> NDArray[np.uint64]:
    """Draw a 64-bit number for each of many things (splitmix64, by Sebastiano Vigna).

    Args:
        numbers: The things' numbers, 0 and above.
        seed: Of the universe.
        name: What is drawn; other names give independent numbers.
    """
    x = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(draw(seed, name))
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def shares(numbers: NDArray[Any], seed: int, name: str) -> NDArray[np.float64]:
    """Draw a number in [0, 1) for each of many things."""
    return (draws(numbers, seed, name) >> np.uint64(11)).astype(np.float64) * 2.0**-53
