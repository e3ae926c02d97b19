"""Finds confounds: file properties that separate the two camera classes. Tests each property, and trains a classifier on all.

A property that differs between phones and other cameras (HEIC against JPEG, portrait against landscape) can explain any
result on the camera class in place of the camera. The tests name such properties; the classifier measures how well all of
them together separate the classes. What separates the photos of this set need not separate other phones from other cameras:
that is told by relabelling whole camera models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.audit.models import relabelled
from curate.audit.properties import CLASS_COLUMN, CLASSES, PROPERTIES, coded
from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable
from curate.splits.groups import groups
from tracer.base.text import counted
from tracer.stats import LEVEL, bootstrap_sums, can_reach, contingency, cramers_v, holm, share_interval

FEW = 10
"""With fewer photos of known class, nothing is tested."""

FOLDS = 5
MOST_PHOTOS = 20_000
"""The classifier uses at most this many photos, drawn by a hash of their IDs."""

_LEAST_EXPECTED = 5.0
_DRAWS = 9_999


@dataclass(frozen=True, slots=True)
class Confound:
    """The association of one property with the camera class.

    Attributes:
        name: the property's name.
        statistic: `cramers_v`, bias-corrected.
        value: the statistic's value, 0 to 1.
        p_value: the p-value of independence, with each photo as an independent observation.
        p_adjusted: the p-value after Holm's correction for all tested properties.
        test: `chi-square`, or `permutation` if expected counts are below five.
        photos: the number of photos tested.
        p_cameras: the p-value of relabelling whole camera models, with each model as an independent observation; None where
            a class has fewer than two known models.
        p_cameras_adjusted: the same after Holm's correction.
        camera_models: the known models of phones and of other cameras; (0, 0) where `p_cameras` is None.
    """

    name: str
    statistic: str
    value: float
    p_value: float
    p_adjusted: float
    test: str
    photos: int
    p_cameras: float | None = None
    p_cameras_adjusted: float | None = None
    camera_models: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Together:
    """How well the camera class can be predicted from the file properties alone.

    Attributes:
        balanced_accuracy: the cross-validated balanced accuracy; all photos of a scene are in one fold.
        ci_low: the lower end of the 95 % interval over scenes.
        ci_high: the upper end of the 95 % interval over scenes.
        chance: the balanced accuracy of a guess that ignores the properties.
        photos: the number of photos.
        groups: the number of scenes.
        folds: the number of folds of the cross-validation.
        properties: the names of the properties that the classifier used.
    """

    balanced_accuracy: float
    ci_low: float
    ci_high: float
    chance: float
    photos: int
    groups: int
    folds: int
    properties: tuple[str, ...]

    @property
    def above_chance(self) -> bool:
        """Whether the interval lies above chance."""
        return self.ci_low > self.chance


def confounds(rows: PhotoTable | Iterable[LabelRow]) -> list[Confound]:
    """Test each property against the camera class; a constant property has no entry, a set of one class gives no entries.

    Args:
        rows: label rows; photos of neither class are ignored.
    """
    known = _of_known_class(PhotoTable.of(rows))
    is_phone = _is_phone(known)
    if len(known) < FEW or len(np.unique(is_phone)) < 2:
        return []
    models = relabelled(known, is_phone)
    found: list[tuple[str, float, float, str]] = []
    of_models: list[float] = []
    for name, item in PROPERTIES.items():
        values, kinds = coded(item, known)
        if len(kinds) > 1:
            test, p_value = _independence(contingency(is_phone, values))
            found.append((name, round(cramers_v(is_phone, values), 6), p_value, test))
            of_models += [models.p_value(values)] if models else []
    tested = [
        Confound(name, "cramers_v", value, _short(p), _short(q), test, len(known))
        for (name, value, p, test), q in zip(found, holm([p for _, _, p, _ in found]), strict=True)
    ]
    if models is None:
        return tested
    return [
        replace(one, p_cameras=_short(p), p_cameras_adjusted=_short(q), camera_models=models.counts())
        for one, p, q in zip(tested, of_models, holm(of_models), strict=True)
    ]


def _short(p: float) -> float:
    return float(f"{p:.6g}")


def together(rows: PhotoTable | Iterable[LabelRow], seed: int = 0) -> Together | None:
    """Predict the camera class from all file properties, cross-validated by scene; None if there are too few photos.

    The classifier is a logistic regression on the one-hot coded values of the properties that `confounds` tests, with balanced
    class weights. Photos that accepted pairs, stated scenes or equal pictures join are one scene.

    Args:
        rows: label rows; photos of neither class are ignored.
        seed: the seed of the folds.
    """
    known = _drawn(_of_known_class(PhotoTable.of(rows)))
    truth = _is_phone(known)
    scene = groups(known, ("scene", "duplicate"))
    values = {name: coded(item, known) for name, item in PROPERTIES.items()}
    table = {name: np.array(kinds)[codes] for name, (codes, kinds) in values.items() if len(kinds) > 1}
    varying = tuple(table)
    held = min((len(set(scene[truth == side].tolist())) for side in (True, False)), default=0)
    folds = min(FOLDS, held)
    if len(known) < FEW or folds < 2:
        return None
    guess = (
        _cross_validated(np.column_stack(list(table.values())), truth, scene, folds, seed)
        if varying
        else np.ones(len(known), np.bool_)  # no property varies: one guess for all
    )
    right = guess == truth
    sums = np.column_stack([right & truth, truth, right & ~truth, ~truth]).astype(np.float64)
    value = _balanced(sums.sum(0, keepdims=True))[0]
    interval = share_interval(value, _balanced(bootstrap_sums(sums, scene, seed=seed)), len(set(scene.tolist())))
    return Together(
        balanced_accuracy=round(float(value), 4),
        ci_low=round(interval.low, 4),
        ci_high=round(interval.high, 4),
        chance=0.5,
        photos=len(known),
        groups=len(set(scene.tolist())),
        folds=folds,
        properties=varying,
    )


def in_words(found: Sequence[Confound], all_of_them: Together | None) -> list[str]:
    """Return the findings as sentences."""
    said = []
    strong = sorted((c for c in found if c.p_adjusted < LEVEL), key=lambda c: (-c.value, c.name))
    if strong:
        names = ", ".join(f"{c.name} ({c.value:.2f})" for c in strong)
        said.append(
            f"Photos of phones and of other cameras in this set differ in {names}: Cramér's V, 0 to 1, over photos."
        )
        said += _of_other_cameras(strong, len(found))
    elif found:
        said.append(
            f"None of the properties tested ({_named(found)}) differs beyond chance between the photos of phones and of other "
            "cameras in this set (p ≥ 0.05 after Holm's correction, with photos taken as independent)."
        )
    if all_of_them is not None:
        t = all_of_them
        reach = "more than chance" if t.above_chance else "no more than chance"
        said.append(
            f"A classifier that sees only the file properties predicts the class of other photos of the same cameras with a "
            f"balanced accuracy of "
            f"{t.balanced_accuracy:.1%} (95 % interval {t.ci_low:.1%} to {t.ci_high:.1%}, chance {t.chance:.0%}; "
            f"{counted(t.photos, 'photo')} of {counted(t.groups, 'scene')}): {reach}."
        )
    if strong or (all_of_them is not None and all_of_them.above_chance):
        said.append(
            "Results on the camera class may depend on these. `curate export --match` equalises them by leaving out photos."
        )
    return said


def _of_other_cameras(strong: Sequence[Confound], tested: int) -> list[str]:
    """Return what the camera models tell of other cameras, for the properties in which the photos of a set differ."""
    phones, others = strong[0].camera_models
    if any(c.p_cameras_adjusted is None for c in strong):
        return [
            "Whether other phones and cameras differ in this way too is not known: it takes two known camera models of each "
            "class or more to ask."
        ]
    shown = [c for c in strong if c.p_cameras_adjusted is not None and c.p_cameras_adjusted < LEVEL]
    rest = [c for c in strong if c not in shown]
    how = f"relabelling whole camera models, {phones:,} of phones and {others:,} of others"
    said = []
    if shown:
        said.append(
            f"Other phones and cameras can be expected to differ too in {_named(shown)} (p < 0.05 by {how}, after Holm's "
            "correction)."
        )
    if rest:
        few = not can_reach([phones, others], LEVEL / tested)
        why = "with so few models none could show it" if few else "which does not show that they are alike"
        said.append(
            f"That other phones and cameras differ too is not shown for {_named(rest)} (p ≥ 0.05 by {how}, after Holm's "
            f"correction; {why})."
        )
    return said


def _named(some: Sequence[Confound]) -> str:
    return ", ".join(c.name for c in some)


def report(photos: PhotoTable) -> dict[str, Any]:
    """Return the confounds of a set, as written to `audit.json` and printed by `curate audit`."""
    found, all_of_them = confounds(photos), together(photos)
    return {
        "confounds": [asdict(confound) for confound in found],
        "confounds_together": None if all_of_them is None else asdict(all_of_them),
        "confounds_in_words": in_words(found, all_of_them),
    }


def _of_known_class(photos: PhotoTable) -> PhotoTable:
    classes, kinds = photos.coded(CLASS_COLUMN)
    return photos.take(np.flatnonzero(np.array([*(kind in CLASSES for kind in kinds), False])[classes]))


def _is_phone(photos: PhotoTable) -> NDArray[np.bool_]:
    classes, kinds = photos.coded(CLASS_COLUMN)
    return np.array([*(kind == CLASSES[0] for kind in kinds), False])[classes]


def _drawn(photos: PhotoTable) -> PhotoTable:
    """Return at most `MOST_PHOTOS` photos, sorted by ID, so that the order of the rows does not matter."""
    names = zip(photos.values("photo_id"), photos.values("file_name"), strict=True)
    if len(photos) > MOST_PHOTOS:
        digests = (
            # a file name from a foreign table may hold surrogates
            hashlib.blake2b(f"{photo}:{file}".encode(errors="surrogatepass"), digest_size=8).digest()
            for photo, file in names
        )
        keys = np.frombuffer(b"".join(digests), dtype=">u8")
        photos = photos.take(np.sort(np.argsort(keys, kind="stable")[:MOST_PHOTOS]))
        names = zip(photos.values("photo_id"), photos.values("file_name"), strict=True)
    keys_of = [(str(photo), str(file)) for photo, file in names]
    return photos.take(np.array(sorted(range(len(photos)), key=keys_of.__getitem__), np.intp))


def _independence(counts: NDArray[np.int64]) -> tuple[str, float]:
    """Test a (2, k) table with Pearson's chi-square test, or by permutation (same margins) if expected counts are small."""
    from scipy.special import chdtrc  # importing scipy.stats, which wraps it, takes two seconds

    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    if expected.min() >= _LEAST_EXPECTED:
        return "chi-square", float(chdtrc((counts.shape[0] - 1) * (counts.shape[1] - 1), statistic))
    rng = np.random.default_rng(0)
    first = rng.multivariate_hypergeometric(counts.sum(0), int(counts[0].sum()), _DRAWS, method="marginals")
    spread = (first - expected[0]) ** 2 @ (1 / expected[0] + 1 / expected[1])
    return "permutation", float((1 + (spread >= statistic - 1e-9).sum()) / (1 + _DRAWS))


def _cross_validated(
    table: NDArray[np.str_], truth: NDArray[np.bool_], scene: NDArray[np.intp], folds: int, seed: int
) -> NDArray[np.bool_]:
    """Return a prediction for each row, by a model that was trained without photos of its scene."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    guess = np.ones(len(truth), np.bool_)
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in parts.split(table, truth, scene):
        if len(set(truth[train].tolist())) < 2:
            continue  # a single class cannot be trained on: the default guess stays
        model = make_pipeline(
            OneHotEncoder(handle_unknown="ignore"), LogisticRegression(class_weight="balanced", max_iter=1000)
        )
        guess[test] = model.fit(table[train], truth[train]).predict(table[test])
    return guess


def _balanced(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean recall of two classes from (n, 4) counts: correct and all of one class, correct and all of the other."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (sums[:, 0] / sums[:, 1] + sums[:, 2] / sums[:, 3]) / 2
