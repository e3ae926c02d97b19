"""Originals: what is kept, what is refused, what is gone, and what is tried again."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.sources.flickr.hosts import Hosts
from curate.sources.flickr.images import (
    MOST_REDIRECTS,
    Doubtful,
    Gone,
    ImagePace,
    NotFetched,
    Redirect,
    Refused,
    Silent,
    TryAgain,
    fetch,
    judge,
)
from curate.sources.flickr.transport import guarded_client
from curate.workspace.settings import Settings
from tests.helpers.local_servers import Answer, Detour, LocalServer, certificate, reply, serving
from tracer.base.files import is_partial

JPEG = b"\xff\xd8\xff\xe1" + bytes(range(256)) * 40
REDIRECT = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


class Clock:
    """Time that passes only where somebody sleeps.

    Attributes:
        now: seconds.
        slept: the seconds of each sleep.
    """

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, seconds: float = 1.0) -> ImagePace:
        """A pace that runs on this clock."""
        return ImagePace(seconds, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the file is written to."""
    return tmp_path / "originals" / "1_abc_o.jpg"


def get(answer: Answer, target: Path, path: str = "/1_abc_o.jpg", limit: int = 1 << 20, **options: float) -> None:
    """Fetch a path of a server that answers so."""
    with serving(answer) as server:
        get_from(server, target, path, limit, **options)


def get_from(
    server: LocalServer, target: Path, path: str = "/1_abc_o.jpg", limit: int = 1 << 20, **options: float
) -> None:
    """Fetch a path of a server, the only one that is named."""
    hosts = Hosts.from_environment({"CURATE_FLICKR_HOSTS": f"127.0.0.1:{server.port}"})
    url = f"http://127.0.0.1:{server.port}{path}"
    with guarded_client(hosts, 5.0) as client:
        fetch(client, hosts, url, target, limit, pace=Clock().pace(), **options)


def nothing_kept(target: Path) -> bool:
    """Whether neither the file nor a part of it is there."""
    return not target.parent.exists() or not any(target.parent.iterdir())


# --- what is kept


def test_a_picture_is_kept_bit_for_bit(target: Path) -> None:
    """The request says nothing about us but the program's name."""
    with serving(lambda handler: reply(handler, 200, JPEG, Content_Type="image/jpeg")) as server:
        get_from(server, target)
    assert target.read_bytes() == JPEG
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    ((path, headers),) = server.seen
    assert path == "/1_abc_o.jpg"
    assert headers["accept-encoding"] == "identity"
    assert not {"referer", "cookie", "authorization"} & headers.keys()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("sent", "headers", "kept"),
    [(PNG, {"Content_Type": "image/jpeg"}, PNG), (gzip.compress(JPEG), {"Content_Encoding": "gzip"}, JPEG)],
    ids=["another type", "gzip"],
)
def test_the_content_decides(sent: bytes, headers: dict[str, str], kept: bytes, target: Path) -> None:
    """A PNG with a JPEG's name is a PNG, gzip is unpacked though it was not asked for, and the limit itself is allowed."""
    get(lambda handler: reply(handler, 200, sent, **headers), target, limit=len(kept))
    assert target.read_bytes() == kept


def test_chunks_of_a_byte_make_the_same_file(target: Path) -> None:
    """The first bytes come one by one, without an announced length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for byte in JPEG[:100]:
            handler.wfile.write(b"1\r\n%c\r\n" % byte)
        handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(JPEG) - 100, JPEG[100:]))

    get(answer, target)
    assert target.read_bytes() == JPEG
    assert target.read_bytes() == JPEG


def test_redirects_are_followed(target: Path) -> None:
    """Five of them, relative and absolute."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.path[1:])
        if left == 0:
            reply(handler, 200, JPEG)
        else:
            here = f"http://127.0.0.1:{handler.server.server_address[1]}" if left % 2 else ""  # type: ignore[index]
            reply(handler, [301, 302, 303, 307, 308][left % 5], b"moved", Location=f"{here}/{left - 1}")

    with serving(answer) as server:
        get_from(server, target, f"/{MOST_REDIRECTS}")
        assert target.read_bytes() == JPEG
        target.unlink()
        with pytest.raises(Doubtful, match="more than 5 redirects"):
            get_from(server, target, f"/{MOST_REDIRECTS + 1}")
    assert not target.exists()


