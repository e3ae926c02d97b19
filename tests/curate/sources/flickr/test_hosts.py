"""Which addresses may be asked."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import UsageError
from curate.sources.flickr.hosts import (
    ENDPOINT,
    ForbiddenAddress,
    Hosts,
    check_url,
    endpoint_from_environment,
    is_public,
)

FLICKR = Hosts.from_environment({})
NAMED = Hosts.from_environment({"CURATE_FLICKR_HOSTS": "127.0.0.1:8080, [::1]:8080,localhost,Photos.Example.org:9000"})


@pytest.mark.parametrize(
    "url",
    [
        "https://live.staticflickr.com/65535/1_abc_o.jpg",
        "https://LIVE.StaticFlickr.com/65535/1_abc_o.jpg",
        "https://live.staticflickr.com:443/1_abc_o.jpg",
        "https://farm66.staticflickr.com/1_abc_o.jpg",
        "https://farm5.static.flickr.com/1_abc_o.jpg",
        "https://staticflickr.com/1_abc_o.jpg",
        "https://api.flickr.com/services/rest/",
    ],
)
def test_flickrs_own_hosts_are_allowed(url: str) -> None:
    """By https, at the default port, whatever the case of the letters."""
    check_url(url, FLICKR)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://live.staticflickr.com/1.jpg", "by http"),
        ("https://live.staticflickr.com:8443/1.jpg", "port 8443"),
        ("https://live.staticflickr.com:80/1.jpg", "port 80"),
        ("https://me@live.staticflickr.com/1.jpg", "user name"),
        ("https://live.staticflickr.com@evil.org/1.jpg", "user name"),
        ("https://live.staticflickr.com./1.jpg", "not one of the allowed hosts"),
        ("https://live.staticflickr.com.evil.org/1.jpg", "not one of the allowed hosts"),
        ("https://evilstaticflickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://a.b.staticflickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://.staticflickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://static.flickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://evil.org\\.staticflickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://evil.org%2f.staticflickr.com/1.jpg", "not one of the allowed hosts"),
        ("https://lïve.staticflickr.com.evil.org/", "not one of the allowed hosts"),
        ("https://127.0.0.1/1.jpg", "not one of the allowed hosts"),
        ("https://[::1]/1.jpg", "not one of the allowed hosts"),
        ("https://[::ffff:127.0.0.1]/1.jpg", "not one of the allowed hosts"),
        ("https://8.8.8.8/1.jpg", "not one of the allowed hosts"),
        ("https://127.1/1.jpg", "not one of the allowed hosts"),
        ("https://0x7f000001/1.jpg", "not one of the allowed hosts"),
        ("https://2130706433/1.jpg", "not one of the allowed hosts"),
        ("https:///1.jpg", "not one of the allowed hosts"),
        ("file:///etc/passwd", "neither an https nor an http"),
        ("ftp://live.staticflickr.com/1.jpg", "neither an https nor an http"),
        ("//live.staticflickr.com/1.jpg", "neither an https nor an http"),
        ("live.staticflickr.com/1.jpg", "neither an https nor an http"),
        ("", "neither an https nor an http"),
        ("https://[live.staticflickr.com/", "not one of the allowed hosts"),
        ("https://[zz]/", "not a valid URL"),
        ("https://ｌive.staticflickr.com/1.jpg", "not a valid URL"),
        ("https://live.staticflickr.com:port/", "not a valid URL"),
        ("https://live.staticflickr.com/\udcff", "not a valid URL"),
        ("https://live.staticflickr.com/\r\nX: y", "not a valid URL"),
        ("https://127.0.0.999/", "not a valid URL"),
    ],
)
def test_other_addresses_are_forbidden(url: str, reason: str) -> None:
    """Other schemes, hosts, ports and spellings are refused, with a reason that can be shown."""
    with pytest.raises(ForbiddenAddress) as caught:
        check_url(url, FLICKR)
    assert reason in caught.value.reason
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8080/a", True),
        ("https://127.0.0.1:8080/a", True),
        ("http://127.0.0.1/a", False),
        ("http://127.0.0.1:8081/a", False),
        ("http://127.1:8080/a", False),
        ("http://localhost:8080/a", False),
        ("http://localhost/a", True),
        ("https://localhost/a", True),
        ("http://localhost./a", False),
        ("http://[::1]:8080/a", True),
        ("http://[0:0:0:0:0:0:0:1]:8080/a", True),
        ("http://[::ffff:127.0.0.1]:8080/a", False),
        ("http://photos.example.org:9000/a", True),
        ("http://PHOTOS.example.org:9000/a", True),
        ("http://photos.example.org/a", False),
        ("http://user:word@127.0.0.1:8080/a", False),
        ("file://127.0.0.1:8080/a", False),
        ("https://live.staticflickr.com/a", True),
        ("http://live.staticflickr.com/a", False),
    ],
)
def test_named_hosts_are_allowed_at_their_ports(url: str, allowed: bool) -> None:
    """http and loopback are allowed for exactly the hosts and ports that are named; without a port, for the default ones."""
    if allowed:
        check_url(url, NAMED)
    else:
        with pytest.raises(ForbiddenAddress):
            check_url(url, NAMED)
    if allowed:
        assert NAMED.names(url) == ("staticflickr" not in url)


@pytest.mark.parametrize(
    "entry",
    [
        "a:b",
        "a:0",
        "a:99999",
        "http://a",
        "a/b",
        "u@a",
        "*.example.org",
        "127.1",
        "0x7f.1:80",
        "[a]:80",
        "a b",
        "-a",
        "a.:80",
    ],
)
def test_what_is_not_a_host_is_a_usage_error(entry: str) -> None:
    """The message names the entry and shows the form."""
    with pytest.raises(UsageError) as caught:
        Hosts.from_environment({"CURATE_FLICKR_HOSTS": f"localhost,{entry}"})
    assert entry in str(caught.value)
    assert "CURATE_FLICKR_HOSTS=" in caught.value.way_out


def test_hosts_are_read_with_and_without_ports() -> None:
    """Spaces and empty entries do not matter; an IPv6 address may stand without brackets."""
    named = Hosts.from_environment({"CURATE_FLICKR_HOSTS": " a:1,, ::1 ,[0::1]:5,"}).named
    assert named == {("a", 1), ("::1", 80), ("::1", 443), ("::1", 5)}
    assert Hosts.from_environment({"CURATE_FLICKR_HOSTS": ""}).named == frozenset()


# --- the endpoint


def endpoint(**environ: str) -> str:
    """The endpoint that these variables give, checked against the hosts that they give."""
    variables = {f"CURATE_FLICKR_{name.upper()}": value for name, value in environ.items()}
    return endpoint_from_environment(variables, Hosts.from_environment(variables))


def test_the_endpoint_is_flickrs_or_the_given_one() -> None:
    """Another server by https needs no further variable; http and loopback need CURATE_FLICKR_HOSTS."""
    assert endpoint() == endpoint(endpoint="") == ENDPOINT == "https://api.flickr.com/services/rest/"
    assert endpoint(endpoint="https://flickr.example.org/rest/") == "https://flickr.example.org/rest/"
    local = "http://127.0.0.1:8080/services/rest/"
    assert endpoint(endpoint=local, hosts="127.0.0.1:8080") == local
    check_url(
        "https://flickr.example.org/x",
        Hosts.from_environment({"CURATE_FLICKR_ENDPOINT": "https://flickr.example.org/"}),
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:8080/rest/", "by http"),
        ("http://flickr.example.org/rest/", "by http"),
        ("https://127.0.0.1/rest/", "not a public address"),
        ("https://10.0.0.8/rest/", "not a public address"),
        ("https://[::1]/rest/", "not a public address"),
        ("https://localhost/rest/", "not a public host name"),
        ("https://127.1/rest/", "not a public host name"),
        ("https://example.org./rest/", "not a public host name"),
        ("https:///rest/", "not a public host name"),
        ("https://flickr.example.org:8443/rest/", "port 8443"),
        ("https://me:secretword@flickr.example.org/rest/", "user name"),
        ("https://flickr.example.org/rest/?api_key=secretword", "after ?"),
        ("services/rest", "neither an https nor an http"),
        ("https://[", "not a public host name"),
    ],
)
def test_an_endpoint_that_may_not_be_asked_is_a_usage_error(url: str, reason: str) -> None:
    """The message says why, shows the way out, and repeats no secret."""
    with pytest.raises(UsageError) as caught:
        endpoint(endpoint=url, hosts="127.0.0.1:9999")
    message = "\n".join(caught.value.lines())
    assert reason in message
    assert "CURATE_FLICKR_ENDPOINT" in message
    assert "secretword" not in message


# --- addresses


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
        ),
        *("192.0.0.1", "192.0.0.200", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "fd00::1",
            "fc00::1",
        ),
        *(
            "ff02::1",
            "ff0e::1",
            "2001:db8::1",
            "3fff::1",
            "2001::1",
            "2001:20::1",
            "2002:7f00:1::",
            "100::1",
            "4000::1",
        ),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2606:4700::1%eth0"),
    ],
)
def test_other_addresses_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, reserved, documentation and multicast addresses, and those that hide an IPv4 one."""
    assert not is_public(ipaddress.ip_address(address))
    for public in ("8.8.8.8", "151.101.1.140", "2606:4700::6810:84e5", "2001:4860:4860::8888", "64:ff9b::808:808"):
        assert is_public(ipaddress.ip_address(public))


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_an_address_in_another_is_judged_alike(address: ipaddress.IPv4Address) -> None:
    """An IPv4 address is public under RFC 6052's prefix exactly if it is public; in mapped and 6to4 form it never is."""
    number = int(address)
    assert is_public(ipaddress.IPv6Address((0x64FF9B << 96) | number)) == is_public(address)
    assert not is_public(ipaddress.IPv6Address((0xFFFF << 32) | number))
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) | (number << 80)))
