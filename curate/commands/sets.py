"""Commands that make, check and evaluate data sets, and run the demo."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.common import HERE, Json, Where, opened, run_with_progress, say_next
from curate.errors import CurateError, Exit, UsageError, command, shown
from curate.workspace import Workspace, is_workspace
from tracer.base.console import note, print_json, print_table, say
from tracer.base.machine import cores
from tracer.base.text import counted, quoted_path, words_in

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.export.run import ExportChoice, WorkspaceExport

app = typer.Typer()


@app.command()
def split(
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="A label column; repeat it for more. Without it, print which splits exports use."),
    ] = None,
    workspace: Where = HERE,
    group: Annotated[
        str | None, typer.Option(help="What is kept on one side; by default owner,scene,duplicate.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of the draw; by default 42.")] = None,
    withdraw: Annotated[
        bool,
        typer.Option("--withdraw", help="Let exports use the splits of workspace.toml again; files in splits/ stay."),
    ] = False,
    json: Json = False,
) -> None:
    """Draw balanced, leak-free splits in the paper's format. Exports use the splits drawn last, until they are withdrawn."""
    from curate.catalog.sets import split_log, withdraw_splits
    from curate.export.run import split_workspace
    from curate.splits import choice

    if withdraw and attribute:
        raise UsageError(
            "splits are either drawn or withdrawn", "both were given", "Leave out --attribute or --withdraw."
        )
    if not attribute:
        if group is not None or seed is not None:
            raise UsageError(
                "no split is drawn", "--group and --seed need an attribute", "Name an attribute: --attribute Make"
            )
        with opened(workspace, "split" if withdraw else None) as catalog:
            if withdraw and not withdraw_splits(catalog) and not json:
                note("no splits were drawn, so there is nothing to withdraw")
            used = choice.chosen(catalog)
            if json:
                print_json(used.as_json() | {"history": [event.model_dump() for event in split_log(catalog)]})
            else:
                say(used.in_words(catalog.workspace.root))
        return
    with opened(workspace, "split") as catalog:
        groups = "owner,scene,duplicate" if group is None else group
        answer = split_workspace(catalog, tuple(attribute), words_in(groups), 42 if seed is None else seed)
        used, root = choice.chosen(catalog), catalog.workspace.root
    if json:
        print_json(answer.as_json())
        return
    say(
        "\n".join(
            [
                *map(quoted_path, answer.files),
                *(f"{entry.attribute}: left out: {entry.photos:,} ({entry.reason})" for entry in answer.left_out),
            ]
        )
    )
    _say_how_to_list(answer.left_out, root / "splits", root)
    note(used.in_words(root))


