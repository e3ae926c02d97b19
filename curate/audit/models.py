"""Camera models behind a property: does it go with the class of whole models, or of a few models with many photos?

Photos of one camera model share its file format, sizes and compression. A test that takes them as independent finds
differences between any two classes of a few models; whether other cameras differ too is told by relabelling whole models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable, combined
from tracer.stats import other_ways, share_above

MODEL_COLUMNS = ("Make", "Model", "make_normalized", "model_normalized")
SAMPLED = 999
"""Relabellings that are drawn where there are too many to go through all."""
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Relabelled:
    """The relabellings of the camera models of some photos.

    Attributes:
        photos: positions of the photos whose model is known.
        model: the model of each of them, a code from 0.
        classes: (models,) 0 for phones, 1 for other cameras; of a model's photos the commoner.
        others: (b, models) the other ways of dealing the models out to the classes, with as many models in each.
    """

    photos: NDArray[np.intp]
    model: NDArray[np.intp]
    classes: NDArray[np.int64]
    others: NDArray[np.int64]

    def counts(self) -> tuple[int, int]:
        """Return the number of models of phones and of other cameras."""
        phones = int((self.classes == 0).sum())
        return phones, len(self.classes) - phones

    def p_value(self, values: NDArray[np.intp]) -> float:
        """Return the share of relabellings in which a property goes with the class as closely, by χ² over photos.

        Args:
            values: codes (n,) of all photos from 0, also of those without a known model.
        """
        from scipy.sparse import csr_array

        kinds, value = np.unique(values[self.photos], return_inverse=True)
        shape = len(kinds), len(self.classes)
        held, photos = np.unique(value * shape[1] + self.model, return_counts=True)
        table = csr_array((photos.astype(np.float64), np.divmod(held, shape[1])), shape=shape)
        of_value, of_model = (np.asarray(table.sum(axis=axis)).ravel() for axis in (1, 0))

        def phi_squared(ways: NDArray[np.int64]) -> NDArray[np.float64]:
            is_phone = (ways == 0).T.astype(np.float64)
            phones, every = of_model @ is_phone, of_model.sum()
            over = table @ is_phone - of_value[:, None] * (phones / every)
            return np.asarray((over**2 / of_value[:, None]).sum(axis=0) * (1 / phones + 1 / (every - phones)))

        step = max(_AT_ONCE // max(shape), 1)
        parts = [phi_squared(self.others[at : at + step]) for at in range(0, len(self.others), step)]
        return share_above(float(phi_squared(self.classes[None])[0]), np.concatenate(parts))


def relabelled(photos: PhotoTable, is_phone: NDArray[np.bool_]) -> Relabelled | None:
    """Return the relabellings of photos' camera models; None where a class has fewer than two known models.

    Args:
        photos: of known class.
        is_phone: (n,).
    """
    code = camera_models(photos)
    known = np.flatnonzero(code >= 0)
    if not len(known):
        return None
    model, count = code[known], np.bincount(code[known])
    classes = (2 * np.bincount(model, weights=is_phone[known]) <= count).astype(np.int64)
    if min(np.bincount(classes, minlength=2)) < 2:
        return None
    return Relabelled(known, model, classes, other_ways(classes, seed=0, sampled=SAMPLED)[0])


def camera_models(photos: PhotoTable) -> NDArray[np.intp]:
    """Return the camera model of each photo as a code (n,) from 0, in the order of the names; -1 where it is not known.

    A model is maker and model as the files say; where a photo lacks a model there, as they were normalised.
    """
    joint = combined([photos.codes(column) for column in MODEL_COLUMNS])
    _, first, kind = np.unique(joint, return_index=True, return_inverse=True)
    names = [_name(row) for row in photos.select(MODEL_COLUMNS).take(first).rows()]
    number = {name: at for at, name in enumerate(sorted({name for name in names if name}))}
    return np.array([number.get(name, -1) for name in names], dtype=np.intp)[kind]


def _name(row: LabelRow) -> str:
    for maker, model in (MODEL_COLUMNS[:2], MODEL_COLUMNS[2:]):
        if row.get(model):
            return " ".join(str(row[name]) for name in (maker, model) if row.get(name))
    return ""
