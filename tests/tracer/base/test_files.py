"""Files are written, exchanged and kept so that a reader finds the old state or the new one, and damage is noticed."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracer.base import files, machine

HERE, NOW, ELSEWHERE = machine.host(), machine.boot(), "0" * 8


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither half a file nor a temporary one stays, and the error is the first one."""
    path = tmp_path / "a.json"
    files.write_atomically(path, b"old")

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_names_as_long_as_a_file_system_takes_can_be_written(tmp_path: Path) -> None:
    """The temporary name is no longer than the file's own may be."""
    for name in ("n" * 255, "ü" * 127):
        files.write_atomically(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"


def test_what_killed_processes_left_is_removed(tmp_path: Path, dead: int) -> None:
    """Also those from before this machine was started; those of living ones and of other hosts, and other files, stay."""
    (tmp_path / "deep").mkdir()
    gone = [f".a.npz.{HERE}-{NOW}-{dead}.partial", f".b.npz.{HERE}-{ELSEWHERE}-{os.getpid()}.partial"]
    stay = [f".c.npz.{files.owner()}.partial", f"d.npz.{HERE}-{NOW}-{dead}.partial", ".e.partial", f".f.{dead}.partial"]
    shared, old = (f".{name}.{ELSEWHERE}-{NOW}-{dead}.partial" for name in ("shared", "old"))
    for name in (*gone, *stay, shared, old):
        (tmp_path / "deep" / name).write_bytes(b"")
    week_ago = time.time() - 8 * 86_400
    os.utime(tmp_path / "deep" / old, (week_ago, week_ago))
    files.remove_abandoned(tmp_path)
    stay.append(shared)
    assert sorted(os.listdir(tmp_path / "deep")) == sorted(stay)


def test_two_folders_are_exchanged(tmp_path: Path) -> None:
    """Each has the other's name afterwards; a file system that cannot do it says so."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(name)
    try:
        files.exchange(tmp_path / "a", tmp_path / "b")
    except OSError as error:
        assert not files.can_exchange(error)
        pytest.skip("this file system cannot exchange two folders")
    assert [(tmp_path / name / "name").read_text() for name in ("a", "b")] == ["b", "a"]
    with pytest.raises(FileNotFoundError) as missing:
        files.exchange(tmp_path / "a", tmp_path / "none")
    assert files.can_exchange(missing.value)


@pytest.mark.parametrize("system", ["its own", "one that cannot"])
@pytest.mark.parametrize("there", ["an empty folder", "a folder", "a file", "a dangling link"])
def test_only_a_free_name_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, there: str) -> None:
    """Whatever has the name stays, and so does the folder that was to take it."""
    if system == "one that cannot":
        monkeypatch.setattr(files.ctypes, "CDLL", lambda *_, **__: object())  # a library without the functions
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    make: dict[str, Callable[[], object]] = {
        "an empty folder": target.mkdir,
        "a folder": lambda: (target / "in").mkdir(parents=True),
        "a file": target.touch,
        "a dangling link": lambda: target.symlink_to("nowhere"),
    }
    make[there]()
    before = target.lstat()
    with pytest.raises(FileExistsError):
        files.move_to_free_name(source, target)
    assert (target.lstat().st_ino, source.is_dir()) == (before.st_ino, True)
    files.move_to_free_name(source, tmp_path / "free")
    assert (tmp_path / "free").is_dir()


def test_any_damage_to_a_sealed_file_is_noticed(tmp_path: Path) -> None:
    """Cut short, emptied, one bit changed, random, another file's, gone, a folder: nothing is read; whole, the data is."""
    path, data = tmp_path / "in" / "a.cache", random.Random(1).randbytes(300)
    files.write_sealed(path, data)
    assert files.read_sealed(path) == data
    whole, rng = path.read_bytes(), random.Random(2)
    flipped = [bytes([*whole[:at], whole[at] ^ 1 << rng.randrange(8), *whole[at + 1 :]]) for at in range(len(whole))]
    cut = [whole[:at] for at in range(len(whole))]
    for content in (*flipped, *cut, whole + b"\0", rng.randbytes(len(whole))):
        path.write_bytes(content)
        assert files.read_sealed(path) is None
    files.write_sealed(path, b"")
    assert files.read_sealed(path) == b""
    path.with_name("b.cache").write_bytes(whole)
    assert files.read_sealed(path.with_name("b.cache")) is None
    path.unlink()
    assert files.read_sealed(path) is None
    path.mkdir()
    assert files.read_sealed(path) is None


def test_what_is_in_the_way_of_a_sealed_file_is_moved_aside(tmp_path: Path) -> None:
    """A folder of its name, and a file where a folder above it belongs: both are kept, and the file is written."""
    path = tmp_path / "cache" / "a.cache"
    (path / "mine").mkdir(parents=True)
    files.write_sealed(path, b"x")
    assert files.read_sealed(path) == b"x"
    assert [found.name for found in tmp_path.rglob("mine")] == ["mine"]
    (tmp_path / "file").write_text("mine")
    files.write_sealed(tmp_path / "file" / "deep" / "a.cache", b"x")
    assert files.read_sealed(tmp_path / "file" / "deep" / "a.cache") == b"x"
    assert [found.read_text() for found in tmp_path.rglob("file") if found.is_file()] == ["mine"]


def test_a_new_name_is_brought_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is synced after each rename, so that a power cut does not bring the old name back."""
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")))
    files.write_atomically(tmp_path / "a", b"x")
    files.move(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b.cache").mkdir()
    files.make_way(tmp_path / "b.cache")
    assert synced[1:] == [str(tmp_path)] * 3 and (tmp_path / "b").read_bytes() == b"x"
