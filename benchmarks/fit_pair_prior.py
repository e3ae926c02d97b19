"""Fit the prior of the pairing score on virtual scenes: `python -m benchmarks.fit_pair_prior [FOLDER]`.

Writes `curate/pairing/score/prior.json`. The collections are of four kinds, and no other benchmark and no test uses them: with
the cameras as they are; with many look-alikes and shots further apart in time; with pictures that are cropped and softened at
random, so that some partners share little; with photographers who stand apart, and places that share products
(`virtual_standpoints`). About half of the candidates are of the last kind. All photos have a position: most with a receiver's
error, one in five that of an earlier scene (an outdated fix). Each candidate is used once for each subset of the optional
signals.

It takes about an hour on two free cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import tempfile
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pairing_fit import as_json, fit
from benchmarks.virtual_pairs import VirtualPairs, virtual_pairs
from benchmarks.virtual_standpoints import Standpoints
from curate.catalog.sides import PairingPhoto
from curate.demo.plan import CollectionOptions
from curate.pairing.evidence import Evidence
from curate.pairing.find import PairingResult, find_pairs
from curate.pairing.score.model import FEATURES, LogisticScorer, feature_rows
from tracer.base.progress import finish

SEEDS = {"plain": (101, 201), "look-alikes": (101, 201), "cropped": (101, 201), "apart": (101, 201, 301, 501)}
SCENES = 60
COLLECTIONS = {
    "plain": CollectionOptions(per_side=3, lookalikes=0.3, unpaired=0.3, gps=2.0),
    "look-alikes": CollectionOptions(per_side=3, lookalikes=0.5, moved=0.25, span_s=120.0, gps=2.0),
    "cropped": CollectionOptions(per_side=3, lookalikes=0.4, unpaired=0.2, gps=2.0),
    "apart": CollectionOptions(per_side=2, unpaired=0.3, gps=2.0),
}
BELIEFS = {
    "inliers": 1.5,
    "inlier_share": 1.0,
    "coverage": 1.0,
    "alignment": 4.0,
    "chance": 2.0,
    "agreement": 4.0,
    "parallax": 4.0,
    "extent": 2.0,
    "sight": 2.0,
    "moved": 2.0,
    "against_phone": 1.0,
    "against_other": 1.0,
    "hash": 1.0,
    "time": 4.0,
    "time_known": 2.0,
    "distance": 4.0,
    "distance_known": 2.0,
}
"""The coefficients where the fit starts, and towards which it is slightly regularised, so that unused ones do not become 0."""

STRENGTH = 4.0
"""Of the penalty. Each candidate is used eight times, so it is that of half a candidate. Standpoints of other seeds are as likely
under weaker ones (1 and 2), and less likely under a stronger one (8)."""

STALE = 0.2
"""The share of positions that are those of an earlier scene."""

ERROR_M = 8.0
"""Standard deviation of a position in metres, north and east."""

TARGET = Path(__file__).resolve().parent.parent / "curate" / "pairing" / "score" / "prior.json"


class Loose:
    """A model that ranks by the obvious signals and drops no candidate, to find the candidates to learn from."""

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """A probability between 0.5 and 1, increasing with the inliers and the agreement."""
        inliers, agreement = (rows[:, FEATURES.index(name)] for name in ("inliers", "agreement"))
        return 0.5 + 0.04 * np.minimum(inliers, 9.0) + 0.1 * agreement


def collection(folder: Path, seed: int, name: str, scenes: int) -> VirtualPairs:
    """Render (or find) one of the collections."""
    options = COLLECTIONS[name]
    if name == "apart":  # twice the scenes with fewer cameras, and smaller pictures
        return virtual_pairs(folder, 2 * scenes, seed, options, scale=0.6, standpoints=Standpoints())
    return virtual_pairs(folder, scenes, seed, options)


def placed(truth: VirtualPairs, seed: int) -> list[PairingPhoto]:
    """The photos with positions: the true one and a receiver's error, or an earlier scene's."""
    where = {truth.scene[photo]: place for photo, place in truth.true_place.items()}
    scenes = sorted(where)
    out = []
    for photo in truth.photos:
        rng = np.random.default_rng((seed, photo.id, 1))
        at = scenes.index(truth.scene[photo.id])
        if rng.random() < STALE:
            at = int(rng.integers(0, at + 1))
        latitude, longitude = where[scenes[at]] if scenes[at] != truth.scene[photo.id] else truth.true_place[photo.id]
        north, east = rng.normal(0.0, ERROR_M, 2) / 111_320.0
        place = latitude + float(north), longitude + float(east / np.cos(np.radians(latitude)))
        out.append(dataclasses.replace(photo, latitude=place[0], longitude=place[1], gps_utc=None))
    return out


def cropped(photos: list[PairingPhoto], folder: Path, seed: int) -> list[PairingPhoto]:
    """The photos with previews cropped to 40–100 % of their sides, softened, and compressed again."""
    folder.mkdir(exist_ok=True)
    out = []
    for photo in photos:
        rng = np.random.default_rng((seed, photo.id))
        picture = cv2.imread(str(photo.preview))
        height, width = picture.shape[:2]
        share = rng.uniform(0.4, 1.0)
        high, wide = int(height * share), int(width * share)
        top, left = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
        picture = picture[top : top + high, left : left + wide]
        picture = cv2.resize(picture, (width, round(width * high / wide)), interpolation=cv2.INTER_CUBIC)
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.5))
        path = folder / f"{photo.id}.jpg"
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        out.append(dataclasses.replace(photo, preview=path, sha256=digest, phash=None))
    return out


def examples(result: PairingResult, truth: VirtualPairs) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows and answers of all candidates, once for each subset of time, position and hash."""
    phones = [c.phone_id for c in result.candidates]
    others = [c.other_id for c in result.candidates]
    same = np.array([truth.scene[a] == truth.scene[b] for a, b in zip(phones, others, strict=True)])
    parts = []
    for time, place, looks in product((True, False), repeat=3):
        kept = [_without(c.evidence, time, place, looks) for c in result.candidates]
        parts.append(feature_rows(kept))
    return np.concatenate(parts), np.tile(same, len(parts))


