"""The client of the API: what it asks again, how long it waits, and when it gives up."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from curate.catalog.harvests import Calls
from curate.catalog.store import Catalog
from curate.errors import CredentialsError, SourceError
from curate.sources.flickr.answers import Failure, FlickrError, is_retryable
from curate.sources.flickr.client import ATTEMPTS, Flickr, NoCallsLeft
from curate.sources.flickr.methods import exif_tags, licenses, photo_state, search
from curate.sources.flickr.pace import Limit, Pace
from curate.sources.flickr.plan import Query
from curate.sources.flickr.windows import Window
from tests.helpers.fake_flickr import KEY, FakeFlickr, Fault, Faults, Limits, Rates, Universe, violations
from tests.helpers.harvesting import client
from tests.helpers.local_servers import reply, serving
from tests.helpers.simulated_time import Simulated
from tracer.base.progress import finish

UNIVERSE = Universe(200, rates=Rates.none())
PHOTOS = [UNIVERSE.id_of(number) for number in range(200)]
NO_PHOTO = 5


@pytest.fixture
def time() -> Simulated:
    """Time that client and server share."""
    return Simulated()


@pytest.fixture
def flickr(time: Simulated) -> Iterator[FakeFlickr]:
    """A server that enforces the default limits."""
    with FakeFlickr(UNIVERSE, limits=Limits(calls=3500, pace=1.0), clock=time.arrive) as server:
        yield server


@pytest.fixture
def asked(catalog: Catalog, flickr: FakeFlickr, time: Simulated) -> Iterator[Flickr]:
    """Its client."""
    with client(catalog, flickr, time) as opened:
        yield opened


def broken(kind: Fault, only: range | None = None) -> Faults:
    """Every call fails in one way, or those of some numbers."""
    return Faults(1.0, (kind,), only=only, retry_after=40, silent_seconds=30)


def fails(asked: Flickr, photo: int, what: type[FlickrError] = FlickrError) -> FlickrError:
    """Ask for a photo's EXIF, and return why it fails."""
    with pytest.raises(what) as caught:
        finish(exif_tags(asked, photo))
    return caught.value


@pytest.mark.parametrize("kind", list(Fault))
def test_a_call_is_made_again_until_it_is_answered(asked: Flickr, flickr: FakeFlickr, kind: Fault) -> None:
    """Whatever went wrong; at the default pace, and not during a pause. An answer that is slow, or XML, is one."""
    flickr.faults = broken(kind, only=range(1, 4))
    assert finish(exif_tags(asked, PHOTOS[0]))
    assert asked.calls == (1 if kind in (Fault.XML, Fault.SLOW) else 4) and violations(flickr.log) == []


