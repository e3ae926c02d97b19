"""Keeps a set from being replaced that may be the last copy of decisions and labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

from curate.audit.tables import read_table
from curate.catalog.decisions import decided_pairs
from curate.catalog.labelling import SAID_KEYS
from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.phototable import PhotoTable, read
from curate.catalog.store import Catalog
from curate.errors import ExportError, UsageError, command
from curate.export.current import is_as_written
from curate.sources.manifest import read_manifest
from tracer.base.text import counted, quoted_path

_LABELS = tuple(name for name in SAID_KEYS if name in LABEL_COLUMNS)


def refuse_loss(catalog: Catalog, place: Path) -> None:
    """Refuse to replace a set that holds pairs or labels of which the catalogue knows nothing.

    A set that this catalogue wrote may be replaced: its log holds every decision, also those taken back. Any other set is read:
    its pairs must be decided in the catalogue, and what people or sidecars may state of its photos must have a value there.

    Raises:
        ExportError: something would be lost, or the set cannot be read.
    """
    manifest = read_manifest(place)
    if manifest is None or is_as_written(catalog, place):
        return
    try:
        there = read_table(place / manifest.layout.labels, Counter())
    except UsageError as error:
        raise _refused(catalog, place, f"its labels cannot be compared: {error.why}") from error
    here = read(catalog, ("photo_id", "sha256", *_LABELS), {})
    pairs, labels = _lost_pairs(catalog, there, here), _lost_labels(there, here)
    if pairs or labels:
        said = [counted(pairs, "pair")] * bool(pairs) + [f"labels of {counted(labels, 'photo')}"] * bool(labels)
        raise _refused(catalog, place, f"this catalogue lacks {' and '.join(said)} that the set holds")


def _refused(catalog: Catalog, place: Path, why: str) -> ExportError:
    back = command("restore", "BACKUP", workspace=catalog.workspace.root)
    return ExportError(
        f"replacing {quoted_path(place)} would lose decisions or labels",
        f"{why}; this catalogue did not write it",
        f"Choose another place. If the catalogue that wrote it was lost, restore a backup: {back}\n"
        "To replace the set all the same, add --allow-loss to the command curate export.",
    )


def _lost_pairs(catalog: Catalog, there: PhotoTable, here: PhotoTable) -> int:
    """Return how many pairs of a set are not decided in the catalogue. Pairs are those of photo IDs."""
    id_of = dict(zip(here.values("sha256"), here.values("photo_id"), strict=True))
    decided = {frozenset((id_of.get(pair.phone), id_of.get(pair.other))) for pair in decided_pairs(catalog)}
    subjects = defaultdict(list)
    for subject, photo in zip(there.values("subject_idx"), there.values("photo_id"), strict=True):
        if subject is not None:
            subjects[subject].append(photo)
    pairs = (photos for photos in subjects.values() if len(photos) > 1)
    return sum(not any(frozenset(two) in decided for two in combinations(photos, 2)) for photos in pairs)


def _lost_labels(there: PhotoTable, here: PhotoTable) -> int:
    """Return how many photos of a set have a label that the catalogue has no value for."""
    row_of = {photo: row for row, photo in enumerate(here.values("photo_id"))}
    rows = [row_of.get(photo) for photo in there.values("photo_id")]
    lost = set()
    for name in _LABELS:
        known = here.values(name)
        for number, (row, value) in enumerate(zip(rows, there.values(name), strict=True)):
            if value is not None and (row is None or known[row] is None):
                lost.add(number)
    return len(lost)
