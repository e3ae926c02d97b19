"""Taking local photos in: walk, read what changed, label, keep.

Each batch of files is one transaction, so an interruption at any moment loses at most the batch in hand, and the next run
goes on from there.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from curate.catalog.store import Catalog, Known, chunks
from curate.errors import StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.guard import Limits, read_photos
from curate.progress import Progress, Work
from curate.sources.local import FoundFile, SkippedFile, walk
from curate.sources.sidecar import read_sidecar
from curate.text import clean_text

BATCH = 2000
"""Files that are looked up, read and written together."""

COMMIT_SECONDS = 2.0
"""Read photos are written at least this often."""

_READ_AGAIN = {Status.MISSING, Status.TIMEOUT, Status.DENIED}
"""An unchanged file is read again where this is how reading it ended: the cause may be gone."""


@dataclass
class IngestCounts:
    """What an ingest did. `unreadable` ones are among the first three."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    missing: int = 0
    unreadable: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, float]:
        """The counts under their fixed names."""
        return dict(asdict(self), seconds=round(self.seconds, 3))


@dataclass
class _Task:
    """One file of a batch, on its way into the catalogue."""

    found: FoundFile
    said: dict[str, str | None] = field(default_factory=dict)
    folder_label: str | None = None


def ingest(
    catalog: Catalog,
    paths: list[Path],
    *,
    jobs: int | None = None,
    label_from: Literal["folder"] | None = None,
    labels: Path | None = None,
) -> Work[IngestCounts]:
    """Take in the photos below some files and folders; only what changed since the last time is read.

    Args:
        catalog: to write to; the caller holds the workspace's lock.
        paths: files and folders, read only.
        jobs: worker processes; None for the workspace's setting.
        label_from: `folder` takes the name of a photo's own folder as its semantic label.
        labels: a sidecar CSV.

    Raises:
        SourceError: a path or the sidecar cannot be used. StorageError: the disk is full; what was committed is kept.
    """
    started = time.monotonic()
    settings = catalog.workspace.settings.ingest
    roots = [os.fsencode(os.path.abspath(path)) for path in paths]
    sidecar, unusable = read_sidecar(labels, roots) if labels else ({}, [])
    unused = set(sidecar)
    run = _Run(
        catalog,
        IngestCounts(),
        settings.jobs if jobs is None else jobs,
        Limits(seconds=settings.seconds, max_pixels=int(settings.megapixels * 1e6)),
    )
    seen = 0
    with catalog.transaction():
        _begin_scan(catalog)
    for batch in chunks(walk(roots), BATCH):
        tasks: list[_Task] = []
        with catalog.transaction():
            for entry in batch:
                if isinstance(entry, SkippedFile):
                    run.counts.skipped += 1
                    catalog.skip(entry.path, entry.reason)
                    continue
                folder = os.path.dirname(entry.path)
                tasks.append(
                    _Task(
                        entry,
                        sidecar.get(entry.path, {}),
                        os.fsdecode(os.path.basename(folder))
                        if label_from == "folder" and folder != entry.root
                        else None,
                    )
                )
                unused.discard(entry.path)
        for done in run.take_in(tasks):
            yield Progress("reading photos", seen + done)
        seen += len(tasks)
        yield Progress("reading photos", seen)
    with catalog.transaction():
        run.counts.missing = _mark_missing(catalog, roots)
        for path, reason in unusable:
            run.counts.skipped += 1
            catalog.skip(path, reason)
        for path in sorted(unused):
            run.counts.skipped += 1
            catalog.skip(path, "the sidecar names it, but no such photo was found")
        if run.counts.added or run.counts.updated or run.counts.missing:
            catalog.touch()
    run.counts.seconds = time.monotonic() - started
    return run.counts


