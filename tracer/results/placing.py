"""Places rows of the results on the axes of figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracer.results import words
from tracer.results.figures import STYLES, CurvePanel, Line, Mark, Scale, Series, Styles, Tick
from tracer.results.metrics import SIGNED, Unit, facts
from tracer.results.rows import Row

MOST_LABELS = 6
"""Steps of an axis whose texts stand beside each other without touching."""
SOME_LABELS = 4
"""Texts of an axis of more steps."""


@dataclass(frozen=True, slots=True)
class Steps:
    """An axis of evenly spaced steps.

    Attributes:
        of: the step of a row.
        in_words: the same as part of a sentence.
        labels: the steps in order, with the text of each.
    """

    of: Callable[[Row], float | str]
    in_words: Callable[[Row], str]
    labels: Mapping[float | str, str]

    def places(self) -> dict[float | str, float]:
        """Return where each step lies in percent, with room on the left for the labels of the other axis."""
        left, right = 25.0, 10.0
        step = (100 - left - right) / max(len(self.labels) - 1, 1)
        return {name: round(left + i * step, 3) for i, name in enumerate(self.labels)}

    def ticks(self) -> tuple[Tick, ...]:
        """Return a tick for each step; where they are many, only some have their text, the first and the last among them."""
        last, places = len(self.labels) - 1, self.places()
        few = last < MOST_LABELS
        shown = set(range(last + 1)) if few else {round(i * last / (SOME_LABELS - 1)) for i in range(SOME_LABELS)}
        return tuple(
            Tick(places[name], label if i in shown else "") for i, (name, label) in enumerate(self.labels.items())
        )


def style_of(encoders: Sequence[str]) -> dict[str, int]:
    """Give each encoder the number of a colour and shape; -1 for all where there are too many to tell apart."""
    return {name: i if len(encoders) <= STYLES else -1 for i, name in enumerate(encoders)}


def rates() -> Scale:
    """The axis of every rate: 0 to 100 %, never cut, so that sizes can be compared between figures."""
    return Scale(0.0, 1.0, tuple(Tick(100 * v, words.percent(v)) for v in (0.0, 0.25, 0.5, 0.75, 1.0)))


def scale_for(rows: Iterable[Row]) -> Scale:
    """Return the axis for some rows: 0 to 100 %, or for differences a round range that holds them and zero."""
    listed = list(rows)
    if listed and all(facts(r.metric).unit is Unit.COEFFICIENT for r in listed):
        return Scale(0.0, 1.0, tuple(Tick(25.0 * i, f"{i / 4:g}") for i in range(5)))
    ends = [v for r in listed for v in (r.value, r.ci_low, r.ci_high) if v is not None] or [0.0]
    if min(ends) >= 0 and not all(facts(r.metric).is_difference for r in listed):
        return rates()
    reach = max(_round_up(max(abs(v) for v in ends)), _LEAST_REACH)
    low = -reach if min(ends) < 0 or any(r.metric == SIGNED for r in listed) else 0.0
    values = [low + i * (reach - low) / 4 for i in range(5)]
    decimals = 0 if all(abs(100 * v - round(100 * v)) < 1e-9 for v in values) else 1
    return Scale(
        low, reach, tuple(Tick(25.0 * i, words.number(v, decimals, signed=low < 0)) for i, v in enumerate(values))
    )


_LEAST_REACH = 0.02
"""Of the axis of differences: its labels differ by half a point."""


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 × 10^k: each of them parts into four round steps."""
    if value <= 0:
        return 0.04
    base = 10.0 ** math.floor(math.log10(value))
    return next(step * base for step in (1, 2, 4, 6, 8, 10) if step * base >= value * (1 - 1e-9))


def describe(row: Row) -> str:
    """Return one row in words: value, interval, guessing and n."""
    unit = facts(row.metric).unit
    signed = unit is Unit.POINTS and (row.value < 0 or (row.ci_low or 0) < 0)
    ending = {Unit.POINTS: " points", Unit.COEFFICIENT: "", Unit.SHARE: words.THIN + "%"}[unit]
    parts = [value_text(row, signed) + ending, interval_text(row, signed)]
    if unit is Unit.SHARE:
        parts.append("guessing " + words.percent(row.chance, 1) if row.chance is not None else "guessing unknown")
    parts.append(f"n = {row.n:,}")
    return ", ".join(parts)


