"""Latency of the review in a real terminal: from a key to the last byte of the next pair's paint.

Usage: python -m benchmarks.app [--pairs N] [--warm-up N] [--pace SECONDS] [--ingest]

The app runs in a pseudo-terminal of 160 × 48 characters, on pairs with previews as an ingest writes them, drawn as half cells. A
key accepts each pair; the time runs from the key to the last byte of the paint: of the output that holds two pictures and ends in
a pause. Beside it stands a bare Textual app that does nothing but swap two pictures of textual-image of the same size at a key.
Targets on an idle machine: a median of 60 ms and 150 ms for 99 of 100 keys. With `--ingest` the same is measured once more while
the app ingests photos of 12 megapixels at full speed; the target is a median of at most twice the one without.

Exits with 1 where a target is missed, or where a key decided nothing or another pair than the one shown.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from curate.catalog import decisions
from curate.catalog.photos import path_of
from curate.catalog.store import Catalog
from curate.photos.previews import write_preview
from curate.workspace import Workspace
from tests.curate.tui.workspaces import make_workspace
from tests.terminal.pseudo import Pseudo

COLUMNS, ROWS = 160, 48
MEDIAN_MS, P99_MS, SLOWED = 60.0, 150.0, 2.0
PAUSE = 0.12
"""Seconds without output after which a paint has ended."""

PAINT = 60_000
"""Bytes that two pictures have at least."""

_PALETTE = "\x10"
_PHOTOS_A_SECOND = 60
"""More than any ingest reads, so that it lasts as long as the review."""

_DIFFERENT = 24
"""Number of different pictures; they repeat after that."""

_BARE = """
import io, sys
from PIL import Image
from textual.app import App
from textual.containers import Horizontal
from textual_image.widget import HalfcellImage

class Bare(App):
    CSS = "HalfcellImage { width: 76; height: 29; margin: 0 1; }"
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        with Horizontal():
            yield HalfcellImage(shown[0])
            yield HalfcellImage(shown[1])
    def on_key(self):
        shown.append(shown.pop(0))
        for view, picture in zip(self.query(HalfcellImage), shown):
            view.image = picture

shown = [Image.open(name).convert("RGB") for name in sys.argv[1:]]
Bare().run()
"""


def main() -> int:
    """Print the times; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=120, help="pairs that are decided and timed")
    parser.add_argument("--warm-up", type=int, default=5, help="pairs before that, which are not timed")
    parser.add_argument("--pace", type=float, default=0.5, help="seconds from one key to the next")
    parser.add_argument("--ingest", action="store_true", help="measure once more while photos are ingested")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = options.pairs + options.warm_up
        workspace = filled(Path(folder) / "workspace", pairs + 1)  # one is left in view
        times = reviewed(workspace, pairs, options.pace)[options.warm_up :]
        wrong = misplaced(workspace, pairs)
        bare = swapped(Path(folder), workspace, min(40, options.pairs), options.pace)
        beside = while_ingesting(Path(folder), pairs, options.pace)[options.warm_up :] if options.ingest else []
    print(f"{COLUMNS} × {ROWS}, half cells, {len(times)} keys, one every {options.pace:g} s\n")
    print(f"{'':28}{'median':>10}{'p99':>10}{'most':>10}")
    rows = {"next pair in the app": times, "while photos are ingested": beside, "bare swap of textual-image": bare}
    for name, found in rows.items():
        if not found:
            continue
        print(f"{name:28}{statistics.median(found):7.0f} ms{p99(found):7.0f} ms{max(found):7.0f} ms")
    print(f"\nratio of the medians: {statistics.median(times) / statistics.median(bare):.2f}")
    print(f"decisions that are missing or about another pair: {wrong}")
    slowed = statistics.median(beside) / statistics.median(times) if beside else 0.0
    if beside:
        print(f"slower while photos are ingested: {slowed:.2f} times")
    return int(wrong > 0 or statistics.median(times) > MEDIAN_MS or p99(times) > P99_MS or slowed > SLOWED)


def p99(times: Sequence[float]) -> float:
    """Return the time that 99 of 100 keys do not exceed, in milliseconds."""
    return float(np.quantile(np.asarray(times), 0.99, method="higher"))


