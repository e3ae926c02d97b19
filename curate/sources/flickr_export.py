"""Imports a Flickr account's data export: zip files with metadata and zip files with media, or folders with their content.

The two kinds are told apart by what they hold. A media file belongs to the photo whose ID is in its name. It is copied into the
workspace, read as an ingest reads files, and stored together with what the account says of the photo.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from curate.catalog.flickr_photos import FlickrPhoto, flickr_photos, forgotten_ids, store
from curate.catalog.folders import begin_skipped, skip
from curate.catalog.labelling import EXTENSIONS
from curate.catalog.photos import known_files, photos_where, put_photo
from curate.catalog.store import Catalog
from curate.containers.sniff import HEAD, Format, sniff
from curate.errors import SourceError, StorageError, command
from curate.photos.facts import PhotoFacts, Status
from curate.photos.reader.guard import Limits, Readers
from curate.sources.archives import Archive, Member, OpenArchive, Refused
from curate.sources.counts import IngestCounts
from curate.sources.flickr_account import Account, ids_in, is_metadata
from curate.sources.tables import files_below, put_batch
from tracer.base.files import remove_abandoned, replace_with
from tracer.base.machine import cores
from tracer.base.parsing import Unparsable
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, printable_path, quoted_path

Item = TypeVar("Item")

_MOST_JSON = 64 << 20
"""Most bytes of a JSON file."""

_TOGETHER = 100
"""Media files that are copied, read and committed together."""

_VIDEOS = (".mp4", ".mov", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp", ".m4v", ".mts", ".m2ts", ".ogg", ".ogv", ".webm")

_FAILURE = "the export cannot be imported"
_BOTH = "both are kept, the labels stay with the earlier one, and the new one is a photo of its own"
_SOURCE = "flickr-export"
_FORM = "Name the zip files that Flickr gave you, those with metadata and those with photos, or folders that hold them."


def import_flickr_export(catalog: Catalog, paths: Sequence[Path], *, jobs: int | None = None) -> Work[IngestCounts]:
    """Import the export of a Flickr account. Photos without a media file get a row without a file.

    Args:
        catalog: open for writing.
        paths: zip files, folders that hold zip files, or folders with their content.
        jobs: the number of worker processes; None for the workspace's setting.

    Raises:
        SourceError: a path does not exist, or no JSON of a photo was found.
        StorageError: the disk is full; what was committed is kept.
    """
    started = time.monotonic()
    archives = _archives(paths)
    begin_skipped(catalog)
    run = _Import(catalog)
    remove_abandoned(run.folder)
    for number, archive in enumerate(archives):
        yield Progress("reading metadata", number, len(archives))
        with catalog.transaction():
            run.read_metadata(archive)
    if not run.account.photos:
        raise SourceError(_FAILURE, f"no photo_<id>.json lies in {', '.join(map(quoted_path, paths))}", _FORM)
    with catalog.transaction():
        found = run.match()
    settings = catalog.workspace.settings.ingest
    limits = Limits(settings.seconds, int(settings.memory * 2**30), int(settings.megapixels * 1e6))
    total, done = len(run.account.photos), 0
    with Readers((settings.jobs if jobs is None else jobs) or cores(), limits) as readers:
        for archive, media in found:
            try:
                for taken in run.take_media(archive, media, readers):
                    done += taken
                    yield Progress("copying and reading photos", done, total)
            except Refused as why:  # it could be read a moment ago
                run.leave_out(archive, media, str(why))
    run.tell_others()
    for part in _parts(run.without_media(), 1000):
        run.take_listings(part)
        done += len(part)
        yield Progress("listing photos without a file", done, total)
    if run.counts.added or run.counts.updated:
        with catalog.transaction():
            catalog.touch()
    run.counts.seconds = time.monotonic() - started
    return run.counts


def _archives(paths: Sequence[Path]) -> list[Archive]:
    """Return the zip files, and the other files as one archive for each given path."""
    archives, seen = [], set()
    for path in paths:
        loose = []
        for file, _ in files_below([path], _FAILURE):
            place = os.path.abspath(file)
            if place in seen:  # a file that is given together with its folder
                continue
            seen.add(place)
            if file.suffix.lower() == ".zip":
                archives.append(Archive(file))
            else:
                loose.append(file)
        if loose:
            archives.append(Archive(Path(os.path.abspath(path)), tuple(loose)))
    return archives


def _copy_name(flickr_id: int, kind: Format) -> str:
    return f"{flickr_id}.{EXTENSIONS.get(kind, kind.lower())}"


@dataclass(frozen=True, slots=True)
class _Copied:
    """A media file that was copied into the workspace.

    Attributes:
        flickr_id: the photo.
        path: the copy.
        sha256: of its content.
        beside: whether the photo keeps an earlier picture, so that this one becomes a photo of its own.
    """

    flickr_id: int
    path: Path
    sha256: str
    beside: bool = False


@dataclass
class _Import:
    """The state of one import.

    Attributes:
        catalog: open for writing.
        account: the metadata.
        counts: what was done.
        media: the members that may be media, by archive.
        matched: the photos that have a media file in the export.
    """

    catalog: Catalog
    account: Account = field(default_factory=Account)
    counts: IngestCounts = field(default_factory=IngestCounts)
    media: list[tuple[Archive, list[Member]]] = field(default_factory=list)
    matched: set[int] = field(default_factory=set)
    _other_pictures: int = 0

    def read_metadata(self, archive: Archive) -> None:
        """Read the JSON files of an archive, and remember its other members."""
        others: list[Member] = []
        try:
            with archive.opened() as opened:
                for member, refused in opened.members():
                    if refused is not None:
                        self._skip(member.place, refused)
                    elif is_metadata(member.name):
                        self._read_json(opened, member)
                    elif not member.name.lower().endswith(".json"):
                        others.append(member)
        except Refused as why:
            self._skip(os.fsencode(archive.path), str(why))
        self.media.append((archive, others))

    def _read_json(self, opened: OpenArchive, member: Member) -> None:
        if member.size > _MOST_JSON:
            self._skip(member.place, f"it has {member.size:,} bytes; at most {_MOST_JSON:,} are read")
            return
        try:
            self.account.take_in(member.name, b"".join(opened.read(member)))
        except (Refused, Unparsable) as why:
            self._skip(member.place, str(why))

    def match(self) -> list[tuple[Archive, list[tuple[int, Member]]]]:
        """Return the media files of known photos, by archive; the others are skipped. The first file of a photo counts."""
        found, videos = [], set()
        for archive, members in self.media:
            own: list[tuple[int, Member]] = []
            for member in members:
                flickr_id = next((one for one in ids_in(member.name) if one in self.account.photos), None)
                if flickr_id is not None and member.name.lower().endswith(_VIDEOS):
                    videos.add(flickr_id)
                    self._skip(member.place, "it is a video")
                elif flickr_id is None:
                    self._skip(member.place, "no photo_<id>.json of the export has an ID in its name")
                elif flickr_id in self.matched:
                    self._skip(member.place, f"the export holds another file of photo {flickr_id}")
                else:
                    self.matched.add(flickr_id)
                    own.append((flickr_id, member))
            found.append((archive, own))
        for flickr_id in videos - self.matched:  # its JSON is that of a video
            del self.account.photos[flickr_id]
        return found

    def tell_others(self) -> None:
        """Say how many files show another picture than the photo with their ID."""
        if self._other_pictures:
            listed = command("skipped", workspace=self.catalog.workspace.root)
            files = counted(self._other_pictures, "file")
            self.counts.remarks.append(
                f"{files} with another picture than the photo of that ID; {_BOTH}; listed by: {listed}"
            )

    def without_media(self) -> list[int]:
        """Return the photos that have no usable media file in the export."""
        ids = [flickr_id for flickr_id in self.account.photos if flickr_id not in self.matched]
        if ids:
            listed = command("photos", "--where", "path LIKE 'flickr:%'", workspace=self.catalog.workspace.root)
            self.counts.remarks.append(
                f"the export has no file for {counted(len(ids), 'photo')} of the account; to list photos without a file: {listed}"
            )
        return ids

    def take_media(self, archive: Archive, media: list[tuple[int, Member]], readers: Readers) -> Iterator[int]:
        """Copy, read and store the media files of an archive; yields how many were done."""
        if not media:
            return
        with archive.opened() as opened:
            for part in _parts(media, _TOGETHER):
                ids = [flickr_id for flickr_id, _ in part]
                known = {one.listing.flickr_id: one for one in flickr_photos(self.catalog, ids)}
                forgotten = forgotten_ids(self.catalog, ids)
                copies = (
                    self._copy(opened, flickr_id, member, known.get(flickr_id))
                    for flickr_id, member in part
                    if flickr_id not in forgotten
                )
                copied = [copy for copy in copies if copy is not None]
                self._store([one for one, _ in part if one in self.matched], known, self._read(copied, readers))
                yield len(part)

    def _copy(self, opened: OpenArchive, flickr_id: int, member: Member, known: FlickrPhoto | None) -> _Copied | None:
        """Copy a media file into the workspace, unless it is there; None where there is nothing to read."""
        try:
            pieces = opened.read(member)
            head = next(pieces, b"")
            kind = sniff(head[:HEAD], member.name)
            if kind is None or kind is Format.EXV:
                raise Refused("not a picture")
            path = self.folder / _copy_name(flickr_id, kind)
            beside = known is not None and self._is_here(known)
            if known is not None and known.file is not None and (beside or path.is_file()):
                digest = hashlib.sha256(head)
                for piece in pieces:
                    digest.update(piece)
                if digest.hexdigest() == known.file.sha256:
                    return None
                head, pieces = b"", opened.read(member)
                if beside:
                    path = path.with_stem(f"{flickr_id}-{digest.hexdigest()[:8]}")
                    self._skip(member.place, f"photo {flickr_id} has another picture here; {_BOTH}: {path}")
                    self._other_pictures += 1
                    if known_files(self.catalog, [os.fsencode(path)]):
                        return None
            return _Copied(flickr_id, path, _write(path, chain([head], pieces)), beside)
        except Refused as why:
            self._skip(member.place, str(why))
            self.matched.discard(flickr_id)
            return None

    def _is_here(self, known: FlickrPhoto) -> bool:
        """Whether the picture of a photo was read, and its file is still there."""
        if known.file is None or known.file.status is not Status.OK:
            return False
        return any(os.path.exists(photo.path_bytes) for photo in photos_where(self.catalog, "id = ?", known.photo))

    @property
    def folder(self) -> Path:
        """The folder of the copies."""
        return self.catalog.workspace.originals / "flickr-export"

    def _read(self, copied: list[_Copied], readers: Readers) -> dict[int, tuple[_Copied, PhotoFacts]]:
        """Read copied files, and write their previews."""
        jobs = []
        for copy in copied:
            preview = self.catalog.workspace.preview(copy.sha256)
            preview.parent.mkdir(parents=True, exist_ok=True)
            jobs.append((copy.path, preview))
        return {copied[at].flickr_id: (copied[at], facts) for at, facts in readers.read(jobs)}

    def _store(
        self, ids: list[int], known: dict[int, FlickrPhoto], read: dict[int, tuple[_Copied, PhotoFacts]]
    ) -> None:
        """Commit photos that have a media file."""
        counts = self.counts
        with self.catalog.transaction():
            put_batch(self.catalog, [(self.account.listing(one), None) for one in ids], counts)
            forgotten = forgotten_ids(self.catalog, ids)
            for one in flickr_photos(self.catalog, [one for one in ids if one not in forgotten]):
                flickr_id = one.listing.flickr_id
                if flickr_id in read and read[flickr_id][0].beside:
                    copy, facts = read[flickr_id]
                    info = copy.path.stat()
                    put_photo(self.catalog, os.fsencode(copy.path), facts, info.st_mtime_ns, info.st_size, _SOURCE)
                    counts.added += 1
                elif flickr_id in read:
                    copy, facts = read[flickr_id]
                    if flickr_id in known and known[flickr_id].listing == one.listing:  # only the file is new
                        counts.unchanged -= 1
                        counts.updated += 1
                    one = replace(one, file=facts)
                    store(self.catalog, one, copy.path)
                counts.unreadable += one.file is not None and one.file.status is not Status.OK
        for flickr_id, (copy, _) in read.items():
            if flickr_id in known and known[flickr_id].file is not None and not copy.beside:
                for other in {_copy_name(flickr_id, kind) for kind in Format} - {copy.path.name}:  # in another format
                    (self.folder / other).unlink(missing_ok=True)

    def leave_out(self, archive: Archive, media: list[tuple[int, Member]], reason: str) -> None:
        """List an archive that can no longer be read; its photos have no file."""
        with self.catalog.transaction():
            self._skip(os.fsencode(archive.path), reason)
        self.matched -= {flickr_id for flickr_id, _ in media}

    def take_listings(self, ids: Sequence[int]) -> None:
        """Commit photos without a media file; the camera metadata in their JSON counts where they never had one."""
        with_file = {one.listing.flickr_id for one in flickr_photos(self.catalog, ids) if one.file is not None}
        with self.catalog.transaction():
            put_batch(
                self.catalog,
                [
                    (self.account.listing(one), None if one in with_file else self.account.photos[one].exif)
                    for one in ids
                ],
                self.counts,
            )

    def _skip(self, place: bytes, reason: str) -> None:
        self.counts.skipped += 1
        skip(self.catalog, place, reason)


def _write(path: Path, pieces: Iterable[bytes]) -> str:
    """Write a file atomically, and return its sha256.

    Raises:
        StorageError: it cannot be written.
    """
    digest = hashlib.sha256()

    def fill(partial: Path) -> None:
        with partial.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)

    try:
        replace_with(path, fill)
    except OSError as error:
        raise StorageError(
            "a photo could not be copied into the workspace",
            f"{printable_path(path)}: {error.strerror}",
            "Free some space on the disk and run the command again; finished work is kept.",
        ) from error
    return digest.hexdigest()


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
