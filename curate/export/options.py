"""The options of an export as a person gives them, and what a check of the set finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from curate.operation import Asked, comma_separated
from curate.sources.made import Layout
from tracer.base.text import counted


class ExportChoice(BaseModel):
    """Which set is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: Annotated[
        bool, Field(description="Only photos of accepted pairs."), Asked(label="photos", words=("pairs", "all"))
    ] = False
    layout: Annotated[
        Layout | None,
        Field(description="The layout of the folder; by default the one that fits the photos."),
        Asked(label="layout", example="the one that fits the photos"),
    ] = None
    licenses: Annotated[
        tuple[str, ...],
        Field(description="Only photos with these licences: SPDX ids with commas."),
        comma_separated("all"),
        Asked(label="licences", example="all; or SPDX ids: CC0-1.0,CC-BY-4.0"),
    ] = ()
    match: Annotated[
        tuple[str, ...] | None,
        Field(
            description="Leave photos out until phones and other cameras are alike in these, with commas: format, "
            "resolution, aspect, orientation, jpeg_quality, jpeg_subsampling, time_of_day, edited, …"
        ),
        comma_separated("nothing", "none"),
        Asked(label="made alike in", example="nothing; or format,resolution,time_of_day,…"),
    ] = None
    keep_gps: Annotated[
        bool,
        Field(description="Keep the GPS position; it can reveal where people live."),
        Asked(label="keep GPS"),
    ] = False
    replace: Annotated[
        bool,
        Field(description="Replace an existing set, also one that another workspace wrote."),
        Asked(label="replace"),
    ] = False
    allow_loss: Annotated[
        bool, Field(description="With --replace: also if the set holds pairs or labels that the catalogue lacks.")
    ] = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A defect of a set.

    Attributes:
        check: the check that found it: `manifest`, `files`, `hashes`, `labels`, `ids`, `images`, `privacy`, `pairs`,
            `splits`, `leaks`, `card`.
        path: the file, relative to the set.
        what: one sentence.
    """

    check: str
    path: str
    what: str


def in_one_line(problems: Sequence[Problem]) -> str:
    """Put the result of a check into words."""
    if not problems:
        return "checked: ok"
    first = problems[0]
    return f"checked: ✗ {counted(len(problems), 'problem')}, such as {first.path}: {first.what}"
