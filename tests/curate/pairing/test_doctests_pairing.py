"""The examples in the docstrings of pairing give what they show."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "curate.pairing.assignment",
    "curate.pairing.candidates",
    "curate.pairing.clocks.kept",
    "curate.pairing.clocks.offsets",
    "curate.pairing.clocks.stretches",
    "curate.pairing.evidence",
    "curate.pairing.matching",
    "curate.pairing.photo",
    "curate.pairing.scenes",
    "curate.pairing.score.learning",
    "curate.pairing.score.model",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.attempted and not tried.failed
