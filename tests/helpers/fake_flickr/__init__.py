"""A Flickr on this machine, for tests and benchmarks: `with FakeFlickr() as flickr: …`, or `python -m tests.helpers.fake_flickr`.

It is written from what is known of Flickr (its documentation, recorded answers, issues of other clients), not from a client.
"""

from tests.helpers.fake_flickr.faults import Fault, Faults
from tests.helpers.fake_flickr.images import Trick
from tests.helpers.fake_flickr.limits import Limits
from tests.helpers.fake_flickr.listing import Lies
from tests.helpers.fake_flickr.log import (
    Outcome,
    Record,
    asked_twice,
    by_method,
    calls,
    complaints,
    most_in,
    read_log,
    violations,
)
from tests.helpers.fake_flickr.process import FakeFlickrProcess
from tests.helpers.fake_flickr.server import KEY, FakeFlickr
from tests.helpers.fake_flickr.universe import Rates, Universe

__all__ = [
    "KEY", "FakeFlickr", "FakeFlickrProcess", "Fault", "Faults", "Lies", "Limits", "Outcome", "Rates", "Record", "Trick",
    "Universe", "asked_twice", "by_method", "calls", "complaints", "most_in", "read_log", "violations",
]  # fmt: skip
