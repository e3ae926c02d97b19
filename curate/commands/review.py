"""Commands that review pairs: the app's review screen, the same line by line, flags and notes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from curate.commands.common import HERE, Json, Where, opened
from curate.commands.pairs import PhotoPath, decide_app
from curate.workspace import Workspace
from tracer.base.console import print_json, say

app = typer.Typer()


class Images(StrEnum):
    """How pictures are drawn in the terminal."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    HALF = "half"
    NONE = "none"


class InOrder(StrEnum):
    """The order in which pairs are asked about."""

    LIKELY = "likely"
    UNSURE = "unsure"
    UNLIKELY = "unlikely"
    CAMERA = "camera"


@app.command()
def review(
    workspace: Where = HERE,
    plain: Annotated[bool, typer.Option("--plain", help="Ask line by line, for screen readers.")] = False,
    images: Annotated[Images | None, typer.Option(help="How pictures are drawn.")] = None,
    camera: Annotated[str, typer.Option(help="Only pairs with this in the name of a camera.")] = "",
    least: Annotated[float, typer.Option("--from", min=0, max=1, help="Only pairs with at least this score.")] = 0.0,
    most: Annotated[float, typer.Option("--to", min=0, max=1, help="Only pairs with at most this score.")] = 1.0,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only flagged pairs.")] = False,
    noted: Annotated[bool, typer.Option("--noted", help="Only pairs with a note.")] = False,
    order: Annotated[InOrder, typer.Option(help="Which pairs come first; proposed ones always do.")] = InOrder.LIKELY,
) -> None:
    """Review pairs: open the app on the review screen alone."""
    from curate.catalog.wanted import Wanted

    wanted = Wanted(camera, least, most, flagged, noted, order.value)
    if plain:
        from curate.review.plain import review_plain

        with opened(workspace, "review") as catalog:
            review_plain(catalog, wanted=wanted)
        return
    from curate.tui.app import run

    run(Workspace.open(workspace), start="review", images=images.value if images else None, wanted=wanted)


@decide_app.command("flag")
def decide_flag(
    phone: PhotoPath,
    other: PhotoPath,
    workspace: Where = HERE,
    off: Annotated[bool, typer.Option("--off", help="Take the flag off.")] = False,
    json: Json = False,
) -> None:
    """Flag a pair, to come back to it; `curate pairs --remarks` lists flagged pairs."""
    from curate.catalog.marking import flag_by_path

    with opened(workspace, "decide flag") as catalog:
        changed = flag_by_path(catalog, phone, other, not off)
    now = "not flagged" if off else "flagged"
    print_json({"flagged": not off, "changed": changed}) if json else say(now if changed else f"it was {now} already")


@decide_app.command("note")
def decide_note(
    phone: PhotoPath,
    other: PhotoPath,
    text: Annotated[str, typer.Argument(help="The note; an empty one removes it.")],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Write a note on a pair, in place of an earlier one; `curate pairs --remarks` lists notes."""
    from curate.catalog.marking import note_by_path

    with opened(workspace, "decide note") as catalog:
        changed = note_by_path(catalog, phone, other, text)
    print_json({"note": text, "changed": changed}) if json else say("noted" if changed else "nothing changed")
