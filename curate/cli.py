"""curate's commands: parse, call, print. The work is done elsewhere."""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.cameras.types import CameraType
from curate.errors import CurateError, Exit, StorageError, UsageError
from curate.output import note, print_json, print_rows, run_with_progress
from curate.workspace import Workspace

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False)
cameras_app = typer.Typer(rich_markup_mode=None)
clocks_app = typer.Typer(rich_markup_mode=None)
decide_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
decisions_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(cameras_app, name="cameras", help="Distinct cameras and their types, unknown ones first; state a type.")
app.add_typer(clocks_app, name="clocks", help="How far the clocks of two cameras differ; state an offset.")
app.add_typer(decide_app, name="decide", help="Accept or reject pairs without the app.")
app.add_typer(decisions_app, name="decisions", help="Decisions out, as JSON lines.")


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


class Images(StrEnum):
    """How pictures are drawn in the terminal."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    HALF = "half"
    NONE = "none"


class LabelFrom(StrEnum):
    """Where the semantic label is taken from."""

    FOLDER = "folder"


class Status(StrEnum):
    """What was decided about a pair."""

    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


Where = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace; the current folder where left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style, typer.Option("--format", help="How rows are printed.")]
HERE = Path()


@contextlib.contextmanager
def _catalog(workspace: Path, writing: str | None = None) -> Iterator[Any]:
    """Open a workspace's catalogue; with `writing` (the command's name) also hold its lock."""
    from curate.catalog.store import Catalog

    place = Workspace.open(workspace)
    with (
        place.writing(writing) if writing else contextlib.nullcontext(),
        Catalog.open(place, read_only=not writing) as catalog,
    ):
        yield catalog


@app.command()
def new(
    directory: Path,
    recipe: Annotated[str, typer.Option(help="A recipe from datasets/ to start from.")] = "",
    json: Json = False,
) -> None:
    """Make a workspace."""
    from curate.catalog.store import Catalog

    workspace = Workspace.create(directory, recipe)
    with workspace.writing("new"), Catalog.open(workspace):
        pass
    if json:
        print_json({"workspace": str(workspace.root)})
    else:
        print(workspace.root)


@app.command()
def ingest(
    paths: list[Path],
    workspace: Where = HERE,
    jobs: Annotated[int | None, typer.Option(min=0, help="Worker processes; 0 means one a core.")] = None,
    label_from: Annotated[
        LabelFrom | None, typer.Option(help="Take the semantic label from the photo's folder.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="A sidecar CSV with a column path, file or file_name.")] = None,
    json: Json = False,
) -> None:
    """Take local photos in; again = only what changed. The folders are only read."""
    from curate.ingest import ingest as take_in

    with _catalog(workspace, "ingest") as catalog:
        counts = run_with_progress(
            take_in(catalog, paths, jobs=jobs, label_from="folder" if label_from else None, labels=labels)
        )
    if json:
        print_json(counts.as_json())
    else:
        print(", ".join(f"{name} {value}" for name, value in counts.as_json().items()))
        if counts.skipped:
            note("what was skipped, and why: curate skipped -w DIR")
    if counts.unreadable:
        note(f"{counts.unreadable} could not be read: curate photos -w DIR --where \"status != 'ok'\"")
        raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def photos(
    workspace: Where = HERE,
    where: Annotated[
        str | None, typer.Option(help="One SQL expression over the label columns: \"camera_type = 'dslr'\".")
    ] = None,
    format: Format = Style.TABLE,
) -> None:
    """Label rows, one a photo."""
    columns = ("path", "status", "make_normalized", "model_normalized", "camera_type", "taken_at", "semantic_label")
    with _catalog(workspace) as catalog:
        print_rows(catalog.labels(where), format.value, columns)


@app.command()
def skipped(workspace: Where = HERE, format: Format = Style.TABLE) -> None:
    """What the last ingest skipped, and why."""
    with _catalog(workspace) as catalog:
        print_rows(
            ({"path": path, "reason": reason} for path, reason in catalog.skipped()), format.value, ("path", "reason")
        )


@app.command()
def label(
    assignment: Annotated[
        str, typer.Argument(metavar="KEY=VALUE", help="semantic_label=cat; an empty value blanks it.")
    ],
    where: Annotated[str, typer.Option(help="Which photos: one SQL expression over the label columns.")],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Say something of photos: a person's label wins, and is logged."""
    from curate.catalog import decisions
    from curate.text import clean_text

    key, equals, value = assignment.partition("=")
    if not equals:
        raise UsageError("that is no label", assignment, "Write KEY=VALUE, such as semantic_label=cat")
    with _catalog(workspace, "label") as catalog:
        changed = decisions.label(catalog, catalog.photo_ids_where(where), key.strip(), clean_text(value))
    print_json({"changed": changed}) if json else print(f"changed {changed}")


