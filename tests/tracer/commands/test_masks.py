"""`--mask` of whole evaluations: any shares, which the page draws as a curve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.small_sets import write_set
from tracer.commands.common import ratios_in
from tracer.errors import UsageError
from tracer.results.placing import MOST_LABELS, Steps
from tracer.results.runs import load_run


def test_shares_are_read_once_each() -> None:
    """Up to six decimals, as the folders of embeddings have them."""
    assert ratios_in("0, 0.9,0.90,0.95") == (0.0, 0.9, 0.95)
    assert ratios_in("0.12345678") == (0.123457,)


@pytest.mark.parametrize("text", ["", ",", "half", "1.2", "-0.1", "nan"])
def test_what_is_no_share_is_refused(text: str) -> None:
    """With an example, or the limits."""
    with pytest.raises(UsageError):
        ratios_in(text)


@pytest.mark.parametrize("count", [1, 3, 6, 7, 13, 40])
def test_an_axis_of_many_steps_keeps_its_labels_apart(count: int) -> None:
    """Each step has a tick, at most six have a text, and the first and the last are among them."""
    ticks = Steps(lambda r: r.mask_ratio, lambda r: "", {i / count: f"{i}" for i in range(count)}).ticks()
    assert len(ticks) == count and (ticks[0].label, ticks[-1].label) == ("0", f"{count - 1}")
    assert sum(bool(tick.label) for tick in ticks) <= MOST_LABELS
    assert count > MOST_LABELS or all(tick.label for tick in ticks)


@pytest.mark.slow
def test_an_evaluation_draws_the_curve_that_was_asked_for(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """Each share has its probes; the page shows them as steps of one axis, and the command that made them."""
    root = write_set(tmp_path / "set", scenes=14)
    words = ("--encoders", "baseline/colour", "--mask", "0,0.5,0.8,0.95", "--protocol", "fast", "--device", "cpu")
    code, _, err = run("evaluate", root, "-o", tmp_path / "run", *words, "--json")
    assert code == 0, err
    found = load_run(tmp_path / "run")
    probes = {row.mask_ratio for row in found.rows if row.experiment == "probe" and row.metric == "accuracy"}
    assert probes == {0.0, 0.5, 0.8, 0.95}
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    curve = page[page.index("With more and more of the photo hidden") :]
    for text in (">0<", ">50\u202f%<", ">80\u202f%<", ">95\u202f%<"):
        assert text in curve
    assert "--mask 0,0.5,0.8,0.95" in page
