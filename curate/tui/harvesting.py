"""The long work of a harvest of Flickr, each with a session of its own, and its results in words.

What asks Flickr is imported where it is used, in the thread that does the work, so that no key waits for it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from curate.catalog.flickr_photos import Step as Refusable
from curate.catalog.flickr_photos import Tally, has_originals, lacks_license_or_address, tally
from curate.catalog.harvests import allowed_licenses, is_rechecking, unfinished_plans
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.sources.flickr.targets import is_exif_needed
from curate.workspace import Workspace
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

if TYPE_CHECKING:
    from curate.sources.flickr.counts import HarvestCounts
    from curate.sources.flickr.pace import Limit
    from curate.sources.flickr.plan import Plan

Step = Literal["search", "exif", "download", "recheck"]


@dataclass(frozen=True, slots=True)
class Done:
    """What a step of a harvest did.

    Attributes:
        step: the step.
        counts: its counts.
    """

    step: Step
    counts: HarvestCounts


def searching(catalog: Catalog, plan: Plan) -> Work[Done]:
    """Search for the photos of a plan."""
    from curate.sources.flickr.search import search
    from curate.sources.flickr.session import flickr_session

    yield Progress("searching", 0)
    with flickr_session(catalog) as flickr:
        return Done("search", (yield from search(catalog, flickr, plan)))


def asking(catalog: Catalog) -> Work[Done]:
    """Ask for the EXIF of the photos that wait for it."""
    from curate.sources.flickr.harvest import harvest_exif
    from curate.sources.flickr.session import flickr_session

    yield Progress("asking for EXIF", 0)
    with flickr_session(catalog) as flickr:
        return Done("exif", (yield from harvest_exif(catalog, flickr)))


def downloading(catalog: Catalog, allowed: Collection[str]) -> Work[Done]:
    """Download the originals of photos with the allowed licences."""
    from curate.sources.flickr.originals import download
    from curate.sources.flickr.session import flickr_session, image_hosts

    yield Progress("downloading", 0)
    with image_hosts(catalog) as images:
        asks = lacks_license_or_address(catalog, allowed)
        with flickr_session(catalog) if asks else contextlib.nullcontext() as flickr:
            counts = yield from download(catalog, images, flickr, allowed)
    if counts.updated or counts.missing:
        _follow(catalog)
    return Done("download", counts)


def rechecking(catalog: Catalog) -> Work[Done]:
    """Ask again about all photos, or about those that an interrupted recheck left."""
    from curate.sources.flickr.recheck import recheck
    from curate.sources.flickr.session import flickr_session

    yield Progress("asking again", 0)
    with flickr_session(catalog) as flickr:
        counts = yield from recheck(catalog, flickr)
    if counts.updated or counts.missing:
        _follow(catalog)
    return Done("recheck", counts)


def going_on(catalog: Catalog) -> Work[Done]:
    """Go on with what was begun and is not finished: a search, the recheck, the EXIF, or the originals.

    Raises:
        UsageError: nothing is left of what was begun.
    """
    from curate.sources.flickr.search import search_on
    from curate.sources.flickr.session import flickr_session

    yield Progress("going on", 0)
    plans = unfinished_plans(catalog)
    if plans:
        with flickr_session(catalog) as flickr:
            return Done("search", (yield from search_on(catalog, flickr, plans[0])))
    if is_rechecking(catalog):
        return (yield from rechecking(catalog))
    if is_exif_needed(catalog):
        return (yield from asking(catalog))
    allowed = allowed_licenses(catalog)
    if allowed and has_originals(catalog, allowed):
        return (yield from downloading(catalog, allowed))
    raise UsageError("there is nothing to go on with", "all that was begun is finished", "s searches, d downloads")


def summary(done: Done) -> str:
    """Put a result into words, in one line."""
    return ", ".join([*_words(done.step, done.counts), *done.counts.remarks])


def _words(step: Step, counts: HarvestCounts) -> Iterator[str]:
    first, missing, unreadable = {
        "search": (f"{counted(counts.added, 'photo')} found", "", ""),
        "exif": (f"EXIF of {counted(counts.updated, 'photo')}", "gone", "refused or failed"),
        "download": (f"{counted(counts.updated, 'original')} downloaded", "gone", "refused or failed"),
        "recheck": (f"{counted(counts.updated, 'photo')} changed", "gone", "failed"),
    }[step]
    yield first
    if step == "search" and counts.skipped:
        yield f"{counts.skipped:,} left out"
    yield from (
        f"{number:,} {word}" for number, word in ((counts.missing, missing), (counts.unreadable, unreadable)) if number
    )
    yield counted(counts.calls_made, "call")


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a harvest, as its screen shows it.

    Attributes:
        tally: numbers of photos.
        waiting: photos whose EXIF is still to be asked for.
        calls_made: calls that were ever made.
        calls_left: calls that the searches and the EXIF still take, about.
        limit: how many calls may be made.
        reasons: step, number of photos and reason of what was refused, failed, left out or cut off.
    """

    tally: Tally
    waiting: int
    calls_made: int
    calls_left: int
    limit: Limit
    reasons: tuple[tuple[str, int, str], ...]


_STEPS: dict[Refusable, str] = {"exif": "EXIF", "original": "download", "recheck": "recheck"}


def overview(workspace: Workspace) -> Overview:
    """Return the state of a workspace's harvest. It opens the catalogue itself, so that it can run in a thread.

    Raises:
        UsageError: a variable of the environment is not usable.
    """
    from curate.sources.flickr.counts import harvest_status
    from curate.sources.flickr.session import limit_here

    limit = limit_here()
    with Catalog.open(workspace, read_only=True) as catalog:
        status = harvest_status(catalog)
        refused = Counter((one.step, one.reason) for one in status.refused)
        reasons = [(_STEPS[step], number, reason) for (step, reason), number in refused.most_common()]
        failed = Counter(one.step for one in status.failed)
        reasons += [(_STEPS[step], number, "failed; the next run tries again") for step, number in failed.items()]
        left_out = Counter(reason for _, reason in status.left_out)
        reasons += [("search", number, f"left out: {reason}") for reason, number in left_out.most_common()]
        reasons += [("search", 0, window) for window in status.windows]
        return Overview(tally(catalog), status.pending, status.calls_made, status.calls_left, limit, tuple(reasons))


def _follow(catalog: Catalog) -> None:
    """Score the pairs again."""
    from curate.pairing.score.learning import follow  # it loads NumPy

    follow(catalog)
