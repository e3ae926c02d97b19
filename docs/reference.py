"""Writes docs/commands.md, docs/settings.md and docs/labels.md from the programs themselves; a test holds that they are so.

Run: python -m docs.reference
"""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

HERE = Path(__file__).parent


def commands() -> str:
    """Return docs/commands.md."""
    import curate.cli
    import tracer.cli

    lines = ["# Commands", "", "Made by `python -m docs.reference` from the programs' own words; do not edit.", ""]
    lines += [
        "Data goes to standard output, everything else to standard error. `--json` prints one object. Exit codes: 0 done,",
        "1 failed, 2 usage, 3 done but some items failed (they can be listed), 4 leak found, 5 credentials, 130 interrupted.",
        "",
        "`curate` alone opens the app on the current folder, `curate DIR` on a workspace.",
        "",
    ]
    for program, app in (("curate", curate.cli.app), ("tracer", tracer.cli.app)):
        lines += [f"## {program}", ""]
        for name, command in _walk(program, typer.main.get_command(app)):
            lines += _command(name, command)
    return "\n".join(lines).rstrip() + "\n"


def settings() -> str:
    """Return docs/settings.md."""
    from curate.workspace.settings import Settings

    lines = ["# Settings", "", "Made by `python -m docs.reference`; do not edit.", ""]
    lines += ["They stand in a workspace's `workspace.toml`; every one has a default.", ""]
    lines += _section("Top level", Settings)
    for name, field in Settings.model_fields.items():
        model = field.annotation
        if inspect.isclass(model) and issubclass(model, BaseModel):
            lines += _section(f"[{name}]", model)
        elif name == "cameras":
            from curate.workspace.settings import CameraSetting

            lines += _section("[[cameras]]", CameraSetting)
    return "\n".join(lines).rstrip() + "\n"


def labels() -> str:
    """Return docs/labels.md."""
    from curate.catalog.expressions import FUNCTIONS, LIMITS, MOST_CALLS, MOST_SELECTS, QUERY_SECONDS
    from curate.catalog.labels import CATALOG_COLUMNS, LABEL_COLUMNS, MEANINGS

    lines = [
        "# Label columns",
        "",
        "Made by `python -m docs.reference` from the catalogue's own columns; do not edit.",
        "",
        "`curate photos` lists them, a set's `metadata.parquet` holds them, and `--where` takes one SQL expression (SQLite's)",
        "over them. Names with a space stand in double quotes, words in single ones; true is 1 and false is 0; a value that is",
        "not known is null:",
        "",
        "```console",
        "$ curate photos -w DIR --where \"camera_type = 'dslr' AND Year >= '2015'\"",
        "$ curate photos -w DIR --where '\"Is Smartphone\" = 1 AND semantic_label IS NULL'",
        "$ curate label semantic_label=cat -w DIR --where \"path LIKE '%/cats/%'\"",
        "```",
        "",
        f"An expression runs for {QUERY_SECONDS:g} seconds at most. It may call {MOST_CALLS} functions (LIKE and GLOB are two)",
        f"and hold {MOST_SELECTS} sub-selects;",
        f"a pattern of LIKE or GLOB has up to {LIMITS[sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH]} characters. The functions: "
        + ", ".join(f"`{name}`" for name in sorted(FUNCTIONS))
        + ".",
        "",
        "A privacy rule keeps `latitude` and `longitude` out of sets, unless `--keep-gps` is given.",
        "",
    ]
    for title, columns in (("In sets and catalogues", LABEL_COLUMNS), ("In catalogues alone", CATALOG_COLUMNS)):
        lines += [f"## {title}", "", "| column | type | what it holds |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {kind} | {MEANINGS[name]} |" for name, kind in columns.items()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def write() -> None:
    """Write the pages."""
    (HERE / "labels.md").write_text(labels(), encoding="utf-8")
    (HERE / "commands.md").write_text(commands(), encoding="utf-8")
    (HERE / "settings.md").write_text(settings(), encoding="utf-8")


def _walk(prefix: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield prefix, command
        return
    if getattr(command, "invoke_without_command", False) and " " in prefix:
        yield prefix, command
    for name in children:
        if not children[name].hidden:
            yield from _walk(f"{prefix} {name}", children[name])
        elif name == "demo-photos":
            yield "curate demo photos", children[name]


def _command(name: str, command: Any) -> list[str]:
    words, options = [name], []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = (parameter.metavar or parameter.name).upper()
            words.append(word if parameter.required else f"[{word}]")
            if parameter.nargs == -1:
                words.append("…")
            if getattr(parameter, "help", None):
                options.append(f"- `{word}`: {parameter.help}")
        elif parameter.name != "help":
            flags = ", ".join(f"`{flag}`" for flag in [*parameter.opts, *parameter.secondary_opts])
            options.append(f"- {flags}" + (f": {parameter.help}" if parameter.help else ""))
    text = " ".join((command.help or "").split())
    return [f"### `{' '.join(words)}`", "", text, "", *options, *([""] if options else [])]


def _section(title: str, model: type[BaseModel]) -> list[str]:
    lines = [
        f"## `{title}`" if title.startswith("[") else f"## {title}",
        "",
        " ".join((model.__doc__ or "").split()),
        "",
    ]
    for name, field in model.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            continue
        default = "" if field.is_required() else f" Default: `{field.default!r}`."
        lines.append(f"- `{name}`: {field.description}{default}")
    return [*lines, ""]


if __name__ == "__main__":
    write()
