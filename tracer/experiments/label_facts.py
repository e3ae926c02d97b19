"""What a label goes with besides the camera: the photos' owners, and for finer labels the kind of camera.

These facts stand in the details of every figure of the label, so that the page can say beside an answer what they tell alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.labels import FILE_LABELS, GOES_WITH, PHONE, SEMANTIC, LabelledSet
from tracer.experiments.told_alone import told_alone

OWNER: Final = "owner"
_NAMES_CAMERAS: Final = (PHONE, "Make", "camera_type")
UNTOLD, TOO, NOTHING = "untold", "too", ""
"""What owners do to a label's answers: nothing can be told beside them, they tell the label too, or they tell nothing."""


def facts_of(labelled: LabelledSet, attribute: str) -> dict[str, Any]:
    """Return what the details say of a label of the camera; of another label only whether units are known.

    The entries are `units_known` (only where it is False), `goes_with_camera` (where it does), `camera_models_known` (False where
    none is, of labels that name cameras), `owners` (`owner_facts`), `kinds` (`kinds_of`) and `content` (`told_alone` by what
    photos show), each where there is something to say. Where owners are not kept apart, `owners` has `on_others` (`told_alone`
    by owner).
    """
    found: dict[str, Any] = {} if labelled.units_known else {"units_known": False}
    if attribute not in labelled.labels or attribute in (SEMANTIC, *FILE_LABELS):
        return found
    values = labelled.labels[attribute]
    rows = _measured(labelled, values)
    goes = labelled.goes_with_camera(attribute)
    models = labelled.cameras[rows] if goes else None
    if goes:
        found["goes_with_camera"] = True
    elif attribute in _NAMES_CAMERAS and not any(camera is not None for camera in labelled.cameras):
        found["camera_models_known"] = False

    def alone(by: NDArray[Any]) -> dict[str, Any]:
        return told_alone(values[rows], by[rows], labelled.clusters[rows], models)

    if OWNER in labelled.photos.table:
        owners = labelled.photos.table[OWNER]
        known = owners.astype(object).where(owners.notna(), None).to_numpy()
        apart = OWNER in labelled.kept_apart
        if facts := owner_facts(known[rows], values[rows], kept_apart=apart):
            found["owners"] = facts if apart else {**facts, "on_others": alone(known)}
    if attribute != PHONE and PHONE in labelled.labels and (kinds := kinds_of(values, labelled.labels[PHONE])):
        found["kinds"] = kinds
    if SEMANTIC in labelled.labels and (content := alone(labelled.labels[SEMANTIC])):
        found["content"] = content
    return found


def _measured(labelled: LabelledSet, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the rows of the classes that a probe measures; all rows where these are fewer than two classes.

    A rare maker whose photos are of one owner is left out of the probe, and says nothing of the others.
    """
    from tracer.experiments.probe.folds import FOLDS, usable_classes

    rows, _ = usable_classes(values, labelled.clusters, FOLDS)
    return rows if len({str(value) for value in values[rows]}) > 1 else np.arange(len(values))


def owner_facts(owners: NDArray[Any], labels: NDArray[Any], *, kept_apart: bool) -> dict[str, Any]:
    """Return how far owners tell the classes of a label apart; empty where one owner is known, or one class.

    `of_class` counts the owners who have photos of each class. `alone` is how often the class that an owner's photos are mostly
    of is right, on average over the classes. `tells` is `untold` where owners tell the classes and a class has one owner, or so
    few that dealing whole owners out anew could not reach p < .05. It is `too` where owners are not kept apart and either tell
    the classes, or a class is of one owner. Where the owner of most photos of a class is not known, owners are not said to tell
    it: these photos may be anybody's.

    Args:
        owners, labels: (N,) None where unknown.
        kept_apart: whether no owner is in training and test.
    """
    people, names, table = _crossed(owners, labels)
    if len(names) < 2 or len(people) < 2:
        return {}
    share = table / table.sum(axis=0)
    mostly = share.argmax(axis=1)
    alone = float(share.max(axis=1).sum() / len(names))
    held = (table > 0).sum(axis=0)
    tell = alone >= GOES_WITH
    counts = np.bincount(mostly, minlength=len(names)).tolist()
    found = {
        "owners": len(people),
        "of_class": dict(zip(names, held.tolist(), strict=True)),
        "alone": alone,
        "kept_apart": kept_apart,
        "tells": NOTHING,
        "needed": stats.models_needed([max(count, 1) for count in counts]),
    }
    photos = np.array([np.count_nonzero(labels == name) for name in names])
    if (2 * table.sum(axis=0) < photos).any():
        return found
    if tell and (held.min() == 1 or not stats.can_reach(counts)):
        return {**found, "tells": UNTOLD}
    return {**found, "tells": TOO} if not kept_apart and (tell or held.min() == 1) else found


def kinds_of(labels: NDArray[Any], phone: NDArray[Any]) -> dict[str, str]:
    """Return the kind of camera of each value of a label; empty unless each value lies within one kind, and both kinds occur.

    Args:
        labels, phone: (N,) None where unknown.
    """
    names, kinds, table = _crossed(labels, phone)
    if len(names) < 3 or len(kinds) < 2:
        return {}
    whole = bool((table.max(axis=1) / table.sum(axis=1) >= GOES_WITH).all())
    mostly = table.argmax(axis=1)
    if not whole or len(np.unique(mostly)) < 2:
        return {}
    return {name: kinds[at] for name, at in zip(names, mostly, strict=True)}


def _crossed(one: NDArray[Any], other: NDArray[Any]) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """Return the values of two labels (N,), and how many photos have each two of them, of the photos that have both."""
    both = [(str(a), str(b)) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if not both:
        return [], [], np.zeros((0, 0), dtype=np.int64)
    first, second = zip(*both, strict=True)
    return sorted(set(first)), sorted(set(second)), stats.contingency(first, second)
