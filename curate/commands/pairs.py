"""Commands that find, list and decide pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from curate.commands.common import (
    HERE,
    Format,
    Json,
    Where,
    WhereBelow,
    opened,
    print_listing,
    rows_as,
    run_with_progress,
    say_left_out,
    say_next,
)
from curate.errors import CurateError, Exit, command
from tracer.base.console import note, print_json, print_lines, print_table, say
from tracer.base.text import counted, printable_path, quoted_path

app = typer.Typer()
pairs_app = typer.Typer(rich_markup_mode=None)
decide_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
decisions_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(pairs_app, name="pairs", help="List pairs, the best first; import known ones.")
app.add_typer(decide_app, name="decide", help="Accept or reject pairs without the app.")
app.add_typer(decisions_app, name="decisions", help="Export and import decisions as JSON lines.")


PhotoPath = Annotated[Path, typer.Argument(help="A photo: any path that curate prints.")]


class Status(StrEnum):
    """What was decided about a pair; of the candidates, the proposed ones are those that a review asks about first."""

    PROPOSED = "proposed"
    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Preferred(StrEnum):
    """Which of two different decisions is used."""

    MINE = "mine"
    THEIRS = "theirs"


@app.command()
def pair(
    workspace: Where = HERE,
    no_time: Annotated[bool, typer.Option("--no-time", help="Do not use time as evidence.")] = False,
    no_gps: Annotated[bool, typer.Option("--no-gps", help="Do not use the place as evidence.")] = False,
    embeddings: Annotated[
        str | None,
        typer.Option(
            metavar="ENCODER",
            help="Also find partners by an encoder's embeddings, e.g. offline/efficientnet-lite0; they are cached.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one per core.")] = 0,
    json: Json = False,
) -> None:
    """Find candidate pairs: photos of the same scene, one taken with a smartphone and one with another camera."""
    from curate.pairing.run import pair_workspace

    with opened(workspace, "pair") as catalog:
        settings = catalog.workspace.settings.pair
        embed = None
        if embeddings is not None:
            from functools import partial

            from curate.handoff import check_encoders, embed_previews

            check_encoders((embeddings,))
            embed = partial(embed_previews, cache=catalog.workspace.cache, encoder=embeddings, quiet=json)
        counts = run_with_progress(
            pair_workspace(
                catalog,
                use_time=settings.use_time and not no_time,
                use_gps=settings.use_gps and not no_gps,
                embed=embed,
                jobs=jobs,
            )
        )
    if json:
        print_json(asdict(counts))
    else:
        say(
            f"candidates {counts.candidates}, phones {counts.phones}, others {counts.others}, seconds {counts.seconds:.1f}"
        )
        say_left_out([(one.path, one.reason) for one in counts.left_out], workspace)
        with opened(workspace) as catalog:
            say_next(catalog)


@pairs_app.callback(invoke_without_command=True)
def pairs(
    context: typer.Context,
    workspace: Where = HERE,
    status: Annotated[
        Status | None,
        typer.Option(help="Only pairs with this status; proposed are those candidates that a review asks about first."),
    ] = None,
    remarks: Annotated[
        bool, typer.Option("--remarks", help="Only pairs with a flag or a note, and print these.")
    ] = False,
    format: Format = None,
    json: Json = False,
) -> None:
    """List pairs, the best first."""
    from curate.catalog import decisions
    from curate.catalog.pairs import pairs as all_pairs
    from curate.catalog.pairs import remarked

    context.obj = workspace
    if context.invoked_subcommand is not None:
        return
    style = rows_as(format, json)
    with opened(workspace) as catalog:
        _note_gone(catalog, decisions.gone(catalog))
        found = all_pairs(catalog, status.value if status else None)
        rows = (row.as_json() for row in found) if not remarks else remarked(catalog, found)
        last = ("flagged", "note") if remarks else ("subject_idx",)
        print_listing("pairs", rows, style, ("score", "status", "phone", "other", *last))


@pairs_app.command("import")
def pairs_import(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV with the columns image_a,image_b (and optionally scene), or file,scene. Its paths are as curate "
            "prints them, or relative to the CSV, the current folder or a source folder."
        ),
    ],
    workspace: WhereBelow = None,
    json: Json = False,
) -> None:
    """Import known pairs or scenes as accepted; one `curate undo` takes them back. For each scene, one pair of a phone
    photo and another camera's photo is accepted, and all its photos are stated to show one scene."""
    from curate.pairing.known import import_pairs
    from curate.pairing.score.learning import follow

    with opened(workspace or context.obj, "pairs import") as catalog:
        found = import_pairs(catalog, file)
        follow(catalog)
    if json:
        print_json(found.as_json())
    else:
        say(f"accepted {found.accepted}, accepted before {found.unchanged}, scenes stated {found.scenes}")
    for left in () if json else found.left_out:
        note(left.in_words())
    for path in () if json else found.unknown:
        note(f"not a photo of the workspace: {path}")
    if not found.complete:
        raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def matches(
    phone: PhotoPath,
    other: PhotoPath,
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write; not in a folder of originals.")],
    workspace: Where = HERE,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing file.")] = False,
    json: Json = False,
) -> None:
    """Draw two photos side by side, with lines between the matching points that fit one view of the scene."""
    from curate.pairing.run import draw_pair

    with opened(workspace) as catalog:
        count = draw_pair(catalog, phone, other, output, replace=replace)
    if not count:
        note("no matching points of the two photos fit one view: the drawing has no lines")
    answer = {"output": str(output.absolute()), "matches": count}
    print_json(answer) if json else say(f"{counted(count, 'matching point')}: {quoted_path(output.absolute())}")


