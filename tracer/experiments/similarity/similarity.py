"""Are photos of one camera more similar than photos of different ones, the content being equal? (Ramos et al. 2025, figure 2)

For each photo the cosine similarities to others fall into four kinds: same or other class × same or other acquisition label. The
effect size is the probability that a photo with the same label is more similar than one with another label, both of the same
content: 0.5 where the label plays no part (the area under the ROC curve, or the common-language effect size).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe.protocols import normalise
from tracer.experiments.shared.cameras import UNSEEN, Cameras, cameras_of, dealt, independent
from tracer.experiments.shared.few import as_many
from tracer.experiments.shared.thinning import thinned
from tracer.experiments.similarity.wins import Wins, ranked, wins
from tracer.results.skips import Skip

MIN_PHOTOS = 20
MAX_PHOTOS = 4000
"""Larger sets are thinned out (`thinned`): time and memory grow with the square."""
BINS = 50
BLOCK = 256
"""Photos whose pairs are held at once for the drawn distributions."""
SHUFFLES = 199
SHUFFLED_PHOTOS = 800
"""Larger sets are thinned out for the shuffles, whose time grows with the square."""
SETTINGS = ("class=same", "class=other")
KINDS = ("class=same,label=same", "class=same,label=other", "class=other,label=same", "class=other,label=other")


def similarity(source: Source, photos: LabelledPhotos, seed: int = 0, *, unseen: bool = False) -> Work[Outcome]:
    """The effect size among photos of the same class and among photos of other classes; histograms in the details.

    The value is the mean over photos of the share of (same label, other label) pairs in which the first is more similar,
    half for equal ones. Photos of one cluster are never compared. The interval is that of `stats.calibrated` with the standard
    error of `wins`; the details hold the p-value of the test.

    Args:
        source: names of the set and the encoder.
        photos: with what they show.
        seed: of the thinning and the shuffles.
        unseen: whether photos of one camera model are not compared, and labels are dealt out to whole models; photos whose model
            is not known are then left out. The label has to go with the camera.

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_PHOTOS` photos have both kinds to compare.
    """
    attribute, clusters = photos.attribute, photos.clusters
    rows, given = _compared_photos(photos, seed, unseen)
    X = normalise(np.asarray(photos.vectors)[rows])
    assert photos.classes is not None, "photos are compared by content"
    y, a = (np.unique(part[rows].astype(str), return_inverse=True)[1] for part in (photos.classes, photos.labels))
    cameras = cameras_of(photos.labels[rows], photos.cameras[rows]) if unseen and photos.cameras is not None else None
    sampled = None if cameras is None else cameras.sampled
    S = np.clip(X @ X.T, -1.0, 1.0)
    away = clusters[rows][:, None] != clusters[rows]
    if cameras is not None:
        away &= cameras.code[:, None] != cameras.code
    same_class = y[:, None] == y
    outcome = Outcome()
    for number, (setting, content) in enumerate(zip(SETTINGS, (same_class, ~same_class), strict=True)):
        yield Progress("comparisons made", number, len(SETTINGS))
        setting += f",{UNSEEN}" if unseen else ""
        scenes = None if photos.scenes is None else photos.scenes[rows]
        compared = _Compared(S, away & content, a, clusters[rows], cameras, y if number else None, scenes, y)
        found = compared.wins()
        n = int(np.isfinite(found.each).sum())
        if n < MIN_PHOTOS:
            why = f"{n} of {len(rows)} photos have others to compare, of the same label and of another, outside their cluster"
            what = f"similarity by {attribute}, {setting}"
            outcome.skipped.append(Skip(what, why, ("similarity",), attribute, source.encoder))
            continue
        test, facts = compared.test(found, seed)
        low, high = (0.5 + bound for bound in test.interval)
        estimate = Estimate(found.value, stats.Interval(max(low, 0.0), min(high, 1.0)), 0.5, n)
        row = source.row("similarity", attribute, setting, "accuracy", estimate, seed)
        outcome.rows.append(row)
        parts = found.value + len(rows) * found.influence  # in both roles, so that their errors are those of the figure
        outcome.per_photo.append(source.per_photo(row, rows, clusters[rows], parts, sampled))
        outcome.details.append(source.detail("similarity", attribute, setting, p_value=test.p_value, **facts))
    if not outcome.rows:
        raise TooFew(f"Similarity by {attribute} cannot be measured", outcome.skipped[0].reason)
    fewest = min(int(entry["clusters"]) for entry in outcome.details)
    outcome.warnings += _warnings(attribute, len(rows), given, fewest)
    distributions = _distributions(S, away, y, a)
    outcome.details.insert(0, source.detail("similarity", attribute, UNSEEN if unseen else "", **distributions))
    return outcome


def _warnings(attribute: str, used: int, given: int, clusters: int) -> list[str]:
    """Sentences on photos that were not drawn, and on intervals that rest on few clusters."""
    said = []
    if used < given:
        said.append(f"Similarity by {attribute} used {used} of {given} photos, drawn by scene and owner at random.")
    if clusters < stats.FEW_CLUSTERS:
        said.append(
            f"The intervals of similarity by {attribute} rest on {clusters} scenes or owners; below {stats.FEW_CLUSTERS} they are"
            " too short."
        )
    return said


def _compared_photos(photos: LabelledPhotos, seed: int, unseen: bool) -> tuple[NDArray[np.int64], int]:
    """Rows of the photos that are compared, those of a cluster next to each other, and how many could be."""
    needed = [photos.classes, photos.labels, *([photos.cameras] if unseen else [])]
    known = np.flatnonzero([all(value is not None for value in one) for one in zip(*needed, strict=True)])
    rows = thinned(known, photos.clusters, MAX_PHOTOS, seed)
    return rows[np.argsort(photos.clusters[rows], kind="stable")], len(known)


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Photos by cluster, and which of them are compared.

    Attributes:
        S: (n, n) similarities.
        candidate: (n, n) pairs that are compared.
        labels, clusters: (n,).
        cameras: of the photos, where the label goes with the camera.
        content: (n,) what photos show; None where a photo is compared with those of its own content alone.
        scenes: (n,) scenes inside owners; None where none are known.
        shown: (n,) what photos show.
    """

    S: NDArray[np.float32]
    candidate: NDArray[np.bool_]
    labels: NDArray[np.int64]
    clusters: NDArray[np.int64]
    cameras: Cameras | None
    content: NDArray[np.int64] | None
    scenes: NDArray[np.int64] | None
    shown: NDArray[np.int64]

    @property
    def models(self) -> NDArray[np.int64] | None:
        return None if self.cameras is None else self.cameras.code

    def wins(self) -> Wins:
        return wins(ranked(self.S, self.candidate, _first(self.clusters), self.content), self.labels, self.models)

    def test(self, found: Wins, seed: int) -> tuple[stats.Calibrated, dict[str, Any]]:
        """The test of the figure against that of shuffled labels, and what is said of it."""
        at = thinned(np.arange(len(self.labels)), self.clusters, SHUFFLED_PHOTOS, seed)
        content, first = None if self.content is None else self.content[at], _first(self.clusters[at])
        given = ranked(self.S[np.ix_(at, at)], self.candidate[np.ix_(at, at)], first, content)
        models = None if self.models is None else self.models[at]
        scenes = None if self.scenes is None else self.scenes[at]
        ways = dealt(self.labels[at], self.clusters[at], models, seed, SHUFFLES, scenes)
        rng, shown = np.random.default_rng([seed, 3]), self.shown[at]
        others = [wins(given, labels, models, as_many(labels, ways.observed, shown, rng)[0]) for labels in ways.others]
        others = [other for other in others if np.isfinite(other.value)]
        own = wins(given, ways.observed, models)
        asked = np.isfinite(found.each)
        groups = independent(self.clusters[asked], None if self.models is None else self.models[asked])
        test = stats.calibrated(
            found.value, found.error, [o.value for o in others], [o.error for o in others], groups,
            centre=0.5, observed=(own.value, own.error) if np.isfinite(own.value) else None,
        )  # fmt: skip
        facts = {
            "clusters": len(np.unique(self.clusters[asked])),
            "permutations": len(others) + ways.exact,
            "exact": ways.exact,
            "shuffled": str(ways.unit),
        }
        return test, facts if self.cameras is None else facts | self.cameras.facts(found.each)


def _first(clusters: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first row of each cluster, whose photos stand next to each other."""
    return np.flatnonzero(np.r_[True, clusters[1:] != clusters[:-1]])


def _distributions(
    S: NDArray[np.float32], away: NDArray[np.bool_], y: NDArray[np.int64], labels: NDArray[np.int64]
) -> dict[str, Any]:
    """Histograms and means of the similarities (n, n) of each kind of pair.

    Pairs of the same two contents `y` (n,) weigh as much with one label as with two, k₁k₀ / (k₁ + k₀) for k₁ and k₀ pairs.
    """
    edges, kinds = np.linspace(-1.0, 1.0, BINS + 1), int(y.max()) + 1
    counts = np.zeros((kinds * kinds, 2), dtype=np.int32)
    for one, other in _pairs(away):
        alike = (labels[one] == labels[other]).astype(np.int64)
        np.add.at(counts, (_contents(y[one], y[other], kinds), alike), 1)
    histograms, sums = np.zeros((len(KINDS), BINS)), np.zeros((len(KINDS), 2))
    for one, other in _pairs(away):
        alike, values = (labels[one] == labels[other]).astype(np.int64), S[one, other]
        both = counts[_contents(y[one], y[other], kinds)]
        weight = both[np.arange(len(one)), 1 - alike] / both.sum(axis=1)
        kind = 2 * (y[one] != y[other]) + (1 - alike)
        for at in range(len(KINDS)):
            chosen = kind == at
            histograms[at] += np.histogram(values[chosen], edges, weights=weight[chosen])[0]
            sums[at] += weight[chosen].sum(), values[chosen] @ weight[chosen]
    return {
        "edges": [round(float(edge), 6) for edge in edges],
        "histograms": {kind: row.round(4).tolist() for kind, row in zip(KINDS, histograms, strict=True)},
        "means": {kind: float(v / w) if w else None for kind, (w, v) in zip(KINDS, sums, strict=True)},
    }


def _pairs(away: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of the photos of all pairs (n, n) that are compared, each pair once, a block of rows at a time."""
    n = len(away)
    for begin in range(0, n, BLOCK):
        one, other = np.nonzero(np.triu(away[begin : begin + BLOCK], begin + 1))
        yield one + begin, other


def _contents(one: NDArray[np.int64], other: NDArray[np.int64], kinds: int) -> NDArray[np.int64]:
    """A code for the contents of two photos, in either order."""
    return np.minimum(one, other) * kinds + np.maximum(one, other)
