"""What pictures are called: the class whose prompts are most similar; and how often that is right (SP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Work
from tracer.base.text import counted, cut_at_word
from tracer.encoders.text import TextSide
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import Pairs
from tracer.experiments.probe.protocols import check_finite
from tracer.experiments.zeroshot.prompts import ClassPrompts
from tracer.results import Metric

NAME: Final = "zeroshot"
SEMANTIC: Final = "semantic_label"
MIN_PHOTOS: Final = 20
_AT_ONCE: Final = 1e7
_MOST_CLASSES: Final = 200
"""Classes whose own figures are kept; of more, those with the most photos."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Photos with what they show.

    Attributes:
        vectors: (N, D).
        classes: (N,) strings, None where unknown.
        clusters: (N,) scene or owner.
    """

    vectors: NDArray[np.floating[Any]]
    classes: NDArray[Any]
    clusters: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """What photos are called, of those whose class has a prompt.

    Attributes:
        rows: (n,) which of the given photos.
        truth, name: (n,) codes of what they show and what they are called, as in the prompts' names.
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    name: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.float64]:
        """(n,) 1 where the name is right."""
        return np.asarray(self.truth == self.name, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What photos are called by: the prompts, and what turns them into embeddings.

    Attributes:
        prompts: of the classes.
        side: the encoder's text side. device: where it runs.
    """

    prompts: ClassPrompts
    side: TextSide
    device: str = "cpu"

    def facts(self) -> list[Any]:
        """What figures depend on (`tracer.evaluation.cache.key_of`)."""
        return [self.prompts, self.side.identity]

    def embed(self) -> Work[NDArray[np.float64]]:
        """The classes (C, D) as unit vectors."""
        found = yield from self.side.embed([text for texts in self.prompts.texts for text in texts], self.device)
        ends = np.cumsum([len(texts) for texts in self.prompts.texts])
        return _unit(np.stack([part.mean(axis=0) for part in np.split(_unit(found), ends[:-1])]))


def call(photos: Shown, words: Words) -> Work[Called]:
    """Call each photo by the class whose prompts are most similar.

    A class is the mean of its prompts' embeddings, each scaled to length 1 before and the mean after (Radford et al. 2021,
    "Learning transferable visual models from natural language supervision"). Similarity is the cosine.

    Raises:
        EmbeddingsError: a value is not finite, or the embeddings are not those of the encoder.
        EncoderError: the text side cannot be built.
    """
    code = {name: at for at, name in enumerate(words.prompts.names)}
    truth = np.array([-1 if one is None else code.get(str(one), -1) for one in photos.classes], dtype=np.int64)
    rows = np.flatnonzero(truth >= 0)
    vectors = np.asarray(photos.vectors)
    check_finite(vectors[rows])
    classes = yield from words.embed()
    if classes.shape[1] != vectors.shape[1]:
        raise EmbeddingsError(
            f"The embeddings of pictures and prompts of {words.side.name} do not fit",
            f"they have {vectors.shape[1]} and {classes.shape[1]} dimensions",
            "Make the embeddings again in a new run folder.",
        )
    return Called(rows, truth[rows], _nearest(vectors, rows, classes))


def _unit(vectors: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    wide = np.asarray(vectors, dtype=np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))


def _nearest(
    vectors: NDArray[np.floating[Any]], rows: NDArray[np.int64], classes: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The most similar class (n,) of each of the rows; the length of a picture's vector plays no part."""
    step = max(1, int(_AT_ONCE / sum(classes.shape)))
    parts = [rows[start : start + step] for start in range(0, len(rows), step)]
    return np.concatenate([np.argmax(vectors[part] @ classes.T, axis=1) for part in parts] or [rows])


def name_photos(
    source: Source,
    photos: Shown,
    pairs: Pairs,
    words: Words,
    seed: int,
) -> Work[Outcome]:
    """SP: how often the name is right; the same balanced over the classes; and what becomes of pairs.

    Intervals are a bootstrap's over scenes and owners. The details have each class, and how often the two photos of a pair are
    called differently.

    Args:
        pairs: of the same photos.
        words: what the classes are called by.
        seed: of the bootstrap.

    Raises:
        TooFew: fewer than `MIN_PHOTOS` photos whose class has a prompt, or photos of one such class alone.
        EmbeddingsError, EncoderError: as `call`.
    """
    called, prompts = (yield from call(photos, words)), words.prompts
    if len(called.rows) < MIN_PHOTOS or len(np.unique(called.truth)) < 2:
        raise TooFew(
            f"Zero-shot classification needs {MIN_PHOTOS} photos of two classes that have prompts",
            f"there are {counted(len(called.rows), 'photo')} of {counted(len(np.unique(called.truth)), 'class', 'classes')}",
        )
    right, clusters = called.right, photos.clusters[called.rows]
    groups, n = len(np.unique(clusters)), len(right)
    outcome = Outcome()
    draws = stats.bootstrap_means(right, clusters, seed=seed)[:, 0]
    value, balanced = float(right.mean()), _balanced(called, clusters, seed)
    interval = stats.share_interval(balanced[0], balanced[1], groups)
    figures: tuple[tuple[Metric, Estimate], ...] = (
        ("sp", Estimate(value, stats.share_interval(value, draws, groups), stats.majority_share(called.truth), n)),
        ("balanced_accuracy", Estimate(balanced[0], interval, stats.uniform_chance(len(prompts.names)), n)),
    )
    outcome.rows = [source.row(NAME, SEMANTIC, "", metric, found, seed) for metric, found in figures]
    outcome.per_photo = [source.per_photo(outcome.rows[0], called.rows, clusters, right)]
    outcome.details = [
        source.detail(
            NAME,
            SEMANTIC,
            "",
            names=len(prompts.names),
            prompts=sum(map(len, prompts.texts)),
            templates=list(prompts.templates),
            classes_with_own_prompts=prompts.own,
            clusters=groups,
            by_class=_by_class(called, prompts.names),
            pairs=_pairs(called, pairs, photos.clusters, seed),
        )
    ]
    outcome.warnings = _warnings(prompts, words.side, groups)
    return outcome


