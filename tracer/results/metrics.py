"""What is known of each metric, in one table: its words, its unit, and its rank on the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, cast

Metric = Literal["accuracy", "balanced_accuracy", "recall@1", "recall@5", "map", "sp", "spd_p", "spd_a", "cramers_v"]

SIGNED: Final = cast("Metric", "signed")
"""A difference with its sign. It stands on the page beside SPD, which is its size, and never in the results."""


class Unit(StrEnum):
    """How the numbers of a metric are written and what they are read against; the value heads their column."""

    SHARE = "%"
    """A fraction from 0 to 1, written in percent, read against guessing."""
    POINTS = "Points"
    """A difference of two shares, written in percentage points, read against zero."""
    COEFFICIENT = "V"
    """From 0 (no effect) to 1, written as it is."""


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """One line of the table.

    Attributes:
        name: as it stands in the results.
        words: the name as the page writes it.
        unit: of its numbers.
        rank: 2 where it stands beside the metric that the text speaks of, folded away on the page.
        is_size: it is the size of a signed difference, so that opposite differences look alike.
    """

    name: str
    words: str
    unit: Unit = Unit.SHARE
    rank: Literal[1, 2] = 1
    is_size: bool = False

    @property
    def is_difference(self) -> bool:
        """Whether it is a difference of two shares: no effect is zero, not guessing."""
        return self.unit is Unit.POINTS


_TABLE: Final = (
    MetricFacts("accuracy", "accuracy"),
    MetricFacts("balanced_accuracy", "balanced accuracy", rank=2),
    MetricFacts("recall@1", "recall@1"),
    MetricFacts("recall@5", "recall@5", rank=2),
    MetricFacts("map", "mAP", rank=2),
    MetricFacts("sp", "SP"),
    MetricFacts("spd_p", "SPDₚ", Unit.POINTS, is_size=True),
    MetricFacts("spd_a", "SPDₐ", Unit.POINTS, is_size=True),
    MetricFacts(SIGNED, "signed difference", Unit.POINTS),
    MetricFacts("cramers_v", "Cramér's V", Unit.COEFFICIENT),
)
METRICS: Final = {facts.name: facts for facts in _TABLE}
"""The facts by name, in the order in which metrics are listed."""
SECOND_RANK: Final = frozenset(name for name, facts in METRICS.items() if facts.rank == 2)


def facts(metric: str) -> MetricFacts:
    """Return what is known of a metric; an unknown one counts as a share and is called by its name."""
    return METRICS.get(metric) or MetricFacts(metric, metric)


def metric_words(metric: str) -> str:
    """Return a metric's name as the page writes it."""
    return facts(metric).words
