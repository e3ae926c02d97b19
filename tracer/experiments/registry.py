"""The experiments, in the order of the report's page. A new one is a folder with an `Experiment`, and a line here."""

from __future__ import annotations

from typing import Final

from tracer.experiments.association.experiment import ASSOCIATION
from tracer.experiments.experiment import Experiment
from tracer.experiments.knn.experiment import KNN
from tracer.experiments.mitigation.experiment import MITIGATION
from tracer.experiments.probe.experiment import PROBE
from tracer.experiments.retrieval.experiment import RETRIEVAL
from tracer.experiments.similarity.experiment import SIMILARITY

EXPERIMENTS: Final[tuple[Experiment, ...]] = (PROBE, KNN, RETRIEVAL, SIMILARITY, ASSOCIATION, MITIGATION)
