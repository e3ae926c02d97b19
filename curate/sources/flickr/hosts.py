"""Which addresses may be asked.

Addresses of pictures come from a server's answers, from its redirects and from other people's tables. None of them is trusted: a
request may only go to Flickr's own hosts, by https, at an address that belongs to the public internet. `CURATE_FLICKR_HOSTS`
names further hosts, for which http and loopback addresses are allowed too. `transport` holds every request to these rules.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import httpx

from curate.errors import SourceError, UsageError
from tracer.base.text import visible_text

ENDPOINT = "https://api.flickr.com/services/rest/"
"""The REST interface of Flickr's API."""

API_HOSTS = ("api.flickr.com", "www.flickr.com")
PICTURE_HOSTS = ("live.staticflickr.com", "staticflickr.com", "*.staticflickr.com", "*.static.flickr.com")
"""Flickr's own hosts. `*` stands for one label; farm5.static.flickr.com is the old form."""

ENDPOINT_VARIABLE = "CURATE_FLICKR_ENDPOINT"
HOSTS_VARIABLE = "CURATE_FLICKR_HOSTS"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_ENTRY = re.compile(rf"(\[[0-9a-f:.]+\]|{_NAME})(?::([0-9]{{1,5}}))?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")  # RFC 4291: all that is assigned for the public internet
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address, in networks that have IPv6 alone
# Special by IANA's registries, but public for `ipaddress` in some versions of Python
_SPECIAL = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]


class ForbiddenAddress(SourceError):
    """An address that may not be asked.

    Attributes:
        reason: why, in words. It names the host at most: the rest of an address can hold a key.
    """

    _way_out = (
        f"Only Flickr's own hosts are asked, by https. To use a server of your own, name it: {HOSTS_VARIABLE}=HOST:PORT"
    )

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("that address may not be asked", reason, self._way_out)


class WrongAddress(ForbiddenAddress):
    """An allowed host is at an address that may not be asked, as the name server says: that can change."""

    _way_out = (
        "A network's login page or filter can be the cause: open a page in a browser, then try again. A server of your own at a "
        f"private address is allowed where its address is named: {HOSTS_VARIABLE}=ADDRESS:PORT"
    )


@dataclass(frozen=True)
class Hosts:
    """The hosts that may be asked.

    Attributes:
        public: hosts that are asked by https at the default port, at public addresses; `*.` at the start stands for one label.
        named: hosts and ports for which http and loopback addresses are allowed too. An IP address in it may be any address.
    """

    public: tuple[str, ...] = API_HOSTS + PICTURE_HOSTS
    named: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Hosts:
        """Return Flickr's hosts, the host of `CURATE_FLICKR_ENDPOINT`, and the hosts that `CURATE_FLICKR_HOSTS` names.

        Args:
            environ: the environment variables.

        Raises:
            UsageError: `CURATE_FLICKR_HOSTS` has an entry that is not host[:port].
        """
        entries = (entry.strip() for entry in environ.get(HOSTS_VARIABLE, "").split(","))
        named = frozenset(pair for entry in entries if entry for pair in _named(entry))
        public = cls.public
        # what is not a URL is left out here; `endpoint_from_environment` says what is wrong with it
        with contextlib.suppress(httpx.InvalidURL, ValueError):
            public += (_host_of(httpx.URL(environ.get(ENDPOINT_VARIABLE) or ENDPOINT)),)
        return cls(public, named)

    def pictures(self) -> Hosts:
        """Return the hosts that a picture may come from: Flickr's image hosts and the named ones."""
        return replace(self, public=PICTURE_HOSTS)

    def names(self, url: str | httpx.URL) -> bool:
        """Whether `CURATE_FLICKR_HOSTS` names the host and the port of a URL that `check_url` accepts."""
        url = httpx.URL(url)
        return (_host_of(url), _port_of(url)) in self.named


