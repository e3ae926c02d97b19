"""Many encoders in one figure: a line for each under the name of its group, a column for each label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tracer.encoders.catalogue import BY_NAME, Group
from tracer.results.figures import Lattice, LatticeColumn, LatticeGroup, LatticeRow, Line
from tracer.results.placing import level, mark, rates, shared_note
from tracer.results.rows import Row

GROUPS: Final[Mapping[Group, str]] = {
    Group.CONTRASTIVE: "Contrastive vision-language",
    Group.SUPERVISED: "Supervised",
    Group.SELF_SUPERVISED: "Self-supervised",
    Group.OFFLINE: "Bundled",
    Group.OTHER: "Others",
    Group.BASELINE: "Picture statistics, for comparison",
}
"""The names of the groups, the paper's three first."""


def group_of(encoder: str) -> Group:
    """How an encoder was trained, by its name in results; `OTHER` where the name is unknown.

    A checkpoint and random weights stand behind the name (`@FILE`, `+random0`).
    """
    entry = BY_NAME.get(encoder.partition("@")[0].partition("+random")[0])
    return Group.OTHER if entry is None else entry.group


def by_group(encoders: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The encoders under the names of their groups, those of a group in the order given."""
    members: dict[Group, list[str]] = {group: [] for group in GROUPS}
    for encoder in dict.fromkeys(encoders):
        members[group_of(encoder)].append(encoder)
    return [(GROUPS[group], names) for group, names in members.items() if names]


def lattice(columns: Mapping[str, Sequence[Row]], hollow: Mapping[str, Sequence[Row]]) -> Lattice:
    """Place rates of many encoders.

    Args:
        columns: title → the row of each encoder, drawn as solid marks.
        hollow: title → further rows, drawn as hollow marks above the solid ones.
    """
    encoders = [row.encoder for rows in columns.values() for row in rows]
    listed = [{row.encoder: row for row in rows} for rows in columns.values()]
    further = [{row.encoder: row for row in hollow.get(title, ())} for title in columns]
    groups = tuple(
        LatticeGroup(
            name,
            tuple(
                LatticeRow(
                    encoder, tuple(_cell(a.get(encoder), b.get(encoder)) for a, b in zip(listed, further, strict=True))
                )
                for encoder in names
            ),
        )
        for name, names in by_group(encoders)
    )
    heads = tuple(LatticeColumn(title, shared_note(rows)) for title, rows in columns.items())
    return Lattice(heads, groups, rates())


def _cell(solid: Row | None, hollow: Row | None) -> Line | None:
    """The marks of one encoder and label; None where there is no row."""
    rows = [(row, is_hollow) for row, is_hollow in ((hollow, True), (solid, False)) if row is not None]
    if not rows:
        return None
    marks = tuple(mark(row, rates(), hollow=is_hollow, who=row.encoder) for row, is_hollow in rows)
    return Line(rows[-1][0].encoder, marks, level(rows[-1][0], rates()), "")
