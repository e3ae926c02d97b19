"""Two calls at once in one run folder: the second is refused, and neither harms the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.input_photos import write_flat
from tests.helpers.small_sets import write_set
from tracer.base.locks import LOCK
from tracer.base.progress import finish
from tracer.cli import run_cli
from tracer.dataset import open_set
from tracer.dataset.folders import working_in
from tracer.embeddings.batches import Resources
from tracer.embeddings.embed import embed
from tracer.errors import TracerError

_HOLDS = """\
import sys, time
from pathlib import Path
from tracer.dataset.folders import working_in
with working_in(Path(sys.argv[1])):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A run folder that another process works in, and that process."""
    run = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", _HOLDS, str(run)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "holds\n"
        yield run, child.pid
        child.kill()


def test_a_second_call_is_refused_until_the_first_has_ended(
    busy: tuple[Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands say which process works in the run and what to do, and change nothing; once it was killed, they work."""
    run, process = busy
    photos = write_set(tmp_path / "set", scenes=2)
    words = ["embed", str(photos), "--encoders", "baseline/colour", "-o", str(run)]
    for command in (words, ["similarity", *words[1:]]):
        assert run_cli(command) == 1
        said = capsys.readouterr().err
        assert f"process {process} on " in said and "-o" in said
        assert os.listdir(run) == [LOCK]
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    assert run_cli(words) == 0 and not (run / LOCK).exists()


def test_two_embeddings_in_one_run_end_with_the_same_files(tmp_path: Path) -> None:
    """A second call in the middle of a first one takes none of its pieces, and finds its files afterwards."""
    folder, run = write_flat(tmp_path / "set", 150, width=16, height=16), tmp_path / "run"
    first = embed(open_set(folder), ["baseline/colour"], run=run, using=Resources(batch_size=8, workers=1))
    while not list((run / "shards").rglob("*.safetensors")):
        next(first)
    with pytest.raises(TracerError, match="is in use"):
        finish(embed(open_set(folder), ["baseline/colour"], run=run))
    assert finish(first).embedded == 150
    assert finish(embed(open_set(folder), ["baseline/colour"], run=run)).embedded == 0


def test_a_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    """The lock file goes with the call, and a run folder that it alone made; a link in its place is not written through."""
    with working_in(tmp_path / "run"):
        assert (tmp_path / "run" / LOCK).is_file()
    assert not (tmp_path / "run").exists()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / LOCK).symlink_to("mine")
    with pytest.raises(TracerError, match="cannot be worked in"), working_in(tmp_path):
        pass
    assert (tmp_path / "mine").read_text() == "mine"
