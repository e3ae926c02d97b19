"""Small facts that a workspace remembers beside its tables: when it changed, where its sets lie, which splits were drawn.

They lie in the table `fact`, one key and one value each. `Key` lists all keys but those of `leftout`, which are made from
paths. A value that is not a plain text is JSON. It is parsed here, so that readers get records.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

T = TypeVar("T")


class Key(StrEnum):
    """The keys of the table `fact`."""

    CHANGED = "changed"
    REVISION = "revision"
    CANDIDATES = "candidates"
    CAMERA_SETTINGS = "camera_settings"
    CAMERA_RULES = "camera_rules"
    COMPARED = "compared"
    SCORES_FOLLOW = "pair_model_basis"
    SCORED_CANDIDATES = "pair_model_candidates"
    EXPORTS = "exports"
    RUNS = "runs"
    SPLIT = "split"
    SPLIT_LOG = "split_log"


class DrawnSplits(BaseModel):
    """The splits that `curate split` drew.

    Attributes:
        attributes: label columns that get a split file.
        group_by: what is kept on one side.
        seed: of the draw.
        drawn: when, ISO 8601 in UTC; empty where that was not kept.
        who: the annotator; empty where that was not kept.
    """

    model_config = ConfigDict(frozen=True)

    attributes: tuple[str, ...]
    group_by: tuple[str, ...]
    seed: int
    drawn: str = ""
    who: str = ""


class WithdrawnSplits(BaseModel):
    """Drawn splits were withdrawn: exports go by the settings again.

    Attributes:
        drawn: when, ISO 8601 in UTC.
        who: the annotator.
    """

    model_config = ConfigDict(frozen=True)

    withdrawn: Literal[True] = True
    drawn: str
    who: str


SplitEvent = Annotated[DrawnSplits | WithdrawnSplits, Field(union_mode="left_to_right")]


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """One key and the form of its value.

    Attributes:
        key: its name in the table.
        form: what its value is; None for a plain text.
    """

    key: Key
    form: TypeAdapter[T] | None = None

    def read(self, connection: sqlite3.Connection) -> T | None:
        """Return the value; None where nothing is kept.

        Raises:
            ValueError: what is kept has another form, as in a damaged catalogue.
        """
        text = value_of(connection, self.key)
        if text is None or self.form is None:
            return text  # type: ignore[return-value]
        return self.form.validate_python(json.loads(text))

    def keep(self, connection: sqlite3.Connection, value: T) -> None:
        """Keep a value in the place of the one before."""
        keep(connection, self.key, str(value) if self.form is None else json.dumps(self.form.dump_python(value)))

    def forget(self, connection: sqlite3.Connection) -> bool:
        """Keep nothing any more; returns whether anything was kept."""
        return forget(connection, self.key)


CHANGED: Fact[str] = Fact(Key.CHANGED)
"""When the catalogue was last changed, ISO 8601 in UTC."""

REVISION: Fact[int] = Fact(Key.REVISION, TypeAdapter(int))
"""How often the catalogue was changed."""

CANDIDATES: Fact[int] = Fact(Key.CANDIDATES, TypeAdapter(int))
"""How often candidate pairs came or went."""

CAMERA_SETTINGS: Fact[str] = Fact(Key.CAMERA_SETTINGS)
CAMERA_RULES: Fact[str] = Fact(Key.CAMERA_RULES)
"""The types that the settings state and the version of the rules, as they were when all cameras were last asked for."""

COMPARED: Fact[tuple[int, int]] = Fact(Key.COMPARED, TypeAdapter(tuple[int, int]))
"""How many phone and other photos there were when pairs were last looked for."""

SCORES_FOLLOW: Fact[str] = Fact(Key.SCORES_FOLLOW)
"""The decisions that the scores follow, as a hash; empty where they follow none."""

SCORED_CANDIDATES: Fact[int] = Fact(Key.SCORED_CANDIDATES, TypeAdapter(int))
"""The value of `CANDIDATES` when the scores were made."""

EXPORTS: Fact[dict[str, str]] = Fact(Key.EXPORTS, TypeAdapter(dict[str, str]))
"""The folders that sets were written to, each with the state of the catalogue that it was written from."""

RUNS: Fact[dict[str, str]] = Fact(Key.RUNS, TypeAdapter(dict[str, str]))
"""The folders of evaluations, each with the folder of the set that was evaluated."""

SPLIT: Fact[DrawnSplits] = Fact(Key.SPLIT, TypeAdapter(DrawnSplits))
"""The drawn splits that exports make; absent where they go by the settings."""

SPLIT_LOG: Fact[list[SplitEvent]] = Fact(Key.SPLIT_LOG, TypeAdapter(list[SplitEvent]))
"""What was drawn and withdrawn, oldest first."""


def count_up(connection: sqlite3.Connection, fact: Fact[int]) -> None:
    """Add one to a number; it is 0 before the first time."""
    connection.execute(
        "INSERT INTO fact VALUES (?, '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1", (fact.key,)
    )


def value_of(connection: sqlite3.Connection, key: str) -> str | None:
    """Return the text that is kept under a key; None where nothing is."""
    row = connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def keep(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a text under a key, in the place of the one before."""
    connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))


def forget(connection: sqlite3.Connection, key: str) -> bool:
    """Keep nothing under a key any more; returns whether anything was kept."""
    return connection.execute("DELETE FROM fact WHERE key = ?", (key,)).rowcount > 0


def keys_that_begin(connection: sqlite3.Connection, start: str) -> list[str]:
    """Return the keys that begin with some characters, in their order."""
    rows = connection.execute("SELECT key FROM fact WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key", (start,))
    return [row["key"] for row in rows]
