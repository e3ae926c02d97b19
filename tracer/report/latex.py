r"""The page's tables for a paper: `<run>/tables/*.tex`, each a `tabular` for \usepackage{booktabs}, nothing else needed.

Letters beyond ASCII stay as they are (UTF-8 is LaTeX's default encoding); a label in another script needs a font that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tracer.base.files import replace_with
from tracer.results.tables import Cell, PlainTable, Table

_ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\u202f": r"\,", "\u00a0": "~", "\u2212": "$-$", "–": "--", "—": "---", "×": r"$\times$", "→": r"$\to$", "≥": r"$\geq$",
    "ₚ": r"\textsubscript{p}", "ₐ": r"\textsubscript{a}", "’": "'", "“": "``", "”": "''", "…": r"\dots{}", '"': "''",
    "[": "{[}", "]": "{]}",
}  # fmt: skip

_SPACE = re.compile(r"[^\S\u00a0\u202f]+")
"""White space but for no-break spaces, which have their own signs in LaTeX."""


def escape(text: str) -> str:
    """A string as LaTeX shows it, whatever it holds; on one line."""
    return "".join(_ESCAPES.get(char, char) for char in _SPACE.sub(" ", text))


def write_tables(tables: Iterable[Table | PlainTable], folder: Path) -> list[Path]:
    """Write each table that has lines as `<folder>/<name>.tex`; return the paths."""
    written: list[Path] = []
    for table in tables:
        if not table.lines:
            continue
        stem = re.sub(r"[^a-z0-9]+", "-", table.name.casefold()).strip("-")[:60] or "table"
        taken = sum(path.stem == stem or path.stem.startswith(f"{stem}-") for path in written)
        path = folder / f"{stem}{f'-{taken + 1}' if taken else ''}.tex"
        text = latex(table)
        replace_with(path, lambda partial, text=text: partial.write_text(text, encoding="utf-8", newline="\n"))  # type: ignore[misc]
        written.append(path)
    return written


def latex(table: Table | PlainTable) -> str:
    """One table with its caption as a comment."""
    lines = [line.cells if not isinstance(line, tuple) else line for line in table.lines]
    caption = f"{table.name}. {table.caption}" if isinstance(table, Table) and table.caption else table.name
    columns = "".join("r" if numeric else "l" for _, numeric in table.heads)
    out = [
        f"% {_SPACE.sub(' ', caption)}",
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _line([head for head, _ in table.heads]),
        r"\midrule",
        *(_line(_texts(cells)) for cells in lines),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(out) + "\n"


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in cells]


def _line(texts: Sequence[str]) -> str:
    return " & ".join(escape(text) for text in texts) + r" \\"
