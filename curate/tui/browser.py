"""Opens a page in the browser of the desktop, where there is one. It knows no Textual."""

from __future__ import annotations

import subprocess
import webbrowser
from pathlib import Path

_IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
"""Browsers that would take over the terminal, which belongs to the app."""


def open_page(page: Path) -> bool:
    """Open a page without waiting for the browser; returns whether there is a browser to open it in."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    arguments = getattr(browser, "args", None)
    if not isinstance(browser, webbrowser.GenericBrowser) or arguments is None:
        return browser.open(page.as_uri())
    if Path(browser.name).name in _IN_THE_TERMINAL:
        return False
    words = [browser.name, *(argument.replace("%s", page.as_uri()) for argument in arguments)]
    # its output must not be drawn over the app
    try:
        subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True