# --- where a redirect may not lead


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:{other}/1.jpg", "by http"),
        ("https://127.0.0.1:{other}/1.jpg", "port"),
        ("//127.0.0.1:{other}/1.jpg", "by http"),
        ("http://localhost:{port}/1.jpg", "by http"),
        ("http://me@127.0.0.1:{port}/1.jpg", "user name"),
        ("file:///etc/passwd", "neither an https nor an http"),
        ("https://169.254.169.254/latest/meta-data/", "allowed hosts"),
        ("https://www.flickr.com/1.jpg", "allowed hosts"),
        ("http://live.staticflickr.com/1.jpg", "by http"),
        ("/1.jpg", "more than 5 redirects"),
        ("", "leads nowhere"),
    ],
)
def test_a_redirect_elsewhere_is_refused(location: str, reason: str, target: Path) -> None:
    """Each address is checked as the first one is, and the other server hears nothing."""
    with serving(lambda handler: reply(handler, 200, JPEG)) as other, serving(lambda handler: away(handler)) as server:

        def away(handler: BaseHTTPRequestHandler) -> None:
            reply(handler, 302, Location=location.format(other=other.port, port=server.port))

        with pytest.raises(Doubtful, match=reason):
            get_from(server, target, "/1.jpg")
    assert other.seen == []
    assert nothing_kept(target)


@contextmanager
def over_tls(
    tmp_path: Path, answer: Answer, addresses: list[str], clock: Clock
) -> Iterator[tuple[LocalServer, Detour, Callable[[str, Path], None]]]:
    """A server that stands for Flickr's image host, and a function that fetches from it at one request in five seconds."""
    server_side, trusted = certificate(tmp_path, "live.staticflickr.com")
    with serving(answer, tls=server_side) as server:
        network, hosts, pace = Detour(server.port), Hosts(), clock.pace(5.0)
        with guarded_client(hosts, 5.0, resolve=lambda host, port: addresses, network=network, tls=trusted) as client:
            yield server, network, lambda url, target: fetch(client, hosts, url, target, pace=pace)


