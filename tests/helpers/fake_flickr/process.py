"""The fake in a process of its own, for tests that kill what talks to it and for use by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from tests.helpers.fake_flickr.log import Record, read_log

ROOT = Path(__file__).parents[3]
_WAIT = 30


class FakeFlickrProcess:
    """`python -m tests.helpers.fake_flickr` from entry to exit.

    Attributes:
        environment: What points curate there.

    Args:
        log_path: Where its records go.
        options: As on the command line: "--photos", "20000".
    """

    def __init__(self, log_path: Path, *options: str) -> None:
        self.log_path = log_path
        self._command = [sys.executable, "-m", "tests.helpers.fake_flickr", "--log", str(log_path), *options]
        self.environment: dict[str, str] = {}

    def __enter__(self) -> FakeFlickrProcess:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.communicate()
            raise RuntimeError(f"the fake did not start: {' '.join(self._command)}")
        self.environment = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=_WAIT)  # closes its standard input, which ends it
        if self._process.returncode != 0 and error is None:
            raise AssertionError(f"the fake ended with {self._process.returncode}")

    @property
    def endpoint(self) -> str:
        """The API's address."""
        return self.environment["CURATE_FLICKR_ENDPOINT"]

    @property
    def log(self) -> tuple[Record, ...]:
        """All requests so far, by arrival."""
        return read_log(self.log_path)

    def control(self, change: str, **arguments: object) -> None:
        """Change the universe: relicense (id, license), delete, restore, hide (id), trick (id, trick)."""
        url = f"http://{self.environment['CURATE_FLICKR_HOSTS']}/control/{change}?{urlencode(arguments)}"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=_WAIT) as answer:
            answer.read()
