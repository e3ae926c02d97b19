"""A session with Flickr for one command: the key, the allowed hosts, the pace of this workspace, and the client."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from curate.catalog.harvests import Calls
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.sources.flickr.answers import FlickrError
from curate.sources.flickr.client import TIMEOUT, Flickr
from curate.sources.flickr.hosts import ENDPOINT, Hosts, endpoint_from_environment
from curate.sources.flickr.images import ImagePace
from curate.sources.flickr.key import find_key
from curate.sources.flickr.originals import ImageHosts
from curate.sources.flickr.pace import Limit, Pace, limit_from
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


def limit_here(environ: Mapping[str, str] = os.environ) -> Limit:
    """Return how many calls may be made, as `flickr_session` takes it from the environment.

    Raises:
        UsageError: a variable of the environment is not usable.
    """
    endpoint = endpoint_from_environment(environ, Hosts.from_environment(environ))
    return limit_from(environ, endpoint != ENDPOINT)


@contextlib.contextmanager
def flickr_session(catalog: Catalog, environ: Mapping[str, str] = os.environ) -> Iterator[Flickr]:
    """Open a client of the Flickr API.

    Args:
        catalog: open for writing; calls are stored in it.
        environ: the environment variables.

    Raises:
        CredentialsError: no usable key was found.
        UsageError: a variable of the environment is not usable.
        SourceError: a call failed that the work in the `with` block could not do without.
    """
    key = find_key(environ)
    hosts = Hosts.from_environment(environ)
    endpoint = endpoint_from_environment(environ, hosts)
    pace = Pace(Calls(catalog), limit_from(environ, endpoint != ENDPOINT))
    with guarded_client(hosts, TIMEOUT) as http:
        try:
            yield Flickr(http, endpoint, key, pace)
        except FlickrError as error:  # a call that the whole work needs, and that failed in all its tries
            raise SourceError(
                "Flickr does not answer as it should",
                str(error),
                "What was answered before is kept; do the same again later to go on.",
            ) from None
