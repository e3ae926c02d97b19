"""The k nearest neighbours of many queries under every mixture of processings, from as few products as there can be.

A mixture is: pool pictures of the query's own class in processing a, all others in processing b. Its k nearest are among the k
nearest of the own class in a and the k nearest of the rest in b. So for P processings P² passes over query × pool tiles give
all P³ mixtures.

In a uniform draw each pool picture has a processing of its own. Of a long enough list of the nearest over all processings at
once, every draw keeps about one in P; the first k of those are its k nearest. One such list serves all draws. Where too few
of it are left, which is rare by the list's length, that query's draw is searched by itself.

Similarities are single precision; where the order of neighbours hangs on less than its rounding, they are computed again in
double precision, and where it hides which of them are among the k, the whole pool is searched again for that query. So the
answer is that of a double-precision brute force; neighbours exactly as similar come in the order of the caller's pool.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.experiments.knn.pool import Neighbours, Pool, search
from tracer.experiments.settings import Ties
from tracer.experiments.shared.similarities import EPSILON, exact, levelled

SPARE = 4
"""Neighbours kept beyond k, so that those too close to call at the k-th place are at hand; if more are, they are searched for."""

BUDGET = 1 << 25
"""Similarities held at once (128 MB); on a GPU sixteen times as many."""
MIN_WIDTH = 1024
BLOCK = 64
"""Columns of which only the largest is looked at first."""
SIGMAS = 4.5
"""How far below the expected number a draw's share of the long list may fall before the query is searched by itself."""


@dataclass(frozen=True, slots=True)
class Lists:
    """For one test processing, the nearest of a query's own class and of all others in each pool processing.

    Attributes:
        own, others: (P, q, m). uniform: (draws, q, m), or None without draws.
    """

    own: Neighbours
    others: Neighbours
    uniform: Neighbours | None


