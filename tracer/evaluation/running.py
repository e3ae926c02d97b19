"""The running evaluation: the context that experiments measure in, and everything that they found so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.base.workers import Limits
from tracer.dataset.file_properties import file_properties
from tracer.embeddings import store
from tracer.encoders.names import parse_name
from tracer.encoders.text import TextSide
from tracer.errors import TooFew
from tracer.evaluation.cache import keep, key_of, recall
from tracer.evaluation.near_copies import OF_TYPICAL, OF_TYPICAL_STATISTICS, in_words, near_copies
from tracer.evaluation.plan import Plan
from tracer.experiments.experiment import Encoders, Measurement
from tracer.experiments.label_facts import facts_of
from tracer.experiments.labels import LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import Embedded
from tracer.experiments.settings import Settings
from tracer.results.photo_scores import PhotoScores
from tracer.results.skips import Skip
from tracer.results.words import is_baseline

P = ParamSpec("P")
_READ_AT_ONCE = 4
OF_SET: Final = "set"
"""The name under which warnings about the set itself are kept."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A measurement for which there was too little: what is listed, and the error."""

    skip: Skip
    error: TooFew


@dataclass(slots=True)
class RunningEvaluation:
    """One evaluation under way; it is the `Context` of its experiments.

    Attributes:
        plan: what is measured. run: the run folder. device: `cpu`, `cuda`.
        typed: encoder → its name as typed, which may hold the place of a checkpoint.
        encoders: encoder → what its embeddings are, and where its weights come from.
        outcome: everything that was found so far; its photos are numbered by the experiments.
        per_photo: the single photos' scores of all experiments, under the photos' ids.
        warned: experiment → its warnings.
        refusals: measurements for which there was too little.
        maps: files of maps that were written.
        text_sides: by encoder, of those that have a usable one.
        near_copies: what the details say of photos with near-copies; empty where there is nothing to say.
    """

    plan: Plan
    run: Path
    device: str
    typed: Mapping[str, str] = field(default_factory=dict)
    encoders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    per_photo: list[PhotoScores] = field(default_factory=list)
    warned: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    maps: list[Path] = field(default_factory=list)
    text_sides: Mapping[str, TextSide] = field(default_factory=dict)
    near_copies: Mapping[str, int] = field(default_factory=dict)
    _read: dict[tuple[str, str, float], Embedded] = field(default_factory=dict)
    _properties: Mapping[str, NDArray[Any]] | None = None
    _facts_of: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def labelled(self) -> LabelledSet:
        return self.plan.labelled

    @property
    def settings(self) -> Settings:
        return self.plan.options

    @property
    def limits(self) -> Limits:
        return self.plan.options.limits

    def file_properties(self) -> Mapping[str, NDArray[Any]]:
        if self._properties is None:
            self._properties = file_properties(self.labelled.photos.table)
        return self._properties

    def file_stem(self, encoder: str) -> str:
        return parse_name(self.typed.get(encoder, encoder)).file_stem

    def embeddings(self, encoder: str, processing: str = "IDENTITY", mask: float = 0.0) -> Embedded:
        name = (encoder, processing, mask)
        if name not in self._read:
            found = store.load(self.run, self.labelled.name, self.typed.get(encoder, encoder), processing, mask)
            _, order, rows = np.intersect1d(found.ids, self.labelled.ids, assume_unique=True, return_indices=True)
            if len(self._read) >= _READ_AT_ONCE:
                self._read.clear()
            self._read[name] = Embedded(found.ids[order], found.vectors[order], rows)
        return self._read[name]

    def text_side(self, encoder: str) -> TextSide:
        return self.text_sides[encoder]

    def cached(
        self, place: str, function: Callable[P, Work[Outcome]], *arguments: P.args, **named: P.kwargs
    ) -> Work[Outcome]:
        key = key_of(place, arguments, named)
        path = self.run / "kept" / f"{key[:24]}.outcome"
        found = recall(path, key)
        if found is None:
            found = yield from function(*arguments, **named)
            keep(path, key, found)
        return found

    def name_photos(self, outcome: Outcome, ids: NDArray[np.int64]) -> Outcome:
        for entry in outcome.per_photo:
            self.per_photo.append(replace(entry, rows=ids[np.asarray(entry.rows, dtype=np.int64)].tolist()))
        return outcome

    def measure(self, encoders: tuple[str, ...]) -> Work[None]:
        """Do all measurements; what they find is taken over, and what is too small for a figure is listed as skipped."""
        steps = [
            (one, encoder)
            for one, encoder in self.plan.steps(encoders)
            if not one.needs_text or encoder in self.text_sides
        ]
        for number, (measurement, encoder) in enumerate(steps):
            what = measurement.name(encoder)
            yield Progress(f"measuring: {what}", number, len(steps))
            try:
                found = yield from _told(measurement.measure(self, encoder), what, number, len(steps))
            except TooFew as error:
                self._refuse(measurement, encoder, error)
            else:
                for entry in found.details:
                    entry.update(self._facts(str(entry.get("attribute") or "")))
                self.outcome.add(found)
                self.warned.setdefault(measurement.experiment, []).extend(found.warnings)
        yield Progress("measuring", len(steps), len(steps))

    def look_for_near_copies(self, encoders: tuple[str, ...]) -> None:
        """Count the photos with a near-copy whose scene is not known; the warning and the details of all figures say so."""
        chosen, alone = Encoders.ONE.among(encoders), self.labelled.alone
        if not alone.any() or not chosen or "IDENTITY" not in self.plan.views:
            return
        part = OF_TYPICAL_STATISTICS if is_baseline(chosen[0]) else OF_TYPICAL
        embedded = self.embeddings(chosen[0])
        count = partial(near_copies, embedded.vectors, self.settings.seed, of_typical=part, alone=alone[embedded.rows])
        found, of = count()
        if said := in_words(found, of, chosen[0]):
            others, _ = count(models=self.labelled.cameras[embedded.rows])
            self.near_copies = {"near_copies": found, "near_copies_of_other_models": others, "near_copies_of": of}
            self.outcome.warnings.append(said)
            self.warned.setdefault(OF_SET, []).append(said)

    def _facts(self, attribute: str) -> dict[str, Any]:
        if attribute not in self._facts_of:
            self._facts_of[attribute] = {**facts_of(self.labelled, attribute), **self.near_copies}
        return self._facts_of[attribute]

    def _refuse(self, measurement: Measurement, encoder: str, error: TooFew) -> None:
        skip = measurement.skip(encoder, str(error))
        self.refusals.append(Refusal(skip, error))
        self.outcome.skipped.append(skip)


def _told(step: Work[Outcome], what: str, number: int, count: int) -> Work[Outcome]:
    """Do a measurement; how far it is in its own units stands behind its name."""
    while True:
        try:
            part = next(step)
        except StopIteration as end:
            found: Outcome = end.value
            return found
        inside = f", {part.done:,} of {part.total:,} {part.what}" if part.total else ""
        yield Progress(f"measuring: {what}{inside}", number, count)
