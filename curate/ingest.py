"""Ingests local photos: finds the files, reads those that changed, and writes them with their labels to the catalogue.

Results are committed in small batches, so an interruption loses at most the batch being read; the next run continues from
there.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curate.cameras.resolve import resolve
from curate.catalog.folders import begin_skipped, device_of, local_photos_below, remember_device, skip
from curate.catalog.forgotten import forgotten_paths, no_longer_forgotten, take_in_again
from curate.catalog.photos import (
    NO_LONGER_THERE,
    Known,
    Origin,
    facts_of,
    has_labels,
    known_files,
    put_photo,
    relabel,
    say,
    set_status,
    unsay,
)
from curate.catalog.relocating import follow_content
from curate.catalog.store import Catalog
from curate.errors import StorageError
from curate.photos.facts import READER, PhotoFacts, Status
from curate.photos.previews import is_whole, keep_preview
from curate.photos.reader.guard import Limits, Readers
from curate.sources.counts import IngestCounts as IngestCounts
from curate.sources.local import FoundFile, LocalSource, SkippedFile, Statements, read_ahead, walk
from curate.sources.made import upwards
from curate.sources.sidecar import UNMATCHED, Sidecar, read_sidecar
from tracer.base.machine import cores
from tracer.base.progress import Progress, Work
from tracer.base.text import clean_text, counted, printable_path

BATCH = 2000
"""Number of files that are looked up and read together."""

COMMIT_SECONDS = 2.0
"""Longest time, in seconds, before photos that were read are committed."""

_READ_AGAIN = {Status.MISSING, Status.TIMEOUT, Status.DENIED}
"""An unchanged file with one of these statuses is read again, because the cause may be gone."""


@dataclass
class _Task:
    """One file of a batch.

    Attributes:
        found: the file.
        stated: what its source states about it.
    """

    found: FoundFile
    stated: Statements


def ingest(
    catalog: Catalog,
    paths: list[Path],
    *,
    jobs: int | None = None,
    label_from: Literal["folder"] | None = None,
    labels: Path | None = None,
) -> Work[IngestCounts]:
    """Ingest photos; only files that are new, changed, or last read by another version of the reader are read.

    Args:
        catalog: the catalogue to write to; the caller holds the workspace's lock.
        paths: files and folders; they are only read.
        jobs: the number of worker processes; None for the workspace's setting.
        label_from: `folder` takes the name of the folder that holds a photo as its semantic label.
        labels: a sidecar CSV.

    Raises:
        SourceError, UsageError: a path or the sidecar cannot be used.
        StorageError: the disk is full; what was committed is kept.
    """
    spelled = catalog.places.spelled
    roots = [spelled(os.fsencode(os.path.abspath(path))) for path in paths]
    labels = labels and Path(os.fsdecode(spelled(os.fsencode(os.path.abspath(labels)))))
    sidecar = read_sidecar(labels, roots) if labels else Sidecar()
    unused = set(sidecar.said)
    own = os.fsencode(labels) if labels else None

    def describe(found: FoundFile) -> Statements:
        unused.discard(found.path)
        folder = {"semantic_label": _folder_label(found)} if label_from == "folder" else {}
        return Statements(sidecar.said.get(found.path, {}), folder)

    found = walk(roots, forgotten_paths(catalog))
    # the sidecar is not a skipped file
    others = (entry for entry in found if not isinstance(entry, SkippedFile) or entry.path != own)
    counts = yield from ingest_source(catalog, LocalSource(roots, others, describe), jobs=jobs)
    with catalog.transaction():
        for path, reason in (dict(sidecar.unusable) | dict.fromkeys(sorted(unused), UNMATCHED)).items():
            counts.skipped += 1
            skip(catalog, path, reason)
    counts.remarks = [*sidecar.remarks, *sidecar.remarks_on_rows(len(unused)), *counts.remarks]
    return counts


def ingest_source(catalog: Catalog, source: LocalSource, *, jobs: int | None = None) -> Work[IngestCounts]:
    """Ingest the photos that a source finds, with what it states about them. Arguments and errors are those of `ingest`."""
    started = time.monotonic()
    settings = catalog.workspace.settings.ingest
    workers = settings.jobs if jobs is None else jobs
    limits = Limits(settings.seconds, int(settings.memory * 2**30), int(settings.megapixels * 1e6))
    done = 0
    with Readers(workers or cores(), limits) as readers, contextlib.closing(_Run(catalog, readers)) as run:
        begin_skipped(catalog)
        run.look_at(source.roots)
        yield Progress("looking for photos", 0)
        for batch, total in read_ahead(source.found, BATCH):
            tasks: list[_Task] = []
            for entry in batch:
                stated = source.describe(entry) if isinstance(entry, FoundFile) else None
                if isinstance(entry, FoundFile) and isinstance(stated, Statements):
                    tasks.append(_Task(entry, stated))
                elif isinstance(entry, FoundFile):  # what an earlier ingest knows of it is kept
                    run.skip(SkippedFile(entry.path, str(stated), hidden=True))
                else:
                    run.skip(entry)
            for part in run.take_in(tasks):
                yield Progress("reading photos", done + part, total)
            done += len(tasks)
            yield Progress("reading photos", done, total)
    with catalog.transaction():
        no_longer_forgotten(catalog, source.roots)
        for root in source.roots:
            run.counts.missing += run.mark_missing(root)
        run.keep_skipped()
        if run.news or run.counts.missing:
            catalog.touch()
    run.counts.remarks += run.remarks()
    run.counts.seconds = time.monotonic() - started
    return run.counts


class _Seen:
    """A set of photos' row IDs as a bit array, so that a million photos take 125 kB."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, photo: int) -> None:
        """Add a photo."""
        if len(self._bits) <= photo >> 3:
            self._bits.extend(bytes(max(4096, (photo >> 3) + 1 - len(self._bits))))
        self._bits[photo >> 3] |= 1 << (photo & 7)

    def __contains__(self, photo: int) -> bool:
        return photo >> 3 < len(self._bits) and bool(self._bits[photo >> 3] >> (photo & 7) & 1)


