"""Are photos of one camera more similar than photos of different ones, the content being equal? (Ramos et al. 2025, figure 2)

For each photo the cosine similarities to others fall into four kinds: same or other class × same or other acquisition label. The
effect size is the probability that a photo with the same label is more similar than one with another label, both of the same
kind of content: 0.5 where the label plays no part (the area under the ROC curve, or the common-language effect size).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.progress import Progress, Work
from tracer.errors import TooFew
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.probe.protocols import normalise
from tracer.results.skips import Skip

MIN_PHOTOS = 20
MAX_PHOTOS = 4000
"""Larger sets are thinned out at random: time and memory grow with the square."""
BINS = 50
SETTINGS = ("class=same", "class=other")
KINDS = ("class=same,label=same", "class=same,label=other", "class=other,label=same", "class=other,label=other")


def similarity(
    source: Source,
    vectors: NDArray[np.floating[Any]],
    classes: NDArray[Any],
    labels: NDArray[Any],
    clusters: NDArray[np.int64],
    attribute: str,
    seed: int = 0,
) -> Work[Outcome]:
    """The effect size among photos of the same class and among photos of other classes; histograms in the details.

    The value is the mean over photos of the share of (same label, other label) pairs in which the first is more similar,
    half for equal ones; the interval a bootstrap over clusters. Photos of one cluster are never compared.

    Args:
        vectors: (N, D). classes, labels: (N,) strings, None where unknown. clusters: (N,).

    Raises:
        EmbeddingsError: a value is not finite.
        TooFew: fewer than `MIN_PHOTOS` photos have both kinds to compare.
    """
    rows = np.flatnonzero([c is not None and v is not None for c, v in zip(classes, labels, strict=True)])
    if len(rows) > MAX_PHOTOS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_PHOTOS, replace=False))
    X = normalise(np.asarray(vectors)[rows])
    y, a, g = (np.unique(part[rows].astype(str), return_inverse=True)[1] for part in (classes, labels, clusters))
    S = np.clip(X @ X.T, -1.0, 1.0)
    away = g[:, None] != g
    same_class, same_label = y[:, None] == y, a[:, None] == a
    outcome = Outcome()
    for number, (setting, content) in enumerate(zip(SETTINGS, (same_class, ~same_class), strict=True)):
        yield Progress("comparisons made", number, len(SETTINGS))
        wins = np.array([_win(S[i], away[i] & content[i], same_label[i]) for i in range(len(rows))])
        used = np.isfinite(wins)
        n = int(used.sum())
        if n < MIN_PHOTOS:
            why = f"{n} of {len(rows)} photos have others to compare, of the same label and of another, outside their cluster"
            what = f"similarity by {attribute}, {setting}"
            outcome.skipped.append(Skip(what, why, ("similarity",), attribute, source.encoder))
            continue
        interval = stats.cluster_bootstrap(wins[used], g[used], seed=seed)
        found = Estimate(float(wins[used].mean()), interval, 0.5, n)
        outcome.rows.append(source.row("similarity", attribute, setting, "accuracy", found, seed))
    if not outcome.rows:
        raise TooFew(f"Similarity by {attribute} cannot be measured", outcome.skipped[0].reason)
    outcome.details = [source.detail("similarity", attribute, "", **_distributions(S, away, same_class, same_label))]
    return outcome


def _distributions(
    S: NDArray[np.float32], away: NDArray[np.bool_], same_class: NDArray[np.bool_], same_label: NDArray[np.bool_]
) -> dict[str, Any]:
    """Histograms and means of the similarities (n, n) of each kind of pair."""
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    upper = np.triu(away, 1)
    masks = (same_class & same_label, same_class & ~same_label, ~same_class & same_label, ~same_class & ~same_label)
    of_kind = {kind: S[upper & mask] for kind, mask in zip(KINDS, masks, strict=True)}
    return {
        "edges": [round(float(edge), 6) for edge in edges],
        "histograms": {kind: np.histogram(values, edges)[0].tolist() for kind, values in of_kind.items()},
        "means": {kind: float(values.mean()) if len(values) else None for kind, values in of_kind.items()},
    }


def _win(row: NDArray[np.float32], candidates: NDArray[np.bool_], same: NDArray[np.bool_]) -> float:
    """Probability that a candidate with the same label is more similar than one with another; NaN where there are none."""
    first, second = row[candidates & same], np.sort(row[candidates & ~same])
    if not len(first) or not len(second):
        return float("nan")
    below, upto = np.searchsorted(second, first, side="left"), np.searchsorted(second, first, side="right")
    return float((below + upto).mean() / (2 * len(second)))
