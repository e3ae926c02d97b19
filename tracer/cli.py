"""tracer's commands: parse, call, print. The work is done elsewhere; nothing heavy is imported before it is needed."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tracer.errors import Exit, NoFolder, TracerError, UsageError
from tracer.output import note, print_json, print_lines, print_table, run_with_progress

if TYPE_CHECKING:
    from tracer.evaluate import Evaluation, Options
    from tracer.experiments.outcome import Outcome
    from tracer.results import Experiment

app = typer.Typer(
    name="tracer",
    help="What visual encoders know about the camera.\n\nStart with: tracer evaluate SET -o RUN",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


class ProtocolName(StrEnum):
    """How a probe is fitted (the values of `tracer.experiments.protocols.Protocol`, which would import torch)."""

    PAPER = "paper"
    BATCHED = "batched"
    HALVING = "halving"
    FAST = "fast"


class Style(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSONL = "jsonl"


SetOption = Annotated[Path | None, typer.Argument(metavar="SET", help="A data set folder; not with --embeddings.")]
SetArgument = Annotated[Path, typer.Argument(metavar="SET", help="A data set folder.")]
RunOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="RUN", help="The run folder; needed with SET.")
]
RunNeeded = Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="The run folder.")]
Encoders = Annotated[str, typer.Option(help="Names, or groups of them (offline, paper), comma-separated.")]
FolderOption = Annotated[
    Path | None, typer.Option("--embeddings", metavar="DIR", help="Work on embedding files alone.")
]
EncoderOption = Annotated[str, typer.Option("--encoder", metavar="NAME", help="The encoder, with --embeddings.")]
Processings = Annotated[str, typer.Option("--processing", metavar="P1,P2", help="Processings, comma-separated.")]
Protocols = Annotated[ProtocolName, typer.Option("--protocol", help="How probes are fitted.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of splits, draws and bootstraps.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, …; a GPU where there is one if left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Format = Annotated[Style, typer.Option("--format", help="How rows are printed.")]

_ROW_COLUMNS = (
    "experiment", "encoder", "attribute", "processing", "mask_ratio", "setting", "metric", "value", "ci_low", "ci_high",
    "chance", "n",
)  # fmt: skip


_SECOND_RANK = ("balanced_accuracy", "recall@5", "map")
"""Metrics that stand in the results and the report, and would only fill the screen."""


@app.command()
def encoders(
    group: Annotated[str, typer.Option(help="contrastive, supervised, self-supervised, offline or baseline.")] = "",
    check: Annotated[
        str, typer.Option(metavar="NAME,…", help="Only say whether there are encoders of these names.")
    ] = "",
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """List the encoders that can be run, and which are here without a download."""
    from tracer.encoders.catalogue import Group
    from tracer.encoders.registry import available
    from tracer.encoders.registry import check as check_names

    if check:
        names = check_names(_words(check))
        print_json({"names": names}) if json else print("\n".join(names))
        return

    if group and group not in set(Group):
        raise UsageError(f"There is no group {group}", way_out="Groups are " + ", ".join(Group) + ".")
    rows = [asdict(info) for info in available(group or None)]
    _print_rows(rows, {"encoders": rows}, ("name", "group", "dim", "input", "available", "source"), json, style)


@app.command()
def embed(
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    processing: Processings = "IDENTITY",
    mask: Annotated[str, typer.Option(metavar="0,0.95", help="Shares of the area to mask, comma-separated.")] = "0",
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; one a core if left out.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of random scales.")] = 0,
    device: Device = None,
    json: Json = False,
) -> None:
    """Embed a set. Finished pieces are kept: the same command again goes on where it stopped."""
    from tracer.dataset import open_set
    from tracer.embed import embed as embed_set

    photos = open_set(data)
    made = run_with_progress(
        embed_set(
            photos, _words(encoders), _words(processing), _ratios(mask), run=output, device=device, batch_size=batch_size,
            workers=workers, seed=seed,
        )
    )  # fmt: skip
    failed = [{"photo_id": photo, "reason": reason} for photo, reason in made.failed]
    if json:
        print_json(
            {
                "images": made.images,
                "encoders": list(made.encoders),
                "images_per_s": made.images_per_s,
                "failed": failed,
            }
        )
    else:
        place = output.resolve() / "embeddings"
        print(f"{made.images} photos, {len(made.encoders)} encoders, {len(made.files)} files in {place}")
    _say_failed(made.failed)
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def probe(
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    attributes: Annotated[
        str, typer.Option(help="Labels beside Is Smartphone, Make, Model and the semantic one; all.")
    ] = "",
    mask: Annotated[str, typer.Option(metavar="0,0.9", help="Shares of the area to mask.")] = "0,0.9,0.95",
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    splits: Annotated[Path | None, typer.Option(metavar="SPLIT.json", help="A split file, with --embeddings.")] = None,
    processing: Processings = "",
    protocol: Protocols = ProtocolName.BATCHED,
    draws: Annotated[int, typer.Option(min=1, help="Random choices of the training processings.")] = 10,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Probe what a linear layer can read: labels of a set, of a split file, and processings."""
    if folder is None:
        if splits:
            raise UsageError(
                "--splits needs --embeddings DIR --encoder NAME",
                "a set brings its own split files, and is tested by folds where it is small",
            )
        _on_set(
            "probe", data, output, json, style, encoders=_words(encoders), attributes=_words(attributes), masks=_ratios(mask),
            processings=_words(processing), draws=draws, protocol=protocol, seed=seed, device=device,
        )  # fmt: skip
        return
    from tracer.experiments import fromfiles
    from tracer.experiments.protocols import Protocol

    chosen, used = Protocol(protocol), _device(device)
    if bool(splits) == bool(processing):
        raise UsageError(
            "A probe of embedding files needs --splits SPLIT.json, or --processing P1,P2", "one of the two"
        )

    def work() -> Outcome:
        if splits is not None:
            return fromfiles.probe_file(folder, _named(encoder), splits, chosen, seed, used)
        return fromfiles.probe_processing_files(folder, _named(encoder), _words(processing), chosen, seed, draws, used)

    _from_files(folder, work, used, json, style)