@app.command()
def export(
    out: Path,
    workspace: Where = HERE,
    layout: Annotated[
        str,
        typer.Option(
            help="imagefolder, or urls for addresses and labels alone; by default the one that fits the photos."
        ),
    ] = "",
    pairs: Annotated[bool, typer.Option("--pairs", help="Only photos of accepted pairs.")] = False,
    keep_gps: Annotated[
        bool, typer.Option("--keep-gps", help="Keep the GPS position; it can reveal where people live.")
    ] = False,
    licenses: Annotated[str, typer.Option(help="Only photos with these licenses, comma-separated SPDX ids.")] = "",
    match: Annotated[
        str | None,
        typer.Option(
            help="Leave photos out until phones and other cameras are alike in these, comma-separated: format, resolution, "
            "aspect, orientation, jpeg_quality, jpeg_subsampling, time_of_day, edited, …"
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing set; see --allow-loss.")] = False,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="With --replace: also a set whose pairs or labels the catalogue lacks.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what the set would hold and leave out; nothing is written.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a labelled set. Private metadata is removed; the coded picture data stays bit-identical."""
    from curate.catalog.photos import stated_licenses
    from curate.export.run import ExportChoice, export_workspace
    from curate.splits.choice import chosen

    wanted = words_in(licenses)
    if licenses and not wanted:
        raise UsageError("--licenses names no licence", licenses, "Name one, such as CC0-1.0, or leave the option out.")
    alike = None if match is None else words_in(match)
    choice = ExportChoice(layout, pairs, keep_gps, wanted, alike, replace, allow_loss)
    with opened(workspace, None if dry_run else "export") as catalog:
        stated = stated_licenses(catalog) if wanted else []
        for name in wanted:
            if name.casefold() not in map(str.casefold, stated):
                note(f"no photo has the licence {name}; those of the photos are: {', '.join(stated) or 'none'}")
        if not json:
            note(chosen(catalog).in_words(catalog.workspace.root))
        if dry_run:
            _say_plan(catalog, choice, json)
            return
        answer = run_with_progress(export_workspace(catalog, out, choice))
        if json:
            print_json(answer.as_json())
            return
        _say_written(catalog, answer)


def _say_written(catalog: Catalog, answer: WorkspaceExport) -> None:
    """Tell what an export wrote and left out, and the next step."""
    from curate.export.select import NO_LICENSE, way_out

    say(f"{quoted_path(answer.dataset)}: {counted(answer.photos, 'photo')}")
    for entry in answer.left_out:
        advice = f". {way_out(NO_LICENSE, catalog.workspace.root)}" if entry.reason == NO_LICENSE else ""
        note(f"left out: {entry.photos:,} ({entry.reason}){advice}")
    _say_how_to_list(answer.left_out, answer.dataset, catalog.workspace.root)
    say_next(catalog)


def _say_plan(catalog: Catalog, choice: ExportChoice, json: bool) -> None:
    """Tell what an export would write."""
    from curate.export.preview import planned_set

    planned = run_with_progress(planned_set(catalog, choice))
    print_json(planned.as_json()) if json else say("\n".join(planned.in_words()))


def _say_how_to_list(left_out: Sequence[object], place: Path, workspace: Path) -> None:
    if left_out:
        note(f"to list which photos are left out and why: {command('skipped', shown(place), workspace=workspace)}")


_COMPARE = (
    "Name a set with a column split or with split files, a split file, or two sets: curate audit TRAIN_SET TEST_SET; or draw "
    "splits: curate split --attribute Make -w DIR"
)


@app.command()
def audit(
    places: Annotated[
        list[Path], typer.Argument(metavar="SET_OR_SPLIT_FILES…", help="Folders of sets, and JSON files of splits.")
    ],
    group: Annotated[
        str | None,
        typer.Option(help="What must not be shared: owner, scene, duplicate; by default what the set says, else all."),
    ] = None,
    json: Json = False,
) -> None:
    """Find leaks and confounds in any set or split: what its sides share, and what else tells phones from other cameras."""
    from curate.audit.report import audit as audited

    found = audited(places, None if group is None else words_in(group))
    if json:
        print_json(found)
    else:
        if found["leaks"]:
            print_table(found["leaks"], ("a", "b", "kind", "count", "examples", "file"))
        elif found["compared"]:
            say(f"no leak found in {counted(found['compared'], 'comparison')} of sides")
        else:
            say("nothing was compared: a leak is something that two sides of a split, or two sets, share")
            note(_COMPARE)
        if found["confounds"]:
            print_table(
                found["confounds"], ("name", "value", "p_value", "p_adjusted", "p_cameras_adjusted", "test", "photos")
            )
        for sentence in found["confounds_in_words"]:
            note(sentence)
        for entry in found["unused"]:
            note(f"could not be used: {entry['what']}, {counted(entry['values'], 'time')} ({entry['place']})")
    if found["leaks"]:
        raise typer.Exit(Exit.LEAK)
    if not found["compared"] and not found["confounds"]:  # nothing was looked at, which is not "no leak"
        raise typer.Exit(Exit.FAILED)


@app.command()
def verify(dataset: Path, json: Json = False) -> None:
    """Check a set: its files, hashes, labels and splits, and that it holds no private metadata."""
    from dataclasses import asdict

    from curate.export.verify import verify_set

    problems = [asdict(problem) for problem in verify_set(dataset)]
    if json:
        print_json({"ok": not problems, "problems": problems})
    else:
        print_table(problems, ("check", "path", "what")) if problems else say("ok")
    if problems:
        raise typer.Exit(Exit.FAILED)


@app.command()
def evaluate(
    place: Annotated[Path, typer.Argument(metavar="SET_OR_WORKSPACE")],
    encoders: Annotated[
        str, typer.Option(help="Names or groups, comma-separated; by default the workspace's setting.")
    ] = "",
    out: Annotated[Path | None, typer.Option("-o", help="The run's folder; not in a folder of originals.")] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            help="The workspace of the set, which remembers the run; by default searched above and beside the set.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Evaluate a set or a workspace; a workspace's set is exported first unless it is current."""
    from curate.catalog.originals import refuse_original, refuse_originals_near
    from curate.catalog.sets import workspace_of
    from curate.handoff import check_encoders
    from curate.handoff import evaluate as run_tracer
    from curate.sources.made import why_no_place
    from curate.workspace.settings import EvaluateSettings

    if out is not None and (why := why_no_place(out, ("runs", "exports"))) is not None:
        raise UsageError(
            f"{quoted_path(out)} cannot hold a run", why, "Name a new folder for it with -o, or leave -o out."
        )
    chosen, dataset, run = words_in(encoders), Path(os.path.abspath(place)), out
    owner = None if workspace is None else Workspace.open(workspace)
    if is_workspace(place):
        owner = Workspace.open(place)
        from curate.export.run import ensure_export
        from curate.splits.choice import chosen as splits_used

        with opened(place, "evaluate") as catalog:
            if out is not None:
                refuse_original(catalog, out)
            check_encoders(chosen or owner.settings.evaluate.encoders)
            if not json:
                note(splits_used(catalog).in_words(catalog.workspace.root))
            dataset = run_with_progress(ensure_export(catalog))
            run = run or catalog.workspace.runs / dataset.name
    elif out is not None:
        refuse_originals_near(out, dataset.parent, out.absolute().parent, Path.cwd())
    run = Path(os.path.abspath(run or dataset.with_name(f"{dataset.name}-run")))
    owner = owner or workspace_of(dataset)
    how = EvaluateSettings() if owner is None else owner.settings.evaluate
    answer, some_failed = run_tracer(dataset, run, chosen or how.encoders, how.protocol)
    print_json(answer) if json else say(Path(answer["report"]))
    _remember_run(owner, dataset, run)
    if some_failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _remember_run(owner: Workspace | None, dataset: Path, run: Path) -> None:
    """Record the run in the workspace of the set, if there is a workspace."""
    from curate.catalog.sets import remember_run
    from curate.sources.manifest import content_at

    if owner is None:
        return
    try:
        with opened(owner.root, "evaluate") as catalog:
            remember_run(catalog, dataset, run, content_at(dataset))
    except CurateError as error:  # not a failure: the evaluation is done and its report was printed
        note(f"{quoted_path(owner.root)} does not remember this run: {error}")


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="A new folder for the workspace.")] = Path("lenstrace-demo"),
    scenes: Annotated[
        int, typer.Option(min=2, help="Number of scenes; a phone and another camera photograph each.")
    ] = 75,
    seed: Annotated[int, typer.Option(help="The seed of the scenes.")] = 1,
    json: Json = False,
) -> None:
    """Run every step on photos of virtual cameras, offline. `curate demo photos DIR` writes only these photos."""
    from curate.demo.journey import journey, main_figures

    answer = journey(directory, scenes, seed, run_with_progress, note)
    if json:
        print_json(answer)
        return
    print_table(
        main_figures(Path(answer["results"])),
        ("what", "encoder", "masked", "value", "interval", "guessing", "n"),
    )
    say(f"report: {quoted_path(answer['report'])}")


@app.command("demo-photos", hidden=True)
def demo_photos(
    directory: Path,
    scenes: Annotated[int, typer.Option(min=1)] = 75,
    seed: Annotated[int, typer.Option()] = 1,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one per core.")] = 0,
) -> None:
    """Write photos of virtual cameras, with truth.csv."""
    from curate.demo.collection import write_photos

    say(run_with_progress(write_photos(directory, scenes, seed, jobs or cores())))
