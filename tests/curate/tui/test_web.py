"""The app in a browser: who is let in, what the page holds, and that one window writes while others read."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from curate.catalog.decisions import tally
from curate.catalog.store import Catalog
from curate.errors import UsageError, WorkspaceBusy
from curate.tui.web import lobby
from curate.tui.web.address import Address, listening
from curate.tui.web.lobby import MOST_WAITING
from curate.workspace import Workspace
from tests.curate.tui.workspaces import make_workspace

HOSTILE = "<img src=x onerror=alert(1)>&amp;\"'$name"
"""A folder's name that would be markup in a page, and a place of its template."""

SECONDS = 30.0


# --- the address


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"])
def test_names_of_this_computer_are_answered(host: str) -> None:
    """A request to any of them is answered, if it has the token."""
    address = Address(8000)
    assert address.refusal(host, f"/{address.token}/ws") == ""
    assert "no valid token" in address.refusal(host, "/ws")


@pytest.mark.parametrize(
    "host", ["evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "127.0.0.1.evil.example:8000", "192.168.0.1:8000", ""]
)
def test_other_names_are_refused(host: str) -> None:
    """A name that a stranger let resolve to this computer is refused even with the token, and the way out is told."""
    address = Address(8000)
    assert "ssh -L 8000:127.0.0.1:8000" in address.refusal(host, f"/{address.token}/")


@pytest.mark.parametrize(
    "path", ["/", "", "*", "/x/", "//", "/\udcff/", "/é/", "/{token}x/", "/{half}/", "/x/{token}/"]
)
def test_only_the_whole_token_lets_in(path: str) -> None:
    """Neither a part of it, nor more than it, nor the token elsewhere."""
    address = Address(8000)
    asked = path.format(token=address.token, half=address.token[:20])
    assert "no valid token" in address.refusal("127.0.0.1:8000", asked)


def test_tokens_are_long_and_new() -> None:
    """Each has 256 bits, and none is shown where an address is printed for debugging."""
    tokens = {Address(1).token for _ in range(100)}
    assert len(tokens) == 100 and all(len(token) == 43 for token in tokens)
    address = Address(1)
    assert address.token not in repr(address) and address.token in str(address)


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "https://127.0.0.1:8000", "http://127.0.0.1:8001"]
)
def test_sockets_of_other_pages_are_refused(origin: str) -> None:
    """A page of another server, or of none, opens no window."""
    assert Address(8000).refusal_of_socket("127.0.0.1:8000", origin)
    assert not Address(8000).refusal_of_socket("127.0.0.1:8000", "http://127.0.0.1:8000")


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_only_this_computer_is_listened_on(taken: str) -> None:
    """The sockets are bound to both loopback addresses; a port that is taken on one of them is told with the way out."""
    listeners = {one.getsockname()[0]: one for one in listening(0)}
    with contextlib.ExitStack() as held:
        for one in listeners.values():
            held.enter_context(one)
        assert {*listeners} in ({"127.0.0.1", "::1"}, {"127.0.0.1"})
        if taken not in listeners:
            pytest.skip("this computer has no IPv6")
        port = listeners[taken].getsockname()[1]
        for host, one in listeners.items():
            if host != taken:
                one.close()
        with pytest.raises(UsageError, match=f"port {port} cannot be used") as refused:
            listening(port)
        assert "free port is chosen: curate serve" in refused.value.way_out


# --- a real server


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    url: str
    errors: Path

    @property
    def origin(self) -> str:
        """The address without the token."""
        return "/".join(self.url.split("/")[:3])

    @property
    def port(self) -> int:
        """The port."""
        return int(self.origin.rpartition(":")[2])

    @property
    def token(self) -> str:
        """The token."""
        return self.url.split("/")[3]


@contextlib.contextmanager
def started(root: Path, errors: Path) -> Iterator[Served]:
    """A running server, once it has told its address; it does not outlive the test."""
    command = [sys.executable, "-m", "curate", "serve", "-w", str(root)]
    with errors.open("w") as file:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True, start_new_session=True)
    with process:  # closes its pipe and waits for its end
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{43}/", url), errors.read_text()
            yield Served(process, url, errors)
        finally:
            process.kill()


