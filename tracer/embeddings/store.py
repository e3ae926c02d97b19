"""Embedding files: where they lie, how they are written, and reading ours as well as the paper's own (PAPER §7).

`<run>/embeddings/<dataset>/[<PROCESSING>/]model=<family>_variant=<variant>[_split=…].safetensors` with the tensors
`image_embeddings` (float32, N × D, not normalised), `Flickr ID` (int64), and, where the set allows them, `subject`,
`model` (0 other camera, 1 phone) and `label` (int64). −1 stands for "none" in these three.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.files import make_way, write_atomically
from tracer.base.parsing import parse_json
from tracer.base.tensors import FLOATS, INTEGERS, Tensors, open_tensors
from tracer.base.text import counted, quoted_path, visible_text
from tracer.encoders.names import EncoderName, parse_name
from tracer.errors import EmbeddingsError, why
from tracer.images.views import View, view

VECTORS: Final = "image_embeddings"
IDS: Final = "Flickr ID"
SPLITS: Final = ("train", "val")
_HEADER: Final = "lenstrace"
_AGAIN: Final = "Delete it and embed again: tracer embed SET -o RUN"
_CONTENT: Final = "sha256"
"""In the header of our own files: a hash of the arrays, by which damage shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """One encoder's embeddings of one view of a data set.

    Attributes:
        ids: int64 (N,), unique; row numbers where the file holds none (the paper's PairCams and ImageNet files).
        vectors: float32 (N, D), finite, as the encoder gave them (not normalised).
        columns: further arrays of length N: `subject`, `model`, `label` where the file has them; `split` (str) where
            it was put together from a file for each split.
        header: what our own files say of their making; empty for others.
    """

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    columns: dict[str, NDArray[Any]]
    header: dict[str, Any] = field(default_factory=dict)

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id; −1 where there is none."""
        order = np.argsort(self.ids, kind="stable")
        places = np.searchsorted(self.ids, ids, sorter=order).clip(max=len(order) - 1)
        rows = order[places]
        return np.where(self.ids[rows] == ids, rows, -1).astype(np.int64)


def folder(run: Path, dataset: str, shown: View) -> Path:
    """The folder of a view's files."""
    return run / "embeddings" / dataset / shown.folder


def file_name(file_stem: str, split: str | None = None) -> str:
    """The name of a file from an encoder's `file_stem`."""
    return f"{file_stem}_split={split}.safetensors" if split else f"{file_stem}.safetensors"


