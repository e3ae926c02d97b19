"""Apply each kind of decision to the catalogue, and undo it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from curate.cameras.keys import camera_key
from curate.catalog.clocks import ClockOffset, put_between
from curate.catalog.forgotten import bring_back, put_aside
from curate.catalog.photos import NO_LONGER_THERE, facts_of, relabel, say, set_status, unsay
from curate.catalog.places import as_bytes, move
from curate.catalog.remarks import put_remark, remark_of
from curate.catalog.store import Catalog
from curate.photos.facts import Status

Verdict = Literal["accepted", "rejected"]
VERDICT_OF: dict[str, Verdict] = {"accept": "accepted", "reject": "rejected"}


def apply(catalog: Catalog, action: str, payload: dict[str, Any], seq: int) -> None:
    """Apply a decision."""
    if action in VERDICT_OF:
        _set_verdict(catalog, payload, [VERDICT_OF[action], payload.get("subject_idx"), seq])
    elif action == "label":
        for change in payload["photos"]:
            say(catalog, change["photo"], "person", {payload["key"]: payload["value"]}, imported="by" in payload)
            relabel(catalog, change["photo"])
    elif action == "camera":
        _set_override(catalog, payload, payload["type"])
    elif action == "clock":
        _set_clock(catalog, payload, [] if payload["seconds"] is None else [_stated(payload)])
    elif action == "forget":
        put_aside(catalog, _photos(payload), seq)
    elif action in ("flag", "note"):
        _set_remark(catalog, action, payload, payload["on" if action == "flag" else "text"])
    elif action == "relocate":
        put_aside(catalog, payload["aside"], seq)
        _move(catalog, payload)
        for photo in payload["found"]:
            facts = facts_of(catalog, photo)
            set_status(catalog, photo, facts.status, facts.error)


def take_back(catalog: Catalog, action: str, payload: dict[str, Any], seq: int) -> None:
    """Undo the effect of a decision."""
    if action in VERDICT_OF:
        _set_verdict(catalog, payload, payload["before"])
    elif action == "label":
        for change in payload["photos"]:
            if change["said"]:
                before = {payload["key"]: change["before"]}
                say(catalog, change["photo"], "person", before, imported=change.get("imported", False))
            else:
                unsay(catalog, change["photo"], "person", payload["key"])
            relabel(catalog, change["photo"])
    elif action == "camera":
        _set_override(catalog, payload, payload["before"])
    elif action == "clock":
        _set_clock(catalog, payload, map(_offset, payload["before"]))
    elif action == "forget":
        bring_back(catalog, _photos(payload), seq)
    elif action in ("flag", "note"):
        _set_remark(catalog, action, payload, payload["before"])
    elif action == "relocate":
        _move(catalog, payload, back=True)
        bring_back(catalog, payload["aside"], seq)
        for photo in payload["found"]:
            set_status(catalog, photo, Status.MISSING, NO_LONGER_THERE)


def _move(catalog: Catalog, payload: Mapping[str, Any], back: bool = False) -> None:
    for which, tables in (("paths", ("photo",)), ("forgotten", ("forgotten", "forgotten_path"))):
        moves = [(as_bytes(before), as_bytes(after)) for before, after in payload[which]]
        move(catalog.connection, ((after, before) for before, after in moves) if back else moves, tables)


def _photos(payload: Mapping[str, Any]) -> list[int]:
    return [photo["photo"] for photo in payload["photos"]]


def _set_verdict(catalog: Catalog, payload: Mapping[str, Any], verdict: list[Any] | None) -> None:
    phone, other = payload["phone"], payload["other"]
    if verdict is None:
        catalog.connection.execute("DELETE FROM verdict WHERE phone = ? AND other = ?", (phone, other))
    else:
        catalog.connection.execute(
            "INSERT INTO verdict (phone, other, status, subject_idx, seq) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (phone, other) DO UPDATE "
            "SET status = excluded.status, subject_idx = excluded.subject_idx, seq = excluded.seq",
            (phone, other, *verdict),
        )


def _set_remark(catalog: Catalog, action: str, payload: Mapping[str, Any], value: Any) -> None:
    phone, other = payload["phone"], payload["other"]
    remark = remark_of(catalog, phone, other)
    changed = replace(remark, flagged=bool(value)) if action == "flag" else replace(remark, note=value)
    put_remark(catalog, phone, other, changed)


def _set_override(catalog: Catalog, payload: Mapping[str, Any], camera_type: str | None) -> None:
    key = camera_key(payload["make"], payload["model"])
    if camera_type is None:
        catalog.connection.execute("DELETE FROM camera_override WHERE make = ? AND model = ?", key)
    else:
        catalog.connection.execute("INSERT OR REPLACE INTO camera_override VALUES (?, ?, ?)", (*key, camera_type))
    catalog.cameras.ask_again(only=key)


def _set_clock(catalog: Catalog, payload: Mapping[str, Any], offsets: Iterable[ClockOffset]) -> None:
    put_between(catalog, payload["camera_a"], payload["camera_b"], offsets)


def _stated(payload: Mapping[str, Any]) -> ClockOffset:
    """Return the offset that a person stated."""
    return ClockOffset(payload["camera_a"], payload["camera_b"], payload["seconds"], 0.0, 0, source="person")


def _offset(logged: Mapping[str, Any]) -> ClockOffset:
    """Return an offset from the log; earlier versions logged its number and origin too."""
    return ClockOffset(**{name: value for name, value in logged.items() if name not in ("number", "origin")})
