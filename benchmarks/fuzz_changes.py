"""Changes to a file before it is read back: bytes changed, cut and added, and changes specific to its format."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NUMBERS = (
    0,
    1,
    -1,
    2**31,
    2**53,
    2**63,
    -(2**63),
    2**64,
    10**30,
    10**400,
    0.5,
    1e308,
    float("nan"),
    float("inf"),
    -0.0,
)
_TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "\x1b]0;x\x07", "../../etc/passwd", "/etc/passwd", "x" * 200_000, "é" * 300, "\u202e",
    "nan", "1e999", "-1", "=1+1", "true", "\n", '"', "images/0.png", "2019-02-30T99:99:99", "999999999999999999999999",
)  # fmt: skip
_BYTES = (
    b"\0",
    b"\xff",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b'"',
    b"{",
    b"[",
    b"9" * 5000,
    b"\0" * 70_000,
)


def changed(name: str, content: bytes, rng: random.Random) -> bytes:
    """Return a file's content after one change specific to its format, or one to six changes of its bytes.

    Args:
        name: the file's; its suffix gives the format.
        content: of the file.
        rng: the source of randomness; the same state gives the same change.
    """
    kinds: dict[str, Callable[[bytes, random.Random], bytes]] = {
        ".json": _json, ".jsonl": _json_lines, ".csv": _csv, ".toml": _toml, ".parquet": _parquet,
        ".safetensors": _safetensors, ".npz": _npz,
    }  # fmt: skip
    by_format = kinds.get(Path(name).suffix)
    if by_format is not None and rng.random() < 0.7:
        with contextlib.suppress(UnicodeDecodeError):  # a cache file begins with a binary seal
            return by_format(content, rng)
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _turn(data, rng)
    return bytes(data)


def put_in_its_place(path: Path, rng: random.Random) -> None:
    """Replace a file by nothing, a folder, a named pipe, a broken link, a link to itself, or a link to an endless file."""
    path.unlink()
    kind = rng.randrange(6)
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        os.mkfifo(path)
    elif kind > 2:
        path.symlink_to(("nowhere", path.name, "/dev/zero")[kind - 3])


def _turn(data: bytearray, rng: random.Random) -> None:
    at, length = int(rng.random() * (len(data) + 1)), rng.choice((1, 2, 4, 16, 256))
    match rng.randrange(8):
        case 0 if at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        case 1 if at < len(data):
            data[at] = rng.randrange(256)
        case 2:
            data[at:at] = rng.choice(_BYTES)
        case 3:
            del data[at : at + length]
        case 4:
            del data[at:]
        case 5:
            data[at : at + length] = rng.randbytes(length)
        case 6:
            data[at:at] = data[max(0, at - length) : at]
        case _:
            packed = struct.pack(rng.choice(("<I", ">I", "<Q")), rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 10**6)))
            data[at : at + len(packed)] = packed


def _odd(rng: random.Random) -> Any:
    """An unexpected value."""
    nested: Any = rng.choice(_NUMBERS)
    for _ in range(rng.choice((1, 3, 60))):
        nested = rng.choice(([nested], {"a": nested}))
    return rng.choice(
        (None, True, False, rng.choice(_NUMBERS), rng.choice(_TEXTS), [], {}, nested, [rng.choice(_TEXTS)])
    )


def _change_value(value: Any, rng: random.Random) -> Any:
    """The value with one part changed, at any depth."""
    if rng.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return _odd(rng)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        kind = rng.randrange(5)
        rest = value[:at] + value[at + 1 :]
        return (
            rest
            if kind == 0
            else [*value, value[at]]
            if kind == 1
            else [*value[:at], _change_value(value[at], rng), *value[at + 1 :]]
        )
    key = rng.choice(list(value))
    kind = rng.randrange(6)
    if kind == 0:
        return {k: v for k, v in value.items() if k != key}
    if kind == 1:
        return {k if k != key else rng.choice(_TEXTS): v for k, v in value.items()}
    return value | {key: _change_value(value[key], rng)}


def _json(content: bytes, rng: random.Random) -> bytes:
    match rng.randrange(12):
        case 0:
            return rng.choice((b"[", b'{"a":')) * rng.choice((500, 5_000, 200_000))
        case 1:
            return rng.choice(
                (b"", b"null", b"1", b'"x"', b"[]", b"{}", b"NaN", b"\xef\xbb\xbf{}", b"{}{}", b"\xff\xfe{\0}\0")
            )
        case 2:  # a repeated key with another value
            text = json.dumps(_odd(rng)).encode()
            return content.replace(
                b"{", b'{"schema": ' + text + b', "files": ' + text + b', "rows": ' + text + b", ", 1
            )
        case _:
            value = json.loads(content)
            for _ in range(rng.choice((1, 1, 3))):
                value = _change_value(value, rng)
            return _dumped(value)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _json_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = _json(lines[at], rng)
    if rng.random() < 0.2:
        lines.insert(at, rng.choice(_BYTES))
    return b"\n".join(lines) + b"\n"


def _csv(content: bytes, rng: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode())))
    row = rng.choice(rows)
    at = rng.randrange(len(row))
    match rng.randrange(7):
        case 0:
            rows.append([str(_odd(rng)) for _ in range(rng.choice((0, 1, 50)))])
        case 1:
            rows = [cells[:at] + cells[at + 1 :] for cells in rows]
        case 2:
            rows = [[*cells, cells[at % len(cells)]] if cells else cells for cells in rows]
        case 3:
            rows.insert(0, rng.choice(rows))
        case _:
            row[at] = str(_odd(rng))
    out = io.StringIO()
    csv.writer(out, delimiter=rng.choice(",,,;\t")).writerows(rows)
    return out.getvalue().encode(errors="surrogatepass")


def _toml(content: bytes, rng: random.Random) -> bytes:
    lines = content.decode().splitlines()
    at = rng.choice([number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")])
    key = lines[at].partition("=")[0].strip(" []#") or "a"
    odd = rng.choice((
        "[]", "{}", "-1", "1e999", "nan", "true", '""', '"\\u0000"', "[[[[]]]]", "1979-05-27", "0xffffffffffffffffffff",
        "9" * 5000,
        "[" * 20_000, "{a=" * 20_000, '"' + "x" * 200_000 + '"', "[1, 'a', {}]", "'''", "00:99:99",
    ))  # fmt: skip
    match rng.randrange(5):
        case 0:
            lines.insert(at, lines[at])
        case 1:
            lines[at] = f"[{key}]"
        case 2:
            lines.append("[" + ".".join(["a"] * rng.choice((2, 300, 20_000))) + "]")
        case _:
            lines[at] = f"{key} = {odd}"
    return "\n".join(lines).encode()


def _parquet(content: bytes, rng: random.Random) -> bytes:
    """Change a column, type or value; where Arrow cannot write that, cut the table in the middle."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    at = rng.randrange(table.num_columns)
    column = table.column(at).to_pylist()
    odd = rng.choice(
        ([_odd(rng)] * len(column), [*column[:-1], _odd(rng)], [None] * len(column), [b"\xff"] * len(column))
    )
    kinds = (
        pa.list_(pa.string()),
        pa.binary(),
        pa.float64(),
        pa.decimal128(38),
        pa.timestamp("ns"),
        pa.null(),
        pa.string(),
        None,
    )
    name = rng.choice((table.column_names[at], "", "\0", "Make", "photo_id"))
    try:
        match rng.randrange(5):
            case 0:
                table = table.remove_column(at)
            case 1:
                table = table.append_column(name, table.column(at))
            case 2:
                table = pa.concat_tables([table] * rng.choice((0, 2, 3000)) or [table.slice(0, 0)])
            case 3:
                table = table.set_column(at, name, pa.array(odd, from_pandas=True))
            case _:
                table = table.set_column(at, name, pa.array(odd, type=rng.choice(kinds), from_pandas=True))
        out = io.BytesIO()
        pq.write_table(table, out, compression=rng.choice(("none", "zstd")), use_dictionary=rng.random() < 0.5)
        return out.getvalue()
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return content[: len(content) // 2] + rng.randbytes(8) + content[len(content) // 2 :]


def _safetensors(content: bytes, rng: random.Random) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    name = rng.choice([key for key in header if key != "__metadata__"])
    match rng.randrange(6):
        case 0:
            header[name]["shape"] = rng.choice(
                ([3 * 10**8, 0], [0, 3 * 10**8], [-1], [2**63, 2], [], [1] * 2000, [2**40])
            )
        case 1:
            header[name]["dtype"] = rng.choice(("F16", "BF16", "F64", "I8", "BOOL", "F8_E4M3", "x", "U64", "C64"))
        case 2:
            header[name]["data_offsets"] = rng.choice(([0, 0], [0, 2**40], [8, 0], [2**63, 2**63], [0, len(data) + 1]))
        case 3:
            header["__metadata__"] = {
                "lenstrace": rng.choice(("[" * 100_000, "1", "{}", "null", '{"failed": [[1]]}', _TEXTS[3]))
            }
        case _:
            header = _change_value(header, rng)
    packed = _dumped(header)
    size = rng.choice((len(packed),) * 8 + (2**63, 10**8, 0))
    return struct.pack("<Q", size) + packed + data


def _npz(content: bytes, rng: random.Random) -> bytes:
    """Change the shape or type of an array, remove it, or write a header that states more than there is."""
    import zipfile

    import numpy as np

    with np.load(io.BytesIO(content)) as file:
        arrays: dict[str, Any] = dict(file)
    name = rng.choice(list(arrays))
    array = arrays[name]
    match rng.randrange(5):
        case 0:
            del arrays[name]
        case 1:
            arrays[name] = array.astype(rng.choice((np.float64, np.int8, np.complex64, np.bool_, "U9", "S3", "M8[s]")))
        case 2:
            arrays[name] = rng.choice(
                (array[:0], array[..., None], array.ravel(), np.float32(1), array[::-1], array[:1])
            )
        case 3:
            arrays[name] = np.full_like(
                array, np.nan if array.dtype.kind == "f" else 255 if array.dtype.kind == "u" else -1
            )
        case _:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as file:
                shape = rng.choice(("(1000000000, 128)", "(-1,)", "(2,", "()", "(" * 3000, "(9" + "9" * 40 + ",)"))
                kind = rng.choice(("<f4", "|O", "|u1", "x"))
                head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
                for key in arrays:
                    file.writestr(f"{key}.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + b"\0" * 64)
            return out.getvalue()
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()
