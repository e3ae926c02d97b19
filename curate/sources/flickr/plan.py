"""Plans of searches: what to search for, which windows, and how many photos. `curate flickr search` reads and writes them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from curate.catalog.labels import ATTRIBUTES
from curate.errors import SourceError, UsageError
from curate.sources.flickr.windows import FIRST_UPLOAD, Length, Window, sliced
from tracer.base.files import write_atomically
from tracer.base.parsing import Unparsable, parse_toml
from tracer.base.reading import read_bytes
from tracer.base.text import clean_text, quoted_path, visible_text

MOST_BYTES = 4 << 20
_SECOND = timedelta(seconds=1)
_FIRST_YEAR, _LAST_YEAR = 1826, 2100
"""Years that dates taken can have: from the first photograph on."""

_EXAMPLE = "Such as: curate flickr search --text dog --taken-from 2013 --taken-to 2014"


def first_second(text: str) -> datetime:
    """Return the first second of a year, month or day.

    Raises:
        ValueError: it is not a date.
    """
    for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            moment = datetime.strptime(text, form)
        except ValueError:
            continue
        if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return moment
    raise ValueError(f"{visible_text(text)!r} is not a date such as 2013-05-04, 2013-05 or 2013")


def last_second(text: str) -> datetime:
    """Return the last second of a year, month or day.

    >>> last_second("2013-02"), last_second("2013-05-04")
    (datetime.datetime(2013, 2, 28, 23, 59, 59), datetime.datetime(2013, 5, 4, 23, 59, 59))
    """
    start = first_second(text)
    if len(text) == 4:
        return start.replace(month=12, day=31) + timedelta(days=1) - _SECOND
    if text.count("-") == 1:
        return (start + timedelta(days=32)).replace(day=1) - _SECOND
    return start + timedelta(days=1) - _SECOND


def _clean(text: str) -> str:
    cleaned = clean_text(text)
    if cleaned is None:
        raise ValueError("it is empty")
    return cleaned


def _date(text: str) -> str:
    first_second(text)
    return text


Text = Annotated[str, AfterValidator(_clean)]
Date = Annotated[str, AfterValidator(_date)]
Count = Annotated[int, Field(gt=0)]


class Query(BaseModel):
    """One search of a plan.

    Attributes:
        label: the semantic label of the photos that it finds.
        text: words in title, description or tags.
        tags: tags, of which a photo has at least one.
        user: NSID, name or URL of the owner.
        group: ID or URL of a group.
        album: URL of an album, or its ID with `user`.
        camera: a camera as Flickr names it.
        license: Flickr's numbers of licences.
        taken_from: first day, month or year.
        taken_to: last day, month or year, which belongs to it.
        bbox: west, south, east, north in degrees.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Text | None = None
    text: Text | None = None
    tags: tuple[Text, ...] = ()
    user: Text | None = None
    group: Text | None = None
    album: Text | None = None
    camera: Text | None = None
    license: tuple[Annotated[int, Field(ge=0, le=999)], ...] = ()
    taken_from: Date | None = None
    taken_to: Date | None = None
    bbox: tuple[float, float, float, float] | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Query:
        named = (self.text, self.tags, self.user, self.group, self.album, self.camera, self.bbox, self.license)
        if not any((*named, self.taken_from, self.taken_to)):
            raise ValueError("it searches for nothing; name a text, tags, a user, a group, an album or dates")
        if self.taken_from and self.taken_to and first_second(self.taken_from) > last_second(self.taken_to):
            raise ValueError("its dates end before they begin")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError("bbox is west, south, east, north in degrees")
        if self.album and (self.text or self.tags or self.group or self.camera or self.bbox):
            raise ValueError("an album cannot be searched; only licences and dates select from it")
        return self

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """First and last second of the dates taken; None where the search names no date."""
        if self.taken_from is None and self.taken_to is None:
            return None
        first = datetime(_FIRST_YEAR, 1, 1) if self.taken_from is None else first_second(self.taken_from)
        last = datetime.now().replace(microsecond=0) + timedelta(days=1)
        return first, last if self.taken_to is None else last_second(self.taken_to)

    @property
    def is_listed(self) -> bool:
        """Whether the photos come from a list of a group or an album, which has no windows."""
        return bool(self.album or (self.group and not (self.text or self.tags or self.camera or self.bbox)))


class Plan(BaseModel):
    """Searches, and how many of their photos are taken.

    Attributes:
        search: the searches.
        limit: photos in all.
        per_owner: photos of one owner.
        per_window: photos of one window.
        window: length of a window of dates taken; by default a month with `per_window`, else all.
        targets: label column -> value -> number of photos, at which asking for EXIF stops.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: tuple[Query, ...] = Field(min_length=1)
    limit: Count | None = None
    per_owner: Count | None = None
    per_window: Count | None = None
    window: Length | None = None
    targets: dict[str, dict[Text, Count]] = {}

    @model_validator(mode="after")
    def _has_columns(self) -> Plan:
        for name in self.targets:
            if name not in ATTRIBUTES:
                raise ValueError(f"targets: {visible_text(name)} is not a label column with values to count")
        return self

    @property
    def digest(self) -> str:
        """The sha256 of the plan; equal plans share their progress."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def windows(self, query: Query) -> list[Window]:
        """Return the windows of a search; one of all time where it names no dates.

        A search by place that names nothing else has one of all dates of upload, else Flickr answers for the last twelve hours.
        """
        length = self.window or ("month" if self.per_window else "all")
        if query.is_listed or query.span is None:
            return [Window() if query.bbox is None else Window(uploaded=(FIRST_UPLOAD, int(time.time())))]
        return list(sliced(*query.span, length))


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UsageError: the file does not exist, or it is not a plan; the message says what is wrong with it.
        SourceError: it cannot be read.
    """
    try:
        content = parse_toml(read_bytes(path, MOST_BYTES))
    except FileNotFoundError as error:
        raise UsageError("there is no such plan", quoted_path(path), _EXAMPLE) from error
    except (Unparsable, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SourceError("the plan cannot be read", f"{quoted_path(path)}: {why}", "Correct the file.") from error
    return plan_from(content, quoted_path(path))


def plan_from(content: Mapping[str, Any], where: str) -> Plan:
    """Return a plan from the content of its file, or from options.

    Args:
        content: the keys of `Plan`.
        where: what holds it, for messages.

    Raises:
        UsageError: it is not a plan.
    """
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        told = error.errors(include_url=False)[0]
        place = ".".join(str(key) for key in told["loc"])
        why = told["msg"].removeprefix("Value error, ")
        raise UsageError(
            "that is not a plan", f"{where}: {visible_text(place)}{': ' * bool(place)}{visible_text(why)}", _EXAMPLE
        ) from error


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan as TOML, such that `read_plan` reads the same one."""
    content = plan.model_dump(exclude_defaults=True, mode="json")
    lines = ["# Plan of a search on Flickr. docs/flickr.md lists the keys."]
    lines += [f"{name} = {_toml(value)}" for name, value in content.items() if name not in ("search", "targets")]
    for query in content["search"]:
        lines += ["", "[[search]]", *(f"{name} = {_toml(value)}" for name, value in query.items())]
    for column, values in content.get("targets", {}).items():
        lines += ["", f"[targets.{_toml(column)}]", *(f"{_toml(value)} = {number}" for value, number in values.items())]
    write_atomically(path, ("\n".join(lines) + "\n").encode())


def _toml(value: Any) -> str:
    """Return a value in TOML; its texts are clean, so that JSON's form of them is TOML's too."""
    return json.dumps(value, ensure_ascii=False)
