"""How long work reports: a generator that yields `Progress` and returns its result; closing it cancels the work."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is: `done` of `total` items (`total` None while it is not known), in the words `what`."""

    what: str
    done: int
    total: int | None = None


Work = Generator[Progress, None, Result]


def finish(work: Work[Result], report: Callable[[Progress], None] = lambda _: None) -> Result:
    """Run work to its end, report each step, and return its result."""
    while True:
        try:
            report(next(work))
        except StopIteration as end:
            result: Result = end.value
            return result
