"""What an experiment hands back: tidy rows, and beside them what a row cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracer.results import Experiment, Metric, Row
from tracer.stats import Interval


@dataclass(frozen=True, slots=True)
class Source:
    """Which embeddings a figure is taken from; names are those of the result columns."""

    dataset: str
    encoder: str
    processing: str = "IDENTITY"
    mask_ratio: float = 0.0

    def row(
        self,
        experiment: Experiment,
        attribute: str,
        setting: str,
        metric: Metric,
        value: float,
        interval: Interval | None,
        chance: float | None,
        n: int,
        seed: int | None,
    ) -> Row:
        """A row of results on these embeddings."""
        low, high = interval if interval is not None else (None, None)
        return Row(
            experiment=experiment,
            dataset=self.dataset,
            encoder=self.encoder,
            attribute=attribute,
            processing=self.processing,
            mask_ratio=self.mask_ratio,
            setting=setting,
            metric=metric,
            value=float(value),
            ci_low=None if low is None else float(low),
            ci_high=None if high is None else float(high),
            chance=None if chance is None else float(chance),
            n=int(n),
            seed=seed,
        )

    def detail(self, experiment: Experiment, attribute: str, setting: str, **more: Any) -> dict[str, Any]:
        """An entry of `details` in results.json, named like the rows that it belongs to."""
        return {
            "experiment": experiment,
            "dataset": self.dataset,
            "encoder": self.encoder,
            "attribute": attribute,
            "processing": self.processing,
            "mask_ratio": self.mask_ratio,
            "setting": setting,
            **more,
        }


@dataclass(slots=True)
class Outcome:
    """Figures of one experiment.

    Attributes:
        rows: tidy results.
        details: confusion matrices, tests, shares of ties, …; JSON values only.
        warnings: sentences for a reader (too few clusters for a sound interval, photos left out).
        skipped: what was not measured, and why.
    """

    rows: list[Row] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take over another outcome's contents."""
        self.rows += other.rows
        self.details += other.details
        self.warnings += [line for line in other.warnings if line not in self.warnings]
        self.skipped += other.skipped
