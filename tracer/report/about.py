"""What the page says of the run itself: the set, the protocol, the audit of the set, and how to repeat the run.

Each function gives an empty answer where the results do not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracer.base.text import counted
from tracer.results import words
from tracer.results.metrics import metric_words
from tracer.results.runs import Audit, Run
from tracer.results.tables import Cell, PlainTable, is_number, number_cell, text_cell

MOST_CLASSES = 12
"""Classes that are listed by name."""


def class_counts(run: Run) -> list[tuple[str, str]]:
    """Return the classes of each label and their test photos, from the confusion matrices, as (label, sentence)."""
    listed: dict[str, str] = {}
    for confusion in run.confusions:
        sizes = [
            (words.class_name(confusion.attribute, name), sum(line))
            for name, line in zip(confusion.classes, confusion.counts, strict=True)
        ]
        named = ", ".join(f"{name} ({size:,})" for name, size in sizes[:MOST_CLASSES])
        more = f" and {len(sizes) - MOST_CLASSES} more" if len(sizes) > MOST_CLASSES else ""
        listed.setdefault(words.title(confusion.attribute), named + more)
    return list(listed.items())


def protocol(run: Run) -> list[tuple[str, str]]:
    """Return how the figures were made, as (what, how)."""
    said = run.meta.get("protocol")
    if isinstance(said, Mapping):
        return [(_plain(str(name)), _value(value)) for name, value in said.items()]
    return [("Protocol", _value(said))] if said else []


def warnings(run: Run) -> list[str]:
    """Return where figures come from, if not from here, and what the run itself warned of."""
    said = run.meta.get("warnings")
    return [*filter(None, [run.provenance]), *(map(str, said) if isinstance(said, list) else [])]


def making(run: Run) -> list[tuple[str, str]]:
    """Return versions, device, time and seeds, as (name, value)."""
    listed = []
    of_calls = {
        r.seed for r in run.rows if not r.setting.startswith("processing,")
    }  # single draws have seeds of their own
    drawn = sorted(seed for seed in of_calls if seed is not None)
    for name in ("device", "seconds", "seed"):
        value = run.meta.get(name)
        if value is None or value == [] or value == {} or (name == "seed" and len(drawn) > 1):
            continue
        time = isinstance(value, int | float) and name == "seconds"
        listed.append(("Time" if name == "seconds" else _plain(name), words.duration(value) if time else _value(value)))
    if len(drawn) > 1 or (drawn and "seed" not in run.meta):
        listed.append(("Seeds", ", ".join(map(str, drawn))))
    versions = run.meta.get("versions")
    if isinstance(versions, Mapping) and versions:
        listed.append(("Versions", ", ".join(f"{name} {_value(value)}" for name, value in sorted(versions.items()))))
    elif isinstance(versions, str):
        listed.append(("Versions", versions))
    return listed


def _plain(name: str) -> str:
    """A key as a person writes it: `left_out` as `Left out`, `kNN` as it is."""
    text = name.replace("_", " ").strip()
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def _value(value: Any) -> str:
    """A value of the meta block on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return str(value)


@dataclass(frozen=True, slots=True)
class AuditView:
    """The audit of the set, ready to show: an opening, tables, and the audit's own sentences."""

    opening: str
    tables: tuple[PlainTable, ...]
    said: tuple[str, ...] = ()


def audit_view(audit: Audit | None) -> AuditView | None:
    """Return the audit of the set as an opening and up to two tables; None where there was no audit."""
    if audit is None:
        return None
    tables = []
    if audit.leaks:
        tables.append(_plain_table("Leaks", audit.leaks, ("a", "b", "kind", "count", "examples")))
    if audit.confounds:
        tables.append(_confounds_table(audit.confounds))
    leaks = (
        f"{counted(len(audit.leaks), 'leak')} {'was' if len(audit.leaks) == 1 else 'were'} found in the set: the"
        " parts below share what they must not share, and figures that rest on them are too high."
        if audit.leaks
        else "No leak was found in the set: its parts share no photos, scenes or people that were looked for."
    )
    confounds = (
        " A probe can also use what differs between the classes besides the camera; the table of confounds says how"
        " strongly each such property goes with the class."
        if audit.confounds
        else ""
    )
    return AuditView(leaks + confounds, tuple(tables), audit.said)


_OF_PHOTOS = {"p_value": "p, photos", "p_adjusted": "p, photos, corrected"}
_OF_MODELS = {"p_cameras": "p, camera models", "p_cameras_adjusted": "p, camera models, corrected"}
_ALIKE = ("statistic", "photos", "camera_models", "set")
"""What is told once, above the table, where it is the same of each property."""


def _confounds_table(entries: tuple[Mapping[str, Any], ...]) -> PlainTable:
    """The properties with what tells the photos of the set apart, and what tells whole camera models apart."""
    alike = [key for key in _ALIKE if len(entries) > 1 and len({_value(entry.get(key, "")) for entry in entries}) == 1]
    known = {key: entries[0][key] for key in alike if entries[0].get(key) not in (None, [], [0, 0])}
    if isinstance(models := known.get("camera_models"), list) and len(models) == 2:
        known["camera_models"] = f"{_value(models[0])} of phones, {_value(models[1])} of others"
    said = "; ".join(f"{_plain(key)}: {metric_words(_value(value))}" for key, value in known.items())
    kept = tuple(
        {key: entry[key] for key in entry if key not in alike and any(other.get(key) is not None for other in entries)}
        for entry in entries
    )
    table = _plain_table("Confounds", kept, ("name", "statistic", "value", *_OF_PHOTOS, *_OF_MODELS))
    heads = {_plain(key): head for key, head in {"name": "Property", **_OF_PHOTOS, **_OF_MODELS}.items()}
    parts = [f"{said[:1].upper()}{said[1:]}." if said else ""]
    if any(key in entry for entry in entries for key in _OF_PHOTOS):
        parts.append(
            "p of photos takes each photo as independent, which photos of one camera model are not: it speaks of this set alone."
        )
    if any(entry.get(key) is not None for entry in entries for key in _OF_MODELS):
        parts.append("p of camera models relabels whole models: it speaks of other phones and cameras too.")
    note = " ".join(filter(None, parts))
    return replace(table, heads=tuple((heads.get(head, head), numeric) for head, numeric in table.heads), note=note)


def _plain_table(name: str, entries: tuple[Mapping[str, Any], ...], first: tuple[str, ...]) -> PlainTable:
    keys = [k for k in first if any(k in e for e in entries)]
    keys += sorted({k for e in entries for k in e} - set(first))
    numeric = {k: all(is_number(e.get(k)) for e in entries if e.get(k) is not None) for k in keys}
    lines = tuple(tuple(_cell(entry.get(key), numeric[key]) for key in keys) for entry in entries)
    return PlainTable(name, tuple((_plain(key), numeric[key]) for key in keys), lines)


def _cell(value: Any, numeric: bool) -> Cell:
    if numeric:
        return number_cell(value)
    return Cell("–", "") if value is None else text_cell(metric_words(_value(value)))
