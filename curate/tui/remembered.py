"""The filters that were used in a workspace, so that they can be used again. It knows no Textual."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tracer.base.files import write_atomically
from tracer.base.parsing import Unparsable
from tracer.base.reading import read_json
from tracer.base.text import is_harmless

MOST = 100
"""Filters that are kept."""

_LONGEST = 4000
"""Characters of a filter that is kept."""


class Filters:
    """The filters that were used, the oldest first. They are kept in a file of the cache, and losing them loses no work.

    Attributes:
        texts: the filters.
    """

    def __init__(self, place: Path) -> None:
        """`place`: the file, which does not have to exist."""
        self._place = place
        self.texts: list[str] = _read(place)

    def add(self, text: str) -> None:
        """Keep a filter as the newest one.

        Raises:
            OSError: the file cannot be written.
        """
        if text and len(text) <= _LONGEST and self.texts[-1:] != [text]:
            self.texts = [*(other for other in self.texts if other != text), text][-MOST:]
            self._place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._place, json.dumps(self.texts, ensure_ascii=False).encode(), durable=False)


class Recall:
    """Goes through earlier texts while a line is edited; what was typed is not lost."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._at = len(self._texts)
        self._typed = ""

    def older(self, line: str) -> str:
        """Return the text before the one in view, which is `line`."""
        return self._go(line, -1)

    def newer(self, line: str) -> str:
        """Return the text after the one in view, at last what was typed."""
        return self._go(line, 1)

    def _go(self, line: str, step: int) -> str:
        if self._at == len(self._texts):
            self._typed = line
        at = self._at + step
        while 0 <= at < len(self._texts) and self._texts[at] == line:
            at += step
        if not 0 <= at <= len(self._texts):
            return line
        self._at = at
        return self._typed if at == len(self._texts) else self._texts[at]


def _read(place: Path) -> list[str]:
    try:
        found = read_json(place)
    except (OSError, Unparsable):
        return []
    if not isinstance(found, list):
        return []
    return [text for text in found if isinstance(text, str) and len(text) <= _LONGEST and is_harmless(text)][-MOST:]
