"""The sections of the report by experiment."""

from __future__ import annotations

from tracer.results.pages import Page


def pages() -> dict[str, Page]:
    """Return what each experiment tells the report, by the experiment's name in the results."""
    from tracer.experiments.association.page import PAGE as ASSOCIATION
    from tracer.experiments.knn.page import PAGE as KNN
    from tracer.experiments.mitigation.page import PAGE as MITIGATION
    from tracer.experiments.probe.page import PAGE as PROBE
    from tracer.experiments.retrieval.page import PAGE as RETRIEVAL
    from tracer.experiments.similarity.page import PAGE as SIMILARITY

    return {
        "probe": PROBE,
        "knn": KNN,
        "retrieval": RETRIEVAL,
        "similarity": SIMILARITY,
        "mitigation": MITIGATION,
        "association": ASSOCIATION,
    }