def _without(evidence: Evidence, time: bool, place: bool, looks: bool) -> Evidence:
    return dataclasses.replace(
        evidence,
        time_gap_s=evidence.time_gap_s if time else None,
        distance_m=evidence.distance_m if place else None,
        hash_distance=evidence.hash_distance if looks else None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="keeps the collections between runs")
    parser.add_argument("--scenes", type=int, default=SCENES, help="of each collection")
    parser.add_argument("--target", type=Path, default=TARGET, help="the file to write")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="pair-prior-"))
    rows, same = [], []
    for (number, name), seed in ((kind, seed) for kind in enumerate(COLLECTIONS) for seed in SEEDS[kind[1]]):
        place = folder / f"{name}-{seed}"
        place.mkdir(parents=True, exist_ok=True)
        truth = collection(place, seed + number, name, arguments.scenes)
        photos = placed(truth, seed + number)
        if name == "cropped":
            photos = cropped(photos, place / "cropped", seed)
        result = finish(find_pairs(photos, place / "cache", workers=os.cpu_count() or 1, scorer=Loose()))
        x, y = examples(result, truth)
        wrong = x[: len(result.candidates)][~y[: len(result.candidates)]]
        deep = int((wrong[:, FEATURES.index("parallax")] == 1).sum())
        print(
            f"{name}, {seed}: {len(photos)} photos, {len(result.candidates)} candidates, {y.mean():.1%} right; "
            f"{deep} of {len(wrong)} wrong ones have full parallax",
            flush=True,
        )
        rows.append(x)
        same.append(y)
    start = LogisticScorer(-5.0, np.array([BELIEFS[feature] for feature in FEATURES]))
    scorer = fit(np.concatenate(rows), np.concatenate(same), start, STRENGTH)
    print(json.dumps(as_json(scorer), indent=2))
    arguments.target.write_text(json.dumps(as_json(scorer), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
