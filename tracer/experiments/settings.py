"""What a person may choose of experiments. Importing it loads nothing heavy, so that commands can."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tracer.experiments.zeroshot.prompts import Prompts

MASKS: Final = (0.0, 0.90, 0.95)
SEED: Final = 42
SPLIT_FROM: Final = 5000
"""From so many photos on, a set's split file is used in place of cross-validation, which would take hours and say little more."""


class Protocol(StrEnum):
    """How a probe's learning rate and weight decay are found (`tracer.experiments.probe.protocols`)."""

    PAPER = "paper"
    BATCHED = "batched"
    HALVING = "halving"
    FAST = "fast"


class Ties(StrEnum):
    """Which class wins where several have equally many of the k nearest neighbours' votes.

    `nearest` the class of the nearest neighbour among them.
    `paper`   the class that torch's sort of the votes puts first, as in the published script. It does not ask for a stable sort,
              so the device and the release of torch decide: a stable one puts the class with the lowest code first.
    """

    NEAREST = "nearest"
    PAPER = "paper"


class Method(StrEnum):
    """How a map that takes a label out of embeddings is fitted (`tracer.experiments.mitigation.erasure`)."""

    LEACE = "leace"
    LAYER = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is measured, and how.

    Attributes:
        experiments: names of those to run.
        attributes: labels to probe, to compare photos by, and to take out, beside the main ones; `all` for each that the set
            has.
        masks: shares of the photo's area that are covered, for the probes.
        processings: to probe and to part neighbours by; each is one more pass through every encoder.
        protocol: of the probes.
        split_from: photos from which on a set's own split is used in place of cross-validation.
        k: neighbours that vote; by the size of the set where None.
        ties: which class wins in a tied vote of kNN by processing.
        draws: of the uniform setting, and of the training photos' processings.
        prompts: that stand for the classes in zero-shot classification.
        methods: of mitigation. save_maps: write the maps that mitigation fits, to apply them elsewhere.
        seed: of splits, draws and bootstraps.
    """

    experiments: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    masks: tuple[float, ...] = MASKS
    processings: tuple[str, ...] = ()
    protocol: Protocol = Protocol.BATCHED
    split_from: int = SPLIT_FROM
    k: int | None = None
    ties: Ties = Ties.NEAREST
    draws: int = 10
    prompts: Prompts = field(default_factory=Prompts)
    methods: tuple[Method, ...] = (Method.LEACE,)
    save_maps: bool = False
    seed: int = SEED

    @property
    def alone(self) -> bool:
        """Whether one experiment is run by its own command, which may take longer than a part of an evaluation."""
        return len(self.experiments) == 1
