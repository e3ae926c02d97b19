"""Label rows stored by column: a million photos take some hundred megabytes; as dicts they would take gigabytes."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.catalog.labels import LABEL_COLUMNS, LabelRow
from curate.catalog.store import Catalog

_AT_ONCE = 5_000
_DIFFER = {
    **dict.fromkeys(("file_name", "sha256", "url", "path", "phash", "taken_at"), pa.large_string()),
    "path_bytes": pa.large_binary(),
}
"""Columns whose values are mostly different, stored as Arrow arrays. Other columns store each distinct value once."""

_KNOWN = " + ".join(f'(label."{name}" IS NOT NULL)' for name in LABEL_COLUMNS)
_FLAGS = {0: False, 1: True}


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as indices into the list of its distinct values.

    Attributes:
        codes: (n,) signed integers of any width, -1 where a value is absent.
        kinds: the distinct values.
    """

    codes: NDArray[np.signedinteger[Any]]
    kinds: Sequence[Any]


class PhotoTable:
    """Photos as columns of equal length. A column that the table does not have counts as None for all photos."""

    def __init__(self, columns: Mapping[str, Coded | pa.Array], length: int) -> None:
        self._columns, self._length = dict(columns), length

    @classmethod
    def of(cls, rows: PhotoTable | Iterable[LabelRow]) -> PhotoTable:
        """Return label rows as a table, None for absent keys, with a column `known`: the number of labels that are not None."""
        if isinstance(rows, PhotoTable):
            return rows
        built, rest = Builder(), iter(rows)
        while part := list(islice(rest, _AT_ONCE)):
            names = dict.fromkeys(name for row in part for name in row)
            columns = {name: [row.get(name) for row in part] for name in names}
            if "known" not in names:
                columns["known"] = [sum(row.get(name) is not None for name in LABEL_COLUMNS) for row in part]
            built.add(columns, len(part))
        return built.table()

    def __len__(self) -> int:
        return self._length

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, position: int) -> LabelRow:
        return {name: self._value(column, position) for name, column in self._columns.items()}

    def rows(self) -> Iterator[LabelRow]:
        """Yield the photos as label rows, which are built in parts."""
        places = np.arange(self._length)
        for start in range(0, self._length, _AT_ONCE):
            part = self.take(places[start : start + _AT_ONCE])
            for _, *values in zip(range(len(part)), *map(part.values, self._columns), strict=True):
                yield dict(zip(self._columns, values, strict=True))

    def values(self, name: str) -> list[Any]:
        """Return a column's values, with None for absent ones."""
        column = self._columns.get(name)
        if column is None:
            return [None] * self._length
        if isinstance(column, Coded):
            kinds = np.empty(len(column.kinds) + 1, dtype=object)
            kinds[:-1] = column.kinds
            return list(kinds[column.codes])  # index -1 gives the last one, which is None
        if column.type == pa.int64():
            return list(column.to_pylist())
        return list(column.to_numpy(zero_copy_only=False))

    def renamed(self, name: str, new: str) -> PhotoTable:
        """Return the table with a column under a new name."""
        return PhotoTable({new if key == name else key: column for key, column in self._columns.items()}, self._length)

    def coded(self, name: str) -> tuple[NDArray[np.int32], Sequence[Any]]:
        """Return a column as (n,) int32 indices into its distinct values, -1 where a value is absent, and these values."""
        column = self._columns.get(name)
        if isinstance(column, Coded):
            return column.codes.astype(np.int32, copy=False), column.kinds
        if column is None:
            return np.full(self._length, -1, np.int32), []
        found = column.dictionary_encode()
        return np.asarray(found.indices.fill_null(-1)), found.dictionary.to_pylist()

    def codes(self, name: str) -> NDArray[np.int32]:
        """Return a column as (n,) int32 numbers that are equal where the values are equal, -1 where a value is absent.

        Numbers of a column stored as an Arrow array, such as `path`, are in the order of the values.
        """
        column = self._columns.get(name)
        if column is None or isinstance(column, Coded):
            return self.coded(name)[0]
        order = np.asarray(pc.array_sort_indices(column))  # absent values come last
        found = column.take(pa.array(order))
        codes = np.zeros(self._length, np.int32)
        codes[order[1:]] = np.cumsum(np.asarray(pc.not_equal(found.slice(1), found[:-1]).fill_null(True)))
        codes[~self.present(name)] = -1
        del found
        pa.default_memory_pool().release_unused()  # else Arrow keeps the memory of the sorted copy
        return codes

    def each(self, name: str) -> Iterator[Any]:
        """Yield a column's values, as `values` returns them, built in parts."""
        column = self.select((name,))
        for start in range(0, self._length, _AT_ONCE):
            yield from column.take(np.arange(start, min(start + _AT_ONCE, self._length))).values(name)

    def integers(self, name: str, absent: int) -> NDArray[np.int64]:
        """Return a column of integers or bools as (n,) int64, with `absent` for absent values."""
        column = self._columns.get(name)
        if isinstance(column, pa.Array):
            return np.asarray(column.fill_null(absent), np.int64)
        codes, kinds = self.coded(name)
        return np.array([*kinds, absent], dtype=np.int64)[codes]

    def texts(self, name: str) -> pa.Array:
        """Return a column of texts as an Arrow array."""
        column = self._columns.get(name)
        if isinstance(column, pa.Array):
            return column
        codes, kinds = self.coded(name)
        return pa.array(list(kinds), pa.large_string()).take(pa.array(codes, mask=codes < 0))

    def arrow(self, name: str, kind: pa.DataType) -> pa.Array:
        """Return a column as an Arrow array of a type."""
        column = self._columns.get(name)
        if isinstance(column, pa.Array):
            return column.cast(kind)
        codes, kinds = self.coded(name)
        return pa.array(list(kinds), kind).take(pa.array(codes, mask=codes < 0))

    def present(self, name: str) -> NDArray[np.bool_]:
        """Return (n,) bool, whether each photo has a value."""
        column = self._columns.get(name)
        if isinstance(column, pa.Array):
            return np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
        return self.coded(name)[0] >= 0

    def take(self, positions: NDArray[np.integer[Any]]) -> PhotoTable:
        """Return the photos at these positions, in their order."""
        at = pa.array(positions)
        taken = {
            name: Coded(column.codes[positions], column.kinds) if isinstance(column, Coded) else column.take(at)
            for name, column in self._columns.items()
        }
        return PhotoTable(taken, len(positions))

    def narrow(self, positions: NDArray[np.integer[Any]]) -> PhotoTable:
        """Reduce this table in place to the photos at these positions, and return it. Only one column at a time is copied."""
        for name in self._columns:
            self._columns[name] = self.select((name,)).take(positions)._columns[name]
        self._length = len(positions)
        pa.default_memory_pool().release_unused()
        return self

    def where(self, name: str, value: Any) -> PhotoTable:
        """Return the photos whose value in a column is `value`."""
        codes, kinds = self.coded(name)
        return self.take(np.flatnonzero(np.array([*(kind == value for kind in kinds), False])[codes]))

    def select(self, names: Iterable[str]) -> PhotoTable:
        """Return the table with only those of these columns that it has."""
        return PhotoTable({name: self._columns[name] for name in names if name in self._columns}, self._length)

    def with_column(self, name: str, column: Sequence[Any] | Coded) -> PhotoTable:
        """Return the table with a column added or replaced."""
        if not isinstance(column, Coded):
            built = Builder()
            built.add({name: column}, self._length)
            return PhotoTable({**self._columns, **built.table()._columns}, self._length)
        return PhotoTable({**self._columns, name: column}, self._length)

    @staticmethod
    def _value(column: Coded | pa.Array, position: int) -> Any:
        if isinstance(column, Coded):
            code = column.codes[position]
            return None if code < 0 else column.kinds[code]
        return column[position].as_py()


