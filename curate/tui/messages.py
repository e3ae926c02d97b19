"""The messages between the parts of the app."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from curate.catalog.history import LogStep
from curate.errors import CurateError
from tracer.base.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from curate.catalog.findings import Imported
    from curate.duplicates.groups import DuplicateReport
    from curate.export.current import Run
    from curate.export.options import ExportChoice
    from curate.export.preview import PlannedSet
    from curate.status import Status
    from curate.tui.harvesting import Overview
    from curate.tui.results import Figure
    from curate.tui.searching import Search
    from curate.tui.setplan import Line


@dataclass
class WorkAdvanced(Message, bubble=False):
    """Long work made progress. A newer message replaces one that is still queued."""

    progress: Progress
    """The progress."""
    a_second: float = 0.0
    """How many items the present stage finishes in a second; 0 while that is not known."""

    def can_replace(self, message: Message) -> bool:
        """Whether this message replaces a queued one: every earlier message of its kind."""
        return isinstance(message, WorkAdvanced)


@dataclass
class WorkEnded(Message, bubble=False):
    """Long work ended or was stopped."""

    summary: str
    """The result, or why it stopped, in one line; what should be known besides follows on lines of its own."""


@dataclass
class WorkFailed(Message, bubble=False):
    """Work in a thread ended with an error."""

    name: str
    """What was being done."""
    error: CurateError
    """What went wrong, why, and the way out."""
    group: str
    """The worker group."""


@dataclass
class DecisionsCompared(Message):
    """The decisions of another annotator were compared with the own ones."""

    file: Path
    """The file that holds them."""
    found: Imported
    """What an import would do."""


class ScoresFollowed(Message):
    """The waiting pairs have new scores."""


@dataclass
class PhotosListed(Message):
    """The photos of a filter in their order."""

    asked: int
    """The number of the list: only the one that was asked for last is shown."""
    photos: array[int]
    """Row IDs."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class FilterSearched(Message):
    """The photos of a filter that is being typed were searched."""

    text: str
    """The filter."""
    search: Search
    """The search, with what it found."""


class PicturesMade(Message, bubble=False):
    """Small pictures were made. A newer message replaces one that is still queued."""

    def can_replace(self, message: Message) -> bool:
        """Whether this message replaces a queued one: every earlier message of its kind."""
        return isinstance(message, PicturesMade)


class PicturesDecoded(Message, bubble=False):
    """Previews were decoded that the screen waits for."""


@dataclass
class MatchesDrawn(Message):
    """A drawing of the matching points of a pair."""

    pair: tuple[int, int]
    """Row IDs of the two photos."""
    picture: Image | None
    """Both photos side by side; None if they could not be drawn."""
    points: int = 0
    """The number of matching points that fit one view."""
    error: CurateError | None = None
    """Why there is no picture."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A photo that has copies.

    Attributes:
        path: its path as shown.
        own_path: its path as bytes.
        group: the number of its group.
        kept: whether it is the copy that is kept.
        reason: why it is kept, or the kind of copy.
        file: its format and size, in words.
        sha256: of its file; None where it has none.
        pictured: the path of its file where that could be decoded, from which a missing preview is made; else None.
    """

    path: str
    own_path: bytes
    group: int
    kept: bool
    reason: str
    file: str
    sha256: str | None = None
    pictured: bytes | None = None


@dataclass
class CopiesFound(Message):
    """The groups of copies of a workspace."""

    copies: list[Copy]
    """The copies group by group, the kept one of each group first."""
    report: DuplicateReport | None
    """The groups; None where they could not be found."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class HarvestCounted(Message):
    """The state of a workspace's harvest of Flickr."""

    overview: Overview | None
    """The state; None if it could not be told."""
    seconds: float = 0.0
    """How long counting took."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class SetPlanned(Message):
    """What a set would hold; sent first without leaks and confounds, which take longer."""

    choice: ExportChoice
    """The choice that it was found for."""
    planned: PlannedSet | None
    """What the set would hold; None where it cannot be told."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class SetsListed(Message):
    """The sets that were written from the workspace."""

    lines: list[Line]
    """The newest of them, in words."""


@dataclass
class RunsListed(Message):
    """The runs of the workspace."""

    found: list[Run]
    """The runs, in the order in which they are shown."""


@dataclass
class FiguresRead(Message):
    """The figures of a run, or those of two runs compared."""

    runs: tuple[Path, ...]
    """The folder of the run, or of the two."""
    figures: list[Figure]
    """The figures."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class PlanTold(Message):
    """What an evaluation would measure."""

    dataset: Path | None
    """The set; None where there is none yet."""
    lines: list[tuple[str, str]]
    """Name and text of each line."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class StatusTold(Message):
    """What is in the workspace and what waits."""

    status: Status | None
    """The status; None where it cannot be told."""
    seconds: float = 0.0
    """How long counting took."""
    error: CurateError | None = None
    """The exception that ended the work without a result."""


@dataclass
class LogRead(Message):
    """The steps of the decision log."""

    steps: list[LogStep]
    """The steps, the newest first."""
