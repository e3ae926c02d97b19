"""The address of the server, and which requests it refuses. It knows no HTTP library."""

from __future__ import annotations

import errno
import hmac
import secrets
import socket
from dataclasses import dataclass, field

from curate.errors import UsageError, command

LOOPBACK, LOOPBACK_6 = "127.0.0.1", "::1"

OPENED = "/opened/"
"""The beginning of the path of a file that the app delivers. Behind it is the key of the file, which is valid once."""

_TOKEN_BYTES = 32
_TRIES = 20


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Address:
    """The address that is printed; whoever knows it can use the app.

    The token is a part of the path, not a parameter or a cookie: the page's own files, its socket and what it downloads then lie
    below it, and a browser sends cookies to every other server on this computer too.

    Attributes:
        port: the port on this computer.
        token: 256 random bits, new at each start; it is printed once and never logged.
    """

    port: int
    token: str = field(default_factory=_token, repr=False)

    def __str__(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the header Host that a browser on this computer sends."""
        return frozenset(f"{name}:{self.port}" for name in (LOOPBACK, "localhost", "[::1]"))

    def refusal(self, host: str, path: str) -> str:
        """Return why a request is refused, in plain words; empty if it is not.

        Args:
            host: its header Host. That of another name is refused: a page of a stranger can have its own name resolved to this
                computer (DNS rebinding).
            path: its path. That of a delivered file holds no token, but the file's own key.
        """
        if host.lower() not in self.hosts:
            return (
                f"This address is not served. Open the one that was printed at the start, with {LOOPBACK} and port {self.port}. "
                f"From another computer: ssh -L {self.port}:{LOOPBACK}:{self.port} and the name of this one; "
                "the port is the same on both."
            )
        if path.startswith(OPENED):
            return ""
        given = path.split("/", 2)[1] if path.startswith("/") else ""
        if not hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            return "This address holds no valid token. Open the whole address that was printed at the start; it is new each time."
        return ""

    def refusal_of_socket(self, host: str, origin: str) -> str:
        """Return why a page may not open a socket; empty if it may. Only pages of this server may.

        Args:
            host: the header Host, which `refusal` has let pass.
            origin: the header Origin, which browsers always send with sockets.
        """
        return "" if origin.lower() == f"http://{host.lower()}" else "Only the page of this server may open the app."


def listening(port: int) -> list[socket.socket]:
    """Return sockets that listen on this computer alone, on one port of both its addresses, if it has both.

    Were `::1` left free, another user could listen there, and a browser that is asked for `localhost` might go there first.

    Args:
        port: the port; 0 for any that is free.

    Raises:
        UsageError: the port cannot be listened on.
    """
    try:
        for _ in range(_TRIES if port == 0 else 1):
            listeners = [_bound(socket.AF_INET, LOOPBACK, port)]
            try:
                return [*listeners, _bound(socket.AF_INET6, LOOPBACK_6, listeners[0].getsockname()[1])]
            except OSError as error:
                if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    return listeners
                listeners[0].close()
                failure = error
        raise failure
    except OSError as error:
        why = error.strerror or str(error)
        free = f"Leave the option out, and a free port is chosen: {command('serve')}"
        raise UsageError(f"port {port} cannot be used", why, free) from error


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
