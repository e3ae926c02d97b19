"""Modules, functions and parameter lists stay short."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULE_LINES, FUNCTION_LINES = 400, 60


def modules() -> Iterator[tuple[str, str]]:
    """Each module of both programs: its path and its text."""
    for package in ("curate", "tracer"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_no_module_is_long() -> None:
    """A module holds one thing in at most 400 lines."""
    assert [name for name, text in modules() if text.count("\n") > MODULE_LINES] == []


def test_no_function_is_long() -> None:
    """A function has at most 60 lines, its docstring included; ruff holds the number of parameters."""
    functions = (
        (f"{name}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [name for name, lines in functions if lines > FUNCTION_LINES] == []


def test_the_rooms_are_few() -> None:
    """A stranger who lists a program's folder sees at most this many entries."""
    for package, most in (("tracer", 19), ("curate", 26)):
        entries = [path.name for path in (ROOT / package).iterdir() if not path.name.startswith(("__pycache__", "."))]
        assert len(entries) <= most, sorted(entries)
