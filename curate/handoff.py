"""Runs tracer in a separate process, so that curate does not load torch and survives a crash of tracer."""

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
"""Seconds that tracer may take to end after Ctrl-C; it finishes the batch of photos or the probes that are running."""

_WITHOUT = "`tracer encoders` lists the encoders; `curate pair` also finds pairs without --embeddings."
_ERROR = "tracer: "
"""The prefix of tracer's error lines."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def evaluate(
    dataset: Path, run: Path, encoders: tuple[str, ...], *, quiet: bool = False
) -> tuple[dict[str, Any], bool]:
    """Evaluate a data set folder; tracer's progress goes to standard error.

    Args:
        dataset: the set's folder.
        run: the folder for results.
        encoders: names of encoders or of groups of encoders.
        quiet: hide tracer's progress, because the app owns the terminal; its error message is still passed on.

    Returns:
        What `tracer evaluate --json` printed, and whether some photos could not be evaluated.

    Raises:
        HandoffError: tracer failed; its own message is passed on.
    """
    return _tracer("evaluate", str(dataset), "--encoders", ",".join(encoders), "-o", str(run), quiet=quiet)


def check_encoders(encoders: tuple[str, ...]) -> None:
    """Ask tracer whether it knows these encoders, before anything is exported for them.

    Raises:
        HandoffError: tracer does not know one of the names (exit code 2).
    """
    _tracer("encoders", "--check", ",".join(encoders), quiet=False)


def embed_previews(
    previews: Mapping[str, Path], cache: Path, encoder: str, *, quiet: bool = False
) -> dict[str, NDArray[np.float32]]:
    """Return embeddings of photos by one of tracer's encoders; each photo is embedded once and then cached.

    Args:
        previews: sha256 of the photo's file -> its preview.
        cache: the workspace's cache folder; embeddings lie in `embeddings/<encoder>/`, one file per run.
        encoder: one name, as tracer takes it (`offline/efficientnet-lite0`).
        quiet: hide tracer's progress.

    Returns:
        sha256 -> float32 vector. Photos that could not be embedded are absent; each call tries them again.

    Raises:
        HandoffError: tracer failed (an unknown encoder, no weights).
        StorageError: the cache cannot be written.
    """
    from safetensors.numpy import load, load_file, save

    place = cache / "embeddings" / (re.sub(r"[^\w.-]+", "-", encoder).strip("-.") or "encoder")
    known: dict[str, NDArray[np.float32]] = {}
    for part in sorted(place.glob("*.embeddings")):
        if content := read_sealed(part):  # photos of a damaged part are embedded again
            known |= load(content)
    missing = sorted(sha256 for sha256, preview in previews.items() if sha256 not in known and preview.exists())
    if not missing:
        return {sha256: known[sha256] for sha256 in previews if sha256 in known}
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob(f"{_SCRATCH}*"):  # left by a killed run
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=_SCRATCH) as scratch:
            # tracer uses the numbers in a flat folder of `<number>.jpg` as IDs
            folder = Path(scratch) / "previews"
            folder.mkdir()
            for number, sha256 in enumerate(missing, 1):
                _linked(previews[sha256], folder / f"{number}.jpg")
            run = Path(scratch) / "run"
            words = ("embed", str(folder), "--encoders", encoder, "-o", str(run))
            # the hint to run the command by hand would not help: the folder is removed by then
            _tracer(*words, quiet=quiet, otherwise=_WITHOUT)
            made: dict[str, NDArray[np.float32]] = {}
            for file in sorted((run / "embeddings").rglob("*.safetensors")):
                arrays = load_file(file)
                for number, vector in zip(arrays["Flickr ID"].tolist(), arrays["image_embeddings"], strict=True):
                    made[missing[number - 1]] = vector.astype("float32")
            if made:  # the name depends on the content, so that no run overwrites another's part
                part = (
                    place / f"{hashlib.sha256(' '.join([encoder, *sorted(made)]).encode()).hexdigest()[:32]}.embeddings"
                )
                write_sealed(part, save(made))
    except OSError as error:
        raise StorageError(
            "embeddings cannot be saved",
            f"{quoted_path(place)}: {error}",
            "Free some space, or pair without --embeddings.",
        ) from error
    known |= made
    return {sha256: known[sha256] for sha256 in previews if sha256 in known}


def _linked(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if the file system has no hard links; do nothing if the file no longer exists."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return
    except OSError:
        shutil.copyfile(source, target)


def _let_end(child: subprocess.Popen[str]) -> None:
    """Wait for tracer, which also received Ctrl-C, to end by itself with its own message; terminate it after `_GRACE`."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE)
    child.terminate()


def _message(said: str) -> tuple[str, str]:
    """Return the cause and the way out from what tracer wrote.

    The cause is on the line that begins with tracer's name, and the way out on the lines after it. Without such a line
    tracer crashed; then the last line is the cause.
    """
    lines = said.strip().splitlines()
    at = next((number for number, line in enumerate(lines) if line.startswith(_ERROR)), None)
    if at is None:
        return (lines[-1] if lines else ""), ""
    return lines[at].removeprefix(_ERROR), "\n".join(lines[at + 1 :])


def _tracer(*words: str, quiet: bool, otherwise: str = "") -> tuple[dict[str, Any], bool]:
    # -P: Python does not search the current folder for modules, so that a user's file cannot shadow one
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
        if child.returncode == Exit.USAGE:  # a usage error of tracer is a usage error of curate
            failure.exit_code = Exit.USAGE
        raise failure
    return cast(dict[str, Any], json.loads(out)), child.returncode == Exit.SOME_FAILED
