"""How the page opens: its title and the sentence under it, worded by what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.base.text import counted
from tracer.encoders.described import described
from tracer.results import Row, words
from tracer.results.runs import Run, dataset_meta

NO_CAMERA = "No label of the camera was measured, so nothing on this page is about the camera."
_OF_PAIRS, _OF_LABELS = "retrieval", "association"
"""Experiments whose rows name no label, and whose rows are of labels alone."""


def of_camera(rows: Iterable[Row]) -> bool:
    """Whether any figure is about the camera, and not only about what photos show or how they were processed."""
    return any(
        row.experiment == _OF_PAIRS or (row.attribute not in ("", *words.SEMANTIC) and not _of_processings(row))
        for row in rows
        if row.experiment != _OF_LABELS
    )


def _of_processings(row: Row) -> bool:
    return row.processing != "IDENTITY" or row.setting.startswith("processing") or row.metric == "spd_p"


def title(run: Run, headline: str) -> str:
    """Return the page's title: the headline of the answers, where there is anything about the camera."""
    topics = _topics(run.rows)
    return headline if not topics else f"What the encoders tell of {topics}"


def deck(run: Run) -> str:
    """Return the sentence under the title: how many encoders, which set."""
    encoders = [name for name in run.encoders if not words.is_baseline(name)] or list(run.encoders)
    baselines = len(run.encoders) - len(encoders)
    photos = dataset_counts(run).get("photos")
    seen = f"on {counted(photos, 'photo')} of the set “{run.dataset}”" if photos else f"on the set “{run.dataset}”"
    if not encoders:
        return f"No figure was measured {seen}."
    one = len(encoders) == 1
    who = encoders[0] if one else f"{words.spelled(len(encoders))} visual encoders"
    topics = _topics(run.rows)
    verb, what = ("tells", "tell") if topics else ("knows", "know"), topics or "the camera behind a photo"
    said = f"What {who} {verb[not one]} {'of' if topics else 'about'} {what}, measured {seen}."
    if baselines:
        beside = "A baseline" if baselines == 1 else "Baselines"
        said += f" {beside} of plain picture statistics stand{'s' if baselines == 1 else ''} beside them."
    return f"{said} {NO_CAMERA}" if topics else said


def _topics(rows: Iterable[Row]) -> str:
    """What was measured in place of the camera; empty where the camera was, or nothing that is known here."""
    rows = [row for row in rows if row.experiment != _OF_LABELS]
    if of_camera(rows):
        return ""
    content = any(row.attribute in words.SEMANTIC and not _of_processings(row) for row in rows)
    processed = any(map(_of_processings, rows))
    named = [("what a photo shows", content), ("how a picture was processed", processed)]
    return " and of ".join(what for what, there in named if there)


def encoders(run: Run) -> list[tuple[str, str]]:
    """Return each encoder of the page with what it is, in one line."""
    named = [*run.encoders, *(words.FILES_ALONE for row in run.rows if row.encoder == words.FILES_ALONE)]
    about = run.meta.get("encoders")
    of = about if isinstance(about, dict) else {}
    return [(name, described(name) + _read_from(of.get(name))) for name in dict.fromkeys(named)]


_FEATURES: Final = {
    "projection": "its projection, which is compared with sentences, is read",
    "trunk": "its pooled output without a classifier is read",
    "output": "its output is read",
}


def _read_from(about: object) -> str:
    """Which feature of an encoder was read, of pictures of which size, and of which revision its weights are."""
    if not isinstance(about, dict) or (feature := _FEATURES.get(str(about.get("feature")))) is None:
        return ""
    revision = f"; weights from revision {about['revision']} of {about.get('source')}" if about.get("revision") else ""
    return f"; {feature}, at {about.get('size')} pixels{revision}"


def facts(run: Run) -> list[tuple[str, str]]:
    """Return the set's counts, as (name, number); a count of what is not known says so."""
    named = dataset_counts(run)
    if named.get("owners_not_kept_apart"):  # what is known of the photos' units
        named = {name: value for name, value in named.items() if name != "scenes_or_owners" or value is not None}
    return [(name.replace("_", " ").capitalize(), _count(name, value)) for name, value in named.items()]


def _count(name: str, value: int | None) -> str:
    if value is None or (value == 0 and name == "camera_models"):
        return "not known"
    return f"{value:,}" if value else "none"


def dataset_counts(run: Run) -> dict[str, int | None]:
    """Return the set's counts by name; None where the set does not tell, as of scenes and owners."""
    dataset = dataset_meta(run.meta)
    counts = dataset.get("counts")
    named = counts if isinstance(counts, dict) else None
    return {
        str(name): value
        for name, value in (dataset if named is None else named).items()
        if (value is None and named is not None)
        or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
    }


def units_known(run: Run) -> bool:
    """Whether the set tells which photos are of one scene or owner. Runs of earlier versions do not say so."""
    return dataset_counts(run).get("scenes_or_owners", 0) is not None


def units_note(run: Run) -> str:
    """Return a sentence on what photos are taken as where scenes and owners are not kept apart; empty where they are."""
    if units_known(run):
        return ""
    owners = dataset_counts(run).get("owners_not_kept_apart")
    whose = (
        f"The {counted(owners, 'owner')} of the photos are too few to be kept apart, and scenes are not known"
        if owners
        else "Scenes and owners are not known"
    )
    return f"{whose}: each photo is taken as independent of the others."
