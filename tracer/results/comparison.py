"""Compares two runs: each figure in both, the difference, and its interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.results import photo_scores
from tracer.results.metrics import facts
from tracer.results.rows import Row
from tracer.results.runs import Run, dataset_meta, kept_scores, load_run
from tracer.stats import Interval, difference_of_independent

KEY = ("experiment", "dataset", "encoder", "attribute", "processing", "mask_ratio", "setting", "metric")
"""The columns that name a figure; the others describe it."""
_BALANCED = "balanced_accuracy"
TOLERANCE = 1e-4
"""Two values of one figure that differ by more were not computed from the same photos."""
_Photos: TypeAlias = dict[tuple[Any, ...], photo_scores.Values]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure in two runs.

    Attributes:
        a, b: its row in each run, None where the run does not hold it.
        difference: b − a.
        low, high: its 95 % interval. Where both runs kept the figure's values for the same photos, it is paired photo by
            photo. Otherwise it is that of two independent estimates, which is wider than need be if they share photos.
        paired: whether the interval is paired.
        overlap: whether the two intervals share a value; None where one is missing. Figures whose intervals overlap may
            still differ: the interval of the difference decides.
    """

    a: Row | None
    b: Row | None
    difference: float | None
    low: float | None
    high: float | None
    overlap: bool | None
    paired: bool = False

    @property
    def row(self) -> Row:
        """The row that names the figure."""
        row = self.a or self.b
        if row is None:
            raise ValueError("a comparison holds at least one row")
        return row

    def record(self) -> dict[str, Any]:
        """Return it flat, for a table or JSON: the naming columns, `a`, `b`, `difference`, and the bounds of each."""
        named = {key: value for key, value in asdict(self.row).items() if key in KEY}
        for name, row in (("a", self.a), ("b", self.b)):
            named |= {
                name: row.value if row else None,
                f"{name}_ci_low": row.ci_low if row else None,
                f"{name}_ci_high": row.ci_high if row else None,
                f"{name}_n": row.n if row else None,
                f"{name}_chance": row.chance if row else None,
            }
        return named | {
            "chance": self.row.chance,
            "difference": self.difference,
            "ci_low": self.low,
            "ci_high": self.high,
            "intervals_overlap": self.overlap,
            "paired": self.paired,
        }


def compare(run_a: Path, run_b: Path) -> list[Comparison]:
    """Return every figure of the two runs, in the order of the first, then what only the second holds.

    Where each run holds one set, the sets' names need not agree. The seed joins figures only where a run repeats one
    with several seeds. Single draws of the processings are left out, with their deviation: their mean is compared.

    Raises:
        TracerError: one of the folders holds no results.
    """
    loaded = load_run(run_a), load_run(run_b)
    first, second = map(_figures, loaded)
    one_set_each = len({r.dataset for r in first}) <= 1 and len({r.dataset for r in second}) <= 1
    left, right = _by_key(first, one_set_each), _by_key(second, one_set_each)
    pairs: list[Comparison] = []
    for key in dict.fromkeys([*left, *right]):
        pairs += _matched(left.get(key, []), right.get(key, []))
    photos = kept_scores(loaded[0]), kept_scores(loaded[1])
    others = _labelled_otherwise(*loaded)
    return [pair if others & {_CAMERAS, pair.row.attribute} else _by_photo(pair, *photos) for pair in pairs]


_CAMERAS = "camera models"
"""The fingerprint of the camera model of each photo."""


def _labelled_otherwise(run_a: Run, run_b: Run) -> set[str]:
    """Return in what two sets differ whose photos have the same ids, as those of two folders of numbered files do."""
    prints = [dataset_meta(run.meta).get("fingerprints") for run in (run_a, run_b)]
    one, other = (found if isinstance(found, dict) else {} for found in prints)
    if one.get("photos") != other.get("photos"):
        return set()
    return {name for name in one.keys() & other.keys() if one[name] != other[name]}


def measured_otherwise(run_a: Path, run_b: Path) -> list[str]:
    """Return the parts of the protocol in which two runs differ, such as `probe`; those that one of them lacks do not count."""
    one, other = (load_run(run).meta.get("protocol") for run in (run_a, run_b))
    if not isinstance(one, dict) or not isinstance(other, dict):
        return []
    return [name for name in one if not name.endswith("intervals") and other.get(name, one[name]) != one[name]]


def _figures(run: Run) -> list[Row]:
    return [r for r in run.rows if not r.setting.startswith("processing,")]


