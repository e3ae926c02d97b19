"""The long work of a harvest of Flickr, each with a session of its own, and its results in words.

What asks Flickr is imported where it is used, in the thread that does the work, so that no key waits for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.catalog.flickr_photos import Step as Refusable
from curate.catalog.flickr_photos import Tally, tally
from curate.catalog.store import Catalog
from curate.workspace import Workspace

if TYPE_CHECKING:
    from curate.sources.flickr.pace import Limit


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a harvest, as its screen shows it.

    Attributes:
        tally: numbers of photos.
        waiting: photos whose EXIF is still to be asked for.
        calls_made: calls that were ever made.
        calls_left: calls that the searches and the EXIF still take, about.
        limit: how many calls may be made.
        reasons: step, number of photos and reason of what was refused, failed, left out or cut off.
    """

    tally: Tally
    waiting: int
    calls_made: int
    calls_left: int
    limit: Limit
    reasons: tuple[tuple[str, int, str], ...]


_STEPS: dict[Refusable, str] = {"exif": "EXIF", "original": "download", "recheck": "recheck"}


def overview(workspace: Workspace) -> Overview:
    """Return the state of a workspace's harvest. It opens the catalogue itself, so that it can run in a thread.

    Raises:
        UsageError: a variable of the environment is not usable.
    """
    from curate.sources.flickr.counts import harvest_status
    from curate.sources.flickr.session import limit_here

    limit = limit_here()
    with Catalog.open(workspace, read_only=True) as catalog:
        status = harvest_status(catalog)
        refused = Counter((one.step, one.reason) for one in status.refused)
        reasons = [(_STEPS[step], number, reason) for (step, reason), number in refused.most_common()]
        failed = Counter(one.step for one in status.failed)
        reasons += [(_STEPS[step], number, "failed; the next run tries again") for step, number in failed.items()]
        left_out = Counter(reason for _, reason in status.left_out)
        reasons += [("search", number, f"left out: {reason}") for reason, number in left_out.most_common()]
        reasons += [("search", 0, window) for window in status.windows]
        return Overview(tally(catalog), status.pending, status.calls_made, status.calls_left, limit, tuple(reasons))
