"""No two modules of curate import each other, not even inside functions or for type checking alone."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import curate

ROOT = Path(curate.__file__).parent


def imported(path: Path, modules: set[str]) -> set[str]:
    """The modules of curate that a module imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            of = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if name in modules else node.module for name in of}
    return names & modules


def test_imports_have_no_cycle() -> None:
    """The modules can be put in an order in which each imports earlier ones alone."""
    paths = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in ROOT.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    graph = {name: imported(path, {*modules}) - {name} for name, path in modules.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules
    assert len(graph["curate.tui.app"]) > 5
