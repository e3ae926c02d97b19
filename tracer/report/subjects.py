"""Answers of probes on a label that goes with what the photos show: content that is read can pass for the camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tracer.results import Row, words
from tracer.results.pages import entry_of, p_of
from tracer.results.tables import is_number
from tracer.results.verdicts import Answer, Verdict, confounded, judged, parted, verdict
from tracer.stats import LEVEL

_SHOWN: Final = (Verdict.ABOVE, Verdict.MIXED, Verdict.CONFOUNDED, Verdict.OWNED)


def told_by_content(
    answers: Sequence[Answer], rows: Sequence[Row], details: Sequence[Mapping[str, Any]]
) -> list[Answer]:
    """Return the answers; those of probes that are shown say what content alone tells, where a test shows that it does.

    Where no encoder that is shown does more than that, and content is not kept from it by the mask, the verdict says so.
    """
    return [_told(answer, rows, details) if answer.verdict in _SHOWN else answer for answer in answers]


def _told(answer: Answer, rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> Answer:
    shown = [row for row in parted(answer.rows)[0] if row.experiment == "probe"]
    if answer.control or not shown:
        return answer
    content = entry_of(shown[0], details).get("content")
    if not isinstance(content, Mapping) or not is_number(content.get("p_value")) or not is_number(content.get("alone")):
        return answer
    p, alone = float(content["p_value"]), float(content["alone"])
    if p >= LEVEL or shown[0].chance is None or alone <= shown[0].chance:
        return answer
    where = " on other camera models" if content.get("on_models") is True else ""
    rate = f"{words.percent(alone)} of cases{where} (p = {words.p_value(p)})"
    said = f"What the pictures show tells it too: that alone is right in {rate}."
    above = [row for row in shown if row.ci_low is not None and row.ci_low > alone]
    hidden = [row for row in shown if row not in above and not _content_read(row, rows, details)]
    if above:
        said += f" {_which(above, shown)} above that."
    elif hidden:
        said += " Content is not shown to be read from these photos."
    else:
        said += " No figure is shown to be above that, so content may be all that is read."
    if not above and not hidden and answer.verdict in (Verdict.ABOVE, Verdict.MIXED):
        return confounded(answer, Verdict.SUBJECTS, said)
    return replace(answer, comment=f"{answer.comment} {said}".strip())


def _which(above: Sequence[Row], shown: Sequence[Row]) -> str:
    if len(shown) == 1:
        return "The whole interval lies"
    return "Every interval lies" if len(above) == len(shown) else f"{len(above)} of {len(shown)} intervals lie"


def _content_read(row: Row, rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an interval or a test says that an encoder reads content under the same mask; where there is no control it may."""
    controls = [
        other
        for other in judged(rows)
        if other.experiment == "probe"
        and other.attribute in words.SEMANTIC
        and (other.encoder, other.mask_ratio, other.processing) == (row.encoder, row.mask_ratio, row.processing)
    ]
    tests = [p for control in controls if (p := p_of(entry_of(control, details))) is not None]
    return not controls or any(verdict(one) is Verdict.ABOVE for one in controls) or min(tests, default=1.0) < LEVEL
