"""A shortlist from the pictures alone: each descriptor votes for the photos that have nearly the same descriptor.

Hamming embedding (Jégou, Douze and Schmid, ECCV 2008): a descriptor belongs to its nearest visual word. Within the word, a
64-bit signature says on which side of the word's medians it lies along the collection's principal directions. Two
descriptors of one word whose signatures differ in few bits are a match, weighted by the rarity of the word. This finds the
partner as reliably as comparing all descriptors, at a hundredth of the cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VOTERS = 300
"""Number of the strongest keypoints of a photo that vote in a large collection."""

MORE_VOTERS = 1000
"""The same in a smaller one. Photos from different standpoints share few of their strongest keypoints."""

TRAINING = 60_000
"""Number of descriptors, of the whole collection, that the vocabulary is learnt from."""

_BITS = 64
_PER_WORD = 175
_LIMITS = (16, 4096)
_ROUNDS = 4
_THRESHOLD = 22
_BANDWIDTH = 14.0
CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Visual words and the thresholds of signatures, learnt from the collection itself.

    Attributes:
        words: (K, 128) float32, centres of the words.
        axes: (128, 64) float32, principal directions.
        medians: (K, 64) float32, medians of each word along the axes.
    """

    words: NDArray[np.float32]
    axes: NDArray[np.float32]
    medians: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Signed:
    """The words and signatures of a photo's descriptors, ordered by word.

    Attributes:
        words: (n,) uint16.
        signatures: (n,) uint64.
    """

    words: NDArray[np.uint16]
    signatures: NDArray[np.uint64]


def learn(sample: NDArray[np.float32], descriptors: int) -> Vocabulary:
    """Learn a vocabulary by four rounds of k-means from a seeded start.

    Args:
        sample: (n, 128) float32 unit descriptors, in an order that does not depend on the order of the files.
        descriptors: number of descriptors of the whole collection, which decides the number of words.
    """
    rng = np.random.default_rng(0)
    count = int(np.clip(descriptors // _PER_WORD, *_LIMITS))
    count = max(1, min(count, len(sample) // 4))
    words = sample[np.sort(rng.choice(len(sample), count, replace=False))]
    for _ in range(_ROUNDS):
        nearest = _nearest(words, sample)
        order = np.argsort(nearest, kind="stable")
        filled, starts = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(sample[order], starts, axis=0)
        words = words.copy()
        words[filled] = sums / np.bincount(nearest, minlength=count)[filled, None]
    centred = sample - sample.mean(0)
    _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = vectors[:, ::-1][:, :_BITS].astype(np.float32)
    nearest, projected = _nearest(words, sample), sample @ axes
    everywhere = np.median(projected, axis=0)
    medians = np.empty((count, _BITS), np.float32)
    for word in range(count):
        rows = projected[nearest == word]
        medians[word] = np.median(rows, axis=0) if len(rows) >= 8 else everywhere
    return Vocabulary(words, axes, medians)


def sign(vocabulary: Vocabulary, units: NDArray[np.float32]) -> Signed:
    """Return the words and signatures of a photo's (n, 128) float32 unit descriptors."""
    words = _nearest(vocabulary.words, units)
    order = np.argsort(words, kind="stable")
    words = words[order]
    above = units[order] @ vocabulary.axes > vocabulary.medians[words]
    signatures = np.packbits(above, axis=1).view(np.uint64).ravel()
    return Signed(words.astype(np.uint16), signatures)


def votes(phones: Sequence[Signed], others: Sequence[Signed]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the votes for each phone × other pair, for a block of phone photos at a time.

    Yields:
        (first, scores): index of the block's first phone photo, and (block, len(others)) float32, 0 where nothing matches.
    """
    theirs = _by_word(others)
    if theirs is None:
        return
    block = max(1, CELLS // max(1, len(others)))
    weights = _rarity(phones, others)
    for first in range(0, len(phones), block):
        part = phones[first : first + block]
        scores = np.zeros((len(part), len(others)), np.float32)
        ours = _by_word(part)
        if ours is not None:
            _count(ours, theirs, weights, scores)
        yield first, scores


@dataclass(frozen=True, slots=True)
class _Postings:
    """The descriptors of many photos, ordered by word; `owners` are the positions of their photos."""

    words: NDArray[np.uint16]
    signatures: NDArray[np.uint64]
    owners: NDArray[np.int64]


def _by_word(photos: Sequence[Signed]) -> _Postings | None:
    if not any(len(photo.words) for photo in photos):
        return None
    words = np.concatenate([photo.words for photo in photos])
    order = np.argsort(words, kind="stable")
    signatures = np.concatenate([photo.signatures for photo in photos])[order]
    owners = np.repeat(np.arange(len(photos)), [len(photo.words) for photo in photos])[order]
    return _Postings(words[order], signatures, owners)


def _count(ours: _Postings, theirs: _Postings, weights: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
    """Add the votes of all matches to `scores`, (photos of ours, photos of theirs)."""
    table = np.exp(-((np.arange(_BITS + 1) / _BANDWIDTH) ** 2)).astype(np.float32)
    words = np.intersect1d(ours.words, theirs.words)
    flat = scores.reshape(-1)
    for word in words:
        a = slice(*np.searchsorted(ours.words, [word, word + 1]))
        b = slice(*np.searchsorted(theirs.words, [word, word + 1]))
        # A frequent word (grain, sky) is processed in steps, so that memory stays bounded.
        step = max(1, CELLS // max(1, b.stop - b.start))
        for low in range(a.start, a.stop, step):
            rows = slice(low, min(a.stop, low + step))
            distance = np.bitwise_count(ours.signatures[rows, None] ^ theirs.signatures[None, b])
            i, j = np.nonzero(distance <= _THRESHOLD)
            cells = ours.owners[rows][i] * scores.shape[1] + theirs.owners[b][j]
            np.add.at(flat, cells, table[distance[i, j]] * weights[word])


def _rarity(phones: Sequence[Signed], others: Sequence[Signed]) -> NDArray[np.float32]:
    """Return the squared inverse document frequency of each word."""
    highest = max(int(photo.words.max(initial=0)) for photo in (*phones, *others))
    holds = np.zeros(highest + 1)
    for photo in (*phones, *others):
        holds[np.unique(photo.words)] += 1
    return (np.log((len(phones) + len(others) + 1) / np.maximum(holds, 1)) ** 2).astype(np.float32)


def _nearest(words: NDArray[np.float32], units: NDArray[np.float32]) -> NDArray[np.intp]:
    half = 0.5 * np.einsum("ij,ij->i", words, words)
    parts = [(units[k : k + 4096] @ words.T - half).argmax(1) for k in range(0, len(units), 4096)]
    return np.concatenate(parts) if parts else np.empty(0, np.intp)
