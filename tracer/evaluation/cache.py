"""Outcomes kept in the run folder, so that an interrupted evaluation goes on where it stopped.

One file a measurement (JSON, sealed against damage), below `<run>/kept/`. Its key covers everything that the figures depend on:
embeddings, labels, settings. A file with another key, a damaged one, and one that another user's tracer wrote count as a cache
miss: the outcome is measured again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tracer.base.files import read_sealed, write_sealed
from tracer.base.keys import is_own, mark
from tracer.base.parsing import parse_json
from tracer.experiments.outcome import Outcome
from tracer.results import Row
from tracer.results.photo_scores import PhotoScores
from tracer.results.skips import Scope, Skip

_FORMAT = 20
"""Raised when the same input gives other figures than before, or another key."""

_MARK = 64
"""Bytes of the user's mark, which stand before the outcome."""


def key_of(*facts: Any) -> str:
    """A hash of JSON values, arrays (of numbers, or of strings and None), and lists, mappings and dataclasses of these.

    Of a dataclass the fields count that take part in comparisons, or what its method `facts` returns where it has one. The order
    of a mapping counts.
    """
    joined = hashlib.sha256(str(_FORMAT).encode())
    for fact in facts:
        _add(joined, fact)
    return joined.hexdigest()


def _add(joined: Any, fact: Any) -> None:
    """Add a fact to the hash; what it is stands before its content, so that no two facts look the same."""
    if isinstance(fact, np.ndarray):
        joined.update(f"array {fact.dtype} {fact.shape}\0".encode())
        text = fact.dtype == object
        joined.update(json.dumps(fact.tolist()).encode() if text else np.ascontiguousarray(fact).data)
    elif callable(getattr(fact, "facts", None)):
        _add(joined, fact.facts())
    elif dataclasses.is_dataclass(fact):
        _add(joined, {one.name: getattr(fact, one.name) for one in dataclasses.fields(fact) if one.compare})
    elif isinstance(fact, Mapping):
        _add(joined, [part for pair in fact.items() for part in pair])
    elif isinstance(fact, list | tuple):
        joined.update(f"list {len(fact)}\0".encode())
        for part in fact:
            _add(joined, part)
    else:
        joined.update(json.dumps(fact, ensure_ascii=True).encode() + b"\0")


def recall(path: Path, key: str) -> Outcome | None:
    """The kept outcome, or None where there is none with this key."""
    try:
        data = read_sealed(path) or b""
        text = data[_MARK:]
        if not is_own(text, data[:_MARK].decode()):
            return None
        content = parse_json(text)
        if content["key"] != key:
            return None
        rows = [Row(**row) for row in content["rows"]]
        skipped = [_skip(entry) for entry in content["skipped"]]
        per_photo = [PhotoScores(**entry) for entry in content["per_photo"]]
        return Outcome(rows, content["details"], content["warnings"], skipped, per_photo)
    except (KeyError, TypeError, ValueError):
        return None  # absent, damaged, or from another version: it is measured again


def _skip(entry: dict[str, Any]) -> Skip:
    return Skip(**{**entry, "experiments": tuple(entry["experiments"]), "scope": Scope(entry["scope"])})


def keep(path: Path, key: str, outcome: Outcome) -> None:
    """Write an outcome, whole or not at all."""
    content = {"key": key, **dataclasses.asdict(outcome)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    write_sealed(path, mark(text).encode() + text, durable=True)
