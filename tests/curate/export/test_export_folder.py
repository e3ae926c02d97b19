"""A set is whole or not there: existing sets, kills, full disks, two exporters."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_exports import OPTIONS
from test_export_write import contents, export

from curate.errors import ExportError, StorageError, UsageError
from curate.export.verify import verify_set
from curate.export.write import export_set
from tracer.base.progress import finish

EXPORTER = """
import sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from small_exports import OPTIONS
import dataclasses, json
from curate.export.write import export_set
from tracer.base.progress import finish
rows = json.loads(Path(sys.argv[1]).read_text())
print("begin", flush=True)
finish(export_set(rows, Path(sys.argv[2]), dataclasses.replace(OPTIONS, replace=True)))
"""


def test_an_existing_set_is_replaced_only_when_asked(rows: list[dict], tmp_path: Path) -> None:
    """Without --replace an existing set stays and the way out is said; with it the new one is there alone."""
    out = tmp_path / "set"
    export(rows, out)
    before = contents(out)
    with pytest.raises(UsageError, match="already exists") as caught:
        export(rows[:-2], out)
    assert "--replace" in caught.value.way_out
    assert contents(out) == before
    export(rows[:-2], out, replace=True)
    assert len(list((out / "images").iterdir())) == len(rows) - 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "set"]


def test_only_sets_are_ever_deleted(rows: list[dict], tmp_path: Path) -> None:
    """A folder with anything else in it, a file or a link at the place is never replaced."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    added_to = export(rows, tmp_path / "added").dataset
    (added_to / "images" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(export(rows, tmp_path / "target").dataset)
    for place in (precious, added_to, tmp_path / "file", tmp_path / "link"):
        with pytest.raises(ExportError, match="cannot be replaced"):
            export(rows, place, replace=True)
    for beside in (tmp_path / "new.partial", tmp_path / ".new.replaced"):
        beside.mkdir()
        (beside / "thesis.txt").write_text("more work")
        with pytest.raises(ExportError, match="in the way"):
            export(rows, tmp_path / "new")
        (beside / "thesis.txt").unlink()
        beside.rmdir()
    assert (precious / "thesis.txt").read_text() == "years of work"
    assert (added_to / "images" / "notes.txt").exists()


def test_an_empty_folder_may_be_filled(rows: list[dict], tmp_path: Path) -> None:
    """A folder that somebody just made for the set is used."""
    (tmp_path / "set").mkdir()
    assert export(rows, tmp_path / "set").photos == len(rows)


def test_an_interrupted_swap_is_finished(rows: list[dict], tmp_path: Path) -> None:
    """Killed between the two renames, the next run puts the new set in its place; with no new set, the old one back."""
    out, partial, old = tmp_path / "set", tmp_path / "set.partial", tmp_path / ".set.replaced"
    new = contents(export(rows, out).dataset)
    out.rename(partial)
    export(rows[:-2], out)
    # As if the process had died right after the first rename:
    export(rows[:-2], tmp_path / "older").dataset.rename(old)
    shutil.rmtree(out)
    export(rows, tmp_path / "again").dataset.rename(partial)
    with pytest.raises(UsageError, match="already exists"):
        export(rows, out)
    assert contents(out) == new
    assert not old.exists()
    assert not partial.exists()
    # As if it had died with nothing new written yet:
    out.rename(old)
    with pytest.raises(UsageError, match="already exists"):
        export(rows, out)
    assert contents(out) == new


def test_replace_is_advised_for_a_set_alone(tmp_path: Path, rows: list[dict], exported: Path) -> None:
    """Where something else lies, `--replace` would be refused: the message does not name it, and says what lies there."""
    with pytest.raises(UsageError) as told:
        finish(export_set(rows, exported, OPTIONS))
    assert "--replace" in told.value.way_out
    (tmp_path / "a file").touch()
    with pytest.raises(UsageError, match="not a folder") as told:
        finish(export_set(rows, tmp_path / "a file", OPTIONS))
    assert "--replace" not in told.value.way_out


def test_killed_at_any_moment(rows: list[dict], tmp_path: Path) -> None:
    """SIGKILL at random moments of a replacing export: a whole set is always there, and the next run tidies up."""
    out = tmp_path / "set"
    listing = tmp_path / "rows.json"
    listing.write_text(json.dumps(rows))
    script = EXPORTER.format(tests=str(Path(__file__).parent))
    undisturbed = contents(export(rows, out).dataset)
    rng = random.Random(3)
    killed = 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(listing), str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.random() * 0.35)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert b"Traceback" not in errors
        killed += process.returncode == -signal.SIGKILL
        whole = [
            p for p in (out, tmp_path / ".set.replaced", tmp_path / "set.partial") if (p / "manifest.json").exists()
        ]
        assert any(verify_set(p) == [] for p in whole)
    assert killed >= 3
    export(rows, out, replace=True)
    assert contents(out) == undisturbed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "rows.json", "set"]


def test_a_full_disk(rows: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up the error says so and what to do, the old set is as it was, and no half set remains."""
    out = tmp_path / "set"
    before = contents(export(rows, out).dataset)
    synced = os.fsync
    left = [10]

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError, match="full") as caught:
        export(rows, out, replace=True)
    assert "Free some space" in caught.value.way_out
    monkeypatch.undo()
    assert contents(out) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "set"]


@pytest.mark.system
def test_a_really_full_disk(rows: list[dict], tmp_path: Path) -> None:
    """On a file system of 64 KiB the export ends with the same error, and leaves it empty."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can only be mounted by root")
    try:
        with pytest.raises(StorageError, match="full"):
            export(rows, small / "set")
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_place_that_cannot_be_written(rows: list[dict], tmp_path: Path) -> None:
    """A parent that is a file gives an error with a way out, not a traceback."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        export(rows, tmp_path / "file" / "set")


def test_two_exporters_do_not_mix(rows: list[dict], tmp_path: Path) -> None:
    """While one export runs, a second one to the same place is refused and does no harm; then it may."""
    out = tmp_path / "set"
    first = export_set(rows, out, OPTIONS)
    next(first)
    with pytest.raises(ExportError, match="another process"):
        export(rows, out)
    finish(first)
    assert verify_set(out) == []
    export(rows, out, replace=True)


def test_cancelling_leaves_nothing(rows: list[dict], tmp_path: Path) -> None:
    """Closing the work in the middle takes the half set away and keeps an older one."""
    out = tmp_path / "set"
    before = contents(export(rows, out).dataset)
    work = export_set(rows, out, dataclasses.replace(OPTIONS, replace=True))
    for _ in range(5):
        next(work)
    assert (tmp_path / "set.partial").exists()
    work.close()
    assert contents(out) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "set"]
