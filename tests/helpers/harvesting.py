"""Harvests from the fake Flickr within a test's process, in simulated time: no wait takes any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from curate.catalog.harvests import Calls
from curate.catalog.store import Catalog
from curate.sources.flickr.client import Flickr
from curate.sources.flickr.counts import HarvestCounts
from curate.sources.flickr.harvest import harvest_exif
from curate.sources.flickr.hosts import Hosts
from curate.sources.flickr.pace import Limit, Pace
from curate.sources.flickr.plan import plan_from
from curate.sources.flickr.search import search
from curate.sources.flickr.transport import guarded_client
from tests.helpers.fake_flickr import KEY, FakeFlickr
from tests.helpers.local_servers import LocalServer
from tests.helpers.simulated_time import Simulated
from tracer.base.progress import finish

ALL_YEARS = {"taken_from": "2000", "taken_to": "2025"}
"""A search that finds every photo of the fake with a date."""

SEARCH_ALL = ("flickr", "search", "--taken-from", "2000", "--taken-to", "2025")
"""The same as a command."""


@contextmanager
def client(
    catalog: Catalog, server: FakeFlickr | LocalServer, time: Simulated | None = None, key: str = KEY
) -> Iterator[Flickr]:
    """A client at the default limits, in simulated time.

    Args:
        catalog: Open for writing.
        server: What it asks: the fake, or any other server.
        time: The time; by default one of its own.
        key: The key that is sent; by default the right one.
    """
    time, hosts = time or Simulated(), f"127.0.0.1:{server.port}"
    endpoint = server.endpoint if isinstance(server, FakeFlickr) else f"http://{hosts}/"
    pace = Pace(Calls(catalog), Limit(), time.clock, time.sleep)
    with guarded_client(Hosts.from_environment({"CURATE_FLICKR_HOSTS": hosts}), 5.0) as http:
        yield Flickr(http, endpoint, SecretStr(key), pace)


def searched(catalog: Catalog, flickr: FakeFlickr, *queries: dict[str, Any], **sizes: Any) -> HarvestCounts:
    """Run searches as one plan."""
    with client(catalog, flickr) as asked:
        return finish(search(catalog, asked, plan_from({"search": list(queries) or [ALL_YEARS], **sizes}, "a test")))


def harvested(catalog: Catalog, flickr: FakeFlickr, limit: int | None = None) -> HarvestCounts:
    """Ask for the EXIF of all photos that wait for it."""
    with client(catalog, flickr) as asked:
        return finish(harvest_exif(catalog, asked, limit))


def rows(catalog: Catalog) -> dict[int, dict[str, Any]]:
    """Label rows by photo ID."""
    return {row["photo_id"]: dict(row) for row in catalog.labels()}