def check_url(url: str | httpx.URL, hosts: Hosts) -> None:
    """Check the scheme, the host and the port of a URL. The host is not looked up: the client does that when it connects.

    Args:
        url: an absolute URL.
        hosts: the hosts that may be asked.

    Raises:
        ForbiddenAddress: it may not be asked.
    """
    try:
        url = httpx.URL(url)
        host, port = _host_of(url), _port_of(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ForbiddenAddress("it is not a valid URL") from error
    shown = visible_text(host, 100)
    if url.scheme not in _DEFAULT_PORTS:
        raise ForbiddenAddress("it is neither an https nor an http URL")
    if url.userinfo:
        raise ForbiddenAddress(f"it has a user name or a password before its host {shown}")
    if (host, port) in hosts.named:
        return
    if url.scheme != "https":
        raise ForbiddenAddress(f"it asks {shown} by http, not by https")
    if port != _DEFAULT_PORTS["https"]:
        raise ForbiddenAddress(f"it asks {shown} at port {port}, not at the default port")
    if not any(_fits(host, pattern) for pattern in hosts.public):
        raise ForbiddenAddress(f"{shown} is not one of the allowed hosts")
    address = literal_address(host)
    if address is not None and not is_public(address):
        raise ForbiddenAddress(f"{shown} is not a public address")
    last = host.rpartition(".")[2]
    if address is None and (last == "localhost" or _NUMBER.fullmatch(last) or not re.fullmatch(_NAME, host)):
        raise ForbiddenAddress(f"{shown} is not a public host name")


def endpoint_from_environment(environ: Mapping[str, str], hosts: Hosts) -> str:
    """Return the URL that API calls go to: Flickr's, or `CURATE_FLICKR_ENDPOINT`.

    Args:
        environ: the environment variables.
        hosts: the hosts that may be asked, from the same variables.

    Raises:
        UsageError: `CURATE_FLICKR_ENDPOINT` may not be asked, or is not the plain address of a REST interface.
    """
    endpoint = environ.get(ENDPOINT_VARIABLE) or ENDPOINT
    try:
        check_url(endpoint, hosts)
    except ForbiddenAddress as error:
        raise UsageError(
            f"{ENDPOINT_VARIABLE} cannot be used",
            error.reason,
            f"It must be an https URL. To allow http, another port or this computer, name the host: {HOSTS_VARIABLE}=HOST:PORT",
        ) from error
    if "?" in endpoint or "#" in endpoint:
        raise UsageError(
            f"{ENDPOINT_VARIABLE} cannot be used",
            "it has a part after ? or #",
            f"Give the URL without its parameters, such as {ENDPOINT}",
        )
    return endpoint


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet: it is global, and of one computer.

    IPv6 addresses that stand for an IPv4 address are not public (IPv4-mapped, 6to4, Teredo), except those of RFC 6052,
    which are as public as the IPv4 address in them.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST_V6 or address.scope_id is not None:
            return False
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not (special or address.is_multicast or address.is_reserved or address.is_unspecified)


def _named(entry: str) -> Iterator[tuple[str, int]]:
    """Yield the host and the ports that an entry of `CURATE_FLICKR_HOSTS` names."""
    lower = entry.lower()
    found = _ENTRY.fullmatch(f"[{lower}]" if lower.count(":") > 1 and not lower.startswith("[") else lower)
    host = "" if found is None else found[1].strip("[]")
    bracketed = found is not None and found[1].startswith("[")
    literal = literal_address(host)
    is_number = literal is None and _NUMBER.fullmatch(host.rpartition(".")[2])
    port = int(found[2]) if found is not None and found[2] else None
    if not host or is_number or (bracketed and literal is None) or port not in {None, *range(1, 1 << 16)}:
        raise UsageError(
            f"{HOSTS_VARIABLE} cannot be used",
            f"{visible_text(entry, 100)} is not a host or host:port",
            f"Separate hosts with commas: {HOSTS_VARIABLE}=127.0.0.1:8080,photos.example.org",
        )
    host = host if literal is None else str(literal)
    yield from ((host, number) for number in (_DEFAULT_PORTS.values() if port is None else [port]))


def _host_of(url: httpx.URL) -> str:
    """The host of a URL as it is connected to: in lower case, international names in their ASCII form."""
    host = url.raw_host.decode("ascii")
    literal = literal_address(host)
    return host if literal is None else str(literal)


def _port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme, 0)


def literal_address(host: str) -> Address | None:
    """Return the IP address that a host is, or None where it is a name. Other spellings, such as `127.1`, are names."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _fits(host: str, pattern: str) -> bool:
    label, dot, rest = host.partition(".")
    if pattern.startswith("*."):
        return bool(dot) and rest == pattern[2:] and re.fullmatch(_LABEL, label) is not None
    return host == pattern
