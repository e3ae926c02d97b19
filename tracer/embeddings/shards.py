"""Shards: finished pieces of an embedding that is not complete yet, so that an interruption costs seconds, not hours.

A data set is cut by photo id into at most 256 pieces of at least 64 photos, the same in every run. A piece is
written whole or not at all, and is taken again only if it was made from the same pictures by the same encoder.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.embeddings import store

_SMALLEST: Final = 64
_MOST: Final = 256

Failures = dict[int, str]
"""Reasons by photo id."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Embeddings of some photos, and the photos that have none. ids int64 (n,), vectors float32 (n, D)."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    failed: Failures


@dataclass(frozen=True, slots=True)
class Shards:
    """The pieces of one encoder and view below `folder`; `key` names what they are made from."""

    folder: Path
    key: str
    photos: int

    @property
    def size(self) -> int:
        """Photos in a piece."""
        return max(_SMALLEST, -(-self.photos // _MOST))

    @property
    def count(self) -> int:
        """Number of pieces."""
        return -(-self.photos // self.size)

    def rows(self, index: int) -> range:
        """The photos of a piece, as positions in the order of ids."""
        return range(index * self.size, min((index + 1) * self.size, self.photos))

    def missing(self) -> list[int]:
        """The pieces that are still to be made."""
        return [index for index in range(self.count) if not self._is_there(index)]

    def write(self, index: int, piece: Piece) -> None:
        """Put a piece on the disk."""
        header = {"key": self.key, "piece": [index, self.size], "failed": sorted(piece.failed.items())}
        store.save(self._path(index), piece.vectors, piece.ids, {}, header)

    def read_all(self) -> Piece:
        """All pieces together. Raises EmbeddingsError where one has gone or is damaged since it was made."""
        read = [store.read_file(self._path(index)) for index in range(self.count)]
        failed = {int(photo_id): str(reason) for one in read for photo_id, reason in one.header.get("failed", [])}
        return Piece(np.concatenate([one.ids for one in read]), np.concatenate([one.vectors for one in read]), failed)

    def clear(self) -> None:
        """Remove the pieces, and folders that are empty then; nothing else that somebody put there."""
        for index in range(self.count):
            self._path(index).unlink(missing_ok=True)
        for folder in (self.folder, self.folder.parent, self.folder.parent.parent):
            with contextlib.suppress(OSError):  # one that is not empty stays
                folder.rmdir()

    def _is_there(self, index: int) -> bool:
        path = self._path(index)
        header = store.read_header(path) or {}
        ours = (header.get("key"), header.get("piece")) == (self.key, [index, self.size])
        return ours and store.is_intact(path)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:04d}.safetensors"
