"""`curate cameras`: distinct cameras and their types."""

from __future__ import annotations

import difflib
from typing import Any

import typer

from curate.cameras.keys import camera_key
from curate.cameras.types import CameraType
from curate.commands.common import HERE, Format, Json, Where, WhereBelow, opened, print_listing, rows_as
from curate.errors import UsageError, command
from tracer.base.console import print_json, say

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
def cameras(context: typer.Context, workspace: Where = HERE, format: Format = None, json: Json = False) -> None:
    """List the cameras and their types, unknown types first."""
    context.obj = workspace
    if context.invoked_subcommand is None:
        style = rows_as(format, json)
        with opened(workspace) as catalog:
            rows = (_camera_row(camera, count) for camera, count in catalog.cameras.listed())
            print_listing("cameras", rows, style, ("make", "model", "type", "rule", "also", "photos"))


@app.command("set")
def cameras_set(
    context: typer.Context,
    make: str,
    model: str,
    type: CameraType,
    workspace: WhereBelow = None,
) -> None:
    """State the type of a camera for all of its photos; the decision is logged."""
    from curate.catalog import decisions

    with opened(workspace or context.obj, "cameras set") as catalog:
        _check_camera(catalog, make, model, type)
        decisions.set_camera_type(catalog, make, model, type)
    say(f"{make} {model}: {type.value}")


def _check_camera(catalog: Any, make: str, model: str, type: CameraType) -> None:
    """Refuse a camera without photos; a misspelt name would be saved without any effect."""
    known = [camera for camera, _ in catalog.cameras.listed()]
    if camera_key(make, model) in {camera_key(camera.make, camera.model) for camera in known}:
        return
    by_name = {
        f"{camera.make_normalized} {camera.model_normalized}".casefold(): (camera.make or "", camera.model or "")
        for camera in known
    }
    near = difflib.get_close_matches(f"{make} {model}".casefold(), by_name, n=3)
    root = catalog.workspace.root
    meant = [command("cameras", "set", *by_name[name], type.value, workspace=root) for name in near]
    raise UsageError(
        "no photo was taken with that camera",
        f"{make} {model}",
        "\n".join(
            [*(f"Did you mean: {line}" for line in meant), f"To list all cameras: {command('cameras', workspace=root)}"]
        ),
    )


@app.command("type")
def cameras_type(make: str, model: str, json: Json = False) -> None:
    """Print the type that the rules give to a camera; no workspace is needed."""
    from curate.cameras.resolve import resolve
    from tracer.base.text import clean_text

    row = _camera_row(resolve(clean_text(make), clean_text(model)), None)
    print_json(row) if json else say(f"{row['type']} (by {row['rule'] or 'no rule'})")
