"""Sentences on where intervals lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers.report_runs import rate
from tracer.results import Row, words
from tracer.results.verdicts import standing


def difference(value: float, low: float, high: float) -> Row:
    """A row of a difference."""
    made = rate(
        0.03,
        100,
        encoder="some",
        experiment="knn",
        attribute="Make",
        setting="unseen-cameras",
        metric="spd_a",
        chance=0.0,
    )
    return replace(made, ci_low=low, ci_high=high)


def test_a_bound_next_to_none_is_not_called_above_it() -> None:
    """Where a table would write 0.0, the sentence says what the test says, and that the size may be near 0."""
    said = standing([difference(0.029, 0.000029, 0.06)], 0.0, "no difference")
    assert said == "The test tells the figure from no difference, but its size may be near 0."
    assert "lies above no difference" in standing([difference(0.029, 0.01, 0.06)], 0.0, "no difference")
    both = standing([difference(0.029, 0.000029, 0.06), difference(0.029, 0.01, 0.06)], 0.0, "no difference")
    assert both == "Every interval lies above no difference, but 1 of 2 reach nearly down to it."


@pytest.mark.parametrize(
    ("low", "high", "decimals", "said"),
    [(0.000029, 0.06, 1, "[0.003–6.0]"), (0.0, 0.06, 1, "[0.0–6.0]"), (-0.0003, 0.06, 1, "[−0.03 to 6.0]"),
     (0.003, 0.22, 0, "[0–22]"), (1e-9, 0.06, 1, "[0.0–6.0]"), (0.0005, 0.06, 1, "[0.1–6.0]")],
)  # fmt: skip
def test_a_bound_that_is_not_zero_is_not_written_as_zero(low: float, high: float, decimals: int, said: str) -> None:
    """It has as many decimals as that takes, unless whole percent are asked for, or it is rounding."""
    assert words.interval(low, high, decimals) == said
