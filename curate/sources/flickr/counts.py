"""What a harvest did and what is left of it, as its commands print it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from curate.catalog.flickr_photos import Refusal, refusals
from curate.catalog.flickr_photos import counts as photo_counts
from curate.catalog.harvests import calls_made, left_out_by_search, pages_left, remarks
from curate.catalog.store import Catalog
from curate.errors import Exit, command
from curate.operation import Outcome
from curate.sources.counts import IngestCounts
from curate.sources.flickr.methods import PER_PAGE
from curate.sources.flickr.targets import Targets, needed_exif
from curate.sources.flickr.windows import window_from_text
from tracer.base.text import counted


@dataclass
class HarvestCounts(IngestCounts):
    """What a step of a harvest did.

    `missing` counts the photos that are gone, `unreadable` those among `unchanged` for which the step was refused or failed, and
    those among `updated` whose file is damaged; `skipped` those that were found and left out.

    Attributes:
        calls_made: calls that were made, tries included.
        calls_left: calls that the searches and the EXIF of the listed photos still take, about.
        incomplete: whether a search could not list all that it should.
    """

    calls_made: int = 0
    calls_left: int = 0
    incomplete: Annotated[bool, Field(exclude=True)] = False


Step = Literal["search", "exif", "original", "recheck"]

_WORDS: Mapping[Step, tuple[str, str, str]] = {
    "search": ("{photos} found", "photo", ""),
    "exif": ("EXIF of {photos}", "photo", "refused or failed"),
    "original": ("{photos} downloaded", "original", "refused or failed"),
    "recheck": ("{photos} changed", "photo", "failed"),
}
"""What a step did, of what, and what is said of photos for which it was not done."""


@dataclass(frozen=True, slots=True)
class StepDone(Outcome):
    """What a step of a harvest did, and what it leaves.

    Attributes:
        step: the step.
        counts: its counts.
        refused: the number of photos for which the step was refused for good.
        failed: the number of photos for which the next run tries it again.
    """

    step: Step
    counts: HarvestCounts
    refused: int = 0
    failed: int = 0

    def as_json(self) -> Mapping[str, Any]:
        """Return the counts."""
        return self.counts.as_json()

    def in_words(self) -> Iterator[str]:
        """Return the counts in a line."""
        return self.counts.in_words()

    def summary(self) -> str:
        """Put the counts into words, in one line."""
        return ", ".join([*self._words(), *self.counts.remarks])

    def _words(self) -> Iterator[str]:
        counts, own = self.counts, _WORDS[self.step]
        yield own[0].format(photos=counted(counts.added if self.step == "search" else counts.updated, own[1]))
        if self.step == "search" and counts.skipped:
            yield f"{counts.skipped:,} left out"
        numbers = ((counts.missing, "gone"), (counts.unreadable, own[2])) if self.step != "search" else ()
        yield from (f"{number:,} {word}" for number, word in numbers if number)
        yield counted(counts.calls_made, "call")

    def notes(self, root: Path) -> Iterator[str]:
        """Say what was remarkable, and how to list what was refused or failed."""
        yield from self.counts.remarks
        listed = f"; to list them with their reasons: {command('flickr', 'status', '--json', workspace=root)}"
        if self.refused:
            yield f"{self.refused:,} refused{listed}"
        if self.failed:
            where = "; they are listed there, too" if self.refused else listed
            yield f"{self.failed:,} failed and are tried again by the next run of the same command{where}"

    @property
    def exit_code(self) -> Exit:
        """Some failed if photos were refused, failed or came damaged, or a search could not list all that it should."""
        damaged = self.step == "original" and self.counts.unreadable
        some = self.refused or self.failed or damaged or self.counts.incomplete
        return Exit.SOME_FAILED if some else Exit.DONE


@dataclass(frozen=True, slots=True)
class Estimate(Outcome):
    """What a search would take."""

    counts: HarvestCounts
    photos: int
    hours: float

    def as_json(self) -> Mapping[str, Any]:
        """Return the counts, photos and hours."""
        return {**self.counts.as_json(), "photos": self.photos, "hours": self.hours}

    def summary(self) -> str:
        """Put it into words."""
        calls = self.counts.calls_left
        return f"about {self.photos:,} photos, {calls:,} calls, {self.hours:,} hours; nothing was stored"


@dataclass(frozen=True, slots=True)
class HarvestStatus:
    """The state of a workspace's harvest.

    Attributes:
        photos: photos with a Flickr ID.
        pending: photos that wait for their EXIF.
        refused: steps that were refused for good.
        failed: steps that failed and are tried again by the next run.
        calls_made: calls that were ever made.
        calls_left: calls that the searches and the EXIF still take, about.
        left_out: Flickr ID and reason of photos that searches found and left out.
        windows: what is remarkable about windows of searches.
    """

    photos: int
    pending: int
    refused: tuple[Refusal, ...]
    failed: tuple[Refusal, ...]
    calls_made: int
    calls_left: int
    left_out: tuple[tuple[int, str], ...]
    windows: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `curate flickr status --json` prints."""
        return {
            "photos": self.photos,
            "pending": self.pending,
            "refused": [{"photo_id": one.photo_id, "step": one.step, "reason": one.reason} for one in self.refused],
            "failed": [{"photo_id": one.photo_id, "step": one.step, "reason": one.reason} for one in self.failed],
            "calls_made": self.calls_made,
            "calls_left": self.calls_left,
            "left_out": [{"photo_id": photo, "reason": reason} for photo, reason in self.left_out],
            "windows": list(self.windows),
        }

    def in_words(self) -> list[str]:
        """Return the state in words, as lines."""
        lines = [
            f"photos   {self.photos:,}, {self.pending:,} without EXIF yet",
            f"calls    {self.calls_made:,} made, {self.calls_left:,} left",
        ]
        for word, outcomes in (("refused ", self.refused), ("failed  ", self.failed)):
            steps = Counter((one.step, one.reason) for one in outcomes)
            lines += [f"{word} {number:,} ({step}): {reason}" for (step, reason), number in sorted(steps.items())]
        left = Counter(reason for _, reason in self.left_out)
        lines += [f"left out {number:,}: {reason}" for reason, number in sorted(left.items())]
        return lines + [f"window   {window}" for window in self.windows]


def calls_left(catalog: Catalog, targets: Targets | None = None) -> int:
    """Return about how many calls the searches and the EXIF of the listed photos still take; see `needed_exif`."""
    return pages_left(catalog, PER_PAGE) + len(needed_exif(catalog, targets))


def harvest_status(catalog: Catalog) -> HarvestStatus:
    """Return the state of a workspace's harvest."""
    photos, pending = photo_counts(catalog)
    return HarvestStatus(
        photos,
        pending,
        tuple(refusals(catalog)),
        tuple(refusals(catalog, "failed")),
        calls_made(catalog),
        calls_left(catalog),
        tuple(left_out_by_search(catalog)),
        tuple(in_words_of(one.span, one.reason) for one in remarks(catalog)),
    )


def in_words_of(span: str, reason: str) -> str:
    """Return a remark about a window in words."""
    return f"{window_from_text(span).in_words()}: {reason}"
