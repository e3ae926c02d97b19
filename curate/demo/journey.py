"""Runs all steps on photos of virtual cameras: workspace, ingest, pairs, export, evaluation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate.cameras.types import CameraType
from curate.catalog.decisions import tally
from curate.catalog.pairs import decide_auto
from curate.catalog.store import Catalog
from curate.demo.collection import MARKER, write_photos
from curate.demo.simulator.cameras import camera_types
from curate.errors import UsageError, command
from curate.export.run import ensure_export
from curate.handoff import evaluating
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.workspace import Workspace
from tracer.base.machine import cores
from tracer.base.progress import Work
from tracer.base.text import counted, printable_path, quoted_path

ACCEPT_FROM = 0.9
"""The demo accepts pairs with at least this probability, because nobody reviews them."""


def journey(
    folder: Path, scenes: int, seed: int, run: Callable[[Work[Any]], Any], say: Callable[[str], None]
) -> dict[str, Any]:
    """Make the sample collection in a folder and run every step up to the report; each step continues where it stopped.

    Args:
        folder: the folder of the workspace; the virtual photos are written to `photos/` in it.
        scenes: the number of scenes.
        seed: the seed of the collection.
        run: runs a piece of work and shows its progress.
        say: shows the user what was done.

    Returns:
        What `curate demo --json` prints: `workspace`, `dataset`, `report`, `results`, `truth` and `seconds`.

    Raises:
        UsageError: the folder is a workspace that the demo did not make.
    """
    started = time.monotonic()
    _refuse_other_workspace(folder)
    workspace = Workspace.create(folder, settings_text=demo_settings(camera_types()), maker="demo")
    photos = workspace.root / "photos"
    run(write_photos(photos, scenes, seed, cores()))
    say(f"{counted(scenes, 'scene')} photographed by {len(camera_types())} virtual cameras: {photos}")
    with workspace.writing("demo"), Catalog.open(workspace) as catalog:
        counts = run(ingest(catalog, [photos], labels=photos / "labels.csv"))
        say(f"ingested: {counts.added} added, {counts.unchanged} unchanged, {counts.unreadable} unreadable")
        found = run(pair_workspace(catalog))
        decide_auto(catalog, ACCEPT_FROM)
        accepted = tally(catalog).accepted
        say(
            f"paired: {counted(found.candidates, 'candidate')}, {accepted} accepted with a probability of at least {ACCEPT_FROM}"
        )
        dataset = run(ensure_export(catalog))
        say(f"exported: {quoted_path(dataset)}")
        how = workspace.settings.evaluate
    answer, _ = run(evaluating(dataset, workspace.runs / dataset.name, how.encoders, how.protocol, say))
    return {
        "workspace": str(workspace.root),
        "dataset": str(dataset),
        "report": answer["report"],
        "results": answer["results"],
        "truth": str(photos / "truth.csv"),
        "seconds": round(time.monotonic() - started, 1),
    }


def _refuse_other_workspace(folder: Path) -> None:
    """Refuse a workspace that the demo did not make; it must not get virtual photos and accepted pairs."""
    settings = folder / "workspace.toml"
    if not settings.exists() or (folder / "photos" / MARKER).exists():
        return
    if settings.read_text(encoding="utf-8", errors="replace") != demo_settings(camera_types()):
        raise UsageError(
            "the demo needs its own workspace",
            f"{printable_path(folder)} is another workspace",
            f"Name a new folder. To see what that workspace holds: {command('status', workspace=folder)}",
        )


def demo_settings(types: dict[tuple[str, str], CameraType]) -> str:
    """Return the demo's workspace.toml; it states the types of the invented cameras, which no database knows."""
    lines = [
        "# The demo: virtual cameras; their types are stated here, because no database knows them.",
        'name = "virtual-cameras"',
        "",
    ]
    lines += ["[export]", 'attributes = ["Make", "Model", "Is Smartphone"]', ""]
    lines += ["[evaluate]", 'protocol = "fast"', ""]
    for (make, model), camera_type in types.items():
        lines += [
            "[[cameras]]",
            f"make = {json.dumps(make)}",
            f"model = {json.dumps(model)}",
            f'type = "{camera_type.value}"',
            "",
        ]
    return "\n".join(lines)


_WHAT = {
    ("Make", "acquisition", "accuracy"): "recognises the make of these cameras",
    ("Is Smartphone", "acquisition", "accuracy"): "recognises the phones among these cameras",
    ("Is Smartphone", "unseen-cameras", "balanced_accuracy"): "tells phone from camera on unseen models",
    ("semantic_label", "acquisition", "accuracy"): "tells the scene's class",
}
"""What a probe's figure says, by label, setting and metric."""


def main_figures(results: Path) -> list[dict[str, str]]:
    """Return the main figures of a run as rows of text, for the end of the demo.

    Args:
        results: the run's `results.parquet` or `results.json`.
    """
    rows = json.loads(results.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    shown: list[dict[str, str]] = []
    for row in rows:
        what = _WHAT.get((row["attribute"], row["setting"], row["metric"])) if row["experiment"] == "probe" else None
        if row["experiment"] == "retrieval" and row["metric"] == "recall@1":
            what = f"finds the partner ({row['setting']})"
        if what is None:
            continue
        interval = "" if row["ci_low"] is None else f"{row['ci_low']:.3f} to {row['ci_high']:.3f}"
        shown.append(
            {
                "what": what,
                "encoder": row["encoder"],
                "masked": f"{100 * row['mask_ratio']:.0f} %",
                "value": f"{row['value']:.3f}",
                "interval": interval,
                "guessing": "" if row["chance"] is None else f"{row['chance']:.3f}",
                "n": str(row["n"]),
            }
        )
    return shown
