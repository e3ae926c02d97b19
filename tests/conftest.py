"""What the tests share: real photos where there are some, workspaces filled with made-up ones."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

from curate.catalog.store import Catalog
from curate.workspace import Workspace

hypothesis.settings.register_profile("suite", max_examples=30, deadline=None, database=None)
hypothesis.settings.load_profile("suite")

IN_MEMORY = Path("/dev/shm")
"""A file system in memory, as Linux has it: nothing that the tests write there waits for a disk."""

ROOM = 4 << 30
"""Bytes that have to be free there: many times what the suite keeps at once."""


def pytest_configure() -> None:
    """Compute on one thread in each process, and let temporary folders lie in memory where there is room.

    xdist runs a process for each core, and threads that share a core wait for each other more than they compute. The programs
    write safely, that is to the disk at once, many times in a test.
    """
    sys.dont_write_bytecode = False  # or each of hundreds of processes compiles both programs anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for library in ("OMP", "OPENBLAS", "MKL"):  # what is imported and started from here on reads these
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    threadpool_limits(1)
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["TMPDIR"] = os.fspath(IN_MEMORY)
        tempfile.tempdir = None
    if "PYTEST_XDIST_WORKER" not in os.environ:  # one folder for all processes: no test touches a person's own key
        state = tempfile.mkdtemp(prefix="state-")
        os.environ["XDG_STATE_HOME"] = state
        atexit.register(shutil.rmtree, state, ignore_errors=True)


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


@pytest.fixture
def same_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder that lies at the same path for each test of a process."""
    folder = tmp_path_factory.getbasetemp() / "same-place"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def kept_places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `made_once` keeps what it copies."""
    return tmp_path_factory.mktemp("kept")


MadeOnce = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def made_once(same_place: Path, kept_places: Path) -> MadeOnce:
    """Fills `same_place`: the first test has it made, those after it get copies.

    A catalogue holds the full paths and the times of its photos, so a copy is a workspace only where the first one was made.
    """

    def fill(name: str, make: Callable[[], object]) -> None:
        kept = kept_places / name
        if kept.exists():
            shutil.copytree(kept, same_place, symlinks=True, dirs_exist_ok=True)
        else:
            make()
            shutil.copytree(same_place, kept, symlinks=True)

    return fill


TOGETHER = (
    "tests/curate/demo",
    "tests/curate/pairing",
    "tests/tracer/evaluation/test_evaluate.py",
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
