"""Each signal alone on the same photos, compared with other tools: what each part of pairing contributes.

All rank the partners of each photo among all photos of the other side, except for the rows of a shortlist, which rank the
photos found by the votes of descriptors.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.pairing_measures import choices_by, first
from benchmarks.virtual_pairs import VirtualPairs
from curate.errors import HandoffError
from curate.handoff import embed_previews
from curate.pairing.candidates import centred
from curate.pairing.evidence import Evidence
from curate.pairing.find import Facts, extracted, scored
from curate.pairing.score.model import prior
from curate.pairing.search import SHORTLIST, Memory, Pair, Search
from curate.pairing.workers import Workers
from tracer.base.progress import finish

ENCODER = "offline/efficientnet-lite0"


def tell(truth: VirtualPairs, folder: Path, memory: Memory) -> None:
    """Print the table; comparisons made before are reused."""
    search = compared_everywhere(truth, folder / "cache", memory)
    pairs = search.compared
    print(f"each signal alone: partner first among {len(search.phones)} phone photos and {len(search.others)} others:")
    _row("perceptual hash, 64 bit", truth, choices_of(truth, _hashes(truth)))
    try:
        vectors = embed_previews({p.sha256: p.preview for p in truth.photos}, folder / "cache", ENCODER, quiet=True)
    except HandoffError as error:
        print(f"  embeddings: {error}")
    else:
        _row(
            f"nearest neighbour by cosine, as with CLIP ({ENCODER})",
            truth,
            choices_of(truth, _cosines(truth, vectors, False)),
        )
        _row("the same, each camera's mean subtracted", truth, choices_of(truth, _cosines(truth, vectors, True)))
    _imagededup(truth)

    def by(value: Callable[[Evidence], float]) -> dict[int, int]:
        return choices_by({pair: value(found) for pair, found in pairs.items()})

    print(f"  in a shortlist of {SHORTLIST} each way by votes ({len(pairs)} pairs compared):")
    _row("  matches without geometry", truth, by(lambda c: c.matches))
    _row("  geometry: inliers of the registration", truth, by(lambda c: c.inliers))
    _row(
        "  geometry: agreement of the registered pictures",
        truth,
        by(lambda c: -1.0 if c.alignment is None else c.alignment),
    )
    evidence = Facts(search.by_id, False, {}).evidence(pairs, [])
    _row("  the score of all signals", truth, choices_by(scored(evidence, prior())))
    _row("  (a partner is in the shortlist)", truth, _in_shortlist(truth, pairs))


def compared_everywhere(truth: VirtualPairs, cache: Path, memory: Memory) -> Search:
    """Compare each photo with the candidates of its local features."""
    photos = sorted(truth.photos, key=lambda photo: (photo.sha256, photo.id))
    with Workers(os.cpu_count() or 1) as pool:
        left_out = finish(extracted(photos, cache, pool))
        search = Search(
            [photo for photo in photos if photo.id not in left_out], cache, pool, use_gps=False, memory=memory
        )
        finish(search.everywhere(search.phones, search.others))
    return search


def _in_shortlist(truth: VirtualPairs, pairs: Mapping[Pair, Evidence]) -> dict[int, int]:
    """The right partner of each photo that was compared with one."""
    return {one: two for a, b in pairs if truth.scene[a] == truth.scene[b] for one, two in ((a, b), (b, a))}


def choices_of(truth: VirtualPairs, alike: Callable[[NDArray[np.intp]], NDArray[np.float64]]) -> dict[int, int]:
    """The first choices, where `alike` gives the similarity of some phone photos (by number) to all others."""
    phones = [p for p in truth.photos if p.side == "phone"]
    others = [p for p in truth.photos if p.side == "other"]
    best: dict[int, int] = {}
    top = np.full(len(others), -np.inf)
    for k in range(0, len(phones), 256):
        rows = alike(np.arange(k, min(k + 256, len(phones))))
        best |= {phones[k + i].id: others[int(j)].id for i, j in enumerate(rows.argmax(1))}
        for j in np.flatnonzero(rows.max(0) > top).tolist():
            best[others[j].id] = phones[k + int(rows[:, j].argmax())].id
        top = np.maximum(top, rows.max(0))
    return best


def _hashes(truth: VirtualPairs) -> Callable[[NDArray[np.intp]], NDArray[np.float64]]:
    a, b = (
        np.array([p.hash_value or 0 for p in truth.photos if p.side == side], np.uint64) for side in ("phone", "other")
    )
    return lambda rows: -np.bitwise_count(a[rows, None] ^ b[None]).astype(np.float64)


def _cosines(
    truth: VirtualPairs, vectors: Mapping[str, NDArray[np.float32]], without_mean: bool
) -> Callable[[NDArray[np.intp]], NDArray[np.float64]]:
    sides = []
    for side in ("phone", "other"):
        photos = [p for p in truth.photos if p.side == side]
        size = len(next(iter(vectors.values())))
        if without_mean:
            rows = centred([p for p in photos if p.sha256 in vectors], vectors)
            known = iter(rows)
            table = np.stack([next(known) if p.sha256 in vectors else np.zeros(size, np.float32) for p in photos])
        else:
            table = np.stack([vectors.get(p.sha256, np.zeros(size, np.float32)) for p in photos])
            table = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
        sides.append(table)
    return lambda rows: np.asarray(sides[0][rows] @ sides[1].T, np.float64)


def _imagededup(truth: VirtualPairs) -> None:
    """imagededup's perceptual hash, where the package is installed; the weights of its network are not in the package."""
    try:
        with contextlib.redirect_stderr(None):
            from imagededup.methods import PHash  # type: ignore[import-not-found]
    except ImportError:
        print("  imagededup: not installed (pip install imagededup)")
        return
    hasher = PHash(verbose=False)
    codes = {}
    for photo in truth.photos:
        code = hasher.encode_image(image_file=str(photo.preview))
        codes[photo.id] = int(code, 16) if code else 0
    a, b = (np.array([codes[p.id] for p in truth.photos if p.side == side], np.uint64) for side in ("phone", "other"))
    _row(
        "imagededup's perceptual hash",
        truth,
        choices_of(truth, lambda rows: -np.bitwise_count(a[rows, None] ^ b[None]).astype(np.float64)),
    )


def _row(name: str, truth: VirtualPairs, best: Mapping[int, int]) -> None:
    print(f"  {name}: phone photos {first(best, truth, 'phone')}; others {first(best, truth, 'other')}", flush=True)
