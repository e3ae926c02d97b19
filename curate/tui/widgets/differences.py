"""The labels of two photos side by side, with their differences marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from curate.tui.shown import shown

Labels = Mapping[str, Any]


class Differences(Widget):
    """One row for each label that either has: the two values, and between them `=` or `≠`, or nothing if one is missing."""

    DEFAULT_CSS = "Differences { height: auto; width: 1fr; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._sides: tuple[Labels, Labels] = ({}, {})
        self._titles = ("", "")

    def show(self, first: Labels, second: Labels, titles: tuple[str, str]) -> None:
        """Show the labels of two photos."""
        self._sides, self._titles = (first, second), titles
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=14)
        table.add_column(ratio=1)
        table.add_column(width=1)
        table.add_column(ratio=1)
        table.add_row(Text(""), Text(self._titles[0], "bold"), Text(""), Text(self._titles[1], "bold"))
        for name in rows(self._sides[0]):
            first, second = (rows(side).get(name) for side in self._sides)
            if first is None and second is None:
                continue
            differ = first is not None and second is not None and first != second
            sign = "" if first is None or second is None else "≠" if differ else "="
            style = "bright_yellow" if differ else "dim"
            table.add_row(
                Text(name, "dim"),
                shown(first, style),
                Text(sign, "bold bright_yellow" if differ else "dim"),
                shown(second, style),
            )
        return table


def rows(labels: Labels) -> dict[str, str | None]:
    """Return the compared labels as name -> value in words, the most informative first."""

    def several(*keys: str, sep: str = " ") -> str | None:
        return sep.join(str(labels[key]) for key in keys if labels.get(key) is not None) or None

    taken = labels.get("taken_at")
    if taken and labels.get("taken_precision") != "second":
        taken = f"{taken[:10]} (to the {labels.get('taken_precision')})"
    exposure = labels.get("Exposure")
    aperture = labels.get("Aperture")
    iso = labels.get("ISO Speed")
    settings = [
        f"{exposure} s" if exposure else None,
        f"f/{aperture}" if aperture else None,
        f"ISO {iso}" if iso else None,
        {"with flash": "flash", "without flash": "no flash"}.get(labels.get("Flash") or ""),
    ]
    quality = labels.get("jpeg_quality")
    encoding = [labels.get("format"), labels.get("jpeg_subsampling"), f"quality {quality}" if quality else None]
    return {
        "camera": several("make_normalized", "model_normalized"),
        "type": several("camera_type", "camera_type_rule", sep=", by ")
        if labels.get("camera_type_rule")
        else labels.get("camera_type"),
        "taken": taken.replace("T", " ") if taken else None,
        "exposure": "  ".join(part for part in settings if part) or None,
        "focal": labels.get("Focal Length"),
        "size": several("width", "height", sep=" × "),
        "encoding": "  ".join(part for part in encoding if part) or None,
        "software": labels.get("software"),
        "edited": None
        if labels.get("edited") is None
        else f"yes: {labels.get('edited_reason')}"
        if labels["edited"]
        else "no",
        "semantic label": labels.get("semantic_label"),
    }
