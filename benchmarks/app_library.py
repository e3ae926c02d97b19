"""Latency and memory of the library in a real terminal, on a catalogue of many photos.

Usage: python -m benchmarks.app_library [--photos N] [--pages N]

The app runs in a pseudo-terminal of 160 × 48 characters and draws half cells. Times run to the last byte of a paint: the output
that ends in a pause. Measured are the start to the first paint of the home screen, a filter that scans all photos up to the paint
of what it found, a page of the grid whose previews are in the cache and whose thumbnails were not drawn before, and a step of the
cursor in the table. Beside the start stand the time until the home screen has counted what waits, and the start of a bare Textual
app with one line of text, which tells how busy the machine is. Programs run as they do where they are installed: with their
modules compiled, by a start that is not timed and into a folder of this run's own. A filter is timed several times, each in an
app of its own, and the median counts.

Targets on an idle machine, at 100,000 photos: 700 ms, 150 ms, 200 ms a page, and 400 MB. Exits with 1 where one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from curate.catalog.browsing import first_ids, rows_of
from curate.catalog.store import Catalog
from curate.photos.previews import write_preview
from curate.workspace import Workspace
from tests.helpers.large_catalog import build
from tests.terminal.pseudo import Pseudo

SIZE = (160, 48)
START_MS, FILTER_MS, PAGE_MS, MEGABYTES = 700.0, 150.0, 200.0, 400.0
PAUSE = 0.25
"""Seconds without output after which a paint has ended."""

FILTER = "camera_type = 'dslr' AND Year >= '2000'"
FILTERS = 5
"""How often the filter is timed."""

_STYLES = r"(?:\x1b\[[0-9;]*m)*"
"""What may stand between two words that are drawn in different ways."""

_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Static("nothing but this line")

Bare().run()
"""


def main() -> int:
    """Print the figures; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=12, help="pages of the grid that are timed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "workspace")
        with Catalog.open(workspace) as catalog:
            build(catalog, options.photos)
            write_previews(catalog, workspace, 40 * options.pages)
        script = Path(folder, "bare.py")
        script.write_text(_BARE, encoding="utf-8")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = os.fspath(Path(folder, "compiled"))
        app = ["-m", "curate", workspace.root]
        bare = fastest([script], "nothing but this line", Path(folder))
        start, counted = fastest(app, "Home", Path(folder)), fastest(app, "look at the photos", Path(folder))
        filters = sorted(filtered(workspace) for _ in range(FILTERS))
        figures = {
            "start to the first paint": (start, START_MS),
            "filter, median ms": (statistics.median(filters), FILTER_MS),
            **used(workspace, options.pages),
        }
    print(f"{options.photos:,} photos, {SIZE[0]} × {SIZE[1]}, half cells\n")
    for name, (value, most) in figures.items():
        print(f"{name:34}{value:8.0f}   target {most:.0f}")
    print(f"\nstart of a bare Textual app {bare:.0f} ms; the app's start is {start / bare:.2f} times that")
    print(f"start until the home screen has counted {counted:.0f} ms")
    print(f"filters {', '.join(f'{one:.0f}' for one in filters)} ms")
    return int(any(value > most for value, most in figures.values()))


def write_previews(catalog: Catalog, workspace: Workspace, photos: int) -> None:
    """Write previews of the first photos, as an ingest does."""
    random = np.random.default_rng(0)
    for row in rows_of(catalog, first_ids(catalog, photos)).values():
        place = workspace.preview(str(row["sha256"]))
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(20, 235, (24, 32, 3), dtype=np.uint8)
        write_preview(Image.fromarray(pixels).resize((640, 480), Image.Resampling.BICUBIC), place, str(row["sha256"]))


def fastest(words: list[str | Path], shows: str, folder: Path) -> float:
    """Return the shortest of several starts in milliseconds, of which the first, which may compile modules, is not timed."""
    started(words, shows, folder)
    return min(started(words, shows, folder) for _ in range(5))


def started(words: list[str | Path], shows: str, folder: Path) -> float:
    """Return the milliseconds from the start of a program to the paint of some text."""
    began = time.monotonic()
    app = Pseudo(words, folder, SIZE)
    try:
        app.wait(shows)
        return 1000 * (time.monotonic() - began)
    finally:
        app.close()


@contextlib.contextmanager
def library(workspace: Workspace) -> Iterator[Pseudo]:
    """Open the app and show the library."""
    app = Pseudo(["-m", "curate", workspace.root], workspace.root.parent, SIZE)
    try:
        app.wait("Home")
        app.settle()
        app.press("\x1bOP")
        app.wait("folder")
        app.settle()
        yield app
    finally:
        app.close()


def used(workspace: Workspace, pages: int) -> dict[str, tuple[float, float]]:
    """Use the library; return name -> figure and target."""
    with library(workspace) as app:
        steps = [timed(app, "j") for _ in range(pages)]
        app.press("g")
        app.settle()
        app.idle(2.0)
        turned = [timed(app, "\x1b[6~") for _ in range(pages)]
        memory = peak_megabytes(app.pid)
    return {
        "cursor in the table, median ms": (statistics.median(steps), FILTER_MS),
        "page of the grid, median ms": (statistics.median(turned), PAGE_MS),
        "memory, MB": (memory, MEGABYTES),
    }


def filtered(workspace: Workspace) -> float:
    """Return the milliseconds from Enter behind a filter to the last byte of the paint of what it found."""
    with Catalog.open(workspace, read_only=True) as catalog:
        found = f"{catalog.count(FILTER):,}"
    with library(workspace) as app:
        app.press("/")
        app.wait("Show which")
        app.settle()
        app.press(FILTER)
        app.settle()
        return timed(app, "\r", until=rf"Filter{_STYLES}\s+{_STYLES}{found}")


def timed(app: Pseudo, key: str, until: str = "") -> float:
    """Press a key; return the milliseconds to the last byte of what it painted, in which a pattern is found."""
    before, began = len(app.output), time.monotonic()
    last = began
    app.press(key)
    while (
        time.monotonic() < last + PAUSE
        or len(app.output) == before
        or not re.search(until.encode(), app.output[before:])
    ):
        size = len(app.output)
        if not app.read(PAUSE / 10):
            raise RuntimeError("the program has ended")
        if len(app.output) > size:
            last = time.monotonic()
        if time.monotonic() > began + 60:
            raise RuntimeError(f"nothing was painted after {key!r}")
    return 1000 * (last - began)


def peak_megabytes(process: int) -> float:
    """Return the largest resident memory that a process had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    os.environ["COLORTERM"] = "truecolor"
    sys.exit(main())
