"""All operations: a line for each module that holds some. Commands and palette derive from it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType

from curate.operation import Operation

MODULES = ("ingest", "imports", "pairs", "decisions", "flickr", "sets", "evaluating")
"""The modules of `curate.operations` that hold operations; the palette shows them in this order."""


def operations_in(module: ModuleType) -> Iterator[type[Operation]]:
    """Yield the operations of a module, in the order in which it defines them."""
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, Operation) and one.__module__ == module.__name__ and one.words:
            yield one


def operations() -> Iterator[type[Operation]]:
    """Yield all operations."""
    for name in MODULES:
        yield from operations_in(importlib.import_module(f"curate.operations.{name}"))


def offered() -> list[type[Operation]]:
    """Return the operations that the palette offers."""
    return [one for one in operations() if one.title]


def operation_named(words: str) -> type[Operation]:
    """Return the operation of a command, given its words with spaces between them."""
    return next(one for one in operations() if " ".join(one.words) == words)
