"""Variance components: how much single figures differ between camera models, between scenes, and from photo to photo.

The method is that of moments (analysis of variance): sums of squares are set equal to their expectations, so that the estimates
are unbiased whatever the distribution. Searle, Casella and McCulloch 1992, "Variance Components", chapters 3 and 5 (Henderson's
method I); Owen 2007 and Gao and Owen 2017 for crossed effects. An estimate may come out below 0; it is then taken as 0 and named
in `clipped`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-12
_TELLING = 0.25
"""Scenes are told from photos where at least this share of the photos stands beside another of its class in its scene, and from
models where models have so many photos in other scenes."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Components of figures of photos in scenes or owners.

    Attributes:
        between: variance between scenes. within: variance of photos of one scene.
        clusters: number of scenes. photos: of a scene, as it counts where scenes are of different sizes.
        clipped: whether `between` came out below 0 and is taken as 0.
    """

    between: float
    within: float
    clusters: int
    photos: float
    clipped: bool


def nested_components(values: ArrayLike, clusters: ArrayLike) -> Nested:
    """Return the components of one-way random effects (Searle, Casella and McCulloch 1992, chapter 3).

    Where no scene has two photos, the two cannot be told apart, and all of it is `between`.

    Args:
        values: (n,). clusters: (n,) scene or owner of each.

    >>> found = nested_components([0.0, 0.0, 1.0, 1.0], [1, 1, 2, 2])
    >>> found.between, found.within
    (0.5, 0.0)
    """
    figures = np.asarray(values, dtype=np.float64)
    code = np.unique(clusters, return_inverse=True)[1]
    size = np.bincount(code)
    n, groups = len(figures), len(size)
    means = np.bincount(code, weights=figures) / size
    inside = float(((figures - means[code]) ** 2).sum())
    if groups < 2:
        return Nested(0.0, inside / max(n - 1, 1), groups, float(n), False)
    over = float((size * (means - figures.mean()) ** 2).sum()) / (groups - 1)
    if n == groups:
        return Nested(over, 0.0, groups, 1.0, False)
    within, each = inside / (n - groups), (n - float((size**2).sum()) / n) / (groups - 1)
    between = (over - within) / each
    return Nested(max(between, 0.0), within, groups, each, between < 0)


@dataclass(frozen=True, slots=True)
class Crossed:
    """Components of the share of photos named right, of camera models that are photographed in scenes.

    Attributes:
        models: variance between models of a class.
        scenes: variance between scenes, of photos of one class.
        classes: covariance over scenes of what they do to two classes. It is negative where a scene makes all cameras look like
            phones, which helps one class and harms the other.
        photos: variance of what is left: of photos of one model in one scene.
        apart: whether scenes could be told from photos; otherwise their variance is part of `photos`, or of `models`.
        clipped: names of those variances that came out below 0 and are taken as 0.
    """

    models: float
    scenes: float
    classes: float
    photos: float
    apart: bool = True
    clipped: tuple[str, ...] = ()


def crossed_components(
    right: NDArray[np.float64], model: NDArray[np.int64], classes: NDArray[np.int64], scene: NDArray[np.int64]
) -> Crossed:
    """Return the components of models and scenes, each class having a mean of its own.

    Scenes may be photographed by all models, by some or by one. Where scenes cannot be told from photos (one photo each) or from
    models (one scene each), their variance is counted with those.

    Args:
        right: (n,) share of the probes that named the photo right.
        model: (n,) codes from 0. classes: (models,) codes from 0. scene: (n,) scene or owner.
    """
    place = np.unique(scene, return_inverse=True)[1]
    sums, expected = np.zeros(3), np.zeros((3, 3))
    of_class = []
    for kind in range(int(classes.max()) + 1):
        held = classes[model] == kind
        more, weights = _moments(right[held], model[held], place[held])
        sums, expected = sums + more, expected + weights
        of_class.append(_OfClass.of(right[held], model[held], place[held], int(place.max()) + 1))
    found, apart, clipped = _solved(expected, sums, len(right))
    together = [_covariance(one, other) for one, other in combinations(of_class, 2)]
    shared = float(np.mean(together)) if together else 0.0
    return Crossed(found["models"], found["scenes"], shared, found["photos"], apart, clipped)


def _moments(
    y: NDArray[np.float64], model: NDArray[np.int64], scene: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of squares within models, within scenes and in all (3,), and what they are expected to be (3, 3).

    Columns of the second are models, scenes, photos: E[sum] = row @ components.
    """
    row, column = (np.unique(codes, return_inverse=True)[1] for codes in (model, scene))
    n, width = len(y), int(column.max()) + 1
    cell, count = np.unique(row * width + column, return_counts=True)
    of_row, of_column = np.bincount(row), np.bincount(column)
    squares = count.astype(np.float64) ** 2
    in_row = n - float((squares / of_row[cell // width]).sum())
    in_column = n - float((squares / of_column[cell % width]).sum())
    sums = [_within(y, row), _within(y, column), float(((y - y.mean()) ** 2).sum())]
    rows, columns = len(of_row), len(of_column)
    expected = [
        [0.0, in_row, n - rows],
        [in_column, 0.0, n - columns],
        [n - float((of_row**2).sum()) / n, n - float((of_column**2).sum()) / n, n - 1.0],
    ]
    return np.array(sums), np.array(expected)


def _within(y: NDArray[np.float64], code: NDArray[np.int64]) -> float:
    means = np.bincount(code, weights=y) / np.bincount(code)
    return float(((y - means[code]) ** 2).sum())


def _solved(
    expected: NDArray[np.float64], sums: NDArray[np.float64], n: int
) -> tuple[dict[str, float], bool, tuple[str, ...]]:
    """The components, whether scenes could be told from photos and models, and which came out below 0.

    Where one comes out below 0, the others are fitted without it.
    """
    names = ("models", "scenes", "photos")
    apart = bool(expected[1, 2] >= _TELLING * n and expected[0, 1] >= _TELLING * n)
    fitted = [0, 1, 2] if apart else [0, 2]
    found, clipped = np.zeros(3), []
    while fitted:
        found[:] = 0.0
        found[fitted] = np.linalg.lstsq(expected[:, fitted], sums, rcond=None)[0]
        if found.min() >= -_ROUNDING:
            break
        lowest = int(found.argmin())
        clipped.append(names[lowest])
        fitted.remove(lowest)
        found[lowest] = 0.0
    return dict(zip(names, np.maximum(found, 0.0).tolist(), strict=True)), apart, tuple(clipped)


@dataclass(frozen=True, slots=True, eq=False)
class _OfClass:
    """What the scenes (J) of one class say.

    Attributes:
        there: (J,) whether a scene has photos of the class.
        rest: (J,) the mean of its photos, each less the figure of its model.
        in_scene: (models, J) the share of a scene's photos that each model has. in_model: (models, J) that of a model's photos.
    """

    there: NDArray[np.bool_]
    rest: NDArray[np.float64]
    in_scene: NDArray[np.float64]
    in_model: NDArray[np.float64]

    @classmethod
    def of(cls, y: NDArray[np.float64], model: NDArray[np.int64], scene: NDArray[np.int64], scenes: int) -> _OfClass:
        row = np.unique(model, return_inverse=True)[1]
        of_row = np.bincount(row)
        rest = y - (np.bincount(row, weights=y) / of_row)[row]
        count = np.zeros((len(of_row), scenes))
        np.add.at(count, (row, scene), 1.0)
        of_scene = count.sum(axis=0)
        least = np.maximum(of_scene, 1.0)
        means = np.bincount(scene, weights=rest, minlength=scenes) / least
        return cls(of_scene > 0, means, count / least, count / of_row[:, None])


def _covariance(one: _OfClass, other: _OfClass) -> float:
    """The covariance over scenes of what they do to two classes; 0 where no scene has photos of both.

    With the figure of its model a part of the scenes' effects was taken off each photo; the sum of products is divided by what
    is left of them.
    """
    own = [(part.in_scene * part.in_model).sum(axis=0) for part in (one, other)]
    met = ((one.in_model @ other.in_model.T @ other.in_scene) * one.in_scene).sum(axis=0)
    both = one.there & other.there
    left = float((1 - own[0] - own[1] + met)[both].sum())
    return float((one.rest * other.rest)[both].sum()) / left if left > _ROUNDING * len(both) else 0.0
