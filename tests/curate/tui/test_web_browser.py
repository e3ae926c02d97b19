"""The app in a real browser, without a screen: keys arrive without a click, and nothing is loaded from elsewhere."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.curate.tui.test_web import SECONDS, accepted, started, unlike_a_test
from tests.curate.tui.workspaces import make_workspace

pytestmark = pytest.mark.system

PICTURES = "[...document.querySelectorAll('.pictures img')]"


@contextmanager
def browser(chromium: str, profile: Path) -> Iterator[int]:
    """A browser without a screen, and the port by which it is driven."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--window-size=1300,900",
        "--remote-debugging-port=0", "about:blank",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            told, end = profile / "DevToolsActivePort", time.monotonic() + SECONDS
            while not (told.exists() and told.read_text()) and time.monotonic() < end:
                time.sleep(0.05)
            yield int(told.read_text().splitlines()[0])
        finally:
            process.kill()


class Page:
    """A page of the browser, driven by Chromium's DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method; what happens meanwhile is kept in `events`."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while (answer := await self._socket.receive_json(timeout=SECONDS)).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    async def until(self, expression: str) -> None:
        """Wait until an expression of the page is true."""
        async with asyncio.timeout(SECONDS):
            while not (await self.call("Runtime.evaluate", expression=expression))["result"]["value"]:
                await asyncio.sleep(0.05)

    async def press(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=ord(key.upper()), **text
            )

    def named(self, *methods: str) -> list[dict[str, Any]]:
        """The events of some names."""
        return [event["params"] for event in self.events if event["method"] in methods]


async def test_keys_decide_in_a_browser(program: Callable[[str], str], tmp_path: Path) -> None:
    """R shows the review with true pictures, Space accepts, q ends the window; all that is asked for lies below the address."""
    workspace = unlike_a_test(make_workspace(tmp_path / "w", 2))
    chromium = program("chromium")
    async with aiohttp.ClientSession() as session:
        with started(workspace.root, tmp_path / "err.txt") as served, browser(chromium, tmp_path / "profile") as port:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                tab = next(one for one in await answer.json() if one["type"] == "page")
            page = Page(await session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0))
            for domain in ("Network", "Page", "Runtime", "Log"):
                await page.call(f"{domain}.enable")
            await page.call("Page.navigate", url=served.url)
            await page.until("document.body?.classList.contains('-first-byte') ?? false")
            await page.press("R")
            await page.until(
                f"{PICTURES}.length === 4 && {PICTURES}.every((one) => one.complete && one.naturalWidth === 320)"
            )
            await page.until(f"{PICTURES}.every((one) => Math.abs(one.width / one.height - 4 / 3) < 0.15)")
            await page.press("?")
            await page.until(f"{PICTURES}.length === 0")
            await page.press("?")
            await page.until(f"{PICTURES}.length === 4")
            end = time.monotonic() + SECONDS
            # a key that comes before the pair is drawn decides nothing
            while not accepted(workspace) and time.monotonic() < end:
                await page.press(" ")
                await asyncio.sleep(0.3)
            assert accepted(workspace)
            await page.press("q")
            await page.until("document.body.classList.contains('-closed')")
    asked = [event["request"]["url"] for event in page.named("Network.requestWillBeSent")]
    asked += [event["url"].replace("ws://", "http://") for event in page.named("Network.webSocketCreated")]
    assert len(asked) >= 7 and not [url for url in asked if not url.startswith((served.url, "data:"))]
    assert page.named("Runtime.exceptionThrown", "Network.loadingFailed") == []
    assert [event for event in page.named("Log.entryAdded") if event["entry"]["level"] == "error"] == []
