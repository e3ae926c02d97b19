"""Saves the app's screens on a small collection of virtual photos as PNG.

Run: make screenshots
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from textual.pilot import Pilot

from curate.catalog.decisions import decide
from curate.catalog.pairs import queue
from curate.catalog.store import Catalog
from curate.demo.collection import write_photos
from curate.demo.journey import demo_settings
from curate.demo.simulator.cameras import camera_types
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.tui.app import CurateApp
from curate.workspace import Workspace
from tracer.base.progress import finish

OUT = Path(__file__).parent / "screenshots"
SIZE = (120, 40)
SCENES, SEED = 12, 1
ACCEPTED = 5
"""How many pairs are already decided, so that the counts are not all zero."""


def prepare(folder: Path) -> Workspace:
    """Make a workspace with virtual photos, ingested and paired."""
    workspace = Workspace.create(folder, settings_text=demo_settings(camera_types()))
    photos = folder / "photos"
    finish(write_photos(photos, SCENES, SEED, os.cpu_count() or 1))
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], labels=photos / "labels.csv"))
        finish(pair_workspace(catalog))
        for pair in queue(catalog, ACCEPTED):
            decide(catalog, "accept", pair.phone_sha256, pair.other_sha256)
    return workspace


async def draw(workspace: Workspace) -> None:
    """Go through the screens and save each."""
    import cairosvg

    OUT.mkdir(exist_ok=True)

    async def save(pilot: Pilot[None], name: str) -> None:
        await pilot.pause(0.5)
        svg = pilot.app.export_screenshot(title="curate")
        picture = Image.open(io.BytesIO(cairosvg.svg2png(bytestring=svg.encode(), output_width=1200)))
        picture.convert("RGB").quantize(128).save(OUT / f"{name}.png", optimize=True)

    with Catalog.open(workspace) as catalog:
        app = CurateApp(catalog, "library", "half")
        async with app.run_test(size=SIZE) as pilot:
            await save(pilot, "library")
            await pilot.press("R")
            await save(pilot, "review")
            await pilot.press("m")
            await app.workers.wait_for_complete()
            await save(pilot, "matches")
            await pilot.press("m", "question_mark")
            await save(pilot, "help")
            await pilot.press("escape", "L", "C")
            await save(pilot, "cameras")
            await pilot.press("T")
            await save(pilot, "clocks")


def main() -> None:
    """Draw the screens into docs/screenshots."""
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(draw(prepare(Path(scratch) / "harbour-walk")))
    print(*sorted(OUT.glob("*.png")), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main()