class ClassBy(StrEnum):
    """What decides the class of a photo."""

    CAMERA = "camera"
    MAKE = "make"
    TYPE = "type"
    CLASS = "class"


@app.command()
def groups(
    workspace: Where = HERE,
    by: Annotated[ClassBy, typer.Option(help="What decides the class of a photo.")] = ClassBy.CAMERA,
    draw: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ONE TWO", help="Draw one photo of each of two classes from every scene that has both."),
    ] = None,
    format: Format = None,
    json: Json = False,
) -> None:
    """List the photos of each scene, from all cameras, or draw a two-class set from them."""
    from curate.pairing.groups import drawn
    from curate.pairing.groups import groups as all_groups

    style = rows_as(format, json)
    with opened(workspace) as catalog:
        found = all_groups(catalog, by.value)
    rows: Iterable[dict[str, Any]]
    if draw is None:
        rows = (
            {"scene_idx": scene, "path": member.path, "class": member.label, "paired": member.paired}
            for scene, members in found.items()
            for member in members
        )
        print_listing("groups", rows, style, ("scene_idx", "class", "paired", "path"))
    else:
        chosen = drawn(found, *draw)
        rows = ({"scene_idx": scene, draw[0]: one.path, draw[1]: two.path} for scene, one, two in chosen)
        print_listing("groups", rows, style, ("scene_idx", *draw))


def _decide(workspace: Path, action: Any, phone: Path, other: Path, json: bool) -> None:
    from curate.catalog.pairs import decide_by_path

    with opened(workspace, "decide") as catalog:
        decide_by_path(catalog, action, phone, other)
        _after_decisions(catalog, json)


def _after_decisions(catalog: Any, json: bool, said: Mapping[str, str] = MappingProxyType({})) -> None:
    """Update the scores, and print how many pairs are accepted and rejected; `said` is added to the JSON object."""
    from curate.catalog import decisions
    from curate.pairing.score.learning import follow

    follow(catalog)
    tally, gone = decisions.tally(catalog), decisions.gone(catalog)
    if json:
        print_json({**asdict(tally), "gone": gone, **said})
        return
    say(f"accepted {tally.accepted}, rejected {tally.rejected}")
    _note_gone(catalog, gone)
    say_next(catalog)


def _note_gone(catalog: Any, count: int) -> None:
    if count:
        listed = command("decisions", "export", workspace=catalog.workspace.root)
        note(
            f"{counted(count, 'decided pair')} not listed or counted, because a photo was forgotten or its file was replaced "
            f"by other content; still listed by: {listed}"
        )


