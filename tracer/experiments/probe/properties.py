"""The confound of a label of the camera: what file properties alone tell, and the probe on photos that are matched in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.probe import probe_cross_validated
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.probe.unseen import probe_unseen_cameras
from tracer.experiments.shared.cameras import UNSEEN
from tracer.experiments.shared.thinning import thinned
from tracer.results.photo_scores import PhotoScores
from tracer.setformat.file_properties import COARSE

MATCHED: Final = "matched"
"""Ends the setting of a probe on photos that are matched in file properties."""
MOST_PHOTOS: Final = 10_000
LEAST_HELD: Final = 2
"""A value that fewer photos have is no class of its own."""


def one_hot(properties: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Return a column for each value of each property that several photos have: (n, D), 1 or 0."""
    columns = [np.ones(len(next(iter(properties.values()))), dtype=np.float32)]
    for values in properties.values():
        names, code, held = np.unique(values.astype(str), return_inverse=True, return_counts=True)
        columns += [(code == at).astype(np.float32) for at in range(len(names)) if held[at] >= LEAST_HELD]
    return np.stack(columns, axis=1)


def matched(properties: Mapping[str, NDArray[Any]], labels: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Return rows of photos such that no combination of the coarse properties tells the labels apart.

    In each cell, which is one combination of values, as many photos of each label are kept as the rarest has there; which ones is
    drawn. Photos without a label are left out.

    Args:
        properties: (n,) values of each.
        labels: (n,) strings, None where unknown.
        seed: of the draw.
    """
    rows = np.flatnonzero([label is not None for label in labels])
    if not len(rows):
        return rows
    kinds, kind = np.unique(labels[rows].astype(str), return_inverse=True)
    joint = np.array(["\t".join(one) for one in zip(*(properties[name][rows] for name in COARSE), strict=True)])
    cells, cell = np.unique(joint, return_inverse=True)
    count = np.zeros((len(cells), len(kinds)), dtype=np.int64)
    np.add.at(count, (cell, kind), 1)
    drawn = np.random.default_rng(seed).permutation(len(rows))
    group = (cell * len(kinds) + kind)[drawn]
    order = np.argsort(group, kind="stable")
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = np.arange(len(rows)) - np.searchsorted(group[order], group[order])
    kept = place < count.min(axis=1)[cell[drawn]]
    return np.sort(rows[drawn[kept]])


@dataclass(frozen=True, slots=True)
class Probing:
    """How a label is probed.

    Attributes:
        how: of every probe.
        repeats: draws of the folds.
        unseen: whether cameras are left out of the training.
    """

    how: Fitting
    repeats: int
    unseen: bool

    def probe(self, source: Source, photos: LabelledPhotos) -> Work[Outcome]:
        """Probe the photos' label as that of an encoder is probed."""
        if self.unseen:
            assert photos.cameras is not None, "the label goes with the camera"
            return (yield from probe_unseen_cameras(source, photos, photos.cameras, self.how))
        return (yield from probe_cross_validated(source, photos, self.how, repeats=self.repeats))


def probe_properties(source: Source, photos: LabelledPhotos, how: Probing) -> Work[Outcome]:
    """Probe what the photos' file properties tell, cross-validated like an encoder's embeddings.

    Args:
        source: names of the set and, for the encoder, `words.FILES_ALONE`.
        photos: with `one_hot` properties as vectors.
        how: as for encoders.

    Raises:
        TooFew: as of the probe.
    """
    rows = thinned(np.arange(len(photos.labels)), photos.clusters, MOST_PHOTOS, how.how.seed)
    found = yield from how.probe(source, photos.only(rows))
    found.details = [_without_confusions(detail) for detail in found.details]
    found.per_photo = [_at(one, rows) for one in found.per_photo]
    return found


def _at(scores: PhotoScores, rows: NDArray[np.int64]) -> PhotoScores:
    """The scores of some of the photos, by their rows among all."""
    return replace(scores, rows=rows[np.asarray(scores.rows, dtype=np.int64)].tolist())


def _without_confusions(detail: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the details without what the page would draw beside the encoders'."""
    return {name: value for name, value in detail.items() if name not in ("confusion", "recalls", "model_figures")}


def probe_matched(
    source: Source, photos: LabelledPhotos, properties: Mapping[str, NDArray[Any]], how: Probing
) -> Work[Outcome]:
    """Probe photos that are matched in file properties (`matched`). Rows and details say so in their setting.

    Where too few photos have a counterpart there is no row, and the details say how many have.

    Args:
        source: names of the set and the encoder.
        photos: all that are labelled.
        properties: (n,) values of each, of the same photos.
        how: as for all photos.
    """
    rows = matched(properties, photos.labels, how.how.seed)
    of = int(sum(label is not None for label in photos.labels))
    setting = f"{UNSEEN if how.unseen else 'acquisition'},{MATCHED}"
    try:
        if not len(rows):
            raise TooFew("No photo has a counterpart with the same file properties")
        found = yield from how.probe(source, photos.only(rows))
    except TooFew as error:
        detail = source.detail("probe", photos.attribute, setting, told=False, matched=len(rows), of=of, why=str(error))
        return Outcome(details=[detail])
    found.rows = [replace(row, setting=f"{row.setting},{MATCHED}") for row in found.rows]
    found.details = [
        {**_without_confusions(detail), "setting": f"{detail['setting']},{MATCHED}", "matched": len(rows), "of": of}
        for detail in found.details
    ]
    found.per_photo = [
        replace(_at(one, rows), key=one.key | {"setting": f"{one.key['setting']},{MATCHED}"}) for one in found.per_photo
    ]
    found.warnings = []
    return found
