"""Answers of the API: what they hold, why they failed, and what may be asked again."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.errors import CredentialsError
from curate.sources.flickr.answers import (
    BadStatus,
    Failure,
    FlickrError,
    Garbled,
    NoAnswer,
    Throttled,
    int_of,
    is_retryable,
    parse_answer,
    part,
    parts,
    retry_after,
    text_of,
)
from tests.helpers.fake_flickr import Rates, Universe, album_id, group_id, group_url, member
from tests.helpers.fake_flickr.api import METHODS, Api, Question, xml

SEARCH, EXIF, SIZES = "flickr.photos.search", "flickr.photos.getExif", "flickr.photos.getSizes"


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (NoAnswer("closed"), True),
        (Garbled("half"), True),
        (Throttled(None), True),
        (Throttled(5.0), True),
        *((BadStatus(status), True) for status in (301, 302, 403, 404, 408, 425, 500, 502, 503, 504, 520, 524)),
        (Failure(EXIF, 105, "Service currently unavailable"), True),
        (Failure(EXIF, 106, "Write operation failed"), True),
        (Failure(SEARCH, 10, "Sorry, the Flickr search API is not currently available."), True),
        (Failure(EXIF, 10, "something else"), False),
        (Failure(EXIF, 201, "Sorry, the Flickr API service is not currently available."), True),
        (Failure(EXIF, 0, "Sorry, the Flickr API service is not currently available."), True),
        (Failure(EXIF, 0, ""), True),
        (Failure(EXIF, 1, "Photo not found"), False),
        (Failure(EXIF, 2, "Permission denied"), False),
        (Failure(SIZES, 2, "Permission denied"), False),
        *((Failure(SEARCH, code, "no"), False) for code in (1, 2, 3, 4, 5, 17, 18, 20)),
        *((Failure(EXIF, code, "no"), False) for code in (95, 96, 97, 98, 99, 100, 111, 112, 114, 115, 116)),
        (FlickrError("unknown"), False),
        (CredentialsError("no key", ""), False),
        (ValueError("ours"), False),
    ],
)
def test_what_may_be_asked_again(error: BaseException, again: bool) -> None:
    """One pure function decides, for every kind of error and each method's codes."""
    assert is_retryable(error) is again


@pytest.mark.parametrize(
    "body",
    [
        b'{"stat":"ok","a":"x"}',
        b'\xef\xbb\xbf{"stat":"ok","a":"x"}',
        b'jsonFlickrApi({"stat":"ok","a":"x"})',
        b'jsonFlickrApi({"stat":"ok","a":"x"});\n',
        b' {"stat":"ok","a":"x",} ',
        b'{"a":"x",\n\t"stat":"ok" , }',
    ],
)
def test_forms_of_json(body: bytes) -> None:
    """With a callback around it, a byte order mark, or a comma too many."""
    assert parse_answer(SEARCH, body) == {"stat": "ok", "a": "x"}


@example('a,] b,} \\" ,]')
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=8
    )
)
def test_any_text_comes_through_beside_a_comma_too_many(value: Any) -> None:
    """As it was written, whatever brackets and quotes it holds; in lists too."""
    body = '{"stat":"ok","list":[1,2,],"value":' + json.dumps(value) + ",}"
    assert parse_answer(SEARCH, body.encode()) == {"stat": "ok", "list": [1, 2], "value": value}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<!DOCTYPE html>\n<html><body>We are having a massage</body></html>",
        b"<html><body>busy</body></html>",
        b"<rsp stat='ok'><photos",
        b"<!DOCTYPE rsp [<!ENTITY a 'b'>]><rsp stat='ok'>&a;</rsp>",
        b'{"stat":"ok","photos":{"photo":[{"id":"5',
        b"[1, 2]",
        b'"ok"',
        b"null",
        b"{}",
        b'{"stat":"maybe"}',
        b"{" * 100_000,
        b"[" * 100_000,
        b"\xff\xfe\x00garbage",
        b'{"stat":"ok","n":' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    """Pages, halves, and anything that does not say how it went: to be asked again."""
    with pytest.raises(Garbled):
        parse_answer(SEARCH, body)


@given(st.binary(max_size=200))
def test_no_body_breaks_the_parser(body: bytes) -> None:
    """It is an answer, a failure, or garbled."""
    with contextlib.suppress(FlickrError):
        assert isinstance(parse_answer(SEARCH, body), dict)


@pytest.mark.parametrize(
    "body",
    [
        b'{"stat":"fail","code":1,"message":"Photo not found"}',
        b'{"stat":"fail","code":"1","message":"Photo not found",}',
        b'{"stat":"fail","err":{"code":"1","msg":"Photo not found"}}',
        b'<?xml version="1.0" encoding="utf-8" ?>\n<rsp stat="fail"><err code="1" msg="Photo not found" /></rsp>',
        b'jsonFlickrApi({"stat":"fail","code":1,"message":"Photo \\u202enot found"})',
    ],
)
def test_forms_of_failures(body: bytes) -> None:
    """In JSON and in XML, with a number or a text for a code; the message is clean."""
    with pytest.raises(Failure, match="Photo not found") as caught:
        parse_answer(EXIF, body)
    assert (caught.value.method, caught.value.code, caught.value.message) == (EXIF, 1, "Photo not found")