def _by_photo(pair: Comparison, first: _Photos, second: _Photos) -> Comparison:
    """Return the comparison with a paired interval where both runs hold the figure's values for the same photos."""
    if pair.a is None or pair.b is None or pair.difference is None:
        return pair
    a, b = first.get(_key(pair.a)), second.get(_key(pair.b))
    if a is None or b is None or not _same_photos(a, b):
        return pair
    is_size = facts(pair.row.metric).is_size
    value, found = paired_difference(a, b, is_size, pair.row.experiment == "probe", pair.row.seed or 0)
    if abs(value - pair.difference) > TOLERANCE:
        return pair  # the values are not those that the figure was made from
    low, high = _at_least_of_plain(found, pair, first, second) if pair.row.metric == _BALANCED else found
    return replace(pair, low=min(low, pair.difference), high=max(high, pair.difference), paired=True)


def _same_photos(a: photo_scores.Values, b: photo_scores.Values) -> bool:
    """Whether two runs hold a figure's scores of photos with the same ids, which scenes or owners and cameras part alike."""
    if not np.array_equal(a.ids, b.ids) or not _parted_alike(a.clusters, b.clusters):
        return False
    return a.cameras is None or b.cameras is None or _parted_alike(a.cameras, b.cameras)


def _parted_alike(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    groups = len(np.unique(np.column_stack([a, b]), axis=0))
    return groups == len(np.unique(a)) == len(np.unique(b))


def paired_difference(
    a: photo_scores.Values, b: photo_scores.Values, is_size: bool, trained: bool, seed: int
) -> tuple[float, Interval]:
    """Return the difference of two figures of the same photos, b − a, and its 95 % interval.

    Whole scenes or owners are drawn. Where camera models were sampled too, the interval is `stats.unseen_difference`. Where
    hardly a photo differs, it is `stats.difference_at_least` so wide.

    Args:
        a, b: the photos' values; scenes and camera models are those of a.
        is_size: whether the figures are sizes of a signed mean.
        trained: whether they come from probes, whose training photos are drawn as well (`stats.widened_draws`).
        seed: of the draws.
    """
    columns = np.column_stack([a.values, b.values])
    means = columns.mean(axis=0)
    signs = np.where(means < 0, -1.0, 1.0) if is_size else np.ones(2)
    gained = columns @ (signs * (-1.0, 1.0))
    if a.cameras is not None and a.classes is not None:
        _, first, model = np.unique(a.cameras, return_index=True, return_inverse=True)
        classes = np.unique(a.classes[first], return_inverse=True)[1]
        found = stats.unseen_difference(gained, model, classes, a.clusters, trained=trained)
        return float(gained.mean()), stats.difference_at_least(found, gained, a.clusters, model)
    draws = stats.bootstrap_means(columns, a.clusters, seed=seed)
    if trained:
        draws = stats.widened_draws(draws, means, means[:, None])
    if is_size:
        means, draws = np.abs(means), np.abs(draws)
    value = float(means[1] - means[0])
    found = stats.difference_interval(value, draws[:, 1] - draws[:, 0], len(np.unique(a.clusters)))
    return value, stats.difference_at_least(found, gained, a.clusters)


def _at_least_of_plain(found: Interval, pair: Comparison, first: _Photos, second: _Photos) -> Interval:
    """The interval of a balanced accuracy, as wide as single photos allow where hardly one differs (`difference_at_least`).

    What a photo adds to a balanced accuracy changes with its class, so whether the photo differs is told by the plain accuracy.
    """
    plain = [
        scores.get(_key(replace(row, metric="accuracy")))
        for row, scores in ((pair.a, first), (pair.b, second))
        if row is not None
    ]
    if len(plain) < 2 or plain[0] is None or plain[1] is None or not np.array_equal(plain[0].ids, plain[1].ids):
        return found
    return stats.difference_at_least(found, plain[1].values - plain[0].values, plain[0].clusters)


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in photo_scores.KEY)


def _by_key(rows: Iterable[Row], any_set: bool) -> dict[tuple[Any, ...], list[Row]]:
    grouped: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        named = replace(row, dataset="") if any_set else row
        grouped.setdefault(tuple(getattr(named, column) for column in KEY), []).append(row)
    return grouped


def _matched(left: list[Row], right: list[Row]) -> list[Comparison]:
    if len(left) == len(right) == 1:
        return [_compared(left[0], right[0])]
    others = list(right)
    pairs = []
    for a in left:
        b = next((row for row in others if row.seed == a.seed), None)
        if b is not None:
            others.remove(b)
        pairs.append(_compared(a, b))
    return pairs + [_compared(None, b) for b in others]


def _compared(a: Row | None, b: Row | None) -> Comparison:
    if a is None or b is None:
        return Comparison(a, b, None, None, None, None)
    interval_a, interval_b = _interval(a), _interval(b)
    if interval_a is None or interval_b is None:
        return Comparison(a, b, b.value - a.value, None, None, None)
    found = difference_of_independent(b.value, interval_b, a.value, interval_a)
    overlap = interval_a.low <= interval_b.high and interval_b.low <= interval_a.high
    return Comparison(a, b, found.value, found.low, found.high, overlap)


def _interval(row: Row) -> Interval | None:
    return None if row.ci_low is None or row.ci_high is None else Interval(row.ci_low, row.ci_high)
