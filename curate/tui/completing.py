"""Completes what is typed into a field, as a shell does. It knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tracer.base.text import is_harmless

MOST = 2000
"""Entries of a folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a text was completed to.

    Attributes:
        text: the text, as far as it is certain.
        choices: the names that are possible from there; empty or one where nothing is left to choose.
    """

    text: str
    choices: tuple[str, ...] = ()


def complete_path(text: str, base: Path, ending: str = "") -> Completed:
    """Complete the path of a file or folder. One that is there needs no completion: a `/` after a folder asks what is in it.

    Args:
        text: what was typed; a leading `~` means the home folder.
        base: the folder that a relative path starts from.
        ending: how the names of files end that are meant (".csv"); folders are always meant. Empty for folders alone.
    """
    if text == "~":
        return Completed("~/")
    typed, begun = os.path.split(text)
    folder = base / Path(typed).expanduser()
    names = []
    with suppress(OSError), os.scandir(folder) as entries:
        for _, entry in zip(range(MOST), entries, strict=False):
            fits = (
                entry.name.startswith(begun) and is_harmless(entry.name) and (begun or not entry.name.startswith("."))
            )
            if fits and entry.is_dir():
                names.append(entry.name + "/")
            elif fits and ending and entry.name.lower().endswith(ending):
                names.append(entry.name)
    if begun and (begun if ending else begun + "/") in names:
        return Completed(text)
    return _completed(text, len(begun), names)


def complete_word(text: str, words: Sequence[str]) -> Completed:
    """Complete the last word of a comma-separated list."""
    begun = text.rpartition(",")[2].lstrip()
    return _completed(text, len(begun), [word for word in words if word.casefold().startswith(begun.casefold())])


def _completed(text: str, begun: int, names: Sequence[str]) -> Completed:
    """Return a text whose last `begun` characters are replaced by what all names have in common."""
    common = os.path.commonprefix(list(names))  # noqa: RUF071  characters are meant, not folders
    return Completed(
        text[: len(text) - begun] + common if len(common) >= begun and names else text, tuple(sorted(names))
    )
