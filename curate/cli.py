"""The program `curate`: runs one command line and returns an exit code."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path

from curate.errors import CurateError, Exit, StorageError, UsageError, command
from tracer.base.console import complain, note, prepare_streams, take_over_messages
from tracer.base.errors import DISK_ERRORS


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
                "Check the path, the disk and its free space, and run the command again; finished work is kept.",
            ),
        )
        return Exit.FAILED


def _dispatch(argv: list[str]) -> int:
    completing = "_CURATE_COMPLETE" in os.environ  # a shell asks for completions; it passes the words in variables
    first = argv[0] if argv else "./"
    if not completing and "/" in first and not first.startswith("-"):  # no command: their imports can be saved
        return _open_app(Path(first), argv[1:])
    from curate.commands.program import app, command_names
    from curate.workspace import is_workspace
    from tracer.base.commandline import run_app

    names = command_names()
    if not completing and not first.startswith("-"):
        if first not in names and os.path.isdir(first):
            return _open_app(Path(first), argv[1:])
        if first not in names:
            near = difflib.get_close_matches(first, names, n=1)
            there = f"curate --help lists the commands; to open the app on a new folder of that name: {command(f'./{first}')}"
            hint = f"Did you mean: curate {near[0]}?" if near else there
            raise UsageError("there is no such command or folder", first, hint)
        if len(argv) == 1 and is_workspace(Path(first)):
            note(f"{first} is run as the command; to open the app on the workspace in that folder: curate ./{first}")
    if argv[:2] == ["demo", "photos"]:
        argv = ["demo-photos", *argv[2:]]
    return run_app(app, argv, "curate")


def _open_app(folder: Path, more: list[str]) -> int:
    """Open the app on a folder. If the folder is not a workspace, the app first offers to make one. --help tells of all commands.

    Raises:
        UsageError: there are more words.
    """
    if more and {*more} <= {"--help", "-h"}:
        from curate.commands.program import app
        from tracer.base.commandline import run_app

        return run_app(app, ["--help"], "curate")
    if more:
        raise UsageError(
            "the app takes one folder", f"{' '.join(more)} was given too", "curate --help lists the commands."
        )
    from curate.tui.loading import loading

    with loading():
        from curate.tui.app import run
        from curate.tui.screens.starting import workspace_at
        from curate.workspace import is_workspace

    was_one = is_workspace(folder)
    workspace = workspace_at(folder)
    if workspace is None:
        note("no workspace was made")
        return Exit.DONE
    own = was_one or workspace.root == Path(os.path.abspath(folder))
    return run(workspace, ingest_from=None if own else folder.absolute())


def main() -> None:
    """Run the program `curate`."""
    if "FLICKR_API_KEY" in os.environ and sys.argv[1:2] != ["serve"]:  # its windows take the key over
        from curate.sources.flickr.key import withhold

        withhold()
    take_over_messages()
    prepare_streams()
    sys.exit(run_cli(sys.argv[1:]))


if __name__ == "__main__":
    main()
