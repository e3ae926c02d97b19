"""The control of masked probes: whether the mask hides what the picture shows."""

from __future__ import annotations

from tracer.experiments.probe.beside_page import one_answer
from tracer.results import words
from tracer.results.pages import Details, Rows, entry_of, p_of
from tracer.results.verdicts import Answer, Verdict, beside, guessing, joint_verdict, parted, span
from tracer.stats import LEVEL


def of_content(probes: Rows, deepest: float, details: Details, of_camera: bool) -> Answer | None:
    """Whether the mask hides what the picture shows: otherwise the masked figures of the camera, if any, may rest on content.

    A control is there to raise doubts, so content counts as left where an interval or a test says so.
    """
    found = [r for r in probes if r.attribute in words.SEMANTIC and r.mask_ratio == deepest] if deepest else []
    if not found:
        return None
    rows, baselines = parted(found)
    same = "the same " if of_camera else ""
    opening = f"What the picture shows, read from {same}masked photos ({words.percent(deepest)} hidden): "
    chance = guessing(rows)
    sentence = f"{opening}{span(rows)}{f', where guessing gives {chance}' if chance else ''}."
    where = "The interval includes" if len(rows) == 1 else "No interval lies above"
    known = [p for row in rows if (p := p_of(entry_of(row, details))) is not None]
    shares = " to ".join(dict.fromkeys(words.p_value(p) for p in (min(known), max(known)))) if known else ""
    verdict = joint_verdict(rows)
    if verdict is Verdict.OPEN and known and min(known) < LEVEL:
        verdict = Verdict.MIXED if len(rows) > 1 else Verdict.ABOVE
    so, theirs = (
        (
            ", and the masked figures for the camera may partly rest on it",
            "; their masked figures may partly rest on it",
        )
        if of_camera
        else ("", "")
    )
    left = "is still read" if joint_verdict(rows) is Verdict.ABOVE else "may be left at the edges"
    comment = {
        Verdict.ABOVE: f"So content {left}{so}.",
        Verdict.MIXED: f"For some encoders content may be left at the edges{theirs}.",
        Verdict.OPEN: f"{where} guessing: no content is shown to be left.",
        Verdict.BELOW: "Below guessing: no content is shown to be left.",
        Verdict.UNKNOWN: "There is no interval to judge it by.",
    }[verdict] + (f" The permutation test gives p = {shares}." if shares else "")
    if verdict in (Verdict.OPEN, Verdict.BELOW):
        comment += _nothing_to_hide(probes, details)
    if said := one_answer(rows[0].attribute, [entry_of(row, details) for row in rows]):
        comment += f" {said}"
    about, shown = "Control, what the picture shows" if of_camera else "What the picture shows", (*rows, *baselines)
    return Answer(about, sentence, comment, verdict, shown, control=True, compared=beside(baselines))


def _nothing_to_hide(probes: Rows, details: Details) -> str:
    """Return that content is not read from whole photos either, with a space before it; empty where it is, or was not tried."""
    whole, _ = parted(r for r in probes if r.attribute in words.SEMANTIC and not r.mask_ratio)
    tests = [p for row in whole if (p := p_of(entry_of(row, details))) is not None]
    if not whole or min(tests, default=1.0) < LEVEL or joint_verdict(whole) in (Verdict.ABOVE, Verdict.MIXED):
        return ""
    return " Nor is it with nothing hidden, so this control does not show that the mask hides any."
