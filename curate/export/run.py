"""Splits and exports of a workspace: rows out of the catalogue, files out of the rows."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.catalog.keepers import kept as kept_photos
from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.leftout import keep_left_out
from curate.catalog.originals import refuse_original
from curate.catalog.phototable import Coded, PhotoTable, read
from curate.catalog.sets import exported_sets, keep_splits, remember_set
from curate.catalog.store import Catalog
from curate.duplicates.groups import KEEPER_COLUMNS, DuplicateReport, find_duplicates, number_duplicates
from curate.duplicates.likeness import alike_by_pixels
from curate.errors import CurateError, StorageError, UsageError, WorkspaceError, command, shown
from curate.export.select import way_out
from curate.export.write import ExportOptions, ExportResult, NothingToExport, export_set
from curate.pairing.scenes import scenes
from curate.sources.made import MANIFEST, why_no_place
from curate.sources.manifest import read_manifest
from curate.splits.check import leaks
from curate.splits.choice import chosen, groupings
from curate.splits.make import JointSplit, joint_split
from tracer.base.files import remove_abandoned, write_atomically
from tracer.base.progress import Work
from tracer.base.reading import MOST_JSON, read_bytes
from tracer.base.text import counted, quoted_path


def export_rows(catalog: Catalog, columns: Iterable[str] = LABEL_COLUMNS) -> PhotoTable:
    """Return the label rows with what export and splits need beside them: `scene_idx`, `phash`, the path's own bytes,
    `keeper` (a person's choice among copies) and `duplicate_idx`.

    Args:
        catalog: the workspace's. columns: the label columns that are asked for beside those by which a keeper is chosen.
    """
    photos = _photos(catalog, columns)
    numbers = number_duplicates(photos, alike_by_pixels(catalog.workspace.preview))
    return photos.with_column("duplicate_idx", Coded(numbers, range(numbers.max(initial=-1) + 1)))


def duplicate_report(catalog: Catalog) -> DuplicateReport:
    """Return the groups of copies in a workspace; near ones are compared by their previews' pixels."""
    return find_duplicates(_photos(catalog, ()), alike_by_pixels(catalog.workspace.preview))


def _photos(catalog: Catalog, columns: Iterable[str]) -> PhotoTable:
    looked_up: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
        "scene_idx": ("sha256", scenes(catalog).get),
        "keeper": ("path_bytes", kept_photos(catalog).get),
    }
    return read(catalog, ("path", "status", "error", *KEEPER_COLUMNS, *columns), looked_up)


def split_workspace(
    catalog: Catalog, attributes: tuple[str, ...], group_by: tuple[str, ...], seed: int
) -> dict[str, Any]:
    """Make the splits of a workspace, write them below `splits/`, and remember the choice for exports.

    Raises:
        UsageError: an attribute or a grouping is unknown, or no photo has the attribute. CurateError: none of the attributes
            gives a split. Then nothing is written, and the earlier choice stays.
    """
    by = groupings(group_by)
    joint_split([], attributes, by)  # an unknown attribute is refused before any work
    photos = export_rows(catalog, ("photo_id", "owner", "subject_idx", *attributes)).where("status", "ok")
    joint = joint_split(photos, attributes, by, seed)
    _refuse_no_split(catalog, photos, joint)
    folder = catalog.workspace.root / "splits"
    folder.mkdir(exist_ok=True)
    remove_abandoned(folder)
    files, found = [], []
    for split in joint.splits.values():
        if split.content is None:
            continue
        path = folder / split.file_name
        write_atomically(path, json.dumps(split.content, ensure_ascii=False).encode())
        files.append(str(path))
        found += leaks(split.content, joint.photo_ids, joint.groups)
    keep_splits(catalog, attributes, by, seed)
    left_out = [(attribute, entry) for attribute, split in joint.splits.items() for entry in split.left_out]
    ids, paths = photos.integers("photo_id", -1), photos.texts("path")
    order = np.argsort(ids, kind="stable")
    listed = (
        (f"{attribute}: {entry.reason}", paths.take(pa.array(order[np.isin(ids[order], entry.photos)])).to_pylist())
        for attribute, entry in left_out
    )
    keep_left_out(catalog, folder, listed)
    return {
        "files": files,
        "left_out": [
            {"attribute": attribute, "reason": entry.reason, "photos": len(entry.photos)}
            for attribute, entry in left_out
        ],
        "audit": {"groups": len(np.unique(joint.groups)), "group_by": list(by), "seed": seed, "leaks": len(found)},
    }


