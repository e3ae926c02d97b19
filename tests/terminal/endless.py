"""The app with a search for pairs that never ends: keys are pressed while work runs, however fast the machine is."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from curate.catalog.store import Catalog
from curate.pairing import run as pairing
from curate.tui.app import run
from curate.workspace import Workspace
from tracer.base.progress import Progress, Work


def endless(_catalog: Catalog, **_settings: bool) -> Work[None]:
    """Look for pairs, for ever."""
    for done in itertools.count(1):
        time.sleep(0.2)
        yield Progress("looking for ever", done)


if __name__ == "__main__":
    pairing.pair_workspace = endless  # type: ignore[assignment]
    sys.exit(run(Workspace.open(Path(sys.argv[1])), "library"))
