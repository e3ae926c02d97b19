"""What taking photos in from a source did, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from curate.errors import Exit, command
from curate.operation import Outcome, Seconds


@dataclass
class IngestCounts(Outcome):
    """What an ingest or an import did.

    Attributes:
        added: photos that are new in the catalogue.
        updated: photos whose file or labels changed.
        unchanged: photos that stayed the same.
        missing: photos whose file is no longer there.
        unreadable: photos among the first three that could not be read.
        skipped: files, folders, lines and rows that were not taken in.
        seconds: the duration.
        remarks: sentences about what was not used of the source.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    missing: int = 0
    unreadable: int = 0
    skipped: int = 0
    seconds: Seconds = 0.0
    remarks: Annotated[list[str], Field(exclude=True)] = field(default_factory=list)

    def in_words(self) -> Iterator[str]:
        """Return the numbers in a line."""
        yield ", ".join(f"{name} {value}" for name, value in self.as_json().items())

    def summary(self) -> str:
        """Put the numbers into words."""
        if not any(value for name, value in self.as_json().items() if name != "seconds"):
            return "there is no photo in that folder"
        parts = [f"{self.added:,} added", f"{self.updated:,} updated", f"{self.unchanged:,} unchanged"]
        more = (("missing", self.missing), ("unreadable", self.unreadable), ("skipped", self.skipped))
        parts += [f"{number:,} {name}" for name, number in more if number]
        return f"{', '.join(parts)}, in {self.seconds:.1f} s"

    def warnings(self) -> list[str]:
        """Return what was not used of the source."""
        return self.remarks

    def notes(self, root: Path) -> Iterator[str]:
        """Say how to list what was skipped or could not be read."""
        if self.skipped:
            yield f"to list what was skipped and why: {command('skipped', workspace=root)}"
        if self.unreadable:
            listed = command("photos", "--where", "status != 'ok'", workspace=root)
            yield f"{self.unreadable:,} could not be read; to list them: {listed}"

    @property
    def exit_code(self) -> Exit:
        """Some failed if photos could not be read."""
        return Exit.SOME_FAILED if self.unreadable else Exit.DONE
