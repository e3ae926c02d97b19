"""Models of figures: where marks, intervals and the lines of guessing lie, for whatever draws them.

Positions are percentages of a panel's sides. The page's SVG takes them as coordinates, so that a figure fits any screen without
scaling its text; the files in `plots/` are drawn from the same models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

STYLES = 6
"""Encoders that get a colour and a shape of their own; where there are more, marks look alike and only labels name them."""
Styles: TypeAlias = Mapping[str, int]
"""For each encoder the number of its colour and shape; -1 for the neutral one."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, in percent of its length."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from `low` to `high` (fractions)."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Return where a value lies, in percent, clipped to the axis."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 3)


@dataclass(frozen=True, slots=True)
class Mark:
    """The place, interval and look of one row of the results.

    Attributes:
        at: place of the value, in percent of the axis.
        low, high: places of the interval's ends; None where there is no interval.
        style: number of colour and shape, -1 for the neutral one.
        hollow: whether the shape is drawn as an outline.
        tip: the row in words, for a pointer and for a screen reader.
    """

    at: float
    low: float | None
    high: float | None
    style: int
    hollow: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a dot plot: marks on one axis, with the level of guessing (or of no difference).

    Attributes:
        label: what the line shows.
        marks: from the top down.
        chance: place of the level in percent; None where it is unknown.
        value: the figures in words beside the line; empty where the marks are told apart by a legend.
    """

    label: str
    marks: tuple[Mark, ...]
    chance: float | None
    value: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a mark stands for."""

    label: str
    style: int
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Lines of marks over one axis.

    Attributes:
        title: what is shown; note: guessing and n of the rows.
        legend: of marks that do not stand for encoders.
    """

    title: str
    note: str
    scale: Scale
    lines: tuple[Line, ...]
    legend: tuple[LegendEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One encoder's points in a curve panel.

    Attributes:
        xs: places in percent, from left to right; marks: one for each, their places in percent from the top.
    """

    label: str
    style: int
    xs: tuple[float, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Rates over the steps of an axis, one series an encoder.

    Attributes:
        x_ticks: the steps; y_ticks, chance: in percent from the top, as SVG counts.
        control: whether the label is what the picture shows.
    """

    title: str
    note: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    series: tuple[Series, ...]
    chance: float | None
    control: bool


@dataclass(frozen=True, slots=True)
class Area:
    """Two distributions over one axis: photos that share a label and photos that do not.

    Attributes:
        content: which photos are compared.
        same, other: outlines as SVG paths in a box of 100 × 100 with the baseline at 100; empty where there are no photos.
        means: places of the two means in percent; None where there are no photos.
        tip: both means in words.
    """

    content: str
    same: str
    other: str
    means: tuple[float | None, float | None]
    tip: str


@dataclass(frozen=True, slots=True)
class AreaPanel:
    """The distributions of one encoder and label."""

    title: str
    encoder: str
    areas: tuple[Area, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of one colour on a map.

    Attributes:
        style: number of the colour, -1 for the neutral one.
        points: places, each (x, y) in thousandths of the panel's width, from the left and from the top.
    """

    style: int
    points: tuple[tuple[int, int], ...]

    @property
    def path(self) -> str:
        """The points as an SVG path of strokes without length, whose round or square ends are what is seen."""
        return "".join(f"M{x} {y}h0" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class MapPanel:
    """A map of photos, coloured by one label.

    Attributes:
        title: the label; note: how many photos.
        clouds: in the order in which they are drawn.
        legend: what the colours stand for; empty where the note says it.
        height: of the panel, in thousandths of its width.
    """

    title: str
    note: str
    clouds: tuple[Cloud, ...]
    legend: tuple[LegendEntry, ...]
    height: int = 1000

    @property
    def size(self) -> float:
        """Diameter of a point in pixels: smaller where there are many."""
        count = sum(len(cloud.points) for cloud in self.clouds)
        return 5.5 if count <= 300 else 4.0 if count <= 1000 else 3.0


@dataclass(frozen=True, slots=True)
class LatticeColumn:
    """The head of a column: the label, and guessing and n of its rows."""

    title: str
    note: str


@dataclass(frozen=True, slots=True)
class LatticeRow:
    """One encoder: a line of marks for each column, None where nothing was measured."""

    label: str
    cells: tuple[Line | None, ...]


@dataclass(frozen=True, slots=True)
class LatticeGroup:
    """Encoders that were trained alike."""

    name: str
    rows: tuple[LatticeRow, ...]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Any number of encoders by group, a column for each label.

    Attributes:
        scale: of each column.
        legend: what solid and hollow marks stand for; empty where there is one kind.
    """

    columns: tuple[LatticeColumn, ...]
    groups: tuple[LatticeGroup, ...]
    scale: Scale
    legend: tuple[LegendEntry, ...] = ()


class Kind(StrEnum):
    """How the panels of a figure are drawn."""

    DOTS = "dots"
    """DotPlot panels."""
    CURVES = "curves"
    """CurvePanel panels, points joined by lines."""
    BARS = "bars"
    """CurvePanel panels, points as bars."""
    AREAS = "areas"
    """AreaPanel panels."""
    MAP = "map"
    """MapPanel panels."""
    LATTICE = "lattice"
    """One Lattice."""


Panel: TypeAlias = DotPlot | CurvePanel | AreaPanel | MapPanel | Lattice


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels that belong together.

    Attributes:
        kind: how the panels are drawn.
        panels: in order.
        file: name in `plots/` without its ending; empty for a figure of the page alone.
        on_page: whether the page shows it; otherwise it is a file alone.
        title: of the file; may be empty.
        axis: what the axis of the file shows.
        heading, note: stand above it on the page; may be empty. Neighbouring figures with the same ones share them.
        legend: the encoders to name above it; None where its labels name them.
    """

    kind: Kind
    panels: tuple[Panel, ...]
    file: str = ""
    on_page: bool = True
    title: str = ""
    axis: str = ""
    heading: str = ""
    note: str = ""
    legend: Styles | None = None
