"""The answers of a page are given together: the more questions, the likelier one of them is answered "shown" by chance.

Their p-values are therefore corrected as a family (Holm 1979). Everything else on the page is exploratory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

from tracer import stats
from tracer.results import Row, words
from tracer.results.pages import entry_of, p_of
from tracer.results.verdicts import Answer, Verdict

LEVEL = stats.LEVEL
_SHOWN = (Verdict.ABOVE, Verdict.MIXED)


def corrected(answers: Sequence[Answer], details: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the answers with verdicts that hold for all of them together.

    An answer whose corrected p is 5 % or more is "not shown", and its comment says so. One that is shown and that file properties
    explain as well is "confounded". Controls, and questions that the set cannot
    answer, are left as they are and do not count.

    Args:
        answers: of one page.
        details: of results.json, where tests stand beside the figures.
    """
    p_values = [
        None if answer.control or answer.verdict is Verdict.UNTOLD else _p_of_answer(answer, details)
        for answer in answers
    ]
    asked = {at: p for at, p in enumerate(p_values) if p is not None}
    found = list(answers)
    for (at, alone), p in zip(asked.items(), stats.holm(list(asked.values())), strict=True):
        if found[at].verdict in _SHOWN and p >= LEVEL:
            said = f"{found[at].comment} {_why_not(alone, p, len(asked))}".strip()
            found[at] = replace(found[at], verdict=Verdict.OPEN, comment=said, if_shown="")
        elif found[at].verdict in _SHOWN and len(asked) > 1:
            said = f"Corrected for the {words.spelled(len(asked))} questions of this page: p = {p:.2g}."
            found[at] = replace(found[at], comment=f"{found[at].comment} {said}".strip())
    found = [
        replace(answer, verdict=Verdict.CONFOUNDED) if answer.explained and answer.verdict in _SHOWN else answer
        for answer in found
    ]
    return [
        replace(answer, comment=f"{answer.comment} {answer.if_shown}".strip(), if_shown="")
        if answer.if_shown
        else answer
        for answer in found
    ]


def _why_not(alone: float, corrected: float, questions: int) -> str:
    """Return why an answer is not shown although its intervals lie on one side of guessing."""
    if alone >= LEVEL:
        return f"The interval lies to one side, but the permutation test does not bear it out (p = {alone:.2g})."
    return (
        f"By itself this would be shown; among the {words.spelled(questions)} questions of this page it is not"
        f" (p = {corrected:.2g} with Holm's correction)."
    )


def _p_of_answer(answer: Answer, details: Sequence[Mapping[str, Any]]) -> float | None:
    """The p-value of what an answer says of its encoders.

    That all show it: the largest of them. That some do: the smallest, times their number. None without any interval.
    """
    encoders = [r for r in answer.rows if not words.is_baseline(r.encoder)] or list(answer.rows)
    found = [p for row in encoders if (p := p_of_row(row, details, 0.0 if answer.difference else None)) is not None]
    if not found:
        return None
    return min(1.0, min(found) * len(found)) if answer.verdict is Verdict.MIXED else max(found)


def p_of_row(row: Row, details: Sequence[Mapping[str, Any]], level: float | None = None) -> float | None:
    """Return the p-value of one figure: that of its test, or else the one that belongs to its interval.

    Args:
        row: the figure.
        details: see `corrected`.
        level: what it is compared with; its chance if left out.
    """
    found = p_of(entry_of(row, details))
    if found is not None:
        return found
    zero = row.chance if level is None else level
    if zero is None or row.ci_low is None or row.ci_high is None:
        return None
    # A bound of a size stands at 0 where the interval includes it; the longer side says how far chance reaches.
    error = max(row.ci_high - row.value, row.value - row.ci_low) / stats.normal_quantile(1 - LEVEL)
    if error <= 0:
        return 1.0 if math.isclose(row.value, zero) else 0.0
    return 2 * (1 - NormalDist().cdf(abs(row.value - zero) / error))
