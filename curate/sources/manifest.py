"""Reads a set's manifest and checks its values."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from curate.sources.made import CARD, MANIFEST, SCHEMA, Layout
from tracer.base.parsing import Unparsable, parse_json_object
from tracer.base.reading import MOST_JSON, read_bytes


class Counts(BaseModel):
    """The numbers of photos and pairs in a set."""

    model_config = ConfigDict(strict=True, frozen=True)

    photos: int = Field(0, ge=0)
    pairs: int = Field(0, ge=0)


class Manifest(BaseModel):
    """The keys of a manifest that are read; other keys are ignored.

    Attributes:
        schema_name: the schema.
        files: path relative to the set -> sha256.
        counts: the numbers of photos and pairs.
        layout: the layout of its folder.
        pairs: the option --pairs of the export.
        keep_gps: the option --keep-gps.
        licenses: the option --licenses.
        match: the option --match.
        group_by: the groupings; photos of one group are on one side of the splits.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    schema_name: Literal["lenstrace/dataset/1"] = Field(alias="schema")
    files: dict[str, str]
    counts: Counts = Counts()
    layout: Annotated[Layout, Strict(False)] = Layout.IMAGEFOLDER
    pairs: bool = False
    keep_gps: bool = False
    licenses: list[str] = []
    match: list[str] = []
    group_by: list[str] = []


def parse_manifest(data: bytes) -> Manifest:
    """Parse a manifest.

    Raises:
        Unparsable: the bytes are not the manifest of a set; the message says why.
    """
    content = parse_json_object(data)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise Unparsable(_in_words(error.errors(include_url=False)[0], content)) from error


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a set; None if the folder is not a set that curate exported, or cannot be read."""
    try:
        return parse_manifest(read_bytes(folder / MANIFEST, MOST_JSON))
    except (OSError, Unparsable):
        return None


def content_of(manifest: Manifest) -> str:
    """Return a hash of what a set holds: photos, labels and splits. Its card is left out, which tells when it was written."""
    files = sorted((name, sha256) for name, sha256 in manifest.files.items() if name != CARD)
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def content_at(folder: Path) -> str | None:
    """Return the same of the set in a folder; None where there is none."""
    told = read_manifest(folder)
    return None if told is None else content_of(told)


def _in_words(error: Any, content: dict[str, Any]) -> str:
    key = str(error["loc"][0])
    if key not in content:
        return f"it has no {key!r}"
    if key == "schema":
        return f"its schema is {str(content[key])[:80]!r}, not {SCHEMA!r}"
    return f"its {key!r} is invalid: {error['msg']}"
