"""Downloads the originals of photos whose licence a person allows, reads them as an ingest does, and removes them again."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from curate.catalog.assigning import refuse_label
from curate.catalog.flickr_photos import (
    ANY_LICENSE,
    FlickrPhoto,
    Outcome,
    failures,
    flickr_photo,
    forget_steps,
    pending,
    record_step,
    store,
)
from curate.catalog.harvests import allow
from curate.catalog.labelling import EXTENSIONS
from curate.catalog.listing import facts_of_listing
from curate.catalog.photos import photos_where, photos_with
from curate.catalog.store import Catalog
from curate.errors import SourceError, StorageError, command
from curate.photos.facts import PhotoFacts, Status
from curate.photos.previews import keep_preview
from curate.photos.reader.guard import Limits, Readers
from curate.sources.flickr.answers import FlickrError, NoAnswer, is_gone, is_retryable
from curate.sources.flickr.client import Flickr
from curate.sources.flickr.counts import HarvestCounts, calls_left
from curate.sources.flickr.harvest import GONE, and_again, gone, outcome_of
from curate.sources.flickr.hosts import Hosts
from curate.sources.flickr.images import Doubtful, Gone, ImagePace, NotFetched, Silent, TryAgain, fetch
from curate.sources.flickr.licenses import license_of
from curate.sources.flickr.methods import original_address, photo_state
from curate.sources.flickr.pace import eta, rest
from curate.sources.flickr.search import seen_licenses, today
from tracer.base.files import move, remove_abandoned
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

NOT_OFFERED = "its owner does not offer the original"
CUT_OFF = "the file that came is cut off"
_GIVE_UP = 10
"""Files in a row that could not be fetched, after which the run ends."""

_TIMES = 5
"""How often a file is tried that could not be fetched, after all others each time."""

_DAMAGED = "status NOT IN ('ok', 'listed', 'gone')"

_PATIENCE = timedelta(days=1)
"""How long a file must have had the same doubtful answer, so that it is not asked for any more."""


@dataclass(frozen=True)
class ImageHosts:
    """What fetching pictures needs.

    Attributes:
        http: asks only the allowed hosts (`transport.guarded_client`).
        hosts: the allowed hosts.
        pace: the pace of requests to them.
    """

    http: httpx.Client
    hosts: Hosts
    pace: ImagePace


def is_allowed(license: str | None, allowed: Collection[str]) -> bool:
    """Return whether a licence is among those that a person allows (SPDX ids in any case, URLs, or `ANY_LICENSE`)."""
    names = {name.casefold() for name in allowed}
    return ANY_LICENSE in names or (license is not None and license.casefold() in names)


def download(
    catalog: Catalog, images: ImageHosts, flickr: Flickr | None, allowed: Collection[str], limit: int | None = None
) -> Work[HarvestCounts]:
    """Download the originals that are allowed and missing; what was refused for good is not asked for again.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        images: asks the image hosts.
        flickr: the client of the API; None where `lacks_license_or_address` is false.
        allowed: the licences that a person allows.
        limit: the largest number of files to fetch; None for all.

    Raises:
        UsageError: one of the licences is none.
        CredentialsError, SourceError: as `Flickr.call`, or the image host does not answer any more.
        StorageError: the workspace cannot be written to.
    """
    for name in allowed:
        if name.casefold() != ANY_LICENSE:
            refuse_label("license", name)
    started, counts = time.monotonic(), HarvestCounts()
    allow(catalog, allowed)
    waiting = pending(catalog, "original")
    settings = catalog.workspace.settings.ingest
    limits = Limits(settings.seconds, int(settings.memory * 2**30), int(settings.megapixels * 1e6))
    with Readers(1, limits) as readers:
        run = _Downloads(catalog, images, flickr, allowed, readers, counts)
        for done, flickr_id in enumerate(and_again(waiting, run.failed, _TIMES)):
            if limit is not None and counts.updated >= limit:
                break
            total = max(len(waiting) + len(run.failed), done + 1)
            yield Progress("downloading", done, total, eta(done, total, started))
            try:
                if (yield from run.download(flickr_id)):
                    run.silent = run.doubtful = 0
                run.failed.discard(flickr_id)
            except TryAgain as error:
                run.fail(flickr_id, error)
                if run.silent >= _GIVE_UP and done < len(waiting):
                    raise SourceError(
                        "Flickr does not answer", str(error), "Run the same command again later to go on."
                    ) from None
                if max(run.silent, run.doubtful) >= _GIVE_UP:
                    run.stopped = str(error) if done + 1 < len(waiting) else None
                    break
    counts.unchanged += len(run.failed)
    counts.unreadable += len(run.failed)
    counts.skipped += run.not_allowed
    counts.remarks = run.remarks()
    counts.calls_made, counts.calls_left = 0 if flickr is None else flickr.calls, calls_left(catalog)
    counts.seconds = time.monotonic() - started
    return counts


class _Downloads:
    """One run of `download`.

    Attributes:
        failed: photos that are to be tried again in this run.
        silent: files in a row for which no answer came, or none for now. An answer that an earlier run had for the same
            photo belongs to the photo and does not count.
        doubtful: doubtful answers in a row; those of an earlier run do not count.
        stopped: the doubtful answer of so many files in a row that the others were not asked for; None if all were.
    """

    def __init__(
        self,
        catalog: Catalog,
        images: ImageHosts,
        flickr: Flickr | None,
        allowed: Collection[str],
        readers: Readers,
        counts: HarvestCounts,
    ) -> None:
        self._catalog, self._images, self._flickr, self._allowed = catalog, images, flickr, allowed
        self._readers, self._counts = readers, counts
        self._cleaned: set[Path] = set()
        self._addresses: Mapping[int, str] | None = None
        self._failed_before = failures(catalog, "original")
        self.failed, self.silent, self.doubtful = set[int](), 0, 0
        self.stopped: str | None = None
        self.not_allowed, self.differ, self.damaged = 0, 0, 0

    def remarks(self) -> list[str]:
        """Return sentences about what was not downloaded, and about files that differ from what Flickr says."""
        said = []
        if self.stopped:
            said.append(
                f"{_GIVE_UP} files in a row could not be had ({self.stopped}); run the same command later to ask for the others"
            )
        if self.not_allowed:
            left = counted(self.not_allowed, "photo")
            said.append(f"{left} not downloaded: the licence is not among those allowed")
        if self.damaged:
            listed = command("photos", "--where", _DAMAGED, workspace=self._catalog.workspace.root)
            said.append(f"{counted(self.damaged, 'file')} could not be read; to list such: {listed}")
        if self.differ:
            where, root = "readers_disagree LIKE '%flickr%'", self._catalog.workspace.root
            listed = command("photos", "--where", where, workspace=root)
            files = counted(self.differ, "file")
            said.append(f"the EXIF of {files} differs from Flickr's, in the column readers_disagree: {listed}")
        return said

    def download(self, flickr_id: int) -> Work[bool]:
        """Download the original of one photo, and store what became of it; returns whether its licence allows that.

        Raises:
            TryAgain: it may work later.
        """
        known = flickr_photo(self._catalog, flickr_id)
        if self._flickr is not None:
            self._flickr.failed_before = self._failed_before.get(flickr_id, (None,))[0]
        try:
            known = yield from self._with_license(known)
            if not is_allowed(known.listing.license, self._allowed):
                self.not_allowed += 1
                return False
            address = known.listing.original
            if address is None:
                address = yield from original_address(self._api(), flickr_id)
            if address is None:
                self._leave(flickr_id, "refused", NOT_OFFERED)
                return True
        except FlickrError as error:
            if is_gone(error):
                self._lose(known)
            elif outcome_of(error) == "failed":
                kind = Silent if isinstance(error, NoAnswer) else TryAgain if is_retryable(error) else Doubtful
                raise kind(str(error)) from None
            else:
                self._leave(flickr_id, "refused", str(error))
            return True
        place = folder_of(self._catalog, flickr_id) / f"{flickr_id}.original"
        self._clean(place.parent)
        yield from self._turn(address)
        try:
            fetch(self._images.http, self._images.hosts, address, place, pace=self._images.pace)
        except TryAgain:
            raise
        except Gone:
            self._lose(known)
        except NotFetched as error:
            self._leave(flickr_id, "refused", str(error))
        except OSError as error:
            raise _cannot_write(place, error) from error
        else:
            self._keep(known, place)
        return True

    def fail(self, flickr_id: int, error: TryAgain) -> None:
        """Store that a file could not be had; a doubtful answer that it has had for long is a refusal."""
        is_doubtful = isinstance(error, Doubtful)
        if is_doubtful:
            self.silent = 0
        if self._had(flickr_id, str(error)) and not isinstance(error, Silent):
            is_final = is_doubtful and self._had(flickr_id, str(error), for_long=True)
            self.failed.discard(flickr_id)
            self._leave(flickr_id, "refused" if is_final else "failed", str(error))
            return
        self.doubtful += is_doubtful
        self.silent += not is_doubtful
        self.failed.add(flickr_id)
        record_step(self._catalog, flickr_id, "original", "failed", str(error))

    def _had(self, flickr_id: int, reason: str, *, for_long: bool = False) -> bool:
        """Return whether a photo's download failed for a reason in an earlier run, or has for long."""
        before, since = self._failed_before.get(flickr_id, (None, ""))
        long_ago = (datetime.now(UTC) - _PATIENCE).isoformat(timespec="seconds")
        return before == reason and (not for_long or since < long_ago)

    def _turn(self, address: str) -> Work[None]:
        """Wait until an address may be asked; `fetch` would wait too, but could not be cancelled meanwhile."""
        try:
            paced = not self._images.hosts.names(address)
        except (httpx.InvalidURL, ValueError):
            return  # `fetch` refuses it
        while (seconds := self._images.pace.due_in(paced=paced)) > 0:
            yield from rest(seconds)

    def _api(self) -> Flickr:
        if self._flickr is None:
            raise ValueError("a download without the API needs the licence and the address of each photo")
        return self._flickr

    def _with_license(self, known: FlickrPhoto) -> Work[FlickrPhoto]:
        """Return a photo with its licence, which is asked for where the source did not state it."""
        if known.listing.license is not None or is_allowed(None, self._allowed):
            return known
        if self._addresses is None:
            self._addresses = yield from seen_licenses(self._catalog, self._api())
        state = yield from photo_state(self._api(), known.listing.flickr_id)
        license = license_of(state.license, self._addresses)
        if license is None:
            return known
        known = replace(known, listing=replace(known.listing, license=license, license_seen=today()))
        with self._catalog.transaction():
            store(self._catalog, known)
        return known

    def _clean(self, folder: Path) -> None:
        """Make a folder of originals, and remove what a killed run left in it."""
        if folder not in self._cleaned:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                remove_abandoned(folder)
            except OSError as error:
                raise _cannot_write(folder, error) from error
            self._cleaned.add(folder)

    def _keep(self, known: FlickrPhoto, place: Path) -> None:
        """Read a fetched file, give it its name, and store its facts. One that is cut off is fetched once more by a later run."""
        known = remove_original(self._catalog, known)  # an earlier one, which was cut off
        with self._catalog.workspace.incoming() as incoming:
            preview = Path(incoming) / "0.jpg"
            facts = next(self._readers.read([(place, preview)]))[1]
            if facts.sha256:
                keep_preview(preview, self._catalog.workspace.preview(facts.sha256))
        path = place.with_name(f"{known.listing.flickr_id}.{_extension(facts)}")
        move(place, path)
        again = facts.status is Status.TRUNCATED and not self._had(known.listing.flickr_id, CUT_OFF, for_long=True)
        step = ("failed", CUT_OFF) if again else ("done",)
        with self._catalog.transaction():
            record_step(self._catalog, known.listing.flickr_id, "original", *step)
            store(self._catalog, replace(known, file=facts), path)
        self._counts.updated += 1
        self._counts.unreadable += facts.status is not Status.OK
        self.damaged += facts.status is not Status.OK
        both = facts_of_listing(known.listing, known.exif, facts).exif
        self.differ += len(both.disagreements) > len(facts.exif.disagreements)

    def _leave(self, flickr_id: int, outcome: Outcome, reason: str) -> None:
        """Store that the file of a photo was refused, or that it failed and is not tried again in this run."""
        record_step(self._catalog, flickr_id, "original", outcome, reason)
        self._counts.unchanged += 1
        self._counts.unreadable += 1

    def _lose(self, known: FlickrPhoto) -> None:
        known = remove_original(self._catalog, known)
        with self._catalog.transaction():
            record_step(self._catalog, known.listing.flickr_id, "original", "refused", GONE)
            store(self._catalog, gone(known))
        self._counts.missing += 1