@app.command()
def knn(
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    processing: Processings = "",
    k: Annotated[int | None, typer.Option("-k", help="Neighbours; 10, and on small sets 1, if left out.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Uniform draws.")] = 10,
    detail: Annotated[bool, typer.Option("--detail", help="Also a row for each mixture of processings.")] = False,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Semantic nearest neighbours whose traces agree or differ."""
    if folder is None:
        _on_set(
            "knn", data, output, json, style, encoders=_words(encoders), processings=_words(processing), k=k, draws=seeds,
            seed=seed, device=device,
        )  # fmt: skip
        return
    from tracer.experiments import fromfiles
    from tracer.plan import LARGE_K

    used = _device(device)

    def work() -> Outcome:
        count = LARGE_K if k is None else k
        return fromfiles.knn_files(folder, _named(encoder), _words(processing), count, seeds, seed, used)

    _from_files(folder, work, used, json, style, _mixture_rows if detail else None)


@app.command()
def retrieve(
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Look for the other camera's photo of the same scene."""
    if folder is None:
        _on_set("retrieval", data, output, json, style, encoders=_words(encoders), seed=seed, device=device)
        return
    from tracer.experiments import fromfiles

    used = _device(device)
    _from_files(folder, lambda: fromfiles.retrieve_file(folder, _named(encoder), seed, used), used, json, style)


@app.command()
def association(
    data: SetArgument, output: RunNeeded, seed: Seed = 42, json: Json = False, style: Format = Style.TABLE
) -> None:
    """How strongly each label goes with what the photos show (Cramér's V): a shortcut, seen before training on it."""
    _on_set("association", data, output, json, style, seed=seed)


@app.command()
def similarity(
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Whether photos of one camera are more similar than photos of different ones, the content being equal."""
    _on_set("similarity", data, output, json, style, encoders=_words(encoders), seed=seed, device=device)


@app.command()
def mitigate(
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    attributes: Annotated[
        str, typer.Option(help="Labels to take out beside Is Smartphone and Make, comma-separated.")
    ] = "",
    processing: Annotated[str, typer.Option(metavar="P1,P2", help="Take these processings out too.")] = "",
    method: Annotated[
        str, typer.Option("--method", metavar="leace,layer", help="How; comma-separated.")
    ] = "leace,layer",
    save: Annotated[bool, typer.Option("--save", help="Also write the maps, to apply them elsewhere.")] = False,
    protocol: Protocols = ProtocolName.BATCHED,
    k: Annotated[int | None, typer.Option("-k", help="Neighbours; 10, and on small sets 1, if left out.")] = None,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Take the camera out of the embeddings by a linear map; what a probe, neighbours and pairs see before and after."""
    methods = tuple(dict.fromkeys(_words(method)))
    if not methods or set(methods) - {"leace", "layer"}:
        raise UsageError(f"There is no method {method}", way_out="Methods are leace and layer.")
    _on_set(
        "mitigation", data, output, json, style, encoders=_words(encoders), attributes=_words(attributes),
        processings=_words(processing), methods=methods, save_maps=save, protocol=protocol, k=k, seed=seed, device=device,
    )  # fmt: skip


@app.command()
def evaluate(
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    attributes: Annotated[
        str, typer.Option(help="Labels beside Is Smartphone, Make, Model and the semantic one; all.")
    ] = "",
    processing: Annotated[
        str, typer.Option(metavar="P1,P2", help="Probe these processings, and part neighbours by them, too.")
    ] = "",
    protocol: Protocols = ProtocolName.BATCHED,
    k: Annotated[int | None, typer.Option("-k", help="Neighbours; 10, and on small sets 1, if left out.")] = None,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
) -> None:
    """Measure all that the set's columns allow, and write the report. The same command again does what is missing."""
    from tracer.evaluate import evaluate as evaluate_set

    options = _options(
        encoders=_words(encoders), attributes=_words(attributes), processings=_words(processing), protocol=protocol, k=k,
        seed=seed, device=device, command=_typed(),
    )  # fmt: skip
    done = run_with_progress(evaluate_set(data, output, options))
    if json:
        print_json(
            {
                "results": str(done.results),
                "report": str(done.report),
                "seconds": done.seconds,
                "device": done.device,
                "skipped": list(done.skipped),
            }
        )
    else:
        print_table([asdict(row) for row in done.rows if row.metric not in _SECOND_RANK], _ROW_COLUMNS)
        print(done.report)
    _after(done, quiet=json)


@app.command()
def report(runs: Annotated[list[Path], typer.Argument(metavar="RUN…")], json: Json = False) -> None:
    """Write the page of each run again, from its results."""
    from tracer.report.page import write_report

    _runs_there(*runs)
    pages = [str(write_report(run.expanduser().resolve())) for run in runs]
    if json:
        print_json({"reports": pages})
    else:
        print("\n".join(pages))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN")],
    second: Annotated[Path, typer.Argument(metavar="RUN")],
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Put two runs side by side: the second minus the first, with an interval."""
    from tracer.report.compare import compare as compare_runs

    _runs_there(first, second)
    rows = [pair.record() for pair in compare_runs(first.expanduser().resolve(), second.expanduser().resolve())]
    columns = (*_ROW_COLUMNS[:7], "a", "b", "difference", "ci_low", "ci_high", "paired")
    _print_rows(rows, {"rows": rows}, columns, json, style)
    if unpaired := sum(row["difference"] is not None and not row["paired"] for row in rows):
        note(
            f"{unpaired} differences are not paired photo by photo: the runs kept no values of the same photos for them, and "
            "their intervals are those of independent runs."
        )


# --- what the commands share


def _on_set(
    experiment: Experiment, data: Path | None, output: Path | None, json: bool, style: Style, **settings: Any
) -> None:
    """One experiment on a data set folder."""
    from tracer.evaluate import evaluate as evaluate_set

    if data is None or output is None:
        raise UsageError(
            f"{'SET' if data is None else 'The run folder'} is missing",
            way_out="Say SET -o RUN for a data set folder, or --embeddings DIR --encoder NAME for embedding files.",
        )
    options = _options(experiments=(experiment,), command=_typed(), **settings)
    done = run_with_progress(evaluate_set(data, output, options, with_report=False))
    rows = [asdict(row) for row in done.rows]
    whole: dict[str, Any] = {"rows": rows, "seconds": done.seconds, "device": done.device}
    if settings.get("save_maps"):
        whole["maps"] = [str(path) for path in done.maps]
    _print_rows(rows, whole, _ROW_COLUMNS, json, style)
    for path in done.maps:
        note(f"saved: {path}")
    _after(done, quiet=False)


def _options(**settings: Any) -> Options:
    from tracer.evaluate import Options
    from tracer.experiments.protocols import Protocol

    if "protocol" in settings:
        settings["protocol"] = Protocol(settings["protocol"])
    return Options(**settings)


def _after(done: Evaluation, quiet: bool) -> None:
    """Notes on stderr, and exit code 3 where photos failed."""
    if not quiet:
        for line in done.warnings:
            note(line)
        for entry in done.skipped:
            note(f"skipped: {entry['what']} ({entry['why']})")
    _say_failed(done.failed)
    if done.failed:
        raise typer.Exit(Exit.SOME_FAILED)


def _say_failed(failed: Sequence[tuple[int, str]]) -> None:
    for photo, reason in failed[:10]:
        note(f"not embedded: {photo} ({reason})")
    if len(failed) > 10:
        note(f"not embedded: {len(failed) - 10} more")


def _from_files(
    folder: Path,
    work: Callable[[], Outcome],
    device: str,
    json: bool,
    style: Style,
    more: Callable[[Outcome], list[dict[str, Any]]] | None = None,
) -> None:
    """One experiment on embedding files."""
    if not folder.is_dir():
        raise NoFolder(f"{folder} is no folder", "it does not exist", "Name the folder that holds the embedding files.")
    started = time.perf_counter()
    outcome = work()
    rows = [asdict(row) for row in outcome.rows] + (more(outcome) if more else [])
    seconds = round(time.perf_counter() - started, 3)
    columns = (*_ROW_COLUMNS, *_MIXTURE_COLUMNS) if more else _ROW_COLUMNS
    _print_rows(
        rows, {"rows": rows, "seconds": seconds, "device": device, "details": outcome.details}, columns, json, style
    )
    for line in outcome.warnings:
        note(line)


_MIXTURE_COLUMNS = ("test_processing", "positives_processing", "negatives_processing")


def _mixture_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """A row for each mixture of processings, with the columns of a row and the three processings."""
    base = asdict(outcome.rows[0])
    return [
        {**base, "ci_low": None, "ci_high": None, **mixture, "processing": mixture["test_processing"]}
        for detail in outcome.details
        for mixture in detail.get("mixtures", [])
    ]


def _print_rows(
    rows: Sequence[dict[str, Any]], whole: dict[str, Any], columns: Sequence[str], json: bool, style: Style
) -> None:
    if json:
        print_json(whole)
    elif style is Style.JSONL:
        print_lines(rows)
    else:
        print_table(rows, columns)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _ratios(text: str) -> tuple[float, ...]:
    try:
        ratios = tuple(float(word) for word in _words(text))
    except ValueError as error:
        raise UsageError(
            f"{text} are no shares of the area", str(error), "Say for instance --mask 0,0.9,0.95."
        ) from error
    if not all(0 <= ratio <= 1 for ratio in ratios):
        raise UsageError(f"A mask covers a share from 0 to 1, not {text}")
    return ratios


def _runs_there(*runs: Path) -> None:
    for run in runs:
        if not run.expanduser().is_dir():
            raise NoFolder(f"{run} is no folder", "it does not exist", "Name the folder of a run.")


def _named(encoder: str) -> str:
    if not encoder:
        raise UsageError("Which encoder?", way_out="Say --encoder NAME, as in --encoder clip/ViT-B-16.")
    return encoder


def _device(asked: str | None) -> str:
    """The device of experiments on files: the one asked for, or the CPU (most are over before a GPU would be ready)."""
    return asked or "cpu"


_typed_words: list[str] = []


def _typed() -> str:
    """The command as it was typed, with paths shortened to their names: a report travels, a path does not."""
    import shlex

    return shlex.join(
        ["tracer", *(Path(word).name if "/" in word and Path(word).exists() else word for word in _typed_words)]
    )


def run_cli(argv: Sequence[str]) -> int:
    """Run a command and return its exit code; messages go to stderr, never a traceback for what a person can act on."""
    _typed_words[:] = argv
    # Threads that wait for each other shall sleep, not spin: beside other work spinning costs many times what it saves.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        app(args=list(argv), prog_name="tracer")
    except SystemExit as end:  # typer's way to say how it went, usage errors and interruptions included
        return end.code if isinstance(end.code, int) else Exit.DONE
    except TracerError as error:
        for line in error.lines():
            note(line)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader went away (head, less); keep the interpreter from flushing into the void.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        note(f"The disk cannot be written to: {error}")
        note("Free space, or choose another run folder; what is finished is kept.")
        return Exit.FAILED
    return Exit.DONE


def main() -> NoReturn:
    """The command `tracer`."""
    sys.exit(run_cli(sys.argv[1:]))
