"""One call of the API: its arguments, read as leniently as Flickr reads them, with complaints where Flickr would be silent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.helpers.fake_flickr.chance import draw
from tests.helpers.fake_flickr.universe import ZERO_DATE, ZERO_YEAR

GENERAL = frozenset({"method", "api_key", "format", "nojsoncallback", "jsoncallback", "secret"})


class ApiError(Exception):
    """The method refuses: stat="fail".

    Attributes:
        code: Means something by method; 100 and above are common to all.
        message: For people.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Question:
    """The arguments of one call.

    Attributes:
        arguments: By name, without the key.
        number: Of the call, counted from 1; types of numbers in the answer follow from it.
        drift: Whether numbers are strings now and then.
        complaints: What a careful caller would not have sent.
    """

    arguments: Mapping[str, str]
    number: int = 1
    drift: bool = True
    complaints: list[str] = field(default_factory=list)

    def known(self, *names: str) -> None:
        """Complain about arguments that the method does not have (Flickr ignores them)."""
        strange = sorted(set(self.arguments) - GENERAL - set(names))
        self.complaints += [f"unknown argument {name}" for name in strange]

    def text(self, name: str) -> str:
        """An argument as text; empty where it is missing."""
        return self.arguments.get(name, "").strip()

    def whole(self, name: str, default: int, most: int | None = None) -> int:
        """An argument as a whole number from 1; the default where it is missing or unreadable, at most `most`."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < 1:
            self.complaints.append(f"{name}={text} is not a number from 1")
            return default
        if most is not None and int(text) > most:
            self.complaints.append(f"{name}={text} is above {most}")
            return most
        return int(text)

    def moment(self, name: str) -> int | None:
        """A date as seconds: Unix time, or a MySQL date or datetime; a date alone means its midnight."""
        text = self.text(name)
        if not text:
            return None
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        if text.startswith("0000-00-00"):
            return ZERO_DATE
        if text.startswith("0000-01-01"):
            return ZERO_YEAR
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
            try:
                return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
            except ValueError:
                continue
        self.complaints.append(f"{name}={text} is not Unix time or a MySQL date")
        return None

    def list(self, name: str) -> list[str]:
        """An argument's parts between commas."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def typed(self, name: str, value: int) -> int | str:
        """A number as this answer types it: a number, or a string in the next answer."""
        return str(value) if self.drift and draw("type", name, self.number) & 1 else value
