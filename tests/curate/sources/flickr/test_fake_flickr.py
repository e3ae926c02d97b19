"""What the tests of the harvest rely on: the fake Flickr lies, fails and forbids as Flickr does, and its log tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from tests.helpers.fake_flickr import (
    KEY,
    FakeFlickr,
    Fault,
    Faults,
    Limits,
    Rates,
    Universe,
    asked_twice,
    complaints,
    files_twice,
    violations,
)
from tests.helpers.fake_flickr.faults import Gate
from tests.helpers.fake_flickr.images import original_url

Ask = Callable[..., httpx.Response]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Connections that follow redirects."""
    with httpx.Client(trust_env=False, timeout=5, follow_redirects=True) as client:
        yield client


def asking(http: httpx.Client, flickr: FakeFlickr) -> Ask:
    """Ask the fake a method's short name with arguments."""

    def ask(method: str, **arguments: object) -> httpx.Response:
        general = {"method": f"flickr.{method}", "api_key": KEY, "format": "json", "nojsoncallback": "1"}
        return http.get(flickr.endpoint, params=general | {name: str(value) for name, value in arguments.items()})

    return ask


def test_lists_are_as_untrue_as_flickr_s(http: httpx.Client) -> None:
    """Short pages, high totals, types that drift, 4,000 results, repeats in narrow windows; bad arguments are told."""
    universe = Universe(4600, rates=Rates.none(unshown=0.02))
    start = int(universe.upload[5])  # every fifth photo comes twice in a narrow window
    with FakeFlickr(universe) as flickr:
        ask = asking(http, flickr)
        pages: list[dict[str, Any]] = []
        for page in range(1, 10):
            asked = ask("photos.search", min_upload_date=1, media="photos", per_page=500, page=page)
            pages.append(asked.json()["photos"])
        narrow = ask("photos.search", min_upload_date=start, max_upload_date=start + 60, media="photos").json()[
            "photos"
        ]
        ask("photos.search", text="dog", min_taken="2010", max_taken_date="01/02/2010", extras="exif", license="cc0")
        told = "; ".join(complaints(flickr.log))
    ids = [[photo["id"] for photo in page["photo"]] for page in pages]
    assert all(450 < len(page) < 500 for page in ids) and ids[8] == ids[0]
    assert {type(page["total"]) for page in pages} == {int, str} and int(pages[0]["total"]) > 4600
    assert [photo["id"] for photo in narrow["photo"]].count(str(universe.id_of(5))) == 2
    for part in ("beyond", "argument min_taken", "max_taken_date=01", "extra exif", "license=cc0", "videos"):
        assert part in told