def test_a_failure_without_a_code_or_message() -> None:
    """Is still one."""
    with pytest.raises(Failure, match="no message") as caught:
        parse_answer(EXIF, b'{"stat":"fail"}')
    assert caught.value.code == 0


def arguments() -> dict[str, dict[str, str]]:
    """For each method, arguments that it answers."""
    universe = Universe(300, rates=Rates.none())
    photo = {"photo_id": str(universe.id_of(3))}
    owner = int(universe.owner[universe.album < 3][0])
    return {
        SEARCH: {"min_taken_date": "2000-01-01", "extras": "license,date_taken,media,url_o", "per_page": "3"},
        EXIF: photo,
        "flickr.photos.getInfo": photo,
        SIZES: photo,
        "flickr.photos.licenses.getInfo": {},
        "flickr.people.findByUsername": {"username": member(2).username},
        "flickr.urls.lookupUser": {"url": f"https://www.flickr.com/photos/{member(3).path_alias}/"},
        "flickr.urls.lookupGroup": {"url": group_url(1)},
        "flickr.groups.pools.getPhotos": {"group_id": group_id(1), "extras": "license", "per_page": "2"},
        "flickr.photosets.getPhotos": {
            "photoset_id": album_id(owner, 0),
            "user_id": member(owner).nsid,
            "per_page": "2",
        },
    }


def alike(value: Any) -> Any:
    """A value with numbers as texts, and texts without the wrapping that JSON and XML do differently."""
    if isinstance(value, dict):
        if set(value) <= {"_content"}:
            return text_of(value)
        return {name: alike(one) for name, one in value.items() if alike(one) is not None}
    if isinstance(value, list):
        return [alike(one) for one in value]
    return text_of(value)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_xml_of_every_method_has_the_form_of_its_json(method: str) -> None:
    """Also where a list has one entry."""
    question = Question(arguments()[method] | {"method": method}, drift=False)
    body = Api(Universe(300, rates=Rates.none()), "").answer(question)
    assert alike(parse_answer(method, xml(body))) == alike(parse_answer(method, json.dumps(body).encode()))


def test_a_list_of_one_in_xml_is_a_list() -> None:
    """And one that is absent is empty."""
    one = parse_answer(SEARCH, b'<rsp stat="ok"><photos total="1"><photo id="5"/></photos></rsp>')
    none = parse_answer(SEARCH, b'<rsp stat="ok"><photos total="0"/></rsp>')
    assert parts(part(one, "photos"), "photo") == [{"id": "5"}]
    assert parts(part(none, "photos"), "photo") == []
    for wrong in ({"photos": "x"}, {"photos": []}, {}):
        with pytest.raises(Garbled):
            part(wrong, "photos")
    with pytest.raises(Garbled):
        parts({"photo": "x"}, "photo")


def test_values_whose_type_drifts() -> None:
    """Numbers as texts, texts as numbers, either wrapped."""
    assert [int_of(value) for value in (5, "5", {"_content": 5}, {"_content": "5"}, 5.0, "5.0", " 5 ", "4,001", "-1")] == [
        5, 5, 5, 5, 5, 5, 5, 4001, -1,
    ]  # fmt: skip
    assert [int_of(value) for value in (None, "", "x", True, [], {}, "5.5", "٣", "1" * 30, 1e300)] == [None] * 10
    assert [text_of(value) for value in (6230, "6230", {"_content": 6230}, " a\0b ")] == ["6230", "6230", "6230", "a"]
    assert [text_of(value) for value in (None, "", " ", True, [], {}, {"_content": {}})] == [None] * 7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120), (" 1.5 ", 1.5), ("0", 0), ("Thu, 01 Jan 2026 00:01:30 GMT", 90), ("Thu, 01 Jan 2026 00:01:30 -0000", 90),
        ("Thu, 01 Jan 2026 02:01:30 +0200", 90), ("Wed, 31 Dec 2025 23:00:00 GMT", 0), (None, None), ("", None), ("soon", None),
        ("-5", None), ("1e9", None), ("99999999999", None), ("9" * 5000, None), ("²", None),
        ("Thu, 01 Jan 2026 00:01:30 +99999999999", None), ("Thu, 01 Jan 99999 00:01:30 GMT", None),
    ],
    ids=repr,
)  # fmt: skip
def test_retry_after(text: str | None, seconds: float | None) -> None:
    """Seconds or a date, as RFC 9110 has them; anything else says nothing."""
    assert retry_after(text, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
