"""The key-value table `fact`: when the catalogue changed, where its sets are, which splits were drawn.

`Key` lists all keys except those of `leftout`, which are made from paths. A value that is not plain text is JSON; it is parsed
here, so that callers get records.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

T = TypeVar("T")


class Key(StrEnum):
    """The keys of the table `fact`."""

    CHANGED = "changed"
    REVISION = "revision"
    UNLOGGED = "unlogged"
    CANDIDATES = "candidates"
    CAMERA_SETTINGS = "camera_settings"
    CAMERA_RULES = "camera_rules"
    COMPARED = "compared"
    COMPARED_CLOCKS = "compared_clocks"
    SCORES_FOLLOW = "pair_model_basis"
    SCORED_CANDIDATES = "pair_model_candidates"
    EXPORTS = "exports"
    RUNS = "runs"
    MEASURED = "measured"
    SPLIT = "split"
    SPLIT_LOG = "split_log"
    THEME = "theme"
    ADVISED = "advised"
    FLICKR_CALLS = "flickr_calls"
    FLICKR_PAUSED = "flickr_paused"
    FLICKR_LICENSES = "flickr_licenses"
    FLICKR_RECHECK = "flickr_recheck"
    FLICKR_ALLOWED = "flickr_allowed"
    FLICKR_NAMES = "flickr_names"


class DrawnSplits(BaseModel):
    """The splits that `curate split` drew.

    Attributes:
        attributes: label columns that get a split file.
        group_by: groupings (owner, scene, …) that are kept on one side.
        seed: seed of the draw.
        drawn: time of the draw, ISO 8601 in UTC; empty where it was not stored.
        who: the annotator; empty where it was not stored.
    """

    model_config = ConfigDict(frozen=True)

    attributes: tuple[str, ...]
    group_by: tuple[str, ...]
    seed: int
    drawn: str = ""
    who: str = ""


class WithdrawnSplits(BaseModel):
    """An entry of the split log: drawn splits were withdrawn, and exports follow the settings again.

    Attributes:
        withdrawn: always True; tells this entry from a draw.
        drawn: time of the withdrawal, ISO 8601 in UTC.
        who: the annotator.
    """

    model_config = ConfigDict(frozen=True)

    withdrawn: Literal[True] = True
    drawn: str
    who: str


SplitEvent = Annotated[DrawnSplits | WithdrawnSplits, Field(union_mode="left_to_right")]


class SeenLicenses(BaseModel):
    """The licences as the Flickr API listed them.

    Attributes:
        day: the day on which they were asked for, ISO 8601.
        addresses: number -> address of each licence that has one.
    """

    model_config = ConfigDict(frozen=True)

    day: str
    addresses: dict[int, str]


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """One key of the table and the type of its value.

    Attributes:
        key: its name in the table.
        form: type of the value, stored as JSON; None for plain text.
    """

    key: Key
    form: TypeAdapter[T] | None = None

    def read(self, connection: sqlite3.Connection) -> T | None:
        """Return the value; None where none is stored.

        Raises:
            ValueError: the stored value has another type, as in a damaged catalogue.
        """
        text = value_of(connection, self.key)
        if text is None or self.form is None:
            return text  # type: ignore[return-value]
        return self.form.validate_python(json.loads(text))

    def keep(self, connection: sqlite3.Connection, value: T) -> None:
        """Store a value in place of the earlier one."""
        keep(connection, self.key, str(value) if self.form is None else json.dumps(self.form.dump_python(value)))

    def forget(self, connection: sqlite3.Connection) -> bool:
        """Remove the value; returns whether there was one."""
        return forget(connection, self.key)


CHANGED: Fact[str] = Fact(Key.CHANGED)
"""Time of the last change of the catalogue that is not in the decision log, ISO 8601 in UTC."""

REVISION: Fact[int] = Fact(Key.REVISION, TypeAdapter(int))
"""Number of changes of the catalogue."""

UNLOGGED: Fact[int] = Fact(Key.UNLOGGED, TypeAdapter(int))
"""Number of changes of the catalogue that are neither decisions nor scores learned from them."""

CANDIDATES: Fact[int] = Fact(Key.CANDIDATES, TypeAdapter(int))
"""Number of changes of the set of candidate pairs."""

CAMERA_SETTINGS: Fact[str] = Fact(Key.CAMERA_SETTINGS)
CAMERA_RULES: Fact[str] = Fact(Key.CAMERA_RULES)
"""The types in the settings and the version of the rules when all camera types were last resolved."""

COMPARED: Fact[tuple[int, int]] = Fact(Key.COMPARED, TypeAdapter(tuple[int, int]))
"""Numbers of phone photos and of other photos in the last pairing run."""

COMPARED_CLOCKS: Fact[list[tuple[str, str, float]]] = Fact(
    Key.COMPARED_CLOCKS, TypeAdapter(list[tuple[str, str, float]])
)
"""Camera, camera, seconds of the offsets that a person had stated at the last pairing run."""

SCORES_FOLLOW: Fact[str] = Fact(Key.SCORES_FOLLOW)
"""Hash of the decisions that the scores were computed from; empty for none."""

SCORED_CANDIDATES: Fact[int] = Fact(Key.SCORED_CANDIDATES, TypeAdapter(int))
"""The value of `CANDIDATES` when the scores were computed."""

EXPORTS: Fact[dict[str, str]] = Fact(Key.EXPORTS, TypeAdapter(dict[str, str]))
"""Folder of each written set -> the state of the catalogue that it was written from."""

RUNS: Fact[dict[str, str]] = Fact(Key.RUNS, TypeAdapter(dict[str, str]))
"""Folder of each evaluation -> folder of the set that was evaluated."""

MEASURED: Fact[dict[str, str]] = Fact(Key.MEASURED, TypeAdapter(dict[str, str]))
"""Folder of each evaluation that came to its end -> what the set held (`sources.manifest.content_of`)."""

SPLIT: Fact[DrawnSplits] = Fact(Key.SPLIT, TypeAdapter(DrawnSplits))
"""The drawn splits that exports use; absent where exports follow the settings."""

SPLIT_LOG: Fact[list[SplitEvent]] = Fact(Key.SPLIT_LOG, TypeAdapter(list[SplitEvent]))
"""The draws and withdrawals of splits, oldest first."""

THEME: Fact[str] = Fact(Key.THEME)
"""The app's colours that were chosen last."""

