"""Semantic neighbours of other camera models alone: does the kind of camera bend the vote, or only each model's own trace?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracer import stats
from tracer.base.progress import Work
from tracer.experiments.knn.acquisition import shuffled_votes, traced_votes
from tracer.experiments.knn.processing import SETTINGS, Voting, tested_difference
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.shared.cameras import UNSEEN, cameras_of, mean_interval


def unseen_neighbours(source: Source, photos: LabelledPhotos, how: Voting) -> Work[Outcome]:
    """pos-same, neg-same and SPD_a where no photo has a neighbour of its own camera model.

    The test of SPD_a deals labels out to whole camera models.

    Args:
        source: names of the set and the encoder.
        photos: with what they show and their camera models. Those whose model is not known are left out.
        how: neighbours, draws, seed and device.

    Yields:
        Progress, in answered queries.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `acquisition.MIN_QUERIES` photos qualify.
    """
    assert photos.cameras is not None, "the label goes with the camera"
    known = np.flatnonzero(
        [camera is not None and label is not None for camera, label in zip(photos.cameras, photos.labels, strict=True)]
    )
    given = photos.only(known)
    assert given.cameras is not None
    cameras = cameras_of(given.labels, given.cameras)
    found = yield from traced_votes(given, how, cameras.code)
    of_queries = replace(cameras, code=cameras.code[found.rows])
    gained = found.values[:, 2] - found.values[:, 3]
    value, chance = float(gained.mean()), stats.majority_share(found.labels)
    test = tested_difference(gained, found.clusters, shuffled_votes(given, how, cameras.code), of_queries.code)
    spd = Estimate(abs(value), stats.absolute(test.interval), 0.0, len(gained))
    row = source.row("knn", photos.attribute, UNSEEN, "spd_a", spd, how.seed)
    detail = source.detail(
        "knn", photos.attribute, UNSEEN, pos_same_minus_neg_same=value, pos_same_minus_neg_same_ci=list(test.interval),
        clusters=len(np.unique(found.clusters)), left_out=len(photos.labels) - len(gained), **test.facts,
        **of_queries.facts(gained),
    )  # fmt: skip
    # Single photos' scores are not kept: two runs' votes share candidates, which no interval over queries allows for.
    outcome = Outcome([row], [detail])
    for setting in ("pos-same", "neg-same"):
        right = found.values[:, SETTINGS.index(setting)]
        bounds = mean_interval(right, found.clusters, of_queries.code)
        rate = Estimate(float(right.mean()), bounds, chance, len(right))
        outcome.rows.append(source.row("knn", photos.attribute, f"{setting},{UNSEEN}", "accuracy", rate, how.seed))
    return outcome
