"""`tracer plan`: how many photos, scenes and cameras an interval or an effect takes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.base.console import note
from tracer.base.text import counted
from tracer.commands.common import Format, Json, Style, print_rows
from tracer.errors import UsageError

app = typer.Typer()

WIDTH, EFFECT = 0.05, 0.1
_COLUMNS = ("question", "for", "quantity", "now", "reached", "needed", "photos", "variance", "note")


@app.command()
def plan(
    place: Annotated[
        Path | None, typer.Argument(metavar="SET", help="A data set folder, or the run folder of an evaluation.")
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(help="Half of the interval's width, as a share: 0.05 for ± 5 points; 0.05 if no effect is named."),
    ] = None,
    effect: Annotated[
        float | None,
        typer.Option(help="An effect that is to be shown, as a share above guessing; 0.1 if no width is named."),
    ] = None,
    power: Annotated[float, typer.Option(help="The probability with which the effect is shown.")] = 0.8,
    figure: Annotated[
        float | None, typer.Option(help="The figure that is expected; the run's, or 0.75, if left out.")
    ] = None,
    between_models: Annotated[
        float | None, typer.Option(help="Standard deviation between camera models of a class, as a share.")
    ] = None,
    between_scenes: Annotated[
        float | None, typer.Option(help="Standard deviation between scenes or owners, as a share.")
    ] = None,
    models: Annotated[int | None, typer.Option(min=2, help="Camera models a class, in place of the set's.")] = None,
    scenes: Annotated[
        int | None, typer.Option(min=2, help="Scenes, owners or pairs in all, in place of the set's.")
    ] = None,
    photos: Annotated[
        int | None, typer.Option(min=1, help="Photos of a model in a scene, in place of the set's.")
    ] = None,
    questions: Annotated[
        int | None,
        typer.Option(min=1, help="Main questions corrected together; those of the run's page, else those listed."),
    ] = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """How many camera models, scenes and photos an interval or an effect of a given size takes, before they are taken."""
    _refuse_nonsense(width=width, effect=effect, power=power, figure=figure)
    if power < 0.5:
        raise UsageError(
            f"--power takes at least 0.5, not {power:g}", "less is no plan", "Say for instance --power 0.8."
        )
    _refuse_large(between_models=between_models, between_scenes=between_scenes)
    from tracer.evaluation.needed import Asked, needed_for, questions_of
    from tracer.evaluation.subjects import questions_of_page, subjects

    both = width is None and effect is None
    asked = Asked(
        width=WIDTH if both else width, effect=EFFECT if both else effect, power=power, figure=figure,
        between_models=between_models, between_scenes=between_scenes, models=models, scenes=scenes, photos=photos,
        questions=questions or questions_of_page(place),
    )  # fmt: skip
    found = subjects(place, asked)
    rows = [asdict(need) for need in needed_for(found, asked)]
    if json or style is Style.JSONL:
        print_rows(rows, {"rows": rows}, _COLUMNS, json, style)
    else:
        print_rows([_shown(row) for row in rows], {}, _COLUMNS, json, style)
    asked_of = counted(questions_of(found, asked), "main question")
    note(f"Effects are planned for {asked_of}, corrected together. What these numbers rest on: docs/evaluation.md.")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people."""
    if row["goal"] == "interval":
        goal, reached = f"interval of ± {_points(row['target'])}", f"± {_points(row['reached'])}"
    elif row["goal"] == "effect":
        goal = f"effect of {_points(row['target'])} shown, power {100 * row['power']:.0f} %"
        reached = f"{100 * row['reached']:.0f} %"
    else:
        goal, reached = f"p < {row['level']:.3g} possible", f"p ≥ {row['reached']:.2g}"
    needed = "–" if row["needed"] is None else row["needed"]
    return row | {"for": goal, "reached": reached, "needed": needed, "now": f"{row['now']:g}"}


def _points(share: float) -> str:
    return f"{100 * share:.3g} points"


def _refuse_nonsense(**shares: float | None) -> None:
    for name, value in shares.items():
        if value is not None and not 0 < value < 1:
            raise UsageError(
                f"--{name} takes a share between 0 and 1, not {value:g}",
                way_out=f"Say for instance --{name} {0.8 if name in ('power', 'figure') else 0.05}; 5 points are 0.05.",
            )


def _refuse_large(**deviations: float | None) -> None:
    for name, value in deviations.items():
        if value is not None and not 0 <= value <= 0.5:
            option = name.replace("_", "-")
            raise UsageError(
                f"--{option} takes a standard deviation of shares, from 0 to 0.5, not {value:g}",
                way_out=f"Say for instance --{option} 0.15.",
            )