def test_an_outage_is_waited_for(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """Tries and rests grow, so that a server that is away is asked a few times; a refusal ends it as an answer does."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.HTTP_502)
    begun, failed = time.now, 1
    assert "HTTP 502" in str(fails(asked, PHOTOS[0]))
    assert asked.calls == 1 + ATTEMPTS and 31 <= time.now - begun < 60
    while time.now - begun < 3600:
        fails(asked, PHOTOS[failed])
        failed += 1
    assert failed < 15
    flickr.faults = Faults()
    fails(asked, NO_PHOTO, Failure)
    begun = time.now
    assert finish(exif_tags(asked, PHOTOS[51])) and time.now - begun < 2


@pytest.mark.parametrize(
    ("kind", "before"),
    [(Fault.CLOSED, True), *((kind, False) for kind in (Fault.HTTP_500, Fault.CLOSED, Fault.CODE_105, Fault.HTML))],
)
def test_an_outage_that_lasts_ends_the_run(
    asked: Flickr, flickr: FakeFlickr, time: Simulated, kind: Fault, before: bool
) -> None:
    """After hours, or within minutes where nothing was ever answered; but not for two photos that fail. What is kept is said."""
    if before:
        finish(licenses(asked))
    flickr.faults = broken(kind)
    begun, failed = time.now, 0
    with pytest.raises(SourceError, match="does not answer") as caught:
        for photo in PHOTOS:
            fails(asked, photo)
            failed += 1
    assert "kept" in caught.value.way_out and failed >= 2 and time.now - begun < (4 * 3600 if before else 300)


def test_a_server_that_only_throttles(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """It is given an hour, with pauses that grow; then the run ends."""
    flickr.faults, begun = broken(Fault.TOO_MANY), time.now
    with pytest.raises(SourceError, match="fewer calls"):
        finish(exif_tags(asked, PHOTOS[0]))
    assert 3600 <= time.now - begun < 7200 and asked.calls < 10 and violations(flickr.log) == []


@pytest.mark.parametrize("seconds", [0, 5, 7000])
@pytest.mark.parametrize("date", [False, True])
def test_retry_after_is_kept(catalog: Catalog, seconds: int, date: bool) -> None:
    """To the second, for every call of the key, also by the next process."""
    faults = Faults(1.0, (Fault.TOO_MANY_WAIT,), only=range(1, 2), retry_after=seconds, retry_after_date=date)
    time = Simulated()
    with FakeFlickr(UNIVERSE, faults, clock=time.arrive) as flickr:
        with client(catalog, flickr, time) as asked:
            asked.most_calls = 1
            with pytest.raises(NoCallsLeft):
                finish(exif_tags(asked, PHOTOS[0]))
        time.now = flickr.log[0].at + 2
        with client(catalog, flickr, time) as asked:
            finish(exif_tags(asked, PHOTOS[1]))
    first, last = flickr.log
    assert violations(flickr.log) == [] and seconds <= last.at - first.at < seconds + 6


def test_retry_after_of_another_failure_is_kept(catalog: Catalog) -> None:
    """A server that is down for a while says so with 503."""
    answers, time = iter([(503, {"Retry_After": "500"}), (200, {})]), Simulated()
    begun = time.now

    def answer(handler: Any) -> None:
        status, headers = next(answers)
        reply(handler, status, b'{"stat":"ok","photo":{"exif":[]}}', **headers)

    with serving(answer) as server, client(catalog, server, time) as asked:
        assert finish(exif_tags(asked, PHOTOS[0])) == ()
    assert 500 <= time.now - begun < 510


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(gzip.compress(bytes(1 << 28))), {"Content_Encoding": "gzip, gzip"}),
        (gzip.compress(bytes(1 << 28)), {"Content_Encoding": "gzip"}),
        (b"[" * 200_000, {}),
        (b"<rsp>" * 200_000, {}),
    ],
    ids=["two codings", "one coding", "JSON", "XML"],
)
def test_an_answer_that_grows_costs_its_call_alone(catalog: Catalog, body: bytes, headers: dict[str, str]) -> None:
    """Whether it is compressed twice, unpacks to 268 MB or is nested 200,000 deep: memory stays, and the call fails for now."""
    tracemalloc.start()
    with serving(lambda handler: reply(handler, 200, body, **headers)) as server, client(catalog, server) as asked:
        assert is_retryable(fails(asked, PHOTOS[0])) and asked.calls == ATTEMPTS
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20


@pytest.mark.parametrize("kind", [Fault.CLOSED, Fault.HALF, Fault.HTML, Fault.HTTP_500, Fault.STALL, None])
def test_no_failure_shows_the_key(
    catalog: Catalog, flickr: FakeFlickr, caplog: pytest.LogCaptureFixture, kind: Fault | None
) -> None:
    """Nor does any exception that led to it, nor a log; a refused key (None) is told at the first call."""
    caplog.set_level(logging.DEBUG)
    key = KEY if kind else "f" * 32
    flickr.faults = broken(kind) if kind else Faults()
    expected = FlickrError if kind else CredentialsError
    with (
        client(catalog, flickr, key=key) as asked,
        pytest.raises(expected, match=None if kind else "refuses") as caught,
    ):
        finish(exif_tags(asked, PHOTOS[0]))
    shown = "".join(traceback.format_exception(caught.value)) + str(vars(caught.value)) + caplog.text + repr(asked)
    assert key not in shown and asked.calls == (ATTEMPTS if kind else 1)


def test_an_endpoint_that_is_something_else(catalog: Catalog, flickr: FakeFlickr, asked: Flickr) -> None:
    """A method that it does not know, and a page that is not found, end the run at once."""
    with pytest.raises(SourceError, match="cannot be asked") as caught:
        finish(asked.call("flickr.photos.nonsense", {}, lambda content: content))
    assert "code 112" in caught.value.why
    flickr.endpoint += "elsewhere"
    with client(catalog, flickr) as other, pytest.raises(SourceError, match="cannot be asked") as caught:
        finish(exif_tags(other, PHOTOS[0]))
    assert "404" in caught.value.why and "CURATE_FLICKR_ENDPOINT" in caught.value.way_out


def test_a_wait_says_why_and_can_be_cancelled(asked: Flickr, flickr: FakeFlickr) -> None:
    """The time of the next try is told with the reason of the last one, and nothing is asked meanwhile."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.HTTP_500)
    waiting = exif_tags(asked, PHOTOS[0])
    while not (words := next(waiting).what).startswith("waiting until"):
        pass
    calls = len(flickr.log)
    next(waiting)
    waiting.close()
    assert "500" in words.partition(", since ")[2] and len(flickr.log) == calls


Mock = Callable[[Callable[[httpx.Request], Any]], Flickr]


@pytest.fixture
def mocked(catalog: Catalog) -> Iterator[Mock]:
    """Makes a client of which each call is answered by a function of the test, as fast as it asks."""
    opened: list[httpx.Client] = []

    def client_of(content: Callable[[httpx.Request], Any]) -> Flickr:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"stat": "ok"} | content(request)).encode()))

        opened.append(httpx.Client(transport=httpx.MockTransport(answer)))
        return Flickr(
            opened[0], "https://x.example", SecretStr("verysecretkey"), Pace(Calls(catalog), Limit(3_600_000, 0.001))
        )

    yield client_of
    opened[0].close()


