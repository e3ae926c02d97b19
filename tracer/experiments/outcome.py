"""What an experiment hands back: tidy rows, and beside them what a row cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.results import Metric, Row
from tracer.results.photo_scores import PhotoScores, SampledModels
from tracer.results.skips import Skip
from tracer.stats import Interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with what is needed to judge it.

    Attributes:
        value: a fraction, or a difference of two.
        interval: of 95 %; None where there is none.
        chance: what guessing reaches; None where that is not known.
        n: photos, queries or pairs that the value is taken over.
    """

    value: float
    interval: Interval | None
    chance: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Source:
    """Which embeddings a figure is taken from; names are those of the result columns."""

    dataset: str
    encoder: str
    processing: str = "IDENTITY"
    mask_ratio: float = 0.0

    def row(
        self, experiment: str, attribute: str, setting: str, metric: Metric, found: Estimate, seed: int | None
    ) -> Row:
        """A row of results on these embeddings."""
        low, high = found.interval if found.interval is not None else (None, None)
        return Row(
            experiment=experiment,
            dataset=self.dataset,
            encoder=self.encoder,
            attribute=attribute,
            processing=self.processing,
            mask_ratio=self.mask_ratio,
            setting=setting,
            metric=metric,
            value=float(found.value),
            ci_low=None if low is None else float(low),
            ci_high=None if high is None else float(high),
            chance=None if found.chance is None else float(found.chance),
            n=int(found.n),
            seed=seed,
        )

    def per_photo(
        self,
        row: Row,
        rows: NDArray[np.int64],
        clusters: NDArray[np.int64],
        values: NDArray[np.floating[Any]],
        cameras: SampledModels | None = None,
    ) -> PhotoScores:
        """The single photos' scores that a row is the mean of; with camera models where these are what was sampled."""
        names = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting", "metric")
        key = {name: getattr(row, name) for name in names}
        sampled: tuple[list[int], ...] = ()
        if cameras is not None:
            sampled = cameras.code.tolist(), cameras.classes[cameras.code].tolist()
        return PhotoScores(key, rows.tolist(), clusters.tolist(), [round(float(v), 6) for v in values], *sampled)

    def detail(self, experiment: str, attribute: str, setting: str, **more: Any) -> dict[str, Any]:
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
        per_photo: the photos' scores behind each mean, so that two runs can be compared photo by photo.
    """

    rows: list[Row] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    per_photo: list[PhotoScores] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take over another outcome's contents."""
        self.rows += other.rows
        self.details += other.details
        self.warnings += [line for line in other.warnings if line not in self.warnings]
        self.skipped += other.skipped
        self.per_photo += other.per_photo
