"""A small collection with look-alikes and wrong clocks, written and paired once for all tests of this room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pairing_scenes import OTHER, OTHER_TWO, PHONE, PHONE_TWO, Collection, write_collection

from curate.pairing.find import PairingResult, find_pairs
from tracer.base.progress import finish

CAMERAS = [
    replace(PHONE, clock=0.0),
    replace(PHONE_TWO, clock=35.0),
    replace(OTHER, clock=-5025.0),
    replace(OTHER_TWO, clock=30_000.0),
]


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Ten scenes, some the same place with things moved, by two phones and two other cameras."""
    return write_collection(tmp_path_factory.mktemp("scenes"), 10, CAMERAS, seed=3, look_alikes=0.3)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of one run share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def result(collection: Collection, cache: Path) -> PairingResult:
    """That collection, paired."""
    return finish(find_pairs(collection.photos, cache, workers=1))
