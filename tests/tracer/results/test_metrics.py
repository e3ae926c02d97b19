"""The table of metrics."""

from __future__ import annotations

from typing import get_args

from tracer.results import Metric
from tracer.results.metrics import METRICS, SECOND_RANK, SIGNED, Unit, facts, metric_words


def test_every_metric_of_the_results_has_its_facts() -> None:
    """The table holds each metric that a row may name, and beside them only the signed difference of the page."""
    assert list(METRICS) == [*get_args(Metric)[:-1], SIGNED, get_args(Metric)[-1]]
    assert {facts.words for facts in METRICS.values()} >= {"mAP", "SPDₐ", "Cramér's V"}


def test_differences_and_sizes() -> None:
    """SPD is the size of a difference; the signed one is a difference and not a size."""
    assert [name for name, one in METRICS.items() if one.is_difference] == ["spd_p", "spd_a", SIGNED]
    assert [name for name, one in METRICS.items() if one.is_size] == ["spd_p", "spd_a"]


def test_second_rank() -> None:
    """What stands beside the metric that the text speaks of."""
    assert set(SECOND_RANK) == {"balanced_accuracy", "recall@5", "map"}


def test_an_unknown_metric_is_a_share_called_by_its_name() -> None:
    """Results of another version are shown all the same."""
    assert metric_words("novelty") == "novelty"
    assert facts("novelty").unit is Unit.SHARE
    assert not facts("novelty").is_difference
