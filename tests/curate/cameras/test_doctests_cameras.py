"""The examples in the docstrings of cameras give what they show."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "curate.cameras.brands",
    "curate.cameras.families",
    "curate.cameras.names",
    "curate.cameras.resolve",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.attempted and not tried.failed
