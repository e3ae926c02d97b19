"""Reads the results of a run so that they can be shown: every part is optional, and every string is made safe.

Results of another version, or of a run that measured little, can still be read. What cannot be used is counted in
`Run.unusable`, so that the page can say so. Class names and paths come from other people's files: characters that a page
cannot hold, or that reorder the text around them, are written out. Markup is escaped later, by the page's template.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from tracer.base.reading import read_json
from tracer.base.text import visible_text
from tracer.errors import TracerError, why
from tracer.results import photo_scores, words
from tracer.results.rows import MAX_JSON_BYTES, Row, brought_in
from tracer.results.skips import Skip

MAX_LENGTH: Final = 200
"""Characters of a name that are shown; a longer one ends in an ellipsis."""
MOST_OF_A_SENTENCE: Final = 2000
"""Characters of a sentence that are shown: it ends in what was found, so that a cut would take the finding away."""
_SENTENCES: Final = frozenset(
    {"command", "confounds_in_words", "needed", "protocol", "rule", "skipped", "warnings", "warnings_of", "why"}
)
"""Keys under which sentences of lenstrace stand."""
_ODD: Final = (
    TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError, RecursionError,
)  # fmt: skip
_AUDIT: Final = ("leaks", "confounds", "confounds_in_words")


@dataclass(frozen=True, slots=True)
class Confusion:
    """Which classes were taken for which.

    Attributes:
        encoder, attribute, processing, mask_ratio: of the probe, as in the rows of the results.
        classes: names in label order.
        counts: `counts[i][j]` is the number of photos of class i that were taken for class j.
        recalls: share of each class that was named right, None where a class has no photo.
    """

    encoder: str
    attribute: str
    processing: str
    mask_ratio: float
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    recalls: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """Leaks and confounds that were found in the set.

    Attributes:
        leaks, confounds: each entry as the audit wrote it.
        said: the audit's own sentences on them.
    """

    leaks: tuple[Mapping[str, Any], ...]
    confounds: tuple[Mapping[str, Any], ...]
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that the page shows of one run.

    Attributes:
        dataset: the set's name.
        rows: of the results, in the order of the file.
        meta: everything in the file beside the rows: versions, device, seconds, the set, seeds, protocol.
        confusions: the confusion matrices of the details that are whole.
        skipped: what was not measured.
        audit: of the set when it was evaluated; None where there was none.
        unusable: number of rows without a finite value, an experiment or a metric.
        folder: of the run; it holds the small pictures of sheets.
        brought_in: the experiments whose figures this user's tracer did not measure.
    """

    dataset: str
    rows: tuple[Row, ...]
    meta: Mapping[str, Any]
    confusions: tuple[Confusion, ...]
    skipped: tuple[Skip, ...]
    audit: Audit | None
    unusable: int
    folder: Path | None = None
    brought_in: tuple[str, ...] = ()

    @property
    def provenance(self) -> str:
        """A sentence on figures that were brought in; empty where there are none."""
        if not self.brought_in:
            return ""
        others = {row.experiment for row in self.rows} - set(self.brought_in)
        which = f"The figures of {', '.join(self.brought_in)}" if others else "All figures"
        return (
            f"{which} are brought in: they were not measured by the tracer of this user account, or were changed since. Nothing"
            " here vouches for them."
        )

    @property
    def details(self) -> list[Mapping[str, Any]]:
        """The details of the results: what does not fit into a row, such as histograms."""
        said = self.meta.get("details")
        return [entry for entry in said if isinstance(entry, dict)] if isinstance(said, list) else []

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders in the order in which the results name them; file properties are not one."""
        named = (row.encoder for row in self.rows if row.encoder and row.encoder != words.FILES_ALONE)
        return tuple(dict.fromkeys(named))


@contextmanager
def reading(*runs: Path) -> Iterator[None]:
    """Turn what damaged or made-up results do to the code that shows them into an error that names the files.

    Results can hold anything under any name, and what a page shows is read in many places.

    Raises:
        TracerError: something in the results has a form that no evaluation writes.
    """
    try:
        yield
    except _ODD as error:
        named = " or ".join(shown(run / "results.json") for run in runs)
        raise TracerError(
            f"{named} cannot be shown",
            f"it holds something that no evaluation writes ({type(error).__name__}: {shown(why(error))})",
            "Evaluate the set again: tracer evaluate SET -o RUN. If tracer wrote the file itself, please report it.",
        ) from error


def load_run(run: Path) -> Run:
    """Read `<run>/results.json`.

    Raises:
        TracerError: the file is missing, is not a JSON object with `rows`, or cannot be shown.
    """
    with reading(run):
        return _loaded(run)


def kept_scores(
    run: Run, only: Collection[tuple[Any, ...]] | None = None
) -> dict[tuple[Any, ...], photo_scores.Values]:
    """Return the scores of single photos by figure (`photo_scores.read`); none that belong to other results."""
    if run.folder is None:
        return {}
    return photo_scores.read(run.folder, only, run.meta.get("photo_scores", photo_scores.ANY))


def _loaded(run: Path) -> Run:
    raw = _object(run / "results.json")
    data = shown_tree(raw)
    raw_rows = data.pop("rows", None)
    if not isinstance(raw_rows, list):
        raise TracerError(
            f"{shown(run / 'results.json')} holds no results",
            "it has no list named `rows`",
            "Run `tracer evaluate SET -o RUN` again.",
        )
    rows = [row for entry in raw_rows if (row := _row(entry)) is not None]
    audit = data.get("audit")
    return Run(
        dataset=_dataset_name(data, rows),
        rows=tuple(rows),
        meta=data,
        confusions=tuple(_confusions(data.get("details"))),
        skipped=tuple(map(Skip.read, skipped if isinstance(skipped := data.get("skipped"), list) else [])),
        audit=_audit(audit if isinstance(audit, dict) else None),
        unusable=len(raw_rows) - len(rows),
        folder=run,
        brought_in=tuple(map(shown, brought_in(raw))),
    )


def dataset_meta(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the results say about the set, as an object even if only its name was written."""
    dataset = meta.get("dataset")
    if isinstance(dataset, dict):
        return dataset
    return {"name": dataset} if isinstance(dataset, str) else {}


