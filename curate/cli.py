"""The program `curate`: runs one command line and returns an exit code."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from curate.commands import cameras, clocks, duplicates, flickr, imports, pairs, photos, review, sets
from curate.errors import CurateError, Exit, StorageError, UsageError, command
from curate.workspace import is_workspace
from tracer.base.commandline import run_app
from tracer.base.console import complain, note, say, take_over_messages
from tracer.base.errors import DISK_ERRORS


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
app.add_typer(flickr.app, name="flickr", help="Harvest Flickr: list photos, ask for their EXIF, download originals.")
app.add_typer(sets.app)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"curate {version('lenstrace')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn photos into sets with camera labels and pairs of one scene. `curate` or `curate DIR` opens the app."""


def command_names() -> list[str]:
    """Return the names of the commands, as typed."""
    group: Any = typer.main.get_command(app)
    return sorted(group.commands)


def run_cli(argv: list[str]) -> int:
    """Run one command line and return its exit code.

    Without words, the app opens in the current folder. If the first word is a command, that command runs; if it is an
    existing folder or holds a `/`, the app opens there, or offers to make a workspace; anything else is a usage error with a
    suggestion.
    """
    if sys.stdout is None or sys.stdout.closed:
        error = UsageError("standard output is closed", "", "Leave it open; send unwanted output to /dev/null.")
        complain("curate", error)
        return error.exit_code
    try:
        code = _dispatch(argv)
        sys.stdout.flush()  # reports a failed write here instead of at the interpreter's exit
        return code
    except CurateError as error:
        complain("curate", error)
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # the reader closed the pipe (`curate photos | head`); Python must not flush to it again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        complain(
            "curate",
            StorageError(
                "the disk cannot be read or written",
                str(error),
                "Check the disk and its free space, and run the command again; finished work is kept.",
            ),
        )
        return Exit.FAILED


def _dispatch(argv: list[str]) -> int:
    completing = "_CURATE_COMPLETE" in os.environ  # a shell asks for completions; it passes the words in variables
    if not completing and (not argv or not argv[0].startswith("-")):
        first = argv[0] if argv else "."
        if first not in command_names() and (os.path.isdir(first) or "/" in first):
            if len(argv) > 1:
                raise UsageError(
                    "the app takes one folder",
                    f"{' '.join(argv[1:])} was given too",
                    "curate --help lists the commands.",
                )
            return _open_app(Path(first))
        if first not in command_names():
            near = difflib.get_close_matches(first, command_names(), n=1)
            there = f"curate --help lists the commands; a workspace of that name is made by: {command('new', first)}"
            hint = f"Did you mean: curate {near[0]}?" if near else there
            raise UsageError("there is no such command or folder", first, hint)
        if len(argv) == 1 and is_workspace(Path(first)):
            note(f"{first} is run as the command; to open the app on the workspace in that folder: curate ./{first}")
    if argv[:2] == ["demo", "photos"]:
        argv = ["demo-photos", *argv[2:]]
    return run_app(app, argv, "curate")


def _open_app(folder: Path) -> int:
    """Open the app on a folder. If the folder is not a workspace, the app first offers to make one."""
    from curate.tui.screens.starting import workspace_at

    was_one = is_workspace(folder)
    workspace = workspace_at(folder)
    if workspace is None:
        note("no workspace was made")
        return Exit.DONE
    from curate.tui.app import run

    own = was_one or workspace.root == Path(os.path.abspath(folder))
    return run(workspace, ingest_from=None if own else folder.absolute())


def main() -> None:
    """Run the program `curate`."""
    take_over_messages()
    sys.exit(run_cli(sys.argv[1:]))


if __name__ == "__main__":
    main()
