"""What happened, as messages between the parts of the app."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from curate.progress import Progress


@dataclass
class WorkAdvanced(Message):
    """Long work went on. A newer message replaces one that still waits, so a flood costs nothing."""

    progress: Progress
    """How far it is."""
    seconds: float
    """Since it began."""

    def can_replace(self, message: Message) -> bool:
        """Only the latest counts."""
        return isinstance(message, WorkAdvanced)


@dataclass
class WorkEnded(Message):
    """Long work is over."""

    summary: str
    """What it did, or why it stopped, in one line."""
    failed: bool = False
    """Whether it stopped for an error."""
