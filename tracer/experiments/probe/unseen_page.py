"""How the report words what a probe tells of camera models that it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.experiments.probe.beside_page import kind_alone, one_answer
from tracer.experiments.probe.files_page import Files, of_files
from tracer.experiments.shared.camera_page import few_models, model_tables, models_in_words, p_in_words, why_untold
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.pages import Details, Rows, entry_of, near_copies_in_words, p_of
from tracer.results.rows import Row
from tracer.results.tables import PlainTable, is_number
from tracer.results.verdicts import Answer, Verdict, beside, guessing, parted, span, together, verdict
from tracer.results.words import FILES_ALONE

LEVEL: Final = 0.05


def by_label(rows: Rows, details: Details) -> dict[str, Unseen]:
    """What was found on unseen cameras, for each label that goes with the camera."""
    entries = [d for d in details if d.get("setting") == UNSEEN and d.get("encoder") != FILES_ALONE]
    return {
        label: Unseen(
            label,
            [
                r
                for r in rows
                if r.attribute == label
                and r.processing == "IDENTITY"
                and r.metric == "balanced_accuracy"
                and not of_files(r)
            ],
            [entry for entry in entries if entry.get("attribute") == label],
            Files.of(label, UNSEEN, rows, details),
            [d for d in details if d.get("attribute") == label and d.get("setting") == "acquisition"],
        )
        for label in dict.fromkeys(str(entry.get("attribute")) for entry in entries)
    }


@dataclass(frozen=True, slots=True)
class Unseen:
    """Figures of one label on cameras that were not trained on, and on the known ones beside them.

    Attributes:
        rows: balanced accuracies of the label.
        entries: of the details, one for each encoder and mask.
        files: what the files' properties tell.
        known: entries of the details on known cameras.
    """

    label: str
    rows: Sequence[Row]
    entries: Details
    files: Files
    known: Details = ()

    def answer(self) -> Answer:
        """The answer; it rests on unseen cameras alone."""
        deepest = self._deepest()
        shown, baselines = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == deepest)
        found, about = self._verdict(shown), words.title(self.label)
        comment = [
            kind_alone(self.entries) if shown else "",
            one_answer(self.label, [self._entry(row) for row in shown]),
            self._why(found, shown),
            self.files.sentence(),
            self._whole(deepest),
            self._known(deepest),
        ]
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
        text, compared = " ".join(filter(None, comment)), self._beside(baselines)
        explained, further = self.files.explain(found), self._how_far(shown)
        rows = (*shown, *baselines)
        return Answer(about, sentence, text, found, rows, if_shown=further, explained=explained, compared=compared)

    def headline(self, found: Verdict, content: str = "") -> str:
        """The page's title, by the verdict that holds for all answers together; `content` as of `hidden_share`."""
        deepest = self._deepest()
        shown, _ = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == deepest)
        one = len({r.encoder for r in shown}) == 1
        who, beats = ("the encoder", "beats") if one else ("the encoders", "beat")
        if self._verdict(shown) is Verdict.MIXED:
            who = "some encoders"
        said = {
            Verdict.ABOVE: f"{who} {beats} guessing on cameras never seen",
            Verdict.MIXED: "some encoders beat guessing on cameras never seen",
            Verdict.BELOW: f"{who} {'does' if one else 'do'} not beat guessing on cameras never seen",
            Verdict.UNTOLD: "this set has too few camera models to tell",
            Verdict.OWNERS: "this set cannot tell, because its owners tell phones from cameras too"
            if self.label in words.PHONE
            else "this set cannot tell, because its owners tell it too",
            Verdict.OWNED: f"{who} {beats} guessing on cameras never seen, and so would the owner alone",
            Verdict.SUBJECTS: f"{who} {beats} guessing on cameras never seen, as what the pictures show does alone",
            Verdict.CONFOUNDED: f"{who} {beats} guessing on cameras never seen, as file properties alone do",
        }.get(
            found,
            f"{'the' if one else 'no'} encoder is {'not ' if one else ''}shown to beat guessing on cameras never seen",
        )
        if deepest and found not in (Verdict.UNTOLD, Verdict.OWNERS):
            return f"{words.title(self.label)}? {hidden_share(deepest, content)}, {said}"
        return f"{words.title(self.label)}? {said[:1].upper()}{said[1:]}"

    def _deepest(self) -> float:
        return max((r.mask_ratio for r in self.rows), default=0.0)

    def _entry(self, row: Row) -> Mapping[str, Any]:
        return entry_of(row, self.entries)

    def _p(self, row: Row) -> float | None:
        return p_of(self._entry(row))

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
        return models_in_words(self.label, self.entries)

    def _why(self, found: Verdict, rows: Sequence[Row]) -> str:
        if found is Verdict.UNTOLD:
            return why_untold(self.label, self.entries)
        known = [p for row in rows if (p := self._p(row)) is not None]
        said = [
            p_in_words(known, f"a discriminant fitted anew each time, in the probe's place{self._discriminant(rows)}")
        ]
        if known and found is Verdict.OPEN:
            said.append("No effect is shown, which does not show that there is none.")
        return " ".join(filter(None, [*said, few_models(self.entries) if known else ""]))

    def _discriminant(self, rows: Sequence[Row]) -> str:
        """The own figures of the classifier that is tested, which are not the probe's."""
        tests = [test for row in rows if isinstance(test := self._entry(row).get("chance_test"), Mapping)]
        right = [float(test["balanced_accuracy"]) for test in tests if is_number(test.get("balanced_accuracy"))]
        mean = [float(test["mean_of_relabellings"]) for test in tests if is_number(test.get("mean_of_relabellings"))]
        if not right or not mean:
            return ""
        return f"; itself right in {_between(right)}, relabelled in {_between(mean)} on average"

    def _beside(self, baselines: Sequence[Row]) -> str:
        """What the baselines reach, with their tests."""
        known = [p for row in baselines if (p := self._p(row)) is not None]
        tested = (
            f" ({p_in_words(known)[:1].lower()}{p_in_words(known)[1:-1]}{self._discriminant(baselines)})"
            if known
            else ""
        )
        return beside(baselines)[:-1] + f"{tested}." if baselines else ""

    def _how_far(self, rows: Sequence[Row]) -> str:
        """What is to be said of figures that are above guessing, and whose intervals are not."""
        if not any(self._of(row) is Verdict.ABOVE and verdict(row) is not Verdict.ABOVE for row in rows):
            return ""
        return (
            "That it is above guessing is shown, how far is not: the interval, which also allows for training on other cameras,"
            " reaches down to guessing."
        )

    def _whole(self, deepest: float) -> str:
        whole, _ = parted(r for r in self.rows if r.setting == UNSEEN and r.mask_ratio == 0.0)
        return f"With nothing hidden: {span(whole)}." if deepest and whole else ""

    def _known(self, deepest: float) -> str:
        known, _ = parted(r for r in self.rows if r.setting == "acquisition" and r.mask_ratio == deepest)
        if not known:
            return ""
        level = f" (guessing {guessing(known)})" if guessing(known) else ""
        rate = f"{span(known)}{level}"
        said = f"On other photos of cameras that were trained on, where recognising these cameras is enough: {rate}."
        entries = [entry_of(row, self.known) for row in known]
        return " ".join(filter(None, (said, one_answer(self.label, entries), near_copies_in_words(entries))))


def hidden_share(deepest: float, content: str) -> str:
    """How much of the photo is hidden, for the title; `content` is how often content is read all the same, empty if it is not."""
    still = f" (and its content still read in {content})" if content else ""
    return f"With {words.percent(deepest)} of the photo hidden{still}"


def unseen_tables(details: Details) -> list[PlainTable]:
    """Each camera model's own figure, for every label that goes with the camera."""
    note = (
        "How many photos of each camera model were named right by probes that were trained on other models. In each class every"
        " model counts the same."
    )
    return model_tables("Unseen cameras: each model", details, note)


def _between(rates: Sequence[float]) -> str:
    """The lowest and the highest of some rates."""
    return " to ".join(dict.fromkeys(words.percent(rate) for rate in (min(rates), max(rates))))
