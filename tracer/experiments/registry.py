"""The experiments, in the order of the report's page. A new one is a folder with an `Experiment`, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracer.experiments.association.experiment import ASSOCIATION
from tracer.experiments.experiment import Experiment
from tracer.experiments.knn.experiment import KNN
from tracer.experiments.map.experiment import MAP
from tracer.experiments.mitigation.experiment import MITIGATION
from tracer.experiments.probe.experiment import PROBE
from tracer.experiments.retrieval.experiment import RETRIEVAL
from tracer.experiments.similarity.experiment import SIMILARITY
from tracer.experiments.zeroshot.experiment import ZEROSHOT

if TYPE_CHECKING:
    from tracer.results.pages import Page

EXPERIMENTS: Final[tuple[Experiment, ...]] = (
    PROBE, KNN, ZEROSHOT, RETRIEVAL, SIMILARITY, ASSOCIATION, MITIGATION, MAP,
)  # fmt: skip


def pages() -> dict[str, Page]:
    """What each experiment tells the report, by the experiment's name in results; those that tell nothing are left out."""
    return {one.name: page for one in EXPERIMENTS if (page := one.page) is not None}