def unlike_a_test(workspace: Workspace) -> Workspace:
    """The workspace without the setting by which pictures are half cells."""
    settings = workspace.root / "workspace.toml"
    settings.write_text(settings.read_text().replace('images = "half"', ""))
    return workspace


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose workspace nobody writes to; its folder has a hostile name."""
    root = tmp_path_factory.mktemp("hostile") / HOSTILE
    make_workspace(root, 1, previews=False)
    settings = root / "workspace.toml"
    settings.write_text(settings.read_text().replace('name = "harbour walk"\n', ""))
    with started(root, tmp_path_factory.mktemp("errors") / "err.txt") as server:
        yield server
        server.process.terminate()
        assert server.process.wait(SECONDS) == 0
    assert server.token not in server.errors.read_text()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of HTTP."""
    async with aiohttp.ClientSession() as session:
        yield session


async def test_without_the_token_everything_is_refused(served: Served, client: aiohttp.ClientSession) -> None:
    """Page, files, socket and downloads, also where they do not exist, and whatever the method: 403 in plain words."""
    other = "x" * len(served.token)
    for path in ("", "ws", "static/textual.js", "download/1", "nothing", "static/../page.html"):
        for before in ("", f"{other}/", f"{served.token[:-1]}/"):
            for method in ("GET", "POST", "HEAD"):
                async with client.request(method, f"{served.origin}/{before}{path}") as answer:
                    assert answer.status == 403, (method, before, path)
                    assert method == "HEAD" or "no valid token" in await answer.text()
    async with client.get(served.url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403 and "not served" in await answer.text()
    for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"{served.url}ws", headers=origin)
        assert refused.value.status == 403


async def test_the_page_loads_its_own_files_alone(served: Served, client: aiohttp.ClientSession) -> None:
    """Its content policy allows no other host, and a folder's name is shown as text."""
    async with client.get(served.url) as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
    assert "<img" not in page and page.count("&lt;img src=x onerror=alert(1)&gt;&amp;amp;&quot;&#x27;$name") == 2
    async with client.get(served.url.replace("127.0.0.1", "[::1]")) as answer:
        assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"\w+://[^\"]*", page) == [f"{served.url.replace('http', 'ws')}ws"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "http" not in policy
    loaded = re.findall(r'(?:href|src)="(static/[^"]+)"', page)
    assert len(loaded) == 5
    for path in [*loaded, "static/font-italic.ttf"]:
        async with client.get(served.url + path) as answer:
            assert answer.status == 200 and len(await answer.read()) > 100, path
            if path.endswith(".css"):
                assert "//" not in re.sub(r"/\*.*?\*/", "", await answer.text(), flags=re.DOTALL)
    for path in (
        "static/",
        "static/page.html",
        "static/..%2f..%2faddress.py",
        "static/%2e%2e/app_service.py",
        "download/1",
    ):
        async with client.get(served.url + path) as answer:
            assert answer.status == 404, path
    async with client.get(served.url.rstrip("/")) as answer:  # an address that was copied without its last stroke
        assert answer.status == 200 and str(answer.url) == served.url


async def test_half_open_requests_keep_nobody_out(served: Served, client: aiohttp.ClientSession) -> None:
    """Of ninety connections without the token the oldest make way; who has the token is answered, and no error is written."""
    half = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(90)]
    for _, writer in half:
        writer.write(b"GET / HTTP/1.1\r\nHost: ")
    async with asyncio.timeout(5):
        for host in ("127.0.0.1", "localhost", "[::1]"):
            async with client.get(served.url.replace("127.0.0.1", host)) as answer:
                assert answer.status == 200
        for reader, _ in half[: 90 - MOST_WAITING]:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    for _, writer in half:
        writer.close()
    assert len(served.errors.read_text().splitlines()) == 2  # what it said at the start