@decide_app.command("accept")
def decide_accept(phone: PhotoPath, other: PhotoPath, workspace: Where = HERE, json: Json = False) -> None:
    """Accept two photos as a pair, whether or not they are a candidate pair."""
    _decide(workspace, "accept", phone, other, json)


@decide_app.command("reject")
def decide_reject(phone: PhotoPath, other: PhotoPath, workspace: Where = HERE, json: Json = False) -> None:
    """Reject two photos as a pair; they are not proposed again."""
    _decide(workspace, "reject", phone, other, json)


@decide_app.command("auto")
def decide_auto(
    min_score: Annotated[float, typer.Argument(min=0.0, max=1.0)], workspace: Where = HERE, json: Json = False
) -> None:
    """Accept every proposed pair with at least this probability."""
    from curate.catalog.pairs import decide_auto as accept_all

    with opened(workspace, "decide auto") as catalog:
        note(f"accepted {accept_all(catalog, min_score)} now")
        _after_decisions(catalog, json)


@app.command()
def undo(workspace: Where = HERE, json: Json = False) -> None:
    """Take back the last decision and print it; decisions that were made in one step are taken back in one step."""
    _step_back_or_forth("undo", workspace, json)


@app.command()
def redo(workspace: Where = HERE, json: Json = False) -> None:
    """Repeat the decision that was taken back last, and print it."""
    _step_back_or_forth("redo", workspace, json)


def _step_back_or_forth(step: str, workspace: Path, json: bool) -> None:
    from curate.catalog import decisions
    from curate.catalog.wording import in_words

    with opened(workspace, step) as catalog:
        decision = decisions.undo(catalog) if step == "undo" else decisions.redo(catalog)
        if decision is None:
            listed = command("decisions", "export", workspace=catalog.workspace.root)
            raise CurateError(f"there is nothing to {step}", "", f"To list all decisions: {listed}")
        done, what = "taken back" if step == "undo" else "done again", in_words(catalog, decision)
        if not json:
            say(f"{done}: {what} ({decision.at}, {decision.who})")
        _after_decisions(catalog, json, {done.replace(" ", "_"): what})


@decisions_app.command("export")
def decisions_export(workspace: Where = HERE) -> None:
    """Print the decision log as JSON lines that another workspace can import."""
    from curate.catalog.exchange import exported

    with opened(workspace) as catalog:
        print_lines(exported(catalog))


@decisions_app.command("import")
def decisions_import(
    file: Annotated[Path, typer.Argument(help="What `curate decisions export` printed in another workspace.")],
    workspace: Where = HERE,
    prefer: Annotated[
        Preferred | None,
        typer.Option(help="Which decision to use where the two differ; by default mine stays for now."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")] = False,
    json: Json = False,
) -> None:
    """Import another annotator's decisions; print the agreement and the differences. One `curate undo` takes them back."""
    from curate.catalog import decisions
    from curate.catalog.findings import NAMED
    from curate.catalog.importing import import_decisions
    from curate.pairing.score.learning import follow

    with opened(workspace, None if dry_run else "decisions import") as catalog:
        found = import_decisions(catalog, file, prefer.value if prefer else None, dry_run=dry_run)
        if not dry_run:
            follow(catalog)
        tally = decisions.tally(catalog)
    if json:
        print_json(asdict(tally) | found.as_json())
    else:
        say("\n".join(found.in_words()))
        if not found.lines and not found.refused_lines:
            note(f"{printable_path(file)} contains no decisions")
        conflicts = (
            {"what": ", ".join(c.what), "mine": c.mine, "theirs": c.theirs, "by": c.who} for c in found.conflicts
        )
        if found.conflicts:
            print_table(conflicts, ("what", "mine", "theirs", "by"))
        for refused in found.refused:
            note(f"line {refused.line} was not imported: {refused.why}")
        if (more := found.refused_lines - len(found.refused)) > 0:
            note(f"{counted(more, 'more line')} not imported")
        for sha256 in sorted(found.unknown)[:NAMED]:
            note(f"this workspace does not have the photo {sha256}")
        if (more := len(found.unknown) - NAMED) > 0:
            note(f"nor {counted(more, 'more photo')}; the option --json lists them all")
    if not found.complete:
        raise typer.Exit(Exit.SOME_FAILED)
