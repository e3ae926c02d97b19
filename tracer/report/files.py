"""Answers on neighbours and pairs by a label that the files' properties tell: what draws a vote may be theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tracer.experiments.labels import PHONE
from tracer.experiments.probe.files_page import Files
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import Row
from tracer.results.verdicts import Answer, Verdict

_KNOWN: Final = "acquisition"


def explained_by_files(
    answers: Sequence[Answer], rows: Sequence[Row], details: Sequence[Mapping[str, Any]]
) -> list[Answer]:
    """Return the answers; those on votes and searches are explained where file properties explain the label's probe.

    Votes and searches are not repeated on photos that are matched in file properties, so the probe on these counts for them.
    """
    return [
        replace(answer, explained=True)
        if answer.rows and answer.rows[0].experiment in ("knn", "retrieval") and _told(answer.rows[0], rows, details)
        else answer
        for answer in answers
    ]


def _told(row: Row, rows: Sequence[Row], details: Sequence[Mapping[str, Any]]) -> bool:
    label = row.attribute or PHONE
    probes = [one for one in rows if one.experiment == "probe"]
    setting = UNSEEN if any(one.attribute == label and one.setting == UNSEEN for one in probes) else _KNOWN
    return Files.of(label, setting, probes, details).explain(Verdict.ABOVE)