async def test_the_lobby_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without the token is closed when its time is over, and one that has shown it stays."""
    monkeypatch.setattr(lobby, "SECONDS", 0.2)

    async def answer(request: web.BaseRequest) -> web.Response:
        waiting.let_in(request.protocol)
        return web.Response()

    waiting = lobby.Lobby(web.Server(answer))
    async with await asyncio.get_running_loop().create_server(waiting, "127.0.0.1", 0) as server:
        place = server.sockets[0].getsockname()
        (slow, unshown), (quick, writer) = [await asyncio.open_connection(*place) for _ in range(2)]
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(SECONDS):
            assert await slow.read() == b""
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(SECONDS):
            assert (await quick.read()).count(b"200 OK") == 2
        unshown.close()
        writer.close()


# --- windows


class Window:
    """A window as textual.js is one: what the app drew, and keys."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.drawn = ""
        self.told: list[list[object]] = []

    async def read(self, *, until: Callable[[], bool]) -> None:
        """Read until something is there."""
        async with asyncio.timeout(SECONDS):
            while not until():
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.drawn += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", message.data.decode())
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self.told.append(json.loads(message.data))
                else:
                    raise AssertionError(f"the window was closed; it showed {self.drawn[-2000:]}")

    async def shows(self, text: str) -> None:
        """Wait until a text is drawn."""
        await self.read(until=lambda: text in self.drawn)

    async def press(self, keys: str) -> None:
        """Press keys, and forget what was drawn before."""
        self.drawn = ""
        await self.socket.send_str(json.dumps(["stdin", keys]))


async def window(client: aiohttp.ClientSession, served: Served) -> Window:
    """Open a window."""
    url = f"{served.url}ws?width=120&height=40"
    return Window(await client.ws_connect(url, headers={"Origin": served.origin}, max_msg_size=0))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Served, Workspace]]:
    """A server of a test's own, on a workspace with three pairs."""
    workspace = make_workspace(tmp_path / "w", 3)
    with started(workspace.root, tmp_path / "err.txt") as server:
        yield server, workspace


def accepted(workspace: Workspace) -> int:
    """How many pairs are accepted."""
    with Catalog.open(workspace, read_only=True) as catalog:
        return tally(catalog).accepted


def is_free(workspace: Workspace) -> bool:
    """Whether nobody holds the writer's lock."""
    try:
        with workspace.writing("test"):
            return True
    except WorkspaceBusy:
        return False


def freed(workspace: Workspace) -> bool:
    """Whether nobody holds the writer's lock within some time."""
    end = time.monotonic() + SECONDS
    while not (free := is_free(workspace)) and time.monotonic() < end:
        time.sleep(0.05)
    return free


async def test_one_window_writes_and_others_read(own: tuple[Served, Workspace], client: aiohttp.ClientSession) -> None:
    """The second says so, follows what the first decides, and decides nothing; the first, loaded again, writes again."""
    served, workspace = own
    writer = await window(client, served)
    await writer.shows("3 proposed to decide")
    reader = await window(client, served)
    await reader.shows("another window writes; this one only reads")
    await reader.shows(" read only ")
    assert "read only" not in writer.drawn
    await reader.press("R")
    await reader.shows("1 of 3 proposed")
    await reader.press(" ")
    await reader.shows("another window writes; this one only reads")
    assert accepted(workspace) == 0
    await writer.press("R")
    await writer.shows("▀▀▀")  # the pictures are half cells
    reader.drawn = ""
    await writer.press(" ")
    await writer.shows("1 accepted")
    await reader.shows("1 accepted")
    assert accepted(workspace) == 1
    assert "\x1bP" not in writer.drawn and "\x1b_G" not in writer.drawn  # no Sixel, no Kitty
    await writer.socket.close()
    again = await window(client, served)
    await again.shows("2 proposed to decide")
    assert "read only" not in again.drawn


async def test_ctrl_c_ends_the_windows_too(own: tuple[Served, Workspace], client: aiohttp.ClientSession) -> None:
    """The server ends with 0, its windows are closed, their apps have ended, and nothing was complained about."""
    served, workspace = own
    one = await window(client, served)
    await one.shows("3 proposed to decide")
    assert not is_free(workspace)
    os.killpg(served.process.pid, signal.SIGINT)  # as a terminal does: to the apps as well
    with pytest.raises(AssertionError, match="the window was closed"):
        await one.read(until=lambda: False)
    assert await asyncio.to_thread(served.process.wait, SECONDS) == 0
    assert is_free(workspace)
    assert len(served.errors.read_text().splitlines()) == 2  # what it said at the start
    assert served.process.stdout is not None and served.process.stdout.read() == ""


