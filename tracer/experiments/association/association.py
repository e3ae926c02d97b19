"""How strongly the camera goes with the content in a set: Cramér's V of each metadata label against the semantic label.

Where it is far from 0, a network trained on the set can read the class from the camera, and learns to. In ImageNet the follow-up
of Ramos et al. 2025 finds 0.05 for JPEG parameters, in subsets of Re-LAION up to 0.4 for makes and apertures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.base.text import counted
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.results.skips import Skip

MIN_PHOTOS = 30


def associate(
    dataset: str,
    labels: Mapping[str, NDArray[Any]],
    classes: NDArray[Any],
    clusters: NDArray[np.int64],
    seed: int = 0,
) -> Work[Outcome]:
    """Cramér's V of each label against the classes, without what shuffled clusters have too (`stats.cramers_v_of_clusters`).

    The p-value of the permutation test stands in the details.

    Args:
        labels: name → (N,) strings, None where unknown. classes: (N,) strings or None. clusters: (N,) scene or owner.

    Returns:
        A row for each label that has two values or more on photos of two classes or more, and not too many for the clusters; the
        others are in `skipped`.

    Raises:
        TooFew: no label qualifies.
    """
    outcome = Outcome()
    source = Source(dataset, "")
    for number, (name, values) in enumerate(labels.items()):
        yield Progress("labels compared", number, len(labels))
        known = np.array([v is not None and c is not None for v, c in zip(values, classes, strict=True)], dtype=bool)
        a, b = _codes(values[known]), _codes(classes[known])
        group = clusters[known]
        if why := _why_not(a, b, group):
            what = f"association of {name} with the semantic label"
            outcome.skipped.append(Skip(what, why, ("association",), name))
            continue
        found = stats.cramers_v_of_clusters(a, b, group, seed)
        estimate = Estimate(found.value, found.interval, 0.0, len(a))
        outcome.rows.append(source.row("association", name, "semantic_label", "cramers_v", estimate, seed))
        outcome.details.append(
            source.detail(
                "association",
                name,
                "semantic_label",
                values=len(np.unique(a)),
                semantic_classes=len(np.unique(b)),
                clusters=len(np.unique(group)),
                p_value=found.p_value,
                permutations=found.draws,
                shuffled=str(found.shuffled),
                without_correction=found.plain,
                of_shuffles=found.of_shuffles,
                corrected=found.corrected,
            )
        )
    if not outcome.rows:
        raise TooFew(
            "No label can be held against the semantic label",
            "; ".join(f"{skip.what}: {skip.reason}" for skip in outcome.skipped) or "the set has no labels",
            "It takes photos with two classes or more, and labels with two values or more.",
        )
    return outcome


def _why_not(a: NDArray[np.int64], b: NDArray[np.int64], group: NDArray[np.int64]) -> str:
    """Why two labels cannot be compared; "" where they can."""
    values, classes = len(np.unique(a)), len(np.unique(b))
    if min(values, classes) < 2 or len(a) < MIN_PHOTOS:
        sizes = f"{counted(values, 'value')} and {counted(classes, 'class', 'classes')}"
        return f"{counted(len(a), 'photo')} with both labels, of {sizes}"
    groups = counted(len(np.unique(group)), "scene or owner", "scenes or owners")
    for label, name, count in ((a, "values", values), (b, "classes", classes)):
        if (each := stats.too_many_values(label, group)) is not None:
            return (
                f"too many {name} for the set: {count} in {groups}, each in {each:.1f} of them on average, and it takes "
                f"{stats.FEWEST_CLUSTERS}"
            )
    return ""


def _codes(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Labels (n,) as numbers in the order of their names: an array of strings takes as much for each as the longest does."""
    names = [str(label) for label in labels]
    number = {name: code for code, name in enumerate(sorted(set(names)))}
    return np.array([number[name] for name in names], dtype=np.int64)
