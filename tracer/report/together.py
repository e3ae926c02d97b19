"""The answers of a page are given together: the more questions, the likelier one of them is answered "shown" by chance.

Their p-values are therefore corrected as a family (Holm 1979). Everything else on the page is exploratory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any, Final

from tracer import stats
from tracer.report.owners import owned
from tracer.results import Row, words
from tracer.results.pages import entry_of, p_of
from tracer.results.tables import is_number
from tracer.results.verdicts import VERDICT_WORDS, Answer, Verdict, confounded

LEVEL = stats.LEVEL
_SHOWN = (Verdict.ABOVE, Verdict.MIXED)
_FILES_TOO = "As said above, file properties tell it too."
_UNTOLD = (Verdict.UNTOLD, Verdict.OWNERS)


def corrected(answers: Sequence[Answer], details: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the answers with verdicts that hold for all of them together.

    An answer whose corrected p is 5 % or more is "not shown", and its comment says so. One that is shown and that file properties
    explain as well is "confounded"; one that owners explain as well says so (`tracer.report.owners`). One whose p is the smallest
    that so few camera models can give, and still too large among so many answers, cannot be told from the set. Controls, and
    questions that the set cannot answer, are left as they are and do not count.

    Args:
        answers: of one page.
        details: of results.json, where tests stand beside the figures.
    """
    found, asked = list(answers), asked_together(answers, details)
    for (at, alone), p in zip(asked.items(), stats.holm(list(asked.values())), strict=True):
        if found[at].verdict in _SHOWN and p >= LEVEL:
            few = _too_few_models(found[at], alone, len(asked), details)
            why = _why_not(found[at], alone, p, len(asked), details) + few
            verdict = Verdict.UNTOLD if few else Verdict.OPEN
            found[at] = replace(found[at], verdict=verdict, comment=f"{found[at].comment} {why}".strip(), if_shown="")
        elif found[at].verdict in _SHOWN and len(asked) > 1:
            said = f"Corrected for the {words.spelled(len(asked))} questions of this page: {_p(p)}."
            found[at] = replace(found[at], comment=f"{found[at].comment} {said}".strip())
    found = [
        confounded(answer, Verdict.CONFOUNDED, _FILES_TOO if answer.difference else "")
        if answer.explained and answer.verdict in _SHOWN
        else answer
        for answer in found
    ]
    found = owned(found, details)
    return [
        replace(answer, comment=f"{answer.comment} {answer.if_shown}".strip(), if_shown="")
        if answer.if_shown
        else answer
        for answer in found
    ]


def asked_together(answers: Sequence[Answer], details: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Return which answers are corrected together, as position -> p-value of the answer by itself."""
    p_values = [
        None if answer.control or answer.verdict in _UNTOLD else _p_of_answer(answer, details) for answer in answers
    ]
    return {at: p for at, p in enumerate(p_values) if p is not None}


def _why_not(
    answer: Answer, alone: float, corrected: float, questions: int, details: Sequence[Mapping[str, Any]]
) -> str:
    """Return why an answer is not shown although its intervals lie on one side of guessing."""
    if alone >= LEVEL:
        encoders = _encoders(answer)
        if answer.verdict is Verdict.MIXED and len(encoders) > 1:
            return (
                f"The more figures, the likelier one of them lies to one side by chance: corrected for the"
                f" {words.spelled(len(encoders))} of this answer, {_p(alone)}."
            )
        tested = any(p_of(entry_of(row, details)) is not None for row in encoders)
        what = "the permutation test does not bear it out" if tested else "only just"
        return f"The interval lies to one side, but {what} ({_p(alone)})."
    return (
        f"By itself this answer would be “{VERDICT_WORDS[answer.verdict]}”; among the {words.spelled(questions)} questions of"
        f" this page it is not ({_p(corrected)} with Holm's correction)."
    )


def _p(p: float) -> str:
    """A p-value as sentences have it. That of an interval says nothing of tails so far out that no interval was tested there."""
    return f"p = {words.p_value(p)}" if p >= _LEAST else f"p < {_LEAST:.4f}"


_LEAST: Final = 0.0001


def _p_of_answer(answer: Answer, details: Sequence[Mapping[str, Any]]) -> float | None:
    """The p-value of what an answer says of its encoders.

    That all show it: the largest of them. That some do: the smallest, times their number. None without any interval.
    """
    found = _p_values(answer, details)
    if not found:
        return None
    return min(1.0, min(found) * len(found)) if answer.verdict is Verdict.MIXED else max(found)


def _p_values(answer: Answer, details: Sequence[Mapping[str, Any]]) -> list[float]:
    """The p-value of each figure of the encoders that has one."""
    level = 0.0 if answer.difference else None
    return [p for row in _encoders(answer) if (p := p_of_row(row, details, level)) is not None]


def _encoders(answer: Answer) -> list[Row]:
    return [r for r in answer.rows if not words.is_baseline(r.encoder)] or list(answer.rows)


def _too_few_models(answer: Answer, alone: float, questions: int, details: Sequence[Mapping[str, Any]]) -> str:
    """Return that the p-value is the smallest that so few camera models can give, with a space before it.

    Empty where it is not, where it would do for so many questions, and where no camera models were relabelled. An answer that is
    shown for some of several figures has been multiplied by their number (`_p_of_answer`), and so has its smallest p-value.
    """
    figures = len(_p_values(answer, details)) if answer.verdict is Verdict.MIXED else 1
    level, alone = LEVEL / (questions * figures), alone / figures
    many = "figures and questions" if figures > 1 else "questions"
    for row in _encoders(answer):
        models = entry_of(row, details).get("models")
        counts = [int(n) for n in models.values() if is_number(n) and n > 1] if isinstance(models, Mapping) else []
        if len(counts) < 2 or stats.can_reach(counts, level) or not stats.can_reach(counts):
            continue
        if LEVEL > alone >= (least := 1 / stats.relabellings(counts)) and alone <= 1.01 * least:
            return (
                f" {words.plain(least)} is the smallest p-value that so few camera models can give; so many {many} take"
                f" {stats.models_needed(counts, level)} or more of each class."
            )
    return ""


def p_of_row(row: Row, details: Sequence[Mapping[str, Any]], level: float | None = None) -> float | None:
    """Return the p-value of one figure: that of its test, or else the one that belongs to its interval.

    Args:
        row: the figure.
        details: see `corrected`.
        level: what it is compared with; its chance if left out.
    """
    entry = entry_of(row, details)
    found = p_of(entry)
    if found is not None:
        return found
    zero = row.chance if level is None else level
    if zero is None or row.ci_low is None or row.ci_high is None:
        return None
    # A bound of a size stands at 0 where the interval includes it; the longer side says how far chance reaches.
    longer = max(row.ci_high - row.value, row.value - row.ci_low)
    if longer <= 0:
        return 1.0 if math.isclose(row.value, zero) else 0.0
    times = abs(row.value - zero) / longer
    units = next((entry[name] for name in _UNITS if is_number(entry.get(name))), None)
    if units is None or units < 2:
        return 2 * (1 - NormalDist().cdf(times * stats.normal_quantile(1 - LEVEL)))
    return stats.student_p(times * stats.student_quantile(int(units)), int(units))


_UNITS: Final = ("effective_clusters", "clusters", "scenes", "pairs")
"""What an entry of the details says of how many units an interval rests on: its tails are those of Student's t."""