def _balanced(called: Called, clusters: NDArray[np.int64], seed: int) -> tuple[float, NDArray[np.float64]]:
    """The mean over classes of the share named right, and its draws; a class that a draw lacks does not count in it."""
    truth, right = np.unique(called.truth, return_inverse=True)[1], called.right
    sums = stats.bootstrap_cells(truth, right, clusters, seed=seed)
    counts = stats.bootstrap_cells(truth, np.ones(len(truth)), clusters, seed=seed)
    draws = [(hit[there] / of[there]).mean() for hit, of in zip(sums, counts, strict=True) for there in [of > 0]]
    return float((np.bincount(truth, weights=right) / np.bincount(truth)).mean()), np.array(draws)


def _by_class(called: Called, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each class: its photos, the share named right, and what it is most often called instead."""
    found = []
    photos = np.bincount(called.truth, minlength=len(names))
    for code in np.argsort(-photos, kind="stable")[:_MOST_CLASSES]:
        if not photos[code]:
            break
        given = np.bincount(called.name[called.truth == code], minlength=len(names))
        share = float(given[code] / photos[code])
        given[code] = 0
        instead = names[int(given.argmax())] if given.any() else ""
        found.append({"class": names[code], "photos": int(photos[code]), "right": share, "instead": instead,
                      "times": int(given.max())})  # fmt: skip
    return found


def _pairs(called: Called, pairs: Pairs, clusters: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """How often the two photos of a pair are called differently; of a subject with several photos the mean over their pairs."""
    subject, kind = pairs.subject[called.rows], pairs.model[called.rows]
    whole = Pairs(subject, kind).whole()
    at = np.flatnonzero(np.isin(subject, whole) & np.isin(kind, (0, 1)))
    members = np.split(
        at[np.argsort(subject[at], kind="stable")], np.cumsum(np.unique(subject[at], return_counts=True)[1])[:-1]
    )
    table, of = [], []
    for rows in members if len(whole) else ():
        phone, other = rows[kind[rows] == 1], rows[kind[rows] == 0]
        a, b = called.right[phone][:, None], called.right[other][None]
        differ = called.name[phone][:, None] != called.name[other][None]
        table.append([differ.mean(), (a * b).mean(), (a * (1 - b)).mean(), ((1 - a) * b).mean()])
        of.append(clusters[called.rows[rows[0]]])
    if not table:
        return {}
    shares = np.array(table)
    mean = shares.mean(axis=0)
    groups = len(np.unique(of))
    interval = stats.share_interval(float(mean[0]), stats.bootstrap_means(shares[:, 0], of, seed=seed)[:, 0], groups)
    return {
        "pairs": len(shares),
        "called_differently": float(mean[0]),
        "called_differently_ci": [min(max(bound, 0.0), 1.0) for bound in interval],
        "both_right": float(mean[1]),
        "phone_alone_right": float(mean[2]),
        "other_alone_right": float(mean[3]),
    }


def _warnings(prompts: ClassPrompts, side: TextSide, groups: int) -> list[str]:
    said = []
    if groups < stats.FEW_CLUSTERS:
        said.append(
            f"The intervals of zero-shot classification rest on {groups} scenes or owners; below {stats.FEW_CLUSTERS} they are "
            "too short."
        )
    if alike := prompts.alike:
        said.append(
            f"{counted(len(alike), 'class has', 'classes have')} the prompts of another one, as {alike[0][0]} those of "
            f"{alike[0][1]}: photos are never called by them."
        )
    if cut := side.too_long([text for texts in prompts.texts for text in texts]):
        said.append(
            f"{counted(len(cut), 'prompt is', 'prompts are')} as long as {side.name} reads, or longer; what goes beyond is cut "
            f"off: {cut_at_word(cut[0], 60)}"
        )
    return said
