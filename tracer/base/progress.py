"""How long work reports: a generator that yields `Progress` and returns its result.

The caller may stop asking at any moment (`generator.close()`), which cancels the work; what is done is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is.

    Attributes:
        what: the work, as words for a progress bar ("reading photos"); what follows a colon is a detail of that stage
            ("measuring: probe of Make").
        done: items finished.
        total: items in all; None while it is not known.
    """

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