def test_flickrs_own_host(tmp_path: Path, target: Path) -> None:
    """By https at a public address; from there never back to http."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/down":
            reply(handler, 302, Location="http://live.staticflickr.com/1.jpg")
        elif handler.path == "/moved":
            reply(handler, 302, Location="/1.jpg")
        else:
            reply(handler, 200, JPEG)

    clock = Clock()
    with over_tls(tmp_path, answer, ["151.101.1.140"], clock) as (server, network, get_url):
        get_url("https://live.staticflickr.com/moved", target)
        assert target.read_bytes() == JPEG
        assert clock.slept == [5.0]  # a redirect is a request too
        with pytest.raises(Doubtful, match="from https to http"):
            get_url("https://live.staticflickr.com/down", target)
        with pytest.raises(Refused, match="by http"):
            get_url("http://live.staticflickr.com/1.jpg", target)
        with pytest.raises(Refused, match="allowed hosts"):
            get_url("https://api.flickr.com/1.jpg", target)
        assert {address for address, _ in network.connected} == {"151.101.1.140"}
        assert [path for path, _ in server.seen] == ["/moved", "/1.jpg", "/down"]


def test_a_name_server_that_lies_is_no_fault_of_the_photo(tmp_path: Path, target: Path) -> None:
    """A private address is not asked, and the photo can be tried again in another network."""
    lies = ["10.0.0.1"]
    with over_tls(tmp_path, lambda handler: reply(handler, 200, JPEG), lies, Clock()) as (server, network, get_url):
        with pytest.raises(TryAgain, match=r"live\.staticflickr\.com is at 10\.0\.0\.1"):
            get_url("https://live.staticflickr.com/1.jpg", target)
        assert (server.seen, network.connected) == ([], [])


# --- what is not kept


def test_an_endless_stream_is_cut_at_the_limit(target: Path) -> None:
    """Without an announced length, 10 GB come; neither the disk nor the wire ever holds much more than the limit."""
    limit, sent, largest, names = 4 << 20, 0, 0, set[str]()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent, largest
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(JPEG)
        for _ in range(10_000):
            handler.wfile.write(bytes(1 << 20))
            sent += 1 << 20
            for path in target.parent.glob(".*"):
                largest = max(largest, path.stat().st_size)
                names.add(path.name)

    with pytest.raises(Refused, match="larger than 4,194,304 bytes"):
        get(answer, target, limit=limit)
    assert all(is_partial(name) for name in names)  # so that what a kill leaves is removed at the next start
    assert sent < 100 << 20
    assert 0 < largest <= limit and names
    assert nothing_kept(target)


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(
        [packer.compress(JPEG), *(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()]
    )


@pytest.mark.parametrize("name", ["photo_unavailable.png", "photo_unavailable_l.png"])
def test_a_placeholder_means_gone(name: str, target: Path) -> None:
    """It is never kept, wherever the redirect leads, and not even asked for."""
    for location in (f"/images/{name}", f"https://s.example.org/pw/{name}?v=1"):
        with serving(lambda handler, location=location: reply(handler, 302, Location=location)) as server:
            with pytest.raises(Gone, match="photo_unavailable"):
                get_from(server, target)
            assert len(server.seen) == 1
    with serving(lambda handler: reply(handler, 200, b"\x89PNG\r\n\x1a\n" + bytes(99))) as server:
        with pytest.raises(Gone, match="photo_unavailable"):
            get_from(server, target, f"/{name}")
        assert server.seen == []
    assert nothing_kept(target)


BOMB = _bomb(400)
PAGE = b"<!DOCTYPE html><title>Please wait</title>" + bytes(100)
TYPED = {"Content_Type": "text/html\x1b[2J"}
SENT: list[tuple[int, bytes, dict[str, str], type[NotFetched], str]] = [
    (200, PAGE, TYPED, Doubtful, r"not a picture \(sent as text/html"),  # without the type's control characters
    (200, b"\xff\xd8", {}, Doubtful, "not a picture"),
    (200, JPEG + bytes(1 << 20), {}, Refused, "larger than 1,048,576 bytes"),
    (200, BOMB, {"Content_Encoding": "gzip"}, Refused, "larger than"),
    *(
        (200, BOMB, {"Content_Encoding": coding}, Refused, "compressed in")
        for coding in ("gzip, gzip", "br", "zstd", "compress")
    ),
    (404, b"", {}, Gone, r"\(404, empty\)"),
    (404, b"<h1>404</h1>", {}, Gone, r"\(404, with a page\)"),
    (200, b"", {}, Doubtful, "empty"),
    (200, JPEG, {"Content_Encoding": "gzip"}, Silent, "connection failed"),
    (200, JPEG, {"Content_Length": str(len(JPEG) + 1), "Connection": "close"}, Silent, "connection failed"),
    (302, b"", {"Location": "http://[zz]/"}, Silent, "connection failed"),
    *((0, body, {}, Silent, "connection failed") for body in (b"", b"HTTP/1.1 2", b"<html>")),
    (0, b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", {}, Silent, "connection failed"),
]
"""Status (0: what follows is all that is sent), body and headers; the exception and a part of its reason."""


@pytest.mark.parametrize("sent", SENT, ids=range(len(SENT)))
def test_what_is_not_a_whole_picture_is_not_kept(
    sent: tuple[int, bytes, dict[str, str], type[NotFetched], str], target: Path
) -> None:
    """Pages, bombs, codings that were not offered, halves, and what is not HTTP: nothing of it stays, and an older file does."""
    status, body, headers, kind, reason = sent

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if status:
            reply(handler, status, body, **headers)
        else:
            handler.wfile.write(body)
            handler.close_connection = True

    target.parent.mkdir()
    target.write_bytes(b"older")
    with pytest.raises(kind, match=reason) as caught:
        get(answer, target)
    assert type(caught.value) is kind and [path.read_bytes() for path in target.parent.iterdir()] == [b"older"]


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + JPEG[:100]]
)
def test_a_slow_drip_ends(first: bytes, target: Path) -> None:
    """A byte now and then meets every read's time, and not the whole answer's, in its head and in its body."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(first)
        for _ in range(400):
            handler.wfile.write(b"x")
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(TryAgain, match="no answer in time"):
        get(drip, target, seconds=0.3)
    assert time.monotonic() - began < 3
    assert nothing_kept(target)


# --- the pure decision


