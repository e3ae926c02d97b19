"""The app in a real terminal: a window of tmux, its keys and what it shows."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.binding import Binding

from curate.tui import modes
from curate.tui.app import CurateApp
from curate.tui.screens.help import described_in

DEADLINE = 20.0
"""Seconds that the app may take to answer, on a busy machine."""

AGAIN = 4.0
"""Seconds after which a key that shows something is pressed again: one right behind Esc is read as Alt and that key."""

LOOK = 0.03
"""Seconds between two looks at the screen: looking takes time from the app, which has the same cores."""

ESCAPED = 0.06
"""Seconds after Esc before the next key, so that the two are not read as one."""

TOGETHER = 12
"""Keys that are pressed before the app has to answer; on a busy machine it takes seconds for more."""

_NAMES = {"space": "Space", "tab": "Tab", "enter": "Enter", "escape": "Escape", "left": "Left", "right": "Right",
          "slash": "/", "question_mark": "?", "left_square_bracket": "[", "right_square_bracket": "]",
          "ctrl+p": "C-p", "ctrl+d": "C-d", "ctrl+u": "C-u", "ctrl+z": "C-z", "up": "Up", "down": "Down",
          "pageup": "PageUp", "pagedown": "PageDown", "home": "Home", "end": "End", "plus": "+", "equals_sign": "=", "minus": "-",
          "asterisk": "*", "shift+tab": "BTab", "shift+up": "S-Up", "shift+down": "S-Down", "shift+left": "S-Left",
          "shift+right": "S-Right"}  # fmt: skip

OPEN_WINDOWS = {
    "library": {"i", "/", "F", "e"},
    "review": {"/", "t"},
    "cameras": {"t", "Enter"},
    "clocks": {"n", "e", "Enter"},
    "copies": {"Space", "Enter"},
    "flickr": {"s", "d", "c"},
    "set": {"c", "m", "s", "e", "E"},
    "runs": {"e", "w", "g"},
    "log": {"b", "Enter", "i"},
    "home": {"i", "Enter"},
}
OPEN_WINDOWS = {screen: keys | {"C-p"} for screen, keys in OPEN_WINDOWS.items()}
"""Keys that may open a window on a screen, which takes the keys after them."""

SCREENS = {
    "library": "F1",
    "review": "F2",
    "cameras": "F3",
    "clocks": "F4",
    "copies": "F5",
    "flickr": "F6",
    "set": "F7",
    "runs": "F8",
    "log": "F9",
    "home": "F10",
}

_SHOW_SCREENS = {*SCREENS.values(), "L", "R", "C", "T", "D", "H", "S", "E"}


def keys_of(bindings: Sequence[Binding]) -> list[str]:
    """Return the keys of bindings as tmux calls them, without the one that quits."""
    keys = [key for binding in bindings if binding.action != "quit" for key in binding.key.split(",")]
    return [_NAMES.get(key, key.upper() if re.fullmatch(r"f\d+", key) else key) for key in keys]


def keys_on(screen: str) -> list[str]:
    """Return the keys that `?` lists on a screen, from the bindings themselves: without `?`, and Esc, which stops work, last."""
    keys = keys_of([*described_in(modes.SCREENS[screen].load()), *_EVERYWHERE])
    return sorted(set(keys) - {"?"}, key=lambda key: (key == "Escape", key))


_EVERYWHERE = [binding for binding in CurateApp.BINDINGS if isinstance(binding, Binding)]


class Terminal:
    """A terminal with a program in it.

    Args:
        words: the program. folder: for the terminal's socket. size: columns and rows.
    """

    def __init__(self, words: Sequence[str | Path], folder: Path, size: tuple[int, int] = (100, 30)) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self.pressed = 0
        settings = {
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path[1:]]),
            "LC_ALL": "C.UTF-8",
            "ESCDELAY": "20",
        }
        environment = [f"{name}={value}" for name, value in settings.items()]
        command = shlex.join(["env", "-u", "COLUMNS", "-u", "LINES", *environment, sys.executable, *map(str, words)])
        columns, rows = map(str, size)
        begin = ["new-session", "-d", "-x", columns, "-y", rows, f"{command}; echo ended with $?; read -r _"]
        subprocess.run([*self._tmux, *begin], capture_output=True, check=True)
        self._client = subprocess.Popen(  # one client for all commands: a process for each takes more time than the app
            [*self._tmux, "-C", "attach", "-f", "ignore-size,no-output"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )  # fmt: skip

    def _call(self, *words: str) -> str:
        """Give tmux a command in its control mode; returns what it prints, between lines `%begin` and `%end` that end in 1."""
        assert self._client.stdin and self._client.stdout
        self._client.stdin.write(shlex.join(words) + "\n")
        self._client.stdin.flush()
        printed: list[str] | None = None
        for line in self._client.stdout:
            if printed is None:
                printed = [] if re.fullmatch(r"%begin \d+ \d+ 1\n", line) else None
            elif re.fullmatch(r"%(end|error) \d+ \d+ 1\n", line):
                assert line.startswith("%end"), (words, printed)
                return "".join(printed)
            else:
                printed.append(line)
        raise AssertionError(f"tmux has ended: {words}")

    def close(self) -> None:
        """End the terminal and what runs in it."""
        with self._client:
            self._client.kill()
            subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def text(self) -> str:
        """Return what the terminal shows."""
        return self._call("capture-pane", "-p")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        self._call("resize-window", "-x", str(columns), "-y", str(rows))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self._call("send-keys", key)
            self.pressed += 1
            if key == "Escape":
                time.sleep(ESCAPED)

    def type(self, text: str) -> None:
        """Type text."""
        self._call("send-keys", "-l", text)

    def wait(
        self,
        shows: str | Callable[[str], bool],
        again: Sequence[str] = (),
        after: float = AGAIN,
        seconds: float = DEADLINE,
    ) -> str:
        """Wait until the terminal shows some text, however its lines break; returns all.

        Args:
            again: keys to press now and then, one of them each time. after: seconds until then. seconds: the longest wait.
        """
        shown = shows if callable(shows) else lambda text: shows in " ".join(text.split())
        end, next_press, keys = time.monotonic() + seconds, time.monotonic() + after, itertools.cycle(again)
        while not shown(text := self.text()):
            assert "ended with" not in text, f"the app ended, instead of showing {shows!r}:\n{text}"
            assert time.monotonic() < end, f"not shown: {shows!r}\n{text}"
            if again and time.monotonic() > next_press:
                self.press(next(keys))
                next_press = time.monotonic() + after
            time.sleep(LOOK)
        return text

    # --- the app

    def go_to(self, screen: str) -> None:
        """Show a screen. A window that asks is left first, also one that opens late. Esc without a window would stop work."""
        text = self.text()
        while True:
            if _asks(text):
                self.leave_window()
            self.press(SCREENS[screen])
            text = self.wait(lambda text: _shows(screen, text) or _asks(text), again=[SCREENS[screen]])
            if _shows(screen, text):
                return

    def is_on(self, screen: str) -> bool:
        """Whether a screen is shown; a window over it is left."""
        if _asks(self.text()):
            self.leave_window()
        return _shows(screen, self.text())

    def answers(self) -> None:
        """Hold that the app lives and answers: it shows its keys; a window that asks for something is left first."""
        self.press("?")
        while "Keys of this screen" not in self.wait(_asks, again=["?"]):
            self.leave_window()
            self.press("?")
        self.leave_window()

    def press_all(self, screen: str, keys: Sequence[str]) -> None:
        """Press keys on a screen, one by one, and hold that the app answers after them.

        A key that opens a window is answered by itself. The app takes the others in turn, so that it has taken them all when it
        answers; after those that show another screen this one is shown again.
        """
        opening = [key for key in keys if key in OPEN_WINDOWS[screen]]
        self.go_to(screen)
        others = [key for key in keys if key not in opening]
        for start in range(0, len(others), TOGETHER):
            for key in others[start : start + TOGETHER]:
                self.press(key, *([SCREENS[screen]] if key in _SHOW_SCREENS else []))
            self.press("?")
            # no key has opened a window that took those after it
            self.wait("Keys of this screen", again=["?"], after=DEADLINE / 2)
            self.leave_window()
        for key in opening:
            self.go_to(screen)
            self.press(key)
            self.answers()

    def leave_window(self) -> None:
        """Close the small window in view."""
        self.press("Escape")  # once, unless a window lies below it: with no window it would stop the work
        self.wait(lambda text: not _asks(text), again=["Escape"], after=4 * AGAIN)

    def quit(self) -> None:
        """Leave the app, and hold that it ended well."""
        self.press("q")
        end, next_press = time.monotonic() + DEADLINE, time.monotonic() + AGAIN
        while "ended with 0" not in (text := self.text()):
            assert time.monotonic() < end and "ended with" not in text, text
            if time.monotonic() > next_press:
                self.press(*(["Down", "Enter"] if "Work is still running" in text else ["q"]))
                next_press = time.monotonic() + AGAIN
            time.sleep(LOOK)


def _shows(screen: str, text: str) -> bool:
    """Whether a screen is in view, without a small window over it."""
    return screen.capitalize() in text.splitlines()[0] and not _asks(text)


def _asks(text: str) -> bool:
    """Whether a small window is in view."""
    return "╭" in text
