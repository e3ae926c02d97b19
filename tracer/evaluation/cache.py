"""Outcomes kept in the run folder, so that an interrupted evaluation goes on where it stopped.

One file an experiment and encoder (JSON, sealed against damage), below `<run>/kept/`. Its key covers everything that the
figures depend on: embeddings, labels, settings. A file with another key, or a damaged
one, is not used: its outcome is measured again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.base.files import read_sealed, write_sealed
from tracer.experiments.outcome import Outcome
from tracer.results import Row
from tracer.results.photo_scores import PerPhoto

_FORMAT = 7
"""Raised when the same input gives other figures than before."""


def key_of(*facts: Any) -> str:
    """A hash of settings (JSON values) and arrays (numbers, or strings and None)."""
    joined = hashlib.sha256(str(_FORMAT).encode())
    for fact in facts:
        joined.update(_bytes(fact) + b"\0")
    return joined.hexdigest()


def _bytes(fact: Any) -> bytes:
    if isinstance(fact, np.ndarray):
        return json.dumps(fact.tolist()).encode() if fact.dtype == object else fact.tobytes() + str(fact.shape).encode()
    return json.dumps(fact, sort_keys=True, ensure_ascii=True).encode()


def recall(path: Path, key: str) -> Outcome | None:
    """The kept outcome, or None where there is none with this key."""
    try:
        content = json.loads(read_sealed(path) or b"null")
        if content["key"] != key:
            return None
        rows = [Row(**row) for row in content["rows"]]
        per_photo = [PerPhoto(**entry) for entry in content["per_photo"]]
        return Outcome(rows, content["details"], content["warnings"], content["skipped"], per_photo)
    except (KeyError, TypeError):
        return None  # absent, damaged, or from another version: it is measured again


def keep(path: Path, key: str, outcome: Outcome) -> None:
    """Write an outcome, whole or not at all."""
    content = {"key": key, **asdict(outcome)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    write_sealed(path, text.encode(), durable=True)


def digest(array: NDArray[Any]) -> str:
    """A hash of an array's bytes."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
