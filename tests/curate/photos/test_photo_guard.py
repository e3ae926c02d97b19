"""The guard: a file that hangs, crashes or bombs costs its own row only."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from photo_readers import read_photos
from photo_samples import camera_exif, encoded, samples

from curate.errors import CurateError, StorageError
from curate.photos.facts import PhotoFacts, Status
from curate.photos.read import read_photo
from curate.photos.reader.guard import Limits
from tests.helpers.programs import benchmark

HERE = Path(__file__).parent


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> str:
    """A reader that does what a file's name says."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    return "photo_readers:by_name"


def children() -> set[int]:
    """Reading processes that this one has started and not yet reaped; other tests' helpers are not counted."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and (b"tracer.base.worker" in words or not words):
                found.add(int(entry.name))
    return found


def test_workers_give_what_reading_here_gives(tmp_path: Path) -> None:
    """Facts and previews are the same without workers and with two, each with its own index."""
    jobs = []
    for i in range(3):
        for name, data in samples().items():
            path = tmp_path / f"{i}-{name}"
            path.write_bytes(data + b"\0" * i)
            jobs.append((path, tmp_path / f"{i}-{name}.preview"))
    jobs.append((tmp_path / "gone.jpg", None))
    weird = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe name.jpg"))
    weird.write_bytes(encoded("JPEG", camera_exif()))
    jobs.append((weird, None))
    here = {number: read_photo(*job) for number, job in enumerate(jobs)}
    previews = {p: p.read_bytes() for p in tmp_path.glob("*.preview")}
    for path in previews:
        path.unlink()
    guarded = dict(read_photos(jobs, 2))
    assert guarded == here
    assert {p: p.read_bytes() for p in tmp_path.glob("*.preview")} == previews
    assert here[len(jobs) - 1].exif.make == "Canon"


def test_each_bad_file_costs_its_own_row(misbehaving: str, tmp_path: Path) -> None:
    """A hang, a crash, an exit, a memory bomb and an unforeseen error among good files: every row is there."""
    names = ["ok-1", "hang-1", "ok-2", "segfault-1", "ok-3", "exit-1", "eat-1", "raise-1", "ok-4", "ok-5", "hang-2"]
    jobs = [(tmp_path / f"{n}.jpg", tmp_path / f"{n}.preview") for n in names]
    limits = Limits(seconds=1.0, memory=2 << 30)
    start = time.monotonic()
    rows = dict(read_photos(jobs, 2, limits, misbehaving))
    assert time.monotonic() - start < 20
    statuses = {name: rows[i].status for i, name in enumerate(names)}
    expected = {"hang": Status.TIMEOUT, "segfault": Status.INVALID, "exit": Status.INVALID, "raise": Status.INVALID}
    expected["eat"] = Status.TOO_LARGE
    assert statuses == {n: expected.get(n.split("-")[0], Status.OK) for n in names}
    assert "Segmentation" in str(rows[3].error)
    assert "LookupError" in str(rows[7].error)
    assert list(tmp_path.iterdir()) == []  # a killed worker's unfinished preview is removed
    assert children() == set()


def test_a_full_disk_stops_the_work(misbehaving: str, tmp_path: Path) -> None:
    """A preview that cannot be written is no row's fault: the caller hears of it."""
    jobs = [(tmp_path / f"{n}.jpg", None) for n in ("ok-1", "full-1", "ok-2")]
    with pytest.raises(StorageError, match="No space left"):
        list(read_photos(jobs, 1, Limits(), misbehaving))
    assert children() == set()


