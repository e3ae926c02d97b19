"""`curate cameras`: distinct cameras and their types."""

from __future__ import annotations

from typing import Any

import typer

from curate.cameras.types import CameraType
from curate.commands.common import HERE, Format, Json, Where, WhereBelow, opened
from curate.output import Style, print_json, print_rows

app = typer.Typer()


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


@app.callback(invoke_without_command=True)
def cameras(context: typer.Context, workspace: Where = HERE, format: Format = Style.TABLE) -> None:
    """Distinct cameras and their types, unknown ones first."""
    context.obj = workspace
    if context.invoked_subcommand is None:
        with opened(workspace) as catalog:
            rows = (_camera_row(camera, count) for camera, count in catalog.cameras())
            print_rows(rows, format, ("make", "model", "type", "rule", "also", "photos"))


@app.command("set")
def cameras_set(
    context: typer.Context,
    make: str,
    model: str,
    type: CameraType,
    workspace: WhereBelow = None,
) -> None:
    """State what kind of camera a make and model is; it holds for all its photos, and is logged."""
    from curate.catalog import decisions

    with opened(workspace or context.obj, "cameras set") as catalog:
        decisions.set_camera_type(catalog, make, model, type)
    print(f"{make} {model}: {type.value}")


@app.command("type")
def cameras_type(make: str, model: str, json: Json = False) -> None:
    """What the rules say of one camera; no workspace is needed."""
    from curate.cameras.resolve import resolve
    from curate.text import clean_text

    row = _camera_row(resolve(clean_text(make), clean_text(model)), None)
    print_json(row) if json else print(f"{row['type']} (by {row['rule'] or 'no rule'})")
