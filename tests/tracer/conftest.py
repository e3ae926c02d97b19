"""What tests of tracer share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tracer import cli


@pytest.fixture(autouse=True)
def no_plots(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write reports without their pictures, which take most of the time of a small evaluation.

    Tests with the marker `plots` draw them.
    """
    if request.node.get_closest_marker("plots") is None:
        monkeypatch.setattr("tracer.report.plots.write_plots", lambda run, folder: [])


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command of tracer: exit code, stdout, stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        code = cli.run_cli([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
