"""What taking photos in from a source did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass
class IngestCounts:
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
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """Return the counts under their fixed names."""
        return {
            item.name: round(getattr(self, item.name), 3) for item in fields(IngestCounts) if item.name != "remarks"
        }
