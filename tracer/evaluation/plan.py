"""What can be measured on a set, read off its columns before any picture is opened."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.text import shell_word
from tracer.dataset import PhotoSet, groups, phone_or_not
from tracer.errors import UsageError
from tracer.images.processing import GROUPS
from tracer.images.views import view

if TYPE_CHECKING:
    import pandas as pd

SEMANTIC: Final = "semantic_label"
PHONE: Final = "Is Smartphone"
MAIN_LABELS: Final = (PHONE, "Make", "Model")
"""Probed where a set has them, beside the semantic label and the labels of its split files."""
FURTHER_LABELS: Final = (
    "Smartphone Model", "Exposure", "Aperture", "ISO Speed", "Focal Length", "Flash", "Year", "camera_type",
)  # fmt: skip
"""Probed where they are asked for."""
FILE_LABELS: Final = ("format", "jpeg_quality", "jpeg_subsampling", "orientation", "edited", "software")
"""Held against the semantic label too: what a file went through can be a shortcut like any camera."""
TRACES: Final = (PHONE, "Make")
"""Labels that nearest neighbours are parted by, and that mitigation takes out."""
MASKS: Final = (0.0, 0.90, 0.95)
LARGE_K: Final = 10
LARGE_CLASS: Final = 100
"""k is 10 where every class has that many photos, and 1 in smaller sets, where ten neighbours would reach into other classes."""

NO_LABEL: Final = "the set has no such label"
_NOT_NAMED: Final = (
    "only done when asked for, as by --processing JPEG75_420,JPEG95_444,SHARPEN_4: it embeds the set once for each"
)


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that is not measured, and why; `on_request` where it could be, and nobody asked for it."""

    what: str
    why: str
    on_request: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is measured on a set.

    Attributes:
        labels: column → (N,) strings, None where unknown; parallel to the set's table.
        clusters: (N,) photos that share a scene or an owner.
        probes: labels to probe. probe_groups: processings to probe. traces: labels to part neighbours by.
        associations: labels to hold against the semantic one.
        knn_groups: processings to part neighbours by. retrieval: whether there are pairs.
        mitigations: labels to take out of the embeddings.
        subject: (N,) −1 where unpaired. model: (N,) 1 phone, 0 other camera, −1 neither.
        k: neighbours that vote.
        skipped: what the columns do not allow. warnings: sentences.
    """

    labels: dict[str, NDArray[Any]]
    clusters: NDArray[np.int64]
    probes: tuple[str, ...]
    probe_groups: tuple[tuple[str, ...], ...]
    traces: tuple[str, ...]
    associations: tuple[str, ...]
    knn_groups: tuple[tuple[str, ...], ...]
    retrieval: bool
    mitigations: tuple[str, ...]
    subject: NDArray[np.int64]
    model: NDArray[np.int64]
    k: int
    skipped: tuple[Skip, ...]
    warnings: tuple[str, ...]

    def paired(self) -> NDArray[np.int64]:
        """Subjects that have a phone's photo and another camera's."""
        return paired_subjects(self.subject, self.model)


def make_plan(photo_set: PhotoSet, asked: Sequence[str] = (), processings: Sequence[str] = ()) -> Plan:
    """Choose by the set's columns.

    Args:
        asked: labels to probe, and to take out, beside the main ones; `all` for each that the set has.
        processings: to probe, and to part neighbours by.

    Raises:
        UsageError: the set has no label that was asked for; one processing alone, or an unknown one.
    """
    table = photo_set.table
    labels = {name: text_labels(table, name) for name in _columns(table)}
    skipped: list[Skip] = []
    clusters, warnings = _clusters(table)
    probes = _probes(labels, photo_set.splits, asked, skipped)
    groups_named = processing_groups(processings)
    if not groups_named:
        skipped.append(Skip("probe of processings", _NOT_NAMED, on_request=True))
    elif alone := sorted(
        {view(name).name for name in processings} - {name for group in groups_named for name in group}
    ):
        skipped.append(Skip(f"probe and kNN of {', '.join(alone)}", "no other processing of its group was named"))
    semantic = labels.get(SEMANTIC)
    classes = _values(semantic)
    traces: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()
    knn_groups: tuple[tuple[str, ...], ...] = ()
    if len(classes) < 2:
        why = (
            "the set has no semantic_label"
            if not classes
            else f"all photos have the semantic label {classes[0]}, and it takes two"
        )
        skipped += [
            Skip(what, why)
            for what in ("semantic kNN", "similarity by class and label", "association with the semantic label")
        ]
    else:
        knn_groups = groups_named
        if not knn_groups:
            skipped.append(Skip("kNN by processing", _NOT_NAMED, on_request=True))
        traces = tuple(name for name in TRACES if len(_values(labels.get(name))) > 1)
        skipped += [
            Skip(f"kNN and similarity by {name}", _one_value(labels, name)) for name in TRACES if name not in traces
        ]
        associations = tuple(name for name in labels if name != SEMANTIC and len(_values(labels[name])) > 1)
        if not associations:
            skipped.append(Skip("association with the semantic label", "the set has no other label of two values"))
    mitigations = _mitigations(labels, probes, asked, skipped)
    subject, model = _pairs(table)
    paired = paired_subjects(subject, model)
    if not len(paired):
        why = (
            "the set has no subject_idx, so no pairs"
            if "subject_idx" not in table
            else "no subject has both a phone's photo and another camera's"
        )
        skipped.append(Skip("pair retrieval", why))
    return Plan(
        labels, clusters, probes, groups_named, traces, associations, knn_groups, bool(len(paired)), mitigations, subject,
        model, _k(semantic), tuple(skipped), tuple(warnings),
    )  # fmt: skip


def processing_groups(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The processings by the paper's groups, each with those that were named; all of them as one group where none has two.

    Raises:
        UsageError: one alone, or an unknown one.
    """
    chosen = tuple(dict.fromkeys(view(name).name for name in names))
    if len(chosen) == 1:
        raise UsageError(f"{chosen[0]} alone parts nothing", way_out="Name two processings or more.")
    grouped = [tuple(name for name in members if name in chosen) for members in GROUPS.values()]
    found = tuple(group for group in grouped if len(group) > 1)
    return found or ((chosen,) if chosen else ())


