"""How far the rate of right names differs between the values of a label, the content being equal.

Least squares on two factors, class and value of the label: rate(class, value) = level(class) + effect(value). So photos are
compared with photos of the same class alone, and a class whose photos all have one value says nothing. With two values the
difference of the effects is the mean over classes of the difference of their rates, in which a class weighs k₁k₀ / (k₁ + k₀)
for k₁ and k₀ photos of either value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

_ROUNDING: Final = 1e-9
"""Of the largest eigenvalue; smaller ones belong to values that have no class in common."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """The least-squares effects of a label's values, of one table or of a stack of them.

    Attributes:
        values: (..., K) effects; only their differences mean anything.
        inverse: (..., K, K) the pseudo-inverse of the normal matrix of the values, the classes taken out.
        weight: (..., K) how many photos of each value can be compared: those of a class weigh the less, the more of the class
            they are.
        square: (...) the mean square of the difference of two effects, over pairs of photos that differ in the label. Two
            values with the weights w and v count w·v times. With two values it is the square of their difference.
    """

    values: Floats
    inverse: Floats
    weight: Floats
    square: Floats


def effects(count: Floats, total: Floats) -> Effects:
    """Fit the effects of values.

    Args:
        count: (..., K, C) photos, or their weights, of each value and class.
        total: (..., K, C) the right ones among them.
    """
    of_class = np.maximum(count.sum(axis=-2, keepdims=True), 1e-300)
    share = count / of_class
    rest = (total - share * total.sum(axis=-2, keepdims=True)).sum(axis=-1)
    normal = -count @ np.swapaxes(share, -1, -2)
    diagonal = np.einsum("...ii->...i", normal)
    diagonal += count.sum(axis=-1)
    inverse = np.linalg.pinv(normal, rcond=_ROUNDING, hermitian=True)
    values = np.einsum("...ij,...j->...i", inverse, rest)
    weight = np.maximum(diagonal, 0.0)
    return Effects(values, inverse, weight, _square(values, weight))


def _square(values: Floats, weight: Floats) -> Floats:
    whole = weight.sum(axis=-1)
    pairs = whole**2 - (weight**2).sum(axis=-1)
    mean = (weight * values).sum(axis=-1)
    found = 2 * (whole * (weight * values**2).sum(axis=-1) - mean**2)
    return np.asarray(np.where(pairs > 0, found / np.maximum(pairs, 1e-300), 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The fit to given photos.

    Attributes:
        effects: of the values.
        size: K values, C classes.
        label, classes: (n,) codes. weight: (n,) of each photo.
        level: (C,) the rate of each class if its photos were spread evenly over the values.
        rest: (n,) right minus what class and value give.
    """

    effects: Effects
    size: tuple[int, int]
    label: Codes
    classes: Codes
    weight: Floats
    level: Floats
    rest: Floats

    @classmethod
    def of(cls, right: Floats, label: Codes, classes: Codes, weight: Floats) -> Fit:
        """Fit photos.

        Args:
            right: (n,) 1 where the photo was named right.
            label: (n,) codes from 0. classes: (n,) codes from 0.
            weight: (n,) of each photo.
        """
        size = int(label.max()) + 1, int(classes.max()) + 1
        count, total = table(weight, label, classes, size), table(weight * right, label, classes, size)
        found = effects(count, total)
        values = found.values - found.values.mean()
        of_class = np.maximum(count.sum(axis=0), 1e-300)
        level = (total.sum(axis=0) - values @ count) / of_class
        return cls(found, size, label, classes, weight, level, right - level[classes] - values[label])

    @property
    def difference(self) -> float:
        """The effect of the second value minus that of the first."""
        return float(self.effects.values[1] - self.effects.values[0])

    def rates(self) -> Floats:
        """(K,) the rate that each value would have if its photos showed what all the photos show."""
        mean = float(np.average(self.level[self.classes], weights=self.weight))
        return np.asarray(mean + self.effects.values - self.effects.values.mean())

    def influence_on_difference(self) -> Floats:
        """(n,) what each photo adds to the error of the difference."""
        return self._influence(np.array([-1.0, 1.0]))

    def influence_on_square(self) -> Floats:
        """(n,) what each photo adds to the error of `Effects.square`, as far as that is linear."""
        weight, values = self.effects.weight, self.effects.values
        whole = weight.sum()
        pairs = max(float(whole**2 - (weight**2).sum()), 1e-300)
        return self._influence(4 * weight * (whole * values - (weight * values).sum()) / pairs)

    def _influence(self, gradient: Floats) -> Floats:
        pull = self.effects.inverse @ gradient
        count = table(self.weight, self.label, self.classes, self.size)
        mean = pull @ count / np.maximum(count.sum(axis=0), 1e-300)
        return np.asarray(self.weight * (pull[self.label] - mean[self.classes]) * self.rest)


def table(weight: Floats, label: Codes, classes: Codes, size: tuple[int, int]) -> Floats:
    """Sums (K, C) of the photos' weights by value and class."""
    flat = np.bincount(label * size[1] + classes, weights=weight, minlength=size[0] * size[1])
    return np.asarray(flat.reshape(size), dtype=np.float64)


def compared(label: Codes, classes: Codes) -> NDArray[np.bool_]:
    """Which photos (n,) are of a class whose photos have several values; the others say nothing of differences."""
    size = int(label.max(initial=0)) + 1, int(classes.max(initial=0)) + 1
    held = table(np.ones(len(label)), label, classes, size) > 0
    return np.asarray((held.sum(axis=0) > 1)[classes])


def linked(label: Codes, classes: Codes) -> NDArray[np.bool_]:
    """Which photos (n,) have a value that can be compared with the others, by a class in common or by a chain of such classes.

    Where values fall into several such groups, those of the group with the most compared photos.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    kept = compared(label, classes)
    if not kept.any():
        return kept
    values = int(label.max()) + 1
    nodes = values + int(classes.max()) + 1
    pairs = np.unique(np.stack([label[kept], values + classes[kept]]), axis=1)
    graph = coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(nodes, nodes))
    group = connected_components(graph, directed=False)[1][label]
    return np.asarray(group == np.bincount(group[kept]).argmax())