@dataclass
class _Run:
    catalog: Catalog
    counts: IngestCounts
    jobs: int
    limits: Limits

    def take_in(self, tasks: list[_Task]) -> Iterator[int]:
        """Write a batch; yields how many of it are done, now and then."""
        catalog = self.catalog
        known = catalog.known([task.found.path for task in tasks])
        to_read: list[_Task] = []
        with catalog.transaction():
            catalog.connection.executemany(
                "INSERT OR IGNORE INTO scanned VALUES (?)", [(task.found.path,) for task in tasks]
            )
            for task in tasks:
                before = known.get(task.found.path)
                same = before and (before.size, before.mtime_ns) == (task.found.size, task.found.mtime_ns)
                if not before or not same or before.status in _READ_AGAIN:
                    to_read.append(task)
                elif self._says(before.id, task):
                    catalog.relabel(before.id)
                    self.counts.updated += 1
                    self.counts.unreadable += before.status is not Status.OK
                else:
                    self.counts.unchanged += 1
                    self.counts.unreadable += before.status is not Status.OK
        yield len(tasks) - len(to_read)
        if not to_read:
            return
        incoming = _incoming(catalog)
        jobs = [(Path(os.fsdecode(task.found.path)), incoming / f"{index}.jpg") for index, task in enumerate(to_read)]
        pending: list[tuple[int, PhotoFacts]] = []
        written, last = 0, time.monotonic()
        for result in read_photos(jobs, workers=self.jobs or os.cpu_count() or 1, limits=self.limits):
            pending.append(result)
            if time.monotonic() - last > COMMIT_SECONDS or len(pending) >= 200:
                self._write(to_read, pending, incoming, known)
                written, last = written + len(pending), time.monotonic()
                pending.clear()
                yield len(tasks) - len(to_read) + written
        self._write(to_read, pending, incoming, known)
        shutil.rmtree(incoming, ignore_errors=True)

    def _write(
        self, tasks: list[_Task], results: list[tuple[int, PhotoFacts]], incoming: Path, known: Mapping[bytes, Known]
    ) -> None:
        for index, facts in results:
            if facts.sha256:
                self._keep_preview(incoming / f"{index}.jpg", facts.sha256)
        with self.catalog.transaction():
            for index, facts in results:
                task = tasks[index]
                before = known.get(task.found.path)
                if before and facts.sha256 is None and facts.status in _READ_AGAIN:
                    # not reached this time: what was read before stands until it is
                    self.catalog.set_status(before.id, facts.status, facts.error)
                    photo = before.id
                    if self._says(photo, task):
                        self.catalog.relabel(photo)
                else:
                    photo = self.catalog.put_photo(task.found.path, facts, task.found.mtime_ns)
                    if self._says(photo, task):
                        self.catalog.relabel(photo, facts)
                    # the folder's size is what "unchanged" is judged by, also where the file itself could not be read
                    self.catalog.connection.execute("UPDATE photo SET size = ? WHERE id = ?", (task.found.size, photo))
                if before:
                    self.counts.updated += 1
                else:
                    self.counts.added += 1
                self.counts.unreadable += facts.status is not Status.OK

    def _says(self, photo: int, task: _Task) -> bool:
        news = bool(task.said) and self.catalog.say(photo, "sidecar", task.said)
        if task.folder_label:
            news = self.catalog.say(photo, "folder", {"semantic_label": clean_text(task.folder_label)}) or news
        return news

    def _keep_preview(self, made: Path, sha256: str) -> None:
        if not made.exists():
            return
        place = self.catalog.workspace.preview(sha256)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.replace(place)
        except OSError as error:
            raise StorageError(
                "a preview could not be kept",
                f"{place}: {error.strerror}",
                "Free some room on the disk and run the command again; what was done is kept.",
            ) from error


def _incoming(catalog: Catalog) -> Path:
    """A fresh folder for previews of photos whose sha256 is not known yet; one that a kill left behind is emptied."""
    folder = catalog.workspace.cache / "previews" / "incoming"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StorageError(
            "the cache cannot be written to",
            f"{folder}: {error.strerror}",
            "Free some room on the disk and run the command again.",
        ) from error
    return folder


def _begin_scan(catalog: Catalog) -> None:
    """Forget the skipped files of earlier runs, and start the list of the files that this one sees."""
    catalog.connection.execute("DELETE FROM skipped")
    catalog.connection.execute("CREATE TEMP TABLE IF NOT EXISTS scanned (path_bytes BLOB PRIMARY KEY) WITHOUT ROWID")
    catalog.connection.execute("DELETE FROM temp.scanned")


def _mark_missing(catalog: Catalog, roots: list[bytes]) -> int:
    """Mark the photos below the roots that are no longer there; their labels and decisions are kept."""
    gone = 0
    for root in roots:
        below = root.rstrip(b"/") + b"/"
        rows = catalog.connection.execute(
            "SELECT id FROM photo WHERE (path_bytes = ? OR substr(path_bytes, 1, ?) = ?) "
            "AND source = 'local' AND status != 'missing' AND path_bytes NOT IN (SELECT path_bytes FROM temp.scanned)",
            (root, len(below), below),
        ).fetchall()
        for row in rows:
            catalog.set_status(row["id"], Status.MISSING, "the file is no longer there")
        gone += len(rows)
    return gone
