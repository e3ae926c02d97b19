"""The cores and the memory that this process may use, who has the cores first, and the name of the machine on a shared disk."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from pathlib import Path
from typing import Final

_UNKNOWN: Final = 8 << 30
_POLITE: Final = 5
"""Added to the niceness: on Linux a process then gets a quarter of a core that another one wants, and all of one that is free."""
CGROUP: Final = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Return the bytes of memory of the machine, or of its control group (a container, a batch job) where that is less."""
    return min(_installed(), *_group_limits())


@functools.cache
def host() -> str:
    """Return a name of this machine, or of this container, whose processes have numbers of their own: 8 hexadecimal digits."""
    return _digits(platform.node(), _link("/proc/self/ns/pid"))


@functools.cache
def boot() -> str:
    """Return a name of the time since the machine was started: 8 hexadecimal digits, always the same where it is not known."""
    try:
        return _digits(Path("/proc/sys/kernel/random/boot_id").read_text())
    except OSError:
        return _digits()


def _digits(*facts: str) -> str:
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def give_way() -> None:
    """Let other processes have the cores first, so that many photos in work do not slow down what a person does meanwhile."""
    if hasattr(os, "nice"):
        os.nice(_POLITE)


def _installed() -> int:
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_PHYS_PAGES" not in names:
        return _UNKNOWN
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _group_limits() -> list[int]:
    """The memory limits of this process's control group and of its parents (cgroup version 2; version 1 as containers see it)."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [_installed()]
    own = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
    folders = [CGROUP / own, *(CGROUP / own).parents]
    files = [folder / "memory.max" for folder in folders if folder.is_relative_to(CGROUP)]
    files.append(CGROUP / "memory" / "memory.limit_in_bytes")
    return [_installed(), *(limit for file in files if (limit := _number_in(file)))]


def _number_in(file: Path) -> int:
    """The number in a file; 0 where the file is missing or says `max`."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
