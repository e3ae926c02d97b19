"""Commands that make, check and evaluate data sets, and run the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.common import Json, run_with_progress
from curate.commands.parsing import add_command
from curate.operations.evaluating import Evaluate
from curate.operations.sets import Audit, ExportSet, Split, VerifySet
from tracer.base.console import note, print_json, print_table, say
from tracer.base.machine import cores
from tracer.base.text import quoted_path

app = typer.Typer()


for operation in (Split, ExportSet, VerifySet, Audit, Evaluate):
    add_command(app, operation)


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
