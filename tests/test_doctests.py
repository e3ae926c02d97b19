"""The examples in docstrings show what the functions return."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

PACKAGES = [
    "curate.cameras",
    "curate.errors",
    "curate.pairing",
    "curate.splits",
    "tracer.base",
    "tracer.dataset",
    "tracer.encoders",
    "tracer.experiments",
    "tracer.images",
    "tracer.stats",
]
"""Packages and modules whose examples are run; a package stands for all of its modules."""

MUST_HAVE = [
    "curate.cameras.brands",
    "curate.cameras.families",
    "curate.cameras.names",
    "curate.cameras.resolve",
    "curate.errors",
    "curate.splits.assign",
    "curate.splits.check",
    "curate.splits.choice",
    "curate.splits.groups",
    "curate.splits.make",
    "curate.pairing.assignment",
    "curate.pairing.candidates",
    "curate.pairing.clocks.workspace_offsets",
    "curate.pairing.clocks.stretches",
    "curate.pairing.evidence",
    "curate.pairing.matching",
    "curate.pairing.scenes",
    "curate.pairing.score.learning",
    "curate.pairing.score.model",
    "tracer.base.text",
    "tracer.dataset.labels",
    "tracer.images.crop",
    "tracer.images.masking",
    "tracer.images.processing",
    "tracer.images.views",
    "tracer.stats.association",
    "tracer.stats.bootstrap",
    "tracer.stats.chance",
    "tracer.stats.intervals",
    "tracer.stats.significance",
]
"""Modules whose public functions are explained by examples."""


def modules() -> Iterator[str]:
    """The names of all modules of the packages."""
    for name in PACKAGES:
        yield name
        for found in pkgutil.walk_packages(getattr(importlib.import_module(name), "__path__", ()), f"{name}."):
            yield found.name


@pytest.mark.parametrize("name", modules())
def test_examples(name: str) -> None:
    """Each example gives what it says."""
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
    assert result.attempted > 0 or name not in MUST_HAVE
