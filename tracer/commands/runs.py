"""`tracer evaluate`, `tracer report`, `tracer compare`: whole runs."""

from __future__ import annotations

from dataclasses import asdict
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracer.base.console import note, print_json, print_table, run_with_progress, say
from tracer.base.text import counted, quoted_path
from tracer.commands.common import (
    ROW_COLUMNS,
    Device,
    Encoders,
    Format,
    Json,
    Labels,
    Masks,
    Memory,
    Neighbours,
    PromptFile,
    Protocols,
    RunNeeded,
    Seconds,
    Seed,
    SetArgument,
    Style,
    after,
    filled,
    limits,
    print_rows,
    prompts_in,
    ratios_in,
    resumable,
    typed,
    words_in,
)
from tracer.errors import NoFolder
from tracer.experiments.settings import MASKS, Protocol
from tracer.results.metrics import SECOND_RANK

if TYPE_CHECKING:
    from tracer.evaluation.options import Options

app = typer.Typer()


@app.command()
def evaluate(
    context: typer.Context,
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    attributes: Labels = "",
    mask: Masks = None,
    processing: Annotated[
        str, typer.Option(metavar="P1,P2", help="Probe these processings, and part neighbours by them, too.")
    ] = "",
    protocol: Protocols = Protocol.BATCHED,
    k: Neighbours = None,
    prompts: PromptFile = None,
    seed: Seed = 42,
    device: Device = None,
    seconds: Seconds = None,
    memory: Memory = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only list what would be measured, and what not and why; no picture is opened."),
    ] = False,
    json: Json = False,
) -> None:
    """Measure all that the set's columns allow, and write the report. The same command again does what is missing."""
    from tracer.dataset.folders import run_folder

    run = run_folder(output)
    with resumable():
        from tracer.evaluation.evaluate import Options
        from tracer.evaluation.evaluate import evaluate as evaluate_set

        chosen = Options(
            encoders=words_in(encoders), attributes=words_in(attributes), processings=words_in(processing), protocol=protocol,
            masks=MASKS if mask is None else ratios_in(mask), k=k, prompts=prompts_in(prompts), seed=seed, device=device,
            limits=limits(seconds, memory), command=typed(context),
        )  # fmt: skip
        if dry_run:
            _say_plan(data, chosen, json)
            return
        done = run_with_progress(evaluate_set(data, run, chosen))
    if json:
        print_json(
            {
                "results": str(done.results),
                "report": str(done.report),
                "seconds": done.seconds,
                "device": done.device,
                "skipped": [skip.said() for skip in done.skipped],
            }
        )
    else:
        rows = [asdict(row) for row in done.rows if row.metric not in SECOND_RANK]
        print_table(rows, filled(rows, ROW_COLUMNS))
        say(done.report or run)
    after(done, quiet=json)


def _say_plan(data: Path, chosen: Options, json: bool) -> None:
    from tracer.encoders.registry import check
    from tracer.evaluation.evaluate import planned

    check(chosen.encoders)
    plan = planned(data, chosen)
    masks: dict[tuple[str, str], list[float]] = {}
    for one in plan.measurements:
        masks.setdefault((one.experiment, one.subject), []).append(one.mask_ratio)
    measured = [{"experiment": name, "what": what, "mask_ratios": ratios} for (name, what), ratios in masks.items()]
    skipped = [skip.said() for skip in plan.skipped]
    if json:
        print_json({"measured": measured, "skipped": skipped})
        return
    print_table(measured, ("experiment", "what", "mask_ratios"))
    for skip in skipped:
        note(f"not measured: {skip['what']}: {skip['why']}")


@app.command()
def report(runs: Annotated[list[Path], typer.Argument(metavar="RUN…")], json: Json = False) -> None:
    """Write the page of each run again, from its results."""
    from tracer.report.page import write_report

    _runs_there(*runs)
    places = [run.expanduser().resolve() for run in runs]
    pages = [write_report(run) for run in places]
    _say_provenance(*places)
    if json:
        print_json({"reports": [str(page) for page in pages]})
        return
    for page in pages:
        say(page)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN")],
    second: Annotated[Path, typer.Argument(metavar="RUN")],
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Put two runs side by side: the second minus the first, with an interval."""
    from tracer.results.comparison import compare as compare_runs
    from tracer.results.comparison import measured_otherwise
    from tracer.results.runs import reading

    _runs_there(first, second)
    places = first.expanduser().resolve(), second.expanduser().resolve()
    with reading(*places):
        rows, otherwise = [pair.record() for pair in compare_runs(*places)], measured_otherwise(*places)
    columns = (*ROW_COLUMNS[:7], "a", "b", "a_chance", "b_chance", "difference", "ci_low", "ci_high", "paired")
    print_rows(rows, {"rows": rows}, columns, json, style)
    if unpaired := sum(row["difference"] is not None and not row["paired"] for row in rows):
        note(
            f"Not paired photo by photo: {counted(unpaired, 'difference')}. Only figures whose scores both runs hold for the"
            " same photos are, with the same labels, scenes or owners and camera models; the other intervals are those of"
            " independent runs, wider than need be where the photos are the same."
        )
    if other := sum(None not in (levels := (r["a_chance"], r["b_chance"])) and not isclose(*levels) for r in rows):
        note(
            f"Guessing reaches another level in the two runs: {counted(other, 'figure')}. Their difference is also one"
            " between the sets; compare how far each figure lies above its own chance."
        )
    _say_provenance(*places)
    if otherwise:
        note(
            f"The two runs were not measured in the same way ({', '.join(otherwise)}): a difference may come from that. The"
            " section “How to repeat it” of their pages says how each was."
        )


def _say_provenance(*runs: Path) -> None:
    """Note which runs hold figures that were not measured here."""
    from tracer.results.runs import load_run

    for run in runs:
        if said := load_run(run).provenance:
            note(f"{quoted_path(run)}: {said}")


def _runs_there(*runs: Path) -> None:
    for run in runs:
        if not run.expanduser().is_dir():
            raise NoFolder(f"{quoted_path(run)} is not a folder", "it does not exist", "Name the folder of a run.")
