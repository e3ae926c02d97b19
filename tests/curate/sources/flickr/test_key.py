"""The key: where it is found, when it is refused, and that it shows itself nowhere."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from curate.errors import CredentialsError
from curate.sources.flickr.key import find_key, key_file
from tests.helpers.fake_flickr import KEY

OTHER = "fedcba9876543210fedcba9876543210"


def file_in(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    """An environment with a file of the key."""
    environ = {"HOME": str(folder)}
    path = key_file(environ)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(mode)
    return environ


def nothing() -> None:
    """An empty key store."""


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """Then the file, then the key store, which is not asked where another place has it."""
    environ = file_in(tmp_path, f"{KEY}\n")

    def not_asked() -> str:
        raise AssertionError

    assert find_key({**environ, "FLICKR_API_KEY": OTHER}, not_asked).get_secret_value() == OTHER
    assert find_key(environ, not_asked).get_secret_value() == KEY
    assert find_key({"HOME": str(tmp_path / "other")}, lambda: OTHER).get_secret_value() == OTHER
    assert key_file({"XDG_CONFIG_HOME": "/etc/x", "HOME": "/home/a"}) == Path("/etc/x/lenstrace/flickr-key")
    assert key_file({"HOME": "/home/a"}) == Path("/home/a/.config/lenstrace/flickr-key")


def test_child_processes_do_not_get_it() -> None:
    """Whatever the program starts, but the server of windows that can harvest; the program itself still finds the key."""
    program = (
        "import os, subprocess, sys\nfrom curate import cli\nfrom curate.sources.flickr.key import find_key\n"
        "def run(words):\n    print(find_key(os.environ).get_secret_value(), flush=True)\n    return subprocess.call(['env'])\n"
        "cli.run_cli = run\ncli.main()"
    )
    for word, times in (("status", 1), ("serve", 2)):
        printed = subprocess.run(
            [sys.executable, "-c", program, word],
            env=os.environ | {"FLICKR_API_KEY": OTHER},
            capture_output=True,
            text=True,
        ).stdout
        assert printed.count(OTHER) == times


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it, and without the key."""
    with pytest.raises(CredentialsError, match="others can read") as caught:
        find_key(file_in(tmp_path, KEY, mode), nothing)
    assert "chmod 600" in caught.value.way_out and KEY not in str(caught.value)


def test_no_key(tmp_path: Path) -> None:
    """The message names the variable, the file, and where keys come from; an empty file is none."""
    for environ in ({"HOME": str(tmp_path / "none")}, file_in(tmp_path, " \n")):
        with pytest.raises(CredentialsError, match="no key") as caught:
            find_key(environ, nothing)
        said = f"{caught.value} {caught.value.why} {caught.value.way_out}"
        assert "FLICKR_API_KEY" in said and "flickr-key" in said and "flickr.com" in said


@pytest.mark.parametrize("text", ["two words", f"key={KEY}", "ключ", f"{KEY}&x=1"])
def test_what_is_no_key(tmp_path: Path, text: str) -> None:
    """Is refused before it is sent anywhere, and not repeated."""
    with pytest.raises(CredentialsError, match="not usable") as caught:
        find_key({"FLICKR_API_KEY": text, "HOME": str(tmp_path)}, nothing)
    assert text not in f"{caught.value} {caught.value.why} {caught.value.way_out}"


def test_it_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not as text, not in a log, not in a traceback that shows values."""
    key = find_key({"FLICKR_API_KEY": KEY}, nothing)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").warning("the key is %s", key)
    try:
        raise ValueError(key)
    except ValueError:
        shown = traceback.format_exc()
    assert KEY not in f"{key!r} {key} {caplog.text} {shown}"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """It cannot be read, and that is said."""
    key_file({"HOME": str(tmp_path)}).mkdir(parents=True, mode=0o700)
    with pytest.raises(CredentialsError, match="cannot be read"):
        find_key({"HOME": str(tmp_path)}, nothing)
