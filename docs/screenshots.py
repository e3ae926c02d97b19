"""Photographs the app in a real terminal, with real photos: pictures and a recording of a session, in docs/screenshots.

Run: make screenshots, or `python -m docs.screenshots NAME…` for some of `session`, `screens`, `flickr`. Xvfb, xterm and the
font Fira Code are needed; what is missing is named.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from curate.catalog.decisions import decide
from curate.catalog.pairs import queue
from curate.catalog.photos import labels_of
from curate.catalog.store import Catalog
from curate.demo.journey import demo_settings
from curate.demo.simulator.cameras import camera_types
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.workspace import Workspace
from docs.real_terminal import STILL, Display, RealTerminal, lacking
from docs.recording import Frame, recorded
from docs.sample_photos import write_sample_photos
from tracer.base.files import write_atomically
from tracer.base.progress import finish

OUT = Path(__file__).parent / "screenshots"
SIZE, POINTS = (120, 40), 11.0
"""Columns and rows of the pictures' terminal, and its font."""

RECORDED_SIZE, RECORDED_POINTS = (112, 36), 10.0

SEED = 1
DECIDED = ("bricks", "gravel", "grass", "rocket")
"""The samples whose pairs are accepted already, so that the counts are not all zero."""

HARVESTED = 800
"""How many photos of the simulated Flickr have their EXIF already."""

HARVEST_SECONDS = 15.0
"""How long the app asks for more before it is photographed."""

COLOURS = 256

_F4, _F6, _F7 = "\x1bOS", "\x1b[17~", "\x1b[18~"
_BLINK = 0.35


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the recorded session.

    Attributes:
        keys: what is typed, as the characters that a terminal sends.
        name: what the keys are called; empty where nothing is pressed.
        words: what they do.
        seconds: how long the result is shown.
        still: seconds without a change after which the result is there; less than the cursor of a form takes to blink.
    """

    keys: str
    name: str
    words: str
    seconds: float
    still: float = STILL


SESSION = (
    Step("", "", "curate walk", 1.4),
    Step("L", "L", "the library: facets filter, every column sorts", 2.0),
    Step("g", "g", "as pictures", 2.0),
    Step("v", "v", "a photo's labels, each with the rule behind it", 2.4),
    Step("R", "R", "review the pairs: is this the same scene?", 3.0),
    Step("m", "m", "the points on which both agree", 2.6),
    Step("m", "m", "back to the photos", 0.8),
    Step(" ", "Space", "accept; the next pair is there at once", 2.0),
    Step("x", "x", "reject", 1.6),
    Step("u", "u", "undo says what it took back", 2.0),
    Step(" ", "Space", "accept", 1.6),
    Step(_F7, "F7", "what a set would hold, before it is written", 2.4),
    Step("p", "p", "of all photos instead", 3.0),
    Step("\x10", "Ctrl-P", "every command by its name", 1.2, _BLINK),
    Step("Export", "Export", "", 1.0, _BLINK),
    Step("\r", "Enter", "the form is filled in with the usual", 2.0, _BLINK),
    Step("\r", "Enter", "exported and checked", 3.0),
)


def prepare(folder: Path) -> Workspace:
    """Make a workspace with photos of the samples, ingested and paired."""
    settings = demo_settings(camera_types()).replace('"virtual-cameras"', f'"{folder.name}"')
    workspace = Workspace.create(folder, settings_text=settings)
    photos = folder / "photos"
    labels = write_sample_photos(photos, SEED)
    with workspace.writing("screenshots"), Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], labels=labels))
        finish(pair_workspace(catalog))
        for pair in queue(catalog):
            if pair.assigned and labels_of(catalog, pair.phone_id)["semantic_label"] in DECIDED:
                decide(catalog, "accept", pair.phone_sha256, pair.other_sha256)
    return workspace


@contextlib.contextmanager
def app(
    workspace: Workspace,
    size: tuple[int, int],
    points: float,
    words: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[RealTerminal]:
    """Open the app in a real terminal, and end both."""
    with tempfile.TemporaryDirectory() as memory, contextlib.ExitStack() as opened:
        display = Display(Path(memory))
        opened.callback(display.close)
        command = ["-m", "curate", os.fspath(workspace.root), *words]
        terminal = RealTerminal(command, display, size, points, environment or {})
        opened.callback(terminal.close)
        yield terminal


def save(picture: Image.Image, name: str) -> None:
    """Save a picture as PNG of at most 256 colours."""
    file = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    write_atomically(OUT / f"{name}.png", file.getvalue())


def screens(workspace: Workspace) -> None:
    """Photograph the screens that the docs show."""
    with app(workspace, SIZE, POINTS) as terminal:
        terminal.settled()
        for keys, name in (("Lg", "library"), ("R", "review"), ("m", "matches"), ((_F4,), "clocks")):
            for key in keys:
                picture = terminal.after(key)
            save(picture, name)


def session(workspace: Workspace) -> None:
    """Record a session."""
    with app(workspace, RECORDED_SIZE, RECORDED_POINTS) as terminal:
        frames = []
        for step in SESSION:
            shown = terminal.after(step.keys, step.still) if step.keys else terminal.settled()
            frames.append(Frame(shown, step.name, step.words, step.seconds))
    write_atomically(OUT / "session.gif", recorded(frames))


def harvest(workspace: Workspace) -> None:
    """Harvest a part of a simulated Flickr, and photograph the screen while the app asks for more, at Flickr's own pace."""
    from curate.sources.flickr.harvest import harvest_exif
    from curate.sources.flickr.licenses import OPEN
    from curate.sources.flickr.originals import download
    from curate.sources.flickr.plan import plan_from
    from curate.sources.flickr.search import search
    from curate.sources.flickr.session import flickr_session, image_hosts
    from tests.helpers.fake_flickr import FakeFlickr, Universe

    plan = plan_from({"search": [{"taken_from": "2008", "taken_to": "2016"}], "per_owner": 40}, "the options")
    with FakeFlickr(Universe(6000)) as server:
        with Catalog.open(workspace) as catalog:
            with flickr_session(catalog, server.environment()) as flickr:
                finish(search(catalog, flickr, plan))
                finish(harvest_exif(catalog, flickr, HARVESTED))
            with (
                image_hosts(catalog, server.environment()) as images,
                flickr_session(catalog, server.environment()) as flickr,
            ):
                finish(download(catalog, images, flickr, OPEN, HARVESTED // 4))
        with app(workspace, (SIZE[0], 30), POINTS, environment=server.environment(calls_per_hour=3600)) as terminal:
            terminal.settled()
            terminal.after(_F6)
            terminal.after("e", still=0.0)
            time.sleep(HARVEST_SECONDS)
            save(terminal.photograph(), "flickr")


def main(names: Sequence[str]) -> None:
    """Make the pictures into docs/screenshots.

    Raises:
        SystemExit: a program or the font is missing.
    """
    if missing := lacking():
        raise SystemExit("\n".join(missing))
    with tempfile.TemporaryDirectory() as scratch:
        if not names or "flickr" in names:
            harvest(Workspace.create(Path(scratch) / "bridges"))
        if not names or {"screens", "session"} & {*names}:
            workspace = prepare(Path(scratch) / "walk")
            if not names or "screens" in names:
                screens(workspace)
            if not names or "session" in names:
                session(workspace)
    for file in sorted(OUT.iterdir()):
        print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
