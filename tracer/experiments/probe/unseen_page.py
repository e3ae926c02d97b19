"""How the report words what a probe tells of camera models that it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.results import words
from tracer.results.pages import Details, Rows
from tracer.results.rows import Row
from tracer.results.tables import Cell, PlainTable, is_number, number_cell, text_cell
from tracer.results.verdicts import Answer, Verdict, beside, guessing, parted, span, together, verdict
from tracer.stats import FEW_MODELS

UNSEEN: Final = "unseen-cameras"
LEVEL: Final = 0.05


def by_label(rows: Rows, details: Details) -> dict[str, Unseen]:
    """What was found on unseen cameras, for each label that goes with the camera."""
    entries = [detail for detail in details if detail.get("setting") == UNSEEN]
    return {
        label: Unseen(
            label,
            [
                r
                for r in rows
                if r.attribute == label and r.processing == "IDENTITY" and r.metric == "balanced_accuracy"
            ],
            [entry for entry in entries if entry.get("attribute") == label],
        )
        for label in dict.fromkeys(str(entry.get("attribute")) for entry in entries)
    }


@dataclass(frozen=True, slots=True)
class Unseen:
    """Figures of one label on cameras that were not trained on, and on the known ones beside them.

    Attributes:
        rows: balanced accuracies of the label.
        entries: of the details, one for each encoder and mask.
    """

    label: str
    rows: Sequence[Row]
    entries: Details

    def answer(self) -> Answer:
        """The answer; it rests on unseen cameras alone."""
        deepest = self._deepest()
        shown, baselines = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == deepest)
        found, about = self._verdict(shown), words.title(self.label)
        comment = [self._why(found, shown), self._whole(deepest), self._known(deepest)]
        if not shown:
            sentence = (
                f"Whether an encoder that {words.reads(self.label)} does so for cameras that it never saw cannot be told from"
                " this set."
            )
            return Answer(about, sentence, " ".join(filter(None, comment)), found, ())
        chance = guessing(shown)
        opening = f"From masked photos ({words.percent(deepest)} of the picture hidden), " if deepest else ""
        who = (
            shown[0].encoder
            if len(shown) == 1
            else f"{'the' if opening else 'The'} {words.spelled(len(shown))} encoders"
        )
        rate, _, bounds = span(shown).partition(" [")
        sentence = (
            f"{opening}{who} {words.reads(self.label, plural=len(shown) > 1)} in {rate} of cases"
            f"{f' [{bounds}' if bounds else ''} on camera models that the probe never saw ({self._models()})"
            f"{f', where guessing gives {chance}' if chance else ''}."
        )
        text = " ".join(filter(None, comment)) + beside(baselines)
        return Answer(about, sentence, text, found, (*shown, *baselines), if_shown=self._how_far(shown))

    def headline(self, found: Verdict) -> str:
        """The page's title, by the verdict that holds for all answers together."""
        deepest = self._deepest()
        shown, _ = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == deepest)
        one = len({r.encoder for r in shown}) == 1
        who, beats = ("the encoder", "beats") if one else ("the encoders", "beat")
        said = {
            Verdict.ABOVE: f"{who} {beats} guessing on cameras never seen",
            Verdict.MIXED: "some encoders beat guessing on cameras never seen",
            Verdict.BELOW: f"{who} {'does' if one else 'do'} not beat guessing on cameras never seen",
            Verdict.UNTOLD: "this set has too few camera models to tell",
        }.get(
            found,
            f"{'the' if one else 'no'} encoder is {'not ' if one else ''}shown to beat guessing on cameras never seen",
        )
        if deepest and found is not Verdict.UNTOLD:
            return f"{words.title(self.label)}? With {words.percent(deepest)} of the photo hidden, {said}"
        return f"{words.title(self.label)}? {said[:1].upper()}{said[1:]}"

    def _deepest(self) -> float:
        return max((r.mask_ratio for r in self.rows), default=0.0)

    def _entry(self, row: Row) -> Mapping[str, Any]:
        same = (e for e in self.entries if e.get("encoder") == row.encoder and e.get("mask_ratio") == row.mask_ratio)
        return next(same, {})

    def _p(self, row: Row) -> float | None:
        test = self._entry(row).get("chance_test")
        p = test.get("p_value") if isinstance(test, Mapping) else None
        return float(p) if isinstance(p, int | float) and is_number(p) else None

    def _verdict(self, rows: Sequence[Row]) -> Verdict:
        """Shown where the figure lies above guessing and few relabellings do as well."""
        if not rows or not all(self._entry(row).get("told") is True for row in rows):
            return Verdict.UNTOLD
        return together(self._of(row) for row in rows)

    def _of(self, row: Row) -> Verdict:
        p = self._p(row)
        if p is None or row.chance is None:
            return Verdict.UNKNOWN
        if p < LEVEL and row.value > row.chance:
            return Verdict.ABOVE
        return Verdict.BELOW if verdict(row) is Verdict.BELOW else Verdict.OPEN

    def _models(self) -> str:
        return ", ".join(f"{words.class_name(self.label, kind)}: {count}" for kind, count in self._counts().items())

    def _why(self, found: Verdict, rows: Sequence[Row]) -> str:
        if found is Verdict.UNTOLD:
            needed = next(
                (str(e["needed"]) for e in self.entries if e.get("needed")), "more camera models of each class"
            )
            return (
                f"It has too few camera models ({self._models()}); it takes {needed}, which is the least at which one question by"
                " itself can be answered. A page with several questions takes more."
            )
        known = [p for row in rows if (p := self._p(row)) is not None]
        if not known:
            return "There is no test to judge it by."
        shares = " to ".join(dict.fromkeys(f"{p:.2g}" for p in (min(known), max(known))))
        said = f"Relabelling whole camera models (a discriminant fitted anew each time, in the probe's place): p = {shares}."
        if found is Verdict.OPEN:
            said += " No effect is shown, which does not show that there is none."
        if any(count < FEW_MODELS for count in self._counts().values()):
            said += f" With fewer than {words.spelled(FEW_MODELS)} camera models in a class the interval is not known to hold."
        return said

    def _how_far(self, rows: Sequence[Row]) -> str:
        """What is to be said of figures that are above guessing, and whose intervals are not."""
        if not any(self._of(row) is Verdict.ABOVE and verdict(row) is not Verdict.ABOVE for row in rows):
            return ""
        return (
            "That it is above guessing is shown, how far is not: the interval, which also allows for training on other cameras,"
            " reaches down to guessing."
        )

    def _counts(self) -> dict[str, int]:
        """Camera models of each class."""
        held = [e["models"] for e in self.entries if isinstance(e.get("models"), Mapping)]
        return {str(kind): int(count) for kind, count in held[0].items() if is_number(count)} if held else {}

    def _whole(self, deepest: float) -> str:
        whole, _ = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == 0.0)
        return f"With nothing hidden: {span(whole)}." if deepest and whole else ""

    def _known(self, deepest: float) -> str:
        known, _ = parted(r for r in self.rows if r.setting == "acquisition" and r.mask_ratio == deepest)
        if not known:
            return ""
        who = "it recognises" if len(known) == 1 else "they recognise"
        return f"On other photos of cameras that were trained on {who} these cameras: {span(known)}, balanced over the classes."


