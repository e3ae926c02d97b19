"""Describe decisions in words, for the messages of undo and redo."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from curate.catalog import decisions
from curate.catalog.decisions import Decision
from curate.catalog.durations import compared
from curate.catalog.labelling import KEEPER
from curate.catalog.places import as_bytes
from curate.catalog.store import Catalog
from tracer.base.text import printable_path

_NAMED = 3
"""Maximum number of photos that are named; where there are more, their number is given too."""


def in_words(catalog: Catalog, decision: Decision) -> str:
    """Describe a decision, together with the other decisions of its batch.

    Examples: `accepted 12.jpg + DSC_4.jpg`, `semantic_label = cat for 40 photos (a.jpg, b.jpg, c.jpg, …)`,
    `accepted 25 pairs`.
    """
    return step_in_words(catalog, decisions.step_of(catalog, decision))


def step_in_words(catalog: Catalog, step: Sequence[Decision]) -> str:
    """Describe the decisions of one step, oldest first."""
    if len(step) == 1:
        return _one(catalog, step[0])
    said = []
    for action in dict.fromkeys(_kind(entry) for entry in step):
        entries = [entry for entry in step if _kind(entry) == action]
        said.append(_one(catalog, entries[0]) if len(entries) == 1 else _several(action, entries))
    return "; ".join(said)


def _kind(entry: Decision) -> str:
    return f"label {entry.payload['key']}" if entry.action == "label" else entry.action


def _several(kind: str, entries: Sequence[Decision]) -> str:
    amount = len(entries)
    if kind.startswith("label "):
        photos = sum(len(entry.payload["photos"]) for entry in entries)
        return f"{kind.removeprefix('label ')} for {_count(photos, 'photo')}"
    if kind == "forget":
        return f"forgot {_count(sum(len(entry.payload['photos']) for entry in entries), 'photo')}"
    done = {"accept": "accepted {} pairs", "reject": "rejected {} pairs", "camera": "the type of {} cameras",
            "flag": "flags of {} pairs", "note": "notes on {} pairs", "clock": "the offsets of {} pairs of clocks"}  # fmt: skip
    return done.get(kind, "{} decisions: " + kind).format(f"{amount:,}")


def _one(catalog: Catalog, decision: Decision) -> str:
    said = decision.payload
    if decision.action in ("accept", "reject"):
        pair = " + ".join(_name(catalog, said[side]) for side in ("phone", "other"))
        return f"{'accepted' if decision.action == 'accept' else 'rejected'} {pair}"
    if decision.action in ("flag", "note"):
        pair = " + ".join(_name(catalog, said[side]) for side in ("phone", "other"))
        if decision.action == "flag":
            return f"flagged {pair}" if said["on"] else f"took the flag off {pair}"
        return f"noted on {pair}: {said['text']}" if said["text"] else f"removed the note on {pair}"
    if decision.action == "label":
        photos = _photos(catalog, (change["photo"] for change in said["photos"]))
        if said["key"] == KEEPER:
            return f"keep {photos} of its copies"
        return f"{said['key']} = {said['value']} for {photos}" if said["value"] else f"{said['key']} empty for {photos}"
    if decision.action == "camera":
        return f"{' '.join(filter(None, (said['make'], said['model'])))} is: {said['type']}"
    if decision.action == "clock":
        one, two = (_camera(catalog, said[side]) for side in ("camera_a", "camera_b"))
        if said["seconds"] is None:
            return f"withdrew the offset between the clocks of the {one} and the {two}"
        return f"the clock of the {two} {compared(said['seconds'])} that of the {one}"
    if decision.action == "forget":
        return f"forgot {_photos(catalog, (photo['photo'] for photo in said['photos']))}"
    if decision.action == "relocate":
        before, after = (printable_path(catalog.places.resolved(as_bytes(said[side]))) for side in ("from", "to"))
        return f"{_count(said['photos'], 'photo')} of {before} are in {after}"
    return decision.action


def _camera(catalog: Catalog, camera: str) -> str:
    """Return the name of a camera `make|model`; that itself without the sign between them where the catalogue has it not."""
    rows = catalog.connection.execute(
        "SELECT make_normalized, model_normalized FROM camera WHERE coalesce(make, '') || '|' || coalesce(model, '') = ?",
        (camera,),
    ).fetchall()
    named = " ".join(filter(None, rows[0])) if len(rows) == 1 else ""
    return named or camera.replace("|", " ").strip()


def _photos(catalog: Catalog, ids: Iterable[int]) -> str:
    photos = list(ids)
    names = []
    for photo in photos[:_NAMED]:
        row = catalog.connection.execute(
            "SELECT path FROM photo WHERE id = ?1 UNION ALL SELECT path FROM forgotten WHERE photo = ?1", (photo,)
        ).fetchone()
        names.append(os.path.basename(row["path"]) if row else f"photo {photo}")
    if len(photos) == 1:
        return names[0]
    return f"{_count(len(photos), 'photo')} ({', '.join(names)}{', …' if len(photos) > _NAMED else ''})"


def _name(catalog: Catalog, sha256: str) -> str:
    """Return the file name of a photo or a forgotten photo; the start of its sha256 where its file was replaced."""
    row = catalog.connection.execute(
        "SELECT path FROM photo WHERE sha256 = ?1 UNION ALL SELECT path FROM forgotten WHERE sha256 = ?1 LIMIT 1",
        (sha256,),
    ).fetchone()
    return os.path.basename(row["path"]) if row else f"a photo that is gone ({sha256[:8]})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
