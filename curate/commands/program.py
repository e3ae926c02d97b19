"""The commands of `curate` as one Typer app. Opening the terminal app does not import it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

from curate.commands import cameras, clocks, duplicates, flickr, imports, pairs, photos, review, serve, sets
from tracer.base.commandline import parser_of, version_option


class _PlainWords(typer.core.TyperGroup):
    """The commands; rewords pydantic's messages about invalid option values in plain words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and reword a message about an invalid value."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            plain = error.message.removeprefix("Value error, ").replace("Input should be", "it must be")
            error.message = plain.partition(", unable to parse")[0]
            raise


app = typer.Typer(
    cls=_PlainWords,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(photos.app)
app.add_typer(imports.app, name="import", help="Import photos and labels from other collections.")
app.add_typer(cameras.app, name="cameras", help="List the cameras and their types, unknown types first; state a type.")
app.add_typer(
    duplicates.app, name="duplicates", help="List exact and near copies and which one is kept; state which to keep."
)
app.add_typer(clocks.app, name="clocks", help="List how far the clocks of two cameras differ; state an offset.")
app.add_typer(pairs.app)
app.add_typer(review.app)
app.add_typer(serve.app)
app.add_typer(flickr.app, name="flickr", help="Harvest Flickr: list photos, ask for their EXIF, download originals.")
app.add_typer(sets.app)


@app.callback()
def _program(
    version: Annotated[bool, version_option("curate")] = False,
) -> None:
    """Turn photos into sets with camera labels and pairs of one scene. `curate` or `curate DIR` opens the app."""


def command_names() -> list[str]:
    """Return the names of the commands, as typed."""
    return sorted(parser_of(app).commands)
