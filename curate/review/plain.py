"""The review that asks line by line, for screen readers and for terminals that cannot draw pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from curate.catalog import decisions
from curate.catalog.pairs import PairRow
from curate.catalog.photos import labels_of
from curate.catalog.store import Catalog
from curate.catalog.wanted import EVERYTHING, Wanted
from curate.catalog.wording import in_words
from curate.errors import CurateError
from curate.pairing.evidence import Evidence, words
from curate.pairing.score.learning import follow
from curate.review.queue import ReviewQueue
from tracer.base.console import say
from tracer.base.text import counted

_SAID = ("make_normalized", "model_normalized", "taken_at", "Focal Length", "Exposure")
"""The labels that are printed after a photo's name."""

_KEYS = "y yes, n no, s skip, b back, a other partner, f flag, t TEXT note, u undo, r redo, q quit"
_KEYS_AT_THE_OTHERS = "o asks about the others, u undo, r redo, q quit"


def review_plain(
    catalog: Catalog, answers: TextIO | None = None, out: TextIO | None = None, wanted: Wanted = EVERYTHING
) -> None:
    """Ask about one waiting pair after the other.

    Args:
        catalog: a catalogue that is open for writing.
        answers: the stream of answers, by default standard input. Its end ends the review.
        out: the stream for questions, by default standard output.
        wanted: which pairs are asked about, and in which order.
    """
    answers, out = answers or sys.stdin, out or sys.stdout
    loop = _Loop(catalog, out, wanted)
    while loop.ask():
        line = answers.readline()
        if not line or not loop.answer(line.strip()):
            return


class _Loop:
    """The queue and what is said of it."""

    def __init__(self, catalog: Catalog, out: TextIO, wanted: Wanted) -> None:
        self._catalog, self._out = catalog, out
        self._review = ReviewQueue(catalog, wanted)

    def ask(self) -> bool:
        """Ask about the current pair; returns False where nothing waits."""
        review = self._review
        review.refresh()
        pair = review.pair
        if pair is None and not review.at_the_others:
            asked = review.wanted.in_words()
            say(f"No pair waits ({asked})." if asked else "No pair waits.", self._out)
            return False
        say(self._question(pair) if pair else _others(review), self._out)
        return True

    def answer(self, line: str) -> bool:
        """Do what an answer says; returns False where the review ends."""
        key, _, text = line.partition(" ")
        key = key.lower()
        if key == "q":
            return False
        try:
            if key in ("u", "r"):
                self._step(key)
                return True
            if self._review.pair is not None:
                return self._answered(key, text)
            if key == "o":
                self._review.go_beyond()
            else:
                say(f"Not understood. {_KEYS_AT_THE_OTHERS}", self._out)
        except CurateError as error:
            say(". ".join(error.lines()), self._out)
        return True

    def _answered(self, key: str, text: str) -> bool:
        review = self._review
        if key in ("y", "n"):
            review.decide("accept" if key == "y" else "reject")
            follow(self._catalog)
            say("accepted" if key == "y" else "rejected", self._out)
        elif key == "s":
            if review.skip():
                say(f"No pair waits except the {review.skips} skipped.", self._out)
                return False
        elif key == "b":
            if not review.go(-1):
                say("there is no pair before this one", self._out)
        elif key == "a":
            place = review.show_alternative()
            say(
                f"candidate {place[0]} of {place[1]}" if place else "this phone photo has no other candidate", self._out
            )
        elif key == "f":
            say("flagged" if review.flag() else "no longer flagged", self._out)
        elif key == "t":
            say("noted" if review.write_note(text) else "nothing changed", self._out)
        else:
            say(f"Not understood. {_KEYS}", self._out)
        return True

    def _step(self, key: str) -> None:
        done = decisions.undo(self._catalog) if key == "u" else decisions.redo(self._catalog)
        follow(self._catalog)
        if done is None:
            say(f"there is nothing to {'undo' if key == 'u' else 'redo'}", self._out)
            return
        say(f"{'taken back' if key == 'u' else 'done again'}: {in_words(self._catalog, done)}", self._out)
        if {"phone", "other"} <= done.payload.keys():
            self._review.refresh()
            self._review.show_pair_of(done.payload["phone"], done.payload["other"])

    def _question(self, pair: PairRow) -> str:
        review = self._review
        lines = [f"{review.place}. Same scene?"]
        for side, photo, path in (("Phone", pair.phone_id, pair.phone), ("Camera", pair.other_id, pair.other)):
            labels = labels_of(self._catalog, photo)
            facts = [labels.get(name) for name in _SAID]
            lines.append(f"{side}: {Path(path).name}, " + ", ".join(str(fact) for fact in facts if fact))
        share = "" if pair.score is None else "over 99" if pair.score >= 0.995 else f"{100 * pair.score:.0f}"
        score = f"{share} percent likely; " if share else ""
        evidence = Evidence.from_dict(pair.evidence)
        lines.append(f"Evidence: {score}" + "; ".join(words(evidence) if evidence else ["made by hand"]))
        remark = review.remark()
        if remark.flagged or remark.note:
            said = ["flagged"] if remark.flagged else []
            lines.append("Remarks: " + "; ".join(said + ([remark.note] if remark.note else [])))
        if pace := review.pace.in_words(review.left):
            lines.append(f"Pace: {pace}")
        lines.append(f"{_KEYS}:")
        return "\n".join(lines)


def _others(review: ReviewQueue) -> str:
    others = counted(review.waiting - review.proposed, "other candidate")
    skipped = f" except {review.skipped} skipped" if review.skipped else ""
    return (
        f"No proposed pair is left{skipped}. {others} left, less likely and most of them wrong. {_KEYS_AT_THE_OTHERS}:"
    )
