"""When Python looks for unused objects: not while modules of the app are loaded, and seldom while it draws."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Load modules without looking for unused objects, and leave theirs out when Python looks for some later.

    Modules are hardly ever unused, but Python's collector goes through all of their objects again and again: first while they
    are loaded, and then whenever it collects everything, while the app waits.
    """
    collects, before = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
        if len(sys.modules) > before:
            gc.freeze()
    finally:
        if collects:
            gc.enable()


def collect_seldom() -> None:
    """Look for unused objects less often than Python usually does.

    A paint makes thousands of objects, most of which are freed without a search. The usual limits let a key wait for a search
    through all objects every few paints.
    """
    gc.set_threshold(5_000, 20, 20)
