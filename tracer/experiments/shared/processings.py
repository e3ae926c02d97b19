"""Processings as traces: which of them are told apart, and the photos that are embedded under all of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.errors import UsageError
from tracer.experiments.experiment import Context
from tracer.experiments.labels import SEMANTIC
from tracer.experiments.photos import EmbeddedViews
from tracer.images.processing import GROUPS
from tracer.images.views import view
from tracer.results.skips import Skip

NOT_NAMED: Final = (
    "only done when asked for, as by --processing JPEG75_420,JPEG95_444,SHARPEN_4: it embeds the set once for each"
)


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


def without_partner(names: Sequence[str]) -> list[Skip]:
    """The processings that were named without another one of their group; one skip, none where all have one."""
    grouped = {name for group in processing_groups(names) for name in group}
    alone = ", ".join(sorted({view(name).name for name in names} - grouped))
    why = "no other processing of its group was named"
    return [Skip(f"probe, kNN and similarity of {alone}", why, ("probe", "knn", "similarity"), alone)] if alone else []


def group_name(processings: Sequence[str]) -> str:
    """The label's name in results: the paper's group that the processings are from, or `processing` where there is none."""
    for name, members in GROUPS.items():
        if set(processings) <= set(members):
            return name if name == "JPEG" else name.capitalize()
    return "processing"


def common_views(context: Context, encoder: str, group: Sequence[str]) -> EmbeddedViews:
    """The embeddings under each processing of the photos that have all of them.

    A photo that is too small for one processing has no embedding there.
    """
    found = {name: context.embeddings(encoder, name) for name in group}
    ids = functools.reduce(np.intersect1d, (one.ids for one in found.values()))
    first = found[group[0]]
    views = {name: one.vectors[np.isin(one.ids, ids)] for name, one in found.items()}
    return EmbeddedViews(ids, views, first.rows[np.isin(first.ids, ids)])


def classed_views(context: Context, encoder: str, group: Sequence[str]) -> EmbeddedViews:
    """`common_views` of the photos whose class stands in two clusters."""
    found = common_views(context, encoder, group)
    labelled = context.labelled
    return found.where(_in_two_clusters(labelled.labels[SEMANTIC][found.rows], labelled.clusters[found.rows]))


def _in_two_clusters(labels: NDArray[Any], clusters: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Photos whose class stands in another cluster too; the others could never be named right."""
    use = np.zeros(len(labels), dtype=bool)
    for name in {label for label in labels if label is not None}:
        member = labels == name
        use |= member & (len(np.unique(clusters[member])) > 1)
    return use
