"""Findings in sentences, and what intervals allow them to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tracer.results import words
from tracer.results.rows import Row


class Verdict(StrEnum):
    """Where intervals lie, seen from guessing (or from no difference)."""

    ABOVE = "above"
    BELOW = "below"
    MIXED = "mixed"
    OPEN = "not shown"
    UNKNOWN = "unknown"
    UNTOLD = "cannot be told"
    CONFOUNDED = "confounded"
    OWNED = "the owner tells it too"
    OWNERS = "too few owners"
    SUBJECTS = "the content tells it too"


VERDICT_WORDS = {
    Verdict.ABOVE: "shown",
    Verdict.BELOW: "below guessing",
    Verdict.MIXED: "shown for some",
    Verdict.OPEN: "not shown",
    Verdict.UNKNOWN: "no interval",
    Verdict.UNTOLD: "cannot be told from this set",
    Verdict.CONFOUNDED: "shown, but file properties tell it too",
    Verdict.OWNED: "shown, but the owner tells it too",
    Verdict.OWNERS: "cannot be told from this set: its owners tell it too",
    Verdict.SUBJECTS: "shown, but what the pictures show tells it too",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One finding.

    Attributes:
        about: the question in a few words, for the label above the sentence.
        sentence: what was found, with its figures.
        comment: how far it can be trusted; may be empty.
        verdict: of the encoders together.
        rows: the figures behind it, one an encoder.
        difference: whether the rows are differences, to be drawn around zero.
        control: whether the answer says how far another one can be trusted. It asks no question of its own.
        if_shown: what follows from the verdict; it stands in the comment where the verdict holds for all answers of the page.
        explained: whether file properties tell the same, so that an effect which is shown may be theirs.
        compared: what baselines reach; it ends the comment, so that nothing said of the encoders seems to be said of them.
    """

    about: str
    sentence: str
    comment: str
    verdict: Verdict
    rows: tuple[Row, ...]
    difference: bool = False
    control: bool = False
    if_shown: str = ""
    explained: bool = False
    compared: str = ""


def confounded(answer: Answer, by: Verdict, why: str = "") -> Answer:
    """Return an answer that is shown with a verdict that names a confound, and what is said of it.

    Where it is shown for some encoders alone, the comment says so, since the verdict does not.
    """
    some = "That is shown for some of the encoders alone." if answer.verdict is Verdict.MIXED else ""
    further = "" if answer.difference else answer.if_shown  # of a difference it names the trace as the reason
    comment = " ".join(filter(None, (answer.comment, some, why)))
    return replace(answer, verdict=by, comment=comment, if_shown=further)


def verdict(row: Row, against: float | None = None) -> Verdict:
    """Return on which side of a level the whole interval lies.

    Args:
        row: the figure with its interval; one that ends at the level includes it.
        against: the level; the row's chance if left out.
    """
    level = row.chance if against is None else against
    if level is None or row.ci_low is None or row.ci_high is None:
        return Verdict.UNKNOWN
    if row.ci_low > level:
        return Verdict.ABOVE
    return Verdict.BELOW if row.ci_high < level else Verdict.OPEN


def judged(rows: Iterable[Row]) -> list[Row]:
    """Return the rows by which a probe is judged: balanced accuracy, whose chance is 1 / classes.

    The chance of plain accuracy is the share of the commonest class. Where classes are unequal a probe can know the label and be
    right less often than that. A figure that has no balanced accuracy stands for itself.
    """
    listed = list(rows)
    balanced = {_figure(row) for row in listed if row.metric == "balanced_accuracy"}
    return [
        r for r in listed if r.metric == "balanced_accuracy" or (r.metric == "accuracy" and _figure(r) not in balanced)
    ]


def _figure(row: Row) -> tuple[object, ...]:
    return row.experiment, row.dataset, row.encoder, row.attribute, row.processing, row.mask_ratio, row.setting


