"""The review that asks line by line, for screen readers and for terminals that cannot draw pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from curate.catalog import decisions
from curate.catalog.pairs import PairRow
from curate.catalog.photos import labels_of
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import CurateError
from curate.pairing.evidence import Evidence, words
from curate.pairing.score.learning import follow
from curate.review.queue import ReviewQueue
from tracer.base.console import say
from tracer.base.text import counted

_SAID = ("make_normalized", "model_normalized", "taken_at", "Focal Length", "Exposure")
"""The labels that are printed after a photo's name."""

_KEYS = "y yes, n no, s skip, u undo, q quit"
_KEYS_AT_THE_OTHERS = "o asks about the others, u undo, q quit"


def review_plain(catalog: Catalog, answers: TextIO | None = None, out: TextIO | None = None) -> None:
    """Ask about one waiting pair after the other.

    Args:
        catalog: a catalogue that is open for writing.
        answers: the stream of answers, by default standard input. Its end ends the review.
        out: the stream for questions, by default standard output.
    """
    answers, out = answers or sys.stdin, out or sys.stdout
    review = ReviewQueue(catalog)
    while True:
        review.refresh()
        pair = review.pair
        if pair is None and not review.at_the_others:
            say("No pair waits.", out)
            return
        say(_question(catalog, pair, review.place) if pair else _others(review), out)
        line = answers.readline()
        answer = line.strip().lower()
        if not line or answer == "q":
            return
        try:
            if pair is None and answer == "o":
                review.go_beyond()
            elif pair is not None and answer in ("y", "n"):
                review.decide("accept" if answer == "y" else "reject")
                follow(catalog)
                say("accepted" if answer == "y" else "rejected", out)
            elif pair is not None and answer == "s":
                if review.skip():
                    say(f"No pair waits except the {review.skips} skipped.", out)
                    return
            elif answer == "u":
                taken_back = decisions.undo(catalog)
                follow(catalog)
                say(
                    f"taken back: {in_words(catalog, taken_back)}" if taken_back else "there is nothing to undo",
                    out,
                )
            else:
                say(f"Not understood. {_KEYS if pair else _KEYS_AT_THE_OTHERS}", out)
        except CurateError as error:
            say(". ".join(error.lines()), out)


def _others(review: ReviewQueue) -> str:
    others = counted(review.waiting - review.proposed, "other candidate")
    skipped = f" except {review.skipped} skipped" if review.skipped else ""
    return (
        f"No proposed pair is left{skipped}. {others} left, less likely and most of them wrong. {_KEYS_AT_THE_OTHERS}:"
    )


def _question(catalog: Catalog, pair: PairRow, place: str) -> str:
    lines = [f"{place}. Same scene?"]
    for side, photo, path in (("Phone", pair.phone_id, pair.phone), ("Camera", pair.other_id, pair.other)):
        labels = labels_of(catalog, photo)
        facts = [labels.get(name) for name in _SAID]
        lines.append(f"{side}: {Path(path).name}, " + ", ".join(str(fact) for fact in facts if fact))
    score = "" if pair.score is None else f"{100 * pair.score:.0f} percent likely; "
    evidence = Evidence.from_dict(pair.evidence)
    lines.append(f"Evidence: {score}" + "; ".join(words(evidence) if evidence else ["made by hand"]))
    lines.append(f"{_KEYS}:")
    return "\n".join(lines)
