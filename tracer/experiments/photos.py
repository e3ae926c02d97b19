"""What experiments are given of a set's photos: their embeddings with the labels that are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhotos:
    """Embeddings of photos, and one label of theirs that is asked about.

    Attributes:
        vectors: (N, D).
        labels: (N,) strings, None where unknown.
        clusters: (N,) scene or owner of each photo.
        attribute: the label's name.
        classes: (N,) what each photo shows: strings, None where unknown. None where nothing is known of any photo.
        cameras: (N,) the camera model of each photo: strings, None where unknown. None as a whole where the label does not go
            with the camera.
        scenes: (N,) the scene of each photo, where clusters are owners with several; None where there is no such difference.
    """

    vectors: NDArray[np.floating[Any]]
    labels: NDArray[Any]
    clusters: NDArray[np.int64]
    attribute: str
    classes: NDArray[Any] | None = None
    cameras: NDArray[Any] | None = None
    scenes: NDArray[np.int64] | None = None

    def only(self, rows: NDArray[np.int64]) -> LabelledPhotos:
        """Some of the photos."""
        classes, cameras, scenes = (
            None if part is None else part[rows] for part in (self.classes, self.cameras, self.scenes)
        )
        return LabelledPhotos(
            self.vectors[rows], self.labels[rows], self.clusters[rows], self.attribute, classes, cameras, scenes
        )


@dataclass(frozen=True, slots=True, eq=False)
class ProcessedPhotos:
    """Embeddings of the same photos under several processings, and what the photos show.

    Attributes:
        views: name of the processing → (N, D), the same photos in the same order.
        labels: (N,) int64 codes of what each photo shows.
        groups: (N,) scene or owner; None where each photo stands alone.
    """

    views: Mapping[str, NDArray[np.floating[Any]]]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which photos show the same subject, and which kind of camera took each.

    Attributes:
        subject: (N,) −1 where the photo is in no pair.
        model: (N,) 1 phone, 0 other camera; other codes are ignored.
    """

    subject: NDArray[np.int64]
    model: NDArray[np.int64]

    def whole(self) -> NDArray[np.int64]:
        """Subjects that have a phone's photo and another camera's."""
        known = self.subject >= 0
        sides = (self.subject[known & (self.model == code)] for code in (0, 1))
        return np.asarray(np.intersect1d(*sides), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Embeddings of a set's photos.

    Attributes:
        ids: (n,) int64, ascending.
        vectors: (n, D).
        rows: (n,) the set's row of each photo.
    """

    ids: NDArray[np.int64]
    vectors: NDArray[np.floating[Any]]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedViews:
    """Embeddings of a set's photos under several processings, of those photos that have all of them.

    Attributes:
        ids: (n,) int64, ascending.
        views: processing → (n, D).
        rows: (n,) the set's row of each photo.
    """

    ids: NDArray[np.int64]
    views: dict[str, NDArray[np.floating[Any]]]
    rows: NDArray[np.int64]

    def where(self, use: NDArray[np.bool_]) -> EmbeddedViews:
        """Some of the photos, given as a mask (n,)."""
        return EmbeddedViews(self.ids[use], {name: X[use] for name, X in self.views.items()}, self.rows[use])
