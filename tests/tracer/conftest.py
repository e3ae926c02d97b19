"""What tests of evaluations share."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write reports without their pictures, which take most of the time of a small evaluation; tests/tracer/report draws them."""
    monkeypatch.setattr("tracer.report.plots.write_plots", lambda run, folder: [])
