"""The client of the Flickr API: one call at a time, at its pace, tried again where that can help."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr
from tenacity import (
    DoAttempt,
    DoSleep,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from curate.errors import CredentialsError, SourceError
from curate.sources.flickr.answers import (
    BAD_KEY,
    MOST_BYTES,
    BadStatus,
    Failure,
    FlickrError,
    Garbled,
    NoAnswer,
    Throttled,
    is_retryable,
    parse_answer,
    retry_after,
)
from curate.sources.flickr.pace import Pace
from curate.sources.flickr.transport import body_of, time_limit
from tracer.base.progress import Work

T = TypeVar("T")

ATTEMPTS = 6
"""How often a call is tried, with growing waits, before it counts as failed for now."""

TIMEOUT = 30.0
"""Seconds to wait for a connection, and for each part of an answer."""

_LONGEST = 2 * TIMEOUT
"""Seconds after which a call is given up in any case."""

_OUTAGE, _GIVE_UP = 3, 20
"""Failed calls in a row after which longer rests are taken, or the run ends if nothing was ever answered; and after which it
ends in any case."""

_SHORTEST_THROTTLE, _LONGEST_THROTTLE = 1.0, 3600.0
"""Seconds for which all calls pause after HTTP 429 without Retry-After; each time in a row doubles them."""

_THROTTLED_FIRST = 7
"""Answers 429 in a row after which a run ends in which nothing else was ever answered; at the default pace after an hour."""

_PASSING = frozenset({408, 425})
"""HTTP statuses below 500 that pass. Others say that the endpoint is wrong, unless it answered before: then something on the way
to it refused one call."""

_GLOBAL_CODES = frozenset({95, 96, 97, 98, 99, 111, 112, 114, 115, 116})
"""Codes that say that the program or its endpoint is wrong, whatever photo was asked for."""

for _name in ("httpx", "httpcore"):  # their messages hold whole addresses, and so the key
    logging.getLogger(_name).setLevel(logging.WARNING)


class NoCallsLeft(Exception):
    """As many calls were made as were allowed to the client."""


class Flickr:
    """The API with one key.

    Attributes:
        calls: number of calls that this client made, tries included.
        most_calls: the number of calls after which it raises `NoCallsLeft`; None for no such limit.
        failed_before: why the next call failed in an earlier run. The same answer again belongs to what is asked about and
            does not count as an outage.
    """

    def __init__(self, http: httpx.Client, endpoint: str, key: SecretStr, pace: Pace) -> None:
        """Args:
        http: asks only the allowed hosts and follows no redirects (`transport.guarded_client`).
        endpoint: the address of the REST interface.
        key: the key.
        pace: makes calls wait for their turn.
        """
        self._http, self._endpoint, self._key, self._pace = http, endpoint, key, pace
        self._answered, self._failed_in_a_row, self._throttled_in_a_row = False, 0, 0
        self.calls = 0
        self.most_calls: int | None = None
        self.failed_before: str | None = None

    @property
    def per_hour(self) -> int:
        """Calls that may be made in an hour, one after the other."""
        return self._pace.limit.per_hour

    def call(self, method: str, params: Mapping[str, str | int], parse: Callable[[dict[str, Any]], T]) -> Work[T]:
        """Call a method, and again where it may succeed then.

        Args:
            method: its name, `flickr.photos.search`.
            params: its arguments, without the key.
            parse: turns the content of the answer into a record; raises `Garbled` where that has no such form.

        Raises:
            FlickrError: it failed; `is_retryable` tells whether a later run may succeed.
            CredentialsError: the key was refused.
            SourceError: Flickr cannot be asked at all, or does not answer any more.
            NoCallsLeft: `most_calls` were made.
        """
        interval = self._pace.limit.interval
        if (failed := self._failed_in_a_row - _OUTAGE) >= 0:
            yield from self._pace.rest(max(min(600, 30 * 2**failed) * interval, min(5, 0.25 * 2**failed)))
        retrying = Retrying(
            retry=retry_if_exception(is_retryable),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=interval, max=60 * interval) + wait_random(0, interval),
            reraise=True,
        )
        retrying.begin()
        state, why = RetryCallState(retrying, None, (), {}), ""
        while True:
            try:
                do = retrying.iter(state)
            except FlickrError as error:
                raise self._judged(error) from None
            if isinstance(do, DoAttempt):
                if self.calls == self.most_calls:
                    raise NoCallsLeft
                yield from self._pace.wait()
                try:
                    state.set_result(parse(self._ask(method, params)))
                except Throttled as throttled:
                    self._throttle(throttled)  # a pause of all calls, not a try of this one
                except FlickrError as error:
                    why = str(error)
                    state.set_exception((type(error), error, error.__traceback__))
            elif isinstance(do, DoSleep):
                state.prepare_for_next_attempt()
                yield from self._pace.rest(do, why)
            else:
                self._was_answered()
                result: T = do
                return result

    def is_known(self, error: FlickrError) -> bool:
        """Return whether an error is the answer of an earlier run, `failed_before`."""
        return str(error) == self.failed_before and not isinstance(error, NoAnswer)

    def _was_answered(self) -> None:
        self._answered, self._failed_in_a_row, self._throttled_in_a_row = True, 0, 0

    def _ask(self, method: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """Make one request and return the content of its answer."""
        own = {"method": method, "api_key": self._key.get_secret_value(), "format": "json", "nojsoncallback": "1"}
        self.calls += 1
        self._pace.begin(_LONGEST)
        try:
            with time_limit(_LONGEST), self._http.stream("GET", self._endpoint, params={**own, **params}) as answer:
                body = bytearray()
                for piece in body_of(answer):
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise Garbled("the answer is too large")
                status, headers = answer.status_code, answer.headers
        except httpx.TimeoutException:
            raise NoAnswer("Flickr did not answer in time") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise NoAnswer(f"the connection failed ({type(error).__name__})") from None
        finally:
            self._pace.end()
        if status != httpx.codes.OK:
            pause = retry_after(headers.get("Retry-After"), datetime.now(UTC))
            if status == httpx.codes.TOO_MANY_REQUESTS:
                raise Throttled(pause)
            if not self._answered and 300 <= status < 500 and status not in _PASSING:
                raise SourceError(
                    "Flickr cannot be asked",
                    str(BadStatus(status)),
                    "Check CURATE_FLICKR_ENDPOINT, or try again later.",
                )
            self._pace.pause(pause or 0.0)
            raise BadStatus(status)
        # a server may repeat the key in a message, and messages are stored and shown
        return parse_answer(method, bytes(body).replace(self._key.get_secret_value().encode(), b"***"))

    def _throttle(self, throttled: Throttled) -> None:
        self._throttled_in_a_row += 1
        interval = self._pace.limit.interval
        grown = max(_SHORTEST_THROTTLE, 60 * interval) * 2 ** (self._throttled_in_a_row - 1)
        self._pace.pause(min(grown, _LONGEST_THROTTLE) if throttled.seconds is None else throttled.seconds)
        if self._throttled_in_a_row >= (_GIVE_UP if self._answered else _THROTTLED_FIRST):
            raise self._stopped(throttled)

    def _judged(self, error: FlickrError) -> Exception:
        """Return the exception for a call that failed for good or too often."""
        if is_retryable(error):
            if self.is_known(error):
                return error
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= (_GIVE_UP if self._answered else _OUTAGE):
                return self._stopped(error)
            return error
        if isinstance(error, Failure):
            self._was_answered()
            if error.code == BAD_KEY:
                return CredentialsError(
                    "Flickr refuses the key",
                    str(error),
                    "Check it at https://www.flickr.com/services/apps/by/me and set FLICKR_API_KEY.",
                )
            if error.code in _GLOBAL_CODES:
                return SourceError(
                    "Flickr cannot be asked", str(error), "If this repeats, it is a bug: please report it."
                )
        return error

    def _stopped(self, error: FlickrError) -> SourceError:
        return SourceError(
            "Flickr does not answer",
            str(error),
            "What was answered before is kept; run the same command again later to go on.",
        )