class _Run:
    """The state of one ingest."""

    def __init__(self, catalog: Catalog, readers: Readers) -> None:
        self.catalog, self.readers = catalog, readers
        self.counts = IngestCounts()
        self.news = False  # whether anything but the times of files changed
        self._renamed, self._replaced = 0, list[bytes]()
        self._roots: list[bytes] = []
        self._seen = _Seen()
        self._skipped: list[SkippedFile] = []
        self._hidden: dict[bytes, str] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._asked: dict[tuple[str | None, str | None], Future[Any]] = {}
        self._asking = ThreadPoolExecutor(1)

    def look_at(self, roots: list[bytes]) -> None:
        """Note the given files and folders, except empty ones whose disk is not mounted; these are listed as skipped."""
        for root in roots:
            if self._is_unmounted(root):
                self.skip(SkippedFile(root, "the folder is empty, and its disk is not mounted", hidden=True))
            else:
                self._roots.append(self.catalog.places.stored(root))

    def remarks(self) -> list[str]:
        """Return sentences about files that were renamed, and about those that were replaced."""
        said = []
        if self._renamed:
            said.append(f"{counted(self._renamed, 'file')} renamed or moved; labels and pairs followed the content")
        if self._replaced:
            files, named = counted(len(self._replaced), "file"), map(printable_path, self._replaced[:3])
            said.append(f"{files} changed; labels by a person stay with the path, check them: {', '.join(named)}")
        return said

    def close(self) -> None:
        """Stop the thread and remove the temporary folder."""
        self._asking.shutdown(cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()

    def _incoming(self) -> Path:
        """Return this run's own folder for previews of photos whose sha256 is not known yet."""
        if self._folder is None:
            try:
                self._folder = self.catalog.workspace.incoming()
            except OSError as error:
                raise StorageError(
                    "the cache cannot be written to",
                    f"{self.catalog.workspace.cache / 'previews'}: {error.strerror}",
                    "Free some space on the disk and run the command again.",
                ) from error
        return Path(self._folder.name)

    def skip(self, entry: SkippedFile) -> None:
        """Count and remember a file or folder that is not ingested."""
        self.counts.skipped += 1
        if entry.hidden:
            self._hidden[self.catalog.places.spelled(entry.path)] = entry.reason
        self._skipped.append(entry)

    def keep_skipped(self) -> None:
        """Write the remembered skipped files to the catalogue."""
        for entry in self._skipped:
            skip(self.catalog, entry.path, entry.reason)
        self._skipped.clear()

    def take_in(self, tasks: list[_Task]) -> Iterator[int]:
        """Read and write a batch; yield from time to time how many of its files are done."""
        catalog = self.catalog
        known = known_files(catalog, [task.found.path for task in tasks])
        to_read: list[_Task] = []
        with catalog.transaction():
            self.keep_skipped()
            for task in tasks:
                before = known.get(task.found.path)
                if (
                    before is None
                    or before.changed(task.found.size, task.found.mtime_ns)
                    or before.reader != READER
                    or before.status in _READ_AGAIN
                    or self._lost_its_preview(before)
                ):
                    to_read.append(task)
                    continue
                self._seen.add(before.id)
                self.counts.unreadable += before.status is not Status.OK
                if task.stated and self._says(before.id, task.stated):
                    self.news = True
                    relabel(catalog, before.id)
                    self.counts.updated += 1
                else:
                    self.counts.unchanged += 1
        yield len(tasks) - len(to_read)
        if not to_read:
            return
        incoming = self._incoming()
        jobs = ((Path(os.fsdecode(task.found.path)), incoming / f"{index}.jpg") for index, task in enumerate(to_read))
        pending: list[tuple[int, PhotoFacts]] = []
        written, last = 0, time.monotonic()
        for result in self.readers.read(jobs):
            pending.append(result)
            self._ask_ahead(result[1])
            if time.monotonic() - last > COMMIT_SECONDS or len(pending) >= 200:
                self._write(to_read, pending, incoming, known)
                written, last = written + len(pending), time.monotonic()
                pending.clear()
                yield len(tasks) - len(to_read) + written
        self._write(to_read, pending, incoming, known)

    def _ask_ahead(self, facts: PhotoFacts) -> None:
        """Resolve the type of a camera that is new to this run in a thread, while the worker processes continue reading.

        The rules cache their answers. For the first phone they load tables for about a second, and the worker processes
        would be idle during that time.
        """
        camera = (facts.exif.make, facts.exif.model)
        if camera not in self._asked:
            self._asked[camera] = self._asking.submit(resolve, *camera)

    def _write(
        self, tasks: list[_Task], results: list[tuple[int, PhotoFacts]], incoming: Path, known: Mapping[bytes, Known]
    ) -> None:
        wait(self._asked.values())  # resolving here as well would load the tables twice
        for index, facts in results:
            if facts.sha256:
                keep_preview(incoming / f"{index}.jpg", self.catalog.workspace.preview(facts.sha256))
        with self.catalog.transaction():
            for index, facts in results:
                task, renamed = tasks[index], False
                before = known.get(task.found.path)
                if before and facts.sha256 is None and facts.status in _READ_AGAIN:
                    # the file could not be read this time: earlier data stays valid until it can
                    set_status(self.catalog, before.id, facts.status, facts.error)
                    photo, self.news = before.id, True
                    if self._says(photo, task.stated):
                        relabel(self.catalog, photo)
                else:
                    photo, renamed = self._put(task, facts)
                self._seen.add(photo)
                if before is None and not renamed:
                    self.counts.added += 1
                elif before is not None and _only_the_preview_was_lost(before, task.found, facts):
                    self.counts.unchanged += 1
                else:
                    self.counts.updated += 1
                self.counts.unreadable += facts.status is not Status.OK

    def _put(self, task: _Task, facts: PhotoFacts) -> tuple[int, bool]:
        """Store a file that was read; returns the row ID of its photo, and whether that had another path before."""
        found, catalog = task.found, self.catalog
        before = known_files(catalog, [found.path]).get(found.path)  # as it is now: another file may have been here
        earlier = None if before is None else facts_of(catalog, before.id)
        replaced = earlier is not None and earlier.sha256 not in (None, facts.sha256)
        renamed = (before is None or replaced) and follow_content(catalog, found.path, facts.sha256, self._roots)
        if before is None and not renamed:
            take_in_again(catalog, found.path)
        elif before is not None and replaced and not renamed and has_labels(catalog, before.id):
            self._replaced.append(found.path)
        # the size from the folder's listing decides "unchanged", even if the file itself could not be read
        photo = put_photo(catalog, found.path, facts, found.mtime_ns, found.size)
        self._renamed += renamed
        self.news = self.news or facts != earlier or (before is not None and before.status is not facts.status)
        if self._says(photo, task.stated, facts):
            self.news = True
            relabel(catalog, photo, facts)
        return photo, renamed

    def _says(self, photo: int, stated: Statements, facts: PhotoFacts | None = None) -> bool:
        """Save what the source states about a photo, and withdraw what it no longer states; return whether anything changed."""
        folder = dict(stated.folder)
        if stated.nameless:  # the file's own names count more
            named = (facts or facts_of(self.catalog, photo)).exif.model is not None
            folder |= {key: None if named else value for key, value in stated.nameless.items()}
        news = False
        by_origin: tuple[tuple[Origin, Mapping[str, str | None]], ...] = (("sidecar", stated.said), ("folder", folder))
        for origin, labels in by_origin:
            given = {key: value for key, value in labels.items() if value is not None}
            if given:
                news = say(self.catalog, photo, origin, given) or news
            for key in labels.keys() - given.keys():
                news = unsay(self.catalog, photo, origin, key) or news
        return news

    def mark_missing(self, root: bytes) -> int:
        """Mark the photos below a root whose files no longer exist, and return how many. Their labels and decisions are kept.

        Photos below a folder that cannot be read, or on a disk that is not mounted (the root is then an empty folder on
        another disk), keep their status; the folder is listed as skipped, with the number of its photos.
        """
        unseen = dict.fromkeys(self._hidden, 0)
        gone = []
        for photo, path in local_photos_below(self.catalog, root):
            if photo in self._seen:
                continue
            folder = next((folder for folder, _ in upwards(path) if folder in self._hidden), None)
            if folder is None:
                gone.append(photo)
            else:
                unseen[folder] += 1
        for folder, count in unseen.items():
            if count:
                reason = f"{self._hidden[folder]}; {counted(count, 'photo')} in it; what was known of them is kept"
                self._skipped.append(SkippedFile(folder, reason))
        for photo in gone:
            set_status(self.catalog, photo, Status.MISSING, NO_LONGER_THERE)
        return len(gone)

    def _is_unmounted(self, root: bytes) -> bool:
        """Whether a folder is empty and on another disk than last time, as the mount point of an unmounted disk is."""
        try:
            device, empty = os.stat(root).st_dev, not os.listdir(root)
        except OSError:  # not a folder, or no longer there
            return False
        if empty and device_of(self.catalog, root) not in (None, device):
            return True
        remember_device(self.catalog, root, device)
        return False

    def _lost_its_preview(self, known: Known) -> bool:
        return known.pictured is not None and not is_whole(self.catalog.workspace.preview(known.pictured))


def _only_the_preview_was_lost(before: Known, found: FoundFile, facts: PhotoFacts) -> bool:
    """Whether a file was read again only because its preview was lost, and its content is the same."""
    same = not before.changed(found.size, found.mtime_ns) and before.reader == READER and before.status is facts.status
    return same and before.pictured is not None and facts.sha256 == before.pictured


def _folder_label(found: FoundFile) -> str | None:
    folder = os.path.dirname(found.path)
    return None if folder == found.root else clean_text(os.fsdecode(os.path.basename(folder)))
