"""Operations that take photos in, label them, and take them out of the catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from curate.errors import SourceError, command
from curate.operation import Asked, Operation, Outcome
from tracer.base.errors import Exit
from tracer.base.progress import Progress, Work
from tracer.base.text import clean_text, counted, quoted_path, shell_word

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.sources.counts import IngestCounts


class LabelFrom(StrEnum):
    """The source of the semantic label."""

    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class TakenIn(Outcome):
    """What an ingest or an import did."""

    counts: IngestCounts
    said: tuple[str, ...] = ()
    """Remarks of the source that were said before the work began."""

    def as_json(self) -> Mapping[str, Any]:
        """Return the counts under their fixed names."""
        return self.counts.as_json()

    def in_words(self) -> Iterator[str]:
        """Return the counts in a line."""
        yield ", ".join(f"{name} {value}" for name, value in self.as_json().items())

    def summary(self) -> str:
        """Put the counts into words."""
        counts = self.counts
        if not any(value for name, value in self.as_json().items() if name != "seconds"):
            return "there is no photo in that folder"
        parts = [f"{counts.added:,} added", f"{counts.updated:,} updated", f"{counts.unchanged:,} unchanged"]
        more = (("missing", counts.missing), ("unreadable", counts.unreadable), ("skipped", counts.skipped))
        parts += [f"{number:,} {name}" for name, number in more if number]
        return ", ".join(parts) + f", in {counts.seconds:.1f} s"

    def notes(self, root: Path) -> Iterator[str]:
        """Say what was not used of the source, and how to list what was skipped or could not be read."""
        yield from (remark for remark in self.counts.remarks if remark not in self.said)
        if self.counts.skipped:
            yield f"to list what was skipped and why: {command('skipped', workspace=root)}"
        if self.counts.unreadable:
            listed = command("photos", "--where", "status != 'ok'", workspace=root)
            yield f"{self.counts.unreadable:,} could not be read; to list them: {listed}"

    @property
    def exit_code(self) -> Exit:
        """Some failed if photos could not be read."""
        return Exit.SOME_FAILED if self.counts.unreadable else Exit.DONE


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
    hint: ClassVar = "Photos are only read. topics: yes if a folder's name says what its photos show."
    says_next: ClassVar = True

    paths: Annotated[tuple[Path, ...], Asked(argument=True, label="folder", ending="", here=True)]
    jobs: Annotated[int | None, Field(ge=0, description="Worker processes; 0 means one per core.")] = None
    label_from: Annotated[LabelFrom | None, Field(description="Take the semantic label from the photo's folder.")] = (
        None
    )
    labels: Annotated[
        Path | None,
        Field(
            description="A sidecar CSV. Its columns, in any case: path (or file, file_name; relative to the CSV or to PATH), "
            "and any of Make, Model, taken_at, owner, license, url, semantic_label, scene (photos with one scene name show one scene)."
        ),
        Asked(label="labels", example="none; or a CSV file with path, Make, Model, …", ending=".csv", here=True),
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

    def remarks(self, catalog: Catalog) -> Iterable[str]:
        """Name the sidecar's columns that are not used."""
        from curate.sources.sidecar import remarks_on_columns

        return remarks_on_columns(self.labels) if self.labels else ()

    def run(self, catalog: Catalog) -> Work[TakenIn]:
        """Take the photos in."""
        from curate.ingest import ingest

        said = tuple(self.remarks(catalog))
        counts = yield from ingest(
            catalog,
            list(self.paths),
            jobs=self.jobs,
            label_from="folder" if self.label_from else None,
            labels=self.labels,
        )
        follow_scores(catalog, counts)
        return TakenIn(counts=counts, said=said)


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

        yield Progress("forgetting", 0)
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

        yield Progress("labelling", 0)
        key, value = assignment(self.assignment)
        picked = catalog.photo_ids_where(self.where)
        return Labelled(changed=decisions.label(catalog, picked, key, value), where=self.where, matched=len(picked))


@dataclass(frozen=True, slots=True)
class Labelled(Outcome):
    """The number of photos whose label changed."""

    changed: int
    matched: Annotated[int, Field(exclude=True)]
    """Photos that the expression picked."""
    where: Annotated[str, Field(exclude=True)]

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
