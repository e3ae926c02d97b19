"""Serve until standard input ends or a signal comes: `python -m tests.helpers.fake_flickr --photos 20000 --faults 0.05`.

The first line on standard output is a JSON object with the environment variables that point curate here.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from tests.helpers.fake_flickr import KEY, FakeFlickr, Fault, Faults, Lies, Limits, Rates, Universe


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.helpers.fake_flickr", description=__doc__)
    made.add_argument("--photos", type=int, default=2000)
    made.add_argument("--dense-second", type=int, default=0, help="photos taken in one second")
    made.add_argument("--seed", type=int, default=0, help="of the universe and of the faults")
    made.add_argument("--owners", type=int)
    made.add_argument("--plain", action="store_true", help="no unusual photos and no lies")
    made.add_argument("--faults", type=float, default=0.0, help="share of API calls that fail")
    made.add_argument("--image-faults", type=float, default=0.0)
    made.add_argument("--kinds", nargs="+", choices=Fault.__members__, default=list(Fault.__members__))
    made.add_argument("--retry-after", type=int, default=1)
    made.add_argument("--stall", type=float, default=0.2, help="seconds")
    made.add_argument("--calls", type=int, help="most calls in a window")
    made.add_argument("--window", type=float, default=3600.0, help="its seconds")
    made.add_argument("--pace", type=float, help="most calls a second, sustained")
    made.add_argument("--jitter", type=float, default=0.5, help="seconds by which an arrival may be late")
    made.add_argument("--port", type=int, default=0)
    made.add_argument("--key", default=KEY)
    made.add_argument("--log", type=Path, help="file for the records, as JSON lines")
    made.add_argument("--stay", action="store_true", help="until a signal, whatever becomes of standard input")
    return made


def main(words: list[str]) -> None:
    """Serve as the command line says."""
    given = parser().parse_args(words)
    rates, lies = (Rates.none(), Lies.none()) if given.plain else (Rates(), Lies())
    universe = Universe(given.photos, given.seed, given.dense_second, rates, given.owners)
    faults = Faults(
        rate=given.faults,
        kinds=tuple(Fault[name] for name in given.kinds),
        seed=given.seed,
        image_rate=given.image_faults,
        retry_after=given.retry_after,
        stall_seconds=given.stall,
    )
    limits = Limits(given.calls, given.window, given.pace, given.jitter)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with FakeFlickr(universe, faults, limits, lies, key=given.key, port=given.port, log_path=given.log) as flickr:
        print(json.dumps(flickr.environment()), flush=True)
        if not given.stay:
            threading.Thread(target=_until_end_of_input, args=(over,), daemon=True).start()
        over.wait()


def _until_end_of_input(over: threading.Event) -> None:
    while os.read(0, 1 << 12):
        continue
    over.set()


main(sys.argv[1:])
