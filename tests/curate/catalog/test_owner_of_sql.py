"""The catalogue owns SQL: nothing else in curate asks SQLite anything."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import curate

ROOT = Path(curate.__file__).parent
OTHERS = [path for path in sorted(ROOT.rglob("*.py")) if not path.is_relative_to(ROOT / "catalog")]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_outside_the_catalogue(path: Path) -> None:
    """No module imports sqlite3, runs a statement, or takes the catalogue's connection."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert "sqlite3" not in {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "sqlite3"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in ("execute", "executemany", "executescript", "connection"), f"line {node.lineno}"
