"""An HTTP client that asks allowed hosts alone.

The URL is checked before each request, and the address when a connection is made: the name is looked up once, and the connection
goes to the address that was checked, so that a second answer of the name server changes nothing. TLS still verifies the name.

A body may be compressed once, and is decompressed in pieces: in two codings, five kilobytes can grow to gigabytes in one step.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import math
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version

import httpcore
import httpx

from curate.sources.flickr.hosts import Address, Hosts, WrongAddress, check_url, is_public, literal_address
from tracer.base.text import visible_text

Resolve = Callable[[str, int], list[str]]
"""Looks a host name up for a port; returns IP addresses as text, and raises OSError where there are none."""


def guarded_client(
    hosts: Hosts,
    timeout: float | httpx.Timeout,
    *,
    resolve: Resolve | None = None,
    network: httpcore.NetworkBackend | None = None,
    tls: ssl.SSLContext | None = None,
) -> httpx.Client:
    """Return an HTTP client that asks the allowed hosts alone. Close it, or use it in a `with` block.

    It follows no redirects, keeps no cookies, and ignores proxies and passwords of the environment. Requests raise
    `ForbiddenAddress` besides the errors of httpx.

    Args:
        hosts: the hosts that may be asked.
        timeout: seconds to wait for a connection, and for each part of an answer; `time_limit` bounds a whole answer.
        resolve: looks names up; by default the system.
        network: opens connections to IP addresses; by default sockets.
        tls: the certificates that are trusted; by default those of certifi.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes whole URLs, with the API key in them
    guard = _Guard(hosts, resolve or look_up, network or httpcore.SyncBackend())
    pool = httpcore.ConnectionPool(
        ssl_context=tls or httpx.create_ssl_context(trust_env=False), keepalive_expiry=5.0, network_backend=guard
    )
    return httpx.Client(
        transport=_GuardedTransport(hosts, pool),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": f"lenstrace/{version('lenstrace')}", "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


_PIECE = 1 << 16
"""Bytes of a piece of a body."""


class UnknownCoding(httpx.DecodingError):
    """A body is compressed in a way that was not asked for, or more than once."""


def body_of(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body of an answer of a guarded client, decompressed, in pieces of at most 64 kB.

    Raises:
        UnknownCoding: it has another coding than gzip or deflate, or several.
        httpx.DecodingError: its coding is damaged, or it was cut off.
    """
    coding = answer.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        yield from answer.iter_raw()
        return
    if coding not in ("gzip", "deflate"):
        raise UnknownCoding(visible_text(coding, 40))
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # the header says which of the two it is
    try:
        for rest in answer.iter_raw():
            while rest and not unpacker.eof:
                if piece := unpacker.decompress(rest, _PIECE):
                    yield piece
                rest = unpacker.unconsumed_tail
        while piece := unpacker.decompress(b"", _PIECE):
            yield piece
    except zlib.error as error:
        raise httpx.DecodingError("the compressed data are damaged") from error
    if not unpacker.eof:
        raise httpx.DecodingError("the compressed data were cut off")


def look_up(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, as the system orders them.

    Raises:
        OSError: it has none, or the name server does not answer.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label of more than 63 characters
        raise socket.gaierror(socket.EAI_NONAME, "the name is not valid") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


_ends: ContextVar[float] = ContextVar("_ends", default=math.inf)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let requests of a guarded client in this block time out after so many seconds, however often a byte comes.

    The timeouts of httpx are for each read alone: a server that sends one byte a minute would never meet them.
    """
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def _time_left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise late("the time for the whole answer is over")
    return timeout if math.isinf(left) else left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes keep to `time_limit`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = _time_left(timeout, httpcore.ConnectTimeout)
        except httpcore.ConnectTimeout:
            self.close()
            raise
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Guard(httpcore.NetworkBackend):
    """Connects to allowed addresses alone: looks a name up once, checks the addresses, and connects to one of them."""

    def __init__(self, hosts: Hosts, resolve: Resolve, network: httpcore.NetworkBackend) -> None:
        self._hosts, self._resolve, self._network = hosts, resolve, network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._checked(host, port):
            left = _time_left(timeout, httpcore.ConnectTimeout)
            try:
                return _TimedStream(self._network.connect_tcp(str(address), port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _checked(self, host: str, port: int) -> list[Address]:
        """The addresses of a host. One that is forbidden makes all of them suspect."""
        literal = literal_address(host)
        named = (host if literal is None else str(literal), port) in self._hosts.named
        if literal is not None and named:
            return [literal]
        try:
            found = [str(literal)] if literal is not None else self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"the name cannot be looked up: {error.strerror or error}") from error
        addresses = [ipaddress.ip_address(text) for text in found]
        for address in addresses:
            if not (is_public(address) or (named and address.is_loopback)):
                raise WrongAddress(f"{visible_text(host, 100)} is at {address}, which is not a public address")
        return addresses


class _GuardedTransport(httpx.BaseTransport):
    """Checks the URL of each request, and passes it to a pool of guarded connections."""

    def __init__(self, hosts: Hosts, pool: httpcore.ConnectionPool) -> None:
        self._hosts, self._pool = hosts, pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_url(request.url, self._hosts)
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        with _errors_of_httpx():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    target,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        response = httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )
        if response.has_redirect_location:
            try:
                there = httpx.URL(response.headers["location"])
                there = there if there.host or not there.scheme else there.copy_with(host=url.host)
                _ = url.join(there).host  # an international name is only decoded here
            except (httpx.InvalidURL, ValueError) as error:  # httpx does the same, and raises them as they are
                response.close()
                raise httpx.RemoteProtocolError("a redirect to something that is not a valid URL") from error
        return response

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextlib.contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raise the errors of httpcore as httpx's, which have the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
