"""A set's manifest, read back: checked once, so that nobody who asks it something has to expect odd values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.sources.made import MANIFEST, SCHEMA
from tracer.base.parsing import Unparsable, parse_json_object
from tracer.base.reading import MOST_JSON, read_bytes


class Counts(BaseModel):
    """How much a set holds."""

    model_config = ConfigDict(strict=True, frozen=True)

    photos: int = Field(0, ge=0)
    pairs: int = Field(0, ge=0)


class Manifest(BaseModel):
    """What is read back of a manifest. Keys that are not listed here are passed over.

    Attributes:
        files: name, relative to the set -> sha256. pairs, keep_gps, licenses, match: the options of the export.
        group_by: what was kept on one side of the splits.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    schema_name: Literal["lenstrace/dataset/1"] = Field(alias="schema")
    files: dict[str, str]
    counts: Counts = Counts()
    pairs: bool = False
    keep_gps: bool = False
    licenses: list[str] = []
    match: list[str] = []
    group_by: list[str] = []


def parse_manifest(data: bytes) -> Manifest:
    """Return what a manifest's bytes say.

    Raises:
        Unparsable: they are no manifest of a set; the message says why.
    """
    content = parse_json_object(data)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise Unparsable(_in_words(error.errors(include_url=False)[0], content)) from error


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a set; None where the folder holds no set of ours that can be read."""
    try:
        return parse_manifest(read_bytes(folder / MANIFEST, MOST_JSON))
    except (OSError, Unparsable):
        return None


def _in_words(error: Any, content: dict[str, Any]) -> str:
    key = str(error["loc"][0])
    if key not in content:
        return f"it has no {key!r}"
    if key == "schema":
        return f"its schema is {str(content[key])[:80]!r}, not {SCHEMA!r}"
    return f"its {key!r} is not what a manifest has there: {error['msg']}"
