"""The examples in docstrings give what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import curate.splits

WITH_EXAMPLES = (
    "curate.errors",
    *(f"curate.splits.{name}" for name in ("assign", "check", "choice", "groups", "make")),
)
SPLITS = [module.name for module in pkgutil.walk_packages(curate.splits.__path__, "curate.splits.")]


@pytest.mark.parametrize("name", ["curate.errors", *SPLITS])
def test_examples(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.failed == 0
    assert tried.attempted or name not in WITH_EXAMPLES
