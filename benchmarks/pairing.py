"""How well pairing finds the partner: `python -m benchmarks.pairing [--scenes N] [--folder DIR]`.

Virtual scenes with known partners, some of them look-alikes, some photos without a partner, clocks wrong; with time and
without; the perceptual hash alone beside them.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.virtual_pairs import VirtualPairs, virtual_pairs
from curate.demo.plan import CollectionOptions
from curate.pairing.candidates import hash_distance
from curate.pairing.find import Candidate, PairingResult, find_pairs
from curate.pairing.photo import PairingPhoto
from curate.progress import finish

OPTIONS = {
    "no look-alikes": CollectionOptions(gps=0.0),
    "look-alikes, 30 % unpaired": CollectionOptions(lookalikes=0.3, unpaired=0.3, gps=0.0),
}
SEED = 7
"""Of the collections measured; the prior was fitted on others."""


def first_choices(candidates: list[Candidate], photos: list[PairingPhoto]) -> dict[int, Candidate]:
    """Each photo's best candidate; candidates come the best first."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.phone_id, candidate)
        best.setdefault(candidate.other_id, candidate)
    return {photo.id: best[photo.id] for photo in photos if photo.id in best}


def share_first(best: Mapping[int, Candidate], truth: VirtualPairs, side: str) -> tuple[float, int]:
    """The share of a side's photos with a partner whose first choice is one, and how many there are."""
    there = {truth.scene[photo.id] for photo in truth.photos if photo.side != side}
    asked = [photo.id for photo in truth.photos if photo.side == side and truth.scene[photo.id] in there]
    right = [k in best and truth.scene[best[k].phone_id] == truth.scene[best[k].other_id] for k in asked]
    return float(np.mean(right)), len(asked)


def hash_alone(truth: VirtualPairs) -> float:
    """The same share for phone photos by the perceptual hash alone."""
    others = [photo for photo in truth.photos if photo.side == "other"]
    there = {truth.scene[photo.id] for photo in others}
    right = []
    for phone in truth.photos:
        if phone.side == "phone" and truth.scene[phone.id] in there:
            nearest = min(others, key=lambda other: (hash_distance(phone, other) or 0, other.id))
            right.append(truth.scene[nearest.id] == truth.scene[phone.id])
    return float(np.mean(right))


def calibration(result: PairingResult, truth: VirtualPairs) -> tuple[float, float, float, float]:
    """Expected calibration error of phones' best candidates (10 equal-count bins); precision and recall above 0.98."""
    phones = [photo for photo in truth.photos if photo.side == "phone"]
    best = list(first_choices(result.candidates, phones).values())
    scores = np.array([candidate.score for candidate in best])
    right = np.array([truth.scene[c.phone_id] == truth.scene[c.other_id] for c in best])
    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, 10)
    error = sum(len(part) * abs(float(scores[part].mean() - right[part].mean())) for part in bins if len(part)) / len(
        best
    )
    sure = scores >= 0.98
    partners = share_first({}, truth, "phone")[1]
    brier = float(((scores - right) ** 2).mean())
    return error, brier, float(right[sure].mean()) if sure.any() else float("nan"), float(right[sure].sum()) / partners


def clock_errors(result: PairingResult, truth: VirtualPairs) -> list[float]:
    """Error of each estimated offset against the offset plus usual lag of the photos' true times, seconds."""
    errors = []
    for offset in result.clock_offsets:
        gaps, clocks = [], {}
        for photo in truth.photos:
            clocks.setdefault(photo.camera, truth.clock_error[photo.id])
        times = {}
        for photo in truth.photos:
            if photo.camera in (offset.camera_a, offset.camera_b):
                times[photo.camera, truth.scene[photo.id]] = truth.true_time[photo.id]
        for camera, scene in times:
            if camera == offset.camera_a and (offset.camera_b, scene) in times:
                gaps.append(times[offset.camera_b, scene] - times[camera, scene])
        lag = float(np.median(gaps)) if gaps else 0.0
        errors.append(offset.seconds - (clocks[offset.camera_b] - clocks[offset.camera_a]) - lag)
    return errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="keeps the collections between runs")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="pairing-"))
    workers = os.cpu_count() or 1
    print(f"{arguments.scenes} scenes, 6 cameras, seed {SEED}, {workers} workers")
    for name, options in OPTIONS.items():
        place = folder / f"{name.split()[0]}-{arguments.scenes}".replace(",", "")
        place.mkdir(parents=True, exist_ok=True)
        truth = virtual_pairs(place, arguments.scenes, SEED, options)
        for what, use_time in (("with time", True), ("pictures alone", False)):
            started = time.perf_counter()
            result = finish(
                find_pairs(truth.photos, place / "cache", use_time=use_time, use_gps=False, workers=workers)
            )
            seconds = time.perf_counter() - started
            best = first_choices(result.candidates, truth.photos)
            phone, phones = share_first(best, truth, "phone")
            other, others = share_first(best, truth, "other")
            error, brier, precision, recall = calibration(result, truth)
            print(
                f"{name}, {what}: partner first {phone:.3f} of {phones} phone photos, {other:.3f} of {others} others; "
                f"calibration error {error:.3f}, Brier {brier:.4f}; "
                f"at 0.98 precision {precision:.3f}, recall {recall:.3f}; "
                f"{result.compared} pairs compared, {seconds:.0f} s"
            )
            if use_time:
                errors = np.abs(clock_errors(result, truth))
                worst = errors.max() if len(errors) else float("nan")
                print(f"  {len(errors)} clock offsets, error median {np.median(errors):.1f} s, worst {worst:.1f} s")
        print(f"  perceptual hash alone: partner first {hash_alone(truth):.3f}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"largest process {peak:.0f} MB")


if __name__ == "__main__":
    main()