def audit_of(folder: Path) -> dict[str, Any] | None:
    """Return the part of a set's `audit.json` that the page shows; None where the set has none.

    Raises:
        TracerError: it cannot be read.
    """
    path = folder / "audit.json"
    if not path.is_file():
        return None
    found = _object(path)
    return {key: found[key] for key in _AUDIT if key in found}


def shown(value: object, limit: int = MAX_LENGTH) -> str:
    r"""Return a value as one line of text; a character that cannot be shown becomes its escape (``\x1b``).

    Characters are escaped, not dropped, so that two class names that differ in such a character still look different.
    """
    return visible_text(str(value), limit)


def shown_tree(value: Any, limit: int = MAX_LENGTH) -> Any:
    """Return parsed JSON with every string in it, keys too, passed through `shown`; sentences may be longer."""
    if isinstance(value, str):
        return shown(value, limit)
    if isinstance(value, dict):
        return {
            shown(key): shown_tree(item, MOST_OF_A_SENTENCE if key in _SENTENCES else limit)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [shown_tree(item, limit) for item in value]
    return value


def _object(path: Path) -> dict[str, Any]:
    way_out = "Name a folder that `tracer evaluate SET -o RUN` has written."
    try:
        data = read_json(path, MAX_JSON_BYTES, constant=lambda _: None)
    except FileNotFoundError as error:
        raise TracerError(f"No results in {shown(path.parent)}", "there is no results.json", way_out) from error
    except (OSError, ValueError) as error:
        raise TracerError(f"{shown(path)} cannot be read", shown(why(error)), way_out) from error
    if not isinstance(data, dict):
        raise TracerError(f"{shown(path)} holds no results", "it is not a JSON object", way_out)
    return data


def _row(raw: Any) -> Row | None:
    """A row, or None where it has no finite value; missing columns take the value that means none."""
    if not isinstance(raw, dict):
        return None
    value, n = _float(raw.get("value")), _float(raw.get("n"))
    if value is None or not raw.get("experiment") or not raw.get("metric"):
        return None
    seed = _float(raw.get("seed"))
    known: dict[str, Any] = {field.name: "" if (v := raw.get(field.name)) is None else v for field in fields(Row)}
    for name in ("experiment", "dataset", "encoder", "attribute", "processing", "setting", "metric"):
        known[name] = str(known[name])
    known.update(
        processing=known["processing"] or "IDENTITY",
        mask_ratio=_float(raw.get("mask_ratio")) or 0.0,
        value=value,
        ci_low=_float(raw.get("ci_low")),
        ci_high=_float(raw.get("ci_high")),
        chance=_float(raw.get("chance")),
        n=int(n or 0),
        seed=None if seed is None else int(seed),
    )
    return Row(**known)


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number beyond all floats
        return None


def _dataset_name(meta: Mapping[str, Any], rows: Sequence[Row]) -> str:
    said = dataset_meta(meta).get("name")
    named = next((row.dataset for row in rows if row.dataset), "")
    return str(said or named or "photos")


def _confusions(details: Any) -> list[Confusion]:
    found = []
    for entry in details if isinstance(details, list) else []:
        if not isinstance(entry, dict):
            continue
        classes, matrix = entry.get("classes"), entry.get("confusion")
        if not (isinstance(classes, list) and isinstance(matrix, list) and len(matrix) == len(classes)):
            continue
        counts = tuple(tuple(int(_float(c) or 0) for c in line) for line in matrix if isinstance(line, list))
        if len(counts) != len(classes) or any(len(line) != len(classes) for line in counts):
            continue
        found.append(
            Confusion(
                encoder=str(entry.get("encoder") or ""),
                attribute=str(entry.get("attribute") or ""),
                processing=str(entry.get("processing") or "IDENTITY"),
                mask_ratio=_float(entry.get("mask_ratio")) or 0.0,
                classes=tuple(str(name) for name in classes),
                counts=counts,
                recalls=_recalls(entry.get("recalls"), counts),
            )
        )
    return found


def _recalls(said: Any, counts: tuple[tuple[int, ...], ...]) -> tuple[float | None, ...]:
    """The recalls as they were computed, over all repeats; from the counts where they are not given."""
    if isinstance(said, list) and len(said) == len(counts):
        return tuple(_float(value) for value in said)
    return tuple(line[i] / total if (total := sum(line)) else None for i, line in enumerate(counts))


def _audit(found: dict[str, Any] | None) -> Audit | None:
    if not found or not any(isinstance(found.get(key), list) for key in ("leaks", "confounds")):
        return None

    def entries(key: str) -> tuple[Mapping[str, Any], ...]:
        listed = found.get(key)
        return tuple(e for e in listed if isinstance(e, dict)) if isinstance(listed, list) else ()

    said = found.get("confounds_in_words")
    sentences = tuple(line for line in said if isinstance(line, str)) if isinstance(said, list) else ()
    return Audit(entries("leaks"), entries("confounds"), sentences)
