"""Safetensors files that others wrote: the header is checked before arrays are made from it.

The safetensors library checks that offsets have no gaps and fit the shapes, but accepts any shape without values: [300000000, 0]
fits into a file of a hundred bytes, and anything made for each of its rows takes gigabytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tracer.base.reading import check_regular, open_regular

MOST_HEADER: Final = 32 << 20
"""The largest header in bytes. tracer's lists the photos that could not be embedded, with about 100 bytes each."""

_BYTES: Final = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
FLOATS: Final = frozenset(("F16", "BF16", "F32", "F64"))
INTEGERS: Final = frozenset(("U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64"))


class Tensors:
    """An open safetensors file.

    Attributes:
        metadata: strings by name.
        shapes: the shape of each tensor, by name.
        types: the dtype of each tensor, by name (`F32`, `I64`, …).
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self.metadata: dict[str, str] = file.metadata() or {}
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # it is not a dict
        self.shapes: dict[str, tuple[int, ...]] = {name: tuple(one.get_shape()) for name, one in slices.items()}
        self.types: dict[str, str] = {name: str(one.get_dtype()) for name, one in slices.items()}

    def array(self, name: str) -> Any:
        """Return a tensor as a numpy array."""
        return self._file.get_tensor(name)


@contextmanager
def open_tensors(path: Path) -> Iterator[Tensors]:
    """Open a safetensors file after checking its header.

    Raises:
        OSError: it is not a regular file, or cannot be read.
        ValueError: it is damaged, or its shapes do not fit its size.
    """
    from safetensors import SafetensorError, safe_open

    check_header(path)
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = Tensors(file)
            _check_shapes(tensors, path.stat().st_size)
            yield tensors
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def check_header(path: Path) -> None:
    """Refuse a header that is longer than the file or than `MOST_HEADER`.

    Raises:
        OSError: the file cannot be read or is not a regular file.
        ValueError: the header is too long.
    """
    size = check_regular(path).st_size
    with open_regular(path) as file:
        length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError("it is shorter than its header says")
    if length > MOST_HEADER:
        raise ValueError(f"its header has {length:,} bytes, and at most {MOST_HEADER:,} are read")


def _check_shapes(tensors: Tensors, size: int) -> None:
    for name, shape in tensors.shapes.items():
        values = math.prod(shape)
        if not values and shape and shape[0]:
            raise ValueError(f"a tensor of the shape {list(shape)} has no values")
        if values * _BYTES.get(tensors.types[name], 1) > size:
            raise ValueError(f"a tensor of the shape {list(shape)} does not fit into {size:,} bytes")
