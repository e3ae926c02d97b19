"""Operations that take photos in, label them, and take them out of the catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from curate.errors import SourceError
from curate.operation import Access, Asked, Operation, Outcome
from tracer.base.errors import Exit
from tracer.base.progress import SILENT, Work
from tracer.base.text import clean_text, counted, quoted_path, shell_word

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.sources.counts import IngestCounts


class LabelFrom(StrEnum):
    """The source of the semantic label."""

    FOLDER = "folder"


def follow_scores(catalog: Catalog, counts: IngestCounts) -> None:
    """Score the candidates again if stated scenes or replaced files may have changed the proposed pairs."""
    from curate.pairing.score.learning import follow  # it loads NumPy

    if counts.updated or counts.missing:
        follow(catalog)


class Ingest(Operation):
    """Ingest local photos; a later ingest reads only what changed. The folders are only read."""

    words: ClassVar = ("ingest",)
    title: ClassVar = "Ingest photos"
    tooltip: ClassVar = "read the photos of a folder; again: only what changed"
    question: ClassVar = "Ingest the photos of which folder?"
    hint: ClassVar = "Photos are only read."
    says_next: ClassVar = True

    paths: Annotated[tuple[Path, ...], Asked(argument=True, label="folder", ending="", here=True)]
    jobs: Annotated[int | None, Field(ge=0, description="Worker processes; 0 means one per core.")] = None
    labels: Annotated[
        Path | None,
        Field(
            description="A sidecar CSV. Its columns, in any case: path (or file, file_name; relative to the CSV or to PATH), "
            "and any of Make, Model, taken_at, owner, license, url, semantic_label, scene (photos with one scene name show one "
            "scene)."
        ),
        Asked(label="labels", example="none; or a CSV file with path, Make, Model, …", ending=".csv", here=True),
    ] = None
    label_from: Annotated[
        LabelFrom | None,
        Field(description="Take the semantic label from the photo's folder."),
        Asked(label="semantic label", example="none; or folder: the name of a photo's folder"),
    ] = None

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the last folder; at first the current one, or the one above the workspace if the current one is inside it."""
        from curate.catalog.folders import last_folder

        here, root = Path.cwd(), catalog.workspace.root
        return {
            "paths": last_folder(catalog)
            or proposed_folder(root.parent if here == root or root in here.parents else here)
        }

    def check(self, catalog: Catalog) -> None:
        """Refuse a path that is not there."""
        for place in (*self.paths, *filter(None, [self.labels])):
            if not place.exists():
                raise SourceError(
                    f"there is no {quoted_path(place)}", "", "Check the spelling, and that its disk is connected."
                )
        if self.labels is not None and not self.labels.is_file():
            raise SourceError(f"{quoted_path(self.labels)} is not a file", "", "Name a CSV file.")

    def warnings(self, catalog: Catalog) -> Iterable[str]:
        """Name the sidecar's columns that are not used."""
        from curate.sources.sidecar import remarks_on_columns

        return remarks_on_columns(self.labels) if self.labels else ()

    def run(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the photos in."""
        from curate.ingest import ingest

        counts = yield from ingest(
            catalog,
            list(self.paths),
            jobs=self.jobs,
            label_from="folder" if self.label_from else None,
            labels=self.labels,
        )
        follow_scores(catalog, counts)
        return counts


def proposed_folder(folder: Path) -> str:
    """Return a folder as a form proposes it for an ingest.

    The home folder and those above it hold far more than photos. In their place it is Pictures in the home folder, or nothing
    if that does not exist.
    """
    home = Path.home()
    if folder == home or folder in home.parents:
        folder = home / "Pictures"
        if not folder.is_dir():
            return ""
    return clean_text(os.fsencode(folder)) or ""


class Forget(Operation):
    """Remove photos, or all photos in folders, from the catalogue; the files stay. `curate undo` takes it back."""

    words: ClassVar = ("forget",)

    paths: Annotated[
        tuple[Path, ...],
        Field(description="Photos, as any command prints them, and folders; they may no longer exist."),
        Asked(argument=True),
    ]

    def run(self, catalog: Catalog) -> Work[Forgotten]:
        """Take the photos out."""
        from curate.catalog.forgetting import forget
        from curate.pairing.score.learning import follow

        yield SILENT
        count = forget(catalog, self.paths)
        follow(catalog)
        return Forgotten(forgotten=count)


@dataclass(frozen=True, slots=True)
class Forgotten(Outcome):
    """The number of photos that were taken out."""

    forgotten: int

    def in_words(self) -> Iterator[str]:
        """Return it in a line."""
        yield f"forgotten {self.forgotten}"

    def summary(self) -> str:
        """Return it in words."""
        return f"{counted(self.forgotten, 'photo')} removed from the catalogue · u takes it back"


class Label(Operation):
    """Label photos. A person's label wins over every other source; it is logged."""

    words: ClassVar = ("label",)

    assignment: Annotated[
        str,
        Field(description="semantic_label=cat; an empty value blanks the label."),
        Asked(argument=True, metavar="KEY=VALUE"),
    ]
    where: Annotated[str, Field(description="The photos: one SQL expression over the label columns.")]

    def run(self, catalog: Catalog) -> Work[Labelled]:
        """Label the photos."""
        from curate.catalog import decisions
        from curate.catalog.assigning import assignment

        yield SILENT
        key, value = assignment(self.assignment)
        picked = catalog.photo_ids_where(self.where)
        return Labelled(decisions.label(catalog, picked, key, value), len(picked), self.where)


@dataclass(frozen=True, slots=True)
class Labelled(Outcome):
    """The number of photos whose label changed."""

    changed: int
    matched: Annotated[int, Field(exclude=True)]
    """Photos that the expression picked."""
    where: Annotated[str, Field(exclude=True)] = ""

    def in_words(self) -> Iterator[str]:
        """Return it in a line."""
        yield f"changed {self.changed}"

    def summary(self) -> str:
        """Return it in words."""
        if not self.changed:
            return "the photos have this label from a person already; nothing was changed"
        return f"{counted(self.changed, 'label')} changed · u takes it back"

    def notes(self, root: Path) -> Iterator[str]:
        """Say why nothing was changed."""
        if not self.matched:
            yield f"no photo matches --where {shell_word(self.where)}; nothing was changed"
        elif not self.changed:
            yield f"{counted(self.matched, 'photo')} match and already have this label from a person; nothing was changed"


class Relocate(Operation):
    """Tell that photos have moved; each is found by its content. `curate undo` takes it back."""

    words: ClassVar = ("relocate",)
    question: ClassVar = "Where is a folder of photos now, and where was it before?"

    old: Annotated[
        Path,
        Field(description="A folder of photos, or a photo, that has moved; it may no longer exist."),
        Asked(argument=True, label="before", ending="", here=True, after=True),
    ]
    new: Annotated[
        Path,
        Field(description="Where it is now."),
        Asked(argument=True, label="now", example="its new place", ending="", here=True),
    ]

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the first folder that is not there any more."""
        from curate.catalog.naming import absent_folders

        return {"old": next((folder for folder, _ in absent_folders(catalog)), None)}

    def run(self, catalog: Catalog) -> Work[RelocatedPhotos]:
        """Find the photos in the new place."""
        from curate.catalog.relocating import left_behind, relocate

        found = yield from relocate(catalog, self.old, self.new)
        return RelocatedPhotos(found.relocated, found.missing, left_behind(catalog, self.old))


@dataclass(frozen=True, slots=True)
class RelocatedPhotos(Outcome):
    """The numbers of photos that were found in the new place, and that were not."""

    relocated: int
    missing: int
    listed_by: Annotated[str, Field(exclude=True)]
    """The command that lists those that were not found."""

    def in_words(self) -> Iterator[str]:
        """Return the numbers in a line."""
        yield f"relocated {self.relocated}, missing {self.missing}"

    def summary(self) -> str:
        """Put the numbers into words."""
        left = f", {self.missing:,} not found there" if self.missing else ""
        return f"{counted(self.relocated, 'photo')} relocated{left} · u takes it back"

    def notes(self, root: Path) -> Iterator[str]:
        """Say how to list the photos that were not found."""
        if self.missing:
            yield f"{counted(self.missing, 'photo')} not found there; to list them: {self.listed_by}"

    @property
    def exit_code(self) -> Exit:
        """Some failed if photos were not found."""
        return Exit.SOME_FAILED if self.missing else Exit.DONE


class Backup(Operation):
    """Copy the catalogue (labels, decisions, pairs, what was harvested) into one file; photos and sets are not in it."""

    words: ClassVar = ("backup",)
    access: ClassVar = Access.READS

    file: Annotated[
        Path | None,
        Field(description="A new file, or a folder; by default the workspace's folder backups."),
        Asked(argument=True),
    ] = None

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Copy the catalogue."""
        from curate.catalog.backups import backup
        from curate.catalog.originals import refuse_original

        yield SILENT
        if self.file is not None:
            refuse_original(catalog, self.file)
        done = backup(catalog.workspace, self.file)
        return BackedUp(done.file, done.photos, done.decisions)


@dataclass(frozen=True, slots=True)
class BackedUp(Outcome):
    """The backup, and what it holds."""

    backup: Path
    photos: int
    decisions: int

    def summary(self) -> str:
        """Put it into words."""
        return f"{quoted_path(self.backup)}: {counted(self.photos, 'photo')}, {counted(self.decisions, 'decision')}"
