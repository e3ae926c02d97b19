"""The k nearest neighbours of many queries under every mixture of processings, from as few products as there can be.

A mixture is: pool pictures of the query's own class in processing a, all others in processing b. Its k nearest are among the k
nearest of the own class in a and the k nearest of the rest in b. So for P processings P² passes over query × pool tiles give
all P³ mixtures. Uniform draws, in which each pool picture has a processing of its own, have no such short cut: they take
their columns from the same tiles in the same pass.

Similarities are single precision; where the order of neighbours hangs on less than its rounding, they are computed again in
double precision. So the answer is that of a double-precision brute force, except where neighbours are exactly as similar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.experiments.similar import EPSILON, exact

SPARE = 4
"""Neighbours kept beyond k, so that those too close to call at the k-th place are at hand."""

BUDGET = 1 << 25
"""Similarities held at once (128 MB)."""
MIN_WIDTH = 1024


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Candidates for the nearest neighbours of q queries, most similar first.

    Attributes:
        similarity: (q, m) float32, −inf where there are fewer.
        index: (q, m) int64 rows of the pool.
        layer: (q, m) int64, which processing of the pool picture.
    """

    similarity: torch.Tensor
    index: torch.Tensor
    layer: torch.Tensor

    def merged(self, other: Neighbours, keep: int) -> Neighbours:
        """The `keep` most similar of both."""
        similarity = torch.cat([self.similarity, other.similarity], dim=1)
        index, layer = torch.cat([self.index, other.index], dim=1), torch.cat([self.layer, other.layer], dim=1)
        best, at = similarity.topk(min(keep, similarity.shape[1]), dim=1)
        return Neighbours(best, index.gather(1, at), layer.gather(1, at))


@dataclass(frozen=True, slots=True)
class Pool:
    """Pool pictures in P processings, sorted by class.

    Attributes:
        vectors: P × (N, D) float32 unit rows.
        labels: (N,) int64 ascending. groups: (N,) or None; a query never meets its own group.
        origin: (N,) the rows that the caller knows the pictures by.
    """

    vectors: tuple[torch.Tensor, ...]
    labels: torch.Tensor
    groups: torch.Tensor | None
    origin: torch.Tensor


@dataclass(frozen=True, slots=True)
class Lists:
    """For one test processing and each pool processing, the nearest of a query's own class and of all others.

    Attributes:
        own, others: P lists each. uniform: one list a draw.
    """

    own: tuple[Neighbours, ...]
    others: tuple[Neighbours, ...]
    uniform: tuple[Neighbours, ...]