def test_a_key_that_the_server_repeats_is_masked(mocked: Mock) -> None:
    """A message of the server is stored and shown, so the key must not be in it."""
    asked = mocked(lambda request: {"stat": "fail", "code": 77, "message": f"bad call {request.url.query.decode()}"})
    said = str(fails(asked, PHOTOS[0], Failure))
    assert "verysecretkey" not in said and "***" in said


def test_an_answer_about_another_photo_is_tried_again(mocked: Mock) -> None:
    """A cache on the way can mix answers up: the labels of one photo never become those of another."""
    about, tag = iter([PHOTOS[1], str(PHOTOS[0]), PHOTOS[1], None]), {"tagspace": "IFD0", "tag": "Make", "raw": "Canon"}
    asked = mocked(lambda request: {"photo": {"id": next(about), "license": 4, "exif": [tag]}})
    assert [tag.raw for tag in finish(exif_tags(asked, PHOTOS[0]))] == ["Canon"] and asked.calls == 2
    assert finish(photo_state(asked, PHOTOS[0])).license == 4 and asked.calls == 4


def test_all_that_a_page_lists_is_counted(mocked: Mock) -> None:
    """Entries without an ID or with a local one count, and so do entries that are not objects."""
    photos = [{"id": "7", "owner": "1@N01"}, {"id": None}, {"id": "1" + "0" * 15}, None, "x", []]
    page = finish(
        search(mocked(lambda request: {"photos": {"total": "6", "photo": photos}}), Query(text="x"), Window(), 1)
    )
    assert ([one.flickr_id for one in page.photos], page.unreadable) == ([7], 5)
