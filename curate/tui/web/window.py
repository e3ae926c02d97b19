"""The app of one window, as a process: `python -P -m curate.tui.web.window WORKSPACE`. Its terminal is a page in a browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from curate.errors import CurateError, Exit
from curate.sources.flickr.key import withhold
from curate.workspace import Workspace
from tracer.base.console import complain, take_over_messages
from tracer.base.text import visible_lines

_READY = b"__GANGLION__\n"
"""What textual-serve takes as the sign of an app."""


def main() -> int:
    """Run the app; if it cannot be opened, say why in the window."""
    withhold()
    take_over_messages()
    os.environ["TEXTUAL_DRIVER"] = "curate.tui.web.driver:WindowDriver"  # Textual reads it when it is imported
    from curate.tui.app import run

    try:
        return run(Workspace.open(Path(sys.argv[1])), browser=True)
    except CurateError as error:
        _show(error)
        complain("curate", error)
        return error.exit_code
    except BrokenPipeError:
        return Exit.FAILED


def _show(error: CurateError) -> None:
    """Draw an error as the app would draw a screen."""
    text = visible_lines("\n".join(error.lines())).replace("\n", "\r\n").encode()
    os.write(1, _READY + b"D" + len(text).to_bytes(4, "big") + text)


if __name__ == "__main__":
    sys.exit(main())
