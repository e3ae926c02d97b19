"""What a label goes with besides the camera: the photos' owners, and for finer labels the kind of camera.

These facts stand in the details of every figure of the label, so that the page can say beside an answer what they tell alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.experiments.labels import FILE_LABELS, GOES_WITH, PHONE, SEMANTIC, LabelledSet

OWNER: Final = "owner"
UNTOLD, TOO, NOTHING = "untold", "too", ""
"""What owners do to a label's answers: nothing can be told beside them, they tell the label too, or they tell nothing."""


def facts_of(labelled: LabelledSet, attribute: str) -> dict[str, Any]:
    """Return what the details say of a label of the camera; of another label only whether units are known.

    The entries are `units_known` (only where it is False), `owners` (`owner_facts`) and `kinds` (`kinds_of`), each where there is
    something to say.
    """
    found: dict[str, Any] = {} if labelled.units_known else {"units_known": False}
    if attribute not in labelled.labels or attribute in (SEMANTIC, *FILE_LABELS):
        return found
    values = labelled.labels[attribute]
    if OWNER in labelled.photos.table:
        owners = labelled.photos.table[OWNER]
        known = owners.astype(object).where(owners.notna(), None).to_numpy()
        if facts := owner_facts(known, values, kept_apart=OWNER in labelled.kept_apart):
            found["owners"] = facts
    if attribute != PHONE and PHONE in labelled.labels and (kinds := kinds_of(values, labelled.labels[PHONE])):
        found["kinds"] = kinds
    return found


def owner_facts(owners: NDArray[Any], labels: NDArray[Any], *, kept_apart: bool) -> dict[str, Any]:
    """Return how far owners tell the classes of a label apart; empty where one owner is known, or one class.

    `of_class` counts the owners who have photos of each class. `alone` is how often the class that an owner's photos are mostly
    of is right, on average over the classes. `tells` is `untold` where owners tell the classes and a class has one owner, or so
    few that dealing whole owners out anew could not reach p < .05. It is `too` where owners are not kept apart and either tell
    the classes, or a class is of one owner.

    Args:
        owners, labels: (N,) None where unknown.
        kept_apart: whether no owner is in training and test.
    """
    known = np.array([a is not None and b is not None for a, b in zip(owners, labels, strict=True)], dtype=bool)
    names, label = np.unique(labels[known].astype(str), return_inverse=True)
    people, owner = np.unique(owners[known].astype(str), return_inverse=True)
    if len(names) < 2 or len(people) < 2:
        return {}
    table = np.zeros((len(people), len(names)))
    np.add.at(table, (owner, label), 1)
    share = table / table.sum(axis=0)
    mostly = share.argmax(axis=1)
    alone = float(share.max(axis=1).sum() / len(names))
    held = (table > 0).sum(axis=0)
    tell = alone >= GOES_WITH
    counts = np.bincount(mostly, minlength=len(names)).tolist()
    tells = NOTHING
    if tell and (held.min() == 1 or not stats.can_reach(counts)):
        tells = UNTOLD
    elif not kept_apart and (tell or held.min() == 1):
        tells = TOO
    return {
        "owners": len(people),
        "of_class": dict(zip(names.tolist(), held.tolist(), strict=True)),
        "alone": alone,
        "kept_apart": kept_apart,
        "tells": tells,
        "needed": stats.models_needed([max(count, 1) for count in counts]),
    }


def kinds_of(labels: NDArray[Any], phone: NDArray[Any]) -> dict[str, str]:
    """Return the kind of camera of each value of a label; empty unless each value lies within one kind, and both kinds occur.

    Args:
        labels, phone: (N,) None where unknown.
    """
    known = np.array([a is not None and b is not None for a, b in zip(labels, phone, strict=True)], dtype=bool)
    names, label = np.unique(labels[known].astype(str), return_inverse=True)
    kinds, kind = np.unique(phone[known].astype(str), return_inverse=True)
    if len(names) < 3 or len(kinds) < 2:
        return {}
    table = np.zeros((len(names), len(kinds)))
    np.add.at(table, (label, kind), 1)
    whole = bool((table.max(axis=1) / table.sum(axis=1) >= GOES_WITH).all())
    mostly = table.argmax(axis=1)
    if not whole or len(np.unique(mostly)) < 2:
        return {}
    return {str(name): str(kinds[at]) for name, at in zip(names, mostly, strict=True)}
