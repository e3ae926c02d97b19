"""The client asks allowed hosts alone, whatever name servers and servers answer."""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.sources.flickr.hosts import ForbiddenAddress, Hosts, WrongAddress, check_url, is_public
from curate.sources.flickr.transport import guarded_client, look_up, time_limit
from tests.helpers.local_servers import Detour, certificate, reply, serving

PUBLIC = ["151.101.1.140", "2606:4700::6810:84e5"]
PICTURE = "https://live.staticflickr.com/1_abc_o.jpg"


def hello(handler: BaseHTTPRequestHandler) -> None:
    """Answer with one word and a cookie."""
    reply(handler, 200, b"hello", Set_Cookie="a=b")


def named(entry: str) -> Hosts:
    """Flickr's hosts and one more."""
    return Hosts.from_environment({"CURATE_FLICKR_HOSTS": entry})


def test_a_named_host_is_asked_honestly(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the program's name and without cookies; proxies of the environment are ignored."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(hello) as server, guarded_client(named(f"127.0.0.1:{server.port}"), 5.0) as client:
        for _ in range(2):
            assert client.get(f"http://127.0.0.1:{server.port}/a?b=c").text == "hello"
    assert [path for path, _ in server.seen] == ["/a?b=c"] * 2
    for _, headers in server.seen:
        assert headers["user-agent"].startswith("lenstrace/")
        assert not {"cookie", "referer", "authorization"} & headers.keys()


def test_a_url_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """An API key stands in the URL, and httpx would log it."""
    with serving(hello) as server, guarded_client(named(f"127.0.0.1:{server.port}"), 5.0) as client:
        caplog.set_level(logging.DEBUG)
        client.get(f"http://127.0.0.1:{server.port}/?api_key=secretword")
    assert server.seen
    assert "secretword" not in caplog.text


def test_redirects_are_not_followed() -> None:
    """Also where a call asks for it, another host is not reached."""
    with serving(hello) as other, serving(lambda handler: reply(handler, 302, Location=there)) as server:
        there = f"http://127.0.0.1:{other.port}/"
        with guarded_client(named(f"127.0.0.1:{server.port}"), 5.0) as client:
            url = f"http://127.0.0.1:{server.port}/"
            assert client.get(url).status_code == 302
            with pytest.raises(ForbiddenAddress):
                client.get(url, follow_redirects=True)
    assert other.seen == []


def test_ipv6() -> None:
    """A named IPv6 address is asked."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no IPv6")
    with serving(hello, address="::1") as server, guarded_client(named(f"[::1]:{server.port}"), 5.0) as client:
        assert client.get(f"http://[::1]:{server.port}/").text == "hello"


def test_a_named_name_may_be_this_computer_but_no_neighbour() -> None:
    """Loopback is allowed for a named host, another private address only if the address itself is named."""
    with serving(hello) as server:
        hosts = named(f"photos.test:{server.port},10.0.0.8:{server.port}")
        url = f"http://photos.test:{server.port}/"
        with guarded_client(hosts, 5.0, resolve=lambda host, port: ["127.0.0.1"]) as client:
            assert client.get(url).text == "hello"
        network = Detour(server.port)
        with guarded_client(hosts, 5.0, resolve=lambda host, port: ["10.0.0.8"], network=network) as client:
            with pytest.raises(WrongAddress, match=r"photos\.test is at 10\.0\.0\.8"):
                client.get(url)
            assert network.connected == []
            assert client.get(f"http://10.0.0.8:{server.port}/").text == "hello"


def test_the_checked_address_is_the_one_that_is_connected_to() -> None:
    """The name is looked up once for a connection: a name server that answers differently the next time changes nothing."""
    answers = iter([["151.101.1.140"], ["127.0.0.1"]])
    network = Detour(None)
    with guarded_client(Hosts(), 5.0, resolve=lambda host, port: next(answers), network=network) as client:
        with pytest.raises(httpx.ConnectError):
            client.get(PICTURE)
        assert network.connected == [("151.101.1.140", 443)]
        with pytest.raises(WrongAddress):
            client.get(PICTURE)
        assert network.connected == [("151.101.1.140", 443)]


def test_tls_verifies_the_name(tmp_path: Path) -> None:
    """The connection goes to an address, and the certificate must still be the name's; a dead address is passed over."""
    server_side, trusted = certificate(tmp_path, "live.staticflickr.com")
    with serving(hello, tls=server_side) as server:
        network = Detour(server.port, failing=PUBLIC[:1])
        with guarded_client(Hosts(), 5.0, resolve=lambda host, port: PUBLIC, network=network, tls=trusted) as client:
            assert client.get(PICTURE).text == "hello"
            assert network.connected == [(address, 443) for address in PUBLIC]
            with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
                client.get("https://farm5.staticflickr.com/1.jpg")
        with (
            guarded_client(Hosts(), 5.0, resolve=lambda host, port: PUBLIC, network=Detour(server.port)) as client,
            pytest.raises(httpx.ConnectError, match=r"(?i)certificate"),
        ):
            client.get(PICTURE)
    assert len(server.seen) == 1
    assert server.seen[0][1]["host"] == "live.staticflickr.com"


def test_a_name_that_is_not_found() -> None:
    """No address is an error of the connection: it can go away."""
    with pytest.raises(OSError, match="name"):
        look_up("a" * 70 + ".invalid", 443)

    def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    for resolve in (fail, lambda host, port: []):
        with guarded_client(Hosts(), 5.0, resolve=resolve) as client, pytest.raises(httpx.ConnectError, match="name"):
            client.get(PICTURE)


@pytest.mark.parametrize(
    "location",
    [
        "////[@",
        "http://[zz]/",
        "http://a:b/",
        "/" + "a" * 65_530,
        "data:image/jpeg;base64,AA",
        "mailto:a@b",
        "http:a",
        "//xn--/",
    ],
)
def test_a_redirect_that_is_not_a_url_is_an_error_of_the_server(location: str) -> None:
    """It is not one of ours: httpx looks at redirects even where it follows none."""
    with (
        serving(lambda handler: reply(handler, 302, Location=location)) as server,
        guarded_client(named(f"127.0.0.1:{server.port}"), 5.0) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(f"http://127.0.0.1:{server.port}/")


def test_a_limit_does_not_outlive_its_block() -> None:
    """An inner limit cannot extend an outer one, and afterwards there is none."""
    with serving(hello) as server, guarded_client(named(f"127.0.0.1:{server.port}"), 5.0) as client:
        with time_limit(0.0), time_limit(60.0), pytest.raises(httpx.ConnectTimeout):
            client.get(f"http://127.0.0.1:{server.port}/")
        assert client.get(f"http://127.0.0.1:{server.port}/").text == "hello"


# --- the law: an accepted URL leads to public addresses, or where CURATE_FLICKR_HOSTS says

OWN = [
    "live.staticflickr.com",
    "LIVE.staticflickr.com",
    "farm5.static.flickr.com",
    "api.flickr.com",
    "flickr.example.org",
]
LOCAL = ["localhost", "photos.test", "127.0.0.1", "[::1]", "10.0.0.8"]
ODD = [
    *("127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "evil.org", "live.staticflickr.com."),
    *("live.staticflickr.com.evil.org", "ｌive.staticflickr.com"),
]
URLS = st.one_of(
    st.builds("https://{}/1.jpg".format, st.sampled_from(OWN)),
    st.builds(
        "{}://{}{}/1.jpg".format,
        st.sampled_from(["http", "https"]),
        st.sampled_from(LOCAL),
        st.sampled_from(["", ":8080"]),
    ),
    st.builds(
        "{}://{}{}{}/1.jpg".format,
        st.sampled_from(["https", "https", "http", "HTTPS", "ftp", "file"]),
        st.sampled_from(["", "", "", "me@", "live.staticflickr.com@", "a:b@"]),
        st.sampled_from(OWN + LOCAL + ODD) | st.text("abc.-xn[]:%@\\ß0127", max_size=12),
        st.sampled_from(["", "", ":443", ":80", ":8080", ":65536", ":"]),
    ),
)
PRIVATE = ["127.0.0.1", "::1", "10.0.0.8", "::ffff:127.0.0.1", "fe80::1%eth0", "224.0.0.1"]
ANSWERS = st.one_of(
    st.lists(st.sampled_from(PUBLIC), max_size=2),
    st.lists(st.sampled_from(PRIVATE), min_size=1, max_size=1),
    st.lists(st.sampled_from(PRIVATE + PUBLIC) | st.ip_addresses().map(str), max_size=3),
)
ENTRIES = [
    "",
    "localhost:8080,photos.test",
    "localhost,photos.test:8080,10.0.0.8",
    "127.0.0.1:443,[::1]:8080,127.0.0.1:8080",
]


@settings(max_examples=200)
@given(
    URLS,
    st.lists(ANSWERS, min_size=3, max_size=3),
    st.sampled_from(ENTRIES),
)
def test_no_accepted_url_leads_to_a_private_address(url: str, answers: list[list[str]], entries: str) -> None:
    """Whatever the URL is and the name server answers."""
    hosts = Hosts.from_environment(
        {"CURATE_FLICKR_HOSTS": entries, "CURATE_FLICKR_ENDPOINT": "https://flickr.example.org/rest/"}
    )
    network, asked = Detour(None), iter(answers)
    with guarded_client(hosts, 1.0, resolve=lambda host, port: next(asked), network=network, tls=TLS) as client:
        for _ in answers:
            with pytest.raises((ForbiddenAddress, httpx.RequestError, httpx.InvalidURL)):
                client.get(url)
    try:
        check_url(url, hosts)
    except ForbiddenAddress:
        assert network.connected == []
        return
    for address, port in network.connected:
        found = ipaddress.ip_address(address)
        if hosts.names(url):
            assert is_public(found) or found.is_loopback or (address, port) in hosts.named
        else:
            assert found.is_global and not found.is_multicast and port == 443


TLS = ssl.create_default_context()
