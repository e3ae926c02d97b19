"""Workspaces and terminals."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from curate.catalog.pairs import decide_auto
from curate.catalog.store import Catalog
from curate.demo.collection import write_photos
from curate.demo.journey import ACCEPT_FROM, demo_settings
from curate.demo.plan import CollectionOptions
from curate.demo.simulator.cameras import camera_types
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.workspace import Workspace
from tests.helpers.large_catalog import build
from tests.terminal.real import Terminal
from tracer.base.progress import finish

Open = Callable[..., Terminal]

LARGE = 10_000
"""Photos of the large workspace."""


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program finds a key of Flickr, so that no key that is pressed here reaches it."""
    monkeypatch.delenv("FLICKR_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def terminal(program: Callable[[str], str], record_property: Callable[[str, object], None]) -> Iterator[Open]:
    """Opens programs in terminals: `terminal("-m", "curate", folder)`."""
    program("tmux")
    opened: list[Terminal] = []
    with tempfile.TemporaryDirectory(prefix="lt") as folder:  # the path of a socket may have a hundred characters

        def start(*words: str | Path, size: tuple[int, int] = (100, 30)) -> Terminal:
            place = Path(folder, str(len(opened)))
            place.mkdir()
            opened.append(Terminal(words, place, size))
            return opened[-1]

        yield start
        for one in opened:
            one.close()
    record_property("keys pressed", sum(one.pressed for one in opened))


MadeByOne = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_by_one(tmp_path_factory: pytest.TempPathFactory) -> MadeByOne:
    """Has the first process that needs a folder fill it; all processes of this run share it, and none writes to it later."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each of its processes has a folder in one that they share
        common = common.parent

    def made(name: str, fill: Callable[[Path], object]) -> Path:
        place, whole = common / name, common / f"{name}.whole"
        with (common / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(place, ignore_errors=True)  # what a process left that failed
                place.mkdir()
                fill(place)
                whole.touch()
        return place

    return made


@pytest.fixture(scope="session")
def virtual_photos(made_by_one: MadeByOne) -> Path:
    """Two scenes, by three virtual phones and three other virtual cameras each."""
    return made_by_one("photos", lambda place: finish(write_photos(place, 2, 1, 2, CollectionOptions(per_side=3))))


@pytest.fixture(scope="session")
def small(made_by_one: MadeByOne, virtual_photos: Path) -> Path:
    """A workspace with these photos, and pairs that wait; not to be written to."""

    def fill(place: Path) -> None:
        workspace = Workspace.create(place / "w", settings_text=demo_settings(camera_types()))
        with Catalog.open(workspace) as catalog:
            finish(ingest(catalog, [virtual_photos], labels=virtual_photos / "labels.csv"))
            finish(pair_workspace(catalog))

    return made_by_one("small", fill) / "w"


@pytest.fixture
def workspace_of(tmp_path: Path, small: Path) -> Callable[[str], Workspace]:
    """Makes a workspace of its own for a test: empty, small, as the demo leaves it, or large, of photos that are not there."""

    def make(kind: str) -> Workspace:
        place = tmp_path / "workspace"
        if kind == "empty":
            return Workspace.create(place, settings_text=demo_settings(camera_types()))
        if kind == "large":
            workspace = Workspace.create(place)
            with Catalog.open(workspace) as catalog:
                build(catalog, LARGE)
            return workspace
        shutil.copytree(small, place)
        workspace = Workspace.open(place)
        if kind == "demo":
            with Catalog.open(workspace) as catalog:
                decide_auto(catalog, ACCEPT_FROM)
        return workspace

    return make
