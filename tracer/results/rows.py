"""Tidy results: one row a figure, the same in parquet and JSON. The columns are fixed, since other programs read them.

`<run>/results.parquet` holds the rows; `<run>/results.json` the same rows, and what explains them (set, versions, device,
seconds, protocol, details, what was skipped).
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from tracer.base.files import replace_with
from tracer.base.keys import is_own, mark
from tracer.base.reading import read_json
from tracer.base.text import quoted_path
from tracer.errors import TracerError, why
from tracer.results.metrics import Metric

MAX_JSON_BYTES = 512 << 20
"""Larger results are refused: no run of ours writes such a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with what is needed to judge it.

    Attributes:
        experiment: its name in `tracer.experiments.registry`.
        metric: what was measured.
        dataset: the set's name.
        encoder: as typed (`offline/efficientnet-lite0`), without the place of a checkpoint.
        attribute: the label that is predicted (`Make`), or the label that tells same from other; "" where none.
        processing: `IDENTITY` when none.
        mask_ratio: share of the picture's area that is covered, 0.0 when none.
        setting: `acquisition`, `all-diff`, `query=phone,negatives=same`, ….
        value: a fraction from 0 to 1; a difference from -1 to 1.
        ci_low, ci_high: its 95 % interval; None where there is none.
        chance: the value that guessing reaches; None where it is unknown.
        n: photos, queries or pairs behind the value.
        seed: of the draw; None where nothing is drawn.
    """

    experiment: str
    dataset: str
    encoder: str
    attribute: str
    processing: str
    mask_ratio: float
    setting: str
    metric: Metric
    value: float
    ci_low: float | None
    ci_high: float | None
    chance: float | None
    n: int
    seed: int | None


COLUMNS = tuple(field.name for field in fields(Row))
_NUMBERS: Final = ("mask_ratio", "value", "ci_low", "ci_high", "chance", "n", "seed")
_TEXTS: Final = tuple(name for name in COLUMNS if name not in _NUMBERS)
_MARK: Final = "mark"
_KINDS: Final[dict[str, tuple[type, type]]] = {
    "dataset": (dict, object), "protocol": (dict, object), "calls": (dict, dict), "warnings_of": (dict, list),
    "encoders": (dict, dict), "details": (list, dict), "skipped": (list, object),
}  # fmt: skip
"""What the parts are that a later call goes on from."""


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a run as `read` returns them.

    Attributes:
        rows: in the order of the file.
        meta: everything beside them in results.json.
        brought_in: the experiments whose figures this user's tracer did not measure.
    """

    rows: tuple[Row, ...]
    meta: dict[str, Any]
    brought_in: tuple[str, ...] = ()


def write(run: Path, rows: Sequence[Row], meta: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write `<run>/results.parquet` and `<run>/results.json`, each whole or not at all; return their paths.

    Equal rows and meta give equal bytes (of one release of pyarrow).

    Raises:
        TracerError: a figure is not finite, or a file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for row in rows:
        _refuse_nonsense(row)
    types = {"mask_ratio": pa.float64(), "n": pa.int64(), "seed": pa.int64()}
    types |= {name: pa.float64() for name in ("value", "ci_low", "ci_high", "chance")}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    table = pa.Table.from_pylist([asdict(row) for row in rows], schema=schema)
    content = json.loads(json.dumps({"rows": [asdict(row) for row in rows], **meta}, allow_nan=False))
    text = json.dumps(marked(content), ensure_ascii=False, indent=1)
    data = io.BytesIO()  # Arrow itself takes no path that is not UTF-8
    pq.write_table(table, data)
    parquet, page = run / "results.parquet", run / "results.json"
    try:
        replace_with(parquet, lambda path: path.write_bytes(data.getvalue()))
        replace_with(page, lambda path: _write_text(path, text + "\n"))
    except OSError as error:
        raise TracerError(
            f"The results cannot be written to {quoted_path(run)}",
            error.strerror or str(error),
            "Free space, or choose another folder.",
        ) from error
    return parquet, page


def read(run: Path) -> Results:
    """Read `<run>/results.json`.

    Raises:
        TracerError: it is missing, or holds no rows of these columns.
    """
    path = run / "results.json"
    way_out = "Name a folder that `tracer evaluate SET -o RUN` has written."
    try:
        content = read_json(path, MAX_JSON_BYTES)
        brought = brought_in(content)
        rows = tuple(_checked(Row(**{name: entry[name] for name in COLUMNS})) for entry in content.pop("rows"))
        _check_meta(content)
    except FileNotFoundError as error:
        raise TracerError(f"There are no results in {quoted_path(run)}", "results.json is missing", way_out) from error
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TracerError(f"The results in {quoted_path(path)} cannot be read", why(error), way_out) from error
    content.pop(_MARK, None)
    return Results(rows, content, brought)


def brought_in(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the experiments in the content of a results.json whose figures this user's tracer did not measure.

    These are all of a file without this user's mark: another user wrote it, or it was changed since. A file with the mark names
    those that stood in the run before.
    """
    if is_own(_without_mark(content), content.get(_MARK)):
        return tuple(map(str, content.get("brought_in", ())))
    rows = content.get("rows")
    named = [row.get("experiment") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str) and name))


def marked(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a results.json with this user's mark."""
    return {**content, _MARK: mark(_without_mark(content))}


def _without_mark(content: Mapping[str, Any]) -> bytes:
    """What the mark covers: all other entries, in one form."""
    kept = {name: value for name, value in content.items() if name != _MARK}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()


def _check_meta(meta: Mapping[str, Any]) -> None:
    """Raise TypeError where a part that a later call goes on from has a form that no evaluation writes."""
    for name, (kind, inner) in _KINDS.items():
        found = meta.get(name, kind())
        inside = found.values() if isinstance(found, dict) else found
        if not isinstance(found, kind) or not all(isinstance(one, inner) for one in inside):
            raise TypeError(f"`{name}` in it has a form that no evaluation writes")
    if not isinstance(meta.get("dataset", {}).get("fingerprints", {}), dict):
        raise TypeError("`fingerprints` in it has a form that no evaluation writes")


def _checked(row: Row) -> Row:
    """The row. Raises TypeError or ValueError where a column holds something that no evaluation writes."""
    for name in _TEXTS:
        if not isinstance(getattr(row, name), str):
            raise TypeError(f"a row's {name} is not text")
    for name in _NUMBERS:
        value = getattr(row, name)
        if value is None and name in ("ci_low", "ci_high", "chance", "seed"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"a row's {name} is not a number")
    return row


def setting_parts(setting: str) -> dict[str, str]:
    """Return the named parts of a setting, such as `query=phone,negatives=same`; a part without `=` is left out."""
    return dict(part.split("=", 1) for part in setting.split(",") if "=" in part)


def _refuse_nonsense(row: Row) -> None:
    numbers = (row.value, row.ci_low, row.ci_high, row.chance, row.mask_ratio)
    if any(number is not None and not math.isfinite(number) for number in numbers):
        raise TracerError(
            f"{row.experiment} of {row.encoder or row.dataset} gave a figure that is not a number",
            f"{row.metric} of {row.attribute} ({row.setting}): {row.value} [{row.ci_low}, {row.ci_high}]",
            "This is a fault of tracer; please report it.",
        )


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
