"""Windows of dates: a search gives its first 4,000 results alone, so it is asked window by window. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

REACHABLE = 4000
"""Results of a search that can be reached; pages beyond repeat earlier photos."""

FIRST_UPLOAD = 1_075_593_600
"""Unix time before the first upload to Flickr: 2004-02-01."""

Length = Literal["all", "year", "month", "day"]
_SECOND = timedelta(seconds=1)
_FORM = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Window:
    """A span of dates taken, of dates of upload, or of both; ends belong to it. Without both it is all time.

    Attributes:
        taken: first and last second, local time, `YYYY-MM-DD HH:MM:SS`; None for all.
        uploaded: first and last second, Unix time; None for all.
    """

    taken: tuple[str, str] | None = None
    uploaded: tuple[int, int] | None = None

    def as_text(self) -> str:
        """Return the window as the catalogue stores it."""
        return json.dumps(asdict(self))

    def in_words(self) -> str:
        """Return the window in words.

        >>> Window(("2013-01-01 00:00:00", "2013-01-31 23:59:59")).in_words()
        'taken 2013-01-01 00:00:00 to 2013-01-31 23:59:59'
        """
        spans = []
        if self.taken is not None:
            spans.append(f"taken {self.taken[0]} to {self.taken[1]}")
        if self.uploaded is not None:
            first, last = (datetime.fromtimestamp(at).strftime(_FORM) for at in self.uploaded)
            spans.append(f"uploaded {first} to {last}")
        return ", ".join(spans) or "all time"

    def halves(self, now: int) -> tuple[Window, ...]:
        """Return two windows that together are this one; one by upload dates where dates taken cannot be halved; or none.

        Args:
            now: the current Unix time, at which uploads end.

        >>> [half.taken for half in Window(("2013-01-01 00:00:00", "2013-01-01 00:00:03")).halves(0)]
        [('2013-01-01 00:00:00', '2013-01-01 00:00:01'), ('2013-01-01 00:00:02', '2013-01-01 00:00:03')]
        """
        if self.uploaded is not None:
            first, last = self.uploaded
            if first >= last:
                return ()
            middle = (first + last) // 2
            return replace(self, uploaded=(first, middle)), replace(self, uploaded=(middle + 1, last))
        if self.taken is not None and self.taken[0] < self.taken[1]:
            start, end = (datetime.strptime(text, _FORM) for text in self.taken)
            half = start + timedelta(seconds=(end - start) // _SECOND // 2)
            return (
                replace(self, taken=(self.taken[0], half.strftime(_FORM))),
                replace(self, taken=((half + _SECOND).strftime(_FORM), self.taken[1])),
            )
        return (replace(self, uploaded=(FIRST_UPLOAD, max(now, FIRST_UPLOAD))),)

    @property
    def by_upload(self) -> bool:
        """Whether dates taken could not be halved any more, so that the window is halved by dates of upload."""
        return self.taken is not None and self.uploaded is not None


def window_from_text(text: str) -> Window:
    """Return the window that `Window.as_text` wrote."""
    return Window(**{name: None if value is None else tuple(value) for name, value in json.loads(text).items()})


def sliced(first: datetime, last: datetime, length: Length) -> Iterator[Window]:
    """Yield the windows of a span of dates taken, by calendar days, months or years, or as one.

    >>> [w.taken[0] for w in sliced(datetime(2013, 11, 5), datetime(2014, 1, 2), "month")]
    ['2013-11-05 00:00:00', '2013-12-01 00:00:00', '2014-01-01 00:00:00']
    """
    start = first
    while start <= last:
        end = min(_next(start, length) - _SECOND, last) if length != "all" else last
        yield Window((start.strftime(_FORM), end.strftime(_FORM)))
        start = end + _SECOND


def _next(moment: datetime, length: Length) -> datetime:
    """Return the beginning of the next day, month or year."""
    day = moment.replace(hour=0, minute=0, second=0)
    if length == "day":
        return day + timedelta(days=1)
    if length == "year":
        return day.replace(year=day.year + 1, month=1, day=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