class Builder:
    """Builds a table from parts.

    Args:
        integers: columns of integers whose values are mostly different; they are stored as Arrow arrays.
    """

    def __init__(self, integers: Collection[str] = ()) -> None:
        self._integers = integers
        self._own: dict[str, _Texts | _Integers] = {}
        self._codes: dict[str, array[int]] = {}
        self._numbers: dict[str, _Numbers] = {}
        self._length = 0

    def add(self, columns: Mapping[str, Sequence[Any]], length: int) -> None:
        """Add some photos.

        Args:
            columns: name -> values.
            length: number of photos.
        """
        for name in {**self._own, **self._codes, **columns}:
            values = columns.get(name, [None] * length)
            if name in self._integers:
                self._own.setdefault(name, _Integers(self._length)).add(values)
            elif name in _DIFFER:
                self._own.setdefault(name, _Texts(_DIFFER[name], self._length)).add(values)
            else:
                number = self._numbers.setdefault(name, _Numbers({None: -1}))
                codes = self._codes.setdefault(name, array("b", [-1]) * self._length)
                added = array("i", map(number.__getitem__, values))
                kind = next(kind for kind, most in _WIDTHS.items() if len(number) <= most)
                if codes.typecode != kind:
                    self._codes[name] = codes = array(kind, codes)
                codes.extend(array(kind, added))
        self._length += length

    def table(self) -> PhotoTable:
        """Return all values that were added."""
        columns: dict[str, Coded | pa.Array] = {name: own.array() for name, own in self._own.items()}
        for name, codes in self._codes.items():
            columns[name] = Coded(np.frombuffer(codes, codes.typecode), list(self._numbers.pop(name))[1:])
        return PhotoTable(columns, self._length)


