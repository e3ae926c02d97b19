"""The steps of a harvest of Flickr. What asks Flickr is imported where it is used, in the thread that does the work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from curate.errors import UsageError
from curate.operation import Asked, Operation, Outcome, comma_separated
from curate.operations.ingest import follow_scores
from tracer.base.progress import SILENT, Work

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.sources.flickr.client import Flickr
    from curate.sources.flickr.counts import Estimate, HarvestCounts, Step, StepDone
    from curate.sources.flickr.plan import Plan


def _done(catalog: Catalog, step: Step, counts: HarvestCounts) -> StepDone:
    """Return the outcome of a step; if photos came or went, the candidates are scored again."""
    from curate.catalog.flickr_photos import outcomes
    from curate.sources.flickr.counts import StepDone

    if step == "search":
        return StepDone(step, counts)
    if step != "exif":
        follow_scores(catalog, counts)
    return StepDone(step, counts, *outcomes(catalog, step))


def _asking(catalog: Catalog, ask: Callable[[Flickr], Work[HarvestCounts]]) -> Work[HarvestCounts]:
    """Do what asks Flickr, with a session of its own."""
    from curate.sources.flickr.session import flickr_session

    with flickr_session(catalog) as flickr:
        return (yield from ask(flickr))


_LIMIT = 500
"""Photos that the first search of the form lists at most."""


class Search(Operation):
    """List the photos of a search on Flickr, or of a plan of several; a later run goes on where this one stopped."""

    words: ClassVar = ("flickr", "search")
    question: ClassVar = "Search Flickr for which photos?"
    hint: ClassVar = (
        "All lines that are filled in must hold. Licences are Flickr's numbers; 4, 5, 8, 9, 10, 11 and 12 are open."
    )

    plan: Annotated[
        Path | None,
        Field(description="A plan; the options are written to it if it does not exist."),
        Asked(argument=True, metavar="[PLAN.toml]"),
    ] = None
    text: Annotated[
        str | None,
        Field(description="Words in title, description or tags."),
        Asked(label="words or plan", example="in title, text or tags; or PLAN.toml"),
    ] = None
    tags: Annotated[
        tuple[str, ...],
        Field(description="Tags with commas, of which a photo has at least one."),
        comma_separated(),
        Asked(label="tags", example="with commas; a photo has at least one"),
    ] = ()
    user: Annotated[
        str | None,
        Field(description="The owner: NSID, name, or address of their page."),
        Asked(label="owner", example="NSID, name, or address of their page"),
    ] = None
    group: Annotated[str | None, Field(description="A group: ID, or address of its page.")] = None
    album: Annotated[str | None, Field(description="An album: address of its page, or its ID with --user.")] = None
    camera: Annotated[str | None, Field(description="A camera, as Flickr names it.")] = None
    taken_from: Annotated[
        str | None,
        Field(description="The first day, month or year."),
        Asked(metavar="DATE", label="taken from", example="2013, 2013-05 or 2013-05-04"),
    ] = None
    taken_to: Annotated[
        str | None,
        Field(description="The last day, month or year; it belongs to it."),
        Asked(metavar="DATE", label="taken to", example="this year, month or day belongs to it"),
    ] = None
    license: Annotated[
        tuple[str, ...],
        Field(description="Flickr's numbers of licences, with commas."),
        comma_separated(),
        Asked(metavar="ID,…", label="licences", example="Flickr's numbers, with commas; empty for all"),
    ] = ()
    bbox: Annotated[
        str | None, Field(description="A box of longitudes and latitudes in degrees."), Asked(metavar="W,S,E,N")
    ] = None
    label: Annotated[str | None, Field(description="The semantic label of the photos that are found.")] = None
    per_owner: Annotated[int | None, Field(ge=1, description="The most photos of one owner.")] = None
    per_window: Annotated[int | None, Field(ge=1, description="The most photos of one window of dates.")] = None
    window: Annotated[
        str | None,
        Field(description="The length of a window; a month with --per-window."),
        Asked(metavar="all|year|month|day"),
    ] = None
    target: Annotated[
        tuple[str, ...],
        Field(description="Stop asking for EXIF at N photos with a label; several are possible."),
        Asked(repeated=True, metavar="LABEL=VALUE:N"),
    ] = ()
    limit: Annotated[
        int | None,
        Field(ge=1, description="The most photos in all."),
        Asked(label="at most", example="photos; empty for all"),
    ] = None
    again: Annotated[bool, Field(description="Search anew, although the plan was searched before.")] = False
    dry_run: Annotated[bool, Field(description="Estimate calls and hours with at most ten calls; store nothing.")] = (
        False
    )

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the last search; before the first one, open licences and a limit."""
        from curate.catalog.harvests import plans
        from curate.sources.flickr.licenses import OPEN_NUMBERS

        known = plans(catalog)
        if not known:
            return {"license": tuple(map(str, OPEN_NUMBERS)), "limit": _LIMIT}
        last = known[-1][1]
        query = {name: value for name, value in last["search"][0].items() if name in cls.model_fields}
        return {**query, "limit": last.get("limit")}

    @classmethod
    def from_form(cls, typed: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a plan if its path is typed in place of words."""
        given = dict(typed)
        if "limit" in given:
            given["limit"] = str(given["limit"]).replace(",", "")
        text = str(given.get("text", ""))
        return {"plan": Path(text).expanduser()} if text.endswith(".toml") else given

    def check(self, catalog: Catalog) -> None:
        """Refuse what is not a plan."""
        self.planned()

    def remarks(self, catalog: Catalog) -> Sequence[str]:
        """Say that a plan is written."""
        new = self.plan is not None and not self.plan.exists() and not self.dry_run
        return (f"the plan was written to {self.plan}",) if new else ()

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Search, or estimate."""
        from curate.catalog.harvests import forget_plan
        from curate.sources.flickr.plan import write_plan
        from curate.sources.flickr.search import search

        yield SILENT
        plan = self.planned()
        if self.dry_run:
            return (yield from self._estimate(catalog, plan))
        if self.plan is not None and not self.plan.exists():
            write_plan(self.plan, plan)
        if self.again:
            forget_plan(catalog, plan.digest)
        return _done(catalog, "search", (yield from _asking(catalog, lambda flickr: search(catalog, flickr, plan))))

    def _estimate(self, catalog: Catalog, plan: Plan) -> Work[Estimate]:
        from curate.sources.flickr.counts import Estimate, HarvestCounts
        from curate.sources.flickr.search import estimate
        from curate.sources.flickr.session import flickr_session

        with flickr_session(catalog) as flickr:
            found = yield from estimate(flickr, plan)
            hours = round(found.calls / flickr.per_hour, 2)
        return Estimate(HarvestCounts(calls_made=found.calls_made, calls_left=found.calls), found.photos, hours)

    def planned(self) -> Plan:
        """Return the plan that a file and options give.

        Raises:
            CurateError: it is not a plan, or a file and options contradict each other.
        """
        from curate.sources.flickr.plan import plan_from, read_plan

        query, given = self._query(), self._sizes()
        if self.plan is None or (query and not self.plan.exists()):
            return plan_from({"search": [query], **given}, "the options")
        if not query:
            plan = read_plan(self.plan)
            return plan_from({**plan.model_dump(), **given}, "the plan with the options") if given else plan
        if plan_from({"search": [query], **given}, "the options") == (written := read_plan(self.plan)):
            return written  # the command that wrote it is run again
        raise UsageError(
            "a plan and options that search were both given",
            f"{self.plan} exists, and --{next(iter(query)).replace('_', '-')} was given too",
            "Leave the options out, or name a new plan to write them to.",
        )

    def _query(self) -> dict[str, Any]:
        names = ("label", "text", "tags", "user", "group", "album", "camera", "license", "taken_from", "taken_to")
        query = {name: value for name in names if (value := getattr(self, name))}
        query |= {name: list(query[name]) for name in ("tags", "license") if name in query}
        return query | ({"bbox": self.bbox.split(",")} if self.bbox else {})

    def _sizes(self) -> dict[str, Any]:
        targets: dict[str, dict[str, int]] = {}
        for text in self.target:
            column, equals, rest = text.partition("=")
            value, colon, number = rest.rpartition(":")
            if not (equals and colon and number.isdecimal()):
                raise UsageError("that is not a target", text, "Write LABEL=VALUE:N, such as Make=Canon:500")
            targets.setdefault(column.strip(), {})[value.strip()] = int(number)
        names = ("limit", "per_owner", "per_window", "window")
        sizes = {name: value for name in names if (value := getattr(self, name))}
        return sizes | ({"targets": targets} if targets else {})


class AskExif(Operation):
    """Ask for the EXIF of the photos that were found, one call a photo; a later run goes on where this one stopped."""

    words: ClassVar = ("flickr", "exif")
    work: ClassVar = "EXIF"

    limit: Annotated[int | None, Field(ge=1, description="The most photos to ask for.")] = None

    def run(self, catalog: Catalog) -> Work[StepDone]:
        """Ask for it."""
        from curate.sources.flickr.harvest import harvest_exif

        yield SILENT
        counts = yield from _asking(catalog, lambda flickr: harvest_exif(catalog, flickr, self.limit))
        return _done(catalog, "exif", counts)


class Download(Operation):
    """Download the originals of photos with the allowed licences; a later run goes on where this one stopped."""

    words: ClassVar = ("flickr", "download")
    question: ClassVar = "Download originals with which licences?"
    hint: ClassVar = "SPDX ids or URLs with commas, or any. Files go into the workspace."

    licenses: Annotated[
        tuple[str, ...],
        Field(
            description="The licences to download, as SPDX ids or URLs, or `any`; by default CC0, PDM, BY, BY-SA, US Gov."
        ),
        comma_separated(),
        Asked(label="licences"),
    ] = ()
    limit: Annotated[int | None, Field(ge=1, description="The most files to download.")] = None

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the licences of the last download; at first the open ones."""
        from curate.catalog.harvests import allowed_licenses
        from curate.sources.flickr.licenses import OPEN

        return {"licenses": tuple(allowed_licenses(catalog) or OPEN)}

    def run(self, catalog: Catalog) -> Work[StepDone]:
        """Download them."""
        from curate.catalog.flickr_photos import lacks_license_or_address
        from curate.sources.flickr.licenses import OPEN
        from curate.sources.flickr.originals import download
        from curate.sources.flickr.session import flickr_session, image_hosts

        yield SILENT
        allowed = self.licenses or OPEN
        with image_hosts(catalog) as images:
            asks = lacks_license_or_address(catalog, allowed)
            with flickr_session(catalog) if asks else contextlib.nullcontext() as flickr:
                counts = yield from download(catalog, images, flickr, allowed, self.limit)
        return _done(catalog, "original", counts)


class Recheck(Operation):
    """Ask again which photos are gone and which licences changed; files that may not be kept any more are removed."""

    words: ClassVar = ("flickr", "recheck")

    def run(self, catalog: Catalog) -> Work[StepDone]:
        """Ask again about all photos, or about those that an interrupted recheck left."""
        from curate.sources.flickr.recheck import recheck

        yield SILENT
        return _done(catalog, "recheck", (yield from _asking(catalog, lambda flickr: recheck(catalog, flickr))))


class GoOn(Operation):
    """Go on with what was begun and is not finished: a search, the recheck, the EXIF, or the originals."""

    work: ClassVar = "Flickr"

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Do the first of these that is not finished.

        Raises:
            UsageError: nothing is left of what was begun.
        """
        from curate.catalog.flickr_photos import has_originals
        from curate.catalog.harvests import allowed_licenses, is_rechecking, unfinished_plans
        from curate.sources.flickr.search import search_on
        from curate.sources.flickr.targets import is_exif_needed

        yield SILENT
        if plans := unfinished_plans(catalog):
            counts = yield from _asking(catalog, lambda flickr: search_on(catalog, flickr, plans[0]))
            return _done(catalog, "search", counts)
        if is_rechecking(catalog):
            return (yield from Recheck().run(catalog))
        if is_exif_needed(catalog):
            return (yield from AskExif().run(catalog))
        allowed = tuple(allowed_licenses(catalog) or ())
        if allowed and has_originals(catalog, allowed):
            return (yield from Download(licenses=allowed).run(catalog))
        raise UsageError("there is nothing to go on with", "all that was begun is finished", "s searches, d downloads")
