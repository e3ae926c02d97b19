"""Commands that harvest Flickr: search, EXIF, originals, recheck, status."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from curate.commands.common import HERE, Json, Where, opened, run_with_progress
from curate.errors import Exit, UsageError, command
from tracer.base.console import note, print_json, say
from tracer.base.text import words_in

app = typer.Typer(no_args_is_help=True)

NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."


PlanFile = Annotated[
    Path | None,
    typer.Argument(metavar="[PLAN.toml]", help="A plan; the options are written to it if it does not exist."),
]
LicenseNumbers = Annotated[str | None, typer.Option(metavar="ID,…", help="Flickr's numbers of licences, with commas.")]
LastDay = Annotated[str | None, typer.Option(metavar="DATE", help="The last day, month or year; it belongs to it.")]
Box = Annotated[str | None, typer.Option(metavar="W,S,E,N", help="A box of longitudes and latitudes in degrees.")]
WindowLength = Annotated[
    str | None,
    typer.Option(metavar="all|year|month|day", help="The length of a window; a month with --per-window."),
]
TargetCounts = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL=VALUE:N", help="Stop asking for EXIF at N photos with a label; several are possible."),
]
DryRun = Annotated[bool, typer.Option(help="Estimate calls and hours with at most ten calls; store nothing.")]


@app.command()
def search(
    plan: PlanFile = None,
    workspace: Where = HERE,
    text: Annotated[str | None, typer.Option(help="Words in title, description or tags.")] = None,
    tags: Annotated[str | None, typer.Option(help="Tags with commas, of which a photo has at least one.")] = None,
    user: Annotated[str | None, typer.Option(help="The owner: NSID, name, or address of their page.")] = None,
    group: Annotated[str | None, typer.Option(help="A group: ID, or address of its page.")] = None,
    album: Annotated[str | None, typer.Option(help="An album: address of its page, or its ID with --user.")] = None,
    camera: Annotated[str | None, typer.Option(help="A camera, as Flickr names it.")] = None,
    license: LicenseNumbers = None,
    taken_from: Annotated[str | None, typer.Option(metavar="DATE", help="The first day, month or year.")] = None,
    taken_to: LastDay = None,
    bbox: Box = None,
    label: Annotated[str | None, typer.Option(help="The semantic label of the photos that are found.")] = None,
    per_owner: Annotated[int | None, typer.Option(min=1, help="The most photos of one owner.")] = None,
    per_window: Annotated[int | None, typer.Option(min=1, help="The most photos of one window of dates.")] = None,
    window: WindowLength = None,
    target: TargetCounts = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The most photos in all.")] = None,
    again: Annotated[bool, typer.Option(help="Search anew, although the plan was searched before.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """List the photos of a search on Flickr, or of a plan of several; a later run goes on where this one stopped."""
    options: dict[str, Any] = {
        "label": label, "text": text, "tags": list(words_in(tags)), "user": user, "group": group, "album": album,
        "camera": camera, "license": list(words_in(license)), "taken_from": taken_from, "taken_to": taken_to,
        "bbox": bbox.split(",") if bbox else None,
    }  # fmt: skip
    sizes: dict[str, Any] = {
        "limit": limit, "per_owner": per_owner, "per_window": per_window, "window": window, "targets": _targets(target or []),
    }  # fmt: skip
    chosen = _plan(plan, options, sizes, keep=not dry_run)
    from curate.sources.flickr import search as searches
    from curate.sources.flickr.session import flickr_session

    with opened(workspace, "flickr search") as catalog, flickr_session(catalog) as flickr:
        if dry_run:
            _print_estimate(run_with_progress(searches.estimate(flickr, chosen)), flickr.per_hour, json)
            return
        if again:
            from curate.catalog.harvests import forget_plan

            forget_plan(catalog, chosen.digest)
        counts = run_with_progress(searches.search(catalog, flickr, chosen))
        _print(counts, json)
        if counts.incomplete:
            raise typer.Exit(Exit.SOME_FAILED)


def _plan(path: Path | None, options: dict[str, Any], sizes: dict[str, Any], *, keep: bool) -> Any:
    """Return the plan that a file and options give; with `keep`, a new file is written."""
    from curate.sources.flickr.plan import plan_from, read_plan, write_plan

    query = {name: value for name, value in options.items() if value}
    given = {name: value for name, value in sizes.items() if value}
    if path is not None and path.exists():
        if query and plan_from({"search": [query], **given}, "the options") == read_plan(path):
            return read_plan(path)  # the command that wrote it is run again
        if query:
            raise UsageError(
                "a plan and options that search were both given",
                f"{path} exists, and --{next(iter(query)).replace('_', '-')} was given too",
                "Leave the options out, or name a new plan to write them to.",
            )
        plan = read_plan(path)
        return plan_from({**plan.model_dump(), **given}, "the plan with the options") if given else plan
    if path is not None and not query:
        return read_plan(path)  # says that there is no such file
    plan = plan_from({"search": [query], **given}, "the options")
    if path is not None and keep:
        write_plan(path, plan)
        note(f"the plan was written to {path}")
    return plan


def _targets(texts: list[str]) -> dict[str, dict[str, int]]:
    targets: dict[str, dict[str, int]] = {}
    for text in texts:
        column, equals, rest = text.partition("=")
        value, colon, number = rest.rpartition(":")
        if not (equals and colon and number.isdecimal()):
            raise UsageError("that is not a target", text, "Write LABEL=VALUE:N, such as Make=Canon:500")
        targets.setdefault(column.strip(), {})[value.strip()] = int(number)
    return targets


@app.command()
def exif(
    workspace: Where = HERE,
    limit: Annotated[int | None, typer.Option(min=1, help="The most photos to ask for.")] = None,
    json: Json = False,
) -> None:
    """Ask for the EXIF of the photos that were found, one call a photo; a later run goes on where this one stopped."""
    from curate.sources.flickr.harvest import harvest_exif
    from curate.sources.flickr.session import flickr_session

    with opened(workspace, "flickr exif") as catalog, flickr_session(catalog) as flickr:
        _print(run_with_progress(harvest_exif(catalog, flickr, limit)), json)
        _end(catalog, "exif")


@app.command()
def download(
    workspace: Where = HERE,
    licenses: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,…",
            help="The licences to download, as SPDX ids or URLs, or `any`; by default CC0, PDM, BY, BY-SA, US Gov.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The most files to download.")] = None,
    json: Json = False,
) -> None:
    """Download the originals of photos with the allowed licences; a later run goes on where this one stopped."""
    from curate.catalog.flickr_photos import lacks_license_or_address
    from curate.sources.flickr.licenses import OPEN
    from curate.sources.flickr.originals import download as fetch_originals
    from curate.sources.flickr.session import flickr_session, image_hosts

    allowed = words_in(licenses) or OPEN
    with opened(workspace, "flickr download") as catalog, image_hosts(catalog) as images:
        asks = lacks_license_or_address(catalog, allowed)
        with flickr_session(catalog) if asks else contextlib.nullcontext() as flickr:
            counts = run_with_progress(fetch_originals(catalog, images, flickr, allowed, limit))
        if counts.updated or counts.missing:
            _follow(catalog)
        _print(counts, json)
        _end(catalog, "original")
        if counts.unreadable:  # files that came and are damaged
            raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def recheck(workspace: Where = HERE, json: Json = False) -> None:
    """Ask again which photos are gone and which licences changed; files that may not be kept any more are removed."""
    from curate.sources.flickr.recheck import recheck as ask_again
    from curate.sources.flickr.session import flickr_session

    with opened(workspace, "flickr recheck") as catalog, flickr_session(catalog) as flickr:
        counts = run_with_progress(ask_again(catalog, flickr))
        if counts.updated or counts.missing:
            _follow(catalog)
        _print(counts, json)
        _end(catalog, "recheck")


@app.command()
def status(workspace: Where = HERE, json: Json = False) -> None:
    """Print what was harvested, what waits, what was refused and why, and the calls that were made and are left."""
    from curate.sources.flickr.counts import harvest_status

    with opened(workspace) as catalog:
        found = harvest_status(catalog)
    if json:
        print_json(found.as_json())
    else:
        say("\n".join(found.in_words()))


def _print(counts: Any, json: bool) -> None:
    if json:
        print_json(counts.as_json())
    else:
        say(", ".join(f"{name} {value}" for name, value in counts.as_json().items()))
    for remark in counts.remarks:
        note(remark)


def _print_estimate(found: Any, per_hour: int, json: bool) -> None:
    hours = round(found.calls / per_hour, 2)
    if json:
        from curate.sources.flickr.counts import HarvestCounts

        counts = HarvestCounts(calls_made=found.calls_made, calls_left=found.calls)
        print_json({**counts.as_json(), "photos": found.photos, "hours": hours})
    else:
        say(f"about {found.photos:,} photos, {found.calls:,} calls, {hours:,} hours; nothing was stored")


def _follow(catalog: Any) -> None:
    """Let the pairs' scores follow photos that came or went."""
    from curate.pairing.score.learning import follow

    follow(catalog)


def _end(catalog: Any, step: Literal["exif", "original", "recheck"]) -> None:
    """End with exit code 3 where refusals or failures of a step are left, and say how to list them."""
    from curate.catalog.flickr_photos import outcomes

    refused, failed = outcomes(catalog, step)
    root = catalog.workspace.root
    listed = f"; to list them with their reasons: {command('flickr', 'status', '--json', workspace=root)}"
    if refused:
        note(f"{refused:,} refused{listed}")
    if failed:
        where = "; they are listed there, too" if refused else listed
        note(f"{failed:,} failed and are tried again by the next run of the same command{where}")
    if refused or failed:
        raise typer.Exit(Exit.SOME_FAILED)
