"""The examples in docstrings give what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tracer.base
import tracer.dataset
import tracer.images
import tracer.stats

MODULES = sorted(
    module.name
    for package in (tracer.base, tracer.dataset, tracer.images, tracer.stats)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))

    assert outcome.failed == 0


def test_public_functions_have_examples() -> None:
    """The finder reaches the functions: a decorator or a re-export would hide them."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [
        example
        for name in MODULES
        for found in finder.find(importlib.import_module(name))
        for example in found.examples
    ]

    assert len(examples) >= 30