ADVISED: Fact[str] = Fact(Key.ADVISED)
"""The advice on the terminal's colours that the app gave; it is given once."""

FLICKR_CALLS: Fact[int] = Fact(Key.FLICKR_CALLS, TypeAdapter(int))
"""Number of calls of the Flickr API that were made from this workspace."""

FLICKR_PAUSED: Fact[float] = Fact(Key.FLICKR_PAUSED, TypeAdapter(float))
"""Unix time until which Flickr asked for no further call."""

FLICKR_LICENSES: Fact[SeenLicenses] = Fact(Key.FLICKR_LICENSES, TypeAdapter(SeenLicenses))
"""The licences as the Flickr API last listed them."""

FLICKR_RECHECK: Fact[str] = Fact(Key.FLICKR_RECHECK)
"""Time at which the recheck began that is not finished yet, ISO 8601 in UTC; absent where none is."""

FLICKR_ALLOWED: Fact[tuple[str, ...]] = Fact(Key.FLICKR_ALLOWED, TypeAdapter(tuple[str, ...]))
"""The licences whose originals a person allowed to download, as they were named last."""

FLICKR_NAMES: Fact[dict[str, str]] = Fact(Key.FLICKR_NAMES, TypeAdapter(dict[str, str]))
"""`user NAME` or `group ADDRESS` of the plan that is being begun -> its ID; absent as soon as the plan is stored."""


def count_up(connection: sqlite3.Connection, fact: Fact[int]) -> None:
    """Add one to a number, which is 0 at first."""
    connection.execute(
        "INSERT INTO fact VALUES (?, '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1", (fact.key,)
    )


def value_of(connection: sqlite3.Connection, key: str) -> str | None:
    """Return the text that is stored under a key; None where there is none."""
    row = connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def keep(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Store a text under a key, in place of the earlier one."""
    connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))


def forget(connection: sqlite3.Connection, key: str) -> bool:
    """Remove a key; returns whether it was there."""
    return connection.execute("DELETE FROM fact WHERE key = ?", (key,)).rowcount > 0


def keys_that_begin(connection: sqlite3.Connection, start: str) -> list[str]:
    """Return the keys that begin with a prefix, sorted."""
    rows = connection.execute("SELECT key FROM fact WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key", (start,))
    return [row["key"] for row in rows]


class _Kept(Protocol):
    """What has the catalogue's connection."""

    @property
    def connection(self) -> sqlite3.Connection: ...


def first_advice(catalog: _Kept, advice: str) -> bool:
    """Keep the advice that the app gives on the terminal's colours; return whether it is the first one."""
    first = ADVISED.read(catalog.connection) is None
    if first:
        ADVISED.keep(catalog.connection, advice)
    return first


def kept_theme(catalog: _Kept) -> str | None:
    """Return the name of the colours that were chosen last; None before any were."""
    return THEME.read(catalog.connection)


def keep_theme(catalog: _Kept, name: str) -> None:
    """Keep the name of the chosen colours."""
    THEME.keep(catalog.connection, name)
