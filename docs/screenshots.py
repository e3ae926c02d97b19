"""Saves the app's screens as PNG: on a small collection of virtual photos, and on a harvest of the tests' simulated Flickr.

Run: make screenshots, or `python -m docs.screenshots flickr` for the harvest alone
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import Sequence
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
from curate.sources.flickr.harvest import harvest_exif
from curate.sources.flickr.licenses import OPEN
from curate.sources.flickr.originals import download
from curate.sources.flickr.plan import plan_from
from curate.sources.flickr.search import search
from curate.sources.flickr.session import flickr_session, image_hosts
from curate.tui.app import CurateApp
from curate.workspace import Workspace
from tests.helpers.fake_flickr import FakeFlickr, Universe
from tracer.base.progress import finish

OUT = Path(__file__).parent / "screenshots"
SIZE = (120, 40)
SCENES, SEED = 12, 1
HARVESTED = 800
"""How many photos of the simulated Flickr have their EXIF already."""

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


async def save(pilot: Pilot[None], name: str) -> None:
    """Save what the app shows."""
    import cairosvg

    await pilot.pause(0.5)
    svg = pilot.app.export_screenshot(title="curate")
    picture = Image.open(io.BytesIO(cairosvg.svg2png(bytestring=svg.encode(), output_width=1200)))
    OUT.mkdir(exist_ok=True)
    picture.convert("RGB").quantize(128).save(OUT / f"{name}.png", optimize=True)


async def draw(workspace: Workspace) -> None:
    """Go through the screens and save each."""
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


async def draw_harvest(workspace: Workspace) -> None:
    """Harvest a part of a simulated Flickr, and save the screen while the app asks for more, at Flickr's own pace."""
    plan = plan_from({"search": [{"taken_from": "2008", "taken_to": "2016"}], "per_owner": 40}, "the options")
    with FakeFlickr(Universe(6000)) as server, Catalog.open(workspace) as catalog:
        with flickr_session(catalog, server.environment()) as flickr:
            finish(search(catalog, flickr, plan))
            finish(harvest_exif(catalog, flickr, HARVESTED))
        with (
            image_hosts(catalog, server.environment()) as images,
            flickr_session(catalog, server.environment()) as flickr,
        ):
            finish(download(catalog, images, flickr, OPEN, HARVESTED // 4))
        os.environ |= server.environment(calls_per_hour=3600)
        app = CurateApp(catalog, "flickr", "half")
        async with app.run_test(size=(SIZE[0], 30)) as pilot:
            await pilot.press("e")
            await pilot.pause(15)
            await save(pilot, "flickr")
            await pilot.press("escape")
            await app.workers.wait_for_complete()


def main(names: Sequence[str]) -> None:
    """Draw the screens into docs/screenshots."""
    with tempfile.TemporaryDirectory() as scratch:
        if "flickr" in names or not names:
            asyncio.run(draw_harvest(Workspace.create(Path(scratch) / "bridges")))
        if not names:
            asyncio.run(draw(prepare(Path(scratch) / "harbour-walk")))
    print(*sorted(OUT.glob("*.png")), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