def model_tables(details: Details) -> list[PlainTable]:
    """Each camera model's own figure, for every label that goes with the camera."""
    lines = [
        line
        for entry in details
        if entry.get("setting") == UNSEEN and isinstance(entry.get("model_figures"), list)
        for line in _model_lines(entry)
    ]
    heads = (
        ("Label", False), ("Encoder", False), ("Hidden", True), ("Class", False), ("Camera model", False), ("%", True),
        ("Photos", True),
    )  # fmt: skip
    note = (
        "How many photos of each camera model were named right by probes that were trained on other models. In each class every"
        " model counts the same."
    )
    return [PlainTable("Unseen cameras: each model", heads, tuple(lines), note, further=True)] if lines else []


def _model_lines(entry: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    label, ratio = str(entry.get("attribute") or ""), entry.get("mask_ratio")
    hidden = float(ratio) if isinstance(ratio, int | float) else 0.0
    lines: list[tuple[Cell, ...]] = []
    for one in entry["model_figures"]:
        if not isinstance(one, Mapping) or not is_number(one.get("value")):
            continue
        value = float(one["value"])
        lines.append(
            (
                text_cell(words.title(label)),
                text_cell(str(entry.get("encoder") or "")),
                Cell(words.hidden(hidden), hidden, True),
                text_cell(words.class_name(label, str(one.get("class") or ""))),
                text_cell(str(one.get("model") or "")),
                Cell(words.number(value), value, True),
                number_cell(one.get("photos") if is_number(one.get("photos")) else None),
            )
        )
    return lines
