"""The fake Flickr's image host, its faults and limits; its log finds what a caller does wrong."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.helpers.fake_flickr import (
    KEY,
    FakeFlickr,
    FakeFlickrProcess,
    Fault,
    Faults,
    Limits,
    Outcome,
    Rates,
    Trick,
    Universe,
    asked_twice,
    by_method,
    most_in,
    read_log,
    violations,
)
from tests.helpers.fake_flickr.asking import asking
from tests.helpers.fake_flickr.limits import Gate


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Connections that are closed before the server is."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


def first_where(column: np.ndarray[Any, Any]) -> int:
    """The number of the first photo of which something holds."""
    return int(np.flatnonzero(column)[0])


# --- the image host ---


def test_deleted_originals_are_a_placeholder_or_an_empty_404(http: httpx.Client) -> None:
    universe = Universe(40, rates=Rates.none())
    seen = set()
    with FakeFlickr(universe) as flickr:
        for number in range(40):
            universe.delete(universe.id_of(number))
            path = f"/live/{universe.server(number)}/{universe.id_of(number)}_{universe.original_secret(number)}_o.jpg"
            answer = http.get(flickr.site + path, follow_redirects=True)
            seen.add(
                (
                    answer.status_code,
                    answer.url.path if answer.history else "",
                    answer.headers["Content-Type"],
                    len(answer.content) > 0,
                )
            )
    assert seen == {
        (200, "/photo_unavailable.png", "image/png", True),
        (200, "/photo_unavailable_l.png", "image/png", True),
        (404, "", "text/plain", False),
    }


def test_the_image_host_plays_tricks(http: httpx.Client) -> None:
    universe = Universe(10, rates=Rates.none())
    path = f"/live/{universe.server(0)}/{universe.id_of(0)}_{universe.original_secret(0)}_o.jpg"
    with FakeFlickr(universe) as flickr:

        def get(trick: Trick, follow: bool = False) -> httpx.Response:
            flickr.trick(universe.id_of(0), trick)
            return http.get(flickr.site + path, follow_redirects=follow)

        good = http.get(flickr.site + path).content
        assert get(Trick.HTML).content.startswith(b"<!DOCTYPE html>")
        assert get(Trick.EMPTY).content == b""
        assert good.startswith(get(Trick.TRUNCATED).content) and len(get(Trick.TRUNCATED).content) < len(good)
        assert get(Trick.LOOP).headers["Location"] == path
        assert [len(get(trick, follow=True).history) for trick in (Trick.MOVED, Trick.MOVED_FIVE, Trick.MOVED_SIX)] == [
            1,
            5,
            6,
        ]
        assert get(Trick.PRIVATE).headers["Location"].startswith("http://192.168.")
        assert violations(flickr.log) == []
        assert get(Trick.OTHER_HOST, follow=False).status_code == 302
        http.get(flickr.site.replace("127.0.0.1", "localhost") + path)
        assert "reached as localhost" in violations(flickr.log)[0]
        for trick in (Trick.ENDLESS, Trick.HUGE):
            flickr.trick(universe.id_of(0), trick)
            with http.stream("GET", flickr.site + path) as answer:
                chunks = answer.iter_raw(1 << 20)
                assert [len(next(chunks)) for _ in range(3)] == [1 << 20] * 3
                assert answer.headers.get("Content-Length") == (str(300 << 20) if trick is Trick.HUGE else None)


def test_the_key_has_no_business_at_the_image_host(http: httpx.Client) -> None:
    with FakeFlickr(Universe(10)) as flickr:
        http.get(f"{flickr.site}/live/1/2_3_o.jpg", params={"api_key": KEY})
        http.get(f"{flickr.site}/live/1/2_3_o.jpg", headers={"Referer": f"{flickr.endpoint}?api_key={KEY}"})
        assert len(violations(flickr.log)) == 2 and KEY not in str(flickr.log)


# --- faults ---


def outcome_of(http: httpx.Client, flickr: FakeFlickr, **arguments: object) -> str:
    """What a caller sees of one call, in a word or two."""
    try:
        answer = asking(http, flickr)("photos.search", text="dog", **arguments)
    except httpx.TransportError as error:
        return type(error).__name__
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.headers.get('Retry-After', '-')} {answer.text[:9]}"
    try:
        body = answer.json()
    except ValueError:
        return f"not JSON: {answer.text[:5]}"
    return f"{body['stat']} {body.get('code', '')}".strip()


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.HTTP_500, "500 - <!DOCTYPE"),
        (Fault.HTTP_502, "502 - <!DOCTYPE"),
        (Fault.HTTP_503, "503 - <!DOCTYPE"),
        (Fault.TOO_MANY, "429 - <!DOCTYPE"),
        (Fault.TOO_MANY_WAIT, "429 1 <!DOCTYPE"),
        (Fault.CLOSED, "RemoteProtocolError"),
        (Fault.HALF, "RemoteProtocolError"),
        (Fault.HALF_VALID, 'not JSON: {"pho'),
        (Fault.TRAILING_COMMA, 'not JSON: {"sta'),
        (Fault.XML, "not JSON: <?xml"),
        (Fault.CODE_105, "fail 105"),
        (Fault.CODE_10, "fail 10"),
        (Fault.CODE_0, "fail 0"),
        (Fault.CODE_201, "fail 201"),
        (Fault.HTML, "not JSON: <!DOC"),
        (Fault.EMPTY, "not JSON: "),
        (Fault.STALL, "RemoteProtocolError"),
        (Fault.SLOW, "ok"),
    ],
)
def test_each_fault_is_what_it_says(http: httpx.Client, fault: Fault, seen: str) -> None:
    with FakeFlickr(Universe(50), Faults(rate=1.0, kinds=(fault,), stall_seconds=0.05)) as flickr:
        assert outcome_of(http, flickr) == seen
        (record,) = flickr.log
    assert record.fault == fault
    assert record.outcome is (Outcome.ANSWERED if fault is Fault.SLOW else Outcome.BROKEN)


def test_the_same_seed_gives_the_same_faults(http: httpx.Client) -> None:
    kinds = tuple(kind for kind in Fault if kind not in (Fault.TOO_MANY, Fault.TOO_MANY_WAIT))
    runs = []
    for seed in (1, 1, 2):
        with FakeFlickr(Universe(50), Faults(rate=0.3, kinds=kinds, seed=seed, stall_seconds=0.001)) as flickr:
            for _ in range(60):
                outcome_of(http, flickr)
            runs.append([record.fault for record in flickr.log])
    assert runs[0] == runs[1] != runs[2]
    assert 5 < sum(fault is not None for fault in runs[0]) < 35


def test_one_photo_can_fail_for_ever(http: httpx.Client) -> None:
    universe = Universe(50, rates=Rates.none())
    with FakeFlickr(universe, Faults(stubborn={universe.id_of(7): Fault.CODE_10})) as flickr:
        ask = asking(http, flickr)
        codes = [ask("photos.getExif", photo_id=universe.id_of(number)).json().get("code") for number in (7, 8, 7)]
    assert codes == [105, None, 105]  # code 10 is search's own


def test_the_image_host_has_faults_of_its_own(http: httpx.Client) -> None:
    universe = Universe(10, rates=Rates.none())
    path = f"/live/{universe.server(0)}/{universe.id_of(0)}_{universe.original_secret(0)}_o.jpg"
    with FakeFlickr(universe, Faults(image_rate=1.0, kinds=(Fault.HTTP_503,))) as flickr:
        assert http.get(flickr.site + path).status_code == 503
        assert outcome_of(http, flickr) == "ok"


# --- limits and the log ---


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("as_date", [False, True])
def test_a_pause_after_429_is_for_every_call(http: httpx.Client, as_date: bool) -> None:
    universe, clock = Universe(50, rates=Rates.none()), Clock()
    faults = Faults(stubborn={universe.id_of(0): Fault.TOO_MANY_WAIT}, retry_after=3, retry_after_date=as_date)
    with FakeFlickr(universe, faults, clock=clock) as flickr:
        ask = asking(http, flickr)
        wait = ask("photos.getExif", photo_id=universe.id_of(0)).headers["Retry-After"]
        if as_date:
            assert 2 < parsedate_to_datetime(wait).timestamp() - time.time() < 10
        else:
            assert wait == "3"
        for seconds, status in ((0.01, 429), (1, 429), (2, 200)):
            clock.now += seconds
            assert ask("photos.getExif", photo_id=universe.id_of(1)).status_code == status
        # the first was on its way already
        assert violations(flickr.log) == ["flickr.photos.getExif 3: called during a pause after 429"]
        assert [record.outcome for record in flickr.log] == ["broken", "throttled", "throttled", "answered"]


def test_calls_beyond_the_window_are_refused_and_recorded(http: httpx.Client) -> None:
    clock = Clock()
    with FakeFlickr(Universe(50), limits=Limits(calls=3, seconds=60), clock=clock) as flickr:
        statuses = []
        for seconds in (0, 10, 20, 20, 10, 0.5):
            clock.now += seconds
            statuses.append(asking(http, flickr)("photos.licenses.getInfo").status_code)
        assert statuses == [200, 200, 200, 429, 200, 429]
        assert violations(flickr.log) == [
            f"flickr.photos.licenses.getInfo {number}: more than 3 calls in 60 seconds" for number in (4, 6)
        ]
        assert most_in(flickr.log, 60) == 5
        assert by_method(flickr.log) == {"flickr.photos.licenses.getInfo": 6}
        # so many an hour as the server's window allows in its seconds
        assert flickr.environment()["CURATE_FLICKR_CALLS_PER_HOUR"] == "180"


def test_too_fast_a_pace_is_recorded_and_one_in_pace_is_not(http: httpx.Client) -> None:
    for wait, fast in ((0.015, True), (0.02, False)):
        clock = Clock()
        with FakeFlickr(Universe(50), limits=Limits(pace=50, jitter=0.1), clock=clock) as flickr:
            for _ in range(40):
                asking(http, flickr)("photos.licenses.getInfo")
                clock.now += wait
            assert bool(violations(flickr.log)) == fast
            assert {record.outcome for record in flickr.log} == {Outcome.ANSWERED}


@given(
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=80),
    pace=st.floats(0.5, 4),
    jitter=st.floats(0, 2),
    burst=st.integers(1, 3),
)
def test_the_pace_is_broken_where_some_stretch_holds_too_many(
    gaps: list[float], pace: float, jitter: float, burst: int
) -> None:
    gate = Gate(Limits(pace=pace, jitter=jitter, burst=burst))
    times = np.cumsum(gaps)
    broken = [place for place, at in enumerate(times) if gate.enter(float(at))[0]]
    excess = [
        place - first + 1 - (pace * (times[place] - times[first] + jitter) + burst)
        for place in range(len(times))
        for first in range(place + 1)
    ]
    assume(all(abs(value) > 1e-6 for value in excess))  # exactly at the limit, rounding decides
    assert bool(broken) == any(value > 0 for value in excess)


@given(gaps=st.lists(st.floats(0, 3), max_size=80), calls=st.integers(1, 6))
def test_no_window_has_more_answers_than_the_limit(gaps: list[float], calls: int) -> None:
    gate = Gate(Limits(calls=calls, seconds=5))
    times = np.cumsum(gaps)
    answered = [at for at in times if not gate.enter(float(at))[1]]
    assert all(sum(at - 5 < other <= at for other in answered) <= calls for at in answered)
    assert len(answered) == len(times) or any(sum(at - 5 < other <= at for other in times) > calls for at in times)


def test_the_log_finds_questions_asked_twice(http: httpx.Client) -> None:
    universe = Universe(50, rates=Rates.none(gone=0.2))
    gone, here = universe.id_of(first_where(universe.gone)), universe.id_of(first_where(~universe.gone))
    with FakeFlickr(universe, Faults(stubborn={universe.id_of(49): Fault.HTTP_500})) as flickr:
        ask = asking(http, flickr)
        for photo_id in (here, gone, universe.id_of(49), universe.id_of(49)):
            ask("photos.getExif", photo_id=photo_id)
        assert asked_twice(flickr.log) == []
        ask("photos.getExif", photo_id=gone)
        ask("photos.getExif", photo_id=here, format="rest")
        ask("photos.getInfo", photo_id=here)
        assert [record.number for record in asked_twice(flickr.log)] == [5, 6]
        assert asked_twice(flickr.log, ["flickr.photos.getInfo"]) == []


def test_it_stops_while_callers_keep_connections_and_wait(http: httpx.Client) -> None:
    with FakeFlickr(Universe(10), Faults(rate=1.0, kinds=(Fault.STALL,), stall_seconds=60)) as flickr:
        host, port = flickr.hosts.split(":")
        kept = socket.create_connection((host, int(port)))
        kept.sendall(f"GET /services/rest/?method=x HTTP/1.1\r\nHost: {flickr.hosts}\r\n\r\n".encode())
        assert kept.recv(100)
        waiting = socket.create_connection((host, int(port)))
        query = f"method=flickr.photos.search&api_key={KEY}&text=dog"
        waiting.sendall(f"GET /services/rest/?{query} HTTP/1.1\r\nHost: {flickr.hosts}\r\n\r\n".encode())
        assert waiting.recv(100)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    kept.close()
    waiting.close()


def test_it_runs_as_a_process_with_its_log_in_a_file(http: httpx.Client, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with FakeFlickrProcess(log, "--photos", "50", "--plain") as flickr:
        assert flickr.environment["FLICKR_API_KEY"] == KEY
        photo_id = Universe(50, rates=Rates.none()).id_of(4)
        flickr.control("delete", id=photo_id)
        arguments = {"method": "flickr.photos.getInfo", "api_key": KEY, "format": "json", "nojsoncallback": "1"}
        assert http.get(flickr.endpoint, params=arguments | {"photo_id": str(photo_id)}).json()["code"] == 1
        (record,) = flickr.log
    assert (record.photo_id, record.outcome, record.code) == (str(photo_id), Outcome.REFUSED, 1)
    assert read_log(log) == (record,) and KEY not in log.read_text()
    assert json.loads(log.read_text())["method"] == "flickr.photos.getInfo"
