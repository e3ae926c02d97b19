"""Searches of a plan: window by window and page by page, each page stored with the photos on it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from curate.catalog import harvests
from curate.catalog.facts import SeenLicenses
from curate.catalog.flickr_photos import put_listings
from curate.catalog.harvests import StoredWindow
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.sources.flickr.answers import FlickrError, is_retryable
from curate.sources.flickr.client import Flickr, NoCallsLeft
from curate.sources.flickr.counts import HarvestCounts, calls_left, in_words_of
from curate.sources.flickr.licenses import license_of
from curate.sources.flickr.methods import (
    FoundPhoto,
    Page,
    album_of,
    group_nsid,
    is_final,
    is_not_found,
    licenses,
    per_page,
    user_nsid,
)
from curate.sources.flickr.methods import search as ask_page
from curate.sources.flickr.plan import Plan, Query
from curate.sources.flickr.targets import Targets
from curate.sources.flickr.windows import REACHABLE, Window, window_from_text
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

PAGE_ADDRESS = "https://www.flickr.com/photos/{owner}/{photo}/"
LICENSES_LAST = 7
"""Days after which Flickr's list of licences is asked for again."""

_DRY_RUN_CALLS = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan would take.

    Attributes:
        photos: photos that it would list, about.
        calls: calls for the searches and for the EXIF of these photos, about.
        calls_made: calls that the estimate took.
    """

    photos: int
    calls: int
    calls_made: int


def estimate(flickr: Flickr, plan: Plan) -> Work[Estimate]:
    """Estimate what a plan would take, with at most ten calls; nothing is stored.

    Raises:
        As `search`.
    """
    flickr.most_calls = flickr.calls + _DRY_RUN_CALLS
    whole = plan.model_copy(update={"window": "all"})
    totals: list[int] = []
    pages = 0
    for query in plan.search:
        yield Progress("estimating", len(totals), len(plan.search))
        try:
            resolved = yield from _resolve(flickr, query)
            page = yield from ask_page(flickr, resolved, whole.windows(query)[0], 1)
        except NoCallsLeft:
            break
        except FlickrError as error:
            raise _unusable(query, error) from None
        totals.append(page.total or len(page.photos))
        # windows that are halved are asked for twice, and end in pages that are not full: about two calls a page of photos
        pages += len(plan.windows(query)) + 2 * ceil(totals[-1] / per_page(query))
    if not totals:
        raise _not_answered(f"{_DRY_RUN_CALLS} calls brought nothing")
    share = len(plan.search) / len(totals)
    photos = round(sum(totals) * share)
    photos = min(photos, plan.limit or photos)
    return Estimate(photos, round(pages * share) + photos, flickr.calls)


def search(catalog: Catalog, flickr: Flickr, plan: Plan) -> Work[HarvestCounts]:
    """List the photos of a plan; what an earlier run of the same plan listed is not asked for again.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        flickr: the client.
        plan: the plan.

    Raises:
        UsageError: a user, group or album of the plan does not exist.
        CredentialsError, SourceError: as `Flickr.call`.
    """
    number = harvests.plan_id(catalog, plan.digest)
    if number is None:
        queries = yield from _resolved(catalog, flickr, plan)
        resolved = plan.model_copy(update={"search": queries})
        spans = [(topic, w.as_text()) for topic, query in enumerate(queries) for w in resolved.windows(query)]
        number = harvests.begin_plan(catalog, plan.digest, resolved.model_dump(mode="json"), spans)
    return (yield from search_on(catalog, flickr, number))


def search_on(catalog: Catalog, flickr: Flickr, number: int) -> Work[HarvestCounts]:
    """List the photos of a plan that was begun, from where it stopped.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        flickr: the client.
        number: row ID of the plan.

    Raises:
        As `search`.
    """
    started, counts = time.monotonic(), HarvestCounts()
    resolved = Plan.model_validate(harvests.plan_of(catalog, number))
    run = _Run(catalog, flickr, resolved, number, counts)
    if harvests.next_window(catalog, number) is None:
        counts.remarks.append("this plan was searched to its end before; the option --again searches anew")
    yield from run.list_windows()
    counts.remarks += [in_words_of(one.span, one.reason) for one in harvests.remarks(catalog, number)]
    failed, cut = harvests.unfinished(catalog, number)
    if failed:
        counts.remarks.append(f"{counted(failed, 'window')} failed ({run.failure}); the same command tries them again")
    counts.incomplete = bool(failed or cut)
    counts.calls_made, counts.calls_left = flickr.calls, calls_left(catalog)
    counts.seconds = time.monotonic() - started
    return counts


class _Run:
    """One run of a plan's searches.

    Attributes:
        failure: why the window failed that failed last; empty where none did.
    """

    def __init__(self, catalog: Catalog, flickr: Flickr, plan: Plan, number: int, counts: HarvestCounts) -> None:
        self._catalog, self._flickr, self._plan, self._number, self._counts = catalog, flickr, plan, number, counts
        self._taken = harvests.taken(catalog, number)
        self._addresses: Mapping[int, str] | None = None
        self._targets = Targets(catalog)
        self._pages, self.failure, self._is_outage = 0, "", False
        self._unwanted = set[int]()  # what a query leaves of a list: a page of nothing else is not the list's end

    def list_windows(self) -> Work[None]:
        """List the windows that are open; those that fail are tried once more after the others.

        Raises:
            SourceError: all of them failed, and not for the reasons of an earlier run.
        """
        for _ in range(2):
            yield from self._list_windows()
        if self._is_outage and not self._pages:
            raise _not_answered(self.failure)

    def _list_windows(self) -> Work[None]:
        failed = set[int]()
        while (window := harvests.next_window(self._catalog, self._number, failed)) is not None:
            if self._is_enough() or self._targets.is_met(self._number):
                harvests.close_all(self._catalog, self._number)
                return
            if self._is_full(window):
                harvests.close_window(self._catalog, window, "done")
                continue
            if self._addresses is None:
                self._addresses = yield from seen_licenses(self._catalog, self._flickr)
            yield Progress("searching", self._taken.photos, self._plan.limit)
            query = self._plan.search[window.topic]
            span = window_from_text(window.span)
            self._flickr.failed_before = window.failure
            try:
                page = yield from ask_page(self._flickr, query, span, window.page)
            except FlickrError as error:
                if self._stays_open(window, query, error):
                    failed.add(window.id)
                    self.failure = str(error)
                    self._is_outage |= not self._flickr.is_known(error)
                    harvests.close_window(self._catalog, window, "open", self.failure)
                continue
            self._pages += 1
            with self._catalog.transaction():
                self._file_page(window, query, span, page)

    def _stays_open(self, window: StoredWindow, query: Query, error: FlickrError) -> bool:
        """Return whether the page of a window is to be asked again; a window that ends with the error is closed.

        Raises:
            UsageError: the user, group or album of the only search is not there.
        """
        beyond = window.page > 1 and window.total is not None and (window.page - 1) * per_page(query) >= window.total
        if is_retryable(error):
            return True
        if beyond:  # a page after the last one can be an error, too
            harvests.close_window(self._catalog, window, "done")
            return False
        if not is_final(error):
            return True
        if is_not_found(error) and len(self._plan.search) == 1 and window.page == 1:
            raise _unusable(query, error) from None
        harvests.close_window(self._catalog, window, "cut", str(error))
        return False

    def _file_page(self, window: StoredWindow, query: Query, span: Window, page: Page) -> None:
        """Store a page: its photos, and how the window goes on."""
        total = page.total if page.total is not None else window.total
        too_many = not query.is_listed and total is not None and total > REACHABLE
        if window.page == 1 and too_many and self._plan.per_window is None and self._halve(window, span):
            return
        new = self._take(window, query, page)
        harvests.turn_page(self._catalog, window, page.total)
        full = max(min(page.size or per_page(query), per_page(query)), len(page.photos))
        asked = window.page * full
        # an empty page is the end, unless results are left by Flickr's count: all photos of a page can be hidden
        ends = not page.photos and (window.page == 1 or total is None or asked >= total)
        if ends or (not new and (query.is_listed if total is None else asked > total)):
            harvests.close_window(self._catalog, window, "done")
        elif not query.is_listed and asked >= REACHABLE:
            # the rest cannot be reached; a window of fewer results by Flickr's count that is full to the end has more
            if not (too_many or total is None or len(page.photos) >= full):
                harvests.close_window(self._catalog, window, "done")
            elif not self._halve(window, span):
                why = f"{counted(total or REACHABLE, 'photo')} by Flickr's count; only the first {REACHABLE:,} can be listed"
                harvests.close_window(self._catalog, window, "cut", why)

    def _halve(self, window: StoredWindow, span: Window) -> bool:
        """Replace a window by its halves; returns whether it has any."""
        halves = span.halves(int(time.time()))
        if not halves:
            return False
        reason = None
        if len(halves) == 1 and halves[0].by_upload:
            reason = "more photos than can be listed were taken in this second; they are listed by date of upload"
        harvests.halve_window(self._catalog, self._number, window, (half.as_text() for half in halves), reason)
        return True

    def _take(self, window: StoredWindow, query: Query, page: Page) -> int:
        """Take the photos of a page that are new and wanted; returns how many of its photos were new."""
        before = harvests.found_before(self._catalog, self._number, (one.flickr_id for one in page.photos))
        listings, found, other = [], [], 0
        for one in page.photos:
            if one.flickr_id in before or one.flickr_id in self._unwanted:
                continue
            if not _matches(query, one):
                self._unwanted.add(one.flickr_id)
                other += 1
                continue
            if self._is_enough() or self._is_full(window):
                break
            before.add(one.flickr_id)
            reason = self._why_left_out(one)
            found.append((one.flickr_id, one.owner, reason))
            if reason is None:
                self._taken.add(one.owner, window.slice)
                listings.append((self._listing(query, one), None))
        harvests.record_found(self._catalog, self._number, window, found)
        done = put_listings(self._catalog, listings)
        self._counts.added += done.added
        self._counts.updated += done.updated
        self._counts.unchanged += done.unchanged
        self._counts.skipped += len(found) - len(listings) + done.forgotten + page.unreadable
        return len(found) + other

    def _why_left_out(self, one: FoundPhoto) -> str | None:
        if not one.is_photo:
            return "it is a video"
        most = self._plan.per_owner
        if most is not None and self._taken.by_owner.get(one.owner, 0) >= most:
            return f"{counted(most, 'photo')} of its owner are taken already"
        return None

    def _is_enough(self) -> bool:
        return self._plan.limit is not None and self._taken.photos >= self._plan.limit

    def _is_full(self, window: StoredWindow) -> bool:
        return self._plan.per_window is not None and self._taken.by_slice.get(window.slice, 0) >= self._plan.per_window

    def _listing(self, query: Query, one: FoundPhoto) -> Listing:
        owner = one.owner or query.user
        return Listing(
            one.flickr_id,
            "flickr",
            owner=owner,
            url=None if owner is None else PAGE_ADDRESS.format(owner=owner, photo=one.flickr_id),
            license=license_of(one.license, self._addresses or {}),
            license_seen=today(),
            taken_at=one.taken.at,
            taken_precision=one.taken.precision,
            semantic_label=query.label,
            original=one.original,
            width=None if one.size is None else one.size[0],
            height=None if one.size is None else one.size[1],
            format=one.format,
        )


def seen_licenses(catalog: Catalog, flickr: Flickr) -> Work[Mapping[int, str]]:
    """Return Flickr's licences as number -> address; the list is asked for once a week. Empty where it cannot be had."""
    seen = harvests.seen_licenses(catalog)
    if seen is not None and (datetime.now(UTC).date() - datetime.fromisoformat(seen.day).date()).days < LICENSES_LAST:
        return seen.addresses
    try:
        addresses = yield from licenses(flickr)
    except FlickrError:  # the numbers have their own table, which is used then
        return {} if seen is None else seen.addresses
    harvests.keep_licenses(catalog, SeenLicenses(day=today(), addresses=addresses))
    return addresses