@pytest.mark.parametrize(
    ("status", "headers", "kind", "reason"),
    [
        (200, {}, type(None), ""),
        (204, {}, Doubtful, "204"),
        (206, {}, Doubtful, "206"),
        (300, {"location": "/a"}, Doubtful, "300"),
        (301, {"location": "/a"}, Redirect, "/a"),
        (302, {"location": "https://x/photo_unavailable.png"}, Gone, "photo_unavailable"),
        (302, {"location": "/Photo_Unavailable_l.png#a"}, Gone, "photo_unavailable"),
        (302, {"location": "/a?next=/photo_unavailable.png"}, Redirect, "/a"),
        (302, {"location": "/photo_unavailable.png/1.jpg"}, Redirect, "/photo"),
        (303, {}, Doubtful, "leads nowhere"),
        (304, {}, Doubtful, "304"),
        (307, {"location": "/a"}, Redirect, "/a"),
        (308, {"location": "/a"}, Redirect, "/a"),
        (400, {}, Doubtful, "400"),
        (401, {}, Doubtful, "401"),
        (403, {}, Doubtful, "not allowed (403)"),
        (404, {}, Gone, "empty"),
        (404, {"content-length": "0"}, Gone, "empty"),
        (404, {"content-length": "7"}, Gone, "with a page"),
        (404, {"transfer-encoding": "chunked"}, Gone, "with a page"),
        (408, {}, TryAgain, "408"),
        (410, {}, Gone, "410"),
        (418, {}, Doubtful, "418"),
        (425, {}, TryAgain, "425"),
        (429, {}, Silent, "too many requests (429)"),
        (451, {}, Doubtful, "451"),
        (500, {}, TryAgain, "500"),
        (503, {}, TryAgain, "503"),
        (599, {}, TryAgain, "599"),
    ],
)
def test_what_an_answer_means(status: int, headers: dict[str, str], kind: type, reason: str) -> None:
    """Status and headers alone decide."""
    verdict = judge(status, httpx.Headers(headers), NOW)
    assert type(verdict) is kind
    if isinstance(verdict, NotFetched):
        assert reason in str(verdict)
    if isinstance(verdict, Redirect):
        assert verdict.startswith(reason)


@given(st.integers(100, 999), st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_any_answer_is_judged(status: int, location: str, after: str) -> None:
    """No status and no header is an error of ours, and only 200 may bring a picture."""
    headers = httpx.Headers([("location", location), ("retry-after", after)], encoding="latin-1")
    assert (judge(status, headers, NOW) is None) == (status == 200)


# --- the pace


def test_pauses_without_a_time_grow() -> None:
    """Twice as long each time, up to a limit, and short again after an answer; a stated time is believed up to an hour."""
    clock = Clock()
    pace = clock.pace(0.0)
    assert Settings().flickr.image_seconds == 1.0

    def pause(seconds: float | None = None) -> float:
        before = clock.now
        pace.pause(seconds)
        pace.wait()
        return clock.now - before

    assert [pause() for _ in range(12)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    pace.went_well()
    assert pause() == 2
    assert pause(7.0) == 7
    assert pause(1e9) == 3600
    pace.pause(100.0)
    pace.pause(1.0)  # a shorter pause does not end a longer one
    assert pace.due_in(paced=False) == 100.0


@given(
    st.lists(st.tuples(st.sampled_from(["wait", "named", "pause"]), st.floats(0, 50)), max_size=30), st.floats(0, 10)
)
def test_a_request_starts_at_its_turn_and_not_in_a_pause(events: list[tuple[str, float]], seconds: float) -> None:
    """Nor later than it may, whatever comes when: named hosts are not paced, but pause; `due_in` tells it before."""
    clock = Clock()
    pace = clock.pace(seconds)
    last, pause_ends = float("-inf"), float("-inf")
    for kind, number in events:
        if kind == "pause":
            pace.pause(number)
            pause_ends = max(pause_ends, clock.now + number)
            continue
        paced = kind == "wait"
        start = max(clock.now, pause_ends, last + seconds if paced else 0)
        assert pace.due_in(paced=paced) == pytest.approx(start - clock.now)
        pace.wait(paced=paced)
        assert clock.now == pytest.approx(start)
        last = clock.now if paced else last
        clock.now += number


def test_refusals_pause_all_that_follow(target: Path) -> None:
    """429 and Retry-After do, for named hosts too; another failure does not."""
    answers = {
        "/429": lambda handler: reply(handler, 429, b"<html>", Content_Type="text/html"),
        "/503": lambda handler: reply(handler, 503, Retry_After="30"),
        "/500": lambda handler: reply(handler, 500),
    }
    clock = Clock()
    pace = clock.pace(5.0)
    with serving(lambda handler: answers[handler.path](handler)) as server:
        hosts = Hosts.from_environment({"CURATE_FLICKR_HOSTS": f"127.0.0.1:{server.port}"})
        with guarded_client(hosts, 5.0) as client:
            for path, slept, paused in (("/429", [], 2.0), ("/503", [2.0], 30.0), ("/500", [2.0, 30.0], 0.0)):
                with pytest.raises(TryAgain, match=path[1:]) as caught:
                    fetch(client, hosts, f"http://127.0.0.1:{server.port}{path}", target, pace=pace)
                assert caught.value.retry_after == (30.0 if path == "/503" else None)
                assert (clock.slept, pace.due_in(paced=False)) == (slept, paused)
