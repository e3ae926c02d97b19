"""Matches the two camera classes in file properties by leaving photos out.

Photos with the same values of the named properties form a cell. The photos that are kept have in every cell as many phone
photos as photos of other cameras, so that neither these properties nor any combination of them separates the classes. A pair
is kept or left out as a whole; a pair whose two photos lie in different cells is kept if other pairs or photos compensate.
The largest such selection is an integer circulation between the cells, which is found by mixed-integer linear programming.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.audit.properties import CLASS_COLUMN, CLASSES, PROPERTIES, coded
from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable, combined
from curate.errors import UsageError

Cell = tuple[str, ...]
Kind = tuple[Cell | None, Cell | None]
"""The cells of a unit's phone photo and of its other photo; None if it has no such photo. A unit is a pair or a single photo."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A selection of photos in which the classes are equally distributed over some properties.

    Attributes:
        kept: the row indices of the photos that are kept, ascending; photos of neither class are always kept.
        left_out: reason -> the row indices of the photos that are left out.
    """

    kept: NDArray[np.intp]
    left_out: dict[str, NDArray[np.intp]]


def check_properties(names: Sequence[str]) -> None:
    """Check that all properties are known.

    Raises:
        UsageError: a property is unknown.
    """
    for name in names:
        if name not in PROPERTIES:
            raise UsageError("that property cannot be matched", name, f"Properties are {', '.join(PROPERTIES)}.")


def match(
    rows: PhotoTable | Iterable[LabelRow], names: Sequence[str], *, pairs: bool = False, seed: int = 42
) -> Matched:
    """Leave out as few photos as possible, so that phones and other cameras are equally distributed over the properties.

    The result depends on the rows, the names and the seed, never on the order of the rows.

    Args:
        rows: label rows, one per photo.
        names: names of properties (`curate.audit.properties`); without any, nothing is left out.
        pairs: whether the set holds only whole pairs; a pair that is not one phone and one other camera is then left out.
        seed: decides which of several photos of one cell are kept.

    Raises:
        UsageError: a property is unknown.
    """
    check_properties(names)
    photos = PhotoTable.of(rows)
    if not names:
        return Matched(np.arange(len(photos)), {})
    left_out: dict[str, list[NDArray[np.intp]]] = defaultdict(list)
    units, broken = _units(photos, pairs)
    left_out["--match: its pair is not one phone and one other camera"].append(broken)
    cell_of, cells = _cells(photos, names)
    kinds: dict[Kind, NDArray[np.intp]] = {}
    pairs_of_cells, kind_of = np.unique(np.append(cell_of, -1)[units], axis=0, return_inverse=True)
    for number, (phone, other) in enumerate(pairs_of_cells.tolist()):
        kinds[cells[phone], cells[other]] = units[kind_of == number]
    wanted = _most_balanced({kind: len(members) for kind, members in kinds.items()})
    there = [{kind[side] for kind in kinds} for side in (0, 1)]
    ids = photos.values("photo_id")
    for kind, members in kinds.items():
        keys = [_draw_key([ids[place] for place in unit if place >= 0], seed) for unit in members.tolist()]
        gone = members[sorted(range(len(keys)), key=keys.__getitem__)[wanted[kind] :]]
        left_out[_why(kind, names, there)].append(gone[gone >= 0])
    reasons = {why: np.sort(np.concatenate(places)) for why, places in left_out.items()}
    kept = np.setdiff1d(np.arange(len(photos)), np.concatenate([np.empty(0, np.intp), *reasons.values()]))
    return Matched(kept, {why: places for why, places in reasons.items() if len(places)})


def _cells(photos: PhotoTable, names: Sequence[str]) -> tuple[NDArray[np.int64], list[Cell | None]]:
    """Return each photo's cell number (n,), and the cells by number; the last one is None."""
    of_each = [coded(PROPERTIES[name], photos) for name in names]
    _, first, number = np.unique(combined([codes for codes, _ in of_each]), return_index=True, return_inverse=True)
    values = [[texts[k] for k in codes[first].tolist()] for codes, texts in of_each]
    return number, [*zip(*values, strict=True), None]


def _units(photos: PhotoTable, pairs: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the units that are kept or left out together, and the photos in broken pairs.

    Returns:
        The row indices of each unit's phone photo and other photo (m, 2), -1 if it has none; and, if `pairs`, the row indices
        of photos whose pair is not one phone and one other camera.
    """
    class_, kinds = photos.coded(CLASS_COLUMN)
    side = np.array([*(CLASSES.index(kind) if kind in CLASSES else -1 for kind in kinds), -1])[class_]
    subject = photos.codes("subject_idx")
    several = np.flatnonzero(subject >= 0)
    members = np.bincount(subject[several], minlength=1)
    on_side = [np.bincount(subject[several][side[several] == number], minlength=len(members)) for number in (0, 1)]
    whole = (members == 2) & (on_side[0] == 1) & (on_side[1] == 1)
    paired = (subject >= 0) & whole[subject]
    of_pairs = [np.flatnonzero(paired & (side == number)) for number in (0, 1)]
    joined = np.column_stack([places[np.argsort(subject[places])] for places in of_pairs])
    broken = np.flatnonzero((subject >= 0) & ~paired) if pairs else np.empty(0, np.intp)
    alone = np.setdiff1d(np.flatnonzero((side >= 0) & ~paired), broken)
    single = np.full((len(alone), 2), -1)
    single[np.arange(len(alone)), side[alone]] = alone
    return np.concatenate([joined, single]), broken


def _most_balanced(there: dict[Kind, int]) -> dict[Kind, int]:
    """Return how many units of each kind to keep, so that each cell is balanced and as many photos as possible are kept."""
    kept = {kind: n for kind, n in there.items() if kind[0] == kind[1]}
    moving = sorted((kind for kind in there if kind[0] != kind[1]), key=repr)
    if not moving:
        return kept
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


def _why(kind: Kind, names: Sequence[str], there: Sequence[set[Cell | None]]) -> str:
    """Return why units of a kind are left out; `there` holds the cells of phones and the cells of other cameras."""
    what = ", ".join(names)
    if None not in kind:
        return f"--match: its pair differs in {what}, and no other pair or photo compensates"
    phone, other = kind
    if (other not in there[0]) if phone is None else (phone not in there[1]):
        return f"--match: no photo of the other class has the same {what}"
    return f"--match: more photos of its class than of the other have the same {what}"


def _draw_key(photo_ids: Iterable[object], seed: int) -> bytes:
    names = ":".join(map(str, photo_ids))
    return hashlib.blake2b(f"{seed}:{names}".encode(), digest_size=8).digest()
