"""Every command that a text of the programs names is one that they take: it is parsed, as a shell would hand it over."""

from __future__ import annotations

import ast
import difflib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import curate.commands.program
import tracer.cli

ROOT = Path(__file__).parent.parent
PROGRAMS = {"curate": curate.commands.program.app, "tracer": tracer.cli.app}

UNQUOTED, QUOTED, NUMBER = "two words", "'two words'", "7"
"""What a value in a text becomes: a value that is not quoted holds a space, as file names and labels may."""

_QUOTES = {"shell_word", "command_line", "join", "command", "shown", "line"}
_COMMAND = re.compile(r"(?<![\w/.-])(curate|tracer) (?=[a-z])")


def _value(node: ast.FormattedValue) -> str:
    """What stands in a text for a value of an f-string."""
    if isinstance(node.value, ast.Call):
        name = node.value.func
        called = name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""
        if called in _QUOTES:
            return QUOTED
    numeric = isinstance(node.format_spec, ast.JoinedStr)
    return NUMBER if numeric else UNQUOTED


def _texts(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Every text of a module, whole, with its line, and whether it is a docstring; values are filled in."""
    parts: set[int] = set()
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts.update(id(value) for value in node.values)
            yield (
                node.lineno,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else _value(part)
                    for part in node.values
                    if isinstance(part, ast.Constant | ast.FormattedValue)
                ),
                False,
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value, id(node) in alone
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command":
            words = [str(arg.value) if isinstance(arg, ast.Constant) else "X" for arg in node.args]
            if not any(isinstance(arg, ast.Starred) for arg in node.args):
                yield node.lineno, f"`{shlex.join(['curate', *words])}`", False


def _commands(text: str, docstring: bool) -> Iterator[str]:
    """The command lines of a text: all of a passage in backticks, else up to the end of its clause.

    Outside of backticks `curate` may be the subject of a sentence: then no command's name, nor one with a slip, follows.
    """
    for match in _COMMAND.finditer(text):
        quoted = text[: match.start()].endswith("`")
        rest = text[match.start() :]
        end = re.search(r"`" if quoted else r"`|[;:,)]|[.?](\s|$)|\n|$", rest)
        assert end is not None
        line = " ".join(rest[: end.start()].split())
        word, names = line.split()[1], _names(match[1])
        verb = word not in names and word.removesuffix("s") in names  # "curate exports the set"
        if quoted or (not docstring and not verb and difflib.get_close_matches(word, names, 1, 0.8)):
            yield line


def _names(program: str) -> list[str]:
    return [*getattr(typer.main.get_command(PROGRAMS[program]), "commands", {})]


def why_not(line: str) -> str | None:
    """Return why a program does not take a command line; None where it does.

    A command's name alone, or with a name of an option (`curate export --match`), speaks of it and need not be whole. What
    a person puts in the place of a word in capitals may be a number or one of a few words.
    """
    try:
        program, *words = shlex.split(line)
    except ValueError as error:
        return str(error)
    words = [word.removesuffix("…") for word in words if word != "…"]
    command: Any = typer.main.get_command(PROGRAMS[program])
    if words[:2] == ["demo", "photos"]:
        words = ["demo-photos", *words[2:]]
    name = program
    while True:
        children = getattr(command, "commands", {})
        if not words or (children and words[0] in children and len(words) == 1):
            return None  # a command's name alone
        try:
            context = command.make_context(name, list(words))
        except Exception as error:  # noqa: BLE001 - whatever a parser refuses with
            why = f"{type(error).__name__}: {getattr(error, 'message', '') or error}"
            mentioned = len(words) == 1 and words[0].startswith("-") and words[0] in _options(command)
            return None if mentioned or re.search(r"BadParameter.*'([A-Z_]+|two words)' is not", why) else why
        if not children:
            return None
        rest = [*getattr(context, "_protected_args", []), *context.args]
        if not rest:
            return None
        if rest[0] not in children:
            return f"there is no command {rest[0]}"
        name, words, command = rest[0], rest[1:], children[rest[0]]


def _options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def advice(program: str) -> list[tuple[str, str]]:
    """Every command line that a program's texts name, with its place."""
    found = []
    for path in sorted((ROOT / program).rglob("*.py")):
        for line, text, docstring in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            found += [(f"{path.relative_to(ROOT)}:{line}", named) for named in _commands(text, docstring)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_that_a_text_names_parses(program: str) -> None:
    """Errors, notes, reports and docstrings name commands, options and arguments that exist, quoted where they must be."""
    named = advice(program)
    assert len(named) > 20
    wrong = [f"{place}: {line!r}: {why}" for place, line in named if (why := why_not(line))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "curate ingets",
        "curate photos --wher X",
        "curate export OUT ANOTHER",
        "curate cameras set Canon EOS toaster",
        "curate cameras set MAKE",
        "tracer knn SET -o RUN -K 5",
        "tracer evaluate SET -o RUN --attributes ISO Speed",
    ],
)
def test_wrong_advice_is_noticed(line: str) -> None:
    """The test can fail: an unknown command or option, a missing word, and a label with a space are refused."""
    assert why_not(line)


@pytest.mark.parametrize(
    "line",
    [
        "curate ingest PATH… -w DIR",
        "curate cameras -w DIR set MAKE MODEL TYPE",
        "curate photos -w 'my photos' --where \"status != 'ok'\"",
        "tracer evaluate SET -o RUN --attributes 'ISO Speed'",
        "curate demo photos DIR --scenes 8",
    ],
)
def test_sound_advice_passes(line: str) -> None:
    """What the programs take is not refused."""
    assert why_not(line) is None
