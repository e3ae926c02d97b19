"""The contract of an experiment: what it measures on a set, what it needs for that, and how an evaluation runs it.

An experiment is an `Experiment` in the module `experiment` of its folder, and a line of `tracer.experiments.registry`. An
evaluation asks it for its plan on a labelled set. The plan is made of measurements. Each says which views of the photos it reads,
and does its work when it is given a `Context` and an encoder. What an evaluation embeds, runs, caches, lists as skipped and
merges with earlier results follows from that.
"""

from __future__ import annotations

import importlib
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.base.workers import Limits
from tracer.encoders.text import TextSide
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import Embedded, LabelledPhotos
from tracer.experiments.settings import Settings
from tracer.results.skips import Skip

if TYPE_CHECKING:
    from tracer.results.pages import Page

P = ParamSpec("P")


class Context(typing.Protocol):
    """An evaluation under way, as experiments see it.

    Attributes:
        labelled: the set. settings: what was asked for.
        run: the run folder. device: `cpu`, `cuda`.
        limits: what decoding a photo may cost.
        maps: files of maps that were written.
    """

    @property
    def labelled(self) -> LabelledSet: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def run(self) -> Path: ...
    @property
    def device(self) -> str: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def maps(self) -> list[Path]: ...

    def embeddings(self, encoder: str, processing: str = "IDENTITY", mask: float = 0.0) -> Embedded:
        """Embeddings of the set's photos, in ascending order of their ids: no figure depends on the order of files."""

    def text_side(self, encoder: str) -> TextSide:
        """The text side of an encoder, for measurements that ask for encoders with one."""

    def file_properties(self) -> Mapping[str, NDArray[Any]]:
        """File properties of the set's photos (`tracer.dataset.file_properties`), read once; each is (N,) strings."""

    def file_stem(self, encoder: str) -> str:
        """The encoder's name in names of files."""

    def cached(
        self, place: str, function: Callable[P, Work[Outcome]], *arguments: P.args, **named: P.kwargs
    ) -> Work[Outcome]:
        """Call the function and keep what it returns, or recall what it returned for equal arguments.

        The arguments are all that the outcome depends on. What it does not depend on (a device) is a field with
        `compare=False` of a dataclass among them, or bound to the function beforehand (`functools.partial`).

        Args:
            place: tells apart functions that take equal arguments.
        """

    def name_photos(self, outcome: Outcome, ids: NDArray[np.int64]) -> Outcome:
        """Take over an outcome's scores of single photos under the photos' ids; return the outcome."""


class Encoders(Enum):
    """Which encoders a measurement is done with."""

    NONE = "none"
    """It is about the set alone."""
    EVERY = "every"
    TRAINED = "trained"
    """All but the baselines."""
    ONE = "one"
    """The first that is not a baseline, or else the first."""

    def among(self, names: Sequence[str]) -> Sequence[str]:
        """Those of the names that are meant."""
        trained = [name for name in names if not name.startswith("baseline/")]
        return {
            Encoders.NONE: [],
            Encoders.EVERY: names,
            Encoders.TRAINED: trained,
            Encoders.ONE: (trained or list(names))[:1],
        }[self]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing that an experiment measures on a set.

    Attributes:
        experiment: the experiment's name.
        subject: what is measured, in words: `probe of Make`.
        measure: of (context, encoder); does it and returns what was found. Raises TooFew where there is too little for a figure.
        attribute: the label or the processings that it is about, if any.
        views: names of the views of the photos whose embeddings it reads.
        mask_ratio: share of the photos' area that is covered.
        encoders: those that it is done with.
        needs_text: whether only encoders with a text side can do it.
    """

    experiment: str
    subject: str
    measure: Callable[[Context, str], Work[Outcome]]
    attribute: str = ""
    views: tuple[str, ...] = ("IDENTITY",)
    mask_ratio: float = 0.0
    encoders: Encoders = Encoders.EVERY
    needs_text: bool = False

    def skip(self, encoder: str, reason: str) -> Skip:
        """What is listed where it cannot be done."""
        return Skip(self.subject, reason, (self.experiment,), self.attribute, encoder, self.mask_ratio)

    def name(self, encoder: str) -> str:
        """What a person is told while it is done."""
        return self.skip(encoder, "").what


@dataclass(frozen=True, slots=True)
class Planned:
    """What an experiment does on a set.

    Attributes:
        measurements: in the order in which they are done.
        skipped: what it cannot do there, or was not asked to.
    """

    measurements: tuple[Measurement, ...]
    skipped: tuple[Skip, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """What its measurements are about, each once."""
        return tuple(dict.fromkeys(one.attribute for one in self.measurements))


def no_lines(*_: object) -> dict[str, str]:
    """The protocol of an experiment that says nothing of how it was done."""
    return {}


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment.

    Attributes:
        name: in the column `experiment` of results.
        words: what it is called in messages.
        plan: what it measures on a set, and what it cannot.
        protocol: of (set, settings, the details in the results); lines for the report on how it was done, by their titles.
        page_in: the module that holds, as `PAGE`, what it tells the report. Without one the report shows its rows as those of
            any experiment.
    """

    name: str
    words: str
    plan: Callable[[LabelledSet, Settings], Planned]
    protocol: Callable[[LabelledSet, Settings, Sequence[Mapping[str, Any]]], dict[str, str]] = no_lines
    page_in: str = ""

    @property
    def page(self) -> Page | None:
        """What it tells the report, loaded when it is first asked for; None where it has no such module."""
        return importlib.import_module(self.page_in).PAGE if self.page_in else None


def source_of(context: Context, encoder: str, processings: Sequence[str] = (), mask: float = 0.0) -> Source:
    """What the rows of a measurement say of their embeddings."""
    return Source(context.labelled.name, encoder, ",".join(processings) or "IDENTITY", mask)


def labelled_photos(context: Context, found: Embedded, attribute: str, *, classes: bool = False) -> LabelledPhotos:
    """Embeddings with one label of their photos, and with the cameras where it goes with them.

    With `classes` also with what the photos show, where the set says so.
    """
    labelled, rows = context.labelled, found.rows
    shown = labelled.labels[SEMANTIC][rows] if classes and SEMANTIC in labelled.labels else None
    cameras = labelled.cameras[rows] if labelled.goes_with_camera(attribute) else None
    values, clusters = labelled.labels[attribute][rows], labelled.clusters[rows]
    scenes = None if labelled.scenes is None else labelled.scenes[rows]
    return LabelledPhotos(found.vectors, values, clusters, attribute, shown, cameras, scenes)