def filled(root: Path, pairs: int) -> Workspace:
    """Make a workspace of pairs with previews of 1,024 × 768 pixels."""
    workspace = make_workspace(root, pairs, previews=False)
    made = [picture(number) for number in range(_DIFFERENT)]
    for number in range(2 * pairs):
        sha256 = f"{number:064x}"
        place = workspace.preview(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_preview(made[number % _DIFFERENT], place, sha256)
    return workspace


def picture(number: int) -> Image.Image:
    """Return a picture with edges, gradients and grain, so that its cells have as many colours as those of a photo."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(20, 235, (9, 12, 3), dtype=np.uint8))
    large = np.asarray(coarse.resize((1024, 768), Image.Resampling.BICUBIC)).astype(np.int16)
    large[::3, ::5] += random.integers(-40, 40, (256, 205, 1), dtype=np.int16)
    return Image.fromarray(
        np.clip(large + random.integers(-9, 9, large.shape, dtype=np.int16), 0, 255).astype(np.uint8)
    )


def reviewed(workspace: Workspace, pairs: int, pace: float, photos: Path | None = None) -> list[float]:
    """Accept all pairs by keys, after an ingest of photos has begun where they are given; return the milliseconds of each."""
    app = Pseudo(["-m", "curate", "review", "-w", workspace.root, "--images", "half"], workspace.root, (COLUMNS, ROWS))
    try:
        app.wait("IMG_0000.JPG")
        app.settle()
        if photos is not None:
            app.press(f"{_PALETTE}Ingest photos\r{photos}\r")
            app.idle(3.0)
        return timed(app, " ", pairs, pace)
    finally:
        app.close()


def while_ingesting(folder: Path, pairs: int, pace: float) -> list[float]:
    """Accept all pairs of another workspace while the app ingests photos; return the milliseconds of each."""
    workspace, photos = filled(folder / "busy", pairs + 1), folder / "photos"
    many = int((pairs * pace + 30) * _PHOTOS_A_SECOND)
    make_photos(photos, many)
    before = photos_in(workspace)
    times = reviewed(workspace, pairs, pace, photos)
    done = photos_in(workspace) - before
    if not 0 < done < many:
        raise RuntimeError(f"{done} of {many} photos were ingested: they were to be ingested all the while")
    print(f"{done} photos of 12 megapixels ingested meanwhile")
    return times


def make_photos(folder: Path, many: int) -> None:
    """Write JPEGs of 12 megapixels, each other bytes: one picture with a comment of its own."""
    folder.mkdir()
    target = io.BytesIO()
    picture(0).resize((4000, 3000), Image.Resampling.BICUBIC).save(target, "JPEG", quality=92)
    whole = target.getvalue()
    for number in range(many):
        comment = b"\xff\xfe" + (2 + 8).to_bytes(2, "big") + f"{number:08d}".encode()
        (folder / f"{number:05d}.jpg").write_bytes(whole[:2] + comment + whole[2:])


def photos_in(workspace: Workspace) -> int:
    """Return how many photos a workspace holds."""
    with Catalog.open(workspace, read_only=True) as catalog:
        return int(catalog.connection.execute("SELECT count(*) FROM photo").fetchone()[0])


def timed(app: Pseudo, key: str, times: int, pace: float) -> list[float]:
    """Press a key again and again; return the milliseconds from each to the last byte of what it painted."""
    found = []
    for _ in range(times):
        began = last = time.monotonic()
        app.forget()
        app.press(key)
        while len(app.output) < PAINT or time.monotonic() < last + PAUSE:
            size = len(app.output)
            if not app.read(PAUSE / 4):
                raise RuntimeError("the program has ended")
            if len(app.output) > size:
                last = time.monotonic()
            if time.monotonic() > began + 30:
                raise RuntimeError("nothing was painted")
        found.append(1000 * (last - began))
        app.idle(max(0.0, began + pace - time.monotonic()))
    return found


def misplaced(workspace: Workspace, pairs: int) -> int:
    """Return how many of the pairs were not accepted, or in another order than that of the queue."""
    with Catalog.open(workspace, read_only=True) as catalog:
        log = [(path_of(catalog, entry.payload["phone"]) or "")[-8:-4] for entry in decisions.entries(catalog)]
    wanted = [f"{number:04d}" for number in range(pairs)]
    return sum(one != two for one, two in zip(wanted, [*log, *[""] * pairs], strict=False))


def swapped(folder: Path, workspace: Workspace, times: int, pace: float) -> list[float]:
    """Swap two pictures in a bare app; return the milliseconds of each swap."""
    script = folder / "bare.py"
    script.write_text(_BARE, encoding="utf-8")
    app = Pseudo([script, *(workspace.preview(f"{number:064x}") for number in (0, 1))], folder, (COLUMNS, ROWS))
    try:
        app.settle()
        app.idle(1.0)
        return timed(app, "x", times, pace)
    finally:
        app.close()


if __name__ == "__main__":
    os.environ["COLORTERM"] = "truecolor"
    sys.exit(main())