def joint_verdict(rows: Iterable[Row], against: float | None = None) -> Verdict:
    """Return the verdict of several rows: `mixed` where some but not all lie above, `not shown` where none of them does."""
    return together(verdict(row, against) for row in rows)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of several: `mixed` where some but not all are `above`, `not shown` where none of them is."""
    found = set(verdicts)
    if len(found) <= 1:
        return found.pop() if found else Verdict.UNKNOWN
    return Verdict.MIXED if Verdict.ABOVE in found else Verdict.OPEN


def standing(rows: Sequence[Row], against: float | None = None, level: str = "guessing") -> str:
    """Return a sentence that says where the intervals lie; `level` names what they are compared with."""
    kinds = {verdict(row, against) for row in rows}
    found = kinds.pop() if len(kinds) == 1 else Verdict.MIXED if kinds else Verdict.UNKNOWN
    one = len(rows) == 1
    if found is Verdict.ABOVE and against == 0 and (near := sum(_near_none(row) for row in rows)):
        if one:
            return f"The test tells the figure from {level}, but its size may be near 0."
        return f"Every interval lies above {level}, but {near} of {len(rows)} reach nearly down to it."
    if found is Verdict.ABOVE:
        return f"The whole interval lies above {level}." if one else f"Every interval lies above {level}."
    if found is Verdict.BELOW:
        return f"The whole interval lies below {level}." if one else f"Every interval lies below {level}."
    if found is Verdict.OPEN:
        return (
            f"{'The interval includes' if one else 'Every interval includes'} {level}: "
            "no effect is shown, which does not show that there is none."
        )
    if found is Verdict.UNKNOWN:
        return "There is no interval to judge it by."
    parts = []
    for kind, verb in ((Verdict.ABOVE, "above"), (Verdict.BELOW, "below")):
        if some := sum(verdict(r, against) is kind for r in rows):
            parts.append(f"{some} of {len(rows)} intervals {'lies' if some == 1 else 'lie'} {verb} {level}")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "; for the others nothing is shown."


def _near_none(row: Row) -> bool:
    """Whether the interval leaves out 0 by less than a table shows."""
    return row.ci_low is not None and round(100 * row.ci_low, 1) <= 0


def effect(differences: Sequence[Row], toward: set[bool], expected: str, opposite: str) -> tuple[str, str]:
    """Return where the intervals of some differences lie, and which way they point, to be said where every one is shown.

    Args:
        differences: sizes of differences, one an encoder; may be empty.
        toward: for each encoder whether its signed difference points the expected way.
        expected, opposite: what the two directions mean, a sentence each.
    """
    if not differences:
        return "No difference was computed.", ""
    every = joint_verdict(differences, 0.0) is Verdict.ABOVE and len(toward) == 1
    direction = (expected if toward == {True} else opposite) if every else ""
    return standing(differences, 0.0, "no difference"), direction


def parted(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of encoders and those of baselines; where there are only baselines, they count as encoders."""
    listed = list(rows)
    encoders = [r for r in listed if not words.is_baseline(r.encoder)]
    return (encoders, [r for r in listed if words.is_baseline(r.encoder)]) if encoders else (listed, [])


def beside(baselines: Sequence[Row]) -> str:
    """Return a sentence on what the baselines reach; empty where there is none."""
    if not baselines:
        return ""
    who = baselines[0].encoder if len(baselines) == 1 else "the baselines"
    return f"For comparison, {who}: {span(baselines)}."


def span(rows: Sequence[Row]) -> str:
    """Return the rates of some rows: `79 % [76–81]` for one row, `74 % to 79 %` for several."""
    if len(rows) == 1:
        row, decimals = rows[0], decimals_for(rows[0])
        bounds = f" {words.interval(row.ci_low, row.ci_high, decimals)}" if row.ci_low is not None else ""
        return words.percent(row.value, decimals) + bounds
    decimals = max(decimals_for(row) for row in rows)
    low, high = min(r.value for r in rows), max(r.value for r in rows)
    texts = words.percent(low, decimals), words.percent(high, decimals)
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def guessing(rows: Sequence[Row]) -> str:
    """Return the rate that guessing reaches, as a span where the rows differ; empty where it is unknown."""
    known = sorted(r.chance for r in rows if r.chance is not None)
    if not known:
        return ""
    decimals = 1 if known[0] < 0.095 else max(decimals_for(r) for r in rows)
    low, high = words.percent(known[0], decimals), words.percent(known[-1], decimals)
    return low if low == high else f"{low} to {high}"


def decimals_for(row: Row) -> int:
    """Return the decimals that a sentence needs, so that no bound is rounded to guessing that differs from it."""
    if row.chance is None:
        return 0
    bounds = [b for b in (row.ci_low, row.ci_high, row.value) if b is not None and b != row.chance]
    return int(any(round(100 * b) == round(100 * row.chance) for b in bounds))
