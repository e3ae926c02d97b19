"""Workspaces and terminals."""

from __future__ import annotations

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


@pytest.fixture(scope="session")
def virtual_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes, by three virtual phones and three other virtual cameras each."""
    folder = tmp_path_factory.mktemp("photos")
    finish(write_photos(folder, 2, 1, 2, CollectionOptions(per_side=3)))
    return folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, virtual_photos: Path) -> Path:
    """A workspace with these photos, and pairs that wait; not to be written to."""
    workspace = Workspace.create(tmp_path_factory.mktemp("small") / "w", settings_text=demo_settings(camera_types()))
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [virtual_photos], labels=virtual_photos / "labels.csv"))
        finish(pair_workspace(catalog))
    return workspace.root


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
