"""The command that repeats a run, worded for somebody who holds the set: with names in place of paths, and never onto the set."""

from __future__ import annotations

import re
import shlex

from tracer.base.text import command_line
from tracer.results.runs import Run

_OUTPUT = ("-o", "--output")
_NOT_REPEATED = frozenset({"--json"})
"""What says how the command prints, not what it measures."""


def commands(run: Run) -> list[str]:
    """Return the commands that repeat the run, one after another: those of all calls whose figures it holds."""
    calls = run.meta.get("calls")
    held = [call.get("command") for call in calls.values() if isinstance(call, dict)] if isinstance(calls, dict) else []
    typed = dict.fromkeys(said for said in held if isinstance(said, str) and said)
    return list(dict.fromkeys(map(_repeating, typed))) or [command(run)]


def command(run: Run) -> str:
    """Return the command of the run's last call, with the set named by its folder: a page travels, a path does not.

    Set and run may lie in two folders under one name. In the folder that holds the set the run then gets another one.
    """
    said = run.meta.get("command")
    if isinstance(said, str) and said:
        return _repeating(said)
    encoders = ",".join(run.encoders)
    chosen = ["--encoders", encoders] if encoders else []
    return command_line(*_beside_the_set(["tracer", "evaluate", run.dataset, *chosen, "-o", "RUN"]))


def _repeating(typed: str) -> str:
    return command_line(*_beside_the_set(_without_places(typed)))


def _without_places(typed: str) -> list[str]:
    """The words of a command as it stands in results that others made, each absolute path in them cut to its last name."""
    try:
        words = shlex.split(typed)
    except ValueError:  # an open quotation mark: no shell has read it
        words = typed.split()
    cut = [re.sub(r"(^-o|^--output=|^|[=,@])~?/[^,@]*?([^/,@]*)/?(?=[,@]|$)", r"\1\2", word) for word in words]
    return [word for word in cut if word not in _NOT_REPEATED]


def _beside_the_set(words: list[str]) -> list[str]:
    """The words with another name for the run where it would be the set's."""
    if len(words) < 3 or words[2].startswith("-"):  # the command works on embedding files
        return words
    taken, made = _name(words[2]), list(words)
    for at, word in enumerate(words):
        option = next((name for name in ("--output=", "-o") if word.startswith(name) and word not in _OUTPUT), "")
        if at > 2 and (option or words[at - 1] in _OUTPUT) and _name(word[len(option) :]) == taken:
            made[at] = f"{word.rstrip('/')}-run"
    return made


def _name(folder: str) -> str:
    """A folder's name as a file system without upper case sees it."""
    return folder.removeprefix("./").rstrip("/").casefold()
