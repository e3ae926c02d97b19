"""How a set is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.base.workers import Limits
from tracer.embeddings.batches import Resources
from tracer.experiments.settings import Settings
from tracer.images.guard import LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Settings):
    """How a set is evaluated: the settings of the experiments (where `experiments` is empty, all are run), and these.

    Attributes:
        encoders: names of encoders and of groups of them.
        device: a GPU where there is one, if None.
        limits: what decoding a photo may cost.
        command: as it was typed, for the report.
    """

    encoders: tuple[str, ...] = ("offline",)
    device: str | None = None
    limits: Limits = LIMITS
    command: str = ""

    @property
    def resources(self) -> Resources:
        """What embedding may use."""
        return Resources(device=self.device, limits=self.limits)