def _refuse_no_split(catalog: Catalog, photos: PhotoTable, joint: JointSplit) -> None:
    """Refuse an attribute that no photo has, and attributes of which none gives a split."""
    for attribute in joint.splits:
        if not photos.present(attribute).any():
            listed = command("photos", workspace=catalog.workspace.root)
            raise UsageError(
                f"no split can be made by {attribute}",
                "no photo has it",
                f"Leave it out, or take labels in first; what photos have is listed by: {listed}",
            )
    if all(split.content is None for split in joint.splits.values()):
        raise CurateError(
            "no split can be made",
            "; ".join(
                f"{attribute}: {counted(len(entry.photos), 'photo')}: {entry.reason}"
                for attribute, split in joint.splits.items()
                for entry in split.left_out
            ),
            "Name an attribute with larger classes, or take more photos in.",
        )


def export_workspace(
    catalog: Catalog,
    out: Path,
    *,
    layout: str = "imagefolder",
    pairs: bool = False,
    keep_gps: bool = False,
    licenses: tuple[str, ...] = (),
    match: tuple[str, ...] | None = None,
    replace: bool = False,
) -> Work[dict[str, Any]]:
    """Write a workspace's set; returns what `curate export --json` prints. `match`: the workspace's setting where None.

    Raises:
        UsageError: the place is a photo, lies in a folder that was taken in or in one that lenstrace fills itself; an option
            is unknown.
        ExportError, StorageError: as `export_set`.
    """
    started = time.monotonic()
    refuse_original(catalog, out)
    if (why := why_no_place(out, ("exports",))) is not None:
        place = catalog.workspace.exports / catalog.workspace.name
        free = command("export", shown(place), workspace=catalog.workspace.root)
        raise UsageError(f"{quoted_path(out)} cannot hold a set", why, f"Name a folder of its own for the set: {free}")
    matched = catalog.workspace.settings.export.match if match is None else match
    options = _options(
        catalog, layout=layout, pairs=pairs, keep_gps=keep_gps, licenses=licenses, match=matched, replace=replace
    )
    try:
        result: ExportResult = yield from export_set(export_rows(catalog), out.absolute(), options)
    except NothingToExport as error:
        root = catalog.workspace.root
        if error.left_out:
            error.way_out = way_out(error.left_out[0].reason, root)
        else:
            error.way_out = f"Take some in: {command('ingest', 'PHOTOS', workspace=root)}"
        raise
    try:
        remember_set(catalog, result.dataset, _state(catalog, result.dataset))
        keep_left_out(catalog, result.dataset, ((entry.reason, entry.photos) for entry in result.left_out))
    except (StorageError, WorkspaceError) as error:
        error.way_out = f"The new set is at {result.dataset}, whole; the workspace does not know of it. {error.way_out}"
        raise
    return {
        "dataset": str(result.dataset),
        "photos": result.photos,
        "left_out": [{"reason": entry.reason, "photos": len(entry.photos)} for entry in result.left_out],
        "licenses": dict(result.licenses),
        "splits": chosen(catalog).as_json(),
        "seconds": round(time.monotonic() - started, 3),
    }


def is_current(catalog: Catalog, place: Path) -> bool:
    """Whether an export to a place would write the set that lies there: the catalogue, the settings and it are as they were."""
    return exported_sets(catalog).get(place) == _state(catalog, place)


def written_with(place: Path) -> dict[str, Any]:
    """Return the options that the set at a place was written with, as `export_workspace` takes them; none where none is there."""
    told = read_manifest(place)
    return {} if told is None else told.options()


def ensure_export(catalog: Catalog) -> Work[Path]:
    """Return the workspace's own set below `exports/`, written again as it was where catalogue, settings or set changed since."""
    place = catalog.workspace.exports / catalog.workspace.name
    if is_current(catalog, place):
        return place
    answer = yield from export_workspace(catalog, place, replace=place.exists(), **written_with(place))
    return Path(answer["dataset"])


def _state(catalog: Catalog, place: Path) -> str:
    """What a set was made from, and which set lies there."""
    try:
        lies = hashlib.sha256(read_bytes(place / MANIFEST, MOST_JSON)).hexdigest()
    except OSError:  # nothing is there, or something that is no set
        lies = ""
    return f"{catalog.revision()} {catalog.workspace.settings.export.model_dump_json()} {lies}"


def _options(catalog: Catalog, **choice: Any) -> ExportOptions:
    split = chosen(catalog)
    return ExportOptions(
        name=catalog.workspace.name,
        attributes=split.attributes,
        group_by=split.group_by,
        seed=split.seed,
        created=catalog.changed(),
        recipe=catalog.workspace.settings.recipe,
        **choice,
    )
