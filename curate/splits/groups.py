"""Groups of photos that must stay on the same side of a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable
from curate.duplicates.hashes import NEAR_BITS, connected, equal_pairs, near_texts
from curate.errors import UsageError

GroupBy = Literal["owner", "scene", "duplicate"]
"""What the sides of a split must not share: a photographer, a scene, (nearly) the same picture."""

GROUP_BY: tuple[GroupBy, ...] = get_args(GroupBy)

GROUP_COLUMNS = ("photo_id", "owner", "subject_idx", "scene_idx", "sha256", "duplicate_idx", "phash")
"""The columns that decide which photos form a group."""


def groups(
    rows: PhotoTable | Iterable[LabelRow], by: Sequence[GroupBy] = GROUP_BY, bits: int = NEAR_BITS
) -> NDArray[np.intp]:
    """Return the group of each row: the connected components of the rows that share something.

    Rows with the same `photo_id` are one photo and always in one group. Photos are also joined by

    - `owner`: the same owner; null owners are not joined;
    - `scene`: the same `subject_idx` (an accepted pair) or the same `scene_idx` (photos known to show one scene);
    - `duplicate`: the same sha256, the same `duplicate_idx` (copies of one shot, `curate.duplicates.groups`), or near `phash`
      values (16 hex digits). The last joins more than copies, since photos that look alike would leak too.

    Args:
        rows: label rows; an absent key counts as null.
        by: the groupings that join photos.
        bits: the largest number of hash bits in which near duplicates differ.

    Returns:
        Group numbers (n,), parallel to the rows, from 0 in the order of first appearance.

    Raises:
        UsageError: `by` holds an unknown word.

    >>> rows = [{"photo_id": 1, "owner": "ann"}, {"photo_id": 2, "owner": "bob"}, {"photo_id": 3, "owner": "ann"}]
    >>> groups(rows).tolist()
    [0, 1, 0]
    """
    for word in by:
        if word not in GROUP_BY:
            raise UsageError(f"unknown grouping {word!r}", way_out=f"Groupings are {', '.join(GROUP_BY)}.")
    photos = PhotoTable.of(rows)
    columns = ["photo_id"]
    columns += ["owner"] if "owner" in by else []
    columns += ["subject_idx", "scene_idx"] if "scene" in by else []
    columns += ["sha256", "duplicate_idx"] if "duplicate" in by else []
    pairs = [equal_pairs(photos.codes(column)) for column in columns]
    if "duplicate" in by and "phash" in photos:
        pairs += near_texts(photos.each("phash"), bits)
    return connected(len(photos), pairs)
