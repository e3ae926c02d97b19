"""Worker processes: their clocks, their memory, and what becomes of them."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracer.base import machine
from tracer.base.clock import ProcessClock
from tracer.base.workers import Answer, Cause, Failure, Limits, Task, Workers

HERE = Path(__file__).parent
GIGABYTE = 1 << 30


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find the handlers of these tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]))


def task(largest: int = 4 << 20) -> Task[list[Any]]:
    """Jobs that are sent as they are."""
    return Task("base_handlers:by_name", (), lambda job: job, largest)


def results(jobs: list[list[Any]], size: int, limits: Limits) -> list[Answer | Failure]:
    """What became of jobs, in their order."""
    with Workers(task(), size, limits) as workers:
        found = dict(workers.run(jobs))
    return [found[number] for number in range(len(jobs))]


# --- time


def test_waiting_for_a_pipe_that_nobody_fills_is_overdue(tmp_path: Path) -> None:
    """A job that blocks without using a core ends, and says why."""
    os.mkfifo(tmp_path / "pipe")
    (found,) = results([["open", str(tmp_path / "pipe")]], 1, Limits(1.0))
    assert found == Failure(Cause.TIME, "reading it took more than 1 s")


def test_computing_without_end_is_overdue() -> None:
    """A job that only computes ends by its processor time, and the one behind it is done."""
    first, second = results([["burn", 600], ["burn", 0.1]], 1, Limits(1.0))
    assert isinstance(first, Failure) and first.cause is Cause.TIME
    assert isinstance(second, Answer)


def test_workers_leave_the_cores_to_others_first() -> None:
    """The app stays as fast while photos are read."""
    assert results([["nice", 0]], 1, Limits(5.0)) == [Answer(min(os.nice(0) + 5, 19), b"")]


def test_workers_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and tokens of the environment stay with the parent."""
    secrets = {"FLICKR_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "db_password"}
    for name in secrets:
        monkeypatch.setenv(name, "x")
    (found,) = results([["environment", 0]], 1, Limits(5.0))
    assert isinstance(found, Answer) and not secrets & {*found.value} and "PATH" in found.value


def test_a_worker_that_gets_no_core_is_not_overdue() -> None:
    """Among a dozen busy processes a worker may wait for a core for three times its limit."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(12)]
    try:
        (found,) = results([["yield", 1.5]], 1, Limits(0.5))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert isinstance(found, Answer)


_GROUP = """\
import sys
from tracer.base.workers import Answer, Limits, Task, Workers
task = Task("base_handlers:by_name", (), lambda job: job)
with Workers(task, 2, Limits(float(sys.argv[1]))) as workers:
    for number, found in workers.run(["burn", 0.1] for _ in range(12)):
        print("answer" if isinstance(found, Answer) else found.reason, flush=True)
"""


def test_a_stopped_group_causes_no_timeouts() -> None:
    """The whole process group stopped for longer than the limit, as by Ctrl+Z: every job has its answer afterwards."""
    limit = 0.5
    program = subprocess.Popen(
        [sys.executable, "-c", _GROUP, str(limit)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout is not None
    try:
        lines = [program.stdout.readline() for _ in range(2)]
        os.killpg(program.pid, signal.SIGSTOP)
        time.sleep(3 * limit)
        os.killpg(program.pid, signal.SIGCONT)
        lines += program.stdout.readlines()
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
    assert lines == ["answer\n"] * 12


def test_a_clock_counts_work_and_waiting_alike() -> None:
    """Half a second of work and a second of sleep are one and a half, whatever else the machine does."""
    script = (
        "import time\nwhile time.process_time() < 0.5: pass\n"
        "print('worked', flush=True)\ninput()\ntime.sleep(1)\nprint('slept', flush=True)\ninput()"
    )
    program = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert program.stdin is not None and program.stdout is not None
    clock = ProcessClock(program.pid)
    try:
        program.stdout.readline()
        worked = clock.look()
        assert 0.4 <= worked < 2.5
        program.stdin.write(b"\n")
        clock.begin()
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            time.sleep(0.1)
            slept = clock.look()
        assert 0.6 <= slept < 1.5
    finally:
        program.kill()
        program.wait()
        program.stdin.close()
        program.stdout.close()


# --- memory


def test_the_memory_is_for_all_workers_together() -> None:
    """Of four workers with one gigabyte none takes half of it beside the others; alone it may, and none takes more than all."""
    jobs: list[list[Any]] = [["take", 100] for _ in range(8)] + [["take", 600], ["take", 600], ["take", 3000]]
    found = results(jobs, 4, Limits(60.0, GIGABYTE))
    assert all(isinstance(one, Answer) and one.value[0] == 100 for one in found[:8])
    assert [one.value for one in found[8:10] if isinstance(one, Answer)] == [
        [600, 1],
        [600, 1],
    ]  # [megabytes, processes]
    assert found[10] == Failure(Cause.MEMORY, "reading it needs more memory than is allowed")


def test_what_lacked_memory_is_tried_once_more() -> None:
    """An answer that says so, and a process that ended as those do that got none, are given again alone, once."""
    short, aborted, plain = results([["short", 0], ["abort", 0], ["burn", 0]], 2, Limits(60.0, GIGABYTE))
    assert isinstance(short, Answer) and short.value == 1
    assert isinstance(aborted, Failure) and aborted.cause is Cause.ERROR and "crashed" in aborted.reason
    assert isinstance(plain, Answer)


def test_others_are_read_on_after_a_large_one() -> None:
    """Jobs that come after one that was done alone are shared out again."""
    with Workers(task(), 2, Limits(60.0, GIGABYTE)) as workers:
        for _ in range(2):
            found = dict(workers.run([["take", 10], ["take", 700], *[["take", 10]] * 6], ahead=4))
            assert [found[number].value[0] for number in range(8)] == [10, 700, *[10] * 6]  # type: ignore[union-attr]


def test_little_memory_means_fewer_workers() -> None:
    """Where a share would be too small for an ordinary photo, there are fewer processes."""
    with Workers(task(), 8, Limits(60.0, 600 << 20)) as workers:
        found = dict(workers.run([["take", 200], ["take", 200], ["take", 200]]))
    assert all(isinstance(one, Answer) and one.value[1] <= 2 for one in found.values())


def test_a_containers_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The memory is the machine's, or what the control group may take where that is less; `max` is no limit."""
    installed = machine.memory()
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory() >= installed
    (tmp_path / "memory.max").write_text("1073741824\n")
    assert machine.memory() == GIGABYTE


# --- answers, order, ends


def test_raw_bytes_come_whole() -> None:
    """Several megabytes beside the JSON, more than a pipe holds."""
    jobs: list[list[Any]] = [["data", 3 << 20] for _ in range(5)]
    for found in results(jobs, 2, Limits(60.0)):
        assert isinstance(found, Answer)
        assert len(found.data) == found.value == 3 << 20
        assert found.data[:16] * (len(found.data) // 16) == found.data


def test_a_worker_that_sends_too_much_is_not_trusted() -> None:
    """A head that announces gigabytes ends the process, not the parent."""
    first, second = results([["babble", 0], ["burn", 0]], 1, Limits(60.0))
    assert first == Failure(Cause.ERROR, "the process that read it answered nonsense")
    assert isinstance(second, Answer)


def test_a_slow_job_holds_those_far_behind_it() -> None:
    """With `ahead`, no job is started far behind the oldest unanswered one, so that results in order need little room."""
    given: list[int] = []

    def jobs() -> Iterator[list[Any]]:
        for number in range(40):
            given.append(number)
            yield ["sleep", 0.7 if number == 3 else 0.0]

    with Workers(task(), 2, Limits(60.0)) as workers:
        for number, _ in workers.run(jobs(), ahead=8):
            if number == 3:
                break
            assert max(given) <= 3 + 8
    assert len(given) < 40


def test_a_worker_ends_with_its_parent_in_the_middle_of_a_job(tmp_path: Path) -> None:
    """A parent that is killed outright leaves no worker behind, also none that waits for something that never comes."""
    os.mkfifo(tmp_path / "pipe")
    jobs = [["burn", 0], ["open", str(tmp_path / "pipe")]]
    script = (
        "from tracer.base.workers import Limits, Task, Workers\n"
        "task = Task('base_handlers:by_name', (), lambda job: job)\n"
        "with Workers(task, 1, Limits(600)) as workers:\n"
        f"    for number, found in workers.run({jobs!r}):\n"
        "        print(found.value, flush=True)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    worker = int(program.stdout.readline())
    program.kill()
    program.wait()
    program.stdout.close()
    patience = time.monotonic() + 30
    while _lives(worker) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not _lives(worker)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_interruption_while_a_worker_is_started_is_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between the start of a process and its registration ends it, and no other error takes its place."""
    started = []

    def interrupted(_: selectors.DefaultSelector, file: Any, *__: Any) -> None:
        started.append(file)
        raise KeyboardInterrupt

    monkeypatch.setattr(selectors.DefaultSelector, "register", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results([["burn", 0.1]], 1, Limits(1.0))
    assert started[0].closed
