"""Making the two camera classes alike in file properties, by leaving photos out and in no other way.

Photos whose named properties have the same values form a cell. What is kept has in every cell as many phone photos as photos
of other cameras, so that none of these properties, nor any combination of them, tells the classes apart. A pair stays or goes
whole: one whose two photos lie in different cells is kept where others make up for it. The largest such selection is an
integer circulation between the cells, which linear programming finds.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from curate.audit.properties import CLASS_COLUMN, CLASSES, PROPERTIES
from curate.catalog.labels import LabelRow
from curate.errors import UsageError

Cell = tuple[str, ...]
Unit = tuple[LabelRow, ...]
"""A pair (phone, other), or one photo that is in no pair."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A selection that is equal in some properties.

    Attributes:
        kept: the rows that stay, in their order; rows of neither class always do.
        left_out: (reason, row) of the others, in their order.
    """

    kept: list[LabelRow]
    left_out: list[tuple[str, LabelRow]]


def check_properties(names: Sequence[str]) -> None:
    """Refuse a property that is unknown, before any work.

    Raises:
        UsageError: it is unknown.
    """
    for name in names:
        if name not in PROPERTIES:
            raise UsageError("that property cannot be matched", name, f"Properties are {', '.join(PROPERTIES)}.")


def match(rows: Sequence[LabelRow], names: Sequence[str], *, pairs: bool = False, seed: int = 42) -> Matched:
    """Leave out as few photos as can be, so that phones and other cameras are equally distributed over the properties.

    The result depends on the rows, the names and the seed, never on the order of the rows.

    Args:
        rows: label rows, one a photo.
        names: properties (`curate.audit.properties`); none leaves out nothing.
        pairs: the set holds whole pairs alone: a pair that is not one phone and one other camera goes.
        seed: decides which of several photos of one cell stay.

    Raises:
        UsageError: a property is unknown.
    """
    check_properties(names)
    if not names:
        return Matched(list(rows), [])
    units, reasons = _units(rows, pairs)
    cell_of = {id(row): tuple(PROPERTIES[name].value_of(row) for name in names) for unit in units for row in unit}
    kinds: dict[tuple[Cell | None, Cell | None], list[Unit]] = defaultdict(list)
    for unit in units:
        kinds[_kind(unit, cell_of)].append(unit)
    wanted = _most_balanced({kind: len(members) for kind, members in kinds.items()})
    there = {(row[CLASS_COLUMN], cell_of[id(row)]) for unit in units for row in unit}
    for kind, members in kinds.items():
        for unit in sorted(members, key=lambda unit: _draw_key(unit, seed))[wanted[kind] :]:
            reason = _why(unit, kind, names, there)
            reasons.update((id(row), reason) for row in unit)
    return Matched(
        [row for row in rows if id(row) not in reasons],
        [(reasons[id(row)], row) for row in rows if id(row) in reasons],
    )


def _units(rows: Sequence[LabelRow], pairs: bool) -> tuple[list[Unit], dict[int, str]]:
    """What stays or goes together; and, where only pairs may stay, why some rows must go at once."""
    members: dict[int, list[LabelRow]] = defaultdict(list)
    for row in rows:
        if row.get("subject_idx") is not None:
            members[row["subject_idx"]].append(row)
    units: list[Unit] = []
    reasons: dict[int, str] = {}
    paired: set[int] = set()
    for pair in members.values():
        sides = {row.get(CLASS_COLUMN): row for row in pair}
        if len(pair) == 2 and set(sides) == set(CLASSES):
            units.append((sides[CLASSES[0]], sides[CLASSES[1]]))
            paired |= {id(row) for row in pair}
        elif pairs:
            reasons.update((id(row), "--match: its pair is not one phone and one other camera") for row in pair)
    gone = paired | reasons.keys()
    units += [(row,) for row in rows if row.get(CLASS_COLUMN) in CLASSES and id(row) not in gone]
    return units, reasons


def _kind(unit: Unit, cell_of: dict[int, Cell]) -> tuple[Cell | None, Cell | None]:
    """The cells of a unit's phone photo and other photo; None where it has none."""
    cells = {row[CLASS_COLUMN]: cell_of[id(row)] for row in unit}
    return cells.get(CLASSES[0]), cells.get(CLASSES[1])


def _most_balanced(there: dict[tuple[Cell | None, Cell | None], int]) -> dict[tuple[Cell | None, Cell | None], int]:
    """How many units of each kind to keep, so that each cell balances and most photos stay."""
    kept = {kind: n for kind, n in there.items() if kind[0] == kind[1]}
    moving = sorted((kind for kind in there if kind[0] != kind[1]), key=repr)
    if not moving:
        return kept
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    cells = {cell: k for k, cell in enumerate(sorted({c for kind in moving for c in kind if c is not None}))}
    entries = [
        (cells[cell], k, sign)
        for k, kind in enumerate(moving)
        for cell, sign in zip(kind, (1.0, -1.0), strict=True)
        if cell is not None
    ]
    row, column, value = (np.array(part) for part in zip(*entries, strict=True))
    balance = coo_array((value, (row, column)), shape=(len(cells), len(moving))).tocsr()
    found = milp(
        -np.array([float(sum(cell is not None for cell in kind)) for kind in moving]),
        integrality=np.ones(len(moving)),
        bounds=Bounds(0, np.array([float(there[kind]) for kind in moving])),
        constraints=LinearConstraint(balance, 0, 0),
    )
    if found.x is None:
        raise RuntimeError(f"no balanced selection was found: {found.message}")
    return kept | {kind: round(n) for kind, n in zip(moving, found.x.tolist(), strict=True)}


def _why(unit: Unit, kind: tuple[Cell | None, Cell | None], names: Sequence[str], there: set[tuple[str, Cell]]) -> str:
    what = ", ".join(names)
    if len(unit) == 2:
        return f"--match: its pair differs in {what}, and no other pair or photo makes up for it"
    (own,) = (cell for cell in kind if cell is not None)
    other = CLASSES[1] if kind[0] is not None else CLASSES[0]
    if (other, own) not in there:
        return f"--match: no photo of the other class has the same {what}"
    return f"--match: more photos of its class than of the other have the same {what}"


def _draw_key(unit: Unit, seed: int) -> bytes:
    names = ":".join(str(row.get("photo_id")) for row in unit)
    return hashlib.blake2b(f"{seed}:{names}".encode(), digest_size=8).digest()
