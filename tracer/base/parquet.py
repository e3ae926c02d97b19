"""Parquet files that others wrote: the bytes in memory at a time are bounded, not only the rows.

A few kilobytes can stand for gigabytes: a long text in a million rows, or a million equal numbers. Texts are therefore read as
dictionaries, whose values the rows share; a row group is read whole, and has to be small enough for that; a batch of it has as
many rows as fit into `MOST_BATCH`; and lists are not read.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from tracer.base.parsing import Unparsable
from tracer.base.reading import open_regular
from tracer.base.text import visible_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

MOST_BATCH: Final = 64 << 20
"""Bytes of a batch, if its rows are as long as those of its row group on average."""

MOST_GROUP: Final = 1 << 30
"""Bytes of the columns of a row group that are read, unpacked, as the footer states them."""

MOST_CELLS: Final = 200_000_000
"""The most rows × columns: one pointer each takes 1.6 GB."""

_MOST_FOOTER: Final = 64 << 20


class Table:
    """An open file.

    Attributes:
        schema: its columns, with the types that the file states.
        rows: the number of its rows.
    """

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self.schema: pa.Schema = pq.read_schema(file)
        file.seek(0)
        metadata = pq.read_metadata(file)
        file.seek(0)
        leaves = [metadata.schema.column(at) for at in range(metadata.num_columns)]
        self.rows: int = metadata.num_rows
        self._texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        self._source = file
        self._file: pq.ParquetFile = pq.ParquetFile(file, metadata=metadata, read_dictionary=self._texts)

    def groups(self, columns: Sequence[str]) -> Iterator[tuple[pa.Table, float]]:
        """Yield some columns of each row group, and the bytes of a row of it. Texts are dictionaries: `values` resolves them.

        Raises:
            OSError: the file cannot be read.
            Unparsable: it is damaged, holds lists, or too much.
        """
        for number, width in enumerate(self._widths(columns)):
            with errors_in_words():
                group = self._file.read_row_group(number, [*columns], use_threads=False)
            yield group, width

    def batches(self, columns: Sequence[str], rows: int = 1 << 16) -> Iterator[pa.RecordBatch]:
        """Yield some columns in batches of at most so many rows, fewer where rows are long; otherwise as `groups`."""
        for group, width in self.groups(columns):
            yield from group.to_batches(max(1, min(rows, int(MOST_BATCH // max(1.0, width)))))

    def frame(self, filters: Any) -> pd.DataFrame:
        """Return the rows that pass filters, which are written as pyarrow's `read_table` takes them; None for all rows.

        Raises:
            OSError: the file cannot be read.
            Unparsable: as `batches`.
        """
        import pandas as pd
        import pyarrow.parquet as pq

        check_cells(self.rows, 1)
        self._widths(self.schema.names)
        with errors_in_words():
            found = pq.read_table(self._source, filters=filters, read_dictionary=self._texts)
            return pd.DataFrame({name: as_series(found.column(name)) for name in found.column_names})

    def _widths(self, columns: Sequence[str]) -> list[float]:
        """Return the bytes of a row of each row group, on average; all row groups are checked first."""
        metadata, chosen, fixed, widths = self._file.metadata, [], 0, []
        for at in range(metadata.num_columns):
            leaf = metadata.schema.column(at)
            if any(leaf.path == name or leaf.path.startswith(f"{name}.") for name in columns):
                if leaf.max_repetition_level:
                    raise Unparsable(f"its column {visible_text(leaf.path, 100)!r} holds lists")
                chosen.append(at)
                fixed += max(8, leaf.length)  # the bytes of a number, or of values of another fixed length
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            check_cells(group.num_rows, len(chosen))
            size = sum(group.column(at).total_uncompressed_size for at in chosen)
            if max(size, fixed * group.num_rows) > MOST_GROUP:
                taken = max(size, fixed * group.num_rows) >> 20
                raise Unparsable(f"a row group of it takes {taken:,} MB, and at most {MOST_GROUP >> 20:,} are read")
            widths.append(fixed + size / max(1, group.num_rows))
        return widths


def check_cells(rows: int, columns: int) -> None:
    """Refuse a table of more than `MOST_CELLS` values.

    Raises:
        Unparsable: it has more.
    """
    if rows * columns > MOST_CELLS:
        raise Unparsable(f"it has {rows:,} rows of {columns:,} columns, and at most {MOST_CELLS:,} values are read")


@contextmanager
def open_parquet(source: Path | bytes) -> Iterator[Table]:
    """Open a Parquet file, or its bytes.

    Raises:
        OSError: it is not a regular file, or cannot be read.
        Unparsable: it is not a Parquet file, is damaged, or has a footer that is too large.
    """
    with open_regular(source) if isinstance(source, Path) else io.BytesIO(source) as file:
        with errors_in_words():
            _check_footer(file)
            table = Table(file)
        yield table


def values(column: Any) -> list[Any]:
    """Return the values of a column; rows with the same text share one object.

    Raises:
        Unparsable: they are damaged, or Python has no such values.
    """
    import pyarrow as pa

    with errors_in_words():
        if pa.types.is_struct(column.type):
            names, parts = [field.name for field in column.type], zip(*map(values, column.flatten()), strict=True)
            valid = column.is_valid().to_pylist()
            return [
                dict(zip(names, part, strict=True)) if there else None for there, part in zip(valid, parts, strict=True)
            ]
        if not pa.types.is_dictionary(column.type):
            return list(column.to_pylist())
        kinds = column.indices.unique()  # of these rows: the dictionary may be that of many more
        known = dict(zip(kinds.to_pylist(), column.dictionary.take(kinds).to_pylist(), strict=True))
        return [known[at] for at in column.indices.to_pylist()]


def as_series(column: pa.ChunkedArray) -> pd.Series:
    """Return a column of a table as a pandas Series; rows with the same text share one object."""
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return pd.Series([value for chunk in column.chunks for value in values(chunk)], dtype=object)
    series: pd.Series = column.to_pandas(integer_object_nulls=True)
    return series


def all_rows(file: Table, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return some columns of all rows, if they are not too many.

    Raises:
        OSError: the file cannot be read.
        Unparsable: as `Table.batches`.
    """
    check_cells(file.rows, len(columns))
    return [row for batch in file.batches(columns) for row in rows_of(batch)]


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows of a batch, as its `to_pylist` would; rows with the same text share one object."""
    columns = [values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Raise what pyarrow raises for damage and for types that Python does not have as `Unparsable`."""
    import pyarrow as pa

    try:
        yield
    # OSError: a page is damaged; ValueError: text that is not UTF-8; LookupError: KeyError, and an index beyond the end of a
    # damaged dictionary
    except (
        pa.ArrowException, OSError, ValueError, TypeError, LookupError, NotImplementedError, ArithmeticError, MemoryError
    ) as error:  # fmt: skip
        if isinstance(error, Unparsable) or (isinstance(error, OSError) and error.errno is not None):
            raise
        raise Unparsable(visible_text(str(error), 200) or type(error).__name__) from error


def _check_footer(file: BinaryIO) -> None:
    """Check the footer's length, since pyarrow reads any footer whole. The file ends with it: footer, length, four letters.

    A file that ends with other letters was cut off; pyarrow then says that it is not a Parquet file.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    length, letters = file.read(4), file.read(4)
    if letters in (b"PAR1", b"PARE") and int.from_bytes(length, "little") > _MOST_FOOTER:
        raise Unparsable(f"its footer has more than {_MOST_FOOTER >> 20} MB")
    file.seek(0)
