"""Which photos must stay on the same side of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from curate.catalog.labels import LabelRow
from curate.errors import UsageError
from curate.likeness import NEAR_BITS, Components, join_near

GroupBy = Literal["owner", "scene", "duplicate"]
"""What photos may share that a split must not share: the photographer, the scene, (nearly) the same picture."""

GROUP_BY: tuple[GroupBy, ...] = get_args(GroupBy)


def groups(rows: Sequence[LabelRow], by: Sequence[GroupBy] = GROUP_BY, bits: int = NEAR_BITS) -> list[int]:
    """Return each row's group: the connected component of all that the rows share.

    Rows with the same `photo_id` are one photo and always in one group. Beyond that, photos are joined by

    - `owner`: the same owner; a null owner joins nobody;
    - `scene`: the same `subject_idx` (an accepted pair) or the same `scene_idx` (photos known to show one scene);
    - `duplicate`: the same sha256, the same `duplicate_idx` (copies of one shot, `curate.duplicates`), or near `phash`
      values (16 hex digits): more than copies, since what looks alike must not leak either.

    Args:
        rows: label rows; an absent key counts as null.
        by: what joins.
        bits: the largest number of differing hash bits of near duplicates.

    Returns:
        Group numbers, parallel to the rows, from 0 by first appearance.

    Raises:
        UsageError: `by` holds an unknown word.
    """
    for word in by:
        if word not in GROUP_BY:
            raise UsageError(f"unknown grouping {word!r}", way_out=f"Groupings are {', '.join(GROUP_BY)}.")
    components = Components(len(rows))
    columns = ["photo_id"]
    columns += ["owner"] if "owner" in by else []
    columns += ["subject_idx", "scene_idx"] if "scene" in by else []
    columns += ["sha256", "duplicate_idx"] if "duplicate" in by else []
    for column in columns:
        components.join_equal(row.get(column) for row in rows)
    if "duplicate" in by:
        join_near(components, [row.get("phash") for row in rows], bits)
    return components.labels()
