"""Cosine similarities that are single precision where that is enough, and exact where two are too close to call."""

from __future__ import annotations

import numpy as np
import torch

EPSILON = 4e-6
"""Single-precision cosines of unit vectors are closer to the true ones than half of this (up to some ten thousand dimensions)."""


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


def tile_rows(columns: int, copies: int = 1, budget: int = 1 << 25) -> int:
    """Rows of a tile with `columns` columns such that `copies` tiles hold about `budget` values (128 MB)."""
    return int(np.clip(budget // max(1, columns * copies), 1, 4096))
