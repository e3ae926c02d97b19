"""Runs a typer application: one command line in, one exit code out."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from typing import Any

import typer
import typer.main

from tracer.base.console import note, say
from tracer.base.errors import Exit

# The base class of the parser's errors; typer exports only its subclasses.
_ParserError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def version_option(program: str) -> Any:
    """Return the option `--version` of a program: it prints the version of lenstrace and ends."""

    def tell(wanted: bool) -> None:
        if wanted:
            from importlib.metadata import version

            say(f"{program} {version('lenstrace')}")
            raise typer.Exit

    return typer.Option("--version", callback=tell, is_eager=True, help="Print the version.")


@functools.cache
def parser_of(app: typer.Typer) -> Any:
    """Return the parser of an application. It is built once: building it takes longer than most commands do."""
    return typer.main.get_command(app)


def run_app(app: typer.Typer, argv: Sequence[str], program: str, **extra: Any) -> int:
    """Run a command and return its exit code. The parser's own errors are printed as notes.

    Args:
        app: the commands.
        argv: the arguments, without the program's name.
        program: the program's name.
        extra: passed on to the context.

    Raises:
        BrokenPipeError: the reader of the output closed it.
    """
    try:
        code = parser_of(app)(args=list(argv), prog_name=program, standalone_mode=False, **extra)
    except _ParserError as error:
        said = io.StringIO()
        error.show(said)
        note(said.getvalue().rstrip("\n"))
        code = error.exit_code
    except typer.Abort:
        note("Aborted!")
        code = Exit.FAILED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and Rich turn it into an exit with a failure code
            raise end.__context__ from None
        code = end.code
    return code if isinstance(code, int) else Exit.DONE
