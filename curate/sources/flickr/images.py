"""Fetches the original file of a photo, and keeps it only where it is a picture of a size that is allowed.

Nothing that the server says is trusted: each redirect is checked as the first address is, the bytes are counted as they come
(after decompression), and the first ones decide whether it is a picture. A file appears under its name when it is whole. What a
killed process left is removed by `tracer.base.files.remove_abandoned`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import httpx

from curate.containers.sniff import HEAD, Format, sniff
from curate.sources.flickr.answers import retry_after
from curate.sources.flickr.hosts import ForbiddenAddress, Hosts, WrongAddress, check_url
from curate.sources.flickr.transport import UnknownCoding, body_of, time_limit
from tracer.base.files import replace_with
from tracer.base.text import clean_text, counted

LIMIT = 200_000_000
"""Bytes that a file may have."""
MOST_REDIRECTS = 5
SECONDS = 900.0
"""Seconds that one answer may take; enough for the largest file at 0.25 MB/s."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 600.0
"""Seconds to wait where the server asks for a pause and does not say how long: twice as long each time."""
LONGEST_STATED_PAUSE = 3600.0
"""Seconds of a `Retry-After` that are believed."""

_PLACEHOLDER = "photo_unavailable"
PLACEHOLDER_SHOWN = "the server shows photo_unavailable instead"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({408, 425, 429})


class NotFetched(Exception):
    """A file was not fetched; the message says why."""


class Gone(NotFetched):
    """The photo was deleted or is private; strangers cannot tell which."""


class Refused(NotFetched):
    """The file cannot be had, and asking again would not help."""


class TryAgain(NotFetched):
    """It may work later.

    Attributes:
        retry_after: seconds to wait, where the server says how long.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(reason)


class Silent(TryAgain):
    """No answer came: the connection failed, the time ran out, or the server asks for fewer requests."""


class Doubtful(TryAgain):
    """Something else came than a picture or word that the photo is gone.

    Mostly that is so for a while and for every photo: the server is busy, refuses a network, or asks for a login.
    """


class Redirect(str):
    """An answer that names another address, as the server gives it."""


class ImagePace:
    """The pace of requests to image hosts, which are made one by one.

    Args:
        seconds: from one request to the next.
        clock: seconds that never go back.
        sleep: waits so many seconds; it may raise to end the waiting.
    """

    def __init__(
        self,
        seconds: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._seconds, self._clock, self._sleep = seconds, clock, sleep
        self._next = self._pause_ends = clock()
        self._pauses = 0

    def wait(self, *, paced: bool = True) -> None:
        """Wait until a request may start.

        Args:
            paced: whether the pace applies to the host; pauses apply to every host.
        """
        while (seconds := self.due_in(paced=paced)) > 0:
            self._sleep(seconds)
        if paced:
            self._next = self._clock() + self._seconds

    def due_in(self, *, paced: bool = True) -> float:
        """Return the seconds after which `wait` would not wait any more.

        Args:
            paced: as for `wait`.
        """
        start = max(self._pause_ends, self._next) if paced else self._pause_ends
        return max(0.0, start - self._clock())

    def pause(self, seconds: float | None) -> None:
        """Let all requests wait, because the server asks for it.

        Args:
            seconds: what the server says; None where it does not say how long.
        """
        if seconds is None:
            seconds = min(FIRST_PAUSE * 2 ** min(self._pauses, 20), LONGEST_PAUSE)
            self._pauses += 1
        self._pause_ends = max(self._pause_ends, self._clock() + min(seconds, LONGEST_STATED_PAUSE))

    def went_well(self) -> None:
        """Note that the server answered, so that its next pause is short again."""
        self._pauses = 0


def judge(status: int, headers: httpx.Headers, now: datetime) -> Redirect | Gone | TryAgain | None:
    """Return what an answer means by its status and headers; None where its body may be the picture.

    Args:
        status: the HTTP status.
        headers: the headers of the answer.
        now: the time, for a `Retry-After` that is a date.
    """
    if status == 200:
        return None
    if status in _REDIRECTS:
        location = headers.get("location", "")
        if not location:
            return Doubtful(f"a redirect ({status}) that leads nowhere")
        return Gone(PLACEHOLDER_SHOWN) if is_placeholder(location) else Redirect(location)
    if status == 404:
        empty = headers.get("content-length") == "0" or not {"content-length", "transfer-encoding"} & headers.keys()
        return Gone(f"not found (404, {'empty' if empty else 'with a page'})")
    if status == 410:
        return Gone("gone (410)")
    if status in _AGAIN or status >= 500:
        kind, why = (
            (Silent, "too many requests (429)") if status == 429 else (TryAgain, f"the server answered {status}")
        )
        return kind(why, retry_after(headers.get("retry-after"), now))
    return Doubtful("not allowed (403)" if status == 403 else f"the server answered {status}")


def is_placeholder(url: str) -> bool:
    """Whether a URL's last part is the name of the picture that Flickr shows instead of a deleted one."""
    return re.split("[?#]", url, maxsplit=1)[0].rpartition("/")[2].lower().startswith(_PLACEHOLDER)


