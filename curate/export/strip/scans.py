"""Bytes hidden inside picture data: behind a JPEG's scan or in front of its restart markers, behind a WebP's bitstream.

Where coded data end only a decoder knows. libjpeg, which OpenCV decodes with, reports on stderr how many bytes were left
over before a marker. libwebp reports nothing, but a picture that decodes to the same pixels without its last bytes did
not need them. Decoding is done in a process of its own, with its stderr in a file, so that a hostile picture can crash
no more than that process.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from curate.containers.stream import DamagedFile
from curate.errors import CurateError
from curate.export.strip import CannotClean, webp
from tracer.base.text import counted
from tracer.base.worker import Handler, Reply
from tracer.base.workers import Answer, Limits, Task, Workers, WorkersError

SECONDS = 60.0
"""The longest that decoding one picture may take."""

_CUT = 8
"""Bytes that are taken off a WebP's bitstream. Its arithmetic coder may end with two that decide nothing."""

_LEFT_OVER = re.compile(rb"Corrupt JPEG data: ([0-9]+) extraneous bytes before marker")
_UNCHECKED = "picture data that could not be checked for hidden bytes"


class ScanReader:
    """Decodes JPEGs and WebPs in a process of its own; made by `scan_reader`."""

    def __init__(self, workers: Workers[Path]) -> None:
        self._workers = workers

    def hidden(self, path: Path) -> str | None:
        """Return what a JPEG's or WebP's picture data hold besides the picture, as a phrase; None where there is nothing.

        Raises:
            CurateError: the process cannot be started.
        """
        try:
            [(_, found)] = self._workers.run([path])
        except WorkersError as error:
            raise CurateError(error.what, error.why, error.way_out) from error
        left_over = found.value if isinstance(found, Answer) else None
        if type(left_over) is not int or left_over < 0:
            return _UNCHECKED
        if left_over == 0:
            return None
        return f"at least {counted(left_over, 'byte')} inside the picture data that no picture needs"


@contextmanager
def scan_reader(seconds: float = SECONDS) -> Iterator[ScanReader]:
    """Yield a reader whose process is started by the first picture, and ends with the `with` block.

    Args:
        seconds: the longest that decoding one picture may take.
    """
    task: Task[Path] = Task("curate.export.strip.scans:handler", (), encode=lambda path: os.fsencode(path).hex())
    with Workers(task, 1, Limits(seconds)) as workers:
        yield ScanReader(workers)


def handler() -> Handler:
    """Return what answers the path of a picture with how many bytes were left over in its data.

    The answer is -1 where that is not known: the picture cannot be decoded, or something else is wrong with it.
    """
    chatter = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
    os.dup2(chatter.fileno(), 2)

    def serve(job: Any) -> Reply:
        chatter.seek(0)
        chatter.truncate()
        return Reply(_left_over(Path(os.fsdecode(bytes.fromhex(job))), chatter))

    return serve


def _left_over(path: Path, chatter: IO[bytes]) -> int:
    try:
        data = path.read_bytes()
        if data.startswith(b"RIFF"):
            return _left_over_in_webp(data)
    except (OSError, CannotClean, DamagedFile):
        return -1
    decoded = _decoded(data, reduced=True) is not None  # all coded data are read even so
    chatter.seek(0)
    said = chatter.read()
    warned = _LEFT_OVER.search(said)  # libjpeg prints its first warning alone
    if warned:
        return int(warned[1])
    return 0 if decoded and not said else -1


def _left_over_in_webp(data: bytes) -> int:
    """Decode a WebP as it is and without its last bytes: a bitstream that needs them cannot be decoded, or is another picture."""
    import numpy as np

    for stream, cut in zip(webp.bitstreams(data), webp.bitstreams(data, _CUT), strict=True):
        whole, shorter = _decoded(stream), _decoded(cut)
        if whole is None:
            return -1
        if shorter is not None and np.array_equal(whole, shorter):
            return _CUT
    return 0


def _decoded(data: bytes, reduced: bool = False) -> Any:
    """Return a picture's pixels; None where it cannot be decoded. `reduced`: as small as the decoder can."""
    import cv2
    import numpy as np

    try:
        how = cv2.IMREAD_REDUCED_GRAYSCALE_8 if reduced else cv2.IMREAD_UNCHANGED
        return cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error:
        return None
