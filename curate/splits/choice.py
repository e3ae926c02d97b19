"""Which splits an export makes: those that `curate split` drew last, or those of the workspace's settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from curate.catalog.labels import ATTRIBUTES
from curate.catalog.store import Catalog, now
from curate.errors import UsageError, WorkspaceError, command
from curate.splits.groups import GroupBy
from curate.workspace.settings import SETTINGS

_KEY, _LOG = "split", "split_log"


@dataclass(frozen=True, slots=True)
class SplitChoice:
    """The splits of an export.

    Attributes:
        attributes: label columns that get a split file. group_by: what is kept on one side. seed: of the draw.
        drawn: when `curate split` drew them (ISO 8601, UTC), and who: empty where the settings say so.
    """

    attributes: tuple[str, ...]
    group_by: tuple[GroupBy, ...]
    seed: int
    drawn: str = ""
    who: str = ""

    def in_words(self, workspace: Path) -> str:
        """What an export will use, and where that comes from, as one sentence."""
        splits = ", ".join(self.attributes) or "none"
        by = f"apart by {', '.join(self.group_by)}" if self.group_by else "not kept apart"
        if not self.drawn:
            return f"splits of an export: {splits} (seed {self.seed}, {by}), as workspace.toml says"
        back = command("split", "--withdraw", workspace=workspace)
        return (
            f"splits of an export: {splits} (seed {self.seed}, {by}), as `curate split` drew them on {self.drawn}; "
            f"to go by workspace.toml again: {back}"
        )

    def as_json(self) -> dict[str, Any]:
        """The choice under its names; `from` is `split` or `settings`."""
        return {**asdict(self), "from": "split" if self.drawn else "settings"}


def chosen(catalog: Catalog) -> SplitChoice:
    """Return the splits that an export makes now.

    Raises:
        WorkspaceError: the settings name an attribute that no split can be made by.
    """
    settings = catalog.workspace.settings.export
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = ?", (_KEY,)).fetchone()
    kept = json.loads(row[0]) if row else {}
    wrong = [] if kept else [name for name in settings.attributes if name not in ATTRIBUTES]
    if wrong:
        raise WorkspaceError(
            "a setting does not fit",
            f"{catalog.workspace.root / SETTINGS}: export.attributes: no split can be made by {wrong[0]!r}",
            f"Attributes are {', '.join(ATTRIBUTES)}.",
        )
    return SplitChoice(
        attributes=tuple(kept.get("attributes", settings.attributes)),
        group_by=groupings(kept.get("group_by", get_args(GroupBy))),
        seed=kept.get("seed", settings.seed),
        drawn=(kept.get("drawn") or "an earlier day") if kept else "",
        who=kept.get("who", ""),
    )


def choose(catalog: Catalog, attributes: Sequence[str], group_by: Sequence[GroupBy], seed: int) -> SplitChoice:
    """Remember the splits that were drawn, for exports to come."""
    choice = SplitChoice(tuple(attributes), tuple(group_by), seed, now(), catalog.annotator)
    with catalog.transaction():
        catalog.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_KEY, json.dumps(asdict(choice))))
        _log(catalog, asdict(choice))
    return choice


def withdraw(catalog: Catalog) -> bool:
    """Let exports go by the settings again; returns whether that is news."""
    with catalog.transaction():
        gone = catalog.connection.execute("DELETE FROM fact WHERE key = ?", (_KEY,)).rowcount > 0
        if gone:
            _log(catalog, {"withdrawn": True, "drawn": now(), "who": catalog.annotator})
    return gone


def history(catalog: Catalog) -> list[dict[str, Any]]:
    """Return every choice and withdrawal, oldest first, with its time (`drawn`) and its annotator (`who`)."""
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = ?", (_LOG,)).fetchone()
    return list(json.loads(row[0])) if row else []


def groupings(words: Sequence[str]) -> tuple[GroupBy, ...]:
    """Return what is kept on one side, in the fixed order.

    Raises:
        UsageError: a word is not a grouping.
    """
    known: tuple[GroupBy, ...] = get_args(GroupBy)
    for word in words:
        if word not in known:
            raise UsageError("that grouping is unknown", word, f"Groupings are {', '.join(known)}.")
    return tuple(word for word in known if word in words)


def _log(catalog: Catalog, entry: dict[str, Any]) -> None:
    entries = [*history(catalog), entry]
    catalog.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_LOG, json.dumps(entries)))
    catalog.touch()
