"""The forms that take photos in, and that say where a folder has moved, and their work. It knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.catalog.folders import last_folder
from curate.catalog.naming import absent_folders
from curate.catalog.relocating import Relocated, relocate
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.ingest import IngestCounts, ingest
from curate.sources.sidecar import remarks_on_columns
from curate.tui.forms import Field, Form, path_in, paths, words, yes
from tracer.base.progress import Work
from tracer.base.text import clean_text, counted, quoted_path


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """The photos to take in.

    Attributes:
        folder: a folder, or one photo.
        labels: a CSV file with labels; None for none.
        remarks: sentences about the columns of that file.
        from_folders: whether the name of a photo's folder becomes its semantic label.
    """

    folder: Path
    labels: Path | None = None
    remarks: tuple[str, ...] = ()
    from_folders: bool = False


def ingest_form(catalog: Catalog) -> Form:
    """Return the form; the folder is the last one, or else the current one."""
    here = Path.cwd()
    return Form(
        "Ingest the photos of which folder?",
        (
            Field("folder", "folder", last_folder(catalog) or _current(catalog), complete=paths(here)),
            Field("labels", "labels", "", "none; or a CSV file with path, Make, Model, …", paths(here, ".csv")),
            Field("from_folders", "semantic label", "no", "yes: the name of a photo's folder", words(("yes", "no"))),
        ),
        "Photos are only read. semantic label: yes takes it from the name of a photo's folder. Enter starts, Tab completes.",
    )


def _current(catalog: Catalog) -> str:
    """Return the folder that is proposed: the current one, or the one above the workspace if the current one is inside it."""
    here, root = Path.cwd(), catalog.workspace.root
    return proposed_folder(root.parent if here == root or root in here.parents else here)


def proposed_folder(folder: Path) -> str:
    """Return a folder as a form proposes it for an ingest.

    The home folder and those above it hold far more than photos. In their place it is Pictures in the home folder, or nothing
    where there is none.
    """
    home = Path.home()
    if folder == home or folder in home.parents:
        folder = home / "Pictures"
        if not folder.is_dir():
            return ""
    return clean_text(os.fsencode(folder)) or ""


def ingest_request(answers: Mapping[str, str]) -> IngestRequest:
    """Read the answers.

    Raises:
        SourceError: a path does not exist, or the file cannot be used.
        UsageError: a line cannot be read.
    """
    folder = path_in(answers["folder"], Path.cwd(), "the folder")
    named = answers["labels"] if answers["labels"].casefold() != "none" or Path(answers["labels"]).exists() else ""
    labels = path_in(named, Path.cwd(), "the file") if named else None
    for place in (folder, labels):
        if place is not None and not place.exists():
            raise SourceError(
                f"there is no {quoted_path(place)}", "", "Check the spelling, and that its disk is connected."
            )
    if labels is not None and not labels.is_file():
        raise SourceError(f"{quoted_path(labels)} is no file", "", "Name a CSV file, or leave the line empty.")
    remarks = tuple(remarks_on_columns(labels)) if labels is not None else ()
    return IngestRequest(folder, labels, remarks, yes(answers["from_folders"], "the semantic label"))


def ingesting(catalog: Catalog, request: IngestRequest) -> Work[IngestCounts]:
    """Take the photos in."""
    return ingest(
        catalog,
        [request.folder],
        labels=request.labels,
        label_from="folder" if request.from_folders else None,
    )


def relocate_form(catalog: Catalog) -> Form:
    """Return the form; the folder is the first that is not there, or else the last one that was ingested."""
    absent = absent_folders(catalog)
    old = clean_text(os.fsencode(absent[0][0])) if absent else last_folder(catalog)
    return Form(
        "Where is a folder of photos now, and where was it before?",
        (
            Field("new", "now", "", "its new place", paths(Path.cwd())),  # first: the other one is filled in
            Field("old", "before", old or ""),
        ),
        "Each photo is found by its content, and keeps its labels and pairs. Enter starts, Tab completes, u takes it back.",
    )


def relocate_request(answers: Mapping[str, str]) -> tuple[Path, Path]:
    """Read the answers: the folder as it was, and as it is.

    Raises:
        UsageError: a line is empty.
    """
    here = Path.cwd()
    return path_in(answers["old"], here, "the folder before"), path_in(answers["new"], here, "the folder now")


def relocating(catalog: Catalog, request: tuple[Path, Path]) -> Work[Relocated]:
    """Find the photos in the new place."""
    return relocate(catalog, *request)


def relocate_summary(found: Relocated) -> str:
    """Put what was found into words."""
    left = f", {counted(found.missing, 'photo')} not found there" if found.missing else ""
    return f"{counted(found.relocated, 'photo')} relocated{left} · u takes it back"