def _camera_row(camera: Any, count: int | None) -> dict[str, Any]:
    return {
        "make": camera.make,
        "model": camera.model,
        "make_normalized": camera.make_normalized,
        "model_normalized": camera.model_normalized,
        "type": camera.type.value,
        "is_smartphone": camera.type.is_smartphone,
        "rule": camera.rule,
        "also": list(camera.also),
        "photos": count,
    }


@cameras_app.callback(invoke_without_command=True)
def cameras(context: typer.Context, workspace: Where = HERE, format: Format = Style.TABLE) -> None:
    """Distinct cameras and their types, unknown ones first."""
    context.obj = workspace
    if context.invoked_subcommand is None:
        with _catalog(workspace) as catalog:
            rows = (_camera_row(camera, count) for camera, count in catalog.cameras())
            print_rows(rows, format.value, ("make", "model", "type", "rule", "also", "photos"))


@cameras_app.command("set")
def cameras_set(
    context: typer.Context,
    make: str,
    model: str,
    type: CameraType,
    workspace: Annotated[Path | None, typer.Option("--workspace", "-w")] = None,
) -> None:
    """State what kind of camera a make and model is; it holds for all its photos, and is logged."""
    from curate.catalog import decisions

    with _catalog(workspace or context.obj, "cameras set") as catalog:
        decisions.set_camera_type(catalog, make, model, type)
    print(f"{make} {model}: {type.value}")


@cameras_app.command("type")
def cameras_type(make: str, model: str, json: Json = False) -> None:
    """What the rules say of one camera; no workspace is needed."""
    from curate.cameras.resolve import resolve
    from curate.text import clean_text

    row = _camera_row(resolve(clean_text(make), clean_text(model)), None)
    print_json(row) if json else print(f"{row['type']} (by {row['rule'] or 'no rule'})")


@app.command()
def duplicates(workspace: Where = HERE, json: Json = False) -> None:
    """Exact and near copies, and which one is kept."""
    from curate.duplicates import report_json
    from curate.export.run import export_rows

    with _catalog(workspace) as catalog:
        report = report_json(list(export_rows(catalog)))
    if json:
        print_json(report)
        return
    for kind in ("exact", "near"):
        print_rows(({"kind": kind, **group} for group in report[kind]), "table", ("kind", "keeper", "photos"))


@clocks_app.callback(invoke_without_command=True)
def clocks(context: typer.Context, workspace: Where = HERE, json: Json = False) -> None:
    """How far the clocks of two cameras differ: estimated from the photos by `curate pair`, or stated by a person."""
    from curate.pairing.run import clock_offsets

    context.obj = workspace
    if context.invoked_subcommand is None:
        with _catalog(workspace) as catalog:
            offsets = clock_offsets(catalog)
        columns = ("camera_a", "camera_b", "seconds", "spread", "support", "origin")
        print_json({"offsets": offsets}) if json else print_rows(offsets, "table", columns)


@clocks_app.command("set")
def clocks_set(
    context: typer.Context,
    camera_a: Annotated[str, typer.Argument(help="make|model, as `curate clocks` prints it.")],
    camera_b: str,
    seconds: float,
    workspace: Annotated[Path | None, typer.Option("--workspace", "-w")] = None,
) -> None:
    """State how many seconds the clock of camera B is ahead of that of camera A."""
    from curate.pairing.run import state_clock_offset

    with _catalog(workspace or context.obj, "clocks set") as catalog:
        state_clock_offset(catalog, camera_a, camera_b, seconds)


