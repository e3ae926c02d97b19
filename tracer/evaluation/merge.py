"""What a run folder holds of earlier calls, as far as it is still true beside a new one.

Figures of other experiments stay where they are about the same photos and labels, with what was warned of and left out then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from tracer import results
from tracer.dataset import PhotoSet
from tracer.errors import TracerError
from tracer.evaluation.cache import key_of
from tracer.evaluation.plan import Plan
from tracer.results import Row

FILES: Final = "of the set"
"""The end of what is said of files that cannot be read; every call looks for them anew."""
ENCODER: Final = "encoder "
"""The beginning of what is said of an encoder that cannot be had."""
_WORDS: Final = {
    "probe": "probe",
    "knn": "kNN",
    "retrieval": "retrieval",
    "similarity": "similarity",
    "association": "association",
    "mitigation": "mitigation",
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stays of earlier calls.

    Attributes:
        warned: experiment → sentences. dropped: a sentence on figures that do not stay, none where all do.
    """

    rows: list[Row] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    warned: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[dict[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def fingerprints(photos: PhotoSet, plan: Plan) -> dict[str, str]:
    """What figures of a set depend on beside the pictures, each as a hash. The order of the set's rows plays no part."""
    ids = photos.table["photo_id"].to_numpy(dtype=np.int64)
    order = np.argsort(ids)
    _, first, cluster = np.unique(plan.clusters[order], return_index=True, return_inverse=True)
    facts: dict[str, list[Any]] = {
        "name": [photos.name],
        "photos": [ids[order]],
        **{name: [labels[order]] for name, labels in plan.labels.items()},
        "scenes or owners": [first[cluster]],  # each by its first photo
        "pairs": [plan.subject[order], plan.model[order]],
    }
    return {name: key_of(*parts) for name, parts in facts.items()}


def concerns(what: str, experiments: Collection[str]) -> bool:
    """Whether something that was left out belongs to one of these experiments."""
    return any(word in what for name, word in _WORDS.items() if name in experiments)


def earlier(
    run: Path, now: Collection[str], prints: Mapping[str, str], skipped: Sequence[Mapping[str, str]]
) -> Earlier:
    """What stays beside a call that ran the experiments `now`, on a set with these fingerprints, and left out `skipped`."""
    try:
        before = results.read(run)
    except TracerError:  # there are none, or they are damaged: then nothing stays
        return Earlier()
    rows = [row for row in before.rows if row.experiment not in now]
    then = before.meta.get("dataset", {}).get("fingerprints", {})
    changed = [name for name in dict.fromkeys([*prints, *then]) if prints.get(name) != then.get(name)]
    if changed:
        return Earlier(dropped=_dropped(rows, changed if then else []))
    said = {entry["what"] for entry in skipped}

    def stays(what: str) -> bool:
        if what.endswith(FILES) or what in said:
            return False
        return bool(rows) if what.startswith(ENCODER) else not concerns(what, now)

    return Earlier(
        rows,
        [entry for entry in before.meta.get("details", []) if entry.get("experiment") not in now],
        {name: lines for name, lines in before.meta.get("warnings_of", {}).items() if name not in now},
        [entry for entry in before.meta.get("skipped", []) if stays(entry["what"])],
    )


def _dropped(rows: Sequence[Row], changed: Sequence[str]) -> list[str]:
    if not rows:
        return []
    names = ", ".join(dict.fromkeys(row.experiment for row in rows))
    why = (
        f"since then the set changed ({', '.join(changed)})" if changed else "it is not known on which labels they rest"
    )
    return [f"The figures of {names} that this run held are left out: {why}. Run these experiments again."]
