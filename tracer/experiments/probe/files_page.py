"""How an answer words its confound: what file properties alone tell, and what is left on photos that are matched in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.experiments.shared.camera_page import models_in_words, told
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.pages import Details, Rows, entry_of, p_of
from tracer.results.rows import Row
from tracer.results.tables import is_number
from tracer.results.verdicts import Verdict, parted, span, together, verdict
from tracer.results.words import FILES_ALONE
from tracer.setformat.file_properties import WORDS
from tracer.stats import LEVEL

MATCHED: Final = "matched"


def of_files(row: Row) -> bool:
    """Whether a row is a figure of file properties, or of photos that are matched in them."""
    return row.encoder == FILES_ALONE or MATCHED in row.setting.split(",")


@dataclass(frozen=True, slots=True)
class Files:
    """What is known of the file properties behind one label.

    Attributes:
        label: the label.
        setting: of the figures that the answer rests on: `unseen-cameras` or `acquisition`.
        rows: of the label; balanced accuracies.
        entries: of the details, of the label.
    """

    label: str
    setting: str
    rows: Rows
    entries: Details

    @classmethod
    def of(cls, label: str, setting: str, rows: Rows, details: Details) -> Files:
        """Those of one label of a run."""
        balanced = [r for r in rows if r.attribute == label and r.metric == "balanced_accuracy"]
        return cls(label, setting, balanced, [entry for entry in details if entry.get("attribute") == label])

    def sentence(self) -> str:
        """What file properties alone tell and what is left on matched photos; empty where it was not measured."""
        alone = self._alone()
        if alone is None:
            return ""
        if self._entry(alone).get("alike") is True:
            return f"All photos are alike in their file properties ({WORDS}), so these tell nothing."
        said = f"File properties alone ({WORDS}) are right in {words.percent(alone.value)} of cases{self._test(alone)}"
        if self._of(alone) is Verdict.UNTOLD:
            models = models_in_words(self.label, [self._entry(alone)])
            said += f", too few camera models ({models}) to tell whether that is by chance"
        elif verdict(alone) is Verdict.BELOW:
            said += ", below guessing: cameras of different classes share them"
        left = self._left()
        if left:
            photos = next(self._matched_entries(), {})
            return (
                f"{said}. Among the {photos.get('matched'):,} of {photos.get('of'):,} photos that are matched in them:"
                f" {span(left)}{self._test(*left)}{self._untold(left)}."
            )
        few = next((e for e in self._matched_entries() if is_number(e.get("matched")) and is_number(e.get("of"))), None)
        if few is not None:
            return f"{said}, and only {few['matched']:,} of {few['of']:,} photos can be matched in them: too few to part the two."
        return f"{said}."

    def _untold(self, left: Rows) -> str:
        """That so few matched camera models can show nothing, whatever the figure; empty where they can."""
        entries = [self._entry(row) for row in left]
        if self.setting != UNSEEN or told(entries):
            return ""
        return f"; with {models_in_words(self.label, entries)} no relabelling can reach p < .05, so this cannot be told"

    def explain(self, found: Verdict) -> bool:
        """Whether file properties tell the label as well, and matched photos do not show that more than those is read."""
        if found not in (Verdict.ABOVE, Verdict.MIXED):
            return False
        alone = self._alone()
        if alone is None or self._of(alone) is not Verdict.ABOVE:
            return False
        left = self._left()
        return not left or together(self._of(row) for row in left) not in (Verdict.ABOVE, Verdict.MIXED)

    def _alone(self) -> Row | None:
        return next((r for r in self.rows if r.encoder == FILES_ALONE and r.setting == self.setting), None)

    def _left(self) -> list[Row]:
        """The encoders' figures on matched photos."""
        return parted(r for r in self.rows if r.setting == f"{self.setting},{MATCHED}")[0]

    def _matched_entries(self) -> Iterator[Mapping[str, Any]]:
        return (e for e in self.entries if e.get("setting") == f"{self.setting},{MATCHED}")

    def _entry(self, row: Row) -> Mapping[str, Any]:
        return entry_of(row, self.entries)

    def _p(self, row: Row) -> float | None:
        return p_of(self._entry(row))

    def _test(self, *rows: Row) -> str:
        known = [p for row in rows if (p := self._p(row)) is not None]
        shares = " to ".join(dict.fromkeys(words.p_value(p) for p in (min(known), max(known)))) if known else ""
        where = " on camera models never seen" if self.setting == UNSEEN else ""
        return f"{where} (p = {shares})" if shares else where

    def _of(self, row: Row) -> Verdict:
        """Shown where the test says so and the figure lies above guessing; by its interval where there is no test."""
        p = self._p(row)
        if p is None or row.chance is None:
            return verdict(row)
        if self.setting == UNSEEN and self._entry(row).get("told") is not True:
            return Verdict.UNTOLD
        return Verdict.ABOVE if p < LEVEL and row.value > row.chance else Verdict.OPEN