@app.command()
def pair(
    workspace: Where = HERE,
    no_time: Annotated[bool, typer.Option("--no-time", help="Time is no evidence.")] = False,
    no_gps: Annotated[bool, typer.Option("--no-gps", help="Place is no evidence.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one a core.")] = 0,
    json: Json = False,
) -> None:
    """Find candidate pairs: the same scene, shot with a smartphone and with another camera."""
    from dataclasses import asdict

    from curate.pairing.run import pair_workspace

    with _catalog(workspace, "pair") as catalog:
        settings = catalog.workspace.settings.pair
        counts = run_with_progress(
            pair_workspace(
                catalog, use_time=settings.use_time and not no_time, use_gps=settings.use_gps and not no_gps, jobs=jobs
            )
        )
    answer = {
        "candidates": counts.candidates,
        "phones": counts.phones,
        "others": counts.others,
        "clock_offsets": [asdict(offset) for offset in counts.clock_offsets],
        "left_out": [{"path": path, "reason": reason} for path, reason in counts.left_out],
        "seconds": round(counts.seconds, 3),
    }
    if json:
        print_json(answer)
    else:
        print(
            f"candidates {counts.candidates}, phones {counts.phones}, others {counts.others}, seconds {counts.seconds:.1f}"
        )
        for path, reason in counts.left_out:
            note(f"left out: {path}: {reason}")


@app.command()
def pairs(
    workspace: Where = HERE,
    status: Annotated[Status | None, typer.Option(help="Only pairs with this status.")] = None,
    format: Format = Style.TABLE,
) -> None:
    """Pairs, the best first."""
    from curate.catalog.pairs import pairs as all_pairs

    with _catalog(workspace) as catalog:
        rows = (row.as_json() for row in all_pairs(catalog, status.value if status else None))
        print_rows(rows, format.value, ("score", "status", "phone", "other", "subject_idx"))


def _decide(workspace: Path, action: Any, phone: Path, other: Path, json: bool) -> None:
    from curate.catalog import decisions
    from curate.catalog.pairs import decide_by_path

    with _catalog(workspace, "decide") as catalog:
        decide_by_path(catalog, action, phone, other)
        _print_tally(decisions.tally(catalog), json)


def _print_tally(tally: dict[str, int], json: bool) -> None:
    print_json(tally) if json else print(", ".join(f"{name} {count}" for name, count in tally.items()))


@decide_app.command("accept")
def decide_accept(phone: Path, other: Path, workspace: Where = HERE, json: Json = False) -> None:
    """Accept two photos as a pair, candidates or not."""
    _decide(workspace, "accept", phone, other, json)


@decide_app.command("reject")
def decide_reject(phone: Path, other: Path, workspace: Where = HERE, json: Json = False) -> None:
    """Say that two photos are no pair; they are not offered again."""
    _decide(workspace, "reject", phone, other, json)


@decide_app.command("auto")
def decide_auto(
    min_score: Annotated[float, typer.Argument(min=0.0, max=1.0)], workspace: Where = HERE, json: Json = False
) -> None:
    """Accept every waiting one-to-one choice with at least this probability."""
    from curate.catalog import decisions
    from curate.catalog.pairs import decide_auto as accept_all

    with _catalog(workspace, "decide auto") as catalog:
        note(f"accepted {accept_all(catalog, min_score)} now")
        _print_tally(decisions.tally(catalog), json)


@app.command()
def undo(workspace: Where = HERE, json: Json = False) -> None:
    """Take back the last decision."""
    _step_back_or_forth("undo", workspace, json)


@app.command()
def redo(workspace: Where = HERE, json: Json = False) -> None:
    """Do again what was taken back."""
    _step_back_or_forth("redo", workspace, json)


