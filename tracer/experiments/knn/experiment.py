"""Semantic neighbours as an experiment: parted by labels of the camera, and by processings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tracer.base.progress import Work
from tracer.errors import TooFew
from tracer.experiments.experiment import (
    Context,
    Encoders,
    Experiment,
    Measurement,
    Planned,
    labelled_photos,
    source_of,
)
from tracer.experiments.labels import SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import EmbeddedViews, ProcessedPhotos
from tracer.experiments.settings import Settings
from tracer.experiments.shared.parts import FolderParts, folder_parts
from tracer.experiments.shared.processings import (
    NOT_NAMED,
    classed_views,
    common_views,
    group_name,
    processing_groups,
    without_partner,
)
from tracer.experiments.shared.traces import trace_labels
from tracer.results.skips import Skip

if TYPE_CHECKING:
    from tracer.experiments.knn.processing import Voting

NAME: Final = "knn"


def _plan(labelled: LabelledSet, settings: Settings) -> Planned:
    groups = processing_groups(settings.processings)
    skipped = without_partner(settings.processings)
    if why := labelled.one_class():
        return Planned((), (*skipped, Skip("semantic kNN", why, (NAME,))))
    if not groups:
        skipped.append(Skip("kNN by processing", NOT_NAMED, (NAME,), on_request=True))
    traces, lacking = trace_labels(labelled, settings.attributes)
    of_labels = [Measurement(NAME, f"kNN by {name}", partial(_by_label, attribute=name), name) for name in traces]
    of_labels += [
        Measurement(NAME, f"kNN by {name} on unseen cameras", partial(_of_unseen, attribute=name), name)
        for name in traces
        if labelled.goes_with_camera(name)
    ]
    of_processings = [
        Measurement(NAME, f"kNN by {words}", partial(_by_processing, group=group), words, group)
        for group in groups
        for words in [" and ".join(group)]
    ]
    sheet = [
        Measurement(NAME, "retrieval sheet", partial(_sheet, attribute=name), name, encoders=Encoders.ONE)
        for name in traces[:1]
        if not len(labelled.pairs.whole())  # pairs show more, where there are some
    ]
    sheets = [
        Measurement(
            NAME,
            f"retrieval sheet by {words}",
            partial(_processing_sheet, group=group),
            words,
            group,
            encoders=Encoders.ONE,
        )
        for group in groups
        for words in [" and ".join(group)]
    ]
    return Planned((*of_labels, *of_processings, *sheet, *sheets), (*skipped, *lacking))


def _by_label(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.knn.acquisition import acquisition_knn

    found = context.embeddings(encoder)
    photos = labelled_photos(context, found, attribute, classes=True)
    source = source_of(context, encoder)
    outcome = yield from context.cached("knn by label", acquisition_knn, source, photos, _between_labels(context))
    return context.name_photos(outcome, found.ids)


def _of_unseen(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.knn.unseen import unseen_neighbours

    found = context.embeddings(encoder)
    photos = labelled_photos(context, found, attribute, classes=True)
    source = source_of(context, encoder)
    outcome = yield from context.cached(
        "knn on unseen cameras", unseen_neighbours, source, photos, _between_labels(context)
    )
    return context.name_photos(outcome, found.ids)


def _between_labels(context: Context) -> Voting:
    from tracer.experiments.knn.processing import Voting

    settings = context.settings
    return Voting(settings.k or context.labelled.k, settings.draws, settings.seed, context.device)


def _by_processing(context: Context, encoder: str, *, group: Sequence[str]) -> Work[Outcome]:
    from tracer.experiments.knn.acquisition import MIN_QUERIES
    from tracer.experiments.knn.processing import processing_knn

    if parts := folder_parts(context.labelled):
        return (yield from _by_folders(context, encoder, group, parts))
    found = classed_views(context, encoder, group)
    classes, clusters = context.labelled.labels[SEMANTIC][found.rows], context.labelled.clusters[found.rows]
    if len({*classes}) < 2 or len(found.ids) < MIN_QUERIES:
        raise TooFew(
            f"Semantic neighbours need {MIN_QUERIES} photos of two classes, each class in two scenes or more",
            f"there are {len(found.ids)} such",
        )
    y = np.unique(classes.astype(str), return_inverse=True)[1].astype(np.int64)
    photos = ProcessedPhotos(found.views, y, clusters)
    outcome = yield from context.cached(
        "knn by processing",
        processing_knn,
        source_of(context, encoder, group),
        photos,
        photos,
        group_name(group),
        _between_processings(context),
        clusters=clusters,
    )
    return context.name_photos(outcome, found.ids)


def _by_folders(context: Context, encoder: str, group: Sequence[str], parts: FolderParts) -> Work[Outcome]:
    """Queries from one folder, neighbours from the training folder; a query still never meets its own scene or owner."""
    from tracer.experiments.knn.acquisition import MIN_QUERIES
    from tracer.experiments.knn.processing import processing_knn

    found, labels = common_views(context, encoder, group), context.labelled.labels[SEMANTIC]
    known = np.array([label is not None for label in labels], dtype=bool)
    pool, queries = (found.where((part & known)[found.rows]) for part in (parts.train, parts.asked))
    if len(queries.ids) < MIN_QUERIES:
        raise TooFew(
            f"Semantic neighbours need at least {MIN_QUERIES} labelled photos to test",
            f"the folder that is tested has {len(queries.ids)}",
            "Add photos there; a figure from so few would be noise.",
        )
    names = np.unique(labels[known].astype(str))
    clusters = context.labelled.clusters

    def photos(side: EmbeddedViews) -> ProcessedPhotos:
        codes = np.searchsorted(names, labels[side.rows].astype(str))
        return ProcessedPhotos(side.views, codes, clusters[side.rows])

    outcome = yield from context.cached(
        "knn by processing and folders",
        processing_knn,
        source_of(context, encoder, group),
        photos(pool),
        photos(queries),
        group_name(group),
        _between_processings(context),
        clusters=clusters[queries.rows],
    )
    return context.name_photos(outcome, queries.ids)


def _between_processings(context: Context) -> Voting:
    from tracer.experiments.knn.processing import Voting

    settings = context.settings
    k = settings.k or context.labelled.k
    return Voting(k, settings.draws, settings.seed, context.device, ties=settings.ties)


def _sheet(context: Context, encoder: str, *, attribute: str) -> Work[Outcome]:
    from tracer.experiments.sheets.sheet import neighbours_shown

    return (yield from neighbours_shown(context, encoder, attribute))


def _processing_sheet(context: Context, encoder: str, *, group: Sequence[str]) -> Work[Outcome]:
    from tracer.experiments.sheets.sheet import processings_shown

    return (yield from processings_shown(context, encoder, group))


def _protocol(labelled: LabelledSet, settings: Settings, _details: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    k = settings.k or labelled.k
    folders = folder_parts(labelled) is not None and bool(settings.processings)
    own = "never within a scene or owner" if labelled.units_known else "never the photo itself"
    return {
        "kNN": f"cosine, k = {k}, majority, {own}; {settings.draws} uniform draws"
        + "; by label of each class as many photos with the label as with another"
        + ("; by processing: queries of the test folder, neighbours of the training folder" if folders else ""),
    }


KNN: Final = Experiment(NAME, "kNN", _plan, _protocol, page_in="tracer.experiments.knn.page")
