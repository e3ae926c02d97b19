"""How many photos whose scene is not known have a near-copy in the set, such as another shot of a burst.

Where scenes are known, such photos stay together. Where none are, one of them is in training and the other in test, and a probe
that recognises the scene passes for one that reads the camera. They are each other's neighbours, too.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.text import counted

ALIKE: Final = 0.98
"""The cosine of two embeddings from which on photos count as near-copies, unless photos of the set are so alike in general."""
OF_TYPICAL: Final = 0.25
"""Two photos are near-copies where 1 − cosine is at most this part of its median over pairs of photos of the set."""
OF_TYPICAL_STATISTICS: Final = OF_TYPICAL / 4
"""The same for plain picture statistics: a few numbers, by which one of many photos is always rather near."""
MOST_PHOTOS: Final = 10_000
_BLOCK: Final = 1000


def near_copies(
    vectors: NDArray[np.floating[Any]],
    seed: int = 0,
    *,
    of_typical: float = OF_TYPICAL,
    alone: NDArray[np.bool_] | None = None,
    models: NDArray[Any] | None = None,
) -> tuple[int, int]:
    """Return how many photos have a near-copy among the others, and of how many that is said.

    Of more than `MOST_PHOTOS` photos some are drawn; that finds fewer near-copies than there are.

    Args:
        vectors: (n, D) embeddings of whole photos.
        seed: of the draws.
        of_typical: `OF_TYPICAL`, or `OF_TYPICAL_STATISTICS` for plain picture statistics.
        alone: (n,) whether nothing tells which photos a photo belongs to; one of two near-copies has to be such. All if left out.
        models: (n,) the camera model of each photo; two of one model do not count then.
    """
    rng = np.random.default_rng(seed)
    count = len(vectors)
    rows = np.sort(rng.choice(count, MOST_PHOTOS, replace=False)) if count > MOST_PHOTOS else np.arange(count)
    unit = np.asarray(vectors[rows], dtype=np.float32)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    if len(unit) < 2:
        return 0, len(unit)
    some = unit[rng.permutation(len(unit))[:_BLOCK]]
    typical = float(np.median((1 - some @ some.T)[np.triu_indices(len(some), 1)]))
    least = 1 - min(1 - ALIKE, of_typical * typical)
    apart = np.ones(len(unit), dtype=bool) if alone is None else alone[rows]
    code = None if models is None else np.unique(models[rows].astype(str), return_inverse=True)[1]
    found = 0
    for start in range(0, len(unit), _BLOCK):
        tile = slice(start, start + _BLOCK)
        cosine = unit[tile] @ unit.T
        cosine[np.arange(len(cosine)), start + np.arange(len(cosine))] = -1
        cosine[~(apart[tile][:, None] | apart)] = -1
        if code is not None:
            cosine[code[tile][:, None] == code] = -1
        found += int((cosine.max(axis=1) >= least).sum())
    return found, len(unit)


def in_words(found: int, of: int, encoder: str) -> str:
    """The warning; empty where no photo has a near-copy."""
    if not found:
        return ""
    have = "has" if found == 1 else "have"
    return (
        f"{found:,} of {counted(of, 'photo')} {have} a near-copy among the others (by the embeddings of {encoder}, cosine of"
        f" {ALIKE} or more), and no scenes are known by which they could be kept together."
    )
