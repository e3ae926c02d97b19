"""`<run>/photos.parquet`: the single photos' scores behind each mean, so that `tracer compare` can pair two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.files import replace_with
from tracer.base.parquet import open_parquet
from tracer.base.reading import open_regular

if TYPE_CHECKING:
    import pandas as pd

NAME: Final = "photos.parquet"
ANY: Final = object()
"""In place of a hash: the file is not compared with what the results say of it."""
_CAMERA: Final = "camera"
_CLASS: Final = "camera_class"
_NO_CAMERA: Final = -1
KEY: Final = ("experiment", "encoder", "attribute", "processing", "mask_ratio", "setting", "metric")


@dataclass(frozen=True, slots=True)
class PhotoScores:
    """The photos' scores that one figure is the mean of.

    Attributes:
        key: the columns that name the figure's row.
        rows: which of the photos that the experiment was given. The evaluation puts the photos' ids in their place.
        clusters: scene or owner of each.
        values: fractions; signed for SPD, whose row has the size of their mean. Of a mean over classes each photo has the mean
            plus its own part in the error of that mean (`parts_of_mean`).
        cameras: camera model of each; empty where the figure speaks of the cameras of the set alone.
        classes: class of the camera model of each; empty where cameras are.
    """

    key: dict[str, Any]
    rows: list[int]
    clusters: list[int]
    values: list[float]
    cameras: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One figure's photos in ascending order of their ids.

    Attributes:
        ids, clusters, values: (n,) each.
        cameras: (n,) camera models; None where the figure speaks of the cameras of the set alone.
        classes: (n,) class of the camera model of each photo; None where cameras are.
    """

    ids: NDArray[np.int64]
    clusters: NDArray[np.int64]
    values: NDArray[np.float64]
    cameras: NDArray[np.int64] | None = None
    classes: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SampledModels:
    """Camera models that a figure speaks of as drawn from all of their class.

    Attributes:
        code: (n,) of each photo, from 0.
        classes: (models,) the class of each model, from 0.
    """

    code: NDArray[np.int64]
    classes: NDArray[np.int64]


def parts_of_mean(
    values: NDArray[np.floating[Any]], weights: NDArray[np.float64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return each photo's part (n,) in a mean over classes: their plain mean is that mean, and their errors are its errors.

    Args:
        values: (n,) of the photos.
        weights: (n,) of the photos in the mean; their sum is 1.
        groups: (n,) the class of each photo, codes from 0.
    """
    of_group = np.bincount(groups, weights=weights * values) / np.bincount(groups, weights=weights)
    return np.asarray(weights @ values + len(values) * weights * (values - of_group[groups]))


def write(
    run: Path, entries: Sequence[PhotoScores], instead_of: set[str], keep: bool, sha256: object = ANY
) -> str | None:
    """Write the entries in place of what the file held of the experiments `instead_of`; return the file's hash.

    Results hold this hash, so that scores that were exchanged, or belong to other results, are not taken for theirs.

    Args:
        keep: whether what it held of other experiments stays.
        sha256: of the file before, as the results hold it.

    Returns:
        None where there is nothing to write.
    """
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                **entry.key,
                "photo_id": entry.rows,
                "cluster": entry.clusters,
                _CAMERA: entry.cameras or _NO_CAMERA,
                _CLASS: entry.classes or _NO_CAMERA,
                "value": entry.values,
            }
        )
        for entry in entries
    ]
    held = _read(run, None, sha256) if keep else None
    if held is not None:
        frames.insert(0, held[~held["experiment"].isin(instead_of)])
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        (run / NAME).unlink(missing_ok=True)
        return None
    table = pd.concat(frames, ignore_index=True)
    data = table.to_parquet(index=False)  # in memory: Arrow takes no path that is not UTF-8
    replace_with(run / NAME, lambda path: path.write_bytes(data))
    return hashlib.sha256(data).hexdigest()


def read(
    run: Path, only: Collection[tuple[Any, ...]] | None = None, sha256: object = ANY
) -> dict[tuple[Any, ...], Values]:
    """The values by figure; empty where the run holds none, or its file is damaged or not the one of its results.

    Args:
        run: the folder.
        only: figures, as values of `KEY`; the others are not read into memory. None for all.
        sha256: of the file, as the results hold it; those of earlier versions do not.
    """
    if only is not None and not only:
        return {}
    table = _read(run, only, sha256)
    if table is None:
        return {}
    found = {}
    try:
        for key, rows in table.groupby(list(KEY), sort=False):
            ordered = rows.sort_values("photo_id")
            ids, clusters = (ordered[name].to_numpy(dtype=np.int64) for name in ("photo_id", "cluster"))
            values = ordered["value"].to_numpy(dtype=np.float64)
            if not np.isfinite(values).all():
                return {}
            cameras, classes = (ordered[name].to_numpy(dtype=np.int64) for name in (_CAMERA, _CLASS))
            sampled = (None if (codes == _NO_CAMERA).any() else codes for codes in (cameras, classes))
            found[tuple(key)] = Values(ids, clusters, values, *sampled)
    except (TypeError, ValueError, OverflowError):
        return {}  # damaged: it holds something else than numbers
    return found


def _read(run: Path, only: Collection[tuple[Any, ...]] | None, sha256: object) -> pd.DataFrame | None:
    chosen = (
        None if only is None else [[(name, "==", part) for name, part in zip(KEY, key, strict=True)] for key in only]
    )
    try:
        if sha256 is not ANY:
            with open_regular(run / NAME) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return None
        with open_parquet(run / NAME) as found:
            table = found.frame(chosen)
    except (OSError, ValueError):
        return None  # absent, or damaged: the comparison is then an unpaired one, and says so
    known = {*KEY, "photo_id", "cluster", _CAMERA, _CLASS, "value"} <= set(table.columns)
    return table if known else None  # or an earlier version's
