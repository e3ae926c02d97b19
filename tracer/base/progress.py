"""How long work reports its progress: it is a generator that yields `Progress` and returns its result.

The caller may close the generator at any time, which cancels the work; what is finished is kept.
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
        what: the stage, as words for a progress bar ("reading photos"); a detail may follow a colon
            ("measuring: probe of Make"). Empty where nothing new is to be shown (`SILENT`).
        done: how many items are finished.
        total: how many items there are; None while it is not known.
        left: how much is left, how fast it goes and when it will be done, in words; shown in place of the numbers.
    """

    what: str
    done: int
    total: int | None = None
    left: str = ""

    @property
    def stage(self) -> str:
        """The stage alone: "measuring" of "measuring: probe of Make"."""
        return self.what.partition(": ")[0]


SILENT = Progress("", 0)
"""A step that shows nothing: the caller can cancel the work here, for example in the middle of a wait."""


Work = Generator[Progress, None, Result]


def finish(work: Work[Result], report: Callable[[Progress], None] = lambda _: None) -> Result:
    """Run work to its end, report each step, and return its result."""
    while True:
        try:
            step = next(work)
            if step.what:
                report(step)
        except StopIteration as end:
            result: Result = end.value
            return result
