"""Cosine similarities that are single precision where that is enough, and exact where two are too close to call."""

from __future__ import annotations

import numpy as np
import torch

EPSILON = 4e-6
"""Single-precision cosines of unit vectors are closer to the true ones than half of this (up to some ten thousand dimensions)."""
LEVEL = 1e-13
"""Double-precision cosines of equal vectors differ by less than this: a product sums in another order at its edge."""


def unit(vectors: torch.Tensor) -> torch.Tensor:
    """Rows (N, D) float32 scaled to length 1; a row of zeros stays one."""
    norms = vectors.norm(dim=1, keepdim=True)
    return vectors / torch.where(norms > 0, norms, torch.ones_like(norms))


def exact(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Row-wise products (n,) float64 of unit vectors (n, D) float32; chunked, so that it needs little memory."""
    out = torch.empty(len(a), dtype=torch.float64, device=a.device)
    step = max(1, (1 << 22) // max(1, a.shape[1]))
    for begin in range(0, len(a), step):
        part = slice(begin, begin + step)
        out[part] = (a[part].double() * b[part].double()).sum(dim=1)
    return out


def levelled(similarity: torch.Tensor) -> torch.Tensor:
    """Similarities (n, m) float64 in which those of a row that double precision does not tell apart are made equal."""
    best, at = similarity.sort(dim=1, descending=True)
    begins = torch.ones_like(at, dtype=torch.bool)
    begins[:, 1:] = best[:, :-1] - best[:, 1:] > LEVEL  # not so between −inf and −inf
    first = torch.where(begins, torch.arange(at.shape[1], device=at.device), 0).cummax(dim=1).values
    return torch.empty_like(best).scatter_(1, at, best.gather(1, first))


def tile_rows(columns: int, copies: int = 1, budget: int = 1 << 25) -> int:
    """Rows of a tile with `columns` columns such that `copies` tiles hold about `budget` values (128 MB)."""
    return int(np.clip(budget // max(1, columns * copies), 1, 4096))