def folder_of(catalog: Catalog, flickr_id: int) -> Path:
    """Return the folder of the workspace in which the original of a photo lies; each has a hundredth of them."""
    return catalog.workspace.originals / "flickr" / f"{flickr_id % 100:02}"


def remove_original(catalog: Catalog, known: FlickrPhoto) -> FlickrPhoto:
    """Remove the file of a photo, and its preview; returns the photo without a file, which is still to be stored.

    A file outside of the workspace's folder of downloads is never removed; then the photo is returned with it.

    Raises:
        StorageError: it could not be removed, or its folder is not there, so that it may still exist on a disk that is away.
    """
    if known.file is None:
        return known
    photo = next(photos_where(catalog, "id = ?", known.photo))
    path = Path(os.fsdecode(photo.path_bytes))
    if not path.is_relative_to(catalog.workspace.originals / "flickr"):
        return known
    try:
        path.parent.stat()
        path.unlink(missing_ok=True)
        if photo.sha256 is not None and photos_with(catalog, photo.sha256) < 2:
            catalog.workspace.preview(photo.sha256).unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from error
    forget_steps(catalog, "original", known.listing.flickr_id)
    return replace(known, file=None)


def _extension(facts: PhotoFacts) -> str:
    return EXTENSIONS.get(facts.format or "", (facts.format or "bin").lower())


def _cannot_write(path: Path, error: OSError) -> StorageError:
    return StorageError(
        "the workspace's photos cannot be written",
        f"{path}: {error.strerror or error}",
        "Check the folder, its permissions, and the space on its disk. Then run the command again; finished work is kept.",
    )
