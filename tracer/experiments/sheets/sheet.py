"""Retrieval sheets of a set: the pictures that an encoder finds for a query, chosen and made small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.experiments.experiment import Context, labelled_photos, source_of
from tracer.experiments.labels import PHONE, SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.shared.processings import common_views, group_name
from tracer.experiments.sheets.choice import neighbour_sheet, pair_sheet, photos_on
from tracer.experiments.sheets.processed import processing_sheet
from tracer.experiments.sheets.thumbnails import write_thumbs


def pairs_shown(context: Context, encoder: str) -> Work[Outcome]:
    """A sheet of queries and their partners among photos of their own kind of camera and of the other."""
    yield Progress("choosing pictures", 0)
    found, labelled = context.embeddings(encoder), context.labelled
    subject, model = labelled.pairs.subject[found.rows], labelled.pairs.model[found.rows]
    cameras, source, seed = _cameras(labelled, found.rows), source_of(context, encoder), context.settings.seed
    return _written(context, pair_sheet(source, found.vectors, found.ids, subject, model, cameras, seed))


def neighbours_shown(context: Context, encoder: str, attribute: str) -> Work[Outcome]:
    """A sheet of queries and their nearest neighbours."""
    yield Progress("choosing pictures", 0)
    found = context.embeddings(encoder)
    photos = labelled_photos(context, found, attribute, classes=True)
    cameras, source, seed = _cameras(context.labelled, found.rows), source_of(context, encoder), context.settings.seed
    return _written(context, neighbour_sheet(source, photos, found.ids, cameras, seed))


def processings_shown(context: Context, encoder: str, group: Sequence[str]) -> Work[Outcome]:
    """A sheet of queries and their nearest neighbours where content and processing pull apart."""
    yield Progress("choosing pictures", 0)
    found, labelled = common_views(context, encoder, group), context.labelled
    classes, clusters = labelled.labels[SEMANTIC][found.rows], labelled.clusters[found.rows]
    photos = LabelledPhotos(found.views[group[0]], classes, clusters, group_name(group))
    cameras, source, seed = _cameras(labelled, found.rows), source_of(context, encoder, group), context.settings.seed
    return _written(context, processing_sheet(source, found.views, photos, found.ids, cameras, seed))


def _written(context: Context, sheet: Outcome) -> Outcome:
    """The sheet, whose pictures lie in the run then."""
    write_thumbs(context.labelled.photos, photos_on(sheet), context.run, context.limits)
    return sheet


def _cameras(labelled: LabelledSet, rows: NDArray[np.int64]) -> list[str]:
    """What the sheet calls each photo's camera: make and model, or else its kind."""
    labels, kinds = labelled.labels, {"True": "phone", "False": "camera"}

    def name(row: int) -> str:
        said = [labels[key][row] for key in ("Make", "Model") if key in labels]
        known = " ".join(str(word) for word in said if word)
        return known or kinds.get(str(labels[PHONE][row]) if PHONE in labels else "", "unknown camera")

    return [name(int(row)) for row in rows]
