"""Operations that find, import and decide pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from curate.errors import command
from curate.operation import Asked, Operation, Outcome, Seconds
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.pairing.known import KnownPairs

_NAMED = 10
"""Photos that are left out for one reason and named; of more, the number is printed."""


class FindPairs(Operation):
    """Find candidate pairs: photos of the same scene, one taken with a smartphone and one with another camera."""

    words: ClassVar = ("pair",)
    title: ClassVar = "Find pairs"
    tooltip: ClassVar = "find photos of one scene by a phone and by another camera"
    says_next: ClassVar = True

    no_time: Annotated[bool, Field(description="Do not use time as evidence.")] = False
    no_gps: Annotated[bool, Field(description="Do not use the place as evidence.")] = False
    embeddings: Annotated[
        str | None,
        Field(
            description="Also find partners by an encoder's embeddings, e.g. offline/efficientnet-lite0; they are cached."
        ),
        Asked(metavar="ENCODER"),
    ] = None
    jobs: Annotated[int, Field(ge=0, description="Worker processes; 0 means one per core.")] = 0

    def run(self, catalog: Catalog) -> Work[PairsFound]:
        """Find the pairs."""
        from curate.pairing.run import pair_workspace  # it loads OpenCV, which takes a second

        settings, embed = catalog.workspace.settings.pair, None
        if self.embeddings is not None:
            from curate.handoff import check_encoders, embed_previews

            check_encoders((self.embeddings,))
            embed = partial(embed_previews, cache=catalog.workspace.cache, encoder=self.embeddings)
        counts = yield from pair_workspace(
            catalog,
            use_time=settings.use_time and not self.no_time,
            use_gps=settings.use_gps and not self.no_gps,
            embed=embed,
            jobs=self.jobs,
        )
        return PairsFound(
            candidates=counts.candidates,
            phones=counts.phones,
            others=counts.others,
            clock_offsets=tuple(offset.to_dict() for offset in counts.clock_offsets),
            left_out=tuple(PhotoLeftOut(path=path, reason=reason) for path, reason in counts.left_out),
            seconds=counts.seconds,
        )


@dataclass(frozen=True, slots=True)
class PhotoLeftOut(Outcome):
    """A photo that pairing left out."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PairsFound(Outcome):
    """The candidates that were found."""

    candidates: int
    phones: int
    others: int
    clock_offsets: tuple[Mapping[str, Any], ...]
    left_out: tuple[PhotoLeftOut, ...]
    seconds: Seconds

    def in_words(self) -> Iterator[str]:
        """Return the numbers in a line."""
        yield (f"candidates {self.candidates}, phones {self.phones}, others {self.others}, seconds {self.seconds:.1f}")

    def summary(self) -> str:
        """Put the numbers into words."""
        left = f", {counted(len(self.left_out), 'photo')} left out" if self.left_out else ""
        sides = f"{self.phones:,} of phones and {self.others:,} of cameras"
        return f"{counted(self.candidates, 'candidate')} among photos: {sides}{left} · F2 reviews them"

    def notes(self, root: Path) -> Iterator[str]:
        """Name the photos that were left out: each path, or for many photos with one reason their number and the first paths."""
        from curate.pairing.run import COPY, NO_FILE

        by_reason: dict[str, list[str]] = {}
        for left in self.left_out:
            by_reason.setdefault(COPY if left.reason.startswith(COPY) else left.reason, []).append(left.path)
        if without := by_reason.pop(NO_FILE, None):
            fetch = command("flickr", "download", workspace=root)
            yield f"left out: {counted(len(without), 'photo')} without a file; to download originals: {fetch}"
        if copies := by_reason.pop(COPY, None):
            listed = command("duplicates", workspace=root)
            many = counted(len(copies), "exact copy", "exact copies")
            yield f"left out: {many} of other photos; to list all copies: {listed}"
        for reason, paths in by_reason.items():
            yield from (f"left out: {path}: {reason}" for path in paths[:_NAMED])
            if len(paths) > _NAMED:
                yield f"left out: {len(paths) - _NAMED:,} more: {reason}; the option --json lists them all"


class ImportPairs(Operation):
    """Import known pairs or scenes as accepted; one `curate undo` takes them back. For each scene, one pair of a phone
    photo and another camera's photo is accepted, and all its photos are stated to show one scene."""

    words: ClassVar = ("pairs", "import")

    file: Annotated[
        Path,
        Field(
            description="A CSV with the columns image_a,image_b (and optionally scene), or file,scene. Its paths are as curate "
            "prints them, or relative to the CSV, the current folder or a source folder."
        ),
        Asked(argument=True, label="file", ending=".csv", here=True),
    ]

    def run(self, catalog: Catalog) -> Work[KnownPairs]:
        """Import them."""
        from curate.pairing.known import import_pairs
        from curate.pairing.score.learning import follow

        yield Progress("importing pairs", 0)
        found = import_pairs(catalog, self.file)
        follow(catalog)
        return found