async def test_a_killed_server_leaves_no_app(own: tuple[Served, Workspace], client: aiohttp.ClientSession) -> None:
    """The app of a window ends by itself, so that the workspace is free again; what the page sent wrongly did no harm."""
    served, workspace = own
    one = await window(client, served)
    await one.shows("3 proposed to decide")
    for odd in (
        "",
        "{",
        "[" * 200_000,
        "[]",
        "7",
        '["stdin"]',
        '["stdin", 7]',
        '["resize", {"width": 1e999}]',
        '["resize", null]',
    ):
        await one.socket.send_str(odd)
    await one.socket.send_str('["ping", 7]')
    await one.read(until=lambda: ["pong", 7] in one.told)
    served.process.kill()
    served.process.wait()
    assert await asyncio.to_thread(freed, workspace)


async def test_a_report_opens_in_the_browser(own: tuple[Served, Workspace], client: aiohttp.ClientSession) -> None:
    """It is delivered once, at an address without the token, as a page that reaches neither the app nor the network."""
    served, workspace = own
    report = workspace.runs / "walk" / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("<title>a report</title>" + "é" * 100_000, encoding="utf-8")
    one = await window(client, served)
    await one.shows("3 proposed to decide")
    await one.press("\x10")
    await one.shows("type the name of a command")
    await one.press("Open report\r")
    await one.read(until=lambda: any(said[0] == "open_url" for said in one.told))
    said = next(said[1] for said in one.told if said[0] == "open_url")
    assert isinstance(said, dict) and said["url"].startswith("/opened/") and served.token not in said["url"]
    async with client.get(served.origin + said["url"], headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    async with client.get(served.origin + said["url"]) as answer:
        assert answer.status == 200 and answer.content_type == "text/html"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'; ")
        assert await answer.read() == report.read_bytes()
    async with client.get(served.origin + said["url"]) as answer:
        assert answer.status == 404


async def test_pictures_are_images_of_the_page(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    """Those in view are told with where they lie, each is sent once, and none is left where a dialog lies over them."""
    workspace = unlike_a_test(make_workspace(tmp_path / "w", 3))

    def shown() -> list[dict[str, Any]]:
        told = [said[1] for said in one.told if said[0] == "pictures"]
        return told[-1]["shown"] if told else []

    with started(workspace.root, tmp_path / "err.txt") as served:
        one = await window(client, served)
        await one.socket.send_str('["cell", 2.0]')
        await one.shows("3 proposed to decide")
        await one.press("R")
        await one.read(until=lambda: len(shown()) == 4)  # the pair, and two candidates
        for picture in shown():
            x, y, width, height = picture["at"]
            assert picture["at"] == picture["within"] and 0 <= x < x + width <= 120 and 0 <= y < y + height <= 40
            assert width / (2 * height) == pytest.approx(4 / 3, rel=0.2)
        sent = {
            picture["number"]: base64.b64decode(picture["data"])
            for said in one.told
            if said[0] == "pictures"
            for picture in said[1]["shown"]
            if picture["data"]
        }
        assert {picture["number"] for picture in shown()} <= {*sent}
        with Image.open(io.BytesIO(sent[shown()[0]["number"]])) as image:
            assert image.size == (320, 240)
        await one.press("?")
        await one.read(until=lambda: shown() == [])
        await one.shows("▀▀▀")


@pytest.mark.parametrize(("keys", "times"), [(3_900_000, 1), pytest.param(60_000, 60, marks=pytest.mark.slow)])
async def test_a_page_that_sends_too_much_leaves_no_app(
    own: tuple[Served, Workspace], client: aiohttp.ClientSession, keys: int, times: int
) -> None:
    """Whether all at once or bit by bit, its window ends with it, although the app is not through."""
    served, workspace = own
    one = await window(client, served)
    await one.shows("3 proposed to decide")
    with contextlib.suppress(ConnectionError):
        for _ in range(times):
            await one.socket.send_str(json.dumps(["stdin", "j" * keys]))
    await one.socket.close()
    assert await asyncio.to_thread(freed, workspace)


async def test_an_app_that_cannot_open_says_why(own: tuple[Served, Workspace], client: aiohttp.ClientSession) -> None:
    """The window shows the message that a terminal would."""
    served, workspace = own
    workspace.catalog.write_bytes(b"no catalogue " * 1000)
    one = await window(client, served)
    await one.shows("the catalogue is damaged")