def fetch(
    client: httpx.Client,
    hosts: Hosts,
    url: str,
    target: Path,
    limit: int = LIMIT,
    *,
    pace: ImagePace,
    seconds: float = SECONDS,
) -> None:
    """Fetch a file. The target exists afterwards only where this returns, or where it existed before.

    Args:
        client: from `guarded_client`.
        hosts: the hosts that may be asked; of Flickr's, only the image hosts are.
        url: where the file is.
        target: the path to write to; its folder is created.
        limit: bytes that it may have.
        pace: the pace of requests to image hosts.
        seconds: seconds that one answer may take, however often a byte comes.

    Raises:
        Gone: the photo was deleted or is private.
        Refused: asking again would not help.
        TryAgain: it may work later. The pace has noted the pause that the server asks for.
        OSError: the file cannot be written.
    """
    try:
        _follow(client, hosts.pictures(), url, target, limit, pace, seconds)
    except WrongAddress as error:
        raise Silent(error.reason) from error
    except ForbiddenAddress as error:
        raise Refused(error.reason) from error
    except UnknownCoding as error:
        raise Refused(f"compressed in a way that was not asked for ({error})") from error
    except httpx.TimeoutException as error:
        raise Silent(f"no answer in time{_detail(error)}") from error
    except httpx.RequestError as error:
        raise Silent(f"the connection failed{_detail(error)}") from error


def _follow(
    client: httpx.Client, hosts: Hosts, url: str, target: Path, limit: int, pace: ImagePace, seconds: float
) -> None:
    for redirects in range(MOST_REDIRECTS + 1):
        if is_placeholder(url):
            raise Gone(PLACEHOLDER_SHOWN)
        try:
            check_url(url, hosts)
        except ForbiddenAddress as error:
            raise (Doubtful if redirects else Refused)(error.reason) from error
        pace.wait(paced=not hosts.names(url))
        asked = {"Accept-Encoding": "identity"}
        with time_limit(seconds), client.stream("GET", url, headers=asked, follow_redirects=False) as answer:
            verdict = judge(answer.status_code, answer.headers, datetime.now(UTC))
            if verdict is None:
                pace.went_well()
                _keep(answer, target, limit)
                return
        if isinstance(verdict, TryAgain) and (answer.status_code == 429 or verdict.retry_after is not None):
            pace.pause(verdict.retry_after)
        if not isinstance(verdict, Redirect):
            raise verdict
        url = _joined(url, verdict)
    raise Doubtful(f"more than {counted(MOST_REDIRECTS, 'redirect')}")


def _joined(url: str, location: str) -> str:
    """The address that a redirect leads to."""
    here = httpx.URL(url)
    there = here.join(location)  # the client has refused what cannot be joined
    if here.scheme == "https" and there.scheme == "http":
        raise Doubtful("a redirect from https to http")
    return str(there)


def _keep(answer: httpx.Response, target: Path, limit: int) -> None:
    """Write the body to the target, if it is a picture within the limit."""
    too_large = Refused(f"larger than {limit:,} bytes")
    announced = answer.headers.get("content-length", "")
    if re.fullmatch("[0-9]{1,20}", announced) and int(announced) > limit:
        raise too_large
    chunks, head = body_of(answer), b""
    while len(head) < HEAD and (chunk := next(chunks, b"")):
        head += chunk
    if not head:
        raise Doubtful("the answer was empty")
    kind = sniff(head[:HEAD], target.name)
    if kind is None or kind is Format.EXV:
        why = f"not a picture (sent as {clean_text(answer.headers.get('content-type'), 60) or 'nothing'})"
        raise Doubtful(why)
    size = 0

    def write(partial: Path) -> None:
        nonlocal size
        with partial.open("wb") as file:
            for chunk in chain([head], chunks):
                size += len(chunk)
                if size > limit:
                    raise too_large
                file.write(chunk)

    replace_with(target, write)


def _detail(error: httpx.RequestError) -> str:
    """What an error of the connection says, in brackets; it can hold bytes of the server."""
    text = clean_text(str(error), 120)
    return f" ({text})" if text else ""
