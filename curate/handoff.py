"""Runs tracer in a separate process, so that curate does not load torch and survives a crash of tracer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING, Any, cast

from curate.errors import Exit, HandoffError, StorageError
from curate.workspace.settings import Protocol
from tracer.base.console import PROGRESS, step_of
from tracer.base.files import read_sealed, write_sealed
from tracer.base.progress import SILENT, Progress, Work
from tracer.base.text import command_line, quoted_path

_SCRATCH = ".run-"
_GRACE = 10.0
"""Seconds that tracer may take to end after Ctrl-C; it finishes the batch of photos or the probes that are running."""

_TURN = 0.2
"""Seconds after which an evaluation can be stopped, also where tracer says nothing."""

_WITHOUT = "`tracer encoders` lists the encoders; `curate pair` also finds pairs without --embeddings."
_ERROR = "tracer: "
"""The prefix of tracer's error lines."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def evaluating(
    dataset: Path,
    run: Path,
    encoders: tuple[str, ...],
    protocol: Protocol = "batched",
    say: Callable[[str], None] | None = None,
) -> Work[tuple[dict[str, Any], bool]]:
    """Evaluate a data set folder, with tracer's progress as steps.

    Closing the work stops tracer, which keeps what is finished; the same evaluation again does what is missing.

    Args:
        dataset: the set's folder.
        run: the folder for results.
        encoders: names of encoders or of groups of encoders.
        protocol: how a probe's settings are found.
        say: is given each line that tracer says beside its progress; None if these lines are only part of an error.

    Returns:
        What `tracer evaluate --json` printed, and whether some photos could not be evaluated.

    Raises:
        HandoffError: tracer failed; its own message is passed on.
    """
    words = _evaluation(dataset, run, encoders, protocol)
    yield Progress("starting tracer", 0)
    with subprocess.Popen(
        _command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {PROGRESS: "json"}, start_new_session=True,
    ) as child:  # fmt: skip
        lines: Queue[str] = Queue()
        out: list[str] = []
        readers = [
            threading.Thread(target=_pass_lines, args=(child.stderr, lines.put), daemon=True),
            threading.Thread(target=_pass_lines, args=(child.stdout, out.append), daemon=True),
        ]
        for reader in readers:
            reader.start()
        said: list[str] = []
        try:
            while readers[0].is_alive() or not lines.empty():
                try:
                    line = lines.get(timeout=_TURN)
                except Empty:
                    yield SILENT
                    continue
                step = step_of(line)
                if step is None:
                    said.append(line) if say is None else say(line.rstrip("\n"))
                else:
                    yield step
        except BaseException:
            child.send_signal(signal.SIGINT)
            _let_end(child)
            raise
        for reader in readers:
            reader.join()
    return _answer(child.returncode, words, "".join(out), "".join(said))


def _evaluation(dataset: Path, run: Path, encoders: tuple[str, ...], protocol: Protocol) -> tuple[str, ...]:
    """Return the words of the command that evaluates a set."""
    return "evaluate", str(dataset), "--encoders", ",".join(encoders), "-o", str(run), "--protocol", protocol


def _pass_lines(stream: IO[str] | None, take: Callable[[str], object]) -> None:
    for line in stream or ():
        take(line)


def check_encoders(encoders: tuple[str, ...]) -> None:
    """Ask tracer whether it knows these encoders, before anything is exported for them.

    Raises:
        HandoffError: tracer does not know one of the names (exit code 2).
    """
    _tracer("encoders", "--check", ",".join(encoders), quiet=False)


def known_encoders() -> list[dict[str, Any]]:
    """Return the encoders that tracer knows: name, group, and whether each is available without a download.

    Raises:
        HandoffError: tracer failed.
    """
    return list(_tracer("encoders", quiet=True)[0]["encoders"])


def planned_evaluation(dataset: Path, encoders: tuple[str, ...]) -> dict[str, Any]:
    """Return what an evaluation of a set would measure (`measured`), and what not and why (`skipped`).

    Raises:
        HandoffError: the set cannot be evaluated; tracer's own message is passed on.
    """
    words = ("evaluate", str(dataset), "--encoders", ",".join(encoders), "-o", "none", "--dry-run")
    return _tracer(*words, quiet=True)[0]


def compared_runs(first: Path, second: Path) -> list[dict[str, Any]]:
    """Return the figures of two runs side by side: those of `tracer compare`.

    Raises:
        HandoffError: a run cannot be read.
    """
    return list(_tracer("compare", str(first), str(second), quiet=True)[0]["rows"])


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


def _way_out(code: int, words: tuple[str, ...], said: str) -> str:
    """Return the way out of a failure: tracer's own message where the user has seen it, else its command line."""
    if code in (Exit.FAILED, Exit.USAGE) and not said:
        return "What tracer wrote above says why."
    return f"Run it by hand to see more: tracer {command_line(*words)}"


def _command(*words: str) -> list[str]:
    # -P: Python does not search the current folder for modules, so that a user's file cannot shadow one
    return [sys.executable, "-P", "-m", "tracer", *words, "--json"]


def _tracer(*words: str, quiet: bool, otherwise: str = "") -> tuple[dict[str, Any], bool]:
    with subprocess.Popen(
        _command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True
    ) as child:
        try:
            out, said = child.communicate()
        except KeyboardInterrupt:
            _let_end(child)
            raise
        except BaseException:
            child.terminate()
            raise
    return _answer(child.returncode, words, out, said or "", otherwise)


def _answer(code: int, words: tuple[str, ...], out: str, said: str, otherwise: str = "") -> tuple[dict[str, Any], bool]:
    """Return what tracer printed, and whether some photos failed.

    Args:
        code: its exit code.
        words: its command line.
        out: what it printed.
        said: what it wrote to standard error.
        otherwise: the way out where tracer names none.

    Raises:
        HandoffError: it failed.
        KeyboardInterrupt: it was interrupted.
    """
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in (Exit.DONE, Exit.SOME_FAILED):
        why, way_out = _message(said)
        failure = HandoffError(
            f"tracer {words[0]} failed",
            why or f"tracer ended with exit code {code}",
            way_out or otherwise or _way_out(code, words, said),
        )
        if code == Exit.USAGE:  # a usage error of tracer is a usage error of curate
            failure.exit_code = Exit.USAGE
        raise failure
    return cast(dict[str, Any], json.loads(out)), code == Exit.SOME_FAILED
