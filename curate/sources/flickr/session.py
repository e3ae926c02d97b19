"""A session with Flickr for one command: the key, the allowed hosts, the pace of this workspace, and the client."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from curate.catalog.harvests import Calls
from curate.catalog.store import Catalog
from curate.sources.flickr.client import TIMEOUT, Flickr
from curate.sources.flickr.hosts import ENDPOINT, Hosts, endpoint_from_environment
from curate.sources.flickr.images import ImagePace
from curate.sources.flickr.key import find_key
from curate.sources.flickr.originals import ImageHosts
from curate.sources.flickr.pace import Pace, limit_from
from curate.sources.flickr.transport import guarded_client


@contextlib.contextmanager
def image_hosts(catalog: Catalog, environ: Mapping[str, str] = os.environ) -> Iterator[ImageHosts]:
    """Open a client for the hosts of pictures, at the pace of the settings.

    Raises:
        UsageError: a variable of the environment is not usable.
    """
    hosts = Hosts.from_environment(environ)
    with guarded_client(hosts, TIMEOUT) as http:
        yield ImageHosts(http, hosts, ImagePace(catalog.workspace.settings.flickr.image_seconds))


@contextlib.contextmanager
def flickr_session(catalog: Catalog, environ: Mapping[str, str] = os.environ) -> Iterator[Flickr]:
    """Open a client of the Flickr API.

    Args:
        catalog: open for writing; calls are stored in it.
        environ: the environment variables.

    Raises:
        CredentialsError: there is no usable key.
        UsageError: a variable of the environment is not usable.
    """
    key = find_key(environ)
    hosts = Hosts.from_environment(environ)
    endpoint = endpoint_from_environment(environ, hosts)
    pace = Pace(Calls(catalog), limit_from(environ, endpoint != ENDPOINT))
    with guarded_client(hosts, TIMEOUT) as http:
        yield Flickr(http, endpoint, key, pace)
