"""Asks for the EXIF of the listed photos, one call a photo, and stores each answer before the next call."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from curate.catalog.flickr_photos import FlickrPhoto, Outcome, failures, flickr_photo, pending, record_step, store
from curate.catalog.photos import labels_of
from curate.catalog.store import Catalog
from curate.photos.facts import Exif
from curate.sources.flickr.answers import PHOTO_DENIED, PHOTO_NOT_FOUND, Failure, FlickrError
from curate.sources.flickr.client import Flickr
from curate.sources.flickr.counts import HarvestCounts, calls_left
from curate.sources.flickr.exif import exif_from_tags
from curate.sources.flickr.methods import exif_tags
from curate.sources.flickr.pace import HOUR, eta
from curate.sources.flickr.targets import Targets
from tracer.base.progress import Progress, Work

GONE = "it was deleted, or is private now"
HIDDEN = "its owner does not share its EXIF"
_REASONS = {PHOTO_NOT_FOUND: GONE, PHOTO_DENIED: HIDDEN}


def harvest_exif(catalog: Catalog, flickr: Flickr, limit: int | None = None) -> Work[HarvestCounts]:
    """Ask for the EXIF of the photos that wait for it; what was answered before is not asked for again.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        flickr: the client.
        limit: the largest number of photos to ask for; None for all.

    Raises:
        CredentialsError, SourceError: as `Flickr.call`.
    """
    started, counts = time.monotonic(), HarvestCounts()
    targets, failed, before = Targets(catalog), list[int](), failures(catalog, "exif")
    waiting = [one for one in pending(catalog, "exif") if targets.needs(one)][:limit]
    for done, flickr_id in enumerate(and_again(waiting, failed)):
        if not targets.needs(flickr_id):
            continue
        total = len(waiting) + len(failed)
        yield Progress("asking for EXIF", done, total, eta(done, total, started, flickr.per_hour / HOUR))
        known = flickr_photo(catalog, flickr_id)
        exif: Exif | None = None
        outcome: Outcome = "done"
        reason: str | None = None
        flickr.failed_before = before.get(flickr_id, (None,))[0]
        try:
            exif = exif_from_tags((yield from exif_tags(flickr, flickr_id)))
        except FlickrError as error:
            outcome, reason = _outcome(error)
            if outcome == "failed" and done < len(waiting) and not flickr.is_known(error):
                failed.append(flickr_id)
                record_step(catalog, flickr_id, "exif", outcome, reason)
                continue
        _file(catalog, counts, known, exif, (outcome, reason))
        if exif is not None:
            targets.count(flickr_id, labels_of(catalog, known.photo))
    if not waiting:
        counts.remarks.append("no photo waits for its EXIF")
    if targets.stated and not all(map(targets.needs, pending(catalog, "exif"))):
        counts.remarks.append("the target counts are met; the other listed photos are not asked for")
    counts.calls_made, counts.calls_left = flickr.calls, calls_left(catalog, targets)
    counts.seconds = time.monotonic() - started
    return counts


def gone(known: FlickrPhoto) -> FlickrPhoto:
    """Return a photo as one that is gone."""
    return replace(known, listing=replace(known.listing, gone=True))


def outcome_of(error: FlickrError) -> Outcome:
    """Return whether a call that failed is to be made again by a later run; a code that has no known meaning is."""
    return "refused" if isinstance(error, Failure) and error.code in _REASONS else "failed"


def and_again(waiting: Iterable[int], failed: Collection[int], times: int = 2) -> Iterator[int]:
    """Yield the waiting photos, then again those that failed meanwhile, until each was tried so many times."""
    yield from waiting
    for _ in range(times - 1):
        yield from list(failed)


def _outcome(error: FlickrError) -> tuple[Outcome, str]:
    outcome = outcome_of(error)
    return outcome, _REASONS[error.code] if isinstance(error, Failure) and outcome == "refused" else str(error)


def _file(
    catalog: Catalog, counts: HarvestCounts, known: FlickrPhoto, exif: Exif | None, came: tuple[Outcome, str | None]
) -> None:
    """Store the outcome for a photo and its EXIF, in one transaction."""
    outcome, reason = came
    with catalog.transaction():
        record_step(catalog, known.listing.flickr_id, "exif", outcome, reason)
        if exif is not None:
            store(catalog, replace(known, exif=exif))
        elif reason == GONE:
            store(catalog, gone(known))
    if exif is not None:
        counts.updated += 1
    elif reason == GONE:
        counts.missing += 1
    else:
        counts.unchanged += 1
        counts.unreadable += 1
