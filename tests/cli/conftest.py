"""Commands are tried in one place, since most of these tests begin with the same few workspaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.fake_flickr import FakeFlickr, Rates, Universe


@pytest.fixture
def tmp_path(same_place: Path) -> Path:
    """An empty folder, at the same path for each test, so that workspaces can be copied into it."""
    return same_place


@pytest.fixture
def flickr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeFlickr]:
    """A small Flickr that the environment points to; no key store and no file of a key are there."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with FakeFlickr(Universe(60, rates=Rates.none())) as server:
        server.point(monkeypatch)
        yield server
