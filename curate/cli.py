"""curate's commands, mounted, and the program's front door: one command line in, one exit code out."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from curate.commands import cameras, clocks, duplicates, pairs, photos, sets
from curate.errors import CurateError, Exit, StorageError, UsageError
from curate.workspace import Workspace, is_workspace
from tracer.base.commandline import run_app
from tracer.base.console import complain, note, say, take_over_messages
from tracer.base.errors import DISK_ERRORS


class _PlainWords(typer.core.TyperGroup):
    """The commands; what is wrong with a word of theirs is said in plain words, and not in those of the parser's parser."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
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
app.add_typer(cameras.app, name="cameras", help="Distinct cameras and their types, unknown ones first; state a type.")
app.add_typer(duplicates.app, name="duplicates", help="Exact and near copies, and which one is kept; state it.")
app.add_typer(clocks.app, name="clocks", help="How far the clocks of two cameras differ; state an offset.")
app.add_typer(pairs.app)
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
    """Photos in, camera labels, pairs of one scene, labelled sets out. `curate` or `curate DIR` opens the app."""


def command_names() -> list[str]:
    """Return the names of the commands, as typed."""
    group: Any = typer.main.get_command(app)
    return sorted(group.commands)


def run_cli(argv: list[str]) -> int:
    """Run one command line and return its exit code.

    No words open the app on the current folder. A first word that is a command is that command; an existing folder, or a
    word with a `/`, opens the app there; anything else is a usage error with a suggestion.
    """
    if sys.stdout is None or sys.stdout.closed:
        error = UsageError("standard output is closed", "", "Leave it open; what is not wanted goes to /dev/null.")
        complain("curate", error)
        return error.exit_code
    try:
        code = _dispatch(argv)
        sys.stdout.flush()  # what cannot be written is noticed here, and not as the interpreter ends
        return code
    except CurateError as error:
        complain("curate", error)
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # who read our output has all that is wanted (`curate photos | head`); nothing must be flushed once more at the end
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
                "Look at the disk and its free room, and run the command again; what was done is kept.",
            ),
        )
        return Exit.FAILED


def _dispatch(argv: list[str]) -> int:
    completing = "_CURATE_COMPLETE" in os.environ  # a shell asks what may follow; the words stand in its variables
    if not completing and (not argv or not argv[0].startswith("-")):
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
        if len(argv) == 1 and is_workspace(Path(first)):
            note(f"{first} is taken as the command; the app on the workspace in that folder: curate ./{first}")
    if argv[:2] == ["demo", "photos"]:
        argv = ["demo-photos", *argv[2:]]
    return run_app(app, argv, "curate")


def main() -> None:
    """The program `curate`."""
    take_over_messages()
    sys.exit(run_cli(sys.argv[1:]))


if __name__ == "__main__":
    main()
