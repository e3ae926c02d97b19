"""What commands share: the options that many take, how words are read, and how rows and notes are printed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer.base.console import note, print_json, print_lines, print_table
from tracer.base.text import command_line
from tracer.base.text import words_in as words_in
from tracer.base.workers import Limits
from tracer.errors import Exit, UsageError
from tracer.experiments.settings import Protocol
from tracer.results.skips import in_groups

if TYPE_CHECKING:
    from tracer.evaluation.evaluate import Evaluation
    from tracer.experiments.zeroshot.prompts import Prompts


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def _completed(incomplete: str) -> list[str]:
    """The lists of encoders that a list could become, for the shell."""
    from tracer.encoders.registry import words

    before, comma, word = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in words() if name.startswith(word)]


SetOption = Annotated[Path | None, typer.Argument(metavar="SET", help="A data set folder; not with --embeddings.")]
SetArgument = Annotated[Path, typer.Argument(metavar="SET", help="A data set folder.")]
RunOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="RUN",
        help="The run folder; needed with SET, with --embeddings for results and a report.",
    ),
]
RunNeeded = Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="The run folder.")]
Encoders = Annotated[
    str, typer.Option(help="Names, or groups of them (offline, paper), comma-separated.", autocompletion=_completed)
]
TextEncoders = Annotated[
    str,
    typer.Option(
        "--encoders",
        help="Names of encoders with a text side (clip/, openclip/, openclip:), comma-separated.",
        autocompletion=_completed,
    ),
]
NamesToCheck = Annotated[
    str,
    typer.Option(
        "--check",
        metavar="NAME,…",
        help="Only say whether there are encoders of these names.",
        autocompletion=_completed,
    ),
]
FolderOption = Annotated[
    Path | None, typer.Option("--embeddings", metavar="DIR", help="Work on embedding files alone.")
]
EncoderOption = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="NAME,…",
        help="The encoders, comma-separated, with --embeddings.",
        autocompletion=_completed,
    ),
]
Processings = Annotated[str, typer.Option("--processing", metavar="P1,P2", help="Processings, comma-separated.")]
Labels = Annotated[str, typer.Option(help="Labels beside Is Smartphone, Make, Model and the semantic one; all.")]
Masks = Annotated[
    str | None,
    typer.Option(metavar="0,0.9", help="Shares of the area to mask; 0,0.9,0.95 for a set, 0 for files, if left out."),
]
Neighbours = Annotated[int | None, typer.Option("-k", min=1, help="Neighbours; 10, and on small sets 1, if left out.")]
Protocols = Annotated[Protocol, typer.Option("--protocol", help="How probes are fitted.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of splits, draws and bootstraps.")]
PromptFile = Annotated[
    Path | None,
    typer.Option(
        "--prompts",
        metavar="FILE.toml",
        help="Prompts for zero-shot classification: templates, and sentences of single classes.",
    ),
]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, …; a GPU where there is one if left out.")]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", min=0.1, help="Time for one photo, and for each processing of it; 60 if left out."),
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory",
        min=0.1,
        help="Gigabytes for all photos that are decoded at once; half of the machine's, at most 6 or 1 a process, if left out.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style, typer.Option("--format", help="How rows are printed.")]

ROW_COLUMNS = (
    "experiment", "encoder", "attribute", "processing", "mask_ratio", "setting", "metric", "value", "ci_low", "ci_high",
    "chance", "n",
)  # fmt: skip


def ratios_in(text: str) -> tuple[float, ...]:
    """Shares of the area. Raises UsageError where a word is none."""
    try:
        ratios = tuple(round(float(word), 6) for word in words_in(text))
    except ValueError as error:
        raise UsageError(
            f"--mask takes shares of the area, not {text}", way_out="Say for instance --mask 0,0.9,0.95."
        ) from error
    if not ratios:
        raise UsageError("--mask names no share of the area", way_out="Say for instance --mask 0,0.9,0.95.")
    if not all(0 <= ratio <= 1 for ratio in ratios):
        raise UsageError(f"A mask covers a share from 0 to 1, not {text}")
    return tuple(dict.fromkeys(ratios))


def typed(context: typer.Context) -> str:
    """The command as it was typed, with each path cut to its name: a report travels, a path does not.

    The parser tells which words are paths, whatever their names look like.
    """
    words: list[str] = context.obj or []
    order = context.command.make_parser(context).parse_args(words[1:])[2]
    line = ["tracer", *words[:1]]
    for parameter in sorted(dict.fromkeys(order), key=lambda one: one.param_type_name):  # arguments, then options
        value = context.params[parameter.name or ""]
        if value is None:
            continue
        if parameter.param_type_name == "option":
            line.append(next(name for name in parameter.opts if any(word.startswith(name) for word in words)))
        if value is not True:
            line += map(_without_place, value if isinstance(value, list) else [value])
    return command_line(*line)


def _without_place(value: object) -> str:
    """A value as it was typed; of a path, and of a checkpoint behind an encoder's name, only the file's name."""
    if isinstance(value, Path):
        name = os.path.basename(os.path.abspath(value.expanduser()))
        return f"./{name}" if name.startswith("-") else name
    return re.sub(r"@[^,@]*/", "@", str(value))


def prompts_in(path: Path | None) -> Prompts:
    """The prompts of a file, or those that are used without one.

    Raises:
        UsageError: it cannot be read, or is no such file.
    """
    from tracer.experiments.zeroshot.prompts import Prompts, read_prompts

    return Prompts() if path is None else read_prompts(path)


def limits(seconds: float | None, memory: float | None) -> Limits:
    """What decoding a photo may cost."""
    from tracer.images.guard import LIMITS

    return Limits(LIMITS.seconds if seconds is None else seconds, int((memory or 0) * 2**30))


def after(done: Evaluation, quiet: bool) -> None:
    """Notes on stderr, and exit code 3 where photos failed."""
    if not quiet:
        for line in done.warnings:
            note(line)
        for what, why in in_groups(done.skipped):
            note(f"not measured: {what}\n  {why}")
    if done.advice:
        note(done.advice)
    say_failed(done.failed)
    if done.failed:
        raise typer.Exit(Exit.SOME_FAILED)


@contextlib.contextmanager
def resumable() -> Iterator[None]:
    """Say after an interruption that nothing is lost: pieces of embeddings and finished experiments are kept in the run."""
    try:
        yield
    except KeyboardInterrupt:
        note("Stopped. The same command goes on where it stopped.")
        raise


def say_failed(failed: Sequence[tuple[int, str]]) -> None:
    """Note the photos that could not be embedded, (id, reason)."""
    for photo, reason in failed[:10]:
        note(f"not embedded: {photo} ({reason})")
    if len(failed) > 10:
        note(f"not embedded: {len(failed) - 10} more")


def print_rows(
    rows: Sequence[dict[str, Any]], whole: dict[str, Any], columns: Sequence[str], json: bool, style: Style
) -> None:
    """Print rows as a table of `columns` or as lines, or with `json` the whole answer as one object."""
    if json:
        print_json(whole)
    elif style is Style.JSONL:
        print_lines(rows)
    else:
        print_table(rows, filled(rows, columns))


def filled(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[str]:
    """The columns in which at least one row says something."""
    return [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
