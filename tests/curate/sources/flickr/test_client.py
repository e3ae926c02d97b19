"""The client of the API: what it asks again, how long it waits, and when it gives up."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

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
from tests.helpers.harvesting import Waking, client
from tests.helpers.local_servers import reply, serving
from tests.helpers.simulated_time import Simulated
from tracer.base.progress import finish

UNIVERSE = Universe(200, rates=Rates.none())
PHOTOS = [UNIVERSE.id_of(number) for number in range(200)]


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


def broken(kind: Fault) -> Faults:
    """Every call fails in one way."""
    return Faults(rate=1.0, kinds=(kind,), retry_after=40, silent_seconds=30, stall_seconds=0.01)


def streamed(content: object) -> httpx.Response:
    """An answer whose body is still to be read, as that of a server."""
    return httpx.Response(200, stream=httpx.ByteStream(json.dumps(content).encode()))


@dataclass(frozen=True)
class BrokenUntil(Faults):
    """The first calls fail in one way."""

    last: int = 0

    def for_call(self, number: int, method: str, photo_id: str | None) -> Fault | None:
        """As `Faults.for_call`."""
        return super().for_call(number, method, photo_id) if number <= self.last else None


@pytest.mark.parametrize("kind", [kind for kind in Fault if kind not in (Fault.XML, Fault.SLOW)])
def test_a_call_is_made_again_until_it_is_answered(asked: Flickr, flickr: FakeFlickr, kind: Fault) -> None:
    """Whatever went wrong; at the default pace, and not during a pause."""
    flickr.faults = BrokenUntil(1.0, (kind,), retry_after=40, silent_seconds=30, stall_seconds=0.01, last=3)
    assert finish(exif_tags(asked, PHOTOS[0]))
    assert asked.calls == 4 and violations(flickr.log) == []


@pytest.mark.parametrize("kind", [Fault.XML, Fault.SLOW])
def test_an_answer_in_another_form_is_one(asked: Flickr, flickr: FakeFlickr, kind: Fault) -> None:
    """It is not asked for twice."""
    flickr.faults = broken(kind)
    assert finish(exif_tags(asked, PHOTOS[0])) and asked.calls == 1


def test_it_gives_up_for_now_after_some_tries(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """With growing waits between them."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.HTTP_503)
    begun = time.now
    with pytest.raises(FlickrError, match="HTTP 503"):
        finish(exif_tags(asked, PHOTOS[0]))
    assert asked.calls == 1 + ATTEMPTS and 31 <= time.now - begun < 60