def value_text(row: Row, signed: bool = False) -> str:
    """Return a row's value as a table writes it, without a unit."""
    if facts(row.metric).unit is Unit.COEFFICIENT:
        return words.plain(row.value)
    return words.number(row.value, signed=signed)


def interval_text(row: Row, signed: bool = False) -> str:
    """Return a row's interval as a table writes it."""
    if facts(row.metric).unit is Unit.COEFFICIENT and row.ci_low is not None and row.ci_high is not None:
        return f"[{words.plain(row.ci_low)}–{words.plain(row.ci_high)}]"
    return words.interval(row.ci_low, row.ci_high, signed=signed)


def mark(row: Row, scale: Scale, style: int = -1, hollow: bool = False, who: str = "") -> Mark:
    """Place one row on an axis."""
    both = row.ci_low is not None and row.ci_high is not None
    return Mark(
        at=scale.at(row.value),
        low=scale.at(row.ci_low) if both and row.ci_low is not None else None,
        high=scale.at(row.ci_high) if both and row.ci_high is not None else None,
        style=style,
        hollow=hollow,
        tip=f"{who}: {describe(row)}" if who else describe(row),
    )


def no_effect(row: Row) -> float | None:
    """Return the value that shows no effect: guessing for a share, zero for a difference or a coefficient."""
    return row.chance if facts(row.metric).unit is Unit.SHARE else 0.0


def level(row: Row, scale: Scale) -> float | None:
    """Return the place of the dashed line that marks no effect; None where it is unknown."""
    value = no_effect(row)
    return None if value is None else scale.at(value)


def line(row: Row, scale: Scale, style: int = -1, label: str = "") -> Line:
    """Return a line with a single mark."""
    signed = scale.low < 0
    value = f"{value_text(row, signed)} {interval_text(row, signed)}"
    return Line(label, (mark(row, scale, style, who=label),), level(row, scale), value)


def curve_panel(attribute: str, rows: Sequence[Row], steps: Steps, styles: Styles) -> CurvePanel:
    """Return the panel of one label: rates over the steps, one series an encoder, guessing as the mean of the rows' chance."""
    scale, places, order = rates(), steps.places(), list(steps.labels)
    series = []
    for encoder in dict.fromkeys(r.encoder for r in rows):
        style = styles.get(encoder, -1)
        points = sorted((r for r in rows if r.encoder == encoder), key=lambda r: order.index(steps.of(r)))
        marks = [_from_top(mark(r, scale, style, who=f"{encoder}, {steps.in_words(r)}")) for r in points]
        series.append(Series(encoder, style, tuple(places[steps.of(r)] for r in points), tuple(marks)))
    known = [r.chance for r in rows if r.chance is not None]
    guess = f"guessing {words.percent(sum(known) / len(known), 1)}, " if known else ""
    return CurvePanel(
        title=words.title(attribute),
        note=guess + n_note(rows),
        x_ticks=steps.ticks(),
        y_ticks=tuple(Tick(100 - t.at, t.label) for t in scale.ticks),
        series=tuple(series),
        chance=100 - scale.at(sum(known) / len(known)) if known else None,
        control=attribute in words.SEMANTIC,
    )


def _from_top(m: Mark) -> Mark:
    flip = [None if v is None else round(100 - v, 3) for v in (m.at, m.low, m.high)]
    return Mark(flip[0] or 0.0, flip[1], flip[2], m.style, m.hollow, m.tip)


def shared_note(rows: Sequence[Row]) -> str:
    """Return guessing and n of some rows, each as a span where the rows differ."""
    known = sorted({round(r.chance, 4) for r in rows if r.chance is not None})
    parts = []
    if known:
        low, high = words.percent(known[0], 1), words.percent(known[-1], 1)
        parts.append(f"guessing {low}" if low == high else f"guessing {low} to {high}")
    return ", ".join([*parts, n_note(rows)])


def n_note(rows: Sequence[Row]) -> str:
    """Return how many photos or searches are behind the rows: `n = 60`, or `n = 60 to 80`."""
    ns = sorted({r.n for r in rows})
    return f"n = {ns[0]:,}" if len(ns) == 1 else f"n = {ns[0]:,} to {ns[-1]:,}"
