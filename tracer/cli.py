"""The program `tracer`: it collects the commands, runs one and turns errors into messages and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from tracer.base.commandline import run_app, version_option
from tracer.base.console import complain, prepare_streams, take_over_messages
from tracer.base.errors import DISK_ERRORS
from tracer.commands import embeddings, experiments, planning, runs
from tracer.errors import Exit, TracerError

app = typer.Typer(
    name="tracer",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.add_typer(embeddings.app)
app.add_typer(experiments.app)
app.add_typer(runs.app)
app.add_typer(planning.app)


@app.callback()
def _program(
    version: Annotated[bool, version_option("tracer")] = False,
) -> None:
    """What visual encoders know about the camera.

    Start with: tracer evaluate SET -o RUN
    """


def run_cli(argv: Sequence[str]) -> int:
    """Run a command and return its exit code. Errors that a user can act on are printed to stderr without a traceback."""
    # OpenMP threads that wait sleep instead of spinning: beside other work spinning costs many times what it saves.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return run_app(app, argv, "tracer", obj=list(argv))  # the results record the command line
    except TracerError as error:
        complain("tracer", error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe (head, less). Without this the interpreter's last flush would fail, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        complain(
            "tracer",
            TracerError(
                "The disk cannot be read or written",
                str(error),
                "Look at the path, the disk and its free space, or choose another run folder; what is finished is kept.",
            ),
        )
        return Exit.FAILED


def main() -> NoReturn:
    """The command `tracer`."""
    take_over_messages()
    prepare_streams()
    code = run_cli(sys.argv[1:])
    if code == Exit.INTERRUPTED:
        # Threads may still be fitting or decoding. Files are written atomically, so nothing is lost by not waiting for them.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
