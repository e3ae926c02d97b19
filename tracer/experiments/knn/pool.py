"""The pool that neighbours are looked for in, and the search that double precision decides.

`neighbours` searches many mixtures of processings at once, in single precision; what that leaves open is searched here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.experiments.shared.similarities import levelled, unit

SEARCHED = 1024
"""Pool pictures searched at once in double precision."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Candidates for the nearest neighbours of q queries; leading axes stand for processings or draws.

    Attributes:
        similarity: (…, q, m) float32, −inf where there are fewer.
        index: (…, q, m) int64 rows of the pool.
        layer: (…, q, m) int64, which processing of the pool picture.
    """

    similarity: torch.Tensor
    index: torch.Tensor
    layer: torch.Tensor

    def merged(self, other: Neighbours, keep: int) -> Neighbours:
        """The `keep` most similar of both, most similar first."""
        both = self.beside(other)
        best, at = both.similarity.topk(min(keep, both.similarity.shape[-1]), dim=-1)
        return Neighbours(best, both.index.gather(-1, at), both.layer.gather(-1, at))

    def beside(self, other: Neighbours) -> Neighbours:
        """All of both, in no order."""
        return Neighbours(
            torch.cat([self.similarity, other.similarity], dim=-1),
            torch.cat([self.index, other.index], dim=-1),
            torch.cat([self.layer, other.layer], dim=-1),
        )

    def expanded(self, *shape: int) -> Neighbours:
        """Views of another leading shape."""
        return Neighbours(self.similarity.expand(*shape), self.index.expand(*shape), self.layer.expand(*shape))

    def __getitem__(self, at: slice | tuple[slice | None, ...] | None) -> Neighbours:
        return Neighbours(self.similarity[at], self.index[at], self.layer[at])


@dataclass(frozen=True, slots=True)
class Pool:
    """Pool pictures in P processings, sorted by class.

    Attributes:
        vectors: (P, N, D) float32 unit rows; in the computer's memory where a GPU's is too small, and then moved by tiles.
        labels: (N,) int64 ascending. groups: (N,) or None; a query never meets its own group.
        origin: (N,) the rows that the caller knows the pictures by.
        in_order: (N,) where those rows lie here, in the caller's order.
    """

    vectors: torch.Tensor
    labels: torch.Tensor
    groups: torch.Tensor | None
    origin: torch.Tensor
    in_order: torch.Tensor

    def rows(self, layer: torch.Tensor | int, index: torch.Tensor) -> torch.Tensor:
        """(n, D) vectors of some pictures, on the device of the labels."""
        home = self.vectors.device
        which = layer if isinstance(layer, int) else layer.to(home)
        return self.vectors[which, index.to(home)].to(self.labels.device)


def sorted_pool(
    vectors: Mapping[str, NDArray[np.floating[Any]]],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    device: str,
) -> Pool:
    """A pool of unit vectors by processing, sorted by class.

    Args:
        vectors: processing → (N, D). The pool is a copy, and stays in the computer's memory where it would take more than half
            of the memory that the device has free.
    """
    order = np.argsort(labels, kind="stable")
    at = torch.from_numpy(order)
    first = next(iter(vectors.values()))
    stacked = torch.empty(len(vectors), *first.shape)
    for row, matrix in zip(stacked, vectors.values(), strict=True):
        torch.index_select(unit(torch.from_numpy(np.ascontiguousarray(matrix, np.float32))), 0, at, out=row)
    if device != "cpu" and stacked.nbytes < _free(device) / 2:
        stacked = stacked.to(device)
    return Pool(
        stacked,
        torch.from_numpy(labels[order]).to(device),
        None if groups is None else torch.from_numpy(groups[order]).to(device),
        at.to(device),
        torch.argsort(at).to(device),
    )


def _free(device: str) -> int:
    """Bytes of memory that a device has free; none where that cannot be asked."""
    return torch.cuda.mem_get_info(device)[0] if device.startswith("cuda") else 0


def search(
    queries: torch.Tensor,
    labels: torch.Tensor,
    groups: torch.Tensor | None,
    pool: Pool,
    mixture: torch.Tensor,
    keep: int,
    own: bool | None,
) -> Neighbours:
    """The nearest (q, keep), in double precision, where each pool picture has the processing that `mixture` (N,) gives it.

    `own`: among the query's own class, among all others where False, among both where None.
    """
    found: Neighbours | None = None
    for index in torch.split(pool.in_order, SEARCHED):  # so that a stable sort leaves ties in that order
        similarity = queries.double() @ pool.rows(mixture[index], index).double().T
        if groups is not None and pool.groups is not None:
            similarity.masked_fill_(groups[:, None] == pool.groups[index], -torch.inf)
        if own is not None:
            similarity.masked_fill_((labels[:, None] == pool.labels[index]) != own, -torch.inf)
        new = Neighbours(similarity, index.expand_as(similarity), mixture[index].expand_as(similarity))
        both = new if found is None else found.beside(new)
        best, at = levelled(both.similarity).sort(dim=1, descending=True, stable=True)
        best, at = best[:, :keep], at[:, :keep]
        found = Neighbours(best, both.index.gather(1, at), both.layer.gather(1, at))
    assert found is not None
    return found
