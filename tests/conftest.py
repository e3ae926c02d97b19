"""What the tests share: real photos where there are some, workspaces filled with made-up ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.catalog.store import Catalog
from curate.workspace import Workspace


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real photos; tests that need it are skipped without it."""
    place = os.environ.get("LENSTRACE_CORPUS")
    if not place or not Path(place).is_dir():
        pytest.skip("LENSTRACE_CORPUS names no folder of real photos")
    return Path(place).absolute()


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Finds a system program; the test is skipped where it is not installed."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


def write_photo(
    path: Path,
    seed: int,
    make: str | None = "Canon",
    model: str | None = "Canon EOS 40D",
    taken: str = "2019:07:14 09:21:11",
) -> Path:
    """Write a small JPEG with camera EXIF; the same arguments give the same bytes."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    exif = Image.Exif()
    if make:
        exif[0x010F] = make
    if model:
        exif[0x0110] = model
    exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse.resize((160, 120), Image.Resampling.BICUBIC).save(path, "JPEG", quality=90, exif=exif)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def catalog(workspace: Workspace) -> Iterator[Catalog]:
    """Its catalogue, open for writing."""
    with workspace.writing("test"), Catalog.open(workspace) as opened:
        yield opened


TOGETHER = (
    "tests/curate/demo",
    "tests/curate/pairing",
    "tests/terminal/test_hostile_names.py",
    "tests/terminal",
    "tests/tracer/experiments/test_evaluate.py",
)
"""Places whose tests share a costly fixture, the first that fits: one process runs them all, so that it is made once."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a costly fixture in one process."""
    for item in items:
        place = next((place for place in TOGETHER if item.nodeid.startswith(place)), None)
        if place is not None:
            item.add_marker(pytest.mark.xdist_group(place))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many keys tests/terminal pressed in a real terminal."""
    told = [pair for report in terminalreporter.getreports("") for pair in getattr(report, "user_properties", ())]
    pressed = sum(int(value) for name, value in told if name == "keys pressed")
    if pressed:
        terminalreporter.write_line(f"keys pressed in a real terminal: {pressed:,}")