def _step_back_or_forth(step: str, workspace: Path, json: bool) -> None:
    from curate.catalog import decisions

    with _catalog(workspace, step) as catalog:
        decision = decisions.undo(catalog) if step == "undo" else decisions.redo(catalog)
        if decision is None:
            raise CurateError(
                f"there is nothing to {step}", "", "What was decided is listed by: curate decisions export -w DIR"
            )
        note(f"{step}: {decision.action} of {decision.at} by {decision.who}")
        _print_tally(decisions.tally(catalog), json)


@decisions_app.command("export")
def decisions_export(workspace: Where = HERE) -> None:
    """Print the decision log as JSON lines."""
    from dataclasses import asdict

    from curate.catalog import decisions

    with _catalog(workspace) as catalog:
        print_rows((asdict(entry) for entry in decisions.entries(catalog)), "jsonl", ())


@app.command()
def review(
    workspace: Where = HERE,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, without the screen: for screen readers.")
    ] = False,
    images: Annotated[Images | None, typer.Option(help="How pictures are drawn.")] = None,
) -> None:
    """The review screen alone."""
    if plain:
        from curate.review_plain import review_plain

        with _catalog(workspace, "review") as catalog:
            review_plain(catalog)
        return
    from curate.tui.app import run

    run(Workspace.open(workspace), start="review", images=images.value if images else None)


@app.command()
def split(
    attribute: Annotated[list[str], typer.Option(help="A label column; give it again for more.")],
    workspace: Where = HERE,
    group: Annotated[
        str, typer.Option(help="What is kept on one side: owner, scene, duplicate.")
    ] = "owner,scene,duplicate",
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 42,
    json: Json = False,
) -> None:
    """Balanced, leak-free splits, in the paper's own format."""
    from curate.export.run import split_workspace

    with _catalog(workspace, "split") as catalog:
        answer = split_workspace(catalog, tuple(attribute), tuple(group.split(",")), seed)
    print_json(answer) if json else print(
        "\n".join([*answer["files"], *(f"left out: {x['photos']} ({x['reason']})" for x in answer["left_out"])])
    )


@app.command()
def export(
    out: Path,
    workspace: Where = HERE,
    layout: Annotated[str, typer.Option(help="imagefolder")] = "imagefolder",
    pairs: Annotated[bool, typer.Option("--pairs", help="Only photos of accepted pairs.")] = False,
    keep_gps: Annotated[
        bool, typer.Option("--keep-gps", help="Keep the place; it can give away where people live.")
    ] = False,
    licenses: Annotated[str, typer.Option(help="Only these, comma-separated (SPDX ids).")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of an existing set.")] = False,
    json: Json = False,
) -> None:
    """Write a labelled set; private metadata is left out, the picture data stays bit-identical."""
    from curate.export.run import export_workspace

    with _catalog(workspace, "export") as catalog:
        answer = run_with_progress(
            export_workspace(
                catalog,
                out,
                layout=layout,
                pairs=pairs,
                keep_gps=keep_gps,
                replace=replace,
                licenses=tuple(filter(None, licenses.split(","))),
            )
        )
    if json:
        print_json(answer)
    else:
        print(f"{answer['dataset']}: {answer['photos']} photos")
        for entry in answer["left_out"]:
            note(f"left out: {entry['photos']} ({entry['reason']})")


@app.command()
def verify(dataset: Path, json: Json = False) -> None:
    """Check a set: files, hashes, labels, splits, private metadata."""
    from dataclasses import asdict

    from curate.export.verify import verify_set

    problems = [asdict(problem) for problem in verify_set(dataset)]
    if json:
        print_json({"ok": not problems, "problems": problems})
    else:
        print_rows(problems, "table", ("check", "path", "what")) if problems else print("ok")
    if problems:
        raise typer.Exit(Exit.FAILED)


@app.command()
def evaluate(
    place: Annotated[Path, typer.Argument(metavar="SET_OR_WORKSPACE")],
    encoders: Annotated[
        str, typer.Option(help="Names or groups, comma-separated; the workspace's setting where left out.")
    ] = "",
    out: Annotated[Path | None, typer.Option("-o", help="The run's folder.")] = None,
    json: Json = False,
) -> None:
    """Export where needed, then evaluate."""
    from curate.handoff import evaluate as run_tracer

    chosen, dataset, run = tuple(filter(None, encoders.split(","))), place.absolute(), out
    if (place / "workspace.toml").exists():
        from curate.export.run import ensure_export

        with _catalog(place, "evaluate") as catalog:
            dataset = run_with_progress(ensure_export(catalog))
            chosen = chosen or catalog.workspace.settings.evaluate.encoders
            run = run or catalog.workspace.runs / dataset.name
    run = (run or dataset.with_name(dataset.name + "-run")).absolute()
    answer, some_failed = run_tracer(dataset, run, chosen or ("offline",))
    print_json(answer) if json else print(answer["report"])
    if some_failed:
        raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="A new folder for the workspace.")] = Path("lenstrace-demo"),
    scenes: Annotated[int, typer.Option(min=2, help="Scenes, each photographed by six cameras.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the scenes.")] = 1,
    json: Json = False,
) -> None:
    """The whole journey on virtual cameras, offline. `curate demo photos DIR` writes the virtual photos alone."""
    from curate.demo.journey import journey, main_figures

    answer = journey(directory, scenes, seed, run_with_progress, note)
    if json:
        print_json(answer)
        return
    print_rows(
        main_figures(Path(answer["results"])),
        "table",
        ("what", "encoder", "masked", "value", "interval", "guessing", "n"),
    )
    print(f"report: {answer['report']}")