def test_originals_hold_what_getexif_lists_until_they_are_gone(http: httpx.Client) -> None:
    """Then a placeholder or an empty 404 comes; the key has no business at the image host."""
    universe = Universe(9, rates=Rates.none())
    with FakeFlickr(universe) as flickr:
        for number in range(9):
            url = original_url(universe, number, f"http://{flickr.hosts}")
            data = http.get(url).content
            listed = asking(http, flickr)("photos.getExif", photo_id=universe.id_of(number)).json()["photo"]["exif"]
            models = {
                str(tag["raw"]["_content"]) for tag in listed if (tag["tagspace"], tag["tag"]) == ("IFD0", "Model")
            }
            with Image.open(BytesIO(data)) as picture:
                assert {picture.getexif()[0x0110]} == models
            universe.delete(universe.id_of(number))
            gone = http.get(url, params={"api_key": KEY})
            assert (gone.status_code == 404 and not gone.content) or "photo_unavailable" in gone.url.path
    assert len([one for one in violations(flickr.log) if "key" in one]) >= 9


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault.HTTP_500, "500 - <!DOCTYPE"), (Fault.HTTP_502, "502 - <!DOCTYPE"), (Fault.HTTP_503, "503 - <!DOCTYPE"),
        (Fault.TOO_MANY, "429 - <!DOCTYPE"), (Fault.TOO_MANY_WAIT, "429 1 <!DOCTYPE"), (Fault.CLOSED, "RemoteProtocolError"),
        (Fault.HALF, "RemoteProtocolError"), (Fault.HALF_VALID, '200 - {"photos"'), (Fault.TRAILING_COMMA, '200 - {"stat":"'),
        (Fault.XML, "200 - <?xml ver"), (Fault.CODE_105, "200 - {105"), (Fault.CODE_10, "200 - {10"), (Fault.CODE_0, "200 - {0"),
        (Fault.CODE_201, "200 - {201"), (Fault.HTML, "200 - <!DOCTYPE"), (Fault.EMPTY, "200 - "),
        (Fault.STALL, "RemoteProtocolError"), (Fault.SLOW, '200 - {"photos"'),
    ],
)  # fmt: skip
def test_each_fault_is_what_it_says(http: httpx.Client, fault: Fault, seen: str) -> None:
    """And the same for the same call."""
    with FakeFlickr(Universe(50), Faults(rate=1.0, kinds=(fault,), only=range(1, 2))) as flickr:
        try:
            answer = asking(http, flickr)("photos.search", text="dog")
            start = (
                answer.text.replace('"stat": "fail", "code": ', "")[:9]
                if "code" in answer.text[:25]
                else answer.text[:9]
            )
            assert f"{answer.status_code} {answer.headers.get('Retry-After', '-')} {start}".startswith(seen)
        except httpx.TransportError as error:
            assert type(error).__name__ == seen
        (record,) = flickr.log
    assert record.fault is fault and record.settled is (fault in (Fault.XML, Fault.SLOW))


def test_the_log_finds_what_is_asked_twice_or_in_a_pause(http: httpx.Client) -> None:
    """Again after an answer or a refusal, not after a fault; for files too. A call on its way at a 429 is none in its pause."""
    universe, now = Universe(50, rates=Rates.none()), [100.0]
    here, gone, broken, paused = (universe.id_of(number) for number in range(4))
    universe.delete(gone)
    faults = Faults(stubborn={broken: Fault.HTTP_500, paused: Fault.TOO_MANY_WAIT}, retry_after=3)
    with FakeFlickr(universe, faults, Limits(calls=10), clock=lambda: now[0]) as flickr:
        ask, url = asking(http, flickr), original_url(universe, 0, f"http://{flickr.hosts}")
        for photo_id in (here, gone, broken, broken):
            ask("photos.getExif", photo_id=photo_id)
        assert asked_twice(flickr.log) == [] and http.get(url).status_code == 200
        for photo_id in (here, gone, paused):
            ask("photos.getExif", photo_id=photo_id)
        statuses = []
        for seconds in (0.01, 1, 2, 0, 0):
            now[0] += seconds
            statuses.append(ask("photos.licenses.getInfo").status_code)
        assert http.get(url).status_code == 200
    assert (
        len(asked_twice(flickr.log)) == 4
        and len(files_twice(flickr.log)) == 1
        and statuses == [429, 429, 200, 429, 429]
    )
    assert [one.partition(": ")[2] for one in violations(flickr.log)] == [
        "called during a pause after 429", "more than 10 calls in an hour", "more than 10 calls in an hour",
    ]  # fmt: skip


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.floats(0.5, 4), st.floats(0, 2))
def test_the_pace_is_broken_where_some_stretch_holds_too_many(gaps: list[float], pace: float, jitter: float) -> None:
    """And nowhere else."""
    gate, times = Gate(Limits(pace=pace, jitter=jitter)), np.cumsum(gaps)
    broken = any(gate.enter(float(at))[0] for at in times)
    excess = [
        place - first - pace * (times[place] - times[first] + jitter)
        for place in range(len(times))
        for first in range(place + 1)
    ]
    assume(all(abs(value) > 1e-6 for value in excess))  # exactly at the limit, rounding decides
    assert broken == any(value > 0 for value in excess)
