"""The probe as an experiment: labels of a set, unmasked and masked, and processings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tracer.base.progress import Work
from tracer.base.text import shell_word
from tracer.experiments.experiment import (
    Context,
    Encoders,
    Experiment,
    Measurement,
    Planned,
    labelled_photos,
    source_of,
)
from tracer.experiments.labels import FURTHER_LABELS, MAIN_LABELS, NAMES_MODEL, SEMANTIC, LabelledSet
from tracer.experiments.outcome import Outcome
from tracer.experiments.photos import Embedded
from tracer.experiments.settings import Settings
from tracer.experiments.shared.parts import folder_parts, split_by_folders
from tracer.experiments.shared.processings import (
    NOT_NAMED,
    common_views,
    group_name,
    processing_groups,
    without_partner,
)
from tracer.results.skips import Skip
from tracer.results.words import FILES_ALONE

if TYPE_CHECKING:
    from tracer.experiments.probe.properties import Probing

NAME: Final = "probe"
IN_FOLDERS: Final = "learnt from the training folder, tested on the other"
REPEATS: Final = ((2000, 3), (20_000, 2))
"""Draws of the folds for sets of up to so many photos; one for larger ones."""


def _plan(labelled: LabelledSet, settings: Settings) -> Planned:
    attributes, skipped = _attributes(labelled, settings.attributes)
    groups = processing_groups(settings.processings)
    of_labels = [
        Measurement(
            NAME,
            f"probe of {attribute}",
            partial(_probe, attribute=attribute, mask=mask),
            attribute,
            (_view(mask),),
            mask,
        )
        for mask in settings.masks
        for attribute in attributes
    ]
    of_camera = [attribute for attribute in attributes if labelled.goes_with_camera(attribute)]
    of_unseen = [
        Measurement(
            NAME,
            f"probe of {attribute} on unseen cameras",
            partial(_probe_unseen, attribute=attribute, mask=mask),
            attribute,
            (_view(mask),),
            mask,
        )
        for mask in settings.masks
        for attribute in of_camera
    ]
    of_files = _of_files(labelled, attributes, max(settings.masks, default=0.0))
    of_processings = [
        Measurement(NAME, f"probe of {words}", partial(_probe_processings, group=group), words, group)
        for group in groups
        for words in [" and ".join(group)]
    ]
    if groups:
        skipped += without_partner(settings.processings)
    else:
        skipped.append(Skip("probe of processings", NOT_NAMED, (NAME,), on_request=True))
    return Planned((*of_labels, *of_unseen, *of_files, *of_processings), tuple(skipped))


def _of_files(labelled: LabelledSet, attributes: Sequence[str], deepest: float) -> list[Measurement]:
    """Whether file properties tell the labels of the camera, and the probe on photos matched in them under the deepest mask."""
    made = []
    camera = [name for name in attributes if name in MAIN_LABELS or labelled.goes_with_camera(name)]
    for name in [one for one in camera if one not in NAMES_MODEL] or camera:
        unseen = labelled.goes_with_camera(name)
        what = f"probe of {name} by file properties alone{' on unseen cameras' if unseen else ''}"
        measure = partial(_probe_files, attribute=name, unseen=unseen)
        made.append(Measurement(NAME, what, measure, name, views=(), encoders=Encoders.NONE))
        if name not in NAMES_MODEL:
            what = f"probe of {name} on photos with equal file properties"
            measure = partial(_probe_matched, attribute=name, mask=deepest)
            made.append(Measurement(NAME, what, measure, name, (_view(deepest),), deepest))
    return made


def _view(mask: float) -> str:
    return f"MASK_{100 * mask:.6g}" if mask else "IDENTITY"


def _attributes(labelled: LabelledSet, asked: Sequence[str]) -> tuple[list[str], list[Skip]]:
    """The labels to probe, in a fixed order; main ones that cannot be, and further ones that were not asked for."""
    main = (*MAIN_LABELS, SEMANTIC)
    wanted = {*main, *asked, *labelled.splits, *(FURTHER_LABELS if "all" in asked else ())}
    chosen, skipped = [], []
    for name in (*MAIN_LABELS, *FURTHER_LABELS, SEMANTIC):
        if name in wanted and labelled.parts(name):
            chosen.append(name)
        elif name in wanted:
            skipped.append(Skip(f"probe of {name}", labelled.one_value(name), (NAME,), name))
    left = [name for name in FURTHER_LABELS if name not in chosen and labelled.parts(name)]
    if left:
        names = ", ".join(left)
        why = f"only done when asked for, as by --attributes {shell_word(left[0])} or --attributes all"
        skipped.append(Skip(f"probes of {names}", why, (NAME,), names, on_request=True))
    return chosen, skipped


def _probe(context: Context, encoder: str, *, attribute: str, mask: float) -> Work[Outcome]:
    from tracer.experiments.probe.probe import probe_cross_validated, probe_split
    from tracer.experiments.probe.protocols import Fitting

    found = context.embeddings(encoder, mask=mask)
    source, settings, count = source_of(context, encoder, mask=mask), context.settings, len(found.ids)
    large = count > settings.split_from
    split = context.labelled.splits.get(attribute) if large else None
    by_folders = None if split else split_by_folders(context.labelled, attribute, settings.seed)
    split = split or by_folders
    if split is not None:
        how, clusters = Fitting(settings.protocol, settings.seed, context.device), context.labelled.clusters[found.rows]
        outcome = yield from context.cached(
            "probe of a split", probe_split, source, found.ids, found.vectors, split, how, clusters=clusters
        )
        if split is by_folders:
            outcome.details[0]["scheme"] = IN_FOLDERS
    else:
        how = Fitting(settings.protocol, settings.seed, context.device if large else "cpu")
        photos = labelled_photos(context, found, attribute)
        outcome = yield from context.cached(
            "probe", probe_cross_validated, source, photos, how, repeats=repeats_for(count)
        )
    return context.name_photos(outcome, found.ids)


def _probe_unseen(context: Context, encoder: str, *, attribute: str, mask: float) -> Work[Outcome]:
    from tracer.experiments.probe.protocols import Fitting
    from tracer.experiments.probe.unseen import probe_unseen_cameras

    found, settings = context.embeddings(encoder, mask=mask), context.settings
    large = len(found.ids) > settings.split_from
    outcome = yield from context.cached(
        "probe on unseen cameras",
        probe_unseen_cameras,
        source_of(context, encoder, mask=mask),
        labelled_photos(context, found, attribute),
        context.labelled.cameras[found.rows],
        Fitting(settings.protocol, settings.seed, context.device if large else "cpu"),
    )
    return context.name_photos(outcome, found.ids)


def _probe_files(context: Context, _: str, *, attribute: str, unseen: bool) -> Work[Outcome]:
    from tracer.experiments.probe.properties import one_hot, probe_properties

    rows = np.argsort(context.labelled.ids)  # as embeddings are ordered
    features = one_hot({name: values[rows] for name, values in context.file_properties().items()})
    photos = labelled_photos(context, Embedded(context.labelled.ids[rows], features, rows), attribute)
    how = _probing(context, len(rows), unseen)
    source = source_of(context, FILES_ALONE)
    found = yield from context.cached("probe of file properties", probe_properties, source, photos, how)
    if not np.ptp(features, axis=0).any():
        for entry in found.details:
            entry["alike"] = True  # the figure is that of a probe with nothing to go by
    return context.name_photos(found, context.labelled.ids[rows])


def _probe_matched(context: Context, encoder: str, *, attribute: str, mask: float) -> Work[Outcome]:
    from tracer.experiments.probe.properties import probe_matched

    found = context.embeddings(encoder, mask=mask)
    photos = labelled_photos(context, found, attribute)
    how = _probing(context, len(found.ids), context.labelled.goes_with_camera(attribute))
    properties = {name: values[found.rows] for name, values in context.file_properties().items()}
    source = source_of(context, encoder, mask=mask)
    outcome = yield from context.cached("probe of matched photos", probe_matched, source, photos, properties, how)
    return context.name_photos(outcome, found.ids)


def _probing(context: Context, photos: int, unseen: bool) -> Probing:
    from tracer.experiments.probe.properties import Probing
    from tracer.experiments.probe.protocols import Fitting

    settings = context.settings
    device = context.device if photos > settings.split_from else "cpu"
    return Probing(Fitting(settings.protocol, settings.seed, device), repeats_for(photos), unseen)


def _probe_processings(context: Context, encoder: str, *, group: Sequence[str]) -> Work[Outcome]:
    from tracer.experiments.probe.processing import probe_processing, probe_processing_folds
    from tracer.experiments.probe.protocols import Fitting

    found, settings = common_views(context, encoder, group), context.settings
    device = context.device if len(found.ids) > settings.split_from else "cpu"
    if parts := folder_parts(context.labelled):
        asked = parts.asked[found.rows]
        outcome = yield from context.cached(
            "probe of processings by folders",
            probe_processing,
            source_of(context, encoder, group),
            found.where(parts.train[found.rows]).views,
            found.where(asked).views,
            group_name(group),
            Fitting(settings.protocol, settings.seed, device),
            draws=settings.draws,
        )
        return context.name_photos(outcome, found.ids[asked])
    outcome = yield from context.cached(
        "probe of processings",
        probe_processing_folds,
        source_of(context, encoder, group),
        found.views,
        context.labelled.clusters[found.rows],
        group_name(group),
        Fitting(settings.protocol, settings.seed, device),
        draws=settings.draws,
    )
    return context.name_photos(outcome, found.ids)


def repeats_for(photos: int) -> int:
    """Draws of the folds for a set of this size."""
    return next((count for size, count in REPEATS if photos <= size), 1)


def _protocol(labelled: LabelledSet, settings: Settings, details: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    from tracer.experiments.probe.processing import in_words as processings_in_words
    from tracer.experiments.probe.protocols import in_words
    from tracer.experiments.probe.unseen import in_words as unseen_in_words

    how, count = in_words(settings.protocol), len(labelled)
    said = {
        "probe": f"one linear layer on L2-normalised embeddings, {how}, chosen on validation photos ({settings.protocol})",
        "probe folds": f"5 folds that keep scenes and owners whole, drawn {repeats_for(count)} times"
        + (f"; a set's own split file from {settings.split_from} photos on" if count > settings.split_from else ""),
    }
    in_folders = folder_parts(labelled) is not None
    if in_folders:
        said["probe folds"] = f"none: {IN_FOLDERS}"
    if any(map(labelled.goes_with_camera, _attributes(labelled, settings.attributes)[0])):
        said["probe on unseen cameras"] = unseen_in_words()
    if settings.processings and NAME in settings.experiments:
        said["probe of processings"] = (
            f"the same folds, drawn {settings.draws} times; a photo shows one processing, drawn at random, to "
            "a probe that learns from it, and all of them to one that is tested"
        )
        if in_folders:
            said["probe of processings"] = processings_in_words(settings.draws)
    if intervals := "; ".join(dict.fromkeys(entry["intervals"] for entry in details if "intervals" in entry)):
        said["probe intervals"] = intervals
    return said


PROBE: Final = Experiment(NAME, "probe", _plan, _protocol, page_in="tracer.experiments.probe.page")
