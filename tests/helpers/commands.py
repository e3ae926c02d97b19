"""The commands of curate within a test's process, as a person runs them on a workspace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from curate.workspace import Workspace


class Run:
    """Runs commands on a workspace.

    Attributes:
        said: the messages of the last command.
    """

    def __init__(self, workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
        self._workspace, self._capsys = workspace, capsys
        self.said = ""

    def __call__(self, *words: str, code: int = Exit.DONE) -> Any:
        """Run a command; returns its JSON, or what it printed."""
        self._capsys.readouterr()
        ended = run_cli([*words, "-w", str(self._workspace.root)])
        printed = self._capsys.readouterr()
        assert ended == code, printed.err
        self.said = printed.err
        return json.loads(printed.out) if "--json" in words else printed.out
