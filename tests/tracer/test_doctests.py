"""The examples in docstrings give what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tracer.base
import tracer.dataset
import tracer.encoders
import tracer.images
import tracer.stats

PACKAGES = (tracer.base, tracer.dataset, tracer.encoders, tracer.images, tracer.stats)
MODULES = [
    module.name for package in PACKAGES for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]

WITH_EXAMPLES = (
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
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.failed == 0
    assert tried.attempted or name not in WITH_EXAMPLES