def test_workers_that_cannot_start_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader that cannot be imported is said at once, not blamed on the photos."""
    with pytest.raises(CurateError, match="cannot be started"):
        list(read_photos([(tmp_path / "a.jpg", None)], 1, Limits(), "no_such_module:f"))


def test_stopping_early_leaves_no_process(misbehaving: str, tmp_path: Path) -> None:
    """Closing the generator, even while a worker hangs, ends and reaps every process."""
    names = ["ok-1", *[f"hang-{i}" for i in range(5)]]
    work = read_photos([(tmp_path / f"{n}.jpg", None) for n in names], 2, Limits(seconds=60), misbehaving)
    next(work)
    assert len(children()) == 2
    work.close()  # type: ignore[attr-defined]
    gc.collect()
    assert children() == set()


def test_jobs_are_pulled_as_they_are_needed(misbehaving: str, tmp_path: Path) -> None:
    """A list without an end is fine: only a few jobs are taken ahead of the results."""
    taken = 0

    def endless() -> Iterator[tuple[Path, None]]:
        nonlocal taken
        while True:
            taken += 1
            yield tmp_path / f"ok-{taken}.jpg", None

    per_worker = 2 + 2  # given to it, and answered but not yet handed on

    work = read_photos(endless(), 2, Limits(), misbehaving)
    for seen in range(1, 50):
        next(work)
        assert taken <= seen + 2 * per_worker
    work.close()  # type: ignore[attr-defined]


def test_a_slow_caller_causes_no_timeouts(misbehaving: str, tmp_path: Path) -> None:
    """Answers that wait while the caller is busy are not overdue."""
    rows = []
    for row in read_photos([(tmp_path / f"ok-{i}.jpg", None) for i in range(6)], 2, Limits(seconds=0.5), misbehaving):
        rows.append(row)
        time.sleep(0.6)
    assert {facts.status for _, facts in rows} == {Status.OK}
    assert sorted(i for i, _ in rows) == list(range(6))


def test_workers_share_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two workers both read, and stay the same processes throughout."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    jobs = [(tmp_path / f"{i}.jpg", None) for i in range(60)]
    used = [facts.size for _, facts in read_photos(jobs, 2, Limits(), "photo_readers:worker_id")]
    assert len(set(used)) == 2
    assert min(used.count(i) for i in set(used)) > 5


def test_nothing_to_read_starts_nothing() -> None:
    """An empty list ends at once."""
    assert list(read_photos([], 4)) == []


def test_workers_end_with_their_parent(misbehaving: str, tmp_path: Path) -> None:
    """A parent that is killed outright leaves no worker behind."""
    script = (
        "import sys; from pathlib import Path; from photo_readers import Limits, read_photos\n"
        f"jobs = ((Path('{tmp_path}') / f'ok-{{i}}.jpg', None) for i in range(10**9))\n"
        "for i, facts in read_photos(jobs, 2, Limits(), 'photo_readers:worker_id'):\n"
        "    print(facts.size, flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = {int(parent.stdout.readline()) for _ in range(20)}
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(running(w) for w in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(running(w) for w in workers)


def running(process: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_facts_survive_the_pipe(tmp_path: Path) -> None:
    """Every field comes through a worker's answer unchanged."""
    from curate.photos.reader.worker import decode_facts

    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("JPEG", camera_exif()))
    for facts in (read_photo(path), PhotoFacts(Status.DENIED, "no")):
        assert decode_facts(json.loads(json.dumps(facts.as_json()))) == facts


def test_workers_import_neither_torch_nor_the_app() -> None:
    """Starting a worker is cheap."""
    code = (
        "import sys, tracer.base.worker, curate.photos.reader.worker, curate.photos.reader.guard, curate.photos.read\n"
        "heavy = {'torch', 'textual', 'pandas', 'cv2', 'sklearn', 'timm'}\n"
        "loaded = {m.split('.')[0] for m in sys.modules}\n"
        "rooms = {m.split('.')[1] for m in sys.modules if m.startswith('tracer.')}\n"
        "print(sorted(heavy & loaded), sorted(rooms))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[] ['base', 'setformat']"


def test_fuzzed_files_each_have_one_row() -> None:
    """The fuzzing benchmark, in small: no row lost or given twice, nothing outside a worker, no hang."""
    result = benchmark("fuzz", "--files", "400", "--workers", "2", LENSTRACE_CORPUS="")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "rows lost 0, given twice 0" in result.stdout
