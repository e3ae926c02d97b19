"""Plain calls to the fake, as its own tests make them."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.helpers.fake_flickr.server import KEY, FakeFlickr

Ask = Callable[..., httpx.Response]


def asking(http: httpx.Client, flickr: FakeFlickr) -> Ask:
    """Ask the fake a method's short name with arguments."""

    def ask(method: str, **arguments: object) -> httpx.Response:
        general = {"method": f"flickr.{method}", "api_key": KEY, "format": "json", "nojsoncallback": "1"}
        return http.get(flickr.endpoint, params=general | {name: str(value) for name, value in arguments.items()})

    return ask