def test_an_outage_is_waited_for(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """Rests grow with it, so that a server that is away for an hour is asked a few times."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.HTTP_502)
    begun, failed = time.now, 0
    while time.now - begun < 3600:
        with pytest.raises(FlickrError):
            finish(exif_tags(asked, PHOTOS[failed]))
        failed += 1
    assert failed < 15
    flickr.faults = Faults()
    assert finish(exif_tags(asked, PHOTOS[50]))
    begun = time.now
    assert finish(exif_tags(asked, PHOTOS[51])) and time.now - begun < 2  # no rest after an answer


def test_an_outage_that_lasts_ends_the_run(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """After some hours, with a message that says what is kept."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.CLOSED)
    begun = time.now
    with pytest.raises(SourceError, match="does not answer") as caught:
        for photo in PHOTOS:
            with pytest.raises(FlickrError):
                finish(exif_tags(asked, photo))
    assert "kept" in caught.value.way_out and time.now - begun < 4 * 3600


@pytest.mark.parametrize("kind", [Fault.HTTP_500, Fault.CLOSED, Fault.CODE_105, Fault.HTML])
def test_where_nothing_was_ever_answered_the_run_ends_soon(
    asked: Flickr, flickr: FakeFlickr, time: Simulated, kind: Fault
) -> None:
    """Within minutes; but not for one photo alone that always fails."""
    flickr.faults = broken(kind)
    begun = time.now
    for photo in PHOTOS[:2]:
        with pytest.raises(FlickrError):
            finish(exif_tags(asked, photo))
    with pytest.raises(SourceError, match="does not answer"):
        finish(exif_tags(asked, PHOTOS[2]))
    assert time.now - begun < 300


def test_refusals_are_answers(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """They end an outage, so that nothing rests after them."""
    finish(licenses(asked))
    flickr.faults = broken(Fault.HTTP_502)
    for photo in PHOTOS[:4]:
        with pytest.raises(FlickrError):
            finish(exif_tags(asked, photo))
    flickr.faults = Faults()
    with pytest.raises(Failure):
        finish(exif_tags(asked, 5))
    begun = time.now
    with pytest.raises(Failure):
        finish(exif_tags(asked, 6))
    assert time.now - begun < 2


def test_a_server_that_only_throttles(asked: Flickr, flickr: FakeFlickr, time: Simulated) -> None:
    """It is given an hour, with pauses that grow; then the run ends."""
    flickr.faults = broken(Fault.TOO_MANY)
    begun = time.now
    with pytest.raises(SourceError, match="fewer calls"):
        finish(exif_tags(asked, PHOTOS[0]))
    assert 3600 <= time.now - begun < 7200 and asked.calls < 10 and violations(flickr.log) == []


@pytest.mark.parametrize("seconds", [0, 5, 7000])
@pytest.mark.parametrize("date", [False, True])
def test_retry_after_is_kept(catalog: Catalog, seconds: int, date: bool) -> None:
    """To the second, for every call of the key, also by the next process."""
    faults = BrokenUntil(1.0, (Fault.TOO_MANY_WAIT,), retry_after=seconds, retry_after_date=date, last=1)
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
        assert violations(flickr.log) == []
    assert seconds <= last.at - first.at < seconds + 6


def test_retry_after_of_another_failure_is_kept(catalog: Catalog) -> None:
    """A server that is down for a while says so with 503."""
    answers = iter([(503, {"Retry_After": "500"}), (200, {})])

    def answer(handler: BaseHTTPRequestHandler) -> None:
        status, headers = next(answers)
        reply(handler, status, b'{"stat":"ok","photo":{"exif":[]}}', **headers)

    time = Simulated()
    begun = time.now
    with serving(answer) as server, FakeFlickr(UNIVERSE) as flickr:
        flickr.hosts = f"127.0.0.1:{server.port}"
        flickr.endpoint = f"http://{flickr.hosts}/"
        with client(catalog, flickr, time) as asked:
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
    with serving(lambda handler: reply(handler, 200, body, **headers)) as server, FakeFlickr(UNIVERSE) as flickr:
        flickr.hosts = f"127.0.0.1:{server.port}"
        flickr.endpoint = f"http://{flickr.hosts}/"
        tracemalloc.start()
        with client(catalog, flickr, Simulated()) as asked, pytest.raises(FlickrError) as caught:
            finish(exif_tags(asked, PHOTOS[0]))
        assert is_retryable(caught.value) and asked.calls == ATTEMPTS
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 200 << 20


def test_a_key_that_is_refused(catalog: Catalog, flickr: FakeFlickr, caplog: pytest.LogCaptureFixture) -> None:
    """Credentials, at the first call; no key is in the message, the log or the traceback."""
    caplog.set_level(logging.DEBUG)
    wrong = "f" * 32
    with (
        client(catalog, flickr, key=wrong) as asked,
        pytest.raises(CredentialsError, match="refuses the key") as caught,
    ):
        finish(exif_tags(asked, PHOTOS[0]))
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.why + caught.value.way_out + caplog.text
    assert wrong not in shown and asked.calls == 1


@pytest.mark.parametrize("kind", [Fault.CLOSED, Fault.HALF, Fault.HTML, Fault.HTTP_500, Fault.STALL])
def test_no_failure_shows_the_key(
    asked: Flickr, flickr: FakeFlickr, caplog: pytest.LogCaptureFixture, kind: Fault
) -> None:
    """Nor does any exception that led to it."""
    caplog.set_level(logging.DEBUG)
    flickr.faults = broken(kind)
    with pytest.raises(FlickrError) as caught:
        finish(exif_tags(asked, PHOTOS[0]))
    assert KEY not in "".join(traceback.format_exception(caught.value)) + caplog.text + repr(asked)


def test_a_method_that_the_endpoint_does_not_know(asked: Flickr) -> None:
    """The program or its endpoint is wrong, whatever is asked."""
    with pytest.raises(SourceError, match="cannot be asked") as caught:
        finish(asked.call("flickr.photos.nonsense", {}, lambda content: content))
    assert "code 112" in caught.value.why


def test_an_endpoint_that_is_something_else(catalog: Catalog, flickr: FakeFlickr) -> None:
    """A page that is not found says so at once."""
    flickr.endpoint += "elsewhere"
    with client(catalog, flickr) as asked, pytest.raises(SourceError, match="cannot be asked") as caught:
        finish(exif_tags(asked, PHOTOS[0]))
    assert "404" in caught.value.why and "CURATE_FLICKR_ENDPOINT" in caught.value.way_out


def test_a_number_of_calls_is_kept(asked: Flickr, flickr: FakeFlickr) -> None:
    """Tries count too."""
    asked.most_calls = 3
    flickr.faults = broken(Fault.HTTP_500)
    with pytest.raises(NoCallsLeft):
        finish(exif_tags(asked, PHOTOS[0]))
    assert asked.calls == 3 == len(flickr.log)


def test_a_wait_can_be_cancelled(catalog: Catalog, flickr: FakeFlickr) -> None:
    """And nothing is asked meanwhile."""
    time = Waking(1, lambda: None)
    with client(catalog, flickr, time) as asked:
        finish(licenses(asked))
        flickr.faults = broken(Fault.TOO_MANY)
        waiting = exif_tags(asked, PHOTOS[0])
        while not next(waiting).what.startswith("waiting until"):
            pass
        waiting.close()
    assert len(flickr.log) == 2


def test_a_long_wait_says_why(catalog: Catalog, flickr: FakeFlickr) -> None:
    """After failures the time of the next try is told with the reason of the last one."""
    with client(catalog, flickr, Waking(1, lambda: None)) as asked:
        finish(licenses(asked))
        flickr.faults = broken(Fault.HTTP_500)
        said = set()
        with pytest.raises(FlickrError):
            for step in exif_tags(asked, PHOTOS[0]):
                said.add(step.what)
    reasons = [words.partition(", since ")[2] for words in said if words.startswith("waiting until")]
    assert reasons and all("500" in reason for reason in reasons)


def test_a_key_that_the_server_repeats_is_masked(catalog: Catalog, flickr: FakeFlickr) -> None:
    """A message of the server is stored and shown, so the key must not be in it."""

    def answer(request: httpx.Request) -> httpx.Response:
        return streamed({"stat": "fail", "code": 77, "message": f"bad call {request.url.query.decode()}"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        asked = Flickr(http, flickr.endpoint, SecretStr("verysecretkey"), Pace(Calls(catalog), Limit(3_600_000, 0.001)))
        with pytest.raises(Failure) as caught:
            finish(exif_tags(asked, PHOTOS[0]))
    assert "verysecretkey" not in str(caught.value) and "***" in str(caught.value)


def test_an_answer_about_another_photo_is_tried_again(catalog: Catalog, flickr: FakeFlickr) -> None:
    """A cache on the way can mix answers up: the labels of one photo never become those of another."""
    about = iter([PHOTOS[1], str(PHOTOS[0]), PHOTOS[1], None])

    def answer(request: httpx.Request) -> httpx.Response:
        tag = {"tagspace": "IFD0", "tag": "Make", "raw": "Canon"}
        return streamed({"stat": "ok", "photo": {"id": next(about), "license": 4, "exif": [tag]}})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        asked = Flickr(http, flickr.endpoint, SecretStr("key"), Pace(Calls(catalog), Limit(3_600_000, 0.001)))
        assert [tag.raw for tag in finish(exif_tags(asked, PHOTOS[0]))] == ["Canon"] and asked.calls == 2
        assert finish(photo_state(asked, PHOTOS[0])).license == 4 and asked.calls == 4


def test_all_that_a_page_lists_is_counted(catalog: Catalog, flickr: FakeFlickr) -> None:
    """Entries without an ID count, and so do entries that are not objects."""
    photos = [
        {"id": "7", "owner": "1@N01"},
        {"id": None},
        {"id": "1" + "0" * 15},
        None,
        "x",
        [],
    ]  # the third: a local number

    def answer(request: httpx.Request) -> httpx.Response:
        return streamed({"stat": "ok", "photos": {"total": "6", "photo": photos}})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        asked = Flickr(http, flickr.endpoint, SecretStr("key"), Pace(Calls(catalog), Limit(3_600_000, 0.001)))
        page = finish(search(asked, Query(text="x"), Window(), 1))
    assert ([one.flickr_id for one in page.photos], page.unreadable) == ([7], 5)
