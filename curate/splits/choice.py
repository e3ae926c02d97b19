"""The splits that an export makes: those that `curate split` drew last, or those that the workspace's settings name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from curate.catalog.labels import ATTRIBUTES
from curate.catalog.sets import drawn_splits
from curate.catalog.store import Catalog
from curate.errors import UsageError, WorkspaceError, command
from curate.splits.groups import GroupBy
from curate.workspace.settings import SETTINGS


@dataclass(frozen=True, slots=True)
class SplitChoice:
    """The splits of an export.

    Attributes:
        attributes: the label columns that get a split file.
        group_by: the groupings; photos of one group stay on one side.
        seed: the seed of the draw.
        drawn: when `curate split` drew the splits (ISO 8601, UTC); empty if they come from the settings.
        who: who drew them; empty if they come from the settings.
    """

    attributes: tuple[str, ...]
    group_by: tuple[GroupBy, ...]
    seed: int
    drawn: str = ""
    who: str = ""

    def in_words(self, workspace: Path) -> str:
        """Say in one sentence which splits an export will make, and where that choice comes from."""
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
        """Return the choice for JSON; `from` is `split` or `settings`."""
        return {**asdict(self), "from": "split" if self.drawn else "settings"}


def chosen(catalog: Catalog) -> SplitChoice:
    """Return the splits that an export would make now.

    Raises:
        WorkspaceError: the settings name an attribute that is not a label column.
    """
    settings = catalog.workspace.settings.export
    drawn = drawn_splits(catalog)
    if drawn is not None:
        return SplitChoice(
            drawn.attributes, groupings(drawn.group_by), drawn.seed, drawn.drawn or "an earlier day", drawn.who
        )
    wrong = [name for name in settings.attributes if name not in ATTRIBUTES]
    if wrong:
        raise WorkspaceError(
            "a setting is invalid",
            f"{catalog.workspace.root / SETTINGS}: export.attributes: no split can be made by {wrong[0]!r}",
            f"Attributes are {', '.join(ATTRIBUTES)}.",
        )
    return SplitChoice(tuple(settings.attributes), get_args(GroupBy), settings.seed)


def groupings(words: Sequence[str]) -> tuple[GroupBy, ...]:
    """Return the groupings that the words name, in the fixed order of `GroupBy`.

    Raises:
        UsageError: a word is not a grouping.

    >>> groupings(["scene", "owner"])
    ('owner', 'scene')
    """
    known: tuple[GroupBy, ...] = get_args(GroupBy)
    for word in words:
        if word not in known:
            raise UsageError("that grouping is unknown", word, f"Groupings are {', '.join(known)}.")
    return tuple(word for word in known if word in words)
