"""Reading photos in worker processes, so that a file that hangs, crashes or bombs costs its own row only.

The processes and their limits are `tracer.base.workers`; here a photo's path becomes a job, and what came of it a photo's facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.errors import CurateError, StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.previews import part_of
from curate.photos.reader.worker import decode_facts, encode_job
from tracer.base import workers as base
from tracer.base.errors import StorageError as BaseStorageError
from tracer.base.workers import Answer, Cause, Failure, Task, Workers, WorkersError

Job = tuple[Path, Path | None]
Row = tuple[int, PhotoFacts]

READER = "curate.photos.read:read_photo"

_STATUS = {Cause.TIME: Status.TIMEOUT, Cause.MEMORY: Status.TOO_LARGE, Cause.ERROR: Status.INVALID}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading may cost.

    Attributes:
        seconds: own time of the process that reads one file: processor time, and time that it waits for the disk; more gives
            status `timeout`. 0: no limit.
        memory: bytes for all workers together; a file that needs more, also when it is read alone, gets status `too_large`.
            0: half of the machine's memory, at most 6 GB, or 1 GB a worker where that is more.
        max_pixels: larger pictures are not decoded; status `too_large`. A decoded pixel takes 3 to 12 bytes.
    """

    seconds: float = 30.0
    memory: int = 0
    max_pixels: int = 300_000_000


class Readers:
    """Reading processes, kept from one list of files to the next. They end with the `with` block."""

    def __init__(self, workers: int, limits: Limits | None = None, reader: str = READER) -> None:
        """Args:
        workers: number of processes.
        limits: what reading may cost.
        reader: `module:function` that a worker calls with (path, preview, max_pixels).
        """
        limits = limits or Limits()
        task: Task[Job] = Task(
            maker="curate.photos.reader.worker:handler",
            arguments=(reader, str(limits.max_pixels)),
            encode=lambda job: encode_job(*job),
            abandoned=_remove_part,
        )
        self._workers = Workers(task, workers, base.Limits(limits.seconds, limits.memory))

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers now; what they were writing is removed."""
        self._workers.close()

    def read(self, jobs: Iterable[Job]) -> Iterator[Row]:
        """Yield (position in `jobs`, facts) as files are read; one list at a time.

        Args:
            jobs: (file, where to write its preview or None); pulled lazily.

        Raises:
            StorageError: a preview could not be written.
            CurateError: workers cannot be started.
        """
        results = self._workers.run(jobs)
        try:
            for number, found in results:
                yield number, _facts(found)
        except BaseStorageError as error:
            raise StorageError(error.what, error.why, error.way_out) from error
        except WorkersError as error:
            raise CurateError(error.what, error.why, error.way_out) from error
        finally:
            results.close()


def _facts(found: Answer | Failure) -> PhotoFacts:
    if isinstance(found, Answer):
        try:
            return decode_facts(found.value)
        except (ValueError, TypeError, KeyError):
            return PhotoFacts(Status.INVALID, "the process that read it answered nonsense")
    return PhotoFacts(_STATUS[found.cause], found.reason)


def _remove_part(job: Job) -> None:
    if job[1] is not None:
        part_of(job[1]).unlink(missing_ok=True)
