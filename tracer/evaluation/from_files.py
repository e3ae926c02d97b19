"""Writes what was measured on embedding files alone into a run folder: results, and the report.

Figures that the run already holds of the same files stay, except those that are measured again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracer import results
from tracer.base.text import quoted_path
from tracer.dataset.folders import refuse_strangers, working_in
from tracer.errors import TracerError, UsageError
from tracer.evaluation.cache import key_of
from tracer.evaluation.evaluate import versions
from tracer.experiments.outcome import Outcome
from tracer.results import Results, photo_scores

_PARTS = ("experiment", "encoder", "attribute", "processing", "mask_ratio")
"""The columns by which a measurement is told from others."""
_FILES = "embedding files"
"""The fingerprint that only runs of embedding files have."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a call measured, and how.

    Attributes:
        folder: of the embedding files.
        command: as it was typed, without places.
        device: `cpu`, `cuda`.
        seconds: it took.
        seed: of the call.
        protocol: lines for the report on how it was done, by their titles.
    """

    folder: Path
    command: str
    device: str
    seconds: float
    seed: int
    protocol: Mapping[str, str]


def refuse_run_of_a_set(run: Path) -> None:
    """Refuse a run that holds figures of a set, which cannot stand beside those of files.

    Raises:
        UsageError: it does.
    """
    try:
        before = results.read(run)
    except TracerError:  # there are none, or they are damaged
        return
    if before.rows and _FILES not in before.meta.get("dataset", {}).get("fingerprints", {}):
        raise UsageError(
            f"{quoted_path(run)} holds figures of a set",
            "those of embedding files would take their place",
            "Name a new folder with -o, as in -o RUN.",
        )


def write_run(run: Path, outcome: Outcome, call: Call) -> tuple[Path, Path]:
    """Write results and report of a call; return the paths of results.parquet and of report.html.

    Args:
        run: the run folder.
        outcome: with rows of one set.
        call: what was measured.

    Raises:
        TracerError: the run cannot be written, holds files that are not a run's, or another call works in it.
    """
    with working_in(run):
        return _written(run, outcome, call)


def _written(run: Path, outcome: Outcome, call: Call) -> tuple[Path, Path]:
    from tracer.report.page import write_report

    name = outcome.rows[0].dataset
    prints = {"name": key_of([name]), _FILES: _fingerprint(call.folder)}
    before, dropped = _earlier(run, prints)
    measured = {_measurement(asdict(row)) for row in outcome.rows}
    stay = [row for row in before.rows if _measurement(asdict(row)) not in measured]
    described = [entry for entry in before.meta.get("details", []) if _measurement(entry) not in measured]
    staying = {_name(_measurement(asdict(row))) for row in stay}
    calls = {name: said for name, said in before.meta.get("calls", {}).items() if name in staying}
    calls |= {_name(measurement): {"command": call.command} for measurement in measured}
    warned = {**before.meta.get("warnings_of", {}), "set": dropped, outcome.rows[0].experiment: outcome.warnings}
    refuse_strangers(run)
    run.mkdir(parents=True, exist_ok=True)
    kept = before.meta.get("photo_scores", photo_scores.ANY)
    scores = photo_scores.write(run, outcome.per_photo, {row.experiment for row in outcome.rows}, bool(stay), kept)
    parquet, _ = results.write(
        run,
        [*stay, *outcome.rows],
        {
            "dataset": {"name": name, "fingerprints": prints, "counts": {"scenes_or_owners": None}},
            "audit": None,
            "protocol": {**before.meta.get("protocol", {}), **call.protocol},
            "command": call.command,
            "calls": calls,
            "device": call.device,
            "seconds": round(call.seconds, 2),
            "seed": call.seed,
            "versions": versions(),
            "warnings": list(dict.fromkeys(line for lines in warned.values() for line in lines)),
            "warnings_of": warned,
            "skipped": [skip.entry() for skip in outcome.skipped],
            "details": [*described, *outcome.details],
            "brought_in": [name for name in before.brought_in if name in {row.experiment for row in stay}],
            "photo_scores": scores,
        },
    )
    return parquet, write_report(run)


def _measurement(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Which measurement a row, or an entry of the details, belongs to."""
    return tuple(entry.get(name) for name in _PARTS)


def _name(measurement: tuple[Any, ...]) -> str:
    """A measurement in one string."""
    return ", ".join(map(str, measurement))


def _earlier(run: Path, prints: Mapping[str, str]) -> tuple[Results, list[str]]:
    """The results that the run holds of the same files, and a sentence where it holds others, which do not stay."""
    nothing = Results((), {})
    try:
        before = results.read(run)
    except TracerError:  # there are none, or they are damaged: then nothing stays
        return nothing, []
    if before.meta.get("dataset", {}).get("fingerprints") == prints:
        return before, []
    return nothing, ["The figures that this run held are left out: they were measured on other embedding files."]


def _fingerprint(folder: Path) -> str:
    """A hash of the names, sizes and times of the embedding files below a folder; their content may be too large to be read."""
    files = sorted(folder.glob("**/*.safetensors"))
    states = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    return key_of([[name.encode("utf-8", "surrogateescape").hex(), s.st_size, s.st_mtime_ns] for name, s in states])