def top(similarity: torch.Tensor, keep: int, block: int = BLOCK) -> tuple[torch.Tensor, torch.Tensor]:
    """The `keep` largest of each row (…, n) and their columns, as topk gives them.

    The largest lie in the `keep` blocks with the largest maxima, and a maximum is far cheaper than a selection.
    """
    columns = similarity.shape[-1]
    if columns < 8 * block * keep:
        return similarity.topk(min(keep, columns), dim=-1)
    lead, whole = similarity.shape[:-1], columns // block * block
    maxima = similarity[..., :whole].view(*lead, whole // block, block).amax(dim=-1)
    chosen = maxima.topk(keep, dim=-1, sorted=False).indices
    at = (chosen[..., None] * block + torch.arange(block, device=similarity.device)).flatten(-2)
    if whole < columns:
        rest = torch.arange(whole, columns, device=similarity.device).expand(*lead, -1)
        at = torch.cat([at, rest], dim=-1)
    best, inside = similarity.gather(-1, at).topk(keep, dim=-1)
    return best, at.gather(-1, inside)


def find(
    queries: torch.Tensor,
    labels: torch.Tensor,
    groups: torch.Tensor | None,
    pool: Pool,
    assignments: torch.Tensor,
    k: int,
) -> Lists:
    """The lists of one tile of queries (q, D), whose labels are ascending, over the whole pool.

    `assignments` are the uniform draws: (draws, N) the processing of each pool picture.
    """
    keep, layers, size = k + SPARE, len(pool.vectors), len(pool.labels)
    depth = _depth(keep, layers) if len(assignments) else 0
    own: Neighbours | None = None
    others: Neighbours | None = None
    anyhow: Neighbours | None = None
    budget = BUDGET if queries.device.type == "cpu" else 16 * BUDGET
    width = _even(size, max(MIN_WIDTH, budget // (len(queries) * layers)))
    layer = torch.arange(layers, device=queries.device)[:, None, None]
    buffer = queries.new_empty(layers, len(queries), min(width, size))
    for start in range(0, size, width):
        part = slice(start, min(start + width, size))
        tiles = (
            buffer
            if part.stop - start == buffer.shape[2]
            else queries.new_empty(layers, len(queries), part.stop - start)
        )
        for vectors, tile in zip(pool.vectors, tiles, strict=True):
            torch.mm(queries, vectors[part].to(queries.device).T, out=tile)
        if groups is not None and pool.groups is not None:
            tiles.masked_fill_(groups[:, None] == pool.groups[part], -torch.inf)
        if depth:
            anyhow = _joined(anyhow, _of_any_layer(tiles, start, depth), depth)
        mine = _own(tiles, labels, pool.labels[part], start, keep, layer)  # and takes them out of the tiles
        own = _joined(own, mine, keep)
        best, at = top(tiles, keep)
        others = _joined(others, Neighbours(best, at + start, layer.expand_as(at)), keep)
    assert own is not None and others is not None

    def again(rows: torch.Tensor, mixture: torch.Tensor, of_own: bool | None) -> Neighbours:
        of_groups = None if groups is None else groups[rows]
        return search(queries[rows], labels[rows], of_groups, pool, mixture, keep, of_own)

    pure = layer[:, 0].expand(layers, size)  # every pool picture in one processing
    own = _settled(own, _undecided(own, k), lambda at, rows: again(rows, pure[at], True))
    others = _settled(others, _undecided(others, k), lambda at, rows: again(rows, pure[at], False))
    uniform = None
    if anyhow is not None:
        uniform, short = _drawn(anyhow, assignments, layers * size, keep)
        uniform = _settled(uniform, short | _undecided(uniform, k), lambda at, rows: again(rows, assignments[at], None))
    return Lists(own, others, uniform)


def _undecided(found: Neighbours, k: int) -> torch.Tensor:
    """(…, q) where more than are held may be as similar as the k-th, as far as single precision tells."""
    similarity = found.similarity
    if similarity.shape[-1] < k + SPARE:  # that is the whole pool
        return torch.zeros(similarity.shape[:-1], dtype=torch.bool, device=similarity.device)
    return similarity[..., k - 1] - similarity[..., k + SPARE - 1] <= EPSILON  # NaN where there are fewer than k: no


def _settled(found: Neighbours, doubtful: torch.Tensor, again: Callable[[int, torch.Tensor], Neighbours]) -> Neighbours:
    """The lists (n, q, m) with the doubtful ones, (n, q) bool, searched again; `again` takes a list's number and its queries."""
    if not doubtful.any():
        return found
    parts = [part.clone() for part in (found.similarity, found.index, found.layer)]
    for at in torch.nonzero(doubtful.any(dim=1))[:, 0].tolist():
        rows = torch.nonzero(doubtful[at])[:, 0]
        anew = again(at, rows)
        for part, new in zip(parts, (anew.similarity, anew.index, anew.layer), strict=True):
            part[at, rows] = new.to(part.dtype)
    return Neighbours(*parts)


def _even(size: int, widest: int) -> int:
    """The width of as few tiles as there can be, about equally wide, in whole blocks."""
    width = math.ceil(size / math.ceil(size / widest))
    return math.ceil(width / BLOCK) * BLOCK


def _joined(before: Neighbours | None, new: Neighbours, keep: int) -> Neighbours:
    return new if before is None else before.merged(new, keep)


def _own(
    tiles: torch.Tensor, labels: torch.Tensor, pool_labels: torch.Tensor, start: int, keep: int, layer: torch.Tensor
) -> Neighbours:
    """The best of each query's own class in tiles (P, q, w); their columns are set to −inf there.

    Queries and pool are sorted by class, so that own-class columns are one slice for a run of queries.
    """
    similarity = tiles.new_full((*tiles.shape[:2], keep), -torch.inf)
    index = torch.zeros(similarity.shape, dtype=torch.int64, device=tiles.device)
    names, runs = torch.unique_consecutive(labels, return_counts=True)
    begins = torch.searchsorted(pool_labels, names).tolist()
    ends = torch.searchsorted(pool_labels, names, right=True).tolist()
    row = 0
    for begin, end, run in zip(begins, ends, runs.tolist(), strict=True):
        if end > begin:
            block = tiles[:, row : row + run, begin:end]
            best, at = top(block, min(keep, end - begin))
            similarity[:, row : row + run, : best.shape[-1]] = best
            index[:, row : row + run, : best.shape[-1]] = at + (start + begin)
            block.fill_(-torch.inf)
        row += run
    return Neighbours(similarity, index, layer.expand_as(index))


def _depth(keep: int, layers: int) -> int:
    """How long a list over all processings must be for a draw to find `keep` of its own in it.

    Each entry is in a draw with probability 1 / P, so of M entries about M / P are, with a standard deviation of
    √(M (P − 1)) / P; M is where the expected number lies `SIGMAS` of those above `keep`.
    """
    spread = SIGMAS * math.sqrt(layers - 1)
    return math.ceil(((spread + math.sqrt(spread**2 + 4 * layers * keep)) / 2) ** 2)


def _of_any_layer(tiles: torch.Tensor, start: int, depth: int, block: int = BLOCK // 4) -> Neighbours:
    """The `depth` best of tiles (P, q, w) whatever their processing; `top` over rows that lie apart in memory."""
    layers, rows, columns = tiles.shape
    if columns % block or layers * columns < 4 * block * depth:
        best, at = tiles.transpose(0, 1).flatten(1).topk(min(depth, layers * columns), dim=1)
        return Neighbours(best, at % columns + start, at // columns)
    maxima = (
        tiles.view(layers, rows, columns // block, block).amax(dim=-1).transpose(0, 1).flatten(1)
    )  # (q, P · blocks)
    chosen = maxima.topk(depth, dim=1, sorted=False).indices
    per_layer = columns // block
    layer, column = chosen // per_layer, chosen % per_layer * block
    begin = (layer * rows + torch.arange(rows, device=tiles.device)[:, None]) * columns + column
    at = (begin[..., None] + torch.arange(block, device=tiles.device)).flatten(1)
    best, inside = tiles.view(-1)[at].topk(depth, dim=1)
    found = at.gather(1, inside)
    return Neighbours(best, found % columns + start, found // (rows * columns))


def _drawn(anyhow: Neighbours, assignments: torch.Tensor, whole: int, keep: int) -> tuple[Neighbours, torch.Tensor]:
    """The nearest in each draw, from the nearest over all processings (q, M); (draws, q) where too few of a draw are in it.

    `whole`: how many there are over all processings.
    """
    held = torch.isfinite(anyhow.similarity)
    within = (assignments[:, anyhow.index] == anyhow.layer) & held
    best, at = anyhow.similarity.masked_fill(~within, -torch.inf).topk(min(keep, within.shape[-1]), dim=-1)
    found = Neighbours(
        best,
        anyhow.index.expand(within.shape).gather(-1, at),
        anyhow.layer.expand(within.shape).gather(-1, at),
    )
    cut = held.all(dim=-1) & (held.shape[-1] < whole)  # there may be more than it holds
    return found, cut & (within.sum(dim=-1) < keep)


@dataclass(frozen=True, slots=True)
class Votes:
    """What the k nearest of each query say.

    Attributes:
        labels: (q,) the class named. tied: (q,) whether a tie had to be broken.
    """

    labels: NDArray[np.int64]
    tied: NDArray[np.bool_]


def vote(candidates: Neighbours, k: int, queries: torch.Tensor, pool: Pool, ties: Ties = Ties.NEAREST) -> Votes:
    """Majority of the k nearest among the candidates (…, q, m) of queries (q, D).

    Among classes with equally many votes `ties` says which wins. Neighbours exactly as similar are ordered by their row in the
    caller's pool; where that decides who is among the k, the query counts as tied too.
    """
    sorted_classes = int(pool.labels[-1]) + 1 if ties is Ties.PAPER else None
    shape = candidates.similarity.shape[:-1]
    similarity, index = candidates.similarity.flatten(0, -2), candidates.index.flatten(0, -2)
    rank = similarity.double()
    near = _too_close(similarity, k)
    if len(near):
        _recompute(rank, near, Neighbours(similarity, index, candidates.layer.flatten(0, -2)), queries, pool)
    # Two stable sorts: by row of the caller's pool, then by similarity.
    first = torch.argsort(pool.origin[index], dim=1, stable=True)
    second = torch.argsort(rank.gather(1, first), dim=1, descending=True, stable=True)
    order = first.gather(1, second)
    said = majority(rank.gather(1, order), pool.labels[index.gather(1, order)], k, sorted_classes)
    return Votes(said.labels.reshape(shape), said.tied.reshape(shape))


def majority(similarity: torch.Tensor, labels: torch.Tensor, k: int, sorted_classes: int | None = None) -> Votes:
    """The vote of the first k neighbours, given their similarities and labels (q, m), most similar first.

    Neighbours at −inf are none; with fewer than k, those that there are vote. Among classes with equally many votes the one
    with the nearest neighbour wins, or with `sorted_classes`, the number of all classes, the one that a sort of their votes
    puts first.
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
    if sorted_classes is not None:
        for rows in torch.split(torch.nonzero(even)[:, 0], max(1, BUDGET // sorted_classes)):
            votes = torch.zeros(len(rows), sorted_classes, device=labels.device)
            votes.scatter_add_(1, labels[rows], there[rows].to(votes.dtype))
            winner[rows] = votes.sort(dim=1, descending=True).indices[:, :1]
    return Votes(winner[:, 0].cpu().numpy(), (edge | even).cpu().numpy())


def _too_close(similarity: torch.Tensor, k: int) -> torch.Tensor:
    """Rows in which two neighbours, of the first k + 1, differ by less than single precision tells."""
    ordered = similarity.sort(dim=1, descending=True).values[:, : k + SPARE]
    gaps = ordered[:, :-1] - ordered[:, 1:]  # NaN between −inf and −inf: not close
    return torch.nonzero((gaps[:, :k] <= EPSILON).any(dim=1))[:, 0]


def _recompute(
    rank: torch.Tensor, rows: torch.Tensor, candidates: Neighbours, queries: torch.Tensor, pool: Pool
) -> None:
    """Replace the similarities of some rows by double-precision ones; row r belongs to query r modulo q."""
    at, column = torch.nonzero(torch.isfinite(candidates.similarity[rows]), as_tuple=True)
    step = max(1, BUDGET // (4 * queries.shape[1]))
    for row, there in zip(torch.split(rows[at], step), torch.split(column, step), strict=True):
        layer, index = candidates.layer[row, there], candidates.index[row, there]
        rank[row, there] = exact(queries[row % len(queries)], pool.rows(layer, index))
    rank[rows] = levelled(rank[rows])


def compose(lists: Lists) -> Neighbours:
    """Candidates (P, P, q, m) where the own class is in one processing and everything else in another."""
    layers, queries, keep = lists.own.similarity.shape
    own = lists.own[:, None].expanded(layers, layers, queries, keep)
    others = lists.others[None].expanded(layers, layers, queries, lists.others.similarity.shape[-1])
    return own.beside(others)


def query_tiles(labels: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Rows of the queries in tiles, by class."""
    order = np.argsort(labels, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]