@app.command("demo-photos", hidden=True)
def demo_photos(
    directory: Path,
    scenes: Annotated[int, typer.Option(min=1)] = 60,
    seed: Annotated[int, typer.Option()] = 1,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one a core.")] = 0,
) -> None:
    """Write virtual photos with truth.csv."""
    from curate.demo.collection import write_photos

    print(run_with_progress(write_photos(directory, scenes, seed, jobs or os.cpu_count() or 1)))


def command_names() -> list[str]:
    """Return the names of the commands, as typed."""
    return sorted(
        [
            *(c.name or c.callback.__name__ for c in app.registered_commands if c.callback),
            *(g.name or "" for g in app.registered_groups),
        ]
    )


def run_cli(argv: list[str]) -> int:
    """Run one command line and return its exit code.

    No words open the app on the current folder. A first word that is a command is that command; an existing folder, or a
    word with a `/`, opens the app there; anything else is a usage error with a suggestion.
    """
    try:
        return _dispatch(argv)
    except CurateError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # who read our output has gone (`curate photos | head`); keep the interpreter from flushing into the void
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        _complain(
            StorageError(
                "the disk cannot be written to",
                str(error),
                "Free some room and run the command again; what was done is kept.",
            )
        )
        return Exit.FAILED


def _dispatch(argv: list[str]) -> int:
    if not argv or not argv[0].startswith("-"):
        first = argv[0] if argv else "."
        if first not in command_names() and (os.path.isdir(first) or "/" in first):
            if len(argv) > 1:
                raise UsageError(
                    "the app takes one folder",
                    f"{' '.join(argv[1:])} was given too",
                    "curate --help lists the commands.",
                )
            from curate.tui.app import run

            return run(Workspace.open(Path(first)))
        if first not in command_names():
            near = difflib.get_close_matches(first, command_names(), n=1)
            hint = f"Did you mean: curate {near[0]}?" if near else "curate --help lists the commands."
            raise UsageError("there is no such command or folder", first, hint)
    if argv[:2] == ["demo", "photos"]:
        argv = ["demo-photos", *argv[2:]]
    try:
        code = app(args=argv, prog_name="curate")
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else Exit.DONE


def _complain(error: CurateError) -> None:
    first, *rest = error.lines()
    note(f"curate: {first}")
    for line in rest:
        note(line)


def main() -> None:
    """The program `curate`."""
    sys.exit(run_cli(sys.argv[1:]))


if __name__ == "__main__":
    main()