def save(
    path: Path,
    vectors: NDArray[np.float32],
    ids: NDArray[np.int64],
    columns: Mapping[str, NDArray[np.int64]],
    header: dict[str, Any],
) -> None:
    """Write one embedding file, whole or not at all.

    The header is one JSON string: with several entries safetensors would order them at random, and equal runs would
    give unequal files.

    Raises:
        EmbeddingsError: a vector is not finite, or the disk does not take the file.
    """
    from safetensors.numpy import save as packed

    _check(vectors, ids, str(path))
    tensors: dict[str, NDArray[Any]] = {
        VECTORS: np.ascontiguousarray(vectors, dtype=np.float32),
        IDS: np.ascontiguousarray(ids, dtype=np.int64),
    }
    tensors |= {name: np.ascontiguousarray(values, dtype=np.int64) for name, values in columns.items()}
    text = json.dumps({**header, _CONTENT: _digest(tensors)}, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    try:
        make_way(path)
        write_atomically(path, packed(tensors, metadata={_HEADER: text}))  # safetensors' own writing has other errors
    except OSError as error:
        raise EmbeddingsError(
            f"{quoted_path(path)} cannot be written",
            error.strerror or str(error),
            "Free space, or choose another run folder.",
        ) from error


def read_header(path: Path) -> dict[str, Any] | None:
    """The header of one of our files; None where the file is absent, damaged or not ours."""
    try:
        with open_tensors(path) as file:
            header = parse_json(file.metadata.get(_HEADER, "null").encode())
    except (OSError, ValueError):
        return None
    return header if isinstance(header, dict) else None


def read_file(path: Path) -> Embeddings:
    """Read one embedding file, ours or the paper's; half precision becomes float32.

    Raises:
        EmbeddingsError: missing, damaged, without embeddings, with vectors that are not finite, or with an id that
            occurs twice.
    """
    try:
        with open_tensors(path) as file:
            _check_tensors(file, path)
            vectors = _float32(file, path)
            others = {
                name: file.array(name)
                for name, shape in sorted(file.shapes.items())
                if name != VECTORS and len(shape) == 1 and file.types[name] in INTEGERS
            }
    except FileNotFoundError as error:
        raise EmbeddingsError(f"There is no file {quoted_path(path)}", way_out=_what_is_there(path.parent)) from error
    except (OSError, TypeError, ValueError) as error:
        raise EmbeddingsError(f"{quoted_path(path)} cannot be read", why(error), _AGAIN) from error
    ids = others.pop(IDS, np.arange(len(vectors))).astype(np.int64)
    header = read_header(path) or {}
    written = header.pop(_CONTENT, None)
    if written is not None and written != _digest({VECTORS: vectors, IDS: ids, **others}):
        raise EmbeddingsError(f"{quoted_path(path)} is damaged", "its numbers are not those that were written", _AGAIN)
    _check(vectors, ids, str(path))
    return Embeddings(ids, vectors, others, header)


def is_intact(path: Path) -> bool:
    """Whether an embedding file can be read and holds what was written. It is read whole."""
    try:
        read_file(path)
    except EmbeddingsError:
        return False
    return True


def load(
    where: Path,
    dataset: str | None,
    encoder: str,
    processing: str = "IDENTITY",
    mask: float = 0.0,
    split: str | None = None,
) -> Embeddings:
    """The embeddings of one encoder and one view.

    Args:
        where: a run folder (then `dataset` names the set), or a folder of embedding files as the paper's scripts
            have it.
        encoder: as typed, or as in the file name (`clip/ViT-B-16`).
        processing, mask: the view; its folder is looked for below `where`, and for the untouched view `where` itself.
        split: `train` or `val`; None takes the whole file, or both splits one after the other where there is a file
            for each.

    Raises:
        EmbeddingsError: no such file, or one that cannot be used (see `read_file`).
    """
    name, shown = parse_name(encoder), view(processing, mask)
    base = folder(where, dataset, shown) if dataset is not None else where / shown.folder
    stem = _stem(name, base)
    if split is not None:
        return read_file(base / file_name(stem, split))
    whole = base / file_name(stem)
    parts = [part for part in SPLITS if (base / file_name(stem, part)).is_file()]
    if whole.is_file() or not parts:
        return read_file(whole)
    read = [read_file(base / file_name(stem, part)) for part in parts]
    return _joined(read, parts, base)


def _stem(name: EncoderName, base: Path) -> str:
    """The file stem of an encoder; of a checkpoint that is no longer there by its name alone, if that is
    unambiguous."""
    if name.checkpoint is None or name.checkpoint.is_file():
        return name.file_stem
    pattern = f"model={name.family}_variant={name.checkpoint.stem}-????????"
    found = {
        path.name.split("_split=")[0].removesuffix(".safetensors") for path in base.glob(pattern + "*.safetensors")
    }
    if len(found) == 1:
        return found.pop()
    return name.file_stem  # says that the checkpoint cannot be read


def _joined(read: list[Embeddings], parts: list[str], base: Path) -> Embeddings:
    if all(np.array_equal(one.ids, np.arange(len(one.ids))) for one in read):  # the paper's files: numbered, not named
        ids = np.arange(sum(len(one.ids) for one in read))
    else:
        ids = np.concatenate([one.ids for one in read])
    if len({one.vectors.shape[1] for one in read}) > 1:
        raise EmbeddingsError(f"The splits in {base} do not belong together", "their embeddings differ in length")
    vectors = np.concatenate([one.vectors for one in read])
    names = set.intersection(*(set(one.columns) for one in read))
    columns = {name: np.concatenate([one.columns[name] for one in read]) for name in sorted(names)}
    columns["split"] = np.repeat(np.array(parts), [len(one.ids) for one in read])
    _check(vectors, ids, str(base))
    return Embeddings(ids, vectors, columns, read[0].header)


def _digest(tensors: Mapping[str, NDArray[Any]]) -> str:
    content = hashlib.sha256()
    for name, values in sorted(tensors.items()):
        content.update(f"{name} {values.dtype} {values.shape}\n".encode())
        content.update(np.ascontiguousarray(values).data)
    return content.hexdigest()


def _check_tensors(file: Tensors, path: Path) -> None:
    """What there is has to be embeddings and columns beside them; nothing is read for it but the header."""
    shapes = file.shapes
    shape = shapes.get(VECTORS)
    if shape is None:
        names = [visible_text(name) for name in sorted(shapes)[:8]]
        raise EmbeddingsError(
            f"{quoted_path(path)} holds no embeddings", f"its tensors are {', '.join(names) or 'none'}", _AGAIN
        )
    if len(shape) != 2 or file.types[VECTORS] not in FLOATS:
        what = f"{VECTORS} is {file.types[VECTORS]} of the shape {list(shape)}, not floating-point numbers (N, D)"
        raise EmbeddingsError(f"{quoted_path(path)} holds no embeddings", what, _AGAIN)
    if IDS in shapes and (len(shapes[IDS]) != 1 or file.types[IDS] not in INTEGERS):
        raise EmbeddingsError(f"{quoted_path(path)} is inconsistent", f"{IDS} is not a list of whole numbers", _AGAIN)
    wrong = [visible_text(name) for name, other in sorted(shapes.items()) if len(other) == 1 and other[0] != shape[0]]
    if wrong:
        raise EmbeddingsError(
            f"{quoted_path(path)} is inconsistent",
            f"{', '.join(wrong[:8])} and the embeddings differ in length",
            _AGAIN,
        )


def _float32(file: Tensors, path: Path) -> NDArray[np.float32]:
    if file.types[VECTORS] == "BF16":  # numpy has no such type
        from safetensors.torch import load_file

        return np.asarray(load_file(path)[VECTORS].float().numpy(), dtype=np.float32)
    with np.errstate(over="ignore"):  # what is too large for single precision is refused as not finite
        return np.asarray(file.array(VECTORS), dtype=np.float32)


def _check(vectors: NDArray[np.float32], ids: NDArray[np.int64], path: str) -> None:
    bad = ids[~np.isfinite(vectors).all(axis=1)]
    if len(bad):
        raise EmbeddingsError(
            f"{quoted_path(path)} has embeddings that are not finite",
            f"{counted(len(bad), 'photo')}, ids {_few(bad)}",
            "Embed these again, or leave them out.",
        )
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        raise EmbeddingsError(
            f"{quoted_path(path)} has ids that occur more than once",
            f"{counted(int((counts > 1).sum()), 'id')}, {_few(unique[counts > 1])}",
            "An id has to name one photo; write the file again.",
        )


def _few(ids: NDArray[np.int64]) -> str:
    return ", ".join(map(str, ids[:5])) + (", …" if len(ids) > 5 else "")


def _what_is_there(base: Path) -> str:
    there = sorted(path.name for path in base.glob("*.safetensors")) if base.is_dir() else []
    return (
        f"In {base} there are " + ", ".join(there[:8])
        if there
        else "Run `tracer embed SET -o RUN` first, or name the folder that holds the files."
    )
