"""Runs tracer as a process of its own: torch stays out of curate, and a crash there harms nothing here."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from curate.errors import Exit, HandoffError, StorageError
from tracer.base.files import read_sealed, write_sealed
from tracer.base.text import command_line, quoted_path

_SCRATCH = ".run-"
_GRACE = 10.0
"""Seconds that tracer has to end after Ctrl-C; it finishes the batch of photos or the probes that are in the air."""

_WITHOUT = "`tracer encoders` lists the encoders; pairs are found without them too, by pairing without --embeddings."
_ERROR = "tracer: "
"""What tracer's errors begin with."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def evaluate(
    dataset: Path, run: Path, encoders: tuple[str, ...], *, quiet: bool = False
) -> tuple[dict[str, Any], bool]:
    """Evaluate a data set folder; its progress goes to standard error.

    Returns what `tracer evaluate --json` printed, and whether some photos could not be evaluated.

    Args:
        dataset: the set. run: the folder for results. encoders: names, or groups of them.
        quiet: keep tracer's progress back (the app owns the terminal); it is shown where tracer fails.

    Raises:
        HandoffError: tracer failed; its own message is passed on.
    """
    return _tracer("evaluate", str(dataset), "--encoders", ",".join(encoders), "-o", str(run), quiet=quiet)


def check_encoders(encoders: tuple[str, ...]) -> None:
    """Ask tracer whether there are encoders of these names, before anything is exported for them.

    Raises:
        HandoffError: there is none of one of the names (exit code 2).
    """
    _tracer("encoders", "--check", ",".join(encoders), quiet=False)


def embed_previews(
    previews: Mapping[str, Path], cache: Path, encoder: str, *, quiet: bool = False
) -> dict[str, NDArray[np.float32]]:
    """Return embeddings of photos by one of tracer's encoders; each photo is embedded once, and kept.

    Args:
        previews: sha256 of the photo's file -> its preview.
        cache: the workspace's cache; embeddings lie in `embeddings/<encoder>/`, a file for each run.
        encoder: one name, as tracer takes it (`offline/efficientnet-lite0`).
        quiet: keep tracer's progress back.

    Returns:
        sha256 -> float32 vector, as the encoder gave it; photos that could not be embedded, or whose preview is gone, are
        absent. They are tried again each time.

    Raises:
        HandoffError: tracer failed (an unknown encoder, no weights). StorageError: the cache cannot be written.
    """
    from safetensors.numpy import load, load_file, save

    place = cache / "embeddings" / (re.sub(r"[^\w.-]+", "-", encoder).strip("-.") or "encoder")
    known: dict[str, NDArray[np.float32]] = {}
    for part in sorted(place.glob("*.embeddings")):
        if content := read_sealed(part):  # a damaged part is made again
            known |= load(content)
    missing = sorted(sha256 for sha256, preview in previews.items() if sha256 not in known and preview.exists())
    if not missing:
        return {sha256: known[sha256] for sha256 in previews if sha256 in known}
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob(f"{_SCRATCH}*"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=_SCRATCH) as scratch:
            # A flat folder of `<number>.jpg`: tracer takes the numbers for ids.
            folder = Path(scratch) / "previews"
            folder.mkdir()
            for number, sha256 in enumerate(missing, 1):
                _linked(previews[sha256], folder / f"{number}.jpg")
            run = Path(scratch) / "run"
            words = ("embed", str(folder), "--encoders", encoder, "-o", str(run))
            _tracer(*words, quiet=quiet, otherwise=_WITHOUT)  # by hand it could not be run: the folder is gone by then
            made: dict[str, NDArray[np.float32]] = {}
            for file in sorted((run / "embeddings").rglob("*.safetensors")):
                arrays = load_file(file)
                for number, vector in zip(arrays["Flickr ID"].tolist(), arrays["image_embeddings"], strict=True):
                    made[missing[number - 1]] = vector.astype("float32")
            if made:  # named by what it holds: no run writes over another's
                part = (
                    place / f"{hashlib.sha256(' '.join([encoder, *sorted(made)]).encode()).hexdigest()[:32]}.embeddings"
                )
                write_sealed(part, save(made))
    except OSError as error:
        raise StorageError(
            "embeddings cannot be kept", f"{quoted_path(place)}: {error}", "Make room, or pair without --embeddings."
        ) from error
    known |= made
    return {sha256: known[sha256] for sha256 in previews if sha256 in known}


def _linked(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has none; nothing where the file went away meanwhile."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return
    except OSError:
        shutil.copyfile(source, target)


def _let_end(child: subprocess.Popen[str]) -> None:
    """Let tracer end by itself: Ctrl-C reached it too, and it says that the same command goes on. Stop it where it stays."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE)
    child.terminate()


def _message(said: str) -> tuple[str, str]:
    """Cause and way out in what tracer wrote: its error begins a line with its name, and the way out follows.

    Without such a line it broke off; then the last line is the cause.
    """
    lines = said.strip().splitlines()
    at = next((number for number, line in enumerate(lines) if line.startswith(_ERROR)), None)
    if at is None:
        return (lines[-1] if lines else ""), ""
    return lines[at].removeprefix(_ERROR), "\n".join(lines[at + 1 :])


def _tracer(*words: str, quiet: bool, otherwise: str = "") -> tuple[dict[str, Any], bool]:
    # -P: the current folder is not searched for modules, so that no file of the user's shadows one of ours.
    command = [sys.executable, "-P", "-m", "tracer", *words, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True
    ) as child:
        try:
            out, said = child.communicate()
        except KeyboardInterrupt:
            _let_end(child)
            raise
        except BaseException:
            child.terminate()
            raise
    if child.returncode == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if child.returncode not in (Exit.DONE, Exit.SOME_FAILED):
        why, way_out = _message(said or "")
        failure = HandoffError(
            f"tracer {words[0]} failed",
            why or f"tracer ended with exit code {child.returncode}",
            way_out or otherwise or f"Run it by hand to see more: tracer {command_line(*words)}",
        )
        if child.returncode == Exit.USAGE:  # a wrong word stays a wrong word on the way through
            failure.exit_code = Exit.USAGE
        raise failure
    return cast(dict[str, Any], json.loads(out)), child.returncode == Exit.SOME_FAILED
