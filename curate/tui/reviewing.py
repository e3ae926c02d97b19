"""What the review says of a pair and of its queue, and what it asks. It knows no Textual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from curate.catalog.decisions import Tally
from curate.catalog.pairs import PairRow
from curate.catalog.remarks import Remark
from curate.catalog.store import Catalog
from curate.catalog.wanted import ORDERS, Order, Wanted
from curate.errors import UsageError
from curate.operation import comma_list
from curate.pairing.evidence import Evidence, words
from curate.review.queue import ReviewQueue
from curate.tui.forms import Field, Form
from curate.tui.forms import words as among
from curate.tui.shown import file_name, shown
from tracer.base.text import counted

NOTHING = """No pair waits for a decision.

Press L for the library: i ingests photos, f finds pairs.
To pair two photos by hand, mark both there with m and press p."""


def nothing_left(queue: ReviewQueue) -> str:
    """Return what is said where no pair is asked about."""
    asked = queue.wanted.in_words()
    if not queue.at_the_others:
        return f"No pair waits that was asked for: {shown(asked).plain}.\n\n/ asks for others." if asked else NOTHING
    others = counted(queue.waiting - queue.proposed, "other candidate")
    them = "it" if queue.skipped == 1 else "them"
    skipped = f"\n{counted(queue.skipped, 'proposed pair')} skipped: s shows {them} again." if queue.skipped else ""
    left = f"{others} left, less likely and most of them wrong: Enter shows them."
    return f"No proposed pair is left to decide.{skipped}\n\n{left}"


def caption(side: str, labels: Mapping[str, Any]) -> Text:
    """Return the line above a photo: which of the two it is, and its file."""
    return Text.assemble((f"{side}  ", "bold bright_cyan"), file_name(labels["path"] or ""))


def facts_of(queue: ReviewQueue, tally: Tally) -> list[str | tuple[str, ...]]:
    """Return what the headline says, in lengths: how many are left, the pace, what is asked for, and what was decided."""
    asked = shown(queue.wanted.in_words(), missing="").plain
    decided = f"{tally.accepted:,} accepted, {tally.rejected:,} rejected"
    place, pace = queue.place, queue.pace.in_words(queue.left)
    return [
        (place, place.partition(", ")[0]),
        (pace, pace.rpartition(", ")[2]),
        asked,
        (decided, f"{tally.accepted:,} ✓ {tally.rejected:,} ✗", ""),
    ]


def evidence_lines(height: int, details: bool) -> int:
    """Return the largest number of lines of the evidence in a window of some height; nearly all where details are hidden."""
    return 3 + max(0, height - 24) // 4 if details else max(3, height - 12)


def drawn_in_words(points: int) -> str:
    """Return what is said of the drawn matches.

    Their number is not told: they are looked for among all points of both photos, the evidence mostly counts the strongest.
    """
    said = "each line joins two points that agree on one view" if points else "too few points agree to draw lines"
    return f"{said} · m shows the photos again"


def score_in_words(score: float) -> str:
    """Return a probability in words.

    >>> [score_in_words(score) for score in (0.999, 0.97, 0.8, 0.5, 0.1, 0.01)]
    ['almost certainly', 'very likely', 'likely', 'perhaps', 'unlikely', 'hardly']
    """
    for least, said in ((0.99, "almost certainly"), (0.9, "very likely"), (0.65, "likely"), (0.35, "perhaps")):
        if score >= least:
            return said
    return "unlikely" if score >= 0.05 else "hardly"


def evidence_line(pair: PairRow, partners: Sequence[tuple[str, str]], remark: Remark, place: tuple[int, int]) -> Text:
    """Return the evidence for a pair.

    Args:
        pair: the pair.
        partners: the photos of it that have another partner already, with their partners.
        remark: what a person remarked on it.
        place: its number among the candidates of its phone photo, from 1, and their number.
    """
    line = Text()
    for path, partner in partners:
        line.append(shown(f"{Path(path).name} is already paired with {Path(partner).name}", "bold bright_yellow"))
        line.append("  ·  ", "dim")
    if remark.flagged:
        line.append("⚑ flagged", "bold bright_yellow").append("  ·  ", "dim")
    if remark.note:
        line.append(shown(f"note: {remark.note}", "bold")).append("  ·  ", "dim")
    if pair.score is None:
        line.append("made by hand", "bold")
    else:
        share = "over 99 %" if pair.score >= 0.995 else f"{100 * pair.score:.0f} %"
        line.append(share, "bold").append(f" · {score_in_words(pair.score)} the same scene")
    evidence = Evidence.from_dict(pair.evidence)
    said = words(evidence, "the clocks say nothing") if evidence else []
    if place[1] > 1:
        said.append(f"candidate {place[0]} of {place[1]} for this phone photo")
    for part in said:
        line.append("  ·  ", "dim").append(shown(part))
    return line


def candidate_words(number: int, pair: PairRow) -> str:
    """Return the caption of a candidate's thumbnail."""
    score = "by hand" if pair.score is None else "> 99 %" if pair.score >= 0.995 else f"{100 * pair.score:.0f} %"
    return f"{number} · paired" if pair.taken else f"{number} · {score}"


# --- which pairs are asked about

_ONLY = ("flagged", "noted")


def wanted_form(catalog: Catalog, wanted: Wanted) -> Form:
    """Return the form that asks which pairs to review, and in which order."""
    known = (camera for camera, _ in catalog.cameras.listed())
    names = sorted({" ".join(filter(None, (one.make_normalized, one.model_normalized))) for one in known} - {""})
    only = ", ".join(name for name in _ONLY if getattr(wanted, name))
    return Form(
        "Review which pairs? Nothing filled in means all.",
        (
            Field("camera", "camera", wanted.camera, "all; or a part of a name", among(names)),
            Field("least", "from %", _percent(wanted.least, 0), "0"),
            Field("most", "to %", _percent(wanted.most, 1), "100"),
            Field("only", "only", only, "all; or flagged, noted", among(_ONLY)),
            Field("order", "order", wanted.order, "likely", among(ORDERS)),
        ),
        "order: likely, unsure, unlikely, camera · Tab completes",
    )


def wanted_of(answers: Mapping[str, str]) -> Wanted:
    """Read the answers of the form.

    Raises:
        UsageError: an answer cannot be understood.
    """
    only = {part.lower() for part in comma_list(answers["only"], "all")}
    if unknown := sorted(only - set(_ONLY)):
        raise UsageError(f"only cannot be {unknown[0]!r}", "", "Write flagged, noted, or both.")
    order: Order | None = next((name for name in ORDERS if name == (answers["order"].lower() or "likely")), None)
    if order is None:
        raise UsageError(f"the order cannot be {answers['order']!r}", "", f"Write one of {', '.join(ORDERS)}.")
    least, most = _share(answers["least"], 0), _share(answers["most"], 1)
    if least > most:
        raise UsageError("no score is that", "the first percentage is larger than the second", "Exchange them.")
    camera = "" if answers["camera"].casefold() == "all" else answers["camera"]
    return Wanted(camera, least, most, "flagged" in only, "noted" in only, order)


def _share(text: str, missing: float) -> float:
    try:
        share = float(text.strip().rstrip("%")) / 100 if text.strip() else missing
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError("that is no percentage", shown(text).plain, "Write a number from 0 to 100.")
    return share


def _percent(share: float, missing: float) -> str:
    return "" if share == missing else f"{100 * share:g}"
