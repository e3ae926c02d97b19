"""What a reading process does: jobs and facts as JSON has them, and the handler that `tracer.base.worker` serves."""

from __future__ import annotations

import base64
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate.containers.sniff import Format
from curate.photos.facts import NEEDS_MEMORY, Exif, PhotoFacts, Status, TakenPrecision
from tracer.base.worker import Handler, Reply, memory_left

ReadPhoto = Callable[[Path, Path | None, int], PhotoFacts]

_BYTES_A_PIXEL = 16
"""What decoding may take of memory. Not every decoder says that it lacked memory, some say that the file is damaged."""


def encode_job(path: Path, preview: Path | None) -> list[str | None]:
    """Return a job as JSON has it; paths are bytes, for names that are not UTF-8."""
    return [_packed(path), None if preview is None else _packed(preview)]


def decode_job(job: Any) -> tuple[Path, Path | None]:
    """Return what `encode_job` was given."""
    path, preview = job
    return _unpacked(path), None if preview is None else _unpacked(preview)


def decode_facts(answer: Any) -> PhotoFacts:
    """Return facts from what `PhotoFacts.as_json` gave. Raises what a wrong form gives."""
    exif = {**answer["exif"]}
    exif["taken_precision"] = TakenPrecision(exif["taken_precision"])
    exif["readers"], exif["disagreements"] = tuple(exif["readers"]), tuple(exif["disagreements"])
    return PhotoFacts(**{**answer, "status": Status(answer["status"]), "exif": Exif(**exif)})


def handler(reader: str, max_pixels: str) -> Handler:
    """Return what serves reading jobs.

    Args:
        reader: `module:function`, called with (path, preview, max_pixels).
        max_pixels: a number, as text.
    """
    module, _, function = reader.partition(":")
    read: ReadPhoto = getattr(importlib.import_module(module), function)
    limit = int(max_pixels)

    def serve(job: Any) -> Reply:
        facts = read(*decode_job(job), limit)
        return Reply(facts.as_json(), short_of_memory=_lacked_memory(facts))

    return serve


def _lacked_memory(facts: PhotoFacts) -> bool:
    """Whether reading may go further with more memory."""
    if facts.status in (Status.INVALID, Status.TRUNCATED):
        unknown = (
            facts.format == Format.WEBP and not facts.width
        )  # its decoder takes the memory before it tells the size
        return unknown or (facts.width or 0) * (facts.height or 0) * _BYTES_A_PIXEL > memory_left()
    return facts.status is Status.TOO_LARGE and facts.error == NEEDS_MEMORY


def _packed(path: Path) -> str:
    return base64.b64encode(os.fsencode(path)).decode("ascii")


def _unpacked(text: str) -> Path:
    return Path(os.fsdecode(base64.b64decode(text)))
