"""What happened, as messages between the parts of the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from curate.catalog.labels import LabelRow
from curate.errors import CurateError
from tracer.base.progress import Progress

if TYPE_CHECKING:
    from PIL.Image import Image

    from curate.duplicates.groups import DuplicateReport


@dataclass
class WorkAdvanced(Message, bubble=False):
    """Long work went on. A newer message replaces one that still waits, so a flood costs nothing."""

    progress: Progress
    """How far it is."""
    seconds: float
    """Since it began."""

    def can_replace(self, message: Message) -> bool:
        """Only the latest counts."""
        return isinstance(message, WorkAdvanced)


@dataclass
class WorkEnded(Message, bubble=False):
    """Long work is over."""

    summary: str
    """What it did, or why it stopped, in one line."""


@dataclass
class WorkFailed(Message, bubble=False):
    """Work beside the app ended with an error."""

    name: str
    """What was being done."""
    error: CurateError
    """What went wrong, why, and the way out."""
    group: str
    """Which kind of work it was."""


class ScoresFollowed(Message):
    """The pairs that wait were scored anew."""


@dataclass
class PhotosFound(Message):
    """A filter's answer, in two parts: the first photos, then how many there are."""

    where: str
    """The filter that was asked for."""
    photos: list[LabelRow]
    """The first of them."""
    total: int | None = None
    """How many there are; None while they are counted."""
    error: CurateError | None = None
    """Why there is no answer."""


@dataclass
class MatchesDrawn(Message):
    """The matches of a pair, drawn."""

    pair: tuple[int, int]
    """Row IDs of the two photos."""
    picture: Image | None
    """Both photos side by side; None where they could not be drawn."""
    points: int = 0
    """How many points agree on one view."""
    error: CurateError | None = None
    """Why there is no picture."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A photo that has copies: its path as shown and its own, its group's number, whether it is kept, why or why not, and
    what file it is."""

    path: str
    own_path: bytes
    group: int
    kept: bool
    reason: str
    file: str


@dataclass
class CopiesFound(Message):
    """The groups of copies of a workspace."""

    copies: list[Copy]
    """Group by group, the kept one first."""
    report: DuplicateReport
    """The groups themselves."""
    error: CurateError | None = None
    """Why there is no answer."""