def top(similarity: torch.Tensor, keep: int, block: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """The `keep` largest of each row (q, n) and their columns, as topk gives them.

    The largest lie in the `keep` blocks with the largest maxima, and a maximum is far cheaper than a selection.
    """
    rows, columns = similarity.shape
    if columns < 8 * block * keep:
        return similarity.topk(min(keep, columns), dim=1)
    whole = columns // block * block
    maxima = similarity[:, :whole].view(rows, -1, block).amax(dim=2)
    chosen = maxima.topk(keep, dim=1).indices
    at = (chosen[:, :, None] * block + torch.arange(block, device=similarity.device)).view(rows, -1)
    if whole < columns:
        rest = torch.arange(whole, columns, device=similarity.device).expand(rows, -1)
        at = torch.cat([at, rest], dim=1)
    best, inside = similarity.gather(1, at).topk(keep, dim=1)
    return best, at.gather(1, inside)


def find(
    queries: torch.Tensor,
    labels: torch.Tensor,
    groups: torch.Tensor | None,
    pool: Pool,
    assignments: Sequence[torch.Tensor],
    k: int,
) -> Lists:
    """The lists of one tile of queries (q, D), whose labels are ascending, over the whole pool.

    `assignments` are the uniform draws: (N,) the processing of each pool picture.
    """
    keep, layers = k + SPARE, len(pool.vectors)
    own: list[Neighbours | None] = [None] * layers
    others: list[Neighbours | None] = [None] * layers
    uniform: list[Neighbours | None] = [None] * len(assignments)
    width = max(MIN_WIDTH, BUDGET // (len(queries) * (layers + 2)))
    for start in range(0, len(pool.labels), width):
        part = slice(start, start + width)
        tiles = [queries @ vectors[part].T for vectors in pool.vectors]
        if groups is not None and pool.groups is not None:
            hidden = groups[:, None] == pool.groups[part]
            for tile in tiles:
                tile[hidden] = -torch.inf
        for draw, assignment in enumerate(assignments):
            uniform[draw] = _joined(uniform[draw], _drawn(tiles, assignment[part], start, keep), keep)
        for layer, tile in enumerate(tiles):
            mine = _own(tile, labels, pool.labels[part], start, keep, layer)  # and takes them out of the tile
            own[layer] = _joined(own[layer], mine, keep)
            best, at = top(tile, keep)
            others[layer] = _joined(others[layer], Neighbours(best, at + start, torch.full_like(at, layer)), keep)
    return Lists(tuple(filter(None, own)), tuple(filter(None, others)), tuple(filter(None, uniform)))


def _joined(before: Neighbours | None, new: Neighbours, keep: int) -> Neighbours:
    return new if before is None else before.merged(new, keep)


def _own(
    tile: torch.Tensor, labels: torch.Tensor, pool_labels: torch.Tensor, start: int, keep: int, layer: int
) -> Neighbours:
    """The best of each query's own class in a tile; their columns are set to −inf in the tile.

    Queries and pool are sorted by class, so that own-class columns are one slice for a run of queries.
    """
    similarity = tile.new_full((len(tile), keep), -torch.inf)
    index = torch.zeros(len(tile), keep, dtype=torch.int64, device=tile.device)
    names, runs = torch.unique_consecutive(labels, return_counts=True)
    begins = torch.searchsorted(pool_labels, names).tolist()
    ends = torch.searchsorted(pool_labels, names, right=True).tolist()
    row = 0
    for begin, end, run in zip(begins, ends, runs.tolist(), strict=True):
        if end > begin:
            block = tile[row : row + run, begin:end]
            best, at = top(block, min(keep, end - begin))
            similarity[row : row + run, : best.shape[1]] = best
            index[row : row + run, : best.shape[1]] = at + (start + begin)
            block.fill_(-torch.inf)
        row += run
    return Neighbours(similarity, index, torch.full_like(index, layer))


def _drawn(tiles: Sequence[torch.Tensor], assignment: torch.Tensor, start: int, keep: int) -> Neighbours:
    """The best of a tile in which each pool picture has the processing that a draw gave it."""
    columns = torch.argsort(assignment, stable=True)
    sizes = torch.bincount(assignment, minlength=len(tiles)).tolist()
    chosen = torch.split(columns, sizes)
    mixed = torch.cat([tile.index_select(1, some) for tile, some in zip(tiles, chosen, strict=True)], dim=1)
    best, at = top(mixed, keep)
    at = columns[at]
    return Neighbours(best, at + start, assignment[at])


@dataclass(frozen=True, slots=True)
class Votes:
    """What the k nearest of each query say.

    Attributes:
        labels: (q,) the class named. tied: (q,) whether a tie had to be broken.
    """

    labels: NDArray[np.int64]
    tied: NDArray[np.bool_]


def vote(candidates: Neighbours, k: int, queries: torch.Tensor, pool: Pool) -> Votes:
    """Majority of the k nearest among the candidates of queries (q, D).

    Ties: among classes with equally many votes the one with the nearest neighbour wins. Neighbours exactly as similar are
    ordered by their row in the caller's pool; where that decides who is among the k, the query counts as tied too.
    """
    similarity, index = candidates.similarity, candidates.index
    rank = similarity.double()
    near = _too_close(similarity, k)
    if len(near):
        _recompute(rank, near, candidates, queries, pool)
    # Two stable sorts: by row of the caller's pool, then by similarity.
    first = torch.argsort(pool.origin[index], dim=1, stable=True)
    second = torch.argsort(rank.gather(1, first), dim=1, descending=True, stable=True)
    order = first.gather(1, second)
    return majority(rank.gather(1, order), pool.labels[index.gather(1, order)], k)


def majority(similarity: torch.Tensor, labels: torch.Tensor, k: int) -> Votes:
    """The vote of the first k neighbours, given their similarities and labels (q, m), most similar first.

    The rule of ties is that of `vote`. Neighbours at −inf are none; with fewer than k, those that there are vote.
    """
    edge = torch.zeros(len(similarity), dtype=torch.bool, device=similarity.device)
    if similarity.shape[1] > k:
        edge = (similarity[:, k - 1] == similarity[:, k]) & torch.isfinite(similarity[:, k])
    there, labels = torch.isfinite(similarity[:, :k]), labels[:, :k]
    count = ((labels[:, :, None] == labels[:, None, :]) & there[:, None, :]).sum(dim=2) * there
    leading = count == count.amax(dim=1, keepdim=True)
    winner = labels.gather(
        1, leading.to(torch.int8).argmax(dim=1, keepdim=True)
    )  # the first leading one is the nearest
    even = (leading & there & (labels != winner)).any(dim=1)
    return Votes(winner[:, 0].cpu().numpy(), (edge | even).cpu().numpy())


def _too_close(similarity: torch.Tensor, k: int) -> torch.Tensor:
    """Rows in which two neighbours, of the first k + 1, differ by less than single precision tells."""
    ordered = similarity.sort(dim=1, descending=True).values[:, : k + SPARE]
    gaps = ordered[:, :-1] - ordered[:, 1:]  # NaN between −inf and −inf: not close
    return torch.nonzero((gaps[:, :k] <= EPSILON).any(dim=1))[:, 0]


def _recompute(
    rank: torch.Tensor, rows: torch.Tensor, candidates: Neighbours, queries: torch.Tensor, pool: Pool
) -> None:
    """Replace the similarities of some rows by double-precision ones."""
    finite = torch.isfinite(candidates.similarity[rows])
    at, column = torch.nonzero(finite, as_tuple=True)
    row = rows[at]
    layer, index = candidates.layer[row, column], candidates.index[row, column]
    for number, vectors in enumerate(pool.vectors):
        chosen = layer == number
        rank[row[chosen], column[chosen]] = exact(queries[row[chosen]], vectors[index[chosen]])


def compose(lists: Lists, own_layer: int, other_layer: int) -> Neighbours:
    """Candidates where the own class is in one processing and everything else in another."""
    own, others = lists.own[own_layer], lists.others[other_layer]
    return own.merged(others, own.similarity.shape[1] + others.similarity.shape[1])


def sorted_pool(
    vectors: Mapping[str, torch.Tensor], labels: NDArray[np.int64], groups: NDArray[np.int64] | None, device: str
) -> Pool:
    """A pool of unit vectors by processing, sorted by class."""
    order = np.argsort(labels, kind="stable")
    at = torch.from_numpy(order).to(device)
    return Pool(
        tuple(matrix[at].contiguous() for matrix in vectors.values()),
        torch.from_numpy(labels[order]).to(device),
        None if groups is None else torch.from_numpy(groups[order]).to(device),
        at,
    )


def query_tiles(labels: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Rows of the queries in tiles, by class."""
    order = np.argsort(labels, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]
