"""The results of long work in words, photos to forget or to label, and the harvest of Flickr in a line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curate.catalog import decisions
from curate.catalog.assigning import assigned
from curate.catalog.browsing import rows_of
from curate.catalog.flickr_photos import photo_count
from curate.catalog.forgetting import forget_these
from curate.catalog.labelling import SAID_KEYS
from curate.catalog.listing import is_listed_path
from curate.catalog.naming import count_below
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.operations.ingest import Forgotten, Labelled
from curate.photos.facts import Status
from curate.tui.forms import Field, Form, words
from tracer.base.progress import Progress, Work
from tracer.base.text import counted

if TYPE_CHECKING:
    pass

_BLANK = '""'

_COMPARED = 500
"""Photos whose labels are looked at to say in a form which one they have."""


def forget_choices(catalog: Catalog, path: str) -> dict[str, str]:
    """Return what may be forgotten where a photo is: path, or "no" -> words. A photo without a file lies in no folder."""
    photo = Path(path)
    choices = {"no": "Nothing", path: f"Only {photo.name}"}
    if not is_listed_path(path):
        below = count_below(catalog, os.fsencode(photo.parent))
        choices[os.fspath(photo.parent)] = f"{counted(below, 'photo')} in {photo.parent}"
    return choices


def forgetting_these(catalog: Catalog, photos: Sequence[int]) -> Work[Forgotten]:
    """Remove some photos from the catalogue, as one step."""
    yield Progress("forgetting", 0)
    return Forgotten(forget_these(catalog, photos))


def label_form(catalog: Catalog, photos: Sequence[int]) -> Form:
    """Return the form that asks for a label of some photos: its value, and which label it is if not the semantic one."""
    rows = rows_of(catalog, photos[:_COMPARED]).values()
    same = {row["semantic_label"] for row in rows} if len(photos) <= _COMPARED else set()
    value = next(iter(same)) if len(same) == 1 else None
    fields = (
        Field("value", "value", "", f"now {value}" if value else "such as cat"),
        Field("label", "label", "semantic_label", complete=words(SAID_KEYS)),
    )
    hint = f"The label is one of {', '.join(SAID_KEYS)}. The value {_BLANK} blanks it. A person's label wins over every other."
    return Form(f"Label {counted(len(photos), 'photo')}", fields, hint)


def typed_assignment(answers: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the label and its value that were typed into the form; None for a label that is blanked.

    The line of the value is empty at first, so that Enter at once would blank labels.

    Raises:
        UsageError: no value was typed, or the label is not one that a person can give.
    """
    value = answers["value"]
    stated = assigned(answers["label"], "" if value == _BLANK else value)
    if stated[1] is None and value != _BLANK:
        raise UsageError("no value was typed", "the line is empty", f"Type one; {_BLANK} blanks the label.")
    return stated


def labelling(catalog: Catalog, photos: Sequence[int], key: str, value: str | None) -> Work[Labelled]:
    """Give photos a label, as one step of a person."""
    yield Progress("labelling", 0)
    return Labelled(decisions.label(catalog, list(photos), key, value), len(photos))


def harvest_line(catalog: Catalog) -> str:
    """Return a line about the harvest of Flickr; empty where there is none. It takes no time, however many photos there are."""
    photos = photo_count(catalog)
    if not photos:
        return ""
    statuses = dict(catalog.counts("status"))
    parts = [(statuses.get(Status.LISTED, 0), "without EXIF"), (statuses.get(Status.GONE, 0), "gone")]
    said = [f"Flickr  {counted(photos, 'photo')}", *(f"{number:,} {words}" for number, words in parts if number)]
    return ", ".join(said) + " · H"
