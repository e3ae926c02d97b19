"""A Flickr on this machine, for tests and benchmarks: `with FakeFlickr() as flickr: …`.

It is written from what is known of Flickr (its documentation, recorded answers, issues of other clients), not from a client.
"""

from tests.helpers.fake_flickr.faults import Fault, Faults, Limits
from tests.helpers.fake_flickr.images import Trick
from tests.helpers.fake_flickr.server import (
    IMAGE,
    KEY,
    FakeFlickr,
    Record,
    asked_twice,
    by_method,
    complaints,
    files_twice,
    violations,
)
from tests.helpers.fake_flickr.universe import Rates, Universe, album_id, group_id, group_url, member

__all__ = [
    "IMAGE", "KEY", "FakeFlickr", "Fault", "Faults", "Limits", "Rates", "Record", "Trick", "Universe", "album_id",
    "asked_twice", "by_method", "complaints", "files_twice", "group_id", "group_url", "member", "violations",
]  # fmt: skip
