"""Which photos must stay on the same side of a split."""

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
"""What photos may share that a split must not share: the photographer, the scene, (nearly) the same picture."""

GROUP_BY: tuple[GroupBy, ...] = get_args(GroupBy)

GROUP_COLUMNS = ("photo_id", "owner", "subject_idx", "scene_idx", "sha256", "duplicate_idx", "phash")
"""The columns that tell who belongs together."""


def groups(
    rows: PhotoTable | Iterable[LabelRow], by: Sequence[GroupBy] = GROUP_BY, bits: int = NEAR_BITS
) -> NDArray[np.intp]:
    """Return each row's group: the connected component of all that the rows share.

    Rows with the same `photo_id` are one photo and always in one group. Beyond that, photos are joined by

    - `owner`: the same owner; a null owner joins nobody;
    - `scene`: the same `subject_idx` (an accepted pair) or the same `scene_idx` (photos known to show one scene);
    - `duplicate`: the same sha256, the same `duplicate_idx` (copies of one shot, `curate.duplicates.groups`), or near `phash`
      values (16 hex digits): more than copies, since what looks alike must not leak either.

    Args:
        rows: label rows; an absent key counts as null.
        by: what joins.
        bits: the largest number of differing hash bits of near duplicates.

    Returns:
        Group numbers (n,), parallel to the rows, from 0 by first appearance.

    Raises:
        UsageError: `by` holds an unknown word.
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
