"""Merges earlier results of a run folder with those of this call.

Figures of experiments that were not run stay where their inputs are unchanged, with what was warned of and skipped then. Those
of an experiment that was run are replaced; a sentence says so of what this call asked of it less than an earlier one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tracer import results
from tracer.base.text import quoted_path, visible_text
from tracer.errors import TracerError, UsageError
from tracer.evaluation.cache import key_of
from tracer.experiments.labels import LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.results import Row, photo_scores
from tracer.results.skips import Scope, Skip


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stays of earlier calls.

    Attributes:
        rows, details, skipped: as in results.
        warned: experiment → sentences.
        dropped: a sentence on figures that do not stay, none where all do.
        calls: experiment → the call that measured it: its command, and its lines of the protocol.
        encoders: name → what its embeddings are and where its weights come from.
        brought_in: those of the experiments that this user's tracer did not measure.
        photo_scores: the hash of the file of single photos' scores.
    """

    rows: list[Row] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    warned: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[Skip] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    encoders: dict[str, Any] = field(default_factory=dict)
    brought_in: list[str] = field(default_factory=list)
    photo_scores: object = photo_scores.ANY


def fingerprints(labelled: LabelledSet) -> dict[str, str]:
    """What figures of a set depend on beside the pictures, each as a hash. The order of the set's rows plays no part."""
    order = np.argsort(labelled.ids)
    _, first, cluster = np.unique(labelled.clusters[order], return_index=True, return_inverse=True)
    facts: dict[str, list[Any]] = {
        "name": [labelled.name],
        "photos": [labelled.ids[order]],
        **{name: [labels[order]] for name, labels in labelled.labels.items()},
        "scenes or owners": [first[cluster]],  # each by its first photo
        "camera models": [labelled.cameras[order]],
        "pairs": [labelled.pairs.subject[order], labelled.pairs.model[order]],
    }
    return {name: key_of(*parts) for name, parts in facts.items()}


def refuse_other_set(run: Path, labelled: LabelledSet) -> None:
    """Refuse a run of another set: its figures would be replaced. A set that changed or was renamed is the same one.

    Raises:
        UsageError: the run holds figures of a set with another name and other photos.
    """
    try:
        before = results.read(run).meta.get("dataset", {})
    except TracerError:  # there are none, or they are damaged
        return
    then, now = before.get("fingerprints", {}), fingerprints(labelled)
    if then and all(then.get(what) != now[what] for what in ("name", "photos")):
        raise UsageError(
            f"{quoted_path(run)} is a run of another set",
            f"it holds figures of {visible_text(str(before.get('name')))}, which would be replaced",
            "Name a new folder with -o, as in -o RUN.",
        )


def earlier(run: Path, now: Collection[str], prints: Mapping[str, str], outcome: Outcome) -> Earlier:
    """What stays beside a call that ran the experiments `now`, on a set with these fingerprints, with this outcome."""
    try:
        before = results.read(run)
    except TracerError:  # there are none, or they are damaged: then nothing stays
        return Earlier()
    rows = [row for row in before.rows if row.experiment not in now]
    then = before.meta.get("dataset", {}).get("fingerprints", {})
    changed = [name for name in dict.fromkeys([*prints, *then]) if prints.get(name) != then.get(name)]
    narrower = _narrower([row for row in before.rows if row.experiment in now], outcome.rows)
    if changed:
        return Earlier(dropped=_dropped(rows, changed if then else []) + narrower)
    said = {skip.what for skip in outcome.skipped}

    def stays(skip: Skip) -> bool:
        if skip.scope is Scope.FILES or skip.what in said:  # every call looks for the files anew
            return False
        if skip.scope is Scope.ENCODER:
            return bool(rows)
        return bool(skip.experiments) and not set(skip.experiments) & set(now)

    stay = {row.experiment for row in rows}
    of = {row.encoder for row in rows}
    return Earlier(
        rows,
        [entry for entry in before.meta.get("details", []) if entry.get("experiment") not in now],
        {name: lines for name, lines in before.meta.get("warnings_of", {}).items() if name not in now},
        [skip for skip in map(Skip.read, before.meta.get("skipped", [])) if stays(skip)],
        narrower,
        {name: call for name, call in before.meta.get("calls", {}).items() if name in stay},
        {name: about for name, about in before.meta.get("encoders", {}).items() if name in of},
        [name for name in before.brought_in if name in stay],
        before.meta.get("photo_scores", photo_scores.ANY),
    )


def _narrower(before: Sequence[Row], now: Sequence[Row]) -> list[str]:
    """A sentence on what experiments were measured for earlier, and are not now; none where this is nothing."""
    measured = {(row.experiment, value) for row in now for value in _measured_for(row)}
    lost = {(row.experiment, value) for row in before for value in _measured_for(row)} - measured
    if not lost:
        return []
    experiments, values = (", ".join(sorted({pair[part] for pair in lost})) for part in (0, 1))
    return [
        f"The figures of {experiments} that this run held for {values} are left out: these experiments were run again for less. "
        "A run holds all of them only where one call measures all of them."
    ]


def _measured_for(row: Row) -> list[str]:
    """For what a row was measured, each as words: encoder, label, processing, mask, and the method of a mitigation."""
    mask = f"{row.mask_ratio * 100:g} % masked" if row.mask_ratio else ""
    method = next((part for part in row.setting.split(",") if part.startswith("method=")), "")
    return [value for value in (row.encoder, row.attribute, row.processing, mask, method) if value]


def _dropped(rows: Sequence[Row], changed: Sequence[str]) -> list[str]:
    if not rows:
        return []
    names = ", ".join(dict.fromkeys(row.experiment for row in rows))
    why = (
        f"since then the set changed ({', '.join(changed)})" if changed else "it is not known on which labels they rest"
    )
    return [f"The figures of {names} that this run held are left out: {why}. Run these experiments again."]
