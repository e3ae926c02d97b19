"""The review line by line: for screen readers, and for terminals that draw no pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from curate.catalog import decisions
from curate.catalog.pairs import PairRow, queue
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import CurateError
from curate.pairing.evidence import Evidence, words
from curate.pairing.learning import follow

_KEYS = "y yes, n no, s skip, u undo, q quit"


def review_plain(catalog: Catalog, answers: TextIO | None = None, out: TextIO | None = None) -> None:
    """Ask about one waiting pair after the other.

    Args:
        catalog: open for writing.
        answers: where the lines come from; standard input. The end of it ends the review.
        out: where the questions go; standard output.
    """
    answers, out = answers or sys.stdin, out or sys.stdout
    skipped: set[tuple[int, int]] = set()
    while True:
        waiting = [pair for pair in queue(catalog) if (pair.phone_id, pair.other_id) not in skipped]
        if not waiting:
            print("No pair waits." if not skipped else f"No pair waits but the {len(skipped)} skipped.", file=out)
            return
        pair = waiting[0]
        print(_question(catalog, pair, len(waiting)), file=out, flush=True)
        line = answers.readline()
        answer = line.strip().lower()
        if not line or answer == "q":
            return
        try:
            if answer in ("y", "n"):
                decisions.decide(catalog, "accept" if answer == "y" else "reject", pair.phone_sha256, pair.other_sha256)
                follow(catalog)
                print("accepted" if answer == "y" else "rejected", file=out)
            elif answer == "s":
                skipped.add((pair.phone_id, pair.other_id))
            elif answer == "u":
                taken_back = decisions.undo(catalog)
                follow(catalog)
                print(
                    f"taken back: {in_words(catalog, taken_back)}" if taken_back else "there is nothing to undo",
                    file=out,
                )
            else:
                print(f"Not understood. {_KEYS}", file=out)
        except CurateError as error:
            print(". ".join(error.lines()), file=out)


def _question(catalog: Catalog, pair: PairRow, waiting: int) -> str:
    lines = [f"{waiting} waiting. Same scene?"]
    for side, photo, path in (("Phone", pair.phone_id, pair.phone), ("Camera", pair.other_id, pair.other)):
        row = catalog.connection.execute("SELECT * FROM label WHERE id = ?", (photo,)).fetchone()
        facts = [row["make_normalized"], row["model_normalized"], row["taken_at"], row["Focal Length"], row["Exposure"]]
        lines.append(f"{side}: {Path(path).name}, " + ", ".join(str(fact) for fact in facts if fact))
    score = "" if pair.score is None else f"{100 * pair.score:.0f} percent likely; "
    evidence = Evidence.from_dict(pair.evidence)
    lines.append(f"Evidence: {score}" + "; ".join(words(evidence) if evidence else ["made by hand"]))
    lines.append(f"{_KEYS}:")
    return "\n".join(lines)
