"""Runs a function in a child process in which one chosen system call fails, or at which the child is killed.

Linux passes a process's system calls to another process before it executes them (seccomp's user notification), so that all are
seen: Python's and those of SQLite, Arrow and other libraries. Only calls that change files below one folder are counted.
"""

from __future__ import annotations

import array
import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

_CALLS: Final = {
    "x86_64": {
        1: "write", 18: "pwrite", 20: "writev", 296: "pwritev", 74: "fsync", 75: "fdatasync", 82: "rename", 264: "rename",
        316: "rename", 87: "unlink", 263: "unlink", 84: "rmdir", 83: "mkdir", 258: "mkdir", 86: "link", 265: "link",
        77: "truncate", 76: "truncate", 285: "allocate", 257: "create", 2: "create",
    },
    "aarch64": {
        64: "write", 68: "pwrite", 66: "writev", 70: "pwritev", 82: "fsync", 83: "fdatasync", 38: "rename", 276: "rename",
        35: "unlink", 34: "mkdir", 37: "link", 46: "truncate", 45: "truncate", 47: "allocate", 56: "create",
    },
}  # fmt: skip
"""Names of system calls by number."""

_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_OPEN: Final = {2: 1}
"""The position of the flags among the arguments of a call that opens a file; third (2) in all but `open`."""

_BY_DESCRIPTOR: Final = {"write", "pwrite", "writev", "pwritev", "fsync", "fdatasync", "allocate"}
NEEDS_ROOM: Final = {"write", "pwrite", "writev", "pwritev", "mkdir", "link", "allocate", "create"}
"""The calls that fail on a full disk."""

UNCAUGHT: Final = 70
"""The exit code of a child whose function raised an exception."""

_NOTICE, _ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1


class Fault(StrEnum):
    """What happens at a call: it fails once, it and all later ones fail for lack of space, or the process is killed before it."""

    ERROR = "error"
    FULL = "full disk"
    KILL = "kill"


@dataclass
class Outcome:
    """The end of a child.

    Attributes:
        calls: names of the counted calls, in order.
        code: the exit code; negative: the signal that ended the child.
        said: what the function wrote to standard output and standard error.
        struck: whether the fault was reached.
    """

    calls: list[str] = field(default_factory=list)
    code: int = 0
    said: str = ""
    struck: bool = False


def why_not_here() -> str:
    """Return why system calls cannot be watched on this system, or ""."""
    if sys.platform != "linux" or platform.machine() not in _SECCOMP:
        return "calls can be watched on Linux alone, on x86_64 and aarch64"
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    if not actions.exists() or "user_notif" not in actions.read_text():
        return "the kernel does not hand calls on (seccomp's user_notif)"
    return ""


def run(work: Callable[[], int], folder: Path, output: Path, fault: Fault | None = None, at: int = 0) -> Outcome:
    """Run `work` in a watched child process, and inject the fault at the `at`-th call (from 0).

    Args:
        work: returns an exit code.
        folder: calls on files below it are counted; absolute, and not a link.
        output: the file for standard output and standard error, outside the folder.
        fault: what happens at the call; None: nothing.
        at: the number of the call.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        _be_the_child(work, theirs, output)
    theirs.close()
    try:
        _, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_LEN(4))
        listener = array.array("i", ancillary[0][2])[0] if ancillary else -1
        outcome = _watch(child, listener, os.fsencode(folder), fault, at)
        if listener >= 0:
            os.close(listener)
    finally:
        ours.close()
    _, status = os.waitpid(child, 0)
    outcome.code = os.waitstatus_to_exitcode(status)
    outcome.said = output.read_text(errors="replace")
    return outcome


def _be_the_child(work: Callable[[], int], theirs: socket.socket, output: Path) -> None:
    code = UNCAUGHT
    try:
        said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115  until the end
        listener = _listener()
        theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
        os.close(listener)
        code = work()
    except BaseException:  # noqa: BLE001  the parent counts tracebacks
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _listener() -> int:
    """Have this process's calls passed on from now; return the descriptor that they are read from."""

    class Step(ctypes.Structure):
        _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(Step)))

    numbers = sorted(_CALLS[platform.machine()])
    steps = [Step(0x20, 0, 0, 0)]  # load the call's number
    steps += [Step(0x15, len(numbers) - k, 0, number) for k, number in enumerate(numbers)]  # equal: to the last step
    steps += [Step(0x06, 0, 0, 0x7FFF0000), Step(0x06, 0, 0, 0x7FC00000)]  # allow; hand on
    program = Program(len(steps), (Step * len(steps))(*steps))
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(38, 1, 0, 0, 0)  # no new privileges
    listener: int = system.syscall(_SECCOMP[platform.machine()], 1, 8, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return listener


def _watch(child: int, listener: int, folder: bytes, fault: Fault | None, at: int) -> Outcome:
    outcome, names = Outcome(), _CALLS[platform.machine()]
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while listener >= 0:
        [(_, event)] = waiting.poll()
        if not event & select.POLLIN:
            break
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, notice)
        except OSError:  # the caller was killed meanwhile
            continue
        number, process, _, call, _, _, *arguments = _NOTICE.unpack(notice)
        name, answer = names[call], 0
        if _counts(process, call, name, arguments, folder):
            here = len(outcome.calls) == at
            outcome.calls.append(name)
            if fault is Fault.KILL and here:
                outcome.struck = True
                os.kill(child, signal.SIGKILL)
                if process != child:
                    os.kill(process, signal.SIGKILL)
                continue
            if fault is Fault.ERROR and here:
                answer = -errno.EIO
            elif fault is Fault.FULL and len(outcome.calls) > at and name in NEEDS_ROOM:
                answer = -errno.ENOSPC
            outcome.struck |= answer != 0
        try:
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(number, 0, answer, 0 if answer else _CONTINUE))
        except OSError:
            continue
    return outcome


def _counts(process: int, call: int, name: str, arguments: list[int], folder: bytes) -> bool:
    if name == "create":
        at = _OPEN.get(call, 2) if platform.machine() == "x86_64" else 2
        if not arguments[at] & os.O_CREAT:
            return False
        return _path(process, arguments[at - 1]).startswith(folder)
    if name in _BY_DESCRIPTOR or (name == "truncate" and call in (77, 46)):
        try:
            return os.readlink(b"/proc/%d/fd/%d" % (process, arguments[0])).startswith(folder)
        except OSError:
            return False
    return True


def _path(process: int, address: int) -> bytes:
    """The string at an address of another process; "" where it cannot be read."""
    try:
        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(4096).split(b"\0", 1)[0]
    except OSError:
        return b""