def today() -> str:
    """Return the current day in UTC, ISO 8601."""
    return datetime.now(UTC).date().isoformat()


def _resolved(catalog: Catalog, flickr: Flickr, plan: Plan) -> Work[tuple[Query, ...]]:
    queries = []
    for query in plan.search:
        try:
            one = yield from _resolve(flickr, query, catalog)
        except FlickrError as error:
            raise _unusable(query, error) from None
        queries.append(one)
    return tuple(queries)


def _resolve(flickr: Flickr, query: Query, catalog: Catalog | None = None) -> Work[Query]:
    """Return a search with the IDs of its user, group and album in place of names and addresses.

    Args:
        flickr: the client.
        query: the search.
        catalog: keeps each ID as soon as it came, until the plan is stored; None to keep nothing.
    """
    news: dict[str, str] = {}
    user = query.user
    if query.album is not None:
        owner, album = album_of(query.album)
        user = user or owner
        if album is None or user is None:
            raise UsageError(
                "that is not an album",
                query.album,
                "Give the address of its page, or its ID and its owner: curate flickr search --album ID --user NSID",
            )
        news["album"] = album
    for kind, name, ask in (("user", user, user_nsid), ("group", query.group, group_nsid)):
        if name is None:
            continue
        found = None if catalog is None else harvests.resolved_names(catalog).get(f"{kind} {name}")
        if found is None:
            found = yield from ask(flickr, name)
            if catalog is not None:
                harvests.keep_name(catalog, f"{kind} {name}", found)
        news[kind] = found
    return query.model_copy(update=news)


def _unusable(query: Query, error: FlickrError) -> UsageError | SourceError:
    if is_retryable(error):
        return _not_answered(str(error))
    named = " and ".join(name for name in (query.user, query.group, query.album) if name) or "the search"
    return UsageError("Flickr refuses the search", f"{named}: {error}", "Check its spelling at https://www.flickr.com/")


def _not_answered(why: str) -> SourceError:
    return SourceError("Flickr does not answer", why, "Run the same command again later to go on.")


def _matches(query: Query, one: FoundPhoto) -> bool:
    """Return whether a photo of a group or album is one that the search selects; other searches select on Flickr's side."""
    if not query.is_listed:
        return True
    if query.license and one.license not in query.license:
        return False
    if query.group and query.user and one.owner != query.user:
        return False
    if query.span is None:
        return True
    return one.taken.at is not None and query.span[0] <= datetime.fromisoformat(one.taken.at) <= query.span[1]