def text_labels(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """A column as strings, None where absent; booleans as `True` and `False`, whole numbers without a point."""
    if name == PHONE:
        words = {1: "True", 0: "False"}
        return np.array([words.get(int(code)) for code in phone_or_not(table)], dtype=object)
    values = table[name].tolist()
    return np.array([_text(value) for value in values], dtype=object)


def _text(value: object) -> str | None:
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:  # NaN differs from itself
        return None
    return str(value) or None


def _columns(table: pd.DataFrame) -> list[str]:
    wanted = (*MAIN_LABELS, *FURTHER_LABELS, *FILE_LABELS, SEMANTIC)
    has_phone = bool((phone_or_not(table) >= 0).any())
    return [name for name in wanted if (name == PHONE and has_phone) or name in table.columns]


def _values(labels: NDArray[Any] | None) -> list[str]:
    return [] if labels is None else sorted({str(label) for label in labels if label is not None})


def _one_value(labels: dict[str, NDArray[Any]], name: str) -> str:
    values = _values(labels.get(name))
    return f"all photos have {name} = {values[0]}" if values else NO_LABEL


def _probes(
    labels: dict[str, NDArray[Any]], splits: Iterable[str], asked: Sequence[str], skipped: list[Skip]
) -> tuple[str, ...]:
    """The labels to probe, in a fixed order; main ones that cannot be, and further ones that were not asked for, are listed."""
    probeable = [name for name in labels if name not in FILE_LABELS]
    everything = "all" in asked
    unknown = [name for name in asked if name != "all" and name not in probeable]
    if unknown:
        raise UsageError(
            f"The set has no label {', '.join(unknown)}", "it has " + ", ".join(probeable) if probeable else "it has none",
            f"Did you mean {shell_word(near[0])}?" if (near := difflib.get_close_matches(unknown[0], probeable, n=1))
            else "Name its labels as its metadata does.",
        )  # fmt: skip
    main = (*MAIN_LABELS, SEMANTIC)
    chosen = []
    split_names = set(splits)
    for name in (*MAIN_LABELS, *FURTHER_LABELS, SEMANTIC):
        wanted = name in main or name in asked or name in split_names or everything
        if wanted and len(_values(labels.get(name))) > 1:
            chosen.append(name)
        elif wanted:
            skipped.append(Skip(f"probe of {name}", _one_value(labels, name)))
    left = [name for name in FURTHER_LABELS if name not in chosen and len(_values(labels.get(name))) > 1]
    if left:
        skipped.append(
            Skip(
                f"probes of {', '.join(left)}",
                f"only done when asked for, as by --attributes {shell_word(left[0])} or --attributes all",
                on_request=True,
            )
        )
    return tuple(chosen)


def _mitigations(
    labels: dict[str, NDArray[Any]], probes: Sequence[str], asked: Sequence[str], skipped: list[Skip]
) -> tuple[str, ...]:
    """The labels to take out, in the order of the probes: traces and what was asked for; those that cannot be are listed."""
    further = [name for name in labels if name not in FILE_LABELS and (name in asked or "all" in asked)]
    wanted = tuple(dict.fromkeys((*TRACES, *further)))
    chosen = tuple(name for name in probes if name in wanted and name != SEMANTIC)
    skipped += [
        Skip(f"mitigation of {name}", _one_value(labels, name))
        for name in wanted
        if name not in chosen and name != SEMANTIC
    ]
    if SEMANTIC in asked:
        skipped.append(Skip(f"mitigation of {SEMANTIC}", "it is what a mitigation keeps"))
    return chosen


def _clusters(table: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """Scene and owner together; where hardly anything is left apart so, scenes alone, with a warning."""
    both = groups(table)
    if len(np.unique(both)) >= stats.FEW_CLUSTERS:
        return both, []
    scenes = groups(table, by=("scene_idx", "subject_idx"))
    if len(np.unique(scenes)) <= len(np.unique(both)):
        return both, []
    return scenes, [
        f"By owner the photos fall into {len(np.unique(both))} groups only, so scenes alone are kept apart: what is "
        "peculiar to an owner's photos can be learnt and counted as the camera's."
    ]


def paired_subjects(subject: NDArray[np.int64], model: NDArray[np.int64]) -> NDArray[np.int64]:
    """The subjects that have a photo of each class."""
    known = subject >= 0
    return np.asarray(np.intersect1d(subject[known & (model == 0)], subject[known & (model == 1)]), dtype=np.int64)


def _pairs(table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    count = len(table)
    subject: NDArray[np.int64]
    if "subject_idx" in table:
        subject = np.asarray(table["subject_idx"].astype("Int64").fillna(-1), dtype=np.int64)
    else:
        subject = np.full(count, -1, dtype=np.int64)
    return subject, phone_or_not(table)


def _k(semantic: NDArray[Any] | None) -> int:
    if semantic is None:
        return 1
    counts = np.unique([str(label) for label in semantic if label is not None], return_counts=True)[1]
    return LARGE_K if len(counts) and counts.min() >= LARGE_CLASS else 1
