"""`audit.json`: a set's labels, that its splits leak nothing, and what else tells the two camera classes apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from curate.catalog.labels import LabelRow
from curate.splits.check import leaks
from curate.splits.make import JointSplit, label_text

CLASSES = "camera_class"
_TURNED = range(5, 9)
_FEW = 10


def findings(rows: Sequence[LabelRow], joint: JointSplit) -> dict[str, Any]:
    """Return the audit of an exported set.

    Returns:
        `photos`; `attributes`: attribute -> class -> photos; `splits`: attribute -> classes, photos of each class in
        each side, what was left out; `kept_together`; `leaks` (empty in a sound set) and `confounds` as `curate audit`
        prints them.
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
            found += [{"attribute": attribute, **asdict(leak)} for leak in leaks(split.content, joint.groups)]
    return {
        "photos": len(rows),
        "attributes": {attribute: _counts(rows, attribute) for attribute in joint.splits},
        "splits": splits,
        "kept_together": {"by": list(joint.group_by), "groups": len(set(joint.groups.values()))},
        "leaks": found,
        "confounds": confounds(rows),
    }


def confounds(rows: Sequence[LabelRow]) -> list[dict[str, Any]]:
    """Return how strongly file properties are associated with the camera class.

    A property that tells phones from cameras by itself (HEIC against JPEG, portrait against landscape) can stand in for
    the camera in any result. `value` is Cramér's V (bias-corrected, 0 to 1), `p_value` that of a chi-square test, which
    is rough where counts are small. A property that is constant, or a set of one class, has no entry.
    """
    from scipy.special import chdtrc  # scipy.stats, which wraps it, takes two seconds to import

    from tracer.stats import contingency, cramers_v

    entries = []
    for name, value_of in _PROPERTIES.items():
        known = [(row[CLASSES], value_of(row)) for row in rows if row.get(CLASSES) is not None]
        both = [(class_, value) for class_, value in known if value is not None]
        classes, values = [class_ for class_, _ in both], [value for _, value in both]
        if len(both) < _FEW or len(set(classes)) < 2 or len(set(values)) < 2:
            continue
        counts = contingency(classes, values)
        expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
        freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
        p_value = chdtrc(freedom, ((counts - expected) ** 2 / expected).sum())
        entries.append(
            {
                "name": name,
                "statistic": "cramers_v",
                "value": round(cramers_v(classes, values), 6),
                "p_value": float(f"{p_value:.6g}"),
                "photos": len(both),
            }
        )
    return entries


def _text_of(column: str) -> Callable[[LabelRow], str | None]:
    return lambda row: label_text(row.get(column))


def _resolution(row: LabelRow) -> str | None:
    sides = row.get("width"), row.get("height")
    return None if None in sides else "x".join(str(side) for side in sorted(sides, reverse=True))  # type: ignore[type-var]


def _shape(row: LabelRow) -> str | None:
    width, height = row.get("width"), row.get("height")
    if width is None or height is None:
        return None
    if row.get("orientation") in _TURNED:
        width, height = height, width
    return "landscape" if width > height else "portrait" if width < height else "square"


_PROPERTIES: dict[str, Callable[[LabelRow], str | None]] = {
    "format": _text_of("format"),
    "resolution": _resolution,
    "shape": _shape,
    "orientation": _text_of("orientation"),
    "jpeg_quality": _text_of("jpeg_quality"),
    "jpeg_subsampling": _text_of("jpeg_subsampling"),
    "edited": _text_of("edited"),
    "semantic_label": _text_of("semantic_label"),
}


def _counts(rows: Sequence[LabelRow], attribute: str) -> dict[str, int]:
    counts = Counter(label_text(row.get(attribute)) for row in rows)
    return {name: n for name, n in sorted(counts.items(), key=lambda item: str(item[0])) if name is not None}
