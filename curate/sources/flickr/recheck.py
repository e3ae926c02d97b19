"""Asks Flickr again about each photo.

Those that are gone, and those whose licence changed, lose their files where they must. Those that were gone and are there again
(their owners had made them private, or a server was mistaken) come back.
"""

from __future__ import annotations

import time
from dataclasses import replace

from curate.catalog.flickr_photos import (
    FlickrPhoto,
    Step,
    failures,
    flickr_photo,
    forget_steps,
    is_refused,
    pending,
    record_step,
    store,
)
from curate.catalog.harvests import allowed_licenses, begin_recheck, end_recheck
from curate.catalog.store import Catalog
from curate.sources.flickr.answers import FlickrError, is_gone
from curate.sources.flickr.client import Flickr
from curate.sources.flickr.counts import HarvestCounts, calls_left
from curate.sources.flickr.harvest import GONE, gone, outcome_of
from curate.sources.flickr.licenses import OPEN, license_of
from curate.sources.flickr.methods import PhotoState, photo_state
from curate.sources.flickr.originals import is_allowed, remove_original
from curate.sources.flickr.pace import HOUR, eta
from curate.sources.flickr.search import seen_licenses, today
from tracer.base.progress import Progress, Work
from tracer.base.text import counted


def recheck(catalog: Catalog, flickr: Flickr) -> Work[HarvestCounts]:
    """Ask for the state of every photo; an interrupted recheck goes on where it stopped.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        flickr: the client.

    Raises:
        CredentialsError, SourceError: as `Flickr.call`.
        StorageError: a file could not be removed.
    """
    started, counts = time.monotonic(), HarvestCounts()
    before = failures(catalog, "recheck")
    begin_recheck(catalog)
    run = _Recheck(catalog, counts)
    waiting = pending(catalog, "recheck")
    addresses = (yield from seen_licenses(catalog, flickr)) if waiting else {}
    for done, flickr_id in enumerate(waiting):
        left = eta(done, len(waiting), started, flickr.per_hour / HOUR)
        yield Progress("asking again", done, len(waiting), left)
        known = flickr_photo(catalog, flickr_id)
        flickr.failed_before = before.get(flickr_id, (None,))[0]
        try:
            state = yield from photo_state(flickr, flickr_id)
        except FlickrError as error:
            run.failed(known, error)
        else:
            run.came(known, state, license_of(state.license, addresses))
    end_recheck(catalog)  # those that failed are asked about again with all others
    if run.returned:
        counts.remarks.append(f"{counted(run.returned, 'photo')} that had gone can be seen again")
    if run.removed:
        counts.remarks.append(f"{counted(run.removed, 'file')} removed, which may not be kept any more")
    if run.kept:
        files = counted(run.kept, "file")
        counts.remarks.append(
            f"{files} may not be kept any more, but did not come from a download: nothing was removed"
        )
    counts.calls_made, counts.calls_left = flickr.calls, calls_left(catalog)
    counts.seconds = time.monotonic() - started
    return counts


class _Recheck:
    """Stores the answers of one run."""

    def __init__(self, catalog: Catalog, counts: HarvestCounts) -> None:
        self._catalog, self._counts = catalog, counts
        self._allowed = allowed_licenses(catalog) or OPEN
        self.removed, self.kept, self.returned = 0, 0, 0

    def failed(self, known: FlickrPhoto, error: FlickrError) -> None:
        """Store that a photo is gone, or that it could not be asked about."""
        if is_gone(error):
            told = known.listing.gone and is_refused(self._catalog, known.listing.flickr_id, GONE)
            self._change(gone(self._without_file(known)), None if told else GONE)
            self._counts.missing += not known.listing.gone
            self._counts.unchanged += known.listing.gone
            return
        record_step(self._catalog, known.listing.flickr_id, "recheck", outcome_of(error), str(error))
        self._counts.unchanged += 1
        self._counts.unreadable += 1

    def came(self, known: FlickrPhoto, state: PhotoState, license: str | None) -> None:
        """Store a photo's licence as it is now, with the day; its file goes where the licence is not allowed any more."""
        changed = license is not None and license != known.listing.license
        reason = None
        if changed and known.file is not None and not is_allowed(license, self._allowed):
            known = self._without_file(known)
            became = "its file was removed" if known.file is None else "its file stays, which is no download"
            reason = f"its licence is {license} now, which is not among those allowed; {became}"
        elif changed:
            forget_steps(self._catalog, "original", known.listing.flickr_id)
        if known.listing.gone:
            known, changed = self._returned(known), True
        listing = known.listing if license is None else replace(known.listing, license=license, license_seen=today())
        if state.taken.at is not None:
            listing = replace(listing, taken_at=state.taken.at, taken_precision=state.taken.precision)
        self._change(replace(known, listing=listing), reason)
        self._counts.updated += changed
        self._counts.unchanged += not changed

    def _returned(self, known: FlickrPhoto) -> FlickrPhoto:
        """Return a photo that was gone as one that is there, of which EXIF and original are asked for again."""
        self.returned += 1
        steps: tuple[Step, ...] = ("exif", "original")
        for step in steps:
            forget_steps(self._catalog, step, known.listing.flickr_id)
        # the address of its original is asked for anew, since another one is given to a photo that was private
        return replace(known, listing=replace(known.listing, gone=False, original=None))

    def _without_file(self, known: FlickrPhoto) -> FlickrPhoto:
        without = remove_original(self._catalog, known)
        if known.file is not None:
            self.removed += without.file is None
            self.kept += without.file is not None
        return without

    def _change(self, known: FlickrPhoto, reason: str | None) -> None:
        with self._catalog.transaction():
            record_step(
                self._catalog, known.listing.flickr_id, "recheck", "done" if reason is None else "refused", reason
            )
            if known != flickr_photo(self._catalog, known.listing.flickr_id):
                store(self._catalog, known)
