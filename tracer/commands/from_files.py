"""What `tracer probe`, `knn` and `retrieve` share where they work on embedding files alone: `--embeddings DIR`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tracer.base.console import note, run_with_progress
from tracer.base.text import quoted_path
from tracer.commands.common import ROW_COLUMNS, Style, print_rows, typed, words_in
from tracer.errors import NoFolder, UsageError

if TYPE_CHECKING:
    from tracer.base.progress import Work
    from tracer.experiments.fromfiles import Files
    from tracer.experiments.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call on embedding files.

    Attributes:
        context: of the command.
        folder: of the files.
        encoders: their names.
        masks: shares of the area whose files are read; None for those in the folder itself.
        output: the run folder that results and a report are written to; None for none.
        seed: of the call.
        device: `cpu`, `cuda`.
        protocol: lines for the report on how it was done, by their titles.
    """

    context: typer.Context
    folder: Path
    encoders: tuple[str, ...]
    masks: tuple[float, ...] | None = None
    output: Path | None
    seed: int
    device: str
    protocol: Mapping[str, str]


def encoders_in(encoder: str, encoders: str) -> tuple[str, ...]:
    """The encoders that `--encoder` names, or `--encoders` where that was typed in its place."""
    names = words_in(encoder) or (() if encoders == "offline" else words_in(encoders))
    if not names:
        raise UsageError("Which encoder?", way_out="Say --encoder NAME, as in --encoder clip/ViT-B-16.")
    return tuple(dict.fromkeys(names))


def on_files(
    asked: Asked,
    measure: Callable[[Files], Work[Outcome]],
    json: bool,
    style: Style,
    more: Callable[[Outcome], list[dict[str, Any]]] | None = None,
) -> None:
    """Do one experiment with each encoder and mask, print its rows, and write them to the run folder if one was named.

    Args:
        asked: what the call is about.
        measure: does the experiment on the files of one encoder.
        json: print one object.
        style: of printed rows.
        more: rows beside those of the results.
    """
    if not asked.folder.is_dir():
        raise NoFolder(
            f"{quoted_path(asked.folder)} is not a folder",
            "it does not exist",
            "Name the folder that holds the embedding files.",
        )
    from tracer.dataset.folders import run_folder
    from tracer.evaluation.from_files import refuse_run_of_a_set
    from tracer.experiments.fromfiles import of_each

    run = None if asked.output is None else run_folder(asked.output)
    if run is not None:
        refuse_run_of_a_set(run)
    started = time.perf_counter()
    outcome = run_with_progress(of_each(asked.folder, asked.encoders, asked.masks or (None,), measure))
    seconds = round(time.perf_counter() - started, 3)
    rows = [asdict(row) for row in outcome.rows] + (more(outcome) if more else [])
    whole: dict[str, Any] = {"rows": rows, "seconds": seconds, "device": asked.device, "details": outcome.details}
    if run is not None:
        whole |= _written(run, outcome, asked, seconds)
    print_rows(rows, whole, (*ROW_COLUMNS, *_MIXTURE_COLUMNS) if more else ROW_COLUMNS, json, style)
    for line in outcome.warnings:
        note(line)


def _written(run: Path, outcome: Outcome, asked: Asked, seconds: float) -> dict[str, str]:
    """Write results and report; their paths as the keys `results` and `report` of the answer."""
    from tracer.evaluation.from_files import Call, write_run

    call = Call(asked.folder, typed(asked.context), asked.device, seconds, asked.seed, asked.protocol)
    parquet, page = write_run(run, outcome, call)
    note(f"report: {quoted_path(page)}")
    return {"results": str(parquet), "report": str(page)}


_MIXTURE_COLUMNS = ("test_processing", "positives_processing", "negatives_processing")


def mixture_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """A row for each mixture of processings, with the columns of a row and the three processings."""
    shared = ("experiment", "dataset", "encoder", "attribute", "mask_ratio")
    base = asdict(outcome.rows[0])
    return [
        {
            **base,
            **{name: detail[name] for name in shared},
            "ci_low": None,
            "ci_high": None,
            **mixture,
            "processing": mixture["test_processing"],
        }
        for detail in outcome.details
        for mixture in detail.get("mixtures", [])
    ]
