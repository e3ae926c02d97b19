"""`audit.json`: a set's label counts, leaks between the sides of its splits, and confounds of the camera classes."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from curate.audit import confounds
from curate.catalog.phototable import PhotoTable
from curate.splits.check import leaks
from curate.splits.make import JointSplit, label_text


def findings(photos: PhotoTable, joint: JointSplit) -> dict[str, Any]:
    """Return the audit of an exported set.

    Returns:
        `photos`; `attributes`: attribute -> class -> photos; `splits`: attribute -> file, classes, photos of each class in
        each side, photos left out; `kept_together`; `leaks` (empty in a valid set); and the keys of `confounds.report`, as
        `curate audit` prints them.
    """
    found = []
    splits: dict[str, Any] = {}
    for attribute, split in joint.splits.items():
        splits[attribute] = {
            "file": f"splits/{split.file_name}" if split.content else None,
            "classes": len(split.content["label_encoder_classes"]) if split.content else 0,
            "photos_per_class": split.per_class,
            "left_out": [{"reason": out.reason, "photos": len(out.photos)} for out in split.left_out],
        }
        if split.content:
            shared = leaks(split.content, joint.photo_ids, joint.groups)
            found += [{"attribute": attribute, **asdict(leak)} for leak in shared]
    return {
        "photos": len(photos),
        "attributes": {attribute: _counts(photos, attribute) for attribute in joint.splits},
        "splits": splits,
        "kept_together": {"by": list(joint.group_by), "groups": len(np.unique(joint.groups))},
        "leaks": found,
        **confounds.report(photos),
    }


def _counts(photos: PhotoTable, attribute: str) -> dict[str, int]:
    counts = Counter(map(label_text, photos.values(attribute)))
    return {name: n for name, n in sorted(counts.items(), key=lambda item: str(item[0])) if name is not None}
