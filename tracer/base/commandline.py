"""A typer application, run: one command line in, one exit code out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import typer

from tracer.base.console import note
from tracer.base.errors import Exit

# The parser's root of errors; typer names only its heirs.
_ParserError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def run_app(app: typer.Typer, argv: Sequence[str], program: str, **extra: Any) -> int:
    """Run a command and return its exit code; what the parser refuses is said where all messages are printed.

    Args:
        app: the commands. argv: the words behind the program's name, which is `program`. extra: for the context.

    Raises:
        BrokenPipeError: who read the output went away.
    """
    try:
        code = app(args=list(argv), prog_name=program, standalone_mode=False, **extra)
    except _ParserError as error:
        said = io.StringIO()
        error.show(said)
        note(said.getvalue().rstrip("\n"))
        code = error.exit_code
    except typer.Abort:
        note("Aborted!")
        code = Exit.FAILED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and Rich end the program with it as a failure
            raise end.__context__ from None
        code = end.code
    return code if isinstance(code, int) else Exit.DONE
