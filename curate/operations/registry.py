"""All operations: a line for each module that holds some. Commands and palette derive from it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from curate.operation import Operation

MODULES = ("ingest", "pairs", "sets", "evaluating")
"""The modules of `curate.operations` that hold operations; commands and palette show them in this order."""


def operations() -> Iterator[type[Operation]]:
    """Yield all operations, in the order of the modules, as each defines them."""
    for name in MODULES:
        module = importlib.import_module(f"curate.operations.{name}")
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Operation) and one.__module__ == module.__name__:
                yield one


def offered() -> list[type[Operation]]:
    """Return the operations that the palette offers."""
    return [one for one in operations() if one.title]