_WIDTHS = {"b": 1 << 7, "h": 1 << 15, "i": 1 << 31}
"""Array type code -> maximum number of distinct values, the absent one included."""


class _Numbers(dict[Any, int]):
    """Value -> number, in the order of first appearance; None comes first, as -1."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self) - 1
        return number


class _Texts:
    """A growing column of texts. Its buffers become those of the Arrow array, so that the texts are not copied."""

    def __init__(self, kind: pa.DataType, absent: int) -> None:
        self._kind = kind
        self._valid, self._ends, self._data = bytearray(absent), array("q", [0]) * (absent + 1), bytearray()

    def add(self, values: Sequence[Any]) -> None:
        """Add some texts."""
        part = _texts(values, self._kind)
        _, ends, data = part.buffers()
        self._valid += part.is_valid().to_numpy(zero_copy_only=False).tobytes()
        self._ends.frombytes((np.frombuffer(ends, np.int64)[1 : len(part) + 1] + len(self._data)).tobytes())
        self._data += data or b""

    def array(self) -> pa.Array:
        """Return all values that were added."""
        valid = np.packbits(np.frombuffer(self._valid, np.bool_), bitorder="little").tobytes()
        buffers = [pa.py_buffer(valid), pa.py_buffer(self._ends), pa.py_buffer(self._data)]
        return pa.Array.from_buffers(self._kind, len(self._valid), buffers)


class _Integers:
    """A growing column of integers."""

    def __init__(self, absent: int) -> None:
        self._parts = [pa.nulls(absent, pa.int64())]

    def add(self, values: Sequence[Any]) -> None:
        """Add some numbers."""
        self._parts.append(pa.array(values, pa.int64()))

    def array(self) -> pa.Array:
        """Return all values that were added."""
        return pa.concat_arrays(self._parts)


def joined(tables: Sequence[PhotoTable], names: Iterable[str]) -> PhotoTable:
    """Return these columns of several tables, concatenated."""
    if len(tables) == 1:
        return tables[0]
    built = Builder()
    for table in tables:
        built.add({name: table.values(name) for name in names}, len(table))
    return built.table()


def _texts(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # a lone surrogate, possible in JSON but not in UTF-8, is stored as its escape
        return pa.array([value and value.encode("utf-8", "backslashreplace").decode() for value in values], kind)


def combined(columns: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.int64]:
    """Return (n,) int64 numbers that are equal where all columns are equal.

    Args:
        columns: (n,) integers each, -1 where a value is absent.
    """
    joint = np.asarray(columns[0], np.int64)
    for codes in columns[1:]:
        joint = np.unique(joint, return_inverse=True)[1] * (int(codes.max(initial=-1)) + 2) + codes + 1
    return joint


def read(catalog: Catalog, columns: Iterable[str], more: Mapping[str, tuple[str, Callable[[Any], Any]]]) -> PhotoTable:
    """Return all photos of a catalogue, in the order of their stored paths.

    Args:
        catalog: the workspace's catalogue.
        columns: label columns, `status`, `error`. The columns `path`, `sha256`, `phash`, `known`, `path_bytes` and
            `place` are always added; `path_bytes` is None where it equals the path as text, `place` is the number of the row.
        more: computed columns: name -> (column, function that turns its values into the new ones).
    """
    names = list(dict.fromkeys(("path", "sha256", *columns)))
    chosen = ", ".join(f'label."{name}"' for name in names)
    cursor = catalog.connection.execute(
        f"SELECT {chosen}, own.phash, resolved(own.path_bytes), {_KNOWN} "
        "FROM photo AS own CROSS JOIN label ON label.id = own.id ORDER BY own.path, own.path_bytes"  # uses the index of paths
    )
    cursor.row_factory = None
    built, place = Builder(integers=("photo_id", "place")), 0
    while part := cursor.fetchmany(_AT_ONCE):
        found = dict(zip((*names, "phash", "path_bytes", "known"), zip(*part, strict=True), strict=True))
        for name in names:
            if LABEL_COLUMNS.get(name) == "bool":
                found[name] = tuple(map(_FLAGS.get, found[name]))
        for name, (asked, answer) in more.items():
            found[name] = tuple(map(answer, found[asked]))
        own = zip(found["path"], found["path_bytes"], strict=True)
        found["path_bytes"] = tuple(None if os.fsencode(path) == file else file for path, file in own)
        found["place"] = tuple(range(place, place + len(part)))
        built.add(found, len(part))
        place += len(part)
    return built.table()
